//! What is asked, what comes back, and who answered.

use serde::{Deserialize, Serialize};

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
    /// Hex SHA-256 over the chat template and the end-of-text token, of a model with a template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chat_sha256: Option<String>,
    /// Number type of the arithmetic, e.g. `f32 (stored as f16)`.
    pub dtype: Option<String>,
    pub device: String,
    pub n_parameters: Option<u64>,
    /// Most positions that the model can attend to.
    pub context_length: Option<u64>,
    /// BOS handling and what it comes to for this tokenizer, e.g. `auto (adds none)`.
    pub bos: String,
}

impl ModelIdentity {
    /// Of replies that no model gives: what stands in the place of weights is hashed by whoever knows it.
    #[must_use]
    pub fn without_a_model(name: String, backend: &str, sha256: String) -> Self {
        Self {
            name,
            backend: backend.to_owned(),
            architecture: None,
            revision: None,
            weights_sha256: Some(sha256),
            tokenizer_sha256: None,
            chat_sha256: None,
            dtype: None,
            device: "none".to_owned(),
            n_parameters: None,
            context_length: None,
            bos: "none".to_owned(),
        }
    }
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
    /// Exactly one token to condition on: the BOS, else the end-of-text token (lm-evaluation-harness's prefix token).
    Prefix,
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
    /// All ids that the model saw, context and BOS included: `n` of them; none where an endpoint does not tell them.
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
    /// What only an endpoint has to tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wire: Option<WireTokens>,
}

/// Asks for the log-probability of given ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokensRequest {
    /// All that the model is to see; nothing is added.
    pub ids: Vec<u32>,
    /// The first one that is scored, at least 1.
    pub first_scored: usize,
    pub window: Context,
    pub vocab_stats: bool,
}

/// Asks how steep the loss of a text is in the model's parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GradientRequest {
    pub text: String,
    pub bos: Bos,
    pub window: Context,
    /// Leave the last token out of the loss, as OpenUnlearning does.
    pub skips_last: bool,
}

/// Norms of the gradient of the mean negative log-probability, each the mean over the parameter tensors of the
/// reference library's own model (a tied table counts once, a bias is a tensor of its own).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientNorms {
    /// Mean sum of absolute values.
    pub l1: f64,
    /// Mean Euclidean length.
    pub l2: f64,
    /// Mean largest absolute value.
    pub inf: f64,
    /// Tensors that have a gradient.
    pub n_tensors: usize,
}

/// What attacks must know of a tokenizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenizerFacts {
    /// Ids that it knows, added tokens among them: `len(tokenizer)` of the reference library.
    pub n_ids: usize,
    /// The end-of-text token that the checkpoint names.
    pub eos_id: Option<u32>,
    /// Whether there is a token spelt `[PAD]`, which mimir adds where it is missing.
    pub has_mimir_pad: bool,
}

/// Tokens as an endpoint told them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireTokens {
    /// Text of every token that the model saw, BOS included.
    pub pieces: Vec<String>,
    /// A token straddles the border of context and text; it was counted to the text.
    pub is_boundary_split: bool,
    /// Some scored token came without the alternatives to it, so that nothing says whether it was the most likely one.
    #[serde(default, skip_serializing_if = "is_false")]
    pub lacks_alternatives: bool,
}

fn is_false(flag: &bool) -> bool {
    !flag
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

/// Asks for a continuation: greedy, or drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    pub prompt: Prompt,
    pub max_tokens: usize,
    /// Stop before any of these texts.
    pub stop: Vec<String>,
    pub bos: Bos,
    /// Ids that end the reply in place of the model's own; an endpoint ends by its own and does not know them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ids: Option<Vec<u32>>,
    /// How tokens are drawn; `None`: always the likeliest. Left out of a greedy request's JSON, whose hash stays what it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
}

/// Ancestral sampling: each token from the model's whole distribution, sharpened or flattened.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Above 0; logits are divided by it. 1 is the model's own distribution.
    pub temperature: f64,
    /// Of this one continuation: it does not depend on what is drawn beside it.
    pub seed: u64,
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
    /// The endpoint held the answer back.
    ContentFilter,
    /// The endpoint gave no reason, or one that is not known here.
    Unknown,
}
