//! Changed states by properties of the scenario: how far back the evidence stands, how long ago it was, how long the prompt is.

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, note, sheet};
use crate::record::{Stale, StaleSlice};
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::number;

/// A group for each slice and agent, a row for each bin, a column for each dimension; starts closed.
pub(super) fn slices(shown: &Shown<'_>, stale: &Stale, anchors: &mut Anchors) -> Table {
    let dimensions = distinct(stale.slices.iter().map(|row| row.dimension.as_str()));
    let mut places: Vec<(&str, &str, u32, &str)> = Vec::new();
    let slices = distinct(stale.slices.iter().map(|row| row.slice.as_str()));
    for slice in slices {
        for model in distinct(stale.slices.iter().map(|row| row.model.as_str())) {
            let own = stale.slices.iter().filter(|row| row.slice == slice && row.model == model);
            let mut bins: Vec<(u32, &str)> = Vec::new();
            for row in own {
                if !bins.contains(&(row.order, row.bin.as_str())) {
                    bins.push((row.order, &row.bin));
                }
            }
            bins.sort_by_key(|(order, _)| *order);
            places.extend(bins.into_iter().map(|(order, bin)| (slice, model, order, bin)));
        }
    }
    let rows = places.into_iter().map(|(slice, model, order, bin)| {
        let of = |dimension: &str| {
            stale.slices.iter().find(|row| {
                (row.slice.as_str(), row.model.as_str(), row.order, row.dimension.as_str())
                    == (slice, model, order, dimension)
            })
        };
        let mut cells = vec![Cell::text(bin)];
        cells.extend(dimensions.iter().map(|dimension| of(dimension).map_or_else(Cell::undefined, cell)));
        let slice = capitalised(slice);
        let head = if shown.is_one { slice } else { format!("{slice} · {}", shown.name(model)) };
        (head, Row::new(cells))
    });
    let rows = rows.collect();
    let table = sheet(
        anchors.claim(&["stale-slices"]),
        "Changed states by properties of the scenario",
        note([
            "Passed, by where the old evidence stands in the history, sessions and days between the two remarks, sessions after the later one, \
             tokens of the prompt, and whether the history was trimmed. Many bins are looked at: a single one that stands out is no finding."
                .to_owned(),
            interval_words(stale.slices.iter().filter_map(|row| row.interval.as_ref())),
        ]),
        [words("Bin")].into_iter().chain(dimensions.iter().map(|dimension| numbers(dimension))).collect(),
        rows,
    );
    Table { is_long: true, ..table }
}

fn cell(row: &StaleSlice) -> Cell {
    Cell::percent(row.value, row.interval.as_ref()).with_aside(&format!("n\u{a0}{}", number::count(row.n)))
}
