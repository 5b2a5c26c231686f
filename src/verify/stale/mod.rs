//! Kind `stale`: what upstream's evaluation and memory agent do with recorded scenarios, answers, judge's replies and decisions.
//!
//! - `inputs`: scenarios and answers beside the cases; `prompts`: what is shown to a system and to a judge; `trimming`: what
//!   is left of a history that is too long;
//! - `verdicts`: a judge's reply; `totals`: what is summed from verdicts, and the published table; `records`: what upstream
//!   accepts; `transitions`: decisions carried out on the state store.

mod inputs;
mod prompts;
mod records;
mod totals;
mod transitions;
mod trimming;
mod verdicts;

use std::path::Path;

use serde_json::json;

use super::agreement::Rule;
use super::golden_file::{GoldenFile, is_named};
use super::report::{FileReport, WHOLE_FILE};

/// Of numbers.
const NUMBER: Rule = Rule::Absolute(1e-12);
/// Of confidences.
const CONFIDENCE: Rule = Rule::Absolute(1e-9);

/// Scenarios and answers.
pub(super) fn is_input(file: &Path) -> bool {
    is_named(file, &["scenarios_MAIN.json", "answers.jsonl"])
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "stale");
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (path, to) = (file.path.as_path(), &mut report);
    let outcome = match name.as_str() {
        "target_prompts.jsonl" => prompts::check_target(path, to),
        "judge_messages.jsonl" => prompts::check_judge(path, to),
        "trim.jsonl" => trimming::check(path, to),
        "judge_parse.jsonl" => verdicts::check(path, to),
        "aggregate.jsonl" => totals::check(path, to),
        "published_table.json" => totals::check_published(path, to),
        "record_validation.jsonl" => records::check(path, to),
        "state_store.jsonl" => transitions::check(path, to),
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

#[cfg(test)]
mod tests;
