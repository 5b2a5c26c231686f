//! What became of each rule, and of all of them together.

use serde::Serialize;

use super::policy::{InconclusiveIs, Policy, Rule};
use crate::record::{IntervalRecord, Slice};
use crate::statistics::wording::count;

/// What became of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Pass,
    Fail,
    /// The interval spans the limit: this many items cannot tell.
    Inconclusive,
}

impl Status {
    /// The word that people read.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Inconclusive => "inconclusive",
        }
    }
}

/// One rule, judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdict {
    pub rule: String,
    /// Line of the rule in the policy.
    pub line: usize,
    pub suite: String,
    pub task: String,
    pub metric: String,
    pub slice: Slice,
    pub status: Status,
    /// One of five outcomes, for a comparison with a baseline.
    pub outcome: Option<String>,
    /// Why, in one sentence.
    pub reason: String,
    /// Items (pairs, for a comparison) behind the number.
    pub n: u64,
    /// The number that was judged: the estimate, or the difference from the baseline.
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// About how many items would decide, if the number stays as it is; `None` where it is decided or more items would not help.
    pub items_needed: Option<u64>,
}

impl Verdict {
    /// A rule on one row, failed as long as nothing else is shown.
    pub(super) fn undecided(rule: &Rule, task: &str, metric: &str, slice: &Slice) -> Self {
        Self {
            rule: rule.id.clone(),
            line: rule.line,
            suite: rule.suite.clone(),
            task: task.to_owned(),
            metric: metric.to_owned(),
            slice: slice.clone(),
            status: Status::Fail,
            outcome: None,
            reason: String::new(),
            n: 0,
            value: None,
            interval: None,
            items_needed: None,
        }
    }
}

/// The gate as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateReport {
    /// Layout of this report.
    pub schema: u32,
    pub policy: String,
    /// Model and run that were judged.
    pub run: String,
    pub baseline: Option<String>,
    /// Whether the gate is open.
    pub passed: bool,
    /// Why, in one sentence.
    pub reason: String,
    pub rules: Vec<Verdict>,
}

impl GateReport {
    pub(super) fn new(policy: &Policy, run: String, baseline: Option<String>, rules: Vec<Verdict>) -> Self {
        let of = |status: Status| rules.iter().filter(|rule| rule.status == status).collect::<Vec<_>>();
        let (failed, open) = (of(Status::Fail), of(Status::Inconclusive));
        let passed = failed.is_empty() && (open.is_empty() || policy.inconclusive_is == InconclusiveIs::Pass);
        let first = failed.first().or(open.first());
        let mut reason = match (passed, first) {
            (true, None) if rules.len() == 1 => "passed: the rule holds".to_owned(),
            (true, None) => format!("passed: all {} rules hold", count(rules.len() as u64)),
            (true, Some(_)) => format!(
                "passed: no rule failed, and the policy lets {} inconclusive of {} pass",
                count(open.len() as u64),
                count(rules.len() as u64)
            ),
            (false, _) => format!(
                "failed: {} of {} rules failed and {} {} inconclusive",
                count(failed.len() as u64),
                count(rules.len() as u64),
                count(open.len() as u64),
                if open.len() == 1 { "is" } else { "are" }
            ),
        };
        if let (false, Some(rule)) = (passed, first) {
            reason.push_str(&format!("; {}: {}", rule.rule, rule.reason));
        }
        Self { schema: 1, policy: policy.file.clone(), run, baseline, passed, reason, rules }
    }
}

/// About how many items bring an interval end, now `reach` from the estimate, to a limit `distance` from it. `None` when the
/// estimate is not on the passing side, or nothing varies.
pub(super) fn items_needed(n: u64, reach: f64, distance: f64) -> Option<u64> {
    let needed = n as f64 * (reach / distance).powi(2);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive and below 2^53")]
    (distance > 0.0 && needed.is_finite() && needed < 9e15).then(|| needed.ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::gate::policy::Rule;

    fn policy(inconclusive_is: InconclusiveIs) -> Policy {
        Policy {
            file: "gate.toml".into(),
            inconclusive_is,
            alpha: 0.05,
            max_row_errors: 0.02,
            rules: Vec::<Rule>::new(),
        }
    }

    fn verdict(status: Status) -> Verdict {
        Verdict {
            rule: "leak".into(),
            line: 3,
            suite: "hubble".into(),
            task: "t".into(),
            metric: "acc".into(),
            slice: Slice::default(),
            status,
            outcome: None,
            reason: "0.7 is not at most 0.6".into(),
            n: 10,
            value: Some(0.7),
            interval: None,
            items_needed: None,
        }
    }

    fn report(inconclusive_is: InconclusiveIs, statuses: &[Status]) -> GateReport {
        let verdicts = statuses.iter().copied().map(verdict).collect();
        GateReport::new(&policy(inconclusive_is), "run".into(), None, verdicts)
    }

    #[test]
    fn one_failed_rule_closes_the_gate_and_is_the_reason() {
        let found = report(InconclusiveIs::Pass, &[Status::Pass, Status::Inconclusive, Status::Fail]);
        assert!(!found.passed);
        assert_eq!(found.reason, "failed: 1 of 3 rules failed and 1 is inconclusive; leak: 0.7 is not at most 0.6");
    }

    #[test]
    fn an_inconclusive_rule_fails_unless_the_policy_says_otherwise() {
        assert!(!report(InconclusiveIs::Fail, &[Status::Pass, Status::Inconclusive]).passed);
        assert!(report(InconclusiveIs::Pass, &[Status::Pass, Status::Inconclusive]).passed);
        assert!(report(InconclusiveIs::Fail, &[Status::Pass]).passed);
    }

    #[test]
    fn twice_the_distance_takes_a_quarter_of_the_items() {
        assert_eq!(items_needed(100, 0.1, 0.05), Some(400));
        assert_eq!(items_needed(100, 0.1, 0.2), Some(25));
        assert_eq!(items_needed(100, 0.1, 0.0), None);
        assert_eq!(items_needed(100, 0.1, -0.1), None);
    }
}
