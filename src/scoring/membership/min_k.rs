//! `min_k`: the mean of the lowest log-probabilities (Min-K % Prob, Shi et al. 2024).

use super::attack::{
    AttackError, AttackInput, AttackOptions, AttackScore, FLAG_K_FLOOR_APPLIED, mean, target_logprobs,
};

pub(super) const ID: &str = "min_k";
pub(super) const WINDOWED_ID: &str = "min_k_windowed";

/// Mean of the `max(1, floor(N k))` smallest `l_i`, in nats a token, at most 0.
///
/// Flagged with [`FLAG_K_FLOOR_APPLIED`] where `floor(N k)` is 0: mimir gives no number for such a text and so
/// compares attacks on different sets of texts. O(N log N).
///
/// # Errors
/// A text without a scored token, a log-probability that is not finite, or `min_k` outside of (0, 1].
pub fn min_k(input: &AttackInput<'_>, options: &AttackOptions) -> Result<AttackScore, AttackError> {
    let logprobs = target_logprobs(ID, input.target)?;
    mean_of_lowest(&logprobs, options.min_k)
}

/// Min-K % over means of `options.window` consecutive log-probabilities, a window beginning at every `options.stride`-th
/// token (mimir's variant).
///
/// `window = stride = 1` is [`min_k`]. Only whole windows count.
///
/// # Errors
/// As [`min_k`]; also a window or stride of 0, and a text with fewer scored tokens than one window.
pub fn min_k_windowed(input: &AttackInput<'_>, options: &AttackOptions) -> Result<AttackScore, AttackError> {
    let logprobs = target_logprobs(WINDOWED_ID, input.target)?;
    lowest_windows(WINDOWED_ID, &logprobs, options)
}

/// The common last step of both windowed attacks.
pub(super) fn lowest_windows(
    attack: &'static str,
    values: &[f64],
    options: &AttackOptions,
) -> Result<AttackScore, AttackError> {
    let AttackOptions { window, stride, .. } = *options;
    if window == 0 || stride == 0 {
        return Err(AttackError::InvalidWindow { window, stride });
    }
    let means = window_means(values, window, stride);
    if means.is_empty() {
        return Err(AttackError::ShorterThanWindow { attack, n_scored: values.len(), window });
    }
    mean_of_lowest(&means, options.min_k)
}

/// Means of the whole windows; empty when the values fill none.
pub(super) fn window_means(values: &[f64], window: usize, stride: usize) -> Vec<f64> {
    values.windows(window).step_by(stride).map(mean).collect()
}

/// `floor(n k)`, computed as a product of doubles as all published implementations do.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the floor is meant, and 0 <= share <= 1 keeps it within 0..=n"
)]
pub(super) fn floor_count(n: usize, share: f64) -> usize {
    (n as f64 * share).floor() as usize
}

/// Mean of the `count` smallest values; `count` is at least 1 and at most their number.
pub(super) fn mean_of_smallest(values: &[f64], count: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    mean(&sorted[..count])
}

/// The common last step of Min-K % and Min-K %++. `values` is not empty.
pub(super) fn mean_of_lowest(values: &[f64], share: f64) -> Result<AttackScore, AttackError> {
    if !(share > 0.0 && share <= 1.0) {
        return Err(AttackError::InvalidMinK { value: share });
    }
    let floor = floor_count(values.len(), share);
    let flags = if floor == 0 { vec![FLAG_K_FLOOR_APPLIED] } else { Vec::new() };
    Ok(AttackScore { value: mean_of_smallest(values, floor.max(1)), flags })
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;

    fn input(target: &crate::backend::TokenScores) -> AttackInput<'_> {
        AttackInput::new("text", target)
    }

    #[test]
    fn the_lowest_fifth_of_ten_tokens_is_two_tokens() {
        let target = scores(&[-1.0, -9.0, -2.0, -3.0, -7.0, -1.0, -1.0, -1.0, -1.0, -1.0]);
        assert_eq!(min_k(&input(&target), &AttackOptions::default()), Ok(AttackScore::plain(-8.0)));
    }

    #[test]
    fn the_count_is_floored_not_rounded() {
        let target = scores(&[-1.0, -2.0, -3.0, -4.0, -5.0, -6.0, -7.0, -8.0, -9.0]);
        // 9 * 0.2 = 1.8
        assert_eq!(min_k(&input(&target), &AttackOptions::default()).map(|s| s.value), Ok(-9.0));
    }

    #[test]
    fn a_text_too_short_for_the_share_takes_one_token_and_says_so() {
        let target = scores(&[-1.0, -5.0]);
        let score = min_k(&input(&target), &AttackOptions::default());
        assert_eq!(score, Ok(AttackScore { value: -5.0, flags: vec![FLAG_K_FLOOR_APPLIED] }));
    }

    #[test]
    fn windows_of_one_at_stride_one_change_nothing() {
        let target = scores(&[-3.0, -1.0, -4.0, -1.0, -5.0, -9.0, -2.0]);
        let options = AttackOptions { min_k: 0.5, window: 1, stride: 1, ..AttackOptions::default() };
        assert_eq!(min_k_windowed(&input(&target), &options), min_k(&input(&target), &options));
    }

    #[test]
    fn only_whole_windows_count() {
        let target = scores(&[-1.0, -3.0, -5.0, -100.0]);
        let options = AttackOptions { min_k: 1.0, ..AttackOptions::default() };
        // The one window of three that begins at token 0; the next would begin at 2 and is not whole.
        assert_eq!(min_k_windowed(&input(&target), &options).map(|s| s.value), Ok(-3.0));
    }

    #[test]
    fn a_text_shorter_than_one_window_has_no_score() {
        let target = scores(&[-1.0, -3.0]);
        let error = min_k_windowed(&input(&target), &AttackOptions::default()).expect_err("two of three");
        assert_eq!(error.kind(), "too_short");
    }

    #[test]
    fn shares_outside_of_zero_to_one_are_refused() {
        let target = scores(&[-1.0]);
        for share in [0.0, -0.1, 1.1, f64::NAN] {
            let result = min_k(&input(&target), &AttackOptions { min_k: share, ..AttackOptions::default() });
            assert!(matches!(result, Err(AttackError::InvalidMinK { .. })), "{share}");
        }
    }
}
