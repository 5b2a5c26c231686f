//! The one shape in which every method of this room can be told: what a script reads and a paper cites.
//!
//! Typed answers ([`PairedTTest`](super::PairedTTest), [`AucEstimate`](super::AucEstimate), ...) are for code; this record
//! is for files, `mnemoscope stats` and golden cases.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::estimate::{Flag, Interval};

/// Degrees of freedom: one number, or the two of an F distribution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum DegreesOfFreedom {
    /// Student's t, chi-squared.
    One(f64),
    /// F: numerator and denominator.
    Two(f64, f64),
}

/// An effect size with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// E.g. `cohen_h`, `hedges_g_z`, `rank_biserial`.
    pub name: String,
    /// Its value; an infinite one is a flag's business and never stands here.
    pub value: f64,
}

/// What one statistical method says about its input.
///
/// Absent fields are absent, never NaN or null. `values` holds everything else that the method computes, under the
/// names of the golden files; infinities stand there as `"Infinity"` and `"-Infinity"`.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct TestRecord {
    /// Name in the registry.
    pub method: String,
    /// The options that were in force, defaults included.
    pub params: BTreeMap<String, Value>,
    /// Items (pairs, tables, units) that entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_used: Option<u64>,
    /// Items that were left out because a value was missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_dropped: Option<u64>,
    /// The test statistic.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_number")]
    pub statistic: Option<f64>,
    /// Degrees of freedom of the reference distribution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub df: Option<DegreesOfFreedom>,
    /// The estimate, in the unit of the input.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_number")]
    pub estimate: Option<f64>,
    /// Its confidence interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci: Option<Interval>,
    /// In [0, 1].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Over the family that the caller named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p_adjusted: Option<f64>,
    /// How large the effect is, free of units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// What a reader must know before quoting a number.
    pub flags: Vec<Flag>,
    /// Seed of the random draws, where there were any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Number of random draws.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resamples: Option<u64>,
    /// Name of the random generator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generator: Option<String>,
    /// Everything else, by the golden files' names.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub values: Map<String, Value>,
}

impl TestRecord {
    /// Whether a number that a reader quotes is not one.
    pub(super) fn has_nan(&self) -> bool {
        let ci = self.ci.iter().flat_map(|ci| [ci.low, ci.high]);
        [self.statistic, self.estimate, self.p_value].into_iter().flatten().chain(ci).any(f64::is_nan)
    }

    /// The value of a field by the name that golden files use: `ci` is `[low, high]`; `values` come first.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.values.get(name) {
            return Some(value.clone());
        }
        let count = |n: Option<u64>| n.map(Value::from);
        match name {
            "statistic" => self.statistic.map(number),
            "estimate" => self.estimate.map(number),
            "p_value" => self.p_value.map(number),
            "p_adjusted" => self.p_adjusted.map(number),
            "df" => self.df.map(|df| match df {
                DegreesOfFreedom::One(df) => number(df),
                DegreesOfFreedom::Two(df1, df2) => Value::Array(vec![number(df1), number(df2)]),
            }),
            "ci" => self.ci.as_ref().map(limits),
            "n_used" => count(self.n_used),
            "n_dropped" => count(self.n_dropped),
            "resamples" => count(self.resamples),
            "seed" => count(self.seed),
            _ => None,
        }
    }
}

/// A number as JSON can hold it: infinities and NaN become the words of the golden files.
#[must_use]
pub fn number(value: f64) -> Value {
    if value.is_nan() {
        Value::from("NaN")
    } else if value.is_infinite() {
        Value::from(if value > 0.0 { "Infinity" } else { "-Infinity" })
    } else {
        Value::from(value)
    }
}

/// An interval as `[low, high]`.
#[must_use]
pub fn limits(interval: &Interval) -> Value {
    Value::Array(vec![number(interval.low), number(interval.high)])
}

// serde's `serialize_with` fixes the signature: a reference it has to be.
#[expect(clippy::ref_option, reason = "the signature is serde's")]
fn optional_number<S: serde::Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => super::extended_float::serialize(value, serializer),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Level;

    #[test]
    fn absent_fields_are_absent_and_infinities_are_words() {
        let record = TestRecord {
            method: "paired_odds_ratio".to_owned(),
            estimate: Some(f64::INFINITY),
            ci: Some(Interval::new(0.5, f64::INFINITY, Level::DEFAULT, "clopper_pearson_odds")),
            ..TestRecord::default()
        };
        let json = serde_json::to_value(&record).unwrap();
        assert_eq!(json["estimate"], "Infinity");
        assert_eq!(json["ci"]["high"], "Infinity");
        assert!(json.get("p_value").is_none() && json.get("values").is_none(), "{json}");
        assert_eq!(record.field("ci"), Some(serde_json::json!([0.5, "Infinity"])));
        assert_eq!(record.field("p_value"), None);
    }
}
