//! Answers that a judge reads: which questions it is asked, how its replies are read, and what several replies come to.
//!
//! - `units`: what is judged together, a question to the judge each: an answer, a summary by three questions, a scenario's three answers
//! - `rules`: the built-in judge, which looks for the phrases of builtin data
//! - `imported`: verdicts of a judge that ran elsewhere; `calibration`: verdicts beside labels, and rates corrected by them
//! - `asking`: judges are asked what is not yet in their record; a reply that cannot be read is asked for again, twice at most
//! - `verdicts`: out of the record: majority over repeats and judges, errors by kind, agreement
//!
//! A judge has a cell like every model. What remains without a verdict is counted and left out, never a fail.

mod asking;
pub mod calibration;
mod imported;
mod rules;
mod units;
mod verdicts;

pub use asking::{judge_suite, votes_on};
pub use imported::{ImportError, ImportedJudge};
pub use units::{JudgedUnit, Rubric, UnitPart, check_question_types, check_rubrics, histories, state_unit, units_of};
pub use verdicts::{JudgedAnswer, Judgement, SuiteVerdicts, Values, Vote, lacks_verdict, read_votes};

use std::path::PathBuf;

/// How the user wants answers to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgeWishes {
    /// Verdicts of each judge on each answer.
    pub repeats: u32,
    /// `--judge-prompt`: instructions in place of the suite's own.
    pub prompt_file: Option<PathBuf>,
    /// What that file holds.
    pub prompt: Option<String>,
}

impl Default for JudgeWishes {
    fn default() -> Self {
        Self { repeats: 1, prompt_file: None, prompt: None }
    }
}
