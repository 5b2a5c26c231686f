//! Why two runs were not compared.

use std::path::PathBuf;

use crate::record::{RecordError, RefusedComparison};
use crate::statistics::StatError;

/// A comparison that was refused.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    #[error(transparent)]
    Record(#[from] RecordError),
    #[error(
        "{}: the run has no items.parquet, since it is not finished; go on with: mnemoscope run --resume {}",
        run.display(),
        run.display()
    )]
    Unfinished { run: PathBuf },
    #[error(
        "{}: the run has {} models under test ({}); name one of its cells, e.g. {}/cells/SUITE/MODEL",
        run.display(), slugs.len(), slugs.join(", "), run.display()
    )]
    SeveralModels { run: PathBuf, slugs: Vec<String> },
    #[error("{}: the run names no model `{slug}`; its run.json has been changed", run.display())]
    UnknownModel { run: PathBuf, slug: String },
    #[error(
        "{}: item `{item}` stands twice in items.parquet, in rows {first} and {second}; an item counts once: write the file \
         again from the record, or take one of the two out",
        run.display()
    )]
    RepeatedItem { run: PathBuf, item: String, first: usize, second: usize },
    #[error("A and B are the same cell ({}); name two runs", run.display())]
    SameCell { run: PathBuf },
    #[error("the runs share no suite: A asked {}, B asked {}; compare runs of the same suite", list(a), list(b))]
    DifferentSuites { a: Vec<String>, b: Vec<String> },
    #[error("nothing in these runs may be compared:{}", lines(refused))]
    NothingComparable { refused: Vec<RefusedComparison> },
    #[error("no metric matches {}; there are: {}{}", glob.as_deref().unwrap_or("*"), list(offered), lines(notes))]
    NothingMatched { glob: Option<String>, offered: Vec<String>, notes: Vec<String> },
    #[error("{0}")]
    Statistics(#[from] StatError),
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Each on a line of its own, below the message.
fn lines<Line: std::fmt::Display>(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("\n  {line}")).collect()
}
