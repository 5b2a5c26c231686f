//! Kind `memory-agent-bench`: what MemoryAgentBench's code makes of texts, contexts and judges' replies.
//!
//! - `texts`: words, overlap and scores; `films`: recommendations; `judges`: replies of judges;
//! - `stores`: what an agent keeps and finds; `contexts`: chunks, and the rows of the data set.

mod contexts;
mod films;
mod judges;
mod stores;
mod texts;

use std::path::Path;

use serde_json::{Value, json};

use super::agreement::{Rule, compare};
use super::golden_file::{GoldenFile, GoldenFileError, is_in, is_named, read_json};
use super::report::{FileReport, WHOLE_FILE};

/// Of all numbers that are not counts.
const CLOSE: Rule = Rule::Absolute(1e-9);

/// The data set's rows, the names of films, and printed tables.
pub(super) fn is_input(file: &Path) -> bool {
    let is_table = file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("paper_table"));
    is_table
        || is_named(file, &["recsys_entity2id.json"])
        || (is_in(file, &["dataset"]) && !is_named(file, &["expected.json"]))
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "memory-agent-bench");
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (path, to) = (file.path.as_path(), &mut report);
    let outcome = match name.as_str() {
        "primitives.json" => texts::check_primitives(path, to),
        "f1.json" => texts::check_overlap(path, to),
        "rouge.json" => texts::check_rouge(path, to),
        "porter_stems.json" => texts::check_stems(path, to),
        "scoring.jsonl" => texts::check_scores(path, to),
        "clean_text_elements.json" => films::check_lines(path, to),
        "recsys_names.json" => films::check_names(path, to),
        "recsys.jsonl" => films::check_recommendations(path, to),
        "chunking.json" => contexts::check_chunks(path, to),
        "chunk_grouping.json" => contexts::check_groups(path, to),
        "expected.json" => contexts::check_rows(path, to),
        "bm25.json" => stores::check_search(path, to),
        "rag_eviction.json" => stores::check_eviction(path, to),
        "tail_truncation.json" => stores::check_tails(path, to),
        "retrieval_query.json" => stores::check_queries(path, to),
        "routing.json" => stores::check_routing(path, to),
        "output_name.json" => stores::check_names(path, to),
        "judge_parse_json.json" => judges::check_json(path, to),
        "judge_summary.json" => judges::check_summaries(path, to),
        "judge_longmemeval.json" => judges::check_chats(path, to),
        _ => {
            report.unsupported(WHOLE_FILE, "this build does not handle this file");
            Ok(())
        }
    };
    if let Err(error) = outcome {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

/// Compares each element of a list with what comes out of its inputs. `list`: the list's name where the file has several.
fn check_list(
    list: &[Value],
    name: &str,
    report: &mut FileReport,
    outputs: impl Fn(&Value) -> Result<Value, GoldenFileError>,
    rule: &dyn Fn(&str) -> Rule,
) {
    for (index, case) in list.iter().enumerate() {
        let id = case.get("name").and_then(Value::as_str).map_or_else(|| format!("{name}[{index}]"), str::to_owned);
        record(&id, case, outputs(case), report, rule);
    }
}

/// As [`check_list`], for a file that is one list.
fn check_file(
    path: &Path,
    report: &mut FileReport,
    outputs: impl Fn(&Value) -> Result<Value, GoldenFileError>,
    rule: &dyn Fn(&str) -> Rule,
) -> Result<(), GoldenFileError> {
    let cases = read_json(path)?;
    let list = cases.as_array().ok_or(GoldenFileError::Field { field: "(a list of cases)" })?;
    check_list(list, "", report, outputs, rule);
    Ok(())
}

/// Compares each key of an object with what comes out of the key.
fn check_keys(cases: &Value, report: &mut FileReport, output: impl Fn(&str) -> Value) -> Result<(), GoldenFileError> {
    let cases = cases.as_object().ok_or(GoldenFileError::Field { field: "(an object of cases)" })?;
    for (key, value) in cases {
        let agreement = compare(&json!({ "is": value }), &json!({ "is": output(key) }), &|_| Rule::Exact);
        report.record(key, &agreement);
    }
    Ok(())
}

fn record(
    id: &str,
    expected: &Value,
    got: Result<Value, GoldenFileError>,
    report: &mut FileReport,
    rule: &dyn Fn(&str) -> Rule,
) {
    match got {
        Ok(got) => report.record(id, &compare(expected, &got, rule)),
        Err(error) => report.fail(id, json!("a case with its inputs"), json!(error.to_string())),
    }
}

/// What was computed, or why it was not, which agrees with nothing.
fn or_told(result: Result<Value, impl std::fmt::Display>) -> Value {
    result.unwrap_or_else(|error| Value::from(format!("error: {error}")))
}

#[cfg(test)]
mod tests;
