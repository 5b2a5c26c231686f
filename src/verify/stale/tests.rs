use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::report::VerifyReport;
use super::super::verify;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/stale").join(name)
}

fn checked(path: PathBuf) -> VerifyReport {
    verify(&[path], None).expect("golden cases")
}

#[test]
fn every_case_of_every_file_agrees() {
    for (name, n) in [
        ("target_prompts.jsonl", 6),
        ("judge_messages.jsonl", 12),
        ("trim.jsonl", 37),
        ("judge_parse.jsonl", 45),
        ("aggregate.jsonl", 10),
        ("published_table.json", 16),
        ("record_validation.jsonl", 19),
        ("state_store.jsonl", 30),
    ] {
        let report = checked(golden(name));
        assert!(report.is_success(false), "{}", report.to_text());
        assert_eq!((report.cases, report.passed), (n, n), "{name}");
    }
}

/// Ids of the cases that fail when each case of a file is changed by itself.
fn failing(name: &str, change: impl Fn(&mut Value) -> bool) -> (usize, u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("stale");
    fs::create_dir(&root).expect("a temporary folder can be filled");
    for input in ["scenarios_MAIN.json", "answers.jsonl"] {
        fs::copy(golden(input), root.join(input)).expect("a golden file can be copied");
    }
    let text = fs::read_to_string(golden(name)).expect("golden cases");
    let is_list = Path::new(name).extension().is_some_and(|extension| extension == "json");
    let mut cases: Vec<Value> = if is_list {
        serde_json::from_str(&text).expect("golden cases")
    } else {
        text.lines().map(|line| serde_json::from_str(line).expect("a golden case")).collect()
    };
    let n_changed = cases.iter_mut().filter_map(|case| change(case).then_some(())).count();
    let written = if is_list {
        json!(cases).to_string()
    } else {
        cases.iter().map(Value::to_string).collect::<Vec<String>>().join("\n")
    };
    fs::write(root.join(name), written).expect("a temporary file can be written");
    let report = checked(root);
    (n_changed, report.failed)
}

/// Moves the value at a path, where a case has it: a number by a little, a text by a letter, a boolean to the other one.
fn moved(case: &mut Value, pointer: &str) -> bool {
    let Some(value) = case.pointer_mut(pointer) else { return false };
    *value = match value {
        Value::Number(number) => json!(number.as_f64().expect("a number") + 1e-6),
        Value::Bool(flag) => json!(!*flag),
        Value::String(text) => json!(format!("{text}x")),
        Value::Null => json!("something"),
        Value::Array(list) => {
            list.push(json!("one more"));
            Value::Array(std::mem::take(list))
        }
        Value::Object(fields) => {
            fields.insert("one/more".to_owned(), json!([]));
            Value::Object(std::mem::take(fields))
        }
    };
    true
}

#[test]
fn a_moved_expectation_is_found_in_every_case_that_has_it() {
    for (name, pointers) in [
        (
            "target_prompts.jsonl",
            &["/history_text", "/history_sha256", "/dim1_user_message_template", "/dim3_user_message_sha256"][..],
        ),
        ("judge_messages.jsonl", &["/judge_user_message", "/temperature", "/response_format/type"]),
        (
            "trim.jsonl",
            &[
                "/words_before",
                "/words_after",
                "/kept_session_indices",
                "/kept_timestamps",
                "/removed",
                "/fits",
                "/history_text_sha256",
                "/history_head",
            ],
        ),
        (
            "judge_parse.jsonl",
            &[
                "/upstream/judge_error",
                "/upstream/verdicts",
                "/upstream/aggregator_crash",
                "/strict/status",
                "/strict/verdicts/0",
                "/strict/kind",
                "/strict/field",
            ],
        ),
        (
            "aggregate.jsonl",
            &[
                "/upstream_accuracy/T1/dim2/accuracy",
                "/upstream_accuracy/T2/overall/total",
                "/six_cells_compat/T1.dim1",
                "/six_cells_strict/T2.dim3",
                "/overall_macro6_compat",
                "/overall_macro6_strict",
                "/overall_micro_compat",
                "/judge_errors",
            ],
        ),
        ("published_table.json", &["/overall_published", "/overall_recomputed"]),
        ("record_validation.jsonl", &["/upstream_accepts", "/upstream_message_names_field"]),
        (
            "state_store.jsonl",
            &[
                "/applied_actions_fixed",
                "/applied_actions_fixed/0",
                "/snapshot_fixed/active",
                "/snapshot_fixed/stale/0/value",
            ],
        ),
    ] {
        for pointer in pointers {
            let (n_changed, n_failed) = failing(name, |case| moved(case, pointer));
            assert!(n_changed > 0, "{name} {pointer}");
            assert_eq!(n_failed, n_changed as u64, "{name} {pointer}");
        }
    }
}

#[test]
fn the_store_is_held_against_the_fixed_fields_where_there_are_any() {
    for field in ["snapshot/active", "snapshot/stale", "snapshot/unknown", "applied_actions"] {
        let change = |case: &mut Value| case.get("snapshot_fixed").is_none() && moved(case, &format!("/{field}"));
        let (n_changed, n_failed) = failing("state_store.jsonl", change);
        assert_eq!((n_changed, n_failed), (29, 29), "{field}");
    }
    let (n_changed, n_failed) =
        failing("state_store.jsonl", |case| case.get("snapshot_fixed").is_some() && moved(case, "/snapshot/active"));
    assert_eq!((n_changed, n_failed), (1, 0));
}

#[test]
fn a_confidence_within_its_tolerance_agrees() {
    let first = "/snapshot/active/stable_preferences~1enduring_preference/0/confidence";
    for (step, n_expected) in [(1e-10, 0), (1e-8, 1)] {
        let (_, n_failed) = failing("state_store.jsonl", |case| {
            let is_first = case["id"] == "add_multi";
            if is_first && let Some(value) = case.pointer_mut(first) {
                *value = json!(value.as_f64().expect("a number") + step);
            }
            is_first
        });
        assert_eq!(n_failed, n_expected, "{step}");
    }
}

#[test]
fn fields_that_nobody_computes_are_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("stale");
    fs::create_dir(&root).expect("a temporary folder can be filled");
    let case = json!({"id": "x", "raw": null, "upstream": {"judge_error": true, "of_another_build": 1}, "strict": {}});
    fs::write(root.join("judge_parse.jsonl"), case.to_string()).expect("a temporary file can be written");
    fs::write(root.join("another.jsonl"), "{}").expect("a temporary file can be written");
    let report = checked(root);
    let told: Vec<&str> =
        report.files.iter().flat_map(|file| &file.unsupported).map(|entry| entry.reason.as_str()).collect();
    assert!(told.iter().any(|reason| reason.contains("of_another_build")), "{told:?}");
    assert!(told.iter().any(|reason| reason.contains("does not handle this file")), "{told:?}");
}
