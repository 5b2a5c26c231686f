//! The names of models: one form for every option that takes a model.

use std::path::PathBuf;
use std::str::FromStr;

use super::open_error::OpenError;
use crate::redact::redact;

/// A parsed model name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelName {
    /// A small trained model in the repository.
    Builtin(String),
    /// A checkpoint folder on disk.
    Folder(PathBuf),
    /// A checkpoint on a model hub.
    Hub { id: String, revision: Option<String> },
    /// An OpenAI-compatible endpoint.
    Endpoint { url: String, model: String },
    /// Answers from an earlier run.
    Replay(PathBuf),
    /// An entry of `models.toml`.
    Entry(String),
}

impl FromStr for ModelName {
    type Err = OpenError;

    fn from_str(text: &str) -> Result<Self, OpenError> {
        // A URL may hold a password.
        let fail = |why| OpenError::Name { name: redact(text), why };
        if text.is_empty() {
            return Err(fail("it is empty"));
        }
        if let Some(name) = text.strip_prefix("builtin:") {
            return if name.is_empty() {
                Err(fail("nothing follows `builtin:`"))
            } else {
                Ok(Self::Builtin(name.into()))
            };
        }
        if let Some(run) = text.strip_prefix("replay:") {
            return if run.is_empty() {
                Err(fail("no folder follows `replay:`"))
            } else {
                Ok(Self::Replay(run.into()))
            };
        }
        if let Some(rest) = text.strip_prefix("hf:") {
            let (id, revision) = rest.split_once('@').map_or((rest, None), |(id, revision)| (id, Some(revision)));
            let parts: Vec<&str> = id.split('/').collect();
            if parts.len() != 2 || parts.iter().any(|part| part.is_empty()) || revision == Some("") {
                return Err(fail("a hub id is ORG/NAME"));
            }
            return Ok(Self::Hub { id: id.into(), revision: revision.map(Into::into) });
        }
        if text.starts_with("https://") || text.starts_with("http://") {
            let Some((url, model)) = text.split_once('#').filter(|(_, model)| !model.is_empty()) else {
                return Err(fail("the model's name after `#` is missing"));
            };
            return Ok(Self::Endpoint { url: url.into(), model: model.into() });
        }
        if text.contains("://") {
            return Err(fail("an endpoint begins with https:// or http://"));
        }
        let is_plainly_a_path = text.starts_with('.') || text.starts_with('/');
        if text.contains('#') && !is_plainly_a_path {
            return Err(fail(
                "an endpoint needs https:// or http:// before its host (a folder with `#` is named as ./FOLDER)",
            ));
        }
        if let Some(entry) = text.strip_prefix('@') {
            return if entry.is_empty() { Err(fail("no name follows `@`")) } else { Ok(Self::Entry(entry.into())) };
        }
        Ok(Self::Folder(text.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_is_understood() {
        let parse = |text: &str| text.parse::<ModelName>().expect("valid");
        assert_eq!(parse("builtin:standard"), ModelName::Builtin("standard".into()));
        assert_eq!(parse("a/b"), ModelName::Folder("a/b".into()));
        assert_eq!(parse("hf:org/name@abc"), ModelName::Hub { id: "org/name".into(), revision: Some("abc".into()) });
        assert_eq!(
            parse("https://host/v1#m/x"),
            ModelName::Endpoint { url: "https://host/v1".into(), model: "m/x".into() }
        );
        assert_eq!(parse("replay:runs/x"), ModelName::Replay("runs/x".into()));
        assert_eq!(parse("@local"), ModelName::Entry("local".into()));
    }

    #[test]
    fn half_a_name_is_refused_with_the_forms() {
        for text in [
            "",
            "builtin:",
            "hf:name",
            "hf:a/b@",
            "https://host/v1",
            "https://host/v1#",
            "@",
            "replay:",
            "host/v1#m",
            "ftp://host#m",
        ] {
            let error = text.parse::<ModelName>().expect_err(text).to_string();
            assert!(error.contains("builtin:NAME"), "{error}");
        }
    }
}
