//! How close the numbers of a model must be to those of the reference implementation.

/// Distance allowed for log-probabilities and scores.
pub(super) const TOLERANCE: f64 = 2e-4;
/// Share allowed for perplexities and their ratio. A perplexity of 40,000 in f32 is a few hundredths off however
/// exact the mean is: the recorded ones differ by that much from the recorded log-probabilities.
pub(super) const PERPLEXITY_SHARE: f64 = 2e-5;
