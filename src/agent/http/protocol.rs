//! The JSON of the agent protocol, version 1.

use serde::{Deserialize, Serialize};

/// The version that is spoken; stands in the header `mnemoscope-agent-protocol` of every request.
pub const PROTOCOL_VERSION: u32 = 1;

/// `GET {base}/agent`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct AgentAbout {
    #[serde(default)]
    pub protocol: Option<u32>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub version: Option<String>,
    #[serde(default)]
    pub query_isolation: Option<Isolation>,
}

/// Whether a question can change what is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// The memory is put back before every question.
    Snapshot,
    /// Questions only read.
    ReadOnly,
    /// Nothing is promised.
    None,
}

impl Isolation {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::ReadOnly => "read_only",
            Self::None => "none",
        }
    }
}

#[derive(Debug, Serialize)]
pub(super) struct OpenBody<'a> {
    pub session_id: &'a str,
    pub source: &'a str,
    pub n_chunks: usize,
    pub meta: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Serialize)]
pub(super) struct MemorizeBody<'a> {
    pub index: usize,
    pub text: &'a str,
    pub raw_text: &'a str,
    pub role: &'static str,
    pub timestamp: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
pub(super) struct MemorizeReply {
    pub status: MemorizeStatus,
    #[serde(default)]
    pub usage: Option<ReplyUsage>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MemorizeStatus {
    Ok,
    /// It is worked on in the background.
    Accepted,
}

#[derive(Debug, Deserialize)]
pub(super) struct StateReply {
    pub state: ReplyState,
    #[serde(default)]
    pub n_memorized: Option<usize>,
    #[serde(default)]
    pub n_evicted: Option<usize>,
    #[serde(default)]
    pub store_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ReplyState {
    Ready,
    Indexing,
    Failed,
}

/// A question.
#[derive(Debug, Clone, Serialize)]
pub struct QueryBody<'a> {
    pub query_id: &'a str,
    /// The whole prompt.
    pub text: &'a str,
    /// The question alone.
    pub question: &'a str,
    pub max_tokens: usize,
    pub temperature: f64,
    pub top_k: usize,
    pub read_only: bool,
}

/// What an agent replies to a question.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawReply")]
pub enum MemoryReply {
    /// It has answered by itself.
    Answer { answer: String, about: ReplyAbout },
    /// It has found memories; the model under test answers from them.
    Memories { memories: Vec<FoundMemory>, about: ReplyAbout },
}

/// A reply as it comes: `mode` may be left out where `answer` or `memories` says which it is.
#[derive(Debug, Deserialize)]
struct RawReply {
    #[serde(default)]
    mode: Option<String>,
    #[serde(default)]
    answer: Option<String>,
    #[serde(default)]
    memories: Option<Vec<FoundMemory>>,
    #[serde(flatten)]
    about: ReplyAbout,
}

impl TryFrom<RawReply> for MemoryReply {
    type Error = String;

    fn try_from(raw: RawReply) -> Result<Self, String> {
        let RawReply { mode, answer, memories, about } = raw;
        match (mode.as_deref(), answer, memories) {
            (Some("answer"), Some(answer), _) | (None, Some(answer), None) => Ok(Self::Answer { answer, about }),
            (Some("memories"), _, Some(memories)) | (None, None, Some(memories)) => {
                Ok(Self::Memories { memories, about })
            }
            (mode, answer, memories) => {
                let found: Vec<String> = mode
                    .map(|mode| format!("mode `{}`", crate::redact::redact(mode)))
                    .into_iter()
                    .chain(answer.map(|_| "`answer`".to_owned()))
                    .chain(memories.map(|_| "`memories`".to_owned()))
                    .collect();
                let found = if found.is_empty() { "neither".to_owned() } else { found.join(", ") };
                Err(format!("expected mode `answer` with `answer`, or mode `memories` with `memories`, found {found}"))
            }
        }
    }
}

/// What both modes may say beside.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
pub struct ReplyAbout {
    #[serde(default)]
    pub session_id: Option<String>,
    #[serde(default)]
    pub n_memorized: Option<usize>,
    #[serde(default)]
    pub usage: Option<ReplyUsage>,
    /// What the question took by the agent's own clock.
    #[serde(default)]
    pub memory_ms: Option<f64>,
}

/// Tokens of the agent's own model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub struct ReplyUsage {
    #[serde(default)]
    pub prompt_tokens: Option<u64>,
    #[serde(default)]
    pub completion_tokens: Option<u64>,
}

/// A memory that was found.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct FoundMemory {
    pub text: String,
    /// The piece of the history that it is from, from 0.
    #[serde(default)]
    pub source_index: Option<usize>,
}

impl ReplyUsage {
    /// Prompt and completion together, where both are told.
    #[must_use]
    pub fn total(self) -> Option<u64> {
        self.prompt_tokens?.checked_add(self.completion_tokens?)
    }
}

impl MemoryReply {
    #[must_use]
    pub fn about(&self) -> &ReplyAbout {
        let (Self::Answer { about, .. } | Self::Memories { about, .. }) = self;
        about
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_modes_are_read_and_others_are_not() {
        let answer: MemoryReply =
            serde_json::from_str(r#"{"mode": "answer", "answer": "x", "usage": {"prompt_tokens": 3}, "more": 1}"#)
                .unwrap();
        assert_eq!(answer.about().usage.unwrap().prompt_tokens, Some(3));
        let found: MemoryReply = serde_json::from_str(
            r#"{"mode": "memories", "memories": [{"text": "t", "score": 0.5, "source_index": 4}]}"#,
        )
        .unwrap();
        assert!(matches!(&found, MemoryReply::Memories { memories, .. } if memories[0].source_index == Some(4)));
        for text in [
            r#"{"mode": "answer"}"#,
            r#"{"mode": "neither", "answer": "x"}"#,
            r#"{"mode": "memories", "answer": "x"}"#,
            r#"{"answer": "x", "memories": []}"#,
            r#"{"mode": "memories", "memories": ["t"]}"#,
            "{}",
            "[]",
        ] {
            assert!(serde_json::from_str::<MemoryReply>(text).is_err(), "{text}");
        }
        // What a reply holds says which of the two it is.
        let bare: MemoryReply = serde_json::from_str(r#"{"answer": "x"}"#).unwrap();
        assert!(matches!(&bare, MemoryReply::Answer { answer, .. } if answer == "x"));
        let bare: MemoryReply = serde_json::from_str(r#"{"memories": []}"#).unwrap();
        assert!(matches!(&bare, MemoryReply::Memories { memories, .. } if memories.is_empty()));
    }
}
