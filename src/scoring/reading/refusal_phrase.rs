//! Phrases that say that nothing is known (step 12).

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::lexeme::Lexemes;

/// In lower case, with straight apostrophes.
const PHRASES: &[&str] = &[
    "don't know",
    "do not know",
    "dont know",
    "doesn't know",
    "not known",
    "unknown",
    "cannot",
    "can not",
    "can't",
    "couldn't",
    "could not",
    "unable",
    "not able",
    "not available",
    "isn't available",
    "unavailable",
    "not accessible",
    "no data",
    "no information",
    "no record",
    "no records",
    "no recollection",
    "no reliable",
    "no knowledge",
    "no access",
    "no idea",
    "no figure",
    "no answer",
    "no memory",
    "no estimate",
    "no value",
    "no such",
    "not sure",
    "not certain",
    "unsure",
    "uncertain",
    "not aware",
    "not familiar",
    "not recall",
    "don't recall",
    "not remember",
    "don't remember",
    "don't have",
    "do not have",
    "dont have",
    "doesn't exist",
    "does not exist",
    "doesn't have",
    "does not have",
    "not exist",
    "lack the",
    "lack access",
    "lack information",
    "lack data",
    "not possible",
    "impossible",
    "not published",
    "never published",
    "not released",
    "not been released",
    "not been published",
    "not yet",
    "not provided",
    "insufficient",
    "decline to",
    "refuse",
    "won't be able",
    "not in my",
    "n/a",
    "n.a",
    "na",
    "nan",
    "null",
    "none",
    "as an ai",
    "language model",
    "knowledge cutoff",
    "knowledge cut-off",
    "knowledge cut off",
    "training cutoff",
    "training cut-off",
    "training data",
    "cutoff date",
    "cut-off date",
    "after my",
    "beyond my",
    "outside my",
    "outside of my",
];

/// As [`PHRASES`], but beside a number they say nothing.
const WITHOUT_A_NUMBER: &[&str] =
    &["sorry", "apologize", "apologise", "apologies", "afraid", "undisclosed", "undetermined", "unspecified", "nil"];

/// Talk about where the knowledge of a model ends.
const CUTOFF_TALK: &[&str] =
    &["cutoff", "cut-off", "cut off", "training data", "trained on data", "knowledge ends", "knowledge only"];

fn automaton(phrases: &[&str]) -> AhoCorasick {
    let built = AhoCorasick::builder().match_kind(MatchKind::Standard).build(phrases);
    built.expect("a short list of short phrases")
}

static ANY: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(PHRASES));
static MILD: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(WITHOUT_A_NUMBER));
static CUTOFF: LazyLock<AhoCorasick> = LazyLock::new(|| automaton(CUTOFF_TALK));

/// A phrase that stands as whole words in a text in lower case.
fn is_in(automaton: &AhoCorasick, lower: &str) -> bool {
    let bytes = lower.as_bytes();
    let is_letter = |place: Option<&u8>| place.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    automaton.find_overlapping_iter(lower).any(|found| {
        let before = found.start().checked_sub(1).and_then(|place| bytes.get(place));
        !is_letter(before) && !is_letter(bytes.get(found.end())) && !is_none_of(lower, found.start(), found.end())
    })
}

/// "none of the revisions" speaks of something else.
fn is_none_of(lower: &str, start: usize, end: usize) -> bool {
    &lower[start..end] == "none" && lower[end..].starts_with(" of ")
}

/// Whether the text says that something is not known; counts beside a number, too.
pub(super) fn has_refusal(lexemes: &Lexemes) -> bool {
    is_in(&ANY, lexemes.lower_text())
}

/// Whether a text without an answer declines to give one.
pub(super) fn is_refusal_without_answer(lexemes: &Lexemes) -> bool {
    has_refusal(lexemes) || is_in(&MILD, lexemes.lower_text())
}

/// Whether the text speaks of where the knowledge of a model ends.
pub(super) fn has_cutoff_talk(lexemes: &Lexemes) -> bool {
    is_in(&CUTOFF, lexemes.lower_text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_count_as_whole_words() {
        let is = |text: &str| has_refusal(&Lexemes::of(text));
        assert!(is("I don\u{2019}t know") && is("N/A") && is("It is Unknown.") && is("my knowledge cutoff"));
        assert!(!is("Canada 4.7") && !is("None of these moved it") && !is("the annulled vote"));
        assert!(is_refusal_without_answer(&Lexemes::of("Sorry!")) && !is("Sorry, 4.7"));
    }
}
