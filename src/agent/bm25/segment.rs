//! Some documents of an index, read by one core: the postings of each of its words.

use hashbrown::HashMap;

use crate::text::python_text::split;

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

/// A word in a document.
struct Found {
    word: u32,
    posting: Posting,
}

/// A word's number, and where it was found last.
#[derive(Clone, Copy)]
struct Seen {
    word: u32,
    last: u32,
}

impl Segment {
    /// Reads documents; with the words in the order of first appearance.
    pub(super) fn of<'t>(texts: &[&'t str]) -> (Self, Vec<&'t str>) {
        let mut words: Vec<&str> = Vec::new();
        let mut counts: Vec<u32> = Vec::new();
        let mut found: Vec<Found> = Vec::with_capacity(texts.iter().map(|text| text.len() / BYTES_OF_A_WORD).sum());
        let mut lengths = Vec::with_capacity(texts.len());
        // Most words are short: eight bytes are compared at once, and no text is looked up for them.
        let mut short: HashMap<u64, Seen> = HashMap::new();
        let mut long: HashMap<&str, Seen> = HashMap::new();
        for (document, text) in (0_u32..).zip(texts) {
            let mut length = 0;
            for word in split(text) {
                length += 1;
                let new = Seen { word: u32_of(words.len()), last: NONE };
                let seen = match packed(text, word) {
                    Some(key) => short.entry(key).or_insert(new),
                    None => long.entry(word).or_insert(new),
                };
                if seen.word == new.word {
                    words.push(word);
                    counts.push(0);
                }
                match found.get_mut(seen.last as usize) {
                    Some(known) if known.posting.document == document => known.posting.frequency += 1,
                    _ => {
                        seen.last = u32_of(found.len());
                        counts[seen.word as usize] += 1;
                        found.push(Found { word: seen.word, posting: Posting { document, frequency: 1 } });
                    }
                }
            }
            lengths.push(length);
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
        for Found { word, posting } in found {
            let at = &mut next[word as usize];
            postings[*at as usize] = posting;
            *at += 1;
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

/// A word of up to seven bytes as a number of its own: its bytes, and its length above them.
fn packed(text: &str, word: &str) -> Option<u64> {
    let n = word.len();
    if n > 7 {
        return None;
    }
    let begin = word.as_ptr() as usize - text.as_ptr() as usize;
    let bytes = match text.as_bytes().get(begin..).and_then(|rest| rest.first_chunk()) {
        Some(eight) => u64::from_le_bytes(*eight) & ((1 << (8 * n)) - 1),
        // At the end of a text fewer than eight are left.
        None => word.bytes().rev().fold(0, |key, byte| (key << 8) | u64::from(byte)),
    };
    Some(bytes | (n as u64) << 56)
}

fn u32_of(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_word_is_the_same_number_wherever_it_stands() {
        let text = "ab\0 ab abcdefg abcdefgh ab";
        let keys: Vec<Option<u64>> = split(text).map(|word| packed(text, word)).collect();
        assert_eq!(keys[1], keys[4]);
        assert_ne!(keys[0], keys[1]);
        assert!(keys[2].is_some() && keys[3].is_none());
    }
}
