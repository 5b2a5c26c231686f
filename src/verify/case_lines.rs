//! Files of one case a line, and values that may be undefined.

use std::path::Path;

use serde_json::{Value, json};

use super::agreement::{Rule, compare, number};
use super::golden_file::{GoldenFileError, read_json_lines};
use super::report::FileReport;

/// Every line that holds a case; one that does not fails and does not lose the others.
pub(super) fn cases(path: &Path, report: &mut FileReport) -> Result<Vec<(String, Value)>, GoldenFileError> {
    let mut found = Vec::new();
    for (line, case) in read_json_lines(path)? {
        match case {
            Ok(case) => found.push((case_name(&case, line), case)),
            Err(error) => {
                report.fail(&format!("line {line}"), json!("a JSON object"), json!(error.to_string()));
            }
        }
    }
    Ok(found)
}

/// The cases of a file as inputs alone; a damaged line is an error.
pub(super) fn inputs(path: &Path) -> Result<Vec<Value>, GoldenFileError> {
    read_json_lines(path)?.into_iter().map(|(_, case)| case.map_err(GoldenFileError::from)).collect()
}

/// Its own id, else its line.
fn case_name(case: &Value, line: usize) -> String {
    match case.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(Value::Number(id)) => id.to_string(),
        _ => format!("line {line}"),
    }
}

/// Compares each case with what comes out of its inputs.
pub(super) fn check_cases(
    path: &Path,
    report: &mut FileReport,
    outputs: impl Fn(&Value) -> Result<Value, GoldenFileError>,
    rule: &dyn Fn(&str) -> Rule,
) -> Result<(), GoldenFileError> {
    for (name, case) in cases(path, report)? {
        match outputs(&case) {
            Ok(got) => report.record(&name, &compare(&case, &got, rule)),
            Err(error) => report.fail(&name, json!("a case with its inputs"), json!(error.to_string())),
        }
    }
    Ok(())
}

/// Compares a file of statistics over other cases, key by key.
pub(super) fn check_statistics(expected: &Value, got: &Value, rule: Rule, report: &mut FileReport) {
    for (key, value) in expected.as_object().into_iter().flatten() {
        let expected = json!({ key: value });
        report.record(key, &compare(&expected, got, &|_| rule));
    }
}

/// A value, or the name of an undefined one in these files.
pub(super) fn or_nan(value: Option<f64>) -> Value {
    number(value.unwrap_or(f64::NAN))
}

/// As [`or_nan`]; null where the case has null.
pub(super) fn or_undefined(value: Option<f64>, expected: Option<&Value>) -> Value {
    match value {
        None if expected.is_some_and(Value::is_null) => Value::Null,
        value => or_nan(value),
    }
}

/// Mean of the values; `None` without one, or where one is undefined.
pub(super) fn mean(values: &[Option<f64>]) -> Option<f64> {
    let sum: Option<f64> = values.iter().copied().sum();
    sum.filter(|_| !values.is_empty()).map(|sum| sum / values.len() as f64)
}
