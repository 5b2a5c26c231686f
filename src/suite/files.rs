//! The files beside a suite: in a folder, or compiled into the binary.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::checked::SuiteOrigin;
use super::file_set::{FilePattern, folder_order};

static SUITES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/suites");
static BUILTIN: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/datasets/builtin");

/// Name of the suite file in its folder.
pub const SUITE_FILE: &str = "suite.toml";

/// Bytes of a file under `datasets/builtin/`, as compiled in; `name` uses forward slashes, e.g. `hubble/passages.jsonl`.
#[must_use]
pub fn builtin_file(name: &str) -> Option<&'static [u8]> {
    BUILTIN.get_file(name).map(include_dir::File::contents)
}

/// Bytes of a file under `suites/`, as compiled in.
pub(super) fn embedded_suite_file(suite: &str, name: &str) -> Option<&'static [u8]> {
    SUITES.get_file(format!("{suite}/{name}")).map(include_dir::File::contents)
}

/// Names of the suites that are compiled in, sorted.
#[must_use]
pub fn embedded_suites() -> Vec<String> {
    let mut names: Vec<String> = SUITES
        .dirs()
        .filter_map(|folder| folder.path().to_str())
        .filter(|name| embedded_suite_file(name, SUITE_FILE).is_some())
        .map(str::to_owned)
        .collect();
    names.sort();
    names
}

/// Where the files that a suite names are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SuiteFiles {
    /// In the binary, folder `suites/NAME`.
    Embedded { suite: String },
    /// In the folder of the suite file.
    Folder { folder: PathBuf },
}

impl SuiteFiles {
    /// The files of a suite that came from `origin`; `suite` is its name.
    #[must_use]
    pub fn of(origin: &SuiteOrigin, suite: &str) -> Self {
        match origin {
            SuiteOrigin::Embedded => Self::Embedded { suite: suite.to_owned() },
            SuiteOrigin::File(path) => Self::Folder { folder: path.parent().unwrap_or(Path::new("")).to_path_buf() },
        }
    }

    /// Bytes of a file beside the suite; `None`: there is none.
    ///
    /// # Errors
    /// The file exists but cannot be read.
    pub fn read(&self, name: &str) -> io::Result<Option<Cow<'static, [u8]>>> {
        match self {
            Self::Embedded { suite } => Ok(embedded_suite_file(suite, name).map(Cow::Borrowed)),
            Self::Folder { folder } => match std::fs::read(folder.join(name)) {
                Ok(bytes) => Ok(Some(Cow::Owned(bytes))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            },
        }
    }

    /// Bytes of builtin data: beside the suite, else compiled in. `None`: neither is there.
    ///
    /// # Errors
    /// The file beside the suite exists but cannot be read.
    pub fn read_builtin(&self, name: &str) -> io::Result<Option<Cow<'static, [u8]>>> {
        Ok(self.read(name)?.or_else(|| builtin_file(name).map(Cow::Borrowed)))
    }

    /// Name and bytes of builtin data: one file, or that of every folder that a `*` stands for. Empty: there is none.
    ///
    /// # Errors
    /// A file cannot be read; one of the folders lacks it.
    pub fn read_builtin_set(&self, name: &str) -> io::Result<Vec<(String, Cow<'static, [u8]>)>> {
        let Some(pattern) = FilePattern::read(name) else {
            return Ok(self.read_builtin(name)?.map(|bytes| (name.to_owned(), bytes)).into_iter().collect());
        };
        let mut folders = match self {
            Self::Embedded { .. } => Vec::new(),
            Self::Folder { folder } => folders_in(&folder.join(pattern.before))?,
        };
        if folders.is_empty() {
            folders = builtin_folders(pattern.before);
        }
        folders.sort_by(|a, b| folder_order(a, b));
        let read = |folder: &String| {
            let file = pattern.file(folder);
            let lacks = || io::Error::new(io::ErrorKind::NotFound, format!("there is no {file}"));
            Ok((file.clone(), self.read_builtin(&file)?.ok_or_else(lacks)?))
        };
        folders.iter().map(read).collect()
    }
}

/// Names of the folders in a folder; none where there is no such folder.
///
/// # Errors
/// The folder cannot be read.
pub fn folders_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.path().is_dir()
            && let Ok(name) = entry.file_name().into_string()
        {
            names.push(name);
        }
    }
    Ok(names)
}

/// Names of the folders in an embedded folder.
fn builtin_folders(name: &str) -> Vec<String> {
    let folder = if name.is_empty() { Some(&BUILTIN) } else { BUILTIN.get_dir(name) };
    let folders = folder.into_iter().flat_map(Dir::dirs);
    folders.filter_map(|folder| Some(folder.path().file_name()?.to_str()?.to_owned())).collect()
}

/// Whether a path from a suite stays below the folder that it is joined to, on every system.
pub(super) fn stays_in_folder(name: &str) -> bool {
    !name.is_empty()
        && !name.contains(['\\', ':', '\0'])
        && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_leave_the_folder_are_seen() {
        for name in ["", "/etc/passwd", "../x", "a/../b", "a//b", "c:/x", "a\\b", "./a"] {
            assert!(!stays_in_folder(name), "{name:?}");
        }
        assert!(stays_in_folder("hubble/passages.jsonl"));
    }

    #[test]
    fn a_file_beside_the_suite_is_read_and_a_missing_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.csv"), "x").unwrap();
        let files = SuiteFiles::of(&SuiteOrigin::File(folder.path().join(SUITE_FILE)), "any");
        assert_eq!(files.read("a.csv").unwrap().as_deref(), Some(b"x".as_slice()));
        assert_eq!(files.read("b.csv").unwrap(), None);
        assert_eq!(files.read_builtin("no/such.jsonl").unwrap(), None);
        assert!(files.read("").is_err(), "a folder is no file");
    }

    #[test]
    fn embedded_files_need_no_folder() {
        let files = SuiteFiles::of(&SuiteOrigin::Embedded, "hubble");
        assert!(files.read(SUITE_FILE).unwrap().is_some());
        assert!(embedded_suites().contains(&"hubble".to_owned()));
    }
}
