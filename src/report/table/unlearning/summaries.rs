//! Numbers of a whole model, such as forget quality; the smallest of them are powers of ten.

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, RowGroup, Table, interval_words, numbers, words};
use crate::record::{ModelSummary, SuiteResults, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::{number, part};

/// A group for each number, a row for each model.
pub(super) fn summaries(results: &SuiteResults, record: &Unlearning, anchors: &mut Anchors) -> Table {
    let names = distinct(record.summaries.iter().map(|row| row.name.as_str()));
    let mut notes = vec![interval_words(record.summaries.iter().filter_map(|row| row.interval.as_ref()))];
    let mut groups = Vec::new();
    for name in names {
        let own: Vec<&ModelSummary> = record.summaries.iter().filter(|row| row.name == name).collect();
        let title = own.first().map_or(name, |row| row.title.as_str());
        for note in distinct(own.iter().map(|row| row.note.as_str()).filter(|note| !note.is_empty())) {
            notes.push(format!("{title}: {}.", note.trim_end_matches('.')));
        }
        let rows = part::in_order(results).into_iter().flat_map(|model| {
            own.iter().filter(move |row| row.model == model.slug).map(move |row| {
                Row::new(vec![Cell::text(part::words(model)), value(row), Cell::text(number::count(row.n))])
            })
        });
        groups.push(RowGroup { label: title.to_owned(), rows: rows.collect() });
    }
    notes.retain(|note| !note.is_empty());
    Table {
        id: anchors.claim(&["unlearning-summaries"]),
        caption: "Numbers of the whole model".to_owned(),
        note: notes.join(" "),
        columns: [words("Model")].into_iter().chain(["Value", "n"].map(numbers)).collect(),
        groups,
        is_long: false,
    }
}

fn value(row: &ModelSummary) -> Cell {
    match (row.value, row.ln_value) {
        (value, Some(ln)) if value.is_none_or(number::is_tiny) && ln.is_finite() => {
            Cell::text(number::power_of_ten(ln))
        }
        (Some(value), None) if value != 0.0 && number::is_tiny(value) => Cell::text(format!(
            "{}{}",
            if value < 0.0 { "\u{2212}" } else { "" },
            number::power_of_ten(value.abs().ln())
        )),
        (value, _) => Cell::estimate(value, row.interval.as_ref()),
    }
}
