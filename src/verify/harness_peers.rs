//! `harness-peers/wire.jsonl`: recorded exchanges with an endpoint. What another client computes from them, and what each
//! fault must lead to.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::agreement::{Rule, compare};
use super::golden_file::{GoldenFile, GoldenFileError, read_json_lines, text_field};
use super::report::{FileReport, WHOLE_FILE};
use crate::backend::remote::wire::RecordedExchange;

const TOLERANCE: f64 = 1e-9;

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "harness-peers");
    if file.path.file_name().is_none_or(|name| name != "wire.jsonl") {
        report.unsupported(WHOLE_FILE, "this build does not handle this file");
        return report;
    }
    if let Err(error) = check_lines(&file.path, &mut report) {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

fn check_lines(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (number, line) in read_json_lines(path)? {
        let case = match line {
            Ok(case) => case,
            Err(error) => {
                report.fail(&format!("line {number}"), json!("a JSON object"), json!(error.to_string()));
                continue;
            }
        };
        let got = computed(&case)?;
        report.record(text_field(&case, "name")?, &compare(&expected(&case), &got, &|_| Rule::Absolute(TOLERANCE)));
    }
    Ok(())
}

/// What the case says that must come out.
fn expected(case: &Value) -> Value {
    let mut expected = Map::new();
    for field in ["expected_by_context_length", "expected_by_prompt"] {
        if let Some(value) = case.get(field) {
            expected.insert(field.to_owned(), value.clone());
        }
    }
    let note = case["note"].as_str().unwrap_or_default();
    let outcome = match (note.contains("not retryable"), note.contains("retryable")) {
        (true, _) => "not retryable",
        (false, true) => "retryable",
        (false, false) => "answered",
    };
    expected.insert("outcome".into(), outcome.into());
    if let Some(wait) = case["headers"]["retry-after"].as_str().and_then(|wait| wait.parse::<f64>().ok()) {
        expected.insert("wait_s".into(), wait.into());
    }
    let response = &case["response"];
    if let Some(vectors) = response["data"].as_array() {
        expected.insert("n_vectors".into(), vectors.len().into());
    }
    if outcome == "answered"
        && let Some(choices) = response["choices"].as_array()
    {
        let text =
            |choice: &Value| choice["text"].as_str().or(choice["message"]["content"].as_str()).map(str::to_owned);
        expected.insert("texts".into(), choices.iter().map(text).collect());
        if is_scored(case) && choices.len() == 1 {
            let n_prompt = response["usage"]["prompt_tokens"].as_u64().unwrap_or(0);
            expected.insert("n_scored".into(), n_prompt.saturating_sub(1).into());
        }
    }
    Value::Object(expected)
}

/// The reply tells the log-probabilities of a prompt that was given as text to be continued.
fn is_scored(case: &Value) -> bool {
    let request = &case["request"];
    request.get("prompt").is_some() && (request["echo"] == true || request.get("prompt_logprobs").is_some())
}

fn computed(case: &Value) -> Result<Value, GoldenFileError> {
    let request = case.get("request").ok_or(GoldenFileError::Field { field: "request" })?;
    let body = match case.get("response") {
        Some(response) => response.to_string(),
        None => case["response_text"].as_str().unwrap_or_default().to_owned(),
    };
    let exchange = RecordedExchange {
        request,
        status: case["status"].as_u64().and_then(|status| u16::try_from(status).ok()),
        retry_after: case["headers"]["retry-after"].as_str(),
        transport_error: case["transport_error"].as_str(),
        body: body.as_bytes(),
    };
    let mut got = Map::new();
    match exchange.understood() {
        Ok(understood) => {
            got.insert("outcome".into(), "answered".into());
            got.insert("texts".into(), json!(understood.texts));
            got.insert("n_vectors".into(), understood.n_vectors.into());
        }
        Err(fault) => {
            got.insert("outcome".into(), if fault.is_retryable() { "retryable" } else { "not retryable" }.into());
            got.insert("wait_s".into(), fault.retry_after.map(|wait| wait.as_secs_f64()).into());
        }
    }
    let scores = |prompt, n_context| match exchange.scores(prompt, n_context) {
        Ok(scores) => json!({
            "logprob_sum": scores.logprobs.iter().sum::<f64>(),
            "is_greedy": scores.is_argmax.iter().all(|&hit| hit),
        }),
        Err(fault) => json!(format!("{}: {}", fault.kind.word(), fault.detail)),
    };
    if is_scored(case) {
        let n_scored = exchange.scores(0, 1).map(|scores| scores.logprobs.len());
        got.insert("n_scored".into(), n_scored.map_or_else(|fault| json!(fault.detail), |n| json!(n)));
    }
    // The lengths of the contexts are inputs.
    if let Some(cases) = case["expected_by_context_length"].as_object() {
        let by_length = cases.keys().map(|length| (length.clone(), scores(0, length.parse().unwrap_or(usize::MAX))));
        got.insert("expected_by_context_length".into(), Value::Object(by_length.collect()));
    }
    if let Some(cases) = case["expected_by_prompt"].as_array() {
        let by_prompt = cases.iter().enumerate().map(|(prompt, of)| {
            let length = &of["context_length"];
            let n_context = length.as_u64().and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
            let mut scores = scores(prompt, n_context);
            if let Value::Object(scores) = &mut scores {
                scores.insert("context_length".into(), length.clone());
            }
            scores
        });
        got.insert("expected_by_prompt".into(), by_prompt.collect());
    }
    Ok(Value::Object(got))
}
