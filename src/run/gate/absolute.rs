//! A number of the run against a limit. The number and its interval are those of results.json.

use std::collections::BTreeSet;

use super::Gated;
use super::error::GateError;
use super::policy::{Limit, Policy, Rule, Used};
use super::verdict::{Status, Verdict, items_needed};
use crate::record::{APPROXIMATE, MetricRow, Slice, SuiteResults};
use crate::report::metric_name::MetricName;
use crate::report::number;
use crate::report::table::copies_words;

/// One verdict for each row that the rule names.
pub(super) fn judge(
    gated: &Gated,
    policy: &Policy,
    rule: &Rule,
    limit: Limit,
    used: Used,
) -> Result<Vec<Verdict>, GateError> {
    let (suite, rows) = find(gated, policy, rule)?;
    Ok(rows.into_iter().map(|row| judge_row(suite, row, policy, rule, limit, used)).collect())
}

fn judge_row(suite: &SuiteResults, row: &MetricRow, policy: &Policy, rule: &Rule, limit: Limit, used: Used) -> Verdict {
    let decimals = number::decimals(row.interval.as_ref());
    let what = format!("{} at {} in {}", MetricName::parse(&row.metric).words(), copies_words(&row.slice), row.task);
    let mut verdict = Verdict {
        n: row.n,
        value: row.value,
        interval: row.interval.clone(),
        ..Verdict::undecided(rule, &row.task, &row.metric, &row.slice)
    };
    if let Some(reason) = too_many_errors(suite, &row.task, &row.model, policy.max_row_errors) {
        verdict.reason = reason;
        return verdict;
    }
    if row.n < rule.min_n {
        verdict.reason =
            format!("{what} rests on {} items, fewer than min_n = {}", number::count(row.n), number::count(rule.min_n));
        return verdict;
    }
    let Some(value) = row.value else {
        let why = if row.flags.is_empty() { "no flag says why".to_owned() } else { row.flags.join(", ") };
        verdict.reason = format!("{what} is undefined on {} items ({why})", number::count(row.n));
        return verdict;
    };
    let told = match &row.interval {
        Some(interval) => format!(
            "{what} is {} ({} CI {}, n\u{a0}=\u{a0}{})",
            number::fixed(value, decimals),
            number::percent(interval.level),
            number::range(interval, decimals),
            number::count(row.n)
        ),
        None => format!(
            "{what} is {} (no interval, n\u{a0}=\u{a0}{})",
            number::fixed(value, decimals),
            number::count(row.n)
        ),
    };
    let (chosen, other, name) = match (used, &row.interval) {
        (Used::Point, _) => (value, value, "the estimate"),
        (Used::CiLow, Some(interval)) => (interval.low, interval.high, "its lower end"),
        (Used::CiHigh, Some(interval)) => (interval.high, interval.low, "its upper end"),
        (_, None) => {
            verdict.status = Status::Inconclusive;
            verdict.reason = format!("{told}; a limit needs an interval, or use = \"point\"");
            return verdict;
        }
    };
    let shown = number::fixed(chosen, decimals);
    let told = if row.flags.iter().any(|flag| flag == APPROXIMATE) {
        format!("{told}, approximate: by the first token of chat answers")
    } else {
        told
    };
    let told =
        if used == Used::Point { format!("{told}; the point alone is held, which luck may carry over") } else { told };
    if limit.allows(chosen) {
        verdict.status = Status::Pass;
        verdict.reason = format!("{told}; {name}, {shown}, is {}", limit.words());
    } else if used == Used::Point || !limit.allows(other) {
        verdict.reason = format!("{told}; {name}, {shown}, is not {}", limit.words());
        if used != Used::Point {
            verdict.reason.push_str(", and no part of the interval is");
        }
    } else {
        verdict.status = Status::Inconclusive;
        verdict.items_needed = items_needed(
            row.n,
            (value - chosen).abs(),
            if limit.is_upper { limit.value - value } else { value - limit.value },
        );
        verdict.reason = format!("{told}; {name}, {shown}, is not {}, but the interval reaches it", limit.words());
        if let Some(items) = verdict.items_needed {
            verdict.reason.push_str(&format!("; about {} items would decide if the value stays", number::count(items)));
        }
    }
    verdict
}

/// Too many requests of the task ended in error: what is left may be the easy part.
pub(super) fn too_many_errors(suite: &SuiteResults, task: &str, model: &str, most: f64) -> Option<String> {
    let health = suite.health.iter().find(|row| row.task == task && row.model == model)?;
    let all = health.answered + health.refused + health.unparsable + health.truncated + health.error;
    let share = health.error as f64 / all.max(1) as f64;
    (share > most).then(|| {
        format!(
            "{} of {} requests of {task} ended in error ({}), more than max_row_errors = {}",
            number::count(health.error),
            number::count(all),
            number::percent(share),
            number::percent(most)
        )
    })
}

/// The rows that the rule names, or what the run has instead.
fn find<'a>(
    gated: &'a Gated,
    policy: &Policy,
    rule: &Rule,
) -> Result<(&'a SuiteResults, Vec<&'a MetricRow>), GateError> {
    let nothing = |why: String| GateError::NothingNamed {
        file: policy.file.clone(),
        line: rule.line,
        rule: rule.id.clone(),
        why,
    };
    let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>().join(", ");
    let is_in_side = |name: &str| gated.tested.suite(name).is_some();
    let suite = gated.results.suites.iter().find(|suite| suite.suite == rule.suite && is_in_side(&suite.suite));
    let Some(suite) = suite else {
        let known = gated.results.suites.iter().map(|suite| suite.suite.clone()).collect();
        return Err(nothing(format!("there is no suite `{}`; there are: {}", rule.suite, list(known))));
    };
    let rows: Vec<&MetricRow> = suite.metrics.iter().filter(|row| row.model == gated.tested.model.slug).collect();
    let of_metric: Vec<&MetricRow> = rows.iter().copied().filter(|row| row.metric == rule.metric).collect();
    if of_metric.is_empty() {
        let known = rows.iter().map(|row| row.metric.clone()).collect();
        return Err(nothing(format!("there is no metric `{}`; there are: {}", rule.metric, list(known))));
    }
    let of_task: Vec<&MetricRow> =
        of_metric.iter().copied().filter(|row| rule.task.as_ref().is_none_or(|task| row.task == *task)).collect();
    let tasks: BTreeSet<String> = of_metric.iter().map(|row| row.task.clone()).collect();
    if of_task.is_empty() {
        let task = rule.task.clone().unwrap_or_default();
        return Err(nothing(format!("there is no task `{task}` with this metric; there are: {}", list(tasks))));
    }
    let Some(slice) = &rule.slice else {
        // A task's row of all its items speaks for its slices.
        let has_whole = |task: &str| of_task.iter().any(|row| row.task == task && row.slice == Slice::default());
        let spoken = |row: &&MetricRow| row.slice == Slice::default() || !has_whole(&row.task);
        return Ok((suite, of_task.iter().copied().filter(spoken).collect()));
    };
    let named: Vec<&MetricRow> = of_task.iter().copied().filter(|row| row.slice == *slice).collect();
    if named.is_empty() {
        let known = of_task.iter().map(|row| copies_words(&row.slice)).collect();
        return Err(nothing(format!("there is no slice {}; there are: {}", copies_words(slice), list(known))));
    }
    Ok((suite, named))
}
