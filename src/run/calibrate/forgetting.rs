//! Suites about forgetting on models whose truth is known: what was unlearned is found, what never was is not, and going too far is
//! told from forgetting.

use std::collections::BTreeMap;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{CALLED_AT, Calibration, Check, CheckKind, N_SPLITS};
use crate::record::{Claim, ClaimKind, ClaimOutcome, IntervalRecord, ItemRow, Results, Role, SuiteResults};
use crate::run::error::RunError;
use crate::statistics::{Alternative, Level, ProportionMethod, SignFlip, StatError, proportion, seed_for, sign_flip};

/// The built-in models that know the truth about a suite of forgetting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ForgettingControls {
    pub suite: &'static str,
    /// Knows the targets.
    pub before: &'static str,
    /// Has never read of them.
    pub never: &'static str,
    /// Was made to forget them.
    pub unlearned: &'static [&'static str],
    /// Was pushed past never seen.
    pub over: &'static str,
    /// Measures that every unlearned model must have lost.
    pub lost: &'static [&'static str],
    /// The measure by which going too far shows.
    pub beyond: &'static str,
}

/// Suites of forgetting that can be calibrated.
pub const FORGETTING_CONTROLS: &[ForgettingControls] = &[ForgettingControls {
    suite: "rwku",
    before: "builtin:original",
    never: "builtin:retrained",
    unlearned: &["builtin:unlearned-gd", "builtin:unlearned-npo"],
    over: "builtin:overforgotten",
    lost: &["forget-blank", "forget-question", "forget-all", "texts-forget"],
    beyond: "texts-forget",
}];

/// Judges two runs: the unlearned models against the one before (reference: the one that never knew), and the one that never knew against
/// itself.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub fn judge_forgetting(
    controls: &ForgettingControls,
    unlearned: &Results,
    null: &Results,
    items: &[ItemRow],
) -> Result<Calibration, RunError> {
    let mut checks = Vec::new();
    for suite in &unlearned.suites {
        checks.extend(found(controls, suite));
        checks.extend(false_alarms(suite, items, unlearned.seed)?);
    }
    for suite in &null.suites {
        checks.extend(nothing_found(suite));
    }
    let passed = !checks.is_empty() && checks.iter().all(|check| check.passed);
    Ok(Calibration { suite: controls.suite.to_owned(), checks, passed })
}

fn claims(suite: &SuiteResults) -> &[Claim] {
    suite.unlearning.as_ref().map_or(&[], |found| &found.claims)
}

fn slug<'s>(suite: &'s SuiteResults, name: &str) -> &'s str {
    suite.models.iter().find(|model| model.name == name).map_or("", |model| model.slug.as_str())
}

fn is_found(claim: &Claim) -> bool {
    matches!(claim.outcome, ClaimOutcome::Found | ClaimOutcome::FoundHere)
}

fn check(kind: CheckKind, claim: Option<&Claim>, measure: &str, what: String, rule: &str, wanted: bool) -> Check {
    Check {
        kind,
        task: measure.to_owned(),
        what,
        value: claim.and_then(|claim| claim.by_item.difference.or(claim.difference)),
        interval: claim.and_then(|claim| claim.by_item.interval.clone()),
        n: claim.map_or(0, |claim| claim.n_items),
        rule: rule.to_owned(),
        passed: claim.is_some_and(|claim| is_found(claim) == wanted),
    }
}

/// What is known to be lost is found to be lost; what is known to be beyond never seen is found to be.
fn found(controls: &ForgettingControls, suite: &SuiteResults) -> Vec<Check> {
    let find = |model: &str, kind: ClaimKind, measure: &str| {
        let model = slug(suite, model);
        claims(suite).iter().find(|claim| claim.model == model && claim.kind == kind && claim.measure == measure)
    };
    let mut checks = Vec::new();
    for name in controls.unlearned {
        for measure in controls.lost {
            checks.push(check(
                CheckKind::PositiveControl,
                find(name, ClaimKind::Forgetting, measure),
                measure,
                format!("{name} minus {}", controls.before),
                "less is found to be left, after Holm",
                true,
            ));
        }
    }
    checks.push(check(
        CheckKind::PositiveControl,
        find(controls.over, ClaimKind::OverForgetting, controls.beyond),
        controls.beyond,
        format!("{} minus {}", controls.over, controls.never),
        "over-forgetting is found, after Holm and beyond the margin",
        true,
    ));
    checks
}

/// A model against itself: nothing is forgotten, nothing lost, nothing beyond; and everything is as in a model that never knew.
fn nothing_found(suite: &SuiteResults) -> Vec<Check> {
    let rule_of = |kind: ClaimKind| match kind {
        ClaimKind::Forgetting => ("forgetting is not found", false),
        ClaimKind::OverForgetting => ("over-forgetting is not found", false),
        ClaimKind::Selectivity => ("a selective loss is not found", false),
        ClaimKind::Preservation => ("found to be kept", true),
        ClaimKind::Likeness => ("found to be like never seen", true),
    };
    // A model that never had something cannot keep it.
    let says_nothing =
        |claim: &&Claim| claim.kind == ClaimKind::Preservation && claim.outcome == ClaimOutcome::Untested;
    claims(suite)
        .iter()
        .filter(|claim| !says_nothing(claim))
        .map(|claim| {
            let (rule, wanted) = rule_of(claim.kind);
            let what = format!("{} minus itself", claim.model);
            check(CheckKind::NegativeControl, Some(claim), &claim.measure, what, rule, wanted)
        })
        .collect()
}

/// Gives each item's two values to the two models by lot, again and again, and counts how often the test by item sees less in the first.
fn false_alarms(suite: &SuiteResults, items: &[ItemRow], seed: u64) -> Result<Vec<Check>, RunError> {
    let of_role = |role| suite.models.iter().find(|model| model.role == role).map_or("", |model| model.slug.as_str());
    let (tested, before) = (of_role(Role::Model), of_role(Role::Baseline));
    let Some(found) = &suite.unlearning else { return Ok(Vec::new()) };
    let mut checks = Vec::new();
    for measure in &found.measures {
        // The combined measures are made of these.
        let is_task = items.iter().any(|row| row.task == measure.measure);
        if measure.model != tested || !is_task {
            continue;
        }
        let mut pairs: BTreeMap<&str, (Option<f64>, Option<f64>)> = BTreeMap::new();
        for row in items.iter().filter(|row| row.task == measure.measure && row.metric == measure.metric) {
            let pair = pairs.entry(&row.item_id).or_default();
            if row.model == tested {
                pair.0 = row.value;
            } else if row.model == before {
                pair.1 = row.value;
            }
        }
        let both: Vec<(f64, f64)> = pairs.into_values().filter_map(|(a, b)| Some((a?, b?))).collect();
        let n_different = both.iter().filter(|(a, b)| (a - b).abs() > 1e-12).count();
        if n_different < 5 {
            continue;
        }
        let refused = |error: StatError| RunError::Statistics {
            task: measure.measure.clone(),
            metric: measure.metric.clone(),
            reason: error.to_string(),
        };
        let stream = seed_for(seed, &format!("swaps/{}/{}", suite.suite, measure.measure));
        let mut rng = ChaCha8Rng::seed_from_u64(stream);
        let mut called = 0;
        for _ in 0..N_SPLITS {
            let swapped = both.iter().map(|&(a, b)| if rng.random_bool(0.5) { (a, b) } else { (b, a) });
            let (a, b): (Vec<f64>, Vec<f64>) = swapped.unzip();
            let settings =
                SignFlip { alternative: Alternative::Less, resamples: 2_000, seed: stream, ..SignFlip::default() };
            called += u64::from(sign_flip(&a, &b, &settings).map_err(refused)?.p_value < CALLED_AT);
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
            task: measure.measure.clone(),
            what: format!(
                "share of {N_SPLITS} random swaps of {tested} and {before} that the test by item calls at 5 %"
            ),
            value: Some(share.value),
            passed: interval.as_ref().is_some_and(|interval| interval.low <= CALLED_AT),
            interval,
            n: N_SPLITS as u64,
            rule: "the interval reaches down to 0.05".to_owned(),
        });
    }
    Ok(checks)
}
