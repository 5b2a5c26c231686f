//! The numbers of a figure as a table of text, for readers who don't see the drawing.

use super::text;
use serde::Serialize;

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Align {
    /// Text.
    Left,
    /// Numbers, with tabular digits.
    Right,
}

/// One column: what its header says and how it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Header text.
    pub name: String,
    /// Numbers right, text left.
    pub align: Align,
}

/// Caption, columns and rows, all plain text (the page escapes them). The first column is the row header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FigureTable {
    /// What the table shows, and how many rows it leaves out if it does.
    pub caption: String,
    /// In reading order.
    pub columns: Vec<Column>,
    /// Each as long as `columns`.
    pub rows: Vec<Vec<String>>,
}

impl FigureTable {
    /// An empty table with left-aligned then right-aligned columns.
    pub(super) fn new(caption: impl Into<String>, words: &[&str], numbers: &[&str]) -> Self {
        let column = |align| move |name: &&str| Column { name: text::clean(name), align };
        Self {
            caption: text::clean(&caption.into()),
            columns: words.iter().map(column(Align::Left)).chain(numbers.iter().map(column(Align::Right))).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; cells are cleaned, and missing ones filled, so that the table stays rectangular.
    pub(super) fn push(&mut self, cells: impl IntoIterator<Item = String>) {
        let mut row: Vec<String> = cells.into_iter().map(|cell| text::clean(&cell)).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }
}
