//! The headline: every measure down, the models across, in the columns of the papers on unlearning.

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{count_range, grouped};
use crate::record::{MeasureValue, SuiteResults, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::drawing::capitalised;
use crate::report::metric_name::MetricName;
use crate::report::{number, part};

/// Means over targets, grouped by what they are for.
pub(super) fn measures(results: &SuiteResults, record: &Unlearning, anchors: &mut Anchors) -> Table {
    let models = part::in_order(results);
    let rows = distinct(record.measures.iter().map(|row| row.measure.as_str())).into_iter().filter_map(|measure| {
        let own: Vec<&MeasureValue> = record.measures.iter().filter(|row| row.measure == measure).collect();
        let first = own.first()?;
        let mut cells =
            vec![Cell::text(first.title.as_str()), Cell::text(MetricName::parse(&first.metric).score_words())];
        cells.extend(models.iter().map(|model| {
            own.iter().find(|row| row.model == model.slug).map_or_else(Cell::undefined, |row| value_cell(row))
        }));
        cells.push(Cell::text(count_range(own.iter().map(|row| row.n_targets))));
        cells.push(Cell::text(count_range(own.iter().map(|row| row.n_items))));
        cells.push(Cell::text(count_range(own.iter().map(|row| row.n_missing))));
        Some((capitalised(first.side.words()), Row::new(cells)))
    });
    let intervals = interval_words(record.measures.iter().filter_map(|row| row.interval.as_ref()));
    Table {
        id: anchors.claim(&["unlearning-measures"]),
        caption: "What is left and what was kept, by model".to_owned(),
        note: format!(
            "Unweighted means over targets, so that each target counts the same. {intervals} sd: standard deviation of the targets' \
             values. Missing items are in no mean and count as nothing forgotten.",
        ),
        columns: ["Measure", "Metric"]
            .map(words)
            .into_iter()
            .chain(models.iter().map(|model| numbers(&part::words(model))))
            .chain(["Targets", "Items", "Missing"].map(numbers))
            .collect(),
        groups: grouped(rows),
        is_long: false,
    }
}

/// The mean with its interval; the spread of the targets behind it.
fn value_cell(row: &MeasureValue) -> Cell {
    let mut cell = Cell::estimate(row.value, row.interval.as_ref());
    if let Some(spread) = row.standard_deviation.filter(|spread| spread.is_finite()) {
        let spread = format!("sd {}", number::fixed(spread, number::decimals(row.interval.as_ref())));
        cell.aside = if cell.aside.is_empty() { spread } else { format!("{}; {spread}", cell.aside) };
    }
    cell
}
