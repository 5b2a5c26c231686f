//! The model of a table: columns, groups of rows, cells with their interval.

use serde::Serialize;

use crate::record::{IntervalRecord, Slice};
use crate::report::metric_name::method_words;
use crate::report::number;

pub use crate::report::figure::{Align, Column};

/// Rows from which on a table starts closed.
const MANY_ROWS: usize = 24;

/// A table as every format sets it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Table {
    /// Unique on the card; `a-z`, `0-9` and `-`, so it can be an anchor and a file name.
    pub id: String,
    /// What the table shows, as a sentence or title.
    pub caption: String,
    /// How to read it: unit, interval, tests; may be empty.
    pub note: String,
    /// The first column heads its row.
    pub columns: Vec<Column>,
    pub groups: Vec<RowGroup>,
    /// Long tables start closed on the page.
    pub is_long: bool,
}

/// Rows under a common head.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RowGroup {
    /// Empty: the rows stand without a head.
    pub label: String,
    pub rows: Vec<Row>,
}

/// One row; as many cells as the table has columns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// A row of the control: set quietly.
    pub is_control: bool,
}

/// One cell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Cell {
    /// The value, or words.
    pub text: String,
    /// Its interval or another aside; empty when there is none.
    pub aside: String,
    pub emphasis: Emphasis,
}

/// What a test says about a value beside its rival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Emphasis {
    #[default]
    None,
    /// The higher value, and the test separates the two.
    Separated,
    /// The test does not separate the two.
    Tied,
    /// Nothing could be computed: set quietly.
    Undefined,
}

impl Table {
    /// Whether the table has no row at all; such a table is left out.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.rows.is_empty())
    }

    /// Rows over all groups.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.groups.iter().map(|group| group.rows.len()).sum()
    }
}

impl Row {
    /// A row of the model under test.
    #[must_use]
    pub fn new(cells: Vec<Cell>) -> Self {
        Self { cells, is_control: false }
    }
}

impl Cell {
    /// Words or a ready number.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// The dash for a value that is not there.
    #[must_use]
    pub fn undefined() -> Self {
        Self { text: number::UNDEFINED.to_owned(), emphasis: Emphasis::Undefined, ..Self::default() }
    }

    /// A value with its interval, both at the digits that the interval allows.
    #[must_use]
    pub fn estimate(value: Option<f64>, interval: Option<&IntervalRecord>) -> Self {
        let Some(value) = value.filter(|value| !value.is_nan()) else { return Self::undefined() };
        let decimals = number::decimals(interval);
        Self {
            text: number::fixed(value, decimals),
            aside: interval.map_or_else(String::new, |interval| number::range(interval, decimals)),
            emphasis: Emphasis::None,
        }
    }

    /// A share in per cent, halves up, with its interval.
    #[must_use]
    pub fn percent(share: Option<f64>, interval: Option<&IntervalRecord>) -> Self {
        let Some(share) = share.filter(|share| !share.is_nan()) else { return Self::undefined() };
        Self {
            text: number::percent_half_up(share),
            aside: interval.map_or_else(String::new, number::percent_range),
            emphasis: Emphasis::None,
        }
    }

    /// The same with another aside in place of the interval, or after it.
    #[must_use]
    pub fn with_aside(mut self, aside: &str) -> Self {
        if !self.aside.is_empty() && !aside.is_empty() {
            self.aside.push_str("; ");
        }
        self.aside.push_str(aside);
        self
    }

    /// The same without what stands beside it.
    #[must_use]
    pub fn without_aside(self) -> Self {
        Self { aside: String::new(), ..self }
    }

    /// A difference with its sign and interval.
    #[must_use]
    pub fn difference(value: Option<f64>, interval: Option<&IntervalRecord>) -> Self {
        let mut cell = Self::estimate(value, interval);
        if let Some(value) = value.filter(|value| value.is_finite()) {
            cell.text = number::signed(value, number::decimals(interval));
        }
        cell
    }
}

/// A left-aligned column.
#[must_use]
pub fn words(name: &str) -> Column {
    Column { name: name.to_owned(), align: Align::Left }
}

/// A right-aligned column.
#[must_use]
pub fn numbers(name: &str) -> Column {
    Column { name: name.to_owned(), align: Align::Right }
}

/// A slice in words: `all`, `0 copies`, `1 copy`; the space does not break.
#[must_use]
pub fn copies_words(slice: &Slice) -> String {
    match slice.copies {
        None => "all".to_owned(),
        Some(1) => "1\u{a0}copy".to_owned(),
        Some(copies) => format!("{}\u{a0}copies", number::count(u64::from(copies))),
    }
}

/// How the intervals of a table were made: `Intervals: 95 %, DeLong logit.`; one clause for each level and method
/// that occurs, in order of first use. Empty without an interval.
#[must_use]
pub fn interval_words<'a>(intervals: impl Iterator<Item = &'a IntervalRecord>) -> String {
    let mut ways: Vec<String> = Vec::new();
    for interval in intervals {
        let way = format!("{}, {}", number::percent(interval.level), method_words(&interval.method));
        if !ways.contains(&way) {
            ways.push(way);
        }
    }
    if ways.is_empty() { String::new() } else { format!("Intervals: {}.", ways.join("; ")) }
}

/// Rows under their labels, labels in order of first use.
pub(super) fn grouped(rows: impl Iterator<Item = (String, Row)>) -> Vec<RowGroup> {
    let mut out: Vec<RowGroup> = Vec::new();
    for (label, row) in rows {
        match out.iter_mut().find(|group| group.label == label) {
            Some(group) => group.rows.push(row),
            None => out.push(RowGroup { label, rows: vec![row] }),
        }
    }
    out
}

/// A table of rows with the heads of their groups; long ones start closed.
pub(super) fn sheet(id: String, caption: &str, note: String, columns: Vec<Column>, rows: Vec<(String, Row)>) -> Table {
    let is_long = rows.len() > MANY_ROWS;
    Table { id, caption: caption.to_owned(), note, columns, groups: grouped(rows.into_iter()), is_long }
}

/// Sentences that say something, joined.
pub(super) fn note<const N: usize>(sentences: [String; N]) -> String {
    sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect::<Vec<String>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64, method: &str) -> IntervalRecord {
        IntervalRecord { low, high, level: 0.95, method: method.to_owned() }
    }

    #[test]
    fn a_missing_or_nan_value_is_a_dash_and_no_zero() {
        assert_eq!(Cell::estimate(None, None), Cell::undefined());
        assert_eq!(Cell::estimate(Some(f64::NAN), None), Cell::undefined());
        assert_eq!(Cell::difference(None, Some(&interval(0.0, 1.0, "x"))), Cell::undefined());
    }

    #[test]
    fn a_value_and_its_interval_share_their_digits() {
        let cell = Cell::estimate(Some(0.7134), Some(&interval(0.65, 0.77, "delong")));
        assert_eq!((cell.text.as_str(), cell.aside.as_str()), ("0.713", "0.650 to 0.770"));
        assert_eq!(Cell::difference(Some(0.2), Some(&interval(0.0, 0.4, "x"))).text, "+0.20");
    }

    #[test]
    fn each_way_of_making_an_interval_is_named_once() {
        let all =
            [interval(0.0, 1.0, "delong_logit"), interval(0.0, 0.5, "delong_logit"), interval(0.0, 1.0, "wilson")];
        assert_eq!(interval_words(all.iter()), "Intervals: 95\u{a0}%, DeLong logit; 95\u{a0}%, Wilson.");
        assert_eq!(interval_words([].into_iter()), "");
    }

    #[test]
    fn one_copy_is_singular() {
        assert_eq!(copies_words(&Slice { copies: Some(1) }), "1\u{a0}copy");
        assert_eq!(copies_words(&Slice { copies: Some(256) }), "256\u{a0}copies");
        assert_eq!(copies_words(&Slice::default()), "all");
    }
}
