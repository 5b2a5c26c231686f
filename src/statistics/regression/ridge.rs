//! Ridge regression on many columns and few rows, the penalty chosen over blocks of time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::linear::{Cholesky, dot};
use crate::statistics::missing::{check_finite, check_lengths};

/// A row or column of which less is left beside the others is a combination of them, but for rounding.
const OWN_SHARE: f64 = 1e-13;

/// A fitted ridge regression.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RidgeFit {
    /// One a column, in the unit of the target over that of the column.
    pub weights: Vec<f64>,
    /// Not penalised: the fit at the columns' means is the target's mean.
    pub intercept: f64,
    /// The penalty on the sum of squared weights.
    pub alpha: f64,
    /// Rows.
    pub n: usize,
}

impl RidgeFit {
    /// The fitted value of a row with as many columns as were fitted.
    #[must_use]
    pub fn predict(&self, row: &[f64]) -> f64 {
        self.intercept + dot(&self.weights, row)
    }
}

/// Minimises |y - b - X w|² + alpha |w|², columns and target centred, not scaled.
///
/// Solved by rows where there are fewer rows than columns: O(n² p + n³) then, else O(n p² + p³).
///
/// # Errors
/// `InvalidParameter` (alpha below 0), `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (two rows), `Undefined`
/// (alpha 0 with columns that depend on each other).
pub fn ridge<Row: AsRef<[f64]>>(rows: &[Row], target: &[f64], alpha: f64) -> Result<RidgeFit, StatError> {
    check_alpha(alpha)?;
    let p = check_rows(rows, target)?;
    let n = rows.len();
    let mean_target = target.iter().sum::<f64>() / n as f64;
    let means: Vec<f64> =
        (0..p).map(|column| rows.iter().map(|row| row.as_ref()[column]).sum::<f64>() / n as f64).collect();
    let centred: Vec<Vec<f64>> =
        rows.iter().map(|row| row.as_ref().iter().zip(&means).map(|(value, mean)| value - mean).collect()).collect();
    let rest: Vec<f64> = target.iter().map(|y| y - mean_target).collect();
    let weights = if n < p {
        let products: Vec<Vec<f64>> =
            centred.iter().map(|left| centred.iter().map(|right| dot(left, right)).collect()).collect();
        let by_row = penalised(products, alpha)?.solve(&rest);
        combine(&centred, &by_row, p)
    } else {
        let columns: Vec<Vec<f64>> = (0..p).map(|column| centred.iter().map(|row| row[column]).collect()).collect();
        let products: Vec<Vec<f64>> =
            columns.iter().map(|left| columns.iter().map(|right| dot(left, right)).collect()).collect();
        let right: Vec<f64> = columns.iter().map(|column| dot(column, &rest)).collect();
        penalised(products, alpha)?.solve(&right)
    };
    let intercept = mean_target - dot(&weights, &means);
    if !(intercept.is_finite() && weights.iter().all(|weight| weight.is_finite())) {
        return Err(StatError::Undefined { why: "the values are too large or too small to compute with" });
    }
    Ok(RidgeFit { weights, intercept, alpha, n })
}

/// A penalty with its error on blocks that were held out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct AlphaError {
    /// The penalty.
    pub alpha: f64,
    /// Mean squared error over all rows, each predicted from the other blocks; squared unit of the target.
    pub mean_squared_error: f64,
}

/// The penalty that predicts held-out blocks best.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RidgeChoice {
    /// The one with the smallest error; of equal ones the largest.
    pub alpha: f64,
    /// All of them, in the order given.
    pub errors: Vec<AlphaError>,
    /// Blocks.
    pub n_blocks: usize,
}

/// Chooses among `alphas` by leaving out one block after the other; `blocks` has a label a row, e.g. its year.
///
/// Blocks must hold neighbours together: a row left out alone is told by the months around it. Products of rows are computed
/// once: O(n² p + blocks x alphas x n³/3).
///
/// # Errors
/// Those of [`ridge`]; `InvalidParameter` without an alpha or for one of 0 or below; `TooFewClusters` (two blocks);
/// `TooFewItems` (a block whose complement has fewer than two rows).
pub fn choose_ridge_alpha<Row: AsRef<[f64]>, Label: Ord>(
    rows: &[Row],
    target: &[f64],
    blocks: &[Label],
    alphas: &[f64],
) -> Result<RidgeChoice, StatError> {
    if alphas.is_empty() {
        return Err(StatError::invalid("alphas", "at least one is needed"));
    }
    if let Some(bad) = alphas.iter().find(|alpha| !(**alpha > 0.0 && alpha.is_finite())) {
        return Err(StatError::invalid("alphas", format!("must be above 0, got {bad}")));
    }
    check_rows(rows, target)?;
    check_lengths(rows.len(), blocks.len())?;
    let mut by_block: BTreeMap<&Label, Vec<usize>> = BTreeMap::new();
    for (row, label) in blocks.iter().enumerate() {
        by_block.entry(label).or_default().push(row);
    }
    if by_block.len() < 2 {
        return Err(StatError::TooFewClusters { needed: 2, got: by_block.len() });
    }
    let products: Vec<Vec<f64>> =
        rows.iter().map(|left| rows.iter().map(|right| dot(left.as_ref(), right.as_ref())).collect()).collect();
    let mut squares = vec![0.0; alphas.len()];
    for held_out in by_block.values() {
        let kept: Vec<usize> = (0..rows.len()).filter(|row| held_out.binary_search(row).is_err()).collect();
        if kept.len() < 2 {
            return Err(StatError::TooFewItems { needed: 2, got: kept.len() });
        }
        let fold = Fold::new(&products, target, &kept);
        for (sum, &alpha) in squares.iter_mut().zip(alphas) {
            let by_row = penalised(fold.centred.clone(), alpha)?.solve(&fold.rest);
            for &row in held_out {
                *sum += (fold.predict(&products[row], &by_row) - target[row]).powi(2);
            }
        }
    }
    let errors: Vec<AlphaError> = alphas
        .iter()
        .zip(&squares)
        .map(|(&alpha, sum)| AlphaError { alpha, mean_squared_error: sum / rows.len() as f64 })
        .collect();
    if errors.iter().any(|error| !error.mean_squared_error.is_finite()) {
        return Err(StatError::Undefined { why: "the values are too large or too small to compute with" });
    }
    let better = |best: AlphaError, next: &AlphaError| {
        let order = next.mean_squared_error.total_cmp(&best.mean_squared_error);
        if order.is_lt() || (order.is_eq() && next.alpha > best.alpha) { *next } else { best }
    };
    let best = errors.iter().fold(errors[0], better);
    Ok(RidgeChoice { alpha: best.alpha, errors, n_blocks: by_block.len() })
}

/// Products of the kept rows about their mean.
struct Fold<'a> {
    kept: &'a [usize],
    centred: Vec<Vec<f64>>,
    /// Mean of a kept row's products with all kept rows.
    row_means: Vec<f64>,
    grand_mean: f64,
    rest: Vec<f64>,
    mean_target: f64,
}

impl<'a> Fold<'a> {
    fn new(products: &[Vec<f64>], target: &[f64], kept: &'a [usize]) -> Self {
        let n = kept.len() as f64;
        let row_means: Vec<f64> =
            kept.iter().map(|&row| kept.iter().map(|&other| products[row][other]).sum::<f64>() / n).collect();
        let grand_mean = row_means.iter().sum::<f64>() / n;
        let centred = kept
            .iter()
            .zip(&row_means)
            .map(|(&row, mean)| {
                kept.iter()
                    .zip(&row_means)
                    .map(|(&other, other_mean)| products[row][other] - mean - other_mean + grand_mean)
                    .collect()
            })
            .collect();
        let mean_target = kept.iter().map(|&row| target[row]).sum::<f64>() / n;
        let rest = kept.iter().map(|&row| target[row] - mean_target).collect();
        Self { kept, centred, row_means, grand_mean, rest, mean_target }
    }

    /// The value of a row that was left out, from its products with all rows.
    fn predict(&self, products: &[f64], by_row: &[f64]) -> f64 {
        let mean = self.kept.iter().map(|&row| products[row]).sum::<f64>() / self.kept.len() as f64;
        let sum: f64 = self
            .kept
            .iter()
            .zip(&self.row_means)
            .zip(by_row)
            .map(|((&row, row_mean), weight)| (products[row] - mean - row_mean + self.grand_mean) * weight)
            .sum();
        self.mean_target + sum
    }
}

/// Cholesky of products + alpha on the diagonal.
fn penalised(mut products: Vec<Vec<f64>>, alpha: f64) -> Result<Cholesky, StatError> {
    for (place, row) in products.iter_mut().enumerate() {
        row[place] += alpha;
    }
    let factor = Cholesky::new(&products).filter(|factor| factor.smallest_own_share() > OWN_SHARE);
    factor.ok_or(StatError::Undefined {
        why: "the columns depend on each other and the penalty is too small to choose; give a larger alpha",
    })
}

/// Sum of rows, each times its weight.
fn combine(rows: &[Vec<f64>], weights: &[f64], p: usize) -> Vec<f64> {
    let mut sum = vec![0.0; p];
    for (row, weight) in rows.iter().zip(weights) {
        sum.iter_mut().zip(row).for_each(|(slot, value)| *slot += weight * value);
    }
    sum
}

fn check_alpha(alpha: f64) -> Result<(), StatError> {
    if alpha >= 0.0 && alpha.is_finite() {
        return Ok(());
    }
    Err(StatError::invalid("alpha", format!("must be 0 or above, got {alpha}")))
}

/// The number of columns.
fn check_rows<Row: AsRef<[f64]>>(rows: &[Row], target: &[f64]) -> Result<usize, StatError> {
    let Some(p) = rows.first().map(|row| row.as_ref().len()).filter(|p| *p > 0) else {
        return Err(StatError::EmptyInput);
    };
    check_lengths(rows.len(), target.len())?;
    for (index, row) in rows.iter().enumerate() {
        check_lengths(p, row.as_ref().len())?;
        check_finite(row.as_ref()).map_err(|_| StatError::NonFinite { index })?;
    }
    check_finite(target)?;
    if rows.len() < 2 {
        return Err(StatError::TooFewItems { needed: 2, got: rows.len() });
    }
    Ok(p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: u32, p: u32) -> Vec<Vec<f64>> {
        (0..n).map(|i| (0..p).map(|j| f64::from((i * 7 + j * j * 3 + i * j) % 13) / 13.0).collect()).collect()
    }

    fn target(n: u32) -> Vec<f64> {
        (0..n).map(|i| f64::from(i * i % 11)).collect()
    }

    #[test]
    fn one_column_by_hand() {
        // x = -1, 0, 1 about its mean; sum x y = 2, sum x² = 2: w = 2/(2 + alpha).
        let fit = ridge(&[vec![4.0], vec![5.0], vec![6.0]], &[1.0, 2.0, 3.0], 2.0).unwrap();
        assert!((fit.weights[0] - 0.5).abs() < 1e-15);
        assert!((fit.predict(&[5.0]) - 2.0).abs() < 1e-15);
    }

    #[test]
    fn by_rows_and_by_columns_give_one_answer() {
        // Eight columns of twelve rows, and the same with columns of zeros that nobody can use.
        let (narrow, y) = (rows(12, 8), target(12));
        let wide: Vec<Vec<f64>> = narrow.iter().map(|row| [&row[..], &[0.0; 9]].concat()).collect();
        let (by_columns, by_rows) = (ridge(&narrow, &y, 0.3).unwrap(), ridge(&wide, &y, 0.3).unwrap());
        for (left, right) in by_columns.weights.iter().zip(&by_rows.weights) {
            assert!((left - right).abs() < 1e-10);
        }
        assert!((by_columns.intercept - by_rows.intercept).abs() < 1e-10);
    }

    #[test]
    fn a_penalty_without_end_leaves_the_mean() {
        let (x, y) = (rows(9, 20), target(9));
        let fit = ridge(&x, &y, 1e12).unwrap();
        let mean = y.iter().sum::<f64>() / 9.0;
        assert!(x.iter().all(|row| (fit.predict(row) - mean).abs() < 1e-8));
        assert!(ridge(&x, &y, 0.01).unwrap().weights.iter().any(|weight| weight.abs() > 0.1));
    }

    #[test]
    fn errors_of_held_out_blocks_are_those_of_fits_without_them() {
        let (x, y) = (rows(12, 5), target(12));
        let blocks: Vec<u32> = (0..12).map(|row| row / 4).collect();
        let choice = choose_ridge_alpha(&x, &y, &blocks, &[0.1, 1.0, 10.0]).unwrap();
        assert_eq!(choice.n_blocks, 3);
        for error in &choice.errors {
            let mut squares = 0.0;
            for block in 0..3 {
                let is_kept = |row: &usize| blocks[*row] != block;
                let kept: Vec<usize> = (0..12).filter(is_kept).collect();
                let train: Vec<&[f64]> = kept.iter().map(|&row| x[row].as_slice()).collect();
                let known: Vec<f64> = kept.iter().map(|&row| y[row]).collect();
                let fit = ridge(&train, &known, error.alpha).unwrap();
                squares += (0..12)
                    .filter(|row| blocks[*row] == block)
                    .map(|row| (fit.predict(&x[row]) - y[row]).powi(2))
                    .sum::<f64>();
            }
            assert!((error.mean_squared_error - squares / 12.0).abs() < 1e-9);
        }
        let least = choice.errors.iter().map(|error| error.mean_squared_error).fold(f64::INFINITY, f64::min);
        let chosen = choice.errors.iter().find(|error| error.alpha.total_cmp(&choice.alpha).is_eq()).unwrap();
        assert!(chosen.mean_squared_error <= least);
    }

    #[test]
    fn what_cannot_be_chosen_is_refused() {
        let (x, y) = (rows(6, 20), target(6));
        assert_eq!(ridge(&x, &y, 0.0).unwrap_err().kind(), "Undefined");
        assert_eq!(ridge(&x, &y, -1.0).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(ridge::<Vec<f64>>(&[], &[], 1.0), Err(StatError::EmptyInput));
        let refused = choose_ridge_alpha(&x, &y, &[1; 6], &[1.0]).unwrap_err();
        assert_eq!(refused, StatError::TooFewClusters { needed: 2, got: 1 });
        assert_eq!(choose_ridge_alpha(&x, &y, &[1, 1, 1, 2, 2, 2], &[]).unwrap_err().kind(), "InvalidParameter");
    }
}
