//! What can be wrong with a suite: one problem with its place, and the errors that hold all of them.

use std::fmt;
use std::io;

use super::placed::LineIndex;
use super::published::PublishedFault;

/// One thing that is wrong, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The file as the user would name it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// Characters, from 1.
    pub column: usize,
    /// Dotted path of the key; list elements by their id, else by position from 1: `task[passages].min_k`.
    pub key: String,
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.key.is_empty() {
            write!(f, "`{}`: ", self.key)?;
        }
        write!(f, "{}", self.kind)
    }
}

/// The kinds of problem. Each message says what was found and ends with what to do.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProblemKind {
    #[error("this is not TOML: {reason}; correct this line")]
    Syntax { reason: String },
    #[error("there is no such key here; {}", advice(nearest.as_deref(), allowed, "remove it, or use one of"))]
    UnknownKey { nearest: Option<String>, allowed: Vec<String> },
    #[error("found {found}, but this key takes {allowed}; write {allowed}")]
    WrongType { found: String, allowed: String },
    #[error("a key is missing: {meaning}; add it")]
    MissingKey { meaning: String },
    #[error("`{found}` is not known; {}", advice(nearest.as_deref(), allowed, "use one of"))]
    UnknownValue { found: String, nearest: Option<String>, allowed: Vec<String> },
    #[error("there is no {what} `{found}` in this suite; {}", advice(nearest.as_deref(), allowed, "name one of"))]
    DanglingName { what: &'static str, found: String, nearest: Option<String>, allowed: Vec<String> },
    #[error("there is no attack `{found}`; {}", advice(nearest.as_deref(), allowed, "use one of"))]
    UnknownAttack { found: String, nearest: Option<String>, allowed: Vec<String> },
    #[error("there is no metric `{found}`; {}", metric_advice(nearest.as_deref()))]
    UnknownMetric { found: String, nearest: Option<String> },
    #[error(
        "task `{task}` does not run the attack `{attack}`, so it has no `{metric}`; add the attack to the task, or name another metric"
    )]
    MetricWithoutAttack { metric: String, task: String, attack: String },
    #[error("`{found}` is used twice, first in line {first_line}; rename one of them")]
    DuplicateName { found: String, first_line: usize },
    #[error("found {found}, but only {allowed} will do; change the value")]
    OutOfRange { found: String, allowed: &'static str },
    #[error("`{found}` is not {allowed}; change it")]
    BadName { found: String, allowed: &'static str },
    #[error("the list is empty; {advice}")]
    EmptyList { advice: &'static str },
    #[error("this does not belong to the kind `{kind}`, which takes {}; remove it, or change the kind", list(allowed))]
    NotOfThisKind { kind: &'static str, allowed: Vec<String> },
    #[error(
        "the kind `{kind}` asks about {needs}, but the schema of data set `{data}` gives {gives}; change the kind or the data set"
    )]
    WrongSchema { kind: &'static str, needs: &'static str, data: String, gives: &'static str },
    #[error("data set `{data}` does not exist in this size; remove the size, or give the data set a `{size}` table")]
    SizeWithoutData { size: String, data: String },
    #[error("the data set comes from nowhere; add a `builtin`, `hub` or `path` table")]
    NoSource,
    #[error("there is no file `{file}`; put it {place}, or correct the name")]
    MissingFile { file: String, place: &'static str },
    #[error("the file `{file}` cannot be read: {reason}; check its permissions")]
    UnreadableFile { file: String, reason: String },
    #[error("`{file}` leaves its folder; use a relative path with forward slashes and without `..`")]
    UnsafePath { file: String },
    #[error("`{found}` is no SHA-256; write 64 hex digits (sha256sum prints them)")]
    MalformedHash { found: String },
    #[error(
        "`{file}` has SHA-256 {found}, but the suite pins {expected}; restore the file, or pin the new hash and raise the suite's version"
    )]
    HashMismatch { file: String, expected: String, found: String },
    #[error("the template cannot be read: {reason}; correct it")]
    BadTemplate { reason: String },
    #[error("the items have no field `{variable}`; {}", advice(nearest.as_deref(), allowed, "use one of"))]
    UnknownVariable { variable: String, nearest: Option<String>, allowed: Vec<String> },
    #[error(
        "`{found}` can move, so the data could change under the same suite; pin a commit (40 hex digits) or a `step...` revision, or leave the key out"
    )]
    MovingRevision { found: String },
    #[error("{0}")]
    Published(#[from] PublishedFault),
}

fn advice(nearest: Option<&str>, allowed: &[String], lead: &str) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? {lead}: {}", list(allowed)),
        None if allowed.is_empty() => "there is nothing to name yet: add it first".to_owned(),
        None => format!("{lead}: {}", list(allowed)),
    }
}

fn metric_advice(nearest: Option<&str>) -> String {
    match nearest {
        Some(nearest) => format!("did you mean `{nearest}`? `mnemoscope list metrics` shows all"),
        None => "use a name of `mnemoscope list metrics`".to_owned(),
    }
}

fn list(words: &[String]) -> String {
    words.join(", ")
}

/// Why there is no checked suite.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    #[error("read the suite {file}: {}{}", count(problems), lines(problems))]
    Invalid { file: String, problems: Vec<Problem> },
    /// At least one of the problems is a file that differs from its pinned hash: exit code 6.
    #[error("read the suite {file}, whose data differ from their pinned hash: {}{}", count(problems), lines(problems))]
    DataDiffer { file: String, problems: Vec<Problem> },
    #[error("open the suite {file}: {source}; check the path and its permissions")]
    Unreadable { file: String, source: io::Error },
    #[error("read the suite {file}: byte {offset} is not UTF-8; save the file as UTF-8")]
    NotUtf8 { file: String, offset: usize },
    #[error("find the suite `{name}`; {}", advice(nearest.as_deref(), known, "known suites"))]
    Unknown { name: String, nearest: Option<String>, known: Vec<String> },
}

impl SuiteError {
    /// All problems of the file, in the order of its lines; empty when it could not be read at all.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        match self {
            Self::Invalid { problems, .. } | Self::DataDiffer { problems, .. } => problems,
            Self::Unreadable { .. } | Self::NotUtf8 { .. } | Self::Unknown { .. } => &[],
        }
    }

    /// Whether data differ from their pinned hash, which has an exit code of its own (6; all else is 2).
    #[must_use]
    pub fn is_data_mismatch(&self) -> bool {
        matches!(self, Self::DataDiffer { .. })
    }
}

fn count(problems: &[Problem]) -> String {
    match problems.len() {
        1 => "1 problem".to_owned(),
        n => format!("{n} problems"),
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}

/// Collects the problems of one file.
#[derive(Debug)]
pub(crate) struct Report<'a> {
    pub(super) file: &'a str,
    pub(super) index: LineIndex<'a>,
    problems: Vec<Problem>,
}

impl<'a> Report<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, index: LineIndex::new(text), problems: Vec::new() }
    }

    /// Adds a problem at a byte offset of the suite file.
    pub(crate) fn add(&mut self, offset: usize, key: &str, kind: impl Into<ProblemKind>) {
        let (line, column) = self.index.place(offset);
        let file = self.file.to_owned();
        self.problems.push(Problem { file, line, column, key: key.to_owned(), kind: kind.into() });
    }

    /// Adds a problem of another file that the suite names.
    pub(super) fn add_elsewhere(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether this key is already complained about, so that one slip is told once.
    pub(crate) fn mentions(&self, key: &str) -> bool {
        self.problems.iter().any(|problem| problem.key == key)
    }

    /// Everything, in the order of the lines.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort_by(|a, b| (a.line, a.column, &a.key).cmp(&(b.line, b.column, &b.key)));
        self.problems
    }

    /// The error that holds everything, in the order of the lines.
    pub(super) fn into_error(mut self) -> SuiteError {
        let own = self.file.to_owned();
        self.problems
            .sort_by(|a, b| (a.file != own, a.line, a.column, &a.key).cmp(&(b.file != own, b.line, b.column, &b.key)));
        let differs = self.problems.iter().any(|p| matches!(p.kind, ProblemKind::HashMismatch { .. }));
        if differs {
            SuiteError::DataDiffer { file: own, problems: self.problems }
        } else {
            SuiteError::Invalid { file: own, problems: self.problems }
        }
    }
}
