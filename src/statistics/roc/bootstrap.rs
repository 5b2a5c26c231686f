//! Stratified bootstrap of what is read off a ROC curve.
//!
//! Positives and negatives are resampled separately, so that no resample loses a class.
//! Resamples are counts over the distinct scores: no sorting, O(n) each.

use serde::{Deserialize, Serialize};

use super::curve::{LabeledScores, TieGroups, area};
use super::operating_point::{FprRule, TprAtFpr, check_bound, read_rate, tpr_at_fpr};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval};
use crate::statistics::missing::{check_lengths, check_pairs};
use crate::statistics::resample::stream::{
    Bootstrap, GENERATOR, draw_index, quantile_type7, replicates, sort_ascending, standard_deviation,
};

/// What is read off the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RocStatistic {
    /// Area under the curve.
    Auc,
    /// True-positive rate at a bound on the false-positive rate.
    TprAtFpr {
        /// The bound, in (0, 1].
        bound: f64,
        /// How the rate is read.
        rule: FprRule,
    },
}

/// A bootstrapped number with its percentile interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RocBootstrap {
    /// What was read off the curve.
    pub statistic: RocStatistic,
    /// Its value (or difference, A minus B) on the data themselves.
    pub estimate: f64,
    /// Standard deviation of the replicates.
    pub standard_error: f64,
    /// Percentile interval, stratified by class.
    pub interval: Interval,
    /// Number of positives.
    pub n_positive: usize,
    /// Number of negatives.
    pub n_negative: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed.
    pub seed: u64,
    /// Random generator.
    pub generator: String,
    /// `zero_variance` when all replicates are equal.
    pub flags: Vec<Flag>,
}

/// Intervals for several statistics from the same resamples. The house asks for 2,000.
///
/// # Errors
/// `InvalidParameter` (fewer than two resamples, a bound outside (0, 1]).
pub fn bootstrap_roc(
    data: &LabeledScores,
    statistics: &[RocStatistic],
    settings: &Bootstrap,
) -> Result<Vec<RocBootstrap>, StatError> {
    check_settings(statistics, settings)?;
    let groups = TieGroups::new(data);
    let classes = Classes::new(data);
    // The group of each row of a class, so that a draw is one look-up.
    let of_rows = |rows: &[usize]| -> Vec<u32> { rows.iter().map(|&row| narrow(groups.group_of_row[row])).collect() };
    let (positives, negatives) = (of_rows(&classes.positives), of_rows(&classes.negatives));
    let made = replicates(settings, Drawn::default, |drawn, random| {
        drawn.reset(groups.thresholds.len());
        for _ in 0..positives.len() {
            drawn.positives[positives[draw_index(random, positives.len())] as usize] += 1;
        }
        for _ in 0..negatives.len() {
            drawn.negatives[negatives[draw_index(random, negatives.len())] as usize] += 1;
        }
        read_all(&groups, &drawn.positives, &drawn.negatives, statistics)
    });
    let estimates = read_all(&groups, &groups.positives, &groups.negatives, statistics);
    Ok(records(statistics, &estimates, &made, data, settings))
}

/// The same for the difference (A minus B) of two scores on the same items.
///
/// # Errors
/// As [`bootstrap_roc`]; `EmptyInput`, `LengthMismatch`, `NonFinite`, `SingleClass`.
pub fn bootstrap_roc_difference(
    scores_a: &[f64],
    scores_b: &[f64],
    is_positive: &[bool],
    statistics: &[RocStatistic],
    settings: &Bootstrap,
) -> Result<Vec<RocBootstrap>, StatError> {
    check_settings(statistics, settings)?;
    if scores_a.len() == scores_b.len() && !scores_a.is_empty() {
        check_lengths(scores_a.len(), is_positive.len())?;
    }
    check_pairs(scores_a, scores_b)?;
    let data_a = LabeledScores::new(scores_a, is_positive)?;
    let data_b = LabeledScores::new(scores_b, is_positive)?;
    let (groups_a, groups_b) = (TieGroups::new(&data_a), TieGroups::new(&data_b));
    let classes = Classes::new(&data_a);
    let subtract =
        |a: Vec<f64>, b: Vec<f64>| -> Vec<f64> { a.iter().zip(b).map(|(left, right)| left - right).collect() };
    let made = replicates(
        settings,
        || (Drawn::default(), Drawn::default()),
        |(drawn_a, drawn_b), random| {
            drawn_a.reset(groups_a.thresholds.len());
            drawn_b.reset(groups_b.thresholds.len());
            for _ in 0..classes.positives.len() {
                let row = classes.positives[draw_index(random, classes.positives.len())];
                drawn_a.positives[groups_a.group_of_row[row]] += 1;
                drawn_b.positives[groups_b.group_of_row[row]] += 1;
            }
            for _ in 0..classes.negatives.len() {
                let row = classes.negatives[draw_index(random, classes.negatives.len())];
                drawn_a.negatives[groups_a.group_of_row[row]] += 1;
                drawn_b.negatives[groups_b.group_of_row[row]] += 1;
            }
            subtract(
                read_all(&groups_a, &drawn_a.positives, &drawn_a.negatives, statistics),
                read_all(&groups_b, &drawn_b.positives, &drawn_b.negatives, statistics),
            )
        },
    );
    let estimates = subtract(
        read_all(&groups_a, &groups_a.positives, &groups_a.negatives, statistics),
        read_all(&groups_b, &groups_b.positives, &groups_b.negatives, statistics),
    );
    Ok(records(statistics, &estimates, &made, &data_a, settings))
}

fn check_settings(statistics: &[RocStatistic], settings: &Bootstrap) -> Result<(), StatError> {
    settings.check()?;
    for statistic in statistics {
        if let RocStatistic::TprAtFpr { bound, .. } = statistic {
            check_bound("fpr_bound", *bound)?;
        }
    }
    Ok(())
}

/// Rows of each class.
struct Classes {
    positives: Vec<usize>,
    negatives: Vec<usize>,
}

impl Classes {
    fn new(data: &LabeledScores) -> Self {
        let (positives, negatives) = (0..data.scores().len()).partition(|&row| data.is_positive()[row]);
        Self { positives, negatives }
    }
}

/// Numbers of groups and counts are small words: what a resample touches must stay in the cache.
fn narrow(group: usize) -> u32 {
    u32::try_from(group).expect("four billion scores do not fit into memory")
}

/// How often each distinct score was drawn.
#[derive(Default)]
struct Drawn {
    positives: Vec<u32>,
    negatives: Vec<u32>,
}

impl Drawn {
    fn reset(&mut self, groups: usize) {
        for counts in [&mut self.positives, &mut self.negatives] {
            counts.clear();
            counts.resize(groups, 0);
        }
    }
}

fn read_all<Count: Copy + Into<u64>>(
    groups: &TieGroups,
    positives: &[Count],
    negatives: &[Count],
    statistics: &[RocStatistic],
) -> Vec<f64> {
    let wide = |counts: &[Count]| -> Vec<u64> { counts.iter().map(|&count| count.into()).collect() };
    let mut points = None;
    statistics
        .iter()
        .map(|statistic| match *statistic {
            RocStatistic::Auc => area(positives, negatives),
            RocStatistic::TprAtFpr { bound, rule: FprRule::Conservative } => {
                conservative_rate(positives, negatives, bound)
            }
            RocStatistic::TprAtFpr { bound, rule } => {
                let points = points.get_or_insert_with(|| groups.points(&wide(positives), &wide(negatives)));
                read_rate(points, bound, rule).0
            }
        })
        .collect()
}

/// [`FprRule::Conservative`] without the curve: a walk down to the bound, which ends soon where the bound is low.
fn conservative_rate<Count: Copy + Into<u64>>(positives: &[Count], negatives: &[Count], bound: f64) -> f64 {
    let total = |counts: &[Count]| counts.iter().map(|&count| count.into()).sum::<u64>() as f64;
    let (n_positive, n_negative) = (total(positives), total(negatives));
    let (mut true_positives, mut false_positives) = (0_u64, 0_u64);
    for (&positive, &negative) in positives.iter().zip(negatives) {
        let (positive, negative): (u64, u64) = (positive.into(), negative.into());
        if (false_positives + negative) as f64 / n_negative > bound {
            break;
        }
        true_positives += positive;
        false_positives += negative;
    }
    true_positives as f64 / n_positive
}

fn records(
    statistics: &[RocStatistic],
    estimates: &[f64],
    made: &[Vec<f64>],
    data: &LabeledScores,
    settings: &Bootstrap,
) -> Vec<RocBootstrap> {
    let tail = 0.5 * settings.level.alpha();
    statistics
        .iter()
        .enumerate()
        .map(|(column, &statistic)| {
            let mut values: Vec<f64> = made.iter().map(|row| row[column]).collect();
            sort_ascending(&mut values);
            let standard_error = standard_deviation(&values);
            let spread = values.last().unwrap_or(&0.0) - values.first().unwrap_or(&0.0);
            RocBootstrap {
                statistic,
                estimate: estimates[column],
                standard_error: if spread > 0.0 { standard_error } else { 0.0 },
                interval: Interval::new(
                    quantile_type7(&values, tail),
                    quantile_type7(&values, 1.0 - tail),
                    settings.level,
                    "stratified_bootstrap_percentile",
                ),
                n_positive: data.n_positive(),
                n_negative: data.n_negative(),
                resamples: made.len(),
                seed: settings.seed,
                generator: GENERATOR.to_owned(),
                flags: if spread > 0.0 { Vec::new() } else { vec![Flag::ZeroVariance] },
            }
        })
        .collect()
}

/// [`tpr_at_fpr`] with a stratified bootstrap interval, where the bound can be resolved.
///
/// Where nearly every resample gives the same rate the percentile interval is a point, which would read as certainty;
/// Clopper-Pearson at the fixed threshold, which is wider, stays then. A bound below 1/n of the negatives comes back
/// as it is: `is_resolvable` says so.
///
/// # Errors
/// Those of [`tpr_at_fpr`] and [`bootstrap_roc`].
pub fn tpr_at_fpr_resampled(
    data: &LabeledScores,
    bound: f64,
    rule: FprRule,
    settings: &Bootstrap,
) -> Result<TprAtFpr, StatError> {
    let mut rate = tpr_at_fpr(data, bound, rule, settings.level)?;
    if rate.is_resolvable {
        let resampled = bootstrap_roc(data, &[RocStatistic::TprAtFpr { bound, rule }], settings)?;
        if let Some(resampled) = resampled.into_iter().next().filter(|resampled| resampled.interval.width() > 0.0) {
            rate.interval = Some(resampled.interval);
        }
    }
    Ok(rate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::estimate::Level;
    use crate::statistics::roc::delong::{delong_paired, delong_variance};

    fn scores(seed: u64, shift: f64) -> (Vec<f64>, Vec<bool>) {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        let classes: Vec<bool> = (0..200).map(|row| row < 90).collect();
        let scores = classes.iter().map(|&positive| next() + next() + if positive { shift } else { 0.0 }).collect();
        (scores, classes)
    }

    const ALL: [RocStatistic; 3] = [
        RocStatistic::Auc,
        RocStatistic::TprAtFpr { bound: 0.1, rule: FprRule::Conservative },
        RocStatistic::TprAtFpr { bound: 0.1, rule: FprRule::Interpolated },
    ];

    fn settings() -> Bootstrap {
        Bootstrap { resamples: 4000, ..Bootstrap::default() }
    }

    #[test]
    fn the_walk_to_the_bound_reads_what_the_curve_reads() {
        let (values, classes) = scores(3, 0.3);
        let rounded: Vec<f64> = values.iter().map(|value| (value * 20.0).round()).collect();
        for values in [values, rounded] {
            let groups = TieGroups::new(&LabeledScores::new(&values, &classes).unwrap());
            let points = groups.points(&groups.positives, &groups.negatives);
            for bound in [0.001, 0.01, 0.1, 0.5, 1.0] {
                let (expected, _) = read_rate(&points, bound, FprRule::Conservative);
                assert_eq!(conservative_rate(&groups.positives, &groups.negatives, bound), expected, "{bound}");
            }
        }
    }

    #[test]
    fn the_bootstrap_error_of_the_area_is_near_delong() {
        let (values, classes) = scores(1, 0.3);
        let data = LabeledScores::new(&values, &classes).unwrap();
        let found = &bootstrap_roc(&data, &ALL, &settings()).unwrap()[0];
        let delong = delong_variance(&data).unwrap().sqrt();
        assert!((found.standard_error / delong - 1.0).abs() < 0.05);
        assert!(found.interval.contains(found.estimate));
        assert!((found.estimate - data.auc()).abs() < 1e-15);
    }

    #[test]
    fn the_bootstrap_error_of_a_difference_is_near_paired_delong() {
        let (a, classes) = scores(1, 0.4);
        let (noise, _) = scores(2, 0.1);
        let b: Vec<f64> = a.iter().zip(&noise).map(|(x, y)| x + 0.5 * y).collect();
        let found = bootstrap_roc_difference(&a, &b, &classes, &ALL, &settings()).unwrap();
        let delong = delong_paired(&a, &b, &classes, Level::DEFAULT).unwrap();
        assert!((found[0].standard_error / delong.standard_error - 1.0).abs() < 0.05);
        assert!((found[0].estimate - delong.difference).abs() < 1e-12);
    }

    #[test]
    fn a_score_against_itself_differs_by_nothing() {
        let (a, classes) = scores(3, 0.2);
        for found in bootstrap_roc_difference(&a, &a, &classes, &ALL, &settings()).unwrap() {
            assert!(found.interval.width() <= 0.0);
            assert_eq!(found.flags, vec![Flag::ZeroVariance]);
        }
    }

    #[test]
    fn a_bad_bound_is_an_invalid_parameter() {
        let data = LabeledScores::from_classes(&[1.0], &[0.0]).unwrap();
        let bad = [RocStatistic::TprAtFpr { bound: 0.0, rule: FprRule::Strict }];
        assert!(bootstrap_roc(&data, &bad, &settings()).is_err());
    }
}
