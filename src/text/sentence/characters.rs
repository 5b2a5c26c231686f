//! White space, words and letters as NLTK's regular expressions see them.
//!
//! NLTK 3.10 compiles nearly all of them with the package `regex`, which goes by Unicode's properties where Python's own `re`
//! goes by string methods: a superscript two is part of a word in one and not in the other.

use unicode_normalization::char::is_combining_mark;

use crate::text::python_text::is_digit;

/// What `\s` matches: Unicode's white space, without the separators of ASCII.
pub(super) fn is_space(character: char) -> bool {
    character.is_whitespace()
}

/// What `\w` matches: letters, marks, decimal digits, and signs that connect words.
pub(super) fn is_word(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric() || character == '_';
    }
    let connects = matches!(
        character,
        '\u{203f}' | '\u{2040}' | '\u{2054}' | '\u{fe33}' | '\u{fe34}' | '\u{fe4d}'..='\u{fe4f}' | '\u{ff3f}'
    );
    character.is_alphabetic() || is_combining_mark(character) || is_digit(character) || connects
}

/// What `[^\W\d]` matches: a character of a word that is no decimal digit.
pub(super) fn is_letter(character: char) -> bool {
    is_word(character) && !is_digit(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_belong_to_words_and_superscripts_do_not() {
        assert_eq!(
            ['a', '\u{301}', 'ௗ', '²', '_', '‿', '٣', '’'].map(is_word),
            [true, true, true, false, true, true, true, false]
        );
        assert_eq!(['a', '7', '٣', '東'].map(is_letter), [true, false, false, true]);
        assert_eq!(['\u{a0}', '\u{85}', '\u{1c}'].map(is_space), [true, true, false]);
    }
}
