//! Two runs side by side: what `mnemoscope compare` found, as scripts read it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::results::Comparison;

/// Version of the layout. A field with meaning bumps it.
pub const RUN_COMPARISON_SCHEMA: u32 = 1;

/// One model of one run against one model of another, on the items that both answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunComparison {
    pub schema: u32,
    pub a: ComparedSide,
    pub b: ComparedSide,
    /// Two-sided level of the intervals.
    pub level: f64,
    /// How p values were adjusted, e.g. `holm`.
    pub adjustment: String,
    /// Over what: "12 comparisons (metric auc.*)".
    pub family: String,
    pub seed: u64,
    pub suites: Vec<ComparedSuite>,
    /// What must not be compared, and why.
    pub refused: Vec<RefusedComparison>,
    /// What a reader must know about how the runs differ.
    pub notes: Vec<String>,
}

/// The model of one side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedSide {
    /// The run or cell as it was given.
    pub run: String,
    /// Slug of the model in its run.
    pub model: String,
    /// What the rows call it.
    pub name: String,
    pub weights_sha256: Option<String>,
    pub revision: Option<String>,
    pub n_epochs: u32,
}

/// The comparisons of one suite.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedSuite {
    pub suite: String,
    pub version: String,
    pub size: String,
    pub comparisons: Vec<Comparison>,
    /// The most changed items, by task and metric, largest change first.
    pub changed: Vec<ChangedItem>,
}

/// One item on which the two differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangedItem {
    pub task: String,
    pub metric: String,
    pub item_id: String,
    pub copies: Option<u32>,
    /// Item value of A; for an AUC the raw score.
    pub a: f64,
    pub b: f64,
    /// A minus B; for an AUC, of the share of non-members that the item lies above.
    pub change: f64,
}

/// Something that was left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedComparison {
    pub suite: String,
    /// `None`: the whole suite.
    pub task: Option<String>,
    pub metric: Option<String>,
    pub why: String,
}

impl std::fmt::Display for RefusedComparison {
    /// "suite/task/metric: why".
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let place = [Some(&self.suite), self.task.as_ref(), self.metric.as_ref()];
        let place: Vec<&str> = place.into_iter().flatten().map(String::as_str).collect();
        write!(out, "{}: {}", place.join("/"), self.why)
    }
}
