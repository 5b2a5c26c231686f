//! Tokens of `o200k_base`, the encoding of OpenAI's `gpt-4o` and `gpt-4o-mini`, in which MemoryAgentBench measures texts.
//!
//! The vocabulary lies in the binary; nothing is fetched. The first use reads it, in about a tenth of a second.

use std::collections::HashSet;

use tiktoken_rs::{CoreBPE, Rank, o200k_base_singleton};

/// The one marker that MemoryAgentBench lets stand for a token of its own.
const END_OF_TEXT: &str = "<|endoftext|>";

/// Whether markers of the encoding are tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Markers {
    /// A marker is text like any other (`disallowed_special=()`).
    #[default]
    AsText,
    /// `<|endoftext|>` is one token; other markers are text.
    EndOfText,
}

/// Why a text has no tokens.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error(
        "cut a text of {length_bytes} bytes into tokens: {reason}; shorten it or break up its longest run of white space"
    )]
    Encode { length_bytes: usize, reason: String },
    #[error("turn token {token} back into text: o200k_base has no such token")]
    UnknownToken { token: u32 },
}

fn encoding() -> &'static CoreBPE {
    o200k_base_singleton()
}

/// The tokens of a text.
///
/// O(n log n) in bytes at worst.
///
/// # Errors
/// The text cannot be cut by the encoding's expression; a run of white space of megabytes may do that.
pub fn encode(text: &str, markers: Markers) -> Result<Vec<Rank>, TokenError> {
    let allowed = match markers {
        Markers::AsText => HashSet::new(),
        Markers::EndOfText => HashSet::from([END_OF_TEXT]),
    };
    let failed = |reason| TokenError::Encode { length_bytes: text.len(), reason };
    encoding().encode(text, &allowed).map(|(tokens, _)| tokens).map_err(|error| failed(error.message))
}

/// The number of tokens of a text; see [`encode`].
///
/// # Errors
/// Those of [`encode`].
pub fn token_count(text: &str, markers: Markers) -> Result<usize, TokenError> {
    Ok(encode(text, markers)?.len())
}

/// The text of tokens; a character that is cut in two becomes U+FFFD.
///
/// # Errors
/// A number that is no token.
pub fn decode(tokens: &[Rank]) -> Result<String, TokenError> {
    let bytes = encoding().decode_bytes(tokens).map_err(|error| TokenError::UnknownToken { token: error.token })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Where each token of a text ends, in bytes, ascending; a place may lie within a character.
///
/// # Errors
/// Those of [`encode`].
pub fn token_ends(text: &str, markers: Markers) -> Result<Vec<usize>, TokenError> {
    let mut end = 0;
    encode(text, markers)?
        .into_iter()
        .map(|token| {
            let bytes =
                encoding().decode_bytes(&[token]).map_err(|error| TokenError::UnknownToken { token: error.token })?;
            end += bytes.len();
            Ok(end)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_marker_is_one_token_only_where_it_may_be() {
        assert_eq!(encode(END_OF_TEXT, Markers::EndOfText).unwrap(), [199_999]);
        assert!(token_count(END_OF_TEXT, Markers::AsText).unwrap() > 1);
        assert!(token_count("<|endofprompt|>", Markers::EndOfText).unwrap() > 1);
        assert_eq!(token_count("", Markers::EndOfText).unwrap(), 0);
    }

    #[test]
    fn a_cut_character_is_replaced_and_numbers_beyond_the_vocabulary_are_refused() {
        let tokens = encode("🧪", Markers::AsText).unwrap();
        assert!(tokens.len() > 1);
        assert!(decode(&tokens[1..]).unwrap().contains('\u{fffd}'));
        assert_eq!(decode(&[u32::MAX]), Err(TokenError::UnknownToken { token: u32::MAX }));
    }

    #[test]
    fn long_runs_are_cut_or_refused_and_do_not_stop_the_program() {
        for text in
            [" ".repeat(300_000), "a".repeat(300_000), format!("{}x", " ".repeat(300_000)), "\n".repeat(300_000)]
        {
            match encode(&text, Markers::AsText) {
                Ok(tokens) => assert_eq!(decode(&tokens).unwrap(), text),
                Err(error) => assert!(error.to_string().contains("white space"), "{error}"),
            }
        }
    }

    proptest! {
        #[test]
        fn tokens_are_the_text_again(text in "\\PC{0,40}[ \n]{0,3}\\PC{0,40}") {
            prop_assert_eq!(decode(&encode(&text, Markers::AsText).unwrap()).unwrap(), text.clone());
            prop_assert_eq!(token_ends(&text, Markers::AsText).unwrap().last().copied().unwrap_or(0), text.len());
        }
    }
}
