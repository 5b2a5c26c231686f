//! The run against a baseline, item by item, within a margin.

use super::Gated;
use super::absolute::too_many_errors;
use super::error::GateError;
use super::policy::{Asked, Policy, Required, Rule};
use super::verdict::{Status, Verdict, items_needed};
use crate::record::{APPROXIMATE, Comparison, MarginRecord};
use crate::report::number;
use crate::run::compare::{CompareError, CompareRequest, compare_sides, names};
use crate::statistics::{Adjustment, Better, DEFAULT_SEED, Level};

/// One verdict for each comparison that the rule names.
pub(super) fn judge(gated: &Gated, policy: &Policy, rule: &Rule, asked: &Asked) -> Result<Vec<Verdict>, GateError> {
    let Some(baseline) = &gated.baseline else {
        return Err(GateError::NoBaseline { file: policy.file.clone(), line: rule.line, rule: rule.id.clone() });
    };
    let failed = |source: CompareError| GateError::NotComparable {
        file: policy.file.clone(),
        line: rule.line,
        rule: rule.id.clone(),
        source,
    };
    let level = Level::new(1.0 - policy.alpha).map_err(|error| failed(error.into()))?;
    let request = CompareRequest {
        run_a: gated.tested.path.clone(),
        run_b: baseline.path.clone(),
        metric: Some(rule.metric.clone()),
        task: rule.task.clone(),
        slice: rule.slice.clone(),
        allow_partial: false,
        margin: Some(asked.margin),
        better: if asked.is_lower_better { Better::Lower } else { Better::Higher },
        level,
        // Each rule was written down beforehand and stands alone.
        adjustment: Adjustment::Bonferroni,
        resamples: 10_000,
        seed: DEFAULT_SEED,
        n_changed: 0,
    };
    let found = compare_sides(&gated.tested, baseline, names(&gated.tested, baseline), &request).map_err(failed)?;
    let rows: Vec<&Comparison> =
        found.suites.iter().filter(|suite| suite.suite == rule.suite).flat_map(|suite| &suite.comparisons).collect();
    // What must not be compared is not passed over.
    let refused: Vec<String> =
        found.refused.iter().filter(|one| one.suite == rule.suite).map(ToString::to_string).collect();
    if rows.is_empty() || !refused.is_empty() {
        return Err(GateError::NothingNamed {
            file: policy.file.clone(),
            line: rule.line,
            rule: rule.id.clone(),
            why: format!("it must not be compared; {}", refused.join("; ")),
        });
    }
    Ok(rows.into_iter().map(|row| judge_row(gated, policy, rule, asked, row)).collect())
}

fn judge_row(gated: &Gated, policy: &Policy, rule: &Rule, asked: &Asked, row: &Comparison) -> Verdict {
    let mut verdict = Verdict {
        outcome: row.margin.as_ref().map(|found| found.outcome.clone()),
        n: row.n_pairs,
        value: row.difference,
        interval: row.margin.as_ref().map(|found| found.interval.clone()),
        ..Verdict::undecided(rule, &row.task, &row.metric, &row.slice)
    };
    let suite = gated.results.suites.iter().find(|suite| suite.suite == rule.suite);
    let errors =
        suite.and_then(|suite| too_many_errors(suite, &row.task, &gated.tested.model.slug, policy.max_row_errors));
    if let Some(reason) = errors {
        verdict.reason = reason;
    } else if row.n_pairs < rule.min_n {
        verdict.reason = format!(
            "the comparison rests on {} pairs, fewer than min_n = {}",
            number::count(row.n_pairs),
            number::count(rule.min_n)
        );
    } else if let (Some(found), Some(difference)) = (&row.margin, row.difference) {
        decide(&mut verdict, row, found, difference, asked.required);
    } else {
        verdict.status = Status::Inconclusive;
        verdict.reason = format!("{}; without an interval a margin says nothing", row.sentence);
    }
    if row.flags.iter().any(|flag| flag == APPROXIMATE) {
        verdict.reason.push_str("; approximate: by the first token of chat answers");
    }
    if row.flags.iter().any(|flag| flag == "ignores_clusters") {
        verdict.reason.push_str("; items share sources, which DeLong does not know: the interval is too short");
    }
    verdict
}

fn decide(verdict: &mut Verdict, row: &Comparison, found: &MarginRecord, difference: f64, required: Required) {
    let margin = found.margin;
    // Turned so that more is better.
    let (low, high, estimate) = if found.is_lower_better {
        (-found.interval.high, -found.interval.low, -difference)
    } else {
        (found.interval.low, found.interval.high, difference)
    };
    let (status, wanted, reach, distance) = match required {
        Required::NonInferior => {
            let status = if low > -margin {
                Status::Pass
            } else if high < 0.0 {
                Status::Fail
            } else {
                Status::Inconclusive
            };
            (status, "non-inferior", estimate - low, estimate + margin)
        }
        Required::Superior => {
            let status = if low > 0.0 {
                Status::Pass
            } else if high <= 0.0 {
                Status::Fail
            } else {
                Status::Inconclusive
            };
            (status, "superior", estimate - low, estimate)
        }
        Required::Equivalent => {
            let status = if low > -margin && high < margin {
                Status::Pass
            } else if high <= -margin || low >= margin {
                Status::Fail
            } else {
                Status::Inconclusive
            };
            let reach = (estimate - low).max(high - estimate);
            (status, "equivalent", reach, margin - estimate.abs())
        }
    };
    verdict.status = status;
    let is_shown = if status == Status::Pass { "is shown" } else { "is required and not shown" };
    verdict.reason = format!("{}: {wanted} {is_shown}", row.sentence);
    if status == Status::Inconclusive {
        verdict.items_needed = items_needed(row.n_pairs, reach, distance);
        if let Some(items) = verdict.items_needed {
            let items = number::count(items);
            verdict.reason.push_str(&format!("; about {items} items would decide if the difference stays"));
        }
    }
}
