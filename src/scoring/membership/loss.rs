//! `loss`: the mean log-probability (Yeom et al. 2018).

use super::attack::{AttackError, AttackInput, AttackScore, mean, target_logprobs};

pub(super) const ID: &str = "loss";

/// `mean_i l_i`, in nats a token, at most 0.
///
/// # Errors
/// A text without a scored token, or a log-probability that is not finite.
pub fn loss(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    Ok(AttackScore::plain(mean(&target_logprobs(ID, input.target)?)))
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn the_loss_score_is_the_mean_log_probability() {
        let target = scores(&[-1.0, -2.0, -6.0]);
        let input = AttackInput::new("abc", &target);
        assert_eq!(loss(&input).map(|s| s.value), Ok(-3.0));
    }

    #[test]
    fn a_text_of_one_token_is_unscorable_and_not_zero() {
        let target = scores(&[]);
        let input = AttackInput::new("a", &target);
        assert_eq!(loss(&input), Err(AttackError::Unscorable { attack: "loss" }));
    }

    #[test]
    fn a_log_probability_of_minus_infinity_is_an_error() {
        let target = scores(&[-1.0, f32::NEG_INFINITY]);
        let input = AttackInput::new("ab", &target);
        assert_eq!(loss(&input), Err(AttackError::NonFinite { attack: "loss", field: "logprobs", position: 1 }));
    }
}
