//! One row of a data set, as probes see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::history::History;

/// One thing to ask about. Field names are those of the data set's schema.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Unique within its data set.
    pub id: String,
    /// Items that share a source (document, person) share it; enters the standard error.
    pub cluster: String,
    /// How often the item stood in the training data of the model under test, where the data say so.
    pub copies: Option<u32>,
    /// The whole text, for probes that score or extract it; empty for multiple choice.
    pub text: String,
    /// The possible answers, for `choose`; else empty.
    pub choices: Vec<String>,
    /// Index of the right one in `choices`.
    pub answer: Option<usize>,
    /// What is memorised before it is asked, for memory agents; items of one history share it.
    #[serde(skip)]
    pub history: Option<Arc<History>>,
    /// Everything else that templates may name.
    pub fields: BTreeMap<String, serde_json::Value>,
}
