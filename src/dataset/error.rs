//! Why data cannot be used: file, line, field, what was found, what is allowed, what to do.

use std::io;

use crate::hub::HubFault;
use crate::suite::SizeKind;

/// A fault of a data file or of the wish for one.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    #[error("open the data file {file}: {source}; check the path and its permissions")]
    Unreadable { file: String, source: io::Error },
    #[error("read {file} after line {line}: {source}; the file is damaged or cut short, fetch it again")]
    Damaged { file: String, line: usize, source: io::Error },
    #[error("read {file}, line {line}: byte {column} of the line is not UTF-8; save the file as UTF-8")]
    NotUtf8 { file: String, line: usize, column: usize },
    #[error(
        "read {file}, line {line}, column {column}: {reason}; correct it: one JSON object a line, or in a file of one list an object an entry"
    )]
    NotJson { file: String, line: usize, column: usize, reason: String },
    #[error("read {file}, line {line}: found {found}, but a row is a JSON object; wrap it in braces")]
    NotAnObject { file: String, line: usize, found: String },
    #[error(
        "read {file}, line {line}: {reason}; correct it: a first line with the names of the columns, then one row a line"
    )]
    NotCsv { file: String, line: usize, reason: String },
    #[error(
        "read {file}, line {line}: `{series}` has a value for {period} in line {first_line} already; keep one of the rows"
    )]
    DoubledPeriod { file: String, line: usize, first_line: usize, series: String, period: String },
    #[error(
        "read {file}, line {line}: `{series}` has {field} {found} here, but {first} in line {first_line}; one series has one {field}, so give the rows of the other a `series_id` of their own"
    )]
    MixedSeries {
        file: String,
        line: usize,
        first_line: usize,
        series: String,
        field: &'static str,
        found: String,
        first: String,
    },
    #[error(
        "read {file}, line {line}: `{series}` goes from {before} to {period}, so {missing} is missing; add it, or add a row with an empty `value` where no such value was ever published"
    )]
    MissingPeriod { file: String, line: usize, series: String, before: String, period: String, missing: String },
    #[error(
        "read {file}, line {line}: `{series}` has {period} behind {before}; put the rows of a series in the order of time"
    )]
    UnsortedPeriods { file: String, line: usize, series: String, before: String, period: String },
    #[error(
        "read {file}, line {line}: there is no column `{field}`, but one is called `{nearest}`; correct it, or give the column a name that is less like it"
    )]
    MisspeltColumn { file: String, line: usize, field: String, nearest: String },
    #[error("read {file}: no series has {what}, so there is nothing to ask; {advice}")]
    NothingToAsk { file: String, what: String, advice: &'static str },
    #[error("read {file}: there is no series `{series}`; it holds {}", known.join(", "))]
    UnknownSeries { file: String, series: String, known: Vec<String> },
    #[error("read {file}, line {line}: the field `{field}` is missing; add it: {allowed}")]
    MissingField { file: String, line: usize, field: String, allowed: String },
    #[error("read {file}, line {line}: the field `{field}` is {found}, but only {allowed} will do; change it")]
    WrongValue { file: String, line: usize, field: String, found: String, allowed: String },
    #[error(
        "read {file}, line {line}: the id `{id}` already stands in line {first_line}; ids must be unique, change one of them"
    )]
    DuplicateId { file: String, id: String, first_line: usize, line: usize },
    #[error(
        "read {file}, line {line}: the text does not contain the {field} ` {value}` of its meta, so there is nothing to ask; correct the text or the meta"
    )]
    ValueNotInText { file: String, line: usize, field: String, value: String },
    #[error(
        "read {file}: the whole file has only one {field}, so a question about it has one answer; add rows with other values"
    )]
    TooFewCandidates { file: String, field: String },
    #[error("read {file}: there is no row in it; check that it is the right file")]
    NoRows { file: String },
    #[error(
        "find the data set `{data}` for the size `{size}`: the suite does not offer it in this size; use {}",
        sizes(offered)
    )]
    NotInThisSize { data: String, size: SizeKind, offered: Vec<SizeKind> },
    #[error(
        "find the builtin data {file}: it is neither beside the suite nor in this build; put it there or use another size"
    )]
    NoBuiltin { file: String },
    #[error("open the folder {folder}: there is no such folder; give --size the folder that holds {file}")]
    NoFolder { folder: String, file: String },
    #[error(
        "find {file} (with or without .gz) in {folder}: it is not there; put it into the folder, give --size another one, or leave the tasks of the data set out with --task{}",
        for_tasks(tasks)
    )]
    NotInFolder { folder: String, file: String, tasks: Vec<String> },
    #[error(
        "find {file} in {folder}: every folder beside it must have this file, or its rows would be missed; put it there, or take the whole folder out"
    )]
    NotInEachFolder { folder: String, file: String },
    #[error(
        "read {second}: `{target}` already has rows in {first}, and a question that stands twice would count as two; keep one of the folders"
    )]
    RepeatedTarget { target: String, first: String, second: String },
    #[error(
        "find rows in {folder} of {id}: it holds {}, but JSON and JSON-lines files are read; convert it and give the folder: --size FOLDER",
        if held.is_empty() { "nothing".to_owned() } else { held.join(", ") }
    )]
    NoRowsOnHub { id: String, folder: String, held: Vec<String> },
    #[error(
        "fetch {file} of {id}: no revision is pinned, and what a branch holds can change; give --data-revision {data}=COMMIT (the 40 hex digits of https://huggingface.co/datasets/{id}/commits/main), or write `revision` under [data.{data}.hub] of the suite file, or download the file and give its folder: --size FOLDER"
    )]
    HubUnpinned { data: String, id: String, file: String },
    #[error(
        "read {file}: no row has {what}, so there is nothing to ask; give a folder whose rows have it, or leave the tasks of the data set out with --task"
    )]
    NoSource { file: String, what: String },
    #[error(
        "read {file}, row {row}: the context of `{sub_dataset}` has {n_characters} characters, but needs more than {least}; use a longer context"
    )]
    ShortContext { file: String, row: usize, sub_dataset: String, n_characters: usize, least: usize },
    #[error("ask the data set `{data}`: its rows are no items; name another one")]
    NoItems { data: String },
    #[error(transparent)]
    Memory(Box<super::memory::read::MemoryDataError>),
    #[error(transparent)]
    Scenario(Box<super::stale::ScenarioError>),
    #[error(transparent)]
    Hub(HubFault),
    #[error(
        "--data-revision names `{name}`, but no data set of the suite is called so; use one of: {}", known.join(", ")
    )]
    UnknownDataRevision { name: String, known: Vec<String> },
    /// Exit code 6.
    #[error(
        "check {file}: its SHA-256 is {found}, but the suite pins {expected}; restore the file, or pin the new hash and raise the suite's version"
    )]
    HashMismatch { file: String, expected: String, found: String },
}

impl DataError {
    /// Whether data differ from their pinned hash, which has an exit code of its own (6; all else is 2).
    #[must_use]
    pub fn is_data_mismatch(&self) -> bool {
        match self {
            Self::Hub(fault) => fault.is_hash(),
            _ => matches!(self, Self::HashMismatch { .. }),
        }
    }
}

/// Which tasks ask for a file, where that is known.
fn for_tasks(tasks: &[String]) -> String {
    if tasks.is_empty() { String::new() } else { format!(" (needed by {})", tasks.join(", ")) }
}

fn sizes(offered: &[SizeKind]) -> String {
    let words = offered.iter().map(|size| match size {
        SizeKind::Builtin | SizeKind::Hub => format!("--size {size}"),
        SizeKind::Path => "--size FOLDER".to_owned(),
    });
    words.collect::<Vec<_>>().join(" or ")
}
