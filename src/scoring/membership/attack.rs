//! What an attack is given, what it gives back, and why it may give nothing.

use crate::backend::{GradientNorms, TokenScores};

use super::norm_order::NormOrder;
use super::token_frequencies::TokenFrequencies;

/// `floor(N * k)` was 0, so the single lowest token was taken.
pub const FLAG_K_FLOOR_APPLIED: &str = "k_floor_applied";
/// At least one position had a vocabulary variance below the floor.
pub const FLAG_VARIANCE_CLAMPED: &str = "variance_clamped";

/// One text with what the models said about it.
#[derive(Debug, Clone, Copy)]
pub struct AttackInput<'a> {
    /// The text exactly as it was scored; its UTF-8 bytes are what is compressed.
    pub text: &'a str,
    /// Scores by the model under test.
    pub target: &'a TokenScores,
    /// Scores of the same text by the reference model, cut by the reference's own tokenizer.
    pub reference: Option<&'a TokenScores>,
    /// What passes of their own gave, for the attacks that need one.
    pub extra: Extra<'a>,
}

/// Answers of the passes beside the text's own; what was not asked is absent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Extra<'a> {
    /// The text in lower case, by the target.
    pub lowered: Option<&'a TokenScores>,
    /// Texts close to this one, by the target; none where the text has none.
    pub neighbors: &'a [TokenScores],
    /// All tokens of the text, the first one too, after a prefix of texts that are no members.
    pub prefixed: Option<&'a TokenScores>,
    /// All tokens of the text after the end-of-text token.
    pub after_eos: Option<&'a TokenScores>,
    /// How common each token is in a reference corpus.
    pub frequencies: Option<&'a TokenFrequencies>,
    /// Norms of the gradient of the text's loss.
    pub gradient: Option<&'a GradientNorms>,
}

impl<'a> AttackInput<'a> {
    /// A text with the target's own pass and nothing else.
    #[must_use]
    pub fn new(text: &'a str, target: &'a TokenScores) -> Self {
        Self { text, target, reference: None, extra: Extra::default() }
    }
}

/// Settings that attacks share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AttackOptions {
    /// Share of lowest tokens that Min-K % and Min-K %++ keep, in (0, 1].
    pub min_k: f64,
    /// Neighbouring tokens that windowed Min-K averages, at least 1.
    pub window: usize,
    /// Tokens from the beginning of one window to that of the next, at least 1.
    pub stride: usize,
    /// Which norm of a gradient `gradnorm` takes.
    pub gradnorm_p: NormOrder,
}

impl Default for AttackOptions {
    fn default() -> Self {
        Self { min_k: 0.2, window: 3, stride: 2, gradnorm_p: NormOrder::Inf }
    }
}

/// The value of one attack on one text.
#[derive(Debug, Clone, PartialEq)]
pub struct AttackScore {
    /// Finite; higher means more likely a member. Units and range are the attack's own.
    pub value: f64,
    /// What had to be done to get a value; empty for most texts.
    pub flags: Vec<&'static str>,
}

/// Why an attack gives no value for a text. Such a text leaves that attack's table, and is counted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AttackError {
    /// No scored token: the text is empty or has one token.
    #[error("`{attack}` has no scored token in this text; leave out texts of fewer than two tokens")]
    Unscorable { attack: &'static str },
    #[error(
        "`{attack}` averages {window} tokens, and this text has {n_scored} scored ones; leave it out or lower --window"
    )]
    ShorterThanWindow { attack: &'static str, n_scored: usize, window: usize },
    #[error("`{attack}` compares with a reference model, and there is none; name one with --reference")]
    MissingReference { attack: &'static str },
    /// The reference cut the text to fewer than two tokens.
    #[error("`{attack}` has no scored token from the reference model; leave this text out")]
    UnscorableReference { attack: &'static str },
    #[error(
        "`{attack}` needs mean and standard deviation over the vocabulary at every token; use a local model and ask for vocab_stats"
    )]
    MissingVocabStats { attack: &'static str },
    #[error(
        "`{attack}` got {got} values of `{field}` for {expected} scored tokens; the record is damaged, score the text again"
    )]
    LengthMismatch { attack: &'static str, field: &'static str, expected: usize, got: usize },
    #[error(
        "`{attack}` met a value of `{field}` that is not a finite number at scored token {position}; check the checkpoint"
    )]
    NonFinite { attack: &'static str, field: &'static str, position: usize },
    /// A quotient whose lower part is zero, or a value outside of the range of f64.
    #[error("`{attack}` is undefined here: {quantity} is zero or out of range; use `ref` in its place")]
    Undefined { attack: &'static str, quantity: &'static str },
    #[error("`{attack}` needs {what}, which this text does not have; {remedy}")]
    MissingPass { attack: &'static str, what: &'static str, remedy: &'static str },
    #[error(
        "`{attack}` needs the most likely token at every place, and the endpoint told none; use a server that gives `top_logprobs`"
    )]
    MissingAlternatives { attack: &'static str },
    #[error("min_k is {value}, outside of (0, 1]; choose a share such as 0.2")]
    InvalidMinK { value: f64 },
    #[error("a window of {window} tokens at stride {stride} cannot be laid; both must be at least 1")]
    InvalidWindow { window: usize, stride: usize },
}

impl AttackError {
    /// Stable word for records and counts.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Unscorable { .. } | Self::ShorterThanWindow { .. } => "too_short",
            Self::MissingReference { .. } => "missing_reference",
            Self::UnscorableReference { .. } => "too_short_for_reference",
            Self::MissingVocabStats { .. } => "missing_vocab_stats",
            Self::LengthMismatch { .. } => "length_mismatch",
            Self::NonFinite { .. } => "non_finite",
            Self::Undefined { .. } => "undefined",
            Self::MissingPass { attack, .. } => match *attack {
                "neighbor" => "missing_neighbors",
                _ => "missing_pass",
            },
            Self::MissingAlternatives { .. } => "missing_alternatives",
            Self::InvalidMinK { .. } => "invalid_min_k",
            Self::InvalidWindow { .. } => "invalid_window",
        }
    }
}

impl AttackScore {
    /// A value that needed no repair.
    pub(super) fn plain(value: f64) -> Self {
        Self { value, flags: Vec::new() }
    }
}

/// The target's log-probabilities in f64, all finite and at least one.
pub(super) fn target_logprobs(attack: &'static str, scores: &TokenScores) -> Result<Vec<f64>, AttackError> {
    if scores.logprobs.is_empty() {
        return Err(AttackError::Unscorable { attack });
    }
    finite(attack, "logprobs", &scores.logprobs)
}

/// `values` widened to f64, or the first position that is no number.
pub(super) fn finite(attack: &'static str, field: &'static str, values: &[f32]) -> Result<Vec<f64>, AttackError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(position) => Err(AttackError::NonFinite { attack, field, position }),
        None => Ok(values.iter().map(|&value| f64::from(value)).collect()),
    }
}

/// Arithmetic mean; the callers have made sure that there is a value.
pub(super) fn mean(values: &[f64]) -> f64 {
    debug_assert!(!values.is_empty());
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
pub(super) mod example {
    use crate::backend::TokenScores;

    /// Scores with the given log-probabilities; the statistics are mean -1 and deviation 2 everywhere.
    pub fn scores(logprobs: &[f32]) -> TokenScores {
        let n = logprobs.len();
        TokenScores {
            token_ids: (0..=n).map(|id| u32::try_from(id).expect("few tokens")).collect(),
            first_scored: 1,
            logprobs: logprobs.to_vec(),
            vocab_mean: Some(vec![-1.0; n]),
            vocab_std: Some(vec![2.0; n]),
            is_argmax: vec![false; n],
            n_windows: 1,
            wire: None,
        }
    }
}
