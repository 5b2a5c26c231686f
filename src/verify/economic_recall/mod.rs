//! Kind `economic-recall`: numbers and dates read from answers, and what recalled numbers are worth. A file is told by the fields of its
//! cases.
//!
//! - `numbers`: `text` with a `target`; `dates`: `text` alone;
//! - `metrics`: cases with a `kind`: one metric or test each, in `measures` (of answers) and `inference` (how sure).

mod case;
mod dates;
mod inference;
mod measures;
mod metrics;
mod numbers;

use std::path::Path;

use serde_json::{Value, json};

use super::agreement::{Rule, compare};
use super::case_lines::cases;
use super::golden_file::{GoldenFile, GoldenFileError};
use super::report::{FileReport, WHOLE_FILE};

/// Of numbers, as a share of the expected one.
const RELATIVE: Rule = Rule::AbsoluteOrRelative { absolute: 0.0, relative: 1e-9 };

pub(super) fn is_input(_: &Path) -> bool {
    false
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "economic-recall");
    if let Err(error) = check_file(&file.path, &mut report) {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

fn check_file(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (name, case) in cases(path, report)? {
        let outcome = match (case.get("kind"), case.get("text"), case.get("target")) {
            (Some(_), ..) => {
                metrics::check_case(&name, &case, report);
                continue;
            }
            (None, Some(_), Some(_)) => numbers::read(&case),
            (None, Some(_), None) => dates::read(&case),
            (None, None, _) => {
                report.unsupported(&name, "this build does not handle cases without `text` or `kind`");
                continue;
            }
        };
        match outcome {
            Ok(got) => {
                let expected = case.get("expected").unwrap_or(&Value::Null);
                report.record(&name, &compare(expected, &got, &|_| RELATIVE));
            }
            Err(error) => report.fail(&name, json!("a case with its inputs"), json!(error.to_string())),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::super::verify;
    use super::*;

    fn golden() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/economic-recall"))
    }

    #[test]
    fn every_number_date_and_metric_agrees() {
        for (file, n_cases) in [("number_answers.jsonl", 103), ("date_answers.jsonl", 20), ("metrics.jsonl", 46)] {
            let report = verify(&[golden().join(file)], Some("economic-recall")).expect("golden cases");
            assert_eq!((report.cases, report.passed), (n_cases, n_cases), "{}", report.to_text());
        }
    }

    #[test]
    fn wrong_values_unknown_fields_and_other_cases_are_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("economic-recall");
        fs::create_dir(&root).expect("a temporary folder can be filled");
        let target = json!({"unit": "percent"});
        let cases = [
            json!({"id": "right", "text": "4.7%", "target": target, "expected": {"value": 4.7}}),
            json!({"id": "wrong", "text": "4.7%", "target": target, "expected": {"value": 4.8}}),
            json!({"id": "field", "text": "4.7%", "target": target, "expected": {"median": 4.7}}),
            json!({"id": "unit", "text": "4.7%", "target": {"unit": "furlong"}, "expected": {"value": 4.7}}),
            json!({"id": "date", "text": "2008", "expected": {"precision": "month"}}),
            json!({"name": "metric", "kind": "median_of_medians", "input": {}}),
            json!({"id": "nothing"}),
        ];
        let lines: Vec<String> = cases.iter().map(Value::to_string).collect();
        fs::write(root.join("mine.jsonl"), lines.join("\n")).expect("a temporary file can be written");
        let report = verify(&[root], None).expect("golden cases");
        let file = &report.files[0];
        assert_eq!(file.failed.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["wrong", "unit", "date"]);
        assert_eq!(
            file.unsupported.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(),
            ["field", "median_of_medians/metric", "nothing"]
        );
        assert_eq!(file.passed, 1);
    }
}
