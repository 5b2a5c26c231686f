//! A value together with the place in the file where it was written.

use std::borrow::Cow;
use std::ops::Range;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer};

/// A value and its bytes in the TOML text. For its schema, and for whoever writes the file, it is just the value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed<T> {
    /// Byte range in the text; a table's range is that of its header.
    pub span: Range<usize>,
    pub value: T,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Placed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = toml::Spanned::<T>::deserialize(deserializer)?;
        Ok(Self { span: spanned.span(), value: spanned.into_inner() })
    }
}

impl<T: JsonSchema> JsonSchema for Placed<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Turns byte offsets into lines and columns for people, both counted from 1; a column is a character.
#[derive(Debug, Clone)]
pub struct LineIndex<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
}

impl<'a> LineIndex<'a> {
    /// O(length of the text).
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let after_breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        Self { text, line_starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// Line and column of a byte offset; an offset past the end is the end.
    #[must_use]
    pub fn place(&self, offset: usize) -> (usize, usize) {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_starts[line - 1];
        (line, self.text[start..offset].chars().count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_start_at_one() {
        let index = LineIndex::new("é = 1\nb = 2\n");
        assert_eq!(index.place(0), (1, 1));
        assert_eq!(index.place("é ".len()), (1, 3));
        assert_eq!(index.place("é = 1\n".len()), (2, 1));
        assert_eq!(index.place(10_000), (3, 1));
    }

    #[test]
    fn an_offset_inside_a_character_is_its_start() {
        assert_eq!(LineIndex::new("é").place(1), (1, 1));
    }

    #[test]
    fn a_value_keeps_its_bytes() {
        #[derive(Deserialize)]
        struct File {
            name: Placed<String>,
        }
        let file: File = toml::from_str("name = \"x\"").unwrap();
        assert_eq!(file.name, Placed { span: 7..10, value: "x".to_owned() });
    }
}
