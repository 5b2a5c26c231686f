//! The last tokens of a memory (`_truncate_context_if_needed` of `agent.py` at commit 455306dc).
//!
//! The paper describes the eviction of the oldest chunks; upstream's code cuts tokens, and so does this.

use std::borrow::Cow;

use crate::text::o200k::{Markers, TokenError, decode, encode};

/// Tokens by which a limit may be above the context's and the context is still cut.
const SLACK: i64 = 50_000;

/// What a long-context agent shows of its memory: the last tokens (o200k_base).
///
/// `context_max_length`: tokens that the data set allows; `input_length_limit`: tokens that the model has left for the memory, which
/// may be below 0. Nothing is cut where the second is more than 50,000 above the first. A character that is cut in two begins with
/// U+FFFD. Zero keeps everything, and a limit of -n drops the first n tokens, as upstream's slices do. O(n log n) at worst.
///
/// # Errors
/// The text cannot be cut into tokens.
pub fn kept_tail(memory: &str, context_max_length: i64, input_length_limit: i64) -> Result<Cow<'_, str>, TokenError> {
    if input_length_limit > context_max_length.saturating_add(SLACK) {
        return Ok(Cow::Borrowed(memory));
    }
    let mut kept = Cow::Borrowed(memory);
    for limit in [context_max_length, input_length_limit] {
        let tokens = encode(&kept, Markers::AsText)?;
        if i64::try_from(tokens.len()).unwrap_or(i64::MAX) > limit {
            let cut = decode(last(&tokens, limit))?;
            kept = Cow::Owned(cut);
        }
    }
    Ok(kept)
}

/// `tokens[-limit:]` in Python.
fn last(tokens: &[u32], limit: i64) -> &[u32] {
    let distance = usize::try_from(limit.unsigned_abs()).unwrap_or(usize::MAX);
    let from = match limit {
        0 => 0,
        1.. => tokens.len().saturating_sub(distance),
        _ => distance.min(tokens.len()),
    };
    &tokens[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_limit_decides_and_a_large_one_leaves_all() {
        let text = "one two three four five six";
        assert_eq!(kept_tail(text, 4, 2).unwrap(), " five six");
        assert_eq!(kept_tail(text, 2, 4).unwrap(), " five six");
        assert_eq!(kept_tail(text, 2, 50_003).unwrap(), text);
        assert_eq!(kept_tail(text, 2, 50_002).unwrap(), " five six");
    }

    #[test]
    fn limits_without_room_are_upstreams_slices() {
        let text = "one two three";
        assert_eq!(kept_tail(text, 10, 0).unwrap(), text);
        assert_eq!(kept_tail(text, 10, -1).unwrap(), " two three");
        assert_eq!(kept_tail(text, 10, i64::MIN).unwrap(), "");
        assert_eq!(kept_tail("", 10, 5).unwrap(), "");
    }
}
