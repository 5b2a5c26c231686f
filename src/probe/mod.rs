//! The kinds of question: an item goes in, one or more requests go out, one answer comes back.
//!
//! `asked` names the kinds; one file a kind turns settings and an item into a [`Question`] and a question into an
//! [`Answer`](crate::record::Answer). Scoring happens later, from the record.

mod asked;
mod chat;
mod choose;
mod embed;
mod extract;
mod likelihood;
mod memory;
mod pairs;
mod question;
mod recall;
mod target;
mod verbatim;

pub use asked::{
    ChatChoices, ChatQuestion, ChoicePair, Completion, EmbedQuestion, EmbeddedText, Question, RecallQuestion, Target,
    TextTokens, VerbatimQuestion, Wording,
};
pub use embed::{NAME_AND_DATE, PLACEBOS};
pub use memory::{
    AskedForm, Before, JudgeQuestion, MemoryFacts, MemoryQuestion, Recalled, class_of, judge_request, memory_answer,
    memory_request, own_answer, own_tokens, prompt_tokens,
};
pub use question::{NeededCapability, ProbeError, answer, capabilities, question, requests};
