//! What Python means by white space, word and digit.
//!
//! The reference programs of several metrics are written in Python, whose string methods and regular expressions draw these
//! lines a little differently from Rust's own.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::char::is_combining_mark;

/// What `str.split()`, `str.strip()` and `\s` take for white space: Rust's, and the four separators of ASCII.
#[must_use]
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1c}'..='\u{1f}')
}

/// What `\w` matches: letters, numbers of any kind and `_`, but no combining mark.
#[must_use]
pub fn is_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    // Letters in circles are alphabetic in Unicode's tables and symbols in its categories, which Python asks.
    let is_symbol = matches!(
        character,
        '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f149}' | '\u{1f150}'..='\u{1f169}' | '\u{1f170}'..='\u{1f189}'
    );
    character.is_alphanumeric() && !is_combining_mark(character) && !is_symbol
}

/// What `\d` matches: decimal digits of any script.
#[must_use]
pub fn is_digit(character: char) -> bool {
    /// A character that is a decimal digit.
    static DIGIT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\d$").ok());
    if character.is_ascii() {
        return character.is_ascii_digit();
    }
    // Most characters are no numbers at all.
    character.is_numeric() && DIGIT.as_ref().is_some_and(|digit| digit.is_match(character.encode_utf8(&mut [0; 4])))
}

/// `text.strip()`.
#[must_use]
pub fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text.split()`: the runs between white space. Bytes of ASCII are looked at eight at a time: texts are long.
#[inline]
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let word = next_word(text, at)?;
        at = word.end;
        Some(&text[word])
    })
}

/// The place of the first word of `text.split()` at `at` or behind it.
#[must_use]
#[inline]
pub fn next_word(text: &str, at: usize) -> Option<Range<usize>> {
    let begin = end_of_run(text, at, true);
    let end = end_of_run(text, plain_end(text.as_bytes(), begin), false);
    (end > begin).then_some(begin..end)
}

/// A word of one to seven bytes of ASCII that begins at `at` and ends with a blank: its bytes, the first one lowest, and how many they are. `None` for
/// every other word, for none, and near the end of the text.
#[must_use]
#[inline]
pub fn short_word(text: &str, at: usize) -> Option<(u64, usize)> {
    let eight = u64::from_le_bytes(*text.as_bytes().get(at..)?.first_chunk()?);
    let n = n_plain(eight);
    let is_short = (1..8).contains(&n) && (eight >> (8 * n)) & 0xff == u64::from(b' ');
    is_short.then(|| (eight & ((1 << (8 * n)) - 1), n))
}

/// Where a run of white space, or of none, ends that goes on at `at`.
fn end_of_run(text: &str, mut at: usize, is_run_of_space: bool) -> usize {
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        let (is_space, width) = if byte.is_ascii() {
            (matches!(byte, 9..=13 | 28..=32), 1)
        } else {
            text[at..].chars().next().map_or((false, 1), |character| (is_space(character), character.len_utf8()))
        };
        if is_space != is_run_of_space {
            break;
        }
        at += width;
    }
    at
}

/// The first place from `at` on, in steps of eight bytes while there are as many, that may be white space: what is below `!`, and what is not
/// ASCII.
#[inline]
fn plain_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let n = n_plain(u64::from_le_bytes(*eight));
        at += n;
        if n < 8 {
            return at;
        }
    }
    at
}

/// How many of eight bytes, from the lowest on, are ASCII from `!` on.
#[inline]
fn n_plain(eight: u64) -> usize {
    const EACH: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // The lowest mark is right; a borrow can only mark bytes above it falsely.
    let marks = (eight.wrapping_sub(EACH * u64::from(b'!')) | eight) & HIGH;
    (marks.trailing_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_of_ascii_are_white_space() {
        assert_eq!(split(" a\u{1c}b\u{a0}c\u{3000}").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(strip("\u{1f} x \u{2029}"), "x");
        assert!(!is_space('\u{200b}'));
    }

    proptest::proptest! {
        #[test]
        fn words_are_the_runs_between_white_space(text in "[a-c \\t\u{1c}\u{85}\u{a0}\u{3000}é東\u{200b}]{0,20}") {
            let plain: Vec<&str> = text.split(is_space).filter(|word| !word.is_empty()).collect();
            proptest::prop_assert_eq!(split(&text).collect::<Vec<_>>(), plain);
        }

        #[test]
        fn a_short_word_is_the_word_that_begins_there(text in "[a-c !\t\u{7f}\u{1c}é東]{0,20}", at in 0_usize..20) {
            if let Some((bytes, n)) = short_word(&text, at) {
                proptest::prop_assert_eq!(next_word(&text, at), Some(at..at + n));
                let word = text[at..at + n].bytes().rev().fold(0, |all, byte| (all << 8) | u64::from(byte));
                proptest::prop_assert_eq!(bytes, word);
            }
        }
    }

    #[test]
    fn words_have_letters_numbers_and_low_lines_but_no_marks() {
        for character in ['a', 'é', '東', '²', '½', 'Ⅷ', '_', '٣'] {
            assert!(is_word(character), "{character}");
        }
        for character in ['\u{301}', 'ा', 'Ⓐ', '’', '-', '€'] {
            assert!(!is_word(character), "{character}");
        }
    }

    #[test]
    fn digits_are_decimal() {
        assert_eq!(['7', '٣', '²', '½', '三', 'a'].map(is_digit), [true, true, false, false, false, false]);
    }
}
