//! The seam to whoever answers: the trait, what a model can do, what is asked and what comes back.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::BackendError;

/// Something that answers. Object safe; answers come back in the order of the requests.
///
/// Each request has its own outcome: one bad text never loses the others. A method that the model's
/// [`Capabilities`] do not declare answers every request with [`BackendError::Unsupported`].
pub trait Backend: Send + Sync {
    /// Who answers: hashes, dtype, device. Stable for the life of the value.
    fn identity(&self) -> &ModelIdentity;

    /// What this model can do; `run` checks its plan against it before the first request.
    fn capabilities(&self) -> Capabilities;

    /// Ids of a text, with what the tokenizer adds on its own.
    ///
    /// # Errors
    /// When the tokenizer is not known here, or refuses the text.
    fn tokenize(&self, text: &str) -> Result<Vec<u32>, BackendError>;

    /// Text of ids, special tokens left out.
    ///
    /// # Errors
    /// When the tokenizer is not known here, or does not know an id.
    fn detokenize(&self, ids: &[u32]) -> Result<String, BackendError>;

    /// Log-probabilities of given tokens.
    fn score(&self, requests: &[ScoreRequest]) -> Vec<Result<TokenScores, BackendError>>;

    /// Greedy continuation.
    fn generate(&self, requests: &[GenerateRequest]) -> Vec<Result<Generation, BackendError>>;
}

/// What a backend can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Capabilities {
    pub generate: bool,
    /// Messages through a chat template.
    pub chat: bool,
    /// Log-probabilities of given tokens.
    pub score: bool,
    /// Mean and standard deviation of the log-probabilities over the vocabulary, at every position.
    pub vocab_stats: bool,
    pub embed: bool,
}

/// One of the things in [`Capabilities`], for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    Generate,
    Chat,
    Score,
    VocabStats,
    Embed,
}

impl Capabilities {
    /// Whether `capability` is declared.
    #[must_use]
    pub fn has(self, capability: Capability) -> bool {
        match capability {
            Capability::Generate => self.generate,
            Capability::Chat => self.chat,
            Capability::Score => self.score,
            Capability::VocabStats => self.vocab_stats,
            Capability::Embed => self.embed,
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Generate => "generate",
            Self::Chat => "chat",
            Self::Score => "score",
            Self::VocabStats => "vocab_stats",
            Self::Embed => "embed",
        })
    }
}

/// Who answered: everything that must be equal for two answers to be comparable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelIdentity {
    /// As the user named it, secrets removed.
    pub name: String,
    /// `local-burn`, `replay`, `scripted`, ...
    pub backend: String,
    /// `model_type` of the checkpoint.
    pub architecture: Option<String>,
    pub revision: Option<String>,
    /// Hex SHA-256 over the weight files, in name order.
    pub weights_sha256: Option<String>,
    pub tokenizer_sha256: Option<String>,
    /// Number type of the arithmetic, e.g. `f32 (stored as f16)`.
    pub dtype: Option<String>,
    pub device: String,
    pub n_parameters: Option<u64>,
    /// Most positions that the model can attend to.
    pub context_length: Option<u64>,
    /// BOS handling and what it comes to for this tokenizer, e.g. `auto (adds none)`.
    pub bos: String,
}

/// Whether a beginning-of-sequence token is put before the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bos {
    /// What the tokenizer file's own post-processor does.
    #[default]
    Auto,
    /// Exactly one, added if the post-processor adds none.
    Always,
    /// None, removed if the post-processor adds one.
    Never,
}

/// How a text longer than the context is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum Context {
    /// Whole when it fits, else windows of the context length at half its stride (mimir's rule).
    #[default]
    Fit,
    /// Windows of `window` tokens at `stride`; every token but the first is scored once.
    Windowed { window: usize, stride: usize },
    /// Refuse a text longer than the context.
    Refuse,
}

/// Asks for the log-probability of given text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreRequest {
    /// What is only conditioned on; empty when the whole text is scored.
    pub context: String,
    /// What is scored. Encoded together with the context, cut at the context's own token count.
    pub text: String,
    pub bos: Bos,
    pub window: Context,
    /// Also give mean and standard deviation over the vocabulary.
    pub vocab_stats: bool,
}

/// Log-probabilities of the tokens of one text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TokenScores {
    /// All ids that the model saw, context and BOS included: `n` of them.
    pub token_ids: Vec<u32>,
    /// Index of the first scored token, at least 1: `logprobs[0]` belongs to `token_ids[first_scored]`.
    pub first_scored: usize,
    /// Natural logarithms, one for each of `token_ids[first_scored..]`.
    pub logprobs: Vec<f32>,
    /// Mean of the log-probabilities under the model's own distribution, per scored position, over all columns
    /// of the output layer (unused padding rows included).
    pub vocab_mean: Option<Vec<f32>>,
    /// Standard deviation likewise (population, under the model's own distribution).
    pub vocab_std: Option<Vec<f32>>,
    /// Whether the token was the most likely one.
    pub is_argmax: Vec<bool>,
    /// Windows that the text was cut into; 1 when it fitted.
    pub n_windows: usize,
}

impl TokenScores {
    /// Sum of the log-probabilities, added in f64.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.logprobs.iter().map(|&l| f64::from(l)).sum()
    }

    /// Mean log-probability; `None` without a scored token.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
    pub fn mean(&self) -> Option<f64> {
        (!self.logprobs.is_empty()).then(|| self.sum() / self.logprobs.len() as f64)
    }
}

/// What generation starts from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// Plain text, encoded with the tokenizer's own special tokens.
    Text(String),
    /// Ids as they are.
    Tokens(Vec<u32>),
    /// Messages for the model's chat template.
    Messages(Vec<Message>),
}

/// One message of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: String,
    pub content: String,
}

/// Asks for a greedy continuation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    pub prompt: Prompt,
    pub max_tokens: usize,
    /// Stop before any of these texts.
    pub stop: Vec<String>,
    pub bos: Bos,
}

/// A continuation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Decoded without special tokens.
    pub text: String,
    pub token_ids: Vec<u32>,
    /// Log-probability of each generated token under the model.
    pub logprobs: Vec<f32>,
    /// Tokens of the prompt as sent.
    pub n_prompt_tokens: usize,
    pub finish_reason: FinishReason,
}

/// Why generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FinishReason {
    /// An end-of-text token.
    Stop,
    /// One of the stop texts.
    StopText,
    /// `max_tokens` reached.
    Length,
    /// The context was full.
    Context,
}
