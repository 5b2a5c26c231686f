//! A sentence that is larger than a chunk may be, in pieces.

use crate::text::o200k::{Markers, TokenError, token_count, token_ends};
use crate::text::python_text::{is_space, strip};

/// Pieces of at most `budget` tokens, without white space around them; a character that is larger than the budget stays whole.
///
/// A piece ends with the last line that fits; where none ends within the budget, with the last word; else between tokens.
pub(super) fn pieces(text: &str, budget: usize) -> Result<Vec<String>, TokenError> {
    let ends = token_ends(text, Markers::EndOfText)?;
    let mut found = Vec::new();
    let (mut from, mut first) = (0, 0);
    while from < text.len() {
        let mut most = budget.max(1);
        let (piece, until) = loop {
            let until = cut(text, from, &ends[first..], most);
            let piece = strip(&text[from..until]);
            // A piece by itself may have more tokens than within its text.
            if most == 1 || token_count(piece, Markers::EndOfText)? <= budget {
                break (piece, until);
            }
            most -= (most / 16).max(1);
        };
        if !piece.is_empty() {
            found.push(piece.to_owned());
        }
        first += ends[first..].iter().take_while(|end| **end <= until).count();
        from = until;
    }
    Ok(found)
}

/// Where a piece that begins at `from` ends, with `most` tokens; behind `from`.
fn cut(text: &str, from: usize, ends: &[usize], most: usize) -> usize {
    let is_boundary = |end: &&usize| **end > from && text.is_char_boundary(**end);
    if ends.len() <= most {
        return text.len();
    }
    let window = &ends[..most];
    let best = |fits: &dyn Fn(usize) -> bool| window.iter().rev().filter(is_boundary).copied().find(|end| fits(*end));
    let before = |end: usize| text[from..end].chars().next_back();
    let behind = |end: usize| text[end..].chars().next();
    best(&|end| before(end) == Some('\n') || behind(end) == Some('\n'))
        .or_else(|| best(&|end| before(end).is_some_and(is_space) || behind(end).is_some_and(is_space)))
        .or_else(|| best(&|_| true))
        .or_else(|| ends.iter().find(is_boundary).copied())
        .unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_come_before_words_and_words_before_tokens() {
        assert_eq!(pieces("one two three\nfour five six", 4).unwrap(), ["one two three", "four five six"]);
        assert_eq!(pieces("one two three four five", 2).unwrap(), ["one two", "three four", "five"]);
        assert!(pieces("antidisestablishmentarianism", 2).unwrap().len() > 1);
    }

    #[test]
    fn characters_stay_whole() {
        assert_eq!(pieces("🧪🧪", 1).unwrap(), ["🧪", "🧪"]);
        assert_eq!(pieces("  ", 1).unwrap(), [""; 0]);
    }

    proptest! {
        #[test]
        fn nothing_but_white_space_is_lost(text in "[a-z é東🧪\n,]{0,60}", budget in 1_usize..6) {
            let kept = |text: &str| text.chars().filter(|character| !is_space(*character)).collect::<String>();
            prop_assert_eq!(kept(&pieces(&text, budget).unwrap().concat()), kept(&text));
        }
    }
}
