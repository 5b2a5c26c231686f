//! The nearest of many titles: Levenshtein's distance on characters, insertions, deletions and changes at one each.

use std::collections::HashMap;

/// Levenshtein's distance of two texts.
///
/// O(longer) where one text has at most 64 characters (Myers 1999), else O(product).
#[must_use]
pub fn edit_distance(left: &[char], right: &[char]) -> usize {
    let (pattern, text) = if left.len() <= right.len() { (left, right) } else { (right, left) };
    if pattern.len() <= 64 { Pattern::new(pattern).distance(text) } else { by_rows(pattern, text) }
}

/// A text that is compared with many: where each of its characters stands.
#[derive(Debug)]
pub(super) struct Nearest<'a> {
    line: &'a [char],
    /// `None` for a line that is too long for one word of bits.
    pattern: Option<Pattern>,
}

impl<'a> Nearest<'a> {
    pub(super) fn new(line: &'a [char]) -> Self {
        Self { line, pattern: (line.len() <= 64).then(|| Pattern::new(line)) }
    }

    /// The first of the candidates with the smallest distance; `None` without a candidate.
    pub(super) fn among<'t>(&self, candidates: impl Iterator<Item = (&'t str, &'t [char])>) -> Option<&'t str> {
        let mut best: Option<(usize, &str)> = None;
        for (title, lower) in candidates {
            // No distance is below the difference in length.
            if best.is_some_and(|(least, _)| lower.len().abs_diff(self.line.len()) >= least) {
                continue;
            }
            let distance = self
                .pattern
                .as_ref()
                .map_or_else(|| edit_distance(self.line, lower), |pattern| pattern.distance(lower));
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, title));
            }
        }
        best.map(|(_, title)| title)
    }
}

/// Up to 64 characters, a bit each.
#[derive(Debug)]
struct Pattern {
    length: usize,
    ascii: [u64; 128],
    other: HashMap<char, u64>,
}

impl Pattern {
    /// `characters`: at most 64.
    fn new(characters: &[char]) -> Self {
        let mut pattern = Self { length: characters.len(), ascii: [0; 128], other: HashMap::new() };
        for (place, &character) in characters.iter().enumerate() {
            let bit = 1_u64 << place;
            match pattern.ascii.get_mut(character as usize) {
                Some(places) => *places |= bit,
                None => *pattern.other.entry(character).or_insert(0) |= bit,
            }
        }
        pattern
    }

    fn places(&self, character: char) -> u64 {
        match self.ascii.get(character as usize) {
            Some(places) => *places,
            None => self.other.get(&character).copied().unwrap_or(0),
        }
    }

    /// A column of the table at once: bits say where it rises and falls from row to row.
    fn distance(&self, text: &[char]) -> usize {
        if self.length == 0 {
            return text.len();
        }
        let last = 1_u64 << (self.length - 1);
        let (mut rises, mut falls) = (u64::MAX, 0_u64);
        let mut distance = self.length;
        for &character in text {
            let places = self.places(character);
            let diagonal = (((places & rises).wrapping_add(rises)) ^ rises) | places | falls;
            let mut up = falls | !(diagonal | rises);
            let mut down = rises & diagonal;
            if up & last != 0 {
                distance += 1;
            } else if down & last != 0 {
                distance -= 1;
            }
            up = (up << 1) | 1;
            down <<= 1;
            rises = down | !(diagonal | up);
            falls = up & diagonal;
        }
        distance
    }
}

fn by_rows(left: &[char], right: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=left.len()).collect();
    for (index, character) in right.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (place, other) in left.iter().enumerate() {
            let changed = diagonal + usize::from(character != other);
            diagonal = row[place + 1];
            row[place + 1] = changed.min(diagonal + 1).min(row[place] + 1);
        }
    }
    row[left.len()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn characters(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn characters_count_and_not_bytes() {
        assert_eq!(edit_distance(&characters("kitten"), &characters("sitting")), 3);
        assert_eq!(edit_distance(&characters("café"), &characters("cafe")), 1);
        assert_eq!(edit_distance(&[], &characters("abc")), 3);
    }

    #[test]
    fn of_equally_near_titles_the_first_is_taken() {
        let titles: Vec<(&str, Vec<char>)> = ["abcd", "ab", "cd"].map(|title| (title, characters(title))).to_vec();
        let near = |line: &str| {
            let line = characters(line);
            Nearest::new(&line).among(titles.iter().map(|(title, lower)| (*title, lower.as_slice())))
        };
        assert_eq!((near("xx"), near(""), near("abcx")), (Some("ab"), Some("ab"), Some("abcd")));
        assert_eq!(near(&"x".repeat(100)), Some("abcd"));
    }

    proptest! {
        #[test]
        fn bits_and_rows_agree(left in "[abé]{0,80}", right in "[abé]{0,80}") {
            let (left, right) = (characters(&left), characters(&right));
            prop_assert_eq!(edit_distance(&left, &right), by_rows(&left, &right));
        }
    }
}
