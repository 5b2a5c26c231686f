//! Does a rate, or a score, rise with the number of copies seen in training.
//!
//! Rates: Cochran-Armitage over dose groups. Single items: Spearman of score against
//! copies. The dose is scored log2(1 + copies) by default: one more doubling, one more step.

use serde::{Deserialize, Serialize};

use super::correlation::{Correlation, CorrelationMethod, correlation};
use crate::statistics::distribution::normal_two_sided;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Level};
use crate::statistics::missing::{check_finite, check_lengths};
use crate::statistics::proportion::single::check_counts;

/// What number a dose enters a trend test with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoseScoring {
    /// log2(1 + copies). The default.
    #[default]
    Log2OnePlus,
    /// The number of copies itself.
    Raw,
}

impl DoseScoring {
    /// The score of a dose; `copies` >= 0.
    #[must_use]
    pub fn score(self, copies: f64) -> f64 {
        match self {
            Self::Log2OnePlus => copies.ln_1p() / std::f64::consts::LN_2,
            Self::Raw => copies,
        }
    }

    /// The scores of many doses.
    ///
    /// # Errors
    /// `NonFinite`; `InvalidParameter` for a negative number of copies.
    pub fn score_all(self, copies: &[f64]) -> Result<Vec<f64>, StatError> {
        check_finite(copies)?;
        match copies.iter().find(|&&dose| dose < 0.0) {
            Some(dose) => Err(StatError::invalid("copies", format!("must not be negative, got {dose}"))),
            None => Ok(copies.iter().map(|&dose| self.score(dose)).collect()),
        }
    }
}

/// The answer of a test for trend.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrendTest {
    /// Positive when the rate rises with the dose.
    pub z: f64,
    /// Two-sided p-value, in [0, 1].
    pub p_value: f64,
    /// Change of the rate for each unit of dose score (least squares, weighted by trials).
    pub slope: f64,
    /// The scores of the doses, as used.
    pub dose_scores: Vec<f64>,
    /// All trials together.
    pub n: u64,
    /// `zero_variance` when every trial, or none, succeeded.
    pub flags: Vec<Flag>,
}

/// Cochran-Armitage test for trend of rates over scored doses.
///
/// z = sum x (r - n p) / sqrt(p(1-p)(sum n x^2 - (sum n x)^2/N)). Score the doses first
/// with [`DoseScoring::score_all`]. When all or no trials succeed: z = 0, p = 1.
///
/// # Errors
/// `InvalidParameter` (successes above trials), `EmptyInput`, `LengthMismatch`, `NonFinite`,
/// `TooFewItems` (fewer than two groups), `ZeroVariance` (all trials at one dose).
pub fn cochran_armitage(dose_scores: &[f64], successes: &[u64], trials: &[u64]) -> Result<TrendTest, StatError> {
    for (&r, &n) in successes.iter().zip(trials) {
        if n > 0 {
            check_counts(r, n)?;
        } else if r > 0 {
            return Err(StatError::invalid("successes", "successes without trials"));
        }
    }
    if dose_scores.is_empty() && successes.is_empty() && trials.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(dose_scores.len(), successes.len())?;
    check_lengths(successes.len(), trials.len())?;
    check_finite(dose_scores)?;
    if dose_scores.len() < 2 {
        return Err(StatError::TooFewItems { needed: 2, got: dose_scores.len() });
    }
    let all_trials: u64 = trials.iter().sum();
    if all_trials == 0 {
        return Err(StatError::EmptyInput);
    }
    let total = all_trials as f64;
    let rate = successes.iter().sum::<u64>() as f64 / total;
    let mean_dose = dose_scores.iter().zip(trials).map(|(x, &n)| x * n as f64).sum::<f64>() / total;
    // Doses about their mean: the same number, without cancellation.
    let (mut spread, mut covariation) = (0.0, 0.0);
    for ((x, &r), &n) in dose_scores.iter().zip(successes).zip(trials) {
        let dose = x - mean_dose;
        spread += n as f64 * dose * dose;
        covariation += dose * (r as f64 - n as f64 * rate);
    }
    if spread <= 1e-24 * total * mean_dose * mean_dose {
        return Err(StatError::ZeroVariance);
    }
    let variance = rate * (1.0 - rate) * spread;
    let (z, flags) =
        if variance > 0.0 { (covariation / variance.sqrt(), Vec::new()) } else { (0.0, vec![Flag::ZeroVariance]) };
    Ok(TrendTest {
        z,
        p_value: normal_two_sided(z),
        slope: covariation / spread,
        dose_scores: dose_scores.to_vec(),
        n: all_trials,
        flags,
    })
}

/// Spearman correlation of the items' scores with their number of copies.
///
/// Ranks do not depend on how the dose is scored.
///
/// # Errors
/// As [`correlation`]; `InvalidParameter` for a negative number of copies.
pub fn score_dose_correlation(scores: &[f64], copies: &[f64], level: Level) -> Result<Correlation, StatError> {
    if let Some(dose) = copies.iter().find(|&&dose| dose < 0.0) {
        return Err(StatError::invalid("copies", format!("must not be negative, got {dose}")));
    }
    correlation(copies, scores, CorrelationMethod::Spearman, level)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_doubling_of_one_plus_copies_is_one_step() {
        let scores = DoseScoring::Log2OnePlus.score_all(&[0.0, 1.0, 3.0, 255.0]).unwrap();
        for (score, want) in scores.iter().zip([0.0, 1.0, 2.0, 8.0]) {
            assert!((score - want).abs() < 1e-12);
        }
        assert!(DoseScoring::Raw.score_all(&[-1.0]).is_err());
    }

    #[test]
    fn shifting_or_stretching_the_doses_changes_nothing() {
        let (r, n) = ([3, 5, 9], [10, 12, 14]);
        let base = cochran_armitage(&[0.0, 1.0, 4.0], &r, &n).unwrap();
        let moved = cochran_armitage(&[7.0, 9.0, 15.0], &r, &n).unwrap();
        assert!((base.z - moved.z).abs() < 1e-12);
        let reversed = cochran_armitage(&[0.0, -1.0, -4.0], &r, &n).unwrap();
        assert!((base.z + reversed.z).abs() < 1e-12);
    }

    #[test]
    fn all_successes_are_no_trend() {
        let test = cochran_armitage(&[0.0, 1.0], &[5, 5], &[5, 5]).unwrap();
        assert!(test.z.abs() < 1e-15 && (test.p_value - 1.0).abs() < 1e-15);
        assert_eq!(test.flags, vec![Flag::ZeroVariance]);
    }

    #[test]
    fn one_dose_is_no_trend_test() {
        assert_eq!(cochran_armitage(&[2.0, 2.0], &[1, 2], &[5, 5]), Err(StatError::ZeroVariance));
    }
}
