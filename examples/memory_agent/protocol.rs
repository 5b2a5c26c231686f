//! The protocol, version 1: what is asked, what is answered. `docs/memory-agent-protocol.yaml` describes the same types.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version that is spoken here; every request names it in [`PROTOCOL_HEADER`].
pub const PROTOCOL: u32 = 1;
pub const PROTOCOL_HEADER: &str = "mnemoscope-agent-protocol";

/// `GET /agent`: who answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AgentInfo {
    pub protocol: u32,
    pub name: String,
    pub version: String,
    pub query_isolation: QueryIsolation,
}

/// What keeps a question from changing what the next one finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueryIsolation {
    /// The store is put back after each question.
    Snapshot,
    /// A question writes nothing.
    ReadOnly,
    None,
}

/// `POST /sessions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OpenRequest {
    pub session_id: String,
    pub source: String,
    pub n_chunks: u64,
    #[serde(default)]
    pub meta: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opened {
    pub session_id: String,
}

/// `POST /sessions/{id}/memorize`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemorizeRequest {
    /// Chunks of a session come in order, from 0.
    pub index: u64,
    /// The chunk as a turn that asks to memorise it.
    pub text: String,
    /// The chunk alone.
    pub raw_text: String,
    pub role: String,
    pub timestamp: Option<String>,
}

/// Reply to a chunk and to a flush.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memorized {
    pub status: Taken,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// Can be found from now on.
    Ok,
    /// Will be found once the session's state is `ready`.
    Accepted,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

/// `GET /sessions/{id}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionStatus {
    pub session_id: String,
    pub state: State,
    pub n_memorized: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_bytes: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_evicted: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ready,
    Indexing,
    Failed,
}

/// `POST /sessions/{id}/query`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryRequest {
    pub query_id: String,
    /// The whole prompt, for agents that answer themselves.
    pub text: String,
    /// The question alone.
    pub question: String,
    pub max_tokens: Option<u64>,
    pub temperature: Option<f64>,
    pub top_k: Option<u64>,
    pub read_only: bool,
}

/// Reply to a question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QueryReply {
    #[serde(flatten)]
    pub found: Found,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_memorized: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_ms: Option<f64>,
}

/// The agent's own answer, or what it remembers, from which the asking side lets its model answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Found {
    Answer { answer: String },
    Memories { memories: Vec<Memory> },
}

/// Something remembered; the best comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Index of the chunk from which it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_index: Option<u64>,
}

/// Body of every status from 400 on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    pub error: String,
}

/// Why a request is not served. 429 and 5xx are asked again by the client, all else is final.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub status: u16,
    pub error: String,
    /// `Retry-After`, handed on as it came.
    pub retry_after: Option<String>,
}

impl Refusal {
    pub fn new(status: u16, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), retry_after: None }
    }

    pub fn unknown_session(id: &str) -> Self {
        Self::new(404, format!("no session {id}"))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.error)
    }
}

/// Whether a text can be the name of a session: 1 to 128 of `A-Z a-z 0-9 . _ -`, but neither `.` nor `..`, which a URL cannot carry.
pub fn is_session_id(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(is_allowed) && !matches!(text, "." | "..")
}

/// Where a chunk belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Next,
    /// Has come before; nothing is to be done.
    Known,
}

/// The place of the chunk `index` behind `n_memorized` others; `is_same` compares it with the known one of its index.
///
/// # Errors
/// 409 for a gap, or for another text under a known index.
pub fn place(index: u64, n_memorized: usize, is_same: impl FnOnce(usize) -> bool) -> Result<Place, Refusal> {
    match usize::try_from(index) {
        Ok(index) if index == n_memorized => Ok(Place::Next),
        Ok(index) if index < n_memorized && is_same(index) => Ok(Place::Known),
        Ok(index) if index < n_memorized => {
            Err(Refusal::new(409, format!("chunk {index} was memorised with another text")))
        }
        _ => Err(Refusal::new(409, format!("chunk {index} came where chunk {n_memorized} is the next"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_sessions_are_plain() {
        for good in ["a", "run-7.ruler_qa.0", "...", &"x".repeat(128)] {
            assert!(is_session_id(good), "{good}");
        }
        for bad in ["", ".", "..", "a/b", "a b", "ä", "a%2f", &"x".repeat(129)] {
            assert!(!is_session_id(bad), "{bad}");
        }
    }

    #[test]
    fn chunks_come_in_order_and_may_come_again() {
        assert_eq!(place(2, 2, |_| false), Ok(Place::Next));
        assert_eq!(place(1, 2, |_| true), Ok(Place::Known));
        assert_eq!(place(1, 2, |_| false).map_err(|refusal| refusal.status), Err(409));
        assert_eq!(place(3, 2, |_| true).map_err(|refusal| refusal.status), Err(409));
        assert_eq!(place(u64::MAX, 2, |_| true).map_err(|refusal| refusal.status), Err(409));
    }
}
