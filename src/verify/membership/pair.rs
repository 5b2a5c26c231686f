//! The two checkpoints that a file of attacks is about.

use std::path::{Path, PathBuf};

use crate::backend::{LocalModel, LocalOptions};

pub(super) struct Pair {
    pub(super) target: LocalModel,
    pub(super) reference: LocalModel,
}

impl Pair {
    /// Opens `models/PAIR/target` and `.../reference` beside `file`; the error names the folder.
    pub(super) fn open(file: &Path, pair: &str) -> Result<Self, String> {
        let name = pair_folder(pair);
        let folder = file.parent().unwrap_or(Path::new("")).join("models").join(&name);
        let open = |part: &str| {
            LocalModel::open(&folder.join(part), &LocalOptions::default())
                .map_err(|error| format!("models/{name}/{part}: {error}"))
        };
        Ok(Self { target: open("target")?, reference: open("reference")? })
    }
}

/// `pair_a` -> `pair-a`.
fn pair_folder(pair: &str) -> String {
    pair.replace('_', "-")
}

/// A file of the same pair.
pub(super) fn beside(file: &Path, pair: &str, ending: &str) -> PathBuf {
    file.with_file_name(format!("attacks_{pair}{ending}"))
}
