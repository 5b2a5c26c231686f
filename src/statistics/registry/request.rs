//! Reading `params` and `input`: every name, type and range is checked, and what was in force is kept for the record.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::error::MethodError;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Alternative, Level};
use crate::statistics::missing::MissingPolicy;
use crate::statistics::resample::stream::{Bootstrap, DEFAULT_SEED};

/// One call of a method.
pub(super) struct Request<'a> {
    params: &'a Map<String, Value>,
    input: &'a Map<String, Value>,
    /// Options in force, defaults included.
    in_force: RefCell<BTreeMap<String, Value>>,
}

/// A column that may be a name of another column or the numbers themselves.
const LONGEST_SHOWN: usize = 60;
/// Largest whole number that is read as a count: floats hold it exactly, and sums of a few do not overflow.
const LARGEST_COUNT: u64 = 9_000_000_000_000_000;
const A_COUNT: &str = "a whole number from 0 to 9 000 000 000 000 000";

impl<'a> Request<'a> {
    pub(super) fn new(params: &'a Map<String, Value>, input: &'a Map<String, Value>) -> Self {
        Self { params, input, in_force: RefCell::default() }
    }

    pub(super) fn into_params(self) -> BTreeMap<String, Value> {
        self.in_force.into_inner()
    }

    fn keep(&self, name: &str, value: impl Into<Value>) {
        self.in_force.borrow_mut().insert(name.to_owned(), value.into());
    }

    // Parameters.

    pub(super) fn level(&self) -> Result<Level, StatError> {
        self.level_named("level")
    }

    /// A confidence level under another name, where `level` means something else.
    pub(super) fn level_named(&self, name: &'static str) -> Result<Level, StatError> {
        let value = self.number_param(name, Some(Level::DEFAULT.value()))?;
        Level::new(value)
    }

    pub(super) fn alternative(&self) -> Result<Alternative, StatError> {
        self.choice(
            "alternative",
            Alternative::TwoSided,
            &[
                ("two-sided", Alternative::TwoSided),
                ("less", Alternative::Less),
                ("greater", Alternative::Greater),
                ("smaller", Alternative::Less),
                ("larger", Alternative::Greater),
            ],
        )
    }

    pub(super) fn missing(&self) -> Result<MissingPolicy, StatError> {
        self.choice(
            "nan_policy",
            MissingPolicy::Reject,
            &[("reject", MissingPolicy::Reject), ("omit", MissingPolicy::Omit)],
        )
    }

    /// Resamples, seed and level.
    pub(super) fn bootstrap(&self, resamples: usize) -> Result<Bootstrap, StatError> {
        Ok(Bootstrap { resamples: self.resamples(resamples)?, seed: self.seed()?, level: self.level()? })
    }

    pub(super) fn resamples(&self, default: usize) -> Result<usize, StatError> {
        self.count_param("resamples", Some(default))
    }

    pub(super) fn seed(&self) -> Result<u64, StatError> {
        match self.params.get("seed") {
            None => {
                self.keep("seed", DEFAULT_SEED);
                Ok(DEFAULT_SEED)
            }
            Some(value) => {
                self.keep("seed", value.clone());
                value.as_u64().ok_or_else(|| StatError::invalid("seed", found(value, "a whole number of 0 or more")))
            }
        }
    }

    /// A parameter whose values are words; the first word of `known` with the default's value is recorded.
    pub(super) fn choice<T: Copy + PartialEq>(
        &self,
        name: &'static str,
        default: T,
        known: &[(&str, T)],
    ) -> Result<T, StatError> {
        let chosen = match self.params.get(name) {
            None | Some(Value::Null) => default,
            Some(value) => {
                let words = || known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
                match value.as_str().and_then(|text| known.iter().find(|(word, _)| *word == text)) {
                    Some((_, chosen)) => *chosen,
                    None => return Err(StatError::invalid(name, found(value, &format!("one of {}", words())))),
                }
            }
        };
        if let Some((word, _)) = known.iter().find(|(_, value)| *value == chosen) {
            self.keep(name, *word);
        }
        Ok(chosen)
    }

    pub(super) fn switch(&self, name: &'static str, default: bool) -> Result<bool, StatError> {
        let value = match self.params.get(name) {
            None | Some(Value::Null) => default,
            Some(Value::Bool(value)) => *value,
            Some(other) => return Err(StatError::invalid(name, found(other, "true or false"))),
        };
        self.keep(name, value);
        Ok(value)
    }

    /// A number among the parameters; required where there is no default.
    pub(super) fn number_param(&self, name: &'static str, default: Option<f64>) -> Result<f64, StatError> {
        let value = match self.params.get(name) {
            None | Some(Value::Null) => {
                default.ok_or_else(|| StatError::invalid(name, "is required; give it in `params`"))?
            }
            Some(value) => value.as_f64().ok_or_else(|| StatError::invalid(name, found(value, "a number")))?,
        };
        self.keep(name, value);
        Ok(value)
    }

    pub(super) fn count_param(&self, name: &'static str, default: Option<usize>) -> Result<usize, StatError> {
        let value = match self.params.get(name) {
            None | Some(Value::Null) => {
                default.ok_or_else(|| StatError::invalid(name, "is required; give it in `params`"))?
            }
            Some(value) => {
                let whole = whole_number(value).and_then(|count| usize::try_from(count).ok());
                whole.ok_or_else(|| StatError::invalid(name, found(value, A_COUNT)))?
            }
        };
        self.keep(name, value as u64);
        Ok(value)
    }

    /// A parameter as it stands.
    pub(super) fn raw_param(&self, name: &str) -> Option<&'a Value> {
        let value = self.params.get(name).filter(|value| !value.is_null())?;
        self.keep(name, value.clone());
        Some(value)
    }

    // Input.

    pub(super) fn has(&self, field: &str) -> bool {
        self.input.get(field).is_some_and(|value| !value.is_null())
    }

    pub(super) fn value(&self, field: &str) -> Result<&'a Value, MethodError> {
        self.input
            .get(field)
            .ok_or_else(|| MethodError::input(field, format!("is missing; there are: {}", self.fields())))
    }

    fn fields(&self) -> String {
        if self.input.is_empty() {
            "no fields".to_owned()
        } else {
            self.input.keys().cloned().collect::<Vec<_>>().join(", ")
        }
    }

    pub(super) fn number(&self, field: &str) -> Result<f64, MethodError> {
        let value = self.value(field)?;
        value.as_f64().ok_or_else(|| MethodError::input(field, found(value, "a number")))
    }

    pub(super) fn count(&self, field: &str) -> Result<u64, MethodError> {
        let value = self.value(field)?;
        whole_number(value).ok_or_else(|| MethodError::input(field, found(value, A_COUNT)))
    }

    /// A list of numbers; null and "NaN" are missing values, "Infinity" and "-Infinity" are what they say.
    pub(super) fn column(&self, field: &str) -> Result<Vec<f64>, MethodError> {
        numbers(self.value(field)?, field)
    }

    /// The column that `field` names, or the numbers that it holds itself. `a-b` is the difference of columns a and b.
    pub(super) fn named_column(&self, field: &str) -> Result<Vec<f64>, MethodError> {
        match self.value(field)? {
            Value::String(name) if name == "a-b" => {
                let (a, b) = (self.column("a")?, self.column("b")?);
                if a.len() != b.len() {
                    return Err(StatError::LengthMismatch { left: a.len(), right: b.len() }.into());
                }
                Ok(a.iter().zip(&b).map(|(left, right)| left - right).collect())
            }
            Value::String(name) => self.column(name),
            list => numbers(list, field),
        }
    }

    /// A list of 0/1 or true/false.
    pub(super) fn classes(&self, field: &str) -> Result<Vec<bool>, MethodError> {
        classes(self.value(field)?, field)
    }

    pub(super) fn counts(&self, field: &str) -> Result<Vec<u64>, MethodError> {
        let values = list(self.value(field)?, field)?;
        let read = |(index, value): (usize, &Value)| {
            whole_number(value).ok_or_else(|| MethodError::input(format!("{field}[{index}]"), found(value, A_COUNT)))
        };
        values.iter().enumerate().map(read).collect()
    }

    /// A list of lists of numbers.
    pub(super) fn table(&self, field: &str) -> Result<Vec<Vec<f64>>, MethodError> {
        let rows = list(self.value(field)?, field)?;
        rows.iter().enumerate().map(|(index, row)| numbers(row, &format!("{field}[{index}]"))).collect()
    }

    /// Rows of resample indices, from 0.
    pub(super) fn indices(&self, field: &str) -> Result<Vec<Vec<usize>>, MethodError> {
        let rows = list(self.value(field)?, field)?;
        rows.iter()
            .enumerate()
            .map(|(row, values)| {
                let place = format!("{field}[{row}]");
                list(values, &place)?
                    .iter()
                    .map(|value| {
                        let index = whole_number(value).and_then(|index| usize::try_from(index).ok());
                        index.ok_or_else(|| MethodError::input(place.clone(), found(value, "indices from 0")))
                    })
                    .collect()
            })
            .collect()
    }

    /// Cluster labels: texts or numbers, compared as they are written (numbers by value).
    pub(super) fn labels(&self, field: &str) -> Result<Vec<Label>, MethodError> {
        let values = list(self.value(field)?, field)?;
        let read = |(index, value): (usize, &Value)| match value {
            Value::String(text) => Ok(Label::Text(text.clone())),
            Value::Number(number) => Ok(Label::Number(ordered(number.as_f64().unwrap_or(0.0)))),
            other => Err(MethodError::input(format!("{field}[{index}]"), found(other, "a text or a number"))),
        };
        values.iter().enumerate().map(read).collect()
    }

    /// A nested object, to be read like `input`.
    pub(super) fn nested(&self, field: &str) -> Result<Request<'a>, MethodError> {
        match self.value(field)? {
            Value::Object(input) => Ok(Request { params: self.params, input, in_force: RefCell::default() }),
            other => Err(MethodError::input(field, found(other, "an object"))),
        }
    }
}

/// A cluster label; numbers come before texts, each in their own order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    Number(u64),
    Text(String),
}

fn ordered(value: f64) -> u64 {
    crate::statistics::rank::order_key(value)
}

fn list<'v>(value: &'v Value, field: &str) -> Result<&'v [Value], MethodError> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| MethodError::input(field, found(value, "a list")))
}

fn numbers(value: &Value, field: &str) -> Result<Vec<f64>, MethodError> {
    let read = |(index, entry): (usize, &Value)| match entry {
        Value::Null => Ok(f64::NAN),
        Value::Bool(truth) => Ok(f64::from(u8::from(*truth))),
        Value::String(word) if word == "NaN" => Ok(f64::NAN),
        Value::String(word) if word == "Infinity" || word == "inf" => Ok(f64::INFINITY),
        Value::String(word) if word == "-Infinity" || word == "-inf" => Ok(f64::NEG_INFINITY),
        other => other
            .as_f64()
            .ok_or_else(|| MethodError::input(format!("{field}[{index}]"), found(other, "a number or null"))),
    };
    list(value, field)?.iter().enumerate().map(read).collect()
}

fn classes(value: &Value, field: &str) -> Result<Vec<bool>, MethodError> {
    let read = |(index, entry): (usize, &Value)| match (entry, entry.as_f64()) {
        (Value::Bool(truth), _) => Ok(*truth),
        (_, Some(0.0)) => Ok(false),
        (_, Some(1.0)) => Ok(true),
        _ => Err(MethodError::input(format!("{field}[{index}]"), found(entry, "0, 1, true or false"))),
    };
    list(value, field)?.iter().enumerate().map(read).collect()
}

/// A whole number, also when written 3.0.
fn whole_number(value: &Value) -> Option<u64> {
    if let Some(count) = value.as_u64() {
        return (count <= LARGEST_COUNT).then_some(count);
    }
    let number = value
        .as_f64()
        .filter(|number| *number >= 0.0 && *number <= LARGEST_COUNT as f64 && number.fract().abs() <= 0.0)?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and below 2^53")]
    Some(number as u64)
}

/// "found X; Y is needed", with a long X cut short.
fn found(value: &Value, needed: &str) -> String {
    let mut text = value.to_string();
    if text.chars().count() > LONGEST_SHOWN {
        text = text.chars().take(LONGEST_SHOWN).collect::<String>() + "...";
    }
    format!("found {text}; {needed} is needed")
}

/// Fields that a record's `values` take from a JSON object.
pub(super) fn values(fields: Value) -> Map<String, Value> {
    match fields {
        Value::Object(fields) => fields,
        other => Map::from_iter([("value".to_owned(), json!(other))]),
    }
}
