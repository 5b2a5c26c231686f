//! Rows of the results picked for a figure, and what its caption says about them.

use crate::record::{APPROXIMATE, MetricRow, ModelEntry, Role, SuiteResults};
use crate::report::figure::Estimate;
use crate::report::number;
use crate::report::table::interval_words;

/// Rows of one model, task and measure that have a number of copies and a finite value, by rising copies.
pub(super) fn by_copies<'a>(results: &'a SuiteResults, model: &str, task: &str, metric: &str) -> Vec<&'a MetricRow> {
    let mut rows: Vec<&MetricRow> = results
        .metrics
        .iter()
        .filter(|row| row.model == model && row.task == task && row.metric == metric)
        .filter(|row| row.slice.copies.is_some() && row.value.is_some_and(f64::is_finite))
        .collect();
    rows.sort_by_key(|row| row.slice.copies);
    rows.dedup_by_key(|row| row.slice.copies);
    rows
}

/// Value and interval as charts take them; `None` without a value.
pub(super) fn estimate(row: &MetricRow) -> Option<Estimate> {
    Some(Estimate { value: row.value?, interval: row.interval.as_ref().map(|interval| (interval.low, interval.high)) })
}

/// The first baseline of the run that is not `model`.
pub(super) fn baseline<'a>(results: &'a SuiteResults, model: &str) -> Option<&'a ModelEntry> {
    results.models.iter().find(|entry| entry.role == Role::Baseline && entry.slug != model)
}

/// How the intervals were made, on which unit, and how many answers are missing.
pub(super) fn fine_print(rows: &[&MetricRow]) -> Vec<String> {
    let mut out = Vec::new();
    let intervals = interval_words(rows.iter().filter_map(|row| row.interval.as_ref()));
    if !intervals.is_empty() {
        out.push(intervals);
        let is_clustered = rows.iter().any(|row| row.n_clusters.is_some_and(|clusters| clusters < row.n));
        let unit = if is_clustered { "Unit: the cluster (items of one source together)." } else { "Unit: the item." };
        out.push(unit.to_owned());
    }
    if rows.iter().any(|row| row.flags.iter().any(|flag| flag == APPROXIMATE)) {
        out.push(APPROXIMATE_WORDS.to_owned());
    }
    let missing: u64 = rows.iter().map(|row| row.n_missing).max().unwrap_or(0);
    if missing > 0 {
        let items = if missing == 1 { "item" } else { "items" };
        out.push(format!("Some points: up to {} {items} without a usable answer left out.", number::count(missing)));
    }
    out
}

/// What the flag `approximate` means, for a figure.
pub(super) const APPROXIMATE_WORDS: &str = "Approximate: multiple choice by the first token of a chat answer.";
