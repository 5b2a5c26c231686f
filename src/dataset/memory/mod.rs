//! MemoryAgentBench's data (hub data set `ai-hyz/MemoryAgentBench`): one row is one long context with many questions.
//!
//! Rules of upstream at commit 455306dc (`utils/eval_data_utils.py`, `conversation_creator.py`, `utils/eval_other_utils.py`); what is odd
//! about them stands under `Compat`, what is repaired under `Strict`.
//!
//! - [`row`]: a row and its metadata; [`read`]: rows out of Parquet files and JSON lines, checked;
//! - [`question`]: the questions of rows, as upstream reads them or one by one; [`family`]: which prompts and scores belong to a data set;
//! - [`items`]: a question as an item, with the history that its row shares;
//! - [`chunk`]: a context in pieces of a token budget; `long_sentence`: a sentence that is larger than the budget.

pub mod chunk;
pub mod family;
pub mod items;
mod long_sentence;
mod parquet;
pub mod question;
pub mod read;
pub mod row;
