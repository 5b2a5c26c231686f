//! The words of an index, numbered in the order of first appearance: one long text, and a table of places in it.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Words with their numbers.
#[derive(Debug, Clone, Default)]
pub(super) struct Vocabulary {
    hasher: DefaultHashBuilder,
    table: HashTable<u32>,
    /// All words without anything between.
    text: String,
    /// Where each word ends.
    ends: Vec<usize>,
}

impl Vocabulary {
    /// Numbers words that all differ: no one is looked for.
    pub(super) fn of(words: &[&str]) -> Self {
        let n = words.len();
        let mut new = Self { table: HashTable::with_capacity(n), ends: Vec::with_capacity(n), ..Self::default() };
        let Self { hasher, table, text, ends } = &mut new;
        for (number, word) in (0_u32..).zip(words) {
            text.push_str(word);
            ends.push(text.len());
            table.insert_unique(hasher.hash_one(*word), number, |number| hasher.hash_one(word_at(text, ends, *number)));
        }
        new
    }

    pub(super) fn n_words(&self) -> usize {
        self.ends.len()
    }

    /// The number of a word, a new one for a new word.
    pub(super) fn number(&mut self, word: &str) -> u32 {
        let Self { hasher, table, text, ends } = self;
        let next = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        let is_it = |number: &u32| word_at(text, ends, *number) == word;
        let hash_of = |number: &u32| hasher.hash_one(word_at(text, ends, *number));
        let number = *table.entry(hasher.hash_one(word), is_it, hash_of).or_insert(next).get();
        if number == next {
            text.push_str(word);
            ends.push(text.len());
        }
        number
    }

    /// The number of a word that is known.
    pub(super) fn find(&self, word: &str) -> Option<u32> {
        let is_it = |number: &u32| word_at(&self.text, &self.ends, *number) == word;
        self.table.find(self.hasher.hash_one(word), is_it).copied()
    }
}

fn word_at<'t>(text: &'t str, ends: &[usize], number: u32) -> &'t str {
    let at = number as usize;
    let begin = at.checked_sub(1).and_then(|before| ends.get(before)).copied().unwrap_or(0);
    ends.get(at).and_then(|&end| text.get(begin..end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_the_number_of_their_first_appearance() {
        for mut words in [Vocabulary::default(), Vocabulary::of(&["a", ""])] {
            let numbers: Vec<u32> = ["a", "", "bc", "a", "é", "bc"].map(|word| words.number(word)).into();
            assert_eq!(numbers, [0, 1, 2, 0, 3, 2]);
            assert_eq!((words.find("é"), words.find("b"), words.n_words()), (Some(3), None, 4));
        }
    }
}
