//! `lowercase`: the text in lower case against the text (Carlini et al. 2021).

use super::attack::{AttackError, AttackInput, AttackScore, finite, mean, target_logprobs};

pub(super) const ID: &str = "lowercase";

/// `mean l(lower(text)) / mean l(text)`, at least 0: above 1 where lowering hurts.
///
/// The lowered text is cut by the tokenizer anew, so the two means run over different numbers of tokens. 1 exactly for a
/// text without a capital.
///
/// # Errors
/// No pass over the lowered text, no scored token on either side, a log-probability that is not finite, or a text whose
/// every token has probability 1.
pub fn lowercase(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let text = mean(&target_logprobs(ID, input.target)?);
    let lowered = input.extra.lowered.ok_or(AttackError::MissingPass {
        attack: ID,
        what: "the score of the text in lower case",
        remedy: "leave this text out",
    })?;
    if lowered.logprobs.is_empty() {
        return Err(AttackError::Unscorable { attack: ID });
    }
    let lowered = mean(&finite(ID, "logprobs of the lowered text", &lowered.logprobs)?);
    let ratio = lowered / text;
    if ratio.is_finite() {
        Ok(AttackScore::plain(ratio))
    } else {
        Err(AttackError::Undefined { attack: ID, quantity: "the mean loss of the text" })
    }
}

#[cfg(test)]
mod tests {
    use super::super::attack::Extra;
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn a_text_that_lowering_hurts_scores_above_one() {
        let (target, lowered) = (scores(&[-1.0, -1.0]), scores(&[-2.0, -3.0, -4.0]));
        let extra = Extra { lowered: Some(&lowered), ..Extra::default() };
        let input = AttackInput { extra, ..AttackInput::new("Ab", &target) };
        assert_eq!(lowercase(&input).map(|s| s.value), Ok(3.0));
    }

    #[test]
    fn a_certain_text_has_no_ratio() {
        let (target, lowered) = (scores(&[0.0]), scores(&[-1.0]));
        let extra = Extra { lowered: Some(&lowered), ..Extra::default() };
        let input = AttackInput { extra, ..AttackInput::new("Ab", &target) };
        assert!(matches!(lowercase(&input), Err(AttackError::Undefined { .. })));
    }
}
