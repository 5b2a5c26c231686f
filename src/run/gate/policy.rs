//! The policy file: which numbers a run must reach, and what it must not lose against a baseline.

use std::fs;
use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

use super::error::GateError;
use crate::record::Slice;
use crate::scoring::metrics;
use crate::suite::{Placed, ProblemKind, Report, nearest, read_shaped, toml_schema};

/// Shares of requests that may end in error where the policy does not say.
const MAX_ROW_ERRORS: f64 = 0.02;
/// Level of each one-sided test where the policy does not say.
const ALPHA: f64 = 0.05;

/// A gate policy.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PolicyFile {
    /// Layout of this file; 1, the only one so far, where it is left out.
    schema_version: Option<Placed<u32>>,
    /// What an inconclusive rule comes to: fail (the default) or pass.
    inconclusive_is: Option<Placed<InconclusiveIs>>,
    /// Level of each one-sided comparison with a baseline, above 0 and below 0.5; 0.05 where it is left out.
    alpha: Option<Placed<f64>>,
    /// Largest share of a task's requests that may end in error, from 0 to 1; 0.02 where it is left out.
    max_row_errors: Option<Placed<f64>>,
    /// The rules; all of them must pass.
    #[schemars(required)]
    rule: Option<Vec<Placed<RuleFile>>>,
}

/// One rule: a limit for a number (op and value), or a comparison with the baseline (baseline and margin).
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RuleFile {
    /// Name in reports; suite/metric where it is left out.
    id: Option<Placed<String>>,
    /// Name of the suite.
    #[schemars(required)]
    suite: Option<Placed<String>>,
    /// Id of the task; where it is left out, the rule holds for every task that has the metric.
    task: Option<Placed<String>>,
    /// Metric as results.json names it, e.g. auc.loss or acc.
    #[schemars(required)]
    metric: Option<Placed<String>>,
    /// Which items; where it is left out, the rule holds for the row of all items, or else for every slice.
    slice: Option<Placed<SliceFile>>,
    /// How the number stands to the limit; against a baseline, which way is better: >=, or <= as for leakage.
    op: Option<Placed<Op>>,
    /// The limit.
    value: Option<Placed<f64>>,
    /// Which number is held against the limit: the end of the interval that is harder to pass (the default), or the point.
    #[serde(rename = "use")]
    used: Option<Placed<Used>>,
    /// Fewest items behind the number.
    min_n: Option<Placed<u32>>,
    /// Compare with the baseline, item by item.
    baseline: Option<Placed<bool>>,
    /// Difference that does not matter, above 0, in the unit of the metric.
    margin: Option<Placed<f64>>,
    /// What the comparison must show: non_inferior (the default), superior or equivalent.
    require: Option<Placed<Required>>,
}

/// Which items.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SliceFile {
    /// Number of copies in the training data.
    copies: Option<u32>,
}

/// How a number stands to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
enum Op {
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
    /// Above.
    #[serde(rename = ">")]
    Above,
    /// Below.
    #[serde(rename = "<")]
    Below,
}

/// Which number is held against a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Used {
    /// The estimate itself, which a lucky draw may carry over the limit.
    Point,
    /// Lower end of the interval.
    CiLow,
    /// Upper end of the interval.
    CiHigh,
}

/// What an inconclusive rule comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InconclusiveIs {
    /// The gate fails. The default.
    #[default]
    Fail,
    /// The gate passes.
    Pass,
}

/// What a comparison with the baseline must show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Required {
    /// Not worse by the margin. The default.
    #[default]
    NonInferior,
    /// Better.
    Superior,
    /// Neither better nor worse by the margin.
    Equivalent,
}

/// A checked policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The file as messages name it.
    pub file: String,
    pub inconclusive_is: InconclusiveIs,
    /// In (0, 1/2).
    pub alpha: f64,
    /// In [0, 1].
    pub max_row_errors: f64,
    /// In the order of the file, at least one.
    pub rules: Vec<Rule>,
}

/// A checked rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub id: String,
    /// Line of the rule in the policy.
    pub line: usize,
    pub suite: String,
    /// `None`: whichever task has the metric.
    pub task: Option<String>,
    pub metric: String,
    /// `None`: not narrowed.
    pub slice: Option<Slice>,
    pub min_n: u64,
    pub kind: RuleKind,
}

/// What a rule asks.
#[derive(Debug, Clone, PartialEq)]
pub enum RuleKind {
    /// A number against a limit.
    Absolute { limit: Limit, used: Used },
    /// A comparison with the baseline.
    Relative(Asked),
}

/// What a comparison with the baseline is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// Above 0, in the unit of the metric.
    pub margin: f64,
    pub is_lower_better: bool,
    pub required: Required,
}

/// A limit of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    pub value: f64,
    /// The number must not lie above the limit (else: not below).
    pub is_upper: bool,
    /// The limit itself does not pass.
    pub is_strict: bool,
}

impl Limit {
    /// Whether a number passes.
    #[must_use]
    pub fn allows(self, number: f64) -> bool {
        match (self.is_upper, self.is_strict) {
            (false, false) => number >= self.value,
            (false, true) => number > self.value,
            (true, false) => number <= self.value,
            (true, true) => number < self.value,
        }
    }

    /// "at least 0.8", for a sentence.
    #[must_use]
    pub fn words(self) -> String {
        let how = match (self.is_upper, self.is_strict) {
            (false, false) => "at least",
            (false, true) => "above",
            (true, false) => "at most",
            (true, true) => "below",
        };
        format!("{how} {}", self.value)
    }
}

/// The JSON Schema of a policy, as `mnemoscope schema gate` prints it.
#[must_use]
pub fn gate_schema_text() -> String {
    format!("{:#}\n", toml_schema::<PolicyFile>())
}

/// Reads and checks a policy.
///
/// # Errors
/// A file that cannot be read, or everything that is wrong with it.
pub fn read_policy(path: &Path) -> Result<Policy, GateError> {
    let file = path.display().to_string();
    let text = fs::read_to_string(path).map_err(|source| GateError::Unreadable { file: file.clone(), source })?;
    check_policy(&text, &file)
}

fn check_policy(text: &str, file: &str) -> Result<Policy, GateError> {
    let mut report = Report::new(file, text);
    let schema = toml_schema::<PolicyFile>();
    let policy = read_shaped::<PolicyFile>(text, &schema, &mut report)
        .and_then(|written| Checker { report: &mut report, text }.policy(&written, file));
    match policy {
        Some(policy) if report.is_empty() => Ok(policy),
        _ => Err(GateError::Invalid { file: file.to_owned(), problems: report.into_problems() }),
    }
}

struct Checker<'r, 't> {
    report: &'r mut Report<'t>,
    text: &'t str,
}

impl Checker<'_, '_> {
    fn policy(&mut self, written: &PolicyFile, file: &str) -> Option<Policy> {
        if let Some(version) = written.schema_version.as_ref().filter(|version| version.value != 1) {
            let kind = ProblemKind::OutOfRange {
                found: format!("the number {}", version.value),
                allowed: "1, the layout that this build reads,",
            };
            self.report.add(version.span.start, "schema_version", kind);
        }
        let alpha = self
            .number(written.alpha.as_ref(), "alpha", ALPHA, "a number above 0 and below 0.5", |a| a > 0.0 && a < 0.5);
        let max_row_errors = self.number(
            written.max_row_errors.as_ref(),
            "max_row_errors",
            MAX_ROW_ERRORS,
            "a share from 0 to 1",
            |share| (0.0..=1.0).contains(&share),
        );
        let mut rules: Vec<Rule> = Vec::new();
        for (position, rule) in written.rule.iter().flatten().enumerate() {
            let Some(rule) = self.rule(rule, position) else { continue };
            match rules.iter().find(|earlier| earlier.id == rule.id) {
                // Rules without a name may share suite and metric: their position tells them apart.
                Some(_) if written.rule.as_ref()?[position].value.id.is_none() => {
                    rules.push(Rule { id: format!("{} (rule {})", rule.id, position + 1), ..rule });
                }
                Some(earlier) => {
                    let first_line = earlier.line;
                    let offset = written.rule.as_ref()?[position].span.start;
                    let kind = ProblemKind::DuplicateName { found: rule.id.clone(), first_line };
                    self.report.add(offset, &format!("rule[{}].id", rule.id), kind);
                }
                None => rules.push(rule),
            }
        }
        if written.rule.as_ref().is_some_and(Vec::is_empty) {
            self.report.add(
                0,
                "rule",
                ProblemKind::EmptyList { advice: "a gate without a rule passes anything: add one" },
            );
        }
        Some(Policy {
            file: file.to_owned(),
            inconclusive_is: written.inconclusive_is.as_ref().map_or_else(InconclusiveIs::default, |it| it.value),
            alpha: alpha?,
            max_row_errors: max_row_errors?,
            rules,
        })
    }

    fn number(
        &mut self,
        written: Option<&Placed<f64>>,
        key: &str,
        default: f64,
        allowed: &'static str,
        is_allowed: impl Fn(f64) -> bool,
    ) -> Option<f64> {
        let Some(placed) = written else { return Some(default) };
        if is_allowed(placed.value) {
            return Some(placed.value);
        }
        let kind = ProblemKind::OutOfRange { found: format!("the number {}", placed.value), allowed };
        self.report.add(placed.span.start, key, kind);
        None
    }

    fn rule(&mut self, placed: &Placed<RuleFile>, position: usize) -> Option<Rule> {
        let rule = &placed.value;
        let start = placed.span.start;
        let name = rule.id.as_ref().map_or_else(|| (position + 1).to_string(), |id| id.value.clone());
        let key = |field: &str| format!("rule[{name}].{field}");
        let (suite, metric) = (rule.suite.as_ref()?, rule.metric.as_ref()?);
        if metrics::find(&metric.value).is_none() {
            let known = metrics::known_names();
            let kind = ProblemKind::UnknownMetric {
                found: metric.value.clone(),
                nearest: nearest(&metric.value, known.iter().map(String::as_str)),
            };
            self.report.add(metric.span.start, &key("metric"), kind);
        }
        let kind = if rule.baseline.as_ref().is_some_and(|it| it.value) {
            self.relative(rule, start, &key)
        } else {
            self.absolute(rule, start, &key)
        };
        let is_named = rule.id.as_ref().map(|id| id.value.clone());
        Some(Rule {
            id: is_named.unwrap_or_else(|| format!("{}/{}", suite.value, metric.value)),
            line: self.text[..start.min(self.text.len())].matches('\n').count() + 1,
            suite: suite.value.clone(),
            task: rule.task.as_ref().map(|task| task.value.clone()),
            metric: metric.value.clone(),
            slice: rule.slice.as_ref().map(|slice| Slice { copies: slice.value.copies }),
            min_n: rule.min_n.as_ref().map_or(0, |n| u64::from(n.value)),
            kind: kind?,
        })
    }

    fn absolute(&mut self, rule: &RuleFile, start: usize, key: &dyn Fn(&str) -> String) -> Option<RuleKind> {
        let allowed = || ["op", "value", "use", "min_n"].map(str::to_owned).to_vec();
        for (field, span) in [
            ("margin", rule.margin.as_ref().map(|it| it.span.start)),
            ("require", rule.require.as_ref().map(|it| it.span.start)),
        ] {
            if let Some(offset) = span {
                let kind = ProblemKind::NotOfThisKind { kind: "a limit (without baseline = true)", allowed: allowed() };
                self.report.add(offset, &key(field), kind);
            }
        }
        let mut missing = |field: &str, meaning: &str| {
            // A value that cannot be read is told once.
            if !self.report.mentions(&key(field)) {
                self.report.add(start, &key(field), ProblemKind::MissingKey { meaning: meaning.to_owned() });
            }
        };
        if rule.op.is_none() {
            missing("op", "how the number stands to the limit, one of >=, <=, > and < (or baseline = true)");
        }
        if rule.value.is_none() {
            missing("value", "the limit (or baseline = true)");
        }
        let (op, value) = (rule.op.as_ref()?.value, rule.value.as_ref()?);
        let value = self.number(Some(value), &key("value"), 0.0, "a finite number", f64::is_finite)?;
        let is_upper = matches!(op, Op::AtMost | Op::Below);
        let limit = Limit { value, is_upper, is_strict: matches!(op, Op::Above | Op::Below) };
        let conservative = if is_upper { Used::CiHigh } else { Used::CiLow };
        Some(RuleKind::Absolute { limit, used: rule.used.as_ref().map_or(conservative, |used| used.value) })
    }

    fn relative(&mut self, rule: &RuleFile, start: usize, key: &dyn Fn(&str) -> String) -> Option<RuleKind> {
        let allowed = || ["margin", "op (>= or <=)", "require", "min_n"].map(str::to_owned).to_vec();
        for (field, span) in [
            ("value", rule.value.as_ref().map(|it| it.span.start)),
            ("use", rule.used.as_ref().map(|it| it.span.start)),
        ] {
            if let Some(offset) = span {
                let kind = ProblemKind::NotOfThisKind { kind: "a comparison (baseline = true)", allowed: allowed() };
                self.report.add(offset, &key(field), kind);
            }
        }
        if let Some(op) = rule.op.as_ref().filter(|op| matches!(op.value, Op::Above | Op::Below)) {
            let kind = ProblemKind::OutOfRange {
                found: "a strict comparison".to_owned(),
                allowed: ">= (higher is better) or <= (lower is better)",
            };
            self.report.add(op.span.start, &key("op"), kind);
        }
        let required = rule.require.as_ref().map_or_else(Required::default, |it| it.value);
        // No default: more of an accuracy is better, more of a leak is not.
        if rule.op.is_none() && required != Required::Equivalent && !self.report.mentions(&key("op")) {
            let meaning = "which way is better, >= or <= (as for leakage)".to_owned();
            self.report.add(start, &key("op"), ProblemKind::MissingKey { meaning });
        }
        let Some(margin) = rule.margin.as_ref() else {
            let meaning = "the difference that does not matter, above 0, in the unit of the metric".to_owned();
            self.report.add(start, &key("margin"), ProblemKind::MissingKey { meaning });
            return None;
        };
        let margin = self.number(Some(margin), &key("margin"), 0.0, "a finite number above 0", |margin| {
            margin > 0.0 && margin.is_finite()
        })?;
        Some(RuleKind::Relative(Asked {
            margin,
            is_lower_better: rule.op.as_ref().is_some_and(|op| matches!(op.value, Op::AtMost | Op::Below)),
            required,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Vec<String> {
        match check_policy(text, "gate.toml") {
            Err(GateError::Invalid { problems, .. }) => problems.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_policy_is_read_with_every_default_filled_in() {
        let text = "schema_version = 1\n[[rule]]\nsuite = \"hubble\"\nmetric = \"auc.loss\"\nop = \"<=\"\nvalue = 0.6\n\
                    [[rule]]\nsuite = \"hubble\"\nmetric = \"acc\"\nslice = { copies = 64 }\nbaseline = true\nop = \">=\"\nmargin = 0.02\n";
        let policy = check_policy(text, "gate.toml").unwrap();
        assert_eq!((policy.inconclusive_is, policy.alpha, policy.max_row_errors), (InconclusiveIs::Fail, 0.05, 0.02));
        assert_eq!((policy.rules[0].line, policy.rules[1].line), (2, 7));
        let limit = Limit { value: 0.6, is_upper: true, is_strict: false };
        assert_eq!(policy.rules[0].kind, RuleKind::Absolute { limit, used: Used::CiHigh });
        assert_eq!(
            policy.rules[1].kind,
            RuleKind::Relative(Asked { margin: 0.02, is_lower_better: false, required: Required::NonInferior })
        );
        assert_eq!(policy.rules[1].slice, Some(Slice { copies: Some(64) }));
        assert_eq!(policy.rules[0].slice, None);
    }

    #[test]
    fn all_faults_are_told_at_once_with_line_key_and_way_out() {
        let text = "schema_version = 1\nalpha = 0.7\n[[rule]]\nsuite = \"hubble\"\nmetrik = \"acc\"\nop = \"=>\"\n\
                    [[rule]]\nsuite = \"hubble\"\nmetric = \"auc.losss\"\nbaseline = true\nvalue = 1\n\
                    [[rule]]\nsuite = \"hubble\"\nmetric = \"acc\"\nmargin = 0.1\n";
        let told = messages(text).join("\n");
        for part in [
            "gate.toml:2:9: `alpha`: found the number 0.7",
            "gate.toml:5:1: `rule[1].metrik`: there is no such key here; did you mean `metric`?",
            "gate.toml:6:6: `rule[1].op`: `=>` is not known",
            "gate.toml:9:10: `rule[2].metric`: there is no metric `auc.losss`; did you mean `auc.loss`?",
            "`rule[2].value`: this does not belong to the kind `a comparison",
            "`rule[2].margin`: a key is missing",
            "`rule[2].op`: a key is missing: which way is better",
            "`rule[3].margin`: this does not belong to the kind `a limit",
            "`rule[3].op`: a key is missing",
            "`rule[3].value`: a key is missing",
        ] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }

    #[test]
    fn no_rules_and_names_used_twice_are_faults() {
        assert!(messages("schema_version = 1\n")[0].contains("`rule`: a key is missing"));
        assert!(messages("schema_version = 1\nrule = []\n")[0].contains("passes anything"));
        let rule = "[[rule]]\nid = \"x\"\nsuite = \"hubble\"\nmetric = \"acc\"\nop = \">\"\nvalue = 0\n";
        let told = messages(&format!("schema_version = 1\n{rule}{rule}"));
        assert!(told[0].contains("used twice, first in line 2"), "{told:?}");
        assert!(messages("schema_version = 2\n").iter().any(|line| line.contains("`schema_version`")));
    }

    #[test]
    fn margins_and_limits_that_mean_nothing_are_refused() {
        let relative = |margin: &str| {
            format!(
                "schema_version = 1\n[[rule]]\nsuite = \"hubble\"\nmetric = \"acc\"\nbaseline = true\nop = \">=\"\nmargin = {margin}\n"
            )
        };
        for margin in ["0.0", "-0.1", "nan", "inf"] {
            assert!(messages(&relative(margin))[0].contains("a finite number above 0"), "{margin}");
        }
        let limit = "schema_version = 1\n[[rule]]\nsuite = \"hubble\"\nmetric = \"acc\"\nop = \">\"\nvalue = nan\n";
        assert!(messages(limit)[0].contains("a finite number"));
    }

    #[test]
    fn every_key_of_the_policy_is_described() {
        let schema: serde_json::Value = serde_json::from_str(&gate_schema_text()).unwrap();
        let rule = &schema["$defs"]["RuleFile"]["properties"];
        assert_eq!(rule.as_object().unwrap().len(), 12);
        assert!(rule.as_object().unwrap().values().all(|property| property["description"].is_string()), "{rule:#}");
        assert!(rule["use"].is_object());
    }
}
