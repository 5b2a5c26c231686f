//! `gradnorm`: how steep the loss of the text is in the parameters (Wang et al. 2024).

use super::attack::{AttackError, AttackInput, AttackOptions, AttackScore};

pub(super) const ID: &str = "gradnorm";

/// `-mean over parameter tensors of ||grad||_p` of the mean loss, at most 0: a text at the bottom of its valley scores
/// high.
///
/// mimir gives the same number as *lower = member*, which turns the attack round.
///
/// # Errors
/// No pass with a gradient, or a text without a scored token.
pub fn gradnorm(input: &AttackInput<'_>, options: &AttackOptions) -> Result<AttackScore, AttackError> {
    if input.target.logprobs.is_empty() {
        return Err(AttackError::Unscorable { attack: ID });
    }
    let norms = input.extra.gradient.ok_or(AttackError::MissingPass {
        attack: ID,
        what: "the gradient of its loss",
        remedy: "use a model in safetensors on this machine",
    })?;
    Ok(AttackScore::plain(-options.gradnorm_p.of(norms)))
}

#[cfg(test)]
mod tests {
    use super::super::attack::Extra;
    use super::super::attack::example::scores;
    use super::super::norm_order::NormOrder;
    use super::*;
    use crate::backend::GradientNorms;

    #[test]
    fn a_flatter_place_scores_higher_by_the_norm_that_was_chosen() {
        let target = scores(&[-1.0]);
        let norms = GradientNorms { l1: 4.0, l2: 2.0, inf: 1.0, n_tensors: 3 };
        let extra = Extra { gradient: Some(&norms), ..Extra::default() };
        let input = AttackInput { extra, ..AttackInput::new("a", &target) };
        let value = |gradnorm_p| {
            gradnorm(&input, &AttackOptions { gradnorm_p, ..AttackOptions::default() }).map(|score| score.value)
        };
        assert_eq!((value(NormOrder::One), value(NormOrder::Two)), (Ok(-4.0), Ok(-2.0)));
        assert_eq!(gradnorm(&input, &AttackOptions::default()).map(|score| score.value), Ok(-1.0));
    }
}
