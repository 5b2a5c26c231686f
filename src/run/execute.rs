//! Asks what is not yet answered, into the record.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::error::RunError;
use super::plan::{Plan, PlannedModel, PlannedSuite, PlannedTask};
use crate::probe::Question;
use crate::record::{AnswerKey, Cell, CellNotice, Counts, LikelihoodStorage, RunFolder, SessionEnd};

/// Questions that are put together; an interrupt is noticed between two such portions.
const PORTION: usize = 128;

/// Who is told how the run goes.
pub trait Watcher: Sync {
    /// A model begins with a suite; `n_open` answers are missing of `n_all`.
    fn cell_begins(&self, suite: &str, model: &str, n_open: u64, n_all: u64);
    /// More answers are recorded.
    fn answered(&self, n: u64, n_failed: u64);
    /// Something about the record that the user should know.
    fn notice(&self, notice: &CellNotice);
    /// The model has answered the suite.
    fn cell_ends(&self);
}

/// Asks everything that the record does not hold yet.
///
/// # Errors
/// When the record cannot be written, or the user interrupts; all finished answers are saved.
pub fn execute(
    plan: &Plan,
    folder: &RunFolder,
    interrupted: &AtomicBool,
    watcher: &dyn Watcher,
) -> Result<Counts, RunError> {
    let mut counts = Counts::default();
    for planned in &plan.suites {
        for model in &plan.models {
            let tasks: Vec<&PlannedTask> = planned.tasks.iter().filter(|task| plan.asks(model, task)).collect();
            if !tasks.is_empty() {
                execute_cell(plan, folder, planned, model, &tasks, interrupted, watcher, &mut counts)?;
            }
        }
    }
    Ok(counts)
}

#[expect(
    clippy::too_many_arguments,
    reason = "the plan, its place on disk and three observers; a struct would only rename them"
)]
fn execute_cell(
    plan: &Plan,
    folder: &RunFolder,
    planned: &PlannedSuite,
    model: &PlannedModel,
    tasks: &[&PlannedTask],
    interrupted: &AtomicBool,
    watcher: &dyn Watcher,
    counts: &mut Counts,
) -> Result<(), RunError> {
    let suite = &planned.suite.name;
    let place = folder.cell(suite, &model.slug);
    let (mut cell, notices) = Cell::open(&place.path, LikelihoodStorage::default(), env!("CARGO_PKG_VERSION"))?;
    for notice in &notices {
        watcher.notice(notice);
    }
    let mut open: Vec<(AnswerKey, &Question, &str)> = Vec::new();
    let mut n_all = 0;
    for task in tasks {
        for (key, index) in task.keys(plan.n_epochs) {
            n_all += 1;
            let (question, hash) = &task.questions[index];
            // An answer to another question under the same key is asked again: a prompt file may have changed.
            if cell.done().get(&key) != Some(hash) {
                open.push((key, question, hash));
            }
        }
    }
    watcher.cell_begins(suite, &model.slug, open.len() as u64, n_all);
    let mut failed: BTreeMap<AnswerKey, ()> = BTreeMap::new();
    for portion in open.chunks(PORTION) {
        if interrupted.load(Ordering::Relaxed) {
            cell.finish(SessionEnd::Interrupted)?;
            return Err(RunError::Interrupted { out: folder.root().to_owned() });
        }
        let started = Instant::now();
        let outcomes = model.responder.answer(suite, portion);
        let latency_ms = started.elapsed().as_secs_f64() * 1e3 / to_f64(portion.len());
        let mut n_failed = 0;
        for ((key, _, hash), outcome) in portion.iter().zip(outcomes) {
            if outcome.is_err() {
                n_failed += 1;
                failed.insert(key.clone(), ());
            }
            cell.append(key.clone(), (*hash).to_owned(), outcome, latency_ms)?;
        }
        watcher.answered(portion.len() as u64, n_failed);
    }
    cell.finish(SessionEnd::Finished)?;
    watcher.cell_ends();
    counts.planned += n_all;
    counts.failed += failed.len() as u64;
    counts.answered += n_all - failed.len() as u64;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a portion has at most 128 questions")]
fn to_f64(n: usize) -> f64 {
    n as f64
}
