//! Where a file of scenarios departs from the layout: file, record, field, what was found, what is allowed, what to do.

use std::io;

/// A fault of a file of scenarios.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("open the scenarios {file}: {source}; check the path and its permissions")]
    Unreadable { file: String, source: io::Error },
    #[error("read {file} after line {line}: {source}; the file is damaged or cut short, fetch it again")]
    Damaged { file: String, line: usize, source: io::Error },
    #[error(
        "read {file}, line {line}: {reason}; the file must be a JSON list of scenarios, or an object with that list under `data`"
    )]
    NotAList { file: String, line: usize, reason: String },
    #[error("read {file}, record {record} (line {line}): {reason}; correct the record, or fetch the file again")]
    NotJson { file: String, record: usize, line: usize, reason: String },
    #[error("read {file}, record {record} (line {line}): found {found}, but a record is a JSON object; correct it")]
    NotAnObject { file: String, record: usize, line: usize, found: String },
    /// `uid` is empty where the record has none.
    #[error(
        "read {file}, record {record}{} (line {line}): the field `{field}` is {found}, but only {allowed} will do; correct it, or fetch the file again",
        named(uid)
    )]
    Field { file: String, record: usize, line: usize, uid: String, field: String, found: String, allowed: String },
    #[error(
        "read {file}, record {record} (line {line}): the uid `{uid}` already stands in record {first_record}; answers are joined by uid, so give each record its own"
    )]
    DoubledUid { file: String, record: usize, line: usize, uid: String, first_record: usize },
}

fn named(uid: &str) -> String {
    if uid.is_empty() { String::new() } else { format!(" `{uid}`") }
}
