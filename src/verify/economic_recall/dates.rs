//! Dates read from answers.

use serde_json::{Value, json};

use super::super::golden_file::{GoldenFileError, text_field};
use crate::scoring::reading::read_date;

/// What the reader makes of the case's text.
pub(super) fn read(case: &Value) -> Result<Value, GoldenFileError> {
    Ok(json!(read_date(text_field(case, "text")?)))
}
