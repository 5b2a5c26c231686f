//! `ref`, `ratio`, `log_ratio`: the text under the model against the text under a reference model.
//!
//! Each model cuts the text with its own tokenizer, so the two means run over different numbers of tokens.

use super::attack::{AttackError, AttackInput, AttackScore, finite, mean, target_logprobs};

pub(super) const REFERENCE_ID: &str = "ref";
pub(super) const RATIO_ID: &str = "ratio";
pub(super) const LOG_RATIO_ID: &str = "log_ratio";

/// `mean_i l_i(target) - mean_j l_j(reference)`, in nats a token (Watson et al. 2022; Carlini et al. 2021).
///
/// # Errors
/// No reference, no scored token on either side, or a log-probability that is not finite.
pub fn reference_difference(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let (target, reference) = means(REFERENCE_ID, input)?;
    Ok(AttackScore::plain(target - reference))
}

/// `-(ppl_target / ppl_reference)` with `ppl = exp(-mean l)`, below 0 (Meeus et al. 2024).
///
/// `-exp(-x)` of the `ref` score `x`: it ranks texts as `ref` does, and is here for its printed values.
///
/// # Errors
/// As [`reference_difference`]; also a quotient too large for f64.
pub fn perplexity_ratio(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let (target, reference) = means(RATIO_ID, input)?;
    let ratio = (reference - target).exp();
    if ratio.is_finite() {
        Ok(AttackScore::plain(-ratio))
    } else {
        Err(AttackError::Undefined { attack: RATIO_ID, quantity: "the quotient of the perplexities" })
    }
}

/// `-(mean loss of target / mean loss of reference)`, at most 0 (Meeus et al. 2024, figure 1 and table 4).
///
/// # Errors
/// As [`reference_difference`]; also a reference that gives every token probability 1.
pub fn log_ratio(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let (target, reference) = means(LOG_RATIO_ID, input)?;
    let ratio = target / reference;
    if ratio.is_finite() {
        Ok(AttackScore::plain(-ratio))
    } else {
        Err(AttackError::Undefined { attack: LOG_RATIO_ID, quantity: "the mean loss of the reference" })
    }
}

/// Mean log-probabilities by target and reference.
fn means(attack: &'static str, input: &AttackInput<'_>) -> Result<(f64, f64), AttackError> {
    let target = target_logprobs(attack, input.target)?;
    let reference = input.reference.ok_or(AttackError::MissingReference { attack })?;
    if reference.logprobs.is_empty() {
        return Err(AttackError::UnscorableReference { attack });
    }
    let reference = finite(attack, "reference logprobs", &reference.logprobs)?;
    Ok((mean(&target), mean(&reference)))
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn the_two_sides_may_have_different_numbers_of_tokens() {
        let (target, reference) = (scores(&[-1.0, -3.0]), scores(&[-4.0, -4.0, -1.0]));
        let input = AttackInput { reference: Some(&reference), ..AttackInput::new("ab", &target) };
        assert_eq!(reference_difference(&input).map(|s| s.value), Ok(1.0));
        assert_eq!(perplexity_ratio(&input).map(|s| s.value), Ok(-(-1.0_f64).exp()));
        assert_eq!(log_ratio(&input).map(|s| s.value), Ok(-2.0 / 3.0));
    }

    #[test]
    fn a_text_that_the_target_knows_better_scores_higher_on_all_three() {
        let (known, unknown, reference) = (scores(&[-0.5]), scores(&[-2.0]), scores(&[-2.0]));
        for attack in [reference_difference, perplexity_ratio, log_ratio] {
            let score = |target| attack(&AttackInput { reference: Some(&reference), ..AttackInput::new("a", target) });
            let (high, low) = (score(&known).expect("scored"), score(&unknown).expect("scored"));
            assert!(high.value > low.value);
        }
    }

    #[test]
    fn a_missing_reference_is_told() {
        let target = scores(&[-1.0]);
        let input = AttackInput::new("a", &target);
        assert_eq!(log_ratio(&input), Err(AttackError::MissingReference { attack: "log_ratio" }));
    }

    #[test]
    fn a_certain_reference_leaves_the_log_ratio_undefined() {
        let (target, reference) = (scores(&[-1.0]), scores(&[0.0]));
        let input = AttackInput { reference: Some(&reference), ..AttackInput::new("a", &target) };
        assert!(matches!(log_ratio(&input), Err(AttackError::Undefined { .. })));
    }
}
