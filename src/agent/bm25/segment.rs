//! Some documents of an index, read by one core: the postings of each of its words.

use std::ops::Range;

use hashbrown::HashMap;

use crate::text::python_text::{next_word, short_word};

/// A document in which a term stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Posting {
    /// Of the segment, from 0.
    pub document: u32,
    pub frequency: u32,
}

/// Postings of some documents.
#[derive(Debug, Clone)]
pub(super) struct Segment {
    /// Where the postings of each of its words begin, and the end of the last.
    starts: Vec<u32>,
    postings: Vec<Posting>,
    /// The segment's number of each word of the index; [`NONE`] where it does not have the word.
    numbers: Vec<u32>,
    /// Words of each document.
    lengths: Vec<u64>,
}

const NONE: u32 = u32::MAX;

/// A word in a document; those of a document stand together.
struct Found {
    word: u32,
    frequency: u32,
}

/// A word's number, in how many documents it was found, and where last.
#[derive(Clone, Copy)]
struct Seen {
    word: u32,
    n_documents: u32,
    document: u32,
    at: u32,
}

impl Segment {
    /// Reads documents; with the words in the order of first appearance.
    pub(super) fn of<'t>(texts: &[&'t str]) -> (Self, Vec<&'t str>) {
        let mut words: Vec<&str> = Vec::new();
        let mut found: Vec<Found> = Vec::with_capacity(texts.iter().map(|text| text.len() / BYTES_OF_A_WORD).sum());
        let (mut lengths, mut ends) = (Vec::with_capacity(texts.len()), Vec::with_capacity(texts.len()));
        // Most words are short: eight bytes are compared at once, and no text is looked up for them.
        let mut short: HashMap<u64, Seen> = HashMap::new();
        let mut long: HashMap<&str, Seen> = HashMap::new();
        for (document, text) in (0_u32..).zip(texts) {
            let (mut length, mut at) = (0, 0);
            while let Some((key, word)) = next(text, at) {
                at = word.end;
                length += 1;
                let new = Seen { word: u32_of(words.len()), n_documents: 0, document: NONE, at: 0 };
                let seen = match key {
                    Some(key) => short.entry(key).or_insert(new),
                    None => long.entry(&text[word.clone()]).or_insert(new),
                };
                if seen.word == new.word {
                    words.push(&text[word]);
                }
                if seen.document == document {
                    found[seen.at as usize].frequency += 1;
                } else {
                    (seen.document, seen.at) = (document, u32_of(found.len()));
                    seen.n_documents += 1;
                    found.push(Found { word: seen.word, frequency: 1 });
                }
            }
            lengths.push(length);
            ends.push(found.len());
        }
        let mut counts = vec![0; words.len()];
        for seen in short.values().chain(long.values()) {
            counts[seen.word as usize] = seen.n_documents;
        }
        let mut starts = Vec::with_capacity(counts.len() + 1);
        let mut end = 0;
        starts.push(end);
        starts.extend(counts.iter().map(|count| {
            end += count;
            end
        }));
        let mut next = starts.clone();
        let mut postings = vec![Posting { document: 0, frequency: 0 }; found.len()];
        let mut found = found.into_iter();
        let mut begin = 0;
        for (document, end) in (0_u32..).zip(ends) {
            for Found { word, frequency } in found.by_ref().take(end - begin) {
                let at = &mut next[word as usize];
                postings[*at as usize] = Posting { document, frequency };
                *at += 1;
            }
            begin = end;
        }
        (Self { starts, postings, numbers: Vec::new(), lengths }, words)
    }

    /// Tells which number each of its words has in an index of `n_words`.
    pub(super) fn number(&mut self, of_index: &[u32], n_words: usize) {
        self.numbers = vec![NONE; n_words];
        for (own, &word) in (0_u32..).zip(of_index) {
            self.numbers[word as usize] = own;
        }
    }

    pub(super) fn lengths(&self) -> &[u64] {
        &self.lengths
    }

    /// Postings of a word of the index, documents in rising order.
    pub(super) fn postings(&self, word: u32) -> &[Posting] {
        let own = self.numbers.get(word as usize).copied().filter(|own| *own != NONE);
        own.map_or(&[], |own| {
            &self.postings[self.starts[own as usize] as usize..self.starts[own as usize + 1] as usize]
        })
    }
}

/// Bytes by which the words of a text are guessed.
const BYTES_OF_A_WORD: usize = 6;

/// The next word from `at` on, where one ends; one of up to seven bytes with a number of its own, its bytes and their count above them.
fn next(text: &str, at: usize) -> Option<(Option<u64>, Range<usize>)> {
    // Between most words is one blank.
    let begin = at + usize::from(text.as_bytes().get(at) == Some(&b' '));
    if let Some((bytes, n)) = short_word(text, begin) {
        return Some((Some(packed(bytes, n)), begin..begin + n));
    }
    let word = next_word(text, at)?;
    let bytes = &text.as_bytes()[word.clone()];
    let key = (bytes.len() < 8)
        .then(|| packed(bytes.iter().rev().fold(0, |all, byte| (all << 8) | u64::from(*byte)), bytes.len()));
    Some((key, word))
}

fn packed(bytes: u64, n: usize) -> u64 {
    bytes | (n as u64) << 56
}

fn u32_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_word_is_the_same_number_wherever_it_stands() {
        let text = "ab\0 ab  abcdefg\tabcdefgh é ab";
        let (mut keys, mut at) = (Vec::new(), 0);
        while let Some((key, word)) = next(text, at) {
            keys.push((key, &text[word.clone()]));
            at = word.end;
        }
        assert_eq!(
            keys.iter().map(|(_, word)| *word).collect::<Vec<_>>(),
            ["ab\0", "ab", "abcdefg", "abcdefgh", "é", "ab"]
        );
        assert_eq!(keys[1].0, keys[5].0);
        assert_ne!(keys[0].0, keys[1].0);
        assert!(keys[2].0.is_some() && keys[3].0.is_none() && keys[4].0.is_some());
    }
}
