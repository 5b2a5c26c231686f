//! Expected values against computed ones, leaf by leaf.

use serde_json::{Map, Value};

/// How close a computed value must be to the expected one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Rule {
    /// Equal; numbers by value, so that 1 and 1.0 agree.
    Exact,
    /// Numbers within this distance.
    Absolute(f64),
    /// Numbers within this distance, or within this share of the expected value.
    AbsoluteOrRelative { absolute: f64, relative: f64 },
    /// Numbers within the sum of this distance and this share of the expected value.
    AbsolutePlusRelative { absolute: f64, relative: f64 },
    /// Both there or both null; for messages, whose wording is each program's own.
    Presence,
    /// Not compared: an input, or a remark.
    Exempt,
}

/// Of values in double precision, some of which are far from 1.
pub(super) const DOUBLE: Rule = Rule::AbsoluteOrRelative { absolute: 1e-10, relative: 1e-10 };
/// Of p-values.
pub(super) const P_VALUE: Rule = Rule::AbsoluteOrRelative { absolute: 0.0, relative: 1e-6 };
/// One leaf that disagrees.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// E.g. `mimir.loss` or `token_logprobs[17]`.
    pub path: String,
    pub expected: Value,
    pub got: Value,
}

/// The outcome of one case.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Agreement {
    pub differences: Vec<Difference>,
    /// Paths that the case expects and that were not computed.
    pub unhandled: Vec<String>,
    /// Leaves that were compared.
    pub n_compared: usize,
}

/// Differences that a report prints of one case; the rest is counted.
const SHOWN_DIFFERENCES: usize = 8;

impl Agreement {
    /// Something was compared and nothing disagreed.
    #[must_use]
    pub fn is_pass(&self) -> bool {
        self.differences.is_empty() && self.n_compared > 0
    }

    /// The differing leaves as two objects: path to expected value, path to computed value.
    #[must_use]
    pub fn expected_and_got(&self) -> (Value, Value) {
        let (mut expected, mut got) = (Map::new(), Map::new());
        for difference in self.differences.iter().take(SHOWN_DIFFERENCES) {
            expected.insert(difference.path.clone(), difference.expected.clone());
            got.insert(difference.path.clone(), difference.got.clone());
        }
        if let Some(n_more @ 1..) = self.differences.len().checked_sub(SHOWN_DIFFERENCES) {
            got.insert("further differences".to_owned(), Value::from(n_more));
        }
        (Value::Object(expected), Value::Object(got))
    }

    fn differ(&mut self, path: &str, expected: &Value, got: &Value) {
        self.differences.push(Difference { path: path.to_owned(), expected: expected.clone(), got: got.clone() });
    }

    fn walk(&mut self, expected: &Value, got: &Value, at: &Place, rule_of: &dyn Fn(&str) -> Rule) {
        let rule = rule_of(&at.field);
        match (expected, got) {
            _ if rule == Rule::Exempt => {}
            (Value::Object(expected), Value::Object(got)) => {
                for (key, value) in expected {
                    let inner = at.key(key);
                    match got.get(key) {
                        Some(computed) => self.walk(value, computed, &inner, rule_of),
                        None if rule_of(&inner.field) == Rule::Exempt => {}
                        None => self.unhandled.push(inner.path),
                    }
                }
            }
            (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
                // An empty list is a value, too.
                self.n_compared += usize::from(expected.is_empty());
                for (index, (value, computed)) in expected.iter().zip(got).enumerate() {
                    self.walk(value, computed, &at.index(index), rule_of);
                }
            }
            (Value::Array(expected), Value::Array(got)) => {
                self.n_compared += 1;
                let length = |values: &[Value]| Value::from(format!("{} values", values.len()));
                self.differ(&at.path, &length(expected), &length(got));
            }
            _ => {
                self.n_compared += 1;
                if !leaves_agree(expected, got, rule) {
                    self.differ(&at.path, expected, got);
                }
            }
        }
    }
}

/// Compares every leaf of `expected` with the computed one, by the rule of its field.
///
/// A field is the path without list positions, e.g. `top5_next.logprob`. Keys that only `got` has are of no
/// interest: a case may leave fields out.
#[must_use]
pub fn compare(expected: &Value, got: &Value, rule_of: &dyn Fn(&str) -> Rule) -> Agreement {
    let mut agreement = Agreement::default();
    agreement.walk(expected, got, &Place::default(), rule_of);
    agreement
}

/// A number as JSON can hold it: what is not finite becomes its name.
#[must_use]
pub fn number(value: f64) -> Value {
    serde_json::Number::from_f64(value).map_or_else(|| Value::from(value.to_string()), Value::Number)
}

/// As [`number`]; null for an undefined value.
#[must_use]
pub fn optional_number(value: Option<f64>) -> Value {
    value.map_or(Value::Null, number)
}

/// As [`number`]; without a value, why there is none.
pub(super) fn told(result: Result<f64, impl std::fmt::Display>) -> Value {
    result.map_or_else(|error| Value::from(format!("error: {error}")), number)
}

fn leaves_agree(expected: &Value, got: &Value, rule: Rule) -> bool {
    if rule == Rule::Presence {
        return expected.is_null() == got.is_null();
    }
    let (Some(wanted), Some(computed)) = (expected.as_f64(), got.as_f64()) else {
        return expected == got;
    };
    let distance = (wanted - computed).abs();
    match rule {
        Rule::Absolute(tolerance) => distance <= tolerance,
        Rule::AbsoluteOrRelative { absolute, relative } => distance <= absolute || distance <= relative * wanted.abs(),
        Rule::AbsolutePlusRelative { absolute, relative } => distance <= absolute + relative * wanted.abs(),
        Rule::Exact | Rule::Presence | Rule::Exempt => wanted == computed,
    }
}

/// Where in a case the comparison is.
#[derive(Default)]
struct Place {
    path: String,
    field: String,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        let join = |prefix: &str| if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
        Self { path: join(&self.path), field: join(&self.field) }
    }

    fn index(&self, index: usize) -> Self {
        Self { path: format!("{}[{index}]", self.path), field: self.field.clone() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn paths(agreement: &Agreement) -> Vec<&str> {
        agreement.differences.iter().map(|difference| difference.path.as_str()).collect()
    }

    #[test]
    fn each_field_has_its_own_tolerance() {
        let rule = |field: &str| if field == "scores.loss" { Rule::Absolute(0.1) } else { Rule::Exact };
        let got = json!({"ids": [1, 2], "scores": {"loss": 1.05}});
        assert!(compare(&json!({"ids": [1, 2], "scores": {"loss": 1.0}}), &got, &rule).is_pass());
        let wrong = compare(&json!({"ids": [1, 3], "scores": {"loss": 1.2}}), &got, &rule);
        assert_eq!(paths(&wrong), ["ids[1]", "scores.loss"]);
    }

    #[test]
    fn a_field_that_was_not_computed_is_unhandled_and_does_not_pass() {
        let agreement = compare(&json!({"a": {"b": 1}}), &json!({"a": {}}), &|_| Rule::Exact);
        assert_eq!(agreement.unhandled, ["a.b"]);
        assert!(!agreement.is_pass());
    }

    #[test]
    fn null_agrees_with_null_only() {
        let rule = |_: &str| Rule::Absolute(1e9);
        assert!(compare(&json!({"a": null}), &json!({"a": null}), &rule).is_pass());
        assert!(!compare(&json!({"a": null}), &json!({"a": 0.0}), &rule).is_pass());
        assert!(!compare(&json!({"a": 0.0}), &json!({"a": null}), &rule).is_pass());
    }

    #[test]
    fn lists_of_different_length_differ_once() {
        let agreement = compare(&json!([1, 2, 3]), &json!([1, 2]), &|_| Rule::Exact);
        assert_eq!(agreement.differences.len(), 1);
        assert_eq!(agreement.differences[0].got, json!("2 values"));
    }

    #[test]
    fn a_number_that_is_not_one_never_agrees() {
        let rule = |_: &str| Rule::Absolute(f64::INFINITY);
        assert!(!compare(&json!(1.0), &number(f64::NAN), &rule).is_pass());
        assert!(compare(&json!("inf"), &number(f64::INFINITY), &rule).is_pass());
    }

    #[test]
    fn large_values_may_be_compared_by_share() {
        let rule = |_: &str| Rule::AbsoluteOrRelative { absolute: 1e-4, relative: 1e-5 };
        assert!(compare(&json!(40_000.0), &json!(40_000.3), &rule).is_pass());
        assert!(!compare(&json!(40_000.0), &json!(40_001.0), &rule).is_pass());
        assert!(!compare(&json!(1.0), &json!(1.001), &rule).is_pass());
    }

    #[test]
    fn many_differences_are_counted_and_not_all_printed() {
        let wrong = compare(&json!(vec![0; 20]), &json!(vec![1; 20]), &|_| Rule::Exact);
        let (expected, got) = wrong.expected_and_got();
        assert_eq!(expected.as_object().map(Map::len), Some(8));
        assert_eq!(got["further differences"], json!(12));
    }
}
