//! An answer within the limits of its request.

use super::super::error::BackendError;
use super::super::request::{FinishReason, Generation};
use crate::text::o200k::{Markers, TokenError, decode, encode, token_count};

/// Whether a text has at most `max_tokens` tokens; one whose tokens cannot be counted does not fit.
pub(super) fn fits(text: &str, max_tokens: usize) -> bool {
    // A token has at least one byte.
    text.len() <= max_tokens || token_count(text, Markers::AsText).is_ok_and(|n| n <= max_tokens)
}

/// The answer up to the first stop text, and of that the first `max_tokens` tokens. Empty stop texts stop nothing.
///
/// A character that the last token cuts in two goes with it. There are no log-probabilities.
pub(super) fn reply(
    answer: &str,
    max_tokens: usize,
    stop: &[String],
    n_prompt_tokens: usize,
) -> Result<Generation, BackendError> {
    let stops = stop.iter().filter(|text| !text.is_empty()).filter_map(|text| answer.find(text.as_str()));
    let (answer, mut finish_reason) = match stops.min() {
        Some(end) => (&answer[..end], FinishReason::StopText),
        None => (answer, FinishReason::Stop),
    };
    let mut token_ids = encode(answer, Markers::AsText).map_err(tokenizer_error)?;
    let mut text = answer.to_owned();
    if token_ids.len() > max_tokens {
        finish_reason = FinishReason::Length;
        token_ids.truncate(max_tokens);
        text = decode(&token_ids).map_err(tokenizer_error)?;
        while !answer.starts_with(&text) && token_ids.pop().is_some() {
            text = decode(&token_ids).map_err(tokenizer_error)?;
        }
    }
    Ok(Generation { text, token_ids, logprobs: Vec::new(), n_prompt_tokens, finish_reason })
}

#[expect(clippy::needless_pass_by_value, reason = "the form that `map_err` wants")]
pub(super) fn tokenizer_error(error: TokenError) -> BackendError {
    BackendError::Tokenizer { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(answer: &str, max_tokens: usize, stop: &[&str]) -> (String, FinishReason) {
        let stop: Vec<String> = stop.iter().map(|&text| text.to_owned()).collect();
        let reply = reply(answer, max_tokens, &stop, 0).unwrap();
        assert_eq!(decode(&reply.token_ids).unwrap(), reply.text);
        (reply.text, reply.finish_reason)
    }

    #[test]
    fn an_answer_ends_at_a_stop_text_or_at_its_last_token() {
        assert_eq!(cut("one two three", 9, &[]), ("one two three".into(), FinishReason::Stop));
        assert_eq!(cut("one two three", 2, &[]), ("one two".into(), FinishReason::Length));
        assert_eq!(cut("one two three", 9, &["", " three", " two"]), ("one".into(), FinishReason::StopText));
        assert_eq!(cut("one two three", 1, &[" three"]), ("one".into(), FinishReason::Length));
        assert_eq!(cut("one", 0, &[]), (String::new(), FinishReason::Length));
        assert_eq!(cut("", 0, &[]), (String::new(), FinishReason::Stop));
    }

    #[test]
    fn no_character_is_cut_in_two() {
        assert_eq!(cut("🧪", 1, &[]).0, "");
    }

    #[test]
    fn a_text_fits_by_its_tokens() {
        assert!(fits("one two", 2) && !fits("one two", 1) && fits("", 0));
    }
}
