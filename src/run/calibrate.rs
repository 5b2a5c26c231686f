//! The whole line on models whose truth is known: does a suite see what is there, and nothing where there is nothing?

mod agents;
mod forgetting;
mod remembering;

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::error::RunError;
use crate::record::{Comparison, IntervalRecord, ItemRow, MetricRow, Results, SuiteResults};
use crate::statistics::{
    Alternative, AucIntervalMethod, DrawnGroup, KsMode, LabeledScores, Level, ProportionMethod, auc_estimate, ks_test,
    lottery, normal_two_sided, proportion, seed_for,
};

pub use agents::{AGENT_CONTROLS, AgentControls, judge_agents};
pub use forgetting::{FORGETTING_CONTROLS, ForgettingControls, judge_forgetting};
pub use remembering::{REMEMBERING_CONTROLS, RememberingControls, judge_remembering};

/// Random splits of the unseen items by which false alarms are counted.
pub const N_SPLITS: usize = 200;
/// Level at which a split is called.
const CALLED_AT: f64 = 0.05;

/// The built-in models that know the truth about a suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Controls {
    pub suite: &'static str,
    /// Has read the items as often as they say.
    pub positive: &'static str,
    /// Has read none of them.
    pub negative: &'static str,
    /// For attacks that compare with a reference; `None`: the negative one.
    pub reference: Option<&'static str>,
    /// Copies at which an effect of every task but exact continuation is known to be there: the dose of the headline.
    pub known_dose: u32,
}

/// Suites that can be calibrated.
pub const CONTROLS: &[Controls] = &[
    Controls {
        suite: "hubble",
        positive: "builtin:perturbed",
        negative: "builtin:standard",
        reference: None,
        known_dose: 64,
    },
    Controls {
        suite: "copyright-traps",
        positive: "builtin:trapped",
        negative: "builtin:perturbed",
        // The traps were drawn from it.
        reference: Some("builtin:standard"),
        known_dose: 1_000,
    },
];

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// A known effect must be found.
    PositiveControl,
    /// Nothing may be found where there is nothing.
    NegativeControl,
    /// The texts alone must not tell who is a member.
    BlindBaseline,
    /// Random halves of the unseen items must be called about as often as the level says.
    FalseAlarms,
    /// p-values of lots that are drawn anew must be spread evenly.
    UniformP,
}

/// One check with the number that decides it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    pub kind: CheckKind,
    pub task: String,
    pub what: String,
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
    pub n: u64,
    /// What the number must do.
    pub rule: String,
    pub passed: bool,
}

/// All checks of one suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    pub suite: String,
    pub checks: Vec<Check>,
    pub passed: bool,
}

/// Judges a finished run of a suite on its two controls.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub fn judge(controls: &Controls, results: &Results, items: &[ItemRow]) -> Result<Vec<Calibration>, RunError> {
    results
        .suites
        .iter()
        .map(|suite| {
            let mut checks = positive_controls(suite, controls.known_dose);
            checks.extend(negative_controls(suite));
            checks.extend(blind_baselines(suite));
            checks.extend(false_alarms(suite, items, results.seed)?);
            checks.extend(lotteries(suite, items, results.seed)?);
            let passed = !checks.is_empty() && checks.iter().all(|check| check.passed);
            Ok(Calibration { suite: controls.suite.to_owned(), checks, passed })
        })
        .collect()
}

/// Measures that are reported and not required: a small model need not repeat a text word for word at that dose.
const NOT_REQUIRED: &[&str] = &["exact_match", "exact_match_text", "exact_match_tokens_s8", "squad_f1"];
/// Nor are the letters of answers: the small models never read a question with letters.
const NOT_REQUIRED_TASKS: &[&str] = &["questions-letters"];

fn slug(suite: &SuiteResults, role: crate::record::Role) -> &str {
    suite.models.iter().find(|model| model.role == role).map_or("", |model| model.slug.as_str())
}

fn tasks(suite: &SuiteResults) -> Vec<&str> {
    let mut tasks: Vec<&str> = suite.metrics.iter().map(|row| row.task.as_str()).collect();
    tasks.dedup();
    tasks
}

/// Membership: the AUC at the known dose lies above chance. Other tasks: the positive model lies above the negative one
/// at that dose, paired by item.
fn positive_controls(suite: &SuiteResults, dose: u32) -> Vec<Check> {
    let tested = slug(suite, crate::record::Role::Model);
    let mut checks = Vec::new();
    for task in tasks(suite) {
        let of_task = |row: &&MetricRow| row.task == task && row.model == tested && row.slice.copies == Some(dose);
        let mut is_membership = false;
        for row in suite.metrics.iter().filter(of_task).filter(|row| row.metric.starts_with("auc.")) {
            is_membership = true;
            checks.push(Check {
                kind: CheckKind::PositiveControl,
                task: task.to_owned(),
                what: format!("{} at {dose} copies, {tested}", row.metric),
                value: row.value,
                interval: row.interval.clone(),
                n: row.n,
                rule: "the interval lies above 0.5".to_owned(),
                passed: row.interval.as_ref().is_some_and(|interval| interval.low > 0.5),
            });
        }
        if is_membership {
            continue;
        }
        let required = |row: &&Comparison| {
            row.task == task
                && row.slice.copies == Some(dose)
                && !NOT_REQUIRED.contains(&row.metric.as_str())
                && !NOT_REQUIRED_TASKS.contains(&task)
        };
        for row in suite.comparisons.iter().filter(required) {
            checks.push(Check {
                kind: CheckKind::PositiveControl,
                task: task.to_owned(),
                what: format!("{} at {dose} copies, {} minus {}", row.metric, row.model_a, row.model_b),
                value: row.difference,
                interval: row.interval.clone(),
                n: row.n_pairs,
                rule: "the interval lies above 0".to_owned(),
                passed: row.interval.as_ref().is_some_and(|interval| interval.low > 0.0),
            });
        }
    }
    checks
}

/// The negative model on all seen against unseen items: the AUC of every attack stays at chance. The level is shared out
/// over all these intervals (Bonferroni), or some would miss by chance.
fn negative_controls(suite: &SuiteResults) -> Vec<Check> {
    let negative = slug(suite, crate::record::Role::Baseline);
    let rows: Vec<&MetricRow> = suite
        .metrics
        .iter()
        .filter(|row| row.model == negative && row.slice.copies.is_none() && row.metric.starts_with("auc."))
        .collect();
    rows.iter()
        .map(|row| {
            let interval = row.interval.as_ref().map(|interval| widened(interval, rows.len()));
            Check {
                kind: CheckKind::NegativeControl,
                task: row.task.clone(),
                what: format!("{} of all seen against unseen items, {negative}", row.metric),
                value: row.value,
                passed: interval.as_ref().is_some_and(|interval| interval.low <= 0.5 && 0.5 <= interval.high),
                interval,
                n: row.n,
                rule: format!("the interval, at 95 % over all {} of them together, holds 0.5", rows.len()),
            }
        })
        .collect()
}

/// A logit interval at the level that `n` intervals need to hold together.
fn widened(interval: &IntervalRecord, n: usize) -> IntervalRecord {
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let logistic = |u: f64| 1.0 / (1.0 + (-u).exp());
    let joint = 1.0 - (1.0 - interval.level) / to_f64(n.max(1));
    let (Ok(old), Ok(new)) = (Level::new(interval.level), Level::new(joint)) else { return interval.clone() };
    let (low, high) = (logit(interval.low), logit(interval.high));
    let (centre, half) = (f64::midpoint(low, high), (high - low) / 2.0 * new.two_sided_z() / old.two_sided_z());
    if !half.is_finite() {
        return interval.clone();
    }
    IntervalRecord {
        low: logistic(centre - half),
        high: logistic(centre + half),
        level: joint,
        method: format!("{}_bonferroni", interval.method),
    }
}

fn blind_baselines(suite: &SuiteResults) -> Vec<Check> {
    let scored: Vec<_> = suite.blind.iter().filter(|blind| blind.auc.is_some()).collect();
    scored
        .iter()
        .map(|blind| {
            let interval = blind.interval.as_ref().map(|interval| widened(interval, scored.len()));
            Check {
                kind: CheckKind::BlindBaseline,
                task: blind.task.clone(),
                what: format!("AUC of {} without a model", blind.predictor),
                value: blind.auc,
                passed: interval.as_ref().is_some_and(|interval| interval.low <= 0.5 && 0.5 <= interval.high),
                interval,
                n: blind.n_members + blind.n_non_members,
                rule: format!("the interval, at 95 % over all {} of them together, holds 0.5", scored.len()),
            }
        })
        .collect()
}

/// Splits the unseen items in two at random, again and again, and counts how often a test sees a difference.
fn false_alarms(suite: &SuiteResults, items: &[ItemRow], seed: u64) -> Result<Vec<Check>, RunError> {
    let tested = slug(suite, crate::record::Role::Model);
    let mut unseen: BTreeMap<(&str, &str), Vec<f64>> = BTreeMap::new();
    let is_attack = |row: &ItemRow| crate::scoring::membership::find(&row.metric).is_some();
    for row in items.iter().filter(|row| row.suite == suite.suite && row.model == tested && row.copies == Some(0)) {
        if let (true, Some(value)) = (is_attack(row), row.value) {
            unseen.entry((&row.task, &row.metric)).or_default().push(value);
        }
    }
    let mut checks = Vec::new();
    for ((task, metric), mut values) in unseen {
        if values.len() < 8 {
            continue;
        }
        let refused = |error: crate::statistics::StatError| RunError::Statistics {
            task: task.to_owned(),
            metric: metric.to_owned(),
            reason: error.to_string(),
        };
        let mut rng =
            ChaCha8Rng::seed_from_u64(seed_for(seed, &format!("false alarms/{}/{task}/{metric}", suite.suite)));
        let mut called = 0;
        for _ in 0..N_SPLITS {
            values.shuffle(&mut rng);
            let (members, non_members) = values.split_at(values.len() / 2);
            let labeled = LabeledScores::from_classes(members, non_members).map_err(refused)?;
            let estimate = auc_estimate(&labeled, Level::DEFAULT, AucIntervalMethod::Logit);
            let is_called = match estimate.standard_error.filter(|error| *error > 0.0) {
                Some(error) => normal_two_sided((estimate.auc - 0.5) / error) < CALLED_AT,
                None => (estimate.auc - 0.5).abs() > 1e-12,
            };
            called += u64::from(is_called);
        }
        let share = proportion(called, N_SPLITS as u64, Level::DEFAULT, ProportionMethod::Wilson).map_err(refused)?;
        let interval = share.interval.as_ref().map(|interval| IntervalRecord {
            low: interval.low,
            high: interval.high,
            level: interval.level.value(),
            method: interval.method.clone(),
        });
        checks.push(Check {
            kind: CheckKind::FalseAlarms,
            task: task.to_owned(),
            what: format!("share of {N_SPLITS} random splits of the unseen items that {metric} calls at 5 %, {tested}"),
            value: Some(share.value),
            passed: interval.as_ref().is_some_and(|interval| interval.low <= CALLED_AT),
            interval,
            n: N_SPLITS as u64,
            rule: "the interval reaches down to 0.05".to_owned(),
        });
    }
    Ok(checks)
}

#[expect(clippy::cast_precision_loss, reason = "a few dozen intervals")]
fn to_f64(n: usize) -> f64 {
    n as f64
}

/// Draws the lots of groups anew, on the model that has read none of them, and holds the spread of the p-values against the even
/// one. Nothing for suites whose seen items were not drawn by lot.
fn lotteries(suite: &SuiteResults, items: &[ItemRow], seed: u64) -> Result<Vec<Check>, RunError> {
    let has_lots = |row: &MetricRow| row.metric.starts_with("beaten_controls.");
    if !suite.metrics.iter().any(has_lots) {
        return Ok(Vec::new());
    }
    let negative = slug(suite, crate::record::Role::Baseline);
    let mut values: BTreeMap<(&str, &str), BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
    let is_attack = |row: &ItemRow| crate::scoring::membership::find(&row.metric).is_some();
    for row in items.iter().filter(|row| row.suite == suite.suite && row.model == negative && is_attack(row)) {
        if let Some(value) = row.value {
            values.entry((&row.task, &row.metric)).or_default().entry(&row.cluster_id).or_default().push(value);
        }
    }
    let mut checks = Vec::new();
    let n_families = values.len();
    for ((task, metric), groups) in values {
        let groups: Vec<Vec<f64>> = groups.into_values().filter(|group| group.len() > 1).collect();
        if groups.len() < 8 {
            continue;
        }
        let refused = |error: crate::statistics::StatError| RunError::Statistics {
            task: task.to_owned(),
            metric: metric.to_owned(),
            reason: error.to_string(),
        };
        let stream = seed_for(seed, &format!("lotteries/{}/{task}/{metric}", suite.suite));
        let mut rng = ChaCha8Rng::seed_from_u64(stream);
        let mut p_values = Vec::with_capacity(N_SPLITS);
        for _ in 0..N_SPLITS {
            let drawn: Vec<DrawnGroup> = groups
                .iter()
                .map(|group| {
                    let mut others = group.clone();
                    let drawn = others.swap_remove(rng.random_range(0..group.len()));
                    DrawnGroup { drawn, others }
                })
                .collect();
            p_values.push(lottery(&drawn, stream, Level::DEFAULT).map_err(refused)?.p_value);
        }
        // The even spread at many places: one-sample Kolmogorov-Smirnov to within 1/20,000.
        let even: Vec<f64> = (0..10_000_u32).map(|place| (f64::from(place) + 0.5) / 10_000.0).collect();
        let test = ks_test(&p_values, &even, Alternative::TwoSided, KsMode::Asymptotic).map_err(refused)?;
        let limit = 0.05 / to_f64(n_families);
        checks.push(Check {
            kind: CheckKind::UniformP,
            task: task.to_owned(),
            what: format!(
                "Kolmogorov-Smirnov p of {N_SPLITS} lotteries' p-values against the even spread, {metric}, {negative}"
            ),
            value: Some(test.p_value),
            interval: None,
            n: N_SPLITS as u64,
            rule: format!("at least {limit:.4} (5 % over all {n_families} of them)"),
            passed: test.p_value >= limit,
        });
    }
    Ok(checks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_joint_interval_is_wider_and_has_the_same_centre_on_the_logit_scale() {
        let interval = IntervalRecord { low: 0.4, high: 0.6, level: 0.95, method: "delong_logit".into() };
        let joint = widened(&interval, 10);
        assert!(joint.low < 0.4 && joint.high > 0.6);
        assert!((joint.low + joint.high - 1.0).abs() < 1e-12);
        assert_eq!(widened(&interval, 1).low.to_bits(), widened(&interval, 1).low.to_bits());
        assert!((widened(&interval, 1).low - 0.4).abs() < 1e-12);
    }
}
