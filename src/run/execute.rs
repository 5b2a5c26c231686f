//! Asks what is not yet answered, into the record.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::RunError;
use super::plan::{Plan, PlannedModel, PlannedSuite, PlannedTask};
use super::responder::{Replay, Responder};
use crate::backend::{BackendError, Delivery, FailedAttempt, Halt, Job, JobEvent, Opened, Traffic};
use crate::probe::{Question, answer, requests};
use crate::record::{
    AnswerKey, AttemptEvent, Cell, CellNotice, Counts, Failure, JournalEvent, LikelihoodStorage, Outcome, RecordError,
    RunFolder, SessionEnd, Spent,
};

/// Replayed answers between two looks at the user's wish to stop.
const REPLAYED_TOGETHER: usize = 128;

/// Who is told how the run goes.
pub trait Watcher: Sync {
    /// A model begins with a suite; `n_open` answers are missing of `n_all`.
    fn cell_begins(&self, suite: &str, model: &str, n_open: u64, n_all: u64);
    /// More answers are recorded.
    fn answered(&self, n: u64, n_failed: u64);
    /// How an endpoint is doing.
    fn traffic(&self, traffic: &Traffic);
    /// Something about the record that the user should know.
    fn notice(&self, notice: &CellNotice);
    /// Something else that the user should know.
    fn told(&self, text: &str);
    /// The model has answered the suite.
    fn cell_ends(&self);
}

/// Who is asked, where the answers go, and who looks on.
pub struct Execution<'a> {
    pub plan: &'a Plan,
    pub folder: &'a RunFolder,
    /// Set by Ctrl-C.
    pub interrupted: &'a AtomicBool,
    pub watcher: &'a dyn Watcher,
    pub counts: Counts,
    /// What endpoints took, over all sessions and cells so far.
    pub spent: Spent,
    /// Known cost of the run when this session began, of all cells.
    spent_before: f64,
    /// Known cost of this session so far.
    spent_now: f64,
}

/// A question without an answer so far.
struct OpenQuestion<'a> {
    key: AnswerKey,
    question: &'a Question,
    hash: &'a str,
}

impl<'a> Execution<'a> {
    /// Nothing was asked yet.
    #[must_use]
    pub fn new(plan: &'a Plan, folder: &'a RunFolder, interrupted: &'a AtomicBool, watcher: &'a dyn Watcher) -> Self {
        Self {
            plan,
            folder,
            interrupted,
            watcher,
            counts: Counts::default(),
            spent: Spent::nothing(),
            spent_before: 0.0,
            spent_now: 0.0,
        }
    }

    /// Asks everything that the record does not hold yet.
    ///
    /// # Errors
    /// When the record cannot be written, the user interrupts, or an endpoint gives out; all finished answers are saved.
    pub fn run(&mut self) -> Result<(), RunError> {
        self.spent_before = self.recorded_cost()?;
        for planned in &self.plan.suites {
            for model in &self.plan.models {
                let tasks: Vec<&PlannedTask> =
                    planned.tasks.iter().filter(|task| self.plan.asks(model, task)).collect();
                if !tasks.is_empty() {
                    self.cell(planned, model, &tasks)?;
                }
            }
        }
        Ok(())
    }

    /// What the cells of earlier sessions have cost, as far as it is known.
    fn recorded_cost(&self) -> Result<f64, RecordError> {
        let mut cost = 0.0;
        for place in self.folder.cells()? {
            cost += Spent::of_cell(&place.path)?.known_cost;
        }
        Ok(cost)
    }

    fn cell(&mut self, planned: &PlannedSuite, model: &PlannedModel, tasks: &[&PlannedTask]) -> Result<(), RunError> {
        let suite = &planned.suite.name;
        let place = self.folder.cell(suite, &model.slug);
        // A paid answer is never held back.
        let storage =
            if model.responder.endpoint().is_some() { LikelihoodStorage::Inline } else { LikelihoodStorage::default() };
        let (mut cell, notices) = Cell::open(&place.path, storage, env!("CARGO_PKG_VERSION"))?;
        for notice in &notices {
            self.watcher.notice(notice);
        }
        let mut open = Vec::new();
        let mut n_all = 0;
        for task in tasks {
            for (key, index) in task.keys(self.plan.n_epochs) {
                n_all += 1;
                let (question, hash) = &task.questions_of(model.role)[index];
                // An answer to another question under the same key is asked again: a prompt file may have changed.
                if cell.done().get(&key) != Some(hash) {
                    open.push(OpenQuestion { key, question, hash });
                }
            }
        }
        self.watcher.cell_begins(suite, &model.slug, open.len() as u64, n_all);
        let begun_at = cell.spent().known_cost;
        let outcome = match &model.responder {
            Responder::Model(opened) => self.ask(opened, &open, &mut cell),
            Responder::Replay(replay) => self.replay(replay, suite, &open, &mut cell),
        };
        self.spent_now += cell.spent().known_cost - begun_at;
        self.spent.add(cell.spent());
        let how = match &outcome {
            Ok(()) => SessionEnd::Finished,
            Err(RunError::Interrupted { .. }) => SessionEnd::Interrupted,
            Err(_) => SessionEnd::Failed,
        };
        let finished = cell.finish(how);
        outcome?;
        finished?;
        self.watcher.cell_ends();
        let n_failed = tasks
            .iter()
            .flat_map(|task| task.keys(self.plan.n_epochs))
            .filter(|(key, _)| cell.failed().contains_key(key))
            .count() as u64;
        self.counts.planned += n_all;
        self.counts.failed += n_failed;
        self.counts.answered += n_all - n_failed;
        Ok(())
    }

    fn ask(&self, opened: &Opened, open: &[OpenQuestion<'_>], cell: &mut Cell) -> Result<(), RunError> {
        let backend = opened.backend();
        if let Some(remote) = opened.remote() {
            if let Some(notice) = remote.cache_notice() {
                self.watcher.told(&notice);
            }
            remote.begin_with(self.spent_before + self.spent_now);
        }
        // Items that have nothing to ask about; recorded when the others are through.
        let unaskable: RefCell<Vec<(usize, BackendError)>> = RefCell::new(Vec::new());
        let mut jobs = open.iter().enumerate().filter_map(|(place, asked)| match requests(backend, asked.question) {
            Ok(requests) => Some(Job {
                place,
                name: format!("{}/{}/{}", asked.key.task, asked.key.item, asked.key.epoch),
                repeat: asked.key.epoch,
                requests,
            }),
            Err(error) => {
                unaskable.borrow_mut().push((place, error));
                None
            }
        });
        let mut failed: Option<RecordError> = None;
        let mut desk = |event: JobEvent| {
            let written = match event {
                JobEvent::Delivered(delivery) => {
                    let asked = &open[delivery.place];
                    let Delivery { replies, latency_ms, exchange, .. } = delivery;
                    let outcome = answer(backend, asked.question, replies).map_err(|error| Failure::from(&error));
                    self.watcher.answered(1, u64::from(outcome.is_err()));
                    cell.append(asked.key.clone(), asked.hash.to_owned(), outcome, latency_ms, exchange)
                }
                JobEvent::AttemptFailed(attempt) => {
                    cell.note_on_the_way(&attempt_event(&open[attempt.place].key, attempt))
                }
                JobEvent::Abandoned { place, exchange } => {
                    let AnswerKey { task, item, epoch } = open[place].key.clone();
                    cell.note_on_the_way(&JournalEvent::Abandoned { task, item, epoch, exchange })
                }
                JobEvent::LimitChanged { limit, why } => {
                    cell.note_on_the_way(&JournalEvent::LimitChanged { limit: limit as u64, why })
                }
                JobEvent::Traffic(traffic) => {
                    self.watcher.traffic(&traffic);
                    Ok(())
                }
                JobEvent::Notice(text) => {
                    self.watcher.told(&text);
                    Ok(())
                }
            };
            match written {
                Ok(()) => ControlFlow::Continue(()),
                Err(error) => {
                    failed = Some(error);
                    ControlFlow::Break(())
                }
            }
        };
        let ended = backend.answer(&mut jobs, &mut desk, self.interrupted);
        if let Some(error) = failed {
            return Err(error.into());
        }
        for (place, error) in unaskable.into_inner() {
            let asked = &open[place];
            let outcome: Outcome = Err(Failure::from(&error));
            self.watcher.answered(1, 1);
            cell.append(asked.key.clone(), asked.hash.to_owned(), outcome, 0.0, None)?;
        }
        ended.map_err(|halt| self.stopped(halt))
    }

    fn replay(&self, replay: &Replay, suite: &str, open: &[OpenQuestion<'_>], cell: &mut Cell) -> Result<(), RunError> {
        for portion in open.chunks(REPLAYED_TOGETHER) {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(self.stopped(Halt::Interrupted));
            }
            let mut n_failed = 0;
            for asked in portion {
                let outcome = replay.answer(suite, &asked.key, asked.hash);
                n_failed += u64::from(outcome.is_err());
                cell.append(asked.key.clone(), asked.hash.to_owned(), outcome, 0.0, None)?;
            }
            self.watcher.answered(portion.len() as u64, n_failed);
        }
        Ok(())
    }

    fn stopped(&self, halt: Halt) -> RunError {
        let out = self.folder.root().to_owned();
        match halt {
            Halt::Interrupted => RunError::Interrupted { out },
            halt => RunError::Halted { halt, out },
        }
    }
}

fn attempt_event(key: &AnswerKey, attempt: FailedAttempt) -> JournalEvent {
    JournalEvent::AttemptFailed(AttemptEvent {
        task: key.task.clone(),
        item: key.item.clone(),
        epoch: key.epoch,
        request: attempt.request as u64,
        attempt: attempt.attempt,
        kind: attempt.kind,
        status: attempt.status,
        wait_ms: attempt.wait_ms,
    })
}
