//! A short answer against a short reference: SQuAD's overlap, the prefix rule, and equality of plain texts.
//!
//! The rules are those of Hubble's generative tasks (e086892d): what a model writes is compared word by word after case,
//! punctuation and articles are gone.

use std::collections::HashMap;

use crate::text::python_text::{is_word, split};

/// How punctuation is treated before words are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Punctuation {
    /// Removed, so that an e-mail address is one word.
    #[default]
    Removed,
    /// As removed; but in a text with an `@` every sign is a word of its own, so that parts of an address count.
    SplitsAddresses,
}

/// The words that are compared: lower case, without ASCII punctuation and the words a, an and the.
#[must_use]
pub fn answer_words(text: &str, punctuation: Punctuation) -> Vec<String> {
    let lower = text.to_lowercase();
    let splits = punctuation == Punctuation::SplitsAddresses && lower.contains('@');
    let mut plain = String::with_capacity(lower.len() + 8);
    for character in lower.chars() {
        match (character.is_ascii_punctuation(), splits) {
            (false, _) => plain.push(character),
            (true, false) => {}
            (true, true) => plain.extend([' ', character, ' ']),
        }
    }
    split(&without_articles(&plain)).map(str::to_owned).collect()
}

/// Articles become spaces where they stand alone between characters that are no part of a word.
fn without_articles(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|character| is_word(character) != is_word(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        out.push_str(if matches!(run, "a" | "an" | "the") { " " } else { run });
        rest = after;
    }
    out
}

/// Words in common, as often as both have them.
fn common(prediction: &[String], reference: &[String]) -> usize {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in reference {
        *left.entry(word).or_default() += 1;
    }
    let mut n = 0;
    for word in prediction {
        if let Some(count @ 1..) = left.get_mut(word.as_str()) {
            *count -= 1;
            n += 1;
        }
    }
    n
}

#[expect(clippy::cast_precision_loss, reason = "an answer has few words")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// Shares of words in common, each in [0, 1]; all 0 where nothing is in common.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct WordOverlap {
    /// Of the prediction's words.
    pub precision: f64,
    /// Of the reference's words.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

/// Words in common between lists of words, as often as both have them.
#[must_use]
pub fn word_overlap(prediction: &[String], reference: &[String]) -> WordOverlap {
    let common = common(prediction, reference);
    if common == 0 {
        return WordOverlap::default();
    }
    let (precision, recall) = (share(common, prediction.len()), share(common, reference.len()));
    WordOverlap { precision, recall, f1: 2.0 * precision * recall / (precision + recall) }
}

/// Harmonic mean of the shares of words in common, in [0, 1]; 0 where nothing is in common, and so for an empty side.
#[must_use]
pub fn squad_f1(prediction: &str, reference: &str, punctuation: Punctuation) -> f64 {
    word_overlap(&answer_words(prediction, punctuation), &answer_words(reference, punctuation)).f1
}

/// Share of the reference's words that the prediction has, in [0, 1]; 0 for a reference without a word.
#[must_use]
pub fn squad_recall(prediction: &str, reference: &str, punctuation: Punctuation) -> f64 {
    let (prediction, reference) = (answer_words(prediction, punctuation), answer_words(reference, punctuation));
    match common(&prediction, &reference) {
        0 => 0.0,
        common => share(common, reference.len()),
    }
}

/// 1.0 when the prediction's words begin with all of the reference's, else 0.0; every prediction begins with a reference
/// that has no word.
#[must_use]
pub fn prefix_match(prediction: &str, reference: &str, punctuation: Punctuation) -> f64 {
    let (prediction, reference) = (answer_words(prediction, punctuation), answer_words(reference, punctuation));
    f64::from(u8::from(prediction.starts_with(&reference)))
}

/// 1.0 when both texts are equal without case and ASCII punctuation, else 0.0. Spaces count, as in the package `evaluate`.
#[must_use]
pub fn exact_match_text(prediction: &str, reference: &str) -> f64 {
    let plain = |text: &str| -> String {
        text.to_lowercase().chars().filter(|character| !character.is_ascii_punctuation()).collect()
    };
    f64::from(u8::from(plain(prediction) == plain(reference)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_go_only_where_they_stand_alone() {
        assert_eq!(answer_words("The theatre, an anchor: a-b", Punctuation::Removed), ["theatre", "anchor", "ab"]);
        assert_eq!(answer_words("été a été", Punctuation::Removed), ["été", "été"]);
    }

    #[test]
    fn an_address_is_one_word_or_its_parts() {
        assert_eq!(answer_words("m.holt@x.org", Punctuation::Removed), ["mholtxorg"]);
        assert_eq!(answer_words("m.holt@x.org", Punctuation::SplitsAddresses).join(" "), "m . holt @ x . org");
        assert_eq!(answer_words("St. Ives", Punctuation::SplitsAddresses), ["st", "ives"]);
    }

    #[test]
    fn words_count_as_often_as_both_have_them() {
        let removed = Punctuation::Removed;
        assert!((squad_recall("one two two", "one one two", removed) - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(squad_f1("", "x", removed), 0.0);
        assert_eq!((squad_recall("an", "the", removed), prefix_match("an", "the", removed)), (0.0, 1.0));
        assert_eq!(prefix_match("3 May 1871 in Tarrow", "3 May 1871", removed), 1.0);
    }

    #[test]
    fn equal_texts_may_differ_in_case_and_punctuation_and_not_in_spaces() {
        assert_eq!(exact_match_text("St. IVES", "St Ives."), 1.0);
        assert_eq!(exact_match_text("St Ives ", "St Ives"), 0.0);
    }
}
