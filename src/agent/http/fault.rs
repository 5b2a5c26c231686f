//! Why an agent gave nothing that can be used.

/// A fault of a memory agent behind HTTP. The words are the record's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{step}: {detail}{}", if *.attempts > 1 { format!(" ({attempts} attempts)") } else { String::new() })]
pub struct AgentFault {
    /// E.g. `agent_timeout`, `agent_html`.
    pub kind: &'static str,
    /// E.g. `memorize piece 3`.
    pub step: String,
    pub detail: String,
    pub status: Option<u16>,
    pub attempts: u32,
    /// The first 2 KiB of the reply.
    pub body: Option<String>,
}

/// Longest part of a reply that is kept.
const KEPT_BYTES: usize = 2048;

impl AgentFault {
    pub(super) fn new(kind: &'static str, step: &str, detail: impl Into<String>) -> Self {
        Self { kind, step: step.to_owned(), detail: detail.into(), status: None, attempts: 1, body: None }
    }

    /// Whether nobody was there, or nobody who would answer: an agent ends a call like an endpoint then.
    #[must_use]
    pub fn is_endpoint(&self) -> bool {
        matches!(
            self.kind,
            "agent_unreachable"
                | "agent_reset"
                | "agent_timeout"
                | "agent_refused"
                | "agent_overloaded"
                | "agent_error"
        )
    }

    pub(super) fn with_body(mut self, body: &[u8]) -> Self {
        let kept = &body[..body.len().min(KEPT_BYTES)];
        self.body = Some(crate::redact::redact(&String::from_utf8_lossy(kept)));
        self
    }
}
