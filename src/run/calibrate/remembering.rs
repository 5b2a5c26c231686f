//! Economic recall on a model whose reading is known: what it read is found, up to the month where its reading ends, and nothing after.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{CALLED_AT, Calibration, Check, CheckKind, N_SPLITS};
use crate::record::{BeyondGuessing, IntervalRecord, ItemRow, ModelRecall, Results};
use crate::run::error::RunError;
use crate::statistics::{ChangePoint, Level, StatError, change_point, seed_for, wilson};

/// The built-in model that knows the truth about the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RememberingControls {
    pub suite: &'static str,
    /// Has read one series up to a month.
    pub model: &'static str,
    /// The series that it has read.
    pub series: &'static str,
    /// The first month that it has not read.
    pub first_unread: &'static str,
}

/// Suites of economic memory that can be calibrated.
pub const REMEMBERING_CONTROLS: &[RememberingControls] = &[RememberingControls {
    suite: "economic-recall",
    model: "builtin:economist",
    series: "us_cpi_nsa",
    first_unread: "2016-01",
}];

/// Orders that the change point's false alarms draw each time.
const PERMUTATIONS: usize = 199;

/// Judges a finished run of the model.
///
/// # Errors
/// When the statistics refuse finite input, which would be a bug.
pub fn judge_remembering(
    controls: &RememberingControls,
    results: &Results,
    items: &[ItemRow],
) -> Result<Calibration, RunError> {
    let mut checks = Vec::new();
    for suite in &results.suites {
        for model in suite.recall.iter().flat_map(|recall| &recall.models) {
            checks.extend(found(controls, model));
            checks.extend(nothing_found(controls, model));
        }
    }
    checks.push(false_alarms(controls, items, results.seed)?);
    let passed = checks.len() > 1 && checks.iter().all(|check| check.passed);
    Ok(Calibration { suite: controls.suite.to_owned(), checks, passed })
}

fn check(
    kind: CheckKind,
    task: &str,
    what: &str,
    (value, interval, n): (Option<f64>, Option<IntervalRecord>, u64),
    rule: &str,
    passed: bool,
) -> Check {
    Check { kind, task: task.to_owned(), what: what.to_owned(), value, interval, n, rule: rule.to_owned(), passed }
}

fn beyond<'r>(model: &'r ModelRecall, series: &str, side: &str) -> Option<&'r BeyondGuessing> {
    model.beyond.iter().find(|row| row.task == "level" && row.series == series && row.side == side)
}

fn is_found(row: &BeyondGuessing) -> bool {
    row.adjusted.is_some_and(|adjusted| adjusted > 0.0) && row.p_adjusted.is_some_and(|p| p < CALLED_AT)
}

/// What was read is found: all of it, to the last decimal, more than guessing, and up to the right month.
fn found(controls: &RememberingControls, model: &ModelRecall) -> Vec<Check> {
    let RememberingControls { series, first_unread, .. } = *controls;
    let positive = CheckKind::PositiveControl;
    let mut checks = Vec::new();
    let exact = model.errors.iter().find(|row| row.task == "level" && row.series == series && row.side == "before");
    let share = exact.and_then(|row| row.exact_all);
    checks.push(check(
        positive,
        "level",
        &format!("values of {series} that were read and are given to the last decimal"),
        (share, None, exact.map_or(0, |row| row.n)),
        "at least 0.95",
        share.is_some_and(|share| share >= 0.95),
    ));
    let row = beyond(model, series, "before");
    checks.push(check(
        positive,
        "level",
        &format!("recall of {series} beyond guessing, before the cutoff"),
        (row.and_then(|row| row.adjusted), row.and_then(|row| row.interval.clone()), row.map_or(0, |row| row.n)),
        "found, after Holm, and the interval lies above 0",
        row.is_some_and(|row| is_found(row) && row.interval.as_ref().is_some_and(|interval| interval.low > 0.0)),
    ));
    let cutoff = model.cutoffs.iter().find(|cutoff| cutoff.group == series);
    let month = cutoff.and_then(|cutoff| cutoff.month.as_deref());
    checks.push(check(
        positive,
        "level",
        &format!("first month of {series} that is not known: {}", month.unwrap_or("none")),
        (cutoff.and_then(|cutoff| cutoff.likelihood_ratio), None, cutoff.map_or(0, |cutoff| cutoff.n)),
        &format!("found, and exactly {first_unread}"),
        cutoff.is_some_and(|cutoff| cutoff.is_found) && month == Some(first_unread),
    ));
    let contrast = model.contrasts.iter().find(|row| row.task == "level" && row.series == series);
    checks.push(check(
        positive,
        "level",
        &format!("hits beyond guessing on {series}, before minus after"),
        (
            contrast.map(|row| row.difference),
            contrast.and_then(|row| row.interval.clone()),
            contrast.map_or(0, |row| row.n_before + row.n_after),
        ),
        "the interval lies above 0",
        contrast.is_some_and(|row| row.interval.as_ref().is_some_and(|interval| interval.low > 0.0)),
    ));
    let jumps =
        || model.jumps.iter().filter(|jump| jump.series == series && (jump.bandwidth_months - 24.0).abs() < 0.5);
    let at_cutoff = jumps().find(|jump| jump.at.abs() < 0.5);
    let size = |tau: Option<f64>| tau.unwrap_or(0.0).abs();
    let is_largest = at_cutoff.is_some_and(|jump| jumps().all(|other| size(other.tau) <= size(jump.tau)));
    checks.push(check(
        positive,
        "level",
        &format!("jump of hits on {series} at the cutoff"),
        (
            at_cutoff.and_then(|jump| jump.tau),
            at_cutoff.and_then(|jump| jump.interval.clone()),
            at_cutoff.map_or(0, |jump| jump.n),
        ),
        "below 0 with its interval, and larger than at every placebo",
        is_largest && at_cutoff.is_some_and(|jump| jump.interval.as_ref().is_some_and(|interval| interval.high < 0.0)),
    ));
    let leak = model.fake_cutoff.as_ref();
    checks.push(check(
        positive,
        "fake-cutoff",
        "what it still uses when told to forget: it obeys nobody",
        (leak.and_then(|leak| leak.leak), leak.and_then(|leak| leak.interval.clone()), leak.map_or(0, |leak| leak.n)),
        "the leak is at least 0.9",
        leak.and_then(|leak| leak.leak).is_some_and(|leak| leak >= 0.9),
    ));
    let made_up = model.fabrication.first();
    checks.push(check(
        positive,
        "impossible",
        "values that do not exist and are given all the same: it never declines",
        (
            made_up.and_then(|row| row.share),
            made_up.and_then(|row| row.interval.clone()),
            made_up.map_or(0, |row| row.n),
        ),
        "at least 0.95",
        made_up.and_then(|row| row.share).is_some_and(|share| share >= 0.95),
    ));
    checks
}

/// Nothing is found after the cutoff, nor in series that were never read, nor under a false name.
fn nothing_found(controls: &RememberingControls, model: &ModelRecall) -> Vec<Check> {
    let negative = CheckKind::NegativeControl;
    let mut checks = Vec::new();
    let after = beyond(model, controls.series, "after");
    checks.push(check(
        negative,
        "level",
        &format!("values of {} after the cutoff that are hit", controls.series),
        (after.map(|row| row.hit_share), after.and_then(|row| row.hit_interval.clone()), after.map_or(0, |row| row.n)),
        "at most 0.05",
        after.is_some_and(|row| row.hit_share <= 0.05),
    ));
    for side in ["before", "after"] {
        let others = || {
            let of_side = move |row: &&BeyondGuessing| row.task == "level" && row.side == side;
            let rows = model.beyond.iter().filter(of_side);
            rows.filter(|row| row.series != "all" && (row.series != controls.series || side == "after"))
        };
        let n_found = others().filter(|row| is_found(row)).count();
        #[expect(clippy::cast_precision_loss, reason = "a handful of series")]
        let share = n_found as f64;
        checks.push(check(
            negative,
            "level",
            &format!("series that were not read, {side} the cutoff, in which recall is found"),
            (Some(share), None, others().count() as u64),
            "none",
            n_found == 0 && others().count() > 0,
        ));
    }
    checks
}

/// In random orders of the hits the change point is called about as often as its level says.
fn false_alarms(controls: &RememberingControls, items: &[ItemRow], seed: u64) -> Result<Check, RunError> {
    let prefix = format!("{}/", controls.series);
    let mut hits: Vec<bool> = items
        .iter()
        .filter(|row| row.task == "level" && row.metric == "recalled" && row.item_id.starts_with(&prefix))
        .filter_map(|row| Some(row.value? > 0.5))
        .collect();
    let refused = |error: StatError| RunError::Statistics {
        task: "level".to_owned(),
        metric: "change point".to_owned(),
        reason: error.to_string(),
    };
    let mut random = ChaCha8Rng::seed_from_u64(seed_for(seed, &format!("false alarms/{}", controls.suite)));
    let mut called = 0;
    for draw in 0..N_SPLITS {
        hits.shuffle(&mut random);
        let settings = ChangePoint {
            permutations: PERMUTATIONS,
            seed: seed_for(seed, &format!("false alarms/{}/{draw}", controls.suite)),
            ..ChangePoint::default()
        };
        let test = change_point(&hits, &settings).map_err(refused)?;
        called += u64::from(test.p_value.is_some_and(|p| p < CALLED_AT));
    }
    let interval = wilson(called, N_SPLITS as u64, Level::DEFAULT).map_err(refused)?;
    let passed = interval.low <= CALLED_AT;
    let interval = crate::run::pairing::interval_record(&interval);
    #[expect(clippy::cast_precision_loss, reason = "at most two hundred")]
    let share = called as f64 / N_SPLITS as f64;
    Ok(check(
        CheckKind::FalseAlarms,
        "level",
        &format!("share of {N_SPLITS} random orders of the hits in which an end is called at 5 %"),
        (Some(share), Some(interval), N_SPLITS as u64),
        "the interval reaches down to 0.05",
        passed,
    ))
}
