//! Questions that are asked of a system with a memory: about one long context, and about a state that has changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A question about a context that was memorised before, piece by piece.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemoryProbe {
    /// Which prompts and which scores.
    pub family: MemoryFamily,
    /// Column of the paper's table that the task counts for; `None`: it stands alone.
    pub column: Option<String>,
    /// Whether the column enters the mean of its competency.
    pub is_in_mean: bool,
    /// Tokens (o200k_base) of a piece, at most.
    pub chunk_tokens: usize,
    /// Tokens that an agent which reads everything is shown, at most; the last ones are kept.
    pub context_tokens: usize,
    /// Pieces that a searching agent shows.
    pub top_k: usize,
    pub max_tokens: usize,
}

/// A question about a state that may have changed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StateProbe {
    /// Of histories in which nothing has changed.
    pub is_control: bool,
    pub top_k: usize,
    pub max_tokens: usize,
}

/// Data sets of MemoryAgentBench with one set of prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MemoryFamily {
    /// Short answers out of documents.
    RulerQa,
    /// Questions of a user about earlier chats; a judge reads the answers.
    #[serde(rename = "longmemeval")]
    LongMemEval,
    /// Which of six events comes next in a novel.
    #[serde(rename = "eventqa")]
    EventQa,
    /// The label of an utterance, learned from examples.
    InContextLearning,
    /// Films to recommend.
    RecsysRedial,
    /// A summary of a novel; a judge counts what is in it.
    InfbenchSum,
    /// One of four options about a detective story.
    DetectiveQa,
    /// The newest of conflicting facts.
    #[serde(rename = "factconsolidation")]
    FactConsolidation,
}

impl MemoryFamily {
    /// Upstream's name, which prompts are called by, too.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::RulerQa => "ruler_qa",
            Self::LongMemEval => "longmemeval",
            Self::EventQa => "eventqa",
            Self::InContextLearning => "in_context_learning",
            Self::RecsysRedial => "recsys_redial",
            Self::InfbenchSum => "infbench_sum",
            Self::DetectiveQa => "detective_qa",
            Self::FactConsolidation => "factconsolidation",
        }
    }

    /// Whether answers mean nothing until a judge has read them.
    #[must_use]
    pub fn is_judged(self) -> bool {
        matches!(self, Self::LongMemEval | Self::InfbenchSum)
    }
}
