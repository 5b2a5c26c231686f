//! Where variance comes from: between clusters and within, or between items and their repeats. One-way random-effects
//! analysis of variance, for unequal group sizes too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::Flag;
use crate::statistics::mean::Moments;
use crate::statistics::missing::{check_finite, check_lengths, is_constant};

/// How alike the items of a cluster are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntraclassCorrelation {
    /// (MSB - MSW)/(MSB + (n0 - 1) MSW); may be negative, which is kept. `None` when nothing varies.
    pub icc: Option<f64>,
    /// Mean square between clusters.
    pub ms_between: f64,
    /// Mean square within clusters.
    pub ms_within: f64,
    /// (N - sum n_c²/N)/(G - 1): the size of a cluster, corrected for unequal sizes.
    pub mean_size: f64,
    /// Number of items.
    pub n: usize,
    /// Number of clusters.
    pub clusters: usize,
}

/// Intraclass correlation by analysis of variance. O(n log n).
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewClusters`; `TooFewItems` when every cluster has one item.
pub fn intraclass_correlation<Label: Ord>(
    values: &[f64],
    clusters: &[Label],
) -> Result<IntraclassCorrelation, StatError> {
    if values.is_empty() && clusters.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(values.len(), clusters.len())?;
    check_finite(values)?;
    let mut groups: BTreeMap<&Label, Vec<f64>> = BTreeMap::new();
    for (&value, label) in values.iter().zip(clusters) {
        groups.entry(label).or_default().push(value);
    }
    if groups.len() < 2 {
        return Err(StatError::TooFewClusters { needed: 2, got: groups.len() });
    }
    let groups: Vec<Vec<f64>> = groups.into_values().collect();
    let squares = MeanSquares::new(&groups);
    let Some(within) = squares.within else {
        return Err(StatError::TooFewItems { needed: groups.len() + 1, got: values.len() });
    };
    Ok(IntraclassCorrelation {
        icc: icc(squares.between, within, squares.mean_size),
        ms_between: squares.between,
        ms_within: within,
        mean_size: squares.mean_size,
        n: values.len(),
        clusters: groups.len(),
    })
}

/// Where the uncertainty of a mean over repeated items comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VarianceComponents {
    /// Mean of the item means.
    pub mean: f64,
    /// Its standard error with the item as the unit; the one to print.
    pub se_item_level: f64,
    /// Standard error as if every repeat were an item: too small, for reproduction only.
    pub se_naive_pooled: f64,
    /// Number of items.
    pub items: usize,
    /// Number of repeats, all items together.
    pub repeats: usize,
    /// Mean square between items.
    pub ms_between: f64,
    /// Mean square within items; `None` when no item was repeated.
    pub ms_within: Option<f64>,
    /// Repeats an item, corrected for unequal numbers.
    pub mean_size: f64,
    /// sigma²: sampling noise within an item; `None` when no item was repeated.
    pub sigma_squared: Option<f64>,
    /// (MSB - MSW)/n0 as it is; may be negative.
    pub omega_squared_raw: Option<f64>,
    /// omega²: variance between items, not below 0.
    pub omega_squared: Option<f64>,
    /// Share of the variance that lies between items.
    pub icc: Option<f64>,
    /// Standard error that twice as many repeats would give; `None` for unequal or single repeats.
    pub predicted_se_with_2x_repeats: Option<f64>,
    /// `repeats_needed`, `zero_variance`.
    pub flags: Vec<Flag>,
}

/// Variance components of scores by item and repeat, one list of repeats an item. O(n).
///
/// Var(mean) = (omega² + sigma²/K)/items: more repeats can't beat omega².
///
/// # Errors
/// `EmptyInput` (no item, or an item without a repeat), `NonFinite` (index over all repeats in order), `TooFewItems` (a
/// single item).
pub fn variance_components(scores: &[Vec<f64>]) -> Result<VarianceComponents, StatError> {
    if scores.is_empty() || scores.iter().any(Vec::is_empty) {
        return Err(StatError::EmptyInput);
    }
    let pooled: Vec<f64> = scores.iter().flatten().copied().collect();
    check_finite(&pooled)?;
    let means: Vec<f64> = scores.iter().map(|repeats| mean(repeats)).collect();
    let item_level = Moments::new(&means)?;
    let naive = Moments::new(&pooled)?;
    let squares = MeanSquares::new(scores);
    let omega_raw = squares.within.map(|within| (squares.between - within) / squares.mean_size);
    let omega = omega_raw.map(|omega| omega.max(0.0));
    let repeats = scores[0].len();
    let is_balanced = scores.iter().all(|item| item.len() == repeats);
    let predicted = match (squares.within, omega) {
        (Some(sigma), Some(omega)) if is_balanced => {
            Some(((omega + sigma / (2.0 * repeats as f64)) / scores.len() as f64).sqrt())
        }
        _ => None,
    };
    let mut flags = Vec::new();
    if squares.within.is_none() {
        flags.push(Flag::RepeatsNeeded);
    }
    if is_constant(&pooled) {
        flags.push(Flag::ZeroVariance);
    }
    Ok(VarianceComponents {
        mean: item_level.mean,
        se_item_level: item_level.standard_error,
        se_naive_pooled: naive.standard_error,
        items: scores.len(),
        repeats: pooled.len(),
        ms_between: squares.between,
        ms_within: squares.within,
        mean_size: squares.mean_size,
        sigma_squared: squares.within,
        omega_squared_raw: omega_raw,
        omega_squared: omega,
        icc: squares.within.and_then(|within| icc(squares.between, within, squares.mean_size)),
        predicted_se_with_2x_repeats: predicted,
        flags,
    })
}

fn icc(between: f64, within: f64, mean_size: f64) -> Option<f64> {
    let total = between + (mean_size - 1.0) * within;
    (total > 0.0).then(|| (between - within) / total)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Mean squares of a one-way layout with at least two groups.
struct MeanSquares {
    between: f64,
    /// `None` when no group has two values.
    within: Option<f64>,
    mean_size: f64,
}

impl MeanSquares {
    fn new(groups: &[Vec<f64>]) -> Self {
        let n: usize = groups.iter().map(Vec::len).sum();
        let (total, count) = (n as f64, groups.len() as f64);
        let grand = groups.iter().flatten().sum::<f64>() / total;
        let (mut between, mut within, mut squared_sizes) = (0.0, 0.0, 0.0);
        for group in groups {
            let size = group.len() as f64;
            let own = mean(group);
            let constant = is_constant(group);
            between += size * (own - grand) * (own - grand);
            within += if constant { 0.0 } else { group.iter().map(|value| (value - own).powi(2)).sum::<f64>() };
            squared_sizes += size * size;
        }
        Self {
            between: between / (count - 1.0),
            within: (n > groups.len()).then(|| within / (total - count)),
            mean_size: (total - squared_sizes / total) / (count - 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooling_repeats_as_items_looks_more_certain_than_it_is() {
        let scores: Vec<Vec<f64>> = (0..6).map(|item| vec![f64::from(item) / 6.0; 4]).collect();
        let found = variance_components(&scores).unwrap();
        assert!(found.se_naive_pooled < 0.55 * found.se_item_level);
        // Without noise inside items, more repeats help nothing.
        assert!((found.predicted_se_with_2x_repeats.unwrap() - found.se_item_level).abs() < 1e-12);
    }

    #[test]
    fn single_repeats_leave_the_noise_unknown() {
        let found = variance_components(&[vec![0.1], vec![0.5], vec![0.6]]).unwrap();
        assert_eq!(found.sigma_squared, None);
        assert_eq!(found.flags, vec![Flag::RepeatsNeeded]);
    }

    #[test]
    fn bad_layouts_are_refused() {
        assert_eq!(variance_components(&[]), Err(StatError::EmptyInput));
        assert_eq!(variance_components(&[vec![1.0], vec![]]), Err(StatError::EmptyInput));
        assert_eq!(variance_components(&[vec![1.0, 2.0]]), Err(StatError::TooFewItems { needed: 2, got: 1 }));
        let error = intraclass_correlation(&[0.1, 0.2], &["a", "b"]).unwrap_err();
        assert_eq!(error, StatError::TooFewItems { needed: 3, got: 2 });
    }
}
