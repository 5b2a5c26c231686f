//! What a run says about memory agents: columns and competencies, evidence found and used, positions, tokens, judges, changed states.

mod cells;
mod columns;
mod costs;
mod judges;
mod means;
mod pairs;
mod positions;
mod rows;
mod sentence;
mod stale;
mod used;

use std::collections::BTreeMap;

use super::subject::Subject;
use crate::agent::settings::AgentKind;
use crate::probe::Question;
use crate::prompt::memory::MemoryWords;
use crate::record::{AgentEntry, Answer, Memory, PromptWords, RememberedAnswer, RunFolder, read_cell};
use crate::run::error::RunError;
use crate::run::item_scores::Outcomes;
use crate::run::judge::{Judgement, SuiteVerdicts, lacks_verdict, read_votes, units_of};
use crate::run::plan::{Plan, PlannedModel, PlannedSuite, is_judged};
use crate::suite::Probe;

pub(super) use means::mean_rows;
pub(super) use pairs::pairs;
pub(super) use rows::{measured, metric_rows};
pub(super) use sentence::sentence;

/// What judges say, by model and task: of each item and repeat.
pub(super) type Judged = BTreeMap<(String, String), BTreeMap<(usize, u32), Judgement>>;

/// Whether a question is one to an agent.
pub(super) fn is_remembered(probe: &Probe) -> bool {
    matches!(probe, Probe::Memory(_) | Probe::State(_))
}

/// The votes of all judges on all answers of a suite, out of the record.
///
/// # Errors
/// A cell cannot be read, or the prompt file lacks a rubric.
pub(super) fn votes(
    plan: &Plan,
    planned: &PlannedSuite,
    folder: &RunFolder,
    outcomes: &BTreeMap<&str, Outcomes>,
) -> Result<SuiteVerdicts, RunError> {
    let mut votes = SuiteVerdicts::new();
    let tasks: Vec<_> = planned.tasks.iter().filter(|task| is_judged(&task.probe)).collect();
    let (Some(pack), false) = (planned.pack.as_ref(), tasks.is_empty()) else { return Ok(votes) };
    // Without a judge nobody needs its words.
    if plan.judges().next().is_none() {
        return Ok(votes);
    }
    let mut judges: Vec<(&str, Outcomes)> = Vec::new();
    for judge in plan.judges() {
        let place = folder.cell(&planned.suite.name, &judge.slug);
        judges.push((&judge.slug, if place.path.is_dir() { read_cell(&place.path)? } else { Outcomes::new() }));
    }
    let judges: Vec<(&str, &Outcomes)> = judges.iter().map(|(slug, outcomes)| (*slug, outcomes)).collect();
    for model in plan.models.iter().filter(|model| model.agent.is_some()) {
        let Some(answers) = outcomes.get(model.slug.as_str()) else { continue };
        for task in &tasks {
            let words = MemoryWords::new(pack);
            let instructions = plan.judging.prompt.as_deref();
            let units = units_of(task, answers, plan.n_epochs, words, instructions)
                .map_err(|source| RunError::Probe(crate::probe::ProbeError::Pack { task: task.id.clone(), source }))?;
            let voted = units.into_iter().map(|unit| {
                let votes = read_votes(&unit, &model.slug, &judges, plan.judging.repeats);
                (unit, votes)
            });
            votes.insert((model.slug.clone(), task.id.clone()), voted.collect());
        }
    }
    Ok(votes)
}

/// Units of a run with a judge of which an answer has no verdict.
pub(super) fn n_without_verdict(votes: &SuiteVerdicts) -> u64 {
    votes.values().flatten().filter(|(unit, votes)| lacks_verdict(unit, votes)).count() as u64
}

/// What the votes come to, answer by answer.
pub(super) fn judged(votes: &SuiteVerdicts) -> Judged {
    let of = |units: &Vec<(crate::run::judge::JudgedUnit, Vec<crate::run::judge::Vote>)>| {
        let mut answers = BTreeMap::new();
        for (unit, votes) in units {
            for (place, &item) in unit.items.iter().enumerate() {
                answers.insert((item, unit.epoch), Judgement::of(votes, place));
            }
        }
        answers
    };
    votes.iter().map(|(key, units)| (key.clone(), of(units))).collect()
}

/// Everything about memory agents; `None` where the suite asks none.
pub(super) fn memory(
    plan: &Plan,
    planned: &PlannedSuite,
    subjects: &[Subject<'_>],
    outcomes: &BTreeMap<&str, Outcomes>,
    votes: &SuiteVerdicts,
) -> Result<Option<Memory>, RunError> {
    let subjects: Vec<&Subject<'_>> = subjects.iter().filter(|one| is_remembered(&one.task.probe)).collect();
    if subjects.is_empty() {
        return Ok(None);
    }
    let shown = Shown { plan, planned, subjects: &subjects, outcomes };
    let columns = columns::columns(&shown)?;
    let competencies = columns::competencies(&shown, &columns)?;
    let stale = stale::stale(&shown, votes)?;
    let costs = costs::costs(&shown, &columns, stale.as_ref())?;
    Ok(Some(Memory {
        prompts: planned.prompts.as_ref().map(|prompts| PromptWords {
            name: prompts.name.clone(),
            sha256: prompts.sha256.clone(),
            is_plain: prompts.is_plain,
            is_in_context: prompts.is_in_context,
        }),
        agents: plan.models.iter().filter_map(|model| agent_entry(&shown, model)).collect(),
        retrieval: used::retrieval(&shown)?,
        positions: positions::positions(&shown)?,
        judges: judges::judges(plan, votes)?,
        columns,
        competencies,
        costs,
        stale,
    }))
}

/// What the parts of an evaluation read.
struct Shown<'a> {
    plan: &'a Plan,
    planned: &'a PlannedSuite,
    subjects: &'a [&'a Subject<'a>],
    outcomes: &'a BTreeMap<&'a str, Outcomes>,
}

impl<'a> Shown<'a> {
    /// Models that answer with an agent, in the order of the run.
    fn models(&self) -> impl Iterator<Item = &'a PlannedModel> {
        self.plan.models.iter().filter(|model| model.agent.is_some())
    }

    /// The first recorded answer of each item of a task; `None`: there is none.
    fn answers(&self, model: &str, subject: &Subject<'_>) -> Vec<Option<&'a RememberedAnswer>> {
        let of_model = self.outcomes.get(model);
        let answer = |item: &crate::dataset::Item| {
            let task = subject.task.id.clone();
            let key = crate::record::AnswerKey { task, item: item.id.clone(), epoch: 0 };
            match of_model.and_then(|outcomes| outcomes.get(&key)) {
                Some(Ok(Answer::Remembered(answer))) => Some(answer),
                _ => None,
            }
        };
        subject.items().iter().map(answer).collect()
    }
}

fn agent_entry(shown: &Shown<'_>, model: &PlannedModel) -> Option<AgentEntry> {
    let kind = model.agent.as_ref()?;
    let settings = shown.subjects.iter().find_map(|subject| match &subject.task.questions_of(model).first()?.0 {
        Question::Memory(question) => Some(question.agent.words()),
        _ => None,
    });
    let (mut n_histories, mut n_pieces, mut n_evicted, mut n_cut, mut n_unread) = (0, 0, 0, 0, 0);
    let mut n_own_answers = 0;
    for subject in shown.subjects {
        let mut seen = std::collections::BTreeSet::new();
        for (item, answer) in subject.items().iter().zip(shown.answers(&model.slug, subject)) {
            let Some(answer) = answer else { continue };
            n_cut += u64::from(answer.is_cut);
            n_own_answers += u64::from(answer.is_own);
            let history = item.history.as_ref().map(|history| history.id.as_str());
            if history.is_some_and(|history| seen.insert(history)) {
                n_histories += 1;
                // Without a memory no piece is held.
                n_pieces += if *kind == AgentKind::None { 0 } else { answer.n_pieces };
                n_evicted += answer.n_evicted;
                n_unread += answer.n_unread;
            }
        }
    }
    Some(AgentEntry {
        model: model.slug.clone(),
        agent: kind.word().to_owned(),
        settings: settings.unwrap_or_default(),
        n_histories,
        n_pieces,
        n_evicted,
        n_cut,
        n_unread,
        system: model.http_agent.as_ref().and_then(|agent| agent.system()),
        n_own_answers,
        query_isolation: match kind {
            AgentKind::Http(_) => model.http_agent.as_ref().map(|agent| agent.isolation().word().to_owned()),
            _ => None,
        },
    })
}
