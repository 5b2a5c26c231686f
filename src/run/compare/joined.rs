//! The items of both sides, joined by id: one metric and slice after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::side::{ItemMean, Side};
use crate::record::{ChangedItem, Slice};
use crate::run::pairing::{Paired, PairedItem, Question, is_membership_score, pair};
use crate::scoring::metrics::auc_name;
use crate::statistics::{ComparisonSettings, StatError};

/// Share of the items of either side that both must have answered.
const ENOUGH_SHARED: f64 = 0.95;

/// One metric of one task at one dose, on all items of either side.
#[derive(Debug, Clone)]
pub(super) struct JoinedMetric {
    pub task: String,
    /// Item metric.
    pub metric: String,
    pub slice: Slice,
    /// Items of the task, at all doses, that both sides answered, and that either side has.
    n_shared: usize,
    n_either: usize,
    items: Vec<JoinedItem>,
}

#[derive(Debug, Clone)]
struct JoinedItem {
    id: String,
    cluster: String,
    copies: Option<u32>,
    is_unseen: bool,
    is_approximate: bool,
    a: Option<f64>,
    b: Option<f64>,
}

impl JoinedMetric {
    /// The name of what is compared: `auc.loss` for the score `loss`.
    pub(super) fn printed_name(&self) -> String {
        if is_membership_score(&self.metric) { auc_name(&self.metric) } else { self.metric.clone() }
    }

    /// Why so few items cannot stand for both runs: those that one side left out may be the hard ones.
    pub(super) fn too_few_shared(&self) -> Option<String> {
        ((self.n_shared as f64) < ENOUGH_SHARED * self.n_either as f64).then(|| {
            format!(
                "only {} of {} items are answered in both runs, and 95 % are needed; run both on the same items, or give \
                 compare --allow-partial",
                self.n_shared, self.n_either
            )
        })
    }

    /// `clusters_are_contexts`: as [`Question`] has it.
    pub(super) fn compare(
        &self,
        a: &str,
        b: &str,
        clusters_are_contexts: bool,
        settings: &ComparisonSettings,
    ) -> Result<Paired, StatError> {
        let items: Vec<PairedItem<'_>> = self
            .items
            .iter()
            .map(|item| PairedItem {
                id: &item.id,
                cluster: &item.cluster,
                is_unseen: item.is_unseen,
                is_approximate: item.is_approximate,
                a: item.a,
                b: item.b,
            })
            .collect();
        let question = Question {
            task: &self.task,
            metric: &self.metric,
            slice: self.slice.clone(),
            model_a: a,
            model_b: b,
            clusters_are_contexts,
        };
        pair(&question, &items, settings)
    }

    /// The items on which the two differ.
    pub(super) fn changed(&self, paired: &Paired) -> Vec<ChangedItem> {
        let told = |&(row, change): &(usize, f64)| {
            let item = &self.items[*paired.rows.get(row)?];
            Some(ChangedItem {
                task: self.task.clone(),
                metric: self.printed_name(),
                item_id: item.id.clone(),
                copies: item.copies,
                a: item.a?,
                b: item.b?,
                change,
            })
        };
        paired.finding.changes.iter().filter_map(told).collect()
    }
}

/// Every metric that both sides have, by task, metric and dose; and what only one of them has, in words.
pub(super) fn join(a: &Side, b: &Side, suite: &str) -> (Vec<JoinedMetric>, Vec<String>) {
    let empty = BTreeMap::new();
    let (items_a, items_b) = (a.items.get(suite).unwrap_or(&empty), b.items.get(suite).unwrap_or(&empty));
    let mut joined = Vec::new();
    let mut notes = Vec::new();
    let keys: BTreeSet<_> = items_a.keys().chain(items_b.keys()).collect();
    for key in keys {
        let (task, metric) = key;
        let (Some(of_a), Some(of_b)) = (items_a.get(key), items_b.get(key)) else {
            let side = if items_a.contains_key(key) { "A" } else { "B" };
            notes.push(format!("{suite}/{task}/{metric}: only {side} has it, so it is not compared"));
            continue;
        };
        let items = join_items(of_a, of_b);
        let n_shared = items.iter().filter(|item| item.a.is_some() && item.b.is_some()).count();
        let doses: BTreeSet<u32> = items.iter().filter_map(|item| item.copies).collect();
        let is_membership = is_membership_score(metric);
        let of_slice = |copies: Option<u32>| JoinedMetric {
            task: task.clone(),
            metric: metric.clone(),
            slice: Slice { copies },
            n_shared,
            n_either: items.len(),
            items: items
                .iter()
                .filter(|item| copies.is_none() || item.copies == copies || (is_membership && item.copies == Some(0)))
                .map(|item| JoinedItem { is_unseen: is_membership && item.copies == Some(0), ..item.clone() })
                .collect(),
        };
        if doses.is_empty() {
            joined.push(of_slice(None));
        } else {
            // Unseen items are the comparison group of every dose, and no dose of their own.
            let told = doses.into_iter().filter(|copies| !(is_membership && *copies == 0));
            joined.extend(told.map(|copies| of_slice(Some(copies))));
        }
    }
    (joined, notes)
}

fn join_items(a: &BTreeMap<String, ItemMean>, b: &BTreeMap<String, ItemMean>) -> Vec<JoinedItem> {
    let ids: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    ids.into_iter()
        .filter_map(|id| {
            let (of_a, of_b) = (a.get(id), b.get(id));
            let known = of_a.or(of_b)?;
            Some(JoinedItem {
                id: id.clone(),
                cluster: known.cluster.clone(),
                copies: known.copies,
                is_unseen: false,
                is_approximate: [of_a, of_b].into_iter().flatten().any(|item| item.is_approximate),
                a: of_a.and_then(|item| item.value),
                b: of_b.and_then(|item| item.value),
            })
        })
        .collect()
}
