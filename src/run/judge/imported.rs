//! Verdicts of a judge that ran elsewhere, out of a file: upstream's result of STALE, or lines of ours.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::units::{JudgedUnit, UnitPart};
use crate::backend::ModelIdentity;
use crate::digest::sha256_hex;
use crate::record::{Failure, Outcome};

/// A judge whose replies are in a file.
#[derive(Debug)]
pub struct ImportedJudge {
    pub(in crate::run) identity: ModelIdentity,
    /// By unit, and for summaries by `UNIT#PART`.
    replies: BTreeMap<String, String>,
}

/// Why a file holds no verdicts.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("read the verdicts {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error(
        "read the verdicts {}{}: {reason}; give upstream's result file of STALE (an object with `details`, each with `uid` and `evaluation`), or JSON lines with `unit` and `reply`",
        path.display(), line.map_or_else(String::new, |line| format!(", line {line}"))
    )]
    Shape { path: PathBuf, line: Option<usize>, reason: String },
    #[error(
        "import the verdicts {}: none of its {n} names is one of the run's answers (it has `{found}`, the run `{known}`); give the verdicts on this run's answers",
        path.display()
    )]
    NoMatch { path: PathBuf, n: usize, found: String, known: String },
}

impl ImportedJudge {
    /// Whether a name is that of a file of verdicts.
    #[must_use]
    pub fn is_file(path: &Path) -> bool {
        let ends = path.extension().is_some_and(|ending| ending == "json" || ending == "jsonl");
        ends && path.is_file()
    }

    /// Reads a file of verdicts.
    ///
    /// # Errors
    /// It cannot be read, or has another shape: the first fault.
    pub fn read(path: &Path) -> Result<Self, ImportError> {
        let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        let shape = |line, reason: &str| ImportError::Shape { path: path.to_owned(), line, reason: reason.to_owned() };
        let mut replies = BTreeMap::new();
        let mut put = |unit: &str, reply: String, line: Option<usize>| match replies.insert(unit.to_owned(), reply) {
            None => Ok(()),
            Some(_) => Err(shape(line, &format!("`{unit}` has two verdicts"))),
        };
        match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(whole)) if whole.contains_key("details") => {
                let details = whole.get("details").and_then(Value::as_array);
                let details = details.ok_or_else(|| shape(None, "`details` is no list"))?;
                for (place, row) in details.iter().enumerate() {
                    let uid = row.get("uid").and_then(Value::as_str);
                    let uid = uid.ok_or_else(|| shape(None, &format!("details[{place}] has no `uid`")))?;
                    let evaluation = row.get("evaluation").unwrap_or(&Value::Null);
                    // What upstream could not read is an error of its judge, and stays one.
                    put(uid, if evaluation.is_null() { String::new() } else { evaluation.to_string() }, None)?;
                }
            }
            _ => {
                for (place, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                    let row: Value = serde_json::from_str(line)
                        .map_err(|error| shape(Some(place + 1), &format!("no JSON ({error})")))?;
                    let field = |name: &str| row.get(name).and_then(Value::as_str).map(str::to_owned);
                    let unit = field("unit").ok_or_else(|| shape(Some(place + 1), "no text `unit`"))?;
                    let reply = match row.get("reply") {
                        Some(Value::String(text)) => text.clone(),
                        Some(other) => other.to_string(),
                        None => return Err(shape(Some(place + 1), "no `reply`")),
                    };
                    put(&unit, reply, Some(place + 1))?;
                }
            }
        }
        if replies.is_empty() {
            return Err(shape(None, "it holds none"));
        }
        let identity = ModelIdentity::without_a_model(
            path.display().to_string(),
            "imported verdicts",
            sha256_hex(text.as_bytes()),
        );
        Ok(Self { identity, replies })
    }

    /// Whether any verdict is on an answer of a run. `items`: ids of the run's items; a scenario's name stands before their last slash.
    ///
    /// # Errors
    /// [`ImportError::NoMatch`]: none is.
    pub fn check_names<'i>(&self, path: &Path, items: impl Iterator<Item = &'i str>) -> Result<(), ImportError> {
        let has_part = |unit: &str| {
            let prefix = format!("{unit}#");
            self.replies.range(prefix.clone()..).next().is_some_and(|(name, _)| name.starts_with(&prefix))
        };
        let mut known = "";
        for item in items {
            known = item;
            let scenario = item.rsplit_once('/').map_or(item, |(scenario, _)| scenario);
            if self.replies.contains_key(item) || self.replies.contains_key(scenario) || has_part(item) {
                return Ok(());
            }
        }
        let found = self.replies.keys().next().cloned().unwrap_or_default();
        Err(ImportError::NoMatch { path: path.to_owned(), n: self.replies.len(), found, known: known.to_owned() })
    }

    /// The reply to a part of a unit.
    ///
    /// # Errors
    /// The file has none.
    pub(super) fn reply(&self, unit: &JudgedUnit, part: &UnitPart) -> Result<String, Failure> {
        let name = if part.name.is_empty() { unit.name.clone() } else { format!("{}#{}", unit.name, part.name) };
        self.replies.get(&name).cloned().ok_or_else(|| Failure {
            kind: super::verdicts::NO_VERDICT.to_owned(),
            message: format!("the file of verdicts has none on `{name}`"),
            is_unscorable_item: false,
            attempts: None,
            status: None,
            body: None,
        })
    }
}

/// An outcome of the import as a reply.
pub(super) fn outcome(
    judge: &ImportedJudge,
    unit: &JudgedUnit,
    part: &UnitPart,
    said: impl FnOnce(String) -> crate::record::Answer,
) -> Outcome {
    judge.reply(unit, part).map(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ImportedJudge, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.json");
        std::fs::write(&path, text).unwrap();
        ImportedJudge::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn upstreams_results_and_lines_are_read() {
        let upstream = r#"{"config": {}, "details": [{"uid": "a", "evaluation": {"dim1_eval": {"pass": true}}},
            {"uid": "b", "evaluation": null}]}"#;
        let judge = read(upstream).unwrap();
        assert_eq!(judge.replies["a"], r#"{"dim1_eval":{"pass":true}}"#);
        assert_eq!(judge.replies["b"], "");
        let judge =
            read("{\"unit\": \"a\", \"reply\": \"yes\"}\n\n{\"unit\": \"b\", \"reply\": {\"x\": 1}}\n").unwrap();
        assert_eq!((judge.replies["a"].as_str(), judge.replies["b"].as_str()), ("yes", "{\"x\":1}"));
    }

    #[test]
    fn other_files_are_refused_with_their_line() {
        for (text, words) in [
            ("", "none"),
            ("{\"unit\": 3, \"reply\": \"x\"}", "line 1"),
            ("{\"unit\": \"a\", \"reply\": \"x\"}\n{", "line 2"),
            ("{\"unit\": \"a\", \"reply\": \"x\"}\n{\"unit\": \"a\", \"reply\": \"y\"}", "two verdicts"),
            ("{\"details\": [{}]}", "details[0]"),
        ] {
            assert!(read(text).unwrap_err().contains(words), "{text}");
        }
    }
}
