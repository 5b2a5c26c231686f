use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::report::VerifyReport;
use super::super::verify;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/rwku").join(name)
}

fn checked(path: PathBuf) -> VerifyReport {
    verify(&[path], None).expect("golden cases")
}

#[test]
fn every_case_of_every_file_agrees() {
    for (name, n) in [
        ("rouge_pypi.jsonl", 131),
        ("fluency.jsonl", 16),
        ("fluency_aggregate.json", 2),
        ("triviaqa_em_f1.jsonl", 30),
        ("triviaqa_aggregate.json", 2),
        ("bbh.jsonl", 30),
        ("bbh_aggregate.json", 2),
        ("mmlu_choice.jsonl", 24),
        ("mmlu_aggregate.json", 1),
        ("truthfulqa.jsonl", 24),
        ("truthfulqa_aggregate.json", 2),
        ("mia.jsonl", 12),
        ("mia_aggregate.json", 4),
        ("replay.jsonl", 9),
        ("replay_aggregate.json", 3),
        ("tiny_logits_check.jsonl", 6),
    ] {
        let report = checked(golden(name));
        assert!(report.is_success(false), "{}", report.to_text());
        assert_eq!((report.cases, report.passed), (n, n), "{name}");
    }
}

#[test]
fn the_noise_of_saturated_rows_alone_is_left_out() {
    let report = checked(golden("mia.jsonl"));
    let skipped: Vec<&str> = report.files[0].skipped.iter().map(|entry| entry.id.as_str()).collect();
    assert_eq!(skipped, ["v09", "v10"]);
}

/// A copy of a file with one change in its first case.
fn changed(name: &str, change: impl Fn(&mut Value)) -> VerifyReport {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("rwku");
    fs::create_dir(&root).expect("a temporary folder can be filled");
    let text = fs::read_to_string(golden(name)).expect("golden cases");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut first: Value = serde_json::from_str(&lines[0]).expect("a golden case");
    change(&mut first);
    lines[0] = first.to_string();
    fs::write(root.join(name), lines.join("\n")).expect("a temporary file can be written");
    checked(root)
}

#[test]
fn wrong_values_are_found() {
    let wrong: [(&str, &str, Value); 6] = [
        ("rouge_pypi.jsonl", "error", json!("ValueError: Hypothesis is empty.")),
        ("fluency.jsonl", "nltk_tokens", json!(["x"])),
        ("triviaqa_em_f1.jsonl", "f1", json!(0.5)),
        ("bbh.jsonl", "extracted", json!("(C)")),
        ("truthfulqa.jsonl", "mc2", json!("NaN")),
        ("mia.jsonl", "zlib_len", json!(31)),
    ];
    for (name, field, value) in wrong {
        let report = changed(name, |case| case[field] = value.clone());
        assert_eq!(report.failed, 1, "{}", report.to_text());
    }
}

#[test]
fn fields_that_nobody_computes_are_told() {
    let report = changed("bbh.jsonl", |case| case["em_of_another_build"] = json!(1));
    assert!(report.files[0].unsupported[0].reason.contains("em_of_another_build"));
    assert!(!report.is_success(false));
}

#[test]
fn a_statistic_without_its_cases_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("rwku");
    fs::create_dir(&root).expect("a temporary folder can be filled");
    fs::copy(golden("bbh_aggregate.json"), root.join("bbh_aggregate.json")).expect("a golden file can be copied");
    assert_eq!(checked(root).failed, 1);
}
