//! Cells and words that the tables of economic memory share.

use super::super::model::Cell;
use crate::record::ShareRow;
use crate::report::number;

/// Decimals of shares without an interval.
const SHARE_DECIMALS: usize = 3;

/// A count.
pub(super) fn count(n: u64) -> Cell {
    Cell::text(number::count(n))
}

/// A count, and its share of a whole.
pub(super) fn count_of(n: u64, of: u64) -> Cell {
    let mut cell = count(n);
    cell.aside = number::share(n, of);
    cell
}

/// How many were answered, and of how many asked where that is more.
pub(super) fn answered_of(n_answered: u64, n: u64) -> Cell {
    let mut cell = count(n_answered);
    if n != n_answered {
        cell.aside = format!("of {}", number::count(n));
    }
    cell
}

/// A share without an interval.
pub(super) fn share(share: Option<f64>) -> Cell {
    finite(share).map_or_else(Cell::undefined, |share| Cell::text(number::fixed(share, SHARE_DECIMALS)))
}

/// A share with its interval and counts.
pub(super) fn share_row(row: &ShareRow) -> Cell {
    Cell::estimate(row.share, row.interval.as_ref())
}

/// A number in the unit of its series, whatever its size.
pub(super) fn size(value: Option<f64>) -> Cell {
    finite(value).map_or_else(Cell::undefined, |value| Cell::text(number::compact(value)))
}

/// A p value, with asides such as the adjusted one.
pub(super) fn p(p: Option<f64>, asides: &[(&str, Option<f64>)]) -> Cell {
    let mut cell = if p.is_some() { Cell::text(number::p_value(p)) } else { Cell::undefined() };
    let told = asides.iter().filter(|(_, p)| p.is_some());
    cell.aside = told.map(|(name, p)| format!("{name} {}", number::p_value(*p))).collect::<Vec<String>>().join("; ");
    cell
}

/// Words, or the dash.
pub(super) fn words(text: Option<&str>) -> Cell {
    text.map_or_else(Cell::undefined, Cell::text)
}

/// Two counts of values that only one side has.
pub(super) fn pair(one: u64, other: u64) -> Cell {
    Cell::text(format!("{} / {}", number::count(one), number::count(other)))
}

/// A side in the words of a group of rows.
pub(super) fn side_words(side: &str) -> &str {
    match side {
        "before" => "before the cutoff",
        "after" => "after the cutoff",
        "grey" => "grey months",
        "unknown" => "no cutoff known",
        "all" => "all periods",
        other => other,
    }
}

/// `all` is no series.
pub(super) fn series_words(series: &str) -> &str {
    if series == "all" { "all series" } else { series }
}

/// The name of a naive forecaster.
pub(super) fn forecaster_words(baseline: &str) -> &str {
    match baseline {
        "last" => "last value",
        "mean5" => "mean of five",
        "expanding_mean" => "mean of all",
        "linear5" => "line of five",
        "majority" => "commoner side",
        "strongest of each series" => "best of each",
        other => other,
    }
}

/// What a flag means.
pub(super) fn flag_words(flag: &str) -> &str {
    match flag {
        "few_answered" => "fewer than 95\u{a0}% answered, so the answered may be a selection",
        "fewer_than_five_values" => "fewer than five values, so no test",
        other => other,
    }
}

fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}
