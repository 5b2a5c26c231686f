//! Power of McNemar tests.

use super::PowerTarget;
use crate::statistics::distribution::{binomial_cdf, binomial_pmf};
use crate::statistics::error::StatError;
use crate::statistics::paired::binary::{McNemarMethod, PairedCounts, mcnemar};

/// Items needed by a McNemar test (Connor 1987); round up.
///
/// `only_a`, `only_b`: probabilities that only A, or only B, gets an item right.
///
/// # Errors
/// `InvalidParameter`: target, probabilities, or equal probabilities.
pub fn items_for_mcnemar(only_a: f64, only_b: f64, target: PowerTarget) -> Result<f64, StatError> {
    let (z_alpha, z_power) = target.quantiles()?;
    check_discordance(only_a, only_b)?;
    let (discordance, difference) = (only_a + only_b, only_a - only_b);
    if difference.abs() <= 0.0 {
        return Err(StatError::invalid("difference", "the two probabilities are equal; no number of items shows that"));
    }
    let square = difference * difference;
    let root = z_alpha * discordance.sqrt() + z_power * (discordance - square).max(0.0).sqrt();
    Ok(root * root / square)
}

/// Smallest difference of rates a McNemar test finds on `n` items when a share `discordance` of them is discordant, by
/// inverting Connor's formula.
///
/// A difference takes at least as large a share of discordant items: beyond `discordance` the share is the difference itself,
/// as if all discordant items spoke for one model. `None` when `n` is too small to find even a difference of 1.
///
/// # Errors
/// `InvalidParameter`: target, `discordance` outside [0, 1]; `EmptyInput` for no items.
pub fn mde_mcnemar(n: usize, discordance: f64, target: PowerTarget) -> Result<Option<f64>, StatError> {
    let (z_alpha, z_power) = target.quantiles()?;
    if !(0.0..=1.0).contains(&discordance) {
        return Err(StatError::invalid("discordance", format!("must lie in [0, 1], got {discordance}")));
    }
    if n == 0 {
        return Err(StatError::EmptyInput);
    }
    let root_n = (n as f64).sqrt();
    // Rises with the difference.
    let surplus = |difference: f64| {
        let share = discordance.max(difference);
        difference * root_n - z_alpha * share.sqrt() - z_power * (share - difference * difference).max(0.0).sqrt()
    };
    let (mut missed, mut found) = (0.0, 1.0);
    if surplus(found) < 0.0 {
        return Ok(None);
    }
    for _ in 0..200 {
        let middle = 0.5 * (missed + found);
        if surplus(middle) < 0.0 {
            missed = middle;
        } else {
            found = middle;
        }
    }
    Ok(Some(found))
}

/// Power of a two-sided McNemar test on `n` items, by summing over all outcomes. O(n^2) at
/// worst; n = 1,000 takes milliseconds.
///
/// # Errors
/// `InvalidParameter`: `alpha`, probabilities; `EmptyInput` for no items.
pub fn mcnemar_power(n: u64, only_a: f64, only_b: f64, alpha: f64, method: McNemarMethod) -> Result<f64, StatError> {
    PowerTarget { alpha, power: 0.5 }.quantiles()?;
    check_discordance(only_a, only_b)?;
    if n == 0 {
        return Err(StatError::EmptyInput);
    }
    let discordance = (only_a + only_b).min(1.0);
    if discordance <= 0.0 {
        return Ok(0.0);
    }
    let share = (only_a / discordance).min(1.0);
    // A p-value may equal alpha but for the last bits, as 1/16 does.
    let attained = alpha * (1.0 + 1e-12);
    let mut power = 0.0;
    // The largest smaller count that still rejects never falls as pairs are added.
    let mut critical: Option<u64> = None;
    for discordant in 1..=n {
        let rejects = |fewer: u64| {
            let counts = PairedCounts { both: n - discordant, only_a: fewer, only_b: discordant - fewer, neither: 0 };
            mcnemar(counts, method).is_ok_and(|test| test.p_value <= attained)
        };
        let mut next = critical.map_or(0, |fewer| fewer + 1);
        while 2 * next <= discordant && rejects(next) {
            critical = Some(next);
            next += 1;
        }
        let Some(fewer) = critical else { continue };
        // Both tails: few only-A, or few only-B.
        let low = binomial_cdf(fewer, discordant, share);
        let high = binomial_cdf(fewer, discordant, 1.0 - share);
        let both = if 2 * fewer >= discordant { 1.0 } else { (low + high).min(1.0) };
        power += binomial_pmf(discordant, n, discordance) * both;
    }
    Ok(power.min(1.0))
}

fn check_discordance(only_a: f64, only_b: f64) -> Result<(), StatError> {
    if only_a >= 0.0 && only_b >= 0.0 && only_a + only_b <= 1.0 + 1e-12 {
        Ok(())
    } else {
        Err(StatError::invalid(
            "discordance",
            format!("{only_a} and {only_b} must be probabilities that sum to at most 1"),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_detectable_mcnemar_difference_inverts_connor() {
        let target = PowerTarget::default();
        for (n, discordance) in [(50, 0.4), (200, 0.17), (5000, 0.02)] {
            let difference = mde_mcnemar(n, discordance, target).unwrap().unwrap();
            let only_a = 0.5 * (discordance + difference);
            let needed = items_for_mcnemar(only_a, discordance - only_a, target).unwrap();
            assert!((needed / n as f64 - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn without_discordant_items_the_difference_brings_its_own() {
        let target = PowerTarget::default();
        let found = mde_mcnemar(400, 0.0, target).unwrap().unwrap();
        // All discordant items speak for one model: Connor's formula at a share equal to the difference.
        let needed = items_for_mcnemar(found, 0.0, target).unwrap();
        assert!((needed / 400.0 - 1.0).abs() < 1e-9);
        assert!((mde_mcnemar(400, 0.9 * found, target).unwrap().unwrap() - found).abs() < 1e-12);
        assert_eq!(mde_mcnemar(3, 0.5, target), Ok(None));
    }

    #[test]
    fn a_level_that_is_attained_exactly_rejects() {
        // Five pairs for one model have p = 1/16.
        let power = mcnemar_power(5, 1.0, 0.0, 1.0 / 16.0, McNemarMethod::Exact).unwrap();
        assert!((power - 1.0).abs() < 1e-12);
    }

    #[test]
    fn under_the_null_the_power_is_the_type_one_error() {
        for method in [McNemarMethod::Exact, McNemarMethod::MidP] {
            let error = mcnemar_power(100, 0.15, 0.15, 0.05, method).unwrap();
            assert!(error <= 0.051, "{method:?} {error}");
        }
    }
}
