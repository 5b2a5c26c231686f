//! One proportion: x successes among n trials, with an interval.
//!
//! Wilson is the default of the house. Wald fails near 0 and 1 and for small n
//! (Brown, Cai & DasGupta 2001; Bowyer et al. 2025 for evals) and is kept only to
//! reproduce published numbers.

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::beta_quantile;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Estimate, Interval, Level};

/// How the interval of a proportion is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProportionMethod {
    /// Wilson score interval: coverage near the level at every n.
    #[default]
    Wilson,
    /// Wilson with continuity correction.
    WilsonContinuity,
    /// Clopper-Pearson: coverage never below the level, hence wide.
    ClopperPearson,
    /// Jeffreys: beta posterior with a Beta(1/2, 1/2) prior.
    Jeffreys,
    /// Agresti-Coull: Wald after adding z^2/2 successes and failures; clipped to [0, 1].
    AgrestiCoull,
    /// Wald, clipped to [0, 1]; for reproduction only.
    Wald,
}

impl ProportionMethod {
    /// The name as intervals carry it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wilson => "wilson",
            Self::WilsonContinuity => "wilson_continuity",
            Self::ClopperPearson => "clopper_pearson",
            Self::Jeffreys => "jeffreys",
            Self::AgrestiCoull => "agresti_coull",
            Self::Wald => "wald",
        }
    }
}

/// Successes among trials, with an interval in [0, 1].
///
/// # Errors
/// `InvalidParameter` when `successes` > `trials`, `EmptyInput` when there is no trial.
pub fn proportion(successes: u64, trials: u64, level: Level, method: ProportionMethod) -> Result<Estimate, StatError> {
    let interval = proportion_interval(successes, trials, level, method)?;
    let p = successes as f64 / trials as f64;
    Ok(Estimate {
        value: p,
        standard_error: Some((p * (1.0 - p) / trials as f64).sqrt()),
        interval: Some(interval),
        n: usize::try_from(trials).unwrap_or(usize::MAX),
        flags: Vec::new(),
    })
}

/// The interval alone, in [0, 1].
///
/// # Errors
/// As [`proportion`].
pub fn proportion_interval(
    successes: u64,
    trials: u64,
    level: Level,
    method: ProportionMethod,
) -> Result<Interval, StatError> {
    check_counts(successes, trials)?;
    let (low, high) = match method {
        ProportionMethod::Wilson => wilson_limits(successes, trials, level.two_sided_z()),
        ProportionMethod::WilsonContinuity => wilson_continuity_limits(successes, trials, level),
        ProportionMethod::ClopperPearson => clopper_pearson_limits(successes, trials, level),
        ProportionMethod::Jeffreys => jeffreys_limits(successes, trials, level),
        ProportionMethod::AgrestiCoull => agresti_coull_limits(successes, trials, level),
        ProportionMethod::Wald => wald_limits(successes as f64 / trials as f64, trials as f64, level),
    };
    Ok(Interval::new(low, high, level, method.as_str()))
}

/// Wilson score interval.
///
/// # Errors
/// As [`proportion`].
pub fn wilson(successes: u64, trials: u64, level: Level) -> Result<Interval, StatError> {
    proportion_interval(successes, trials, level, ProportionMethod::Wilson)
}

/// Wilson's limits at a mean of values from 0 to 1: their variance is p (1 - p) at most, so that the interval of a share is no shorter than
/// theirs. For means of which too few values are known to see their spread.
///
/// # Errors
/// `InvalidParameter` (a mean outside of [0, 1]), `EmptyInput`.
pub fn wilson_of_mean(mean: f64, n: f64, level: Level) -> Result<Interval, StatError> {
    if !(0.0..=1.0).contains(&mean) {
        return Err(StatError::invalid("mean", format!("{mean}, which is outside of [0, 1]")));
    }
    if n.is_nan() || n <= 0.0 {
        return Err(StatError::EmptyInput);
    }
    let (low, high) = wilson_limits_at(mean, n, level.two_sided_z());
    Ok(Interval::new(low, high, level, "wilson"))
}

/// Clopper-Pearson ("exact") interval; at 0 successes the upper limit is the rule of three.
///
/// # Errors
/// As [`proportion`].
pub fn clopper_pearson(successes: u64, trials: u64, level: Level) -> Result<Interval, StatError> {
    proportion_interval(successes, trials, level, ProportionMethod::ClopperPearson)
}

pub(crate) fn check_counts(successes: u64, trials: u64) -> Result<(), StatError> {
    if successes > trials {
        return Err(StatError::invalid("successes", format!("{successes} successes among {trials} trials")));
    }
    if trials == 0 {
        return Err(StatError::EmptyInput);
    }
    Ok(())
}

/// Wilson limits for checked counts and a given normal quantile.
pub(crate) fn wilson_limits(successes: u64, trials: u64, z: f64) -> (f64, f64) {
    let n = trials as f64;
    wilson_limits_at(successes as f64 / n, n, z)
}

fn wilson_limits_at(p: f64, n: f64, z: f64) -> (f64, f64) {
    let square = z * z;
    let centre = (p + square / (2.0 * n)) / (1.0 + square / n);
    let half = z / (1.0 + square / n) * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    // At the ends the limit is 0 or 1 exactly; rounding would leave 1e-17.
    let low = if p <= 0.0 { 0.0 } else { (centre - half).max(0.0) };
    let high = if p >= 1.0 { 1.0 } else { (centre + half).min(1.0) };
    (low, high)
}

fn wilson_continuity_limits(successes: u64, trials: u64, level: Level) -> (f64, f64) {
    let n = trials as f64;
    let p = successes as f64 / n;
    let q = 1.0 - p;
    let z = level.two_sided_z();
    let denominator = 2.0 * (n + z * z);
    let centre = 2.0 * n * p + z * z;
    let low = if successes == 0 {
        0.0
    } else {
        let root = z * z - 2.0 - 1.0 / n + 4.0 * p * (n * q + 1.0);
        (centre - 1.0 - z * root.max(0.0).sqrt()) / denominator
    };
    let high = if successes == trials {
        1.0
    } else {
        let root = z * z + 2.0 - 1.0 / n + 4.0 * p * (n * q - 1.0);
        (centre + 1.0 + z * root.max(0.0).sqrt()) / denominator
    };
    (low.max(0.0), high.min(1.0))
}

pub(crate) fn clopper_pearson_limits(successes: u64, trials: u64, level: Level) -> (f64, f64) {
    let (x, n) = (successes as f64, trials as f64);
    let half = 0.5 * level.alpha();
    let low = if successes == 0 { 0.0 } else { beta_quantile(half, x, n - x + 1.0) };
    let high = if successes == trials { 1.0 } else { beta_quantile(1.0 - half, x + 1.0, n - x) };
    (low, high)
}

fn jeffreys_limits(successes: u64, trials: u64, level: Level) -> (f64, f64) {
    let (a, b) = (successes as f64 + 0.5, (trials - successes) as f64 + 0.5);
    let half = 0.5 * level.alpha();
    let low = if successes == 0 { 0.0 } else { beta_quantile(half, a, b) };
    let high = if successes == trials { 1.0 } else { beta_quantile(1.0 - half, a, b) };
    (low, high)
}

fn agresti_coull_limits(successes: u64, trials: u64, level: Level) -> (f64, f64) {
    let z = level.two_sided_z();
    let n = trials as f64 + z * z;
    wald_limits((successes as f64 + 0.5 * z * z) / n, n, level)
}

fn wald_limits(p: f64, n: f64, level: Level) -> (f64, f64) {
    let half = level.two_sided_z() * (p * (1.0 - p) / n).sqrt();
    ((p - half).max(0.0), (p + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_of_three_falls_out_of_clopper_pearson() {
        let interval = clopper_pearson(0, 1000, Level::NINETY).unwrap();
        assert!((interval.high - 3.0 / 1000.0).abs() < 1e-5);
    }

    #[test]
    fn counting_failures_mirrors_the_interval() {
        for method in [
            ProportionMethod::Wilson,
            ProportionMethod::WilsonContinuity,
            ProportionMethod::ClopperPearson,
            ProportionMethod::Jeffreys,
            ProportionMethod::AgrestiCoull,
            ProportionMethod::Wald,
        ] {
            for (x, n) in [(0, 5), (3, 17), (40, 41), (9, 9)] {
                let direct = proportion_interval(x, n, Level::DEFAULT, method).unwrap();
                let mirror = proportion_interval(n - x, n, Level::DEFAULT, method).unwrap();
                assert!((direct.low - (1.0 - mirror.high)).abs() < 1e-12);
                assert!(direct.low <= direct.high);
            }
        }
    }

    #[test]
    fn a_higher_level_gives_a_wider_interval() {
        let narrow = wilson(7, 20, Level::NINETY).unwrap();
        let wide = wilson(7, 20, Level::new(0.99).unwrap()).unwrap();
        assert!(wide.width() > narrow.width());
    }

    #[test]
    fn more_successes_than_trials_is_an_invalid_parameter() {
        assert_eq!(wilson(5, 3, Level::DEFAULT).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(wilson(0, 0, Level::DEFAULT), Err(StatError::EmptyInput));
    }
}
