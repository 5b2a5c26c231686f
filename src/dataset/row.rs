//! One row of a file, and its fields with errors that say where.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::error::DataError;

/// A JSON object with its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The file as messages name it.
    pub file: Arc<str>,
    /// From 1.
    pub line: usize,
    pub fields: Map<String, Value>,
}

impl Row {
    /// The field, when it is there and not null.
    #[must_use]
    pub fn get(&self, field: &str) -> Option<&Value> {
        self.fields.get(field).filter(|value| !value.is_null())
    }

    /// A field that must be a text.
    ///
    /// # Errors
    /// It is missing or not a text.
    pub fn text(&self, field: &str) -> Result<&str, DataError> {
        let value = self.get(field).ok_or_else(|| self.missing(field, "a text"))?;
        self.as_text(field, value)
    }

    /// The text in `value`, which was found in `field`.
    ///
    /// # Errors
    /// It is not a text.
    pub fn as_text<'v>(&self, field: &str, value: &'v Value) -> Result<&'v str, DataError> {
        value.as_str().ok_or_else(|| self.wrong(field, value, "a text"))
    }

    /// The list of texts in `value`, which was found in `field`.
    ///
    /// # Errors
    /// It is not a list, or one element is not a text.
    pub fn as_texts(&self, field: &str, value: &Value) -> Result<Vec<String>, DataError> {
        let list = value.as_array().ok_or_else(|| self.wrong(field, value, "a list of texts"))?;
        list.iter()
            .enumerate()
            .map(|(position, element)| Ok(self.as_text(&format!("{field}[{position}]"), element)?.to_owned()))
            .collect()
    }

    /// The count in `value`, which was found in `field`.
    ///
    /// # Errors
    /// It is not a whole number from 0 to `u32::MAX`.
    pub fn as_count(&self, field: &str, value: &Value) -> Result<u32, DataError> {
        let count = value.as_u64().and_then(|count| u32::try_from(count).ok());
        count.ok_or_else(|| self.wrong(field, value, "a whole number from 0 to 4294967295"))
    }

    /// A text or a whole number, as text: ids come as both.
    ///
    /// # Errors
    /// It is something else.
    pub fn as_label(&self, field: &str, value: &Value) -> Result<String, DataError> {
        match value {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) if number.is_i64() || number.is_u64() => Ok(number.to_string()),
            _ => Err(self.wrong(field, value, "a text or a whole number")),
        }
    }

    /// The error for a field that is not there; `allowed` says what belongs there.
    #[must_use]
    pub fn missing(&self, field: &str, allowed: &str) -> DataError {
        let (file, field, allowed) = (self.file.to_string(), field.to_owned(), allowed.to_owned());
        DataError::MissingField { file, line: self.line, field, allowed }
    }

    /// The error for a field that holds something else than `allowed`.
    #[must_use]
    pub fn wrong(&self, field: &str, found: &Value, allowed: &str) -> DataError {
        let (file, field, allowed) = (self.file.to_string(), field.to_owned(), allowed.to_owned());
        DataError::WrongValue { file, line: self.line, field, found: describe(found), allowed }
    }
}

/// What a value is, in words, long texts cut.
pub(super) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => {
            let short: String = text.chars().take(40).collect();
            format!("the text {short:?}{}", if text.chars().count() > 40 { "..." } else { "" })
        }
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(_) => "an object".to_owned(),
    }
}
