//! Can seen and unseen texts be told apart? AUC and true-positive rate by dose.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::subject::{Doses, Subject, count, flag_words, interval_record, present, slice};
use crate::record::{Distribution, MetricRow, RocCurve};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::scoring::metrics::{auc_name, tpr_at_fpr_name};
use crate::statistics::{
    AucIntervalMethod, Bootstrap, CurvePoints, FprRule, LabeledScores, Level, auc_estimate, ks_distance,
    tpr_at_fpr_resampled,
};
use crate::suite::{FigureSpec, Probe};

/// Flag of the row at 0 copies: unseen items against other unseen items.
const PSEUDO_MEMBERS: &str = "pseudo_members";
/// Flag of a rate that the number of non-members cannot show.
const NOT_RESOLVABLE: &str = "not_resolvable";

/// A set of members to be told from unseen items.
struct Group {
    /// `None`: all seen items.
    copies: Option<u32>,
    members: Vec<usize>,
    non_members: Vec<usize>,
    is_pseudo: bool,
}

/// AUC and TPR@FPR rows of one model: each dose against 0 copies, all doses together, and at dose 0 one random half of
/// the unseen items against the other, which must stay at chance.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub(super) fn membership_rows(subject: &Subject<'_>, scores: &TaskScores) -> Result<Vec<MetricRow>, RunError> {
    let doses = Doses::of(subject.items());
    let mut rows = Vec::new();
    for (attack, values) in &scores.metrics {
        let values: Vec<Option<f64>> = values.iter().map(|item| item.value).collect();
        for group in groups(subject, &doses) {
            rows.extend(group_rows(subject, scores, attack, &values, &group)?);
        }
    }
    Ok(rows)
}

fn groups(subject: &Subject<'_>, doses: &Doses) -> Vec<Group> {
    let unseen = doses.unseen();
    let mut groups = Vec::new();
    if unseen.len() >= 4 {
        let mut shuffled = unseen.to_vec();
        shuffled.shuffle(&mut ChaCha8Rng::seed_from_u64(subject.stream("halves of the unseen items")));
        let (members, non_members) = shuffled.split_at(shuffled.len() / 2);
        groups.push(Group {
            copies: Some(0),
            members: members.to_vec(),
            non_members: non_members.to_vec(),
            is_pseudo: true,
        });
    }
    for (copies, members) in doses.iter().filter(|(copies, _)| *copies > 0) {
        groups.push(Group {
            copies: Some(copies),
            members: members.to_vec(),
            non_members: unseen.to_vec(),
            is_pseudo: false,
        });
    }
    let seen = doses.at_least(1);
    if !seen.is_empty() {
        groups.push(Group { copies: None, members: seen, non_members: unseen.to_vec(), is_pseudo: false });
    }
    groups
}

fn group_rows(
    subject: &Subject<'_>,
    scores: &TaskScores,
    attack: &str,
    values: &[Option<f64>],
    group: &Group,
) -> Result<Vec<MetricRow>, RunError> {
    let (members, non_members) = (present(values, &group.members), present(values, &group.non_members));
    let asked = group.members.len() + group.non_members.len();
    let (n_members, n_non_members) = (count(members.len()), count(non_members.len()));
    let row = |metric: String| MetricRow {
        task: subject.task.id.clone(),
        model: scores.model.clone(),
        metric,
        slice: slice(group.copies),
        n: n_members + n_non_members,
        n_members: Some(n_members),
        n_non_members: Some(n_non_members),
        n_clusters: None,
        n_missing: count(asked) - n_members - n_non_members,
        value: None,
        interval: None,
        flags: if group.is_pseudo { vec![PSEUDO_MEMBERS.to_owned()] } else { Vec::new() },
    };
    let mut auc_row = row(auc_name(attack));
    if members.is_empty() || non_members.is_empty() {
        auc_row.flags.push("single_class".to_owned());
        return Ok(vec![auc_row]);
    }
    let labeled =
        LabeledScores::from_classes(&members, &non_members).map_err(|error| subject.refused(attack, &error))?;
    fill_auc(&mut auc_row, &labeled, subject.level());
    let mut rows = vec![auc_row];
    for &bound in &subject.plan.tpr_at_fpr {
        let mut row = row(tpr_at_fpr_name(bound, attack));
        fill_rate(subject, &mut row, &labeled, bound)?;
        rows.push(row);
    }
    Ok(rows)
}

fn fill_auc(row: &mut MetricRow, labeled: &LabeledScores, level: Level) {
    let estimate = auc_estimate(labeled, level, AucIntervalMethod::Logit);
    row.value = Some(estimate.auc);
    row.interval = estimate.printed_interval().as_ref().map(interval_record);
    row.flags.extend(flag_words(&estimate.flags));
}

fn fill_rate(subject: &Subject<'_>, row: &mut MetricRow, labeled: &LabeledScores, bound: f64) -> Result<(), RunError> {
    let stream = format!("{}/{}/{:?}", row.model, row.metric, row.slice.copies);
    let bootstrap =
        Bootstrap { resamples: subject.plan.resamples, seed: subject.stream(&stream), level: subject.level() };
    let rate = tpr_at_fpr_resampled(labeled, bound, FprRule::Conservative, &bootstrap)
        .map_err(|error| subject.refused(&row.metric, &error))?;
    if rate.is_resolvable {
        row.value = Some(rate.true_positive_rate);
        row.interval = rate.interval.as_ref().map(interval_record);
        row.flags.extend(flag_words(&rate.flags));
    } else {
        row.flags.push(NOT_RESOLVABLE.to_owned());
    }
    Ok(())
}

/// Curves that the suite's figures ask for.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub(super) fn curves(subject: &Subject<'_>, figures: &[FigureSpec]) -> Result<Vec<RocCurve>, RunError> {
    let doses = Doses::of(subject.items());
    let mut curves = Vec::new();
    for figure in figures {
        let FigureSpec::Roc { task, metrics, min_copies, .. } = figure else { continue };
        if *task != subject.task.id {
            continue;
        }
        for scores in &subject.scores {
            for metric in metrics {
                let Some(values) = scores.values(metric) else { continue };
                let members = present(&values, &doses.at_least(*min_copies));
                let non_members = present(&values, doses.unseen());
                if members.is_empty() || non_members.is_empty() {
                    continue;
                }
                let labeled = LabeledScores::from_classes(&members, &non_members)
                    .map_err(|error| subject.refused(metric, &error))?;
                let estimate = auc_estimate(&labeled, subject.level(), AucIntervalMethod::Logit);
                let curve = labeled.curve(CurvePoints::All);
                curves.push(RocCurve {
                    task: task.clone(),
                    model: scores.model.clone(),
                    metric: metric.clone(),
                    min_copies: *min_copies,
                    n_members: count(members.len()),
                    n_non_members: count(non_members.len()),
                    fpr: curve.points.iter().map(|point| point.false_positive_rate).collect(),
                    tpr: curve.points.iter().map(|point| point.true_positive_rate).collect(),
                    auc: estimate.auc,
                    auc_interval: estimate.printed_interval().as_ref().map(interval_record),
                });
            }
        }
    }
    Ok(curves)
}

/// Score distributions that the suite's figures ask for, of the models under test.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub(super) fn distributions(subject: &Subject<'_>, figures: &[FigureSpec]) -> Result<Vec<Distribution>, RunError> {
    let doses = Doses::of(subject.items());
    let mut distributions = Vec::new();
    for figure in figures {
        let FigureSpec::Ecdf { task, metric, min_copies, .. } = figure else { continue };
        if *task != subject.task.id {
            continue;
        }
        for scores in &subject.scores {
            let Some(values) = scores.values(metric) else { continue };
            let mut members = present(&values, &doses.at_least(*min_copies));
            let mut non_members = present(&values, doses.unseen());
            members.sort_by(f64::total_cmp);
            non_members.sort_by(f64::total_cmp);
            let ks_distance = if members.is_empty() || non_members.is_empty() {
                None
            } else {
                Some(ks_distance(&members, &non_members).map_err(|error| subject.refused(metric, &error))?)
            };
            distributions.push(Distribution {
                task: task.clone(),
                model: scores.model.clone(),
                metric: metric.clone(),
                min_copies: *min_copies,
                members,
                non_members,
                ks_distance,
            });
        }
    }
    Ok(distributions)
}

/// Whether a task tells members from non-members.
pub(super) fn is_membership(probe: &Probe) -> bool {
    matches!(probe, Probe::Membership(_))
}
