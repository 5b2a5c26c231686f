//! Measures: a task's first metric, and all items of a side together; their values by target.

use std::collections::BTreeMap;

use crate::record::{MeasureValue, Role, Side, TargetValue};
use crate::run::error::RunError;
use crate::run::evaluate::accuracy::to_f64;
use crate::run::evaluate::subject::{Subject, count, interval_record};
use crate::run::item_scores::TaskScores;
use crate::run::plan::PlannedSuite;
use crate::run::task_metrics::first_metric;
use crate::scoring::metrics::{self, MetricScale};
use crate::statistics::mean_interval;
use crate::suite::Axis;

/// What is averaged, of which tasks.
pub(super) struct Measure {
    /// A task's id, or `forget-all`, `neighbour-all`.
    pub(super) id: String,
    pub(super) title: String,
    pub(super) side: Side,
    pub(super) metric: String,
    /// Places among the subjects.
    pub(super) parts: Vec<usize>,
    /// The data say what an item is about; else every item stands for itself, and nothing is said of others.
    pub(super) has_targets: bool,
}

/// All measures of a suite, in the order of its tasks, the combined ones behind their parts.
pub(super) struct Measures<'s> {
    pub(super) subjects: &'s [Subject<'s>],
    pub(super) list: Vec<Measure>,
    /// Slug and role of every model that answered.
    pub(super) models: Vec<(&'s str, Role)>,
}

/// One item's value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'s> {
    pub(super) target: &'s str,
    pub(super) value: Option<f64>,
}

/// Two models by target and by item; only items that both answered.
pub(super) struct Pairs<'s> {
    /// In name order; none where items have no targets in common.
    pub(super) names: Vec<&'s str>,
    /// One mean a target.
    pub(super) targets: (Vec<f64>, Vec<f64>),
    pub(super) items: (Vec<f64>, Vec<f64>),
}

pub(super) fn side_of(axis: Axis) -> Side {
    match axis {
        Axis::Forget => Side::Forget,
        Axis::Neighbour => Side::Neighbour,
        Axis::Utility => Side::Utility,
        Axis::ForgetTexts => Side::ForgetTexts,
        Axis::RetainTexts => Side::RetainTexts,
        Axis::HoldoutTexts => Side::HoldoutTexts,
    }
}

impl<'s> Measures<'s> {
    /// `None` where no task is about forgetting.
    pub(super) fn of(planned: &'s PlannedSuite, subjects: &'s [Subject<'s>]) -> Option<Self> {
        let mut list = Vec::new();
        for (place, subject) in subjects.iter().enumerate() {
            let task = &planned.suite.tasks[subject.task.index];
            let Some(axis) = task.axis else { continue };
            let set = planned.suite.data.get(&task.data);
            list.push(Measure {
                has_targets: set.is_some_and(|set| set.schema.is_of_target() || set.cluster_by.is_some()),
                id: task.id.clone(),
                title: task.title.clone(),
                side: side_of(axis),
                metric: first_metric(&subject.task.probe),
                parts: vec![place],
            });
        }
        if !subjects.iter().any(|subject| subject.task.is_of_forgetting) {
            return None;
        }
        for (side, id, title) in [
            (Side::Forget, "forget-all", "All questions to be forgotten"),
            (Side::Neighbour, "neighbour-all", "All questions about neighbours"),
        ] {
            let of_side: Vec<&Measure> = list.iter().filter(|measure| measure.side == side).collect();
            let Some(last) = of_side.last() else { continue };
            // Different metrics have no common mean.
            let metric = last.metric.clone();
            if of_side.len() > 1 && of_side.iter().all(|measure| measure.metric == metric) {
                let parts = of_side.iter().flat_map(|measure| measure.parts.clone()).collect();
                let place = list.iter().rposition(|measure| measure.side == side).map_or(0, |place| place + 1);
                let has_targets = list.iter().filter(|measure| measure.side == side).all(|measure| measure.has_targets);
                let (id, title) = (id.to_owned(), title.to_owned());
                list.insert(place, Measure { id, title, side, metric, parts, has_targets });
            }
        }
        let mut models: Vec<(&str, Role)> = Vec::new();
        for scores in subjects.iter().flat_map(|subject| &subject.scores) {
            if !models.iter().any(|(slug, _)| *slug == scores.model) {
                models.push((&scores.model, scores.role));
            }
        }
        Some(Self { subjects, list, models })
    }

    pub(super) fn scores(&self, part: usize, model: &str) -> Option<&'s TaskScores> {
        self.subjects[part].scores.iter().find(|scores| scores.model == model)
    }

    /// Values of a model, in the order of tasks and items; the same order for every model.
    pub(super) fn rows(&self, measure: &Measure, metric: &str, model: &str) -> Vec<Row<'s>> {
        let mut rows = Vec::new();
        for &part in &measure.parts {
            let subject = &self.subjects[part];
            let values = self.scores(part, model).and_then(|scores| scores.metrics.get(metric));
            for (place, item) in subject.task.items.iter().enumerate() {
                let value = values.and_then(|values| values.get(place)?.value);
                rows.push(Row { target: &item.cluster, value });
            }
        }
        rows
    }

    /// Without names where the measure has no targets.
    pub(super) fn pairs(&self, measure: &Measure, model: &str, other: &str) -> Pairs<'s> {
        let (a, b) = (self.rows(measure, &measure.metric, model), self.rows(measure, &measure.metric, other));
        let mut by_target: BTreeMap<&str, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        let mut items = (Vec::new(), Vec::new());
        for (a, b) in a.iter().zip(&b) {
            if let (Some(x), Some(y)) = (a.value, b.value) {
                let target = by_target.entry(a.target).or_default();
                target.0.push(x);
                target.1.push(y);
                items.0.push(x);
                items.1.push(y);
            }
        }
        if !measure.has_targets {
            by_target.clear();
        }
        let names = by_target.keys().copied().collect();
        Pairs { names, targets: by_target.values().map(|(x, y)| (mean(x), mean(y))).unzip(), items }
    }

    /// Targets of a model with their items' values; holes are counted.
    fn by_target(&self, measure: &Measure, model: &str) -> BTreeMap<&'s str, (Vec<f64>, u64)> {
        let mut targets: BTreeMap<&str, (Vec<f64>, u64)> = BTreeMap::new();
        for row in self.rows(measure, &measure.metric, model) {
            let target = targets.entry(row.target).or_default();
            match row.value {
                Some(value) => target.0.push(value),
                None => target.1 += 1,
            }
        }
        targets
    }

    pub(super) fn target_rows(&self) -> Vec<TargetValue> {
        let mut out = Vec::new();
        for measure in self.list.iter().filter(|measure| measure.has_targets) {
            for (model, _) in &self.models {
                for (target, (values, n_missing)) in self.by_target(measure, model) {
                    out.push(TargetValue {
                        measure: measure.id.clone(),
                        model: (*model).to_owned(),
                        target: target.to_owned(),
                        n: count(values.len()),
                        n_missing,
                        value: (!values.is_empty()).then(|| mean(&values)),
                    });
                }
            }
        }
        out
    }

    pub(super) fn mean_rows(&self) -> Result<Vec<MeasureValue>, RunError> {
        let mut out = Vec::new();
        for measure in &self.list {
            let subject = &self.subjects[measure.parts[0]];
            for (model, role) in &self.models {
                let targets = self.by_target(measure, model);
                let answered = targets.values().map(|(values, _)| values).filter(|values| !values.is_empty());
                // Of items without targets each counts for itself.
                let means: Vec<f64> = if measure.has_targets {
                    answered.map(|values| mean(values)).collect()
                } else {
                    answered.flatten().copied().collect()
                };
                let estimate = (means.len() > 1)
                    .then(|| mean_interval(&means, subject.level()))
                    .transpose()
                    .map_err(|error| subject.refused(&measure.metric, &error))?;
                let root = to_f64(means.len()).sqrt();
                out.push(MeasureValue {
                    measure: measure.id.clone(),
                    title: measure.title.clone(),
                    side: measure.side,
                    metric: measure.metric.clone(),
                    model: (*model).to_owned(),
                    role: *role,
                    n_targets: if measure.has_targets { count(means.len()) } else { 0 },
                    n_items: targets.values().map(|(values, _)| count(values.len())).sum(),
                    n_missing: targets.values().map(|(_, missing)| missing).sum(),
                    value: (!means.is_empty()).then(|| mean(&means)),
                    standard_deviation: estimate.as_ref().and_then(|estimate| Some(estimate.standard_error? * root)),
                    interval: estimate.and_then(|estimate| {
                        // A share lies in [0, 1]; the t interval does not know that.
                        let mut interval = estimate.interval.as_ref().map(interval_record)?;
                        if is_share(&measure.metric) {
                            (interval.low, interval.high) = (interval.low.max(0.0), interval.high.min(1.0));
                        }
                        Some(interval)
                    }),
                });
            }
        }
        Ok(out)
    }
}

/// Whether an item's value lies in [0, 1].
pub(super) fn is_share(metric: &str) -> bool {
    metrics::find(metric).is_some_and(|found| found.metric.scale != MetricScale::Real)
}

/// Of a list with something in it.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / to_f64(values.len())
}
