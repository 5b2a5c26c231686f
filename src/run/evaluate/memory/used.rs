//! Whether the evidence was found, and used.

use super::super::subject::Subject;
use super::Shown;
use super::cells::Cells;
use super::columns::of_run;
use crate::probe::Question;
use crate::record::{IntervalRecord, RetrievalRow};
use crate::run::error::RunError;
use crate::run::plan::PlannedModel;
use crate::run::task_metrics::first_metric;

/// A row a model and column, or dimension of a changed state; none for agents that show no pieces.
pub(super) fn retrieval(shown: &Shown<'_>) -> Result<Vec<RetrievalRow>, RunError> {
    let mut rows = Vec::new();
    for model in shown.models() {
        for column in of_run(shown) {
            let subjects: Vec<&Subject<'_>> = column.subjects.iter().map(|(subject, _)| *subject).collect();
            rows.extend(row(shown, model, &column.name, &subjects, &|_, _| true)?);
        }
        for &subject in shown.subjects {
            let crate::suite::Probe::State(probe) = &subject.task.probe else { continue };
            if probe.is_control {
                continue;
            }
            for (word, name) in [("dim1", "SR"), ("dim2", "PR"), ("dim3", "IPA")] {
                let of = |subject: &Subject<'_>, item: usize| {
                    subject.items()[item].fields.get("dimension").is_some_and(|own| own == word)
                };
                rows.extend(row(shown, model, name, &[subject], &of)?);
            }
        }
    }
    Ok(rows)
}

fn row(
    shown: &Shown<'_>,
    model: &PlannedModel,
    column: &str,
    subjects: &[&Subject<'_>],
    is_in: &dyn Fn(&Subject<'_>, usize) -> bool,
) -> Result<Option<RetrievalRow>, RunError> {
    let mut cells = [Cells::default(), Cells::default(), Cells::default()];
    let mut counts = [0_u64; 4];
    let mut k = 0;
    for subject in subjects {
        let Some(scores) = subject.scores.iter().find(|scores| scores.model == model.slug) else { continue };
        if let Some((Question::Memory(question), _)) = subject.task.questions_of(model).first() {
            k = k.max(question.agent.top_k as u64);
        }
        // A system of its own may show more than it was asked for: then the measures are at what it showed.
        let shown_most =
            shown.answers(&model.slug, subject).into_iter().flatten().filter_map(|answer| answer.pieces.as_ref());
        k = shown_most.map(|pieces| pieces.len() as u64).fold(k, u64::max);
        let of = |metric: &str| -> Vec<Option<f64>> {
            let values = scores.values(metric).unwrap_or_default();
            values.into_iter().enumerate().map(|(item, value)| value.filter(|_| is_in(subject, item))).collect()
        };
        let recall = of("evidence_recall");
        #[expect(clippy::cast_precision_loss, reason = "a column has a handful of tasks")]
        let weight = 1.0 / subjects.len() as f64;
        for (cells, metric) in cells.iter_mut().zip(["evidence_recall", "evidence_ndcg", "evidence_rr"]) {
            cells.add(subject, &of(metric), weight);
        }
        for (found, right) in recall.iter().zip(of(&first_metric(&subject.task.probe))) {
            let (Some(found), Some(right)) = (found, right) else { continue };
            // Shares say neither right nor wrong.
            let is_right = if right > 1.0 - 1e-9 {
                true
            } else if right < 1e-9 {
                false
            } else {
                continue;
            };
            let is_found = *found > 1.0 - 1e-9;
            counts[match (is_found, is_right) {
                (true, true) => 0,
                (true, false) => 1,
                (false, false) => 2,
                (false, true) => 3,
            }] += 1;
        }
    }
    if cells[0].n == 0 {
        return Ok(None);
    }
    let first = subjects[0];
    let mean = |place: usize, what: &str| -> Result<(Option<f64>, Option<IntervalRecord>), RunError> {
        cells[place].mean(first, &format!("{}/{column}/{what}", model.slug))
    };
    let ((recall, recall_interval), (ndcg, ndcg_interval), (mrr, mrr_interval)) =
        (mean(0, "recall")?, mean(1, "ndcg")?, mean(2, "mrr")?);
    let [found_right, found_wrong, missed_wrong, missed_right] = counts;
    Ok(Some(RetrievalRow {
        model: model.slug.clone(),
        column: column.to_owned(),
        k,
        n: cells[0].n,
        n_clusters: cells[0].n_clusters,
        recall,
        recall_interval,
        ndcg,
        ndcg_interval,
        mrr,
        mrr_interval,
        found_right,
        found_wrong,
        missed_wrong,
        missed_right,
    }))
}
