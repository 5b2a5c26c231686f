//! Paired comparisons of each model under test with the baseline, on the items that both answered.

use std::collections::BTreeMap;

use super::accuracy::{is_binary, is_zero_or_one, to_f64};
use super::membership::is_membership;
use super::subject::{Doses, Subject, count, flag_words, interval_record, slice};
use crate::record::{Comparison, IntervalRecord};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::scoring::membership;
use crate::scoring::metrics::auc_name;
use crate::statistics::{
    Alternative, Level, McNemarMethod, MissingPolicy, PairedCounts, PairedVariance, PhiCorrection, PowerTarget,
    StatError, clustered_mean, delong_paired, detectable_difference, mcnemar, mde_mcnemar, mde_paired_mean,
    newcombe_paired, paired_t, student_t_two_sided,
};

/// Comparisons of one task, without adjusted p values: the family is the whole suite's.
pub(super) fn comparisons(
    subject: &Subject<'_>,
    tested: &TaskScores,
    baseline: &TaskScores,
) -> Result<Vec<Comparison>, RunError> {
    let doses = Doses::of(subject.items());
    let mut groups: Vec<(Option<u32>, Vec<usize>)> =
        doses.iter().map(|(copies, items)| (Some(copies), items.to_vec())).collect();
    if groups.is_empty() {
        groups.push((None, (0..subject.items().len()).collect()));
    }
    let mut comparisons = Vec::new();
    for metric in tested.metrics.keys() {
        let (Some(a), Some(b)) = (tested.values(metric), baseline.values(metric)) else { continue };
        // With a reference attack the baseline is part of the score: comparing it with itself says nothing.
        if membership::find(metric).is_some_and(|attack| attack.needs.reference_model) {
            continue;
        }
        for (copies, items) in &groups {
            if is_membership(&subject.task.probe) {
                if *copies != Some(0) {
                    comparisons.push(aucs(
                        subject,
                        metric,
                        *copies,
                        items,
                        doses.unseen(),
                        (tested, &a),
                        (baseline, &b),
                    )?);
                }
            } else {
                comparisons.push(means(subject, metric, *copies, items, (tested, &a), (baseline, &b))?);
            }
        }
    }
    Ok(comparisons)
}

type Side<'a> = (&'a TaskScores, &'a [Option<f64>]);

fn empty(
    subject: &Subject<'_>,
    metric: &str,
    copies: Option<u32>,
    a: Side<'_>,
    b: Side<'_>,
    items: &[usize],
) -> Comparison {
    let only = |here: &[Option<f64>], there: &[Option<f64>]| {
        count(items.iter().filter(|&&index| here[index].is_some() && there[index].is_none()).count())
    };
    Comparison {
        task: subject.task.id.clone(),
        metric: metric.to_owned(),
        slice: slice(copies),
        model_a: a.0.model.clone(),
        model_b: b.0.model.clone(),
        value_a: None,
        value_b: None,
        n_pairs: count(items.iter().filter(|&&index| a.1[index].is_some() && b.1[index].is_some()).count()),
        n_only_a: only(a.1, b.1),
        n_only_b: only(b.1, a.1),
        difference: None,
        interval: None,
        test: String::new(),
        p_value: None,
        p_adjusted: None,
        minimal_detectable_effect: None,
        only_a_right: None,
        only_b_right: None,
        flags: Vec::new(),
    }
}

fn aucs(
    subject: &Subject<'_>,
    attack: &str,
    copies: Option<u32>,
    members: &[usize],
    unseen: &[usize],
    a: Side<'_>,
    b: Side<'_>,
) -> Result<Comparison, RunError> {
    let items: Vec<usize> = members.iter().chain(unseen).copied().collect();
    let mut comparison = empty(subject, &auc_name(attack), copies, a, b, &items);
    comparison.test = "delong_paired".to_owned();
    let mut is_member = Vec::new();
    let (mut scores_a, mut scores_b) = (Vec::new(), Vec::new());
    for (place, &index) in items.iter().enumerate() {
        if let (Some(score_a), Some(score_b)) = (a.1[index], b.1[index]) {
            is_member.push(place < members.len());
            scores_a.push(score_a);
            scores_b.push(score_b);
        }
    }
    match delong_paired(&scores_a, &scores_b, &is_member, subject.level()) {
        Ok(test) => {
            comparison.value_a = Some(test.auc_a);
            comparison.value_b = Some(test.auc_b);
            comparison.difference = Some(test.difference);
            comparison.interval = test.interval.as_ref().map(interval_record);
            comparison.p_value = test.p_value;
            comparison.minimal_detectable_effect =
                detectable_difference(test.standard_error, PowerTarget::default()).ok();
            comparison.flags.extend(flag_words(&test.flags));
        }
        Err(error @ (StatError::SingleClass | StatError::EmptyInput | StatError::TooFewItems { .. })) => {
            comparison.flags.push(error.kind().to_owned());
        }
        Err(error) => return Err(subject.refused(attack, &error)),
    }
    Ok(comparison)
}

fn means(
    subject: &Subject<'_>,
    metric: &str,
    copies: Option<u32>,
    items: &[usize],
    a: Side<'_>,
    b: Side<'_>,
) -> Result<Comparison, RunError> {
    let mut comparison = empty(subject, metric, copies, a, b, items);
    let pairs: Vec<(usize, f64, f64)> =
        items.iter().filter_map(|&index| Some((index, a.1[index]?, b.1[index]?))).collect();
    if pairs.is_empty() {
        comparison.flags.push("empty_input".to_owned());
        return Ok(comparison);
    }
    let mean = |value: &dyn Fn(&(usize, f64, f64)) -> f64| pairs.iter().map(value).sum::<f64>() / to_f64(pairs.len());
    comparison.value_a = Some(mean(&|pair| pair.1));
    comparison.value_b = Some(mean(&|pair| pair.2));
    let is_binary = is_binary(metric) && pairs.iter().all(|pair| is_zero_or_one(pair.1) && is_zero_or_one(pair.2));
    if is_binary {
        let right = |value: f64| value > 0.5;
        comparison.only_a_right = Some(count(pairs.iter().filter(|pair| right(pair.1) && !right(pair.2)).count()));
        comparison.only_b_right = Some(count(pairs.iter().filter(|pair| !right(pair.1) && right(pair.2)).count()));
    }
    if subject.is_clustered() {
        clustered(subject, &mut comparison, &pairs)?;
    } else if is_binary {
        binary(subject, &mut comparison, &pairs)?;
    } else {
        real(subject, &mut comparison, &pairs)?;
    }
    Ok(comparison)
}

fn binary(subject: &Subject<'_>, comparison: &mut Comparison, pairs: &[(usize, f64, f64)]) -> Result<(), RunError> {
    let outcomes =
        |value: &dyn Fn(&(usize, f64, f64)) -> f64| pairs.iter().map(|pair| value(pair) > 0.5).collect::<Vec<_>>();
    let refused = |error: StatError| subject.refused(&comparison.metric, &error);
    let counts = PairedCounts::from_outcomes(&outcomes(&|pair| pair.1), &outcomes(&|pair| pair.2)).map_err(refused)?;
    let test = mcnemar(counts, McNemarMethod::MidP).map_err(refused)?;
    let difference = newcombe_paired(counts, subject.level(), PhiCorrection::Corrected).map_err(refused)?;
    let share = f64::from(u32::try_from(counts.n_discordant()).unwrap_or(u32::MAX)) / to_f64(pairs.len());
    comparison.test = "mcnemar_midp".to_owned();
    comparison.difference = Some(difference.difference);
    comparison.interval = Some(interval_record(&difference.interval));
    comparison.p_value = Some(test.p_value);
    comparison.minimal_detectable_effect = mde_mcnemar(pairs.len(), share, PowerTarget::default()).ok().flatten();
    comparison.flags.extend(flag_words(&test.flags));
    Ok(())
}

fn real(subject: &Subject<'_>, comparison: &mut Comparison, pairs: &[(usize, f64, f64)]) -> Result<(), RunError> {
    let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().map(|pair| (pair.1, pair.2)).unzip();
    comparison.test = "paired_t".to_owned();
    match paired_t(&a, &b, Alternative::TwoSided, subject.level(), MissingPolicy::Reject) {
        Ok(test) => {
            comparison.difference = Some(test.mean_difference);
            comparison.interval = Some(interval_record(&test.interval));
            comparison.p_value = Some(test.p_value);
            let variance = test.standard_error.powi(2) * to_f64(pairs.len());
            comparison.minimal_detectable_effect =
                mde_paired_mean(PairedVariance::of_differences(variance), pairs.len(), PowerTarget::default()).ok();
            comparison.flags.extend(flag_words(&test.flags));
            Ok(())
        }
        Err(error @ (StatError::TooFewItems { .. } | StatError::ZeroVariance)) => {
            comparison.flags.push(error.kind().to_owned());
            Ok(())
        }
        Err(error) => Err(subject.refused(&comparison.metric, &error)),
    }
}

/// Items of one source are not independent: the difference's error counts sources, with t on G - 1.
fn clustered(subject: &Subject<'_>, comparison: &mut Comparison, pairs: &[(usize, f64, f64)]) -> Result<(), RunError> {
    let differences: Vec<f64> = pairs.iter().map(|pair| pair.1 - pair.2).collect();
    let clusters: Vec<&str> = pairs.iter().map(|pair| subject.items()[pair.0].cluster.as_str()).collect();
    comparison.test = "clustered_t".to_owned();
    match clustered_mean(&differences, &clusters, subject.level()) {
        Ok(mean) => {
            comparison.difference = Some(mean.mean);
            comparison.interval = Some(interval_record(&mean.interval));
            comparison.p_value = if mean.se_cr1 > 0.0 {
                Some(student_t_two_sided(mean.mean / mean.se_cr1, mean.degrees_of_freedom))
            } else if mean.mean.abs() < 1e-15 {
                Some(1.0)
            } else {
                None
            };
            comparison.minimal_detectable_effect = detectable_difference(mean.se_cr1, PowerTarget::default()).ok();
            comparison.flags.extend(flag_words(&mean.flags));
            Ok(())
        }
        Err(error @ (StatError::TooFewClusters { .. } | StatError::TooFewItems { .. })) => {
            comparison.flags.push(error.kind().to_owned());
            Ok(())
        }
        Err(error) => Err(subject.refused(&comparison.metric, &error)),
    }
}

/// The comparison of one model, task, metric and dose.
pub(super) fn find<'a>(
    comparisons: &'a [Comparison],
    task: &str,
    metric: &str,
    copies: u32,
    model: &str,
) -> Option<&'a Comparison> {
    comparisons.iter().find(|row| {
        row.task == task && row.metric == metric && row.slice.copies == Some(copies) && row.model_a == model
    })
}

/// How often each test was used, for the method box.
pub(super) fn tests_used(comparisons: &[Comparison]) -> BTreeMap<&str, usize> {
    let mut used = BTreeMap::new();
    for comparison in comparisons.iter().filter(|comparison| !comparison.test.is_empty()) {
        *used.entry(comparison.test.as_str()).or_default() += 1;
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
