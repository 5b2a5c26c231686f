//! What a run says about economic memory: does a model forecast, or does it remember?
//!
//! `answers.rs` reads the answers, `cutoff.rs` finds where hits end and parts before from after, `guessing.rs` takes off what anybody could
//! have guessed, `contrast.rs` compares before with after, `obedience.rs` asks what is left when the model is told to forget, `days.rs`,
//! `confidence.rs`, `date_alone.rs` and `embedding.rs` are about other kinds of answer, `sentence.rs` says it in words.

mod answers;
mod confidence;
mod contrast;
mod cutoff;
mod date_alone;
mod days;
mod embedding;
mod guessing;
mod measured;
mod obedience;
mod rows;
mod sentence;
mod summaries;

use super::subject::{Subject, interval_record};
use crate::record::{EmbeddingFit, IntervalRecord, ModelRecall, PromptWords, Recall, Role, ShareRow};
use crate::run::error::RunError;
use crate::run::item_scores::{Outcomes, TaskScores};
use crate::run::plan::{Plan, PlannedModel, PlannedSuite};
use crate::statistics::{Interval, wilson};
use crate::suite::Probe;

use answers::Answers;

pub(super) use measured::measured;
pub(super) use rows::metric_rows;

/// The part of the results that is about economic memory; `None` for a suite that does not ask for it.
pub(super) fn recall(
    plan: &Plan,
    planned: &PlannedSuite,
    subjects: &[Subject<'_>],
    outcomes: &std::collections::BTreeMap<&str, Outcomes>,
) -> Result<Option<Recall>, RunError> {
    if !subjects.iter().any(|subject| matches!(subject.task.probe, Probe::Recall(_) | Probe::Embed)) {
        return Ok(None);
    }
    let mut models = Vec::new();
    if let Some(subject) = subjects.iter().find(|subject| matches!(subject.task.probe, Probe::Recall(_))) {
        for model in plan.models.iter().filter(|model| matches!(model.role, Role::Model | Role::Baseline)) {
            if let Some(outcomes) = outcomes.get(model.slug.as_str()) {
                models.push(of_model(planned, model, subject, subjects, outcomes)?);
            }
        }
    }
    Ok(Some(Recall {
        embeddings: embedded(plan, subjects, outcomes),
        prompts: planned.prompts.as_ref().map(|prompts| PromptWords {
            name: prompts.name.clone(),
            sha256: prompts.sha256.clone(),
            is_plain: prompts.is_plain,
            is_in_context: prompts.is_in_context,
        }),
        models,
    }))
}

fn of_model(
    planned: &PlannedSuite,
    model: &PlannedModel,
    subject: &Subject<'_>,
    subjects: &[Subject<'_>],
    outcomes: &Outcomes,
) -> Result<ModelRecall, RunError> {
    let mut answers = Answers::of(planned, outcomes);
    let cutoffs = cutoff::cutoffs(&answers, subject.seed, &model.slug);
    let sides = cutoff::sides(&model.cutoff, &cutoffs);
    answers.set_sides(cutoff::side_of(sides.as_ref(), model.cutoff.released.as_deref()));
    let mut untested = Vec::new();
    if sides.is_none() && model.cutoff.released.is_none() {
        untested.push(
            "before and after: no cutoff is stated and hits end nowhere, so nothing is before or after; give --stated-cutoff YYYY-MM".to_owned(),
        );
    }
    let slug = model.slug.as_str();
    let contrasts = contrast::contrasts(subject, slug, &answers, &mut untested);
    let jumps = match &sides {
        Some(sides) => contrast::jumps(&answers, sides, &mut untested),
        None => Vec::new(),
    };
    let fake_cutoff = obedience::fake_cutoff(subject, slug, &answers, &mut untested);
    let fake_date = obedience::fake_date(&answers, &mut untested);
    let mut recall = ModelRecall {
        model: slug.to_owned(),
        role: model.role,
        is_continued: planned.is_plain() || !model.responder.capabilities().chat,
        stated_cutoff: model.cutoff.stated.clone(),
        released: model.cutoff.released.clone(),
        months: summaries::months(&answers),
        statuses: summaries::statuses(&answers),
        errors: summaries::errors(&answers),
        beyond: guessing::beyond_guessing(subject, slug, &answers)?,
        contrasts,
        jumps,
        fake_cutoff,
        fake_date,
        calibrations: confidence::calibrations(&answers),
        fabrication: obedience::fabrication(subject, &answers)?,
        controls: obedience::controls(&answers, subject.seed),
        days: days::days(subject, &answers)?,
        reports: days::reports(subject, &answers)?,
        vintage: obedience::vintage(&answers),
        date_alone: date_alone::date_alone(&answers, masses(subjects, slug)),
        cutoffs,
        sides,
        untested,
        sentence: String::new(),
    };
    recall.sentence = sentence::sentence(&recall, &model.shown_name, &titles(&answers));
    Ok(recall)
}

/// What is learnt from embeddings, where a model made them.
fn embedded(
    plan: &Plan,
    subjects: &[Subject<'_>],
    outcomes: &std::collections::BTreeMap<&str, Outcomes>,
) -> Vec<EmbeddingFit> {
    let subject = subjects.iter().find(|subject| subject.task.probe == Probe::Embed);
    let embedder = plan.models.iter().find(|model| model.role == Role::Embedder);
    let (Some(subject), Some(embedder)) = (subject, embedder) else { return Vec::new() };
    outcomes.get(embedder.slug.as_str()).map_or_else(Vec::new, |outcomes| embedding::embeddings(subject, outcomes))
}

/// Titles of the series that were asked.
fn titles(answers: &Answers<'_>) -> std::collections::BTreeMap<String, String> {
    let asked = answers.tasks().flat_map(|(_, task)| &task.asked);
    asked.map(|asked| (asked.series().to_owned(), asked.text("title").to_owned())).collect()
}

/// The task that scores the words up and down, where a model could be asked it.
fn masses<'s>(subjects: &'s [Subject<'_>], model: &str) -> Option<&'s TaskScores> {
    let is_mass = |subject: &&Subject<'_>| match &subject.task.probe {
        Probe::ChatChoose(probe) => probe.metrics.iter().any(|metric| metric == "direction_mass"),
        _ => false,
    };
    subjects.iter().find(is_mass)?.scores.iter().find(|scores| scores.model == model)
}

fn interval(interval: &Interval) -> IntervalRecord {
    interval_record(interval)
}

#[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 answers")]
fn ratio(sum: f64, n: usize) -> Option<f64> {
    (n > 0).then(|| sum / n as f64)
}

fn mean(values: &[f64]) -> Option<f64> {
    ratio(values.iter().sum(), values.len())
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => None,
        _ if n % 2 == 1 => Some(values[n / 2]),
        _ => Some(f64::midpoint(values[n / 2 - 1], values[n / 2])),
    }
}

/// A share with Wilson's interval.
fn share_row(subject: &Subject<'_>, what: &str, side: &str, flags: &[bool]) -> Result<ShareRow, RunError> {
    let hits = flags.iter().filter(|flag| **flag).count();
    let found = match flags.len() {
        0 => None,
        n => Some(wilson(hits as u64, n as u64, subject.level()).map_err(|error| subject.refused(what, &error))?),
    };
    Ok(ShareRow {
        what: what.to_owned(),
        side: side.to_owned(),
        n: flags.len() as u64,
        hits: hits as u64,
        #[expect(clippy::cast_precision_loss, reason = "a run has far fewer than 2^52 answers")]
        share: ratio(hits as f64, flags.len()),
        interval: found.map(|found| interval(&found)),
    })
}
