//! Why a checkpoint or a data set could not be brought from a hub.

use std::path::{Path, PathBuf};

/// What went wrong, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum HubFault {
    #[error("hf:{id}@{revision}: {reason}")]
    Name { id: String, revision: String, reason: &'static str },
    #[error("no folder for the cache is known: set HF_HOME or HF_HUB_CACHE")]
    NoCache,
    #[error(
        "hf:{id}@{revision} is not in the cache {}, and nobody may be asked (--offline or HF_HUB_OFFLINE); download it once without",
        cache.display()
    )]
    NotCached { id: String, revision: String, cache: PathBuf },
    #[error(
        "the hub {host} cannot be reached: {detail}; check the network and HF_ENDPOINT, or use --offline with a checkpoint that the cache holds"
    )]
    Unreachable { host: String, detail: String },
    #[error(
        "hf:{id} is gated or private and was refused (status {status}): accept its terms on the hub, then set HF_TOKEN to a token that may read it{}",
        if *had_token { " (the one that was sent may not)" } else { " (none was sent)" }
    )]
    Gated { id: String, status: u16, had_token: bool },
    #[error(
        "the hub has no hf:{id} at revision `{revision}`, or it is private: then set HF_TOKEN to a token that may read it"
    )]
    Unknown { id: String, revision: String },
    #[error(
        "{url}: the hub has no such file at this revision; check the file's name and the revision, or set HF_TOKEN if the data set is private"
    )]
    NoFile { url: String },
    #[error("{url}: the hub answered with status {status}; try again later")]
    Status { url: String, status: u16 },
    #[error("{url}: {reason}")]
    Answer { url: String, reason: String },
    #[error(
        "{file} was cut at byte {done} of {total}, {attempts} times: {detail}; the same call goes on where it stopped"
    )]
    Cut { file: String, done: u64, total: u64, attempts: u32, detail: String },
    #[error("{file} has hash {found}, but the hub says {expected}; what was downloaded has been removed, call again")]
    Hash { file: String, expected: String, found: String },
    #[error("{}: no room on disk; make room and call again: it goes on where it stopped", path.display())]
    NoRoom { path: PathBuf },
    #[error("{}: {reason}", path.display())]
    Disk { path: PathBuf, reason: String },
    #[error(
        "hf:{id} holds only pickled weights ({file}), which can run code and are never opened; look for a revision in safetensors"
    )]
    Pickled { id: String, file: String },
    #[error("hf:{id} holds no checkpoint that can be read: {reason}")]
    NoCheckpoint { id: String, reason: String },
}

/// A fault of a listing, before it is known whose.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ListingFault {
    Pickled(String),
    NoCheckpoint(String),
}

impl ListingFault {
    pub(super) fn of(self, id: &str) -> HubFault {
        let id = id.to_owned();
        match self {
            Self::Pickled(file) => HubFault::Pickled { id, file },
            Self::NoCheckpoint(reason) => HubFault::NoCheckpoint { id, reason },
        }
    }
}

impl HubFault {
    pub(super) fn disk(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                Self::NoRoom { path: path.to_owned() }
            }
            _ => Self::Disk { path: path.to_owned(), reason: error.to_string() },
        }
    }

    /// The hub was not there, or refused: exit code 5.
    #[must_use]
    pub fn is_endpoint(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::Gated { .. }
                | Self::Status { .. }
                | Self::Cut { .. }
                | Self::Answer { .. }
        )
    }

    /// What came is not what was promised: exit code 6.
    #[must_use]
    pub fn is_hash(&self) -> bool {
        matches!(self, Self::Hash { .. })
    }
}
