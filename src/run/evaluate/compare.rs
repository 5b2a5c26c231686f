//! Paired comparisons of each model under test with the baseline, on the items that both answered.

use std::collections::BTreeMap;

use super::membership::is_membership;
use super::subject::{Doses, Subject, slice};
use crate::record::{Comparison, IntervalRecord};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::run::pairing::{Paired, PairedItem, Question, pair};
use crate::run::task_metrics::first_metric;
use crate::scoring::membership;
use crate::statistics::{ComparisonSettings, Level};
use crate::suite::Probe;

/// Whether a metric is compared: of the many shares of an answer about economic memory, those that are claims.
fn is_claim(subject: &Subject<'_>, metric: &str) -> bool {
    match &subject.task.probe {
        Probe::Recall(_) => matches!(metric, "recalled" | "fabricated"),
        Probe::Memory(_) | Probe::State(_) => metric == first_metric(&subject.task.probe),
        _ => true,
    }
}

/// Comparisons of one task, without adjusted p values: the family is the whole suite's.
pub(super) fn comparisons(
    subject: &Subject<'_>,
    tested: &TaskScores,
    baseline: &TaskScores,
) -> Result<Vec<Paired>, RunError> {
    let doses = Doses::of(subject.items());
    let mut groups: Vec<(Option<u32>, Vec<usize>)> =
        doses.iter().map(|(copies, items)| (Some(copies), items.to_vec())).collect();
    if groups.is_empty() {
        groups.push((None, (0..subject.items().len()).collect()));
    }
    let is_membership = is_membership(&subject.task.probe);
    let mut comparisons = Vec::new();
    for metric in tested.metrics.keys().filter(|metric| is_claim(subject, metric)) {
        let (Some(a), Some(b)) = (tested.values(metric), baseline.values(metric)) else { continue };
        // With a reference attack the baseline is part of the score: comparing it with itself says nothing.
        if membership::find(metric).is_some_and(|attack| attack.needs.reference_model) {
            continue;
        }
        for (copies, items) in &groups {
            // Unseen items are the comparison group of every dose, and no dose of their own.
            if is_membership && *copies == Some(0) {
                continue;
            }
            let unseen: &[usize] = if is_membership { doses.unseen() } else { &[] };
            let item = |index: usize, is_unseen: bool| {
                let item = &subject.items()[index];
                let is_approximate = [tested, baseline].iter().any(|scores| scores.is_approximate(metric, index));
                PairedItem { id: &item.id, cluster: &item.cluster, is_unseen, is_approximate, a: a[index], b: b[index] }
            };
            let rows: Vec<PairedItem<'_>> = items
                .iter()
                .map(|&index| item(index, false))
                .chain(unseen.iter().map(|&index| item(index, true)))
                .collect();
            let question = Question {
                task: &subject.task.id,
                metric,
                slice: slice(*copies),
                model_a: &tested.model,
                model_b: &baseline.model,
                clusters_are_contexts: matches!(subject.task.probe, Probe::Memory(_) | Probe::State(_)),
            };
            let stream = format!("{}/{}/{metric}/{copies:?}", tested.model, baseline.model);
            let settings = ComparisonSettings {
                level: subject.level(),
                resamples: subject.plan.resamples,
                seed: subject.stream(&stream),
                ..ComparisonSettings::default()
            };
            comparisons.push(pair(&question, &rows, &settings).map_err(|error| subject.refused(metric, &error))?);
        }
    }
    Ok(comparisons)
}

/// The comparison of one model, task, metric and dose.
pub(super) fn find<'a>(
    comparisons: &'a [Comparison],
    task: &str,
    metric: &str,
    copies: Option<u32>,
    model: &str,
) -> Option<&'a Comparison> {
    comparisons
        .iter()
        .find(|row| row.task == task && row.metric == metric && row.slice.copies == copies && row.model_a == model)
}

/// How often each test was used, for the method box.
pub(super) fn tests_used(comparisons: &[Comparison]) -> BTreeMap<&str, usize> {
    let mut used = BTreeMap::new();
    for comparison in comparisons.iter().filter(|comparison| !comparison.test.is_empty()) {
        *used.entry(comparison.test.as_str()).or_default() += 1;
    }
    used
}

/// How often each way to make an interval was used.
pub(super) fn intervals_used(comparisons: &[Comparison]) -> BTreeMap<&str, usize> {
    let mut used = BTreeMap::new();
    for interval in comparisons.iter().filter_map(|comparison| comparison.interval.as_ref()) {
        *used.entry(interval.method.as_str()).or_default() += 1;
    }
    used
}

/// Whether an interval lies wholly on one side of a value.
pub(super) fn excludes(interval: &IntervalRecord, value: f64) -> bool {
    interval.low > value || interval.high < value
}

/// The level of a suite's plan, in percent words.
pub(super) fn percent(level: Level) -> String {
    crate::report::number::fixed(level.value() * 100.0, 0)
}
