//! `tokens/NNNNNN.parquet`: per-token arrays of local scoring, closed segment by segment.
//!
//! A segment is on the disk under its own name before the journal speaks of it, so a journal line never points at
//! nothing, and a kill costs at most the open segment.

use std::fs;
use std::io::Cursor;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use polars::prelude::{
    BooleanChunked, Column, DataFrame, DataType, Float32Type, IntoSeries, ListBooleanChunkedBuilder, ListBuilderTrait,
    ListChunked, ListPrimitiveChunkedBuilder, NamedFrom, PolarsNumericType, PolarsResult, Series, UInt32Type,
};

use super::answer::AnswerKey;
use super::atomic::write_atomically;
use super::error::{DiskAction, RecordError};
use super::parquet::{Columns, decode, encode};
use crate::backend::TokenScores;
use crate::digest::sha256_hex;

/// Rows of a segment unless told otherwise.
pub const DEFAULT_ROWS_PER_SEGMENT: NonZeroUsize = NonZeroUsize::new(256).expect("256 is not zero");

/// Token scores and whose they are.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenRow {
    pub key: AnswerKey,
    pub scores: TokenScores,
}

/// A segment that is whole and on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedSegment {
    pub segment: u32,
    pub rows: u32,
    /// Of the file's bytes.
    pub sha256: String,
}

/// Collects rows and writes them as one file when it is closed.
#[derive(Debug)]
pub struct TokenSegmentWriter {
    folder: PathBuf,
    next_segment: u32,
    rows_per_segment: NonZeroUsize,
    rows: Vec<TokenRow>,
}

impl TokenSegmentWriter {
    /// Writes into `folder` (made at the first segment) from segment `next_segment` on. A file of that number that
    /// no journal line names is overwritten: its writer was killed between the two.
    #[must_use]
    pub fn new(folder: &Path, next_segment: u32, rows_per_segment: NonZeroUsize) -> Self {
        Self { folder: folder.to_path_buf(), next_segment, rows_per_segment, rows: Vec::new() }
    }

    /// Takes a row into the open segment; its place is the number of [`Self::close`] and the count of rows before it.
    pub fn push(&mut self, row: TokenRow) {
        self.rows.push(row);
    }

    /// The open segment holds as many rows as it should.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.rows.len() >= self.rows_per_segment.get()
    }

    /// Writes the open segment; `None`: it had no rows. After an error the rows are still there.
    ///
    /// # Errors
    /// [`RecordError::Disk`], [`RecordError::TooManySegments`], [`RecordError::EncodeParquet`].
    pub fn close(&mut self) -> Result<Option<ClosedSegment>, RecordError> {
        if self.rows.is_empty() {
            return Ok(None);
        }
        let too_many = || RecordError::TooManySegments { path: self.folder.clone(), count: self.next_segment };
        let following = self.next_segment.checked_add(1).ok_or_else(too_many)?;
        let rows = u32::try_from(self.rows.len()).map_err(|_| too_many())?;
        fs::create_dir_all(&self.folder)
            .map_err(|source| RecordError::disk(DiskAction::CreateFolder, &self.folder, source))?;
        let bytes = segment_to_bytes(&self.rows)?;
        write_atomically(&segment_path(&self.folder, self.next_segment), &bytes)?;
        let closed = ClosedSegment { segment: self.next_segment, rows, sha256: sha256_hex(&bytes) };
        self.rows.clear();
        self.next_segment = following;
        Ok(Some(closed))
    }
}

/// The file of a segment.
#[must_use]
pub fn segment_path(folder: &Path, segment: u32) -> PathBuf {
    folder.join(format!("{segment:06}.parquet"))
}

/// Reads one segment whole, after its bytes were compared with `sha256` (checked before anything is parsed).
///
/// # Errors
/// [`RecordError::Disk`], [`RecordError::HashMismatch`], [`RecordError::BadParquet`], [`RecordError::BadCell`].
pub fn read_segment(path: &Path, sha256: &str) -> Result<Vec<TokenRow>, RecordError> {
    let bytes = fs::read(path).map_err(|source| RecordError::disk(DiskAction::Read, path, source))?;
    let found = sha256_hex(&bytes);
    if found != sha256 {
        let expected = sha256.to_owned();
        return Err(RecordError::HashMismatch { path: path.to_path_buf(), expected, found });
    }
    let columns = decode(path, Cursor::new(bytes))?;
    (0..columns.n_rows()).map(|row| row_at(&columns, row)).collect()
}

fn segment_to_bytes(rows: &[TokenRow]) -> Result<Vec<u8>, RecordError> {
    let text = |name: &str, of: fn(&TokenRow) -> &str| -> Column {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>()).into()
    };
    let number = |name: &str, of: fn(&TokenRow) -> u64| -> Column {
        Series::new(name.into(), rows.iter().map(of).collect::<Vec<_>>()).into()
    };
    let columns = vec![
        text("task", |r| &r.key.task),
        text("item", |r| &r.key.item),
        Series::new("epoch".into(), rows.iter().map(|r| r.key.epoch).collect::<Vec<_>>()).into(),
        lists::<UInt32Type>("token_ids", DataType::UInt32, rows, |r| Some(&r.scores.token_ids)),
        number("first_scored", |r| r.scores.first_scored as u64),
        lists::<Float32Type>("logprobs", DataType::Float32, rows, |r| Some(&r.scores.logprobs)),
        lists::<Float32Type>("vocab_mean", DataType::Float32, rows, |r| r.scores.vocab_mean.as_deref()),
        lists::<Float32Type>("vocab_std", DataType::Float32, rows, |r| r.scores.vocab_std.as_deref()),
        flags("is_argmax", rows),
        number("n_windows", |r| r.scores.n_windows as u64),
    ];
    encode("a token segment", DataFrame::new(rows.len(), columns))
}

fn lists<T: PolarsNumericType>(
    name: &'static str,
    inner: DataType,
    rows: &[TokenRow],
    of: fn(&TokenRow) -> Option<&[T::Native]>,
) -> Column {
    let n_values = rows.iter().filter_map(of).map(<[_]>::len).sum();
    let mut builder = ListPrimitiveChunkedBuilder::<T>::new(name.into(), rows.len(), n_values, inner);
    for row in rows {
        builder.append_opt_slice(of(row));
    }
    builder.finish().into_series().into()
}

fn flags(name: &'static str, rows: &[TokenRow]) -> Column {
    let n_values = rows.iter().map(|r| r.scores.is_argmax.len()).sum();
    let mut builder = ListBooleanChunkedBuilder::new(name.into(), rows.len(), n_values);
    for row in rows {
        builder.append_iter(row.scores.is_argmax.iter().map(|&flag| Some(flag)));
    }
    builder.finish().into_series().into()
}

fn row_at(columns: &Columns, row: usize) -> Result<TokenRow, RecordError> {
    let count = |name| {
        let value = columns.u64(name)?.get(row).and_then(|value| usize::try_from(value).ok());
        columns.needed(row, name, value)
    };
    let floats = |name| list_at(columns, row, name, |list| values_of(list.f32()?));
    Ok(TokenRow {
        key: AnswerKey {
            task: columns.needed(row, "task", columns.text("task")?.get(row))?.to_owned(),
            item: columns.needed(row, "item", columns.text("item")?.get(row))?.to_owned(),
            epoch: columns.needed(row, "epoch", columns.u32("epoch")?.get(row))?,
        },
        scores: TokenScores {
            token_ids: columns.needed(
                row,
                "token_ids",
                list_at(columns, row, "token_ids", |l| values_of(l.u32()?))?,
            )?,
            first_scored: count("first_scored")?,
            logprobs: columns.needed(row, "logprobs", floats("logprobs")?)?,
            vocab_mean: floats("vocab_mean")?,
            vocab_std: floats("vocab_std")?,
            is_argmax: columns.needed(
                row,
                "is_argmax",
                list_at(columns, row, "is_argmax", |l| flags_of(l.bool()?))?,
            )?,
            n_windows: count("n_windows")?,
            wire: None,
        },
    })
}

/// The list in one row; `None`: null.
fn list_at<V>(
    columns: &Columns,
    row: usize,
    name: &'static str,
    values: impl FnOnce(&Series) -> PolarsResult<Option<Vec<V>>>,
) -> Result<Option<Vec<V>>, RecordError> {
    let list: &ListChunked = columns.list(name)?;
    let Some(list) = list.get_as_series(row) else { return Ok(None) };
    let values = values(&list).map_err(|source| columns.damaged(source))?;
    // A null inside a list is damage, other than a null list.
    columns.needed(row, name, values).map(Some)
}

fn values_of<T: PolarsNumericType>(list: &polars::prelude::ChunkedArray<T>) -> PolarsResult<Option<Vec<T::Native>>> {
    Ok(list.iter().collect())
}

fn flags_of(list: &BooleanChunked) -> PolarsResult<Option<Vec<bool>>> {
    Ok(list.iter().collect())
}
