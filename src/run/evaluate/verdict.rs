//! The sentence at the top: what was found, with interval and n, and what the control shows.

use std::fmt::Write as _;

use super::compare::{find, percent};
use super::subject::Subject;
use crate::record::{Claim, ClaimKind, ClaimOutcome, Comparison, IntervalRecord, MetricRow, Role, Side, Unlearning};
use crate::report::metric_name::MetricName;
use crate::report::number::{count, decimals, fixed, range};
use crate::run::plan::Plan;

/// The headline metric of the plan at its dose, for every model under test; empty when it was not measured.
pub(super) fn verdict(
    plan: &Plan,
    subjects: &[Subject<'_>],
    metrics: &[MetricRow],
    comparisons: &[Comparison],
) -> String {
    let Some(first) = subjects.first() else { return String::new() };
    let statistics = first.plan;
    let row = |model: &str| {
        metrics.iter().find(|row| {
            row.task == statistics.headline_task
                && row.metric == statistics.headline_metric
                && row.model == model
                && row.slice.copies == statistics.headline_copies
        })
    };
    let measure = MetricName::parse(&statistics.headline_metric).words();
    let level = percent(first.level());
    let mut sentences = Vec::new();
    for model in plan.models.iter().filter(|model| model.role == Role::Model) {
        let Some((row, value)) = row(&model.slug).and_then(|row| Some((row, row.value?))) else { continue };
        let mut sentence = format!(
            "{}: {measure}{} in {} is {}.",
            name(plan, &model.slug),
            statistics.headline_copies.map_or(String::new(), |copies| format!(" at {copies} copies")),
            statistics.headline_task,
            with_interval(value, row.interval.as_ref(), &level, &sizes(row))
        );
        let found = find(
            comparisons,
            &statistics.headline_task,
            &statistics.headline_metric,
            statistics.headline_copies,
            &model.slug,
        );
        if let Some(found) = found.filter(|found| found.difference.is_some()) {
            write!(sentence, " {}.", found.sentence).expect("writing to a string");
        }
        sentences.push(sentence);
    }
    for model in plan.models.iter().filter(|model| model.role == Role::Baseline) {
        if let Some((row, value)) = row(&model.slug).and_then(|row| Some((row, row.value?))) {
            let value = with_interval(value, row.interval.as_ref(), &level, &sizes(row));
            sentences.push(format!("{}: {value}.", name(plan, &model.slug)));
        }
    }
    sentences.join(" ")
}

/// What a run about forgetting found: of every model under test the forgetting, what it cost, and how it stands to the model that
/// never knew.
pub(super) fn of_forgetting(plan: &Plan, found: &Unlearning) -> String {
    let mut sentences = Vec::new();
    for model in plan.models.iter().filter(|model| model.role == Role::Model) {
        let of_model = || found.claims.iter().filter(|claim| claim.model == model.slug);
        let headline = of_model()
            .filter(|claim| claim.kind == ClaimKind::Forgetting)
            .find(|claim| claim.measure == "forget-all")
            .or_else(|| of_model().find(|claim| claim.kind == ClaimKind::Forgetting));
        match headline {
            Some(claim) => sentences.push(format!("{}.", claim.sentence)),
            None => {
                let measures =
                    || found.measures.iter().filter(|row| row.model == model.slug && row.side == Side::Forget);
                let row = measures().find(|row| row.measure == "forget-all").or_else(|| measures().next());
                if let Some((row, value)) = row.and_then(|row| Some((row, row.value?))) {
                    sentences.push(format!(
                        "{}: {} of {} is left ({} targets); without a baseline nothing says how much it was.",
                        model.shown_name,
                        fixed(value, 2),
                        row.title,
                        count(row.n_targets)
                    ));
                }
            }
        }
        let kept: Vec<&Claim> = of_model().filter(|claim| claim.kind == ClaimKind::Preservation).collect();
        let lost: Vec<&str> = kept
            .iter()
            .filter(|claim| matches!(claim.outcome, ClaimOutcome::NotFound | ClaimOutcome::Untested))
            .map(|claim| claim.title.as_str())
            .collect();
        if !kept.is_empty() {
            sentences.push(match lost.as_slice() {
                [] => format!("All {} measures of neighbours and utility are kept within their margins.", kept.len()),
                lost => format!(
                    "Not shown to be kept within their margins: {} of {} ({}).",
                    lost.len(),
                    kept.len(),
                    lost.join(", ")
                ),
            });
        }
        let beyond: Vec<&str> = of_model()
            .filter(|claim| claim.kind == ClaimKind::OverForgetting)
            .filter(|claim| matches!(claim.outcome, ClaimOutcome::Found | ClaimOutcome::FoundHere))
            .map(|claim| claim.title.as_str())
            .collect();
        if !beyond.is_empty() {
            sentences.push(format!("Over-forgotten, further from the data than never seen: {}.", beyond.join(", ")));
        }
        if let Some(facts) = found.facts.iter().find(|facts| facts.model == model.slug && facts.n_known_before > 0) {
            sentences.push(format!(
                "Of {} facts that were known before, {} still come out plainly, {} only by another form of the question, {} by nothing that was asked.",
                count(facts.n_known_before),
                count(facts.n_direct),
                count(facts.n_superficial),
                count(facts.n_essential)
            ));
        }
    }
    sentences.join(" ")
}

/// `1.00 (95 % CI 0.90 to 1.00, 30 seen and 400 unseen items)`.
fn with_interval(value: f64, interval: Option<&IntervalRecord>, level: &str, evidence: &str) -> String {
    let decimals = decimals(interval);
    match interval {
        Some(interval) => {
            format!("{} ({level} % CI {}, {evidence})", fixed(value, decimals), range(interval, decimals))
        }
        None => format!("{} (no interval, {evidence})", fixed(value, decimals)),
    }
}

/// A model as the user named it.
fn name<'a>(plan: &'a Plan, slug: &'a str) -> &'a str {
    plan.models.iter().find(|model| model.slug == slug).map_or(slug, |model| model.shown_name.as_str())
}

fn sizes(row: &MetricRow) -> String {
    match (row.n_members, row.n_non_members) {
        (Some(members), Some(non_members)) => {
            format!("{} seen and {} unseen items", count(members), count(non_members))
        }
        _ => format!("n = {}", count(row.n)),
    }
}
