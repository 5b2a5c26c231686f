//! Punkt's tokens: words with the full stop that ends them, other signs by themselves.

use super::release::NltkRelease;
use crate::text::python_text::{is_digit, strip};

/// Type of every number.
pub(super) const NUMBER: &str = "##number##";

/// One token of a context, with what its own form says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) text: String,
    /// Lower case; [`NUMBER`] for a number.
    pub(super) kind: String,
    pub(super) ends_sentence: bool,
    pub(super) is_abbreviation: bool,
    pub(super) is_ellipsis: bool,
}

impl Token {
    pub(super) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            kind: if is_number(text) { NUMBER.to_owned() } else { text.to_lowercase() },
            ends_sentence: false,
            is_abbreviation: false,
            is_ellipsis: text.len() > 1 && text.bytes().all(|byte| byte == b'.'),
        }
    }

    /// The type without its full stop; a full stop alone stays.
    pub(super) fn kind_without_stop(&self) -> &str {
        match self.kind.strip_suffix('.') {
            Some(rest) if !rest.is_empty() => rest,
            _ => &self.kind,
        }
    }

    /// The type, its full stop taken for the sentence's where the token ends one.
    pub(super) fn kind_in_sentence(&self) -> &str {
        if self.ends_sentence { self.kind_without_stop() } else { &self.kind }
    }

    /// One letter and a full stop.
    pub(super) fn is_initial(&self, release: NltkRelease) -> bool {
        let mut characters = self.text.chars();
        matches!((characters.next(), characters.next(), characters.next()), (Some(first), Some('.'), None) if release.is_letter(first))
    }

    pub(super) fn begins_upper(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }

    pub(super) fn begins_lower(&self) -> bool {
        self.text.starts_with(char::is_lowercase)
    }
}

/// Sign, separator, a digit, then digits, separators and dashes.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let text = text.strip_prefix(['.', ',']).unwrap_or(text);
    let rest = text.strip_prefix(is_digit);
    rest.is_some_and(|rest| rest.chars().all(|character| is_digit(character) || matches!(character, ',' | '.' | '-')))
}

/// Signs that begin no word.
fn begins_no_word(character: char) -> bool {
    matches!(character, '(' | '"' | '`' | '{' | '[' | ':' | ';' | '&' | '#' | '*' | '@' | ')' | '}' | ']' | '-' | ',')
}

/// The tokens of a text. Lines do not matter to what follows.
pub(super) fn tokens(text: &str, release: NltkRelease) -> Vec<Token> {
    let mut found = Vec::new();
    // A line ends a token and a run of spaced stops, so that each is looked at alone.
    for line in text.split('\n').filter(|line| !strip(line).is_empty()) {
        let line: Vec<char> = line.chars().collect();
        let mut at = 0;
        while at < line.len() {
            if release.is_space(line[at]) {
                at += 1;
                continue;
            }
            let length = token_length(&line[at..], release);
            found.push(Token::new(&line[at..at + length].iter().collect::<String>()));
            at += length;
        }
    }
    found
}

/// Characters of the token at the beginning of `rest`, which begins with no white space.
fn token_length(rest: &[char], release: NltkRelease) -> usize {
    if let Some(length) = multiple_sign(rest, release) {
        return length;
    }
    if begins_no_word(rest[0]) {
        return 1;
    }
    (1..rest.len()).find(|&end| ends_word(&rest[end..], release)).unwrap_or(rest.len())
}

/// A run of dashes, a run of full stops, or at least three full stops with one white space between.
fn multiple_sign(rest: &[char], release: NltkRelease) -> Option<usize> {
    let run = |sign: char| rest.iter().take_while(|character| **character == sign).count();
    match rest.first() {
        Some('-') => Some(run('-')).filter(|length| *length > 1),
        Some('.') => match run('.') {
            1 => spaced_stops(rest, release),
            length => Some(length),
        },
        _ => None,
    }
}

fn spaced_stops(rest: &[char], release: NltkRelease) -> Option<usize> {
    let pairs = rest.chunks_exact(2).take_while(|pair| pair[0] == '.' && release.is_space(pair[1])).count();
    // The last stop has nothing behind it that counts: it may be the first half of a further pair.
    let stops = if rest.get(2 * pairs) == Some(&'.') { pairs + 1 } else { pairs };
    (stops > 2).then(|| 2 * stops - 1)
}

/// Whether a word ends before `rest`, which is not empty.
fn ends_word(rest: &[char], release: NltkRelease) -> bool {
    let ends = |rest: &[char]| match rest.first() {
        None => true,
        Some(&first) => release.is_space(first) || release.is_non_word(first) || multiple_sign(rest, release).is_some(),
    };
    ends(rest) || (rest[0] == ',' && ends(&rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text, NltkRelease::V3_10).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn a_full_stop_belongs_to_its_word() {
        assert_eq!(texts("Mr. Smith's 3.5, (ok) e.g."), ["Mr.", "Smith", "'s", "3.5", ",", "(", "ok", ")", "e.g."]);
        assert_eq!(texts("so... . . . well--no -x"), ["so", "...", ". . .", "well", "--", "no", "-", "x"]);
        assert_eq!(texts("a,b c,"), ["a,b", "c", ","]);
        assert_eq!(texts(". . x"), [".", ".", "x"]);
    }

    #[test]
    fn numbers_have_one_type() {
        for text in ["12", "-3.5", ".5", "1,000.", "1990-91", "٣"] {
            assert_eq!(Token::new(text).kind, NUMBER, "{text}");
        }
        for text in ["3rd", "-", "..5", "x1"] {
            assert_ne!(Token::new(text).kind, NUMBER, "{text}");
        }
    }

    #[test]
    fn initials_are_one_letter() {
        assert!(Token::new("J.").is_initial(NltkRelease::V3_10) && Token::new("é.").is_initial(NltkRelease::V3_10));
        assert!(
            !Token::new("5.").is_initial(NltkRelease::V3_10)
                && !Token::new("JJ.").is_initial(NltkRelease::V3_10)
                && !Token::new("J").is_initial(NltkRelease::V3_10)
        );
    }
}
