//! Why a run could not be kept or read back.
//!
//! Every message is a fragment that fits after "failed to ...", names the file, and ends with what to do.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::plan::PlanDifference;

/// A run that cannot be written, continued or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The disk said no.
    #[error("{action} {}: {fault}", path.display())]
    Disk { action: DiskAction, path: PathBuf, fault: DiskFault, source: io::Error },
    /// `--out` names a finished or killed run.
    #[error("create the run folder {}: it already holds a run; continue that one with --resume {}, or choose another --out", path.display(), path.display())]
    AlreadyARun { path: PathBuf },
    /// `--out` names a folder with somebody's other files.
    #[error("create the run folder {}: the folder is not empty and holds no run; choose a new or empty folder for --out", path.display())]
    ForeignFolder { path: PathBuf },
    #[error("open the run {}: there is no run.json in it, nor is it a cell of a run; name the folder that `run --out` made", path.display())]
    NotARun { path: PathBuf },
    #[error("write to {}: another process is writing to this cell; wait for it to end, or choose another --out", path.display())]
    InUse { path: PathBuf },
    /// The run to be resumed asked something else.
    #[error("resume the run {}: {}; give the settings of the first session, or start a new run with --out", path.display(), DifferenceList(differences))]
    PlanChanged { path: PathBuf, differences: Vec<PlanDifference> },
    #[error("read {}: its schema is {found}, but this version knows up to {known}; use the version of mnemoscope that wrote it, or a newer one", path.display())]
    NewerSchema { path: PathBuf, found: u64, known: u32 },
    /// A whole JSON file that does not parse.
    #[error("read {}: {source}; restore the file from a copy, or run again into another --out", path.display())]
    BadDocument { path: PathBuf, source: serde_json::Error },
    /// A journal line before the last one that does not parse, or one that parses but is no event.
    #[error("read {} line {line}: {source}; the file was changed or damaged after it was written: restore it from a copy, or run again into another --out", path.display())]
    BadLine { path: PathBuf, line: u64, source: serde_json::Error },
    /// A journal line that points at a token segment which does not hold that answer.
    #[error("read {} line {line}: the answer to {item} of {task} stands in segment {segment} row {row}, but {fault}; restore the folder `tokens` from a copy, or run again into another --out", path.display())]
    BadReference { path: PathBuf, line: u64, task: String, item: String, segment: u32, row: u32, fault: ReferenceFault },
    #[error("read {}: its SHA-256 is {found}, but {expected} was written; restore the file from a copy, or run again into another --out", path.display())]
    HashMismatch { path: PathBuf, expected: String, found: String },
    /// A parquet file that does not have the layout that this program writes.
    #[error("read {}: {source}; it is not a file that this program wrote, or it is damaged: restore it from a copy", path.display())]
    BadParquet { path: PathBuf, source: polars::error::PolarsError },
    /// A parquet value that is null or out of range where it must not be.
    #[error("read {}: row {row} has no usable value in column `{column}`; restore the file from a copy", path.display())]
    BadCell { path: PathBuf, row: usize, column: &'static str },
    #[error("encode {what}: {source}; this is a fault of the program, please report it")]
    EncodeParquet { what: &'static str, source: polars::error::PolarsError },
    #[error("encode {what}: {source}; this is a fault of the program, please report it")]
    Encode { what: &'static str, source: serde_json::Error },
    /// JSON has no NaN and no infinity, and a number that is not one is no result.
    #[error("encode {what}: the number at `{field}` is not finite; leave it out (null) and give a flag that says why")]
    NonFinite { what: &'static str, field: String },
    #[error("encode items.parquet: {key} is there twice; each item, metric, model, role and epoch may have one row")]
    DuplicateItemRow { key: String },
    #[error("encode items.parquet: the flag `{flag}` of {key} has a comma in it; flags are words")]
    BadFlag { key: String, flag: String },
    #[error("open {}: it has {count} token segments, the most that a cell can hold; raise the rows of a segment", path.display())]
    TooManySegments { path: PathBuf, count: u32 },
}

impl RecordError {
    /// Wraps what the system said about `path`.
    pub(crate) fn disk(action: DiskAction, path: &std::path::Path, source: io::Error) -> Self {
        Self::Disk { action, path: path.to_path_buf(), fault: DiskFault::of(&source), source }
    }
}

/// What was attempted, as the first word of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiskAction {
    CreateFolder,
    ListFolder,
    Create,
    Read,
    Write,
    Sync,
    Rename,
    Shorten,
    Lock,
    Remove,
}

impl fmt::Display for DiskAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CreateFolder => "create the folder",
            Self::ListFolder => "list the folder",
            Self::Create => "create",
            Self::Read => "read",
            Self::Write => "write",
            Self::Sync => "flush",
            Self::Rename => "put in place",
            Self::Shorten => "cut the torn end of",
            Self::Lock => "lock",
            Self::Remove => "remove",
        })
    }
}

/// What the system's answer means to the user, with the way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiskFault {
    ReadOnly,
    NoSpace,
    NotPermitted,
    NotFound,
    /// A part of the path is a file where a folder is needed.
    NotAFolder,
    /// Anything else, in the system's words.
    Other(String),
}

impl DiskFault {
    fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            io::ErrorKind::PermissionDenied => Self::NotPermitted,
            io::ErrorKind::NotFound => Self::NotFound,
            io::ErrorKind::NotADirectory => Self::NotAFolder,
            _ => Self::Other(error.to_string()),
        }
    }
}

impl fmt::Display for DiskFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadOnly => f.write_str("the file system is read-only; choose a folder on another disk"),
            Self::NoSpace => {
                f.write_str("no space left (disk full or quota reached); free some space, then continue with --resume")
            }
            Self::NotPermitted => {
                f.write_str("not permitted (read-only file or folder, or another owner); change its permissions, or choose another folder")
            }
            Self::NotFound => f.write_str("there is no such file or folder; check the path"),
            Self::NotAFolder => f.write_str("a part of the path is a file and not a folder; choose another path"),
            Self::Other(words) => write!(f, "{words}; check the disk and the path"),
        }
    }
}

/// Why a reference from the journal into a token segment leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceFault {
    /// No `segment_closed` event before it.
    NeverClosed,
    RowMissing,
    OtherAnswer,
}

impl fmt::Display for ReferenceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeverClosed => "the journal does not say that this segment was closed",
            Self::RowMissing => "the segment has fewer rows",
            Self::OtherAnswer => "another answer stands there",
        })
    }
}

/// Writes differences one after the other.
struct DifferenceList<'a>(&'a [PlanDifference]);

impl fmt::Display for DifferenceList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, difference) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{difference}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn message(kind: io::ErrorKind) -> String {
        RecordError::disk(DiskAction::Write, Path::new("runs/a/run.json"), io::Error::from(kind)).to_string()
    }

    #[test]
    fn a_full_disk_and_a_read_only_disk_are_told_in_words() {
        assert_eq!(
            message(io::ErrorKind::StorageFull),
            "write runs/a/run.json: no space left (disk full or quota reached); free some space, then continue with --resume"
        );
        assert!(message(io::ErrorKind::ReadOnlyFilesystem).contains("the file system is read-only"));
        assert!(message(io::ErrorKind::PermissionDenied).contains("read-only"));
    }

    #[test]
    fn an_existing_run_is_refused_with_the_way_out() {
        let message = RecordError::AlreadyARun { path: PathBuf::from("runs/a") }.to_string();
        assert!(message.contains("--resume runs/a") && message.contains("another --out"), "{message}");
    }
}
