//! `exact_memorization`: how many tokens the model would have written itself.

use super::attack::{AttackError, AttackInput, AttackScore};

pub(super) const ID: &str = "exact_memorization";

/// Share of scored tokens that are the model's first choice, in [0, 1].
///
/// OpenUnlearning leaves the last token out; here every scored token counts.
///
/// # Errors
/// A text without a scored token, or a record whose hits and tokens differ in number.
pub fn exact_memorization(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let hits = hits(ID, input)?;
    Ok(AttackScore::plain(hits.iter().filter(|&&hit| hit).count() as f64 / hits.len() as f64))
}

/// Whether each scored token is the first choice; at least one.
pub(super) fn hits<'a>(attack: &'static str, input: &AttackInput<'a>) -> Result<&'a [bool], AttackError> {
    let (hits, expected) = (input.target.is_argmax.as_slice(), input.target.logprobs.len());
    if expected == 0 {
        return Err(AttackError::Unscorable { attack });
    }
    // Without alternatives an endpoint's hits would all read as misses.
    if input.target.wire.as_ref().is_some_and(|wire| wire.lacks_alternatives) {
        return Err(AttackError::MissingAlternatives { attack });
    }
    if hits.len() != expected {
        return Err(AttackError::LengthMismatch { attack, field: "is_argmax", expected, got: hits.len() });
    }
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;
    use crate::backend::WireTokens;

    #[test]
    fn the_last_token_counts_like_every_other() {
        let mut target = scores(&[-1.0; 4]);
        target.is_argmax = vec![true, false, false, true];
        assert_eq!(exact_memorization(&AttackInput::new("a", &target)).map(|s| s.value), Ok(0.5));
    }

    #[test]
    fn an_endpoint_that_tells_no_alternatives_has_no_hits() {
        let mut target = scores(&[-1.0; 2]);
        target.wire = Some(WireTokens { pieces: Vec::new(), is_boundary_split: false, lacks_alternatives: true });
        let error = exact_memorization(&AttackInput::new("a", &target)).expect_err("no alternatives");
        assert_eq!(error.kind(), "missing_alternatives");
    }

    #[test]
    fn hits_that_do_not_fit_the_tokens_are_refused() {
        let mut target = scores(&[-1.0; 4]);
        target.is_argmax = vec![true];
        let result = exact_memorization(&AttackInput::new("a", &target));
        assert!(matches!(result, Err(AttackError::LengthMismatch { field: "is_argmax", .. })));
    }
}
