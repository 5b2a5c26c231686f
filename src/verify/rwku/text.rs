//! Overlap with a reference, and n-gram entropy.

use std::path::Path;

use serde_json::{Value, json};

use super::super::agreement::{Rule, number};
use super::super::case_lines::{check_cases, check_statistics, inputs, mean, or_nan};
use super::super::golden_file::{GoldenFileError, read_json, text_field};
use super::super::report::FileReport;
use crate::scoring::fluency::n_gram_entropy;
use crate::scoring::rouge::{Counting, RougeScore, rouge_pypi};
use crate::text::sentence::{sentences, words};

pub(super) fn check_rouge(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, rouge, &|field| match field {
        "id" | "hyp" | "ref" => Rule::Exempt,
        "error" => Rule::Presence,
        _ => Rule::Absolute(1e-12),
    })
}

fn rouge(case: &Value) -> Result<Value, GoldenFileError> {
    let (prediction, reference) = (text_field(case, "hyp")?, text_field(case, "ref")?);
    let shown = |score: RougeScore| json!({"r": number(score.recall), "p": number(score.precision), "f": number(score.f_measure)});
    let scores = rouge_pypi(prediction, reference, Counting::Distinct);
    let all = rouge_pypi(prediction, reference, Counting::All);
    Ok(json!({
        "rouge_1": scores.map_or(Value::Null, |scores| shown(scores.rouge_1)),
        "rouge_2": scores.map_or(Value::Null, |scores| shown(scores.rouge_2)),
        "rouge_l": scores.map_or(Value::Null, |scores| shown(scores.rouge_l)),
        "rouge_l_non_exclusive": all.map_or(Value::Null, |scores| shown(scores.rouge_l)),
        "error": scores.err().map(|error| error.to_string()),
    }))
}

pub(super) fn check_fluency(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, fluency, &|field| match field {
        "id" | "text" => Rule::Exempt,
        "nltk_sentences" | "nltk_tokens" => Rule::Exact,
        _ => Rule::Absolute(1e-9),
    })
}

fn fluency(case: &Value) -> Result<Value, GoldenFileError> {
    let text = text_field(case, "text")?;
    let entropy = n_gram_entropy(text);
    Ok(json!({
        "nltk_sentences": sentences(text),
        "nltk_tokens": words(text),
        "h2_bits": number(entropy.pairs),
        "h3_bits": number(entropy.triples),
        "n_gram_entropy": number(entropy.weighted()),
    }))
}

pub(super) fn check_fluency_aggregate(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let texts = inputs(&path.with_file_name("fluency.jsonl"))?;
    let values: Vec<Option<f64>> = texts
        .iter()
        .map(|case| Ok(Some(n_gram_entropy(text_field(case, "text")?).weighted())))
        .collect::<Result<_, GoldenFileError>>()?;
    let mean = mean(&values);
    let got = json!({
        "n_gram_entropy_of_all_texts": or_nan(mean),
        "paper_units": or_nan(mean.map(|mean| 100.0 * mean)),
    });
    // The second is a hundred times the first, and so is its rounding.
    check_statistics(&read_json(path)?, &got, Rule::AbsoluteOrRelative { absolute: 1e-9, relative: 1e-9 }, report);
    Ok(())
}
