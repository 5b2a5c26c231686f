//! Intervals for the difference of two paired proportions.
//!
//! Newcombe's method 10 is the default; Tango's score interval stays informative when the
//! two models agree on every item, where Wald would print plus or minus zero.

use serde::{Deserialize, Serialize};

use super::binary::PairedCounts;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Estimate, Flag, Interval, Level};
use crate::statistics::proportion::single::wilson_limits;
use crate::statistics::score_limit::lower_limit;

/// Whether Newcombe's correlation is corrected for continuity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhiCorrection {
    /// A positive eh - fg is reduced by n/2, not below 0 (Newcombe 1998). The default.
    #[default]
    Corrected,
    /// phi as it is.
    Plain,
}

/// The difference of two paired rates (A minus B) with an interval in [-1, 1].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// Rate of A minus rate of B.
    pub difference: f64,
    /// Its interval.
    pub interval: Interval,
    /// Newcombe's correlation, after correction.
    pub phi: f64,
    /// Number of items.
    pub n: u64,
}

/// Newcombe 1998, method 10: Wilson limits of the two rates, joined through phi.
///
/// # Errors
/// `EmptyInput` for a table without items.
pub fn newcombe_paired(
    counts: PairedCounts,
    level: Level,
    correction: PhiCorrection,
) -> Result<PairedDifference, StatError> {
    let n = check_table(counts)?;
    let z = level.two_sided_z();
    let (right_a, right_b) = (counts.both + counts.only_a, counts.both + counts.only_b);
    let (p1, p2) = (right_a as f64 / n as f64, right_b as f64 / n as f64);
    let (low1, high1) = wilson_limits(right_a, n, z);
    let (low2, high2) = wilson_limits(right_b, n, z);
    let phi = newcombe_phi(counts, correction);
    let joined = |left: f64, right: f64| (left * left - 2.0 * phi * left * right + right * right).max(0.0).sqrt();
    let difference = counts.difference();
    let low = difference - joined(p1 - low1, high2 - p2);
    let high = difference + joined(high1 - p1, p2 - low2);
    Ok(PairedDifference {
        difference,
        interval: Interval::new(
            low.max(-1.0),
            high.min(1.0),
            level,
            match correction {
                PhiCorrection::Corrected => "newcombe_10_phi_corrected",
                PhiCorrection::Plain => "newcombe_10",
            },
        ),
        phi,
        n,
    })
}

fn newcombe_phi(counts: PairedCounts, correction: PhiCorrection) -> f64 {
    let (e, f, g, h) = (counts.both as f64, counts.only_a as f64, counts.only_b as f64, counts.neither as f64);
    let root = ((e + f) * (g + h) * (e + g) * (f + h)).sqrt();
    if root <= 0.0 {
        return 0.0;
    }
    let cross = e * h - f * g;
    let numerator = match correction {
        PhiCorrection::Corrected if cross > 0.0 => (cross - 0.5 * (e + f + g + h)).max(0.0),
        _ => cross,
    };
    numerator / root
}

/// Tango 1998: the score interval, by bisection of its defining equation.
///
/// Not degenerate without discordant items: n = 25 equal answers give +-0.133.
///
/// # Errors
/// `EmptyInput` for a table without items.
pub fn tango_paired(counts: PairedCounts, level: Level) -> Result<Estimate, StatError> {
    let n = check_table(counts)?;
    let z = level.two_sided_z();
    let low = tango_lower_limit(counts, z);
    // The upper limit of A - B is minus the lower limit of B - A.
    let high = -tango_lower_limit(counts.swapped(), z);
    Ok(Estimate {
        value: counts.difference(),
        standard_error: None,
        interval: Some(Interval::new(low, high, level, "tango")),
        n: usize::try_from(n).unwrap_or(usize::MAX),
        flags: Vec::new(),
    })
}

/// The difference below the estimate whose score statistic is exactly `z`.
fn tango_lower_limit(counts: PairedCounts, z: f64) -> f64 {
    let n = counts.n() as f64;
    let (f, g) = (counts.only_a as f64, counts.only_b as f64);
    // Positive where the hypothesis "difference = delta" is rejected.
    let excess = |delta: f64| {
        let a = 2.0 * n;
        let b = -f - g + (2.0 * n - f + g) * delta;
        let c = -g * delta * (1.0 - delta);
        let q = ((b * b - 4.0 * a * c).max(0.0).sqrt() - b) / (2.0 * a);
        let variance = n * (2.0 * q + delta * (1.0 - delta));
        f - g - n * delta - z * variance.max(0.0).sqrt()
    };
    lower_limit(counts.difference(), excess)
}

/// Paired Wald interval: mean of the differences +- z SE, not clipped; for reproduction.
///
/// Without variation the interval is a point, flag `zero_variance`.
///
/// # Errors
/// `EmptyInput`; `TooFewItems` with one item.
pub fn wald_paired(counts: PairedCounts, level: Level) -> Result<Estimate, StatError> {
    let items = check_table(counts)?;
    if items < 2 {
        return Err(StatError::TooFewItems { needed: 2, got: 1 });
    }
    let n = items as f64;
    let difference = counts.difference();
    let sum_squares = counts.n_discordant() as f64 - n * difference * difference;
    let standard_error = (sum_squares.max(0.0) / (n - 1.0) / n).sqrt();
    let half = level.two_sided_z() * standard_error;
    Ok(Estimate {
        value: difference,
        standard_error: Some(standard_error),
        interval: Some(Interval::new(difference - half, difference + half, level, "wald_paired")),
        n: usize::try_from(items).unwrap_or(usize::MAX),
        flags: if standard_error > 0.0 { Vec::new() } else { vec![Flag::ZeroVariance] },
    })
}

fn check_table(counts: PairedCounts) -> Result<u64, StatError> {
    match counts.n() {
        0 => Err(StatError::EmptyInput),
        n => Ok(n),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLISHED: PairedCounts = PairedCounts { both: 1, only_a: 1, only_b: 7, neither: 12 };

    #[test]
    fn the_example_of_fagerland_2014_comes_out() {
        let corrected = newcombe_paired(PUBLISHED, Level::DEFAULT, PhiCorrection::Corrected).unwrap();
        assert!((corrected.interval.low + 0.507).abs() < 5e-4);
        assert!((corrected.interval.high + 0.026).abs() < 5e-4);
        let tango = tango_paired(PUBLISHED, Level::DEFAULT).unwrap().interval.unwrap();
        assert!((tango.low + 0.517).abs() < 5e-4);
        assert!((tango.high + 0.026).abs() < 5e-4);
    }

    #[test]
    fn two_models_that_agree_everywhere_still_get_an_interval_from_tango() {
        let agree = PairedCounts { both: 15, only_a: 0, only_b: 0, neither: 10 };
        let interval = tango_paired(agree, Level::DEFAULT).unwrap().interval.unwrap();
        assert!((interval.high - 0.133).abs() < 5e-4);
        assert!((interval.low + interval.high).abs() < 1e-12);
    }

    #[test]
    fn swapping_the_models_mirrors_the_intervals() {
        for (e, f, g, h) in [(1, 1, 7, 12), (36, 12, 2, 0), (0, 3, 0, 0), (5, 0, 0, 5)] {
            let counts = PairedCounts { both: e, only_a: f, only_b: g, neither: h };
            let newcombe = |c| newcombe_paired(c, Level::DEFAULT, PhiCorrection::Corrected).unwrap().interval;
            let tango = |c| tango_paired(c, Level::DEFAULT).unwrap().interval.unwrap();
            let pairs = [(newcombe(counts), newcombe(counts.swapped())), (tango(counts), tango(counts.swapped()))];
            for (direct, swapped) in pairs {
                assert!((direct.low + swapped.high).abs() < 1e-12);
                assert!(direct.contains(counts.difference()));
            }
        }
    }
}
