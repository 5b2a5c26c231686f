//! Right answers by where in the history the evidence stands.

use super::super::model::{Cell, Row, Table, interval_words, numbers};
use super::{Shown, cells, note, sheet};
use crate::record::PositionCurve;
use crate::report::agent_words;
use crate::report::anchor::Anchors;
use crate::report::number;

/// Bins of a curve.
const BINS: u32 = 10;

/// A row for each column and agent, a column for each tenth of the history.
pub(super) fn positions(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = &shown.record.positions;
    let rows = own.iter().map(|curve| {
        let (head, first) = shown.place(agent_words::column(&curve.column), "", &curve.model);
        let mut cells = vec![first];
        cells.extend(row_cells(curve));
        (head, Row::new(cells))
    });
    let heads = (1..=BINS).map(|bin| numbers(&format!("{}\u{2013}{}\u{a0}%", (bin - 1) * 10, bin * 10)));
    sheet(
        anchors.claim(&["memory-positions"]),
        "By the place of the evidence",
        note([
            "Right answers by tenth of the history in which the evidence stands, where it stands in one place, with the n of the tenth; intervals of the tenths are in the \
             numbers of the figure. Drop: mean of the first and last tenth less mean of the fourth to seventh, in points, each column \
             against itself, where all three have questions; above 0: lost in the middle."
                .to_owned(),
            interval_words(own.iter().filter_map(|curve| curve.middle_drop_interval.as_ref())),
        ]),
        [shown.first("Column")].into_iter().chain(heads).chain(["Drop", "n"].map(numbers)).collect(),
        rows.collect(),
    )
}

fn row_cells(curve: &PositionCurve) -> Vec<Cell> {
    let mut out: Vec<Cell> = (1..=BINS)
        .map(|place| match curve.bins.iter().find(|bin| bin.bin == place) {
            Some(bin) => Cell::percent(Some(bin.value), None).with_aside(&format!("n\u{a0}{}", number::count(bin.n))),
            None => Cell::undefined(),
        })
        .collect();
    let drop = curve.middle_drop.filter(|drop| !drop.is_nan()).map_or_else(Cell::undefined, |drop| {
        let aside = curve.middle_drop_interval.as_ref().map_or_else(String::new, number::percent_range);
        Cell::text(number::hundredths(drop)).with_aside(&aside)
    });
    out.extend([drop, cells::count(curve.n)]);
    out
}
