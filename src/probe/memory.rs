//! Questions about what was memorised: what an agent has at hand for one, the messages that the model is sent, and the answer for the
//! record.

use std::sync::Arc;

use serde::Serialize;

use super::chat::is_continued;
use crate::agent::class::AgentClass;
use crate::agent::retrieval_query::retrieval_query;
use crate::agent::settings::{AgentKind, AgentSettings};
use crate::backend::{Backend, BackendError, Bos, FinishReason, GenerateRequest, Generation, Message, Prompt, Request};
use crate::dataset::memory::chunk::Chunking;
use crate::dataset::stale::Dimension;
use crate::prompt::memory::{StateMemory, memories_text, state_message};
use crate::record::{Answer, RememberedAnswer};
use crate::text::o200k::{Markers, token_count};

/// A question to an agent; its canonical JSON is what the request hash stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemoryQuestion {
    /// The history that is memorised before, by name and hash.
    pub history: String,
    pub history_sha256: String,
    pub agent: AgentSettings,
    /// Hash of the prompt file, whose words pieces are wrapped in.
    pub words_sha256: String,
    pub system: String,
    pub asked: AskedForm,
    /// Without any words around it.
    pub question: String,
    pub max_tokens: usize,
    /// All right answers, for the record; never sent.
    #[serde(skip)]
    pub accepted: Vec<String>,
}

/// How the question is put.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "form")]
pub enum AskedForm {
    /// MemoryAgentBench: the query, instruction included.
    Query { text: String },
    /// A changed state: which of its three questions.
    State { dimension: &'static str },
}

/// What an agent has at hand for a question.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    pub before: Before,
    /// Places of the pieces shown, in the order in which they stand; `None` where no pieces are shown, or nobody says which.
    pub pieces: Option<Vec<usize>>,
    /// Facts about the history that the record keeps with each answer.
    pub memory: MemoryFacts,
}

/// What stands before the question.
#[derive(Debug, Clone, PartialEq)]
pub enum Before {
    /// The whole history, or what is left of it.
    History(Arc<str>),
    /// Pieces, best first.
    Memories(Vec<Arc<str>>),
    /// An agent of its own has answered already.
    Answered { text: String, prompt_tokens: Option<u64>, completion_tokens: Option<u64> },
}

/// What is known of a history when a question is asked about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct MemoryFacts {
    pub n_pieces: usize,
    pub n_evicted: usize,
    /// Tokens that were given to be memorised.
    pub written_tokens: u64,
    /// Tokens of what the model was asked when it memorised (state store); `None` of a system that does it by itself.
    pub asked_tokens: Option<u64>,
    /// Something of the history was cut for this question.
    pub is_cut: bool,
    /// Sessions that went, where sessions were cut.
    pub n_dropped: usize,
    /// Replies of the model, when it memorised, that could not be read (state store).
    pub n_unread: u64,
}

/// Which set of prompts an agent gets.
#[must_use]
pub fn class_of(kind: &AgentKind) -> AgentClass {
    match kind {
        AgentKind::LongContext | AgentKind::None => AgentClass::LongContext,
        AgentKind::Bm25 | AgentKind::Embedding | AgentKind::Hybrid | AgentKind::StateStore => AgentClass::Retrieval,
        AgentKind::Http(_) => AgentClass::AgenticMemory,
    }
}

impl MemoryQuestion {
    /// The user message, behind what the agent has at hand.
    #[must_use]
    pub fn user_message(&self, before: &Before) -> String {
        let memories = match before {
            Before::Memories(pieces) => memories_text(pieces.iter().map(AsRef::as_ref)),
            Before::History(_) | Before::Answered { .. } => String::new(),
        };
        match (&self.asked, before) {
            (AskedForm::Query { text }, Before::History(history)) => format!("{history}\n{text}"),
            (AskedForm::Query { text }, _) if memories.is_empty() => text.clone(),
            (AskedForm::Query { text }, _) => format!("{memories}\n\n{text}"),
            (AskedForm::State { dimension }, before) => {
                let dimension = dimension_of(dimension);
                let memory = match before {
                    Before::History(history) => StateMemory::History(history),
                    _ => StateMemory::Memories(&memories),
                };
                state_message(dimension, memory, &self.question)
            }
        }
    }

    /// What a search looks for: the question. With upstream's chunks, what upstream looks for: the whole prompt, instruction included,
    /// where it does not say itself what is asked.
    #[must_use]
    pub fn search_text(&self) -> &str {
        match &self.asked {
            AskedForm::Query { text } if self.agent.chunking == Chunking::Compat => retrieval_query(text),
            AskedForm::Query { .. } | AskedForm::State { .. } => &self.question,
        }
    }
}

fn dimension_of(word: &str) -> Dimension {
    Dimension::ALL.into_iter().find(|dimension| dimension.as_str() == word).unwrap_or(Dimension::StateResolution)
}

/// A system and a user message for any model: through its template, as messages, or as text.
pub(super) fn chat_request(
    backend: &dyn Backend,
    system: &str,
    user: String,
    max_tokens: usize,
) -> Result<Request, BackendError> {
    let message = |role: &str, content: String| Message { role: role.to_owned(), content };
    let prompt = if is_continued(backend, false) {
        Prompt::Text(format!("{system}\n\n{user}\n"))
    } else {
        let messages = vec![message("system", system.to_owned()), message("user", user)];
        match backend.chat_prompt(&messages) {
            Ok(text) => Prompt::Text(text),
            // Some templates know no system message: what it says then stands before the user's.
            Err(BackendError::Template { .. }) => {
                let joined = messages.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n\n");
                Prompt::Text(backend.chat_prompt(&[message("user", joined)])?)
            }
            Err(BackendError::Unsupported { .. }) if backend.endpoint().is_some() => Prompt::Messages(messages),
            Err(error) => return Err(error),
        }
    };
    Ok(Request::Generate(GenerateRequest {
        prompt,
        max_tokens,
        stop: Vec::new(),
        bos: Bos::Auto,
        end_ids: None,
        sampling: None,
    }))
}

/// What the model is asked for a question.
///
/// # Errors
/// The chat template refuses the messages.
pub fn memory_request(
    backend: &dyn Backend,
    asked: &MemoryQuestion,
    recalled: &Recalled,
) -> Result<Request, BackendError> {
    chat_request(backend, &asked.system, asked.user_message(&recalled.before), asked.max_tokens)
}

/// Tokens of a whole prompt by the model's own tokenizer, template included; `None` where the tokenizer is not here.
#[must_use]
pub fn own_tokens(backend: &dyn Backend, asked: &MemoryQuestion, user: String) -> Option<usize> {
    let request = chat_request(backend, &asked.system, user, asked.max_tokens).ok()?;
    let Request::Generate(GenerateRequest { prompt: Prompt::Text(text), .. }) = request else { return None };
    backend.tokenize(&text).ok().map(|ids| ids.len())
}

/// The answer of the model for the record: without the history, which the record names.
///
/// # Errors
/// The prompt cannot be counted in tokens.
pub fn memory_answer(
    asked: &MemoryQuestion,
    recalled: &Recalled,
    generation: Generation,
    prompt_tokens: Option<u64>,
) -> Answer {
    let MemoryFacts { n_pieces, n_evicted, written_tokens, asked_tokens, is_cut, n_dropped, n_unread } =
        recalled.memory;
    let answer_tokens = tokens(&generation.text);
    Answer::Remembered(RememberedAnswer {
        generation,
        question: asked.question.clone(),
        accepted: asked.accepted.clone(),
        pieces: recalled.pieces.as_ref().map(|pieces| pieces.iter().map(|&piece| piece as u64).collect()),
        n_pieces: n_pieces as u64,
        n_evicted: n_evicted as u64,
        written_tokens,
        asked_tokens,
        read_tokens: prompt_tokens,
        answer_tokens,
        is_own: false,
        is_cut,
        n_dropped: n_dropped as u64,
        evidence: Vec::new(),
        n_unread,
    })
}

/// The answer of an agent that has a model of its own; `None` where the agent has not answered.
#[must_use]
pub fn own_answer(asked: &MemoryQuestion, recalled: &Recalled) -> Option<Answer> {
    let Before::Answered { text, prompt_tokens, completion_tokens } = &recalled.before else { return None };
    let generation = Generation {
        text: text.clone(),
        token_ids: Vec::new(),
        logprobs: Vec::new(),
        n_prompt_tokens: prompt_tokens.and_then(|n| usize::try_from(n).ok()).unwrap_or(0),
        finish_reason: FinishReason::Unknown,
    };
    let mut answer = memory_answer(asked, recalled, generation, *prompt_tokens);
    if let Answer::Remembered(answer) = &mut answer {
        answer.is_own = true;
        answer.answer_tokens = completion_tokens.unwrap_or(answer.answer_tokens);
    }
    Some(answer)
}

/// Tokens of a prompt, by o200k_base: system and user message.
#[must_use]
pub fn prompt_tokens(asked: &MemoryQuestion, recalled: &Recalled) -> u64 {
    tokens(&asked.system) + tokens(&asked.user_message(&recalled.before))
}

/// A text that cannot be counted has a token a byte at most.
fn tokens(text: &str) -> u64 {
    token_count(text, Markers::AsText).unwrap_or(text.len()) as u64
}

/// A judge's question; its canonical JSON is what the request hash stands for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgeQuestion {
    /// `stale`, `stale-control`, `chat` or `summary-...`.
    pub rubric: String,
    pub rubric_sha256: String,
    pub system: String,
    pub user: String,
    pub max_tokens: usize,
    /// Repeats and tries are other questions.
    pub repeat: u32,
}

/// What a judge is asked.
///
/// # Errors
/// The chat template refuses the messages.
pub fn judge_request(backend: &dyn Backend, asked: &JudgeQuestion) -> Result<Request, BackendError> {
    chat_request(backend, &asked.system, asked.user.clone(), asked.max_tokens)
}
