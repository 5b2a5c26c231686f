//! What NLTK's releases take for white space, letters and closing signs.

use super::characters;
use crate::text::python_text;

/// A release of NLTK. Its Punkt model is the same in both; what surrounds the model is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NltkRelease {
    /// 3.9.1: ASCII quotation marks alone close a sentence; Python's own expressions.
    V3_9,
    /// 3.10.4: curly quotation marks and guillemets, too; Unicode's properties.
    #[default]
    V3_10,
}

impl NltkRelease {
    /// What `\s` matches.
    pub(super) fn is_space(self, character: char) -> bool {
        match self {
            Self::V3_9 => python_text::is_space(character),
            Self::V3_10 => characters::is_space(character),
        }
    }

    /// What `[^\W\d]` matches.
    pub(super) fn is_letter(self, character: char) -> bool {
        match self {
            Self::V3_9 => python_text::is_word(character) && !python_text::is_digit(character),
            Self::V3_10 => characters::is_letter(character),
        }
    }

    /// Signs that end a word and are no part of one.
    pub(super) fn is_non_word(self, character: char) -> bool {
        match character {
            ')' | '"' | ';' | '}' | ']' | '*' | ':' | '@' | '\'' | '(' | '{' | '[' | '?' | '!' => true,
            _ => self.is_curly_quote(character),
        }
    }

    /// Signs that close a quotation or bracket.
    pub(super) fn is_closing(self, character: char) -> bool {
        matches!(character, '"' | '\'' | ')' | ']' | '}') || self.is_curly_quote(character)
    }

    fn is_curly_quote(self, character: char) -> bool {
        self == Self::V3_10 && matches!(character, '‘' | '’' | '“' | '”' | '«' | '»')
    }
}
