//! The sentence at the top: what was found, with interval and n, and what the control shows.

use std::fmt::Write as _;

use super::compare::{find, percent};
use super::subject::Subject;
use crate::record::{Comparison, IntervalRecord, MetricRow, Role};
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
                && row.slice.copies == Some(statistics.headline_copies)
        })
    };
    let measure = MetricName::parse(&statistics.headline_metric).words();
    let level = percent(first.level());
    let mut sentences = Vec::new();
    for model in plan.models.iter().filter(|model| model.role == Role::Model) {
        let Some((row, value)) = row(&model.slug).and_then(|row| Some((row, row.value?))) else { continue };
        let mut sentence = format!(
            "{}: {measure} at {} copies in {} is {}.",
            name(plan, &model.slug),
            statistics.headline_copies,
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
