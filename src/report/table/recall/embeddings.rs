//! What embeddings of a date and a name say of a series, beside placebos.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::report::anchor::Anchors;

/// A group for each model and series, a row for each form of the text.
pub(super) fn embeddings(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = || shown.rows(|model| &model.embeddings);
    let rows = own().map(|(model, row)| {
        let cells = vec![
            Cell::text(row.form.as_str()),
            Cell::estimate(row.correlation, row.interval.as_ref()),
            cells::share(row.baseline_correlation),
            cells::size(row.alpha),
            cells::count(row.n_train),
            cells::count(row.n_test),
        ];
        (shown.head(model, &[&row.series]), Row::new(cells))
    });
    sheet(
        anchors.claim(&["recall-embeddings"]),
        "What embeddings of a date and a name say",
        note([
            "Ridge regression of the series on embeddings, blocks of time held out; Pearson's r on held-out periods, beside that of the mean \
             of the five values before. Forms other than name and date are placebos."
                .to_owned(),
            interval_words(own().filter_map(|(_, row)| row.interval.as_ref())),
        ]),
        [words("Form")]
            .into_iter()
            .chain(["r", "r of the mean before", "Penalty", "n fitted", "n held out"].map(numbers))
            .collect(),
        rows.collect(),
    )
}
