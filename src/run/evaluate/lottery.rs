//! Where each seen item was drawn by lot from a group (copyright traps): does it score above the group's unseen ones?

use std::collections::BTreeMap;

use super::subject::{Subject, count, flag_words, interval_record, slice};
use crate::record::{MetricRow, Trend};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::scoring::metrics::beaten_controls_name;
use crate::statistics::{DrawnGroup, PermutationMode, lottery};

/// One group: its drawn item, its copies, and the others.
struct Lot {
    copies: u32,
    drawn: usize,
    others: Vec<usize>,
}

/// Groups with exactly one seen item and at least one unseen one; empty unless every cluster is such a group.
fn lots(subject: &Subject<'_>) -> Vec<Lot> {
    #[derive(Default)]
    struct Members {
        seen: Vec<(usize, u32)>,
        unseen: Vec<usize>,
    }
    let mut groups: BTreeMap<&str, Members> = BTreeMap::new();
    for (index, item) in subject.items().iter().enumerate() {
        let members = groups.entry(item.cluster.as_str()).or_default();
        match item.copies {
            Some(0) => members.unseen.push(index),
            Some(copies) => members.seen.push((index, copies)),
            None => return Vec::new(),
        }
    }
    let mut lots = Vec::new();
    for Members { seen, unseen: others } in groups.into_values() {
        match seen.as_slice() {
            [(drawn, copies)] if !others.is_empty() => lots.push(Lot { copies: *copies, drawn: *drawn, others }),
            // Cut by --limit: the group has no drawn item, and says nothing.
            [] if others.len() > 1 => {}
            _ => return Vec::new(),
        }
    }
    lots
}

/// Whether the seen items of a task were drawn by lot.
pub(super) fn has_lots(subject: &Subject<'_>) -> bool {
    !lots(subject).is_empty()
}

/// The share of beaten controls by dose and over all, and the test of each; nothing for data without lotteries.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub(super) fn lottery_rows(
    subject: &Subject<'_>,
    scores: &TaskScores,
) -> Result<(Vec<MetricRow>, Vec<Trend>), RunError> {
    let lots = lots(subject);
    let (mut rows, mut tests) = (Vec::new(), Vec::new());
    if lots.is_empty() {
        return Ok((rows, tests));
    }
    let mut doses: Vec<Option<u32>> = lots.iter().map(|lot| Some(lot.copies)).collect();
    doses.sort_unstable();
    doses.dedup();
    doses.push(None);
    for attack in scores.metrics.keys() {
        let Some(values) = scores.values(attack) else { continue };
        for &copies in &doses {
            let of_dose: Vec<&Lot> =
                lots.iter().filter(|lot| copies.is_none_or(|copies| lot.copies == copies)).collect();
            let drawn: Vec<DrawnGroup> = of_dose
                .iter()
                .filter_map(|lot| {
                    let others: Vec<f64> = lot.others.iter().filter_map(|&index| values[index]).collect();
                    let drawn = values[lot.drawn]?;
                    (!others.is_empty()).then_some(DrawnGroup { drawn, others })
                })
                .collect();
            if drawn.is_empty() {
                continue;
            }
            let metric = beaten_controls_name(attack);
            let stream = subject.stream(&format!("{}/{metric}/{copies:?}", scores.model));
            let test = lottery(&drawn, stream, subject.level()).map_err(|error| subject.refused(&metric, &error))?;
            let interval = test.interval.as_ref().map(interval_record);
            let n = count(test.n_groups);
            if copies.is_none() {
                tests.push(Trend {
                    task: subject.task.id.clone(),
                    model: scores.model.clone(),
                    metric: metric.clone(),
                    test: match test.mode {
                        PermutationMode::MonteCarlo => "lottery_monte_carlo".to_owned(),
                        PermutationMode::Auto | PermutationMode::Exact => "lottery".to_owned(),
                    },
                    n,
                    statistic: Some(test.share),
                    p_value: Some(test.p_value),
                    interval: interval.clone(),
                    flags: flag_words(&test.flags),
                });
            }
            rows.push(MetricRow {
                task: subject.task.id.clone(),
                model: scores.model.clone(),
                metric,
                slice: slice(copies),
                n,
                n_members: None,
                n_non_members: None,
                n_clusters: None,
                n_missing: count(of_dose.len()) - n,
                value: Some(test.share),
                interval,
                flags: flag_words(&test.flags),
            });
        }
    }
    Ok((rows, tests))
}
