//! Judges are asked what is not yet in their record.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use super::imported;
use super::rules;
use super::units::{JudgedUnit, UnitPart, units_of};
use super::verdicts::{Vote, is_readable, read_votes, reply_text};
use crate::backend::{BackendError, FinishReason, Generation, Halt, Opened, Reply, answer_all};
use crate::dataset::Item;
use crate::probe::{JudgeQuestion, judge_request};
use crate::prompt::memory::MemoryWords;
use crate::record::{
    Answer, AnswerKey, Cell, Failure, LikelihoodStorage, Outcome, SessionEnd, read_cell, request_hash,
};
use crate::run::error::RunError;
use crate::run::execute::{Execution, Posed};
use crate::run::item_scores::Outcomes;
use crate::run::plan::{PlannedModel, PlannedSuite, PlannedTask, is_judged};
use crate::run::remember::only;
use crate::run::responder::Responder;

/// Tries of a question whose reply cannot be read, the first one included.
pub(super) const TRIES: u32 = 3;
/// Above every number of a repeat and try; 1,000 epochs of them are a u32.
const REPEATS_OF_AN_EPOCH: u32 = 100_000;

/// A question to a judge that may be open.
struct Ask<'u> {
    items: &'u [Item],
    unit: &'u JudgedUnit,
    part: &'u UnitPart,
    subject: &'u str,
    repeat: u32,
}

/// Votes of one judge on units that belong to no run, e.g. labelled ones; nothing is recorded.
///
/// # Errors
/// The user interrupts, or an endpoint gives out.
pub fn votes_on(
    responder: &Responder,
    units: &[(JudgedUnit, Vec<Item>)],
    repeats: u32,
    stop: &AtomicBool,
) -> Result<Vec<Vec<Vote>>, Halt> {
    const SUBJECT: &str = "labelled";
    const JUDGE: &str = "judge";
    let mut outcomes: Outcomes = Outcomes::new();
    for attempt in 0..TRIES {
        let mut open: Vec<(usize, AnswerKey, JudgeQuestion, &str)> = Vec::new();
        for (place, (unit, _)) in units.iter().enumerate() {
            for repeat in 0..repeats {
                for part in &unit.parts {
                    let key = |attempt| unit.key(SUBJECT, part, repeat, attempt);
                    let is_read = (0..attempt).any(|before| {
                        outcomes
                            .get(&key(before))
                            .and_then(reply_text)
                            .is_some_and(|text| is_readable(unit, part, text))
                    });
                    if !is_read {
                        open.push((place, key(attempt), unit.question(part, repeat, attempt), part.name));
                    }
                }
            }
        }
        if open.is_empty() {
            break;
        }
        match responder {
            Responder::Model(opened) => {
                let backend = opened.backend();
                if let Some(remote) = opened.remote() {
                    remote.begin_with(0.0);
                }
                let mut asked = Vec::new();
                let mut requests = Vec::new();
                for (place, key, question, _) in &open {
                    match judge_request(backend, question) {
                        Ok(request) => {
                            asked.push((*place, key.clone(), question));
                            requests.push(request);
                        }
                        Err(error) => drop(outcomes.insert(key.clone(), Err(Failure::from(&error)))),
                    }
                }
                let (replies, ended) = answer_all(backend, requests, stop);
                for ((_, key, question), reply) in asked.into_iter().zip(replies) {
                    let outcome = match reply {
                        Ok(Reply::Generation(generation)) => Ok(completion(question, generation)),
                        Ok(_) => Err(Failure::from(&BackendError::OtherReply)),
                        Err(error) => Err(Failure::from(&error)),
                    };
                    outcomes.insert(key, outcome);
                }
                ended?;
            }
            Responder::Rules(_) => {
                for (place, key, question, part) in &open {
                    let (unit, items) = &units[*place];
                    outcomes.insert(key.clone(), Ok(said(question, rules::reply(items, unit, part))));
                }
            }
            Responder::Replay(_) | Responder::Imported(_) => break,
        }
    }
    let judges = [(JUDGE, &outcomes)];
    Ok(units.iter().map(|(unit, _)| read_votes(unit, SUBJECT, &judges, repeats)).collect())
}

/// Has every judge of the run read the answers of every model to a suite.
///
/// # Errors
/// As `Execution::run`.
pub fn judge_suite(execution: &mut Execution<'_>, planned: &PlannedSuite) -> Result<(), RunError> {
    let plan = execution.plan;
    let tasks: Vec<&PlannedTask> = planned.tasks.iter().filter(|task| is_judged(&task.probe)).collect();
    let (Some(pack), false) = (planned.pack.as_ref(), tasks.is_empty()) else { return Ok(()) };
    if plan.judges().next().is_none() {
        return Ok(());
    }
    let words = MemoryWords::new(pack);
    let mut judged: Vec<(String, &PlannedTask, Vec<JudgedUnit>)> = Vec::new();
    for model in plan.models.iter().filter(|model| model.agent.is_some()) {
        let outcomes = read_cell(&execution.folder.cell(&planned.suite.name, &model.slug).path)?;
        for &task in &tasks {
            let instructions = plan.judging.prompt.as_deref();
            let units = units_of(task, &outcomes, plan.n_epochs, words, instructions)
                .map_err(|source| RunError::Probe(crate::probe::ProbeError::Pack { task: task.id.clone(), source }))?;
            judged.push((model.slug.clone(), task, units));
        }
    }
    for judge in plan.judges() {
        let mut asks = Vec::new();
        for (subject, task, units) in &judged {
            for unit in units {
                for repeat in 0..plan.judging.repeats {
                    for part in &unit.parts {
                        asks.push(Ask { items: &task.items, unit, part, subject, repeat });
                    }
                }
            }
        }
        one_judge(execution, planned, judge, &asks)?;
    }
    Ok(())
}

fn one_judge(
    execution: &mut Execution<'_>,
    planned: &PlannedSuite,
    judge: &PlannedModel,
    asks: &[Ask<'_>],
) -> Result<(), RunError> {
    let place = execution.folder.cell(&planned.suite.name, &judge.slug);
    let (mut cell, notices) = Cell::open(&place.path, LikelihoodStorage::Inline, env!("CARGO_PKG_VERSION"))?;
    for notice in &notices {
        execution.watcher.notice(notice);
    }
    let begun_at = cell.spent().known_cost;
    execution.begin_cell(begun_at);
    execution.watcher.cell_begins(&planned.suite.name, &judge.slug, asks.len() as u64, asks.len() as u64);
    let outcome = tries(execution, &planned.suite.name, judge, asks, &mut cell);
    execution.end_cell(&cell, begun_at);
    let how = match &outcome {
        Ok(()) => SessionEnd::Finished,
        Err(RunError::Interrupted { .. }) => SessionEnd::Interrupted,
        Err(_) => SessionEnd::Failed,
    };
    let finished = cell.finish(how);
    outcome?;
    finished?;
    execution.watcher.cell_ends();
    Ok(())
}

fn tries(
    execution: &Execution<'_>,
    suite: &str,
    judge: &PlannedModel,
    asks: &[Ask<'_>],
    cell: &mut Cell,
) -> Result<(), RunError> {
    let recorded = cell.read_all()?;
    let mut open: Vec<usize> = Vec::new();
    for (at, ask) in asks.iter().enumerate() {
        // An error that a later try has made good is not asked again: the verdict that is there stays.
        let mut has_verdict = false;
        for attempt in 0..TRIES {
            let key = ask.unit.key(ask.subject, ask.part, ask.repeat, attempt);
            let Some(text) = recorded.get(&key).and_then(reply_text) else { continue };
            let hash = request_hash(&ask.unit.question(ask.part, ask.repeat, attempt))?;
            has_verdict |= cell.done().get(&key) == Some(&hash) && is_readable(ask.unit, ask.part, text);
        }
        if !has_verdict {
            open.push(at);
        }
    }
    for attempt in 0..TRIES {
        let mut replies: BTreeMap<usize, Outcome> = BTreeMap::new();
        let mut unasked: Vec<(usize, AnswerKey, String, JudgeQuestion)> = Vec::new();
        for &at in &open {
            let ask = &asks[at];
            let key = ask.unit.key(ask.subject, ask.part, ask.repeat, attempt);
            let question = ask.unit.question(ask.part, ask.repeat, attempt);
            let hash = request_hash(&question)?;
            match recorded.get(&key) {
                Some(outcome @ Ok(_)) if cell.done().get(&key) == Some(&hash) => {
                    replies.insert(at, outcome.clone());
                }
                _ => unasked.push((at, key, hash, question)),
            }
        }
        match judge.responder.as_ref() {
            Responder::Rules(_) => {
                for (at, key, hash, question) in unasked {
                    let outcome: Outcome =
                        Ok(said(&question, rules::reply(asks[at].items, asks[at].unit, asks[at].part.name)));
                    execution.watcher.answered(1, 0);
                    cell.append(key, hash, outcome.clone(), 0.0, None)?;
                    replies.insert(at, outcome);
                }
            }
            Responder::Imported(judge) => {
                for (at, key, hash, question) in unasked {
                    let outcome = imported::outcome(judge, asks[at].unit, asks[at].part, |text| said(&question, text));
                    execution.watcher.answered(1, u64::from(outcome.is_err()));
                    cell.append(key, hash, outcome.clone(), 0.0, None)?;
                    replies.insert(at, outcome);
                }
                // A file says the same however often it is asked.
                open.clear();
            }
            Responder::Replay(replay) => {
                for (at, key, hash, _) in unasked {
                    let outcome = replay.answer(suite, &key, &hash);
                    execution.watcher.answered(1, u64::from(outcome.is_err()));
                    cell.append(key, hash, outcome.clone(), 0.0, None)?;
                    replies.insert(at, outcome);
                }
            }
            Responder::Model(opened) => ask_model(execution, opened, &unasked, cell, &mut replies)?,
        }
        open.retain(|at| match replies.get(at) {
            Some(outcome) => {
                let ask = &asks[*at];
                !reply_text(outcome).is_some_and(|text| is_readable(ask.unit, ask.part, text))
            }
            None => true,
        });
        if open.is_empty() {
            break;
        }
    }
    Ok(())
}

fn ask_model(
    execution: &Execution<'_>,
    opened: &Opened,
    unasked: &[(usize, AnswerKey, String, JudgeQuestion)],
    cell: &mut Cell,
    replies: &mut BTreeMap<usize, Outcome>,
) -> Result<(), RunError> {
    // A second opinion is a second request: a repeat or try is alike in every word, and a cached reply is none.
    let posed = |(_, key, hash, question): &(usize, AnswerKey, String, JudgeQuestion)| Posed {
        repeat: key.epoch * REPEATS_OF_AN_EPOCH + question.repeat,
        key: key.clone(),
        hash: hash.clone(),
    };
    let posed: Vec<Posed> = unasked.iter().map(posed).collect();
    let make = |at: usize| judge_request(opened.backend(), &unasked[at].3).map(|request| vec![request]);
    let read = |at: usize, replies: Vec<Result<Reply, BackendError>>| match only(replies)? {
        Reply::Generation(generation) => Ok(completion(&unasked[at].3, generation)),
        _ => Err(BackendError::OtherReply),
    };
    let watcher = execution.watcher;
    execution.converse(opened, &posed, &make, &read, cell, &mut |at, outcome| {
        watcher.answered(1, u64::from(outcome.is_err()));
        replies.insert(unasked[at].0, outcome.clone());
    })
}

fn said(question: &JudgeQuestion, text: String) -> Answer {
    let generation = Generation {
        text,
        token_ids: Vec::new(),
        logprobs: Vec::new(),
        n_prompt_tokens: 0,
        finish_reason: FinishReason::Stop,
    };
    completion(question, generation)
}

fn completion(question: &JudgeQuestion, generation: Generation) -> Answer {
    Answer::Completion {
        generation,
        prompt: question.user.clone(),
        reference: String::new(),
        accepted: Vec::new(),
        lacks_prefill: false,
    }
}
