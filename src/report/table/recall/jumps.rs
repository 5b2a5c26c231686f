//! The jump of hits at the cutoff, and the same at months where nothing should happen.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::{Jump, ModelRecall};
use crate::report::anchor::Anchors;
use crate::report::jump;

/// A group for each model, task and bandwidth, whose head says whether the cutoff has the largest jump.
pub(super) fn jumps(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    // Of the series without a finding the cutoff alone.
    let own = || {
        shown.rows(|model| &model.jumps).filter(|(model, row)| {
            row.series == jump::ALL
                || jump::is_at_cutoff(row)
                || row.series == jump::series_of_interest(model, &row.task)
        })
    };
    let rows = own().map(|(model, row)| (head(shown, model, row), Row::new(row_cells(row))));
    sheet(
        anchors.claim(&["recall-jumps"]),
        "The jump at the cutoff",
        note([
            "\u{3c4}: local linear jump of hits beyond the forecaster's, with triangular weights inside the bandwidth. Memory gives \u{3c4} \
             below 0 at the cutoff; at the placebos nothing should happen, so |\u{3c4}| should be largest at the cutoff."
                .to_owned(),
            interval_words(own().filter_map(|(_, row)| row.interval.as_ref())),
            "Errors are HC1; of all series together clustered by month. Of series in which no recall is found, the cutoff alone is shown."
                .to_owned(),
        ]),
        [words("Where")].into_iter().chain(["\u{3c4}", "Standard error", "p", "n"].map(numbers)).collect(),
        rows.collect(),
    )
}

fn head(shown: &Shown<'_>, model: &ModelRecall, row: &Jump) -> String {
    let bandwidth = format!("{} months to either side", jump::months(row.bandwidth_months));
    let largest = match jump::is_largest_at_cutoff(&model.jumps, row) {
        Some(true) => "|\u{3c4}| is largest at the cutoff",
        Some(false) => "|\u{3c4}| is not largest at the cutoff",
        None => "",
    };
    let series = if row.series == jump::ALL { "all series" } else { &row.series };
    shown.head(model, &[&row.task, series, &bandwidth, largest])
}

fn row_cells(row: &Jump) -> Vec<Cell> {
    vec![
        Cell::text(jump::place(row)),
        Cell::difference(row.tau, row.interval.as_ref()),
        cells::share(row.standard_error),
        cells::p(row.p_value, &[]),
        cells::count(row.n),
    ]
}
