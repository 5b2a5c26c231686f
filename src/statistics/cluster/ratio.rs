//! A ratio of two sums over items, bootstrapped over clusters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::Interval;
use crate::statistics::missing::{check_finite, check_lengths};
use crate::statistics::resample::stream::{Bootstrap, draw_index, quantile_type7, replicates};

/// Share of replicates without a ratio up to which the others speak for all.
const MOST_UNDEFINED: f64 = 0.05;

/// A ratio with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterRatio {
    /// Sum of the numerators over sum of the denominators.
    pub estimate: f64,
    /// Quantiles of the replicates.
    pub percentile: Interval,
    /// Every replicate is the same number: the interval has no width, and says nothing of how sure it is.
    pub is_constant: bool,
    /// Number of clusters.
    pub clusters: usize,
    /// Replicates whose denominator was not above 0; left out.
    pub n_undefined: usize,
}

/// Draws as many clusters as there are, with replacement; a replicate is the ratio of the sums over all items drawn.
///
/// O(items + resamples x clusters).
///
/// # Errors
/// `InvalidParameter` (fewer than two resamples), `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewClusters` (two), `Undefined` where
/// the denominators sum to 0 or less, or do so in more than 5 % of the replicates.
pub fn cluster_ratio_bootstrap<Label: Ord>(
    numerators: &[f64],
    denominators: &[f64],
    clusters: &[Label],
    settings: &Bootstrap,
) -> Result<ClusterRatio, StatError> {
    settings.check()?;
    if numerators.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(numerators.len(), denominators.len())?;
    check_lengths(numerators.len(), clusters.len())?;
    check_finite(numerators)?;
    check_finite(denominators)?;
    let mut sums: BTreeMap<&Label, (f64, f64)> = BTreeMap::new();
    for ((numerator, denominator), label) in numerators.iter().zip(denominators).zip(clusters) {
        let sum = sums.entry(label).or_default();
        *sum = (sum.0 + numerator, sum.1 + denominator);
    }
    let sums: Vec<(f64, f64)> = sums.into_values().collect();
    let count = sums.len();
    if count < 2 {
        return Err(StatError::TooFewClusters { needed: 2, got: count });
    }
    let ratio = |drawn: &mut dyn Iterator<Item = usize>| {
        let (over, under) =
            drawn.fold((0.0, 0.0), |(over, under), index| (over + sums[index].0, under + sums[index].1));
        (under > 0.0).then(|| over / under)
    };
    let undefined = || StatError::Undefined { why: "the denominators sum to 0 or less" };
    let estimate = ratio(&mut (0..count)).ok_or_else(undefined)?;
    let made = replicates(
        settings,
        || (),
        |(), random| ratio(&mut (0..count).map(|_| draw_index(random, count))).unwrap_or(f64::NAN),
    );
    let mut defined: Vec<f64> = made.iter().copied().filter(|ratio| ratio.is_finite()).collect();
    let n_undefined = made.len() - defined.len();
    if n_undefined as f64 > MOST_UNDEFINED * made.len() as f64 {
        return Err(undefined());
    }
    defined.sort_unstable_by(f64::total_cmp);
    let tail = 0.5 * settings.level.alpha();
    let (low, high) = (quantile_type7(&defined, tail), quantile_type7(&defined, 1.0 - tail));
    let is_constant = defined.first().zip(defined.last()).is_none_or(|(first, last)| (last - first).abs() < 1e-12);
    let percentile = Interval::new(low, high, settings.level, "cluster_percentile_bootstrap");
    Ok(ClusterRatio { estimate, percentile, is_constant, clusters: count, n_undefined })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Bootstrap {
        Bootstrap { resamples: 500, seed: 3, ..Bootstrap::default() }
    }

    #[test]
    fn the_ratio_is_that_of_the_sums_and_lies_in_its_interval() {
        let over = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let under = [1.0, 1.0, 1.0, 1.0, 1.0, 0.5];
        let found = cluster_ratio_bootstrap(&over, &under, &[1, 1, 2, 2, 3, 4], &settings()).unwrap();
        assert!((found.estimate - 4.0 / 5.5).abs() < 1e-12);
        assert!(found.percentile.low <= found.estimate && found.estimate <= found.percentile.high);
        assert!(!found.is_constant && found.clusters == 4);
    }

    #[test]
    fn a_ratio_that_no_draw_changes_says_so() {
        let found = cluster_ratio_bootstrap(&[1.0; 4], &[1.0; 4], &[1, 2, 3, 4], &settings()).unwrap();
        assert!(found.is_constant && (found.estimate - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_denominator_of_nothing_is_refused() {
        assert!(cluster_ratio_bootstrap(&[1.0, 1.0], &[0.0, 0.0], &[1, 2], &settings()).is_err());
        assert!(cluster_ratio_bootstrap(&[1.0, 1.0], &[1.0, 0.0], &[1, 2], &settings()).is_err(), "a quarter of draws");
        assert!(cluster_ratio_bootstrap(&[1.0], &[1.0], &[1], &settings()).is_err());
    }
}
