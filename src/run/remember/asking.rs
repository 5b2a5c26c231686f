//! Histories in waves: memorised, frozen, asked about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::memory::{Memory, Query, failure};
use super::pieces::{Pieces, evidence_places, pieces};
use super::writing::{AskedStep, Writing};
use crate::agent::http::HttpAgent;
use crate::agent::settings::AgentKind;
use crate::agent::shelf::held_pieces;
use crate::backend::{BackendError, Opened, Reply, Request, answer_all};
use crate::dataset::History;
use crate::digest::sha256_hex;
use crate::probe::{
    Before, MemoryQuestion, Question, Recalled, memory_answer, memory_request, own_answer, prompt_tokens,
};
use crate::prompt::memory::MemoryWords;
use crate::record::{Answer, AnswerKey, Cell, Failure, Outcome, visit_cell};
use crate::run::error::RunError;
use crate::run::execute::{Execution, OpenQuestion, Posed};
use crate::run::plan::{PlannedModel, PlannedSuite};

/// Histories that are memorised together, so that their questions can be in flight together.
const HISTORIES_TOGETHER: usize = 16;
/// Histories given to one system behind HTTP at the same time.
const SESSIONS_TOGETHER: usize = 4;
/// Texts that an embedder is sent at once.
const EMBEDDED_TOGETHER: usize = 64;

/// The number of a step, and what the model replied.
type StepReply = (u64, Result<String, Failure>);

/// Everything that stays the same while a model is asked.
struct Desk<'r, 'a> {
    execution: &'r Execution<'a>,
    opened: &'r Opened,
    words: MemoryWords<'r>,
    kind: &'r AgentKind,
    embedder: Option<&'r Opened>,
    agent: Option<&'r HttpAgent>,
    /// Begins the ids of sessions: the run and the model, so that no two runs meet in one store.
    session_prefix: String,
    /// Steps of a state store that the record holds already.
    recorded: BTreeMap<AnswerKey, (String, Outcome)>,
}

/// A history with its open questions.
struct Turn<'q> {
    history: &'q Arc<History>,
    task: &'q str,
    /// Places among the open questions.
    places: Vec<usize>,
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
            if one.key.item.contains('#') {
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

/// A name for the sessions of a run and model: free of paths, and of other runs'.
fn session_prefix(execution: &Execution<'_>, slug: &str) -> String {
    let manifest = execution.folder.read_manifest();
    // Two runs can begin in the same second, but not into the same folder.
    let begun = manifest.map(|manifest| format!("{} {}", manifest.created_utc, manifest.command_line.join(" ")));
    format!("run-{}-{slug}", &sha256_hex(begun.unwrap_or_default().as_bytes())[..12])
}

/// A session's id: letters, digits and `-._` alone, at most 128 of them. Names of tasks and histories are not in it: they can say what the
/// right answer is (`control-removed`).
fn session_id(prefix: &str, task: &str, history: &str, epoch: u32) -> String {
    let full = format!("{prefix}.{task}.{history}.{epoch}");
    let safe: String = prefix
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' })
        .collect();
    let hash = &sha256_hex(full.as_bytes())[..20];
    format!("{}.{hash}", safe.chars().take(100).collect::<String>())
}

fn memory_of<'q>(asked: &OpenQuestion<'q>) -> Result<&'q MemoryQuestion, Failure> {
    match asked.question {
        Question::Memory(question) => Ok(question),
        _ => Err(Failure::from(&BackendError::OtherReply)),
    }
}

impl Desk<'_, '_> {
    fn wave(&self, wave: &[Turn<'_>], open: &[OpenQuestion<'_>], cell: &mut Cell) -> Result<(), RunError> {
        let mut recalled: BTreeMap<usize, Result<Recalled, Failure>> = BTreeMap::new();
        let mut evidence: BTreeMap<usize, Vec<Vec<u64>>> = BTreeMap::new();
        let cut: Vec<Result<Pieces, Failure>> = wave.iter().map(|turn| self.pieces(turn, open)).collect();
        for (turn, pieces) in wave.iter().zip(&cut) {
            for &place in &turn.places {
                match pieces {
                    Ok(pieces) => drop(evidence.insert(place, evidence_places(open[place].item, pieces))),
                    Err(fault) => drop(recalled.insert(place, Err(fault.clone()))),
                }
            }
        }
        match self.kind {
            AgentKind::StateStore => self.write_states(wave, &cut, open, cell, &mut recalled)?,
            AgentKind::Http(_) => self.use_agent(wave, &cut, open, &mut recalled),
            _ => {
                for (turn, pieces) in wave.iter().zip(&cut) {
                    let Ok(pieces) = pieces else { continue };
                    self.recall_alone(turn, pieces, open, &mut recalled)?;
                }
            }
        }
        self.ask(open, recalled, &evidence, cell)?;
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

    fn window(&self) -> Option<u64> {
        let backend = self.opened.backend();
        backend.endpoint().and_then(|report| report.context).or(backend.identity().context_length)
    }

    /// Agents that need nobody but perhaps an embedder.
    fn recall_alone(
        &self,
        turn: &Turn<'_>,
        pieces: &Pieces,
        open: &[OpenQuestion<'_>],
        recalled: &mut BTreeMap<usize, Result<Recalled, Failure>>,
    ) -> Result<(), RunError> {
        let fail = |recalled: &mut BTreeMap<usize, Result<Recalled, Failure>>, fault: &Failure| {
            for &place in &turn.places {
                recalled.insert(place, Err(fault.clone()));
            }
        };
        let first = match memory_of(&open[turn.places[0]]) {
            Ok(first) => first,
            Err(fault) => {
                fail(recalled, &fault);
                return Ok(());
            }
        };
        let (mut vectors, mut of_questions) = (None, Vec::new());
        if self.kind.embeds() {
            let (held, _) = held_pieces(&first.agent, pieces.wrapped.len());
            let mut texts: Vec<String> = held.iter().map(|&place| pieces.wrapped[place].to_string()).collect();
            let n_pieces = texts.len();
            for &place in &turn.places {
                texts.push(memory_of(&open[place]).map(|asked| asked.search_text().to_owned()).unwrap_or_default());
            }
            match self.embed(&texts)? {
                Ok(mut all) => {
                    of_questions = all.split_off(n_pieces);
                    vectors = Some(all);
                }
                Err(fault) => {
                    fail(recalled, &fault);
                    return Ok(());
                }
            }
        }
        let memory = match Memory::of(&first.agent, pieces, vectors) {
            Ok(memory) => memory,
            Err(fault) => {
                fail(recalled, &fault);
                return Ok(());
            }
        };
        self.recall_all(turn, &memory, pieces, open, &of_questions, recalled);
        Ok(())
    }

    fn recall_all(
        &self,
        turn: &Turn<'_>,
        memory: &Memory<'_>,
        pieces: &Pieces,
        open: &[OpenQuestion<'_>],
        vectors: &[Vec<f32>],
        recalled: &mut BTreeMap<usize, Result<Recalled, Failure>>,
    ) {
        for (number, &place) in turn.places.iter().enumerate() {
            let query = Query {
                id: &open[place].key.item,
                vector: vectors.get(number).map(Vec::as_slice),
                window: self.window(),
                seed: self.execution.plan.seed,
                backend: self.opened.backend(),
            };
            let found = memory_of(&open[place]).and_then(|asked| memory.recall(asked, &query, pieces));
            recalled.insert(place, found);
        }
    }

    /// Vectors of texts; the inner error is that of the embedder, which leaves these questions without an answer.
    fn embed(&self, texts: &[String]) -> Result<Result<Vec<Vec<f32>>, Failure>, RunError> {
        let Some(embedder) = self.embedder else {
            return Ok(Err(failure("no_embedder", "no model embeds texts; give --embedder")));
        };
        let requests = texts.chunks(EMBEDDED_TOGETHER).map(|texts| Request::Embed(texts.to_vec())).collect();
        if let Some(remote) = embedder.remote() {
            remote.begin_with(0.0);
        }
        let (replies, ended) = answer_all(embedder.backend(), requests, self.execution.interrupted);
        ended.map_err(|halt| self.execution.stopped(halt))?;
        let mut vectors = Vec::with_capacity(texts.len());
        for reply in replies {
            match reply {
                Ok(Reply::Embeddings(found)) => vectors.extend(found),
                Ok(_) => return Ok(Err(Failure::from(&BackendError::OtherReply))),
                Err(error) => return Ok(Err(Failure::from(&error))),
            }
        }
        if vectors.len() != texts.len() {
            let message = format!("{} vectors came back for {} texts", vectors.len(), texts.len());
            return Ok(Err(failure("embedding_count", message)));
        }
        Ok(Ok(vectors))
    }

    /// A system behind HTTP: several histories at once, each in order.
    fn use_agent(
        &self,
        wave: &[Turn<'_>],
        cut: &[Result<Pieces, Failure>],
        open: &[OpenQuestion<'_>],
        recalled: &mut BTreeMap<usize, Result<Recalled, Failure>>,
    ) {
        let Some(agent) = self.agent else { return };
        let work: Vec<(&Turn<'_>, &Pieces)> =
            wave.iter().zip(cut).filter_map(|(turn, pieces)| Some((turn, pieces.as_ref().ok()?))).collect();
        for together in work.chunks(SESSIONS_TOGETHER) {
            if self.execution.interrupted.load(Ordering::Relaxed) {
                break;
            }
            let found: Vec<BTreeMap<usize, Result<Recalled, Failure>>> = std::thread::scope(|scope| {
                let handles: Vec<_> = together
                    .iter()
                    .map(|(turn, pieces)| scope.spawn(move || self.one_session(agent, turn, pieces, open)))
                    .collect();
                handles.into_iter().map(|handle| handle.join().unwrap_or_default()).collect()
            });
            found.into_iter().for_each(|of_session| recalled.extend(of_session));
        }
    }

    fn one_session(
        &self,
        agent: &HttpAgent,
        turn: &Turn<'_>,
        pieces: &Pieces,
        open: &[OpenQuestion<'_>],
    ) -> BTreeMap<usize, Result<Recalled, Failure>> {
        let mut recalled = BTreeMap::new();
        let id = session_id(&self.session_prefix, turn.task, &turn.history.id, open[turn.places[0]].key.epoch);
        match Memory::at(agent, &id, &turn.history.source, pieces) {
            Ok(memory) => {
                self.recall_all(turn, &memory, pieces, open, &[], &mut recalled);
                memory.close();
            }
            Err(fault) => {
                for &place in &turn.places {
                    recalled.insert(place, Err(fault.clone()));
                }
            }
        }
        recalled
    }

    /// State stores: histories are written in step, each step's questions together.
    fn write_states(
        &self,
        wave: &[Turn<'_>],
        cut: &[Result<Pieces, Failure>],
        open: &[OpenQuestion<'_>],
        cell: &mut Cell,
        recalled: &mut BTreeMap<usize, Result<Recalled, Failure>>,
    ) -> Result<(), RunError> {
        let mut writings: Vec<(&Turn<'_>, &Pieces, u32, Writing<'_>)> = wave
            .iter()
            .zip(cut)
            .filter_map(|(turn, pieces)| {
                let pieces = pieces.as_ref().ok()?;
                let epoch = open[turn.places[0]].key.epoch;
                Some((turn, pieces, epoch, Writing::new(turn.task, &turn.history.id, pieces)))
            })
            .collect();
        loop {
            let mut steps: Vec<AskedStep> = Vec::new();
            let mut counts = Vec::new();
            for (_, _, epoch, writing) in &mut writings {
                let next = match writing.next(self.words, *epoch) {
                    Ok(next) => next,
                    Err(error) => {
                        writing.failed = Some(failure("prompt", error.to_string()));
                        Vec::new()
                    }
                };
                counts.push(next.len());
                steps.extend(next);
            }
            if steps.is_empty() {
                break;
            }
            let replies = self.ask_steps(&steps, cell)?;
            let mut rest = replies.into_iter();
            for ((_, _, _, writing), n) in writings.iter_mut().zip(counts) {
                let own: Vec<(u64, Result<String, Failure>)> = rest.by_ref().take(n).collect();
                if n > 0 {
                    writing.asked_tokens += own.iter().map(|(tokens, _)| tokens).sum::<u64>();
                    writing.take(&own.into_iter().map(|(_, reply)| reply).collect::<Vec<_>>());
                }
            }
        }
        for (turn, pieces, _, writing) in writings {
            let memory = match &writing.failed {
                Some(fault) => Err(fault.clone()),
                None => Memory::of_states(&writing.writer, self.words, writing.asked_tokens),
            };
            match memory {
                Ok(memory) => self.recall_all(turn, &memory, pieces, open, &[], recalled),
                Err(fault) => {
                    for &place in &turn.places {
                        recalled.insert(place, Err(fault.clone()));
                    }
                }
            }
        }
        Ok(())
    }

    /// Replies to steps, with the tokens of each: out of the record where it has them.
    fn ask_steps(&self, steps: &[AskedStep], cell: &mut Cell) -> Result<Vec<StepReply>, RunError> {
        let questions: Vec<MemoryQuestion> = steps.iter().map(|step| self.step_question(step)).collect();
        let wrapped: Vec<Question> =
            questions.iter().map(|question| Question::Memory(Box::new(question.clone()))).collect();
        let nothing = Recalled { before: Before::Memories(Vec::new()), pieces: None, memory: Default::default() };
        let mut replies: Vec<Option<(u64, Result<String, Failure>)>> = vec![None; steps.len()];
        let mut open: Vec<(usize, String)> = Vec::new();
        for (place, (step, question)) in steps.iter().zip(&wrapped).enumerate() {
            let hash = crate::record::request_hash(question)?;
            match self.recorded.get(&step.key) {
                // A recorded failure is asked again, as every question is on resume.
                Some((known, Ok(answer))) if *known == hash => replies[place] = Some(text_of(answer)),
                _ => open.push((place, hash)),
            }
        }
        let posed: Vec<Posed> =
            open.iter().map(|(place, hash)| Posed::of(steps[*place].key.clone(), hash.clone())).collect();
        let make = |place: usize| {
            memory_request(self.opened.backend(), &questions[open[place].0], &nothing).map(|request| vec![request])
        };
        let read = |place: usize, replies: Vec<Result<Reply, BackendError>>| match only(replies)? {
            Reply::Generation(generation) => {
                let question = &questions[open[place].0];
                Ok(memory_answer(question, &nothing, generation, Some(prompt_tokens(question, &nothing))))
            }
            _ => Err(BackendError::OtherReply),
        };
        let mut told: Vec<(usize, Outcome)> = Vec::new();
        self.execution.converse(self.opened, &posed, &make, &read, cell, &mut |place, outcome| {
            told.push((open[place].0, outcome.clone()));
        })?;
        for (place, outcome) in told {
            replies[place] = Some(match &outcome {
                Ok(answer) => text_of(answer),
                Err(fault) => (0, Err(fault.clone())),
            });
        }
        let missing = || (0, Err(failure("interrupted", "the step was not answered")));
        Ok(replies.into_iter().map(|reply| reply.unwrap_or_else(missing)).collect())
    }

    /// A step as a question of its own: the whole of it is in its words.
    fn step_question(&self, step: &AskedStep) -> MemoryQuestion {
        MemoryQuestion {
            history: String::new(),
            history_sha256: String::new(),
            agent: crate::agent::settings::AgentSettings {
                kind: AgentKind::StateStore,
                top_k: 0,
                chunk_tokens: None,
                chunking: Default::default(),
                context_tokens: None,
                memory_tokens: None,
                truncation: crate::agent::settings::Truncation::Forbid,
            },
            words_sha256: self.words.sha256().to_owned(),
            system: "You keep notes. Do what the message says, and write nothing else.".to_owned(),
            asked: crate::probe::AskedForm::Query { text: step.user.clone() },
            question: step.user.clone(),
            max_tokens: step.max_tokens,
            accepted: Vec::new(),
        }
    }

    /// Asks the model what is at hand for it, and records what needs no model at once.
    fn ask(
        &self,
        open: &[OpenQuestion<'_>],
        recalled: BTreeMap<usize, Result<Recalled, Failure>>,
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
        for (place, found) in recalled {
            let asked = &open[place];
            let outcome: Outcome = match (found, memory_of(asked)) {
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
            cell.append(asked.key.clone(), asked.hash.to_owned(), outcome, 0.0, None)?;
        }
        let posed: Vec<Posed> =
            to_ask.iter().map(|(place, _)| Posed::of(open[*place].key.clone(), open[*place].hash.to_owned())).collect();
        let question = |at: usize| memory_of(&open[to_ask[at].0]).map_err(|_| BackendError::OtherReply);
        let make = |at: usize| {
            memory_request(self.opened.backend(), question(at)?, &to_ask[at].1).map(|request| vec![request])
        };
        let read = |at: usize, replies: Vec<Result<Reply, BackendError>>| match only(replies)? {
            Reply::Generation(generation) => {
                let (asked, found) = (question(at)?, &to_ask[at].1);
                Ok(placed(memory_answer(asked, found, generation, Some(prompt_tokens(asked, found))), to_ask[at].0))
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

/// The text of a recorded step, and its tokens.
fn text_of(answer: &Answer) -> (u64, Result<String, Failure>) {
    match answer {
        Answer::Remembered(answer) => {
            (answer.read_tokens.unwrap_or(0) + answer.answer_tokens, Ok(answer.generation.text.clone()))
        }
        _ => (0, Err(failure("other_reply", "the record holds another kind of answer"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn session_ids_hold_nothing_that_a_url_could_misread() {
        let id = session_id("run-ab-m \u{fc}?/#", "longmemeval", "Accurate_Retrieval/0 \u{fc}?../#", 0);
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_')), "{id}");
        assert!(session_id(&"p".repeat(500), "t", &"x".repeat(500), 0).len() <= 128);
        assert!(!session_id("p", "controls", "u/control-removed", 0).contains("control"));
        assert_ne!(session_id("p", "t", "a/b", 0), session_id("p", "t", "a-b", 0));
    }
}
