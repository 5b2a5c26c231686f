//! Does one number rise with another: Pearson, Spearman and Kendall.

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::{normal_two_sided, student_t_two_sided};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};
use crate::statistics::missing::{check_pairs, is_constant};
use crate::statistics::rank::{ascending_order, is_tied, mid_ranks, same_zero, tie_sizes};

/// Which coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CorrelationMethod {
    /// Linear association; p by t with n-2 degrees of freedom, Fisher interval.
    Pearson,
    /// Pearson on mid-ranks; p by the t approximation, interval after Bonett & Wright 2000.
    Spearman,
    /// Concordant less discordant pairs, corrected for ties; asymptotic p, no interval.
    KendallTauB,
}

/// A coefficient of association.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Correlation {
    /// Which coefficient.
    pub method: CorrelationMethod,
    /// The coefficient, in [-1, 1].
    pub coefficient: f64,
    /// Two-sided p-value for "no association", in [0, 1].
    pub p_value: f64,
    /// Interval in [-1, 1]; `None` for Kendall and for n < 4.
    pub interval: Option<Interval>,
    /// Number of pairs.
    pub n: usize,
}

/// Association of `x` and `y`, pair by pair. O(n log n).
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (three pairs are needed: with
/// two every coefficient is +-1), `ZeroVariance` when either column is constant.
pub fn correlation(x: &[f64], y: &[f64], method: CorrelationMethod, level: Level) -> Result<Correlation, StatError> {
    check_pairs(x, y)?;
    if x.len() < 3 {
        return Err(StatError::TooFewItems { needed: 3, got: x.len() });
    }
    if is_constant(x) || is_constant(y) {
        return Err(StatError::ZeroVariance);
    }
    let n = x.len() as f64;
    let (coefficient, p_value, interval) = match method {
        CorrelationMethod::Pearson => {
            let r = product_moment(x, y)?;
            let interval = fisher_interval(r, (n - 3.0).sqrt().recip(), n, level, "fisher_z");
            (r, t_p_value(r, n), interval)
        }
        CorrelationMethod::Spearman => {
            let r = product_moment(&mid_ranks(x), &mid_ranks(y))?;
            let spread = ((1.0 + 0.5 * r * r) / (n - 3.0)).sqrt();
            let interval = fisher_interval(r, spread, n, level, "fisher_z_bonett_wright");
            (r, t_p_value(r, n), interval)
        }
        CorrelationMethod::KendallTauB => {
            let (tau, p) = kendall_tau_b(x, y);
            (tau, p, None)
        }
    };
    Ok(Correlation { method, coefficient, p_value, interval, n: x.len() })
}

fn product_moment(x: &[f64], y: &[f64]) -> Result<f64, StatError> {
    let n = x.len() as f64;
    let (mean_x, mean_y) = (x.iter().sum::<f64>() / n, y.iter().sum::<f64>() / n);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (&left, &right) in x.iter().zip(y) {
        let (dx, dy) = (left - mean_x, right - mean_y);
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
    }
    // One root, so that a perfect order gives exactly 1; two where the product leaves the range of floats.
    let product = xx * yy;
    let scale = if product.is_normal() { product.sqrt() } else { xx.sqrt() * yy.sqrt() };
    if scale > 0.0 && scale.is_finite() { Ok((xy / scale).clamp(-1.0, 1.0)) } else { Err(StatError::ZeroVariance) }
}

/// Two-sided p of r by t = r sqrt((n-2)/(1-r^2)) with n-2 degrees of freedom.
fn t_p_value(r: f64, n: f64) -> f64 {
    let left = (1.0 - r) * (1.0 + r);
    if left <= 0.0 {
        return 0.0;
    }
    student_t_two_sided(r * ((n - 2.0) / left).sqrt(), n - 2.0)
}

fn fisher_interval(r: f64, spread: f64, n: f64, level: Level, method: &str) -> Option<Interval> {
    if n < 4.0 {
        return None;
    }
    let half = level.two_sided_z() * spread;
    // At r = +-1 both limits are +-1; the interval then says nothing.
    let centre = r.atanh();
    Some(Interval::new((centre - half).tanh(), (centre + half).tanh(), level, method))
}

/// Kendall's tau-b and its asymptotic two-sided p with tie correction (as scipy).
fn kendall_tau_b(x: &[f64], y: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let pairs = |sizes: &[u64]| -> f64 { sizes.iter().map(|&t| choose_two(t)).sum() };
    let (ties_x, ties_y) = (tie_sizes(x), tie_sizes(y));
    let all = choose_two(x.len() as u64);
    let (tied_x, tied_y) = (pairs(&ties_x), pairs(&ties_y));
    // Sorted by x and within x by y, discordant pairs are inversions of y.
    let mut order = ascending_order(x);
    let mut tied_both = 0.0;
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && is_tied(x[order[start]], x[order[end]]) {
            end += 1;
        }
        order[start..end].sort_by(|&a, &b| same_zero(y[a]).total_cmp(&same_zero(y[b])));
        for same in order[start..end].chunk_by(|&a, &b| is_tied(y[a], y[b])) {
            tied_both += choose_two(same.len() as u64);
        }
        start = end;
    }
    let sequence: Vec<f64> = order.iter().map(|&row| same_zero(y[row])).collect();
    let discordant = count_inversions(sequence) as f64;
    let balance = all - tied_x - tied_y + tied_both - 2.0 * discordant;
    let tau = balance / (all - tied_x).sqrt() / (all - tied_y).sqrt();
    let moment = |sizes: &[u64], weight: fn(f64) -> f64| -> f64 {
        sizes.iter().map(|&t| t as f64).map(|t| t * (t - 1.0) * weight(t)).sum()
    };
    let m = n * (n - 1.0);
    let variance = (m * (2.0 * n + 5.0) - moment(&ties_x, |t| 2.0 * t + 5.0) - moment(&ties_y, |t| 2.0 * t + 5.0))
        / 18.0
        + 2.0 * tied_x * tied_y / m
        + moment(&ties_x, |t| t - 2.0) * moment(&ties_y, |t| t - 2.0) / (9.0 * m * (n - 2.0));
    (tau.clamp(-1.0, 1.0), normal_two_sided(balance / variance.sqrt()))
}

fn choose_two(t: u64) -> f64 {
    let t = t as f64;
    0.5 * t * (t - 1.0)
}

/// Pairs out of order, by merge sort; equal values are in order.
fn count_inversions(mut values: Vec<f64>) -> u64 {
    let mut buffer = values.clone();
    let mut inversions = 0;
    let mut width = 1;
    while width < values.len() {
        for start in (0..values.len()).step_by(2 * width) {
            let middle = (start + width).min(values.len());
            let end = (start + 2 * width).min(values.len());
            let (mut left, mut right) = (start, middle);
            for slot in &mut buffer[start..end] {
                let takes_left = left < middle && (right >= end || values[left] <= values[right]);
                if takes_left {
                    *slot = values[left];
                    left += 1;
                } else {
                    *slot = values[right];
                    right += 1;
                    inversions += (middle - left) as u64;
                }
            }
        }
        std::mem::swap(&mut values, &mut buffer);
        width *= 2;
    }
    inversions
}

#[cfg(test)]
mod tests {
    use super::*;

    const X: [f64; 7] = [1.0, 2.0, 2.0, 4.0, 5.0, 7.0, 7.0];
    const Y: [f64; 7] = [2.0, 1.0, 3.0, 3.0, 9.0, 4.0, 8.0];
    const METHODS: [CorrelationMethod; 3] =
        [CorrelationMethod::Pearson, CorrelationMethod::Spearman, CorrelationMethod::KendallTauB];

    #[test]
    fn exchanging_the_columns_changes_nothing_and_negating_one_negates() {
        let negated: Vec<f64> = Y.iter().map(|y| -y).collect();
        for method in METHODS {
            let direct = correlation(&X, &Y, method, Level::DEFAULT).unwrap();
            let swapped = correlation(&Y, &X, method, Level::DEFAULT).unwrap();
            let mirror = correlation(&X, &negated, method, Level::DEFAULT).unwrap();
            assert!((direct.coefficient - swapped.coefficient).abs() < 1e-14);
            assert!((direct.coefficient + mirror.coefficient).abs() < 1e-14);
            assert!((direct.p_value - mirror.p_value).abs() < 1e-14);
        }
    }

    #[test]
    fn kendall_agrees_with_counting_every_pair() {
        let (mut balance, mut in_x, mut in_y) = (0.0, 0.0, 0.0);
        for i in 0..X.len() {
            for j in 0..i {
                let (dx, dy) = (X[i] - X[j], Y[i] - Y[j]);
                balance += if (dx * dy).abs() > 0.0 { (dx * dy).signum() } else { 0.0 };
                in_x += f64::from(dx.abs() > 0.0);
                in_y += f64::from(dy.abs() > 0.0);
            }
        }
        let (tau, _) = kendall_tau_b(&X, &Y);
        assert!((tau - balance / f64::sqrt(in_x * in_y)).abs() < 1e-14);
    }

    #[test]
    fn a_perfect_order_has_rank_correlation_one() {
        let y: Vec<f64> = X.iter().map(|x| x.exp()).collect();
        for method in [CorrelationMethod::Spearman, CorrelationMethod::KendallTauB] {
            let found = correlation(&X, &y, method, Level::DEFAULT).unwrap();
            assert!((found.coefficient - 1.0).abs() < 1e-14);
        }
    }

    #[test]
    fn a_constant_column_has_no_correlation() {
        for method in METHODS {
            assert_eq!(correlation(&[1.0; 3], &[1.0, 2.0, 3.0], method, Level::DEFAULT), Err(StatError::ZeroVariance));
        }
    }
}
