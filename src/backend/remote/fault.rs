//! What can go wrong with one attempt, and what follows from it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Longest part of a reply that is kept with an error.
const KEPT_BODY: usize = 2048;

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    Connect,
    Tls,
    Reset,
    TimeoutConnect,
    TimeoutFirstByte,
    TimeoutIdle,
    TimeoutTotal,
    IncompleteBody,
    BodyTooLarge,
    Redirect,
    /// A status that is neither success nor one of those below.
    HttpStatus,
    /// 429, 503, 529: the endpoint has too much to do.
    Overloaded,
    /// 401 and 403.
    KeyRefused,
    ContextLength,
    /// The endpoint asks to wait longer than the user allows.
    RetryAfterTooLong,
    EmptyReply,
    HtmlReply,
    NotJson,
    NoChoices,
    ChoiceCount,
    IncompleteStream,
    NoText,
    LogprobsMissing,
    LogprobCount,
    LogprobNotANumber,
    LogprobPositive,
    LogprobSentinel,
    FirstLogprobNotNull,
    TextMismatch,
    PromptLogprobsUnsupported,
    EmbeddingCount,
}

impl FaultKind {
    /// Stable word for records and counts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Reset => "reset",
            Self::TimeoutConnect => "timeout_connect",
            Self::TimeoutFirstByte => "timeout_first_byte",
            Self::TimeoutIdle => "timeout_idle",
            Self::TimeoutTotal => "timeout_total",
            Self::IncompleteBody => "incomplete_body",
            Self::BodyTooLarge => "body_too_large",
            Self::Redirect => "redirect",
            Self::HttpStatus => "http_status",
            Self::Overloaded => "overloaded",
            Self::KeyRefused => "key_refused",
            Self::ContextLength => "context_length",
            Self::RetryAfterTooLong => "retry_after_too_long",
            Self::EmptyReply => "empty_reply",
            Self::HtmlReply => "html_reply",
            Self::NotJson => "not_json",
            Self::NoChoices => "no_choices",
            Self::ChoiceCount => "choice_count",
            Self::IncompleteStream => "incomplete_stream",
            Self::NoText => "no_text",
            Self::LogprobsMissing => "logprobs_missing",
            Self::LogprobCount => "logprob_count",
            Self::LogprobNotANumber => "logprob_not_a_number",
            Self::LogprobPositive => "logprob_positive",
            Self::LogprobSentinel => "logprob_sentinel",
            Self::FirstLogprobNotNull => "first_logprob_not_null",
            Self::TextMismatch => "text_mismatch",
            Self::PromptLogprobsUnsupported => "prompt_logprobs_unsupported",
            Self::EmbeddingCount => "embedding_count",
        }
    }

    /// Whether asking again may help. `status` decides for [`FaultKind::HttpStatus`].
    #[must_use]
    pub fn is_retryable(self, status: Option<u16>) -> bool {
        match self {
            Self::Connect
            | Self::Reset
            | Self::TimeoutConnect
            | Self::TimeoutFirstByte
            | Self::TimeoutIdle
            | Self::TimeoutTotal
            | Self::IncompleteBody
            | Self::Overloaded
            | Self::EmptyReply
            | Self::HtmlReply
            | Self::NotJson
            | Self::NoChoices
            | Self::ChoiceCount
            | Self::IncompleteStream
            | Self::EmbeddingCount => true,
            Self::HttpStatus => matches!(status, Some(408 | 409 | 425 | 500 | 502 | 504)),
            Self::Tls
            | Self::BodyTooLarge
            | Self::Redirect
            | Self::KeyRefused
            | Self::ContextLength
            | Self::RetryAfterTooLong
            | Self::NoText
            | Self::LogprobsMissing
            | Self::LogprobCount
            | Self::LogprobNotANumber
            | Self::LogprobPositive
            | Self::LogprobSentinel
            | Self::FirstLogprobNotNull
            | Self::TextMismatch
            | Self::PromptLogprobsUnsupported => false,
        }
    }
}

/// One attempt without an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    pub status: Option<u16>,
    /// For people; holds no secret once it leaves the transport.
    pub detail: String,
    /// The first bytes of the reply, for the record.
    pub body: Option<String>,
    /// How long the endpoint asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A fault with nothing but its description.
    pub fn new(kind: FaultKind, detail: impl Into<String>) -> Self {
        Self { kind, status: None, detail: detail.into(), body: None, retry_after: None }
    }

    /// The same with the beginning of the reply.
    #[must_use]
    pub fn with_body(mut self, body: &[u8]) -> Self {
        let kept = &body[..body.len().min(KEPT_BODY)];
        self.body = (!kept.is_empty()).then(|| String::from_utf8_lossy(kept).into_owned());
        self
    }

    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable(self.status)
    }
}

/// A request that stays without an answer: the last fault, after all attempts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{}: {detail} (attempt {attempts}, given up)", kind.word(), status.map_or_else(String::new, |status| format!(" {status}")))]
pub struct RemoteError {
    pub kind: FaultKind,
    pub status: Option<u16>,
    pub detail: String,
    /// At most 2 KiB.
    pub body: Option<String>,
    pub attempts: u32,
}

/// What an error status means, by the endpoint's own words.
#[must_use]
pub fn status_fault(status: u16, body: &[u8], retry_after: Option<Duration>) -> Fault {
    let told = error_message(body);
    let is_about_context = status == 400 || status == 413 || status == 422;
    let kind = match status {
        300..=399 => FaultKind::Redirect,
        401 | 403 => FaultKind::KeyRefused,
        429 | 503 | 529 => FaultKind::Overloaded,
        _ if is_about_context && tells_context_length(body) => FaultKind::ContextLength,
        _ => FaultKind::HttpStatus,
    };
    let detail = match (kind, told) {
        (FaultKind::Redirect, _) => "the endpoint points elsewhere; redirects are not followed, since they would carry prompts and keys to another place: give the final URL".to_owned(),
        (_, Some(told)) => told,
        (_, None) => format!("the endpoint answered with status {status}"),
    };
    Fault { status: Some(status), retry_after, ..Fault::new(kind, detail) }.with_body(body)
}

fn tells_context_length(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&body[..body.len().min(KEPT_BODY)]).to_ascii_lowercase();
    [
        "context_length",
        "context length",
        "maximum context",
        "max_model_len",
        "context window",
        "prompt is too long",
        "too many tokens",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// The `error.message` of a JSON error, or `message`, `detail`; shortened.
#[must_use]
pub fn error_message(body: &[u8]) -> Option<String> {
    if body.len() > 1 << 16 {
        return None;
    }
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    let error = &value["error"];
    let told =
        [&error["message"], error, &value["message"], &value["detail"]].into_iter().find_map(|it| it.as_str())?;
    Some(told.chars().take(400).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_named_by_what_follows_from_it() {
        let of = |status, body: &str| status_fault(status, body.as_bytes(), None);
        let context = r#"{"error":{"code":"context_length_exceeded","message":"This model's maximum context length is exceeded."}}"#;
        assert_eq!(of(400, context).kind, FaultKind::ContextLength);
        assert_eq!(of(400, r#"{"error":{"message":"missing field"}}"#).kind, FaultKind::HttpStatus);
        assert!(!of(400, "{}").is_retryable() && !of(404, "").is_retryable() && !of(501, "").is_retryable());
        for status in [408, 409, 425, 429, 500, 502, 503, 504, 529] {
            assert!(of(status, "").is_retryable(), "{status}");
        }
        for status in [301, 307, 401, 403, 404, 422] {
            assert!(!of(status, "").is_retryable(), "{status}");
        }
    }

    #[test]
    fn only_the_beginning_of_a_long_reply_is_kept() {
        let fault = status_fault(500, &[b'x'; 10_000], None);
        assert_eq!(fault.body.map(|body| body.len()), Some(KEPT_BODY));
    }
}
