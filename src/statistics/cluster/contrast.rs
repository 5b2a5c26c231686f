//! The difference of two groups' means, whole clusters drawn on either side.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval};
use crate::statistics::missing::{check_finite, check_lengths};
use crate::statistics::resample::stream::{
    Bootstrap, GENERATOR, draw_index, quantile_type7, replicates, sort_ascending, standard_deviation,
};

/// Clusters below which an interval is rough.
const FEW_CLUSTERS: usize = 10;

/// A difference of two means bootstrapped over clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterContrast {
    /// Mean of the first group less that of the second.
    pub estimate: f64,
    /// Mean of the first group over items.
    pub mean_first: f64,
    /// Mean of the second group over items.
    pub mean_second: f64,
    /// Standard deviation of the replicates.
    pub standard_error: f64,
    /// Quantiles of the replicates.
    pub percentile: Interval,
    /// Clusters of the first group.
    pub clusters_first: usize,
    /// Clusters of the second group.
    pub clusters_second: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed.
    pub seed: u64,
    /// Random generator.
    pub generator: String,
    /// `few_clusters` (a group has fewer than 10).
    pub flags: Vec<Flag>,
}

/// Draws as many clusters of each group as it has, with replacement, the groups apart; a replicate is the difference of the
/// means over all items drawn.
///
/// A cluster with items in both groups counts as one of each. O(items + resamples x clusters).
///
/// # Errors
/// `InvalidParameter` (fewer than two resamples), `EmptyInput` (a group without items), `LengthMismatch`, `NonFinite`,
/// `TooFewClusters` (two a group).
pub fn cluster_contrast<Label: Ord>(
    values: &[f64],
    is_first: &[bool],
    clusters: &[Label],
    settings: &Bootstrap,
) -> Result<ClusterContrast, StatError> {
    settings.check()?;
    check_lengths(values.len(), is_first.len())?;
    check_lengths(values.len(), clusters.len())?;
    check_finite(values)?;
    let first = Side::new(values, is_first, clusters, true)?;
    let second = Side::new(values, is_first, clusters, false)?;
    let mut made = replicates(
        settings,
        || (),
        |(), random| {
            let mut drawn = |side: &Side| {
                let count = side.clusters.len();
                side.mean_of((0..count).map(|_| draw_index(random, count)))
            };
            drawn(&first) - drawn(&second)
        },
    );
    let tail = 0.5 * settings.level.alpha();
    let standard_error = standard_deviation(&made);
    sort_ascending(&mut made);
    let (mean_first, mean_second) = (first.mean(), second.mean());
    let fewest = first.clusters.len().min(second.clusters.len());
    Ok(ClusterContrast {
        estimate: mean_first - mean_second,
        mean_first,
        mean_second,
        standard_error,
        percentile: Interval::new(
            quantile_type7(&made, tail),
            quantile_type7(&made, 1.0 - tail),
            settings.level,
            "cluster_bootstrap_percentile",
        ),
        clusters_first: first.clusters.len(),
        clusters_second: second.clusters.len(),
        resamples: settings.resamples,
        seed: settings.seed,
        generator: GENERATOR.to_owned(),
        flags: if fewest < FEW_CLUSTERS { vec![Flag::FewClusters] } else { Vec::new() },
    })
}

/// Sum and size of each cluster of one group, labels ascending.
struct Side {
    clusters: Vec<(f64, usize)>,
}

impl Side {
    fn new<Label: Ord>(values: &[f64], is_first: &[bool], labels: &[Label], wanted: bool) -> Result<Self, StatError> {
        let mut sums: BTreeMap<&Label, (f64, usize)> = BTreeMap::new();
        for ((value, side), label) in values.iter().zip(is_first).zip(labels) {
            if *side == wanted {
                let cluster = sums.entry(label).or_default();
                *cluster = (cluster.0 + value, cluster.1 + 1);
            }
        }
        match sums.len() {
            0 => Err(StatError::EmptyInput),
            1 => Err(StatError::TooFewClusters { needed: 2, got: 1 }),
            _ => Ok(Self { clusters: sums.into_values().collect() }),
        }
    }

    fn mean(&self) -> f64 {
        self.mean_of(0..self.clusters.len())
    }

    fn mean_of(&self, drawn: impl Iterator<Item = usize>) -> f64 {
        let (sum, n) = drawn.fold((0.0, 0), |(sum, n), index| {
            let (cluster_sum, size) = self.clusters[index];
            (sum + cluster_sum, n + size)
        });
        sum / n as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast(values: &[f64], is_first: &[bool], clusters: &[u32]) -> Result<ClusterContrast, StatError> {
        cluster_contrast(values, is_first, clusters, &Bootstrap { resamples: 2000, ..Bootstrap::default() })
    }

    #[test]
    fn the_difference_of_two_sides_is_inside_its_interval() {
        let values: Vec<f64> =
            (0..120).map(|row| f64::from(u8::from(row < 60)) * 0.5 + f64::from(row % 7) / 7.0).collect();
        let is_first: Vec<bool> = (0..120).map(|row| row < 60).collect();
        let months: Vec<u32> = (0..120).map(|row| row / 4).collect();
        let found = contrast(&values, &is_first, &months).unwrap();
        assert!((found.estimate - (found.mean_first - found.mean_second)).abs() < 1e-12);
        assert!(found.percentile.contains(found.estimate) && found.percentile.low > 0.3);
        assert_eq!((found.clusters_first, found.clusters_second, found.flags), (15, 15, vec![]));
    }

    #[test]
    fn series_that_repeat_a_month_do_not_make_the_difference_surer() {
        let one: Vec<f64> = (0..40).map(|month| f64::from(month * 7 % 10)).collect();
        let four: Vec<f64> = one.iter().flat_map(|value| [*value; 4]).collect();
        let sides = |n: usize| (0..n).map(|row| row < n / 2).collect::<Vec<bool>>();
        let by_month = contrast(&four, &sides(160), &(0..160).map(|row| row / 4).collect::<Vec<u32>>()).unwrap();
        let by_item = contrast(&four, &sides(160), &(0..160).collect::<Vec<u32>>()).unwrap();
        assert!(by_month.standard_error > 1.7 * by_item.standard_error);
    }

    #[test]
    fn an_empty_side_and_a_single_cluster_are_told() {
        assert_eq!(contrast(&[1.0, 2.0], &[true, true], &[1, 2]), Err(StatError::EmptyInput));
        let single = contrast(&[1.0, 2.0, 3.0], &[true, true, false], &[1, 2, 3]);
        assert_eq!(single, Err(StatError::TooFewClusters { needed: 2, got: 1 }));
    }
}
