//! Cells of a table whose bottom line is an unweighted mean: values by history, each cell with a weight of its own.

use std::collections::BTreeMap;

use super::super::subject::Subject;
use crate::record::IntervalRecord;
use crate::run::error::RunError;
use crate::run::pairing::interval_record;
use crate::statistics::{
    ASSUMED_ICC, Bootstrap, ClusterValues, StatError, StratifiedMean, Within, effective_n, seed_for, stratified_mean,
    wilson_of_mean,
};

/// Below so many histories a resample of them says too little of how they differ.
const FEW_HISTORIES: usize = 10;

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

    /// How far resampling sees a cell lie below and above its mean.
    fn seen_spread(&self, histories: Vec<Vec<f64>>, mean: f64, bootstrap: &Bootstrap) -> Result<(f64, f64), StatError> {
        let alone: Vec<ClusterValues> =
            histories.into_iter().map(|values| values.into_iter().map(|value| (0, value)).collect()).collect();
        let drawn = stratified_mean(&[alone], &[1.0], self.within(), bootstrap)?.percentile;
        Ok((mean - drawn.low, drawn.high - mean))
    }

    /// How far cells of a stratum may lie below and above beyond what resampling shows: values alike, or of few histories. Wilson's limits over the
    /// effective number of answers bound them. Cells of one stratum are of the same histories, so their distances add.
    fn unseen_spread(&self, stratum: &[ClusterValues], bootstrap: &Bootstrap) -> Result<(f64, f64), StatError> {
        let (mut below, mut above) = (0.0, 0.0);
        for (cell, weight) in self.weights.iter().enumerate() {
            let histories = Self::of_cell(stratum, cell);
            let values: Vec<f64> = histories.iter().flatten().copied().collect();
            let Some(first) = values.first() else { continue };
            let is_alike = values.iter().all(|value| (value - first).abs() < 1e-12);
            let is_few = histories.len() < FEW_HISTORIES && !self.is_difference;
            #[expect(clippy::cast_precision_loss, reason = "answers are far fewer than 2^52")]
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            // Of a difference, how far from 0 or 1 it is, on either side.
            let mean = if self.is_difference { mean.abs() } else { mean };
            if !(is_alike || is_few) || !(0.0..=1.0).contains(&mean) {
                continue;
            }
            let sizes: Vec<usize> = histories.iter().map(Vec::len).collect();
            let limits = wilson_of_mean(mean, effective_n(&sizes, ASSUMED_ICC), bootstrap.level)?;
            let seen = if is_alike { (0.0, 0.0) } else { self.seen_spread(histories, mean, bootstrap)? };
            let beyond = |all: f64, seen: f64| (all * all - seen * seen).max(0.0).sqrt();
            let (down, up) = (beyond(mean - limits.low, seen.0), beyond(limits.high - mean, seen.1));
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
    fn joined(&self, mean: &StratifiedMean, bootstrap: &Bootstrap) -> Result<Option<IntervalRecord>, StatError> {
        let (mut below, mut above) = (0.0_f64, 0.0_f64);
        for stratum in &self.strata {
            let (down, up) = self.unseen_spread(stratum, bootstrap)?;
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
        let below_nothing = self.weights.iter().filter(|weight| **weight < 0.0).fold(0.0, |sum, weight| sum + weight);
        let most: f64 = self.weights.iter().filter(|weight| **weight > 0.0).sum();
        let least = if self.is_difference { -most } else { below_nothing };
        Ok(Some(IntervalRecord {
            low: (mean.estimate - drawn.0.hypot(below.sqrt())).max(least),
            high: (mean.estimate + drawn.1.hypot(above.sqrt())).min(most),
            level: bootstrap.level.value(),
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
                let interval = self.joined(&mean, &bootstrap).map_err(|error| subject.refused(label, &error))?;
                Ok((Some(mean.estimate), interval))
            }
            Err(StatError::EmptyInput) => Ok((None, None)),
            Err(error) => Err(subject.refused(label, &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn cells(strata: Vec<Vec<ClusterValues>>, weights: Vec<f64>) -> Cells {
        let n = strata.iter().flatten().flatten().count() as u64;
        Cells { strata, weights, n, ..Cells::default() }
    }

    fn interval(cells: &Cells) -> Option<IntervalRecord> {
        let bootstrap = Bootstrap { resamples: 2000, ..Bootstrap::default() };
        let mean = stratified_mean(&cells.strata, &cells.weights, cells.within(), &bootstrap).unwrap();
        cells.joined(&mean, &bootstrap).unwrap()
    }

    fn histories(cell: usize, values: &[f64]) -> Vec<ClusterValues> {
        values.iter().map(|&value| vec![(cell, value)]).collect()
    }

    #[test]
    fn a_cell_without_spread_widens_the_mean_that_it_is_part_of() {
        let mixed = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0];
        let alone = interval(&cells(vec![histories(0, &mixed)], vec![0.5])).unwrap();
        let with_none = interval(&cells(vec![histories(0, &mixed), histories(1, &[0.0; 3])], vec![0.5, 0.5])).unwrap();
        // Wilson's upper limit of none of three is 0.5615.
        let up = (alone.high - 0.25).hypot(0.5 * 0.561_497);
        assert!((with_none.high - (0.25 + up)).abs() < 1e-5, "{with_none:?}");
        assert!((with_none.low - alone.low).abs() < 1e-12 && with_none.method.ends_with("_and_wilson"));
    }

    /// Shares of simulated tables whose interval holds the truth: as joined, and of the bootstrap alone. Half of the contexts lie `apart` above one half
    /// and half as far below it, an intra-class correlation of 4 `apart`².
    fn coverage(n_contexts: usize, n_questions: usize, apart: f64) -> (f64, f64) {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        let (mut joined, mut alone) = (0_u32, 0_u32);
        for _ in 0..N_SIMULATED {
            let context = |random: &mut ChaCha8Rng| -> ClusterValues {
                let share = if random.random_bool(0.5) { 0.5 + apart } else { 0.5 - apart };
                (0..n_questions).map(|_| (0, f64::from(u8::from(random.random_bool(share))))).collect()
            };
            let contexts = (0..n_contexts).map(|_| context(&mut random)).collect();
            let made = cells(vec![contexts], vec![1.0]);
            let bootstrap = Bootstrap { resamples: 400, ..Bootstrap::default() };
            let mean = stratified_mean(&made.strata, &made.weights, made.within(), &bootstrap).unwrap();
            let found = made.joined(&mean, &bootstrap).unwrap().unwrap();
            joined += u32::from((found.low..=found.high).contains(&0.5));
            alone += u32::from((mean.percentile.low..=mean.percentile.high).contains(&0.5));
        }
        (f64::from(joined) / f64::from(N_SIMULATED), f64::from(alone) / f64::from(N_SIMULATED))
    }

    const N_SIMULATED: u32 = 200;

    #[test]
    fn intervals_of_few_contexts_hold_the_truth_where_a_bootstrap_alone_does_not() {
        for (n_contexts, n_questions) in [(2, 12), (3, 8), (5, 60)] {
            let (joined, alone) = coverage(n_contexts, n_questions, 0.158);
            assert!(joined >= 0.93 && joined >= alone, "{n_contexts} x {n_questions}: {joined}, alone {alone}");
        }
        let (joined, alone) = coverage(5, 60, 0.158);
        assert!(alone < 0.95 && joined >= 0.95, "{joined}, alone {alone}");
    }

    #[test]
    fn few_histories_and_values_alike_are_bounded_by_an_effective_number_of_answers() {
        let none = interval(&cells(vec![histories(0, &[0.0; 3])], vec![1.0])).unwrap();
        assert!((none.high - 0.561_497).abs() < 1e-5 && none.low.abs() < 1e-12 && none.method == "wilson");
        // Two summaries say almost nothing, however near to each other they are.
        let two = interval(&cells(vec![histories(0, &[0.176, 0.222])], vec![1.0])).unwrap();
        assert!(two.low < 0.05 && two.high > 0.7, "{two:?}");
        // The one right answer more makes no interval shorter at its upper end.
        let one_more = |n_right: usize| {
            let answer = |at: usize| (0, f64::from(u8::from(at < n_right)));
            let contexts = (0..3).map(|context| (0..6).map(|place| answer(6 * context + place)).collect()).collect();
            interval(&Cells { is_whole: false, ..cells(vec![contexts], vec![1.0]) }).unwrap()
        };
        let ends: Vec<f64> = (0..=18).map(|n_right| one_more(n_right).high).collect();
        assert!(ends.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9), "{ends:?}");
        // Three contexts of six say as much as twelve answers: Wilson's upper limit of none of twelve.
        assert!((ends[0] - 0.242_494).abs() < 1e-5, "{ends:?}");
        let alike = interval(&cells(vec![histories(0, &[0.3; 12])], vec![1.0])).unwrap();
        assert!(alike.high - alike.low > 0.3, "{alike:?}");
    }
}
