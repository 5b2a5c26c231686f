//! ROUGE-Lsum of the package `rouge_score` 0.1.2 with stems: lines are compared each with each.

use std::collections::HashMap;

use super::RougeScore;
use super::stemmed::stems;

/// ROUGE-Lsum: for each line of the reference the words that stand in a longest common subsequence with any line of the prediction,
/// each word as often as both texts have it, over all words (Lin 2004, as `rougeLsum` with `use_stemmer=True`).
///
/// Lines end at `\n`. A side without a word gives 0 for all three. O(prediction x reference) time, O(longest two lines) space.
#[must_use]
pub fn rouge_l_sum_stemmed(prediction: &str, reference: &str) -> RougeScore {
    let lines =
        |text: &str| -> Vec<Vec<String>> { text.split('\n').filter(|line| !line.is_empty()).map(stems).collect() };
    let (prediction, reference) = (lines(prediction), lines(reference));
    let n_words = |lines: &[Vec<String>]| lines.iter().map(Vec::len).sum::<usize>();
    let (n_found, n_wanted) = (n_words(&prediction), n_words(&reference));
    if n_found == 0 || n_wanted == 0 {
        return RougeScore { precision: 0.0, recall: 0.0, f_measure: 0.0 };
    }
    let (mut left_found, mut left_wanted) = (counts(&prediction), counts(&reference));
    let mut hits = 0_usize;
    for line in &reference {
        let mut is_common = vec![false; line.len()];
        for other in &prediction {
            mark_common(line, other, &mut is_common);
        }
        for (word, _) in line.iter().zip(is_common).filter(|(_, is_common)| *is_common) {
            if let (Some(found @ 1..), Some(wanted @ 1..)) =
                (left_found.get_mut(word.as_str()), left_wanted.get_mut(word.as_str()))
            {
                *found -= 1;
                *wanted -= 1;
                hits += 1;
            }
        }
    }
    let (precision, recall) = (hits as f64 / n_found as f64, hits as f64 / n_wanted as f64);
    let f_measure = if hits > 0 { 2.0 * precision * recall / (precision + recall) } else { 0.0 };
    RougeScore { precision, recall, f_measure }
}

fn counts(lines: &[Vec<String>]) -> HashMap<&str, usize> {
    let mut counts = HashMap::new();
    for word in lines.iter().flatten() {
        *counts.entry(word.as_str()).or_insert(0) += 1;
    }
    counts
}

/// Marks the words of `wanted` in one longest common subsequence with `found`: of several the one that the package finds.
fn mark_common(wanted: &[String], found: &[String], is_common: &mut [bool]) {
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
    while i > 0 && j > 0 {
        if wanted[i - 1] == found[j - 1] {
            is_common[i - 1] = true;
            (i, j) = (i - 1, j - 1);
        } else if lengths[i * columns + j - 1] > lengths[(i - 1) * columns + j] {
            j -= 1;
        } else {
            i -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_lines_does_not_count_and_that_of_words_does() {
        assert_eq!(rouge_l_sum_stemmed("line two\nline one", "line one\nline two").f_measure, 1.0);
        assert_eq!(rouge_l_sum_stemmed("two line one line", "line one line two").f_measure, 0.75);
    }

    #[test]
    fn a_word_counts_as_often_as_both_have_it() {
        // Both lines of the reference find the one "lamp".
        let score = rouge_l_sum_stemmed("a lamp", "lamps\nlamp");
        assert_eq!((score.precision, score.recall), (0.5, 0.5));
    }

    #[test]
    fn sides_without_words_score_nothing() {
        for (prediction, reference) in [("", "x"), ("x", "\n\n"), ("港", "x")] {
            assert_eq!(rouge_l_sum_stemmed(prediction, reference).f_measure, 0.0);
        }
    }
}
