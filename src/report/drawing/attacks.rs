//! Attacks against the loss: paired differences of their areas, one row for each task and attack.

use crate::record::{ModelEntry, SuiteResults};
use crate::report::anchor::Anchors;
use crate::report::figure::forest::{self, Forest, ForestRow, RowOrder};
use crate::report::figure::{Estimate, Figure, FigureError, FigureWords};
use crate::report::metric_name::MetricName;
use crate::report::number;
use crate::report::table::interval_words;

/// Level below which an adjusted difference stands.
const ALPHA: f64 = 0.05;

/// Draws all contrasts of a model; `None` where no task ran two attacks.
pub(super) fn draw(
    results: &SuiteResults,
    model: &ModelEntry,
    anchors: &mut Anchors,
) -> Result<Option<Figure>, FigureError> {
    let rows: Vec<_> = results.attack_contrasts.iter().filter(|row| row.model == model.slug).collect();
    let Some(first) = rows.first() else { return Ok(None) };
    let plainest = MetricName::parse(&first.against).score_words();
    let above = rows.iter().filter(|row| row.p_adjusted.is_some_and(|p| p < ALPHA) && row.difference > 0.0).count();
    let below = rows.iter().filter(|row| row.p_adjusted.is_some_and(|p| p < ALPHA) && row.difference < 0.0).count();
    let n = rows.len();
    let input = Forest {
        words: FigureWords {
            id: anchors.claim(&["attacks", &results.suite, &model.slug]),
            title: format!("Of {n} comparisons with {plainest}, {above} see more and {below} less"),
            subtitle: format!("AUC minus that of {plainest}, same items · model {}", model.slug),
            caption: format!(
                "Seen: 1 copy or more. Paired DeLong; {} p values are adjusted by Holm within a task, intervals are not. \
                 Members found stand at the false-positive rate of the task's tables.",
                interval_words(rows.iter().filter_map(|row| row.interval.as_ref()))
            ),
        },
        effect_name: format!("difference in AUC (attack minus {plainest})"),
        columns: vec!["AUC".to_owned(), "adj. p".to_owned()],
        rows: rows
            .iter()
            .map(|row| ForestRow {
                label: format!("{}, {}", row.task, MetricName::parse(&row.attack).score_words()),
                cells: vec![number::fixed(row.auc, 3), number::p_value(row.p_adjusted)],
                estimate: Estimate {
                    value: row.difference,
                    interval: row.interval.as_ref().map(|interval| (interval.low, interval.high)),
                },
            })
            .collect(),
        pooled: None,
        margin: None,
        sides: Some((format!("{plainest} sees more"), "the attack sees more".to_owned())),
        order: RowOrder::AsGiven,
    };
    forest::draw(&input).map(Some)
}
