//! The sign test: on how many items is A above B, and on how many below.

use serde::{Deserialize, Serialize};

use super::difference::Differences;
use crate::statistics::distribution::{binomial_cdf, binomial_sf};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Alternative, Flag};
use crate::statistics::missing::MissingPolicy;

/// The answer of a sign test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignTest {
    /// Pairs with a above b.
    pub n_positive: u64,
    /// Pairs with a below b.
    pub n_negative: u64,
    /// Exact binomial p-value, in [0, 1]; 1 when no pair differs.
    pub p_value: f64,
    /// Pairs used, equal ones included.
    pub n_used: usize,
    /// Pairs dropped because a value was missing.
    pub n_dropped: usize,
    /// `all_zero`, `missing_dropped`.
    pub flags: Vec<Flag>,
}

/// Sign test of "a is above b as often as below"; equal pairs are left out. O(n).
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (every pair dropped).
pub fn sign_test(
    a: &[f64],
    b: &[f64],
    alternative: Alternative,
    missing: MissingPolicy,
) -> Result<SignTest, StatError> {
    let differences = Differences::new(a, b, missing)?;
    let count = |wanted: fn(f64) -> bool| differences.values.iter().filter(|&&value| wanted(value)).count() as u64;
    let (above, below) = (count(|value| value > 0.0), count(|value| value < 0.0));
    let n = above + below;
    let p_value = match alternative {
        _ if n == 0 => 1.0,
        Alternative::TwoSided => (2.0 * binomial_cdf(above.min(below), n, 0.5)).min(1.0),
        Alternative::Less => binomial_cdf(above, n, 0.5),
        Alternative::Greater if above == 0 => 1.0,
        Alternative::Greater => binomial_sf(above - 1, n, 0.5),
    };
    let mut flags = Vec::new();
    if n == 0 {
        flags.push(Flag::AllZero);
    }
    if differences.n_dropped > 0 {
        flags.push(Flag::MissingDropped);
    }
    Ok(SignTest {
        n_positive: above,
        n_negative: below,
        p_value,
        n_used: differences.values.len(),
        n_dropped: differences.n_dropped,
        flags,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::paired::binary::mcnemar_exact_p;

    #[test]
    fn on_zero_one_scores_it_is_the_exact_mcnemar_test() {
        let a = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0];
        let b = [0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0];
        let test = sign_test(&a, &b, Alternative::TwoSided, MissingPolicy::Reject).unwrap();
        assert!((test.p_value - mcnemar_exact_p(4, 1)).abs() < 1e-15);
    }

    #[test]
    fn the_one_sided_tests_share_the_observed_count() {
        let (a, b) = ([3.0, 2.0, 2.0, 0.5], [1.0, 1.0, 1.0, 1.0]);
        let p = |alternative| sign_test(&a, &b, alternative, MissingPolicy::Reject).unwrap().p_value;
        // P(X >= 3) + P(X <= 3) = 1 + P(X = 3), X ~ Bin(4, 1/2).
        assert!((p(Alternative::Greater) + p(Alternative::Less) - 1.25).abs() < 1e-14);
    }

    #[test]
    fn two_identical_models_tie() {
        let test = sign_test(&[0.5; 3], &[0.5; 3], Alternative::TwoSided, MissingPolicy::Reject).unwrap();
        assert!((test.p_value - 1.0).abs() < 1e-15);
        assert_eq!(test.flags, vec![Flag::AllZero]);
    }
}
