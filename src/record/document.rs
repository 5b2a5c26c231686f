//! Reads the whole JSON files of a run, schema first.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::{DiskAction, RecordError};

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u64,
}

/// Reads `path` as a `T` after its `schema` was found to be at most `known`.
///
/// The schema is looked at first, so that a file of a newer version is told as such and not as damaged.
pub(crate) fn read_document<T: DeserializeOwned>(path: &Path, known: u32) -> Result<T, RecordError> {
    let bytes = fs::read(path).map_err(|source| RecordError::disk(DiskAction::Read, path, source))?;
    let damaged = |source| RecordError::BadDocument { path: path.to_path_buf(), source };
    let SchemaOnly { schema: found } = serde_json::from_slice(&bytes).map_err(damaged)?;
    if found > u64::from(known) {
        return Err(RecordError::NewerSchema { path: path.to_path_buf(), found, known });
    }
    serde_json::from_slice(&bytes).map_err(damaged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    struct Document {
        value: u32,
    }

    fn read(text: &str) -> Result<Document, RecordError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("document.json");
        fs::write(&path, text).unwrap();
        read_document(&path, 2)
    }

    #[test]
    fn known_schemas_are_read_and_newer_ones_refused() {
        assert_eq!(read(r#"{"schema": 2, "value": 5}"#).unwrap(), Document { value: 5 });
        assert!(matches!(read(r#"{"schema": 3, "other": 5}"#), Err(RecordError::NewerSchema { found: 3, .. })));
    }

    #[test]
    fn damage_is_told_with_file_and_place() {
        for text in ["", "{", r#"{"schema": 1, "value": -5}"#, r#"{"value": 5}"#] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains("document.json") && message.contains("line 1"), "{message}");
        }
    }
}
