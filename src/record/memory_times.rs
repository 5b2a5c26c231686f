//! How long agents took to memorise, to find and to answer: times, so they stand in the journals and in `run.json` alone.

use serde::{Deserialize, Serialize};

/// A history was memorised, and its open questions were looked up; since journal schema 4.
///
/// A resumed run memorises again what still has open questions: then there is more than one of a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemorisedEvent {
    pub task: String,
    pub history: String,
    pub epoch: u32,
    pub n_pieces: u64,
    /// Giving all pieces, milliseconds like all times here; `None`: a model was asked to write them down, and its steps have times of
    /// their own.
    pub memorise_ms: Option<f64>,
    /// Of the slowest piece, where each is given by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest_piece_ms: Option<f64>,
    /// From the last piece until the first question could be asked, where that is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready_ms: Option<f64>,
    /// What the system says that it stores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_bytes: Option<u64>,
    pub recalls: Vec<RecallTime>,
}

/// One look into a frozen memory; of a system that answers by itself, its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecallTime {
    pub item: String,
    pub ms: f64,
    /// Of it by the system's own clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_ms: Option<f64>,
    /// Tokens of the system's own models, as it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_tokens: Option<u64>,
}

/// What the times of a model with its agent come to, over all sessions of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryTimes {
    pub suite: String,
    pub model: String,
    /// Histories that were memorised; one that was memorised again on resume counts again.
    pub n_histories: u64,
    pub n_pieces: u64,
    /// All pieces of all histories, milliseconds; of a state store its model's replies.
    pub memorise_ms: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slowest_piece_ms: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_ready_ms: Option<f64>,
    /// Looks into the memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<TimeSpread>,
    /// The same by the systems' own clocks, where they tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<TimeSpread>,
    /// Replies of the model; one out of the cache counts with what it took now, and those of one batch of a model on this machine share its
    /// time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<TimeSpread>,
    /// Tokens of the systems' own models for questions, of those looks that they are told with; `None`: with none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_tokens: Option<u64>,
    /// Looks that tokens are told with.
    #[serde(default)]
    pub n_told_tokens: u64,
    /// The largest store of a history, where the system tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_store_bytes: Option<u64>,
}

/// How times are spread, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TimeSpread {
    pub n: u64,
    pub median_ms: f64,
    pub p95_ms: f64,
    pub longest_ms: f64,
}
