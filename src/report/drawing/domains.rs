//! What the plainest attack sees in each domain of a suite, by copies: one line a task.

use super::dose::points;
use super::finding::tells;
use super::selection::{by_copies, fine_print};
use crate::record::{MetricRow, ModelEntry, SuiteResults};
use crate::report::anchor::Anchors;
use crate::report::figure::dose_response::{self, DoseResponse, DoseSeries};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::metric_name::{MetricName, items_word};

/// The measure that every membership task has.
const MEASURE: &str = "auc.loss";

/// Draws the domains of a model beside each other; `None` where fewer than two tasks have the measure.
pub(super) fn draw(
    results: &SuiteResults,
    model: &ModelEntry,
    anchors: &mut Anchors,
) -> Result<Option<Figure>, FigureError> {
    let mut tasks: Vec<&str> = Vec::new();
    for row in results.metrics.iter().filter(|row| row.metric == MEASURE && row.model == model.slug) {
        if !tasks.contains(&row.task.as_str()) {
            tasks.push(&row.task);
        }
    }
    let lines: Vec<(&str, Vec<&MetricRow>)> = tasks
        .into_iter()
        .map(|task| (task, by_copies(results, &model.slug, task, MEASURE)))
        .filter(|(_, rows)| rows.iter().any(|row| row.slice.copies.is_some_and(|copies| copies > 0)))
        .collect();
    if lines.len() < 2 {
        return Ok(None);
    }
    let is_separable = |task: &str| results.blind.iter().any(|blind| blind.task == task && blind.is_separable);
    let told: Vec<String> = lines
        .iter()
        .map(|(task, rows)| match tells(rows, 0.5).filter(|_| !is_separable(task)) {
            Some(copies) => format!("{task} from {copies}"),
            None => format!("{task} at none"),
        })
        .collect();
    // The items alone name a domain, unless two tasks ask about the same.
    let words: Vec<&str> = lines.iter().map(|(task, _)| items_word(task)).collect();
    let is_alone = |task: &str| words.iter().filter(|word| **word == items_word(task)).count() == 1;
    let name = |task: &'_ str| -> String { if is_alone(task) { items_word(task) } else { task }.to_owned() };
    let all: Vec<&MetricRow> = lines.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
    let mut caption = fine_print(&all);
    caption.push("Seen items at the copies against the unseen ones of the same domain.".to_owned());
    let input = DoseResponse {
        words: FigureWords {
            id: anchors.claim(&["domains", &results.suite, &model.slug]),
            title: format!("Copies from which the loss tells seen from unseen: {}", told.join(", ")),
            subtitle: format!("Memorisation by domain · model {}", model.slug),
            caption: caption.join(" "),
        },
        measure: MetricName::parse(MEASURE).words(),
        dose_name: "copies in the training data".to_owned(),
        value_range: (0.4, 1.0),
        chance: Some(0.5),
        series: lines.iter().map(|(task, rows)| DoseSeries { name: name(task), points: points(rows) }).collect(),
        reference: None,
    };
    dose_response::draw(&input).map(Some)
}
