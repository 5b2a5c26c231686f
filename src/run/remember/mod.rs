//! Histories memorised by agents, and questions asked about them.
//!
//! - `questions`: what each agent is asked of each item; made when a run is planned
//! - `pieces`: a history as an agent memorises it, and where its evidence stands
//! - `memory`: what each kind of agent has at hand for a question
//! - `writing`: the state store's steps, asked of the model and recorded like answers
//! - `asking`: histories in waves: memorised, frozen, asked about; by `searching`, by `states` that a model writes, or in `sessions` of a
//!   system behind HTTP
//! - `times`: what that took
//!
//! A history is one state of memory, frozen after its last piece: no question changes it, and none sees another one's answer. A killed run
//! goes on by replaying: the pieces of a history with open questions are memorised anew (of a state store from the recorded replies), and
//! only what has no answer is asked. An agent's state is not stored: it would have to be trusted, while replaying is checked by hashes.

mod asking;
mod memory;
pub mod pieces;
pub mod questions;
mod searching;
mod sessions;
mod states;
mod times;
mod writing;

pub(super) use asking::{ask_remembering, only};
pub use questions::{AgentSet, agent_questions};
pub(super) use times::memory_times;
