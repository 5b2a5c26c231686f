//! The package `rouge` 1.0.1, which RWKU scores by: no lower-casing, no stems, distinct words.
//!
//! A full stop ends a piece wherever it stands, every other sign belongs to its word. Hence an exclamation mark behind a
//! name costs that word, a lower-case name scores 0, and the order of repeated words is lost. [`rouge_l_recall_normalised`]
//! stands beside it for that reason.

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::RougeScore;
use crate::text::python_text::{split, strip};

/// What RWKU puts in place of an empty prediction.
pub const NO_ANSWER: &str = "NOANSWER";

/// Keeps the F measure of the package finite where precision and recall are 0.
const F_GUARD: f64 = 1e-8;

/// Whether a word counts once or as often as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Distinct words and n-grams, the package's default.
    #[default]
    Distinct,
    /// All of them. Recall and precision can then exceed 1, since a word is found once for each pair of pieces.
    All,
}

/// A side of which nothing is left once full stops are taken out. The package refuses such a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EmptySide {
    #[error("the prediction is empty or has full stops alone; score it 0")]
    Prediction,
    #[error("the reference is empty or has full stops alone; check the answer in the data")]
    Reference,
}

/// The three scores of the package's default setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PypiScores {
    /// Words.
    pub rouge_1: RougeScore,
    /// Pairs of neighbouring words.
    pub rouge_2: RougeScore,
    /// Union of longest common subsequences, piece by piece.
    pub rouge_l: RougeScore,
}

/// All scores of a pair, texts as they are. O(words of the prediction x words of the reference).
///
/// # Errors
/// A side that is empty or has full stops alone.
pub fn rouge_pypi(prediction: &str, reference: &str, counting: Counting) -> Result<PypiScores, EmptySide> {
    let (prediction, reference) = (pieces(prediction), pieces(reference));
    if prediction.is_empty() {
        return Err(EmptySide::Prediction);
    }
    if reference.is_empty() {
        return Err(EmptySide::Reference);
    }
    let prediction: Vec<Vec<&str>> = prediction.iter().map(|piece| words(piece)).collect();
    let reference: Vec<Vec<&str>> = reference.iter().map(|piece| words(piece)).collect();
    Ok(PypiScores {
        rouge_1: n_gram_overlap(1, &prediction, &reference, counting),
        rouge_2: n_gram_overlap(2, &prediction, &reference, counting),
        rouge_l: summary_level(&prediction, &reference, counting),
    })
}

/// RWKU's score of one probe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UpstreamRecall {
    /// In [0, 1].
    pub value: f64,
    /// The package has no score for this pair, which ends upstream's run; 0 stands in its place.
    pub is_dots_only: bool,
}

/// ROUGE-L recall of RWKU: the package's, of the stripped prediction or of [`NO_ANSWER`] for an empty one.
#[must_use]
pub fn rouge_l_recall_upstream(prediction: &str, reference: &str) -> UpstreamRecall {
    match rouge_pypi(prediction_or_no_answer(prediction), reference, Counting::Distinct) {
        Ok(scores) => UpstreamRecall { value: scores.rouge_l.recall, is_dots_only: false },
        Err(_) => UpstreamRecall { value: 0.0, is_dots_only: true },
    }
}

/// The prediction without white space around it; [`NO_ANSWER`] where nothing is left.
#[must_use]
pub fn prediction_or_no_answer(prediction: &str) -> &str {
    match strip(prediction) {
        "" => NO_ANSWER,
        stripped => stripped,
    }
}

/// The same recall, in [0, 1], without what has nothing to do with knowing: case, punctuation, Unicode's two spellings.
///
/// Both texts are brought to composed form and lower case; dashes, slashes, bars and low lines become spaces, all other
/// signs and symbols vanish. Then distinct words of a longest common subsequence over distinct words of the reference. `None` for a
/// reference without a word. This harness's own: upstream has no such column.
#[must_use]
pub fn rouge_l_recall_normalised(prediction: &str, reference: &str) -> Option<f64> {
    let (prediction, reference) = (normalised_words(prediction), normalised_words(reference));
    let prediction: Vec<&str> = prediction.iter().map(String::as_str).collect();
    let reference: Vec<&str> = reference.iter().map(String::as_str).collect();
    let distinct = reference.iter().collect::<BTreeSet<_>>().len();
    let common: BTreeSet<&str> = common_subsequence(&reference, &prediction).into_iter().collect();
    (distinct > 0).then(|| common.len() as f64 / distinct as f64)
}

fn normalised_words(text: &str) -> Vec<String> {
    let lower = text.nfc().collect::<String>().to_lowercase();
    let separates =
        |character: char| matches!(character, '-' | '/' | '\\' | '|' | '_' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let plain: String = lower
        .chars()
        .filter_map(|character| {
            if separates(character) || crate::text::python_text::is_space(character) {
                Some(' ')
            } else {
                (character.is_alphanumeric() || is_combining_mark(character)).then_some(character)
            }
        })
        .collect();
    split(&plain).map(str::to_owned).collect()
}

/// Pieces between full stops, white space made single; a piece of blanks stays as an empty one.
fn pieces(text: &str) -> Vec<String> {
    text.split('.').filter(|piece| !piece.is_empty()).map(|piece| split(piece).collect::<Vec<_>>().join(" ")).collect()
}

/// Words between single spaces; the empty piece has the empty word.
fn words(piece: &str) -> Vec<&str> {
    piece.split(' ').collect()
}

fn n_gram_overlap(n: usize, prediction: &[Vec<&str>], reference: &[Vec<&str>], counting: Counting) -> RougeScore {
    let (prediction, reference) = (prediction.concat(), reference.concat());
    let (found, wanted) = (counted(prediction.windows(n), counting), counted(reference.windows(n), counting));
    let total = |counts: &BTreeMap<&[&str], usize>| counts.values().sum::<usize>();
    let common: usize = found.iter().map(|(gram, count)| wanted.get(gram).map_or(0, |other| *count.min(other))).sum();
    score(common, total(&found), total(&wanted))
}

fn counted<'a, 'b>(grams: impl Iterator<Item = &'a [&'b str]>, counting: Counting) -> BTreeMap<&'a [&'b str], usize> {
    let mut counts = BTreeMap::new();
    for gram in grams {
        let count = counts.entry(gram).or_insert(0);
        *count = if counting == Counting::Distinct { 1 } else { *count + 1 };
    }
    counts
}

fn summary_level(prediction: &[Vec<&str>], reference: &[Vec<&str>], counting: Counting) -> RougeScore {
    let subsequences =
        reference.iter().flat_map(|wanted| prediction.iter().map(|found| common_subsequence(wanted, found)));
    let size = |side: &[Vec<&str>]| match counting {
        Counting::Distinct => side.iter().flatten().collect::<BTreeSet<_>>().len(),
        Counting::All => side.iter().map(Vec::len).sum(),
    };
    let common = match counting {
        Counting::Distinct => subsequences.flatten().collect::<BTreeSet<_>>().len(),
        Counting::All => subsequences.map(|common| common.len()).sum(),
    };
    score(common, size(prediction), size(reference))
}

fn score(common: usize, found: usize, wanted: usize) -> RougeScore {
    let share = |whole: usize| if whole == 0 { 0.0 } else { common as f64 / whole as f64 };
    let (precision, recall) = (share(found), share(wanted));
    RougeScore { precision, recall, f_measure: 2.0 * ((precision * recall) / (precision + recall + F_GUARD)) }
}

/// One longest common subsequence, its last word first. Of several, the one that the package finds: words are counted as a
/// set afterwards, so that the choice matters.
fn common_subsequence<'a>(wanted: &[&'a str], found: &[&str]) -> Vec<&'a str> {
    let columns = found.len() + 1;
    // lengths[i * columns + j]: longest common subsequence of wanted[..i] and found[..j].
    let mut lengths = vec![0_u32; (wanted.len() + 1) * columns];
    for (i, word) in wanted.iter().enumerate() {
        for (j, other) in found.iter().enumerate() {
            lengths[(i + 1) * columns + j + 1] = if word == other {
                lengths[i * columns + j] + 1
            } else {
                lengths[i * columns + j + 1].max(lengths[(i + 1) * columns + j])
            };
        }
    }
    let (mut i, mut j) = (wanted.len(), found.len());
    let mut common = Vec::new();
    while i > 0 && j > 0 {
        if wanted[i - 1] == found[j - 1] {
            common.push(wanted[i - 1]);
            (i, j) = (i - 1, j - 1);
        } else if lengths[(i - 1) * columns + j] > lengths[i * columns + j - 1] {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    common
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn recall(prediction: &str, reference: &str) -> f64 {
        rouge_l_recall_upstream(prediction, reference).value
    }

    #[test]
    fn signs_and_case_cost_a_word_and_a_final_full_stop_does_not() {
        assert_eq!(recall("Orla Brandvik!", "Orla Brandvik"), 0.5);
        assert_eq!(recall("orla brandvik", "Orla Brandvik"), 0.0);
        assert_eq!(recall(" Orla Brandvik. ", "Orla Brandvik"), 1.0);
        for written in ["Orla Brandvik!", "orla brandvik", "It was “Orla Brandvik”, who ..."] {
            assert_eq!(rouge_l_recall_normalised(written, "Orla Brandvik"), Some(1.0), "{written}");
        }
    }

    #[test]
    fn full_stops_alone_have_no_score() {
        assert_eq!(rouge_pypi("...", "x", Counting::Distinct), Err(EmptySide::Prediction));
        assert_eq!(rouge_pypi("x", "", Counting::Distinct), Err(EmptySide::Reference));
        assert_eq!(rouge_l_recall_upstream(". .", "x"), UpstreamRecall { value: 0.0, is_dots_only: false });
        assert_eq!(rouge_l_recall_upstream("..", "x"), UpstreamRecall { value: 0.0, is_dots_only: true });
        assert_eq!(recall("", "NOANSWER"), 1.0);
        assert_eq!(rouge_l_recall_normalised("x", "?!"), None);
    }

    #[test]
    fn a_piece_of_blanks_is_the_empty_word() {
        // ". ." splits into one piece, a blank, which both sides have.
        let scores = rouge_pypi(". . x", ". .", Counting::Distinct).expect("both have a piece");
        assert_eq!((scores.rouge_l.recall, scores.rouge_l.precision), (1.0, 0.5));
    }

    #[test]
    fn dashes_part_words_and_other_signs_do_not() {
        assert_eq!(normalised_words("Rock-n-roll — U.S. l’été 5,7"), ["rock", "n", "roll", "us", "lété", "57"]);
        assert_eq!(normalised_words("cafe\u{301}"), normalised_words("CAFÉ"));
    }

    proptest! {
        #[test]
        fn any_two_texts_have_shares(left in ".{0,60}", right in ".{0,60}") {
            let found = rouge_l_recall_upstream(&left, &right).value;
            prop_assert!((0.0..=1.0).contains(&found));
            if let Some(found) = rouge_l_recall_normalised(&left, &right) {
                prop_assert!((0.0..=1.0).contains(&found));
            }
        }

        #[test]
        fn a_text_recalls_itself(text in "[a-c .]{0,30}") {
            if let Ok(scores) = rouge_pypi(&text, &text, Counting::Distinct) {
                prop_assert_eq!(scores.rouge_l.recall, 1.0);
                prop_assert_eq!(scores.rouge_1.precision, 1.0);
            }
        }
    }
}
