//! What an agent keeps of a long context, and what it finds again when it is asked. Pure functions: an agent of this room asks no
//! backend itself.
//!
//! The rules are those of MemoryAgentBench (`agent.py`, `initialization.py` and `utils/templates.py` at commit 455306dc).
//!
//! - [`bm25`]: search by words; [`retrieval_query`]: what of a prompt is searched for;
//! - [`tail`]: a memory that keeps the last tokens; [`eviction`]: one that keeps the last chunks;
//! - [`class`]: which prompts an agent gets, by its name; [`result_name`]: the name of upstream's result file.

pub mod bm25;
pub mod class;
pub mod eviction;
pub mod result_name;
pub mod retrieval_query;
pub mod tail;
