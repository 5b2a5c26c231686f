//! Which agent remembers, and how it is set.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dataset::memory::chunk::Chunking;

/// A kind of memory.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "url")]
pub enum AgentKind {
    /// The model reads everything.
    LongContext,
    /// The model reads what a search by words finds.
    Bm25,
    /// ... what a search by vectors of `--embedder` finds.
    Embedding,
    /// ... what both find, by their ranks.
    Hybrid,
    /// The model keeps states that hold now, and answers from them.
    StateStore,
    /// A system behind the agent protocol; the base URL.
    Http(String),
    /// No memory: the control.
    None,
}

/// A name that is no agent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{found}` is no memory agent; use long-context, bm25, embedding, hybrid, state-store, none, or http:URL (http://HOST/PATH) of a system that speaks the agent protocol"
)]
pub struct UnknownAgent {
    pub found: String,
}

impl AgentKind {
    /// The words of those without a URL, and what each does, in the order of the listing.
    pub const LISTED: [(&'static str, &'static str); 7] = [
        ("long-context", "the model reads the whole history; what does not fit is cut, and told"),
        ("bm25", "Okapi BM25 over the pieces (rank_bm25); the model reads the best of them"),
        ("embedding", "exact search by vectors of --embedder; the model reads the best pieces"),
        ("hybrid", "BM25 and vectors, joined by reciprocal ranks"),
        ("state-store", "the model writes states when it memorises, and answers from those that hold (CUPMem's store)"),
        ("http:URL", "a system of yours behind the agent protocol (docs/memory-agents.md)"),
        ("none", "no memory: what the model answers from the question alone"),
    ];

    /// The word of records; of an agent behind HTTP without its URL.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::LongContext => "long-context",
            Self::Bm25 => "bm25",
            Self::Embedding => "embedding",
            Self::Hybrid => "hybrid",
            Self::StateStore => "state-store",
            Self::Http(_) => "http",
            Self::None => "none",
        }
    }

    /// Whether it searches by vectors.
    #[must_use]
    pub fn embeds(&self) -> bool {
        matches!(self, Self::Embedding | Self::Hybrid)
    }

    /// Whether it shows the best of its pieces.
    #[must_use]
    pub fn searches(&self) -> bool {
        matches!(self, Self::Bm25 | Self::Embedding | Self::Hybrid)
    }
}

impl fmt::Display for AgentKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(url) => formatter.write_str(url),
            other => formatter.write_str(other.word()),
        }
    }
}

impl FromStr for AgentKind {
    type Err = UnknownAgent;

    fn from_str(text: &str) -> Result<Self, UnknownAgent> {
        let url = |text: &str| Self::Http(text.trim_end_matches('/').to_owned());
        match text {
            "long-context" => Ok(Self::LongContext),
            "bm25" => Ok(Self::Bm25),
            "embedding" => Ok(Self::Embedding),
            "hybrid" => Ok(Self::Hybrid),
            "state-store" => Ok(Self::StateStore),
            "none" => Ok(Self::None),
            _ if text.starts_with("http://") || text.starts_with("https://") => Ok(url(text)),
            // `http:https://host` and `http:host:8765` name the same system.
            _ => match text.strip_prefix("http:").filter(|rest| !rest.is_empty()) {
                Some(rest) if rest.starts_with("http://") || rest.starts_with("https://") => Ok(url(rest)),
                Some(rest) if !rest.starts_with('/') => Ok(url(&format!("http://{rest}"))),
                _ => Err(UnknownAgent { found: crate::redact::redact(text) }),
            },
        }
    }
}

/// What is done with a history that is longer than the model's window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Truncation {
    /// The last tokens are kept (MemoryAgentBench).
    Tail,
    /// Sessions go, never those with the evidence (STALE): it uses where the evidence is, so it compares windows and no memories.
    Evidence,
    /// The question is not asked, and counted as an error.
    Forbid,
}

impl Truncation {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Tail => "tail",
            Self::Evidence => "evidence",
            Self::Forbid => "forbid",
        }
    }
}

impl FromStr for Truncation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tail" => Ok(Self::Tail),
            "evidence" => Ok(Self::Evidence),
            "forbid" => Ok(Self::Forbid),
            other => Err(format!("`{other}` is no way to truncate; use tail, evidence or forbid")),
        }
    }
}

/// What the user wants of all agents of a run; `None`: what the suite says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentWishes {
    pub top_k: Option<usize>,
    pub chunk_tokens: Option<usize>,
    #[serde(default)]
    pub chunking: Chunking,
    /// Nominal tokens that a searching agent may hold: older pieces are dropped; `None`: everything is held.
    pub memory_tokens: Option<u32>,
    pub truncation: Option<Truncation>,
}

/// One agent for one task, as the request hash stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentSettings {
    pub kind: AgentKind,
    pub top_k: usize,
    /// Tokens of a piece; `None`: a session is a piece.
    pub chunk_tokens: Option<usize>,
    pub chunking: Chunking,
    /// Tokens that an agent which reads everything is shown.
    pub context_tokens: Option<usize>,
    pub memory_tokens: Option<u32>,
    pub truncation: Truncation,
}

impl AgentSettings {
    /// Names and values for the card.
    #[must_use]
    pub fn words(&self) -> Vec<(String, String)> {
        let mut words: Vec<(&str, String)> = Vec::new();
        if self.kind.searches() || matches!(self.kind, AgentKind::Http(_)) {
            words.push(("top_k", self.top_k.to_string()));
        }
        if self.kind != AgentKind::None {
            match self.chunk_tokens {
                Some(tokens) => {
                    words.push(("chunk_tokens", tokens.to_string()));
                    words.push(("chunking", self.chunking.word().to_owned()));
                }
                None => words.push(("piece", "session".to_owned())),
            }
        }
        if self.kind == AgentKind::LongContext {
            words.push(("truncation", self.truncation.word().to_owned()));
        }
        if let Some(tokens) = self.memory_tokens {
            words.push(("memory_tokens", tokens.to_string()));
        }
        words.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_read_by_name_and_by_url() {
        for (word, _) in AgentKind::LISTED.iter().filter(|(word, _)| !word.contains(':')) {
            assert_eq!(word.parse::<AgentKind>().unwrap().word(), *word);
        }
        let url = AgentKind::Http("http://127.0.0.1:8765/x".to_owned());
        for text in ["http://127.0.0.1:8765/x", "http:127.0.0.1:8765/x", "http:http://127.0.0.1:8765/x/"] {
            assert_eq!(text.parse::<AgentKind>().unwrap(), url, "{text}");
        }
        for text in ["", "http:", "BM25", "rag", "http:/x"] {
            assert!(text.parse::<AgentKind>().unwrap_err().to_string().contains("long-context"), "{text}");
        }
    }
}
