//! Days of headlines and of publications, and the firms behind anonymous reports.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::DayRow;
use crate::report::anchor::Anchors;
use crate::report::number;

/// A group for each model and task, a row for each side.
pub(super) fn days(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = || shown.rows(|model| &model.days);
    let rows = own().map(|(model, row)| (shown.head(model, &[&row.task]), Row::new(row_cells(row))));
    let intervals =
        own().flat_map(|(_, row)| [&row.year, &row.month, &row.day]).filter_map(|row| row.interval.as_ref());
    sheet(
        anchors.claim(&["recall-days"]),
        "Days of headlines and of publications",
        note([
            "Year, month and day: shares of asked texts. Commonest year: the share of somebody who always tells it. Days off: over answered, \
             0 inside the told month or year; with the sign, positive is too late."
                .to_owned(),
            interval_words(intervals),
        ]),
        [words("Side")]
            .into_iter()
            .chain(
                ["Year", "Month and year", "Day", "Commonest year", "Mean days off", "Median", "With the sign", "Answered"]
                    .map(numbers),
            )
            .collect(),
        rows.collect(),
    )
}

fn row_cells(row: &DayRow) -> Vec<Cell> {
    let days = |days: Option<f64>| days.map_or_else(Cell::undefined, |days| Cell::text(number::fixed(days, 1)));
    vec![
        Cell::text(cells::side_words(&row.side)),
        cells::share_row(&row.year),
        cells::share_row(&row.month),
        cells::share_row(&row.day),
        cells::share(row.modal_year),
        days(row.mean_days),
        days(row.median_days),
        row.mean_signed_days.map_or_else(Cell::undefined, |days| Cell::text(number::signed(days, 1))),
        cells::answered_of(row.n_answered, row.n),
    ]
}

/// A group for each model, a row for each field and form.
pub(super) fn reports(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.rows(|model| &model.reports).map(|(model, row)| {
        let side = if row.side == "all" { "" } else { cells::side_words(&row.side) };
        let cells = vec![
            Cell::text(crate::report::capital::capitalised(&row.what)),
            cells::share_row(row),
            cells::count(row.hits),
            cells::count(row.n),
        ];
        (shown.head(model, &[side]), Row::new(cells))
    });
    sheet(
        anchors.claim(&["recall-reports"]),
        "Who wrote an anonymous report",
        interval_words(shown.rows(|model| &model.reports).filter_map(|(_, row)| row.interval.as_ref())),
        [words("Field")].into_iter().chain(["Share told", "Told", "n"].map(numbers)).collect(),
        rows.collect(),
    )
}
