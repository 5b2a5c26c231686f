//! What is evaluated: one task with its items and the values of each model.

use std::collections::BTreeMap;

use crate::dataset::Item;
use crate::record::Slice;
use crate::run::error::RunError;
use crate::run::item_scores::TaskScores;
use crate::run::plan::PlannedTask;
use crate::statistics::{Flag, Level, StatError, seed_for};
use crate::suite::StatisticalPlan;

/// One task of one suite with everything that its statistics need.
pub(super) struct Subject<'a> {
    pub(super) suite: &'a str,
    pub(super) task: &'a PlannedTask,
    pub(super) plan: &'a StatisticalPlan,
    pub(super) seed: u64,
    /// In the order of the run's models.
    pub(super) scores: Vec<TaskScores>,
}

impl Subject<'_> {
    pub(super) fn items(&self) -> &[Item] {
        &self.task.items
    }

    pub(super) fn level(&self) -> Level {
        Level::new(self.plan.level).unwrap_or(Level::DEFAULT)
    }

    /// A random stream of its own for each thing that is drawn.
    pub(super) fn stream(&self, what: &str) -> u64 {
        seed_for(self.seed, &format!("{}/{}/{what}", self.suite, self.task.id))
    }

    /// Whether items share clusters, so that the cluster enters the error.
    pub(super) fn is_clustered(&self) -> bool {
        let mut seen = std::collections::BTreeSet::new();
        self.items().iter().any(|item| !seen.insert(item.cluster.as_str()))
    }

    /// An error of the statistics room that the data cannot explain.
    pub(super) fn refused(&self, metric: &str, error: &StatError) -> RunError {
        RunError::Statistics { task: self.task.id.clone(), metric: metric.to_owned(), reason: error.to_string() }
    }
}

/// Items by dose, in rising order.
pub(super) struct Doses(BTreeMap<u32, Vec<usize>>);

impl Doses {
    pub(super) fn of(items: &[Item]) -> Self {
        let mut doses: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (index, item) in items.iter().enumerate() {
            if let Some(copies) = item.copies {
                doses.entry(copies).or_default().push(index);
            }
        }
        Self(doses)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[usize])> {
        self.0.iter().map(|(&copies, items)| (copies, items.as_slice()))
    }

    /// Items that were never in the training data.
    pub(super) fn unseen(&self) -> &[usize] {
        self.0.get(&0).map_or(&[], Vec::as_slice)
    }

    /// Items with at least so many copies.
    pub(super) fn at_least(&self, copies: u32) -> Vec<usize> {
        self.0.range(copies.max(1)..).flat_map(|(_, items)| items.iter().copied()).collect()
    }
}

pub(super) use crate::run::pairing::interval_record;

pub(super) fn slice(copies: Option<u32>) -> Slice {
    Slice { copies }
}

pub(super) fn flag_words(flags: &[Flag]) -> Vec<String> {
    flags.iter().map(|flag| flag.as_str().to_owned()).collect()
}

/// Values of chosen items that are there.
pub(super) fn present(values: &[Option<f64>], items: &[usize]) -> Vec<f64> {
    items.iter().filter_map(|&index| values[index]).collect()
}

pub(super) fn count(n: usize) -> u64 {
    n as u64
}
