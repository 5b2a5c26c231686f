//! The mean difference of paired items, by Student's t.

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::{student_t_quantile, student_t_sf, student_t_two_sided};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Alternative, Flag, Interval, Level};
use crate::statistics::mean::Moments;
use crate::statistics::missing::{MissingPolicy, check_differences, usable_rows};

/// The answer of a paired t test of A minus B.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedTTest {
    /// Mean difference over its standard error.
    pub statistic: f64,
    /// Degrees of freedom, n - 1.
    pub degrees_of_freedom: f64,
    /// p-value under the alternative, in [0, 1].
    pub p_value: f64,
    /// Mean of a_i - b_i.
    pub mean_difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Interval of the mean difference; half-open for a one-sided alternative.
    pub interval: Interval,
    /// Which deviations counted.
    pub alternative: Alternative,
    /// Pairs used.
    pub n_used: usize,
    /// Pairs dropped because a value was missing.
    pub n_dropped: usize,
    /// `zero_variance` (all differences zero), `missing_dropped`.
    pub flags: Vec<Flag>,
}

/// Paired t test of "the mean of a_i - b_i is zero".
///
/// All differences zero: p = 1 and flag `zero_variance`, because identical outputs are a
/// result.
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (fewer than two pairs),
/// `ZeroVariance` (all differences equal and not zero).
pub fn paired_t(
    a: &[f64],
    b: &[f64],
    alternative: Alternative,
    level: Level,
    missing: MissingPolicy,
) -> Result<PairedTTest, StatError> {
    let rows = usable_rows(&[a, b], missing)?;
    let differences: Vec<f64> = rows.iter().map(|&row| a[row] - b[row]).collect();
    check_differences(&differences, &rows)?;
    let moments = Moments::new(&differences)?;
    let is_zero = differences.iter().all(|difference| difference.abs() <= 0.0);
    if moments.is_constant && !is_zero {
        return Err(StatError::ZeroVariance);
    }
    let (df, error) = (moments.df(), moments.standard_error);
    let statistic = if is_zero { 0.0 } else { moments.mean / error };
    let (p_value, low, high) = match alternative {
        _ if is_zero => (1.0, 0.0, 0.0),
        Alternative::TwoSided => {
            let half = -student_t_quantile(0.5 * level.alpha(), df) * error;
            (student_t_two_sided(statistic, df), moments.mean - half, moments.mean + half)
        }
        Alternative::Less => (
            student_t_sf(-statistic, df),
            f64::NEG_INFINITY,
            moments.mean - student_t_quantile(level.alpha(), df) * error,
        ),
        Alternative::Greater => {
            (student_t_sf(statistic, df), moments.mean + student_t_quantile(level.alpha(), df) * error, f64::INFINITY)
        }
    };
    let n_dropped = a.len() - rows.len();
    let mut flags = Vec::new();
    if is_zero {
        flags.push(Flag::ZeroVariance);
    }
    if n_dropped > 0 {
        flags.push(Flag::MissingDropped);
    }
    Ok(PairedTTest {
        statistic,
        degrees_of_freedom: df,
        p_value,
        mean_difference: moments.mean,
        standard_error: error,
        interval: Interval::new(low, high, level, "paired_t"),
        alternative,
        n_used: rows.len(),
        n_dropped,
        flags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [f64; 5] = [0.5, 0.7, 0.2, 0.9, 0.4];
    const B: [f64; 5] = [0.4, 0.8, 0.1, 0.5, 0.3];

    fn test(a: &[f64], b: &[f64]) -> Result<PairedTTest, StatError> {
        paired_t(a, b, Alternative::TwoSided, Level::DEFAULT, MissingPolicy::Reject)
    }

    #[test]
    fn swapping_negates_the_difference_and_keeps_p() {
        let (direct, swapped) = (test(&A, &B).unwrap(), test(&B, &A).unwrap());
        assert!((direct.mean_difference + swapped.mean_difference).abs() < 1e-15);
        assert!((direct.p_value - swapped.p_value).abs() < 1e-14);
        assert!((direct.interval.low + swapped.interval.high).abs() < 1e-14);
    }

    #[test]
    fn two_identical_models_tie() {
        let tie = test(&A, &A).unwrap();
        assert!((tie.p_value - 1.0).abs() < 1e-15);
        assert_eq!(tie.flags, vec![Flag::ZeroVariance]);
    }

    #[test]
    fn a_constant_difference_has_no_t() {
        let shifted: Vec<f64> = A.iter().map(|value| value + 0.1).collect();
        assert_eq!(test(&shifted, &A), Err(StatError::ZeroVariance));
    }
}
