//! Jobs: requests that belong to one item go in, replies come out as soon as they are there.
//!
//! A model on this machine computes portions of jobs together. An endpoint keeps many in flight and delivers each by
//! itself, so that a paid answer is recorded before anything else can happen to it.

use serde::{Deserialize, Serialize};

use super::error::BackendError;
use super::request::{GenerateRequest, Generation, ScoreRequest, TokenScores, TokensRequest};

/// One thing that is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Request {
    Score(ScoreRequest),
    /// Needs [`Capability::ScoreTokens`](super::Capability::ScoreTokens).
    ScoreTokens(TokensRequest),
    Generate(GenerateRequest),
    /// Needs [`Capability::Choose`](super::Capability::Choose).
    Choose(ChooseRequest),
    /// A vector for each text.
    Embed(Vec<String>),
}

/// Asks for the likeliest of several answers by the first token that the model would say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChooseRequest {
    pub context: String,
    /// 2 to 26 of them; each is told under a letter.
    pub choices: Vec<String>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    Scores(TokenScores),
    Generation(Generation),
    /// One for each choice: the log-probability of its letter, `None` where it was not among those told.
    Letters(Vec<Option<f64>>),
    /// One vector for each text, all of one length.
    Embeddings(Vec<Vec<f32>>),
}

/// Requests that belong together: one item.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The caller's own number for it.
    pub place: usize,
    /// Names the item in messages, and seeds its waiting times.
    pub name: String,
    /// Repeat of the same item, from 0; repeats are asked, never taken from each other's cached replies.
    pub repeat: u32,
    pub requests: Vec<Request>,
}

/// A job with all its replies.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub place: usize,
    /// One for each request, in order.
    pub replies: Vec<Result<Reply, BackendError>>,
    /// Of a model on this machine, its share of the portion's time.
    pub latency_ms: f64,
    /// What it took, where an endpoint was asked.
    pub exchange: Option<Exchange>,
}

/// What it took to get a job answered; sums over its requests.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// HTTP requests sent, repeated ones included.
    pub n_sent: u32,
    /// Requests answered from the reply cache.
    pub n_cached: u32,
    pub usage: Usage,
    /// `None`: unknown, which is not zero.
    pub cost: Option<f64>,
    /// From sending to the first byte, of the attempts that counted.
    pub first_byte_ms: f64,
    /// As the server names its answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub request_ids: Vec<String>,
}

/// Tokens as the endpoint counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
    /// Of the prompt's, those that the server had in its own cache.
    #[serde(default)]
    pub cached_tokens: u64,
    /// Of the completion's, those of hidden reasoning.
    #[serde(default)]
    pub reasoning_tokens: u64,
    /// A reply did not say, and the tokens were counted here.
    #[serde(default)]
    pub is_estimated: bool,
}

impl Usage {
    /// Adds another's tokens.
    pub fn add(&mut self, other: Self) {
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.completion_tokens = self.completion_tokens.saturating_add(other.completion_tokens);
        self.cached_tokens = self.cached_tokens.saturating_add(other.cached_tokens);
        self.reasoning_tokens = self.reasoning_tokens.saturating_add(other.reasoning_tokens);
        self.is_estimated |= other.is_estimated;
    }
}

/// What happens while jobs are answered.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEvent {
    Delivered(Delivery),
    AttemptFailed(FailedAttempt),
    /// The work ended before this job was whole; what was paid for it counts all the same.
    Abandoned {
        place: usize,
        exchange: Exchange,
    },
    LimitChanged {
        limit: usize,
        why: LimitChange,
    },
    /// At most ten a second.
    Traffic(Traffic),
    Notice(String),
}

/// An attempt that gave no answer; another may follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedAttempt {
    pub place: usize,
    /// Of the job's requests, from 0.
    pub request: usize,
    /// From 1.
    pub attempt: u32,
    /// Stable word, e.g. `timeout_idle`.
    pub kind: String,
    pub status: Option<u16>,
    /// Time until the next attempt; `None`: there is none.
    pub wait_ms: Option<u64>,
}

/// Why the number of requests in flight may now be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitChange {
    /// The endpoint said that it has too much to do.
    Overload,
}

/// How it goes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Traffic {
    pub in_flight: usize,
    pub limit: usize,
    pub waiting: usize,
    pub n_sent: u64,
    pub n_retries: u64,
    pub n_cached: u64,
    pub usage: Usage,
    /// `None`: unknown.
    pub cost: Option<f64>,
}

/// Why the work ended before the jobs did.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Halt {
    #[error("interrupted")]
    Interrupted,
    /// Whoever takes the answers wants no more.
    #[error("the receiver of the answers has stopped")]
    Refused,
    #[error(
        "stopped before the cost would pass --max-cost {limit} {currency}: {spent:.6} {currency} are spent; every answer is saved, go on with a higher --max-cost"
    )]
    Budget { spent: f64, limit: f64, currency: String },
    #[error("{model} refused the request with status {status}: {detail}; {advice}")]
    KeyRefused { model: String, status: u16, detail: String, advice: String },
    #[error("{model} cannot be reached: {detail}; check the URL, the server and the proxy variables")]
    Unreachable { model: String, detail: String },
    #[error(
        "{model} gave no answer to {n} items in a row, the last one with `{kind}`: {detail}; the rest was not asked, and every answer is saved"
    )]
    TooManyErrors { model: String, n: u32, kind: String, detail: String },
}

/// What is known of an endpoint: found out by `doctor`, or declared.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct EndpointReport {
    /// How given text is scored.
    pub scoring: Option<Scoring>,
    pub completions: Option<bool>,
    pub chat: Option<bool>,
    pub embeddings: Option<bool>,
    /// Most alternatives that a chat answer tells for a token.
    pub top_logprobs: Option<u32>,
    /// Several prompts in one request.
    pub batch_prompts: Option<bool>,
    /// The same request gave the same bytes each time.
    pub repeats: Option<bool>,
    /// Most tokens of prompt and answer together.
    pub context: Option<u64>,
    /// What the first token says about a beginning-of-sequence token.
    pub bos: Option<String>,
    /// As the server calls its build.
    pub fingerprint: Option<String>,
}

/// How an endpoint tells the log-probabilities of given text, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scoring {
    /// Completions with `echo`, `logprobs` and `max_tokens = 0`.
    #[serde(rename = "echo-0")]
    EchoZero,
    /// The same with `max_tokens = 1`; the generated token is left out.
    #[serde(rename = "echo-1")]
    EchoOne,
    /// Completions with vLLM's `prompt_logprobs`.
    PromptLogprobs,
    /// Only the first token of a chat answer: multiple choice, approximately.
    ForcedChoice,
    /// Not at all.
    None,
}

impl Scoring {
    /// As a settings file spells it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::EchoZero => "echo-0",
            Self::EchoOne => "echo-1",
            Self::PromptLogprobs => "prompt-logprobs",
            Self::ForcedChoice => "forced-choice",
            Self::None => "none",
        }
    }

    /// Whether every token of a given text is scored.
    #[must_use]
    pub fn is_exact(self) -> bool {
        matches!(self, Self::EchoZero | Self::EchoOne | Self::PromptLogprobs)
    }
}
