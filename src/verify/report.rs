//! What a verification found: JSON for scripts, lines for people, and whether the build passes.

use std::fmt::Write;

use serde::Serialize;
use serde_json::Value;

use super::agreement::Agreement;

/// A case that disagrees with the reference, or a file that cannot be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedCase {
    pub id: String,
    /// The differing fields as the file has them.
    pub expected: Value,
    /// The same fields as this build computes them.
    pub got: Value,
}

/// Something that was not compared, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotChecked {
    /// Case, or `*` for the whole file.
    pub id: String,
    pub reason: String,
}

/// The outcome of one golden file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileReport {
    /// The path as the user gave it, continued to the file.
    pub file: String,
    pub kind: String,
    /// Cases of which this build handles at least one field.
    pub cases: u64,
    /// Cases of which all handled fields agree.
    pub passed: u64,
    pub failed: Vec<FailedCase>,
    /// What the reference's own description exempts.
    pub skipped: Vec<NotChecked>,
    /// Files, cases and fields that this build does not handle.
    pub unsupported: Vec<NotChecked>,
    /// Cases whose reference is wrong: the number that agrees is the one that this build labels compatible, and its own
    /// differs for the reason given.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compatible: Vec<NotChecked>,
}

/// The outcome of all files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerifyReport {
    pub files: Vec<FileReport>,
    pub cases: u64,
    pub passed: u64,
    pub failed: u64,
}

/// Id of an entry that concerns a whole file.
pub(super) const WHOLE_FILE: &str = "*";

impl FileReport {
    pub(super) fn new(file: &str, kind: &str) -> Self {
        Self {
            file: file.to_owned(),
            kind: kind.to_owned(),
            cases: 0,
            passed: 0,
            failed: Vec::new(),
            skipped: Vec::new(),
            unsupported: Vec::new(),
            compatible: Vec::new(),
        }
    }

    /// Counts one compared case.
    pub(super) fn record(&mut self, id: &str, agreement: &Agreement) {
        if agreement.n_compared > 0 {
            self.cases += 1;
            if agreement.is_pass() {
                self.passed += 1;
            } else {
                let (expected, got) = agreement.expected_and_got();
                self.failed.push(FailedCase { id: id.to_owned(), expected, got });
            }
        }
        if !agreement.unhandled.is_empty() {
            self.unsupported(id, &format!("fields not handled by this build: {}", agreement.unhandled.join(", ")));
        } else if agreement.n_compared == 0 {
            self.fail(id, Value::from("a case with something to compare"), Value::from("nothing to compare"));
        }
    }

    /// Counts one case that could not be computed.
    pub(super) fn fail(&mut self, id: &str, expected: Value, got: Value) {
        self.cases += 1;
        self.failed.push(FailedCase { id: id.to_owned(), expected, got });
    }

    pub(super) fn skip(&mut self, id: &str, reason: &str) {
        self.skipped.push(NotChecked { id: id.to_owned(), reason: reason.to_owned() });
    }

    pub(super) fn unsupported(&mut self, id: &str, reason: &str) {
        self.unsupported.push(NotChecked { id: id.to_owned(), reason: reason.to_owned() });
    }
}

impl FileReport {
    /// Notes that a case was compared by the number labelled compatible.
    pub(super) fn note_compatible(&mut self, id: &str, reason: &str) {
        self.compatible.push(NotChecked { id: id.to_owned(), reason: reason.to_owned() });
    }
}

impl VerifyReport {
    pub(super) fn new(files: Vec<FileReport>) -> Self {
        Self {
            cases: files.iter().map(|file| file.cases).sum(),
            passed: files.iter().map(|file| file.passed).sum(),
            failed: files.iter().map(|file| file.failed.len() as u64).sum(),
            files,
        }
    }

    /// Nothing failed and, unless `allow_missing`, nothing is unsupported. Decides between exit codes 0 and 1.
    #[must_use]
    pub fn is_success(&self, allow_missing: bool) -> bool {
        self.failed == 0 && (allow_missing || self.files.iter().all(|file| file.unsupported.is_empty()))
    }

    /// A line a file, its failures and gaps below it, and a sum at the end.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for file in &self.files {
            let n_failed = file.failed.len();
            let (n_skipped, n_unsupported) = (file.skipped.len(), file.unsupported.len());
            // Writing to a string does not fail; the results below are dropped for that reason.
            let _ = writeln!(
                text,
                "{} [{}]: {} cases, {} passed, {n_failed} failed, {n_skipped} skipped, {n_unsupported} unsupported",
                printable(&file.file),
                file.kind,
                file.cases,
                file.passed
            );
            for case in &file.failed {
                let _ = writeln!(text, "  failed {}", printable(&case.id));
                let _ = writeln!(text, "    expected {}", printable(&case.expected.to_string()));
                let _ = writeln!(text, "    got      {}", printable(&case.got.to_string()));
            }
            for (word, entries) in [
                ("skipped", &file.skipped),
                ("unsupported", &file.unsupported),
                ("compared by the reference-compatible number", &file.compatible),
            ] {
                for (reason, ids) in by_reason(entries) {
                    let _ = writeln!(text, "  {word} {}: {}", printable(&ids), printable(&reason));
                }
            }
        }
        let n_unsupported: usize = self.files.iter().map(|file| file.unsupported.len()).sum();
        let _ = writeln!(
            text,
            "{} files, {} cases, {} passed, {} failed, {n_unsupported} unsupported",
            self.files.len(),
            self.cases,
            self.passed,
            self.failed
        );
        text
    }
}

/// Entries with one reason on one line, in the order of first appearance.
fn by_reason(entries: &[NotChecked]) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for entry in entries {
        match lines.iter_mut().find(|(reason, _)| *reason == entry.reason) {
            Some((_, ids)) => {
                ids.push_str(", ");
                ids.push_str(&entry.id);
            }
            None => lines.push((entry.reason.clone(), entry.id.clone())),
        }
    }
    lines
}

/// Without control characters, which a file of someone else's may hold and a terminal would obey.
fn printable(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { '\u{fffd}' } else { character }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::agreement::{Rule, compare};
    use super::*;

    fn report_of(expected: &Value, got: &Value) -> VerifyReport {
        let mut file = FileReport::new("golden/x.json", "membership");
        file.record("case-1", &compare(expected, got, &|_| Rule::Exact));
        VerifyReport::new(vec![file])
    }

    #[test]
    fn agreement_passes_and_disagreement_fails_whatever_is_allowed() {
        let good = report_of(&json!({"a": 1}), &json!({"a": 1}));
        assert!(good.is_success(false));
        let bad = report_of(&json!({"a": 1}), &json!({"a": 2}));
        assert!(!bad.is_success(true));
        assert_eq!((bad.cases, bad.passed, bad.failed), (1, 0, 1));
        let text = bad.to_text();
        assert!(text.contains("failed case-1") && text.contains("{\"a\":1}") && text.contains("{\"a\":2}"), "{text}");
    }

    #[test]
    fn an_unhandled_field_is_forgiven_only_when_missing_is_allowed() {
        let partial = report_of(&json!({"a": 1, "b": 2}), &json!({"a": 1}));
        assert_eq!((partial.cases, partial.passed, partial.failed), (1, 1, 0));
        assert!(!partial.is_success(false));
        assert!(partial.is_success(true));
    }

    #[test]
    fn a_case_of_which_nothing_is_handled_does_not_count_as_passed() {
        let none = report_of(&json!({"b": 2}), &json!({}));
        assert_eq!((none.cases, none.passed, none.failed), (0, 0, 0));
        assert!(!none.is_success(false));
    }

    #[test]
    fn a_case_without_any_expectation_fails() {
        let empty = report_of(&json!({}), &json!({"a": 1}));
        assert!(!empty.is_success(true));
    }

    #[test]
    fn the_json_has_the_documented_keys() {
        let value = serde_json::to_value(report_of(&json!({"a": 1}), &json!({"a": 2}))).expect("a report is JSON");
        let keys = |value: &Value| value.as_object().map(|o| o.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let mut top = keys(&value);
        top.sort();
        assert_eq!(top, ["cases", "failed", "files", "passed"]);
        let mut file = keys(&value["files"][0]);
        file.sort();
        assert_eq!(file, ["cases", "failed", "file", "kind", "passed", "skipped", "unsupported"]);
        let mut failed = keys(&value["files"][0]["failed"][0]);
        failed.sort();
        assert_eq!(failed, ["expected", "got", "id"]);
    }

    #[test]
    fn terminal_control_characters_do_not_reach_the_terminal() {
        let text = report_of(&json!({"a": "\u{1b}[2J"}), &json!({"a": "x"})).to_text();
        assert!(!text.contains('\u{1b}'));
    }
}
