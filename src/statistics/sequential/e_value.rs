//! An e-value for McNemar's question that may be looked at after every item.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use crate::statistics::error::StatError;
use crate::statistics::extended_float;

/// Evidence against "A and B are right equally often".
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct EValue {
    /// Natural logarithm of the e-value; does not overflow.
    pub ln_e: f64,
    /// The e-value: stop and reject at 1/alpha or above, at whatever time.
    #[serde(with = "extended_float")]
    pub e_value: f64,
    /// min(1, 1/E): a p-value that is valid at every peek. For the whole path use the largest E so far.
    pub anytime_p: f64,
}

/// E-value after `only_a` and `only_b` discordant items, with a Beta(a, a) prior; a = 1/2 is the default of the house.
///
/// log E = ln B(a + f, a + g) - ln B(a, a) + (f + g) ln 2. Without a discordant item E = 1. O(1).
///
/// # Errors
/// `InvalidParameter` unless `prior` is above 0 and finite.
pub fn e_value_mcnemar(only_a: u64, only_b: u64, prior: f64) -> Result<EValue, StatError> {
    check_prior(prior)?;
    Ok(EValue::of(ln_e(only_a, only_b, prior)))
}

/// The largest e-value along a sequence of discordant items (`true`: only A was right), which is what stopping at any time
/// may use. O(n).
///
/// # Errors
/// `InvalidParameter` unless `prior` is above 0 and finite.
pub fn largest_e_value(only_a_was_right: &[bool], prior: f64) -> Result<EValue, StatError> {
    check_prior(prior)?;
    let (mut only_a, mut only_b, mut largest) = (0, 0, 0.0_f64);
    for &is_a in only_a_was_right {
        if is_a {
            only_a += 1;
        } else {
            only_b += 1;
        }
        largest = largest.max(ln_e(only_a, only_b, prior));
    }
    Ok(EValue::of(largest))
}

impl EValue {
    fn of(ln_e: f64) -> Self {
        Self { ln_e, e_value: ln_e.exp(), anytime_p: (-ln_e).exp().min(1.0) }
    }
}

fn check_prior(prior: f64) -> Result<(), StatError> {
    if prior > 0.0 && prior.is_finite() {
        Ok(())
    } else {
        Err(StatError::invalid("prior", format!("must be above 0 and finite, got {prior}")))
    }
}

fn ln_e(only_a: u64, only_b: u64, prior: f64) -> f64 {
    if only_a + only_b == 0 {
        return 0.0;
    }
    let (f, g) = (only_a as f64, only_b as f64);
    ln_beta(prior + f, prior + g) - ln_beta(prior, prior) + (f + g) * std::f64::consts::LN_2
}

fn ln_beta(a: f64, b: f64) -> f64 {
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_under_the_null_is_one() {
        // Over all outcomes of n fair coins the e-values average to exactly 1.
        for n in [1_u64, 5, 12] {
            let mut mean = 0.0;
            for pattern in 0..1_u64 << n {
                let only_a = u64::from(pattern.count_ones());
                mean +=
                    e_value_mcnemar(only_a, n - only_a, 0.5).unwrap().e_value / 2.0_f64.powi(i32::try_from(n).unwrap());
            }
            assert!((mean - 1.0).abs() < 1e-12, "{n}");
        }
    }

    #[test]
    fn the_largest_value_of_a_path_is_kept() {
        let path = [true, true, true, true, true, true, false, false, false, false];
        let largest = largest_e_value(&path, 0.5).unwrap();
        assert!(largest.ln_e > e_value_mcnemar(6, 4, 0.5).unwrap().ln_e);
        assert!((largest.ln_e - e_value_mcnemar(6, 0, 0.5).unwrap().ln_e).abs() < 1e-12);
    }

    #[test]
    fn a_prior_of_nothing_is_refused() {
        assert_eq!(e_value_mcnemar(1, 0, 0.0).unwrap_err().kind(), "InvalidParameter");
    }
}
