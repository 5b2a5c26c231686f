//! One file, or the same file in many folders: `Target/*/forget_level1.json`.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::digest::sha256_hex;

/// A name with one `*` in the place of a folder's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilePattern<'a> {
    /// The folder that holds the folders; may be empty.
    pub before: &'a str,
    /// The file in each of them.
    pub after: &'a str,
}

impl<'a> FilePattern<'a> {
    /// The pattern that a name is; `None`: it is the name of one file.
    #[must_use]
    pub fn read(name: &'a str) -> Option<Self> {
        match name.split_once("*/") {
            Some((before, after)) if !after.is_empty() && (before.is_empty() || before.ends_with('/')) => {
                Some(Self { before: before.trim_end_matches('/'), after })
            }
            _ => None,
        }
    }

    /// The folder with this name.
    #[must_use]
    pub fn folder(&self, name: &str) -> String {
        if self.before.is_empty() { name.to_owned() } else { format!("{}/{name}", self.before) }
    }

    /// The file in the folder with this name.
    #[must_use]
    pub fn file(&self, folder: &str) -> String {
        format!("{}/{}", self.folder(folder), self.after)
    }
}

/// Names with a number before them by that number, all else by name: 2 stands before 10.
#[must_use]
pub fn folder_order(a: &str, b: &str) -> Ordering {
    let number = |name: &str| name.split_once('_').and_then(|(number, _)| number.parse::<u64>().ok());
    match (number(a), number(b)) {
        (Some(x), Some(y)) => x.cmp(&y).then_with(|| a.cmp(b)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// Hex SHA-256 of one file; of several over a line `NAME`, zero byte, SHA-256 for each, in order.
#[must_use]
pub fn set_sha256(files: &[(String, Cow<'_, [u8]>)]) -> String {
    match files {
        [(_, bytes)] => sha256_hex(bytes),
        files => {
            let lines: String = files.iter().map(|(name, bytes)| format!("{name}\0{}\n", sha256_hex(bytes))).collect();
            sha256_hex(lines.as_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_has_one_star_for_one_folder() {
        let pattern = FilePattern::read("rwku/Target/*/intro.json").unwrap();
        assert_eq!((pattern.before, pattern.after), ("rwku/Target", "intro.json"));
        assert_eq!(pattern.file("1_Ann"), "rwku/Target/1_Ann/intro.json");
        assert_eq!(FilePattern::read("*/a.json").unwrap().file("x"), "x/a.json");
        for name in ["a.json", "a/b*/c.json", "a/*"] {
            assert_eq!(FilePattern::read(name), None, "{name}");
        }
    }

    #[test]
    fn folders_stand_in_the_order_of_their_numbers() {
        let mut names = ["10_A", "2_B", "x", "1_C", "2_A"];
        names.sort_by(|a, b| folder_order(a, b));
        assert_eq!(names, ["1_C", "2_A", "2_B", "10_A", "x"]);
    }

    #[test]
    fn the_hash_of_a_set_stands_for_names_and_bytes() {
        let file = |name: &str, text: &'static str| (name.to_owned(), Cow::Borrowed(text.as_bytes()));
        assert_eq!(set_sha256(&[file("a", "x")]), sha256_hex(b"x"));
        let both = set_sha256(&[file("a", "x"), file("b", "y")]);
        assert_ne!(both, set_sha256(&[file("a", "y"), file("b", "x")]));
        assert_ne!(both, set_sha256(&[file("a", "x"), file("c", "y")]));
    }
}
