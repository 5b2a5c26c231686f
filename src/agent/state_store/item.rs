//! States, with their strength and history.

use super::request::SessionMark;
use super::schema::Track;

/// Whether a state holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Active,
    Stale,
}

impl Status {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Stale => "STALE",
        }
    }
}

/// Whether a state that holds is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    Weak,
    Strong,
}

impl Strength {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Weak => "WEAK",
            Self::Strong => "STRONG",
        }
    }
}

/// What happened to a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RevisionEvent {
    Refined {
        previous_value: String,
        new_value: String,
    },
    Challenged,
    /// `cause`: the word of the decision that ended it.
    Archived {
        cause: String,
    },
}

/// One entry of a state's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    pub event: RevisionEvent,
    /// Id of the delta or invalidation.
    pub by: String,
    pub reason: String,
    /// The session that a refinement or challenge comes from.
    pub session: Option<SessionMark>,
    pub time: String,
}

impl Revision {
    /// In a word, with the cause of an end: `refine`, `weak_challenge`, `archived:REPLACED`.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.event {
            RevisionEvent::Refined { .. } => "refine".to_owned(),
            RevisionEvent::Challenged => "weak_challenge".to_owned(),
            RevisionEvent::Archived { cause } => format!("archived:{cause}"),
        }
    }
}

/// A state of the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// `p1`, `p2` and so on, in the order of creation.
    pub id: String,
    pub track: Track,
    pub value: String,
    pub status: Status,
    /// From 0 to 1.
    pub confidence: f64,
    pub strength: Strength,
    pub first_seen: String,
    pub last_updated: String,
    pub source_delta_ids: Vec<String>,
    pub evidence_chunk_ids: Vec<String>,
    /// The session that it was created in.
    pub created: SessionMark,
    pub history: Vec<Revision>,
}

impl Item {
    /// The place of the session it was created in; where that is unknown, of the one that changed it last.
    #[must_use]
    pub fn session_index(&self) -> Option<u64> {
        let changed = || self.history.iter().rev().find_map(|revision| revision.session.as_ref())?.index;
        self.created.index.or_else(changed)
    }

    /// Whether it is older than a session. What has no place is older than everything, and everything than it.
    #[must_use]
    pub fn is_older_than(&self, session: Option<u64>) -> bool {
        match (self.session_index(), session) {
            (Some(created), Some(trigger)) => created < trigger,
            _ => true,
        }
    }
}
