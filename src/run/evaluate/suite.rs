//! All parts of one suite's results, put together.

use std::collections::BTreeMap;

use super::membership::is_membership;
use super::memory::Judged;
use super::subject::Subject;
use super::{
    accuracy, blind, compare, contrast, errata, lottery, membership, memory, methods, notable, perplexity, published,
    recall, trend, unlearning, verdict,
};
use crate::record::{
    Comparison, ItemRow, ModelEntry, RESULTS_SCHEMA, Results, Role, RunFolder, SuiteResults, read_cell,
};
use crate::run::error::RunError;
use crate::run::item_scores::{Outcomes, Scored, TaskScores, score_task};
use crate::run::judge::SuiteVerdicts;
use crate::run::pairing::{Paired, adjust_and_tell};
use crate::run::plan::{Plan, PlannedModel, PlannedSuite, PlannedTask};
use crate::statistics::Adjustment;
use crate::suite::Multiplicity;

/// Aggregates and item rows of a run.
#[derive(Debug)]
pub struct Evaluated {
    pub results: Results,
    pub items: Vec<ItemRow>,
    /// Requests without an answer that are not a property of the item, and answers on which no judge that was asked gave a verdict.
    pub n_errors: u64,
}

/// Reads the record of a finished run and computes everything from it.
///
/// # Errors
/// When a cell cannot be read, or a statistic refuses finite input (a bug).
pub fn evaluate(plan: &Plan, folder: &RunFolder) -> Result<Evaluated, RunError> {
    let mut items = Vec::new();
    let mut suites = Vec::new();
    let mut n_errors = 0;
    for planned in &plan.suites {
        let mut outcomes: BTreeMap<&str, Outcomes> = BTreeMap::new();
        for model in &plan.models {
            if planned.tasks.iter().any(|task| plan.asks(model, task)) {
                outcomes.insert(&model.slug, read_cell(&folder.cell(&planned.suite.name, &model.slug).path)?);
            }
        }
        let votes = memory::votes(plan, planned, folder, &outcomes)?;
        let judged = memory::judged(&votes);
        n_errors += memory::n_without_verdict(&votes);
        let subjects: Vec<Subject<'_>> =
            planned.tasks.iter().map(|task| subject(plan, planned, task, &outcomes, &judged)).collect();
        for subject in &subjects {
            for scores in &subject.scores {
                items.extend(scores.rows.iter().cloned());
                n_errors += scores.health.error;
            }
        }
        suites.push(suite_results(plan, planned, &subjects, &outcomes, &votes)?);
    }
    Ok(Evaluated { results: Results { schema: RESULTS_SCHEMA, seed: plan.seed, suites }, items, n_errors })
}

fn subject<'a>(
    plan: &Plan,
    planned: &'a PlannedSuite,
    task: &'a PlannedTask,
    outcomes: &BTreeMap<&str, Outcomes>,
    judged: &Judged,
) -> Subject<'a> {
    let scores: Vec<TaskScores> = plan
        .models
        .iter()
        // Where something is to be forgotten, the model that never knew it is a side of its own.
        .filter(|model| {
            matches!(model.role, Role::Model | Role::Baseline)
                || (model.role == Role::Reference && task.is_of_forgetting)
        })
        // An optional task that a model cannot serve was left out: nothing of it is missing.
        .filter(|model| !task.is_optional || plan.asks(model, task))
        .filter_map(|model| {
            let scored = Scored {
                suite: &planned.suite.name,
                model: &model.slug,
                role: model.role,
                outcomes: outcomes.get(model.slug.as_str())?,
                reference: reference_of(plan, model).and_then(|slug| outcomes.get(slug)),
                verdicts: judged.get(&(model.slug.clone(), task.id.clone())),
            };
            Some(score_task(plan, task, scored))
        })
        .collect();
    Subject { suite: &planned.suite.name, task, plan: &planned.suite.statistics, seed: plan.seed, scores }
}

/// Which model's answers a reference attack on this model reads: never its own, and for a baseline only a model that
/// was given as reference.
fn reference_of<'a>(plan: &'a Plan, model: &PlannedModel) -> Option<&'a str> {
    let reference = plan.reference()?;
    let is_allowed = reference.slug != model.slug && (model.role == Role::Model || reference.role == Role::Reference);
    is_allowed.then_some(reference.slug.as_str())
}

fn suite_results(
    plan: &Plan,
    planned: &PlannedSuite,
    subjects: &[Subject<'_>],
    outcomes: &BTreeMap<&str, Outcomes>,
    votes: &SuiteVerdicts,
) -> Result<SuiteResults, RunError> {
    let suite = &planned.suite;
    let (mut metrics, mut paired, mut trends) = (Vec::new(), Vec::new(), Vec::new());
    let (mut curves, mut distributions, mut blind, mut notable_items) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut attack_contrasts = Vec::new();
    let mut health = Vec::new();
    for subject in subjects {
        for scores in &subject.scores {
            if is_membership(&subject.task.probe) {
                metrics.extend(membership::membership_rows(subject, scores)?);
                let (rows, tests) = lottery::lottery_rows(subject, scores)?;
                metrics.extend(rows);
                trends.extend(tests);
            } else {
                metrics.extend(if memory::is_remembered(&subject.task.probe) {
                    memory::mean_rows(subject, scores)?
                } else {
                    accuracy::mean_rows(subject, scores)?
                });
                if let Some(outcomes) = outcomes.get(scores.model.as_str()) {
                    metrics.extend(perplexity::perplexity_rows(subject, scores, outcomes));
                }
            }
            if !memory::is_remembered(&subject.task.probe) {
                trends.extend(trend::trends(subject, scores)?);
            }
            health.push(scores.health.clone());
        }
        paired.extend(memory::pairs(plan, subject)?);
        let is_compared =
            |scores: &&TaskScores| scores.role == Role::Model && !memory::is_remembered(&subject.task.probe);
        for tested in subject.scores.iter().filter(is_compared) {
            let Some(baseline) = plan.baseline_of(&tested.model) else { continue };
            if let Some(baseline) = subject.scores.iter().find(|scores| scores.model == baseline.slug) {
                paired.extend(compare::comparisons(subject, tested, baseline)?);
            }
        }
        if is_membership(&subject.task.probe) {
            curves.extend(membership::curves(subject, &suite.figures)?);
            distributions.extend(membership::distributions(subject, &suite.figures)?);
            blind.extend(blind::blind_baselines(subject)?);
            for scores in subject.scores.iter().filter(|scores| scores.role == Role::Model) {
                attack_contrasts.extend(contrast::contrasts(subject, scores)?);
            }
        }
        let shown: Vec<(String, &Outcomes)> = subject
            .scores
            .iter()
            .filter_map(|scores| Some((scores.model.clone(), outcomes.get(scores.model.as_str())?)))
            .collect();
        notable_items.extend(notable::notable(subject, &shown));
    }
    let forgetting = unlearning::unlearning(plan, planned, subjects)?;
    let recall = recall::recall(plan, planned, subjects, outcomes)?;
    metrics.extend(recall.iter().flat_map(recall::metric_rows));
    let mut measured = published::measured(suite, subjects, &metrics)?;
    if let Some(forgetting) = &forgetting {
        measured.extend(published::combined(suite, forgetting));
    }
    measured.extend(recall.iter().flat_map(recall::measured));
    let remembered = memory::memory(plan, planned, subjects, outcomes, votes)?;
    measured.extend(remembered.iter().flat_map(|memory| memory::measured(memory, &metrics)));
    metrics.extend(remembered.iter().flat_map(memory::metric_rows));
    let comparisons = adjusted(paired, plan, suite.statistics.multiplicity, subjects)?;
    Ok(SuiteResults {
        suite: suite.name.clone(),
        suite_version: suite.version.clone(),
        title: suite.title.clone(),
        summary: suite.summary.clone(),
        licence: suite.licence.clone(),
        sources: suite.sources.clone(),
        limits: suite.limits.clone(),
        suite_hash: suite.hash.clone(),
        size: planned.size.kind().to_string(),
        partial: planned.partial.clone(),
        models: plan.models.iter().map(model_entry).collect(),
        verdict: match (&forgetting, &recall, &remembered) {
            (Some(forgetting), ..) => verdict::of_forgetting(plan, forgetting),
            (None, Some(recall), _) => verdict::of_recall(recall),
            (None, None, Some(remembered)) => memory::sentence(plan, remembered, &comparisons),
            (None, None, None) => verdict::verdict(plan, subjects, &metrics, &comparisons),
        },
        methods: methods::methods(plan, subjects, &comparisons),
        errata: errata::errata(subjects, &suite.errata)?,
        unlearning: forgetting,
        recall,
        memory: remembered,
        left_out: plan.left_out(planned),
        published: published::rows(plan, planned, &measured),
        measured,
        metrics,
        comparisons,
        trends,
        curves,
        distributions,
        attack_contrasts,
        blind,
        health,
        notable_items,
    })
}

/// The family of a suite is every comparison of its card.
/// The rows of all comparisons, adjusted over the suite as one family.
fn adjusted(
    mut paired: Vec<Paired>,
    plan: &Plan,
    multiplicity: Multiplicity,
    subjects: &[Subject<'_>],
) -> Result<Vec<Comparison>, RunError> {
    let adjustment = match multiplicity {
        Multiplicity::Holm => Adjustment::Holm,
        Multiplicity::BenjaminiHochberg => Adjustment::BenjaminiHochberg,
    };
    let name = |slug: &str| {
        let model = plan.models.iter().find(|model| model.slug == slug);
        model.map_or_else(|| slug.to_owned(), |model| model.shown_name.clone())
    };
    adjust_and_tell(&mut paired, adjustment, name).map_err(|error| match subjects.first() {
        Some(subject) => subject.refused("p values", &error),
        None => RunError::Statistics { task: String::new(), metric: "p values".into(), reason: error.to_string() },
    })?;
    Ok(paired.into_iter().map(|row| row.comparison).collect())
}

fn model_entry(model: &PlannedModel) -> ModelEntry {
    let identity = model.responder.identity();
    ModelEntry {
        slug: model.slug.clone(),
        name: model.shown_name.clone(),
        role: model.role,
        backend: identity.backend.clone(),
        architecture: identity.architecture.clone(),
        revision: identity.revision.clone(),
        weights_sha256: identity.weights_sha256.clone(),
        tokenizer_sha256: identity.tokenizer_sha256.clone(),
        dtype: identity.dtype.clone(),
        n_parameters: identity.n_parameters,
        context_length: identity.context_length,
        bos: identity.bos.clone(),
    }
}
