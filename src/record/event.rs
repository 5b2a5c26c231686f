//! The lines of a journal.

use serde::{Deserialize, Serialize};

use super::answer::{Answer, AnswerKey, Failure};
use super::memory_times::MemorisedEvent;
use crate::backend::{Exchange, FinishReason, LimitChange};

/// Version of the layout of a journal line. A field with meaning bumps it.
pub const JOURNAL_SCHEMA: u32 = 4;

/// One event of a cell, in the order in which they happened.
///
/// A line is the event's fields, `event` with its kind, and `schema`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JournalEvent {
    /// A session opened the cell.
    Started {
        utc: String,
        harness_version: String,
    },
    /// `tokens/NNNNNN.parquet` is whole and on the disk; the answers in it follow.
    SegmentClosed {
        segment: u32,
        rows: u32,
        sha256: String,
    },
    Answered(AnsweredEvent),
    Failed(FailedEvent),
    /// An endpoint gave no answer to one attempt; since schema 2.
    AttemptFailed(AttemptEvent),
    /// A session ended before the item was whole, and this was spent on it; since schema 2.
    Abandoned {
        task: String,
        item: String,
        epoch: u32,
        exchange: Exchange,
    },
    /// The number of requests in flight was changed; since schema 2.
    LimitChanged {
        limit: u64,
        why: LimitChange,
    },
    /// A history was memorised and looked into; since schema 4.
    Memorised(MemorisedEvent),
    /// A session closed the cell. Missing after a kill.
    SessionEnded {
        utc: String,
        how: SessionEnd,
    },
}

/// A request was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnsweredEvent {
    pub task: String,
    pub item: String,
    pub epoch: u32,
    /// Hex SHA-256 over the canonical JSON of the request.
    pub request_hash: String,
    pub answer: RecordedAnswer,
    /// Of a generation.
    pub finish_reason: Option<FinishReason>,
    pub latency_ms: f64,
    /// What it took, where an endpoint was asked; since schema 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

/// A request got no answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedEvent {
    pub task: String,
    pub item: String,
    pub epoch: u32,
    pub request_hash: String,
    pub failure: Failure,
    pub latency_ms: f64,
    /// As in [`AnsweredEvent`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
}

/// One attempt without an answer; what becomes of the item is told by another event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AttemptEvent {
    pub task: String,
    pub item: String,
    pub epoch: u32,
    /// Of the item's requests, from 0.
    pub request: u64,
    /// From 1.
    pub attempt: u32,
    pub kind: String,
    pub status: Option<u16>,
    /// `None`: no attempt follows.
    pub wait_ms: Option<u64>,
}

/// Where an answer stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordedAnswer {
    Inline(Box<Answer>),
    /// In `tokens/`; the row counts from 0.
    InSegment {
        segment: u32,
        row: u32,
    },
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// Everything planned was asked.
    Finished,
    /// Stopped by the user.
    Interrupted,
    /// Stopped by an error.
    Failed,
}

impl AnsweredEvent {
    #[must_use]
    pub fn key(&self) -> AnswerKey {
        AnswerKey { task: self.task.clone(), item: self.item.clone(), epoch: self.epoch }
    }
}

impl FailedEvent {
    #[must_use]
    pub fn key(&self) -> AnswerKey {
        AnswerKey { task: self.task.clone(), item: self.item.clone(), epoch: self.epoch }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_flat_and_names_its_kind() {
        let event = JournalEvent::Failed(FailedEvent {
            task: "t".into(),
            item: "i".into(),
            epoch: 0,
            request_hash: "h".into(),
            failure: Failure {
                kind: "too_long".into(),
                message: "m".into(),
                is_unscorable_item: false,
                attempts: None,
                status: None,
                body: None,
            },
            latency_ms: 1.5,
            exchange: None,
        });
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(value["event"], "failed");
        assert_eq!(value["failure"]["kind"], "too_long");
        assert_eq!(serde_json::from_value::<JournalEvent>(value).unwrap(), event);
    }

    #[test]
    fn a_reference_into_a_segment_is_told_apart_from_an_answer() {
        let reference = RecordedAnswer::InSegment { segment: 3, row: 7 };
        let value = serde_json::to_value(&reference).unwrap();
        assert_eq!(value, serde_json::json!({"in_segment": {"segment": 3, "row": 7}}));
    }
}
