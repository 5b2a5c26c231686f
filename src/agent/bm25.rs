//! Okapi BM25 as the package `rank_bm25` 0.2.2 computes it (`BM25Okapi`), on an inverted index.
//!
//! MemoryAgentBench searches its chunks with it: words are the runs between white space, case and punctuation kept. A term that more
//! than half of the documents have would weigh less than nothing; such terms get `epsilon` times the mean weight of all terms instead,
//! negative ones included in the mean. Terms of the query count as often as they stand there.

mod segment;
mod vocabulary;

use std::cmp::Ordering;

use rayon::prelude::*;

use segment::Segment;
use vocabulary::Vocabulary;

use crate::text::python_text::split;

/// The numbers of the formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bm25Parameters {
    /// How soon more of a term adds less; above 0.
    pub k1: f64,
    /// How much a document's length counts, in [0, 1].
    pub b: f64,
    /// Share of the mean weight that common terms get.
    pub epsilon: f64,
}

impl Default for Bm25Parameters {
    fn default() -> Self {
        Self { k1: 1.5, b: 0.75, epsilon: 0.25 }
    }
}

/// Documents that can be searched. Built once; a search costs what its terms' documents cost.
#[derive(Debug, Clone)]
pub struct Bm25Index {
    parameters: Bm25Parameters,
    /// In the order of first appearance.
    terms: Vocabulary,
    /// In the order of the documents.
    segments: Vec<Segment>,
    weights: Vec<f64>,
    /// `k1 (1 - b + b length / mean length)` of each document.
    length_terms: Vec<f64>,
    mean_length: f64,
}

/// A document that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Its place among the documents, from 0.
    pub document: usize,
    pub score: f64,
}

impl Bm25Index {
    /// The index of documents, words as white space parts them. O(bytes), on all cores; holds each term once and a posting for each document
    /// of it.
    #[must_use]
    pub fn new(documents: &[impl AsRef<str>], parameters: Bm25Parameters) -> Self {
        let texts: Vec<&str> = documents.iter().map(AsRef::as_ref).collect();
        let share = texts.len().div_ceil(rayon::current_num_threads()).max(1);
        let read: Vec<(Segment, Vec<&str>)> = texts.par_chunks(share).map(Segment::of).collect();
        // Numbered in the order of the documents, terms stand as they first appear, however many segments there are.
        let mut terms = Vocabulary::of(read.first().map_or(&[], |(_, words)| words.as_slice()));
        let numbered: Vec<(Segment, Vec<u32>)> = read
            .into_iter()
            .enumerate()
            .map(|(place, (segment, words))| match place {
                0 => (segment, (0..).take(words.len()).collect()),
                _ => (segment, words.into_iter().map(|word| terms.number(word)).collect()),
            })
            .collect();
        let segments: Vec<Segment> = numbered
            .into_par_iter()
            .map(|(mut segment, numbers)| {
                segment.number(&numbers, terms.n_words());
                segment
            })
            .collect();
        let lengths: Vec<u64> = segments.iter().flat_map(Segment::lengths).copied().collect();
        let n_documents = texts.len() as f64;
        let mean_length = lengths.iter().sum::<u64>() as f64 / n_documents.max(1.0);
        let Bm25Parameters { k1, b, epsilon } = parameters;
        let length_terms = lengths.iter().map(|&length| k1 * (1.0 - b + b * length as f64 / mean_length)).collect();
        let weights = weights(&segments, terms.n_words(), n_documents, epsilon);
        Self { parameters, terms, segments, weights, length_terms, mean_length }
    }

    /// Number of documents.
    #[must_use]
    pub fn n_documents(&self) -> usize {
        self.length_terms.len()
    }

    /// Mean number of words of a document; 0 without one.
    #[must_use]
    pub fn mean_length(&self) -> f64 {
        self.mean_length
    }

    /// The inverse document frequency of a term as it is used, which may be below 0; `None` for a term that no document has.
    #[must_use]
    pub fn weight(&self, term: &str) -> Option<f64> {
        self.terms.find(term).and_then(|term| self.weights.get(term as usize)).copied()
    }

    /// The score of every document, in their order; 0 where a document has no term of the query.
    #[must_use]
    pub fn scores(&self, query: &str) -> Vec<f64> {
        let mut scores = vec![0.0; self.n_documents()];
        let k1 = self.parameters.k1;
        for term in split(query).filter_map(|word| self.terms.find(word)) {
            let Some(weight) = self.weights.get(term as usize) else { continue };
            let mut first = 0;
            for segment in &self.segments {
                for posting in segment.postings(term) {
                    let (document, frequency) = (first + posting.document as usize, f64::from(posting.frequency));
                    scores[document] += weight * (frequency * (k1 + 1.0) / (frequency + self.length_terms[document]));
                }
                first += segment.lengths().len();
            }
        }
        scores
    }

    /// The best `n` documents, best first; of equal scores the earlier document (the package leaves that order open).
    ///
    /// O(documents + n log n) beyond the scores.
    #[must_use]
    pub fn top(&self, query: &str, n: usize) -> Vec<Hit> {
        let scores = self.scores(query);
        let mut hits: Vec<Hit> =
            scores.into_iter().enumerate().map(|(document, score)| Hit { document, score }).collect();
        let better = |a: &Hit, b: &Hit| -> Ordering { b.score.total_cmp(&a.score).then(a.document.cmp(&b.document)) };
        if n == 0 {
            return Vec::new();
        }
        if n < hits.len() {
            hits.select_nth_unstable_by(n - 1, better);
            hits.truncate(n);
        }
        hits.sort_unstable_by(better);
        hits
    }
}

/// Inverse document frequencies, terms in the order of first appearance, in which the package adds them up.
fn weights(segments: &[Segment], n_terms: usize, n_documents: f64, epsilon: f64) -> Vec<f64> {
    let mut weights: Vec<f64> = (0..u32::try_from(n_terms).unwrap_or(u32::MAX))
        .into_par_iter()
        .map(|term| {
            let n = segments.iter().map(|segment| segment.postings(term).len()).sum::<usize>() as f64;
            (n_documents - n + 0.5).ln() - (n + 0.5).ln()
        })
        .collect();
    let mean = weights.iter().sum::<f64>() / (weights.len() as f64).max(1.0);
    for weight in &mut weights {
        if *weight < 0.0 {
            *weight = epsilon * mean;
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn index(documents: &[&str]) -> Bm25Index {
        Bm25Index::new(documents, Bm25Parameters::default())
    }

    #[test]
    fn rare_terms_find_their_document_and_repeated_ones_count_again() {
        let index = index(&["the ferry stops", "the mill", "the bees", "the honey and the ferry"]);
        let once = index.scores("ferry");
        let twice = index.scores("ferry ferry");
        assert_eq!(index.top("mill", 1)[0].document, 1);
        assert!((twice[0] - 2.0 * once[0]).abs() < 1e-12);
        assert_eq!(index.scores("Mill"), [0.0; 4]);
    }

    #[test]
    fn the_earlier_of_equal_documents_comes_first() {
        let found = index(&["x a", "y b", "x a", "z c", "w d"]).top("a", 3);
        assert_eq!(found.iter().map(|hit| hit.document).collect::<Vec<_>>(), [0, 2, 1]);
        assert_eq!(index(&["x", "y"]).top("q", 5).len(), 2);
        assert!(index(&["x"]).top("x", 0).is_empty());
    }

    #[test]
    fn nothing_and_empty_documents_can_be_searched() {
        assert!(index(&[]).top("x", 3).is_empty());
        let empty = index(&["", "  "]);
        assert_eq!((empty.scores("x"), empty.mean_length()), (vec![0.0, 0.0], 0.0));
        assert_eq!(empty.weight("x"), None);
    }

    #[test]
    fn common_terms_get_a_share_of_the_mean() {
        let index = index(&["a b", "a c", "a d"]);
        let rare = 2.5_f64.ln() - 1.5_f64.ln();
        let common = 0.5_f64.ln() - 3.5_f64.ln();
        let mean = (common + 3.0 * rare) / 4.0;
        assert!((index.weight("a").unwrap() - 0.25 * mean).abs() < 1e-15);
        assert!((index.weight("b").unwrap() - rare).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn a_search_by_the_index_is_the_sum_over_all_documents(
            documents in proptest::collection::vec("[a-d]( [a-d]){0,8}", 1..8), query in "[a-e]( [a-e]){0,4}",
        ) {
            let index = Bm25Index::new(&documents, Bm25Parameters::default());
            let scores = index.scores(&query);
            for (document, text) in documents.iter().enumerate() {
                let words: Vec<&str> = text.split(' ').collect();
                let expected: f64 = query.split(' ').map(|term| {
                    let f = words.iter().filter(|word| **word == term).count() as f64;
                    let k = 1.5 * (0.25 + 0.75 * words.len() as f64 / index.mean_length());
                    index.weight(term).unwrap_or(0.0) * (f * 2.5 / (f + k))
                }).sum();
                prop_assert!((scores[document] - expected).abs() < 1e-12);
            }
        }
    }
}
