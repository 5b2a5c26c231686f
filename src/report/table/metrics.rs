//! What was measured: measures down and copies across, for each task and model; and the fine print of every slice.

use std::collections::BTreeSet;

use super::model::{Cell, Column, Row, RowGroup, Table, copies_words, interval_words, numbers, words};
use crate::record::{MetricRow, ModelEntry, Role, Slice, SuiteResults};
use crate::report::anchor::Anchors;
use crate::report::metric_name::MetricName;
use crate::report::number;

/// Flag of a rate that lies below one non-member.
const NOT_RESOLVABLE: &str = "not_resolvable";

/// A table for each task and model, models under test first; those of other models are long, so closed on the page.
/// Rows are measures by family, columns are copies.
#[must_use]
pub fn task_tables(results: &SuiteResults, anchors: &mut Anchors) -> Vec<Table> {
    let mut out = Vec::new();
    // Means over several tasks have tables of their own.
    let is_asked = |task: &&str| results.memory.is_none() || results.health.iter().any(|row| row.task == **task);
    for task in distinct(results.metrics.iter().map(|row| row.task.as_str())).into_iter().filter(is_asked) {
        let rows: Vec<&MetricRow> = results.metrics.iter().filter(|row| row.task == task).collect();
        for (slug, role) in models_of(results, &rows) {
            let own: Vec<&MetricRow> = rows.iter().copied().filter(|row| row.model == slug).collect();
            let slices = slices_of(&own);
            let (groups, mut notes) = family_groups(&own, &slices);
            notes.insert(0, interval_words(own.iter().filter_map(|row| row.interval.as_ref())));
            notes.retain(|note| !note.is_empty());
            let mut columns = vec![words("Measure")];
            columns.extend(slices.iter().map(|slice| numbers(&copies_words(slice))));
            out.push(Table {
                id: anchors.claim(&["table", task, slug]),
                caption: if slices.iter().any(|slice| slice.copies.is_some()) {
                    format!("{task} by copies: {}", role_words(slug, role))
                } else {
                    format!("{task}: {}", role_words(slug, role))
                },
                note: notes.join(" "),
                columns,
                groups,
                is_long: role != Role::Model,
            });
        }
    }
    out
}

/// A group of rows for each family of measures, and a sentence for each family that cannot be resolved at all.
///
/// The counts behind the values stand once on top where all families agree on them, else under each family.
fn family_groups(own: &[&MetricRow], slices: &[Slice]) -> (Vec<RowGroup>, Vec<String>) {
    let mut groups = Vec::new();
    let mut notes = Vec::new();
    let mut counts: Vec<Row> = Vec::new();
    for family in distinct(own.iter().map(|row| MetricName::parse(&row.metric).family)) {
        let rows: Vec<&MetricRow> =
            own.iter().copied().filter(|row| MetricName::parse(&row.metric).family == family).collect();
        let label = rows.first().map_or_else(String::new, |row| MetricName::parse(&row.metric).family_words());
        if rows.iter().all(|row| is_unresolvable(row)) {
            let least = rows.iter().filter_map(|row| row.n_non_members).min();
            notes.push(format!("{label}: {}.", number::not_resolvable(least)));
            continue;
        }
        counts.push(count_row(&rows, slices));
        groups.push(RowGroup { label, rows: measure_rows(&rows, slices) });
    }
    let are_equal = counts.windows(2).all(|pair| pair[0] == pair[1]);
    match counts.first() {
        Some(first) if are_equal => groups.insert(0, RowGroup { label: String::new(), rows: vec![first.clone()] }),
        _ => groups.iter_mut().zip(counts).for_each(|(group, row)| group.rows.push(row)),
    }
    // A family of one measure needs no head that repeats its name.
    for group in &mut groups {
        if let [only] = group.rows.as_slice()
            && only.cells.first().is_some_and(|cell| cell.text == group.label)
        {
            group.label.clear();
        }
    }
    (groups, notes)
}

/// One row for each measure.
fn measure_rows(own: &[&MetricRow], slices: &[Slice]) -> Vec<Row> {
    distinct(own.iter().map(|row| row.metric.as_str()))
        .into_iter()
        .map(|metric| {
            let mut cells = vec![Cell::text(MetricName::parse(metric).score_words())];
            cells.extend(slices.iter().map(|slice| {
                let found = own.iter().find(|row| row.metric == metric && row.slice == *slice);
                found.map_or_else(Cell::undefined, |row| value_cell(row))
            }));
            Row::new(cells)
        })
        .collect()
}

/// The items behind each column; a range where measures differ, since an attack may not score every text.
fn count_row(own: &[&MetricRow], slices: &[Slice]) -> Row {
    let has_members = own.iter().any(|row| row.n_members.is_some());
    let mut cells = vec![Cell::text(if has_members { "n members" } else { "n" })];
    cells.extend(slices.iter().map(|slice| {
        let behind: BTreeSet<u64> =
            own.iter().filter(|row| row.slice == *slice).map(|row| row.n_members.unwrap_or(row.n)).collect();
        match (behind.first(), behind.last()) {
            (Some(low), Some(high)) if low == high => Cell::text(number::count(*low)),
            (Some(low), Some(high)) => Cell::text(format!("{} to {}", number::count(*low), number::count(*high))),
            _ => Cell::undefined(),
        }
    }));
    Row { cells, is_control: true }
}

/// The value of a row as a cell; a rate that cannot be resolved says so instead of showing a number.
fn value_cell(row: &MetricRow) -> Cell {
    if is_unresolvable(row) {
        let mut cell = Cell::undefined();
        cell.text = number::not_resolvable(row.n_non_members);
        return cell;
    }
    Cell::estimate(row.value, row.interval.as_ref())
}

fn is_unresolvable(row: &MetricRow) -> bool {
    row.flags.iter().any(|flag| flag == NOT_RESOLVABLE)
}

/// Every slice of every measure with all its counts, for the models under test; long, so closed on the page.
#[must_use]
pub fn slice_details(results: &SuiteResults, anchors: &mut Anchors) -> Vec<Table> {
    let columns: Vec<Column> = ["Measure", "Copies"]
        .map(words)
        .into_iter()
        .chain(["Value", "n", "Members", "Non-members", "Clusters", "Missing"].map(numbers))
        .chain(std::iter::once(words("Flags")))
        .collect();
    distinct(results.metrics.iter().map(|row| row.task.as_str()))
        .into_iter()
        .map(|task| {
            let groups = results
                .models
                .iter()
                .filter(|model| model.role == Role::Model)
                .map(|model| RowGroup {
                    label: model.slug.clone(),
                    rows: results
                        .metrics
                        .iter()
                        .filter(|row| row.task == task && row.model == model.slug)
                        .map(detail_row)
                        .collect(),
                })
                .filter(|group| !group.rows.is_empty())
                .collect();
            Table {
                id: anchors.claim(&["slices", task]),
                caption: format!("{task}: every slice with its counts"),
                note: "Missing: items without a usable answer; they are in no n and never count as zero.".to_owned(),
                columns: columns.clone(),
                groups,
                is_long: true,
            }
        })
        .filter(|table| !table.is_empty())
        .collect()
}

fn detail_row(row: &MetricRow) -> Row {
    // The value already says it in words.
    let flags: Vec<String> =
        row.flags.iter().filter(|flag| *flag != NOT_RESOLVABLE).map(|flag| flag.replace('_', " ")).collect();
    let optional = |n: Option<u64>| n.map_or_else(Cell::undefined, |n| Cell::text(number::count(n)));
    Row::new(vec![
        Cell::text(MetricName::parse(&row.metric).words()),
        Cell::text(copies_words(&row.slice)),
        value_cell(row),
        Cell::text(number::count(row.n)),
        optional(row.n_members),
        optional(row.n_non_members),
        optional(row.n_clusters),
        Cell::text(number::count(row.n_missing)),
        Cell::text(flags.join(", ")),
    ])
}

/// Doses first, in rising order; the whole task last.
fn slices_of(rows: &[&MetricRow]) -> Vec<Slice> {
    let all: BTreeSet<Slice> = rows.iter().map(|row| row.slice.clone()).collect();
    let (whole, doses): (Vec<Slice>, Vec<Slice>) = all.into_iter().partition(|slice| slice.copies.is_none());
    doses.into_iter().chain(whole).collect()
}

/// Models that have a row, those under test first, then by role; models that the run does not list come last.
fn models_of<'a>(results: &'a SuiteResults, rows: &[&'a MetricRow]) -> Vec<(&'a str, Role)> {
    let mut listed: Vec<&ModelEntry> =
        results.models.iter().filter(|model| rows.iter().any(|row| row.model == model.slug)).collect();
    listed.sort_by_key(|model| model.role);
    let mut out: Vec<(&str, Role)> = listed.into_iter().map(|model| (model.slug.as_str(), model.role)).collect();
    for slug in distinct(rows.iter().map(|row| row.model.as_str())) {
        if !out.iter().any(|(known, _)| *known == slug) {
            out.push((slug, Role::Reference));
        }
    }
    out
}

fn role_words(slug: &str, role: Role) -> String {
    match role {
        Role::Model => slug.to_owned(),
        Role::Baseline => format!("{slug} (baseline)"),
        Role::Reference => format!("{slug} (reference)"),
        Role::Judge => format!("{slug} (judge)"),
        Role::Embedder => format!("{slug} (embedder)"),
    }
}

/// The values in order of first use, each once.
pub(in crate::report) fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}
