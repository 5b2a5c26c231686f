//! Where a checkpoint's files are read from.

use std::path::{Path, PathBuf};

use super::mapped::FileBytes;
use crate::backend::open_error::OpenError;
use crate::hub::is_pickle;
use crate::suite::builtin_file;

/// Where a checkpoint's files are read from.
#[derive(Debug, Clone, Copy)]
pub(in crate::backend) enum CheckpointFiles<'a> {
    Folder(&'a Path),
    /// A folder below `datasets/builtin/`, inside the binary.
    Embedded(&'a str),
}

/// The same, to be kept.
#[derive(Debug, Clone)]
pub(in crate::backend) enum KeptFiles {
    Folder(PathBuf),
    Embedded(String),
}

impl KeptFiles {
    /// The files once more.
    pub(in crate::backend::local) fn files(&self) -> CheckpointFiles<'_> {
        match self {
            Self::Folder(folder) => CheckpointFiles::Folder(folder),
            Self::Embedded(folder) => CheckpointFiles::Embedded(folder),
        }
    }
}

impl CheckpointFiles<'_> {
    /// For later: the files must not move.
    pub(in crate::backend::local) fn kept(&self) -> KeptFiles {
        match *self {
            Self::Folder(folder) => KeptFiles::Folder(folder.to_owned()),
            Self::Embedded(folder) => KeptFiles::Embedded(folder.to_owned()),
        }
    }

    /// The bytes of a file, `None` when it is not there.
    pub(in crate::backend::local) fn get(&self, name: &str) -> Result<Option<FileBytes>, OpenError> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                if !path.is_file() {
                    return Ok(None);
                }
                FileBytes::map(&path).map(Some).map_err(|source| OpenError::Io { file: self.label(name), source })
            }
            Self::Embedded(folder) => Ok(builtin_file(&format!("{folder}/{name}")).map(FileBytes::Embedded)),
        }
    }

    pub(in crate::backend::local) fn require(&self, name: &str) -> Result<FileBytes, OpenError> {
        self.get(name)?.ok_or_else(|| OpenError::MissingFile { file: self.label(name) })
    }

    /// How a file is named in errors.
    pub(in crate::backend::local) fn label(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Embedded(folder) => format!("builtin {folder}/{name}"),
        }
    }

    /// A pickle in the folder, which explains a missing safetensors file.
    pub(super) fn pickle(&self) -> Option<String> {
        let Self::Folder(folder) = self else { return None };
        let mut names: Vec<PathBuf> =
            std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        names.sort();
        names.into_iter().find(|path| is_pickle(path)).map(|path| path.display().to_string())
    }
}
