//! Is A as good as B? "Not significant" is never "equal": equality needs a margin that was set beforehand.
//!
//! - [`outcome`]: five outcomes from an interval and a margin
//! - [`tost_paired`]: two one-sided t tests on paired scores

use serde::{Deserialize, Serialize};

use super::distribution::{student_t_quantile, student_t_sf};
use super::error::StatError;
use super::estimate::{Flag, Interval, Level};
use super::mean::Moments;
use super::missing::{MissingPolicy, usable_rows};

/// What an interval of A - B says, given a margin; higher is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A is better: the interval lies above 0.
    Superior,
    /// A may be better or the same: the interval lies above -margin, and reaches past +margin.
    NonInferior,
    /// A and B differ by less than the margin either way.
    Equivalent,
    /// The interval allows that A is worse by the margin, and that it is not.
    Inconclusive,
    /// A is worse: the interval lies below 0.
    Worse,
    /// A is worse by more than the margin.
    WorseBeyondMargin,
}

impl Outcome {
    /// The name as records carry it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Superior => "superior",
            Self::NonInferior => "non_inferior",
            Self::Equivalent => "equivalent",
            Self::Inconclusive => "inconclusive",
            Self::Worse => "worse",
            Self::WorseBeyondMargin => "worse_beyond_margin",
        }
    }

    /// The words that a reader sees.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Superior => "superior",
            Self::NonInferior => "non-inferior",
            Self::Equivalent => "equivalent",
            Self::Inconclusive => "inconclusive",
            Self::Worse => "worse",
            Self::WorseBeyondMargin => "worse by more than the margin",
        }
    }
}

/// The one outcome of an interval of A - B at level 1 - 2 alpha, for a margin above 0.
///
/// In this order: above 0 is superior; below 0 is worse (beyond the margin where it lies below it); inside the margin is
/// equivalent; above -margin is non-inferior; else inconclusive. A small, certain loss inside the margin is told as "worse",
/// as a small, certain gain is told as "superior"; it is still not inferior by the margin, which is what a gate asks.
///
/// # Errors
/// `InvalidParameter` unless `margin` is above 0 and finite.
pub fn outcome(low: f64, high: f64, margin: f64) -> Result<Outcome, StatError> {
    check_margin(margin)?;
    Ok(if low > 0.0 {
        Outcome::Superior
    } else if high < -margin {
        Outcome::WorseBeyondMargin
    } else if high < 0.0 {
        Outcome::Worse
    } else if low > -margin && high < margin {
        Outcome::Equivalent
    } else if low > -margin {
        Outcome::NonInferior
    } else {
        Outcome::Inconclusive
    })
}

pub(crate) fn check_margin(margin: f64) -> Result<(), StatError> {
    if margin > 0.0 && margin.is_finite() {
        Ok(())
    } else {
        Err(StatError::invalid("margin", format!("must be above 0 and finite, got {margin}")))
    }
}

/// The answer of two one-sided tests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EquivalenceTest {
    /// Mean of a_i - b_i.
    pub mean_difference: f64,
    /// p of "the difference is at most -margin".
    pub p_lower: f64,
    /// p of "the difference is at least +margin".
    pub p_upper: f64,
    /// The larger of both: equivalence is shown below alpha.
    pub p_value: f64,
    /// Interval at level 1 - 2 alpha.
    pub interval: Interval,
    /// n - 1.
    pub degrees_of_freedom: f64,
    /// The difference is shown to lie inside the margin.
    pub is_equivalent: bool,
    /// The interval lies above -margin.
    pub is_non_inferior: bool,
    /// The interval lies above 0.
    pub is_superior: bool,
    /// The interval lies below 0.
    pub is_worse: bool,
    /// The one outcome to print.
    pub outcome: Outcome,
    /// Pairs used.
    pub n_used: usize,
    /// Pairs dropped because a value was missing.
    pub n_dropped: usize,
    /// `zero_variance` (all differences zero), `missing_dropped`.
    pub flags: Vec<Flag>,
}

/// Two one-sided paired t tests (TOST) with a margin in the unit of the scores.
///
/// # Errors
/// `InvalidParameter` (a margin of 0 or below, alpha outside (0, 1/2)), `EmptyInput`, `LengthMismatch`, `NonFinite`,
/// `TooFewItems` (fewer than two pairs), `ZeroVariance` (all differences equal and not zero).
pub fn tost_paired(
    a: &[f64],
    b: &[f64],
    margin: f64,
    alpha: f64,
    missing: MissingPolicy,
) -> Result<EquivalenceTest, StatError> {
    check_margin(margin)?;
    if !(alpha > 0.0 && alpha < 0.5) {
        return Err(StatError::invalid("alpha", format!("must lie strictly between 0 and 1/2, got {alpha}")));
    }
    let level = Level::new(1.0 - 2.0 * alpha)?;
    let rows = usable_rows(&[a, b], missing)?;
    let differences: Vec<f64> = rows.iter().map(|&row| a[row] - b[row]).collect();
    let moments = Moments::new(&differences)?;
    let is_zero = differences.iter().all(|difference| difference.abs() <= 0.0);
    if moments.is_constant && !is_zero {
        return Err(StatError::ZeroVariance);
    }
    let (df, error) = (moments.df(), moments.standard_error);
    let (p_lower, p_upper) = if is_zero {
        (0.0, 0.0)
    } else {
        (student_t_sf((moments.mean + margin) / error, df), student_t_sf((margin - moments.mean) / error, df))
    };
    let half = if is_zero { 0.0 } else { -student_t_quantile(alpha, df) * error };
    let interval = Interval::new(moments.mean - half, moments.mean + half, level, "paired_t");
    let n_dropped = a.len() - rows.len();
    let mut flags = Vec::new();
    if is_zero {
        flags.push(Flag::ZeroVariance);
    }
    if n_dropped > 0 {
        flags.push(Flag::MissingDropped);
    }
    Ok(EquivalenceTest {
        mean_difference: moments.mean,
        p_lower,
        p_upper,
        p_value: p_lower.max(p_upper),
        degrees_of_freedom: df,
        is_equivalent: interval.low > -margin && interval.high < margin,
        is_non_inferior: interval.low > -margin,
        is_superior: interval.low > 0.0,
        is_worse: interval.high < 0.0,
        outcome: outcome(interval.low, interval.high, margin)?,
        interval,
        n_used: rows.len(),
        n_dropped,
        flags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_of_the_interval_has_one_outcome() {
        let cases = [
            ((0.01, 0.2), Outcome::Superior),
            ((-0.04, 0.2), Outcome::NonInferior),
            ((-0.04, 0.04), Outcome::Equivalent),
            ((-0.04, -0.01), Outcome::Worse),
            ((-0.2, 0.2), Outcome::Inconclusive),
            ((-0.2, 0.01), Outcome::Inconclusive),
            ((-0.2, -0.01), Outcome::Worse),
            ((-0.2, -0.06), Outcome::WorseBeyondMargin),
            ((-0.05, 0.0), Outcome::Inconclusive),
        ];
        for ((low, high), want) in cases {
            assert_eq!(outcome(low, high, 0.05), Ok(want), "{low} {high}");
        }
    }

    #[test]
    fn the_margin_is_above_zero() {
        for margin in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert_eq!(outcome(-0.1, 0.1, margin).unwrap_err().kind(), "InvalidParameter");
        }
    }

    #[test]
    fn p_below_alpha_is_the_interval_inside_the_margin() {
        let a: Vec<f64> = (0..40).map(|index| (f64::from(index) * 0.7).sin()).collect();
        let b: Vec<f64> =
            (0..40).map(|index| (f64::from(index) * 0.7).sin() + 0.3 * (f64::from(index) * 1.3).cos()).collect();
        for step in 1..100 {
            let test = tost_paired(&a, &b, f64::from(step) * 0.002, 0.05, MissingPolicy::Reject).unwrap();
            assert_eq!(test.p_value < 0.05, test.is_equivalent, "{step}");
        }
    }

    #[test]
    fn identical_models_are_equivalent_within_any_margin() {
        let test = tost_paired(&[0.5, 0.7], &[0.5, 0.7], 1e-9, 0.05, MissingPolicy::Reject).unwrap();
        assert_eq!((test.outcome, test.flags), (Outcome::Equivalent, vec![Flag::ZeroVariance]));
    }
}
