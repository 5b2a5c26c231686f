//! Parquet files: one way to write them, so that equal tables give equal bytes, and checked access to columns.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use polars::prelude::{
    DataFrame, Float64Chunked, ListChunked, ParquetReader, ParquetWriter, PolarsError, PolarsResult, SerReader,
    StringChunked, UInt32Chunked, UInt64Chunked,
};

use super::error::RecordError;

/// Encodes a table. The bytes depend on the table alone: no time, no path, no thread count.
pub(crate) fn encode(what: &'static str, table: PolarsResult<DataFrame>) -> Result<Vec<u8>, RecordError> {
    let failed = |source| RecordError::EncodeParquet { what, source };
    let mut table = table.map_err(failed)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).set_parallel(false).finish(&mut table).map_err(failed)?;
    Ok(bytes)
}

/// Decodes a table from the bytes of the file at `path`.
pub(crate) fn decode(path: &Path, bytes: Cursor<Vec<u8>>) -> Result<Columns, RecordError> {
    let table = ParquetReader::new(bytes)
        .set_rechunk(true)
        .finish()
        .map_err(|source| RecordError::BadParquet { path: path.to_path_buf(), source })?;
    Ok(Columns { path: path.to_path_buf(), table })
}

/// A table that was read, with errors that name its file.
pub(crate) struct Columns {
    path: PathBuf,
    table: DataFrame,
}

impl Columns {
    pub(crate) fn n_rows(&self) -> usize {
        self.table.height()
    }

    pub(crate) fn text(&self, name: &str) -> Result<&StringChunked, RecordError> {
        self.table.column(name).and_then(|column| column.str()).map_err(|e| self.damaged(e))
    }

    pub(crate) fn u32(&self, name: &str) -> Result<&UInt32Chunked, RecordError> {
        self.table.column(name).and_then(|column| column.u32()).map_err(|e| self.damaged(e))
    }

    pub(crate) fn u64(&self, name: &str) -> Result<&UInt64Chunked, RecordError> {
        self.table.column(name).and_then(|column| column.u64()).map_err(|e| self.damaged(e))
    }

    pub(crate) fn f64(&self, name: &str) -> Result<&Float64Chunked, RecordError> {
        self.table.column(name).and_then(|column| column.f64()).map_err(|e| self.damaged(e))
    }

    pub(crate) fn list(&self, name: &str) -> Result<&ListChunked, RecordError> {
        self.table.column(name).and_then(|column| column.list()).map_err(|e| self.damaged(e))
    }

    /// `value`, or the error that says where one is missing.
    pub(crate) fn needed<T>(&self, row: usize, column: &'static str, value: Option<T>) -> Result<T, RecordError> {
        value.ok_or_else(|| RecordError::BadCell { path: self.path.clone(), row, column })
    }

    pub(crate) fn damaged(&self, source: PolarsError) -> RecordError {
        RecordError::BadParquet { path: self.path.clone(), source }
    }
}
