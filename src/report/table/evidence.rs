//! How far the numbers can be trusted: trends over copies, what the text alone gives away, how requests ended.

use super::model::{Cell, Row, RowGroup, Table, interval_words, numbers, words};
use crate::record::{SuiteResults, Trend};
use crate::report::anchor::Anchors;
use crate::report::metric_name::{MetricName, method_words, predictor_words};
use crate::report::number;

/// Does a measure rise with the copies: one row for each task, model and measure.
#[must_use]
pub fn trends(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    tests(results, false, anchors.claim(&["trends"]), "Does the measure rise with the copies?", "Statistic")
}

/// Does what was drawn by lot score above the rest of its group: one row for each task, model and attack.
#[must_use]
pub fn lotteries(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    let caption = "Do items that were drawn by lot score above the others of their group?";
    tests(results, true, anchors.claim(&["lotteries"]), caption, "Share beaten")
}

fn tests(results: &SuiteResults, is_lottery: bool, id: String, caption: &str, statistic_words: &'static str) -> Table {
    let shown: Vec<&Trend> = results.trends.iter().filter(|trend| trend.is_lottery() == is_lottery).collect();
    let rows = shown.iter().map(|trend| {
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
        id,
        caption: caption.to_owned(),
        note: interval_words(shown.iter().filter_map(|trend| trend.interval.as_ref())),
        columns: ["Measure", "Model", "Test"]
            .map(words)
            .into_iter()
            .chain([statistic_words, "p", "n"].map(numbers))
            .collect(),
        groups: by_task(shown.iter().map(|trend| trend.task.as_str()).zip(rows)),
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

/// What other attacks see that the loss does not: areas, and how far the found members are the same.
#[must_use]
pub fn contrasts(results: &SuiteResults, anchors: &mut Anchors) -> Table {
    let rows = results.attack_contrasts.iter().map(|row| {
        let found = |n: Option<u64>| Cell::text(n.map_or_else(|| "not resolvable".to_owned(), number::count));
        let only = |n: Option<u64>| found(n.zip(row.found_by_both).map(|(n, both)| n.saturating_sub(both)));
        Row::new(vec![
            Cell::text(MetricName::parse(&row.attack).score_words()),
            Cell::text(row.model.as_str()),
            Cell::text(number::fixed(row.auc, 3)),
            Cell::text(number::fixed(row.auc_against, 3)),
            Cell::estimate(Some(row.difference), row.interval.as_ref()),
            Cell::text(number::p_value(row.p_adjusted)),
            found(row.found_by_both),
            only(row.found),
            only(row.found_by_against),
        ])
    });
    let rates: Vec<String> =
        results.attack_contrasts.iter().map(|row| number::percent(row.false_positive_rate)).collect();
    let rate = rates.first().cloned().unwrap_or_default();
    Table {
        id: anchors.claim(&["contrasts"]),
        caption: "What other attacks see beside the loss".to_owned(),
        note: format!(
            "Seen (1 copy or more) against unseen items that both attacks score; paired DeLong, p adjusted by Holm within a task. \
             Found: members above all but {rate} of the unseen items."
        ),
        columns: ["Attack", "Model"]
            .map(words)
            .into_iter()
            .chain(
                ["AUC", "AUC of loss", "difference", "adjusted p", "found by both", "only by it", "only by loss"]
                    .map(numbers),
            )
            .collect(),
        groups: by_task(results.attack_contrasts.iter().map(|row| row.task.as_str()).zip(rows)),
        is_long: false,
    }
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
