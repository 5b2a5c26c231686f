//! Cells of a table whose bottom line is an unweighted mean: values by history, each cell with a weight of its own.

use std::collections::BTreeMap;

use super::super::subject::Subject;
use crate::record::IntervalRecord;
use crate::run::error::RunError;
use crate::run::pairing::interval_record;
use crate::statistics::{
    Bootstrap, ClusterValues, Level, ProportionMethod, StatError, StratifiedMean, Within, proportion, seed_for,
    stratified_mean,
};

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
    /// Values are differences of two shares: nothing differs is no bound, and both sides of it are open.
    is_difference: bool,
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

    /// The same of values that are differences.
    pub(super) fn add_differences(&mut self, clusters: Vec<ClusterValues>, weights: &[f64]) {
        self.is_difference = true;
        self.add_weighted(clusters, weights);
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

    /// The values of a cell by cluster, in one stratum.
    fn of_cell(stratum: &[ClusterValues], cell: usize) -> Vec<Vec<f64>> {
        let own = |values: &ClusterValues| -> Vec<f64> {
            values.iter().filter(|(at, _)| *at == cell).map(|(_, value)| *value).collect()
        };
        stratum.iter().map(own).filter(|values| !values.is_empty()).collect()
    }

    /// How far a stratum's cells that are all 0 or all 1 may lie below and above: resampling shows no spread of them, and Wilson's limits over
    /// their histories do. Cells of one stratum are of the same histories, so their distances add.
    fn unseen_spread(&self, stratum: &[ClusterValues], level: Level) -> Result<(f64, f64), StatError> {
        let (mut below, mut above) = (0.0, 0.0);
        for (cell, weight) in self.weights.iter().enumerate() {
            let histories = Self::of_cell(stratum, cell);
            let is_all = |wanted: f64| histories.iter().flatten().all(|value| (value - wanted).abs() < 1e-12);
            let n = histories.len() as u64;
            let n_all = match (is_all(0.0), is_all(1.0)) {
                _ if n == 0 => continue,
                (true, _) => 0,
                (_, true) => n,
                _ => continue,
            };
            let estimate = proportion(n_all, n, level, ProportionMethod::Wilson)?;
            let (low, high) = estimate.interval.map_or((0.0, 1.0), |interval| (interval.low, interval.high));
            let (down, up) = (estimate.value - low, high - estimate.value);
            let (down, up) = match self.is_difference {
                true => (down.max(up), down.max(up)),
                false if *weight < 0.0 => (up, down),
                false => (down, up),
            };
            (below, above) = (below + weight.abs() * down, above + weight.abs() * up);
        }
        Ok((below, above))
    }

    /// The bootstrap's interval, widened by what it cannot see. Strata are drawn apart from each other, so that their distances from the mean are
    /// joined as independent ones: the root of the sum of squares (Zou and Donner 2008).
    ///
    /// `None`: one value, which is neither 0 nor 1.
    fn joined(&self, mean: &StratifiedMean, level: Level) -> Result<Option<IntervalRecord>, StatError> {
        let (mut below, mut above) = (0.0_f64, 0.0_f64);
        for stratum in &self.strata {
            let (down, up) = self.unseen_spread(stratum, level)?;
            (below, above) = (below + down * down, above + up * up);
        }
        if below + above < 1e-24 {
            return Ok((self.n > 1).then(|| interval_record(&mean.percentile)));
        }
        let drawn = (mean.estimate - mean.percentile.low, mean.percentile.high - mean.estimate);
        let method = match (mean.is_constant, self.weights.len() > 1) {
            (true, false) => "wilson".to_owned(),
            (true, true) => "wilson_by_cell".to_owned(),
            (false, _) => format!("{}_and_wilson", mean.percentile.method),
        };
        // No mean of shares lies beyond the sum of its weights.
        let below_nothing: f64 = self.weights.iter().filter(|weight| **weight < 0.0).sum();
        let most: f64 = self.weights.iter().filter(|weight| **weight > 0.0).sum();
        let least = if self.is_difference { -most } else { below_nothing };
        Ok(Some(IntervalRecord {
            low: (mean.estimate - drawn.0.hypot(below.sqrt())).max(least),
            high: (mean.estimate + drawn.1.hypot(above.sqrt())).min(most),
            level: level.value(),
            method,
        }))
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
            Ok(mean) => {
                let interval = self.joined(&mean, subject.level()).map_err(|error| subject.refused(label, &error))?;
                Ok((Some(mean.estimate), interval))
            }
            Err(StatError::EmptyInput) => Ok((None, None)),
            Err(error) => Err(subject.refused(label, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(strata: Vec<Vec<ClusterValues>>, weights: Vec<f64>) -> Cells {
        let n = strata.iter().flatten().flatten().count() as u64;
        Cells { strata, weights, n, ..Cells::default() }
    }

    fn interval(cells: &Cells) -> Option<IntervalRecord> {
        let bootstrap = Bootstrap { resamples: 2000, ..Bootstrap::default() };
        let mean = stratified_mean(&cells.strata, &cells.weights, cells.within(), &bootstrap).unwrap();
        cells.joined(&mean, Level::DEFAULT).unwrap()
    }

    fn histories(cell: usize, values: &[f64]) -> Vec<ClusterValues> {
        values.iter().map(|&value| vec![(cell, value)]).collect()
    }

    #[test]
    fn a_cell_without_spread_widens_the_mean_that_it_is_part_of() {
        let mixed = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0];
        let alone = interval(&cells(vec![histories(0, &mixed)], vec![0.5])).unwrap();
        let with_none = interval(&cells(vec![histories(0, &mixed), histories(1, &[0.0; 3])], vec![0.5, 0.5])).unwrap();
        // Wilson's upper limit of none of three is 0.5615.
        let up = (alone.high - 0.25).hypot(0.5 * 0.561_497);
        assert!((with_none.high - (0.25 + up)).abs() < 1e-5, "{with_none:?}");
        assert!((with_none.low - alone.low).abs() < 1e-12 && with_none.method.ends_with("_and_wilson"));
    }

    #[test]
    fn none_of_one_cell_is_wilsons_and_one_value_between_has_no_interval() {
        let none = interval(&cells(vec![histories(0, &[0.0; 3])], vec![1.0])).unwrap();
        assert!((none.high - 0.561_497).abs() < 1e-5 && none.low.abs() < 1e-12 && none.method == "wilson");
        assert_eq!(interval(&cells(vec![histories(0, &[0.3])], vec![1.0])), None);
    }
}
