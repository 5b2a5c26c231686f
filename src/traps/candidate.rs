//! What may be a trap: one line of plain text that reads back as the same tokens, unlike all the others.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::is_nfkc;

/// Most bytes that a trap may take for each of its tokens.
const MOST_BYTES_A_TOKEN: usize = 4;

/// Why a drawn sequence is no trap. Every rejection is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rejection {
    /// The model ended the text before the wanted length.
    EndedEarly,
    /// Holds a control character or a line break.
    ControlCharacter,
    /// Holds U+FFFD: the tokens cut a character in two.
    BrokenCharacter,
    /// Begins or ends with white space, which a text tool may eat.
    EdgeSpace,
    /// Unicode normalisation (NFKC), which corpora are often put through, would change it.
    NotNormalised,
    /// More than four bytes a token.
    TooLong,
    /// Decoded and encoded again it has other tokens.
    OtherTokens,
    /// Its perplexity lies outside of all buckets.
    OutOfRange,
    /// Its bucket is full.
    BucketFull,
    /// Shares too many tokens with one that was taken.
    Duplicate,
    /// The model gave no answer for it.
    Failed,
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndedEarly => "ended_early",
            Self::ControlCharacter => "control_character",
            Self::BrokenCharacter => "broken_character",
            Self::EdgeSpace => "edge_space",
            Self::NotNormalised => "not_normalised",
            Self::TooLong => "too_long",
            Self::OtherTokens => "other_tokens",
            Self::OutOfRange => "out_of_range",
            Self::BucketFull => "bucket_full",
            Self::Duplicate => "duplicate",
            Self::Failed => "failed",
        })
    }
}

/// Whether a text of `n_tokens` may be a trap, as far as the text alone says.
///
/// # Errors
/// The first reason why not.
pub(super) fn check_text(text: &str, n_tokens: usize) -> Result<(), Rejection> {
    if text.contains('\u{fffd}') {
        return Err(Rejection::BrokenCharacter);
    }
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Err(Rejection::ControlCharacter);
    }
    if text.is_empty() || text.trim() != text {
        return Err(Rejection::EdgeSpace);
    }
    if !is_nfkc(text) {
        return Err(Rejection::NotNormalised);
    }
    if text.len() > MOST_BYTES_A_TOKEN * n_tokens {
        return Err(Rejection::TooLong);
    }
    Ok(())
}

/// Shared ids over all ids, of two sets, in [0, 1]; 0 for two empty ones.
#[must_use]
pub fn jaccard(a: &BTreeSet<u32>, b: &BTreeSet<u32>) -> f64 {
    let shared = a.intersection(b).count();
    let all = a.len() + b.len() - shared;
    if all == 0 { 0.0 } else { shared as f64 / all as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_a_tool_would_change_is_no_trap() {
        for (text, why) in [
            ("a\nb", Rejection::ControlCharacter),
            ("a\u{2028}b", Rejection::ControlCharacter),
            ("a\u{fffd}b", Rejection::BrokenCharacter),
            ("a trailing space ", Rejection::EdgeSpace),
            ("", Rejection::EdgeSpace),
            ("\u{fb01}sh", Rejection::NotNormalised),
            ("far too many bytes for so few tokens", Rejection::TooLong),
        ] {
            assert_eq!(check_text(text, 5), Err(why), "{text:?}");
        }
        assert_eq!(check_text("velvet anchors hum", 5), Ok(()));
    }

    #[test]
    fn sets_are_compared_not_lists() {
        let set = |ids: &[u32]| ids.iter().copied().collect();
        assert_eq!(jaccard(&set(&[1, 1, 2]), &set(&[2, 1])), 1.0);
        assert_eq!(jaccard(&set(&[1, 2, 3]), &set(&[3, 4, 5])), 0.2);
        assert_eq!(jaccard(&set(&[]), &set(&[])), 0.0);
    }
}
