//! A mean from many judged items and a random few that were also labelled by hand (prediction-powered inference,
//! Angelopoulos et al. 2023; PPI++ 2023).
//!
//! For two models judged by one judge give differences: but label the answers of both, since a judge's bias towards one
//! family does not cancel.

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::normal_quantile;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};
use crate::statistics::missing::{check_finite, check_lengths};

/// How much the judge is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgeWeight {
    /// The weight in [0, 1] that makes the interval shortest (PPI++). The default.
    #[default]
    Optimal,
    /// A given weight; 1 is classical PPI, 0 leaves the judge out.
    Fixed(f64),
}

/// A prediction-powered mean.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PredictionPoweredMean {
    /// lambda mean(F) + mean(y - lambda f).
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// estimate +- z SE; not clipped, since clipping would hide a judge that does not fit.
    pub interval: Interval,
    /// The weight of the judge that was used.
    pub lambda: f64,
    /// Mean of the labelled items alone, for comparison.
    pub classical_estimate: f64,
    /// Its interval.
    pub classical_interval: Interval,
    /// Labelled items.
    pub n_labelled: usize,
    /// Items that only the judge saw.
    pub n_unlabelled: usize,
}

/// Mean of the truth from `labels` beside `judge_labelled` (same items) and `judge_unlabelled` (other items).
///
/// The labelled items must be a random subset. Variances have divisor n, as the reference implementation's.
///
/// # Errors
/// `InvalidParameter` (weight outside [0, 1]), `EmptyInput`, `LengthMismatch`, `NonFinite` (index within the list at fault, in
/// the order of the arguments), `TooFewItems` (fewer than two labelled or unlabelled).
pub fn prediction_powered_mean(
    labels: &[f64],
    judge_labelled: &[f64],
    judge_unlabelled: &[f64],
    weight: JudgeWeight,
    level: Level,
) -> Result<PredictionPoweredMean, StatError> {
    if let JudgeWeight::Fixed(lambda) = weight
        && !(0.0..=1.0).contains(&lambda)
    {
        return Err(StatError::invalid("lambda_", format!("must lie in [0, 1], got {lambda}")));
    }
    if labels.is_empty() || judge_unlabelled.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(labels.len(), judge_labelled.len())?;
    for list in [labels, judge_labelled, judge_unlabelled] {
        check_finite(list)?;
    }
    let shortest = labels.len().min(judge_unlabelled.len());
    if shortest < 2 {
        return Err(StatError::TooFewItems { needed: 2, got: shortest });
    }
    let (n, m) = (labels.len() as f64, judge_unlabelled.len() as f64);
    let lambda = match weight {
        JudgeWeight::Fixed(lambda) => lambda,
        JudgeWeight::Optimal => optimal_weight(labels, judge_labelled, judge_unlabelled),
    };
    let corrections: Vec<f64> = labels.iter().zip(judge_labelled).map(|(y, f)| y - lambda * f).collect();
    let estimate = lambda * mean(judge_unlabelled) + mean(&corrections);
    let standard_error = (variance(&corrections) / n + lambda * lambda * variance(judge_unlabelled) / m).sqrt();
    let z = -normal_quantile(0.5 * level.alpha());
    let classical = mean(labels);
    let classical_error = (variance(labels) / n).sqrt();
    let interval =
        |centre: f64, error: f64, method: &str| Interval::new(centre - z * error, centre + z * error, level, method);
    Ok(PredictionPoweredMean {
        estimate,
        standard_error,
        interval: interval(estimate, standard_error, "prediction_powered"),
        lambda,
        classical_estimate: classical,
        classical_interval: interval(classical, classical_error, "normal"),
        n_labelled: labels.len(),
        n_unlabelled: judge_unlabelled.len(),
    })
}

/// cov(y, f) / ((1 + n/N) var(f and F together)), clipped to [0, 1].
fn optimal_weight(labels: &[f64], judge_labelled: &[f64], judge_unlabelled: &[f64]) -> f64 {
    let (n, m) = (labels.len() as f64, judge_unlabelled.len() as f64);
    let (mean_y, mean_f) = (mean(labels), mean(judge_labelled));
    let covariance = labels.iter().zip(judge_labelled).map(|(y, f)| (y - mean_y) * (f - mean_f)).sum::<f64>() / n;
    let pooled: Vec<f64> = judge_labelled.iter().chain(judge_unlabelled).copied().collect();
    let spread = variance(&pooled) * (n + m) / (n + m - 1.0);
    if spread > 0.0 { (covariance / ((1.0 + n / m) * spread)).clamp(0.0, 1.0) } else { 0.0 }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// With divisor n.
fn variance(values: &[f64]) -> f64 {
    let centre = mean(values);
    values.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged() -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let truth = |index: u32| f64::from(u8::from(index * 7 % 10 < 6));
        let judge = |index: u32| if index.is_multiple_of(9) { 1.0 - truth(index) } else { truth(index) };
        ((0..60).map(truth).collect(), (0..60).map(judge).collect(), (60..1060).map(judge).collect())
    }

    #[test]
    fn a_good_judge_shortens_the_interval_and_no_weight_leaves_it() {
        let (y, f, many) = judged();
        let with = |weight| prediction_powered_mean(&y, &f, &many, weight, Level::DEFAULT).unwrap();
        let optimal = with(JudgeWeight::Optimal);
        assert!(optimal.interval.width() < 0.8 * optimal.classical_interval.width());
        let without = with(JudgeWeight::Fixed(0.0));
        assert!((without.estimate - without.classical_estimate).abs() < 1e-15);
        assert!((without.interval.width() - without.classical_interval.width()).abs() < 1e-15);
    }

    #[test]
    fn a_judge_that_never_varies_gets_no_weight() {
        let (y, _, _) = judged();
        let flat = vec![1.0; 60];
        let found = prediction_powered_mean(&y, &flat, &flat, JudgeWeight::Optimal, Level::DEFAULT).unwrap();
        assert!(found.lambda.abs() <= 0.0);
    }

    #[test]
    fn bad_lists_are_refused() {
        let run = |y: &[f64], f: &[f64], m: &[f64]| {
            prediction_powered_mean(y, f, m, JudgeWeight::Optimal, Level::DEFAULT).unwrap_err()
        };
        assert_eq!(run(&[], &[], &[1.0]), StatError::EmptyInput);
        assert_eq!(run(&[1.0], &[1.0, 0.0], &[1.0]), StatError::LengthMismatch { left: 1, right: 2 });
        assert_eq!(run(&[1.0], &[1.0], &[1.0]), StatError::TooFewItems { needed: 2, got: 1 });
        assert_eq!(run(&[1.0, 0.0], &[1.0, f64::NAN], &[1.0, 0.0]), StatError::NonFinite { index: 1 });
    }
}
