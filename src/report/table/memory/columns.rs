//! The columns of the paper's table: each value beside what it would be with missing answers as wrong, and with the lenient reading.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::ColumnRow;
use crate::report::agent_words;
use crate::report::anchor::Anchors;
use crate::report::metric_name::MetricName;
use crate::report::number;

/// A row for each column and agent.
pub(super) fn columns(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = &shown.record.columns;
    let rows = own.iter().map(|row| {
        let (head, first) = shown.place(&row.column, agent_words::competency(&row.competency), &row.model);
        let mut cells = vec![first];
        cells.extend(row_cells(row));
        (head, Row::new(cells))
    });
    let intervals = own.iter().flat_map(|row| row.interval.iter().chain(&row.lenient_interval));
    let mut table = sheet(
        anchors.claim(&["memory-columns"]),
        "Columns of the paper",
        note([
            "Three readings side by side, never mixed. Value: the paper's metric over questions that have an answer and, where one is needed, \
             a verdict. Missing as wrong: the same with every missing answer at zero. Lenient: with a reading that also takes what the \
             metric's letter misses (a leading label, an answer inside JSON)."
                .to_owned(),
            interval_words(intervals),
            "Questions of one history are not independent; an interval over one history says nothing about others.".to_owned(),
        ]),
        [shown.first("Column"), words("Metric")]
            .into_iter()
            .chain(
                ["Value", "Missing as wrong", "Lenient", "n", "Histories", "No answer", "No verdict"].map(numbers),
            )
            .collect(),
        rows.collect(),
    );
    // The answer to the first question of the suite is never closed.
    table.is_long = false;
    table
}

fn row_cells(row: &ColumnRow) -> Vec<Cell> {
    let mut metric = Cell::text(MetricName::parse(&row.metric).words());
    if row.tasks.len() > 1 {
        metric = metric.with_aside(&format!("mean of {}", row.tasks.join(", ")));
    }
    if !row.is_in_mean {
        metric = metric.with_aside("not in the mean");
    }
    let of_all = row.n.saturating_add(row.n_failed).saturating_add(row.n_unjudged);
    let missing = |n: u64| match n {
        0 => cells::count(0),
        n => cells::count(n).with_aside(&format!("of {}", number::count(of_all))),
    };
    vec![
        metric,
        Cell::percent(row.value, row.interval.as_ref()),
        Cell::percent(row.pessimistic, None),
        Cell::percent(row.lenient, row.lenient_interval.as_ref()),
        cells::count(row.n),
        cells::count(row.n_clusters),
        missing(row.n_failed),
        missing(row.n_unjudged),
    ]
}
