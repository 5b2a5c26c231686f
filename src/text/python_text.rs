//! What Python means by white space, word and digit.
//!
//! The reference programs of several metrics are written in Python, whose string methods and regular expressions draw these
//! lines a little differently from Rust's own.

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

/// `text.split()`: the runs between white space.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
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
