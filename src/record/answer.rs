//! What one model answered to one item of one task.

use serde::{Deserialize, Serialize};

use crate::backend::{BackendError, Generation, TokenScores};

/// Identifies an answer within a cell (one suite, one model).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AnswerKey {
    pub task: String,
    pub item: String,
    /// Repeat, from 0.
    pub epoch: u32,
}

/// The answer itself, by kind of probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// Token scores of a whole text. Kept in `tokens/*.parquet` for local models.
    Likelihood(TokenScores),
    /// One entry for each choice, in the item's order.
    Choices { choices: Vec<ChoiceScore> },
    /// Multiple choice by the first token of an answer, where given text cannot be scored: one entry for each choice, `None`
    /// where its letter was not among the alternatives told. Approximate, and marked so wherever it shows.
    Letters { letters: Vec<Option<f64>> },
    /// A continuation, with the reference that it is compared with as the model's tokenizer cuts it.
    Continuation { generation: Generation, prompt: String, reference: String, reference_ids: Vec<u32> },
    /// A continuation of a text's first tokens, prompted with their text: the whole rest, and the first tokens of rest and
    /// reply as text.
    Verbatim {
        generation: Generation,
        prompt: String,
        rest: String,
        span: String,
        written_span: String,
        is_same_span: bool,
    },
    /// One vector for each text of a question.
    Embeddings { vectors: Vec<TextVector> },
    /// Summed log-likelihood of a text.
    Text(TextScore),
    /// An answer from what an agent has memorised; since journal schema 3.
    Remembered(RememberedAnswer),
    /// An answer to a prompt, with the one that was expected and all that are right.
    Completion {
        generation: Generation,
        prompt: String,
        reference: String,
        accepted: Vec<String>,
        /// The answer's beginning, which the question has, could not be given to the endpoint.
        #[serde(default, skip_serializing_if = "is_false")]
        lacks_prefill: bool,
    },
}

/// An answer from what an agent has memorised. The prompt is not kept: history, pieces and question stand for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RememberedAnswer {
    pub generation: Generation,
    /// Without any words around it.
    pub question: String,
    /// All right answers.
    pub accepted: Vec<String>,
    /// Places of the pieces shown, in the order in which they stood; `None` where the agent does not say, or shows no pieces.
    pub pieces: Option<Vec<u64>>,
    /// Pieces of the history.
    pub n_pieces: u64,
    /// Pieces that the agent had dropped.
    pub n_evicted: u64,
    /// Tokens (o200k_base, as the next) that were given to be memorised.
    pub written_tokens: u64,
    /// Tokens of what the model was asked when it memorised; `None` of a system that does it by itself.
    pub asked_tokens: Option<u64>,
    /// Tokens of the prompt; `None` where a system answers by itself and does not say.
    pub read_tokens: Option<u64>,
    pub answer_tokens: u64,
    /// A system behind HTTP answered by itself: the model was not asked.
    #[serde(default)]
    pub is_own: bool,
    /// Something of the history was cut for this question.
    pub is_cut: bool,
    /// Sessions that went, where sessions were cut.
    #[serde(default)]
    pub n_dropped: u64,
    /// For each piece of the evidence, where the data say where it stands, the pieces of the history that hold it.
    #[serde(default)]
    pub evidence: Vec<Vec<u64>>,
    /// Replies of the model, when it memorised, that could not be read.
    #[serde(default)]
    pub n_unread: u64,
}

/// A text as a vector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextVector {
    /// What the text is for.
    pub form: String,
    pub vector: Vec<f32>,
}

/// Summed log-likelihood of a text, and what it is divided by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TextScore {
    /// Natural logarithm.
    pub logprob: f64,
    pub n_tokens: u64,
    /// UTF-8 bytes of the text, the delimiter before it not counted.
    pub n_bytes: u64,
    /// Pieces between white space.
    pub n_words: u64,
    /// Every token was the likeliest one; `None` where an endpoint does not tell the others.
    pub is_greedy: Option<bool>,
    /// Windows that the text was cut into; 1 when it fitted.
    pub n_windows: u64,
}

fn is_false(flag: &bool) -> bool {
    !flag
}

/// Flag of answers whose beginning could not be given to the model.
pub const LACKS_PREFILL: &str = "prefill_not_given";

/// Flag of every number that rests on [`Answer::Letters`].
pub const APPROXIMATE: &str = "approximate";

/// Flag: all items lie in one context; the finding says nothing about others.
pub const ONE_CONTEXT: &str = "one_context";

/// Summed log-likelihood of one choice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ChoiceScore {
    pub logprob: f64,
    pub n_tokens: u32,
    /// Unicode scalar values of the choice without the delimiter before it.
    pub n_characters: u32,
    pub is_greedy: bool,
    /// Log-likelihood of the choice behind the end-of-text token alone, where it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<f64>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable word, e.g. `too_long`.
    pub kind: String,
    pub message: String,
    /// No method can score this item, for any model (e.g. a one-token text).
    pub is_unscorable_item: bool,
    /// Of an endpoint: how often it was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    /// Its last status.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The first 2 KiB of its last reply, secrets taken out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What the record holds about one request.
pub type Outcome = Result<Answer, Failure>;

impl From<&BackendError> for Failure {
    fn from(error: &BackendError) -> Self {
        let remote = match error {
            BackendError::Remote(remote) => Some(remote),
            _ => None,
        };
        Self {
            kind: error.kind().to_owned(),
            message: error.to_string(),
            is_unscorable_item: error.is_unscorable_item(),
            attempts: remote.map(|remote| remote.attempts),
            status: remote.and_then(|remote| remote.status),
            body: remote.and_then(|remote| remote.body.clone()),
        }
    }
}
