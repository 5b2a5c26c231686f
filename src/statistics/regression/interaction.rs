//! Is a signal stronger where another number is larger: a regression with an interaction.

use serde::{Deserialize, Serialize};

use super::least_squares::{LeastSquares, RobustErrors, least_squares};
use crate::statistics::error::StatError;
use crate::statistics::missing::{check_finite, check_lengths, is_constant};
use crate::statistics::resample::stream::standard_deviation;

/// A regression on signal, moderator and their product.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Columns: 1, signal, standardised moderator, signal x standardised moderator. A last coefficient above 0 says that the
    /// signal is stronger where the moderator is larger.
    pub fit: LeastSquares,
    /// Mean of the moderator, in its unit.
    pub moderator_mean: f64,
    /// Its sample standard deviation (n - 1).
    pub moderator_deviation: f64,
}

/// Outcome on 1, f, z and f z by ordinary least squares; z is the moderator with mean 0 and sample standard deviation 1.
///
/// With the probability of a look-ahead as the moderator this is the test of arXiv 2512.23847. O(n).
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `ZeroVariance` (the moderator is constant), and those of
/// [`least_squares`].
pub fn interaction(
    outcome: &[f64],
    signal: &[f64],
    moderator: &[f64],
    errors: RobustErrors<'_>,
) -> Result<Interaction, StatError> {
    if outcome.is_empty() && signal.is_empty() && moderator.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(outcome.len(), signal.len())?;
    check_lengths(outcome.len(), moderator.len())?;
    check_finite(moderator)?;
    if moderator.len() < 2 {
        return Err(StatError::TooFewItems { needed: 5, got: moderator.len() });
    }
    if is_constant(moderator) {
        return Err(StatError::ZeroVariance);
    }
    let mean = moderator.iter().sum::<f64>() / moderator.len() as f64;
    let deviation = standard_deviation(moderator);
    let design: Vec<Vec<f64>> = signal
        .iter()
        .zip(moderator)
        .map(|(&f, raw)| {
            let z = (raw - mean) / deviation;
            vec![1.0, f, z, f * z]
        })
        .collect();
    let fit = least_squares(&design, outcome, None, errors)?;
    Ok(Interaction { fit, moderator_mean: mean, moderator_deviation: deviation })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Signal and moderator of a full cycle of -1, 0, 1 against ten levels.
    fn columns() -> (Vec<f64>, Vec<f64>) {
        (0..60).map(|i| (f64::from(i % 3 - 1), f64::from(i / 3 % 10) / 10.0)).unzip()
    }

    #[test]
    fn a_signal_that_works_only_where_the_moderator_is_large_is_found() {
        let (signal, moderator) = columns();
        let planted = |gain: f64| -> Vec<f64> {
            let z = |m: f64| (m - 0.45) / standard_deviation(&moderator);
            signal.iter().zip(&moderator).map(|(f, &m)| 0.5 + 0.2 * f + gain * f * z(m)).collect()
        };
        let found = interaction(&planted(0.3), &signal, &moderator, RobustErrors::Hc1).unwrap();
        for (got, want) in found.fit.coefficients.iter().zip([0.5, 0.2, 0.0, 0.3]) {
            assert!((got - want).abs() < 1e-12, "{:?}", found.fit.coefficients);
        }
        let none = interaction(&planted(0.0), &signal, &moderator, RobustErrors::Hc1).unwrap();
        assert!(none.fit.coefficients[3].abs() < 1e-12);
    }

    #[test]
    fn the_unit_of_the_moderator_does_not_matter() {
        let (signal, moderator) = columns();
        let outcome: Vec<f64> = (0..60).map(|i| f64::from(i * 7 % 11)).collect();
        let percent: Vec<f64> = moderator.iter().map(|m| 100.0 * m).collect();
        let of = |moderator: &[f64]| interaction(&outcome, &signal, moderator, RobustErrors::Hc1).unwrap().fit;
        let (one, hundred) = (of(&moderator), of(&percent));
        assert!((one.coefficients[3] - hundred.coefficients[3]).abs() < 1e-12);
    }

    #[test]
    fn a_moderator_that_does_not_vary_moderates_nothing() {
        let (signal, _) = columns();
        let refused = interaction(&signal, &signal, &[0.5; 60], RobustErrors::Hc1).unwrap_err();
        assert_eq!(refused, StatError::ZeroVariance);
        assert_eq!(interaction(&[1.0], &[1.0], &[], RobustErrors::Hc1).unwrap_err().kind(), "LengthMismatch");
    }
}
