//! An interval as results keep it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An interval with its level and the method that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct IntervalRecord {
    pub low: f64,
    pub high: f64,
    pub level: f64,
    pub method: String,
}
