//! A mean of cell means, each cell with a weight of its own, bootstrapped over clusters within fixed strata.
//!
//! For tables whose bottom line is an unweighted mean of columns: the columns are what they are, their items are a sample. A cluster may
//! have items in several cells (three questions about one scenario) and is drawn whole.

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::Interval;
use crate::statistics::resample::stream::{Bootstrap, draw_index, quantile_type7, replicates};

/// Values of one cluster: cell and value.
pub type ClusterValues = Vec<(usize, f64)>;

/// What becomes of a cluster that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Within {
    /// All its values count: questions that belong together.
    Whole,
    /// As many of its values as it has are drawn with replacement: questions that are a sample themselves. With few clusters the interval
    /// does not collapse; it errs on the wide side.
    Redrawn,
}

/// A mean of cell means with its interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StratifiedMean {
    /// Sum over cells of weight times mean.
    pub estimate: f64,
    /// Quantiles of the replicates.
    pub percentile: Interval,
    /// Every replicate is the same number.
    pub is_constant: bool,
    pub clusters: usize,
    /// Strata with one cluster, which adds no spread: the interval is too short for them.
    pub single_strata: usize,
    /// Replicates in which a cell had no value; left out.
    pub n_undefined: usize,
}

/// Draws from each stratum as many clusters as it has, with replacement. `weights`: one a cell; they need not sum to 1.
///
/// O(values x resamples).
///
/// # Errors
/// `InvalidParameter` (fewer than two resamples, a value of a cell without weight), `EmptyInput` (no stratum, or a cell without a value),
/// `NonFinite`.
pub fn stratified_mean(
    strata: &[Vec<ClusterValues>],
    weights: &[f64],
    within: Within,
    settings: &Bootstrap,
) -> Result<StratifiedMean, StatError> {
    settings.check()?;
    let all = || strata.iter().flatten().flatten();
    if all().next().is_none() || weights.is_empty() {
        return Err(StatError::EmptyInput);
    }
    if let Some(index) = all().position(|(_, value)| !value.is_finite()) {
        return Err(StatError::NonFinite { index });
    }
    if all().any(|(cell, _)| *cell >= weights.len()) || weights.iter().any(|weight| !weight.is_finite()) {
        return Err(StatError::invalid("weights", "one finite weight a cell is needed".to_owned()));
    }
    // The sums of each cluster once: a replicate then costs a few additions a cluster.
    let summed: Vec<Vec<Vec<(usize, f64, f64)>>> =
        strata.iter().map(|stratum| stratum.iter().map(sums).collect()).collect();
    let mean = |sums: &[(f64, f64)]| -> Option<f64> {
        sums.iter().zip(weights).map(|((sum, n), weight)| (*n > 0.0).then(|| weight * sum / n)).sum()
    };
    let add = |into: &mut [(f64, f64)], cluster: &[(usize, f64, f64)]| {
        for &(cell, sum, n) in cluster {
            into[cell] = (into[cell].0 + sum, into[cell].1 + n);
        }
    };
    let mut whole = vec![(0.0, 0.0); weights.len()];
    summed.iter().flatten().for_each(|cluster| add(&mut whole, cluster));
    let estimate = mean(&whole).ok_or(StatError::EmptyInput)?;
    let made = replicates(
        settings,
        || vec![(0.0, 0.0); weights.len()],
        |cells: &mut Vec<(f64, f64)>, random| {
            cells.fill((0.0, 0.0));
            for (values, stratum) in strata.iter().zip(&summed).filter(|(values, _)| !values.is_empty()) {
                for _ in 0..stratum.len() {
                    let drawn = draw_index(random, stratum.len());
                    match within {
                        Within::Whole => add(cells, &stratum[drawn]),
                        Within::Redrawn => {
                            let cluster = &values[drawn];
                            for _ in 0..cluster.len() {
                                let (cell, value) = cluster[draw_index(random, cluster.len())];
                                cells[cell] = (cells[cell].0 + value, cells[cell].1 + 1.0);
                            }
                        }
                    }
                }
            }
            mean(cells).unwrap_or(f64::NAN)
        },
    );
    let mut defined: Vec<f64> = made.iter().copied().filter(|mean| mean.is_finite()).collect();
    let n_undefined = made.len() - defined.len();
    defined.sort_unstable_by(f64::total_cmp);
    let method = match within {
        Within::Whole => "stratified_percentile_bootstrap",
        Within::Redrawn => "two_stage_percentile_bootstrap",
    };
    let tail = 0.5 * settings.level.alpha();
    let (low, high) = match defined.is_empty() {
        true => (estimate, estimate),
        false => (quantile_type7(&defined, tail), quantile_type7(&defined, 1.0 - tail)),
    };
    Ok(StratifiedMean {
        estimate,
        percentile: Interval::new(low, high, settings.level, method),
        is_constant: (high - low).abs() < 1e-12,
        clusters: summed.iter().map(Vec::len).sum(),
        single_strata: summed.iter().filter(|stratum| stratum.len() == 1).count(),
        n_undefined,
    })
}

/// Cell, sum and number of a cluster's values.
fn sums(values: &ClusterValues) -> Vec<(usize, f64, f64)> {
    let mut found: Vec<(usize, f64, f64)> = Vec::new();
    for &(cell, value) in values {
        match found.iter_mut().find(|(known, ..)| *known == cell) {
            Some((_, sum, n)) => (*sum, *n) = (*sum + value, *n + 1.0),
            None => found.push((cell, value, 1.0)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Bootstrap {
        Bootstrap { resamples: 500, seed: 3, ..Bootstrap::default() }
    }

    #[test]
    fn cells_count_alike_however_many_items_they_have() {
        let one = |cell, values: &[f64]| values.iter().map(|&value| vec![(cell, value)]).collect::<Vec<_>>();
        let strata = vec![one(0, &[1.0; 8]), one(1, &[0.0, 0.0])];
        let found = stratified_mean(&strata, &[0.5, 0.5], Within::Whole, &settings()).unwrap();
        assert!((found.estimate - 0.5).abs() < 1e-12 && found.is_constant && found.clusters == 10);
    }

    #[test]
    fn clusters_are_drawn_whole() {
        // Two questions about each scenario that always end alike, against the same values drawn apart.
        let whole: Vec<ClusterValues> = (0..40).map(|n| vec![(0, f64::from(n % 2)), (1, f64::from(n % 2))]).collect();
        let apart: Vec<Vec<ClusterValues>> = vec![
            (0..40).map(|n| vec![(0, f64::from(n % 2))]).collect(),
            (0..40).map(|n| vec![(1, f64::from(n % 2))]).collect(),
        ];
        let width = |strata: &[Vec<ClusterValues>]| {
            let interval = stratified_mean(strata, &[0.5, 0.5], Within::Whole, &settings()).unwrap().percentile;
            interval.high - interval.low
        };
        assert!(width(&[whole]) > 1.2 * width(&apart));
    }

    #[test]
    fn two_contexts_that_agree_still_leave_doubt_about_their_questions() {
        let context: ClusterValues = (0..12).map(|n| (0, f64::from(u8::from(n < 10)))).collect();
        let strata = vec![vec![context.clone(), context]];
        let whole = stratified_mean(&strata, &[1.0], Within::Whole, &settings()).unwrap();
        let redrawn = stratified_mean(&strata, &[1.0], Within::Redrawn, &settings()).unwrap();
        assert!(whole.is_constant && !redrawn.is_constant);
        assert!(redrawn.percentile.low < whole.estimate && whole.estimate < redrawn.percentile.high);
    }

    #[test]
    fn what_cannot_be_averaged_is_refused() {
        assert!(stratified_mean(&[], &[1.0], Within::Whole, &settings()).is_err());
        assert!(stratified_mean(&[vec![vec![(1, 0.5)]]], &[1.0], Within::Whole, &settings()).is_err());
        assert!(stratified_mean(&[vec![vec![(0, 0.5)]]], &[0.5, 0.5], Within::Whole, &settings()).is_err());
        assert!(stratified_mean(&[vec![vec![(0, f64::NAN)]]], &[1.0], Within::Redrawn, &settings()).is_err());
    }
}
