//! Means of columns by competency, and what they are made of.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::CompetencyRow;
use crate::report::agent_words;
use crate::report::anchor::Anchors;

/// A row for each competency and agent, the mean of all last.
pub(super) fn competencies(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = &shown.record.competencies;
    let rows = own.iter().map(|row| {
        let (head, first) = shown.place(agent_words::competency(&row.competency), "", &row.model);
        let mut cells = vec![first];
        cells.extend(row_cells(row));
        (head, Row::new(cells))
    });
    sheet(
        anchors.claim(&["memory-competencies"]),
        "Competencies",
        note([
            "Unweighted means of columns; overall: of the competencies. A mean of which a part is missing is not told."
                .to_owned(),
            interval_words(own.iter().filter_map(|row| row.interval.as_ref())),
        ]),
        [shown.first("Competency"), numbers("Value")]
            .into_iter()
            .chain(["Made of", "Missing"].map(words))
            .chain(["n", "Histories"].map(numbers))
            .collect(),
        rows.collect(),
    )
}

fn row_cells(row: &CompetencyRow) -> Vec<Cell> {
    // The parts of a mean are columns, of `overall` competencies.
    let names = |names: &[String]| match names {
        [] => Cell::undefined(),
        names => Cell::text(names.iter().map(|name| agent_words::competency(name)).collect::<Vec<&str>>().join(", ")),
    };
    vec![
        Cell::percent(row.value, row.interval.as_ref()),
        names(&row.parts),
        names(&row.missing),
        cells::count(row.n),
        cells::count(row.n_clusters),
    ]
}
