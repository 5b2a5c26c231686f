//! `journal.jsonl`: append-only, one line an event, whole or not there.
//!
//! A line reaches the kernel with one write call before the event counts, so it survives a kill; it is flushed to
//! the disk at most a second later than the next event, so a power loss costs about a second.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::canonical::sorted_value;
use super::error::{DiskAction, RecordError};
use super::event::{JOURNAL_SCHEMA, JournalEvent};

/// Longest time between two flushes to the disk while events come in.
const SYNC_INTERVAL: Duration = Duration::from_secs(1);

/// A journal open for writing; locked against other writers as long as it lives.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole lines.
    length: u64,
    last_sync: Instant,
    is_synced: bool,
    /// A part of a line may stand behind `length`.
    is_torn: bool,
}

/// The end of a line that a killed process did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TornLine {
    pub path: PathBuf,
    pub line: u64,
    pub bytes: u64,
}

impl fmt::Display for TornLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, bytes } = self;
        write!(f, "{} ends in a torn line {line} ({bytes} bytes), left by a killed session; ", path.display())?;
        f.write_str("it is dropped, and its request counts as not answered")
    }
}

/// What stands behind the last event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalEnd {
    /// Bytes up to the end of the last whole line.
    pub good_bytes: u64,
    pub n_lines: u64,
    pub torn: Option<TornLine>,
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: u64,
}

/// Streams the events of a journal to `visit`, with line numbers from 1, and changes nothing.
///
/// Memory: one line.
///
/// # Errors
/// [`RecordError::BadLine`] for a line that is no event, unless it is the torn last one;
/// [`RecordError::NewerSchema`]; [`RecordError::Disk`]; whatever `visit` gives.
pub fn read_journal(
    path: &Path,
    visit: &mut dyn FnMut(u64, JournalEvent) -> Result<(), RecordError>,
) -> Result<JournalEnd, RecordError> {
    let file = File::open(path).map_err(|source| RecordError::disk(DiskAction::Read, path, source))?;
    read_events(path, &file, visit)
}

fn read_events(
    path: &Path,
    file: impl Read,
    visit: &mut dyn FnMut(u64, JournalEvent) -> Result<(), RecordError>,
) -> Result<JournalEnd, RecordError> {
    let failed = |source| RecordError::disk(DiskAction::Read, path, source);
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut end = JournalEnd { good_bytes: 0, n_lines: 0, torn: None };
    let mut line = Vec::new();
    loop {
        line.clear();
        let n_bytes = reader.read_until(b'\n', &mut line).map_err(failed)? as u64;
        if n_bytes == 0 {
            return Ok(end);
        }
        let number = end.n_lines + 1;
        let torn = TornLine { path: path.to_path_buf(), line: number, bytes: n_bytes };
        if line.last() != Some(&b'\n') {
            end.torn = Some(torn);
            return Ok(end);
        }
        match parse_line(&line) {
            Ok(event) => visit(number, event)?,
            Err(LineFault::Schema(found)) => {
                return Err(RecordError::NewerSchema { path: path.to_path_buf(), found, known: JOURNAL_SCHEMA });
            }
            Err(LineFault::Json(source)) => {
                // Blocks of a line may reach the disk in any order when the power goes.
                let is_last = reader.fill_buf().map_err(failed)?.is_empty();
                if is_last && !source.is_data() {
                    end.torn = Some(torn);
                    return Ok(end);
                }
                return Err(RecordError::BadLine { path: path.to_path_buf(), line: number, source });
            }
        }
        end.good_bytes += n_bytes;
        end.n_lines = number;
    }
}

enum LineFault {
    Schema(u64),
    Json(serde_json::Error),
}

fn parse_line(line: &[u8]) -> Result<JournalEvent, LineFault> {
    let SchemaOnly { schema } = serde_json::from_slice(line).map_err(LineFault::Json)?;
    if schema > u64::from(JOURNAL_SCHEMA) {
        return Err(LineFault::Schema(schema));
    }
    serde_json::from_slice(line).map_err(LineFault::Json)
}

impl Journal {
    /// Opens or creates the journal at `path`, streams what is in it to `visit`, and cuts off a torn last line.
    ///
    /// # Errors
    /// As [`read_journal`]; [`RecordError::InUse`] when another process writes to it.
    pub fn open(
        path: &Path,
        visit: &mut dyn FnMut(u64, JournalEvent) -> Result<(), RecordError>,
    ) -> Result<(Self, Option<TornLine>), RecordError> {
        let failed = |action| move |source| RecordError::disk(action, path, source);
        let file =
            File::options().read(true).append(true).create(true).open(path).map_err(failed(DiskAction::Create))?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(RecordError::InUse { path: path.to_path_buf() }),
            // Some network disks know no locks; then the user is trusted not to resume a run twice at once.
            Err(TryLockError::Error(error)) if error.kind() == std::io::ErrorKind::Unsupported => (),
            Err(TryLockError::Error(error)) => return Err(RecordError::disk(DiskAction::Lock, path, error)),
        }
        let end = read_events(path, &file, visit)?;
        if end.torn.is_some() {
            file.set_len(end.good_bytes).map_err(failed(DiskAction::Shorten))?;
            file.sync_all().map_err(failed(DiskAction::Sync))?;
        }
        Ok((Self::from_file(path, file, end.good_bytes), end.torn))
    }

    fn from_file(path: &Path, file: File, length: u64) -> Self {
        Self { path: path.to_path_buf(), file, length, last_sync: Instant::now(), is_synced: true, is_torn: false }
    }

    /// Appends one line. When this returns, the event survives a kill of the process.
    ///
    /// A line that could not be written whole is taken back, so that the journal stays readable and the same event
    /// can be appended again.
    ///
    /// # Errors
    /// [`RecordError::Disk`], e.g. for a full disk; [`RecordError::NonFinite`] for a number that JSON cannot hold.
    pub fn append(&mut self, event: &JournalEvent) -> Result<(), RecordError> {
        let mut value = sorted_value("a journal line", event)?;
        value["schema"] = JOURNAL_SCHEMA.into();
        let mut line = value.to_string().into_bytes();
        line.push(b'\n');
        if self.is_torn {
            self.cut_torn_end()?;
        }
        if let Err(source) = self.file.write_all(&line) {
            self.is_torn = true;
            // If this fails too, the next append tries again before it writes, and after a kill the next `open`.
            let _ = self.cut_torn_end();
            return Err(RecordError::disk(DiskAction::Write, &self.path, source));
        }
        self.length += line.len() as u64;
        self.is_synced = false;
        if self.last_sync.elapsed() >= SYNC_INTERVAL {
            self.sync()?;
        }
        Ok(())
    }

    fn cut_torn_end(&mut self) -> Result<(), RecordError> {
        self.file.set_len(self.length).map_err(|source| RecordError::disk(DiskAction::Shorten, &self.path, source))?;
        self.is_torn = false;
        Ok(())
    }

    /// Flushes everything to the disk now, so that it survives a power loss.
    ///
    /// # Errors
    /// [`RecordError::Disk`].
    pub fn sync(&mut self) -> Result<(), RecordError> {
        if !self.is_synced {
            self.file.sync_data().map_err(|e| RecordError::disk(DiskAction::Sync, &self.path, e))?;
            self.is_synced = true;
        }
        self.last_sync = Instant::now();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::answer::Failure;
    use super::super::event::FailedEvent;
    use super::*;

    fn event(item: &str) -> JournalEvent {
        JournalEvent::Failed(FailedEvent {
            task: "t".into(),
            item: item.into(),
            epoch: 0,
            request_hash: "h".into(),
            failure: Failure {
                kind: "k".into(),
                message: "line\nbreak, ünï".into(),
                is_unscorable_item: true,
                attempts: None,
                status: None,
                body: None,
            },
            latency_ms: 0.25,
            exchange: None,
        })
    }

    fn open(path: &Path) -> Result<(Journal, Option<TornLine>, Vec<JournalEvent>), RecordError> {
        let mut events = Vec::new();
        let (journal, torn) = Journal::open(path, &mut |_, event| {
            events.push(event);
            Ok(())
        })?;
        Ok((journal, torn, events))
    }

    fn journal_of(folder: &Path, items: &[&str]) -> PathBuf {
        let path = folder.join("journal.jsonl");
        let (mut journal, _, _) = open(&path).unwrap();
        for item in items {
            journal.append(&event(item)).unwrap();
        }
        path
    }

    #[test]
    fn events_come_back_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal_of(folder.path(), &["a", "b"]);
        let (_, torn, events) = open(&path).unwrap();
        assert_eq!((torn, events), (None, vec![event("a"), event("b")]));
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(text.lines().all(|line| line.contains(r#""schema":4"#)), "{text}");
    }

    #[test]
    fn a_kill_at_any_byte_of_the_last_line_loses_only_that_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal_of(folder.path(), &["a", "b", "c"]);
        let whole = fs::read(&path).unwrap();
        let start = whole[..whole.len() - 1].iter().rposition(|&b| b == b'\n').unwrap() + 1;
        for length in start..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            let (mut journal, torn, events) = open(&path).unwrap();
            assert_eq!(events, [event("a"), event("b")], "cut at {length}");
            let expected =
                (length > start).then(|| TornLine { path: path.clone(), line: 3, bytes: (length - start) as u64 });
            assert_eq!(torn, expected);
            journal.append(&event("c")).unwrap();
            drop(journal);
            assert_eq!(fs::read(&path).unwrap(), whole, "mended after a cut at {length}");
        }
    }

    #[test]
    fn a_reader_tells_a_torn_line_and_leaves_the_file_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal_of(folder.path(), &["a", "b"]);
        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 5);
        fs::write(&path, &bytes).unwrap();
        let end = read_journal(&path, &mut |_, _| Ok(())).unwrap();
        assert_eq!((end.n_lines, end.torn.map(|t| t.line)), (1, Some(2)));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn zeros_and_garbage_at_the_very_end_are_torn_lines_too() {
        let folder = tempfile::tempdir().unwrap();
        for tail in [&b"\0\0\0\0"[..], b"{\"schema\":1,\0\0\0\n", b"\xff\xfe\n", b"\n"] {
            let path = journal_of(folder.path(), &["a"]);
            let good = fs::read(&path).unwrap();
            fs::write(&path, [&good, tail].concat()).unwrap();
            let (_, torn, events) = open(&path).unwrap();
            assert_eq!((torn.map(|t| t.line), events.len()), (Some(2), 1), "{tail:?}");
            assert_eq!(fs::read(&path).unwrap(), good);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_bad_line_in_the_middle_is_an_error_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal_of(folder.path(), &["a", "b", "c"]);
        let text = fs::read_to_string(&path).unwrap();
        let mut lines: Vec<_> = text.lines().collect();
        lines[1] = "{ torn";
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        let message = open(&path).unwrap_err().to_string();
        assert!(message.contains("journal.jsonl line 2"), "{message}");
    }

    #[test]
    fn a_whole_last_line_that_is_no_event_is_an_error_and_not_torn() {
        let folder = tempfile::tempdir().unwrap();
        for (tail, is_newer) in [("{\"schema\":1,\"event\":\"danced\"}\n", false), ("{\"schema\":5}\n", true)] {
            let path = journal_of(folder.path(), &["a"]);
            let text = fs::read_to_string(&path).unwrap() + tail;
            fs::write(&path, &text).unwrap();
            match open(&path).unwrap_err() {
                RecordError::NewerSchema { found: 5, known: 4, .. } => assert!(is_newer),
                RecordError::BadLine { line: 2, .. } => assert!(!is_newer),
                other => panic!("{other}"),
            }
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn two_writers_at_once_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let first = open(&path).unwrap();
        assert!(matches!(open(&path), Err(RecordError::InUse { .. })));
        drop(first);
        assert!(open(&path).is_ok());
    }

    #[test]
    fn a_number_that_json_cannot_hold_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let (mut journal, _, _) = open(&folder.path().join("journal.jsonl")).unwrap();
        let JournalEvent::Failed(failed) = event("a") else { unreachable!() };
        let error = journal.append(&JournalEvent::Failed(FailedEvent { latency_ms: f64::NAN, ..failed })).unwrap_err();
        assert!(matches!(error, RecordError::NonFinite { ref field, .. } if field == "latency_ms"), "{error}");
    }

    #[test]
    fn a_line_written_in_part_is_cut_off_before_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = journal_of(folder.path(), &["a"]);
        let (mut journal, _, _) = open(&path).unwrap();
        journal.file.write_all(b"{\"schema\":1,\"ev").unwrap();
        journal.is_torn = true;
        journal.append(&event("b")).unwrap();
        drop(journal);
        let (_, torn, events) = open(&path).unwrap();
        assert_eq!((torn, events), (None, vec![event("a"), event("b")]));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_in_words() {
        let path = Path::new("/dev/full");
        let file = File::options().append(true).open(path).unwrap();
        let mut journal = Journal::from_file(path, file, 0);
        let message = journal.append(&event("a")).unwrap_err().to_string();
        assert!(message.starts_with("write /dev/full: no space left"), "{message}");
    }

    #[test]
    fn a_journal_that_cannot_be_created_is_told_with_its_path() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        let message = open(&folder.path().join("file/journal.jsonl")).unwrap_err().to_string();
        assert!(message.contains("create") && message.contains("journal.jsonl"), "{message}");
    }
}
