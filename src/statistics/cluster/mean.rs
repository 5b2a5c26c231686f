//! The mean of items that come in clusters: same document, book, person, template.
//!
//! Items of a cluster are alike, so that n items carry less than n items' worth. For a
//! comparison of two models give the paired differences.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::student_t_quantile;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::mean::Moments;
use crate::statistics::missing::{check_finite, check_lengths};

/// A mean with standard errors that know about clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusteredMean {
    /// Mean over items.
    pub mean: f64,
    /// Number of items.
    pub n: usize,
    /// Number of clusters.
    pub clusters: usize,
    /// Standard error as if items were independent.
    pub se_independent: f64,
    /// Cluster-robust, without correction.
    pub se_cr0: f64,
    /// CR0 x sqrt(G/(G-1)); the one to print.
    pub se_cr1: f64,
    /// Miller 2024's formula; for reproduction.
    pub se_miller: f64,
    /// (CR1 / independent)^2; `None` when nothing varies.
    pub design_effect: Option<f64>,
    /// G - 1.
    pub degrees_of_freedom: f64,
    /// t interval on CR1 with G - 1 degrees of freedom.
    pub interval: Interval,
    /// `few_clusters` (fewer than 10), `zero_variance`.
    pub flags: Vec<Flag>,
}

/// Mean of `values`, clustered by `clusters` (any labels). O(n log n).
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewClusters` (a single cluster says
/// nothing about the spread between clusters).
pub fn clustered_mean<Label: Ord>(
    values: &[f64],
    clusters: &[Label],
    level: Level,
) -> Result<ClusteredMean, StatError> {
    if values.is_empty() && clusters.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(values.len(), clusters.len())?;
    check_finite(values)?;
    // Rows sorted by label: sums do not depend on the order of the items' clusters.
    let mut residual_sums: BTreeMap<&Label, f64> = clusters.iter().map(|label| (label, 0.0)).collect();
    let count = residual_sums.len();
    if count < 2 {
        return Err(StatError::TooFewClusters { needed: 2, got: count });
    }
    let moments = Moments::new(values)?;
    let mut squares = 0.0;
    for (value, label) in values.iter().zip(clusters) {
        let residual = if moments.is_constant { 0.0 } else { value - moments.mean };
        squares += residual * residual;
        *residual_sums.entry(label).or_default() += residual;
    }
    let n = values.len() as f64;
    let groups = count as f64;
    let between: f64 = residual_sums.values().map(|sum| sum * sum).sum();
    let se_cr0 = between.sqrt() / n;
    let se_cr1 = se_cr0 * (groups / (groups - 1.0)).sqrt();
    let independent = moments.standard_error;
    let se_miller = (independent * independent + (between - squares) / (n * n)).max(0.0).sqrt();
    let half = -student_t_quantile(0.5 * level.alpha(), groups - 1.0) * se_cr1;
    let mut flags = Vec::new();
    if count < 10 {
        flags.push(Flag::FewClusters);
    }
    if moments.is_constant {
        flags.push(Flag::ZeroVariance);
    }
    Ok(ClusteredMean {
        mean: moments.mean,
        n: values.len(),
        clusters: count,
        se_independent: independent,
        se_cr0,
        se_cr1,
        se_miller,
        design_effect: (independent > 0.0).then(|| (se_cr1 / independent).powi(2)),
        degrees_of_freedom: groups - 1.0,
        interval: Interval::new(moments.mean - half, moments.mean + half, level, "cr1_t"),
        flags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 6] = [0.1, 0.9, 0.4, 0.6, 0.3, 0.8];

    #[test]
    fn clusters_of_one_give_the_ordinary_standard_error() {
        let found = clustered_mean(&VALUES, &[5, 3, 1, 2, 4, 0], Level::DEFAULT).unwrap();
        assert!((found.se_cr1 - found.se_independent).abs() < 1e-15);
    }

    #[test]
    fn the_order_of_items_and_the_labels_do_not_matter() {
        let direct = clustered_mean(&VALUES, &["a", "a", "b", "b", "c", "c"], Level::DEFAULT).unwrap();
        let moved = clustered_mean(&[0.3, 0.6, 0.1, 0.8, 0.9, 0.4], &[9, 4, 1, 9, 1, 4], Level::DEFAULT).unwrap();
        assert!((direct.se_cr1 - moved.se_cr1).abs() < 1e-15);
        assert_eq!(direct.flags, vec![Flag::FewClusters]);
    }

    #[test]
    fn copying_every_item_inside_its_cluster_adds_no_certainty() {
        let doubled: Vec<f64> = VALUES.iter().chain(&VALUES).copied().collect();
        let labels: Vec<usize> = (0..12).map(|row| row % 6).collect();
        let found = clustered_mean(&doubled, &labels, Level::DEFAULT).unwrap();
        let single = clustered_mean(&VALUES, &labels[..6], Level::DEFAULT).unwrap();
        assert!((found.se_cr1 - single.se_cr1).abs() < 1e-15);
    }

    #[test]
    fn one_cluster_is_too_few() {
        assert_eq!(
            clustered_mean(&VALUES, &[1; 6], Level::DEFAULT),
            Err(StatError::TooFewClusters { needed: 2, got: 1 })
        );
    }
}
