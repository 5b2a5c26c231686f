//! One JSON object of a config, read key by key.

use serde_json::{Map, Value};

use crate::backend::open_error::OpenError;

/// Largest size of any single dimension; more is a typing error.
const LARGEST_DIMENSION: u64 = 1 << 24;

/// An object, with the file and the section that errors name.
#[derive(Clone, Copy)]
pub(super) struct Keys<'a> {
    file: &'a str,
    /// Stands before every key, e.g. `text_config.`.
    section: &'a str,
    object: &'a Map<String, Value>,
}

impl<'a> Keys<'a> {
    pub(super) fn new(file: &'a str, section: &'a str, object: &'a Map<String, Value>) -> Self {
        Self { file, section, object }
    }

    pub(super) fn file(&self) -> &'a str {
        self.file
    }

    pub(super) fn invalid(&self, key: &str, found: &str, allowed: &str) -> OpenError {
        OpenError::ConfigValue {
            file: self.file.into(),
            key: format!("{}{key}", self.section),
            found: found.into(),
            allowed: allowed.into(),
        }
    }

    /// The value of a key; null counts as absent.
    pub(super) fn optional(&self, key: &str) -> Option<&'a Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    /// Whether the key is written, even as null.
    pub(super) fn is_written(&self, key: &str) -> bool {
        self.object.contains_key(key)
    }

    pub(super) fn size(&self, key: &str, default: Option<usize>) -> Result<usize, OpenError> {
        let allowed = "a whole number from 1 to 16777216 is needed";
        match (self.optional(key), default) {
            (None, Some(default)) => Ok(default),
            (None, None) => Err(self.invalid(key, "missing", allowed)),
            (Some(value), _) => value
                .as_u64()
                .filter(|size| (1..=LARGEST_DIMENSION).contains(size))
                .and_then(|size| usize::try_from(size).ok())
                .ok_or_else(|| self.invalid(key, &value.to_string(), allowed)),
        }
    }

    /// A finite number above 0.
    pub(super) fn number(&self, key: &str) -> Result<Option<f64>, OpenError> {
        match self.optional(key) {
            None => Ok(None),
            Some(value) => value
                .as_f64()
                .filter(|n| n.is_finite() && *n > 0.0)
                .map(Some)
                .ok_or_else(|| self.invalid(key, &value.to_string(), "a positive number is needed")),
        }
    }

    pub(super) fn needed(&self, key: &str) -> Result<f64, OpenError> {
        self.number(key)?.ok_or_else(|| self.invalid(key, "missing", "a positive number is needed"))
    }

    /// Positive numbers.
    pub(super) fn numbers(&self, key: &str) -> Result<Vec<f64>, OpenError> {
        let allowed = "a list of positive numbers is needed";
        let list = self
            .optional(key)
            .ok_or_else(|| self.invalid(key, "missing", allowed))?
            .as_array()
            .ok_or_else(|| self.invalid(key, "not a list", allowed))?;
        list.iter()
            .map(|value| {
                value
                    .as_f64()
                    .filter(|n| n.is_finite() && *n > 0.0)
                    .ok_or_else(|| self.invalid(key, &value.to_string(), allowed))
            })
            .collect()
    }

    pub(super) fn flag(&self, key: &str, default: bool) -> Result<bool, OpenError> {
        match self.optional(key) {
            None => Ok(default),
            Some(value) => {
                value.as_bool().ok_or_else(|| self.invalid(key, &value.to_string(), "true or false is needed"))
            }
        }
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>, OpenError> {
        match self.optional(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(value) => Err(self.invalid(key, &value.to_string(), "a string is needed")),
        }
    }

    pub(super) fn object(&self, key: &str) -> Result<Option<&'a Map<String, Value>>, OpenError> {
        match self.optional(key) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(value) => Err(self.invalid(key, &value.to_string(), "an object or null is needed")),
        }
    }

    /// One id or a list of ids.
    pub(super) fn ids(&self, key: &str) -> Result<Vec<u32>, OpenError> {
        let allowed = "a token id or a list of token ids is needed";
        let id = |value: &Value| {
            value
                .as_u64()
                .and_then(|id| u32::try_from(id).ok())
                .ok_or_else(|| self.invalid(key, &value.to_string(), allowed))
        };
        match self.optional(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(id).collect(),
            Some(value) => Ok(vec![id(value)?]),
        }
    }
}
