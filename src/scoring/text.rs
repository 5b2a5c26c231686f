//! A continuation against its reference: ROUGE-L on words, and equality on token ids.

use super::stem::porter_stem;

/// Overlap of a prediction with a reference; all three in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RougeScore {
    /// Common subsequence over the tokens of the prediction.
    pub precision: f64,
    /// Common subsequence over the tokens of the reference.
    pub recall: f64,
    /// Harmonic mean of the two; 0 when both are 0.
    pub f_measure: f64,
}

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
    let stems = |text: &str| -> Vec<String> {
        let stem = |word: String| if word.len() > 3 { porter_stem(&word) } else { word };
        rouge_tokens(text).into_iter().map(stem).collect()
    };
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

/// Whether the first `reference.len()` generated ids are the reference: 1.0 or 0.0.
///
/// Generated ids past the reference are not looked at; fewer ids than the reference are no match. `None` for an
/// empty reference, which nothing can fail to match.
#[must_use]
pub fn exact_match(generated: &[u32], reference: &[u32]) -> Option<f64> {
    (!reference.is_empty()).then(|| f64::from(u8::from(generated.starts_with(reference))))
}

/// Share of the reference, in [0, 1], that is generated before the first wrong id. `None` for an empty reference.
#[must_use]
pub fn matched_prefix(generated: &[u32], reference: &[u32]) -> Option<f64> {
    let matched = longest_common_prefix(generated, reference);
    (!reference.is_empty()).then(|| matched as f64 / reference.len() as f64)
}

/// Number of ids before the first difference.
#[must_use]
pub fn longest_common_prefix(left: &[u32], right: &[u32]) -> usize {
    left.iter().zip(right).take_while(|(a, b)| a == b).count()
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
    fn ids_past_the_reference_do_not_spoil_an_exact_match() {
        assert_eq!(exact_match(&[1, 2, 3, 9], &[1, 2, 3]), Some(1.0));
        assert_eq!(exact_match(&[1, 2], &[1, 2, 3]), Some(0.0));
        assert_eq!(exact_match(&[1, 9, 3], &[1, 2, 3]), Some(0.0));
    }

    #[test]
    fn the_matched_prefix_ends_at_the_first_wrong_id() {
        assert_eq!(matched_prefix(&[1, 2, 9, 4], &[1, 2, 3, 4]), Some(0.5));
        assert_eq!(matched_prefix(&[1, 2, 3, 4, 5], &[1, 2, 3, 4]), Some(1.0));
        assert_eq!(matched_prefix(&[], &[1]), Some(0.0));
    }

    #[test]
    fn an_empty_reference_has_no_value() {
        assert_eq!(exact_match(&[1], &[]), None);
        assert_eq!(matched_prefix(&[1], &[]), None);
    }
}
