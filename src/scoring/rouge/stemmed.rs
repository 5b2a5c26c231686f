//! The package `rouge_score` 0.1.2: lower-case ASCII words, compared as they are or by their Porter stems.

use std::collections::HashMap;

use super::RougeScore;
use crate::scoring::stem::porter_stem;

/// ROUGE-L: longest common subsequence of the tokens (Lin 2004), as the package `rouge_score` without stemming.
///
/// Tokens are the runs of `[a-z0-9]` after lower-casing, so text in another script has none. A side without a token
/// gives 0 for all three. O(prediction x reference) time, O(reference) space.
#[must_use]
pub fn rouge_l(prediction: &str, reference: &str) -> RougeScore {
    rouge_of(&rouge_tokens(prediction), &rouge_tokens(reference))
}

/// As [`rouge_l`] with `use_stemmer=True`: words of more than three letters are compared by their Porter stems.
#[must_use]
pub fn rouge_l_stemmed(prediction: &str, reference: &str) -> RougeScore {
    rouge_of(&stems(prediction), &stems(reference))
}

fn rouge_of(prediction: &[String], reference: &[String]) -> RougeScore {
    if prediction.is_empty() || reference.is_empty() {
        return RougeScore { precision: 0.0, recall: 0.0, f_measure: 0.0 };
    }
    let common = longest_common_subsequence(prediction, reference) as f64;
    let precision = common / prediction.len() as f64;
    let recall = common / reference.len() as f64;
    let f_measure = if common > 0.0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
    RougeScore { precision, recall, f_measure }
}

/// Share of the reference's stems that the prediction has, in any order and as often as both have them, in [0, 1].
///
/// ROUGE-1 recall with `use_stemmer=True`; 0 where a side has no word.
#[must_use]
pub fn rouge_1_recall_stemmed(prediction: &str, reference: &str) -> f64 {
    let wanted = stems(reference);
    let mut left: HashMap<String, usize> = HashMap::new();
    for stem in stems(prediction) {
        *left.entry(stem).or_default() += 1;
    }
    let n_wanted = wanted.len().max(1) as f64;
    let is_found = |stem: &String| match left.get_mut(stem) {
        Some(count @ 1..) => {
            *count -= 1;
            true
        }
        _ => false,
    };
    let n_found = wanted.iter().map(is_found).filter(|found| *found).count();
    n_found as f64 / n_wanted
}

pub(super) fn stems(text: &str) -> Vec<String> {
    let stem = |word: String| if word.len() > 3 { porter_stem(&word) } else { word };
    rouge_tokens(text).into_iter().map(stem).collect()
}

fn rouge_tokens(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|character: char| !(character.is_ascii_lowercase() || character.is_ascii_digit()))
        .filter(|token| !token.is_empty())
        .map(str::to_owned)
        .collect()
}

fn longest_common_subsequence(left: &[String], right: &[String]) -> usize {
    // lengths[j]: longest common subsequence of the left tokens so far and right[..j].
    let mut lengths = vec![0_usize; right.len() + 1];
    for token in left {
        let mut diagonal = 0;
        for (index, other) in right.iter().enumerate() {
            let above = lengths[index + 1];
            lengths[index + 1] = if token == other { diagonal + 1 } else { above.max(lengths[index]) };
            diagonal = above;
        }
    }
    lengths[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rouge_counts_words_in_order() {
        // alpha gamma delta is common, in order: 3 of 4 both ways.
        let score = rouge_l("alpha gamma beta delta", "alpha beta gamma delta");
        assert_eq!(score, RougeScore { precision: 0.75, recall: 0.75, f_measure: 0.75 });
    }

    #[test]
    fn precision_is_of_the_prediction_and_recall_of_the_reference() {
        let score = rouge_l("the keeper", "The keeper lit the lamp, at dusk.");
        assert_eq!((score.precision, score.recall), (1.0, 2.0 / 7.0));
        assert!((score.f_measure - 4.0 / 9.0).abs() < 1e-15);
    }

    #[test]
    fn punctuation_and_case_do_not_count_and_accents_split_words() {
        assert_eq!(rouge_l("5.7 MILLION", "5,7 million").f_measure, 1.0);
        // "caf" and "caf" agree; "naïve" is "na" and "ve".
        assert_eq!(rouge_l("naïve café", "na ve caf").f_measure, 1.0);
    }

    #[test]
    fn stems_of_long_words_agree_and_short_words_stay() {
        // "cats" has more than three letters and loses its s; "was" keeps it.
        assert_eq!(rouge_l_stemmed("the cats was hopping", "a cat wa hopped").f_measure, 0.5);
        assert_eq!(rouge_l_stemmed("running homes", "runs home").f_measure, 1.0);
        assert_eq!(rouge_l("running homes", "runs home").f_measure, 0.0);
    }

    #[test]
    fn an_empty_side_scores_zero() {
        for (prediction, reference) in [("", "x"), ("x", ""), ("", ""), ("港", "港")] {
            assert_eq!(rouge_l(prediction, reference).f_measure, 0.0);
        }
    }

    #[test]
    fn swapping_the_texts_swaps_precision_and_recall() {
        let (left, right) = ("one two three four five", "two five six one three");
        let (forward, backward) = (rouge_l(left, right), rouge_l(right, left));
        assert_eq!((forward.precision, forward.recall), (backward.recall, backward.precision));
    }

    #[test]
    fn stems_count_in_any_order_and_as_often_as_both_have_them() {
        assert_eq!(rouge_1_recall_stemmed("lamps the lighting", "lighted lamp the the"), 0.75);
        assert_eq!(rouge_1_recall_stemmed("", "x"), 0.0);
        assert_eq!(rouge_1_recall_stemmed("x", "港"), 0.0);
    }
}
