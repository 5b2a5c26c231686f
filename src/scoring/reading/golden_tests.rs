//! Every golden answer, read.

use serde_json::{Value, json};

use super::*;

fn cases(name: &str) -> Vec<Value> {
    let path = format!("{}/tests/golden/economic-recall/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).expect("golden cases");
    text.lines().map(|line| serde_json::from_str(line).expect("a golden case")).collect()
}

fn is_close(expected: &Value, got: &Value) -> bool {
    match (expected.as_f64(), got.as_f64()) {
        (Some(expected), Some(got)) => (expected - got).abs() <= 1e-9 * expected.abs(),
        _ => expected == got,
    }
}

#[test]
fn every_golden_number_is_read() {
    let cases = cases("number_answers.jsonl");
    assert_eq!(cases.len(), 103);
    let mut wrong = Vec::new();
    for case in &cases {
        let target: NumberTarget = serde_json::from_value(case["target"].clone()).expect("a target");
        let got = json!(read_number(case["text"].as_str().expect("a text"), &target));
        let fields = case["expected"].as_object().expect("fields");
        if fields.iter().any(|(name, expected)| !is_close(expected, &got[name])) {
            wrong.push(format!("{case}\n  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_golden_date_is_read() {
    let cases = cases("date_answers.jsonl");
    assert_eq!(cases.len(), 20);
    let mut wrong = Vec::new();
    for case in &cases {
        let reading = read_date(case["text"].as_str().expect("a text"));
        let got = json!(reading);
        let fields = case["expected"].as_object().expect("fields");
        if fields.iter().any(|(name, expected)| !is_close(expected, &got[name])) {
            wrong.push(format!("{case}\n  {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
