//! Paired differences between the model under test and another model, slice by slice, with adjusted p values.

use super::metrics::distinct;
use super::model::{Cell, Emphasis, Row, RowGroup, Table, copies_words, interval_words, numbers, words};
use crate::record::Comparison;
use crate::report::anchor::Anchors;
use crate::report::metric_name::{MetricName, effect_words, method_words};
use crate::report::number;

/// Level below which a p value separates, where a comparison has no interval to take it from.
const USUAL_ALPHA: f64 = 0.05;

/// One table for each task; a group for each measure and pair of models, a row for each slice.
#[must_use]
pub fn by_slice(comparisons: &[Comparison], anchors: &mut Anchors) -> Vec<Table> {
    distinct(comparisons.iter().map(|row| row.task.as_str()))
        .into_iter()
        .map(|task| {
            let rows: Vec<&Comparison> = comparisons.iter().filter(|row| row.task == task).collect();
            let has_copies = rows.iter().any(|row| row.slice.copies.is_some());
            let by_copies = if has_copies { " by copies" } else { "" };
            Table {
                id: anchors.claim(&["comparisons", task]),
                caption: format!("{task}: paired differences{by_copies}"),
                note: note(&rows),
                columns: [words("Copies")]
                    .into_iter()
                    .chain(
                        [
                            "A",
                            "B",
                            "A \u{2212} B",
                            "p",
                            "adjusted p",
                            "effect",
                            "MDE",
                            "pairs",
                            "A > B",
                            "A = B",
                            "A < B",
                        ]
                        .map(numbers),
                    )
                    .collect(),
                groups: groups(&rows),
                is_long: true,
            }
        })
        .collect()
}

fn groups(rows: &[&Comparison]) -> Vec<RowGroup> {
    let mut out: Vec<RowGroup> = Vec::new();
    for row in rows {
        let label = format!("{} · A = {}, B = {}", MetricName::parse(&row.metric).words(), row.model_a, row.model_b);
        match out.iter_mut().find(|group| group.label == label) {
            Some(group) => group.rows.push(comparison_row(row)),
            None => out.push(RowGroup { label, rows: vec![comparison_row(row)] }),
        }
    }
    out
}

fn comparison_row(row: &Comparison) -> Row {
    let decimals = number::decimals(row.interval.as_ref());
    let side = |value: Option<f64>| {
        value
            .filter(|value| value.is_finite())
            .map_or_else(Cell::undefined, |value| Cell::text(number::fixed(value, decimals)))
    };
    let mut a = side(row.value_a);
    let mut b = side(row.value_b);
    match separation(row) {
        Separation::Higher => a.emphasis = Emphasis::Separated,
        Separation::Lower => b.emphasis = Emphasis::Separated,
        Separation::None => {
            a.emphasis = Emphasis::Tied;
            b.emphasis = Emphasis::Tied;
        }
        Separation::Untested => {}
    }
    // Results of schema 1 have no counts of wins; their discordant items are the same thing.
    let counted = |n: Option<u64>| n.map_or_else(Cell::undefined, |n| Cell::text(number::count(n)));
    let mut pairs = Cell::text(number::count(row.n_pairs));
    if let Some(clusters) = row.n_clusters {
        pairs.aside = format!("{} clusters", number::count(clusters));
    }
    Row::new(vec![
        Cell::text(copies_words(&row.slice)),
        a,
        b,
        Cell::difference(row.difference, row.interval.as_ref()),
        Cell::text(number::p_value(row.p_value)),
        Cell::text(number::p_value(row.p_adjusted)),
        row.effect.as_ref().map_or_else(Cell::undefined, |effect| Cell::text(number::signed(effect.value, 2))),
        side(row.minimal_detectable_effect),
        pairs,
        counted(row.wins.or(row.only_a_right)),
        counted(row.ties),
        counted(row.losses.or(row.only_b_right)),
    ])
}

/// What the test of a comparison says.
enum Separation {
    /// A is higher, and the test separates.
    Higher,
    /// B is higher, and the test separates.
    Lower,
    None,
    /// No p value or no difference.
    Untested,
}

fn separation(row: &Comparison) -> Separation {
    let alpha = row.interval.as_ref().map_or(USUAL_ALPHA, |interval| 1.0 - interval.level);
    match (row.p_adjusted.or(row.p_value), row.difference) {
        (Some(p), Some(difference)) if p < alpha && difference > 0.0 => Separation::Higher,
        (Some(p), Some(difference)) if p < alpha && difference < 0.0 => Separation::Lower,
        (Some(_), Some(_)) => Separation::None,
        _ => Separation::Untested,
    }
}

fn note(rows: &[&Comparison]) -> String {
    let tests: Vec<String> = distinct(rows.iter().map(|row| row.test.as_str())).into_iter().map(method_words).collect();
    let effects: Vec<String> =
        distinct(rows.iter().filter_map(|row| row.effect.as_ref()).map(|effect| effect.name.as_str()))
            .into_iter()
            .map(effect_words)
            .collect();
    let mut sentences = vec![
        interval_words(rows.iter().filter_map(|row| row.interval.as_ref())),
        format!("Test: {}.", tests.join("; ")),
        format!(
            "Bold: the higher value where the adjusted p separates the two; underlined: not separated. Effect: {}. MDE: smallest \
             difference found with 80\u{a0}% power. A > B, A = B, A < B: items on which A is above, equal and below; for an \
             AUC, members by the share of non-members that they lie above.",
            effects.join("; ")
        ),
    ];
    let only_a: u64 = rows.iter().map(|row| row.n_only_a).max().unwrap_or(0);
    let only_b: u64 = rows.iter().map(|row| row.n_only_b).max().unwrap_or(0);
    if only_a > 0 || only_b > 0 {
        sentences.push(format!(
            "Not paired, at most: {} items that only A answered, {} that only B answered.",
            number::count(only_a),
            number::count(only_b)
        ));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences.join(" ")
}
