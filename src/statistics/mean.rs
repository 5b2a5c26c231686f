//! The mean of independent items, by Student's t.

use super::distribution::student_t_quantile;
use super::error::StatError;
use super::estimate::{Estimate, Flag, Interval, Level};
use super::missing::{check_values, is_constant};

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
        // In units of the largest deviation: squares then neither overflow nor vanish.
        let unit = values.iter().fold(0.0_f64, |largest, value| largest.max((value - mean).abs()));
        if !(mean.is_finite() && unit.is_finite()) {
            return Err(StatError::Undefined { why: "the values are too large to be summed" });
        }
        let squares: f64 = values.iter().map(|value| ((value - mean) / unit).powi(2)).sum();
        Ok(Self {
            mean,
            standard_error: if is_constant { 0.0 } else { unit * (squares / (n - 1.0) / n).sqrt() },
            is_constant,
            n: values.len(),
        })
    }

    pub(crate) fn df(&self) -> f64 {
        self.n as f64 - 1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_has_no_interval_and_equal_values_a_point() {
        assert_eq!(mean_interval(&[1.0], Level::DEFAULT), Err(StatError::TooFewItems { needed: 2, got: 1 }));
        let point = mean_interval(&[0.7; 4], Level::DEFAULT).unwrap();
        assert!(point.has(Flag::ZeroVariance));
        assert!(point.interval.unwrap().width() <= 0.0);
    }
}
