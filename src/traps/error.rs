//! What can go wrong with traps.

use std::path::PathBuf;

use crate::backend::{BackendError, Halt};
use crate::record::RecordError;
use crate::statistics::StatError;

/// A step of the traps' life that could not be done.
#[derive(Debug, thiserror::Error)]
pub enum TrapError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("`{option}` is {found}; {allowed}")]
    Option { option: &'static str, found: String, allowed: String },
    #[error("the model answered no request: {source}")]
    Backend { source: BackendError },
    #[error("the model could not be asked to the end: {source}")]
    Halted { source: Halt },
    #[error(
        "after {drawn} candidates of {length} tokens these buckets are not full: {missing}; widen --buckets or --temps, raise --jaccard-max, ask for fewer traps, or draw more with --max-candidates. Rejected: {rejected}"
    )]
    BucketsNotFilled { length: usize, drawn: usize, missing: String, rejected: String },
    #[error(
        "{}: there is a private manifest already; it cannot be made again once it is lost, so it is not overwritten. Choose another --out",
        path.display()
    )]
    ManifestExists { path: PathBuf },
    #[error("{}: {place}: {reason}", path.display())]
    Manifest { path: PathBuf, place: String, reason: String },
    #[error(
        "{}: this is the public manifest, which holds hashes only; give the private one (manifest.private.json)",
        path.display()
    )]
    PublicManifest { path: PathBuf },
    #[error(
        "{}: the hash of sequence `{sequence}` does not match its text and salt: recorded {recorded}, computed {computed}. The manifest was changed, or is damaged; take the original file",
        path.display()
    )]
    HashMismatch { path: PathBuf, sequence: String, recorded: String, computed: String },
    #[error("{}: the {what} does not match its sequences: recorded {recorded}, computed {computed}", path.display())]
    RootMismatch { path: PathBuf, what: &'static str, recorded: String, computed: String },
    #[error("{file} is not UTF-8 text at byte {byte}; convert it (for example with iconv), or leave it out")]
    NotUtf8 { file: String, byte: usize },
    #[error("{file}, line {line}: {reason}")]
    DocumentLine { file: String, line: usize, reason: String },
    #[error("{}: no documents; give a folder with text files, or a .jsonl file with `id` and `text`", path.display())]
    NoDocuments { path: PathBuf },
    #[error(
        "too_few_documents: {traps} traps need a document each, and there are {documents}; add documents, or generate fewer traps"
    )]
    TooFewDocuments { traps: usize, documents: usize },
    #[error(
        "document_too_short: {reps} copies of trap `{group}` need a document of at least {needed} words (split at single spaces), and the longest one left has {longest}; lower --reps, --spread or --min-words, or add longer documents"
    )]
    DocumentTooShort { group: String, reps: usize, needed: usize, longest: usize },
    #[error(
        "{file} holds the trap of group `{group}` already; injecting twice would spoil the counts. Start from the original, or take the copies out with --undo"
    )]
    AlreadyInjected { file: String, group: String },
    #[error(
        "{file} is not the text that the injection record describes: recorded {recorded}, found {found}; nothing was written"
    )]
    ChangedDocument { file: String, recorded: String, found: String },
    #[error("{file} is named in the injection record and is not there; nothing was written")]
    MissingDocument { file: String },
    #[error("{}: is there already; the injected documents need a folder of their own", path.display())]
    OutExists { path: PathBuf },
    #[error("{n} sequences could not be scored ({first}); run the same command again, or leave out attacks")]
    Unscored { n: usize, first: String },
    #[error("scores of {whose}: sequence `{sequence}` {reason}; every sequence must have exactly one row")]
    Scores { whose: String, sequence: String, reason: &'static str },
    #[error(
        "the control model gives all sequences of every group one score of `{attack}`, so it controls nothing; take a --control that is neither the reference nor the target"
    )]
    VacuousControl { attack: String },
    #[error("the attack `{attack}` {reason}")]
    Attack { attack: String, reason: String },
    #[error("the operating system gave no random bytes: {reason}")]
    NoRandomness { reason: String },
    #[error(transparent)]
    Statistics(#[from] StatError),
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl TrapError {
    pub(super) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Data that are not what a record or a manifest says.
    #[must_use]
    pub fn is_data_mismatch(&self) -> bool {
        matches!(self, Self::HashMismatch { .. } | Self::RootMismatch { .. } | Self::ChangedDocument { .. })
    }
}
