//! What is to change the store, and the decision about it.

use super::schema::Track;

/// The session that something comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionMark {
    pub id: String,
    /// Its place in the history. `None`: unknown; what has no place is older than everything, and guards nothing.
    pub index: Option<u64>,
    pub time: String,
}

/// A state that a session speaks of.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    pub id: String,
    pub track: Track,
    pub proposed_value: String,
    /// From 0 to 1.
    pub confidence: f64,
    pub evidence_chunk_ids: Vec<String>,
    pub session: SessionMark,
}

/// A state that, by what a session says, may not hold any longer.
#[derive(Debug, Clone, PartialEq)]
pub struct Invalidation {
    pub id: String,
    /// Where the state is.
    pub track: Track,
    /// The state, where it is known; only arbitration looks at it.
    pub old_value: String,
    /// From 0 to 1; only arbitration looks at it.
    pub confidence: f64,
    pub reason: String,
    pub trigger_delta_ids: Vec<String>,
    pub session: SessionMark,
}

/// What is decided about a delta or an invalidation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecisionWord {
    Add,
    Refine,
    Replace,
    IndirectInvalidate,
    SetUnknownCurrent,
    WeakChallenge,
    NoOp,
    /// A word of the model's own. It changes nothing.
    Unlisted(String),
}

impl DecisionWord {
    const LISTED: [Self; 7] = [
        Self::Add,
        Self::Refine,
        Self::Replace,
        Self::IndirectInvalidate,
        Self::SetUnknownCurrent,
        Self::WeakChallenge,
        Self::NoOp,
    ];

    /// The decision of that word, to the letter.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        let listed = Self::LISTED.into_iter().find(|decision| decision.as_str() == word);
        listed.unwrap_or_else(|| Self::Unlisted(word.to_owned()))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Add => "ADD",
            Self::Refine => "REFINE",
            Self::Replace => "REPLACE",
            Self::IndirectInvalidate => "INDIRECT_INVALIDATE",
            Self::SetUnknownCurrent => "SET_UNKNOWN_CURRENT",
            Self::WeakChallenge => "WEAK_CHALLENGE",
            Self::NoOp => "NO_OP",
            Self::Unlisted(word) => word,
        }
    }
}

/// A decision about one delta or invalidation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub word: DecisionWord,
    /// The item it is about, where it is about one.
    pub target_item_id: Option<String>,
    pub reason: String,
}

impl Decision {
    /// The target, where one is named.
    pub(super) fn target(&self) -> Option<&str> {
        self.target_item_id.as_deref().filter(|id| !id.is_empty())
    }
}

/// What a decision has done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppliedAction {
    /// What it says; of an unlisted word, nothing.
    AsDecided(DecisionWord),
    /// The track is occupied, and the new state not sure enough to take its place.
    AddBlockedSingleTrack,
    /// The new state has taken the place of one that was in doubt, or much less sure.
    AddRescueSingleTrackReplace,
    /// The item is gone, was never there, or stands on another track.
    NoOpMissingTarget,
    /// The item was created in the trigger's session or later.
    NoOpTargetNotOlder,
    /// The item was in doubt already.
    WeakChallengeIdempotent,
}

impl AppliedAction {
    /// Upstream's word for it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AsDecided(word) => word.as_str(),
            Self::AddBlockedSingleTrack => "ADD_BLOCKED_SINGLE_TRACK",
            Self::AddRescueSingleTrackReplace => "ADD_RESCUE_SINGLE_TRACK_REPLACE",
            Self::NoOpMissingTarget => "NO_OP_MISSING_TARGET",
            Self::NoOpTargetNotOlder => "NO_OP_TEMPORAL_TARGET_NOT_OLDER",
            Self::WeakChallengeIdempotent => "WEAK_CHALLENGE_IDEMPOTENT",
        }
    }
}
