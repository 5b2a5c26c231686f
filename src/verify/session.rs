//! One verification: find the files, check each, add up.

use std::io;
use std::path::PathBuf;

use super::golden_files::{FoundFile, find_golden_files};
use super::kinds;
use super::report::{FileReport, VerifyReport, WHOLE_FILE};

/// Why nothing could be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("there is no kind of golden case named `{name}`; choose one of {known}")]
    UnknownKind { name: String, known: String },
    #[error("{} cannot be read: {source}; check the path", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("no golden file (.json or .jsonl) was found below {paths}; name a folder of golden cases")]
    NothingFound { paths: String },
}

/// Runs this program's own code over the golden files at or below `paths` and compares.
///
/// The kind of a file is the innermost folder of its path that names one, else `kind`; with `kind` given, only that
/// kind's folders count. Files of kinds that this build does not handle, and fields and cases likewise, are listed as
/// unsupported; ask [`VerifyReport::is_success`] what that comes to. Paths given twice are checked once.
///
/// # Errors
/// An unknown kind, a path that cannot be read, or no golden file at all. A file that is found but is damaged is a
/// failure in the report.
pub fn verify(paths: &[PathBuf], kind: Option<&str>) -> Result<VerifyReport, VerifyError> {
    let forced = match kind {
        None => None,
        Some(name) => Some(kinds::find(name).ok_or_else(|| VerifyError::UnknownKind {
            name: name.to_owned(),
            known: kinds::kind_names().join(", "),
        })?),
    };
    let mut files: Vec<FoundFile> = Vec::new();
    for path in paths {
        let found =
            find_golden_files(path, forced).map_err(|source| VerifyError::Unreadable { path: path.clone(), source })?;
        for found in found {
            if files.iter().all(|known| known.file.path != found.file.path) {
                files.push(found);
            }
        }
    }
    if files.is_empty() {
        let paths = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        return Err(VerifyError::NothingFound { paths });
    }
    Ok(VerifyReport::new(files.iter().map(check).collect()))
}

fn check(FoundFile { file, kind }: &FoundFile) -> FileReport {
    let Some(kind) = kind else {
        let mut report = FileReport::new(&file.shown, "unknown");
        let known = kinds::kind_names().join(", ");
        report.unsupported(WHOLE_FILE, &format!("no folder on the path names a kind; give --kind, one of {known}"));
        return report;
    };
    let Some(check) = kind.check else {
        let mut report = FileReport::new(&file.shown, kind.name);
        report.unsupported(WHOLE_FILE, &format!("this build does not handle the kind `{}`", kind.name));
        return report;
    };
    check(file)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn kinds_that_are_not_handled_are_listed_and_fail_unless_missing_is_allowed() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().join("economic-recall");
        fs::create_dir(&folder).expect("a temporary folder can be filled");
        fs::write(folder.join("metrics.jsonl"), "{}").expect("a temporary file can be written");
        let report = verify(&[folder.clone(), folder], None).expect("one file");
        assert_eq!(report.files.len(), 1);
        assert_eq!(report.files[0].unsupported.len(), 1);
        assert!(!report.is_success(false));
        assert!(report.is_success(true));
    }

    #[test]
    fn a_damaged_file_is_a_failure_that_names_it() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let folder = root.path().join("membership");
        fs::create_dir(&folder).expect("a temporary folder can be filled");
        fs::write(folder.join("eval.json"), "{\"roc\": [").expect("a temporary file can be written");
        let report = verify(&[folder], None).expect("one file");
        assert_eq!(report.failed, 1);
        assert!(report.files[0].file.ends_with("eval.json"));
        assert!(!report.is_success(true));
    }

    #[test]
    fn mistakes_of_the_caller_are_errors() {
        let root = tempfile::tempdir().expect("a temporary folder");
        let empty = [root.path().to_path_buf()];
        assert!(matches!(verify(&empty, None), Err(VerifyError::NothingFound { .. })));
        assert!(matches!(verify(&empty, Some("bogus")), Err(VerifyError::UnknownKind { .. })));
        let missing = [root.path().join("missing")];
        assert!(matches!(verify(&missing, None), Err(VerifyError::Unreadable { .. })));
    }
}
