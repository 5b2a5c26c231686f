//! Bootstrap of a mean over items that come in clusters: whole clusters are drawn.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::missing::{check_finite, check_lengths, is_constant};
use crate::statistics::resample::stream::{
    Bootstrap, GENERATOR, check_index_matrix, draw_index, quantile_type7, replicates, sort_ascending,
    standard_deviation,
};

/// A mean bootstrapped over clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterBootstrap {
    /// Mean over items.
    pub estimate: f64,
    /// Standard deviation of the replicates.
    pub standard_error: f64,
    /// Quantiles of the replicates.
    pub percentile: Interval,
    /// Number of items.
    pub n: usize,
    /// Number of clusters.
    pub clusters: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed; `None` when the resamples were given.
    pub seed: Option<u64>,
    /// Random generator.
    pub generator: String,
    /// `few_clusters` (fewer than 10), `zero_variance`.
    pub flags: Vec<Flag>,
}

/// Draws as many clusters as there are, with replacement; a replicate is the mean over all items drawn.
///
/// O(items + resamples x clusters).
///
/// # Errors
/// `InvalidParameter` (fewer than two resamples), `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewClusters`.
pub fn cluster_bootstrap<Label: Ord>(
    values: &[f64],
    clusters: &[Label],
    settings: &Bootstrap,
) -> Result<ClusterBootstrap, StatError> {
    settings.check()?;
    let sums = ClusterSums::new(values, clusters)?;
    let count = sums.clusters.len();
    let made = replicates(settings, || (), |(), random| sums.mean_of((0..count).map(|_| draw_index(random, count))));
    Ok(sums.summary(made, settings.level, Some(settings.seed)))
}

/// The same with the resamples given: rows of indices into the sorted cluster labels.
///
/// # Errors
/// Those of [`cluster_bootstrap`]; `InvalidParameter` when a row has another length than there are clusters.
pub fn cluster_bootstrap_from_indices<Label: Ord>(
    values: &[f64],
    clusters: &[Label],
    indices: &[Vec<usize>],
    level: Level,
) -> Result<ClusterBootstrap, StatError> {
    let sums = ClusterSums::new(values, clusters)?;
    check_index_matrix(indices, sums.clusters.len())?;
    let made = indices.iter().map(|row| sums.mean_of(row.iter().copied())).collect();
    Ok(sums.summary(made, level, None))
}

/// Sum and size of each cluster, labels ascending.
struct ClusterSums {
    clusters: Vec<(f64, usize)>,
    mean: f64,
    n: usize,
    is_constant: bool,
}

impl ClusterSums {
    fn new<Label: Ord>(values: &[f64], labels: &[Label]) -> Result<Self, StatError> {
        if values.is_empty() && labels.is_empty() {
            return Err(StatError::EmptyInput);
        }
        check_lengths(values.len(), labels.len())?;
        check_finite(values)?;
        let mut sums: BTreeMap<&Label, (f64, usize)> = BTreeMap::new();
        for (value, label) in values.iter().zip(labels) {
            let cluster = sums.entry(label).or_default();
            *cluster = (cluster.0 + value, cluster.1 + 1);
        }
        if sums.len() < 2 {
            return Err(StatError::TooFewClusters { needed: 2, got: sums.len() });
        }
        Ok(Self {
            clusters: sums.into_values().collect(),
            mean: values.iter().sum::<f64>() / values.len() as f64,
            n: values.len(),
            is_constant: is_constant(values),
        })
    }

    fn mean_of(&self, drawn: impl Iterator<Item = usize>) -> f64 {
        if self.is_constant {
            return self.mean;
        }
        let (sum, n) = drawn.fold((0.0, 0), |(sum, n), index| {
            let (cluster_sum, size) = self.clusters[index];
            (sum + cluster_sum, n + size)
        });
        sum / n as f64
    }

    fn summary(&self, mut made: Vec<f64>, level: Level, seed: Option<u64>) -> ClusterBootstrap {
        let tail = 0.5 * level.alpha();
        sort_ascending(&mut made);
        let mut flags = Vec::new();
        if self.clusters.len() < 10 {
            flags.push(Flag::FewClusters);
        }
        if self.is_constant {
            flags.push(Flag::ZeroVariance);
        }
        ClusterBootstrap {
            estimate: self.mean,
            standard_error: if self.is_constant { 0.0 } else { standard_deviation(&made) },
            percentile: Interval::new(
                quantile_type7(&made, tail),
                quantile_type7(&made, 1.0 - tail),
                level,
                "cluster_bootstrap_percentile",
            ),
            n: self.n,
            clusters: self.clusters.len(),
            resamples: made.len(),
            seed,
            generator: if seed.is_some() { GENERATOR } else { "given" }.to_owned(),
            flags,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clusters_that_differ_make_the_mean_less_certain_than_items_do() {
        let values: Vec<f64> = (0..200).map(|row| f64::from(row / 10 % 2)).collect();
        let clusters: Vec<u32> = (0..200).map(|row| row / 10).collect();
        let items: Vec<u32> = (0..200).collect();
        let settings = Bootstrap::default();
        let clustered = cluster_bootstrap(&values, &clusters, &settings).unwrap();
        let single = cluster_bootstrap(&values, &items, &settings).unwrap();
        assert!(clustered.standard_error > 2.5 * single.standard_error);
    }

    #[test]
    fn one_cluster_is_too_few() {
        let error = cluster_bootstrap(&[0.1, 0.2], &["a", "a"], &Bootstrap::default()).unwrap_err();
        assert_eq!(error, StatError::TooFewClusters { needed: 2, got: 1 });
    }
}
