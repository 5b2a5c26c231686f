//! How many items a comparison needs, and the smallest difference it could have shown.
//!
//! Print the minimum detectable effect (MDE) beside every comparison: "no difference
//! found" means little when only a large one could be found. Never compute power from
//! the observed effect.

use serde::{Deserialize, Serialize};

use super::distribution::{binomial_cdf, binomial_pmf, normal_quantile};
use super::error::StatError;
use super::paired_binary::{McNemarMethod, PairedCounts, mcnemar};

/// What is asked of a test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PowerTarget {
    /// Two-sided type I error, in (0, 1); default 0.05.
    pub alpha: f64,
    /// Chance to find the effect, in (0, 1); default 0.8.
    pub power: f64,
}

impl Default for PowerTarget {
    fn default() -> Self {
        Self { alpha: 0.05, power: 0.8 }
    }
}

impl PowerTarget {
    /// z at 1 - alpha/2 and z at the power.
    fn quantiles(self) -> Result<(f64, f64), StatError> {
        for (name, value) in [("alpha", self.alpha), ("power", self.power)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(StatError::invalid(name, format!("must lie strictly between 0 and 1, got {value}")));
            }
        }
        Ok((-normal_quantile(0.5 * self.alpha), normal_quantile(self.power)))
    }
}

/// Where the variance of a paired difference comes from (Miller 2024).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedVariance {
    /// Variance of the true item differences.
    pub omega_squared: f64,
    /// Sampling variance of A within an item.
    pub sigma_a_squared: f64,
    /// Sampling variance of B within an item.
    pub sigma_b_squared: f64,
    /// Repeats of A for each item, at least 1.
    pub repeats_a: u32,
    /// Repeats of B for each item, at least 1.
    pub repeats_b: u32,
}

impl PairedVariance {
    /// From the variance of observed differences d_i, however they arose.
    #[must_use]
    pub fn of_differences(variance: f64) -> Self {
        Self { omega_squared: variance, sigma_a_squared: 0.0, sigma_b_squared: 0.0, repeats_a: 1, repeats_b: 1 }
    }

    /// Variance of one item's observed difference.
    fn for_each_item(self) -> Result<f64, StatError> {
        for (name, value) in [
            ("omega_squared", self.omega_squared),
            ("sigma_a_squared", self.sigma_a_squared),
            ("sigma_b_squared", self.sigma_b_squared),
        ] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(StatError::invalid(name, format!("must be finite and not negative, got {value}")));
            }
        }
        if self.repeats_a == 0 || self.repeats_b == 0 {
            return Err(StatError::invalid("repeats", "must be at least 1"));
        }
        Ok(self.omega_squared
            + self.sigma_a_squared / f64::from(self.repeats_a)
            + self.sigma_b_squared / f64::from(self.repeats_b))
    }
}

/// Items needed to find a mean difference `delta`; round up.
///
/// n = (z + z)^2 (omega^2 + sigma_a^2/K_a + sigma_b^2/K_b) / delta^2.
///
/// # Errors
/// `InvalidParameter`: target, variance, or `delta` zero or not finite.
pub fn items_for_paired_mean(variance: PairedVariance, delta: f64, target: PowerTarget) -> Result<f64, StatError> {
    let (z_alpha, z_power) = target.quantiles()?;
    let variance = variance.for_each_item()?;
    if !(delta.abs() > 0.0 && delta.is_finite()) {
        return Err(StatError::invalid("delta", format!("must be finite and not zero, got {delta}")));
    }
    Ok((z_alpha + z_power).powi(2) * variance / (delta * delta))
}

/// Smallest mean difference found with the wanted power on `n` items.
///
/// # Errors
/// `InvalidParameter`: target or variance; `EmptyInput` for no items.
pub fn mde_paired_mean(variance: PairedVariance, n: usize, target: PowerTarget) -> Result<f64, StatError> {
    let (z_alpha, z_power) = target.quantiles()?;
    let variance = variance.for_each_item()?;
    if n == 0 {
        return Err(StatError::EmptyInput);
    }
    Ok((z_alpha + z_power) * (variance / n as f64).sqrt())
}

/// Smallest difference found with the wanted power, given the standard error of the
/// difference: (z_{1-alpha/2} + z_power) SE. For areas give the SE of paired DeLong.
///
/// # Errors
/// `InvalidParameter`: target, or a negative or non-finite standard error.
pub fn detectable_difference(standard_error: f64, target: PowerTarget) -> Result<f64, StatError> {
    let (z_alpha, z_power) = target.quantiles()?;
    if !(standard_error >= 0.0 && standard_error.is_finite()) {
        return Err(StatError::invalid(
            "standard_error",
            format!("must be finite and not negative, got {standard_error}"),
        ));
    }
    Ok((z_alpha + z_power) * standard_error)
}

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

/// Smallest difference of rates a McNemar test finds on `n` items when a share
/// `discordance` of them is discordant, by inverting Connor's formula.
///
/// `None` when even the largest possible difference, `discordance` itself, would be missed.
///
/// # Errors
/// `InvalidParameter`: target, `discordance` outside (0, 1]; `EmptyInput` for no items.
pub fn mde_mcnemar(n: usize, discordance: f64, target: PowerTarget) -> Result<Option<f64>, StatError> {
    let (z_alpha, z_power) = target.quantiles()?;
    if !(discordance > 0.0 && discordance <= 1.0) {
        return Err(StatError::invalid("discordance", format!("must be above 0 and at most 1, got {discordance}")));
    }
    if n == 0 {
        return Err(StatError::EmptyInput);
    }
    let root_n = (n as f64).sqrt();
    // Rises with the difference where the difference is the larger part.
    let surplus = |difference: f64| {
        difference * root_n
            - z_alpha * discordance.sqrt()
            - z_power * (discordance - difference * difference).max(0.0).sqrt()
    };
    let (mut missed, mut found) = (0.0, discordance);
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
    let mut power = 0.0;
    // The largest smaller count that still rejects never falls as pairs are added.
    let mut critical: Option<u64> = None;
    for discordant in 1..=n {
        let rejects = |fewer: u64| {
            let counts = PairedCounts { both: n - discordant, only_a: fewer, only_b: discordant - fewer, neither: 0 };
            mcnemar(counts, method).is_ok_and(|test| test.p_value <= alpha)
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
    fn the_example_of_miller_comes_out() {
        let target = PowerTarget::default();
        let variance = PairedVariance {
            omega_squared: 1.0 / 9.0,
            sigma_a_squared: 1.0 / 6.0,
            sigma_b_squared: 1.0 / 6.0,
            repeats_a: 10,
            repeats_b: 10,
        };
        let n = items_for_paired_mean(variance, 0.03, target).unwrap();
        assert!((n.ceil() - 1260.0).abs() < 1e-9);
    }

    #[test]
    fn the_detectable_effect_inverts_the_sample_size() {
        let target = PowerTarget::default();
        let variance = PairedVariance::of_differences(0.2);
        let mde = mde_paired_mean(variance, 400, target).unwrap();
        let n = items_for_paired_mean(variance, mde, target).unwrap();
        assert!((n - 400.0).abs() < 1e-9);
        let shared = detectable_difference((0.2_f64 / 400.0).sqrt(), target).unwrap();
        assert!((mde - shared).abs() < 1e-15);
    }

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
    fn too_few_discordant_items_can_show_nothing() {
        assert_eq!(mde_mcnemar(20, 0.1, PowerTarget::default()), Ok(None));
    }

    #[test]
    fn under_the_null_the_power_is_the_type_one_error() {
        for method in [McNemarMethod::Exact, McNemarMethod::MidP] {
            let error = mcnemar_power(100, 0.15, 0.15, 0.05, method).unwrap();
            assert!(error <= 0.051, "{method:?} {error}");
        }
    }

    #[test]
    fn a_zero_effect_is_an_invalid_parameter() {
        let variance = PairedVariance::of_differences(0.1);
        let error = items_for_paired_mean(variance, 0.0, PowerTarget::default()).unwrap_err();
        assert_eq!(error.kind(), "InvalidParameter");
    }
}
