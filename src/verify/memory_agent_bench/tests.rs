use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::super::report::VerifyReport;
use super::super::verify;

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/memory-agent-bench").join(name)
}

/// Every file with cases and how many it has.
const FILES: [(&str, u64); 20] = [
    ("bm25.json", 7),
    ("chunk_grouping.json", 11),
    ("chunking.json", 7),
    ("clean_text_elements.json", 13),
    ("dataset/expected.json", 9),
    ("f1.json", 10),
    ("judge_longmemeval.json", 24),
    ("judge_parse_json.json", 9),
    ("judge_summary.json", 9),
    ("output_name.json", 12),
    ("porter_stems.json", 105),
    ("primitives.json", 35),
    ("rag_eviction.json", 10),
    ("recsys.jsonl", 19),
    ("recsys_names.json", 20),
    ("retrieval_query.json", 7),
    ("rouge.json", 8),
    ("routing.json", 25),
    ("scoring.jsonl", 54),
    ("tail_truncation.json", 8),
];

#[test]
fn every_case_of_every_file_agrees_and_nothing_is_unsupported() {
    let report = verify(&[golden("")], None).expect("golden cases");
    assert!(report.is_success(false), "{}", report.to_text());
    assert_eq!(report.files.len(), FILES.len(), "{}", report.to_text());
    for (file, (name, n_cases)) in report.files.iter().zip(FILES) {
        assert!(file.file.ends_with(name), "{} stands where {name} should", file.file);
        assert!(file.cases == n_cases && file.skipped.is_empty(), "{}", report.to_text());
    }
}

/// The golden folder with one value of one file moved.
fn changed(name: &str, pointer: &str, value: Value) -> VerifyReport {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("memory-agent-bench");
    copy(&golden(""), &root);
    let path = root.join(name);
    let text = fs::read_to_string(&path).expect("golden cases");
    // JSON lines are changed in their first line.
    let (first, rest) =
        if name.ends_with(".jsonl") { text.split_once('\n').expect("lines") } else { (text.as_str(), "") };
    let mut cases: Value = serde_json::from_str(first).expect("golden cases");
    let place = cases.pointer_mut(pointer).unwrap_or_else(|| panic!("{name} has {pointer}"));
    assert_ne!(*place, value, "{name} {pointer}");
    *place = value;
    fs::write(&path, format!("{cases}\n{rest}")).expect("a temporary file can be written");
    verify(&[path], None).expect("golden cases")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a temporary folder can be filled");
    for entry in fs::read_dir(from).expect("a golden folder") {
        let path = entry.expect("an entry").path();
        let target = to.join(path.file_name().expect("a name"));
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).expect("a golden file can be copied");
        }
    }
}

#[test]
fn a_moved_value_is_found_in_every_file() {
    for (name, pointer, value) in [
        ("bm25.json", "/idf/harbour", json!(0.5878)),
        ("bm25.json", "/queries/0/scores/1", json!(0.195_545_8)),
        ("bm25.json", "/queries/0/top_k/1", json!(5)),
        ("chunk_grouping.json", "/2/groups/0", json!([0])),
        ("chunking.json", "/0/sentences/5", json!("She walked to No. 14")),
        ("chunking.json", "/0/sentence_tokens/0", json!(20)),
        ("chunking.json", "/3/chunks/8/0", json!("x")),
        ("clean_text_elements.json", "/0/out", json!("Amber")),
        ("dataset/expected.json", "/0/context_sha256", json!("00")),
        ("dataset/expected.json", "/0/qa/0/answer_as_passed_to_scorer/1", json!("Arvo")),
        ("dataset/expected.json", "/0/chunks/64/3/tokens", json!(61)),
        ("dataset/expected.json", "/1/non_null_metadata/0", json!("demo")),
        ("f1.json", "/0/f1", json!(0.800_001)),
        ("judge_longmemeval.json", "/rubric_routing/3/rubric_group", json!("rubric0")),
        ("judge_longmemeval.json", "/label_rule/4/label", json!(false)),
        ("judge_parse_json.json", "/4/out", json!({})),
        ("judge_parse_json.json", "/2/out", json!({"recall": 1})),
        ("judge_summary.json", "/items/7/scores/f1", json!(1.0)),
        ("judge_summary.json", "/items/5/scores", json!({"f1": 0.0})),
        ("judge_summary.json", "/averaged/gpt-4-f1", json!(0.2676)),
        ("output_name.json", "/0/name_tag", json!("ruler_qa1_197K")),
        ("porter_stems.json", "/skies", json!("ski")),
        ("primitives.json", "/normalize_answer/0/out", json!("cat's pyjamas")),
        ("primitives.json", "/parse_output/5/out", json!("foo")),
        ("rag_eviction.json", "/1/first_kept", json!(43)),
        ("recsys.jsonl", "/outcomes/0/parsed_output/1", json!("Up")),
        ("recsys.jsonl", "/outcomes/0/metrics/recsys_recall@1", json!(0.25)),
        ("recsys_names.json", "/109", json!("Cafe Noir")),
        ("retrieval_query.json", "/4/retrieval_query", json!("A.")),
        ("rouge.json", "/1/rougeLsum_f1", json!(0.5)),
        ("routing.json", "/agent/custom", json!("rag_agent")),
        ("routing.json", "/dataset/eventqa_full", Value::Null),
        ("scoring.jsonl", "/metrics/f1", json!(0.9)),
        ("scoring.jsonl", "/parsed_output", json!("lisbon")),
        ("tail_truncation.json", "/cases/4/result", json!("")),
    ] {
        let report = changed(name, pointer, value);
        assert_eq!(report.failed, 1, "{name} {pointer}: {}", report.to_text());
    }
}

#[test]
fn fields_and_files_that_nobody_computes_are_told() {
    let report = changed("f1.json", "/0", json!({"prediction": "x", "gold": "x", "f1": 1.0, "f2": 1.0}));
    assert!(report.files[0].unsupported[0].reason.contains("f2"), "{}", report.to_text());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let root = folder.path().join("memory-agent-bench");
    fs::create_dir(&root).expect("a temporary folder can be filled");
    fs::write(root.join("later.json"), "[]").expect("a temporary file can be written");
    fs::copy(golden("recsys.jsonl"), root.join("recsys.jsonl")).expect("a golden file can be copied");
    let report = verify(&[root], None).expect("golden cases");
    assert_eq!((report.files[0].unsupported.len(), report.failed), (1, 1), "{}", report.to_text());
}
