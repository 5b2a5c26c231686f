//! Cells that the tables of memory agents share.

use super::super::model::Cell;
use crate::report::number;

/// A count.
pub(super) fn count(n: u64) -> Cell {
    Cell::text(number::count(n))
}

/// A count, and its share of a whole.
pub(super) fn count_of(n: u64, of: u64) -> Cell {
    count(n).with_aside(&number::share(n, of))
}

/// A number of tokens that is a mean.
pub(super) fn tokens(mean: Option<f64>) -> Cell {
    match mean.filter(|mean| mean.is_finite()) {
        Some(mean) => Cell::text(number::fixed(mean, 0)),
        None => Cell::undefined(),
    }
}

/// Yes, or nothing to say.
pub(super) fn yes(is_so: bool) -> Cell {
    if is_so { Cell::text("yes") } else { Cell::undefined() }
}
