//! RWKU's four likelihood scores of a text, in its own form.
//!
//! All have the sign of a log-likelihood: higher is more likely a member. Other than in this harness's attacks, `floor(n k)`
//! may be 0 and the variance is not clamped, so that short or saturated texts have no value.

use super::membership::compat::{
    VocabularyRows, mink_plus_plus_loss, mink_plus_plus_min_k, mink_plus_plus_min_k_pp, mink_plus_plus_zlib,
};

/// The shares of lowest tokens that are kept, in the order of the values.
pub const SHARES: [f64; 10] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0];

/// Below this variance over the vocabulary, in nats squared, a standardised value is rounding noise in float32: the model puts all
/// mass on one token, or the same on each.
const NOISE_VARIANCE: f64 = 1e-6;

/// The scores of one text; `None` where upstream's number is not one.
#[derive(Debug, Clone, PartialEq)]
pub struct RwkuMembership {
    /// Mean log-probability in nats a token; the paper prints -100 times its mean.
    pub loss: Option<f64>,
    /// The same over the compressed length of the text.
    pub zlib: Option<f64>,
    /// Mean of the `floor(n k)` lowest log-probabilities, by [`SHARES`].
    pub min_k: [Option<f64>; 10],
    /// The same of log-probabilities standardised by their row. What upstream's files call `mink20` is this at 0.2.
    pub min_k_pp: [Option<f64>; 10],
    /// A row has next to no variance, and `min_k_pp` is noise or undefined.
    pub has_saturated_row: bool,
}

/// The scores of a text from its scored tokens, all in nats.
///
/// `means` and `deviations` are those of the log-probability under the model's own distribution at each token.
#[must_use]
pub fn rwku_membership(logprobs: &[f64], means: &[f64], deviations: &[f64], zlib_length: usize) -> RwkuMembership {
    let rows = VocabularyRows { means, deviations };
    let finite = |value: f64| value.is_finite().then_some(value);
    RwkuMembership {
        loss: mink_plus_plus_loss(logprobs).and_then(finite),
        zlib: mink_plus_plus_zlib(logprobs, zlib_length).and_then(finite),
        min_k: SHARES.map(|share| mink_plus_plus_min_k(logprobs, share).and_then(finite)),
        min_k_pp: SHARES.map(|share| mink_plus_plus_min_k_pp(logprobs, rows, share)),
        has_saturated_row: deviations.iter().any(|sd| sd.is_nan() || sd * sd < NOISE_VARIANCE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_keeps_no_token_has_no_value() {
        let scores = rwku_membership(&[-1.0, -3.0], &[-2.0, -2.0], &[1.0, 0.5], 10);
        assert_eq!((scores.loss, scores.zlib), (Some(-2.0), Some(-0.2)));
        assert_eq!(
            scores.min_k.map(|value| value.is_some()),
            [false, false, false, false, true, true, true, true, true, true]
        );
        assert_eq!((scores.min_k[4], scores.min_k[9]), (Some(-3.0), Some(-2.0)));
        assert_eq!((scores.min_k_pp[4], scores.min_k_pp[9]), (Some(-2.0), Some(-0.5)));
        assert!(!scores.has_saturated_row);
    }

    #[test]
    fn a_row_without_variance_is_told() {
        let scores = rwku_membership(&[0.0], &[0.0], &[0.0], 10);
        assert_eq!((scores.min_k_pp[9], scores.has_saturated_row), (None, true));
        assert_eq!(rwku_membership(&[], &[], &[], 8).loss, None);
    }
}
