//! What memorising, finding and answering took, out of the journals of a run.

use super::writing::is_step;
use crate::record::{
    Answer, AnsweredEvent, JOURNAL_FILE, JournalEvent, MemoryTimes, RecordError, RecordedAnswer, RunFolder, TimeSpread,
    read_journal,
};
use crate::run::plan::Plan;
use crate::statistics::quantile_type7;

/// The times of every model with an agent, over all sessions of the run; a replayed one has none.
///
/// Streams each journal; memory: some numbers a question.
///
/// # Errors
/// A journal cannot be read.
pub(in crate::run) fn memory_times(plan: &Plan, folder: &RunFolder) -> Result<Vec<MemoryTimes>, RecordError> {
    let mut out = Vec::new();
    for planned in &plan.suites {
        for model in plan.models.iter().filter(|model| model.agent.is_some()) {
            let journal = folder.cell(&planned.suite.name, &model.slug).path.join(JOURNAL_FILE);
            if !journal.exists() {
                continue;
            }
            let mut seen = Seen::default();
            read_journal(&journal, &mut |_, event| {
                seen.note(event);
                Ok(())
            })?;
            out.extend(seen.times(&planned.suite.name, &model.slug));
        }
    }
    Ok(out)
}

#[derive(Default)]
struct Seen {
    n_histories: u64,
    n_pieces: u64,
    memorise_ms: f64,
    slowest_piece_ms: Option<f64>,
    longest_ready_ms: Option<f64>,
    largest_store_bytes: Option<u64>,
    told_tokens: Option<u64>,
    n_told_tokens: u64,
    recalls: Vec<f64>,
    told: Vec<f64>,
    replies: Vec<f64>,
}

fn is_own(answered: &AnsweredEvent) -> bool {
    match &answered.answer {
        RecordedAnswer::Inline(answer) => matches!(answer.as_ref(), Answer::Remembered(answer) if answer.is_own),
        RecordedAnswer::InSegment { .. } => false,
    }
}

fn larger(seen: Option<f64>, new: Option<f64>) -> Option<f64> {
    seen.into_iter().chain(new).reduce(f64::max)
}

impl Seen {
    fn note(&mut self, event: JournalEvent) {
        match event {
            JournalEvent::Memorised(memorised) => {
                self.n_histories += 1;
                self.n_pieces += memorised.n_pieces;
                self.memorise_ms += memorised.memorise_ms.unwrap_or(0.0);
                self.slowest_piece_ms = larger(self.slowest_piece_ms, memorised.slowest_piece_ms);
                self.longest_ready_ms = larger(self.longest_ready_ms, memorised.ready_ms);
                self.largest_store_bytes = self.largest_store_bytes.max(memorised.store_bytes);
                for recall in memorised.recalls {
                    self.recalls.push(recall.ms);
                    self.told.extend(recall.told_ms);
                    if let Some(tokens) = recall.told_tokens {
                        self.n_told_tokens += 1;
                        self.told_tokens = Some(self.told_tokens.unwrap_or(0).saturating_add(tokens));
                    }
                }
            }
            // A step of a state store memorises.
            JournalEvent::Answered(answered) if is_step(&answered.item) => self.memorise_ms += answered.latency_ms,
            // What a system says by itself was timed as a look into its memory.
            JournalEvent::Answered(answered) if is_own(&answered) => {}
            JournalEvent::Answered(answered) => self.replies.push(answered.latency_ms),
            _ => {}
        }
    }

    fn times(self, suite: &str, model: &str) -> Option<MemoryTimes> {
        (self.n_histories > 0).then(|| MemoryTimes {
            suite: suite.to_owned(),
            model: model.to_owned(),
            n_histories: self.n_histories,
            n_pieces: self.n_pieces,
            memorise_ms: self.memorise_ms,
            slowest_piece_ms: self.slowest_piece_ms,
            longest_ready_ms: self.longest_ready_ms,
            recall: spread(self.recalls),
            told: spread(self.told),
            reply: spread(self.replies),
            told_tokens: self.told_tokens,
            n_told_tokens: self.n_told_tokens,
            largest_store_bytes: self.largest_store_bytes,
        })
    }
}

fn spread(mut times: Vec<f64>) -> Option<TimeSpread> {
    times.sort_by(f64::total_cmp);
    let longest_ms = *times.last()?;
    Some(TimeSpread {
        n: times.len() as u64,
        median_ms: quantile_type7(&times, 0.5),
        p95_ms: quantile_type7(&times, 0.95),
        longest_ms,
    })
}
