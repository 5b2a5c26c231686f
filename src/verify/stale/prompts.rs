//! What is shown to a system under test, and to a judge.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::inputs::{answers_beside, scenario_named, scenarios_beside};
use crate::dataset::stale::Dimension;
use crate::digest::sha256_hex;
use crate::prompt::stale::{history_text, user_message};
use crate::scoring::stale::{JUDGE_REPLY_FORMAT, JUDGE_TEMPERATURE, judge_message};
use crate::verify::agreement::Rule;
use crate::verify::case_lines::check_cases;
use crate::verify::golden_file::{GoldenFileError, text_field};
use crate::verify::report::FileReport;

/// Stands for the history in the expected messages.
const PLACEHOLDER: &str = "<<HISTORY>>";

pub(super) fn check_target(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let records = scenarios_beside(path)?;
    let outputs = |case: &Value| {
        let scenario = scenario_named(&records, text_field(case, "uid")?)?;
        let history = history_text(&scenario.sessions);
        let mut got = Map::new();
        for dimension in Dimension::ALL {
            let message = |history: &str| user_message(dimension, history, scenario.query(dimension));
            let hash = sha256_hex(message(&history).as_bytes());
            got.insert(format!("{dimension}_user_message_template"), json!(message(PLACEHOLDER)));
            got.insert(format!("{dimension}_user_message_sha256"), json!(hash));
        }
        got.insert("history_sha256".to_owned(), json!(sha256_hex(history.as_bytes())));
        got.insert("history_text".to_owned(), json!(history));
        Ok(Value::Object(got))
    };
    check_cases(path, report, outputs, &|field| match field {
        "uid" => Rule::Exempt,
        _ => Rule::Exact,
    })
}

pub(super) fn check_judge(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let records = scenarios_beside(path)?;
    let outputs = |case: &Value| {
        let uid = text_field(case, "uid")?;
        let scenario = scenario_named(&records, uid)?;
        let answers = answers_beside(path, uid, text_field(case, "variant")?)?;
        let message = judge_message(&scenario, [&answers[0], &answers[1], &answers[2]]);
        Ok(json!({
            "judge_user_message": message.text,
            "temperature": JUDGE_TEMPERATURE,
            "response_format": {"type": JUDGE_REPLY_FORMAT},
        }))
    };
    check_cases(path, report, outputs, &|field| match field {
        "uid" | "variant" => Rule::Exempt,
        _ => Rule::Exact,
    })
}
