//! `min_k_pp`: Min-K % over log-probabilities standardised by the vocabulary (Min-K %++, Zhang et al. 2025).

use super::attack::{
    AttackError, AttackInput, AttackOptions, AttackScore, FLAG_VARIANCE_CLAMPED, finite, target_logprobs,
};
use super::min_k::mean_of_lowest;

pub(super) const ID: &str = "min_k_pp";

/// Smallest variance over the vocabulary, in nats squared: a row that puts all mass on one token has 0.
pub const VARIANCE_FLOOR: f64 = 1e-12;

/// Mean of the `max(1, floor(N k))` smallest `(l_i - mu_i) / sd_i`, without unit.
///
/// `mu_i` and `sd_i` are taken under the model's own distribution over all output columns. The variance is clamped
/// to at least [`VARIANCE_FLOOR`] and the score then flagged with [`FLAG_VARIANCE_CLAMPED`]. O(N log N).
///
/// # Errors
/// As [`min_k`](super::min_k); also missing, miscounted or non-finite vocabulary statistics.
pub fn min_k_pp(input: &AttackInput<'_>, options: &AttackOptions) -> Result<AttackScore, AttackError> {
    let logprobs = target_logprobs(ID, input.target)?;
    let (Some(means), Some(deviations)) = (&input.target.vocab_mean, &input.target.vocab_std) else {
        return Err(AttackError::MissingVocabStats { attack: ID });
    };
    for (field, values) in [("vocab_mean", means), ("vocab_std", deviations)] {
        if values.len() != logprobs.len() {
            return Err(AttackError::LengthMismatch { attack: ID, field, expected: logprobs.len(), got: values.len() });
        }
    }
    let means = finite(ID, "vocab_mean", means)?;
    let deviations = finite(ID, "vocab_std", deviations)?;
    let is_clamped = deviations.iter().any(|sd| sd * sd < VARIANCE_FLOOR);
    let mut score = mean_of_lowest(&standardised(&logprobs, &means, &deviations, VARIANCE_FLOOR), options.min_k)?;
    if is_clamped {
        score.flags.push(FLAG_VARIANCE_CLAMPED);
    }
    Ok(score)
}

/// `(l - mu) / sqrt(max(sd^2, floor))` for each position; the slices have equal length.
pub(super) fn standardised(logprobs: &[f64], means: &[f64], deviations: &[f64], variance_floor: f64) -> Vec<f64> {
    logprobs
        .iter()
        .zip(means)
        .zip(deviations)
        .map(|((logprob, mean), sd)| (logprob - mean) / (sd * sd).max(variance_floor).sqrt())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn each_token_is_standardised_by_its_own_row() {
        let mut target = scores(&[-3.0, -5.0]);
        target.vocab_mean = Some(vec![-1.0, -2.0]);
        target.vocab_std = Some(vec![2.0, 0.5]);
        let input = AttackInput { text: "ab", target: &target, reference: None };
        // -1 and -6
        assert_eq!(min_k_pp(&input, &AttackOptions { min_k: 1.0 }), Ok(AttackScore::plain(-3.5)));
        assert_eq!(min_k_pp(&input, &AttackOptions { min_k: 0.5 }), Ok(AttackScore::plain(-6.0)));
    }

    #[test]
    fn a_saturated_row_is_clamped_and_flagged() {
        let mut target = scores(&[-1e-6, -3.0]);
        target.vocab_mean = Some(vec![0.0, -1.0]);
        target.vocab_std = Some(vec![0.0, 1.0]);
        let input = AttackInput { text: "ab", target: &target, reference: None };
        let score = min_k_pp(&input, &AttackOptions { min_k: 1.0 }).expect("both rows count");
        assert!(score.value.is_finite());
        assert_eq!(score.flags, [FLAG_VARIANCE_CLAMPED]);
    }

    #[test]
    fn without_vocabulary_statistics_there_is_no_substitute() {
        let mut target = scores(&[-1.0]);
        target.vocab_std = None;
        let input = AttackInput { text: "a", target: &target, reference: None };
        let result = min_k_pp(&input, &AttackOptions::default());
        assert_eq!(result, Err(AttackError::MissingVocabStats { attack: "min_k_pp" }));
    }

    #[test]
    fn miscounted_statistics_are_refused() {
        let mut target = scores(&[-1.0, -2.0]);
        target.vocab_mean = Some(vec![-1.0]);
        let input = AttackInput { text: "ab", target: &target, reference: None };
        let result = min_k_pp(&input, &AttackOptions::default());
        assert!(matches!(result, Err(AttackError::LengthMismatch { field: "vocab_mean", expected: 2, got: 1, .. })));
    }
}
