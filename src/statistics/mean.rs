//! The mean of independent items, and the mean difference of paired ones, by Student's t.

use serde::{Deserialize, Serialize};

use super::distribution::{student_t_quantile, student_t_sf, student_t_two_sided};
use super::error::StatError;
use super::estimate::{Alternative, Estimate, Flag, Interval, Level};
use super::missing::{MissingPolicy, check_values, is_constant, usable_rows};

/// Mean of `values` with a t interval on n-1 degrees of freedom.
///
/// Two passes, so that an offset of 1e9 costs nothing. Constant values give a point
/// interval and the flag `zero_variance`.
///
/// # Errors
/// `EmptyInput`, `NonFinite`, `TooFewItems` (fewer than two values).
pub fn mean_interval(values: &[f64], level: Level) -> Result<Estimate, StatError> {
    check_values(values)?;
    let moments = Moments::new(values)?;
    let half = if moments.is_constant {
        0.0
    } else {
        -student_t_quantile(0.5 * level.alpha(), moments.df()) * moments.standard_error
    };
    Ok(Estimate {
        value: moments.mean,
        standard_error: Some(moments.standard_error),
        interval: Some(Interval::new(moments.mean - half, moments.mean + half, level, "t")),
        n: values.len(),
        flags: if moments.is_constant { vec![Flag::ZeroVariance] } else { Vec::new() },
    })
}

/// Mean and its standard error, in two passes.
pub(crate) struct Moments {
    pub mean: f64,
    /// Zero when the values are constant up to rounding.
    pub standard_error: f64,
    pub is_constant: bool,
    n: usize,
}

impl Moments {
    pub(crate) fn new(values: &[f64]) -> Result<Self, StatError> {
        if values.len() < 2 {
            return Err(StatError::TooFewItems { needed: 2, got: values.len() });
        }
        let n = values.len() as f64;
        let rough = values.iter().sum::<f64>() / n;
        let mean = rough + values.iter().map(|value| value - rough).sum::<f64>() / n;
        let is_constant = is_constant(values);
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Ok(Self {
            mean,
            standard_error: if is_constant { 0.0 } else { (squares / (n - 1.0) / n).sqrt() },
            is_constant,
            n: values.len(),
        })
    }

    pub(crate) fn df(&self) -> f64 {
        self.n as f64 - 1.0
    }
}

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
    let moments = Moments::new(&differences)?;
    let is_zero = differences.iter().all(|difference| difference.abs() <= 0.0);
    if moments.is_constant && !is_zero {
        return Err(StatError::ZeroVariance);
    }
    let (df, error) = (moments.df(), moments.standard_error);
    let statistic = if is_zero { 0.0 } else { moments.mean / error };
    let (p_value, low, high) = match alternative {
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
        p_value: if is_zero { 1.0 } else { p_value },
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

    #[test]
    fn one_value_has_no_interval_and_equal_values_a_point() {
        assert_eq!(mean_interval(&[1.0], Level::DEFAULT), Err(StatError::TooFewItems { needed: 2, got: 1 }));
        let point = mean_interval(&[0.7; 4], Level::DEFAULT).unwrap();
        assert!(point.has(Flag::ZeroVariance));
        assert!(point.interval.unwrap().width() <= 0.0);
    }
}
