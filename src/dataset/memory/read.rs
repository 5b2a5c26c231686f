//! Rows out of the hub's Parquet files and out of JSON lines of the same shape.

use std::path::Path;

use super::parquet;
use super::row::{MemoryRow, Place};
use crate::dataset::{DataError, open_jsonl, read_jsonl};

/// Why rows of MemoryAgentBench cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryDataError {
    #[error(transparent)]
    Lines(#[from] DataError),
    #[error("read {file}: {source}; it is damaged or no Parquet file, fetch it again")]
    Parquet { file: String, source: polars::error::PolarsError },
    #[error(
        "read {file}, row {row}: the field `{field}` is {found}, but only {allowed} will do; correct the row or fetch the file again"
    )]
    Field { file: String, row: usize, field: String, found: String, allowed: &'static str },
    #[error(
        "read the rows of `{sub_dataset}`, row {row}: its context has {n_characters} characters, but needs more than {least}; use a longer context"
    )]
    ShortContext { sub_dataset: String, row: usize, n_characters: usize, least: usize },
    #[error("find rows of `{sub_dataset}`: no row has it as `metadata.source`; use one of: {}", known.join(", "))]
    NoRows { sub_dataset: String, known: Vec<String> },
}

/// All rows of a file, in its order: Parquet when its name ends in `.parquet`, else JSON lines, gzip when it ends in `.gz`.
///
/// `shown` is the name for messages. All rows are in memory at once; the largest file of the hub has some 30 MB of text.
///
/// # Errors
/// The file cannot be read, or a row is not one of the data set: the first fault.
pub fn read_memory_rows(path: &Path, shown: &str) -> Result<Vec<MemoryRow>, MemoryDataError> {
    if path.extension().is_some_and(|extension| extension == "parquet") {
        let rows = parquet::rows(path, shown)?;
        rows.iter().zip(1..).map(|(fields, row)| MemoryRow::of(fields, Place { file: shown, row })).collect()
    } else {
        let rows = open_jsonl(path, shown)?;
        rows.zip(1..).map(|(fields, row)| MemoryRow::of(&fields?.fields, Place { file: shown, row })).collect()
    }
}

/// The same out of JSON lines in memory.
///
/// # Errors
/// As [`read_memory_rows`].
pub fn memory_rows_of_lines(file: &str, bytes: &[u8]) -> Result<Vec<MemoryRow>, MemoryDataError> {
    let rows = read_jsonl(file, bytes);
    rows.zip(1..).map(|(fields, row)| MemoryRow::of(&fields?.fields, Place { file, row })).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::super::family::MemorySplit;
    use super::*;

    fn golden(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/memory-agent-bench/dataset").join(name)
    }

    #[test]
    fn parquet_and_json_lines_hold_the_same_rows() {
        let mut n_rows = 0;
        for split in MemorySplit::ALL {
            let parquet = read_memory_rows(&golden(&split.file()), "x.parquet").unwrap();
            let lines = read_memory_rows(&golden(&format!("{}.jsonl", split.name())), "x.jsonl").unwrap();
            assert_eq!(parquet, lines, "{}", split.name());
            n_rows += parquet.len();
        }
        assert_eq!(n_rows, 9);
    }

    #[test]
    fn files_that_are_none_are_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.parquet");
        fs::write(&path, "no parquet").expect("a temporary file can be written");
        assert!(matches!(read_memory_rows(&path, "x.parquet"), Err(MemoryDataError::Parquet { .. })));
        let whole = fs::read(golden(&MemorySplit::TestTimeLearning.file())).expect("a golden file");
        for length in [0, 4, 100, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).expect("a temporary file can be written");
            assert!(read_memory_rows(&path, "x.parquet").is_err(), "{length} bytes");
        }
        let missing = folder.path().join("missing.parquet");
        let told = read_memory_rows(&missing, "missing.parquet").unwrap_err().to_string();
        assert!(told.contains("missing.parquet"), "{told}");
        fs::write(folder.path().join("x.jsonl"), "{\"context\": \"c\"}\n").expect("a temporary file can be written");
        let told = read_memory_rows(&folder.path().join("x.jsonl"), "x.jsonl").unwrap_err().to_string();
        assert!(told.contains("x.jsonl, row 1") && told.contains("`questions`"), "{told}");
    }
}
