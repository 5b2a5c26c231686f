//! Cells of a table whose bottom line is an unweighted mean: values by history, each cell with a weight of its own.

use std::collections::BTreeMap;

use super::super::subject::Subject;
use crate::record::IntervalRecord;
use crate::run::error::RunError;
use crate::run::pairing::interval_record;
use crate::statistics::{Bootstrap, ClusterValues, ProportionMethod, Within, proportion, seed_for, stratified_mean};

/// Values to be averaged, in strata of histories.
#[derive(Debug, Clone, Default)]
pub(super) struct Cells {
    strata: Vec<Vec<ClusterValues>>,
    weights: Vec<f64>,
    /// Values.
    pub n: u64,
    /// Histories.
    pub n_clusters: u64,
    /// Clusters hold questions that belong together.
    is_whole: bool,
}

impl Cells {
    /// Adds a task as a cell and stratum. A task with one history has nothing but its questions to draw from.
    pub(super) fn add(&mut self, subject: &Subject<'_>, values: &[Option<f64>], weight: f64) {
        let mut of_history: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for (item, value) in subject.items().iter().zip(values) {
            if let Some(value) = value {
                of_history.entry(&item.cluster).or_default().push(*value);
            }
        }
        let cell = self.weights.len();
        self.weights.push(weight);
        self.n += of_history.values().map(|values| values.len() as u64).sum::<u64>();
        self.n_clusters += of_history.len() as u64;
        let stratum = if of_history.len() == 1 {
            of_history.into_values().flatten().map(|value| vec![(cell, value)]).collect()
        } else {
            of_history.into_values().map(|values| values.into_iter().map(|value| (cell, value)).collect()).collect()
        };
        self.strata.push(stratum);
    }

    /// Adds the values of a task about scenarios as one cell: those of one scenario are drawn together.
    pub(super) fn add_scenarios(&mut self, subject: &Subject<'_>, values: &[Option<f64>]) {
        let mut of_scenario: BTreeMap<&str, ClusterValues> = BTreeMap::new();
        for (item, value) in subject.items().iter().zip(values) {
            if let Some(value) = value {
                of_scenario.entry(&item.cluster).or_default().push((0, *value));
            }
        }
        self.add_clusters(of_scenario.into_values().collect(), 1, 1.0);
    }

    /// Questions about a context are a sample themselves; those about a scenario belong together.
    fn within(&self) -> Within {
        if self.is_whole { Within::Whole } else { Within::Redrawn }
    }

    /// Adds a stratum of clusters with values in given cells, drawn whole.
    pub(super) fn add_clusters(&mut self, clusters: Vec<ClusterValues>, n_cells: usize, weight: f64) {
        self.is_whole = true;
        let first = self.weights.len();
        self.weights.extend(std::iter::repeat_n(weight, n_cells));
        self.n += clusters.iter().map(|values| values.len() as u64).sum::<u64>();
        self.n_clusters += clusters.len() as u64;
        let moved = |values: ClusterValues| values.into_iter().map(|(cell, value)| (cell + first, value)).collect();
        self.strata.push(clusters.into_iter().map(moved).collect());
    }

    /// Adds a stratum of clusters whose cells have weights of their own.
    pub(super) fn add_weighted(&mut self, clusters: Vec<ClusterValues>, weights: &[f64]) {
        let first = self.weights.len();
        self.add_clusters(clusters, weights.len(), 1.0);
        self.weights[first..].copy_from_slice(weights);
    }

    /// Two cells of one stratum, the first less the second.
    pub(super) fn add_contrast(&mut self, clusters: Vec<ClusterValues>) {
        self.n += clusters.iter().map(|values| values.len() as u64).sum::<u64>();
        self.n_clusters += clusters.len() as u64;
        self.is_whole = true;
        self.weights = vec![1.0, -1.0];
        self.strata = vec![clusters];
    }

    /// Takes over the cells of another table, their weights times `weight`.
    pub(super) fn take(&mut self, other: &Self, weight: f64) {
        let first = self.weights.len();
        self.weights.extend(other.weights.iter().map(|own| own * weight));
        let moved = |values: &ClusterValues| values.iter().map(|(cell, value)| (cell + first, *value)).collect();
        self.strata.extend(other.strata.iter().map(|stratum| stratum.iter().map(moved).collect()));
        self.n += other.n;
        self.n_clusters += other.n_clusters;
    }

    /// The values of a cell by cluster.
    fn of_cell(&self, cell: usize) -> impl Iterator<Item = Vec<f64>> + '_ {
        let own = move |values: &ClusterValues| -> Vec<f64> {
            values.iter().filter(|(at, _)| *at == cell).map(|(_, value)| *value).collect()
        };
        self.strata.iter().flatten().map(own).filter(|values| !values.is_empty())
    }

    /// Whether each cell is all 0 or all 1.
    fn is_all_or_none(&self) -> bool {
        (0..self.weights.len()).all(|cell| {
            let values: Vec<f64> = self.of_cell(cell).flatten().collect();
            values.iter().all(|value| value.abs() < 1e-12) || values.iter().all(|value| (value - 1.0).abs() < 1e-12)
        })
    }

    /// Wilson limits of each cell over its histories, with the cells' weights.
    fn bound(&self, subject: &Subject<'_>, label: &str) -> Result<IntervalRecord, RunError> {
        let (mut low, mut high) = (0.0, 0.0);
        for (cell, weight) in self.weights.iter().enumerate() {
            let n = self.of_cell(cell).count() as u64;
            let n_all = if self.of_cell(cell).flatten().next().is_some_and(|value| value > 0.5) { n } else { 0 };
            let estimate = proportion(n_all, n.max(1), subject.level(), ProportionMethod::Wilson)
                .map_err(|error| subject.refused(label, &error))?;
            let (cell_low, cell_high) = estimate.interval.map_or((0.0, 1.0), |interval| (interval.low, interval.high));
            let (least, most) = if *weight < 0.0 { (cell_high, cell_low) } else { (cell_low, cell_high) };
            (low, high) = (low + weight * least, high + weight * most);
        }
        let method = if self.weights.len() > 1 { "wilson_by_cell" } else { "wilson" };
        Ok(IntervalRecord { low, high, level: subject.level().value(), method: method.to_owned() })
    }

    /// Weighted mean with its interval; nothing where a cell is empty.
    pub(super) fn mean(
        &self,
        subject: &Subject<'_>,
        label: &str,
    ) -> Result<(Option<f64>, Option<IntervalRecord>), RunError> {
        if self.n == 0 {
            return Ok((None, None));
        }
        let bootstrap = Bootstrap {
            resamples: subject.plan.resamples,
            seed: seed_for(subject.seed, &format!("{}/memory/{label}", subject.suite)),
            level: subject.level(),
        };
        match stratified_mean(&self.strata, &self.weights, self.within(), &bootstrap) {
            // All alike in every cell: resampling shows no spread, and the number of histories alone bounds the shares.
            Ok(mean) if mean.is_constant && self.is_all_or_none() => {
                Ok((Some(mean.estimate), Some(self.bound(subject, label)?)))
            }
            Ok(mean) => Ok((Some(mean.estimate), (self.n > 1).then(|| interval_record(&mean.percentile)))),
            Err(crate::statistics::StatError::EmptyInput) => Ok((None, None)),
            Err(error) => Err(subject.refused(label, &error)),
        }
    }
}
