//! Before against after: hits beyond the forecaster's, and their jump at the cutoff.

use std::collections::{BTreeMap, BTreeSet};

use super::answers::{Answers, Side};
use super::guessing::{LEAST_VALUES, Pair, SeriesPairs, as_number, pairs_of};
use super::{interval, mean};
use crate::dataset::economic::month_of;
use crate::record::{Jump, SideContrast, Sides};
use crate::run::evaluate::subject::Subject;
use crate::statistics::{
    Alternative, Bootstrap, Discontinuity, LabelPermutation, SignFlip, Wilcoxon, cluster_contrast, discontinuity,
    label_permutation_stratified, seed_for, sign_flip, wilcoxon,
};
use crate::suite::RecallAsk;

/// What is contrasted: questions about levels and their direction.
const CONTRASTED: [RecallAsk; 4] =
    [RecallAsk::Level, RecallAsk::LevelContext, RecallAsk::Direction, RecallAsk::Threshold];

/// Bandwidths of the jump in months, the default first.
const BANDWIDTHS: [f64; 3] = [24.0, 12.0, 36.0];
/// Places at which there should be no jump.
const PLACEBOS: [f64; 3] = [-24.0, -12.0, 12.0];

/// Every task and series with values on both sides; what is not tested is told.
pub(super) fn contrasts(
    subject: &Subject<'_>,
    model: &str,
    answers: &Answers<'_>,
    untested: &mut Vec<String>,
) -> Vec<SideContrast> {
    let mut rows = Vec::new();
    for ask in CONTRASTED {
        let Some(task) = answers.of_ask(ask) else { continue };
        let by_series = pairs_of(ask, task);
        let together: Vec<&Pair<'_>> = by_series.iter().flat_map(|one| &one.pairs).collect();
        let mut groups: Vec<(&str, Vec<&Pair<'_>>)> = Vec::new();
        if by_series.len() > 1 {
            // A series without values after the cutoff cannot be compared with itself.
            let has_both = |series: &str| {
                [Side::Before, Side::After]
                    .into_iter()
                    .all(|side| together.iter().any(|pair| pair.series == series && pair.side == side))
            };
            let shared: BTreeSet<&str> =
                by_series.iter().map(|one| one.series).filter(|series| has_both(series)).collect();
            groups.push(("all", together.iter().copied().filter(|pair| shared.contains(pair.series)).collect()));
        }
        groups.extend(by_series.iter().map(|one| (one.series, one.pairs.iter().collect())));
        for (series, pairs) in groups {
            let count = |side: Side| pairs.iter().filter(|pair| pair.side == side).count();
            let (before, after) = (count(Side::Before), count(Side::After));
            if before < LEAST_VALUES || after < LEAST_VALUES {
                if before > 0 || after > 0 {
                    untested.push(format!(
                        "{}, {series}: {before} values before and {after} after the cutoff; a test needs {LEAST_VALUES} of each",
                        task.task.id
                    ));
                }
                continue;
            }
            rows.extend(contrast(subject, model, &task.task.id, series, &pairs));
        }
    }
    rows
}

fn contrast(subject: &Subject<'_>, model: &str, task: &str, series: &str, pairs: &[&Pair<'_>]) -> Option<SideContrast> {
    let kept: Vec<&&Pair<'_>> = pairs.iter().filter(|pair| matches!(pair.side, Side::Before | Side::After)).collect();
    let raw: Vec<f64> = kept.iter().map(|pair| as_number(pair.model) - as_number(pair.naive)).collect();
    let is_before: Vec<bool> = kept.iter().map(|pair| pair.side == Side::Before).collect();
    let months: Vec<i32> = kept.iter().map(|pair| pair.month).collect();
    let strata: Vec<&str> = kept.iter().map(|pair| pair.series).collect();
    // Series have other shares of values on each side: only differences within a series count.
    let excess = within_series(&raw, &is_before, &strata)?;
    let of = |wanted: bool| -> Vec<f64> {
        raw.iter().zip(&is_before).filter(|(_, is)| **is == wanted).map(|(excess, _)| *excess).collect()
    };
    let (before, after) = (of(true), of(false));
    let stream = |what: &str| seed_for(subject.seed, &format!("{}/{model}/{task}/{series}/{what}", subject.suite));
    let bootstrap = Bootstrap { resamples: subject.plan.resamples, seed: stream("contrast"), level: subject.level() };
    let interval_of = cluster_contrast(&excess, &is_before, &months, &bootstrap).ok();
    let permuted = label_permutation_stratified(
        &excess,
        &is_before,
        &strata,
        &LabelPermutation { seed: stream("labels"), ..LabelPermutation::default() },
    )
    .ok();
    let more = |values: &[f64], what: &str| {
        let settings = SignFlip { alternative: Alternative::Greater, seed: stream(what), ..SignFlip::default() };
        sign_flip(values, &vec![0.0; values.len()], &settings).ok().map(|test| test.p_value)
    };
    let ranks = |values: &[f64]| {
        let settings = Wilcoxon { alternative: Alternative::Greater, ..Wilcoxon::default() };
        wilcoxon(values, &vec![0.0; values.len()], &settings).ok().map(|test| test.p_value)
    };
    let (mean_before, mean_after) = (mean(&before)?, mean(&after)?);
    Some(SideContrast {
        task: task.to_owned(),
        series: series.to_owned(),
        n_before: before.len() as u64,
        n_after: after.len() as u64,
        excess_before: mean_before,
        excess_after: mean_after,
        difference: interval_of.as_ref().map_or(mean_before - mean_after, |found| found.estimate),
        interval: interval_of.map(|found| interval(&found.percentile)),
        p_value: permuted.as_ref().map(|test| test.p_two_sided),
        is_exact: permuted.as_ref().is_some_and(|test| test.is_exact),
        p_before: more(&before, "flips before"),
        p_after: more(&after, "flips after"),
        p_wilcoxon_before: ranks(&before),
        p_wilcoxon_after: ranks(&after),
    })
}

/// Values whose difference of means before and after is the mean of the differences within series, weighted by n1 n2 / (n1 + n2). Of one
/// series they are the values themselves but for a constant.
fn within_series(values: &[f64], is_before: &[bool], series: &[&str]) -> Option<Vec<f64>> {
    let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
    for ((value, before), series) in values.iter().zip(is_before).zip(series) {
        let sum = sums.entry(series).or_default();
        *sum = (sum.0 + value, sum.1 + as_number(*before), sum.2 + as_number(!*before));
    }
    let (n_before, n_after) = sums.values().fold((0.0, 0.0), |(a, b), sum| (a + sum.1, b + sum.2));
    let weight: f64 = sums.values().map(|(_, before, after)| before * after / (before + after)).sum();
    let scale = weight * (1.0 / n_before + 1.0 / n_after);
    let centred = values.iter().zip(series).map(|(value, series)| {
        let (sum, before, after) = sums.get(series).copied().unwrap_or((0.0, 1.0, 0.0));
        (value - sum / (before + after)) / scale
    });
    (scale > 0.0).then(|| centred.collect())
}

/// The jump of hits beyond the forecaster's at the cutoff and at placebos: of all series at three bandwidths, of each at the default one.
pub(super) fn jumps(answers: &Answers<'_>, sides: &Sides, untested: &mut Vec<String>) -> Vec<Jump> {
    let Some(task) = answers.of_ask(RecallAsk::Level) else { return Vec::new() };
    let Some(cutoff) = month_of(&sides.cutoff) else { return Vec::new() };
    let by_series = pairs_of(RecallAsk::Level, task);
    // Only series that go on behind the cutoff: the others would end where it begins.
    let going_on: Vec<&SeriesPairs<'_>> =
        by_series.iter().filter(|one| one.pairs.iter().any(|pair| pair.month >= cutoff)).collect();
    let id = task.task.id.as_str();
    let is_place_given = sides.rests_on != "effective";
    if !is_place_given {
        untested.push(format!(
            "{id}: the jump stands where hits end most, since no cutoff is stated; its size is shown, and no p: the same hits chose the place"
        ));
    }
    let mut rows = Vec::new();
    if going_on.len() > 1 {
        let together: Vec<&Pair<'_>> = going_on.iter().flat_map(|one| &one.pairs).collect();
        for bandwidth in BANDWIDTHS {
            rows.extend(jumps_of(id, "all", &together, (cutoff, is_place_given), bandwidth, untested));
        }
    }
    for one in going_on {
        let pairs: Vec<&Pair<'_>> = one.pairs.iter().collect();
        rows.extend(jumps_of(id, one.series, &pairs, (cutoff, is_place_given), BANDWIDTHS[0], untested));
    }
    rows
}

fn jumps_of(
    task: &str,
    series: &str,
    pairs: &[&Pair<'_>],
    (cutoff, is_place_given): (i32, bool),
    bandwidth: f64,
    untested: &mut Vec<String>,
) -> Vec<Jump> {
    let running: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.month - cutoff)).collect();
    let outcome: Vec<f64> = pairs.iter().map(|pair| as_number(pair.model) - as_number(pair.naive)).collect();
    if outcome.windows(2).all(|pair| (pair[0] - pair[1]).abs() < f64::EPSILON) {
        untested.push(format!("{task}, {series}: jump: every value is hit by both or missed by both alike"));
        return Vec::new();
    }
    let months: Vec<u64> = pairs.iter().map(|pair| u64::try_from(pair.month).unwrap_or_default()).collect();
    // Series that share months move together.
    let clusters = (series == "all").then_some(months.as_slice());
    let mut rows = Vec::new();
    for at in std::iter::once(0.0).chain(PLACEBOS) {
        let settings = Discontinuity { cutoff: at, bandwidth, ..Discontinuity::default() };
        match discontinuity(&running, &outcome, clusters, &settings) {
            Ok(test) => rows.push(Jump {
                task: task.to_owned(),
                series: series.to_owned(),
                bandwidth_months: bandwidth,
                at,
                n: test.n_used as u64,
                tau: Some(test.tau),
                standard_error: Some(test.standard_error),
                interval: Some(interval(&test.interval)),
                // Hits that chose the place cannot test it.
                p_value: test.p_value.filter(|_| is_place_given),
            }),
            Err(error) if at.abs() < f64::EPSILON => {
                untested.push(format!("{task}, {series}: jump within {bandwidth} months of the cutoff: {error}"));
            }
            Err(_) => {}
        }
    }
    rows
}
