//! Numbers of many texts together: perplexity by byte, by word and by text.

use super::subject::{Doses, Subject, count, slice};
use crate::record::{Answer, AnswerKey, MetricRow, TextScore};
use crate::run::item_scores::{Outcomes, TaskScores};
use crate::suite::Probe;

/// One row a metric and dose, of the first repeat. They have no interval: the item metric beside them, the log-likelihood per
/// byte, carries the uncertainty.
pub(super) fn perplexity_rows(subject: &Subject<'_>, scores: &TaskScores, outcomes: &Outcomes) -> Vec<MetricRow> {
    let Probe::Likelihood(probe) = &subject.task.probe else { return Vec::new() };
    let doses = Doses::of(subject.items());
    let mut groups: Vec<(Option<u32>, Vec<usize>)> =
        doses.iter().map(|(copies, items)| (Some(copies), items.to_vec())).collect();
    if groups.is_empty() {
        groups.push((None, (0..subject.items().len()).collect()));
    }
    let score = |index: usize| -> Option<TextScore> {
        let item = subject.items()[index].id.clone();
        match outcomes.get(&AnswerKey { task: subject.task.id.clone(), item, epoch: 0 }) {
            Some(Ok(Answer::Text(score))) => Some(*score),
            _ => None,
        }
    };
    let mut rows = Vec::new();
    for metric in &probe.metrics {
        for (copies, items) in &groups {
            let found: Vec<TextScore> = items.iter().filter_map(|&index| score(index)).collect();
            #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
            let total = |of: &dyn Fn(&TextScore) -> u64| found.iter().map(of).sum::<u64>() as f64;
            let divisor = match metric.as_str() {
                "byte_perplexity" => total(&|score| score.n_bytes),
                "word_perplexity" => total(&|score| score.n_words),
                "perplexity" => total(&|_| 1),
                _ => continue,
            };
            let sum: f64 = found.iter().map(|score| score.logprob).sum();
            let value = (divisor > 0.0).then(|| (-sum / divisor).exp()).filter(|value| value.is_finite());
            rows.push(MetricRow {
                task: subject.task.id.clone(),
                model: scores.model.clone(),
                metric: metric.clone(),
                slice: slice(*copies),
                n: count(found.len()),
                n_members: None,
                n_non_members: None,
                n_clusters: None,
                n_missing: count(items.len() - found.len()),
                value,
                interval: None,
                flags: if value.is_none() { vec!["undefined".to_owned()] } else { vec!["no_interval".to_owned()] },
            });
        }
    }
    rows
}
