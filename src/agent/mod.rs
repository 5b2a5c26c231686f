//! Memory agents: what a system keeps of a history that it does not see whole, and what it finds again when it is asked. An agent of this
//! room asks no backend itself: what it has to ask a model comes to it as data.
//!
//! The rules of chunks and searches are those of MemoryAgentBench (`agent.py`, `initialization.py` and `utils/templates.py` at commit
//! 455306dc).
//!
//! - [`settings`]: which agent, and how it is set; [`shelf`]: pieces that are searched, by words ([`bm25`]), vectors ([`vectors`]) or both;
//! - [`bm25`]: search by words; [`retrieval_query`]: what of a prompt is searched for;
//! - [`tail`]: a memory that keeps the last tokens; [`eviction`]: one that keeps the last chunks;
//! - [`http`]: a system of the user behind the agent protocol;
//! - [`class`]: which prompts an agent gets, by its name; [`result_name`]: the name of upstream's result file;
//! - [`state_store`]: what holds of a user now, decided when it is written and not when it is read.

pub mod bm25;
pub mod class;
pub mod eviction;
pub mod http;
pub mod result_name;
pub mod retrieval_query;
pub mod settings;
pub mod shelf;
pub mod state_store;
pub mod tail;
pub mod vectors;
