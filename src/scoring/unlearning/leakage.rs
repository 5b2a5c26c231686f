//! MUSE's privacy leakage: an attack's area beside that on a model that never saw the text.
//!
//! Areas have the forgotten texts as negatives and held-out ones as positives, scores higher for what is less known: 1 says
//! that the model knows the forgotten texts, 0.5 that it does not tell them apart.

use super::GUARD;

/// The area that stands in where there is no retrained model.
pub const DEFAULT_REFERENCE_AUC: f64 = 0.5;

/// 100 ((1 - auc) - (1 - reference)) / (1 - reference), in per cent.
///
/// 0: as the retrained model. Strongly negative: under-unlearned, the text is still known. Positive: over-unlearned. Of no
/// size that means anything for a reference near 1.
#[must_use]
pub fn privleak(auc: f64, reference_auc: f64) -> f64 {
    relative_difference(1.0 - auc, 1.0 - reference_auc)
}

/// 100 (value - reference) / reference, in per cent (upstream's `rel_diff`).
#[must_use]
pub fn relative_difference(value: f64, reference: f64) -> f64 {
    (value - reference) / (reference + GUARD) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_retrained_model_leaks_nothing_more_than_itself() {
        assert_eq!(privleak(0.43, 0.43), 0.0);
        assert!(privleak(0.99, DEFAULT_REFERENCE_AUC) < -97.0);
        assert!(privleak(0.01, DEFAULT_REFERENCE_AUC) > 97.0);
    }

    #[test]
    fn a_reference_of_one_is_finite_and_means_nothing() {
        assert!(privleak(0.148, 1.0) > 1e11 && privleak(0.148, 1.0).is_finite());
    }
}
