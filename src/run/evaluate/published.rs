//! Our numbers in the places of the published ones: by upstream's task, metric and copies.
//!
//! A difference is told only where both numbers are of the same model on the same data.

use super::accuracy::mean_row;
use super::membership::is_membership;
use super::subject::Subject;
use crate::record::{IntervalRecord, MeasuredRow, PublishedRow, Role};
use crate::run::error::RunError;
use crate::run::plan::{Plan, PlannedModel};
use crate::scoring::metrics;
use crate::suite::{PublishedModel, PublishedValue, SizeKind, Suite};

/// Every published number, with ours beside it where the run's model is the published one.
pub(super) fn rows(plan: &Plan, suite: &Suite, size: SizeKind, measured: &[MeasuredRow]) -> Vec<PublishedRow> {
    suite
        .published
        .iter()
        .map(|value| {
            let same = plan.models.iter().filter(|model| model.role == Role::Model).find_map(|model| {
                let published = published_model(plan, suite, model).filter(|_| size != SizeKind::Builtin)?;
                published.labels.contains(&value.model).then_some(())?;
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

/// The published model that a model of the run is: by `--published-as` for the first model under test, else by its hub id at
/// the pinned revision.
fn published_model<'s>(plan: &Plan, suite: &'s Suite, model: &PlannedModel) -> Option<&'s PublishedModel> {
    let first = plan.models.iter().find(|model| model.role == Role::Model)?;
    if let Some(wanted) = &plan.published_as
        && first.slug == model.slug
    {
        return find_model(suite, wanted);
    }
    let (id, revision) = model.hub.as_ref()?;
    let found = suite.models.iter().find(|published| published.id == *id)?;
    (revision.as_deref() == Some(found.revision.as_str())).then_some(found)
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
                let found: Option<(Option<f64>, Option<IntervalRecord>, u64)> = if is_membership(&subject.task.probe) {
                    let row = metric_rows.iter().find(|row| {
                        row.task == subject.task.id
                            && row.model == scores.model
                            && row.metric == metric
                            && row.slice.copies == value.copies
                    });
                    row.map(|row| (row.value, row.interval.clone(), row.n))
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
