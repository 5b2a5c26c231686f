//! Stated confidence against hits and errors: does it come true, and does it tell the right answers from the wrong ones.

use serde::{Deserialize, Serialize};

use super::correlation::{Correlation, CorrelationMethod, correlation};
use super::reliability::{Reliability, reliability};
use crate::statistics::error::StatError;
use crate::statistics::estimate::Level;
use crate::statistics::missing::check_lengths;
use crate::statistics::roc::curve::LabeledScores;

/// What stated confidence is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConfidenceReport {
    /// Brier score, ECE, MCE and bins.
    pub reliability: Reliability,
    /// How often a hit has more confidence than a miss, ties half; in [0, 1]. `None` without hits or without misses.
    pub auroc: Option<f64>,
    /// Mean confidence, in [0, 1]. Before the cutoff less after it: the metacognitive gap.
    pub mean_confidence: f64,
    /// Mean confidence less the share of hits, in [-1, 1]; above 0: overconfident.
    pub overconfidence: f64,
    /// Spearman's correlation of confidence and -|error| with its t p-value; `None` with fewer than three errors, or where
    /// one of the two does not vary.
    pub closeness: Option<Correlation>,
    /// Items left out because no confidence was stated.
    pub n_without_confidence: usize,
}

/// Confidence against hits in `n_bins` equal bins, and against absolute errors where there are some.
///
/// An item without confidence is left out and counted; one without an error is left out of the correlation alone.
/// O(n log n).
///
/// # Errors
/// `LengthMismatch`, `EmptyInput` (no item with confidence), and those of [`reliability`].
pub fn confidence_report(
    confidence: &[Option<f64>],
    hits: &[bool],
    absolute_errors: &[Option<f64>],
    n_bins: usize,
) -> Result<ConfidenceReport, StatError> {
    check_lengths(confidence.len(), hits.len())?;
    check_lengths(confidence.len(), absolute_errors.len())?;
    let stated: Vec<(f64, bool, Option<f64>)> = confidence
        .iter()
        .zip(hits)
        .zip(absolute_errors)
        .filter_map(|((confidence, hit), error)| Some(((*confidence)?, *hit, *error)))
        .collect();
    let probabilities: Vec<f64> = stated.iter().map(|item| item.0).collect();
    let outcomes: Vec<bool> = stated.iter().map(|item| item.1).collect();
    let reliability = reliability(&probabilities, &outcomes, n_bins)?;
    let auroc = match LabeledScores::new(&probabilities, &outcomes) {
        Ok(scores) => Some(scores.auc()),
        Err(StatError::SingleClass) => None,
        Err(error) => return Err(error),
    };
    let (sure, close): (Vec<f64>, Vec<f64>) = stated.iter().filter_map(|item| Some((item.0, -item.2?.abs()))).unzip();
    let closeness = match correlation(&sure, &close, CorrelationMethod::Spearman, Level::DEFAULT) {
        Ok(found) => Some(found),
        Err(StatError::EmptyInput | StatError::TooFewItems { .. } | StatError::ZeroVariance) => None,
        Err(error) => return Err(error),
    };
    let n = stated.len() as f64;
    let mean_confidence = probabilities.iter().sum::<f64>() / n;
    let hit_share = outcomes.iter().filter(|hit| **hit).count() as f64 / n;
    Ok(ConfidenceReport {
        reliability,
        auroc,
        mean_confidence,
        overconfidence: mean_confidence - hit_share,
        closeness,
        n_without_confidence: confidence.len() - stated.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(values: &[f64]) -> Vec<Option<f64>> {
        values.iter().copied().map(Some).collect()
    }

    #[test]
    fn a_model_that_knows_what_it_knows_orders_its_answers() {
        let report = confidence_report(
            &some(&[0.9, 0.8, 0.2, 0.1]),
            &[true, true, false, false],
            &some(&[0.0, 0.1, 3.0, 9.0]),
            10,
        )
        .unwrap();
        assert_eq!(report.auroc, Some(1.0));
        assert!((report.closeness.unwrap().coefficient - 1.0).abs() < 1e-12);
        assert!(report.overconfidence.abs() < 1e-12);
    }

    #[test]
    fn items_without_confidence_are_left_out_and_counted() {
        let confidence = [Some(0.6), None, Some(0.6), None];
        let report = confidence_report(&confidence, &[true, false, true, false], &[None; 4], 10).unwrap();
        assert_eq!((report.n_without_confidence, report.reliability.n), (2, 2));
        assert!((report.overconfidence + 0.4).abs() < 1e-12);
        assert_eq!((report.auroc, report.closeness), (None, None));
    }

    #[test]
    fn confidence_that_never_varies_is_no_correlation_and_a_coin_for_the_roc() {
        let report = confidence_report(&[Some(0.9); 4], &[true, false, true, false], &some(&[1.0, 2.0, 3.0, 4.0]), 10);
        let report = report.unwrap();
        assert_eq!((report.auroc, report.closeness), (Some(0.5), None));
    }

    #[test]
    fn nobody_confident_and_too_much_confidence_are_refused() {
        assert_eq!(confidence_report(&[None], &[true], &[None], 10), Err(StatError::EmptyInput));
        assert_eq!(confidence_report(&[Some(1.2)], &[true], &[None], 10).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(confidence_report(&[None], &[], &[None], 10).unwrap_err().kind(), "LengthMismatch");
    }
}
