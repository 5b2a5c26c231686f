//! From hidden rows to log-probabilities, without ever holding `[tokens x vocabulary]`.

use burn::tensor::Tensor;

use super::llama::Llama;

/// Rows whose logits are in memory at a time.
const CHUNK: usize = 256;

/// What one output row says about one token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RowScore {
    pub(super) logprob: f32,
    pub(super) is_argmax: bool,
    /// Mean of the log-probabilities under the row's own distribution.
    pub(super) mean: f32,
    /// Their standard deviation.
    pub(super) std: f32,
}

/// Scores `targets[i]` with hidden row `first + i`.
pub(super) fn score_rows(
    model: &Llama,
    hidden: &Tensor<2>,
    first: usize,
    targets: &[u32],
    vocab_stats: bool,
) -> Vec<RowScore> {
    let vocabulary = model.config.vocabulary;
    let mut scores = Vec::with_capacity(targets.len());
    for (index, chunk) in targets.chunks(CHUNK).enumerate() {
        let logits = model.logits(hidden, first + index * CHUNK, chunk.len());
        for (row, &target) in logits.chunks_exact(vocabulary).zip(chunk) {
            scores.push(score_row(row, target, vocab_stats));
        }
    }
    scores
}

/// Log-probabilities of every token of one row.
pub(super) fn log_softmax(row: &[f32]) -> Vec<f32> {
    let normaliser = log_sum_exp(row);
    row.iter().map(|&logit| round(f64::from(logit) - normaliser)).collect()
}

/// Index of the largest logit; the lowest index on ties.
pub(super) fn argmax(row: &[f32]) -> usize {
    let mut best = 0;
    for (index, &logit) in row.iter().enumerate() {
        if logit > row[best] {
            best = index;
        }
    }
    best
}

fn log_sum_exp(row: &[f32]) -> f64 {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = row.iter().map(|&logit| f64::from(logit - largest).exp()).sum();
    f64::from(largest) + sum.ln()
}

fn score_row(row: &[f32], target: u32, vocab_stats: bool) -> RowScore {
    let normaliser = log_sum_exp(row);
    let logit = row[target as usize];
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let (mut mean, mut second) = (0.0, 0.0);
    if vocab_stats {
        for &logit in row {
            let logprob = f64::from(logit) - normaliser;
            let weighted = logprob.exp() * logprob;
            mean += weighted;
            second += weighted * logprob;
        }
    }
    RowScore {
        logprob: round(f64::from(logit) - normaliser),
        is_argmax: logit >= largest,
        mean: round(mean),
        std: round((second - mean * mean).max(0.0).sqrt()),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "log-probabilities are recorded in single precision")]
fn round(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_normalised_and_its_moments_are_those_of_its_own_distribution() {
        let row = [0.0_f32, (3.0_f32).ln(), f32::NEG_INFINITY.max(-1e30)];
        let score = score_row(&row, 1, true);
        assert!((score.logprob - 0.75_f32.ln()).abs() < 1e-6);
        assert!(score.is_argmax);
        let (a, b) = (0.25_f64.ln(), 0.75_f64.ln());
        let mean = 0.25 * a + 0.75 * b;
        let variance = 0.25 * (a - mean).powi(2) + 0.75 * (b - mean).powi(2);
        assert!((f64::from(score.mean) - mean).abs() < 1e-6, "{score:?}");
        assert!((f64::from(score.std) - variance.sqrt()).abs() < 1e-6, "{score:?}");
    }

    #[test]
    fn equal_logits_have_no_spread_and_the_first_wins() {
        let row = [2.0_f32; 5];
        let score = score_row(&row, 3, true);
        assert!(score.std.abs() < 1e-6 && score.is_argmax);
        assert_eq!(argmax(&row), 0);
        assert!((log_softmax(&row)[4] + 5.0_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_value_that_is_not_a_number_stays_visible() {
        assert!(score_row(&[f32::NAN, 1.0], 0, false).logprob.is_nan());
    }
}
