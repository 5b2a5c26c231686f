//! Numbers read from answers.

use serde_json::{Value, json};

use super::super::golden_file::{GoldenFileError, text_field};
use crate::scoring::reading::{NumberTarget, read_number};

/// What the reader makes of the case's text for its target.
pub(super) fn read(case: &Value) -> Result<Value, GoldenFileError> {
    let target = case.get("target").map(NumberTarget::from_value);
    let Some(Ok(target)) = target else { return Err(GoldenFileError::Field { field: "target" }) };
    Ok(json!(read_number(text_field(case, "text")?, &target)))
}
