//! Why a method gave no answer to a JSON request.

use serde_json::{Map, Value, json};

use crate::statistics::error::StatError;

/// A method that gave no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum MethodError {
    /// `input` is not what the method reads.
    #[error("input field `{field}`: {why}")]
    Input {
        /// The field, with the place inside it where one is at fault: `a[3]`.
        field: String,
        /// What was found and what is allowed.
        why: String,
    },
    /// The statistics refuse it; `values` hold what can be said all the same.
    #[error("{error}")]
    Refused {
        /// Why.
        error: StatError,
        /// E.g. the raw agreement beside a kappa that is undefined.
        values: Map<String, Value>,
    },
}

impl From<StatError> for MethodError {
    fn from(error: StatError) -> Self {
        Self::Refused { error, values: Map::new() }
    }
}

impl MethodError {
    pub(super) fn input(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self::Input { field: field.into(), why: why.into() }
    }

    /// The same refusal with what can be said all the same.
    pub(super) fn with(self, values: Map<String, Value>) -> Self {
        match self {
            Self::Refused { error, .. } => Self::Refused { error, values },
            Self::Input { .. } => self,
        }
    }

    /// The kind of error: `Input`, or that of the [`StatError`].
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Input { .. } => "Input",
            Self::Refused { error, .. } => error.kind(),
        }
    }

    /// The error as golden files write it: `{"error": kind, ...}` with its fields and the values beside it.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        match self {
            Self::Input { field, why } => object(json!({"error": "Input", "field": field, "why": why})),
            Self::Refused { error, values } => {
                let mut fields = values.clone();
                fields.extend(refusal(error));
                fields
            }
        }
    }
}

/// A refusal as golden files write it.
pub(super) fn refusal(error: &StatError) -> Map<String, Value> {
    let mut fields = object(match error {
        StatError::TooFewItems { needed, got }
        | StatError::TooFewClusters { needed, got }
        | StatError::TooFewModels { needed, got } => json!({"needed": needed, "got": got}),
        StatError::LengthMismatch { left, right } => json!({"left": left, "right": right}),
        StatError::NonFinite { index } => json!({"index": index}),
        StatError::InvalidParameter { name, why } => json!({"name": name, "why": why}),
        StatError::UninformativeJudge { youden } => json!({"youden": youden}),
        StatError::NotConnected { components } => json!({"components": components}),
        StatError::Undefined { why } => json!({"why": why}),
        StatError::EmptyInput | StatError::SingleClass | StatError::ZeroVariance => json!({}),
    });
    fields.insert("error".to_owned(), Value::from(error.kind()));
    fields
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        _ => Map::new(),
    }
}
