//! Adversarial questions by their form: how much each brings back, and how much less than before.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::grouped;
use crate::record::{AttackValue, SuiteResults, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::{number, part};

/// A group for each model, a row for each form in the order of the record.
pub(super) fn attacks(results: &SuiteResults, record: &Unlearning, anchors: &mut Anchors) -> Table {
    let has_labels = record.attacks.iter().any(|row| !other_labels(row).is_empty());
    let rows = part::in_order(results).into_iter().flat_map(|model| {
        let own = record.attacks.iter().filter(move |row| row.model == model.slug);
        own.map(move |row| (part::words(model), attack_row(row, has_labels)))
    });
    let differences = record.attacks.iter().filter_map(|row| row.difference_interval.as_ref());
    let intervals = interval_words(record.attacks.iter().filter_map(|row| row.interval.as_ref()).chain(differences));
    Table {
        id: anchors.claim(&["unlearning-attacks"]),
        caption: "What adversarial questions bring back, by their form".to_owned(),
        note: format!(
            "{intervals} Differences: model minus before, paired by item, so about these questions and this model. Adjusted p: \
             Benjamini-Hochberg over all forms and models; exploratory.",
        ),
        columns: [Some("Form"), has_labels.then_some("Labels in the data")]
            .into_iter()
            .flatten()
            .map(words)
            .chain(
                ["Value", "Difference from before", "p", "adjusted p (exploratory)", "n", "Targets", "Missing"]
                    .map(numbers),
            )
            .collect(),
        groups: grouped(rows),
        is_long: true,
    }
}

fn attack_row(row: &AttackValue, has_labels: bool) -> Row {
    let p = |p: Option<f64>| match p {
        Some(_) => Cell::text(number::p_value(p)),
        None => Cell::undefined(),
    };
    let mut cells = vec![Cell::text(part::attack_words(&row.attack))];
    if has_labels {
        let others = other_labels(row);
        cells.push(if others.is_empty() { Cell::undefined() } else { Cell::text(others.join(", ")) });
    }
    cells.extend([
        Cell::estimate(row.value, row.interval.as_ref()),
        Cell::difference(row.difference, row.difference_interval.as_ref()),
        p(row.p_value),
        p(row.p_adjusted),
        Cell::text(number::count(row.n)),
        Cell::text(number::count(row.n_targets)),
        Cell::text(number::count(row.n_missing)),
    ]);
    Row::new(cells)
}

/// Labels that say something else than the name of the form.
fn other_labels(row: &AttackValue) -> Vec<&str> {
    let name = row.attack.replace('_', " ").to_lowercase();
    let says_the_same = |label: &str| {
        let label = label.to_lowercase();
        label.replace(['_', '-'], " ") == name || format!("other: {label}") == name
    };
    row.labels.iter().map(String::as_str).filter(|label| !says_the_same(label)).collect()
}
