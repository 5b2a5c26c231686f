//! Whether a generated text is broken: empty, repeating itself, or no text at all.
//!
//! A low overlap with an answer is forgetting only where the text is a text. No model is asked; the limits are this
//! harness's own, meant for outputs of up to a few hundred words.

use std::collections::HashSet;

use unicode_normalization::char::is_combining_mark;

use crate::text::python_text::{split, strip};

/// Words of a repeated stretch.
const REPEATED_WORDS: usize = 4;
/// Fewer words than this are too few to call a text repetitive.
pub const SHORTEST_JUDGED_WORDS: usize = 12;
/// At this share of repeated four-word stretches a text is degenerate.
pub const REPETITION_LIMIT: f64 = 0.5;
/// At or below this share of distinct words a text is degenerate.
pub const DISTINCT_LIMIT: f64 = 0.2;
/// Characters of one run at which a text is degenerate: no word or rule of dashes is that long.
pub const RUN_LIMIT: usize = 24;
/// Above this share of characters that are no text a text is degenerate.
pub const CONTROL_LIMIT: f64 = 0.02;
/// Above this share of signs and symbols a text is degenerate; a short one may well be a sign or a formula.
pub const SYMBOL_LIMIT: f64 = 0.6;
/// Fewer characters than this are too few to call a text a heap of signs.
pub const SHORTEST_JUDGED_CHARACTERS: usize = 20;

/// What was counted in one text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Degeneration {
    /// Nothing but white space.
    pub is_empty: bool,
    /// Characters that are no white space.
    pub n_visible: usize,
    /// Pieces between white space.
    pub n_words: usize,
    /// Share of four-word stretches that stood in the text before, in [0, 1); 0 for a text with fewer words.
    pub repetition_rate: f64,
    /// Distinct words over words, in (0, 1]; 1 without a word.
    pub distinct_ratio: f64,
    /// Longest run of one and the same character that is no white space.
    pub longest_run: usize,
    /// Share of control characters (line breaks and tabs apart), replacement characters and those for private use, in [0, 1].
    pub control_share: f64,
    /// Share of signs and symbols among what is no white space, in [0, 1].
    pub symbol_share: f64,
}

/// Counts what tells a broken text. Case does not matter. O(n).
#[must_use]
pub fn degeneration(text: &str) -> Degeneration {
    let lower = text.to_lowercase();
    let words: Vec<&str> = split(&lower).collect();
    let n_characters = text.chars().count();
    let n_visible = text.chars().filter(|character| !character.is_whitespace()).count();
    let n_symbols = text.chars().filter(|character| is_symbol(*character)).count();
    Degeneration {
        is_empty: strip(text).is_empty(),
        n_visible,
        n_words: words.len(),
        repetition_rate: repetition_rate(&words),
        distinct_ratio: match words.len() {
            0 => 1.0,
            n => words.iter().collect::<HashSet<_>>().len() as f64 / n as f64,
        },
        longest_run: longest_run(text),
        control_share: share(text.chars().filter(|character| is_no_text(*character)).count(), n_characters),
        symbol_share: share(n_symbols, n_visible),
    }
}

impl Degeneration {
    /// The first reason to call the text broken, by the limits of this module; `None` for a text that may pass.
    #[must_use]
    pub fn verdict(&self) -> Option<&'static str> {
        let is_long = self.n_words >= SHORTEST_JUDGED_WORDS;
        let checks = [
            (self.is_empty, "empty"),
            (self.control_share > CONTROL_LIMIT, "control_characters"),
            (self.longest_run >= RUN_LIMIT, "character_run"),
            (is_long && self.repetition_rate >= REPETITION_LIMIT, "repetition"),
            (is_long && self.distinct_ratio <= DISTINCT_LIMIT, "few_distinct_words"),
            (self.n_visible >= SHORTEST_JUDGED_CHARACTERS && self.symbol_share > SYMBOL_LIMIT, "symbols"),
        ];
        checks.into_iter().find_map(|(is_broken, reason)| is_broken.then_some(reason))
    }

    /// Whether there is a reason.
    #[must_use]
    pub fn is_degenerate(&self) -> bool {
        self.verdict().is_some()
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

fn repetition_rate(words: &[&str]) -> f64 {
    let stretches = words.windows(REPEATED_WORDS);
    let n = stretches.len();
    let distinct = stretches.collect::<HashSet<_>>().len();
    share(n - distinct, n)
}

fn longest_run(text: &str) -> usize {
    let (mut longest, mut length, mut last) = (0, 0, None);
    for character in text.chars() {
        length = if last == Some(character) { length + 1 } else { 1 };
        last = Some(character);
        if !character.is_whitespace() {
            longest = longest.max(length);
        }
    }
    longest
}

fn is_no_text(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    is_control || matches!(character, '\u{fffd}' | '\u{fff0}'..='\u{fff8}' | '\u{e000}'..='\u{f8ff}')
}

fn is_symbol(character: char) -> bool {
    !character.is_whitespace() && !character.is_alphanumeric() && !is_combining_mark(character)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn verdict(text: &str) -> Option<&'static str> {
        degeneration(text).verdict()
    }

    #[test]
    fn ordinary_answers_pass_short_ones_too() {
        for text in [
            "Paris.",
            "no no no",
            "1. Boil water.\n2. Add salt.\n\n* Oil: 3.5 %",
            "東京は雨です。",
            "```\nlet x = 1;\n```",
            "She was born in the port of Sandholm and spent her youth there, far from the glass works of the capital.",
        ] {
            assert_eq!(verdict(text), None, "{text}");
        }
    }

    #[test]
    fn broken_texts_are_told_by_their_fault() {
        assert_eq!(verdict(" \n "), Some("empty"));
        assert_eq!(verdict(&"the lamp is low ".repeat(10)), Some("repetition"));
        assert_eq!(verdict(&"no ".repeat(20)), Some("repetition"));
        assert_eq!(verdict("Answer: ______________________________"), Some("character_run"));
        assert_eq!(verdict("a \u{0}\u{0}\u{fffd} b"), Some("control_characters"));
        assert_eq!(verdict("!@ #$ %^ &* () _+ -= [] {} ;: ' , . < > / ? a"), Some("symbols"));
    }

    #[test]
    fn the_counts_are_shares() {
        let counted = degeneration("a b c d A B C D");
        assert_eq!((counted.n_words, counted.distinct_ratio), (8, 0.5));
        assert!((counted.repetition_rate - 0.2).abs() < 1e-12);
        assert_eq!(degeneration("").distinct_ratio, 1.0);
    }

    proptest! {
        #[test]
        fn any_text_is_counted(text in any::<String>()) {
            let counted = degeneration(&text);
            for value in [counted.repetition_rate, counted.distinct_ratio, counted.control_share, counted.symbol_share] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
            prop_assert!(!counted.is_empty || counted.is_degenerate());
        }
    }
}
