//! `FILE.journal.jsonl`: the answered rows of one output file, one line each, whole or not there.

use std::collections::{HashMap, HashSet};
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::dataset::RowId;
use crate::record::{DiskAction, RecordError, TornLine};

/// A journal open for writing; locked against other writers as long as it lives.
#[derive(Debug)]
pub(super) struct RowJournal {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    length: u64,
}

/// A journal with what it held.
#[derive(Debug)]
pub(super) struct OpenedJournal<R> {
    pub(super) journal: RowJournal,
    /// Request hash -> row, of the wanted ones; the last where a hash stands twice.
    pub(super) answered: HashMap<String, R>,
    /// The end of a line that a killed call did not finish; it has been cut off.
    pub(super) torn: Option<TornLine>,
}

#[derive(Serialize)]
struct WrittenLine<'a, R> {
    id: &'a RowId,
    request: &'a str,
    row: &'a R,
}

/// Enough to know whether a line is wanted; the rest is skipped.
#[derive(Deserialize)]
struct LineHead {
    request: String,
}

/// Not flattened: only a field that is read on its own keeps every bit of an `f32`.
#[derive(Deserialize)]
struct LineRow<R> {
    row: R,
}

impl RowJournal {
    /// Opens a journal, or makes it, reads the rows whose hash is `wanted` and cuts off a torn last line.
    ///
    /// # Errors
    /// Another process writes to it, a line before the last one is no journal line, or the disk says no.
    pub(super) fn open<R: DeserializeOwned>(
        path: &Path,
        wanted: &HashSet<&str>,
    ) -> Result<OpenedJournal<R>, RecordError> {
        let failed = |action| move |source| RecordError::disk(action, path, source);
        let file =
            File::options().read(true).append(true).create(true).open(path).map_err(failed(DiskAction::Create))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(RecordError::InUse { path: path.to_owned() }),
            Err(TryLockError::Error(source)) => return Err(RecordError::disk(DiskAction::Lock, path, source)),
        }
        let mut answered = HashMap::new();
        let mut torn = None;
        let mut length = 0;
        let mut reader = BufReader::with_capacity(1 << 16, &file);
        let mut line = Vec::new();
        for number in 1.. {
            line.clear();
            let bytes = reader.read_until(b'\n', &mut line).map_err(failed(DiskAction::Read))? as u64;
            if bytes == 0 {
                break;
            }
            let torn_here = TornLine { path: path.to_owned(), line: number, bytes };
            if line.last() != Some(&b'\n') {
                torn = Some(torn_here);
                break;
            }
            let parsed = serde_json::from_slice::<LineHead>(&line).and_then(|head| {
                let is_wanted = wanted.contains(head.request.as_str());
                let row = is_wanted.then(|| serde_json::from_slice::<LineRow<R>>(&line)).transpose()?;
                Ok((head.request, row))
            });
            match parsed {
                Ok((request, Some(LineRow { row }))) => drop(answered.insert(request, row)),
                Ok((_, None)) => {}
                Err(source) => {
                    // Blocks of a line may reach the disk in any order when the power goes.
                    let is_last = reader.fill_buf().map_err(failed(DiskAction::Read))?.is_empty();
                    if is_last && !source.is_data() {
                        torn = Some(torn_here);
                        break;
                    }
                    return Err(RecordError::BadLine { path: path.to_owned(), line: number, source });
                }
            }
            length += bytes;
        }
        if torn.is_some() {
            file.set_len(length).map_err(failed(DiskAction::Shorten))?;
        }
        Ok(OpenedJournal { journal: Self { path: path.to_owned(), file, length }, answered, torn })
    }

    /// Appends a row with one write call; when this returns, it survives a kill of the process.
    ///
    /// # Errors
    /// The disk says no; the line is taken back, so that the journal stays readable.
    pub(super) fn append<R: Serialize>(&mut self, id: &RowId, request: &str, row: &R) -> Result<(), RecordError> {
        let mut line = serde_json::to_vec(&WrittenLine { id, request, row })
            .map_err(|source| RecordError::Encode { what: "a journal line", source })?;
        line.push(b'\n');
        if let Err(source) = self.file.write_all(&line) {
            // If this fails too, the next call cuts the torn end before it writes.
            let _ = self.file.set_len(self.length);
            return Err(RecordError::disk(DiskAction::Write, &self.path, source));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Flushes to the disk, so that everything survives a power loss.
    ///
    /// # Errors
    /// The disk says no.
    pub(super) fn sync(&mut self) -> Result<(), RecordError> {
        self.file.sync_data().map_err(|source| RecordError::disk(DiskAction::Sync, &self.path, source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<OpenedJournal<Vec<f32>>, RecordError> {
        RowJournal::open(path, &HashSet::from(["a", "b"]))
    }

    fn filled(path: &Path) {
        let mut journal = open(path).unwrap().journal;
        for (id, request, row) in [(1, "a", vec![0.1_f32, -1e-30]), (2, "other", vec![7.0]), (3, "b", vec![])] {
            journal.append(&RowId::Number(id), request, &row).unwrap();
        }
    }

    #[test]
    fn wanted_rows_come_back_with_every_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.journal.jsonl");
        filled(&path);
        let opened = open(&path).unwrap();
        assert_eq!(opened.answered, HashMap::from([("a".to_owned(), vec![0.1_f32, -1e-30]), ("b".to_owned(), vec![])]));
        assert!(opened.torn.is_none());
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_journal_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.journal.jsonl");
        filled(&path);
        let whole = std::fs::read(&path).unwrap();
        for kept in [whole.len() - 1, whole.len() - 20] {
            std::fs::write(&path, &whole[..kept]).unwrap();
            let mut opened = open(&path).unwrap();
            assert_eq!(opened.torn.as_ref().map(|torn| torn.line), Some(3));
            assert_eq!(opened.answered.len(), 1);
            opened.journal.append(&RowId::Number(3), "b", &vec![0.0_f32; 0]).unwrap();
            drop(opened);
            assert_eq!(std::fs::read(&path).unwrap(), whole);
        }
    }

    #[test]
    fn a_damaged_line_in_the_middle_is_refused_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.journal.jsonl");
        filled(&path);
        let text = std::fs::read_to_string(&path).unwrap().replacen("\"request\":\"other\"", "\"request\":oops", 1);
        std::fs::write(&path, text).unwrap();
        assert!(matches!(open(&path), Err(RecordError::BadLine { line: 2, .. })));
    }

    #[test]
    fn two_writers_are_one_too_many() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.journal.jsonl");
        let first = open(&path).unwrap();
        assert!(matches!(open(&path), Err(RecordError::InUse { .. })));
        drop(first);
        assert!(open(&path).is_ok());
    }
}
