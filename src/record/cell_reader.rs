//! Reads a cell back: the last outcome of each key, wherever it stands.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::answer::{Answer, AnswerKey, Outcome};
use super::error::{RecordError, ReferenceFault};
use super::event::{AnsweredEvent, JournalEvent, RecordedAnswer};
use super::journal::{TornLine, read_journal};
use super::tokens::{TokenRow, read_segment, segment_path};

/// The journal of a cell.
pub(crate) const JOURNAL_FILE: &str = "journal.jsonl";

/// The folder of its token segments.
pub(crate) const TOKENS_FOLDER: &str = "tokens";

/// One outcome as it stands in the record.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedOutcome {
    pub key: AnswerKey,
    /// Hex SHA-256 over the canonical JSON of the request.
    pub request_hash: String,
    pub outcome: Outcome,
    pub latency_ms: f64,
}

/// The last outcome of every key in the cell at `path`.
///
/// Memory: all answers; [`visit_cell`] needs that of one segment. A torn last line is passed over, as in
/// [`visit_cell`].
///
/// # Errors
/// Those of [`visit_cell`].
pub fn read_cell(path: &Path) -> Result<BTreeMap<AnswerKey, Outcome>, RecordError> {
    let mut outcomes = BTreeMap::new();
    visit_cell(path, &mut |recorded| {
        outcomes.insert(recorded.key, recorded.outcome);
    })?;
    Ok(outcomes)
}

/// Streams the last outcome of every key to `visit`, in the order of the journal, and changes nothing.
///
/// Gives the torn last line, if there is one. Reads the journal twice; memory: 24 bytes and some slack for each key,
/// and one token segment. Works while another process writes: what comes in meanwhile is not seen.
///
/// # Errors
/// Those of [`read_journal`] and [`read_segment`]; [`RecordError::BadReference`].
pub fn visit_cell(path: &Path, visit: &mut dyn FnMut(RecordedOutcome)) -> Result<Option<TornLine>, RecordError> {
    let journal = path.join(JOURNAL_FILE);
    let mut last_lines: HashMap<KeyDigest, u64> = HashMap::new();
    let end = read_journal(&journal, &mut |line, event| {
        if let Some(key) = key_digest(&event) {
            last_lines.insert(key, line);
        }
        Ok(())
    })?;
    let mut segments = Segments { journal: journal.clone(), folder: path.join(TOKENS_FOLDER), ..Segments::default() };
    read_journal(&journal, &mut |line, event| {
        if key_digest(&event).is_some_and(|key| last_lines.get(&key) != Some(&line)) {
            return Ok(());
        }
        match event {
            JournalEvent::SegmentClosed { segment, sha256, .. } => {
                segments.hashes.insert(segment, sha256);
            }
            JournalEvent::Failed(failed) => visit(RecordedOutcome {
                key: failed.key(),
                request_hash: failed.request_hash,
                outcome: Err(failed.failure),
                latency_ms: failed.latency_ms,
            }),
            JournalEvent::Answered(answered) => {
                let key = answered.key();
                let AnsweredEvent { request_hash, answer, latency_ms, .. } = answered;
                let answer = match answer {
                    RecordedAnswer::Inline(answer) => *answer,
                    RecordedAnswer::InSegment { segment, row } => segments.take(line, &key, segment, row)?,
                };
                visit(RecordedOutcome { key, request_hash, outcome: Ok(answer), latency_ms });
            }
            JournalEvent::Started { .. }
            | JournalEvent::AttemptFailed(_)
            | JournalEvent::Abandoned { .. }
            | JournalEvent::LimitChanged { .. }
            | JournalEvent::Memorised(_)
            | JournalEvent::SessionEnded { .. } => (),
        }
        Ok(())
    })?;
    Ok(end.torn)
}

/// Half a SHA-256 of a key: long enough that no two keys of a run share one, and 16 bytes instead of two strings.
type KeyDigest = [u8; 16];

fn key_digest(event: &JournalEvent) -> Option<KeyDigest> {
    let (task, item, epoch) = match event {
        JournalEvent::Answered(e) => (&e.task, &e.item, e.epoch),
        JournalEvent::Failed(e) => (&e.task, &e.item, e.epoch),
        JournalEvent::Started { .. }
        | JournalEvent::SegmentClosed { .. }
        | JournalEvent::AttemptFailed(_)
        | JournalEvent::Abandoned { .. }
        | JournalEvent::LimitChanged { .. }
        | JournalEvent::Memorised(_)
        | JournalEvent::SessionEnded { .. } => {
            return None;
        }
    };
    let hash = Sha256::new()
        .chain_update((task.len() as u64).to_le_bytes())
        .chain_update(task)
        .chain_update(epoch.to_le_bytes())
        .chain_update(item)
        .finalize();
    let mut digest = KeyDigest::default();
    digest.copy_from_slice(&hash[..16]);
    Some(digest)
}

/// The token segments of a cell, one in memory at a time: the lines of a segment stand together.
#[derive(Default)]
struct Segments {
    journal: PathBuf,
    folder: PathBuf,
    hashes: HashMap<u32, String>,
    loaded: Option<(u32, Vec<Option<TokenRow>>)>,
}

impl Segments {
    fn take(&mut self, line: u64, key: &AnswerKey, segment: u32, row: u32) -> Result<Answer, RecordError> {
        let bad_reference = |fault| RecordError::BadReference {
            path: self.journal.clone(),
            line,
            task: key.task.clone(),
            item: key.item.clone(),
            segment,
            row,
            fault,
        };
        let sha256 = self.hashes.get(&segment).ok_or_else(|| bad_reference(ReferenceFault::NeverClosed))?;
        let mut rows = match self.loaded.take() {
            Some((loaded, rows)) if loaded == segment => rows,
            _ => read_segment(&segment_path(&self.folder, segment), sha256)?.into_iter().map(Some).collect(),
        };
        let slot = usize::try_from(row).ok().and_then(|row| rows.get_mut(row)).and_then(Option::take);
        let found = slot.ok_or_else(|| bad_reference(ReferenceFault::RowMissing))?;
        if found.key != *key {
            return Err(bad_reference(ReferenceFault::OtherAnswer));
        }
        self.loaded = Some((segment, rows));
        Ok(Answer::Likelihood(found.scores))
    }
}
