//! `extraction_strength`: how much of the text the model goes on to write by itself (Carlini et al. 2021).

use super::attack::{AttackError, AttackInput, AttackScore};
use super::exact_memorization::hits;

pub(super) const ID: &str = "extraction_strength";

/// Share of scored tokens in the longest tail of which each is the model's first choice, in [0, 1].
///
/// 0 if even the last one is not. OpenUnlearning leaves the last token out and never gives less than one token's share,
/// see [`compat::open_unlearning_extraction_strength`](super::compat::open_unlearning_extraction_strength).
///
/// # Errors
/// A text without a scored token, or a record whose hits and tokens differ in number.
pub fn extraction_strength(input: &AttackInput<'_>) -> Result<AttackScore, AttackError> {
    let hits = hits(ID, input)?;
    let tail = hits.iter().rev().take_while(|&&hit| hit).count();
    Ok(AttackScore::plain(tail as f64 / hits.len() as f64))
}

#[cfg(test)]
mod tests {
    use super::super::attack::example::scores;
    use super::*;

    fn strength(hits: &[bool]) -> f64 {
        let mut target = scores(&vec![-1.0; hits.len()]);
        target.is_argmax = hits.to_vec();
        extraction_strength(&AttackInput::new("a", &target)).expect("scored").value
    }

    #[test]
    fn only_the_tail_counts_and_nothing_is_nothing() {
        assert_eq!(strength(&[true, false, true, true]), 0.5);
        assert_eq!(strength(&[true, true, true, false]), 0.0);
        assert_eq!(strength(&[true; 4]), 1.0);
    }
}
