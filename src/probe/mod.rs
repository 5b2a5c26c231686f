//! The kinds of question: an item goes in, one or more requests go out, one answer comes back.
//!
//! One file a kind; each turns its settings and an item into a [`Question`] and a question into an
//! [`Answer`](crate::record::Answer). Scoring happens later, from the record.

mod chat;
mod choose;
mod extract;
mod likelihood;
mod pairs;
mod question;
mod target;
mod verbatim;

pub use question::{
    ChatChoices, ChatQuestion, ChoicePair, Completion, NeededCapability, ProbeError, Question, Target, TextTokens,
    VerbatimQuestion, Wording, answer, capabilities, question, requests,
};
