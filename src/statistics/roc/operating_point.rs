//! One point of the ROC curve: the true-positive rate at a bound on the
//! false-positive rate, and the reverse.
//!
//! Published numbers follow at least four different rules and differ; the record says
//! which one was taken. With n negatives the smallest false-positive rate above zero is
//! 1/n, so a finer bound only means "no false positive at all".

use serde::{Deserialize, Serialize};

use super::curve::{CurvePoints, LabeledScores, RocPoint, TieGroups, drop_intermediate};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::extended_float;
use crate::statistics::proportion::single::clopper_pearson_limits;

/// How a rate is read off the ROC curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FprRule {
    /// Largest rate with FPR <= bound, every point kept. The default.
    #[default]
    Conservative,
    /// Largest rate with FPR < bound, every point kept.
    Strict,
    /// mimir: FPR < bound on scikit-learn's curve with intermediate points dropped.
    StrictDropped,
    /// mink-plus-plus: FPR <= bound on the curve with intermediate points dropped.
    MinkPlusPlus,
    /// Linear between the points of the curve; belongs to no threshold.
    Interpolated,
}

impl FprRule {
    /// The name as records carry it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conservative => "conservative",
            Self::Strict => "strict",
            Self::StrictDropped => "strict_dropped",
            Self::MinkPlusPlus => "mink_plus_plus",
            Self::Interpolated => "interpolated",
        }
    }
}

/// The true-positive rate at a bound on the false-positive rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TprAtFpr {
    /// The bound on the false-positive rate, in (0, 1].
    pub bound: f64,
    /// The rule by which the rate was read.
    pub rule: FprRule,
    /// True-positive rate, in [0, 1].
    pub true_positive_rate: f64,
    /// The threshold that gives it (+infinity: nothing called positive).
    #[serde(with = "extended_float")]
    pub threshold: f64,
    /// False-positive rate at that threshold.
    pub achieved_fpr: f64,
    /// Positives at or above the threshold.
    pub true_positives: u64,
    /// Number of positives.
    pub n_positive: usize,
    /// Number of negatives.
    pub n_negative: usize,
    /// True when the bound allows at least one false positive. If false, print
    /// "not resolvable with `n_negative` negatives" and `needed_negatives`.
    pub is_resolvable: bool,
    /// Fewest negatives that make the bound resolvable.
    pub needed_negatives: u64,
    /// Clopper-Pearson on the positives at the fixed threshold; ignores that the threshold
    /// is itself an estimate. `None` under `Interpolated`, which has no threshold.
    pub interval: Option<Interval>,
    /// `below_resolution` when not resolvable.
    pub flags: Vec<Flag>,
}

/// The false-positive rate at a bound on the true-positive rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FprAtTpr {
    /// The bound on the true-positive rate, in (0, 1].
    pub bound: f64,
    /// False-positive rate at the first point with TPR >= bound, in [0, 1].
    pub false_positive_rate: f64,
    /// The threshold of that point.
    #[serde(with = "extended_float")]
    pub threshold: f64,
    /// True-positive rate of that point.
    pub achieved_tpr: f64,
    /// Negatives at or above the threshold.
    pub false_positives: u64,
    /// Number of negatives.
    pub n_negative: usize,
    /// Which points of the curve were read.
    pub points: CurvePoints,
    /// Clopper-Pearson on the negatives at the fixed threshold.
    pub interval: Interval,
}

/// The true-positive rate at FPR `bound`, by `rule`. O(n log n).
///
/// # Errors
/// `InvalidParameter` unless 0 < `bound` <= 1.
pub fn tpr_at_fpr(data: &LabeledScores, bound: f64, rule: FprRule, level: Level) -> Result<TprAtFpr, StatError> {
    let needed_negatives = needed_negatives(bound)?;
    let groups = TieGroups::new(data);
    let points = groups.points(&groups.positives, &groups.negatives);
    let (true_positive_rate, point) = read_rate(&points, bound, rule);
    let is_resolvable = is_resolvable(bound, data.n_negative());
    let interval = (rule != FprRule::Interpolated).then(|| {
        let (low, high) = clopper_pearson_limits(point.true_positives, data.n_positive() as u64, level);
        Interval::new(low, high, level, "clopper_pearson_fixed_threshold")
    });
    Ok(TprAtFpr {
        bound,
        rule,
        true_positive_rate,
        threshold: point.threshold,
        achieved_fpr: point.false_positive_rate,
        true_positives: point.true_positives,
        n_positive: data.n_positive(),
        n_negative: data.n_negative(),
        is_resolvable,
        needed_negatives,
        interval,
        flags: if is_resolvable { Vec::new() } else { vec![Flag::BelowResolution] },
    })
}

/// The false-positive rate at the first point with TPR >= `bound`.
///
/// With `CurvePoints::DropIntermediate` and 0.95 this is the FPR@95 of mink-plus-plus;
/// with `All` it is the lowest such rate.
///
/// # Errors
/// `InvalidParameter` unless 0 < `bound` <= 1.
pub fn fpr_at_tpr(data: &LabeledScores, bound: f64, points: CurvePoints, level: Level) -> Result<FprAtTpr, StatError> {
    check_bound("tpr_bound", bound)?;
    let curve = data.curve(points);
    let point = curve
        .points
        .iter()
        .find(|point| point.true_positive_rate >= bound)
        .or(curve.points.last())
        .copied()
        .ok_or(StatError::EmptyInput)?;
    let (low, high) = clopper_pearson_limits(point.false_positives, data.n_negative() as u64, level);
    Ok(FprAtTpr {
        bound,
        false_positive_rate: point.false_positive_rate,
        threshold: point.threshold,
        achieved_tpr: point.true_positive_rate,
        false_positives: point.false_positives,
        n_negative: data.n_negative(),
        points,
        interval: Interval::new(low, high, level, "clopper_pearson_fixed_threshold"),
    })
}

/// True when `bound` allows at least one false positive among `n_negative` negatives.
#[must_use]
pub fn is_resolvable(bound: f64, n_negative: usize) -> bool {
    // 1/n rather than bound * n: the quotient is correctly rounded, so that a bound
    // written 0.001 is resolvable with exactly 1000 negatives.
    n_negative > 0 && 1.0 / n_negative as f64 <= bound
}

/// Fewest negatives that make `bound` resolvable: ceil(1/bound), e.g. 1000 for 0.1 %.
///
/// # Errors
/// `InvalidParameter` unless 0 < `bound` <= 1.
pub fn needed_negatives(bound: f64) -> Result<u64, StatError> {
    check_bound("fpr_bound", bound)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and beyond 2^64 the cast saturates"
    )]
    let guess = (1.0 / bound).floor() as u64;
    Ok(if guess > 0 && 1.0 / guess as f64 <= bound { guess } else { guess.saturating_add(1) })
}

pub(crate) fn check_bound(name: &'static str, bound: f64) -> Result<(), StatError> {
    if bound > 0.0 && bound <= 1.0 {
        Ok(())
    } else {
        Err(StatError::invalid(name, format!("must be above 0 and at most 1, got {bound}")))
    }
}

/// Reads the rate off a full curve (which starts at (0, 0) and ends at (1, 1)).
pub(crate) fn read_rate(points: &[RocPoint], bound: f64, rule: FprRule) -> (f64, RocPoint) {
    let at_most = |point: &RocPoint| point.false_positive_rate <= bound;
    let below = |point: &RocPoint| point.false_positive_rate < bound;
    let last_index = |points: &[RocPoint], keep: &dyn Fn(&RocPoint) -> bool| {
        // Rates never fall along the curve, and the first point has rate 0.
        points.partition_point(keep).saturating_sub(1)
    };
    match rule {
        FprRule::Conservative => {
            let point = points[last_index(points, &at_most)];
            (point.true_positive_rate, point)
        }
        FprRule::Strict => {
            let point = points[last_index(points, &below)];
            (point.true_positive_rate, point)
        }
        FprRule::StrictDropped => {
            let dropped = drop_intermediate(points);
            let point = dropped[last_index(&dropped, &below)];
            (point.true_positive_rate, point)
        }
        FprRule::MinkPlusPlus => {
            let dropped = drop_intermediate(points);
            let point = dropped[last_index(&dropped, &at_most)];
            (point.true_positive_rate, point)
        }
        FprRule::Interpolated => {
            let index = last_index(points, &at_most);
            let here = points[index];
            let rate = points.get(index + 1).map_or(here.true_positive_rate, |next| {
                let run = next.false_positive_rate - here.false_positive_rate;
                let rise = next.true_positive_rate - here.true_positive_rate;
                here.true_positive_rate + rise * (bound - here.false_positive_rate) / run
            });
            (rate, here)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_negatives_resolve_one_in_a_thousand() {
        for (bound, needed) in [(0.001, 1000), (0.01, 100), (0.05, 20), (0.003, 334), (1.0, 1)] {
            assert_eq!(needed_negatives(bound), Ok(needed), "bound {bound}");
            let needed = usize::try_from(needed).unwrap();
            assert!(is_resolvable(bound, needed));
            assert!(!is_resolvable(bound, needed - 1));
        }
        // 1/49 is not a round number in binary; still 49 negatives do.
        assert_eq!(needed_negatives(1.0 / 49.0), Ok(49));
    }

    #[test]
    fn a_bound_of_zero_or_nan_is_an_invalid_parameter() {
        let data = LabeledScores::from_classes(&[1.0], &[0.0]).unwrap();
        for bound in [0.0, -0.1, 1.5, f64::NAN] {
            let error = tpr_at_fpr(&data, bound, FprRule::Conservative, Level::DEFAULT).unwrap_err();
            assert_eq!(error.kind(), "InvalidParameter");
        }
    }

    #[test]
    fn a_looser_bound_never_lowers_the_rate() {
        let positives: Vec<f64> = (0..40).map(|i| f64::from((i * 7) % 23)).collect();
        let negatives: Vec<f64> = (0..30).map(|i| f64::from((i * 5) % 19)).collect();
        let data = LabeledScores::from_classes(&positives, &negatives).unwrap();
        for rule in [
            FprRule::Conservative,
            FprRule::Strict,
            FprRule::StrictDropped,
            FprRule::MinkPlusPlus,
            FprRule::Interpolated,
        ] {
            let mut previous = 0.0;
            for step in 1..=100 {
                let bound = f64::from(step) / 100.0;
                let rate = tpr_at_fpr(&data, bound, rule, Level::DEFAULT).unwrap();
                assert!(rate.true_positive_rate >= previous, "{rule:?} at {bound}");
                previous = rate.true_positive_rate;
            }
        }
    }
}
