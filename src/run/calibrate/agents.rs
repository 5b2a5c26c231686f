//! Memory suites on readers whose truth is known: a planted fact is found by every agent that reads or searches and by none without a
//! memory; a reader that calls everything outdated has full marks and full false alarms.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{CALLED_AT, Calibration, Check, CheckKind, N_SPLITS};
use crate::record::{ColumnRow, Comparison, IntervalRecord, ItemRow, Memory, Results, Role, SuiteResults};
use crate::run::error::RunError;
use crate::run::pairing::interval_record;
use crate::statistics::{ComparisonSettings, Level, ProportionMethod, Scale, compare_items, proportion, seed_for};

/// The built-in readers that know the truth about a memory suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AgentControls {
    pub suite: &'static str,
    /// Reads and copies.
    pub reader: &'static str,
    /// Calls everything outdated; `None` where the suite has no stale premise.
    pub liar: Option<&'static str>,
    /// Agents that have what is asked for at hand.
    pub agents: &'static [&'static str],
    /// The agent that has nothing.
    pub without: &'static str,
    pub judge: &'static str,
    pub embedder: &'static str,
}

/// Suites of memory agents that can be calibrated. The state store is not among the agents: its model must write JSON, which no built-in
/// reader does; its transitions are golden cases.
pub const AGENT_CONTROLS: &[AgentControls] = &[
    AgentControls {
        suite: "memory-agent-bench",
        reader: "builtin:extractive",
        liar: None,
        agents: &["long-context", "bm25", "embedding", "hybrid"],
        without: "none",
        judge: "builtin:rules",
        embedder: "builtin:extractive",
    },
    AgentControls {
        suite: "stale",
        reader: "builtin:extractive",
        liar: Some("builtin:doubter"),
        agents: &["long-context", "bm25", "embedding", "hybrid"],
        without: "none",
        judge: "builtin:rules",
        embedder: "builtin:extractive",
    },
];

/// Columns whose facts are planted once and asked for in their own words.
const PLANTED: [&str; 2] = ["SH-QA", "FC-SH"];
/// Share of planted facts that a reader must bring.
const FOUND: f64 = 0.5;
/// Share that may be right without a memory.
const CHANCE: f64 = 0.2;

/// Judges a finished run of the reader with all agents, and of the liar where there is one.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub fn judge_agents(
    controls: &AgentControls,
    results: &Results,
    items: &[ItemRow],
    liar: Option<&Results>,
) -> Result<Calibration, RunError> {
    let mut checks = Vec::new();
    for suite in &results.suites {
        let Some(memory) = &suite.memory else { continue };
        match &memory.stale {
            None => checks.extend(planted(controls, memory)),
            Some(_) => checks.extend(changed(controls, suite, memory)),
        }
    }
    for memory in liar.iter().flat_map(|results| &results.suites).filter_map(|suite| suite.memory.as_ref()) {
        checks.extend(lying(memory));
    }
    checks.push(false_alarms(controls, results, items)?);
    let passed = checks.len() > 2 && checks.iter().all(|check| check.passed);
    Ok(Calibration { suite: controls.suite.to_owned(), checks, passed })
}

type Number = (Option<f64>, Option<IntervalRecord>, u64);

fn check(kind: CheckKind, task: &str, what: String, number: Number, rule: &str, passed: bool) -> Check {
    let (value, interval, n) = number;
    Check { kind, task: task.to_owned(), what, value, interval, n, rule: rule.to_owned(), passed }
}

/// Slug of the model with an agent.
fn with_agent<'m>(memory: &'m Memory, agent: &str) -> Option<&'m str> {
    memory.agents.iter().find(|entry| entry.agent == agent).map(|entry| entry.model.as_str())
}

fn column<'m>(memory: &'m Memory, model: &str, column: &str) -> Option<&'m ColumnRow> {
    memory.columns.iter().find(|row| row.model == model && row.column == column)
}

/// The comparison of two models on a task's metric, whichever of them is named first; positive: `a` is better.
fn difference(suite: &SuiteResults, task: &str, metric: &str, a: &str, b: &str) -> Number {
    let found = |x: &str, y: &str| -> Option<&Comparison> {
        let is_it =
            |row: &&Comparison| row.task == task && row.metric == metric && row.model_a == x && row.model_b == y;
        suite.comparisons.iter().find(is_it)
    };
    let turned =
        |interval: &IntervalRecord| IntervalRecord { low: -interval.high, high: -interval.low, ..interval.clone() };
    match (found(a, b), found(b, a)) {
        (Some(row), _) => (row.difference, row.interval.clone(), row.n_pairs),
        (None, Some(row)) => (row.difference.map(|d| -d), row.interval.as_ref().map(turned), row.n_pairs),
        _ => (None, None, 0),
    }
}

fn planted(controls: &AgentControls, memory: &Memory) -> Vec<Check> {
    let mut checks = Vec::new();
    let without = with_agent(memory, controls.without).unwrap_or_default();
    for name in PLANTED {
        let task = column(memory, without, name).and_then(|row| row.tasks.first().cloned()).unwrap_or_default();
        for agent in controls.agents {
            let model = with_agent(memory, agent).unwrap_or_default();
            let row = column(memory, model, name);
            let value = row.and_then(|row| row.value);
            let interval = row.and_then(|row| row.interval.clone());
            // Two or three contexts are too few for a paired test of them; the interval alone tells facts from guesses.
            let is_beyond_chance = interval.as_ref().is_some_and(|interval| interval.low > CHANCE);
            checks.push(check(
                CheckKind::PositiveControl,
                &task,
                format!("planted facts of {name} that {agent} brings"),
                (value, interval, row.map_or(0, |row| row.n)),
                "at least 0.5, and its interval above 0.2",
                value.is_some_and(|value| value >= FOUND) && is_beyond_chance,
            ));
        }
        let row = column(memory, without, name);
        let value = row.and_then(|row| row.value);
        checks.push(check(
            CheckKind::NegativeControl,
            &task,
            format!("planted facts of {name} without a memory"),
            (value, row.and_then(|row| row.interval.clone()), row.map_or(0, |row| row.n)),
            "at most 0.2",
            value.is_some_and(|value| value <= CHANCE),
        ));
    }
    checks
}

fn changed(controls: &AgentControls, suite: &SuiteResults, memory: &Memory) -> Vec<Check> {
    let mut checks = Vec::new();
    let Some(stale) = &memory.stale else { return checks };
    let without = with_agent(memory, controls.without).unwrap_or_default();
    for agent in controls.agents {
        let model = with_agent(memory, agent).unwrap_or_default();
        let number = difference(suite, "scenarios", "stale.overall", model, without);
        checks.push(check(
            CheckKind::PositiveControl,
            "scenarios",
            format!("{agent} above {}, mean of the six cells", controls.without),
            number.clone(),
            "the interval lies above 0",
            number.1.is_some_and(|interval| interval.low > 0.0),
        ));
        for row in stale.false_alarms.iter().filter(|row| row.model == model && row.control == "all") {
            checks.push(check(
                CheckKind::NegativeControl,
                "controls",
                format!("false alarms of {agent}, {}", row.dimension),
                (row.rate, row.interval.clone(), row.n),
                "at most 0.2",
                row.rate.is_some_and(|rate| rate <= CHANCE),
            ));
        }
    }
    for row in stale.overall.iter().filter(|row| row.model == without) {
        checks.push(check(
            CheckKind::NegativeControl,
            "scenarios",
            "mean of the six cells without a memory".to_owned(),
            (row.macro_mean, row.interval.clone(), row.n_scenarios),
            "0",
            row.macro_mean.is_some_and(|value| value.abs() < 1e-12),
        ));
    }
    checks
}

/// Full marks where every premise is stale, full false alarms where none is.
fn lying(memory: &Memory) -> Vec<Check> {
    let mut checks = Vec::new();
    let Some(stale) = &memory.stale else { return checks };
    let is_all = |value: Option<f64>| value.is_some_and(|value| (value - 1.0).abs() < 1e-12);
    for row in stale.cells.iter().filter(|row| row.dimension != "IPA") {
        checks.push(check(
            CheckKind::PositiveControl,
            "scenarios",
            format!("the doubter in {} {}", row.conflict, row.dimension),
            (row.value, row.interval.clone(), row.n_judged),
            "1: it calls every stale premise stale",
            is_all(row.value),
        ));
    }
    for row in stale.false_alarms.iter().filter(|row| row.control == "all") {
        checks.push(check(
            CheckKind::PositiveControl,
            "controls",
            format!("false alarms of the doubter, {}", row.dimension),
            (row.rate, row.interval.clone(), row.n),
            "1: the controls find it out",
            is_all(row.rate),
        ));
    }
    checks
}

/// Two agents whose names are exchanged at random, history by history: any difference is chance, and is to be called as often as the level
/// says.
fn false_alarms(controls: &AgentControls, results: &Results, items: &[ItemRow]) -> Result<Check, RunError> {
    let (task, metric) = match controls.liar {
        None => ("sh-qa", "substring_exact_match"),
        Some(_) => ("scenarios", "passed"),
    };
    let memory = results.suites.iter().find_map(|suite| suite.memory.as_ref());
    let model = |agent: &str| memory.and_then(|memory| with_agent(memory, agent)).unwrap_or_default().to_owned();
    let values = |model: &str| -> std::collections::BTreeMap<(String, String), f64> {
        let own = items.iter().filter(|row| {
            row.task == task && row.metric == metric && row.model == model && row.role == Role::Model && row.epoch == 0
        });
        own.filter_map(|row| Some(((row.item_id.clone(), row.cluster_id.clone()), row.value?))).collect()
    };
    let (a, b) = (values(&model("bm25")), values(&model("long-context")));
    let pairs: Vec<(&str, f64, f64)> = a
        .iter()
        .filter_map(|((item, cluster), value)| {
            Some((cluster.as_str(), *value, *b.get(&(item.clone(), cluster.clone()))?))
        })
        .collect();
    let fault = |error: crate::statistics::StatError| RunError::Statistics {
        task: task.to_owned(),
        metric: metric.to_owned(),
        reason: error.to_string(),
    };
    let mut random = ChaCha8Rng::seed_from_u64(seed_for(results.seed, &format!("{}/exchanged agents", controls.suite)));
    // Whole histories are exchanged: of few of them no p value can be small, and the smallest that can is what the test must not give too often.
    let n_histories = pairs.iter().map(|(cluster, ..)| *cluster).collect::<std::collections::BTreeSet<_>>().len();
    let smallest = 0.5_f64.powi(i32::try_from(n_histories).unwrap_or(i32::MAX).saturating_sub(1));
    let called_at = CALLED_AT.max(smallest);
    let mut n_called = 0;
    for _ in 0..N_SPLITS {
        let mut exchanged: std::collections::BTreeMap<&str, bool> = std::collections::BTreeMap::new();
        let (mut left, mut right, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
        for (cluster, a, b) in &pairs {
            let is_exchanged = *exchanged.entry(cluster).or_insert_with(|| random.random_bool(0.5));
            let (x, y) = if is_exchanged { (*b, *a) } else { (*a, *b) };
            left.push(x);
            right.push(y);
            clusters.push(*cluster);
        }
        let settings =
            ComparisonSettings { level: Level::DEFAULT, resamples: 200, flips: 1000, ..ComparisonSettings::default() };
        let found = compare_items(&left, &right, Some(&clusters), Scale::ZeroOne, &settings).map_err(fault)?;
        n_called += u64::from(found.p_value.is_some_and(|p| p <= called_at + 1e-9));
    }
    let estimate = proportion(n_called, N_SPLITS as u64, Level::DEFAULT, ProportionMethod::Wilson).map_err(fault)?;
    let interval = estimate.interval.as_ref().map(interval_record);
    Ok(check(
        CheckKind::FalseAlarms,
        task,
        format!(
            "exchanges of two agents, history by history, that the test calls at {} % (of {} paired answers)",
            crate::report::number::fixed(100.0 * called_at, 0),
            pairs.len()
        ),
        (Some(estimate.value), interval.clone(), N_SPLITS as u64),
        if called_at > CALLED_AT {
            "the interval reaches down to the least p of so few histories"
        } else {
            "the interval reaches down to 0.05"
        },
        !pairs.is_empty() && interval.is_some_and(|interval| interval.low <= called_at),
    ))
}
