//! The state store's steps: asked of the model, each recorded like an answer, so that a killed run does not ask it again.

use super::memory::failure;
use super::pieces::Pieces;
use crate::agent::state_store::{StateWriter, Step, TRACK_BUCKETS};
use crate::prompt::PackError;
use crate::prompt::memory::MemoryWords;
use crate::record::{AnswerKey, Failure};

/// Most tokens of a reply to a step.
const STEP_TOKENS: usize = 2000;

/// A step of one history that is to be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AskedStep {
    pub key: AnswerKey,
    pub user: String,
    pub max_tokens: usize,
}

/// Histories that are written in step with each other: what one of them needs next does not wait for the others.
pub(super) struct Writing<'p> {
    pub writer: StateWriter,
    pieces: &'p Pieces,
    /// `TASK` of the keys, and what stands before the step in their item.
    task: String,
    name: String,
    next_piece: usize,
    pending: Vec<Step>,
    is_deciding: bool,
    pub asked_tokens: u64,
    /// What stands in the way of the whole history.
    pub failed: Option<Failure>,
}

impl<'p> Writing<'p> {
    pub(super) fn new(task: &str, history: &str, pieces: &'p Pieces) -> Self {
        Self {
            writer: StateWriter::new(),
            pieces,
            task: task.to_owned(),
            name: history.to_owned(),
            next_piece: 0,
            pending: Vec::new(),
            is_deciding: false,
            asked_tokens: 0,
            failed: None,
        }
    }

    /// What is to be asked next; nothing when all is written.
    pub(super) fn next(&mut self, words: MemoryWords<'_>, n_epoch: u32) -> Result<Vec<AskedStep>, PackError> {
        if self.failed.is_some() {
            return Ok(Vec::new());
        }
        if self.pending.is_empty() {
            let Some(text) = self.pieces.wrapped.get(self.next_piece) else { return Ok(Vec::new()) };
            let time = self.pieces.times[self.next_piece].as_deref();
            self.pending = vec![self.writer.begin(self.next_piece, time, text)];
            self.is_deciding = false;
        }
        let mut asked = Vec::new();
        for (place, step) in self.pending.iter().enumerate() {
            let (name, user) = match step {
                Step::Extract { session } => {
                    let schema = schema_words();
                    ("extract", words.filled("state_extract", &[("schema", &schema), ("session", session)])?)
                }
                Step::Decide { delta, items } => {
                    ("decide", words.filled("state_decide", &[("delta", delta), ("items", items)])?)
                }
                Step::Invalidate { delta, items } => {
                    ("invalidate", words.filled("state_invalidate", &[("delta", delta), ("items", items)])?)
                }
            };
            let item = format!("{}#{}/{name}/{place}", self.name, self.next_piece);
            let key = AnswerKey { task: self.task.clone(), item, epoch: n_epoch };
            asked.push(AskedStep { key, user, max_tokens: STEP_TOKENS });
        }
        Ok(asked)
    }

    /// Takes the replies to all that was asked; one that failed ends the history.
    pub(super) fn take(&mut self, replies: &[Result<String, Failure>]) {
        if let Some(Err(fault)) = replies.iter().find(|reply| reply.is_err()) {
            let message = format!("memorising piece {} failed: {}", self.next_piece + 1, fault.message);
            self.failed = Some(Failure { message, ..failure(&fault.kind, "") });
            return;
        }
        let texts: Vec<Option<&str>> = replies.iter().map(|reply| reply.as_deref().ok()).collect();
        if self.is_deciding {
            self.writer.decided(&texts);
            self.pending.clear();
        } else {
            self.pending = self.writer.extracted(texts.first().copied().flatten());
            self.is_deciding = true;
        }
        if self.pending.is_empty() {
            self.next_piece += 1;
        }
    }
}

/// Whether an item of a state store's cell is a step, as [`Writing`] names them: names of histories may have a `#`, too.
pub(super) fn is_step(item: &str) -> bool {
    let Some((_, step)) = item.rsplit_once('#') else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match step.split('/').collect::<Vec<_>>().as_slice() {
        [piece, "extract" | "decide" | "invalidate", place] => is_number(piece) && is_number(place),
        _ => false,
    }
}

fn schema_words() -> String {
    let line = |bucket: &crate::agent::state_store::Bucket| {
        let tracks: Vec<&str> = bucket.tracks.iter().map(|(name, _)| *name).collect();
        format!("- {}: {}", bucket.name, tracks.join(", "))
    };
    TRACK_BUCKETS.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_with_a_number_sign_is_no_step() {
        assert!(is_step("case#0#12/extract/0") && is_step("row/1#3/decide/11"));
        assert!(!is_step("case#0") && !is_step("case#0/dim1") && !is_step("row/1") && !is_step("row#/extract/1"));
    }
}
