//! Where hits end, beside what is stated, and which values count as before, grey and after.

use super::super::model::{Cell, Row, Table, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::CutoffEstimate;
use crate::report::anchor::Anchors;
use crate::report::number;

/// A row for each model: its cutoffs, and the months that part the sides.
pub(super) fn sides(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.models.iter().map(|model| {
        let mut row = vec![
            Cell::text(Shown::name(model)),
            cells::words(model.stated_cutoff.as_deref()),
            cells::words(model.released.as_deref()),
        ];
        match &model.sides {
            Some(sides) => row.extend([
                Cell::text(format!("up to {}", sides.before_until)),
                Cell::text(format!("after {}", sides.after_since)),
                Cell::text(sides.cutoff.as_str()),
                Cell::text(sides.rests_on.as_str()),
                cells::count(u64::from(sides.grey_months)),
            ]),
            None => row.extend([
                Cell::undefined(),
                Cell::undefined(),
                Cell::undefined(),
                Cell::text("no cutoff known"),
                Cell::undefined(),
            ]),
        }
        (String::new(), Row::new(row))
    });
    sheet(
        anchors.claim(&["recall-sides"]),
        "Before, grey and after",
        "Before: the period ends with this month or earlier. After: the value was first published later than this month, or after the \
         weights were. Between the two lie the grey months: drawn, and in no test. First unknown: the month at which the jump is tested."
            .to_owned(),
        ["Model", "Stated cutoff", "Published", "Before", "After", "First unknown", "Rests on"]
            .map(words)
            .into_iter()
            .chain([numbers("Grey months")])
            .collect(),
        rows.collect(),
    )
}

/// A group for each model: all series, then groups, then single series.
pub(super) fn cutoffs(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.rows(|model| &model.cutoffs).map(|(model, row)| {
        let stated = model.stated_cutoff.as_ref().map_or_else(String::new, |stated| format!("stated: {stated}"));
        let released = model.released.as_ref().map_or_else(String::new, |released| format!("published: {released}"));
        let estimate = |rate: Option<f64>| cells::share(rate);
        let cells = vec![
            Cell::text(cells::series_words(&row.group)),
            end(row),
            row.likelihood_ratio.map_or_else(Cell::undefined, |ratio| Cell::text(number::fixed(ratio, 1))),
            cells::p(row.p_value, &[("Holm", row.p_adjusted)]),
            estimate(row.rate_before),
            estimate(row.rate_after),
            cells::count(row.n),
        ];
        (shown.head(model, &[&stated, &released]), Row::new(cells))
    });
    let mut table = sheet(
        anchors.claim(&["recall-cutoffs"]),
        "Where knowledge ends",
        note([
            "Hits in the order of time, parted where a drop fits best (likelihood ratio, LR); the months beside it are those with an LR \
             within 3.84 of the best."
                .to_owned(),
            "Each series has rates of its own, and one that ends earlier says nothing. p: of 999 permutations within series, Holm over the rows \
             of a model beneath; an end is told where that is below 0.05. Calm times end, too: an end parts before from after only where \
             the hits before it were more than a forecaster's (beyond guessing)."
                .to_owned(),
            "A series without an end may be known throughout or not at all: the shares of hits tell.".to_owned(),
        ]),
        [words("Series or group"), words("First month not known")]
            .into_iter()
            .chain(["LR", "p", "Hits before", "Hits from then on", "n"].map(numbers))
            .collect(),
        rows.collect(),
    );
    // The answer to the first question of the suite is never closed.
    table.is_long = false;
    table
}

/// The month and its interval; words where no end was found.
fn end(row: &CutoffEstimate) -> Cell {
    let span = match (&row.low, &row.high) {
        (Some(low), Some(high)) => format!("{low} to {high}"),
        _ => String::new(),
    };
    match &row.month {
        Some(month) if row.is_found && !row.is_beyond_guessing => Cell {
            text: month.clone(),
            aside: format!("{span}; a forecaster hits as much before it"),
            ..Cell::default()
        },
        Some(month) if row.is_found => Cell { text: month.clone(), aside: span, ..Cell::default() },
        _ => Cell { text: "no end found".to_owned(), ..Cell::undefined() },
    }
}
