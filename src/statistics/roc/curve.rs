//! ROC curve, its area and average precision.
//!
//! A higher score speaks for the positive class; a score is called positive when it is
//! at or above the threshold. Tied scores move together, so that a tie is a diagonal
//! step and counts one half in the area. Nothing is flipped when the area is below 1/2.

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::extended_float;
use crate::statistics::missing::{MissingPolicy, check_lengths, usable_rows};
use crate::statistics::rank::{ascending_order, is_tied};

/// Scores with their true class: finite, and both classes present.
#[derive(Debug, Clone, PartialEq)]
pub struct LabeledScores {
    scores: Vec<f64>,
    is_positive: Vec<bool>,
    n_positive: usize,
    n_dropped: usize,
}

impl LabeledScores {
    /// Scores beside their class; missing scores are refused.
    ///
    /// # Errors
    /// `EmptyInput`, `LengthMismatch`, `NonFinite`, `SingleClass`.
    pub fn new(scores: &[f64], is_positive: &[bool]) -> Result<Self, StatError> {
        Self::with_missing(scores, is_positive, MissingPolicy::Reject)
    }

    /// As [`LabeledScores::new`], with a choice about missing scores (NaN).
    ///
    /// # Errors
    /// As [`LabeledScores::new`].
    pub fn with_missing(scores: &[f64], is_positive: &[bool], policy: MissingPolicy) -> Result<Self, StatError> {
        if scores.is_empty() && is_positive.is_empty() {
            return Err(StatError::EmptyInput);
        }
        check_lengths(scores.len(), is_positive.len())?;
        let rows = usable_rows(&[scores], policy)?;
        let kept: Vec<f64> = rows.iter().map(|&row| scores[row]).collect();
        let classes: Vec<bool> = rows.iter().map(|&row| is_positive[row]).collect();
        let n_positive = classes.iter().filter(|&&positive| positive).count();
        if n_positive == 0 || n_positive == classes.len() {
            return Err(StatError::SingleClass);
        }
        Ok(Self { n_dropped: scores.len() - kept.len(), scores: kept, is_positive: classes, n_positive })
    }

    /// From two lists; positives come first in the row numbering of errors.
    ///
    /// # Errors
    /// As [`LabeledScores::new`].
    pub fn from_classes(positives: &[f64], negatives: &[f64]) -> Result<Self, StatError> {
        let scores: Vec<f64> = positives.iter().chain(negatives).copied().collect();
        let classes: Vec<bool> = (0..scores.len()).map(|row| row < positives.len()).collect();
        Self::new(&scores, &classes)
    }

    /// The scores, in the order given.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }

    /// The classes, in the order of [`LabeledScores::scores`].
    #[must_use]
    pub fn is_positive(&self) -> &[bool] {
        &self.is_positive
    }

    /// Number of positives, at least 1.
    #[must_use]
    pub fn n_positive(&self) -> usize {
        self.n_positive
    }

    /// Number of negatives, at least 1.
    #[must_use]
    pub fn n_negative(&self) -> usize {
        self.scores.len() - self.n_positive
    }

    /// Rows left out because their score was missing.
    #[must_use]
    pub fn n_dropped(&self) -> usize {
        self.n_dropped
    }

    /// Scores of the positives, in the order given.
    #[must_use]
    pub fn positives(&self) -> Vec<f64> {
        self.of_class(true)
    }

    /// Scores of the negatives, in the order given.
    #[must_use]
    pub fn negatives(&self) -> Vec<f64> {
        self.of_class(false)
    }

    fn of_class(&self, class: bool) -> Vec<f64> {
        self.scores
            .iter()
            .zip(&self.is_positive)
            .filter(|&(_, &is_positive)| is_positive == class)
            .map(|(&score, _)| score)
            .collect()
    }

    /// The curve on the points kept by `points`. O(n log n).
    #[must_use]
    pub fn curve(&self, points: CurvePoints) -> RocCurve {
        let groups = TieGroups::new(self);
        let all = groups.points(&groups.positives, &groups.negatives);
        RocCurve {
            points: match points {
                CurvePoints::All => all,
                CurvePoints::DropIntermediate => drop_intermediate(&all),
            },
            kind: points,
            n_positive: self.n_positive(),
            n_negative: self.n_negative(),
        }
    }

    /// Area under the ROC curve: P(positive > negative) + P(tie)/2, in [0, 1].
    ///
    /// Counted in whole half-wins, hence exact up to one division. O(n log n).
    #[must_use]
    pub fn auc(&self) -> f64 {
        let groups = TieGroups::new(self);
        area(&groups.positives, &groups.negatives)
    }

    /// Average precision: the sum over thresholds of (gain in recall) x precision, as
    /// scikit-learn computes it (no interpolation), in (0, 1].
    #[must_use]
    pub fn average_precision(&self) -> f64 {
        let groups = TieGroups::new(self);
        let (mut true_positives, mut called, mut sum) = (0_u64, 0_u64, 0.0);
        for (&positives, &negatives) in groups.positives.iter().zip(&groups.negatives) {
            true_positives += positives;
            called += positives + negatives;
            sum += positives as f64 * (true_positives as f64 / called as f64);
        }
        sum / self.n_positive as f64
    }
}

/// Which points of the curve are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CurvePoints {
    /// One point for each distinct score.
    #[default]
    All,
    /// scikit-learn's `drop_intermediate=True`: points in line with their neighbours (by
    /// counts) are left out. Same area, but a rate read off the points may be lower.
    DropIntermediate,
}

/// One point of the curve: what happens at this threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Scores at or above it are called positive; +infinity calls none.
    #[serde(with = "extended_float")]
    pub threshold: f64,
    /// Positives at or above the threshold.
    pub true_positives: u64,
    /// Negatives at or above the threshold.
    pub false_positives: u64,
    /// `true_positives` over all positives, in [0, 1].
    pub true_positive_rate: f64,
    /// `false_positives` over all negatives, in [0, 1].
    pub false_positive_rate: f64,
}

/// The curve from (0, 0) to (1, 1), thresholds descending from +infinity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RocCurve {
    /// The points, thresholds descending.
    pub points: Vec<RocPoint>,
    /// Which points were kept.
    pub kind: CurvePoints,
    /// Number of positives.
    pub n_positive: usize,
    /// Number of negatives.
    pub n_negative: usize,
}

/// Distinct scores, descending, with the number of positives and negatives at each.
pub(crate) struct TieGroups {
    pub thresholds: Vec<f64>,
    pub positives: Vec<u64>,
    pub negatives: Vec<u64>,
    /// The group of each row.
    pub group_of_row: Vec<usize>,
}

impl TieGroups {
    pub(crate) fn new(data: &LabeledScores) -> Self {
        let mut order = ascending_order(&data.scores);
        order.reverse();
        let mut groups = Self {
            thresholds: Vec::new(),
            positives: Vec::new(),
            negatives: Vec::new(),
            group_of_row: vec![0; order.len()],
        };
        for rows in order.chunk_by(|&a, &b| is_tied(data.scores[a], data.scores[b])) {
            let positives = rows.iter().filter(|&&row| data.is_positive[row]).count();
            for &row in rows {
                groups.group_of_row[row] = groups.thresholds.len();
            }
            groups.thresholds.push(data.scores[rows[0]]);
            groups.positives.push(positives as u64);
            groups.negatives.push((rows.len() - positives) as u64);
        }
        groups
    }

    /// The full curve for these counts (a resample's, say); empty groups give no point.
    pub(crate) fn points(&self, positives: &[u64], negatives: &[u64]) -> Vec<RocPoint> {
        let n_positive = positives.iter().sum::<u64>() as f64;
        let n_negative = negatives.iter().sum::<u64>() as f64;
        let mut points = Vec::with_capacity(self.thresholds.len() + 1);
        points.push(RocPoint {
            threshold: f64::INFINITY,
            true_positives: 0,
            false_positives: 0,
            true_positive_rate: 0.0,
            false_positive_rate: 0.0,
        });
        let (mut true_positives, mut false_positives) = (0, 0);
        for ((&threshold, &positive), &negative) in self.thresholds.iter().zip(positives).zip(negatives) {
            if positive + negative == 0 {
                continue;
            }
            true_positives += positive;
            false_positives += negative;
            points.push(RocPoint {
                threshold,
                true_positives,
                false_positives,
                true_positive_rate: true_positives as f64 / n_positive,
                false_positive_rate: false_positives as f64 / n_negative,
            });
        }
        points
    }
}

/// Area from counts by descending score.
pub(crate) fn area<Count: Copy + Into<u64>>(positives: &[Count], negatives: &[Count]) -> f64 {
    let total = |counts: &[Count]| counts.iter().map(|&count| count.into()).sum::<u64>();
    let (all_positive, all_negative) = (total(positives), total(negatives));
    let largest = 2 * u128::from(all_positive) * u128::from(all_negative);
    if u64::try_from(largest).is_ok() {
        // The same sum in words of the machine, where it fits.
        let (mut doubled_wins, mut n_positive) = (0_u64, 0_u64);
        for (&positive, &negative) in positives.iter().zip(negatives) {
            let (positive, negative): (u64, u64) = (positive.into(), negative.into());
            doubled_wins += negative * (2 * n_positive + positive);
            n_positive += positive;
        }
        return doubled_wins as f64 / (2.0 * all_positive as f64 * all_negative as f64);
    }
    // Twice the number of won comparisons; u128 because the product of two classes of
    // four billion would not fit otherwise.
    let mut doubled_wins = 0_u128;
    let (mut n_positive, mut n_negative) = (0_u64, 0_u64);
    for (&positive, &negative) in positives.iter().zip(negatives) {
        let (positive, negative): (u64, u64) = (positive.into(), negative.into());
        // Negatives here lose to every positive seen so far and tie with those here.
        doubled_wins += u128::from(negative) * (2 * u128::from(n_positive) + u128::from(positive));
        n_positive += positive;
        n_negative += negative;
    }
    doubled_wins as f64 / (2.0 * n_positive as f64 * n_negative as f64)
}

/// scikit-learn's rule: the first and last scores stay, and those where the step in
/// counts changes; the starting point (0, 0) is added afterwards and always stays.
pub(crate) fn drop_intermediate(points: &[RocPoint]) -> Vec<RocPoint> {
    // Up to two scores nothing is dropped.
    if points.len() <= 3 {
        return points.to_vec();
    }
    let last = points.len() - 1;
    let step = |from: usize| {
        (
            points[from + 1].true_positives - points[from].true_positives,
            points[from + 1].false_positives - points[from].false_positives,
        )
    };
    points
        .iter()
        .enumerate()
        .filter(|&(index, _)| index <= 1 || index == last || step(index - 1) != step(index))
        .map(|(_, &point)| point)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> LabeledScores {
        LabeledScores::from_classes(&[0.9, 0.4, 0.4, 0.7], &[0.4, 0.1, 0.7]).unwrap()
    }

    #[test]
    fn the_area_counts_pairs_won_and_half_the_ties() {
        // 0.9 wins 3; each 0.4 wins 1 and ties 1; 0.7 wins 2 and ties 1.
        assert!((example().auc() - 8.5 / 12.0).abs() < 1e-15);
    }

    #[test]
    fn negating_the_scores_mirrors_the_area() {
        let data = example();
        let negated: Vec<f64> = data.scores().iter().map(|score| -score).collect();
        let mirror = LabeledScores::new(&negated, data.is_positive()).unwrap();
        assert!((data.auc() + mirror.auc() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_monotone_map_of_the_scores_changes_nothing() {
        let data = example();
        let mapped: Vec<f64> = data.scores().iter().map(|score| score.exp() * 3.0).collect();
        let other = LabeledScores::new(&mapped, data.is_positive()).unwrap();
        assert!((data.auc() - other.auc()).abs() < 1e-15);
        assert!((data.average_precision() - other.average_precision()).abs() < 1e-15);
    }

    #[test]
    fn minus_zero_ties_with_zero() {
        let data = LabeledScores::from_classes(&[0.0], &[-0.0]).unwrap();
        assert!((data.auc() - 0.5).abs() < 1e-15);
        assert_eq!(data.curve(CurvePoints::All).points.len(), 2);
    }

    #[test]
    fn bad_input_is_named() {
        let kind = |scores: &[f64], classes: &[bool]| LabeledScores::new(scores, classes).unwrap_err().kind();
        assert_eq!(kind(&[], &[]), "EmptyInput");
        assert_eq!(kind(&[1.0], &[]), "LengthMismatch");
        assert_eq!(kind(&[1.0, f64::NAN], &[true, false]), "NonFinite");
        assert_eq!(kind(&[1.0, 2.0], &[true, true]), "SingleClass");
    }

    #[test]
    fn missing_scores_can_be_dropped_and_are_counted() {
        let data = LabeledScores::with_missing(
            &[0.2, f64::NAN, 0.4, 0.1, 0.3, f64::NAN],
            &[true, true, true, false, false, false],
            MissingPolicy::Omit,
        )
        .unwrap();
        assert_eq!(data.n_dropped(), 2);
        assert!((data.auc() - 0.75).abs() < 1e-15);
    }
}
