//! Our numbers beside those of others: the published ones, and upstream's faults with both readings.

use super::model::{Cell, Emphasis, Row, RowGroup, Table, interval_words, numbers, words};
use crate::record::{ErratumRow, PublishedRow, Slice, SuiteResults};
use crate::report::anchor::Anchors;
use crate::report::metric_name::MetricName;
use crate::report::number;
use crate::report::table::copies_words;

/// Longer tables than this start closed on the page.
const MOST_OPEN_ROWS: usize = 12;

/// Published numbers, as printed, beside those that this run measured.
///
/// Rows without a number of ours are only counted, by their task: a suite may carry hundreds, and a run with one
/// model measures few of them. All stand in the record.
#[must_use]
pub fn published(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    let (measured, others): (Vec<&PublishedRow>, Vec<&PublishedRow>) =
        results.published.iter().partition(|row| row.ours.is_some());
    let mut groups: Vec<RowGroup> = Vec::new();
    for row in &measured {
        match groups.iter_mut().find(|group| group.label == row.task) {
            Some(group) => group.rows.push(published_row(row)),
            None => groups.push(RowGroup { label: row.task.clone(), rows: vec![published_row(row)] }),
        }
    }
    let mut note = interval_words(measured.iter().filter_map(|row| row.interval.as_ref()));
    if !others.is_empty() {
        if !note.is_empty() {
            note.push(' ');
        }
        let n = u64::try_from(others.len()).unwrap_or(u64::MAX);
        let what = if n == 1 { "number has" } else { "numbers have" };
        note.push_str(&format!(
            "{} published {what} no counterpart in this run; results.json lists all.",
            number::count(n)
        ));
        if !results.measured.is_empty() && measured.is_empty() {
            note.push_str(if results.size == "builtin" {
                " What this run measured of the same questions is of builtin data and of no published model: no difference is told."
            } else {
                " This run measured the same questions, but its models are none of the published ones (--published-as says which \
                 one it is): no difference is told. The tables published-* of the other formats have both numbers."
            });
        }
    }
    Table {
        id: anchors.claim(&["published"]),
        caption: "Published numbers beside ours".to_owned(),
        note,
        columns: ["Measure", "Copies", "Model there"]
            .map(words)
            .into_iter()
            .chain(["Published", "Ours", "Difference"].map(numbers))
            .chain([words("Printed in")])
            .collect(),
        groups,
        is_long: measured.len() > MOST_OPEN_ROWS,
    }
}

fn published_row(row: &PublishedRow) -> Row {
    Row::new(vec![
        Cell::text(MetricName::parse(&row.metric).words()),
        Cell::text(copies_words(&Slice { copies: row.copies })),
        Cell::text(row.model.as_str()),
        // As printed there: no rounding of our own.
        if row.published.is_finite() {
            Cell::text(row.published.to_string().replace('-', "\u{2212}"))
        } else {
            Cell::undefined()
        },
        Cell::estimate(row.ours, row.interval.as_ref()),
        row.difference.map_or_else(Cell::undefined, |difference| {
            let mut cell = Cell::difference(Some(difference), row.interval.as_ref());
            // The interval is that of our number, beside it.
            cell.aside.clear();
            cell
        }),
        Cell::text(row.printed_in.as_str()),
    ])
}

/// One table for each known fault of upstream's scorer: its number and the corrected one, side by side.
#[must_use]
pub fn errata(results: &SuiteResults, anchors: &mut Anchors) -> Vec<Table> {
    results.errata.iter().map(|erratum| erratum_table(erratum, anchors)).collect()
}

fn erratum_table(erratum: &ErratumRow, anchors: &mut Anchors) -> Table {
    let value = |value: Option<f64>| {
        value
            .filter(|value| value.is_finite())
            .map_or_else(Cell::undefined, |value| Cell::text(number::fixed(value, 4)))
    };
    let rows = erratum
        .pairs
        .iter()
        .map(|pair| {
            let mut corrected = value(pair.corrected);
            if pair.corrected != pair.compatible && corrected.emphasis == Emphasis::None {
                corrected.aside = "differs".to_owned();
            }
            Row::new(vec![
                Cell::text(MetricName::parse(&pair.metric).words()),
                Cell::text(pair.model.as_str()),
                value(pair.compatible),
                corrected,
            ])
        })
        .collect();
    Table {
        id: anchors.claim(&["erratum", &erratum.id]),
        caption: format!("Erratum {}", erratum.id),
        note: format!("Upstream: {} Corrected: {}", erratum.upstream, erratum.corrected),
        columns: ["Measure", "Model"]
            .map(words)
            .into_iter()
            .chain(["As upstream computes it", "Corrected"].map(numbers))
            .collect(),
        groups: vec![RowGroup { label: String::new(), rows }],
        is_long: erratum.pairs.len() > MOST_OPEN_ROWS,
    }
}
