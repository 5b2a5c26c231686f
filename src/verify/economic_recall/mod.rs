//! Kind `economic-recall`: what recalled economic numbers are worth, on recorded answers.
//!
//! - `metrics`: lines with a `kind`: one metric or test each, in `measures` (of answers) and `inference` (how sure)

mod inference;
mod measures;
mod metrics;

use std::path::Path;

use serde_json::json;

use super::golden_file::{GoldenFile, GoldenFileError, read_json_lines};
use super::report::{FileReport, WHOLE_FILE};

pub(super) fn is_input(_: &Path) -> bool {
    false
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "economic-recall");
    if let Err(error) = check_lines(&file.path, &mut report) {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

fn check_lines(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (number, case) in read_json_lines(path)? {
        let line = format!("line {number}");
        match case {
            Ok(case) if case.get("kind").is_some() => metrics::check_case(&line, &case, report),
            Ok(_) => report.unsupported(&line, "this build does not handle lines without a `kind`"),
            Err(error) => report.fail(&line, json!("a JSON object"), json!(error.to_string())),
        }
    }
    Ok(())
}
