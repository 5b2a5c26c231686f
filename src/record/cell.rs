//! A cell: what one model said to one suite. Takes answers one by one and knows which ones it has.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::answer::{Answer, AnswerKey, Failure, Outcome};
use super::atomic::remove_unfinished;
use super::cell_reader::{JOURNAL_FILE, TOKENS_FOLDER, read_cell};
use super::error::{DiskAction, RecordError};
use super::event::{AnsweredEvent, FailedEvent, JournalEvent, RecordedAnswer, SessionEnd};
use super::journal::{Journal, TornLine};
use super::manifest::utc_now;
use super::spent::Spent;
use super::tokens::{DEFAULT_ROWS_PER_SEGMENT, TokenRow, TokenSegmentWriter};
use crate::backend::Exchange;

/// Where likelihood answers go. The reader of a cell does not see the difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LikelihoodStorage {
    /// Into parquet segments of so many rows, for local models: small, and an answer costs nothing but time.
    Segments { rows: NonZeroUsize },
    /// Into the journal at once, for remote models: a paid answer is never lost.
    Inline,
}

impl Default for LikelihoodStorage {
    fn default() -> Self {
        Self::Segments { rows: DEFAULT_ROWS_PER_SEGMENT }
    }
}

/// What was mended while a cell was opened; to be told to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CellNotice {
    TornLine(TornLine),
    /// A killed session left files that it had not finished; they held nothing that the journal speaks of.
    UnfinishedFiles {
        folder: PathBuf,
        count: usize,
    },
}

impl fmt::Display for CellNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TornLine(torn) => torn.fmt(f),
            Self::UnfinishedFiles { folder, count } => {
                write!(f, "removed {count} unfinished file(s) of a killed session in {}", folder.display())
            }
        }
    }
}

/// A cell open for writing.
///
/// Dropping it without [`Cell::finish`] is what a kill does: the open token segment is lost, nothing else.
#[derive(Debug)]
pub struct Cell {
    path: PathBuf,
    journal: Journal,
    segments: Option<TokenSegmentWriter>,
    /// The rows of the open segment, in its order.
    open_rows: Vec<OpenRow>,
    /// Lines whose segment is closed, but which could not be appended yet (full disk).
    unwritten: VecDeque<JournalEvent>,
    /// Request hash of every key whose last event is an answer.
    done: BTreeMap<AnswerKey, String>,
    /// Every key whose last event is a failure.
    failed: BTreeMap<AnswerKey, Failure>,
    spent: Spent,
}

#[derive(Debug)]
struct OpenRow {
    key: AnswerKey,
    request_hash: String,
    latency_ms: f64,
}

impl Cell {
    /// Creates the cell in folder `path`, or goes on with the one that is there, and begins a session.
    ///
    /// # Errors
    /// Those of [`Journal::open`]; [`RecordError::Disk`].
    pub fn open(
        path: &Path,
        storage: LikelihoodStorage,
        harness_version: &str,
    ) -> Result<(Self, Vec<CellNotice>), RecordError> {
        fs::create_dir_all(path).map_err(|source| RecordError::disk(DiskAction::CreateFolder, path, source))?;
        let mut state =
            Answered { done: BTreeMap::new(), failed: BTreeMap::new(), next_segment: 0, spent: Spent::nothing() };
        let (mut journal, torn) = Journal::open(&path.join(JOURNAL_FILE), &mut |_, event| {
            state.note(&event);
            Ok(())
        })?;
        let mut notices: Vec<_> = torn.map(CellNotice::TornLine).into_iter().collect();
        // Nobody else writes here: the journal is locked by now.
        let tokens = path.join(TOKENS_FOLDER);
        let count = remove_unfinished(&tokens)?;
        if count > 0 {
            notices.push(CellNotice::UnfinishedFiles { folder: tokens.clone(), count });
        }
        let segments = match storage {
            LikelihoodStorage::Inline => None,
            LikelihoodStorage::Segments { rows } => Some(TokenSegmentWriter::new(&tokens, state.next_segment, rows)),
        };
        journal.append(&JournalEvent::Started { utc: utc_now(), harness_version: harness_version.to_owned() })?;
        let cell = Self {
            path: path.to_path_buf(),
            journal,
            segments,
            open_rows: Vec::new(),
            unwritten: VecDeque::new(),
            done: state.done,
            failed: state.failed,
            spent: state.spent,
        };
        Ok((cell, notices))
    }

    /// Request hash of every recorded answer. Failures are not in it: they are tried again.
    #[must_use]
    pub fn done(&self) -> &BTreeMap<AnswerKey, String> {
        &self.done
    }

    /// Whether this key has an answer on the disk. Those of the open segment are not yet.
    #[must_use]
    pub fn is_done(&self, key: &AnswerKey) -> bool {
        self.done.contains_key(key)
    }

    /// Every key whose last outcome is a failure.
    #[must_use]
    pub fn failed(&self) -> &BTreeMap<AnswerKey, Failure> {
        &self.failed
    }

    /// What the answers took, over all sessions.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.spent
    }

    /// Records something that happened on the way to an answer.
    ///
    /// # Errors
    /// [`RecordError::Disk`].
    pub fn note_on_the_way(&mut self, event: &JournalEvent) -> Result<(), RecordError> {
        self.write_unwritten()?;
        self.journal.append(event)?;
        self.note(event);
        Ok(())
    }

    /// Records what became of a request.
    ///
    /// When this returns, the outcome survives a kill; a likelihood answer that goes into a segment does so as soon
    /// as the segment is full or the cell is finished. After an error (full disk) nothing taken so far is lost as
    /// long as the cell lives, but the outcome of this call may have to be given again.
    ///
    /// # Errors
    /// [`RecordError::Disk`]; [`RecordError::NonFinite`] for an inline answer with a number that is not finite.
    pub fn append(
        &mut self,
        key: AnswerKey,
        request_hash: String,
        outcome: Outcome,
        latency_ms: f64,
        exchange: Option<Exchange>,
    ) -> Result<(), RecordError> {
        self.write_unwritten()?;
        let AnswerKey { task, item, epoch } = key;
        let answer = match (outcome, &mut self.segments) {
            (Ok(Answer::Likelihood(scores)), Some(segments)) => {
                let key = AnswerKey { task, item, epoch };
                segments.push(TokenRow { key: key.clone(), scores });
                let is_full = segments.is_full();
                self.open_rows.push(OpenRow { key, request_hash, latency_ms });
                return if is_full { self.close_segment() } else { Ok(()) };
            }
            (Ok(answer), _) => answer,
            (Err(failure), _) => {
                return self.write(JournalEvent::Failed(FailedEvent {
                    task,
                    item,
                    epoch,
                    request_hash,
                    failure,
                    latency_ms,
                    exchange,
                }));
            }
        };
        let finish_reason = match &answer {
            Answer::Continuation { generation, .. }
            | Answer::Verbatim { generation, .. }
            | Answer::Completion { generation, .. } => Some(generation.finish_reason),
            Answer::Remembered(answer) => Some(answer.generation.finish_reason),
            Answer::Likelihood(_)
            | Answer::Choices { .. }
            | Answer::Letters { .. }
            | Answer::Text(_)
            | Answer::Embeddings { .. } => None,
        };
        let answer = RecordedAnswer::Inline(Box::new(answer));
        self.write(JournalEvent::Answered(AnsweredEvent {
            task,
            item,
            epoch,
            request_hash,
            answer,
            finish_reason,
            latency_ms,
            exchange,
        }))
    }

    /// Writes the open segment to the disk now, and everything with it.
    ///
    /// # Errors
    /// [`RecordError::Disk`].
    pub fn flush(&mut self) -> Result<(), RecordError> {
        self.write_unwritten()?;
        self.close_segment()?;
        self.journal.sync()
    }

    /// Closes the open segment, ends the session and flushes everything to the disk.
    ///
    /// # Errors
    /// [`RecordError::Disk`]; the cell can then be finished again.
    pub fn finish(&mut self, how: SessionEnd) -> Result<(), RecordError> {
        self.flush()?;
        self.journal.append(&JournalEvent::SessionEnded { utc: utc_now(), how })?;
        self.journal.sync()
    }

    /// Flushes, then reads back everything that the cell holds: the last outcome of each key.
    ///
    /// Memory: all answers. [`super::visit_cell`] streams them.
    ///
    /// # Errors
    /// Those of [`Cell::flush`] and [`read_cell`].
    pub fn read_all(&mut self) -> Result<BTreeMap<AnswerKey, Outcome>, RecordError> {
        self.flush()?;
        read_cell(&self.path)
    }

    fn close_segment(&mut self) -> Result<(), RecordError> {
        let Some(closed) = self.segments.as_mut().map(TokenSegmentWriter::close).transpose()?.flatten() else {
            return Ok(());
        };
        // From here on the file is in place; only now may lines speak of it.
        let segment = closed.segment;
        self.unwritten.push_back(JournalEvent::SegmentClosed { segment, rows: closed.rows, sha256: closed.sha256 });
        for (row, open) in (0..closed.rows).zip(self.open_rows.drain(..)) {
            self.unwritten.push_back(JournalEvent::Answered(AnsweredEvent {
                task: open.key.task,
                item: open.key.item,
                epoch: open.key.epoch,
                request_hash: open.request_hash,
                answer: RecordedAnswer::InSegment { segment, row },
                finish_reason: None,
                latency_ms: open.latency_ms,
                exchange: None,
            }));
        }
        self.write_unwritten()
    }

    fn write_unwritten(&mut self) -> Result<(), RecordError> {
        while let Some(event) = self.unwritten.pop_front() {
            if let Err(error) = self.journal.append(&event) {
                self.unwritten.push_front(event);
                return Err(error);
            }
            self.note(&event);
        }
        Ok(())
    }

    #[expect(clippy::needless_pass_by_value, reason = "an event is made to be written once")]
    fn write(&mut self, event: JournalEvent) -> Result<(), RecordError> {
        self.journal.append(&event)?;
        self.note(&event);
        Ok(())
    }

    fn note(&mut self, event: &JournalEvent) {
        note(event, &mut self.done, &mut self.failed, &mut self.spent);
    }
}

/// What the events so far come to.
struct Answered {
    done: BTreeMap<AnswerKey, String>,
    failed: BTreeMap<AnswerKey, Failure>,
    /// One above every segment that a line speaks of.
    next_segment: u32,
    spent: Spent,
}

impl Answered {
    fn note(&mut self, event: &JournalEvent) {
        if let JournalEvent::SegmentClosed { segment, .. } = event {
            self.next_segment = self.next_segment.max(segment.saturating_add(1));
        }
        note(event, &mut self.done, &mut self.failed, &mut self.spent);
    }
}

/// The last event of a key wins.
fn note(
    event: &JournalEvent,
    done: &mut BTreeMap<AnswerKey, String>,
    failed: &mut BTreeMap<AnswerKey, Failure>,
    spent: &mut Spent,
) {
    spent.note(event);
    match event {
        JournalEvent::Answered(answered) => {
            let key = answered.key();
            failed.remove(&key);
            done.insert(key, answered.request_hash.clone());
        }
        JournalEvent::Failed(event) => {
            let key = event.key();
            done.remove(&key);
            failed.insert(key, event.failure.clone());
        }
        JournalEvent::Started { .. }
        | JournalEvent::SegmentClosed { .. }
        | JournalEvent::AttemptFailed(_)
        | JournalEvent::Abandoned { .. }
        | JournalEvent::LimitChanged { .. }
        | JournalEvent::Memorised(_)
        | JournalEvent::SessionEnded { .. } => (),
    }
}

#[cfg(test)]
#[path = "cell_tests.rs"]
mod tests;
