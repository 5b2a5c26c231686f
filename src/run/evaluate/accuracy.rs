//! Means over items by dose: accuracy, exact continuation, overlap.

use super::subject::{Doses, Subject, count, flag_words, interval_record, slice};
use crate::record::{APPROXIMATE, LACKS_PREFILL, MetricRow};
use crate::run::error::RunError;
use crate::run::item_scores::{CHOICES_UNSEEN, ItemValue, TaskScores};
use crate::scoring::metrics::{self, MetricScale};
use crate::statistics::{Bootstrap, Level, ProportionMethod, bootstrap_mean, clustered_mean, proportion};
use crate::suite::Probe;

/// Metrics whose item values are 0 or 1.
pub(super) fn is_binary(metric: &str) -> bool {
    metrics::find(metric).is_some_and(|found| found.metric.scale == MetricScale::ZeroOne)
}

/// Whether a value is 0 or 1; a mean over repeats may lie between.
pub(super) fn is_zero_or_one(value: f64) -> bool {
    value.abs() < 1e-12 || (value - 1.0).abs() < 1e-12
}

/// One row a metric and dose: Wilson for 0/1, clustered t where items share a source, else a BCa bootstrap.
pub(super) fn mean_rows(subject: &Subject<'_>, scores: &TaskScores) -> Result<Vec<MetricRow>, RunError> {
    let doses = Doses::of(subject.items());
    let mut groups: Vec<(Option<u32>, Vec<usize>)> =
        doses.iter().map(|(copies, items)| (Some(copies), items.to_vec())).collect();
    if groups.is_empty() {
        groups.push((None, (0..subject.items().len()).collect()));
    }
    let mut rows = Vec::new();
    for metric in scores.metrics.keys().filter(|metric| has_mean(subject, metric)) {
        for (copies, items) in &groups {
            rows.extend(mean_row(subject, scores, metric, *copies, items)?);
        }
    }
    Ok(rows)
}

/// Whether the mean over a task says something: errors of several series in several units have none.
pub(super) fn has_mean(subject: &Subject<'_>, metric: &str) -> bool {
    let is_real = metrics::find(metric).is_some_and(|found| found.metric.scale == MetricScale::Real);
    !(matches!(subject.task.probe, Probe::Recall(_)) && is_real)
}

/// The mean of a metric over some of the items, with its interval; `None` for a metric that the task does not have.
pub(super) fn mean_row(
    subject: &Subject<'_>,
    scores: &TaskScores,
    metric: &str,
    copies: Option<u32>,
    items: &[usize],
) -> Result<Option<MetricRow>, RunError> {
    let Some(values) = scores.metrics.get(metric) else { return Ok(None) };
    let answered: Vec<usize> = items.iter().copied().filter(|&index| values[index].value.is_some()).collect();
    let present: Vec<f64> = answered.iter().filter_map(|&index| values[index].value).collect();
    let mut row = MetricRow {
        task: subject.task.id.clone(),
        model: scores.model.clone(),
        metric: metric.to_owned(),
        slice: slice(copies),
        n: count(present.len()),
        n_members: None,
        n_non_members: None,
        n_clusters: None,
        n_missing: count(items.len() - present.len()),
        value: None,
        interval: None,
        flags: Vec::new(),
    };
    if !present.is_empty() {
        fill(subject, &mut row, &answered, &present)?;
    }
    row.flags.extend(approximation(items.iter().map(|&index| &values[index])));
    let lacks = |&&index: &&usize| values[index].flags.iter().any(|flag| flag == LACKS_PREFILL);
    if items.iter().any(|index| lacks(&index)) {
        row.flags.push(LACKS_PREFILL.to_owned());
    }
    Ok(Some(row))
}

/// Marks of a number that rests on a substitute: that it does, and for which share of the items it saw every choice.
fn approximation<'i>(items: impl Iterator<Item = &'i ItemValue>) -> Vec<String> {
    let has = |item: &ItemValue, flag: &str| item.flags.iter().any(|own| own == flag);
    let approximate: Vec<&ItemValue> = items.filter(|item| has(item, APPROXIMATE)).collect();
    if approximate.is_empty() {
        return Vec::new();
    }
    let n_whole = approximate.iter().filter(|item| !has(item, CHOICES_UNSEEN) && !has(item, "no_choice_seen")).count();
    vec![APPROXIMATE.to_owned(), format!("all_choices_seen_in_{n_whole}_of_{}_items", approximate.len())]
}

fn fill(subject: &Subject<'_>, row: &mut MetricRow, items: &[usize], values: &[f64]) -> Result<(), RunError> {
    let level = subject.level();
    if subject.is_clustered() {
        return fill_clustered(subject, row, items, values, level);
    }
    let whole_successes = is_binary(&row.metric) && values.iter().all(|&value| is_zero_or_one(value));
    if whole_successes {
        let successes = count(values.iter().filter(|&&value| value > 0.5).count());
        let estimate = proportion(successes, row.n, level, ProportionMethod::Wilson)
            .map_err(|error| subject.refused(&row.metric, &error))?;
        row.value = Some(estimate.value);
        row.interval = estimate.interval.as_ref().map(interval_record);
        row.flags.extend(flag_words(&estimate.flags));
        return Ok(());
    }
    if values.len() < 2 {
        row.value = values.first().copied();
        row.flags.push("too_few_for_variance".to_owned());
        return Ok(());
    }
    let stream = subject.stream(&format!("{}/{}/{:?}", row.model, row.metric, row.slice.copies));
    let bootstrap = Bootstrap { resamples: subject.plan.resamples, seed: stream, level };
    let resampled = bootstrap_mean(values, &bootstrap).map_err(|error| subject.refused(&row.metric, &error))?;
    row.value = Some(resampled.estimate);
    row.interval = Some(interval_record(&resampled.bca));
    row.flags.extend(flag_words(&resampled.flags));
    Ok(())
}

fn fill_clustered(
    subject: &Subject<'_>,
    row: &mut MetricRow,
    items: &[usize],
    values: &[f64],
    level: Level,
) -> Result<(), RunError> {
    let clusters: Vec<&str> = items.iter().map(|&index| subject.items()[index].cluster.as_str()).collect();
    match clustered_mean(values, &clusters, level) {
        Ok(mean) => {
            row.value = Some(mean.mean);
            row.n_clusters = Some(count(mean.clusters));
            // A share lies in [0, 1]; the t interval does not know that.
            let mut interval = interval_record(&mean.interval);
            if metrics::find(&row.metric).is_some_and(|found| found.metric.scale != MetricScale::Real) {
                (interval.low, interval.high) = (interval.low.max(0.0), interval.high.min(1.0));
            }
            row.interval = Some(interval);
            row.flags.extend(flag_words(&mean.flags));
            Ok(())
        }
        Err(crate::statistics::StatError::TooFewClusters { .. }) => {
            row.value = Some(values.iter().sum::<f64>() / to_f64(values.len()));
            row.n_clusters = Some(1);
            row.flags.push("too_few_for_variance".to_owned());
            Ok(())
        }
        Err(error) => Err(subject.refused(&row.metric, &error)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "item counts are far below 2^52")]
pub(super) fn to_f64(n: usize) -> f64 {
    n as f64
}
