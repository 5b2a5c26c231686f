//! Why a gate has no verdict: the caller's mistake, never a pass.

use std::io;

use crate::record::RecordError;
use crate::run::compare::CompareError;
use crate::suite::Problem;

/// A gate that could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    #[error("open the policy {file}: {source}; check the path and its permissions")]
    Unreadable { file: String, source: io::Error },
    #[error("read the policy {file}: {} problem(s){}", problems.len(), lines(problems))]
    Invalid { file: String, problems: Vec<Problem> },
    #[error("{file}:{line}: rule `{rule}` names nothing that the run has: {why}")]
    NothingNamed { file: String, line: usize, rule: String, why: String },
    #[error(
        "{file}:{line}: rule `{rule}` compares with a baseline, and there is none; give --baseline RUN, or gate a run that had one"
    )]
    NoBaseline { file: String, line: usize, rule: String },
    #[error("{file}:{line}: rule `{rule}`: {source}")]
    NotComparable { file: String, line: usize, rule: String, source: CompareError },
    #[error(transparent)]
    Side(#[from] CompareError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}
