//! Paired differences, free of rounding noise.
//!
//! 0.3 - 0.2 and 0.2 - 0.1 differ in the last bit, and ranks, signs and ties with them: the commonest cause of results
//! that differ a little from another program's.

use crate::statistics::error::StatError;
use crate::statistics::missing::{MissingPolicy, check_differences, usable_rows};

/// Significant digits of a difference that are kept.
const DIGITS_OF_DIFFERENCE: i32 = 12;
/// Significant digits of the larger operand that are kept: what lies below is the noise of the two roundings.
const DIGITS_OF_OPERANDS: i32 = 14;

/// a_i - b_i of the usable pairs, with how many pairs were left out.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Differences {
    pub values: Vec<f64>,
    pub n_dropped: usize,
}

impl Differences {
    /// The usable pairs' differences, rounded: to 12 significant digits of their own and 14 of the operands.
    ///
    /// # Errors
    /// `EmptyInput`, `LengthMismatch`, `NonFinite`; `TooFewItems` when every pair was dropped.
    pub(crate) fn new(a: &[f64], b: &[f64], missing: MissingPolicy) -> Result<Self, StatError> {
        let rows = usable_rows(&[a, b], missing)?;
        if rows.is_empty() {
            return Err(StatError::TooFewItems { needed: 1, got: 0 });
        }
        let values: Vec<f64> = rows.iter().map(|&row| rounded_difference(a[row], b[row])).collect();
        check_differences(&values, &rows)?;
        Ok(Self { values, n_dropped: a.len() - rows.len() })
    }

    pub(crate) fn n_nonzero(&self) -> usize {
        self.values.iter().filter(|value| value.abs() > 0.0).count()
    }
}

/// a - b without the noise of its operands; exactly 0 when they agree to 14 digits.
pub(crate) fn rounded_difference(a: f64, b: f64) -> f64 {
    let difference = a - b;
    if difference.abs() <= 0.0 {
        return 0.0;
    }
    let operand = a.abs().max(b.abs());
    // The coarser of the two grids; both are powers of ten.
    let exponent = (magnitude(difference) - DIGITS_OF_DIFFERENCE).max(magnitude(operand) - DIGITS_OF_OPERANDS) + 1;
    round_to_power_of_ten(difference, exponent)
}

/// The exponent of the leading digit: 0 for 1 to 9.99, -1 for 0.1 to 0.99.
fn magnitude(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm of a finite float is below 400")]
    let exponent = value.abs().log10().floor() as i32;
    exponent
}

fn round_to_power_of_ten(value: f64, exponent: i32) -> f64 {
    // Powers with a positive exponent are exact up to 22, those with a negative one are not: divide or multiply by the
    // exact one.
    if (0..=300).contains(&exponent) {
        let unit = 10f64.powi(exponent);
        (value / unit).round() * unit
    } else if (-300..0).contains(&exponent) {
        let unit = 10f64.powi(-exponent);
        let scaled = value * unit;
        // Too small to be scaled: there is no noise left to remove.
        if scaled.is_finite() { scaled.round() / unit } else { value }
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_decimals_tie_as_decimals_do() {
        assert_eq!(rounded_difference(0.3, 0.2).to_bits(), rounded_difference(0.2, 0.1).to_bits());
        assert_eq!(rounded_difference(0.1 + 0.2, 0.3).to_bits(), 0.0_f64.to_bits());
        assert_eq!(
            rounded_difference(1e9 + 0.3, 1e9 + 0.2).to_bits(),
            rounded_difference(1e9 + 0.2, 1e9 + 0.1).to_bits()
        );
    }

    #[test]
    fn real_differences_survive_however_small_or_large() {
        for (a, b) in [(1e-12, 0.0), (1e-300, 3e-301), (1e300, -1e300), (5.0, 4.999_999_999), (f64::MIN_POSITIVE, 0.0)]
        {
            let found = rounded_difference(a, b);
            assert!(((found - (a - b)) / (a - b)).abs() < 1e-6, "{a} {b}: {found}");
        }
    }

    #[test]
    fn missing_pairs_are_dropped_and_counted_only_on_request() {
        let (a, b) = ([1.0, f64::NAN, 3.0], [0.0, 0.0, f64::NAN]);
        assert_eq!(Differences::new(&a, &b, MissingPolicy::Reject), Err(StatError::NonFinite { index: 1 }));
        let kept = Differences::new(&a, &b, MissingPolicy::Omit).unwrap();
        assert_eq!((kept.values, kept.n_dropped), (vec![1.0], 2));
        let none = Differences::new(&a[1..], &b[1..], MissingPolicy::Omit);
        assert_eq!(none, Err(StatError::TooFewItems { needed: 1, got: 0 }));
    }
}
