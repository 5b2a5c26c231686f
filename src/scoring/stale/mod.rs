//! Was the changed state noticed, and acted on? What a judge says of the answers to a scenario of the suite `stale`.
//!
//! - `judge_message.rs`: what the judge is shown, in upstream's layout to the byte; `instructions.rs`: in our words, what it
//!   is to do; `control_message.rs`: the same for negative controls;
//! - `json_scan.rs`: a reader of JSON as Python reads it, which keeps what verdicts are made of and nothing else;
//! - `compat.rs`: verdicts as the published code takes them out of a reply; `strict.rs`: as we do;
//! - `accuracy.rs`: the six cells and what is summed from them; `coverage.rs`: whether every scenario was judged once;
//! - `published.rs`: rounding as the published table rounds; `consequences.rs`: knowing without acting, and false alarms.
//!
//! Upstream: `Evaluation/full_eval_performance.py`.

mod accuracy;
mod compat;
mod consequences;
mod control_message;
mod coverage;
mod instructions;
mod json_scan;
mod judge_message;
mod published;
mod strict;

pub use accuracy::{Accuracy, Cell, JudgeErrors, ScenarioVerdict, TypeAccuracy, accuracy};
pub use compat::{CompatVerdict, read_compat};
pub use consequences::{ControlVerdict, FalseAlarms, KnowingAndActing, false_alarms, knowing_and_acting};
pub use control_message::control_message;
pub use coverage::{Coverage, CoverageError, coverage};
pub use instructions::{control_judge_instructions, judge_instructions};
pub use judge_message::{JUDGE_REPLY_FORMAT, JUDGE_TEMPERATURE, JudgeMessage, judge_message};
pub use published::{mean_of_six, round_half_up};
pub use strict::{JudgeErrorKind, JudgeFault, read_strict, read_strict_of};
