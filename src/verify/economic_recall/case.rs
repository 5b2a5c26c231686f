//! What a case of a metric holds, and why it cannot be computed.

use serde_json::Value;

use crate::statistics::StatError;
use crate::verify::golden_file::GoldenFileError;

/// Why a case has no values to compare.
#[derive(Debug, thiserror::Error)]
pub(super) enum CaseError {
    #[error(transparent)]
    Field(#[from] GoldenFileError),
    #[error("an answer cannot be computed: {0}")]
    Refused(#[from] StatError),
    #[error("this build does not know `{option}` = {value}")]
    UnknownOption { option: &'static str, value: Value },
}

/// A list of numbers, some of which may be null.
pub(super) fn optional_numbers(input: &Value, field: &'static str) -> Result<Vec<Option<f64>>, GoldenFileError> {
    let read = |value: &Value| match value {
        Value::Null => Some(None),
        other => other.as_f64().map(Some),
    };
    let list = input.get(field).and_then(Value::as_array).ok_or(GoldenFileError::Field { field })?;
    list.iter().map(read).collect::<Option<_>>().ok_or(GoldenFileError::Field { field })
}

/// A list of 0 and 1, or of true and false.
pub(super) fn hits(input: &Value, field: &'static str) -> Result<Vec<bool>, GoldenFileError> {
    let read = |value: &Value| match value.as_u64() {
        Some(0) => Some(false),
        Some(1) => Some(true),
        _ => value.as_bool(),
    };
    let list = input.get(field).and_then(Value::as_array).ok_or(GoldenFileError::Field { field })?;
    list.iter().map(read).collect::<Option<_>>().ok_or(GoldenFileError::Field { field })
}

/// A count.
pub(super) fn count(input: &Value, field: &'static str) -> Result<usize, GoldenFileError> {
    let value = input.get(field).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok());
    value.ok_or(GoldenFileError::Field { field })
}
