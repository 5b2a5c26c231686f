//! `dc_pdd`: probabilities weighed by how rare each token is elsewhere (DC-PDD, Zhang et al. 2024).

use std::collections::HashSet;

use super::attack::{AttackError, AttackInput, AttackScore, finite, mean};
use super::token_frequencies::TokenFrequencies;

pub(super) const ID: &str = "dc_pdd";

/// Largest value of one token: published code's `a`.
pub const CLIP: f64 = 0.01;

/// Mean over the first occurrences of each token of `min(0.01, p_i ln(1 / f_i))`, in [0, 0.01].
///
/// `p_i` is the probability of the token in the text after the end-of-text token, so that the first token counts as well;
/// `f_i` its smoothed frequency in the corpus.
///
/// # Errors
/// No pass after the end-of-text token, no corpus, a damaged record, or a log-probability that is not finite.
pub fn dc_pdd(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let missing = |what, remedy| AttackError::MissingPass { attack: ID, what, remedy };
    let scores = input.extra.after_eos.ok_or_else(|| {
        missing("the score of the text after the end-of-text token", "use a model on this machine that names one")
    })?;
    let frequencies =
        input.extra.frequencies.ok_or_else(|| missing("frequencies of tokens", "give a corpus with --dcpdd-corpus"))?;
    if scores.logprobs.is_empty() {
        return Err(AttackError::Unscorable { attack: ID });
    }
    let ids = scores.token_ids.get(scores.first_scored..).unwrap_or_default();
    if ids.len() != scores.logprobs.len() {
        let (expected, got) = (ids.len(), scores.logprobs.len());
        return Err(AttackError::LengthMismatch { attack: ID, field: "logprobs", expected, got });
    }
    let logprobs = finite(ID, "logprobs", &scores.logprobs)?;
    Ok(AttackScore::plain(calibrated(ids, &logprobs, frequencies)))
}

/// The formula on log-probabilities of all of `ids`; there is at least one.
pub(super) fn calibrated(ids: &[u32], logprobs: &[f64], frequencies: &TokenFrequencies) -> f64 {
    let mut seen = HashSet::new();
    let values: Vec<f64> = ids
        .iter()
        .zip(logprobs)
        .filter(|&(id, _)| seen.insert(*id))
        .map(|(&id, logprob)| (logprob.exp() * -frequencies.frequency(id).ln()).min(CLIP))
        .collect();
    // A mean of equal values may lie a rounding above them.
    mean(&values).min(CLIP)
}

#[cfg(test)]
mod tests {
    use super::super::attack::Extra;
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn only_the_first_occurrence_counts_and_a_large_value_is_cut() {
        let mut target = scores(&[-0.1, -20.0, -0.1]);
        target.token_ids = vec![0, 5, 6, 5];
        let frequencies = TokenFrequencies::new(100);
        let extra = Extra { after_eos: Some(&target), frequencies: Some(&frequencies), ..Extra::default() };
        let input = AttackInput { extra, ..AttackInput::new("abc", &target) };
        let rare = f64::from(-20.0_f32).exp() * 100.0_f64.ln();
        let value = dc_pdd(&input).expect("scored").value;
        assert!((value - (CLIP + rare) / 2.0).abs() < 1e-12, "{value}");
    }
}
