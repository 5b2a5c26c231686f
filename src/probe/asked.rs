//! What can be asked: the questions themselves, as the request hash stands for them.

use serde::Serialize;

use super::memory::MemoryQuestion;
use crate::backend::{Sampling, ScoreRequest};
use crate::prompt::{ChatMessage, PromptPack};
use crate::suite::{ChoiceBy, NewlineStop};

/// One question about one item; its canonical JSON is what the request hash stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// Token log-probabilities of a text.
    Likelihood { request: ScoreRequest },
    /// The likeliest of several continuations of one context.
    Choices { context: String, choices: Vec<String> },
    /// A greedy continuation of the first tokens of a text.
    Continuation { text: String, prefix_tokens: usize, suffix_tokens: usize },
    /// The same, the prompt as text again.
    Verbatim(VerbatimQuestion),
    /// The likeliest of several continuations, each with its own context.
    Pairs { pairs: Vec<ChoicePair> },
    /// The log-probability of a text behind a context.
    Target(Target),
    /// A greedy answer to a prompt.
    Completion(Completion),
    /// A greedy answer to a message.
    Chat(ChatQuestion),
    /// Log-probabilities of given answers to a message.
    ChatChoices(ChatChoices),
    /// Token log-probabilities of a text, alone or as the answer to a message.
    TextTokens(TextTokens),
    /// A written answer about an economic value, a date or a firm.
    Recall(RecallQuestion),
    /// Embeddings of texts.
    Embed(EmbedQuestion),
    /// A question about what an agent has memorised.
    Memory(Box<MemoryQuestion>),
}

/// How chat prompts are worded in a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wording<'a> {
    pub pack: Option<&'a PromptPack>,
    /// Without the model's chat template, for base models.
    pub is_plain: bool,
    /// The instruction of in-context unlearning stands before every message and text.
    pub is_in_context: bool,
}

/// A message that is answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatQuestion {
    pub message: ChatMessage,
    pub is_plain: bool,
    pub reference: String,
    /// All right answers, where the data name several.
    pub accepted: Vec<String>,
    pub max_tokens: usize,
    pub newline_stop: NewlineStop,
}

/// A question about economic memory.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecallQuestion {
    pub message: ChatMessage,
    /// Asked as plain text, whatever the model can do.
    pub is_plain: bool,
    /// The truth as it is printed; empty where there is none.
    pub reference: String,
    pub max_tokens: usize,
    /// `None`: the likeliest token each time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
}

/// Texts to be embedded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbedQuestion {
    pub texts: Vec<EmbeddedText>,
}

/// One text and what it is for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EmbeddedText {
    pub form: String,
    pub text: String,
}

/// A message with answers that are scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatChoices {
    pub message: ChatMessage,
    pub is_plain: bool,
    pub by: ChoiceBy,
    pub choices: Vec<String>,
    pub ends: bool,
}

/// A text whose tokens are scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextTokens {
    /// What it answers; `None`: it stands alone.
    pub message: Option<ChatMessage>,
    pub is_plain: bool,
    pub text: String,
    pub ends: bool,
    pub vocab_stats: bool,
}

/// A text that is continued from its first tokens.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerbatimQuestion {
    pub text: String,
    pub prefix_tokens: usize,
    pub suffix_tokens: usize,
    pub max_tokens: usize,
}

/// One choice of a multiple-choice question.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChoicePair {
    /// Empty: the end-of-text token.
    pub context: String,
    /// What is scored, its delimiter first.
    pub text: String,
    /// Characters that the choice counts for.
    pub n_characters: u32,
    /// The choice as it is scored alone, where that is asked.
    pub alone: Option<String>,
}

/// A text that is scored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Target {
    /// Empty: the end-of-text token.
    pub context: String,
    /// Scored with the text, not counted to its bytes.
    pub delimiter: String,
    pub text: String,
}

/// A prompt with what should follow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Completion {
    pub prompt: String,
    pub reference: String,
    /// All right answers, where the data name several.
    pub accepted: Vec<String>,
    pub max_tokens: usize,
    pub stop: Vec<String>,
}
