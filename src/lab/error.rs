//! What can go wrong in the lab.

use std::path::PathBuf;

use crate::dataset::DataError;
use crate::traps::TrapError;

/// A training or data generation that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{}: the recipe cannot be read: {reason}", path.display())]
    Recipe { path: PathBuf, reason: String },
    #[error("{}: `{field}` is {found}; {allowed}", path.display())]
    InvalidField { path: PathBuf, field: &'static str, found: String, allowed: &'static str },
    #[error(
        "the inserted documents do not fit: {inserted} tokens of copies in {available} tokens of training; insert less or train longer"
    )]
    InsertionsDoNotFit { inserted: usize, available: usize },
    #[error("an inserted document has {tokens} tokens, but a sequence holds {sequence}; make `sequence` longer")]
    DocumentTooLong { tokens: usize, sequence: usize },
    #[error("{}:{line}: `{field}` is {found}; {allowed}", path.display())]
    InvalidRow { path: PathBuf, line: usize, field: &'static str, found: String, allowed: String },
    #[error(
        "`phase.sequence` is {sequence}, which does not hold whole lines of {line} tokens; one less than a multiple of {line} is allowed"
    )]
    LinesDoNotFit { sequence: usize, line: usize },
    #[error(
        "the lines of the series have {shortest} to {longest} tokens; a sequence holds whole lines, so all need as many"
    )]
    LinesDiffer { shortest: usize, longest: usize },
    #[error("the tokenizer could not be trained: {reason}")]
    Tokenizer { reason: String },
    #[error("{}: the state of an interrupted training cannot be used: {reason}; remove the folder to start anew", path.display())]
    State { path: PathBuf, reason: String },
    #[error("{} holds the state of another recipe; use another --out, or remove it to start anew", path.display())]
    OtherRecipe { path: PathBuf },
    #[error("the loss is no longer a number at step {step}; lower the learning rate")]
    Diverged { step: usize },
    #[error("interrupted at step {step} of {steps}; the state is saved, the same command goes on from there")]
    Interrupted { step: usize, steps: usize },
    #[error("interrupted at step {step} of {steps}; nothing was written, an unlearning starts anew")]
    UnlearningInterrupted { step: usize, steps: usize },
    #[error("the loss curve could not be drawn: {reason}")]
    Figure { reason: String },
    #[error(transparent)]
    Traps(#[from] TrapError),
    #[error(transparent)]
    Data(#[from] DataError),
}

impl LabError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
