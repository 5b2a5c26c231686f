//! Before against after: the difference of what is hit beyond the forecaster, which the difficulty of the times does not make.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::SideContrast;
use crate::report::anchor::Anchors;

/// A group for each model and task.
pub(super) fn contrasts(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = || shown.rows(|model| &model.contrasts);
    let rows = own().map(|(model, row)| (shown.head(model, &[&row.task]), Row::new(row_cells(row))));
    sheet(
        anchors.claim(&["recall-contrasts"]),
        "Before against after",
        note([
            "Excess: the model's share of hits less the forecaster's on the same values. Difference: excess before minus excess after; memory \
             makes it positive."
                .to_owned(),
            interval_words(own().filter_map(|(_, row)| row.interval.as_ref())),
            "p: labels permuted within series, all splits (exact) or drawn ones. Before and after: one-sided sign flips of the excess (more than the forecaster), with \
             Wilcoxon's test."
                .to_owned(),
        ]),
        [words("Series")]
            .into_iter()
            .chain(["Excess before", "Excess after", "Difference", "p", "p before", "p after", "n before", "n after"].map(numbers))
            .collect(),
        rows.collect(),
    )
}

fn row_cells(row: &SideContrast) -> Vec<Cell> {
    let mut p = cells::p(row.p_value, &[]);
    if row.p_value.is_some() {
        p.aside = if row.is_exact { "exact" } else { "drawn" }.to_owned();
    }
    vec![
        Cell::text(cells::series_words(&row.series)),
        Cell::difference(Some(row.excess_before), row.interval.as_ref()).without_aside(),
        Cell::difference(Some(row.excess_after), row.interval.as_ref()).without_aside(),
        Cell::difference(Some(row.difference), row.interval.as_ref()),
        p,
        cells::p(row.p_before, &[("Wilcoxon", row.p_wilcoxon_before)]),
        cells::p(row.p_after, &[("Wilcoxon", row.p_wilcoxon_after)]),
        cells::count(row.n_before),
        cells::count(row.n_after),
    ]
}
