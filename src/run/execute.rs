//! Asks what is not yet answered, into the record.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::error::RunError;
use super::judge::judge_suite;
use super::plan::{Plan, PlannedModel, PlannedSuite, PlannedTask};
use super::remember::ask_remembering;
use super::responder::{Replay, Responder};
use crate::backend::{BackendError, Delivery, FailedAttempt, Halt, Job, JobEvent, Opened, Reply, Request, Traffic};
use crate::dataset::Item;
use crate::probe::{Question, answer, requests};
use crate::record::{
    Answer, AnswerKey, AttemptEvent, Cell, CellNotice, Counts, Failure, JournalEvent, LikelihoodStorage, Outcome,
    RecordError, RunFolder, SessionEnd, Spent,
};
use crate::suite::Probe;

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
    /// Known cost of the open cell when this session opened it; the bits of an f64.
    cell_spent_before: AtomicU64,
}

/// A question without an answer so far.
pub(super) struct OpenQuestion<'a> {
    pub(super) key: AnswerKey,
    pub(super) question: &'a Question,
    pub(super) hash: &'a str,
    pub(super) item: &'a Item,
    pub(super) probe: &'a Probe,
}

/// Something that is put to a model.
pub(super) struct Posed {
    pub(super) key: AnswerKey,
    pub(super) hash: String,
    /// Sets apart what is alike in all else: none is answered by another one's cached reply.
    pub(super) repeat: u32,
}

impl Posed {
    /// A question of its epoch.
    pub(super) fn of(key: AnswerKey, hash: String) -> Self {
        Self { repeat: key.epoch, key, hash }
    }
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
            cell_spent_before: AtomicU64::new(0),
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
            judge_suite(self, planned)?;
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
                let (question, hash) = &task.questions_of(model)[index];
                let (item, probe) = (&task.items[index], &task.probe);
                // An answer to another question under the same key is asked again: a prompt file may have changed.
                if cell.done().get(&key) != Some(hash) {
                    open.push(OpenQuestion { key, question, hash, item, probe });
                }
            }
        }
        self.watcher.cell_begins(suite, &model.slug, open.len() as u64, n_all);
        let begun_at = cell.spent().known_cost;
        self.begin_cell(begun_at);
        let outcome = match model.responder.as_ref() {
            Responder::Model(opened) => {
                let (remembered, others): (Vec<_>, Vec<_>) =
                    open.into_iter().partition(|asked| matches!(asked.question, Question::Memory(_)));
                self.ask(opened, &others, &mut cell)
                    .and_then(|()| ask_remembering(self, planned, model, opened, &remembered, &mut cell))
            }
            Responder::Replay(replay) => self.replay(replay, suite, &open, &mut cell),
            // Such judges answer no question of a suite.
            Responder::Rules(_) | Responder::Imported(_) => Ok(()),
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
        let posed: Vec<Posed> = open.iter().map(|asked| Posed::of(asked.key.clone(), asked.hash.to_owned())).collect();
        let make = |place: usize| requests(backend, open[place].question);
        let read = |place: usize, replies| answer(backend, open[place].question, replies);
        let watcher = self.watcher;
        self.converse(opened, &posed, &make, &read, cell, &mut |_, outcome| {
            watcher.answered(1, u64::from(outcome.is_err()));
        })
    }

    /// Asks what `make` gives for each place, and records what `read` makes of the replies, each as soon as it is there. `told` hears of
    /// every outcome that was recorded.
    ///
    /// # Errors
    /// When the record cannot be written, the user interrupts, or an endpoint gives out; all finished answers are saved.
    pub(super) fn converse(
        &self,
        opened: &Opened,
        posed: &[Posed],
        make: &dyn Fn(usize) -> Result<Vec<Request>, BackendError>,
        read: &dyn Fn(usize, Vec<Result<Reply, BackendError>>) -> Result<Answer, BackendError>,
        cell: &mut Cell,
        told: &mut dyn FnMut(usize, &Outcome),
    ) -> Result<(), RunError> {
        if posed.is_empty() {
            return Ok(());
        }
        let backend = opened.backend();
        if let Some(remote) = opened.remote() {
            if let Some(notice) = remote.cache_notice() {
                self.watcher.told(&notice);
            }
            remote.begin_with(
                self.spent_before + self.spent_now + cell.spent().known_cost
                    - f64::from_bits(self.cell_spent_before.load(Ordering::Relaxed)),
            );
        }
        // Items that have nothing to ask about; recorded when the others are through.
        let unaskable: RefCell<Vec<(usize, BackendError)>> = RefCell::new(Vec::new());
        let mut jobs = posed.iter().enumerate().filter_map(|(place, Posed { key, repeat, .. })| match make(place) {
            Ok(requests) => {
                Some(Job { place, name: format!("{}/{}/{}", key.task, key.item, key.epoch), repeat: *repeat, requests })
            }
            Err(error) => {
                unaskable.borrow_mut().push((place, error));
                None
            }
        });
        let mut failed: Option<RecordError> = None;
        let mut desk = |event: JobEvent| {
            let written = match event {
                JobEvent::Delivered(delivery) => {
                    let Posed { key, hash, .. } = &posed[delivery.place];
                    let Delivery { place, replies, latency_ms, exchange } = delivery;
                    let outcome = read(place, replies).map_err(|error| Failure::from(&error));
                    told(place, &outcome);
                    cell.append(key.clone(), hash.clone(), outcome, latency_ms, exchange)
                }
                JobEvent::AttemptFailed(attempt) => {
                    cell.note_on_the_way(&attempt_event(&posed[attempt.place].key, attempt))
                }
                JobEvent::Abandoned { place, exchange } => {
                    let AnswerKey { task, item, epoch } = posed[place].key.clone();
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
            let Posed { key, hash, .. } = &posed[place];
            let outcome: Outcome = Err(Failure::from(&error));
            told(place, &outcome);
            cell.append(key.clone(), hash.clone(), outcome, 0.0, None)?;
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

    /// A cell is asked about whose known cost so far is `known_cost`.
    pub(super) fn begin_cell(&self, known_cost: f64) {
        self.cell_spent_before.store(known_cost.to_bits(), Ordering::Relaxed);
    }

    /// What the cell has cost since then counts for the run.
    pub(super) fn end_cell(&mut self, cell: &Cell, known_cost: f64) {
        self.spent_now += cell.spent().known_cost - known_cost;
        self.spent.add(cell.spent());
    }

    pub(super) fn stopped(&self, halt: Halt) -> RunError {
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
