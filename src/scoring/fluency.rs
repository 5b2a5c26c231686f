//! How much a generated text varies: entropy of its n-grams of words.

use std::collections::HashMap;

use crate::text::sentence::words;

/// Entropies of one text, in bits; 0 where the text has no such n-gram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NGramEntropy {
    /// Of pairs of neighbouring words.
    pub pairs: f64,
    /// Of triples.
    pub triples: f64,
}

impl NGramEntropy {
    /// RWKU's fluency: H2/3 + 2 H3/3, in bits; the paper prints it times 100.
    ///
    /// Neither high nor low is good by itself: rambling scores high, a refusal low, and so does repetition.
    #[must_use]
    pub fn weighted(self) -> f64 {
        self.pairs / 3.0 + 2.0 * self.triples / 3.0
    }
}

/// Entropies of the n-grams of a text, words as NLTK finds them.
#[must_use]
pub fn n_gram_entropy(text: &str) -> NGramEntropy {
    let words = words(text);
    NGramEntropy { pairs: entropy(&words, 2), triples: entropy(&words, 3) }
}

/// - sum f log2 f over the relative frequencies of the n-grams.
fn entropy(words: &[String], n: usize) -> f64 {
    let mut counts: HashMap<&[String], usize> = HashMap::new();
    for gram in words.windows(n) {
        *counts.entry(gram).or_default() += 1;
    }
    let total = counts.values().sum::<usize>() as f64;
    // Sorted, so that the sum does not depend on the order of a hash map.
    let mut counts: Vec<usize> = counts.into_values().collect();
    counts.sort_unstable();
    let terms = counts.into_iter().map(|count| {
        let frequency = count as f64 / total;
        frequency * frequency.log2()
    });
    // A single n-gram gives -0.
    -terms.sum::<f64>() + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_pairs_have_the_entropy_of_their_number() {
        let entropy = n_gram_entropy("one two three four five");
        assert!((entropy.pairs - 2.0).abs() < 1e-12 && (entropy.triples - 3_f64.log2()).abs() < 1e-12);
        assert!((entropy.weighted() - (2.0 / 3.0 + 2.0 * 3_f64.log2() / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn repetition_and_short_texts_have_none() {
        for text in ["", "word", "go go go go go"] {
            assert_eq!(n_gram_entropy(text).weighted(), 0.0, "{text}");
        }
    }
}
