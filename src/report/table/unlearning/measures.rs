//! The headline: every measure down, the models across, in the columns of the papers on unlearning.

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{count_range, grouped};
use crate::record::{MeasureValue, SuiteResults, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::metric_name::MetricName;
use crate::report::{number, part};

/// Means over targets, grouped by what they are for.
pub(super) fn measures(results: &SuiteResults, record: &Unlearning, anchors: &mut Anchors) -> Table {
    let models = part::in_order(results);
    let rows = distinct(record.measures.iter().map(|row| row.measure.as_str())).into_iter().filter_map(|measure| {
        let own: Vec<&MeasureValue> = record.measures.iter().filter(|row| row.measure == measure).collect();
        let first = own.first()?;
        let metric = MetricName::parse(&first.metric).score_words();
        // One metric of a whole side stands in the head of its rows.
        let is_shared = record.measures.iter().all(|row| row.side != first.side || row.metric == first.metric);
        let side = capitalised(first.side.words());
        let (label, name) = if is_shared {
            (format!("{side} · {metric}"), first.title.clone())
        } else {
            (side, format!("{} · {metric}", first.title))
        };
        let mut cells = vec![Cell::text(name)];
        cells.extend(models.iter().map(|model| {
            own.iter().find(|row| row.model == model.slug).map_or_else(Cell::undefined, |row| value_cell(row))
        }));
        cells.push(counts_cell(&own));
        Some((label, Row::new(cells)))
    });
    let intervals = interval_words(record.measures.iter().filter_map(|row| row.interval.as_ref()));
    Table {
        id: anchors.claim(&["unlearning-measures"]),
        caption: "What is left and what was kept, by model".to_owned(),
        note: format!(
            "Unweighted means over targets, so that each target counts the same. {intervals} sd: standard deviation of the targets' \
             values. Missing items are in no mean: a failed request is no forgetting.",
        ),
        columns: [words("Measure")]
            .into_iter()
            .chain(models.iter().map(|model| numbers(&part::words(model))))
            .chain([numbers("Targets")])
            .collect(),
        groups: grouped(rows),
        is_long: false,
    }
}

/// Targets, and the items behind them; ranges where models differ.
fn counts_cell(own: &[&MeasureValue]) -> Cell {
    let mut cell = Cell::text(count_range(own.iter().map(|row| row.n_targets)));
    cell.aside = format!("{} items", count_range(own.iter().map(|row| row.n_items)));
    cell
}

/// The mean with its interval; the spread of the targets behind it, and the items that have no value.
fn value_cell(row: &MeasureValue) -> Cell {
    let mut cell = Cell::estimate(row.value, row.interval.as_ref());
    let decimals = number::decimals(row.interval.as_ref());
    let spread = row.standard_deviation.filter(|spread| spread.is_finite());
    let asides = [
        Some(std::mem::take(&mut cell.aside)).filter(|interval| !interval.is_empty()),
        spread.map(|spread| format!("sd {}", number::fixed(spread, decimals))),
        (row.n_missing > 0).then(|| format!("{} missing", number::count(row.n_missing))),
    ];
    cell.aside = asides.into_iter().flatten().collect::<Vec<String>>().join("; ");
    cell
}
