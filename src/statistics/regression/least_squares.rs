//! Weighted least squares with sandwich errors.

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::normal_two_sided;
use crate::statistics::error::StatError;
use crate::statistics::linear::dot;
use crate::statistics::missing::{check_finite, check_lengths};

/// A column of which less than this share is left beside the columns before it says nothing of its own.
const OWN_SHARE: f64 = 1e-10;

/// What the standard errors allow for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RobustErrors<'a> {
    /// Unequal variances: White's, times n/(n-k).
    Hc1,
    /// Rows of one cluster that move together: times G/(G-1) (n-1)/(n-k). One label a row.
    Clustered(&'a [u64]),
    /// Rows in time order whose neighbours move together: Newey and West's with Bartlett weights over so many lags, without
    /// a correction for n.
    NeweyWest {
        /// Lags, below the number of rows; 6 for months.
        lags: usize,
    },
}

/// Share of the outcome's size up to which an error is rounding.
const ROUNDING: f64 = 1e-13;

/// A fitted line. Each list has one entry a column of the design, in its order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeastSquares {
    /// In the unit of the outcome over that of the column.
    pub coefficients: Vec<f64>,
    /// Robust standard errors, 0 or above.
    pub standard_errors: Vec<f64>,
    /// Coefficient over its error; `None` for an error of 0.
    pub z: Vec<Option<f64>>,
    /// Two-sided, by the normal, in [0, 1]; `None` for an error of 0.
    pub p_values: Vec<Option<f64>>,
    /// 1 - residual over total sum of squares about the (weighted) mean; `None` where the outcome does not vary.
    pub r_squared: Option<f64>,
    /// Rows of positive weight.
    pub n: usize,
    /// Clusters, where errors are clustered.
    pub n_clusters: Option<usize>,
}

/// Least squares of `outcome` on the columns of `design` (one row an item; write the column of ones yourself).
///
/// `weights` of 0 leave a row out; `None` weighs all alike. O(n k²), by Gram-Schmidt with a second pass.
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `InvalidParameter` (a negative weight, as many lags as rows),
/// `TooFewItems` (k+1 rows of positive weight are needed), `TooFewClusters`, `Undefined` (a column is a combination of
/// others).
pub fn least_squares(
    design: &[Vec<f64>],
    outcome: &[f64],
    weights: Option<&[f64]>,
    errors: RobustErrors<'_>,
) -> Result<LeastSquares, StatError> {
    let rows = Rows::new(design, outcome, weights, errors)?;
    let (n, k) = (rows.outcome.len(), rows.columns.len());
    let factor = Factor::new(&rows.columns)?;
    let projected: Vec<f64> = factor.orthonormal.iter().map(|column| dot(column, &rows.outcome)).collect();
    let coefficients = factor.back_substitute(&projected);
    let residuals: Vec<f64> = (0..n)
        .map(|row| rows.outcome[row] - (0..k).map(|j| rows.columns[j][row] * coefficients[j]).sum::<f64>())
        .collect();
    let bread = factor.inverse_of_products();
    let (meat, n_clusters) = meat(&rows, &residuals, errors)?;
    let standard_errors: Vec<f64> = bread
        .iter()
        .map(|of_one| {
            let variance: f64 = (0..k).map(|i| of_one[i] * dot(&meat[i], of_one)).sum();
            variance.max(0.0).sqrt()
        })
        .collect();
    // An error that is rounding of the outcome is none: nothing can be said by it.
    let scale = outcome.iter().fold(0.0_f64, |scale, value| scale.max(value.abs()));
    let ratio = |index: usize| -> Option<f64> {
        if standard_errors[index] <= ROUNDING * scale.max(coefficients[index].abs()) {
            return None;
        }
        let z = coefficients[index] / standard_errors[index];
        z.is_finite().then_some(z)
    };
    let z: Vec<Option<f64>> = (0..k).map(ratio).collect();
    let p_values = z.iter().map(|z| z.map(normal_two_sided)).collect();
    let r_squared = rows.r_squared(&residuals);
    Ok(LeastSquares { coefficients, standard_errors, z, p_values, r_squared, n, n_clusters })
}

/// What enters: rows of positive weight, each times the root of its weight.
struct Rows {
    columns: Vec<Vec<f64>>,
    outcome: Vec<f64>,
    roots: Vec<f64>,
    labels: Vec<u64>,
}

impl Rows {
    fn new(
        design: &[Vec<f64>],
        outcome: &[f64],
        weights: Option<&[f64]>,
        errors: RobustErrors<'_>,
    ) -> Result<Self, StatError> {
        let Some(k) = design.first().map(Vec::len).filter(|k| *k > 0) else {
            return Err(StatError::EmptyInput);
        };
        check_lengths(design.len(), outcome.len())?;
        for (index, row) in design.iter().enumerate() {
            check_lengths(k, row.len())?;
            check_finite(row).map_err(|_| StatError::NonFinite { index })?;
        }
        check_finite(outcome)?;
        let all_alike = vec![1.0; outcome.len()];
        let weights = weights.unwrap_or(&all_alike);
        check_lengths(outcome.len(), weights.len())?;
        check_finite(weights)?;
        if let Some(bad) = weights.iter().find(|weight| **weight < 0.0) {
            return Err(StatError::invalid("weights", format!("must be 0 or above, got {bad}")));
        }
        let kept: Vec<usize> = (0..outcome.len()).filter(|&row| weights[row] > 0.0).collect();
        if kept.len() <= k {
            return Err(StatError::TooFewItems { needed: k + 1, got: kept.len() });
        }
        let labels = match errors {
            RobustErrors::Clustered(labels) => {
                check_lengths(outcome.len(), labels.len())?;
                kept.iter().map(|&row| labels[row]).collect()
            }
            RobustErrors::NeweyWest { lags } if lags >= kept.len() => {
                return Err(StatError::invalid("lags", format!("must be below the {} rows, got {lags}", kept.len())));
            }
            RobustErrors::Hc1 | RobustErrors::NeweyWest { .. } => Vec::new(),
        };
        let roots: Vec<f64> = kept.iter().map(|&row| weights[row].sqrt()).collect();
        let scaled = |value: &dyn Fn(usize) -> f64| -> Vec<f64> {
            kept.iter().zip(&roots).map(|(&row, root)| value(row) * root).collect()
        };
        let columns = (0..k).map(|column| scaled(&|row| design[row][column])).collect();
        Ok(Self { columns, outcome: scaled(&|row| outcome[row]), roots, labels })
    }

    fn r_squared(&self, residuals: &[f64]) -> Option<f64> {
        // The mean is the fit of the outcome on ones, which carry the roots of the weights.
        let mean = dot(&self.outcome, &self.roots) / dot(&self.roots, &self.roots);
        let total: f64 = self.outcome.iter().zip(&self.roots).map(|(y, root)| (y - mean * root).powi(2)).sum();
        let scale = dot(&self.outcome, &self.outcome);
        (total > 1e-24 * scale).then(|| 1.0 - dot(residuals, residuals) / total)
    }
}

/// Q R of the design, column by column.
struct Factor {
    orthonormal: Vec<Vec<f64>>,
    /// Upper triangle, by columns: `upper[j][i]` for i <= j.
    upper: Vec<Vec<f64>>,
}

impl Factor {
    fn new(columns: &[Vec<f64>]) -> Result<Self, StatError> {
        let mut factor = Self { orthonormal: Vec::new(), upper: Vec::new() };
        for column in columns {
            let mut rest = column.clone();
            let mut upper = vec![0.0; factor.orthonormal.len()];
            // The second pass takes away what rounding left of the first.
            for _ in 0..2 {
                for (share, direction) in upper.iter_mut().zip(&factor.orthonormal) {
                    let along = dot(direction, &rest);
                    *share += along;
                    rest.iter_mut().zip(direction).for_each(|(value, unit)| *value -= along * unit);
                }
            }
            let (length, whole) = (dot(&rest, &rest).sqrt(), dot(column, column).sqrt());
            if !(length > OWN_SHARE * whole && length.is_finite()) {
                return Err(StatError::Undefined {
                    why: "a column of the design is a combination of the others, or its values are too large",
                });
            }
            rest.iter_mut().for_each(|value| *value /= length);
            upper.push(length);
            factor.orthonormal.push(rest);
            factor.upper.push(upper);
        }
        Ok(factor)
    }

    /// The x with R x = `right`.
    fn back_substitute(&self, right: &[f64]) -> Vec<f64> {
        let k = self.upper.len();
        let mut solution = right.to_vec();
        for row in (0..k).rev() {
            let known: f64 = (row + 1..k).map(|column| self.upper[column][row] * solution[column]).sum();
            solution[row] = (solution[row] - known) / self.upper[row][row];
        }
        solution
    }

    /// (X'X)^-1 = R^-1 R^-1'.
    fn inverse_of_products(&self) -> Vec<Vec<f64>> {
        let k = self.upper.len();
        let unit = |one: usize| (0..k).map(|place| if place == one { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
        // Columns of R^-1.
        let inverse: Vec<Vec<f64>> = (0..k).map(|one| self.back_substitute(&unit(one))).collect();
        (0..k)
            .map(|row| (0..k).map(|column| inverse.iter().map(|of_one| of_one[row] * of_one[column]).sum()).collect())
            .collect()
    }
}

/// The middle of the sandwich, with its correction, and the clusters.
fn meat(rows: &Rows, residuals: &[f64], errors: RobustErrors<'_>) -> Result<(Vec<Vec<f64>>, Option<usize>), StatError> {
    let (n, k) = (residuals.len(), rows.columns.len());
    let score = |row: usize| -> Vec<f64> { rows.columns.iter().map(|column| column[row] * residuals[row]).collect() };
    let scores: Vec<Vec<f64>> = (0..n).map(score).collect();
    let mut sum = vec![vec![0.0; k]; k];
    let mut add = |left: &[f64], right: &[f64], weight: f64| {
        for (line, a) in sum.iter_mut().zip(left) {
            line.iter_mut().zip(right).for_each(|(slot, b)| *slot += weight * a * b);
        }
    };
    let (n_rows, n_columns) = (n as f64, k as f64);
    let (correction, n_clusters) = match errors {
        RobustErrors::Hc1 => {
            scores.iter().for_each(|score| add(score, score, 1.0));
            (n_rows / (n_rows - n_columns), None)
        }
        RobustErrors::Clustered(_) => {
            let mut totals: std::collections::BTreeMap<u64, Vec<f64>> = std::collections::BTreeMap::new();
            for (score, label) in scores.iter().zip(&rows.labels) {
                let total = totals.entry(*label).or_insert_with(|| vec![0.0; k]);
                total.iter_mut().zip(score).for_each(|(slot, value)| *slot += value);
            }
            if totals.len() < 2 {
                return Err(StatError::TooFewClusters { needed: 2, got: totals.len() });
            }
            totals.values().for_each(|total| add(total, total, 1.0));
            let clusters = totals.len() as f64;
            (clusters / (clusters - 1.0) * (n_rows - 1.0) / (n_rows - n_columns), Some(totals.len()))
        }
        RobustErrors::NeweyWest { lags } => {
            scores.iter().for_each(|score| add(score, score, 1.0));
            for lag in 1..=lags {
                let weight = 1.0 - lag as f64 / (lags as f64 + 1.0);
                for (later, earlier) in scores[lag..].iter().zip(&scores) {
                    add(later, earlier, weight);
                    add(earlier, later, weight);
                }
            }
            (1.0, None)
        }
    };
    sum.iter_mut().flatten().for_each(|value| *value *= correction);
    Ok((sum, n_clusters))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 and x.
    fn line(x: &[f64]) -> Vec<Vec<f64>> {
        x.iter().map(|x| vec![1.0, *x]).collect()
    }

    #[test]
    fn hc1_by_hand() {
        // y = x but for one row: slope and error of four points, counted on paper.
        let design = line(&[0.0, 1.0, 2.0, 3.0]);
        let fit = least_squares(&design, &[0.0, 1.0, 2.0, 5.0], None, RobustErrors::Hc1).unwrap();
        assert!((fit.coefficients[1] - 1.6).abs() < 1e-12 && (fit.coefficients[0] + 0.4).abs() < 1e-12);
        // Residuals .4 -.2 -.8 .6, distances -1.5 -.5 .5 1.5: sum (d e)^2 = 1.34, over 25, times 4/2.
        assert!((fit.standard_errors[1] - (1.34_f64 / 25.0 * 2.0).sqrt()).abs() < 1e-12, "{:?}", fit.standard_errors);
        assert!((fit.r_squared.unwrap() - (1.0 - 1.2 / 14.0)).abs() < 1e-12);
    }

    #[test]
    fn rows_of_weight_zero_are_as_if_they_were_not_there() {
        let x = [0.0, 1.0, 2.0, 3.0, 9.0];
        let y = [0.1, 0.9, 2.2, 2.7, 100.0];
        let weights = [1.0, 1.0, 1.0, 1.0, 0.0];
        let with = least_squares(&line(&x), &y, Some(&weights), RobustErrors::Hc1).unwrap();
        let without = least_squares(&line(&x[..4]), &y[..4], None, RobustErrors::Hc1).unwrap();
        assert_eq!(with, without);
        assert_eq!(with.n, 4);
    }

    #[test]
    fn a_cluster_for_each_row_is_almost_hc1_and_no_lag_is_hc0() {
        let x: Vec<f64> = (0..12).map(f64::from).collect();
        let y: Vec<f64> = (0..12).map(|i| f64::from(i * i % 7)).collect();
        let labels: Vec<u64> = (0..12).collect();
        let of = |errors| least_squares(&line(&x), &y, None, errors).unwrap().standard_errors[1];
        let hc1 = of(RobustErrors::Hc1);
        assert!((of(RobustErrors::NeweyWest { lags: 0 }) - hc1 * (10.0_f64 / 12.0).sqrt()).abs() < 1e-12);
        // G/(G-1) (n-1)/(n-k) = n/(n-k) for a cluster a row.
        assert!((of(RobustErrors::Clustered(&labels)) - hc1).abs() < 1e-12);
    }

    #[test]
    fn rows_that_are_repeated_in_clusters_do_not_make_the_slope_surer() {
        let x: Vec<f64> = (0..10).map(f64::from).collect();
        let y: Vec<f64> = (0..10).map(|i| f64::from(i * 3 % 7)).collect();
        let twice = |values: &[f64]| values.iter().chain(values).copied().collect::<Vec<f64>>();
        let labels: Vec<u64> = (0..10).chain(0..10).collect();
        let of = |errors| least_squares(&line(&twice(&x)), &twice(&y), None, errors).unwrap();
        let clustered = of(RobustErrors::Clustered(&labels));
        assert_eq!(clustered.n_clusters, Some(10));
        assert!(clustered.standard_errors[1] > 1.3 * of(RobustErrors::Hc1).standard_errors[1]);
    }

    #[test]
    fn neighbours_that_move_together_widen_the_error_of_newey_and_west() {
        let x: Vec<f64> = (0..60).map(f64::from).collect();
        let y: Vec<f64> = (0..60).map(|i| f64::from(u8::from(i / 6 % 2 == 0))).collect();
        let of = |lags| least_squares(&line(&x), &y, None, RobustErrors::NeweyWest { lags }).unwrap().standard_errors;
        assert!(of(4)[1] > 1.5 * of(0)[1]);
    }

    #[test]
    fn a_column_that_says_nothing_of_its_own_is_refused() {
        let design: Vec<Vec<f64>> = (0..6).map(|i| vec![1.0, f64::from(i), 2.0 * f64::from(i) + 3.0]).collect();
        let outcome = [1.0, 2.0, 0.0, 1.0, 4.0, 2.0];
        let refused = least_squares(&design, &outcome, None, RobustErrors::Hc1).unwrap_err();
        assert_eq!(refused.kind(), "Undefined");
        let few = least_squares(&line(&[1.0, 2.0]), &[1.0, 2.0], None, RobustErrors::Hc1);
        assert_eq!(few, Err(StatError::TooFewItems { needed: 3, got: 2 }));
    }
}
