//! What a system under test is shown of a scenario of the suite `stale`.
//!
//! - `history.rs`: the history as text, and the messages of a question; the layout is upstream's to the byte, the
//!   instructions are ours;
//! - `budget.rs`: how many tokens a request may have, and has;
//! - `trim.rs`: dropping sessions until a request fits, never those with the evidence;
//! - `seeded.rs`: which of the sessions between goes, drawn from the run's seed.
//!
//! Upstream: `Evaluation/run_target_model.py`.

mod budget;
mod history;
mod seeded;
mod trim;

pub use budget::{Budget, request_tokens};
pub use history::{history_text, system_message, user_message};
pub use seeded::SeededPicker;
pub use trim::{Dropped, TrimStep, Trimmed, trim};
