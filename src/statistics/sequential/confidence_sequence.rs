//! Intervals of a mean that hold at all times together (Waudby-Smith & Ramdas 2024), and their asymptotic form.

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::missing::check_values;

/// How the sequence is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SequenceKind {
    /// Predictable-mixture empirical Bernstein: adapts to the variance. The default.
    #[default]
    EmpiricalBernstein,
    /// Hoeffding: as wide as values in [0, 1] can require.
    Hoeffding,
}

/// Whether an interval may be wider than an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunningIntersection {
    /// Each stands alone. The default.
    #[default]
    Off,
    /// Each is cut down to those before it, which costs nothing in level.
    On,
}

/// The interval after each value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceSequence {
    /// Lower limits, in [0, 1].
    pub low: Vec<f64>,
    /// Upper limits, in [0, 1].
    pub high: Vec<f64>,
}

/// Confidence sequence of the mean of values in [0, 1]; all intervals hold together with probability 1 - `alpha`.
///
/// Rescale paired differences by (d + 1)/2 first. O(n).
///
/// # Errors
/// `InvalidParameter` (`alpha`, a value outside [0, 1]), `EmptyInput`, `NonFinite`.
pub fn confidence_sequence(
    values: &[f64],
    alpha: f64,
    kind: SequenceKind,
    running: RunningIntersection,
) -> Result<ConfidenceSequence, StatError> {
    check_alpha(alpha)?;
    if let Some(bad) = values.iter().find(|value| value.is_finite() && !(0.0..=1.0).contains(*value)) {
        return Err(StatError::invalid("x", format!("values must lie in [0, 1], got {bad}; rescale them first")));
    }
    check_values(values)?;
    let mirrored: Vec<f64> = values.iter().map(|value| 1.0 - value).collect();
    // Each side holds with probability 1 - alpha/2.
    let mut low = lower_limits(values, 0.5 * alpha, kind);
    let mut high: Vec<f64> = lower_limits(&mirrored, 0.5 * alpha, kind).iter().map(|limit| 1.0 - limit).collect();
    if running == RunningIntersection::On {
        for index in 1..low.len() {
            low[index] = low[index].max(low[index - 1]);
            high[index] = high[index].min(high[index - 1]);
        }
    }
    Ok(ConfidenceSequence { low, high })
}

/// One-sided lower limits at level 1 - `alpha`.
fn lower_limits(values: &[f64], alpha: f64, kind: SequenceKind) -> Vec<f64> {
    // The bet at time t is set before the t-th value is seen.
    let ln_inverse = (1.0 / alpha).ln();
    let (mut sum, mut regularised_squares) = (0.0, 0.25);
    let mut variance = 0.25;
    let mut mean = 0.0;
    let (mut weighted, mut weights, mut penalty) = (0.0, 0.0, 0.0);
    values
        .iter()
        .enumerate()
        .map(|(index, &value)| {
            let time = (index + 1) as f64;
            let spread = time * time.ln_1p();
            let (bet, cost) = match kind {
                SequenceKind::EmpiricalBernstein => {
                    let bet = (2.0 * ln_inverse / (variance * spread)).sqrt().min(0.5);
                    (bet, (value - mean).powi(2) * (-(-bet).ln_1p() - bet))
                }
                SequenceKind::Hoeffding => {
                    let bet = (8.0 * ln_inverse / spread).sqrt().min(1.0);
                    (bet, bet * bet / 8.0)
                }
            };
            weighted += bet * value;
            weights += bet;
            penalty += cost;
            // The plain running mean enters the next cost, the regularised one the next bet.
            sum += value;
            mean = sum / time;
            let regularised = (0.5 + sum) / (time + 1.0);
            regularised_squares += (value - regularised).powi(2);
            variance = regularised_squares / (time + 1.0);
            ((weighted - ln_inverse - penalty) / weights).clamp(0.0, 1.0)
        })
        .collect()
}

/// The asymptotic interval after each value: mean +- radius.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AsymptoticSequence {
    /// Running mean.
    pub mean: Vec<f64>,
    /// Half-width; 0 as long as nothing has varied, which says nothing yet.
    pub radius: Vec<f64>,
}

/// Asymptotic confidence sequence of any mean: sd sqrt(2 (t rho² + 1)/(t² rho²) ln(sqrt(t rho² + 1)/alpha)), sd with
/// divisor t. It holds once t is large, and is shortest near t = 2 ln(1/alpha)/rho² or so. O(n).
///
/// # Errors
/// `InvalidParameter` (`alpha`, `rho_squared` of 0 or below), `EmptyInput`, `NonFinite`.
pub fn asymptotic_confidence_sequence(
    values: &[f64],
    alpha: f64,
    rho_squared: f64,
) -> Result<AsymptoticSequence, StatError> {
    check_alpha(alpha)?;
    if !(rho_squared > 0.0 && rho_squared.is_finite()) {
        return Err(StatError::invalid("rho2", format!("must be above 0 and finite, got {rho_squared}")));
    }
    check_values(values)?;
    // Welford's running moments: no cancellation for values far from 0.
    let (mut mean, mut squares) = (0.0, 0.0);
    let mut sequence = AsymptoticSequence { mean: Vec::new(), radius: Vec::new() };
    for (index, &value) in values.iter().enumerate() {
        let time = (index + 1) as f64;
        let step = value - mean;
        mean += step / time;
        squares += step * (value - mean);
        let growth = time * rho_squared + 1.0;
        let width = 2.0 * growth / (time * time * rho_squared) * (growth.sqrt() / alpha).ln();
        sequence.mean.push(mean);
        sequence.radius.push((squares.max(0.0) / time).sqrt() * width.sqrt());
    }
    Ok(sequence)
}

fn check_alpha(alpha: f64) -> Result<(), StatError> {
    if alpha > 0.0 && alpha < 1.0 {
        Ok(())
    } else {
        Err(StatError::invalid("alpha", format!("must lie strictly between 0 and 1, got {alpha}")))
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn coins(seed: u64, n: usize) -> Vec<f64> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        (0..n).map(|_| f64::from(u8::from(random.next_u64() % 10 < 7))).collect()
    }

    #[test]
    fn the_mean_is_covered_at_all_times_together() {
        for kind in [SequenceKind::EmpiricalBernstein, SequenceKind::Hoeffding] {
            let missed = (0..200)
                .filter(|&seed| {
                    let found = confidence_sequence(&coins(seed, 300), 0.05, kind, RunningIntersection::Off).unwrap();
                    found.low.iter().zip(&found.high).any(|(low, high)| *low > 0.7 || *high < 0.7)
                })
                .count();
            assert!(missed <= 20, "{kind:?}: {missed} of 200");
        }
    }

    #[test]
    fn the_running_intersection_never_widens() {
        let found =
            confidence_sequence(&coins(1, 200), 0.05, SequenceKind::default(), RunningIntersection::On).unwrap();
        assert!(found.low.is_sorted() && found.high.iter().rev().is_sorted());
    }

    #[test]
    fn values_outside_the_unit_interval_are_refused() {
        let run = |values: &[f64]| {
            confidence_sequence(values, 0.05, SequenceKind::default(), RunningIntersection::Off).unwrap_err()
        };
        assert_eq!(run(&[0.5, 1.5]).kind(), "InvalidParameter");
        assert_eq!(run(&[]), StatError::EmptyInput);
        assert_eq!(run(&[0.5, f64::NAN]), StatError::NonFinite { index: 1 });
        assert_eq!(asymptotic_confidence_sequence(&[1.0], 0.05, 0.0).unwrap_err().kind(), "InvalidParameter");
    }
}
