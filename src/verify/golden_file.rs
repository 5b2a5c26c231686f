//! One golden file: where it is, and how its cases are read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// A file with cases.
#[derive(Debug, Clone)]
pub(super) struct GoldenFile {
    /// Where it is read.
    pub path: PathBuf,
    /// How the user sees it: the path that was given, continued to the file.
    pub shown: String,
    /// From the kind's folder on, e.g. `llama/golden.json`.
    pub relative: PathBuf,
}

/// Whether the first folder of `file` is one of `folders`.
pub(super) fn is_in(file: &Path, folders: &[&str]) -> bool {
    let mut components = file.components();
    let first = components.next();
    components.next().is_some() && first.is_some_and(|first| folders.iter().any(|folder| first.as_os_str() == *folder))
}

/// Whether the last part of `file` is one of `names`.
pub(super) fn is_named(file: &Path, names: &[&str]) -> bool {
    file.file_name().is_some_and(|last| names.iter().any(|name| last == *name))
}

/// Why a golden file has no cases to compare.
#[derive(Debug, thiserror::Error)]
pub(super) enum GoldenFileError {
    #[error("the file cannot be read: {0}; check the path and its permissions")]
    Read(#[from] io::Error),
    #[error("the file is not JSON: {0}; fetch the golden files again")]
    Json(#[from] serde_json::Error),
    #[error("field `{field}` is missing or has another type; fetch the golden files again")]
    Field { field: &'static str },
}

/// The whole file as one JSON value.
pub(super) fn read_json(path: &Path) -> Result<Value, GoldenFileError> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?)?)
}

/// A line's number from 1, and what it holds.
pub(super) type NumberedLine = (usize, Result<Value, serde_json::Error>);

/// Each line that is not blank, with its number from 1; a line that is not JSON does not lose the others.
pub(super) fn read_json_lines(path: &Path) -> Result<Vec<NumberedLine>, GoldenFileError> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    Ok(lines.map(|(index, line)| (index + 1, serde_json::from_str(line))).collect())
}

/// A string field of a case.
pub(super) fn text_field<'a>(case: &'a Value, field: &'static str) -> Result<&'a str, GoldenFileError> {
    case.get(field).and_then(Value::as_str).ok_or(GoldenFileError::Field { field })
}

/// A list field of a case.
pub(super) fn list_field<'a>(case: &'a Value, field: &'static str) -> Result<&'a [Value], GoldenFileError> {
    case.get(field).and_then(Value::as_array).map(Vec::as_slice).ok_or(GoldenFileError::Field { field })
}

/// A number of a case.
pub(super) fn number_field(case: &Value, field: &'static str) -> Result<f64, GoldenFileError> {
    case.get(field).and_then(Value::as_f64).ok_or(GoldenFileError::Field { field })
}

/// A list of numbers; null and anything else is refused.
pub(super) fn numbers_field(case: &Value, field: &'static str) -> Result<Vec<f64>, GoldenFileError> {
    let values = list_field(case, field)?.iter().map(Value::as_f64).collect::<Option<_>>();
    values.ok_or(GoldenFileError::Field { field })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_line_does_not_lose_the_others() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let path = root.path().join("x.jsonl");
        fs::write(&path, "{\"id\": 1}\n\n{broken\n{\"id\": 2}\n").expect("a temporary file can be written");
        let lines = read_json_lines(&path).expect("readable");
        let seen: Vec<(usize, bool)> = lines.iter().map(|(number, line)| (*number, line.is_ok())).collect();
        assert_eq!(seen, [(1, true), (3, false), (4, true)]);
    }
}
