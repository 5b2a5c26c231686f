//! The words of one sentence, by rules in the tradition of the Penn Treebank, in the form and order of NLTK 3.10.
//!
//! Each rule puts spaces where words part; at the end the text is split at them. The rules see each other's spaces, so that
//! their order matters, and a sign can be taken by one rule or another.

use super::characters::{is_space, is_word};
use super::rewriting::{Rewriting, begins_with, begins_with_any_case};
use crate::text::python_text::{self, is_digit, split};

/// Behind an apostrophe, these are the ends of words and not words that begin with one.
const ENDINGS: [&str; 8] = ["re", "ve", "ll", "m", "t", "s", "d", "n"];
/// Short endings, in either case.
const SHORT_CLITICS: [&str; 7] = ["'s", "'S", "'m", "'M", "'d", "'D", "'"];
/// Long endings, in lower or upper case alone.
const LONG_CLITICS: [&str; 8] = ["'ll", "'LL", "'re", "'RE", "'ve", "'VE", "n't", "N'T"];
/// Two words written as one.
const CONTRACTIONS: [(&str, &str); 8] = [
    ("can", "not"),
    ("d", "'ye"),
    ("gim", "me"),
    ("gon", "na"),
    ("got", "ta"),
    ("lem", "me"),
    ("more", "'n"),
    ("wan", "na"),
];

/// The words of a sentence (NLTK's `NLTKWordTokenizer`); a full stop parts from its word at the end of the text alone.
#[must_use]
pub fn sentence_words(sentence: &str) -> Vec<String> {
    let mut text = Rewriting::new(sentence);
    opening_quotes(&mut text);
    punctuation(&mut text);
    text.space_around(|character| matches!(character, '[' | ']' | '(' | ')' | '{' | '}' | '<' | '>'));
    text.replace("--", " -- ");
    text.pad();
    closing_quotes(&mut text);
    contractions(&mut text);
    split(&text.into_text()).map(str::to_owned).collect()
}

fn opening_quotes(text: &mut Rewriting) {
    text.apply(|text, at, written| match text[at] {
        '«' | '“' | '‘' | '„' => {
            written.extend([' ', text[at], ' ']);
            1
        }
        '`' => {
            let length = text[at..].iter().take_while(|character| **character == '`').count();
            written.push(' ');
            written.extend(&text[at..at + length]);
            written.push(' ');
            length
        }
        _ => 0,
    });
    text.apply(|text, at, written| {
        if at > 0 || text[at] != '"' {
            return 0;
        }
        written.extend(['`', '`']);
        1
    });
    text.replace("``", " `` ");
    text.apply(|text, at, written| {
        if !matches!(text[at], ' ' | '(' | '[' | '{' | '<') {
            return 0;
        }
        let quote = match text[at + 1..] {
            ['"', ..] => 1,
            ['\'', '\'', ..] => 2,
            _ => return 0,
        };
        written.push(text[at]);
        written.extend(" `` ".chars());
        1 + quote
    });
    text.apply(|text, at, written| {
        let is_inside = at > 0 && is_word(text[at - 1]);
        let before_word = text.get(at + 1).is_some_and(|next| is_word(*next));
        if text[at] != '\'' || is_inside || !before_word || is_ending(&text[at + 1..]) {
            return 0;
        }
        written.extend(['\'', ' ']);
        1
    });
}

/// Whether a word begins that is one of the endings.
fn is_ending(rest: &[char]) -> bool {
    ENDINGS.iter().any(|ending| begins_with_any_case(rest, ending) && ends_word(rest, ending.len()))
}

/// Whether no word goes on behind the first characters, of which the last is part of one.
fn ends_word(rest: &[char], length: usize) -> bool {
    rest.get(length).is_none_or(|next| !is_word(*next))
}

fn punctuation(text: &mut Rewriting) {
    final_stop(text, true);
    text.apply(|text, at, written| match (text[at], text.get(at + 1)) {
        (':' | ',', Some(next)) if !is_digit(*next) => {
            written.extend([' ', text[at], ' ', *next]);
            2
        }
        _ => 0,
    });
    text.apply(|text, at, written| {
        let is_last = matches!(text[at + 1..], [] | ['\n']);
        if !is_last || !matches!(text[at], ':' | ',') {
            return 0;
        }
        written.extend([' ', text[at], ' ']);
        1
    });
    text.space_around_runs('.', 2);
    text.space_around(|character| matches!(character, ';' | '@' | '#' | '$' | '%' | '&'));
    text.space_around(|character| matches!(character, '\u{2012}'..='\u{2015}'));
    final_stop(text, false);
    text.space_around(|character| matches!(character, '?' | '!'));
    text.apply(|text, at, written| match text[at..] {
        [before, '\'', ' ', ..] if before != '\'' => {
            written.extend([before, ' ', '\'', ' ']);
            3
        }
        _ => 0,
    });
    text.space_around(|character| character == '*');
}

/// Parts the full stop that ends the text from what is before it. What closes a quotation may stand behind it; among that
/// are spaces and curly quotes where `with_spaces` is set, and then it is parted from the stop, too.
fn final_stop(text: &mut Rewriting, with_spaces: bool) {
    let closes = |character: char| match character {
        ']' | ')' | '}' | '>' | '"' | '\'' => true,
        '»' | '”' | '’' | ' ' => with_spaces,
        _ => false,
    };
    text.apply(|text, at, written| {
        let [before, '.', ref rest @ ..] = text[at..] else { return 0 };
        if before == '.' {
            return 0;
        }
        let closing = rest.iter().take_while(|character| closes(**character)).count();
        if !rest[closing..].iter().all(|character| is_space(*character)) {
            return 0;
        }
        written.extend([before, ' ', '.']);
        if with_spaces {
            written.push(' ');
        }
        written.extend(&rest[..closing]);
        written.push(' ');
        2 + rest.len()
    });
}

fn closing_quotes(text: &mut Rewriting) {
    text.space_around(|character| matches!(character, '»' | '”' | '’'));
    text.replace("''", " '' ");
    text.replace("\"", " '' ");
    text.apply(|text, at, written| {
        let length = text[at..].iter().take_while(|character| is_space(**character)).count();
        if length > 0 {
            written.push(' ');
        }
        length
    });
    part_clitics(text, &SHORT_CLITICS);
    part_clitics(text, &LONG_CLITICS);
}

/// Parts an ending from its word, of which at least one character is taken that is no apostrophe.
fn part_clitics(text: &mut Rewriting, clitics: &[&str]) {
    text.apply(|text, at, written| {
        if matches!(text[at], '\'' | ' ') {
            return 0;
        }
        let rest = &text[at + 1..];
        let fits = |clitic: &&&str| begins_with(rest, clitic) && rest.get(clitic.len()) == Some(&' ');
        let Some(clitic) = clitics.iter().find(fits) else { return 0 };
        written.extend([text[at], ' ']);
        written.extend(clitic.chars());
        written.push(' ');
        clitic.len() + 2
    });
}

fn contractions(text: &mut Rewriting) {
    for (first, second) in CONTRACTIONS {
        text.apply(|text, at, written| {
            let rest = &text[at..];
            let length = first.len() + second.len();
            let begins_word = at == 0 || !python_text::is_word(text[at - 1]);
            let fits =
                begins_word && begins_with_any_case(rest, first) && begins_with_any_case(&rest[first.len()..], second);
            // This one alone needs white space behind it.
            let ends = if first == "wan" {
                rest.get(length).is_some_and(|next| python_text::is_space(*next))
            } else {
                ends_contraction(rest, length)
            };
            if !fits || !ends {
                return 0;
            }
            part(written, &rest[..length], first.len());
            length
        });
    }
    for second in ["is", "was"] {
        text.apply(|text, at, written| {
            let rest = &text[at..];
            let length = 3 + second.len();
            let fits = begins_with_any_case(rest, " 't") && begins_with_any_case(&rest[3..], second);
            if !fits || !ends_contraction(rest, length) {
                return 0;
            }
            part(written, &rest[1..length], 2);
            length
        });
    }
}

/// As [`ends_word`], by Python's own words: these rules alone are compiled by its own engine.
fn ends_contraction(rest: &[char], length: usize) -> bool {
    rest.get(length).is_none_or(|next| !python_text::is_word(*next))
}

fn part(written: &mut Vec<char>, both: &[char], first: usize) {
    written.push(' ');
    written.extend(&both[..first]);
    written.push(' ');
    written.extend(&both[first..]);
    written.push(' ');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn joined(text: &str) -> String {
        sentence_words(text).join(" ")
    }

    #[test]
    fn signs_part_from_words_and_numbers_keep_theirs() {
        assert_eq!(joined("Oil (3.5%), 1,000 g: $2!"), "Oil ( 3.5 % ) , 1,000 g : $ 2 !");
        assert_eq!(joined("St. Ives. Then..."), "St. Ives. Then ...");
        assert_eq!(joined("It ended.\")"), "It ended . '' )");
    }

    #[test]
    fn quotes_have_two_forms_and_endings_part() {
        assert_eq!(joined("\"It's\" -- they'll say 'no'"), "`` It 's '' -- they 'll say ' no '");
        assert_eq!(joined("I can't, CANNOT, wanna go"), "I ca n't , CAN NOT , wan na go");
        assert_eq!(joined("so 'tis more'n d'ye"), "so ' tis more 'n d 'ye");
    }

    proptest! {
        #[test]
        fn nothing_but_space_is_lost_where_no_quote_is(text in "[a-zA-Z0-9 .,:;?!()%$é東-]{0,60}") {
            let kept: String = sentence_words(&text).concat();
            let given: String = text.chars().filter(|character| !is_space(*character)).collect();
            prop_assert_eq!(kept, given);
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,60}") {
            let _ = sentence_words(&text);
        }
    }
}
