//! How far the numbers can be trusted: trends over copies, what the text alone gives away, how requests ended.

use super::model::{Cell, Row, RowGroup, Table, interval_words, numbers, words};
use crate::record::{SuiteResults, Trend};
use crate::report::anchor::Anchors;
use crate::report::metric_name::{MetricName, method_words, predictor_words};
use crate::report::number;

/// Does a measure rise with the copies: one row for each task, model and measure.
#[must_use]
pub fn trends(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    let rows = results.trends.iter().map(|trend| {
        Row::new(vec![
            Cell::text(MetricName::parse(&trend.metric).words()),
            Cell::text(trend.model.as_str()),
            Cell::text(method_words(&trend.test)),
            statistic(trend),
            Cell::text(number::p_value(trend.p_value)),
            Cell::text(number::count(trend.n)),
        ])
    });
    Table {
        id: anchors.claim(&["trends"]),
        caption: "Does the measure rise with the copies?".to_owned(),
        note: interval_words(results.trends.iter().filter_map(|trend| trend.interval.as_ref())),
        columns: ["Measure", "Model", "Test"]
            .map(words)
            .into_iter()
            .chain(["Statistic", "p", "n"].map(numbers))
            .collect(),
        groups: by_task(results.trends.iter().map(|trend| trend.task.as_str()).zip(rows)),
        is_long: false,
    }
}

/// A correlation with its interval; a test statistic, which has none, with two decimals.
fn statistic(trend: &Trend) -> Cell {
    let mut cell = Cell::estimate(trend.statistic, trend.interval.as_ref());
    if let (Some(value), None) = (trend.statistic.filter(|value| !value.is_nan()), &trend.interval) {
        cell.text = number::fixed(value, 2);
    }
    cell
}

/// What predictors that see only the text say about membership.
#[must_use]
pub fn blind(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    let rows = results.blind.iter().map(|row| {
        Row::new(vec![
            Cell::text(predictor_words(&row.predictor)),
            Cell::estimate(row.auc, row.interval.as_ref()),
            Cell::text(number::count(row.n_members)),
            Cell::text(number::count(row.n_non_members)),
            Cell::text(if row.is_separable { "yes" } else { "no" }),
        ])
    });
    Table {
        id: anchors.claim(&["blind"]),
        caption: "Membership from the text alone, no model asked".to_owned(),
        note: format!(
            "Near 0.5 the two groups read alike; away from it, an attack may have learnt the texts rather than the \
             model. {}",
            interval_words(results.blind.iter().filter_map(|row| row.interval.as_ref()))
        )
        .trim_end()
        .to_owned(),
        columns: [words("Predictor")]
            .into_iter()
            .chain(["ROC AUC", "Members", "Non-members"].map(numbers))
            .chain([words("Separable")])
            .collect(),
        groups: by_task(results.blind.iter().map(|row| row.task.as_str()).zip(rows)),
        is_long: false,
    }
}

/// How the requests of each model and task ended.
#[must_use]
pub fn health(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    let rows = results.health.iter().map(|row| {
        let excluded: Vec<String> = row
            .excluded
            .iter()
            .map(|(reason, n)| format!("{} {}", number::count(*n), reason.replace('_', " ")))
            .collect();
        let mut cells = vec![Cell::text(row.model.as_str())];
        cells.extend(
            [row.answered, row.refused, row.unparsable, row.truncated, row.error].map(|n| Cell::text(number::count(n))),
        );
        cells.push(if excluded.is_empty() { Cell::undefined() } else { Cell::text(excluded.join(", ")) });
        Row::new(cells)
    });
    Table {
        id: anchors.claim(&["health"]),
        caption: "How the requests ended".to_owned(),
        note: if results.health.is_empty() {
            String::new()
        } else {
            "Excluded: items that no method can score, for any model; the same for all.".to_owned()
        },
        columns: [words("Model")]
            .into_iter()
            .chain(["Answered", "Refused", "Unparsable", "Truncated", "Error"].map(numbers))
            .chain([words("Excluded")])
            .collect(),
        groups: by_task(results.health.iter().map(|row| row.task.as_str()).zip(rows)),
        is_long: true,
    }
}

/// Rows under the name of their task, tasks in order of first use.
fn by_task<'a>(rows: impl Iterator<Item = (&'a str, Row)>) -> Vec<RowGroup> {
    let mut out: Vec<RowGroup> = Vec::new();
    for (task, row) in rows {
        match out.iter_mut().find(|group| group.label == task) {
            Some(group) => group.rows.push(row),
            None => out.push(RowGroup { label: task.to_owned(), rows: vec![row] }),
        }
    }
    out
}
