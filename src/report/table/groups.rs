//! One table for each published task and metric: what upstream prints of its models beside what this run measured.

use std::collections::BTreeSet;

use super::model::{Cell, Row, RowGroup, Table, interval_words, numbers, words};
use crate::record::{MeasuredRow, PublishedRow, SuiteResults};
use crate::report::metric_name::MetricName;
use crate::report::number;
use crate::report::table::copies_words;

/// The tables, in the order in which the numbers are published; ids are `published-<task>-<metric>`.
///
/// A run that measured nothing that was published has none; else groups that it did not measure are printed alone. A
/// difference stands only beside the number of the published model that the run's model is.
#[must_use]
pub fn published_groups(results: &SuiteResults) -> Vec<Table> {
    let mut seen = BTreeSet::new();
    let mut tables = Vec::new();
    if results.measured.is_empty() {
        return tables;
    }
    for row in &results.published {
        if seen.insert((row.task.as_str(), row.metric.as_str())) {
            tables.push(group(results, &row.task, &row.metric));
        }
    }
    tables
}

fn group(results: &SuiteResults, task: &str, metric: &str) -> Table {
    let printed: Vec<&PublishedRow> =
        results.published.iter().filter(|row| row.task == task && row.metric == metric).collect();
    let measured: Vec<&MeasuredRow> =
        results.measured.iter().filter(|row| row.task == task && row.metric == metric).collect();
    let models = distinct(printed.iter().map(|row| row.model.as_str()));
    let ours = distinct(measured.iter().map(|row| row.model.as_str()));
    let copies = distinct(printed.iter().map(|row| row.copies));
    let is_same = printed.iter().any(|row| row.difference.is_some());
    let mut columns = vec![words("Copies")];
    columns.extend(models.iter().map(|model| numbers(model)));
    for slug in &ours {
        let name = results.models.iter().find(|model| model.slug == *slug).map_or(*slug, |model| model.name.as_str());
        columns.push(numbers(&format!("Ours: {name}")));
    }
    if is_same {
        columns.push(numbers("Ours minus printed"));
    }
    let rows = copies
        .iter()
        .map(|&copies| {
            let at = |row: &&&PublishedRow| row.copies == copies;
            let mut cells = vec![Cell::text(copies_words(&crate::record::Slice { copies }))];
            for model in &models {
                let value = printed.iter().filter(at).find(|row| row.model == *model);
                // As printed there: no rounding of our own.
                cells.push(value.map_or_else(Cell::undefined, |row| Cell::text(as_printed(row.published))));
            }
            for slug in &ours {
                let row = measured.iter().find(|row| row.model == *slug && row.copies == copies);
                cells.push(Cell::estimate(row.and_then(|row| row.value), row.and_then(|row| row.interval.as_ref())));
            }
            if is_same {
                let row = printed.iter().filter(at).find(|row| row.difference.is_some());
                cells.push(
                    row.map_or_else(Cell::undefined, |row| Cell::difference(row.difference, shifted(row).as_ref())),
                );
            }
            Row::new(cells)
        })
        .collect();
    let places = distinct(printed.iter().map(|row| row.printed_in.as_str()));
    Table {
        id: file_name(task, metric),
        caption: format!("{task}: {}", MetricName::parse(metric).words()),
        note: note(&measured, &ours, is_same, &places, results),
        columns,
        groups: vec![RowGroup { label: String::new(), rows }],
        is_long: false,
    }
}

/// `published-<task>-<metric>`, upstream's names as they are; what a file's name cannot hold becomes a hyphen.
fn file_name(task: &str, metric: &str) -> String {
    let safe = |text: &str| -> String {
        let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' };
        text.trim_start_matches('.').chars().map(keep).collect()
    };
    format!("published-{}-{}", safe(task), safe(metric))
}

/// The interval of the difference: ours, less the printed number.
fn shifted(row: &PublishedRow) -> Option<crate::record::IntervalRecord> {
    let mut interval = row.interval.clone()?;
    interval.low -= row.published;
    interval.high -= row.published;
    Some(interval)
}

fn note(measured: &[&MeasuredRow], ours: &[&str], is_same: bool, places: &[&str], results: &SuiteResults) -> String {
    let mut note = format!("Printed in {}.", places.join("; "));
    match measured.first() {
        None => note.push_str(" This run did not measure it."),
        Some(row) => note.push_str(&format!(" Ours is {}.", row.measured_as)),
    }
    if !ours.is_empty() && !is_same {
        note.push_str(if results.size == "builtin" {
            " Ours is of builtin data, which are not the published ones: a difference would mean nothing."
        } else {
            " Ours is of none of the published models, so a difference would mean nothing; --published-as says which one it is."
        });
    }
    if is_same {
        note.push_str(" The printed number has no interval here; that of the difference is our own.");
    }
    let intervals = interval_words(measured.iter().filter_map(|row| row.interval.as_ref()));
    if !intervals.is_empty() {
        note.push(' ');
        note.push_str(&intervals);
    }
    note
}

fn as_printed(value: f64) -> String {
    if value.is_finite() { value.to_string().replace('-', "\u{2212}") } else { number::UNDEFINED.to_owned() }
}

/// Each value once, in the order of its first appearance.
fn distinct<T: PartialEq>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for value in values {
        if !found.contains(&value) {
            found.push(value);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn measured(model: &str) -> MeasuredRow {
        MeasuredRow {
            task: "mmlu_hubble".into(),
            metric: "acc".into(),
            copies: Some(16),
            model: model.into(),
            measured_as: "questions-letters: acc".into(),
            n: 50,
            value: Some(0.69),
            interval: None,
        }
    }

    #[test]
    fn a_difference_stands_only_beside_the_same_model() {
        let mut results = fixture::results();
        let slug = results.models[0].slug.clone();
        results.measured = vec![measured(&slug)];
        let same = published_groups(&results);
        assert_eq!(same[0].id, "published-mmlu_hubble-acc");
        assert!(same[0].columns.last().is_some_and(|column| column.name.contains("minus")), "{:?}", same[0].columns);
        for row in &mut results.published {
            row.difference = None;
        }
        let other = published_groups(&results);
        assert!(other[0].note.contains("mean nothing"), "{}", other[0].note);
        assert!(other[0].columns.iter().all(|column| !column.name.contains("minus")));
        assert_eq!(other[0].groups[0].rows.len(), 4);
    }
}
