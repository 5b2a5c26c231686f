//! Ids of figures and tables: safe as an anchor of the page and as a file name, unique on the card.

use std::collections::BTreeSet;

/// Longest id that figures take.
const LONGEST: usize = 64;

/// Hands out ids, each only once.
#[derive(Debug, Default)]
pub struct Anchors(BTreeSet<String>);

impl Anchors {
    /// An id made of `parts`: `a-z`, `0-9` and `-`, begins with a letter, at most 64 characters. A second id of the
    /// same parts gets a number.
    pub fn claim(&mut self, parts: &[&str]) -> String {
        let stem = stem(parts);
        let mut id = stem.clone();
        let mut number = 2_usize;
        while !self.0.insert(id.clone()) {
            let suffix = format!("-{number}");
            id = format!("{}{suffix}", &stem[..stem.len().min(LONGEST - suffix.len())]);
            number += 1;
        }
        id
    }
}

/// The parts joined by `-`, everything outside the alphabet turned into one `-`. ASCII, so byte slices are safe.
fn stem(parts: &[&str]) -> String {
    let mut out = String::new();
    for character in parts.join("-").chars() {
        let lower = character.to_ascii_lowercase();
        if lower.is_ascii_lowercase() || lower.is_ascii_digit() {
            out.push(lower);
        } else if !out.ends_with('-') && !out.is_empty() {
            out.push('-');
        }
    }
    if !out.starts_with(|c: char| c.is_ascii_lowercase()) {
        out.insert_str(0, "x-");
    }
    out.truncate(LONGEST);
    let trimmed = out.trim_end_matches('-').len();
    out.truncate(trimmed);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_safe_whatever_it_is_made_of() {
        let mut anchors = Anchors::default();
        assert_eq!(anchors.claim(&["dose", "passages-membership"]), "dose-passages-membership");
        assert_eq!(anchors.claim(&["../é<>", "A b"]), "a-b");
        assert_eq!(anchors.claim(&["7"]), "x-7");
        assert_eq!(anchors.claim(&[""]), "x");
    }

    #[test]
    fn the_same_parts_give_different_ids() {
        let mut anchors = Anchors::default();
        let long = "t".repeat(90);
        let first = anchors.claim(&[&long]);
        let second = anchors.claim(&[&long]);
        assert_ne!(first, second);
        assert!(second.ends_with("-2") && second.len() <= LONGEST);
    }
}
