//! Kind `membership`: attacks on recorded texts by small checkpoints, and the evaluation of scores.

mod attacks;
mod evaluation;
mod hubble_functions;
mod meta;
mod near;
mod pair;
mod passes;
mod shots;
mod traps;

use std::path::Path;

use serde_json::json;

use super::golden_file::{GoldenFile, is_in, is_named};
use super::report::{FileReport, WHOLE_FILE};

/// The models, and a table of printed numbers.
pub(super) fn is_input(file: &Path) -> bool {
    is_in(file, &["models"]) || is_named(file, &["hubble_published.json"])
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "membership");
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let outcome = if name == "eval.json" {
        evaluation::check(&file.path, &mut report)
    } else if name == "hubble_functions.json" {
        hubble_functions::check(&file.path, &mut report)
    } else if name == "traps_functions.json" {
        traps::check(&file.path, &mut report)
    } else if let Some(pair) = name.strip_prefix("attacks_").and_then(|rest| rest.strip_suffix(".jsonl")) {
        attacks::check(&file.path, pair, &mut report)
    } else if let Some(pair) = name.strip_prefix("attacks_").and_then(|rest| rest.strip_suffix(".meta.json")) {
        meta::check(&file.path, pair, &mut report)
    } else {
        report.unsupported(WHOLE_FILE, "this build does not handle this file");
        Ok(())
    };
    if let Err(error) = outcome {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}
