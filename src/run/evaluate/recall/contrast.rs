//! Before against after: hits beyond the forecaster's, and their jump at the cutoff.

use std::collections::BTreeSet;

use super::answers::{Answers, Side};
use super::guessing::{LEAST_VALUES, Pair, as_number, pairs_of};
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
    let excess: Vec<f64> = kept.iter().map(|pair| as_number(pair.model) - as_number(pair.naive)).collect();
    let is_before: Vec<bool> = kept.iter().map(|pair| pair.side == Side::Before).collect();
    let months: Vec<i32> = kept.iter().map(|pair| pair.month).collect();
    let strata: Vec<&str> = kept.iter().map(|pair| pair.series).collect();
    let of = |wanted: bool| -> Vec<f64> {
        excess.iter().zip(&is_before).filter(|(_, is)| **is == wanted).map(|(excess, _)| *excess).collect()
    };
    let (before, after) = (of(true), of(false));
    let stream = |what: &str| seed_for(subject.seed, &format!("{}/{model}/{task}/{series}/{what}", subject.suite));
    let bootstrap = Bootstrap {
        resamples: subject.plan.resamples,
        seed: stream("contrast"),
        level: subject.level(),
        ..Bootstrap::default()
    };
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
        difference: mean_before - mean_after,
        interval: interval_of.map(|found| interval(&found.percentile)),
        p_value: permuted.as_ref().map(|test| test.p_two_sided),
        is_exact: permuted.as_ref().is_some_and(|test| test.is_exact),
        p_before: more(&before, "flips before"),
        p_after: more(&after, "flips after"),
        p_wilcoxon_before: ranks(&before),
        p_wilcoxon_after: ranks(&after),
    })
}

/// The jump of hits beyond the forecaster's at the cutoff and at placebos, at three bandwidths.
pub(super) fn jumps(answers: &Answers<'_>, sides: &Sides, untested: &mut Vec<String>) -> Vec<Jump> {
    let Some(task) = answers.of_ask(RecallAsk::Level) else { return Vec::new() };
    let Some(cutoff) = month_of(&sides.cutoff) else { return Vec::new() };
    let by_series = pairs_of(RecallAsk::Level, task);
    // Only series that go on behind the cutoff: the others would end where it begins.
    let goes_on = |series: &str| {
        by_series.iter().filter(|one| one.series == series).flat_map(|one| &one.pairs).any(|pair| pair.month >= cutoff)
    };
    let pairs: Vec<&Pair<'_>> =
        by_series.iter().flat_map(|one| &one.pairs).filter(|pair| goes_on(pair.series)).collect();
    let running: Vec<f64> = pairs.iter().map(|pair| f64::from(pair.month - cutoff)).collect();
    let outcome: Vec<f64> = pairs.iter().map(|pair| as_number(pair.model) - as_number(pair.naive)).collect();
    let months: Vec<u64> = pairs.iter().map(|pair| u64::try_from(pair.month).unwrap_or_default()).collect();
    let n_series = by_series.iter().filter(|one| goes_on(one.series)).count();
    let clusters = (n_series > 1).then_some(months.as_slice());
    let mut rows = Vec::new();
    for bandwidth in BANDWIDTHS {
        for at in std::iter::once(0.0).chain(PLACEBOS) {
            let settings = Discontinuity { cutoff: at, bandwidth, ..Discontinuity::default() };
            match discontinuity(&running, &outcome, clusters, &settings) {
                Ok(test) => rows.push(Jump {
                    task: task.task.id.clone(),
                    bandwidth_months: bandwidth,
                    at,
                    n: test.n_used as u64,
                    tau: Some(test.tau),
                    standard_error: Some(test.standard_error),
                    interval: Some(interval(&test.interval)),
                    p_value: test.p_value,
                }),
                Err(error) if at.abs() < f64::EPSILON => {
                    untested.push(format!("jump within {bandwidth} months of the cutoff: {error}"));
                }
                Err(_) => {}
            }
        }
    }
    rows
}
