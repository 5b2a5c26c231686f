//! `min_k_pp`: Min-K % over log-probabilities standardised by the vocabulary (Min-K %++, Zhang et al. 2025).

use super::attack::{
    AttackError, AttackInput, AttackOptions, AttackScore, FLAG_VARIANCE_CLAMPED, finite, target_logprobs,
};
use super::min_k::{lowest_windows, mean_of_lowest};

pub(super) const ID: &str = "min_k_pp";
pub(super) const WINDOWED_ID: &str = "min_k_pp_windowed";

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
    let (values, is_clamped) = standardised_tokens(ID, input)?;
    Ok(flagged(mean_of_lowest(&values, options.min_k)?, is_clamped))
}

/// [`min_k_pp`] over means of `options.window` consecutive standardised values, a window beginning at every
/// `options.stride`-th token.
///
/// # Errors
/// As [`min_k_pp`]; also a window or stride of 0, and a text with fewer scored tokens than one window.
pub fn min_k_pp_windowed(input: &AttackInput<'_>, options: &AttackOptions) -> Result<AttackScore, AttackError> {
    let (values, is_clamped) = standardised_tokens(WINDOWED_ID, input)?;
    Ok(flagged(lowest_windows(WINDOWED_ID, &values, options)?, is_clamped))
}

fn flagged(mut score: AttackScore, is_clamped: bool) -> AttackScore {
    if is_clamped {
        score.flags.push(FLAG_VARIANCE_CLAMPED);
    }
    score
}

/// Each scored token standardised by its row, and whether a variance was raised to the floor.
fn standardised_tokens(attack: &'static str, input: &AttackInput<'_>) -> Result<(Vec<f64>, bool), AttackError> {
    let logprobs = target_logprobs(attack, input.target)?;
    let (Some(means), Some(deviations)) = (&input.target.vocab_mean, &input.target.vocab_std) else {
        return Err(AttackError::MissingVocabStats { attack });
    };
    for (field, values) in [("vocab_mean", means), ("vocab_std", deviations)] {
        if values.len() != logprobs.len() {
            return Err(AttackError::LengthMismatch { attack, field, expected: logprobs.len(), got: values.len() });
        }
    }
    let means = finite(attack, "vocab_mean", means)?;
    let deviations = finite(attack, "vocab_std", deviations)?;
    let is_clamped = deviations.iter().any(|sd| sd * sd < VARIANCE_FLOOR);
    Ok((standardised(&logprobs, &means, &deviations, VARIANCE_FLOOR), is_clamped))
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
        let input = AttackInput::new("ab", &target);
        // -1 and -6
        assert_eq!(
            min_k_pp(&input, &AttackOptions { min_k: 1.0, ..AttackOptions::default() }),
            Ok(AttackScore::plain(-3.5))
        );
        assert_eq!(
            min_k_pp(&input, &AttackOptions { min_k: 0.5, ..AttackOptions::default() }),
            Ok(AttackScore::plain(-6.0))
        );
    }

    #[test]
    fn a_saturated_row_is_clamped_and_flagged() {
        let mut target = scores(&[-1e-6, -3.0]);
        target.vocab_mean = Some(vec![0.0, -1.0]);
        target.vocab_std = Some(vec![0.0, 1.0]);
        let input = AttackInput::new("ab", &target);
        let score =
            min_k_pp(&input, &AttackOptions { min_k: 1.0, ..AttackOptions::default() }).expect("both rows count");
        assert!(score.value.is_finite());
        assert_eq!(score.flags, [FLAG_VARIANCE_CLAMPED]);
    }

    #[test]
    fn without_vocabulary_statistics_there_is_no_substitute() {
        let mut target = scores(&[-1.0]);
        target.vocab_std = None;
        let input = AttackInput::new("a", &target);
        let result = min_k_pp(&input, &AttackOptions::default());
        assert_eq!(result, Err(AttackError::MissingVocabStats { attack: "min_k_pp" }));
    }

    #[test]
    fn miscounted_statistics_are_refused() {
        let mut target = scores(&[-1.0, -2.0]);
        target.vocab_mean = Some(vec![-1.0]);
        let input = AttackInput::new("ab", &target);
        let result = min_k_pp(&input, &AttackOptions::default());
        assert!(matches!(result, Err(AttackError::LengthMismatch { field: "vocab_mean", expected: 2, got: 1, .. })));
    }
}
