//! Means over a task's answers: by contexts where it asks of several, else by questions.

use super::super::subject::{Subject, count};
use super::cells::Cells;
use crate::record::{MetricRow, ONE_CONTEXT, Slice};
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::suite::Probe;

/// One row a metric that has values, or could have had some.
pub(in crate::run::evaluate) fn mean_rows(
    subject: &Subject<'_>,
    scores: &TaskScores,
) -> Result<Vec<MetricRow>, RunError> {
    let is_state = matches!(subject.task.probe, Probe::State(_));
    let mut rows = Vec::new();
    for metric in scores.metrics.keys() {
        let Some(values) = scores.values(metric) else { continue };
        let mut cells = Cells::default();
        if is_state {
            // The questions about one scenario stand and fall together.
            cells.add_scenarios(subject, &values);
        } else {
            cells.add(subject, &values, 1.0);
        }
        let (value, interval) = cells.mean(subject, &format!("{}/{}/{metric}", subject.task.id, scores.model))?;
        let is_one = !is_state && cells.n_clusters == 1 && cells.n > 1;
        rows.push(MetricRow {
            task: subject.task.id.clone(),
            model: scores.model.clone(),
            metric: metric.clone(),
            slice: Slice::default(),
            n: cells.n,
            n_members: None,
            n_non_members: None,
            n_clusters: Some(cells.n_clusters),
            n_missing: count(values.len()) - cells.n,
            value,
            interval,
            flags: if is_one { vec![ONE_CONTEXT.to_owned()] } else { Vec::new() },
        });
    }
    Ok(rows)
}
