//! Which part a model plays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The part that a model plays in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The model under test.
    Model,
    Baseline,
    Reference,
    Judge,
    Embedder,
}

impl Role {
    /// All roles, in their order.
    pub const ALL: [Self; 5] = [Self::Model, Self::Baseline, Self::Reference, Self::Judge, Self::Embedder];

    /// The word that files use, as in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Baseline => "baseline",
            Self::Reference => "reference",
            Self::Judge => "judge",
            Self::Embedder => "embedder",
        }
    }

    /// The role that [`Role::word`] writes so; `None`: no role.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}
