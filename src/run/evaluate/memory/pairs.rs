//! Agents against each other on the same questions: against the baseline, or where there is none, every one against every other.

use super::super::compare;
use super::super::subject::Subject;
use super::cells::Cells;
use super::is_remembered;
use super::stale::{SHORT, conflict_of, dimension_of};
use crate::dataset::stale::ConflictType;
use crate::record::{Role, Slice};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::run::pairing::{Paired, PairedItem, Question, pair, paired_from};
use crate::run::plan::Plan;
use crate::statistics::{ClusterValues, ComparisonSettings, Interval, PairedFinding};
use crate::suite::Probe;

/// The comparisons of one task, without adjusted p values: the family is the whole suite's.
pub(in crate::run::evaluate) fn pairs(plan: &Plan, subject: &Subject<'_>) -> Result<Vec<Paired>, RunError> {
    if !is_remembered(&subject.task.probe) {
        return Ok(Vec::new());
    }
    let tested: Vec<&TaskScores> = subject.scores.iter().filter(|scores| scores.role == Role::Model).collect();
    let mut sides: Vec<(&TaskScores, &TaskScores)> = Vec::new();
    for (place, a) in tested.iter().enumerate() {
        if plan.baseline().is_none() {
            sides.extend(tested[place + 1..].iter().map(|b| (*a, *b)));
        } else if let Some(baseline) = plan.baseline_of(&a.model) {
            let other = subject.scores.iter().find(|scores| scores.model == baseline.slug);
            sides.extend(other.map(|other| (*a, other)));
        }
    }
    let is_changed_state = matches!(&subject.task.probe, Probe::State(probe) if !probe.is_control);
    let mut paired = Vec::new();
    for (a, b) in sides {
        if is_changed_state {
            paired.extend(state_pairs(subject, a, b)?);
        } else {
            paired.extend(compare::comparisons(subject, a, b)?);
        }
    }
    Ok(paired)
}

/// Each cell by McNemar on the same scenarios, and the mean of the six by a bootstrap over scenarios, within their types.
fn state_pairs(subject: &Subject<'_>, a: &TaskScores, b: &TaskScores) -> Result<Vec<Paired>, RunError> {
    let (Some(of_a), Some(of_b)) = (a.values("passed"), b.values("passed")) else { return Ok(Vec::new()) };
    let question = Question {
        task: &subject.task.id,
        metric: "passed",
        slice: Slice::default(),
        model_a: &a.model,
        model_b: &b.model,
        clusters_are_contexts: false,
    };
    let rows: Vec<(PairedItem<'_>, Option<usize>, ConflictType)> = subject
        .items()
        .iter()
        .enumerate()
        .map(|(place, item)| {
            let (a, b) = (of_a[place], of_b[place]);
            let paired =
                PairedItem { id: &item.id, cluster: &item.cluster, is_unseen: false, is_approximate: false, a, b };
            (paired, dimension_of(item), conflict_of(item))
        })
        .collect();
    let mut found = Vec::new();
    for conflict in ConflictType::ALL {
        for (place, dimension) in SHORT.iter().enumerate() {
            let own = rows.iter().filter(|(_, at, of)| *at == Some(place) && *of == conflict);
            let own: Vec<PairedItem<'_>> = own.map(|(item, ..)| *item).collect();
            if own.is_empty() {
                continue;
            }
            let settings = ComparisonSettings {
                level: subject.level(),
                resamples: subject.plan.resamples,
                seed: subject.stream(&format!("{}/{}/{conflict}-{dimension}", a.model, b.model)),
                ..ComparisonSettings::default()
            };
            let mut row = pair(&question, &own, &settings).map_err(|error| subject.refused("passed", &error))?;
            row.comparison.metric = format!("stale.{}-{dimension}", conflict.as_str());
            found.push(row);
        }
    }
    found.extend(overall(subject, &question, &rows)?);
    Ok(found)
}

/// The difference of the means of six cells, over the answers that both have verdicts on. An interval and no p value: the cells carry
/// the tests.
fn overall(
    subject: &Subject<'_>,
    question: &Question<'_>,
    rows: &[(PairedItem<'_>, Option<usize>, ConflictType)],
) -> Result<Option<Paired>, RunError> {
    const SIXTH: f64 = 1.0 / 6.0;
    let mut sides = [Cells::default(), Cells::default(), Cells::default()];
    for conflict in ConflictType::ALL {
        let mut scenarios: std::collections::BTreeMap<&str, [Option<(f64, f64)>; 3]> =
            std::collections::BTreeMap::new();
        for (item, at, _) in rows.iter().filter(|(.., of)| *of == conflict) {
            if let (Some(at), Some(a), Some(b)) = (at, item.a, item.b) {
                scenarios.entry(item.cluster).or_default()[*at] = Some((a, b));
            }
        }
        let values = |of: fn((f64, f64)) -> f64| -> Vec<ClusterValues> {
            let known = |places: &[Option<(f64, f64)>; 3]| {
                places.iter().enumerate().filter_map(|(at, both)| Some((at, of((*both)?)))).collect()
            };
            scenarios.values().map(known).collect()
        };
        sides[0].add_weighted(values(|(a, _)| a), &[SIXTH; 3]);
        sides[1].add_weighted(values(|(_, b)| b), &[SIXTH; 3]);
        sides[2].add_differences(values(|(a, b)| a - b), &[SIXTH; 3]);
    }
    let label = |what: &str| format!("{}/{}/{what}", question.model_a, question.model_b);
    let (Some(value_a), Some(value_b)) =
        (sides[0].mean(subject, &label("a"))?.0, sides[1].mean(subject, &label("b"))?.0)
    else {
        return Ok(None);
    };
    let interval = sides[2].mean(subject, &label("difference"))?.1;
    let items: Vec<PairedItem<'_>> = rows.iter().map(|(item, ..)| *item).collect();
    let finding = PairedFinding {
        test: String::new(),
        value_a: Some(value_a),
        value_b: Some(value_b),
        difference: Some(without_noise(value_a - value_b)),
        interval: interval.map(|interval| Interval {
            low: without_noise(interval.low),
            high: without_noise(interval.high),
            level: subject.level(),
            method: interval.method,
        }),
        n_clusters: Some(usize::try_from(sides[0].n_clusters).unwrap_or(usize::MAX)),
        ..PairedFinding::untested(items.iter().filter(|item| item.a.is_some() && item.b.is_some()).count())
    };
    let mut row = paired_from(question, &items, finding);
    row.comparison.metric = "stale.overall".to_owned();
    Ok(Some(row))
}

/// Sums of sixths that come to nothing, as zero.
fn without_noise(value: f64) -> f64 {
    if value.abs() < 1e-12 { 0.0 } else { value }
}
