//! Paired differences against the baseline: one row for each task and number of copies.

use super::selection::APPROXIMATE_WORDS;
use crate::record::{APPROXIMATE, Comparison, SuiteResults};
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::figure::forest::{self, Forest, ForestRow, RowOrder};
use crate::report::figure::{Estimate, Figure, FigureError, FigureWords};
use crate::report::metric_name::{MetricName, method_words};
use crate::report::number;
use crate::report::table::interval_words;

/// Longer figures than this show each task once.
const MOST_ROWS: usize = 120;

/// Level below which a comparison stands, where it has no interval to take it from.
const USUAL_ALPHA: f64 = 0.05;

/// Differences of the first compared measure of each task, at every number of copies; `None` without a comparison.
///
/// One measure a task keeps the picture readable and is no choice by result: it is the one that the suite lists
/// first. All others stand in the tables.
pub(super) fn draw(results: &SuiteResults, title: &str, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let all = first_measures(results);
    let is_cut = all.len() > MOST_ROWS;
    let rows = if is_cut { highest_doses(&all) } else { all };
    let Some(first) = rows.first() else { return Ok(None) };
    let has_one_pair = rows.iter().all(|row| row.model_a == first.model_a && row.model_b == first.model_b);
    let tested: Vec<&&Comparison> = rows.iter().filter(|row| row.p_adjusted.is_some()).collect();
    let standing = tested.iter().filter(|row| stands(row)).count();
    let pair = if has_one_pair { format!("{} minus {}", first.model_a, first.model_b) } else { "A minus B".to_owned() };
    let finding = if tested.is_empty() {
        format!("{}, paired by item", capitalised(&pair))
    } else {
        format!("{standing} of {} paired differences stand after adjustment for multiplicity", tested.len())
    };
    let mut caption = vec![format!("A row: {pair}.")];
    caption.push(interval_words(rows.iter().filter_map(|row| row.interval.as_ref())));
    let mut tests: Vec<String> = Vec::new();
    for row in &rows {
        let test = method_words(&row.test);
        if !tests.contains(&test) {
            tests.push(test);
        }
    }
    caption.push(format!("Test: {}.", tests.join("; ")));
    if rows.iter().any(|row| row.flags.iter().any(|flag| flag == APPROXIMATE)) {
        caption.push(APPROXIMATE_WORDS.to_owned());
    }
    caption.push(format!("Measures: {}; all others are in the tables.", measures(&rows)));
    if is_cut {
        caption.push("Each task at its highest number of copies; the others are in the tables.".to_owned());
    }
    caption.push("Intervals are not adjusted; the p values of the column are.".to_owned());
    caption.retain(|sentence| !sentence.is_empty());
    let input = Forest {
        words: FigureWords {
            id: anchors.claim(&["forest", &results.suite]),
            title: finding,
            subtitle: title.to_owned(),
            caption: caption.join(" "),
        },
        effect_name: format!("difference ({pair})"),
        columns: vec!["copies".to_owned(), "pairs".to_owned(), "adj. p".to_owned()],
        rows: rows
            .iter()
            .map(|row| ForestRow {
                label: label(row, has_one_pair),
                cells: vec![copies(row), number::count(row.n_pairs), number::p_value(row.p_adjusted)],
                estimate: Estimate {
                    value: row.difference.unwrap_or(f64::NAN),
                    interval: row.interval.as_ref().map(|interval| (interval.low, interval.high)),
                },
            })
            .collect(),
        pooled: None,
        margin: None,
        sides: has_one_pair.then(|| (format!("{} higher", first.model_b), format!("{} higher", first.model_a))),
        order: RowOrder::AsGiven,
    };
    forest::draw(&input).map(Some)
}

/// Of each task and pair of models the row at most copies.
fn highest_doses<'a>(rows: &[&'a Comparison]) -> Vec<&'a Comparison> {
    let mut kept: Vec<&Comparison> = Vec::new();
    for row in rows {
        let same = |other: &&mut &Comparison| {
            (&other.task, &other.model_a, &other.model_b) == (&row.task, &row.model_a, &row.model_b)
        };
        match kept.iter_mut().find(same) {
            Some(other) if row.slice.copies > other.slice.copies => *other = row,
            Some(_) => {}
            None => kept.push(row),
        }
    }
    kept
}

/// For each task and pair of models the rows of the measure that comes first, by rising copies, all items last.
fn first_measures(results: &SuiteResults) -> Vec<&Comparison> {
    let mut chosen: Vec<(&str, &str, &str, &str)> = Vec::new();
    for row in &results.comparisons {
        let key = (row.task.as_str(), row.model_a.as_str(), row.model_b.as_str());
        if !chosen.iter().any(|(task, a, b, _)| (*task, *a, *b) == key) {
            chosen.push((key.0, key.1, key.2, &row.metric));
        }
    }
    let mut out = Vec::new();
    for (task, model_a, model_b, metric) in chosen {
        let mut rows: Vec<&Comparison> = results
            .comparisons
            .iter()
            .filter(|row| row.task == task && row.model_a == model_a && row.model_b == model_b && row.metric == metric)
            .collect();
        rows.sort_by_key(|row| (row.slice.copies.is_none(), row.slice.copies));
        out.extend(rows);
    }
    out
}

fn stands(row: &Comparison) -> bool {
    let alpha = row.interval.as_ref().map_or(USUAL_ALPHA, |interval| 1.0 - interval.level);
    row.p_adjusted.is_some_and(|p| p < alpha)
}

/// Which measure stands for each task: `passages-membership ROC AUC, Loss`.
fn measures(rows: &[&Comparison]) -> String {
    let mut out: Vec<String> = Vec::new();
    for row in rows {
        let words = format!("{} {}", row.task, MetricName::parse(&row.metric).words());
        if !out.contains(&words) {
            out.push(words);
        }
    }
    out.join("; ")
}

fn label(row: &Comparison, has_one_pair: bool) -> String {
    if has_one_pair { row.task.clone() } else { format!("{}, {} minus {}", row.task, row.model_a, row.model_b) }
}

fn copies(row: &Comparison) -> String {
    row.slice.copies.map_or_else(|| "all".to_owned(), |copies| number::count(u64::from(copies)))
}
