//! `recall`: the text after texts that are no members, against the text alone (ReCaLL, Xie et al. 2024).

use super::attack::{AttackError, AttackInput, AttackScore, finite, mean, target_logprobs};

pub(super) const ID: &str = "recall";

/// The text is one of the prefix's own.
pub const FLAG_IN_RECALL_PREFIX: &str = "in_recall_prefix";

/// `mean l(text after the prefix) / mean l(text)`, at least 0: a member is helped less by a foreign prefix.
///
/// The upper mean runs over all tokens of the text, since the first one stands after the prefix; the lower one over all but
/// the first. Undefined for a text whose every token has probability 1; unsteady where it is nearly so.
///
/// # Errors
/// No pass after a prefix, no scored token, a log-probability that is not finite, or a lower mean of 0.
pub fn recall(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let text = mean(&target_logprobs(ID, input.target)?);
    let prefixed = input.extra.prefixed.ok_or(AttackError::MissingPass {
        attack: ID,
        what: "the score of the text after a prefix",
        remedy: "give texts that are no members with --recall-prefix",
    })?;
    if prefixed.logprobs.is_empty() {
        return Err(AttackError::Unscorable { attack: ID });
    }
    let ratio = mean(&finite(ID, "logprobs after the prefix", &prefixed.logprobs)?) / text;
    if ratio.is_finite() {
        Ok(AttackScore::plain(ratio))
    } else {
        Err(AttackError::Undefined { attack: ID, quantity: "the mean loss of the text" })
    }
}

/// Which shots of the prefix are used: from this one on.
///
/// Lengths are in tokens. All where they and a text of `average` tokens fit into `context`; else as many as the shots
/// counted from the first would fill, but *the last ones*: published code counts so.
///
/// # Errors
/// Not even the first shot fits.
pub fn first_shot_kept(shot_lengths: &[usize], average: usize, context: usize) -> Result<usize, PrefixTooLong> {
    if shot_lengths.iter().sum::<usize>() + average <= context {
        return Ok(0);
    }
    let mut used = average;
    let fitting = shot_lengths.iter().take_while(|&&length| {
        used += length;
        used <= context
    });
    match fitting.count() {
        0 => Err(PrefixTooLong { first: shot_lengths.first().copied().unwrap_or(0), average, context }),
        n => Ok(shot_lengths.len() - n),
    }
}

/// No shot fits before a text of the usual length. Published code then keeps them all, and fails later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "recall_prefix_too_long: the first text of the prefix has {first} tokens, and with {average} of a usual text they do not \
     fit into {context}; give shorter texts"
)]
pub struct PrefixTooLong {
    pub first: usize,
    pub average: usize,
    pub context: usize,
}

#[cfg(test)]
mod tests {
    use super::super::attack::Extra;
    use super::super::attack::example::scores;
    use super::*;

    #[test]
    fn the_ratio_is_that_of_two_means_over_different_tokens() {
        let (target, prefixed) = (scores(&[-2.0, -4.0]), scores(&[-9.0, -5.0, -1.0]));
        let extra = Extra { prefixed: Some(&prefixed), ..Extra::default() };
        let input = AttackInput { extra, ..AttackInput::new("abc", &target) };
        assert_eq!(recall(&input).map(|score| score.value), Ok(5.0 / 3.0));
    }

    #[test]
    fn all_shots_are_kept_where_they_fit_and_else_the_last_ones() {
        assert_eq!(first_shot_kept(&[10, 20], 30, 60), Ok(0));
        // 10 and 20 fit before 30 tokens, the third does not: two are kept, the last two.
        assert_eq!(first_shot_kept(&[10, 20, 5], 30, 60), Ok(1));
        assert_eq!(first_shot_kept(&[40, 10], 30, 60), Err(PrefixTooLong { first: 40, average: 30, context: 60 }));
        assert_eq!(first_shot_kept(&[], 30, 60), Ok(0));
    }
}
