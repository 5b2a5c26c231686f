//! Punkt: which full stop, question or exclamation mark ends a sentence (Kiss and Strunk 2006), with NLTK's decisions.

use std::ops::Range;
use std::sync::LazyLock;

use punkt_n::TrainingData;

use super::punkt_token::{NUMBER, Token, tokens};
use super::release::NltkRelease;
use crate::text::python_text;

/// What the training texts say of English: abbreviations, collocations, words that begin sentences, and in which case each
/// word was seen where. The same numbers as in NLTK's `punkt_tab`.
static ENGLISH: LazyLock<TrainingData> = LazyLock::new(TrainingData::english);

/// Seen in upper case within a sentence.
const UPPER_WITHIN: u8 = 1 << 2;
/// Seen in upper case anywhere.
const UPPER: u8 = 1 << 1 | UPPER_WITHIN | 1 << 3;
/// Seen in lower case at the beginning of a sentence.
const LOWER_AT_BEGINNING: u8 = 1 << 4;
/// Seen in lower case anywhere.
const LOWER: u8 = LOWER_AT_BEGINNING | 1 << 5 | 1 << 6;

/// The sentences of a text, without the white space between them; closing quotes and brackets stay with the sentence that
/// they end. An empty text has none.
#[must_use]
pub fn sentences(text: &str) -> Vec<&str> {
    sentences_of(text, NltkRelease::default())
}

/// As [`sentences`], as the given release of NLTK finds them. O(n) for usual text.
#[must_use]
pub fn sentences_of(text: &str, release: NltkRelease) -> Vec<&str> {
    let slices = slices(text, release);
    realigned(text, &slices, release).into_iter().filter_map(|range| text.get(range)).collect()
}

/// A sign that may end a sentence, and what is looked at to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    /// From the beginning of the word that it ends.
    word_from: usize,
    /// Where the sign stands; it is one byte long.
    at: usize,
    /// End of the following sign or word.
    until: usize,
    /// Where the following word begins; `None` where a sign follows at once.
    next_word: Option<usize>,
}

/// Every end-of-sentence sign that is followed by another sign, or by white space and a word.
fn end_signs(text: &str, release: NltkRelease) -> impl Iterator<Item = Candidate> + '_ {
    text.match_indices(['.', '?', '!']).filter_map(move |(at, _)| {
        let after = &text[at + 1..];
        let first = after.chars().next()?;
        if release.is_non_word(first) {
            return Some(Candidate { word_from: 0, at, until: at + 1 + first.len_utf8(), next_word: None });
        }
        if !release.is_space(first) {
            return None;
        }
        let word = at + 1 + after.find(|character| !release.is_space(character))?;
        let until =
            text[word..].find(|character| release.is_space(character)).map_or(text.len(), |length| word + length);
        Some(Candidate { word_from: 0, at, until, next_word: Some(word) })
    })
}

/// Of signs that end the same word, as in `what?!`, the last.
fn candidates(text: &str, release: NltkRelease) -> Vec<Candidate> {
    let mut kept = Vec::new();
    let mut previous: Option<Candidate> = None;
    for mut candidate in end_signs(text, release) {
        let (word_from, word_until) = previous.as_ref().map_or((0, 0), |previous| (previous.word_from, previous.at));
        let before = text.get(word_until..candidate.at).unwrap_or_default();
        // ASCII's white space alone, and not where it begins the stretch.
        let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
        candidate.word_from = match before.as_bytes().iter().rposition(is_blank) {
            None | Some(0) => word_from,
            Some(index) => word_until + index + 1,
        };
        if let Some(previous) = previous.take()
            && previous.at <= candidate.word_from
        {
            kept.push(previous);
        }
        previous = Some(candidate);
    }
    kept.extend(previous);
    kept
}

fn slices(text: &str, release: NltkRelease) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    for candidate in candidates(text, release) {
        if has_break(&text[candidate.word_from..candidate.until], release) {
            found.push(from..candidate.at + 1);
            from = candidate.next_word.unwrap_or(candidate.at + 1);
        }
    }
    // Here Python's own idea of white space counts.
    found.push(from..text.trim_end_matches(python_text::is_space).len());
    found
}

/// Moves signs that close a quotation or bracket from the beginning of a sentence to the end of the one before.
fn realigned(text: &str, slices: &[Range<usize>], release: NltkRelease) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut moved = 0;
    for (index, slice) in slices.iter().enumerate() {
        let own = slice.start + moved..slice.end;
        let closing = slices.get(index + 1).and_then(|next| {
            let (signs, all) = closing_signs(text.get(next.clone())?, release)?;
            Some((next.start + signs, all))
        });
        match closing {
            Some((end, all)) => {
                found.push(own.start..end);
                moved = all;
            }
            None => {
                moved = 0;
                if own.start < own.end {
                    found.push(own);
                }
            }
        }
    }
    found
}

/// Bytes of the closing signs with which a sentence begins, without and with the white space behind them. `None` where a
/// word follows them at once.
fn closing_signs(sentence: &str, release: NltkRelease) -> Option<(usize, usize)> {
    let rest = sentence.trim_start_matches(|character| release.is_closing(character));
    let signs = sentence.len() - rest.len();
    let words = rest.trim_start_matches(|character| release.is_space(character));
    let is_closed = rest.is_empty() || words.len() < rest.len() || rest.starts_with("--");
    (signs > 0 && is_closed).then(|| (signs, sentence.len() - words.len()))
}

/// Whether a sentence ends within the context, other than at its end.
fn has_break(context: &str, release: NltkRelease) -> bool {
    let mut tokens = tokens(context, release);
    for token in &mut tokens {
        judge_alone(token);
    }
    for index in 1..tokens.len() {
        if let [first, second] = &mut tokens[index - 1..=index] {
            judge_in_context(first, second, release);
        }
    }
    let n_before_last = tokens.len().saturating_sub(1);
    tokens[..n_before_last].iter().any(|token| token.ends_sentence)
}

/// First pass: by the token's own form.
fn judge_alone(token: &mut Token) {
    if matches!(token.text.as_str(), "." | "?" | "!") {
        token.ends_sentence = true;
    } else if !token.is_ellipsis
        && let Some(word) = token.text.strip_suffix('.')
        && !word.ends_with('.')
    {
        let word = word.to_lowercase();
        let last_part = word.rsplit('-').next().unwrap_or_default();
        if ENGLISH.contains_abbrev(&word) || ENGLISH.contains_abbrev(last_part) {
            token.is_abbreviation = true;
        } else {
            token.ends_sentence = true;
        }
    }
}

/// What the case of a word says about a sentence beginning with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beginning {
    Yes,
    No,
    Unknown,
}

fn beginning(token: &Token) -> Beginning {
    if matches!(token.text.as_str(), ";" | ":" | "," | "." | "!" | "?") {
        return Beginning::No;
    }
    let seen = ENGLISH.get_orthographic_context(token.kind_in_sentence());
    if token.begins_upper() && seen & LOWER != 0 && seen & UPPER_WITHIN == 0 {
        Beginning::Yes
    } else if token.begins_lower() && (seen & UPPER != 0 || seen & LOWER_AT_BEGINNING == 0) {
        Beginning::No
    } else {
        Beginning::Unknown
    }
}

/// Second pass: a token that ends in a full stop, by what follows.
fn judge_in_context(token: &mut Token, next: &Token, release: NltkRelease) {
    if !token.text.ends_with('.') {
        return;
    }
    let kind = token.kind_without_stop();
    let next_kind = next.kind_in_sentence();
    if ENGLISH.contains_collocation(kind, next_kind) {
        (token.ends_sentence, token.is_abbreviation) = (false, true);
        return;
    }
    let is_initial = token.is_initial(release);
    if (token.is_abbreviation || token.is_ellipsis) && !is_initial {
        let begins =
            beginning(next) == Beginning::Yes || (next.begins_upper() && ENGLISH.contains_sentence_starter(next_kind));
        if begins {
            token.ends_sentence = true;
            return;
        }
    }
    if is_initial || kind == NUMBER {
        let is_within = match beginning(next) {
            Beginning::No => true,
            // A name behind an initial: a word that was never seen in lower case.
            Beginning::Unknown => {
                is_initial && next.begins_upper() && ENGLISH.get_orthographic_context(next_kind) & LOWER == 0
            }
            Beginning::Yes => false,
        };
        if is_within {
            (token.ends_sentence, token.is_abbreviation) = (false, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::characters::is_space;
    use super::*;

    #[test]
    fn the_trained_parameters_are_there() {
        assert!(ENGLISH.contains_abbrev("dr") && !ENGLISH.contains_abbrev("dog"));
        assert!(ENGLISH.contains_sentence_starter("however"));
        assert!(ENGLISH.contains_collocation(NUMBER, "corrections"));
        assert_eq!(ENGLISH.get_orthographic_context("colony"), 32);
    }

    #[test]
    fn curly_quotes_close_a_sentence_in_the_newer_release_alone() {
        let text = "Она ушла. “Quoted.” Done. «Oui.» Non.";
        assert_eq!(sentences_of(text, NltkRelease::V3_9), ["Она ушла.", "“Quoted.” Done.", "«Oui.» Non."]);
        assert_eq!(sentences(text), ["Она ушла.", "“Quoted.”", "Done.", "«Oui.»", "Non."]);
        assert_eq!(sentences_of("It ended.\" Then.", NltkRelease::V3_9), ["It ended.\"", "Then."]);
    }

    #[test]
    fn abbreviations_initials_and_numbers_end_no_sentence() {
        let text = "Dr. J. Weiss paid 3.50 at 5 p.m. on Jan. 3rd. Nobody saw it.";
        assert_eq!(sentences(text), ["Dr. J. Weiss paid 3.50 at 5 p.m. on Jan. 3rd.", "Nobody saw it."]);
    }

    #[test]
    fn closing_signs_stay_with_their_sentence() {
        assert_eq!(sentences("(It rained.) \"Why?\" He left."), ["(It rained.)", "\"Why?\"", "He left."]);
        assert_eq!(sentences("“It rained.” He left!! Then?"), ["“It rained.”", "He left!!", "Then?"]);
    }

    #[test]
    fn a_text_without_words_has_no_sentence() {
        assert!(sentences("").is_empty() && sentences(" \n ").is_empty());
    }

    proptest! {
        #[test]
        fn sentences_are_parts_of_the_text_in_order(text in "[a-zA-Z .?!\"')\\n\u{2019}é东0-9-]{0,80}") {
            let mut rest = text.as_str();
            for sentence in sentences(&text) {
                let at = rest.find(sentence);
                prop_assert!(at.is_some(), "{sentence:?}");
                let gap = &rest[..at.unwrap_or(0)];
                prop_assert!(gap.chars().all(is_space), "{gap:?} left out");
                rest = &rest[at.unwrap_or(0) + sentence.len()..];
            }
            prop_assert!(rest.chars().all(is_space));
        }

        #[test]
        fn any_text_is_taken(text in "\\PC{0,60}") {
            let _ = sentences(&text);
        }
    }
}
