//! What a scenario is.

use super::conflict::{ConflictType, Dimension};

/// Who says a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    User,
    Assistant,
}

/// One message of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    pub speaker: Speaker,
    pub content: String,
}

/// One conversation of the history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Session {
    /// When it took place, as the file has it (`YYYY-MM-DD HH:MM`, no zone). `None` in files without `timestamps`.
    pub time: Option<String>,
    /// May be empty: such a session is not printed, but uses up its number.
    pub turns: Vec<Turn>,
}

/// Which sessions hold the evidence, counted from 0. Never shown to the system under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// The session with the old remark.
    pub old: usize,
    /// The session with the remark that makes it invalid; after `old`.
    pub new: usize,
}

/// A history with a state that has silently changed, and the three questions about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    pub uid: String,
    pub conflict: ConflictType,
    /// `M_old`: the remark that no longer holds. For the judge alone, as the next two.
    pub old_state: String,
    /// `M_new`: the remark that makes it invalid.
    pub new_state: String,
    /// The new value of the attribute (T1), or the chain from the change to what it makes invalid (T2).
    pub explanation: String,
    /// The questions in the order of [`Dimension::ALL`].
    pub queries: [String; 3],
    /// The history in the order of the file.
    pub sessions: Vec<Session>,
    pub evidence: Evidence,
    /// Phrases by which an offline judge tells right answers; of builtin data alone.
    pub rules: Option<serde_json::Value>,
}

impl Scenario {
    /// The question of a dimension.
    #[must_use]
    pub fn query(&self, dimension: Dimension) -> &str {
        &self.queries[dimension.index()]
    }
}
