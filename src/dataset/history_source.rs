//! Data sets of histories: files that are too large to be held in memory beside what is made of them.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::DataError;
use super::item::Item;
use super::memory::family::MemorySplit;
use super::memory::items::memory_items;
use super::memory::read::{MemoryDataError, memory_rows_of_lines, read_memory_rows};
use super::source::{HubAccess, LoadedData, Size, Titles, hub_pin};
use super::stale::{Asked, stale_items};
use crate::digest::{hex, sha256_hex};
use crate::hub::fetch_data_file;
use crate::suite::{DataSchema, DataSet, Suite, SuiteFiles};

/// Where a file is.
enum Located {
    Embedded { name: String, bytes: std::borrow::Cow<'static, [u8]> },
    OnDisk { name: String, path: PathBuf },
}

impl Located {
    fn name(&self) -> &str {
        match self {
            Self::Embedded { name, .. } | Self::OnDisk { name, .. } => name,
        }
    }
}

/// Reads a data set of histories in a size.
///
/// # Errors
/// The data set does not exist in this size, its file is missing or differs from its hash, or a row is faulty.
pub(super) fn load_histories(
    suite: &Suite,
    data: &DataSet,
    size: &Size,
    hub: &HubAccess<'_>,
) -> Result<LoadedData, DataError> {
    let (located, pinned) = locate(suite, data, size, hub)?;
    let shown = match size {
        Size::Hub => located.name().rsplit('/').next().unwrap_or_default().to_owned(),
        Size::Builtin | Size::Folder(_) => located.name().to_owned(),
    };
    let (items, rows, sha256) = match data.schema {
        DataSchema::MemoryAgentBench => of_contexts(&located, &shown, data)?,
        DataSchema::Stale => of_scenarios(&located, &shown, Asked::Scenarios)?,
        _ => of_scenarios(&located, &shown, Asked::Controls)?,
    };
    if let Some(expected) = pinned.filter(|expected| *expected != sha256) {
        return Err(DataError::HashMismatch { file: shown, expected, found: sha256 });
    }
    let titles = match data.titles.as_ref().and_then(|name| suite.data.get(name)) {
        Some(set) => Some(titles(suite, set, size, hub)?),
        None => None,
    };
    Ok(LoadedData { items, file: located.name().to_owned(), sha256, rows, titles })
}

fn of_contexts(located: &Located, shown: &str, data: &DataSet) -> Result<(Vec<Item>, usize, String), DataError> {
    let faulty = |error| DataError::Memory(Box::new(error));
    let (rows, sha256) = match located {
        Located::Embedded { name, bytes } => (memory_rows_of_lines(name, bytes).map_err(faulty)?, sha256_hex(bytes)),
        Located::OnDisk { path, .. } => (read_memory_rows(path, shown).map_err(faulty)?, file_sha256(path, shown)?),
    };
    // Items are named after the split, whatever else the file's name says.
    let stem = shown.rsplit('/').next().unwrap_or(shown);
    let split = MemorySplit::ALL.into_iter().map(MemorySplit::name).find(|name| stem.contains(name));
    let split = split.unwrap_or_else(|| stem.split('.').next().unwrap_or(stem));
    match memory_items(&rows, split, &data.sources) {
        Ok(items) => Ok((items, rows.len(), sha256)),
        Err(MemoryDataError::NoRows { sub_dataset, known }) => {
            let what = format!("`{sub_dataset}` as its `metadata.source` (it has {})", known.join(", "));
            Err(DataError::NoSource { file: shown.to_owned(), what })
        }
        Err(MemoryDataError::ShortContext { sub_dataset, row, n_characters, least }) => {
            Err(DataError::ShortContext { file: shown.to_owned(), row, sub_dataset, n_characters, least })
        }
        Err(error) => Err(faulty(error)),
    }
}

fn of_scenarios(located: &Located, shown: &str, asked: Asked) -> Result<(Vec<Item>, usize, String), DataError> {
    let faulty = |error| DataError::Scenario(Box::new(error));
    match located {
        Located::Embedded { name, bytes } => {
            let (items, rows) = stale_items(bytes.as_ref(), name, None, asked).map_err(faulty)?;
            Ok((items, rows, sha256_hex(bytes)))
        }
        Located::OnDisk { path, .. } => {
            let unreadable = |source| DataError::Unreadable { file: shown.to_owned(), source };
            let file = File::open(path).map_err(unreadable)?;
            let mut hashed = Hashed { inner: BufReader::with_capacity(1 << 16, file), hasher: Sha256::new() };
            let (items, rows) = stale_items(&mut hashed, shown, Some(path), asked).map_err(faulty)?;
            // What stands behind the list belongs to the file as well.
            std::io::copy(&mut hashed, &mut std::io::sink()).map_err(unreadable)?;
            if items.is_empty() {
                return Err(DataError::NoRows { file: shown.to_owned() });
            }
            Ok((items, rows, hex(&hashed.hasher.finalize())))
        }
    }
}

/// A stream whose bytes are hashed as they are taken.
struct Hashed<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: BufRead> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }
}

impl<R: BufRead> BufRead for Hashed<R> {
    fn fill_buf(&mut self) -> std::io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        if let Ok(bytes) = self.inner.fill_buf() {
            self.hasher.update(&bytes[..amount.min(bytes.len())]);
        }
        self.inner.consume(amount);
    }
}

fn file_sha256(path: &Path, shown: &str) -> Result<String, DataError> {
    let unreadable = |source| DataError::Unreadable { file: shown.to_owned(), source };
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher).map_err(unreadable)?;
    Ok(hex(&hasher.finalize()))
}

/// Titles of films by their ids.
fn titles(suite: &Suite, set: &DataSet, size: &Size, hub: &HubAccess<'_>) -> Result<Titles, DataError> {
    let (located, pinned) = locate(suite, set, size, hub)?;
    let name = located.name().to_owned();
    let bytes = match located {
        Located::Embedded { bytes, .. } => bytes.into_owned(),
        Located::OnDisk { path, .. } => {
            std::fs::read(&path).map_err(|source| DataError::Unreadable { file: name.clone(), source })?
        }
    };
    let sha256 = sha256_hex(&bytes);
    if let Some(expected) = pinned.filter(|expected| *expected != sha256) {
        return Err(DataError::HashMismatch { file: name, expected, found: sha256 });
    }
    let text = String::from_utf8(bytes).map_err(|error| DataError::NotUtf8 {
        file: name.clone(),
        line: 1,
        column: error.utf8_error().valid_up_to() + 1,
    })?;
    Ok(Titles { data: set.name.clone(), file: name, sha256, text })
}

/// The file of a data set, and the hash that it must have.
fn locate(
    suite: &Suite,
    data: &DataSet,
    size: &Size,
    hub: &HubAccess<'_>,
) -> Result<(Located, Option<String>), DataError> {
    let absent = || DataError::NotInThisSize { data: data.name.clone(), size: size.kind(), offered: data.sizes() };
    match size {
        Size::Builtin => {
            let source = data.builtin.as_ref().ok_or_else(absent)?;
            let file = source.file.clone();
            let read = SuiteFiles::of(&suite.origin, &suite.name).read_builtin_set(&file);
            let files = read.map_err(|source| DataError::Unreadable { file: file.clone(), source })?;
            let (name, bytes) = files.into_iter().next().ok_or(DataError::NoBuiltin { file })?;
            Ok((Located::Embedded { name, bytes }, Some(source.sha256.clone())))
        }
        Size::Hub => {
            let source = data.hub.as_ref().ok_or_else(absent)?;
            let (revision, is_of_user) = hub_pin(data, source, hub)?;
            let fetched = fetch_data_file(&source.id, &revision, &source.file, &hub.options).map_err(DataError::Hub)?;
            let name = format!("{}@{}/{}", source.id, fetched.commit, source.file);
            Ok((Located::OnDisk { name, path: fetched.path }, source.sha256.clone().filter(|_| !is_of_user)))
        }
        Size::Folder(folder) => {
            let source = data.path.as_ref().ok_or_else(absent)?;
            let shown = folder.display().to_string();
            if !folder.is_dir() {
                return Err(DataError::NoFolder { folder: shown, file: source.file.clone() });
            }
            for name in std::iter::once(&source.file).chain(&source.or) {
                let path = folder.join(name);
                if path.is_file() {
                    return Ok((Located::OnDisk { name: name.clone(), path }, None));
                }
            }
            Err(DataError::NotInFolder { folder: shown, file: source.file.clone(), tasks: Vec::new() })
        }
    }
}
