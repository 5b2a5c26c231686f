//! Answers of memory agents, as MemoryAgentBench scores them (`utils/eval_other_utils.py` and `llm_based_eval/` at commit 455306dc).
//!
//! - [`output`]: what of an output is the answer; [`text_scores`]: an answer against the accepted ones;
//! - [`score`]: which values an item of which data set gets; [`lenient`]: where the scorer contradicts the prompt; [`headline`]: the
//!   value that a table prints;
//! - [`films`]: titles of films by id; [`recommended`]: titles out of a written list; [`edit_distance`]: the nearest of all titles;
//! - [`retrieval`]: whether the evidence was among what an agent showed;
//! - [`judge_json`]: what a judge says in JSON; [`summary_judge`]: three replies about a summary; [`chat_judge`]: LongMemEval's.
//!
//! An agent that gave no answer is no wrong answer: such an item has no value here and is left out and counted by the caller.

pub mod chat_judge;
pub mod edit_distance;
pub mod films;
pub mod headline;
pub mod judge_json;
pub mod lenient;
pub mod output;
pub mod recommended;
pub mod retrieval;
pub mod score;
pub mod summary_judge;
pub mod text_scores;
