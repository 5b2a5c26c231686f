//! Texts as sparse vectors: word 1-grams and 2-grams, weighted by inverse document frequency.

use std::collections::{BTreeMap, HashMap};

/// The n-grams of one text with their counts, by n-gram id, ascending.
pub(super) type Counts = Vec<(u32, f64)>;

/// A sparse row: column and value, by column, ascending.
pub(super) type Row = Vec<(usize, f64)>;

/// n-gram counts of every text; ids are given in the order of first appearance.
///
/// Words are runs of at least two letters, digits or underscores of the lower-cased text, as in scikit-learn's default.
pub(super) fn count_ngrams(texts: &[&str]) -> Vec<Counts> {
    let mut ids: HashMap<String, u32> = HashMap::new();
    texts
        .iter()
        .map(|text| {
            let lowered = text.to_lowercase();
            let words: Vec<&str> = lowered
                .split(|character: char| !(character.is_alphanumeric() || character == '_'))
                .filter(|word| word.chars().nth(1).is_some())
                .collect();
            let pairs = words.windows(2).map(|pair| format!("{} {}", pair[0], pair[1]));
            let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
            for ngram in words.iter().map(|&word| word.to_owned()).chain(pairs) {
                // Saturates only past four thousand million n-grams, more than fit into memory.
                let fresh = u32::try_from(ids.len()).unwrap_or(u32::MAX);
                *counts.entry(*ids.entry(ngram).or_insert(fresh)).or_insert(0.0) += 1.0;
            }
            counts.into_iter().collect()
        })
        .collect()
}

/// Columns and weights learnt from training texts.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// n-gram id -> (column, inverse document frequency).
    columns: HashMap<u32, (usize, f64)>,
}

impl Vocabulary {
    /// n-grams in at least `min_documents` of the training texts, with `ln((1 + n) / (1 + df)) + 1` as weight.
    pub(super) fn fit<'a>(training: impl Iterator<Item = &'a Counts>, min_documents: usize) -> Self {
        let mut frequencies: BTreeMap<u32, usize> = BTreeMap::new();
        let mut n_documents = 0_usize;
        for counts in training {
            n_documents += 1;
            for (ngram, _) in counts {
                *frequencies.entry(*ngram).or_insert(0) += 1;
            }
        }
        let columns = frequencies
            .into_iter()
            .filter(|(_, frequency)| *frequency >= min_documents)
            .enumerate()
            .map(|(column, (ngram, frequency))| {
                let weight = ((1 + n_documents) as f64 / (1 + frequency) as f64).ln() + 1.0;
                (ngram, (column, weight))
            })
            .collect();
        Self { columns }
    }

    pub(super) fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// Counts times weights, scaled to Euclidean length 1; empty when no n-gram is known.
    pub(super) fn row(&self, counts: &Counts) -> Row {
        // Columns follow n-gram ids, so the row stays ascending.
        let mut row: Row = counts
            .iter()
            .filter_map(|(ngram, count)| self.columns.get(ngram).map(|(column, weight)| (*column, count * weight)))
            .collect();
        let norm = row.iter().map(|(_, value)| value * value).sum::<f64>().sqrt();
        if norm > 0.0 {
            for (_, value) in &mut row {
                *value /= norm;
            }
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_pairs_and_counts_are_taken_from_lowered_text() {
        let counts = count_ngrams(&["The mill, the MILL a"]);
        // the, mill, "the mill" twice each, "mill the" once; "a" is too short for a word.
        let mut values: Vec<f64> = counts[0].iter().map(|(_, count)| *count).collect();
        values.sort_by(f64::total_cmp);
        assert_eq!(values, [1.0, 2.0, 2.0, 2.0]);
    }

    #[test]
    fn weights_are_smoothed_inverse_document_frequencies_of_length_one() {
        let counts = count_ngrams(&["salt road", "salt", "salt road"]);
        let vocabulary = Vocabulary::fit(counts.iter(), 2);
        assert_eq!(vocabulary.n_columns(), 3);
        let row = vocabulary.row(&counts[0]);
        // salt is in 3 of 3 (weight 1), "road" and "salt road" in 2 of 3 (weight ln(4/3) + 1).
        let rare = (4.0_f64 / 3.0).ln() + 1.0;
        let norm = (1.0 + 2.0 * rare * rare).sqrt();
        for ((_, got), expected) in row.iter().zip([1.0 / norm, rare / norm, rare / norm]) {
            assert!((got - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn ngrams_of_one_training_text_are_left_out() {
        let counts = count_ngrams(&["salt road", "salt mill"]);
        let vocabulary = Vocabulary::fit(counts.iter(), 2);
        assert_eq!(vocabulary.n_columns(), 1);
        assert!(vocabulary.row(&count_ngrams(&["x"])[0]).is_empty());
    }
}
