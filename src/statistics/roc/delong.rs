//! The area under the ROC curve with its uncertainty, and the difference of two areas,
//! after DeLong, DeLong & Clarke-Pearson 1988 by the mid-rank form of Sun & Xu 2014.
//!
//! Placements are kept as whole numbers (half-wins), so a variance is zero exactly when
//! the data say so and never because of rounding. O(n log n).

use serde::{Deserialize, Serialize};

use super::curve::LabeledScores;
use crate::statistics::distribution::normal_two_sided;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::missing::{check_lengths, check_pairs};
use crate::statistics::rank::order_key;

/// How the interval of an area is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AucIntervalMethod {
    /// On the logit scale; stays inside (0, 1).
    #[default]
    Logit,
    /// Estimate +- z SE, clipped to [0, 1]; for reproduction.
    WaldClipped,
}

/// An area under the ROC curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AucEstimate {
    /// Area, in [0, 1]; 0.5 is chance.
    pub auc: f64,
    /// Number of positives.
    pub n_positive: usize,
    /// Number of negatives.
    pub n_negative: usize,
    /// DeLong variance; `None` with a single positive or a single negative.
    pub variance: Option<f64>,
    /// Its root.
    pub standard_error: Option<f64>,
    /// Interval; a point (with the flag `zero_variance`) when the classes separate perfectly.
    pub interval: Option<Interval>,
    /// Only when the area is 0 or 1: an exact one-sided limit 1 - alpha^(1/min(n1, n0)) on
    /// the distance from the end, as if min(n1, n0) independent pairs had been compared.
    /// A heuristic; label it so when printing it.
    pub heuristic_bound: Option<Interval>,
    /// `zero_variance`, `too_few_for_variance`, `missing_dropped`.
    pub flags: Vec<Flag>,
}

/// The difference of two areas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AucComparison {
    /// `delong_paired` or `delong_unpaired`.
    pub method: String,
    /// First area.
    pub auc_a: f64,
    /// Second area.
    pub auc_b: f64,
    /// DeLong variance of the first area.
    pub variance_a: f64,
    /// DeLong variance of the second area.
    pub variance_b: f64,
    /// Covariance of the two; 0 when unpaired.
    pub covariance: f64,
    /// `auc_a` - `auc_b`.
    pub difference: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Difference +- z SE (not clipped); `None` when degenerate.
    pub interval: Option<Interval>,
    /// Difference over its standard error; 0 for identical areas without variance.
    pub z: Option<f64>,
    /// Two-sided p-value; `None` when the variance is zero and the areas differ.
    pub p_value: Option<f64>,
    /// Positives behind the first area.
    pub n_positive_a: usize,
    /// Negatives behind the first area.
    pub n_negative_a: usize,
    /// Positives behind the second area.
    pub n_positive_b: usize,
    /// Negatives behind the second area.
    pub n_negative_b: usize,
    /// `zero_variance`.
    pub flags: Vec<Flag>,
}

impl AucEstimate {
    /// The interval to print: DeLong's, or, where the classes separate perfectly and DeLong has no variance, the
    /// heuristic bound under its own name. A point would read as certainty.
    #[must_use]
    pub fn printed_interval(&self) -> Option<Interval> {
        if self.flags.contains(&Flag::ZeroVariance) {
            self.heuristic_bound.clone().or_else(|| self.interval.clone())
        } else {
            self.interval.clone()
        }
    }

    /// The interval to print for scores whose standard error is `error_factor` times DeLong's.
    ///
    /// Out-of-fold scores of a trained predictor spread more than DeLong's variance knows, since each pair of texts enters
    /// twice. A factor of 1 gives [`AucEstimate::printed_interval`].
    #[must_use]
    pub fn widened_interval(&self, error_factor: f64, level: Level) -> Option<Interval> {
        match self.standard_error.filter(|error| *error > 0.0) {
            Some(error) if error_factor > 1.0 => {
                let mut widened = auc_interval(self.auc, error * error_factor, level, AucIntervalMethod::Logit);
                widened.method = "delong_logit_out_of_fold".to_owned();
                Some(widened)
            }
            _ => self.printed_interval(),
        }
    }
}

/// The interval that decides whether a predictor tells the classes apart at all.
///
/// As [`AucEstimate::widened_interval`]; where all members of a class have one score, as with a rare word that none of few texts
/// holds, DeLong takes that class for exactly known. A share of 1 - alpha^(1/n) of it may lie elsewhere all the same (the rule of
/// three at this level), which moves either end by at most that share.
#[must_use]
pub fn separability_interval(data: &LabeledScores, error_factor: f64, level: Level) -> Option<Interval> {
    let estimate = auc_estimate(data, level, AucIntervalMethod::Logit);
    let interval = estimate.widened_interval(error_factor, level)?;
    let constant = [data.positives(), data.negatives()]
        .into_iter()
        .filter(|class| class.windows(2).all(|pair| pair[0] == pair[1]))
        .map(|class| class.len())
        .min();
    let Some(n) = constant else { return Some(interval) };
    let reach = 1.0 - level.alpha().powf(1.0 / n.max(1) as f64);
    let (low, high) = (interval.low * (1.0 - reach), interval.high * (1.0 - reach) + reach);
    Some(Interval::new(low, high, level, &format!("{}_constant_class", interval.method)))
}

impl AucComparison {
    /// z and two-sided p, or why there are none.
    ///
    /// # Errors
    /// `ZeroVariance` when the areas differ but nothing varies.
    pub fn significance(&self) -> Result<(f64, f64), StatError> {
        match (self.z, self.p_value) {
            (Some(z), Some(p)) => Ok((z, p)),
            _ => Err(StatError::ZeroVariance),
        }
    }
}

/// Placements in half-wins: for each positive 2 n0 V10, for each negative 2 n1 V01.
struct Placements {
    of_positives: Vec<i64>,
    of_negatives: Vec<i64>,
}

impl Placements {
    /// From one sort of all scores. O(n log n).
    fn new(data: &LabeledScores) -> Self {
        let (n_positive, n_negative) = (whole(data.n_positive()), whole(data.n_negative()));
        let mut ranked: Vec<(u64, usize)> =
            data.scores().iter().enumerate().map(|(row, &score)| (order_key(score), row)).collect();
        ranked.sort_unstable();
        let mut of_row = vec![0_i64; ranked.len()];
        let (mut positives_below, mut negatives_below) = (0, 0);
        for group in ranked.chunk_by(|left, right| left.0 == right.0) {
            let positives = whole(group.iter().filter(|entry| data.is_positive()[entry.1]).count());
            let negatives = whole(group.len()) - positives;
            for &(_, row) in group {
                of_row[row] = if data.is_positive()[row] {
                    2 * negatives_below + negatives
                } else {
                    2 * (n_positive - positives_below) - positives
                };
            }
            positives_below += positives;
            negatives_below += negatives;
        }
        debug_assert!(positives_below == n_positive && negatives_below == n_negative);
        let (mut of_positives, mut of_negatives) = (Vec::new(), Vec::new());
        for (placement, &is_positive) in of_row.into_iter().zip(data.is_positive()) {
            if is_positive { of_positives.push(placement) } else { of_negatives.push(placement) }
        }
        Self { of_positives, of_negatives }
    }

    fn auc(&self) -> f64 {
        let wins: i128 = self.of_positives.iter().map(|&k| i128::from(k)).sum();
        wins as f64 / (2.0 * self.of_positives.len() as f64 * self.of_negatives.len() as f64)
    }

    fn difference(&self, other: &Self) -> Self {
        let subtract = |left: &[i64], right: &[i64]| left.iter().zip(right).map(|(a, b)| a - b).collect();
        Self {
            of_positives: subtract(&self.of_positives, &other.of_positives),
            of_negatives: subtract(&self.of_negatives, &other.of_negatives),
        }
    }

    fn smaller_class(&self) -> usize {
        self.of_positives.len().min(self.of_negatives.len())
    }

    fn covariance(&self, other: &Self) -> f64 {
        let (n1, n0) = (self.of_positives.len() as f64, self.of_negatives.len() as f64);
        sample_covariance(&self.of_positives, &other.of_positives) / (4.0 * n0 * n0) / n1
            + sample_covariance(&self.of_negatives, &other.of_negatives) / (4.0 * n1 * n1) / n0
    }

    fn variance(&self) -> f64 {
        self.covariance(self)
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Covariance with divisor n - 1, exact up to the last division. Needs n >= 2.
fn sample_covariance(left: &[i64], right: &[i64]) -> f64 {
    let n = left.len() as i128;
    let (mut sum_left, mut sum_right, mut sum_product) = (0_i128, 0_i128, 0_i128);
    for (&a, &b) in left.iter().zip(right) {
        sum_left += i128::from(a);
        sum_right += i128::from(b);
        sum_product += i128::from(a) * i128::from(b);
    }
    (n * sum_product - sum_left * sum_right) as f64 / (n as f64 * (n - 1) as f64)
}

/// Placement of each positive, in the order of the data: the share of negatives that it lies above, ties half.
pub(crate) fn member_placements(data: &LabeledScores) -> Vec<f64> {
    let scale = 2.0 * data.n_negative() as f64;
    Placements::new(data).of_positives.into_iter().map(|half_wins| half_wins as f64 / scale).collect()
}

/// DeLong's variance of the area.
///
/// # Errors
/// `TooFewItems` when a class has fewer than two items.
pub fn delong_variance(data: &LabeledScores) -> Result<f64, StatError> {
    let placements = Placements::new(data);
    check_class_sizes(&placements)?;
    Ok(placements.variance())
}

/// The area with its DeLong interval.
///
/// Never fails: with one item in a class the area stands alone (flag
/// `too_few_for_variance`); without variance the interval is a point (flag
/// `zero_variance`) and, at area 0 or 1, `heuristic_bound` is given.
#[must_use]
pub fn auc_estimate(data: &LabeledScores, level: Level, method: AucIntervalMethod) -> AucEstimate {
    let placements = Placements::new(data);
    let auc = placements.auc();
    let mut estimate = AucEstimate {
        auc,
        n_positive: data.n_positive(),
        n_negative: data.n_negative(),
        variance: None,
        standard_error: None,
        interval: None,
        heuristic_bound: heuristic_bound(auc, placements.smaller_class(), level),
        flags: Vec::new(),
    };
    if data.n_dropped() > 0 {
        estimate.flags.push(Flag::MissingDropped);
    }
    if placements.smaller_class() < 2 {
        estimate.flags.push(Flag::TooFewForVariance);
        return estimate;
    }
    let variance = placements.variance();
    let standard_error = variance.sqrt();
    let interval = if variance <= 0.0 {
        estimate.flags.push(Flag::ZeroVariance);
        Interval::new(auc, auc, level, "delong_zero_variance")
    } else {
        auc_interval(auc, standard_error, level, method)
    };
    estimate.variance = Some(variance);
    estimate.standard_error = Some(standard_error);
    estimate.interval = Some(interval);
    estimate
}

/// Interval of an area from its standard error.
///
/// `auc` must lie in (0, 1) for [`AucIntervalMethod::Logit`].
fn auc_interval(auc: f64, standard_error: f64, level: Level, method: AucIntervalMethod) -> Interval {
    let z = level.two_sided_z();
    match method {
        AucIntervalMethod::Logit => {
            let centre = (auc / (1.0 - auc)).ln();
            let half = z * standard_error / (auc * (1.0 - auc));
            Interval::new(logistic(centre - half), logistic(centre + half), level, "delong_logit")
        }
        AucIntervalMethod::WaldClipped => {
            let (low, high) = (auc - z * standard_error, auc + z * standard_error);
            Interval::new(low.max(0.0), high.min(1.0), level, "delong_wald_clipped")
        }
    }
}

fn logistic(u: f64) -> f64 {
    1.0 / (1.0 + (-u).exp())
}

fn heuristic_bound(auc: f64, smaller_class: usize, level: Level) -> Option<Interval> {
    // Half-wins are whole, so that a perfect area is exactly 0 or 1.
    let kept = (level.alpha().ln() / smaller_class as f64).exp();
    let method = "heuristic_exact_one_sided";
    if auc >= 1.0 {
        Some(Interval::new(kept, 1.0, level, method))
    } else if auc <= 0.0 {
        Some(Interval::new(0.0, 1.0 - kept, level, method))
    } else {
        None
    }
}

/// Hanley & McNeil's 1982 standard error of an area, from the area and class sizes alone;
/// for reproduction of published numbers.
#[must_use]
pub fn hanley_mcneil_standard_error(auc: f64, n_positive: usize, n_negative: usize) -> f64 {
    let (n1, n0) = (n_positive as f64, n_negative as f64);
    let q1 = auc / (2.0 - auc);
    let q2 = 2.0 * auc * auc / (1.0 + auc);
    let variance = (auc * (1.0 - auc) + (n1 - 1.0) * (q1 - auc * auc) + (n0 - 1.0) * (q2 - auc * auc)) / (n1 * n0);
    variance.max(0.0).sqrt()
}

/// Two scores on the same items: paired DeLong test and interval of the difference.
///
/// Identical areas without variance give z = 0, p = 1, interval [0, 0]; different areas
/// without variance give no z and no p. Both carry the flag `zero_variance`.
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `SingleClass`, `TooFewItems` (a class with
/// fewer than two items).
pub fn delong_paired(
    scores_a: &[f64],
    scores_b: &[f64],
    is_positive: &[bool],
    level: Level,
) -> Result<AucComparison, StatError> {
    if scores_a.len() == scores_b.len() && !scores_a.is_empty() {
        check_lengths(scores_a.len(), is_positive.len())?;
    }
    check_pairs(scores_a, scores_b)?;
    let a = LabeledScores::new(scores_a, is_positive)?;
    let b = LabeledScores::new(scores_b, is_positive)?;
    let (placed_a, placed_b) = (Placements::new(&a), Placements::new(&b));
    check_class_sizes(&placed_a)?;
    let gap = placed_a.difference(&placed_b);
    // From the placements themselves: exactly zero for identical scores.
    let comparison = Comparison {
        method: "delong_paired",
        difference: gap.auc(),
        variance: gap.variance(),
        covariance: placed_a.covariance(&placed_b),
    };
    Ok(comparison.record((&a, &placed_a), (&b, &placed_b), level))
}

/// Two areas from different items: the variances add.
///
/// # Errors
/// `TooFewItems` when a class has fewer than two items.
pub fn delong_unpaired(a: &LabeledScores, b: &LabeledScores, level: Level) -> Result<AucComparison, StatError> {
    let (placed_a, placed_b) = (Placements::new(a), Placements::new(b));
    check_class_sizes(&placed_a)?;
    check_class_sizes(&placed_b)?;
    let comparison = Comparison {
        method: "delong_unpaired",
        difference: placed_a.auc() - placed_b.auc(),
        variance: placed_a.variance() + placed_b.variance(),
        covariance: 0.0,
    };
    Ok(comparison.record((a, &placed_a), (b, &placed_b), level))
}

fn check_class_sizes(placements: &Placements) -> Result<(), StatError> {
    match placements.smaller_class() {
        got @ (0 | 1) => Err(StatError::TooFewItems { needed: 2, got }),
        _ => Ok(()),
    }
}

/// What the paired and the unpaired test compute differently.
struct Comparison {
    method: &'static str,
    difference: f64,
    variance: f64,
    covariance: f64,
}

impl Comparison {
    fn record(
        self,
        (data_a, placed_a): (&LabeledScores, &Placements),
        (data_b, placed_b): (&LabeledScores, &Placements),
        level: Level,
    ) -> AucComparison {
        let standard_error = self.variance.max(0.0).sqrt();
        let difference = self.difference;
        let method = self.method;
        let (z, p_value, interval, flags) = if standard_error > 0.0 {
            let z = difference / standard_error;
            let half = level.two_sided_z() * standard_error;
            (
                Some(z),
                Some(normal_two_sided(z)),
                Some(Interval::new(difference - half, difference + half, level, method)),
                Vec::new(),
            )
        } else if difference.abs() <= 0.0 {
            (Some(0.0), Some(1.0), Some(Interval::new(0.0, 0.0, level, method)), vec![Flag::ZeroVariance])
        } else {
            (None, None, None, vec![Flag::ZeroVariance])
        };
        AucComparison {
            method: method.to_owned(),
            auc_a: placed_a.auc(),
            auc_b: placed_b.auc(),
            variance_a: placed_a.variance(),
            variance_b: placed_b.variance(),
            covariance: self.covariance,
            difference,
            standard_error,
            interval,
            z,
            p_value,
            n_positive_a: data_a.n_positive(),
            n_negative_a: data_a.n_negative(),
            n_positive_b: data_b.n_positive(),
            n_negative_b: data_b.n_negative(),
            flags,
        }
    }
}

#[cfg(test)]
mod separability_tests {
    use super::*;

    #[test]
    fn a_word_that_none_of_few_members_holds_does_not_make_a_split_separable() {
        let members = vec![0.0; 32];
        let unseen: Vec<f64> = (0..608).map(|i| f64::from(u8::from(i % 25 == 0))).collect();
        let data = LabeledScores::from_classes(&members, &unseen).unwrap();
        let plain = auc_estimate(&data, Level::DEFAULT, AucIntervalMethod::Logit).widened_interval(1.0, Level::DEFAULT);
        assert!(plain.is_some_and(|interval| interval.high < 0.5), "DeLong takes 32 zeros for certain");
        assert!(separability_interval(&data, 1.0, Level::DEFAULT).is_some_and(|interval| interval.contains(0.5)));
        // With many members without it, the word does tell.
        let data = LabeledScores::from_classes(&vec![0.0; 600], &unseen).unwrap();
        assert!(separability_interval(&data, 1.0, Level::DEFAULT).is_some_and(|interval| interval.high < 0.5));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f64; 8] = [0.9, 0.4, 0.4, 0.7, 0.4, 0.1, 0.7, 0.2];
    const B: [f64; 8] = [0.3, 0.8, 0.5, 0.6, 0.1, 0.5, 0.4, 0.3];
    const CLASS: [bool; 8] = [true, true, true, true, false, false, false, false];

    #[test]
    fn a_score_compared_with_itself_ties() {
        let same = delong_paired(&A, &A, &CLASS, Level::DEFAULT).unwrap();
        assert_eq!(same.p_value, Some(1.0));
        assert_eq!(same.flags, vec![Flag::ZeroVariance]);
        assert!(same.interval.unwrap().contains(0.0));
    }

    #[test]
    fn swapping_the_scores_negates_the_difference_and_keeps_p() {
        let direct = delong_paired(&A, &B, &CLASS, Level::DEFAULT).unwrap();
        let swapped = delong_paired(&B, &A, &CLASS, Level::DEFAULT).unwrap();
        assert!((direct.difference + swapped.difference).abs() < 1e-15);
        assert_eq!(direct.p_value, swapped.p_value);
        let (one, two) = (direct.interval.unwrap(), swapped.interval.unwrap());
        assert!((one.low + two.high).abs() < 1e-15);
    }

    #[test]
    fn the_paired_variance_is_the_sum_less_twice_the_covariance() {
        let test = delong_paired(&A, &B, &CLASS, Level::DEFAULT).unwrap();
        let variance = test.variance_a + test.variance_b - 2.0 * test.covariance;
        assert!((variance - test.standard_error.powi(2)).abs() < 1e-15);
    }

    #[test]
    fn perfect_separation_is_flagged_and_bounded_by_a_heuristic() {
        let data = LabeledScores::from_classes(&[3.0, 4.0, 5.0], &[0.0, 1.0, 2.0]).unwrap();
        let estimate = auc_estimate(&data, Level::DEFAULT, AucIntervalMethod::Logit);
        assert_eq!(estimate.flags, vec![Flag::ZeroVariance]);
        let bound = estimate.heuristic_bound.unwrap();
        assert!((bound.low - 0.05_f64.powf(1.0 / 3.0)).abs() < 1e-12);
        assert!((bound.high - 1.0).abs() < 1e-15);
        assert!(estimate.interval.unwrap().width() <= 0.0);
    }

    #[test]
    fn one_positive_gives_an_area_without_variance() {
        let data = LabeledScores::from_classes(&[1.0], &[0.0, 2.0]).unwrap();
        let estimate = auc_estimate(&data, Level::DEFAULT, AucIntervalMethod::Logit);
        assert!((estimate.auc - 0.5).abs() < 1e-15);
        assert_eq!(estimate.variance, None);
        assert_eq!(delong_variance(&data), Err(StatError::TooFewItems { needed: 2, got: 1 }));
    }

    #[test]
    fn the_interval_contains_the_area_and_widens_with_the_level() {
        let data = LabeledScores::new(&A, &CLASS).unwrap();
        for method in [AucIntervalMethod::Logit, AucIntervalMethod::WaldClipped] {
            let narrow = auc_estimate(&data, Level::NINETY, method);
            let wide = auc_estimate(&data, Level::DEFAULT, method);
            let interval = narrow.interval.unwrap();
            assert!(interval.contains(narrow.auc));
            assert!(wide.interval.unwrap().width() > interval.width());
        }
    }
}
