//! What the labelled tokens of one answer say: likelihood, memorisation, and membership scores.
//!
//! Upstream leaves out the last labelled token of all but loss and probability: it is meant to be the end-of-text token. All
//! membership scores are higher for a text that is *less* likely a member, other than this harness's attacks.

use crate::scoring::membership::compat::{
    VocabularyRows, open_unlearning_exact_memorization, open_unlearning_extraction_strength, open_unlearning_loss,
    open_unlearning_min_k, open_unlearning_min_k_pp, open_unlearning_probability,
};

/// Scores of one answer, or what of them is defined without a token.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenMetrics {
    /// Mean negative log-probability in nats; `None` without a token.
    pub average_loss: Option<f64>,
    /// exp(-loss), in (0, 1]; `None` without a token.
    pub probability: Option<f64>,
    /// Share of tokens that are the model's first choice, the last left out; `None` where none is left.
    pub exact_memorization: Option<f64>,
    /// Share of tokens in the longest tail of first choices, the last left out. Never below one token's share; 0 where none is
    /// left.
    pub extraction_strength: f64,
    /// Minus the mean of the lowest log-probabilities, for each share asked.
    pub min_k: Vec<f64>,
    /// The same of log-probabilities standardised by their row, the variance at least 1e-6.
    pub min_k_pp: Vec<f64>,
}

/// The metrics of an answer from its labelled tokens; `shares` in (0, 1], upstream's own being 0.4.
///
/// `means` and `deviations` are those of the log-probability over the vocabulary at each token, `is_first_choice` whether
/// the token is the likeliest. All slices have one entry a token.
#[must_use]
pub fn token_metrics(
    logprobs: &[f64],
    means: &[f64],
    deviations: &[f64],
    is_first_choice: &[bool],
    shares: &[f64],
) -> TokenMetrics {
    let rows = VocabularyRows { means, deviations };
    TokenMetrics {
        average_loss: open_unlearning_loss(logprobs),
        probability: open_unlearning_probability(logprobs),
        exact_memorization: open_unlearning_exact_memorization(is_first_choice),
        extraction_strength: open_unlearning_extraction_strength(is_first_choice),
        min_k: shares.iter().map(|share| open_unlearning_min_k(logprobs, *share)).collect(),
        min_k_pp: shares.iter().map(|share| open_unlearning_min_k_pp(logprobs, rows, *share)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_token_counts_for_the_loss_alone() {
        let logprobs = [-1.0, -3.0, -8.0];
        let metrics = token_metrics(&logprobs, &[-1.0; 3], &[1.0; 3], &[false, true, false], &[0.4, 1.0]);
        assert_eq!((metrics.average_loss, metrics.probability), (Some(4.0), Some((-4.0_f64).exp())));
        assert_eq!((metrics.min_k, metrics.min_k_pp), (vec![3.0, 2.0], vec![2.0, 1.0]));
        assert_eq!((metrics.exact_memorization, metrics.extraction_strength), (Some(0.5), 0.5));
    }

    #[test]
    fn an_answer_without_tokens_has_no_loss() {
        let metrics = token_metrics(&[], &[], &[], &[], &[0.4]);
        assert_eq!((metrics.average_loss, metrics.exact_memorization), (None, None));
        assert_eq!((metrics.extraction_strength, metrics.min_k), (0.0, vec![0.0]));
    }
}
