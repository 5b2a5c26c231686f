//! From the file as written to the checked suite, telling everything that is wrong at once.
//!
//! First the shape (`shape.rs`, along the JSON Schema), then what is left is read and checked for meaning here:
//! `data.rs` where the rows come from, `task.rs` the questions, `settings.rs` how they are asked, `plan.rs` statistics, figures and errata.

mod data;
mod plan;
mod settings;
mod task;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

pub(crate) use data::is_pinned as is_pinned_revision;

use super::checked::{PromptFile, PublishedValue, Suite, SuiteOrigin};
use super::file::SuiteFile;
use super::files::{SUITE_FILE, SuiteFiles, stays_in_folder};
use super::placed::Placed;
use super::problem::{Problem, ProblemKind, Report, SuiteError};
use super::published::read_published;
use super::schema::suite_schema;
use super::shape::{key_path, read_shaped};
use super::vocabulary::Vocabulary;
use crate::digest::sha256_hex;

/// The only layout of suite files so far.
const SCHEMA_VERSION: u32 = 1;

/// A suite file that has been read, and where what it names is looked for.
#[derive(Debug, Clone)]
pub struct SuiteText<'a> {
    pub text: &'a str,
    /// The file as messages name it.
    pub file: &'a str,
    pub origin: SuiteOrigin,
    pub files: SuiteFiles,
}

/// Checks a whole suite file. Reads every file that it names.
///
/// # Errors
/// [`SuiteError::Invalid`] with all problems of the file, or [`SuiteError::DataDiffer`] when one of them is a file
/// that differs from its pinned hash.
pub fn check_suite(source: &SuiteText<'_>, vocabulary: &Vocabulary) -> Result<Suite, SuiteError> {
    let mut report = Report::new(source.file, source.text);
    let Some(file) = read_shaped::<SuiteFile>(source.text, &suite_schema(), &mut report) else {
        return Err(report.into_error());
    };
    let own = (SUITE_FILE.to_owned(), sha256_hex(source.text.as_bytes()));
    let hashes = BTreeMap::from([own]);
    let mut checker = Checker { report, vocabulary, files: &source.files, hashes, prompts: None };
    let suite = checker.suite(&file, source);
    match suite {
        Some(suite) if checker.report.is_empty() => Ok(suite),
        _ => Err(checker.report.into_error()),
    }
}

struct Checker<'a> {
    report: Report<'a>,
    vocabulary: &'a Vocabulary,
    files: &'a SuiteFiles,
    /// Hex SHA-256 of the suite file and every file that it names, by name.
    hashes: BTreeMap<String, String>,
    /// Names of the prompts of its prompt file; `None`: there is none that can be read.
    prompts: Option<Vec<String>>,
}

impl Checker<'_> {
    /// The suite as far as it can be built; `None` always leaves a problem behind.
    fn suite(&mut self, file: &SuiteFile, source: &SuiteText<'_>) -> Option<Suite> {
        if let Some(version) = file.schema_version.as_ref().filter(|version| version.value != SCHEMA_VERSION) {
            let found = format!("the number {}", version.value);
            let kind = ProblemKind::OutOfRange { found, allowed: "1, the layout that this build reads," };
            self.report.add(version.span.start, "schema_version", kind);
        }
        let name =
            self.name("name", file.name.as_ref(), is_suite_name, "a name of lower-case letters, digits and hyphens");
        let version = self.name("version", file.version.as_ref(), is_version, "a version of three numbers like 1.0.0");
        let title = self.filled("title", file.title.as_ref());
        let summary = self.filled("summary", file.summary.as_ref());
        let licence = self.filled("licence", file.licence.as_ref());
        let sources = self.all_filled("sources", file.sources.as_ref());
        let limits = self.all_filled("limits", file.limits.as_ref());
        let prompt_file = match &file.prompt_file {
            None => Some(None),
            Some(name) => self.prompt_file(name).map(Some),
        };
        let data = self.data_sets(file);
        let tasks = self.tasks(file);
        let models = self.models(file);
        let statistics = self.statistics(file);
        let figures = self.figures(file);
        let errata = self.errata(file);
        let published = file.published.as_ref().map_or(Some(Vec::new()), |name| self.published(name));
        Some(Suite {
            name: name?,
            version: version?,
            title: title?,
            summary: summary?,
            licence: licence?,
            sources: sources?,
            limits: limits?,
            prompt_file: prompt_file?,
            data,
            tasks: tasks?,
            models: models?,
            statistics: statistics?,
            figures: figures?,
            published: published?,
            errata: errata?,
            origin: source.origin.clone(),
            hash: self.whole_hash(),
        })
    }

    /// One hash over all named files, in name order, so that moving a suite does not change it.
    fn whole_hash(&self) -> String {
        let lines: String = self.hashes.iter().map(|(name, hash)| format!("{name}\0{hash}\n")).collect();
        sha256_hex(lines.as_bytes())
    }

    fn published(&mut self, name: &Placed<String>) -> Option<Vec<PublishedValue>> {
        let bytes = self.named_file(name, "published", "beside the suite file", SuiteFiles::read)?;
        self.hashes.insert(name.value.clone(), sha256_hex(&bytes));
        let problems = match read_published(&bytes) {
            Ok(values) => return Some(values),
            Err(problems) => problems,
        };
        let folder = self.report.file.rfind('/').map_or("", |end| &self.report.file[..=end]);
        let file = format!("{folder}{}", name.value);
        for problem in problems {
            let (file, line, kind) = (file.clone(), problem.line, ProblemKind::Published(problem.fault));
            self.report.add_elsewhere(Problem { file, line, column: 1, key: String::new(), kind });
        }
        None
    }

    /// The words of the chat prompts; the tasks' names of prompts are checked against it.
    fn prompt_file(&mut self, name: &Placed<String>) -> Option<PromptFile> {
        let bytes = self.named_file(name, "prompt_file", "beside the suite file", SuiteFiles::read)?;
        self.hashes.insert(name.value.clone(), sha256_hex(&bytes));
        match (self.vocabulary.prompt_names)(&bytes) {
            Ok(names) => {
                self.prompts = Some(names);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                Some(PromptFile { file: name.value.clone(), text })
            }
            Err(reason) => {
                let kind = ProblemKind::UnreadableFile { file: name.value.clone(), reason };
                self.report.add(name.span.start, "prompt_file", kind);
                None
            }
        }
    }

    /// What `read` finds of a file that the suite names.
    fn named_file<T>(
        &mut self,
        name: &Placed<String>,
        key: &str,
        place: &'static str,
        read: impl FnOnce(&SuiteFiles, &str) -> std::io::Result<Option<T>>,
    ) -> Option<T> {
        if !self.safe_path(name, key) {
            return None;
        }
        let file = name.value.clone();
        let kind = match read(self.files, &name.value) {
            Ok(Some(bytes)) => return Some(bytes),
            Ok(None) => ProblemKind::MissingFile { file, place },
            Err(error) => ProblemKind::UnreadableFile { file, reason: error.to_string() },
        };
        self.report.add(name.span.start, key, kind);
        None
    }

    fn safe_path(&mut self, name: &Placed<String>, key: &str) -> bool {
        let is_safe = stays_in_folder(&name.value);
        if !is_safe {
            self.report.add(name.span.start, key, ProblemKind::UnsafePath { file: name.value.clone() });
        }
        is_safe
    }

    /// A text that is there and not blank.
    fn filled(&mut self, key: &str, field: Option<&Placed<String>>) -> Option<String> {
        self.name(key, field, |text| !text.trim().is_empty(), "a text with something in it")
    }

    fn all_filled(&mut self, key: &str, field: Option<&Placed<Vec<Placed<String>>>>) -> Option<Vec<String>> {
        field?.value.iter().map(|text| self.filled(key, Some(text))).collect()
    }

    /// A text that obeys a rule.
    fn name(
        &mut self,
        key: &str,
        field: Option<&Placed<String>>,
        rule: impl Fn(&str) -> bool,
        allowed: &'static str,
    ) -> Option<String> {
        let field = field?;
        if rule(&field.value) {
            return Some(field.value.clone());
        }
        self.report.add(field.span.start, key, ProblemKind::BadName { found: field.value.clone(), allowed });
        None
    }

    /// Tells a key that a kind cannot do without; silent when its value is already complained about.
    fn missing(&mut self, offset: usize, table: &str, key: &str, meaning: &str) {
        let key = key_path(table, key);
        if !self.report.mentions(&key) {
            self.report.add(offset, &key, ProblemKind::MissingKey { meaning: meaning.to_owned() });
        }
    }

    /// Tells names that stand twice; `names` are (name, byte offset) in file order.
    fn no_duplicates<'n>(&mut self, key: &str, names: impl IntoIterator<Item = (&'n str, usize)>) {
        let mut first = BTreeMap::new();
        for (name, offset) in names {
            match first.get(name) {
                Some(&earlier) => {
                    let first_line = self.report.index.place(earlier).0;
                    let kind = ProblemKind::DuplicateName { found: name.to_owned(), first_line };
                    self.report.add(offset, key, kind);
                }
                None => {
                    first.insert(name, offset);
                }
            }
        }
    }
}

fn is_suite_name(name: &str) -> bool {
    name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !name.is_empty()
        && !name.starts_with('-')
}

fn is_version(version: &str) -> bool {
    let parts: Vec<&str> = version.split('.').collect();
    parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}
