//! How common tokens are in a reference corpus.

use std::collections::{HashMap, HashSet};

/// Tokens of a text of the corpus that are looked at, special ones among them.
pub const CORPUS_TEXT_TOKENS: usize = 1024;

/// What is counted of the reference corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Counting {
    /// Texts that hold the token: what published code does, by an indexed addition in place.
    #[default]
    Documents,
    /// Occurrences: what the paper says.
    Tokens,
}

/// How common each token is in a reference corpus.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenFrequencies {
    counts: HashMap<u32, u64>,
    total: u64,
    table_len: usize,
}

impl TokenFrequencies {
    /// Nothing counted yet; `table_len` is the number of ids that the tokenizer knows.
    #[must_use]
    pub fn new(table_len: usize) -> Self {
        Self { counts: HashMap::new(), total: 0, table_len }
    }

    /// Counts one text by its first [`CORPUS_TEXT_TOKENS`] ids.
    pub fn add(&mut self, ids: &[u32], counting: Counting) {
        let ids = &ids[..ids.len().min(CORPUS_TEXT_TOKENS)];
        let mut seen = HashSet::new();
        for &id in ids {
            if counting == Counting::Tokens || seen.insert(id) {
                *self.counts.entry(id).or_default() += 1;
                self.total += 1;
            }
        }
    }

    /// What was counted of a token.
    #[must_use]
    pub fn count(&self, id: u32) -> u64 {
        self.counts.get(&id).copied().unwrap_or(0)
    }

    /// Ids that were seen with their counts, in no order.
    pub fn counts(&self) -> impl Iterator<Item = (u32, u64)> {
        self.counts.iter().map(|(&id, &count)| (id, count))
    }

    /// `(1 + count) / (sum of counts + table length)`, in (0, 1].
    #[must_use]
    pub fn frequency(&self, id: u32) -> f64 {
        (1 + self.count(id)) as f64 / (self.total + self.table_len as u64) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_counts_once_a_text_or_as_often_as_it_stands_there() {
        let counted = |counting| {
            let mut frequencies = TokenFrequencies::new(10);
            frequencies.add(&[1, 1, 2], counting);
            frequencies.add(&[1], counting);
            frequencies
        };
        let (documents, tokens) = (counted(Counting::Documents), counted(Counting::Tokens));
        assert_eq!((documents.count(1), tokens.count(1)), (2, 3));
        assert_eq!((documents.frequency(1), documents.frequency(7)), (3.0 / 13.0, 1.0 / 13.0));
    }

    #[test]
    fn a_long_text_of_the_corpus_is_cut() {
        let mut frequencies = TokenFrequencies::new(10);
        let ids: Vec<u32> = (0..2000).collect();
        frequencies.add(&ids, Counting::Documents);
        assert_eq!((frequencies.count(1023), frequencies.count(1024)), (1, 0));
    }
}
