//! Finds a suite by name: a path, else the working directory, else what is compiled in.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use super::check::{SuiteText, check_suite};
use super::checked::{Suite, SuiteOrigin};
use super::files::{SUITE_FILE, SuiteFiles, embedded_suite_file, embedded_suites};
use super::problem::SuiteError;
use super::spelling::nearest;
use super::vocabulary::Vocabulary;

/// Where suites are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteRegistry {
    /// Folder whose `suites/NAME/suite.toml` come before the embedded ones; names of files are shown relative to it.
    pub working_directory: PathBuf,
}

/// A suite of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSuite {
    pub name: String,
    /// The one that the name stands for.
    pub origin: SuiteOrigin,
    /// An embedded suite of the same name is hidden by a file.
    pub hides_embedded: bool,
}

/// A suite file that was found and read, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundSuite {
    pub origin: SuiteOrigin,
    /// The file as messages name it.
    pub file: String,
    pub text: String,
    pub files: SuiteFiles,
}

impl SuiteRegistry {
    /// Finds a suite. `name` with a path separator or ending in `.toml` is a path (to the file or its folder) and
    /// never looked up; else `suites/NAME/suite.toml` in the working directory comes before the embedded suite.
    ///
    /// # Errors
    /// No such suite (with the nearest name and the list), or a file that cannot be read.
    pub fn find(&self, name: &str) -> Result<FoundSuite, SuiteError> {
        if is_path(name) {
            let given = self.working_directory.join(name);
            let (path, shown) = if given.is_dir() {
                (given.join(SUITE_FILE), format!("{}/{SUITE_FILE}", name.trim_end_matches(['/', '\\'])))
            } else {
                (given, name.to_owned())
            };
            return read_file(path, shown);
        }
        if let Some(path) = self.local_file(name) {
            return read_file(path, format!("suites/{name}/{SUITE_FILE}"));
        }
        if let Some(bytes) = embedded_suite_file(name, SUITE_FILE) {
            let file = format!("embedded suites/{name}/{SUITE_FILE}");
            let text = utf8(Cow::Borrowed(bytes), &file)?;
            let files = SuiteFiles::of(&SuiteOrigin::Embedded, name);
            return Ok(FoundSuite { origin: SuiteOrigin::Embedded, file, text, files });
        }
        let known: Vec<String> = self.list().into_iter().map(|suite| suite.name).collect();
        let nearest = nearest(name, known.iter().map(String::as_str));
        Err(SuiteError::Unknown { name: name.to_owned(), nearest, known })
    }

    /// Finds and checks a suite.
    ///
    /// # Errors
    /// As [`SuiteRegistry::find`], and everything that is wrong with the file.
    pub fn load(&self, name: &str, vocabulary: &Vocabulary) -> Result<Suite, SuiteError> {
        Suite::load(&self.find(name)?, vocabulary)
    }

    /// All suites that can be named without a path, by name.
    #[must_use]
    pub fn list(&self) -> Vec<ListedSuite> {
        let embedded = embedded_suites();
        let mut names = embedded.clone();
        // A working directory without a readable `suites` folder simply has no suites of its own.
        if let Ok(entries) = std::fs::read_dir(self.working_directory.join("suites")) {
            let local = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
            names.extend(local.filter(|name| self.local_file(name).is_some()));
        }
        names.sort();
        names.dedup();
        names
            .into_iter()
            .map(|name| {
                let local = self.local_file(&name);
                let hides_embedded = local.is_some() && embedded.contains(&name);
                ListedSuite { origin: local.map_or(SuiteOrigin::Embedded, SuiteOrigin::File), hides_embedded, name }
            })
            .collect()
    }

    fn local_file(&self, name: &str) -> Option<PathBuf> {
        let path = self.working_directory.join("suites").join(name).join(SUITE_FILE);
        path.is_file().then_some(path)
    }
}

impl Suite {
    /// Checks a suite that was found.
    ///
    /// # Errors
    /// Everything that is wrong with the file, at once.
    pub fn load(found: &FoundSuite, vocabulary: &Vocabulary) -> Result<Self, SuiteError> {
        let FoundSuite { origin, file, text, files } = found;
        check_suite(&SuiteText { text, file, origin: origin.clone(), files: files.clone() }, vocabulary)
    }
}

fn is_path(name: &str) -> bool {
    name.contains(['/', '\\'])
        || Path::new(name).extension().is_some_and(|extension| extension == "toml")
        || name.is_empty()
        || name.starts_with('.')
}

fn read_file(path: PathBuf, shown: String) -> Result<FoundSuite, SuiteError> {
    let bytes = std::fs::read(&path).map_err(|source| SuiteError::Unreadable { file: shown.clone(), source })?;
    let text = utf8(Cow::Owned(bytes), &shown)?;
    let origin = SuiteOrigin::File(path);
    Ok(FoundSuite { files: SuiteFiles::of(&origin, ""), origin, file: shown, text })
}

fn utf8(bytes: Cow<'_, [u8]>, file: &str) -> Result<String, SuiteError> {
    String::from_utf8(bytes.into_owned())
        .map_err(|error| SuiteError::NotUtf8 { file: file.to_owned(), offset: error.utf8_error().valid_up_to() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registry_with(name: &str, text: &str) -> (tempfile::TempDir, SuiteRegistry) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("suites").join(name)).unwrap();
        std::fs::write(folder.path().join("suites").join(name).join(SUITE_FILE), text).unwrap();
        let registry = SuiteRegistry { working_directory: folder.path().to_path_buf() };
        (folder, registry)
    }

    #[test]
    fn the_embedded_suite_is_found_from_any_folder() {
        let folder = tempfile::tempdir().unwrap();
        let found = SuiteRegistry { working_directory: folder.path().to_path_buf() }.find("hubble").unwrap();
        assert_eq!(found.origin, SuiteOrigin::Embedded);
        assert_eq!(found.file, "embedded suites/hubble/suite.toml");
    }

    #[test]
    fn a_suite_of_the_working_directory_hides_the_embedded_one() {
        let (folder, registry) = registry_with("hubble", "name = \"mine\"");
        let found = registry.find("hubble").unwrap();
        let path = folder.path().join("suites/hubble/suite.toml");
        assert_eq!((found.origin.clone(), found.text.as_str()), (SuiteOrigin::File(path), "name = \"mine\""));
        let listed = registry.list();
        let hubble = listed.iter().find(|suite| suite.name == "hubble").unwrap();
        assert!(hubble.hides_embedded);
        assert_eq!(hubble.origin, found.origin);
        assert_eq!(listed.iter().filter(|suite| suite.name == "hubble").count(), 1);
    }

    #[test]
    fn a_path_is_taken_as_it_is_file_or_folder() {
        let (_folder, registry) = registry_with("mine", "x");
        for name in ["suites/mine", "suites/mine/", "./suites/mine", "suites/mine/suite.toml"] {
            assert_eq!(registry.find(name).unwrap().text, "x", "{name}");
        }
        assert!(matches!(registry.find("elsewhere/suite.toml"), Err(SuiteError::Unreadable { .. })));
        assert!(matches!(registry.find("hubble.toml"), Err(SuiteError::Unreadable { .. })));
    }

    #[test]
    fn an_unknown_name_tells_the_nearest_and_the_list() {
        let (_folder, registry) = registry_with("mine", "x");
        let error = registry.find("huble").unwrap_err();
        let SuiteError::Unknown { nearest, known, .. } = &error else { panic!("{error}") };
        assert_eq!(nearest.as_deref(), Some("hubble"));
        assert!(known.contains(&"mine".to_owned()) && known.contains(&"hubble".to_owned()));
        assert!(error.to_string().contains("did you mean `hubble`?"), "{error}");
    }

    #[test]
    fn bytes_that_are_not_utf8_are_refused() {
        let (folder, registry) = registry_with("mine", "x");
        std::fs::write(folder.path().join("suites/mine/suite.toml"), b"a = \"\xff\"").unwrap();
        assert!(matches!(registry.find("mine"), Err(SuiteError::NotUtf8 { offset: 5, .. })));
    }
}
