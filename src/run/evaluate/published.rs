//! Our numbers in the places of the published ones: by upstream's task, metric and copies.
//!
//! A difference is told only where both numbers are of the same model on the same data.

use std::collections::BTreeMap;

use super::accuracy::{mean_row, to_f64};
use super::membership::is_membership;
use super::subject::{Subject, interval_record};
use crate::record::{IntervalRecord, MeasuredRow, PublishedRow, Role, Unlearning};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::run::plan::{Plan, PlannedModel, PlannedSuite};
use crate::scoring::metrics;
use crate::statistics::{StatError, mean_interval};
use crate::suite::{PublishedModel, PublishedValue, SizeKind, Suite};

/// Every published number, with ours beside it where the run's model is the published one.
pub(super) fn rows(plan: &Plan, planned: &PlannedSuite, measured: &[MeasuredRow]) -> Vec<PublishedRow> {
    let (suite, size) = (&planned.suite, planned.size.kind());
    // A part of the items, or another form of the question, is not what was printed.
    let is_as_printed = planned.partial.is_none()
        && planned.prompts.as_ref().is_none_or(|prompts| !prompts.is_plain && !prompts.is_in_context);
    suite
        .published
        .iter()
        .map(|value| {
            let same = plan.models.iter().filter(|model| model.role == Role::Model).find_map(|model| {
                let labels =
                    published_labels(plan, suite, model).filter(|_| size != SizeKind::Builtin && is_as_printed)?;
                labels.contains(&value.model.as_str()).then_some(())?;
                measured.iter().find(|row| {
                    row.model == model.slug
                        && (&row.task, &row.metric, row.copies) == (&value.task, &value.metric, value.copies)
                })
            });
            PublishedRow {
                task: value.task.clone(),
                metric: value.metric.clone(),
                model: value.model.clone(),
                copies: value.copies,
                published: value.value,
                printed_in: value.printed_in.clone(),
                ours: same.and_then(|row| row.value),
                interval: same.and_then(|row| row.interval.clone()),
                difference: same.and_then(|row| row.value).map(|ours| ours - value.value),
            }
        })
        .collect()
}

/// The names of a model of the run in the published tables: by `--published-as` for the first model under test, else by its hub id at
/// the pinned revision.
fn published_labels<'s>(plan: &Plan, suite: &'s Suite, model: &PlannedModel) -> Option<Vec<&'s str>> {
    let of = |published: &'s PublishedModel| published.labels.iter().map(String::as_str).collect();
    let first = plan.models.iter().find(|model| model.role == Role::Model)?;
    if let Some(wanted) = &plan.published_as
        && first.slug == model.slug
    {
        return match find_model(suite, wanted) {
            Some(published) => Some(of(published)),
            None => suite.published.iter().find(|value| value.model == *wanted).map(|value| vec![value.model.as_str()]),
        };
    }
    let (id, revision) = model.hub.as_ref()?;
    let found = suite.models.iter().find(|published| published.id == *id)?;
    (revision.as_deref() == Some(found.revision.as_str())).then(|| of(found))
}

/// A published model by its hub id, with or without `-hf`, or by its name in the published tables.
#[must_use]
pub fn find_model<'s>(suite: &'s Suite, wanted: &str) -> Option<&'s PublishedModel> {
    let plain = |id: &str| id.trim_start_matches("hf:").trim_end_matches("-hf").to_owned();
    let wanted_plain = plain(wanted);
    suite.models.iter().find(|model| {
        plain(&model.id) == wanted_plain
            || plain(&model.id).rsplit('/').next() == Some(wanted_plain.as_str())
            || model.labels.iter().any(|label| label == wanted)
    })
}

/// What each model under test measured of each published task, metric and number of copies.
pub(super) fn measured(
    suite: &Suite,
    subjects: &[Subject<'_>],
    metric_rows: &[crate::record::MetricRow],
) -> Result<Vec<MeasuredRow>, RunError> {
    let mut rows: Vec<MeasuredRow> = Vec::new();
    for value in &suite.published {
        for subject in subjects {
            let task = &suite.tasks[subject.task.index];
            let Some((metric, field)) = ours(task.upstream.as_deref(), &task.upstream_metrics, value) else { continue };
            for scores in subject.scores.iter().filter(|scores| scores.role == Role::Model) {
                let is_there = rows.iter().any(|row| {
                    row.model == scores.model
                        && (&row.task, &row.metric, row.copies) == (&value.task, &value.metric, value.copies)
                });
                if is_there {
                    continue;
                }
                let found: Option<Measured> = if is_membership(&subject.task.probe) {
                    let row = metric_rows.iter().find(|row| {
                        row.task == subject.task.id
                            && row.model == scores.model
                            && row.metric == metric
                            && row.slice.copies == value.copies
                    });
                    row.map(|row| (row.value, row.interval.clone(), row.n))
                } else if task.axis.is_some() {
                    // Upstream's means are unweighted means over targets.
                    target_mean(subject, scores, metric)?
                } else {
                    let items: Vec<usize> = (0..subject.items().len())
                        .filter(|&index| {
                            let item = &subject.items()[index];
                            value.copies.is_none_or(|copies| item.copies == Some(copies))
                                && field.is_none_or(|field| item.fields.get("field").is_some_and(|own| own == field))
                        })
                        .collect();
                    // Seven fields of one person share a cluster; one field alone does not.
                    mean_row(subject, scores, metric, value.copies, &items)?
                        .filter(|_| !items.is_empty())
                        .map(|row| (row.value, row.interval, row.n))
                };
                if let Some((measured, interval, n)) = found {
                    rows.push(MeasuredRow {
                        task: value.task.clone(),
                        metric: value.metric.clone(),
                        copies: value.copies,
                        model: scores.model.clone(),
                        measured_as: format!("{}: {metric}", subject.task.id),
                        n,
                        value: measured,
                        interval,
                    });
                }
            }
        }
    }
    Ok(rows)
}

/// RWKU's columns that are means over several tasks.
const COMBINED: [(&str, &str); 2] = [("All", "forget-all"), ("nAll", "neighbour-all")];

/// What each model under test measured of the columns that stand for several tasks.
pub(super) fn combined(suite: &Suite, found: &Unlearning) -> Vec<MeasuredRow> {
    let mut rows = Vec::new();
    for (column, measure) in COMBINED {
        let Some(published) = suite.published.iter().find(|value| value.task == column) else { continue };
        for row in found.measures.iter().filter(|row| row.measure == measure && row.role == Role::Model) {
            rows.push(MeasuredRow {
                task: column.to_owned(),
                metric: published.metric.clone(),
                copies: None,
                model: row.model.clone(),
                measured_as: format!("{measure}: {}", row.metric),
                n: row.n_items,
                value: row.value,
                interval: row.interval.clone(),
            });
        }
    }
    rows
}

/// A value, its interval and the number of items.
type Measured = (Option<f64>, Option<IntervalRecord>, u64);

/// Unweighted mean over clusters of the means of their items, with a t interval and the number of items.
fn target_mean(subject: &Subject<'_>, scores: &TaskScores, metric: &str) -> Result<Option<Measured>, RunError> {
    let Some(values) = scores.values(metric) else { return Ok(None) };
    let mut targets: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for (item, value) in subject.items().iter().zip(values) {
        targets.entry(&item.cluster).or_default().extend(value);
    }
    let mean = |values: &Vec<f64>| values.iter().sum::<f64>() / to_f64(values.len());
    let n = targets.values().map(|values| values.len() as u64).sum();
    let means: Vec<f64> = targets.values().filter(|values| !values.is_empty()).map(mean).collect();
    match mean_interval(&means, subject.level()) {
        Ok(found) => Ok(Some((Some(found.value), found.interval.as_ref().map(interval_record), n))),
        Err(StatError::EmptyInput) => Ok(Some((None, None, 0))),
        Err(StatError::TooFewItems { .. }) => Ok(Some((means.first().copied(), None, n))),
        Err(error) => Err(subject.refused(metric, &error)),
    }
}

/// Our metric for a published number of a task, and the field that it is about where its task's name has one behind it.
fn ours<'a>(
    upstream: Option<&str>,
    names: &'a std::collections::BTreeMap<String, String>,
    value: &'a PublishedValue,
) -> Option<(&'a str, Option<&'a str>)> {
    let rest = value.task.strip_prefix(upstream?)?;
    let field = if rest.is_empty() { None } else { Some(rest.strip_prefix(' ')?) };
    let metric = names.get(&value.metric).unwrap_or(&value.metric);
    metrics::find(metric)?;
    Some((metric, field))
}
