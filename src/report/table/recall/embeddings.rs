//! What embeddings of a date and a name say of a series, beside placebos.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{cells, note, sheet};
use crate::record::EmbeddingFit;
use crate::report::anchor::Anchors;

/// A group for each series, a row for each form of the text.
pub(super) fn embeddings(fits: &[EmbeddingFit], anchors: &mut Anchors) -> Table {
    let rows = fits.iter().map(|row| {
        let cells = vec![
            Cell::text(row.form.as_str()),
            Cell::estimate(row.correlation, row.interval.as_ref()),
            cells::share(row.baseline_correlation),
            cells::size(row.alpha),
            cells::count(row.n_train),
            cells::count(row.n_test),
        ];
        (row.series.clone(), Row::new(cells))
    });
    sheet(
        anchors.claim(&["recall-embeddings"]),
        "What embeddings of a date and a name say",
        note([
            "Ridge regression of the series on embeddings by the model of --embedder, every third year held out whole; Pearson's r on held-out periods, beside that of the mean \
             of the five values before. Forms other than name and date are placebos."
                .to_owned(),
            interval_words(fits.iter().filter_map(|row| row.interval.as_ref())),
        ]),
        [words("Form")]
            .into_iter()
            .chain(["r", "r of the mean before", "Penalty", "n fitted", "n held out"].map(numbers))
            .collect(),
        rows.collect(),
    )
}
