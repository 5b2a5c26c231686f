//! How much of a question a sentence has: shared words, rare ones counting more.
//!
//! Only the words of the question are looked up, so that reading costs one pass over the material and little memory.

use std::collections::HashMap;

use super::material::Sentence;
use super::words::{cut_suffix, is_stop_word, lower_into, words};

/// Which words are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compared {
    All,
    /// All but the stop words.
    Content,
}

/// Words that are looked for, each under a number from 0.
#[derive(Debug)]
pub(super) struct Terms {
    numbers: HashMap<String, usize>,
    compared: Compared,
}

impl Terms {
    pub(super) fn new(compared: Compared) -> Self {
        Self { numbers: HashMap::new(), compared }
    }

    /// Adds a text's words and gives their numbers, each once, ascending.
    pub(super) fn add(&mut self, text: &str) -> Vec<usize> {
        let (mut found, mut word) = (Vec::new(), String::new());
        for raw in words(text) {
            if self.read(raw, &mut word) {
                let next = self.numbers.len();
                found.push(*self.numbers.entry(word.clone()).or_insert(next));
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether a word, in the form that is compared, is one of them.
    pub(super) fn has(&self, word: &str) -> bool {
        self.numbers.contains_key(word)
    }

    /// Puts the form that is compared into `word`; `false` for a word that is not.
    fn read(&self, raw: &str, word: &mut String) -> bool {
        lower_into(raw, word);
        if self.compared == Compared::Content && is_stop_word(word) {
            return false;
        }
        cut_suffix(word);
        true
    }
}

/// What each sentence has of the terms.
#[derive(Debug)]
pub(super) struct Overlaps {
    /// Terms of all sentences, one after the other, each once a sentence and ascending.
    terms: Vec<usize>,
    /// Where the terms of each sentence end.
    ends: Vec<usize>,
    /// Compared words of each sentence, and those of them that are terms; repetitions count.
    n_words: Vec<(usize, usize)>,
    /// Inverse frequency of each term over the sentences: `ln(1 + (N - n + 0.5) / (n + 0.5))`, above 0.
    weights: Vec<f64>,
}

impl Overlaps {
    /// Reads all sentences once.
    pub(super) fn new(sentences: &[Sentence<'_>], terms: &Terms) -> Self {
        let mut frequencies = vec![0_usize; terms.numbers.len()];
        let (mut found, mut ends) = (Vec::new(), Vec::with_capacity(sentences.len()));
        let mut n_words = Vec::with_capacity(sentences.len());
        let (mut here, mut word) = (Vec::new(), String::new());
        for sentence in sentences {
            here.clear();
            let mut n_compared = 0;
            for raw in words(sentence.text) {
                if terms.read(raw, &mut word) {
                    n_compared += 1;
                    here.extend(terms.numbers.get(&word));
                }
            }
            n_words.push((n_compared, here.len()));
            here.sort_unstable();
            here.dedup();
            here.iter().for_each(|&term| frequencies[term] += 1);
            found.extend_from_slice(&here);
            ends.push(found.len());
        }
        let n_sentences = sentences.len() as f64;
        let weight = |&n: &usize| (1.0 + (n_sentences - n as f64 + 0.5) / (n as f64 + 0.5)).ln();
        Self { terms: found, ends, n_words, weights: frequencies.iter().map(weight).collect() }
    }

    /// Terms of a sentence, ascending.
    pub(super) fn terms_of(&self, sentence: usize) -> &[usize] {
        let start = sentence.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.terms[start..self.ends[sentence]]
    }

    /// Sum of the weights of a sentence's terms.
    pub(super) fn score(&self, sentence: usize) -> f64 {
        self.weight_of(self.terms_of(sentence))
    }

    pub(super) fn weight_of(&self, terms: &[usize]) -> f64 {
        terms.iter().map(|&term| self.weights[term]).sum()
    }

    /// Number of the sentence's compared words.
    pub(super) fn n_words(&self, sentence: usize) -> usize {
        self.n_words[sentence].0
    }

    /// Number of the sentence's compared words that are no terms: what it says beyond the question.
    pub(super) fn n_new_words(&self, sentence: usize) -> usize {
        let (n_compared, n_found) = self.n_words[sentence];
        n_compared - n_found
    }
}

#[cfg(test)]
mod tests {
    use super::super::material::sentences;
    use super::*;

    #[test]
    fn rare_words_weigh_more_and_repeated_ones_count_once() {
        let sentences = sentences("The ferry stops.\nThe ferries of Belm, Belm, Belm.\nA mill.");
        let mut terms = Terms::new(Compared::Content);
        assert_eq!(terms.add("Where does the ferry to Belm stop, the ferry?"), [0, 1, 2]);
        let overlaps = Overlaps::new(&sentences, &terms);
        assert_eq!(
            (overlaps.terms_of(0), overlaps.terms_of(1), overlaps.terms_of(2)),
            (&[0, 2][..], &[0, 1][..], &[][..])
        );
        assert!(overlaps.weight_of(&[1]) > overlaps.weight_of(&[0]));
        assert_eq!((overlaps.n_words(1), overlaps.n_new_words(1), overlaps.n_new_words(2)), (4, 0, 1));
        assert!(overlaps.score(2).abs() < f64::EPSILON);
    }

    #[test]
    fn stop_words_can_be_compared_too() {
        assert_eq!(Terms::new(Compared::All).add("how is it").len(), 3);
        assert!(Terms::new(Compared::Content).add("how is it").is_empty());
    }
}
