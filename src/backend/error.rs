//! Why a model gave no answer to one request.

use super::capability::Capability;
use super::remote::RemoteError;

/// One request without an answer. Counted and shown; never a zero.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
    #[error("the text has no token")]
    EmptyText,
    #[error("the text has one token: nothing can be scored, since the first token has no context")]
    TooShort,
    #[error("the text has {tokens} tokens, but the context holds {limit}; shorten it or allow windows")]
    TooLong { tokens: usize, limit: usize },
    #[error("{model} cannot do `{capability}`; it is declared as unable to")]
    Unsupported { model: String, capability: Capability },
    #[error("the text cannot be tokenised: {reason}")]
    Tokenizer { reason: String },
    #[error("the chat template refused the messages: {reason}")]
    Template { reason: String },
    #[error(
        "the model gave a value that is not a number at token {position}; the checkpoint is damaged or its number range is exceeded"
    )]
    NonFinite { position: usize },
    #[error("no recorded answer for this request in {run}; ask the model itself, or replay a run of the same suite")]
    NotRecorded { run: String },
    /// The protocol has no words for it.
    #[error("{what} cannot be asked of the endpoint {model}")]
    NotOverTheWire { model: String, what: &'static str },
    #[error(
        "the model answered something else than it was asked for; this is a fault of the program, please report it"
    )]
    OtherReply,
    #[error(transparent)]
    Remote(Box<RemoteError>),
    #[error("interrupted before this request was answered")]
    Interrupted,
    #[error("the gradient cannot be computed: {reason}")]
    Gradient { reason: String },
    #[error("scripted fault: {what}")]
    Scripted { what: String },
}

impl BackendError {
    /// Stable word for records and counts.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::EmptyText => "empty_text",
            Self::TooShort => "too_short",
            Self::TooLong { .. } => "too_long",
            Self::Unsupported { .. } => "unsupported",
            Self::Tokenizer { .. } => "tokenizer",
            Self::Template { .. } => "template",
            Self::NonFinite { .. } => "non_finite",
            Self::NotRecorded { .. } => "not_recorded",
            Self::NotOverTheWire { .. } => "not_over_the_wire",
            Self::OtherReply => "other_reply",
            Self::Remote(error) => error.kind.word(),
            Self::Interrupted => "interrupted",
            Self::Gradient { .. } => "gradient",
            Self::Scripted { .. } => "scripted",
        }
    }

    /// A property of the item, not of the model: no method can score it, for any model.
    #[must_use]
    pub fn is_unscorable_item(&self) -> bool {
        matches!(self, Self::EmptyText | Self::TooShort)
    }
}
