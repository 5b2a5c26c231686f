//! Written answers: TriviaQA and BIG-Bench Hard.

use std::path::Path;

use serde_json::{Value, json};

use super::super::agreement::{Rule, number};
use super::super::case_lines::{check_cases, check_statistics, inputs, mean, or_nan, or_undefined};
use super::super::golden_file::{GoldenFileError, list_field, read_json, text_field};
use super::super::report::FileReport;
use crate::scoring::answer_text::{Punctuation, answer_words};
use crate::scoring::open_answer::{answer_em, answer_f1};
use crate::scoring::reasoning::{bbh_em_fixed, bbh_em_upstream, bbh_extract};

const TOLERANCE: f64 = 1e-12;

pub(super) fn check_open(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, open, &|field| match field {
        "id" | "prediction" | "answers" => Rule::Exempt,
        _ => Rule::Absolute(TOLERANCE),
    })
}

/// The answers of a row that is asked openly.
pub(super) fn right_answers(case: &Value) -> Result<Vec<&str>, GoldenFileError> {
    let answers = list_field(case, "answers")?.iter().map(Value::as_str).collect::<Option<_>>();
    answers.ok_or(GoldenFileError::Field { field: "answers" })
}

fn open(case: &Value) -> Result<Value, GoldenFileError> {
    let (prediction, answers) = (text_field(case, "prediction")?, right_answers(case)?);
    Ok(json!({
        "normalized_prediction_tokens": answer_words(prediction, Punctuation::Removed),
        "em": or_undefined(answer_em(prediction, &answers), case.get("em")),
        "f1": or_undefined(answer_f1(prediction, &answers), case.get("f1")),
    }))
}

pub(super) fn check_open_aggregate(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let (mut matches, mut overlaps) = (Vec::new(), Vec::new());
    for case in inputs(&path.with_file_name("triviaqa_em_f1.jsonl"))? {
        let (prediction, answers) = (text_field(&case, "prediction")?, right_answers(&case)?);
        matches.push(answer_em(prediction, &answers));
        overlaps.push(answer_f1(prediction, &answers));
    }
    let got = json!({"em": or_nan(mean(&matches)), "f1": or_nan(mean(&overlaps))});
    check_statistics(&read_json(path)?, &got, Rule::Absolute(TOLERANCE), report);
    Ok(())
}

pub(super) fn check_reasoning(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, reasoning, &|field| match field {
        "id" | "raw_output" | "answer" => Rule::Exempt,
        _ => Rule::Absolute(TOLERANCE),
    })
}

fn reasoning(case: &Value) -> Result<Value, GoldenFileError> {
    let (extracted, answer) = (bbh_extract(text_field(case, "raw_output")?), text_field(case, "answer")?);
    Ok(json!({
        "extracted": extracted,
        "em_upstream": or_undefined(bbh_em_upstream(extracted, answer), case.get("em_upstream")),
        "em_fixed": number(bbh_em_fixed(extracted, answer)),
    }))
}

pub(super) fn check_reasoning_aggregate(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let (mut upstream, mut fixed) = (Vec::new(), Vec::new());
    for case in inputs(&path.with_file_name("bbh.jsonl"))? {
        let (extracted, answer) = (bbh_extract(text_field(&case, "raw_output")?), text_field(&case, "answer")?);
        upstream.push(bbh_em_upstream(extracted, answer));
        fixed.push(Some(bbh_em_fixed(extracted, answer)));
    }
    let got = json!({"em_upstream_bug_compatible": or_nan(mean(&upstream)), "em_fixed": or_nan(mean(&fixed))});
    check_statistics(&read_json(path)?, &got, Rule::Absolute(TOLERANCE), report);
    Ok(())
}
