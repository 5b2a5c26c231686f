//! Power of comparisons of means, by normal quantiles.

use serde::{Deserialize, Serialize};

use super::PowerTarget;
use crate::statistics::error::StatError;

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
    fn a_zero_effect_is_an_invalid_parameter() {
        let variance = PairedVariance::of_differences(0.1);
        let error = items_for_paired_mean(variance, 0.0, PowerTarget::default()).unwrap_err();
        assert_eq!(error.kind(), "InvalidParameter");
    }
}
