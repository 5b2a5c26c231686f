//! Histories in waves: memorised, frozen, asked about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use rayon::prelude::*;

use super::memory::{Memorised, Memory, Query, Told, failure, milliseconds};
use super::pieces::{Pieces, evidence_places, pieces};
use super::sessions::session_prefix;
use super::writing::is_step;
use crate::agent::http::HttpAgent;
use crate::agent::settings::AgentKind;
use crate::backend::{BackendError, Opened, Reply};
use crate::dataset::History;
use crate::probe::{MemoryQuestion, Question, Recalled, memory_answer, memory_request, own_answer, prompt_tokens};
use crate::prompt::memory::MemoryWords;
use crate::record::{Answer, AnswerKey, Cell, Failure, JournalEvent, MemorisedEvent, Outcome, RecallTime, visit_cell};
use crate::run::error::RunError;
use crate::run::execute::{Execution, OpenQuestion, Posed};
use crate::run::plan::{PlannedModel, PlannedSuite};

/// Histories that are memorised together, so that their questions can be in flight together.
const HISTORIES_TOGETHER: usize = 16;

/// Everything that stays the same while a model is asked.
pub(super) struct Desk<'r, 'a> {
    pub execution: &'r Execution<'a>,
    pub opened: &'r Opened,
    pub words: MemoryWords<'r>,
    pub kind: &'r AgentKind,
    pub embedder: Option<&'r Opened>,
    pub agent: Option<&'r HttpAgent>,
    /// Begins the ids of sessions: the run and the model, so that no two runs meet in one store.
    pub session_prefix: String,
    /// Calls that worked on the run before this one.
    pub n_earlier_calls: usize,
    /// Steps of a state store that the record holds already.
    pub recorded: BTreeMap<AnswerKey, (String, Outcome)>,
}

/// A history with its open questions.
pub(super) struct Turn<'q> {
    pub history: &'q Arc<History>,
    pub task: &'q str,
    /// Places among the open questions.
    pub places: Vec<usize>,
}

/// What is at hand for a question, and what finding it took.
pub(super) struct Found {
    what: Result<Recalled, Failure>,
    ms: f64,
}

/// What is at hand for the open questions, by their places.
#[derive(Default)]
pub(super) struct Finds {
    found: BTreeMap<usize, Found>,
    memorised: Vec<MemorisedEvent>,
}

impl Finds {
    /// A history that could not be memorised leaves all its questions without an answer.
    pub(super) fn fail(&mut self, turn: &Turn<'_>, fault: &Failure) {
        for &place in &turn.places {
            self.found.insert(place, Found { what: Err(fault.clone()), ms: 0.0 });
        }
    }

    /// The same alone.
    pub(super) fn failed(turn: &Turn<'_>, fault: &Failure) -> Self {
        let mut finds = Self::default();
        finds.fail(turn, fault);
        finds
    }

    pub(super) fn extend(&mut self, other: Self) {
        self.found.extend(other.found);
        self.memorised.extend(other.memorised);
    }
}

/// Asks the open questions about histories.
///
/// # Errors
/// As `Execution::run`.
pub(in crate::run) fn ask_remembering(
    execution: &Execution<'_>,
    planned: &PlannedSuite,
    model: &PlannedModel,
    opened: &Opened,
    open: &[OpenQuestion<'_>],
    cell: &mut Cell,
) -> Result<(), RunError> {
    let Some(kind) = &model.agent else { return Ok(()) };
    let Some(pack) = planned.pack.as_ref() else { return Ok(()) };
    let words = MemoryWords::new(pack);
    let place = execution.folder.cell(&planned.suite.name, &model.slug);
    let mut recorded = BTreeMap::new();
    if *kind == AgentKind::StateStore {
        visit_cell(&place.path, &mut |one| {
            if is_step(&one.key.item) {
                recorded.insert(one.key, (one.request_hash, one.outcome));
            }
        })?;
    }
    let desk = Desk {
        execution,
        opened,
        words,
        kind,
        embedder: execution.plan.embedder(),
        agent: model.http_agent.as_deref(),
        session_prefix: session_prefix(execution, &model.slug),
        n_earlier_calls: execution
            .folder
            .read_manifest()
            .map_or(0, |manifest| manifest.sessions.len().saturating_sub(1)),
        recorded,
    };
    let turns = turns(open);
    for wave in turns.chunks(HISTORIES_TOGETHER) {
        if execution.interrupted.load(Ordering::Relaxed) {
            return Err(execution.stopped(crate::backend::Halt::Interrupted));
        }
        desk.wave(wave, open, cell)?;
    }
    Ok(())
}

/// Questions by task and history, in the order in which they come.
fn turns<'q>(open: &'q [OpenQuestion<'_>]) -> Vec<Turn<'q>> {
    let mut turns: Vec<Turn<'q>> = Vec::new();
    let mut places: BTreeMap<(&str, &str, u32), usize> = BTreeMap::new();
    for (place, asked) in open.iter().enumerate() {
        let Some(history) = &asked.item.history else { continue };
        let key = (asked.key.task.as_str(), history.id.as_str(), asked.key.epoch);
        let turn = *places.entry(key).or_insert_with(|| {
            turns.push(Turn { history, task: &asked.key.task, places: Vec::new() });
            turns.len() - 1
        });
        turns[turn].places.push(place);
    }
    turns
}

pub(super) fn memory_of<'q>(asked: &OpenQuestion<'q>) -> Result<&'q MemoryQuestion, Failure> {
    match asked.question {
        Question::Memory(question) => Ok(question),
        _ => Err(Failure::from(&BackendError::OtherReply)),
    }
}

impl Desk<'_, '_> {
    fn wave(&self, wave: &[Turn<'_>], open: &[OpenQuestion<'_>], cell: &mut Cell) -> Result<(), RunError> {
        let mut finds = Finds::default();
        let mut evidence: BTreeMap<usize, Vec<Vec<u64>>> = BTreeMap::new();
        let cut: Vec<Result<Pieces, Failure>> = wave.iter().map(|turn| self.pieces(turn, open)).collect();
        let mut whole: Vec<(&Turn<'_>, &Pieces)> = Vec::new();
        for (turn, pieces) in wave.iter().zip(&cut) {
            match pieces {
                Ok(pieces) => {
                    whole.push((turn, pieces));
                    for &place in &turn.places {
                        evidence.insert(place, evidence_places(open[place].item, pieces));
                    }
                }
                Err(fault) => finds.fail(turn, fault),
            }
        }
        finds.extend(match self.kind {
            AgentKind::StateStore => self.write_states(&whole, open, cell)?,
            AgentKind::Http(_) => self.use_agent(&whole, open),
            _ => {
                let mut all = Finds::default();
                for (turn, pieces) in whole {
                    all.extend(self.recall_alone(turn, pieces, open)?);
                }
                all
            }
        });
        for memorised in finds.memorised {
            cell.note_on_the_way(&JournalEvent::Memorised(memorised))?;
        }
        self.ask(open, finds.found, &evidence, cell)?;
        // Sessions that were not begun any more have no outcome, and nobody was asked who could have told so.
        if matches!(self.kind, AgentKind::Http(_)) && self.execution.interrupted.load(Ordering::Relaxed) {
            return Err(self.execution.stopped(crate::backend::Halt::Interrupted));
        }
        Ok(())
    }

    fn pieces(&self, turn: &Turn<'_>, open: &[OpenQuestion<'_>]) -> Result<Pieces, Failure> {
        let first = &open[turn.places[0]];
        let asked = memory_of(first)?;
        pieces(turn.history, first.probe, &asked.agent, self.words)
            .map_err(|error| failure("history", error.to_string()))
    }

    /// Tokens that the model can read, where that is known.
    fn window(&self) -> Option<u64> {
        let backend = self.opened.backend();
        backend.endpoint().and_then(|report| report.context).or(backend.identity().context_length)
    }

    /// Looks up what is at hand for each question of a history, and times it.
    pub(super) fn recall_all(
        &self,
        turn: &Turn<'_>,
        memory: &Memory<'_>,
        memorised: Memorised,
        pieces: &Pieces,
        open: &[OpenQuestion<'_>],
        vectors: &[Vec<f32>],
    ) -> Finds {
        let mut finds = Finds::default();
        let mut recalls = Vec::with_capacity(turn.places.len());
        for (number, &place) in turn.places.iter().enumerate() {
            let query = Query {
                id: &open[place].key.item,
                vector: vectors.get(number).map(Vec::as_slice),
                window: self.window(),
                seed: self.execution.plan.seed,
                backend: self.opened.backend(),
            };
            let begun = Instant::now();
            let found = memory_of(&open[place]).and_then(|asked| memory.recall(asked, &query, pieces));
            let ms = milliseconds(begun);
            let (what, told) = match found {
                Ok((recalled, told)) => (Ok(recalled), told),
                Err(fault) => (Err(fault), Told::default()),
            };
            let item = open[place].key.item.clone();
            recalls.push(RecallTime { item, ms, told_ms: told.ms, told_tokens: told.tokens });
            finds.found.insert(place, Found { what, ms });
        }
        finds.memorised.push(MemorisedEvent {
            task: turn.task.to_owned(),
            history: turn.history.id.clone(),
            epoch: open[turn.places[0]].key.epoch,
            n_pieces: if *self.kind == AgentKind::None { 0 } else { pieces.wrapped.len() as u64 },
            memorise_ms: memorised.ms,
            slowest_piece_ms: memorised.slowest_piece_ms,
            ready_ms: memorised.ready_ms,
            store_bytes: memorised.store_bytes,
            recalls,
        });
        finds
    }

    /// Asks the model what is at hand for it, and records what needs no model at once.
    fn ask(
        &self,
        open: &[OpenQuestion<'_>],
        found: BTreeMap<usize, Found>,
        evidence: &BTreeMap<usize, Vec<Vec<u64>>>,
        cell: &mut Cell,
    ) -> Result<(), RunError> {
        let mut to_ask: Vec<(usize, Recalled)> = Vec::new();
        let placed = |mut answer: Answer, place: usize| {
            if let Answer::Remembered(answer) = &mut answer {
                answer.evidence = evidence.get(&place).cloned().unwrap_or_default();
            }
            answer
        };
        for (place, Found { what, ms }) in found {
            let asked = &open[place];
            let outcome: Outcome = match (what, memory_of(asked)) {
                (Err(fault), _) | (_, Err(fault)) => Err(fault),
                (Ok(found), Ok(question)) => match own_answer(question, &found) {
                    Some(answer) => Ok(placed(answer, place)),
                    None => {
                        to_ask.push((place, found));
                        continue;
                    }
                },
            };
            self.execution.watcher.answered(1, u64::from(outcome.is_err()));
            cell.append(asked.key.clone(), asked.hash.to_owned(), outcome, ms, None)?;
        }
        let posed: Vec<Posed> =
            to_ask.iter().map(|(place, _)| Posed::of(open[*place].key.clone(), open[*place].hash.to_owned())).collect();
        let question = |at: usize| memory_of(&open[to_ask[at].0]).map_err(|_| BackendError::OtherReply);
        // Counting the tokens of long prompts takes longer than finding what is in them: all cores, and before replies wait for it.
        let read_tokens: Vec<Option<u64>> = to_ask
            .par_iter()
            .map(|(place, found)| memory_of(&open[*place]).ok().map(|asked| prompt_tokens(asked, found)))
            .collect();
        let make = |at: usize| {
            memory_request(self.opened.backend(), question(at)?, &to_ask[at].1).map(|request| vec![request])
        };
        let read = |at: usize, replies: Vec<Result<Reply, BackendError>>| match only(replies)? {
            Reply::Generation(generation) => {
                let (asked, found) = (question(at)?, &to_ask[at].1);
                Ok(placed(memory_answer(asked, found, generation, read_tokens[at]), to_ask[at].0))
            }
            _ => Err(BackendError::OtherReply),
        };
        let watcher = self.execution.watcher;
        self.execution.converse(self.opened, &posed, &make, &read, cell, &mut |_, outcome| {
            watcher.answered(1, u64::from(outcome.is_err()));
        })
    }
}

/// The reply to the one request of a job.
pub(in crate::run) fn only(replies: Vec<Result<Reply, BackendError>>) -> Result<Reply, BackendError> {
    replies.into_iter().next().unwrap_or(Err(BackendError::OtherReply))
}
