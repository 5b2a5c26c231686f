//! Normalised texts, overlap with accepted answers, and all values of a data set's items.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::agreement::{Rule, number};
use super::super::case_lines::check_cases;
use super::super::golden_file::{GoldenFileError, list_field, read_json, text_field};
use super::super::report::FileReport;
use super::{CLOSE, check_file, check_keys, check_list};
use crate::dataset::memory::question::Gold;
use crate::scoring::memory::output::{normalised_answer, parsed_output};
use crate::scoring::memory::score::{MemoryScores, ParsedOutput, memory_scores};
use crate::scoring::memory::text_scores::{exact_match, overlap, substring_match};
use crate::scoring::rouge::{rouge_l_stemmed, rouge_l_sum_stemmed};
use crate::scoring::stem::porter_stem;

pub(super) fn check_primitives(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let file = read_json(path)?;
    let rule = |field: &str| if field == "in" { Rule::Exempt } else { Rule::Exact };
    let normalised = |case: &Value| Ok(json!({"out": normalised_answer(text_field(case, "in")?)}));
    check_list(list_field(&file, "normalize_answer")?, "normalize_answer", report, normalised, &rule);
    let parsed = |case: &Value| Ok(json!({"out": parsed_output(text_field(case, "in")?)}));
    check_list(list_field(&file, "parse_output")?, "parse_output", report, parsed, &rule);
    Ok(())
}

fn of_pairs(field: &str) -> Rule {
    match field {
        "prediction" | "gold" | "target" => Rule::Exempt,
        _ => CLOSE,
    }
}

pub(super) fn check_overlap(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| {
        let (prediction, gold) = (text_field(case, "prediction")?, text_field(case, "gold")?);
        let words = overlap(prediction, gold);
        Ok(json!({
            "f1": number(words.f1),
            "precision": number(words.precision),
            "recall": number(words.recall),
            "exact": number(exact_match(prediction, gold)),
            "substring": number(substring_match(prediction, gold)),
        }))
    };
    check_file(path, report, outputs, &of_pairs)
}

pub(super) fn check_rouge(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| {
        let (prediction, target) = (text_field(case, "prediction")?, text_field(case, "target")?);
        let (line, summary) = (rouge_l_stemmed(prediction, target), rouge_l_sum_stemmed(prediction, target));
        Ok(json!({
            "rougeL_precision": number(line.precision),
            "rougeL_recall": number(line.recall),
            "rougeL_f1": number(line.f_measure),
            "rougeLsum_precision": number(summary.precision),
            "rougeLsum_recall": number(summary.recall),
            "rougeLsum_f1": number(summary.f_measure),
        }))
    };
    check_file(path, report, outputs, &of_pairs)
}

pub(super) fn check_stems(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_keys(&read_json(path)?, report, |word| Value::from(porter_stem(word)))
}

pub(super) fn check_scores(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let outputs = |case: &Value| {
        let (sub_dataset, prediction) = (text_field(case, "sub_dataset")?, text_field(case, "prediction")?);
        let scores = memory_scores(sub_dataset, prediction, &gold(case)?, None);
        Ok(super::or_told(scores.map(|scores| shown(&scores))))
    };
    check_cases(path, report, outputs, &|field| match field {
        "id" | "sub_dataset" | "prediction" | "answer" => Rule::Exempt,
        "parsed_output" => Rule::Exact,
        _ => CLOSE,
    })
}

/// The accepted answers of a case: a text, a list, or a list of lists.
pub(super) fn gold(case: &Value) -> Result<Gold, GoldenFileError> {
    let wrong = || GoldenFileError::Field { field: "answer" };
    let texts = |value: &Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect()
    };
    match case.get("answer") {
        Some(Value::String(text)) => Ok(Gold::Text(text.clone())),
        Some(Value::Array(lists)) if lists.first().is_some_and(Value::is_array) => {
            lists.iter().map(texts).collect::<Option<_>>().map(Gold::Nested).ok_or_else(wrong)
        }
        Some(list) => texts(list).map(Gold::Aliases).ok_or_else(wrong),
        None => Err(wrong()),
    }
}

/// Scores with upstream's names.
pub(super) fn shown(scores: &MemoryScores) -> Value {
    let metrics: Map<String, Value> =
        scores.values.iter().map(|(name, value)| ((*name).to_owned(), number(*value))).collect();
    match &scores.parsed {
        ParsedOutput::Text(text) => json!({"parsed_output": text, "metrics": metrics}),
        ParsedOutput::Films { recommended, wanted } => {
            json!({"parsed_output": recommended, "metrics": metrics, "gt_movies": wanted})
        }
    }
}
