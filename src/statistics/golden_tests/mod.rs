//! The statistics against the golden cases (scipy, statsmodels, scikit-learn).
//!
//! A case passes when every expected field agrees within the tolerance of the case. Fields
//! that belong to methods this room does not offer yet are skipped by name, never silently.

mod binary;
mod membership;
mod numeric;
mod roc;
mod special;

use serde_json::{Map, Value, json};

use super::error::StatError;
use super::estimate::{Flag, Interval, Level};

/// A golden file, parsed; the path is below `tests/golden`.
fn golden(name: &str) -> Value {
    let path = format!("{}/{name}", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One element of `cases`.
struct Case {
    id: String,
    method: String,
    params: Value,
    input: Value,
    expect: Value,
    tolerance: Tolerance,
    datasets: std::rc::Rc<Value>,
}

#[derive(Clone, Copy)]
struct Tolerance {
    absolute: f64,
    relative: f64,
}

impl Case {
    fn level(&self) -> Result<Level, StatError> {
        self.params["level"].as_f64().map_or(Ok(Level::DEFAULT), Level::new)
    }

    /// Column of the data set the case names, or of the inline data.
    fn column(&self, name: &str) -> Vec<f64> {
        let source = match self.input["dataset"].as_str() {
            Some(dataset) => &self.datasets["datasets"][dataset],
            None => &self.input,
        };
        numbers(&source[name])
    }

    /// Checks every expected field against what `answer` gives; returns the complaints.
    fn check(&self, answer: Result<Value, StatError>, skipped: &[&str]) -> Vec<String> {
        let expected = self.expect.as_object().unwrap();
        let got = match (answer, expected.get("error")) {
            (Ok(value), None) => value,
            (Err(error), Some(kind)) => {
                if kind != error.kind() {
                    return vec![format!("{}: expected {kind}, got {error:?}", self.id)];
                }
                error_fields(&error)
            }
            // A record that carries its error beside other numbers.
            (Ok(value), Some(kind)) if value.get("error") == Some(kind) => value,
            (Ok(value), Some(kind)) => {
                return vec![format!("{}: expected {kind}, got {value}", self.id)];
            }
            (Err(error), None) => return vec![format!("{}: unexpected {error:?}", self.id)],
        };
        let mut complaints = Vec::new();
        for (key, want) in expected {
            if skipped.contains(&key.as_str()) {
                continue;
            }
            let found = got.get(key).unwrap_or(&Value::Null);
            if (got.get(key).is_none() && !want.is_null()) || !agrees(found, want, self.tolerance) {
                complaints.push(format!("{} {key}: want {want}, got {found}", self.id));
            }
        }
        complaints
    }
}

fn error_fields(error: &StatError) -> Value {
    let mut fields = match *error {
        StatError::TooFewItems { needed, got } | StatError::TooFewClusters { needed, got } => {
            json!({"needed": needed, "got": got})
        }
        StatError::NonFinite { index } => json!({"index": index}),
        _ => json!({}),
    };
    fields["error"] = error.kind().into();
    fields
}

/// Runs every case of the wanted methods and reports all complaints at once.
fn run_cases(
    file: &str,
    methods: &[&str],
    expected_count: usize,
    skipped: &[&str],
    answer: impl Fn(&Case) -> Result<Value, StatError>,
) {
    let datasets = std::rc::Rc::new(golden("statistics/datasets.json"));
    let content = golden(file);
    let mut complaints = Vec::new();
    let mut count = 0;
    for case in content["cases"].as_array().unwrap() {
        let method = case["method"].as_str().unwrap();
        if !methods.contains(&method) {
            continue;
        }
        count += 1;
        let case = Case {
            id: case["id"].as_str().unwrap().to_owned(),
            method: method.to_owned(),
            params: case["params"].clone(),
            input: case["input"].clone(),
            expect: case["expect"].clone(),
            tolerance: Tolerance {
                absolute: case["tolerance"]["abs"].as_f64().unwrap_or(0.0),
                relative: case["tolerance"]["rel"].as_f64().unwrap_or(0.0),
            },
            datasets: datasets.clone(),
        };
        complaints.extend(case.check(answer(&case), skipped));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    // A filter that matches nothing would pass without testing anything.
    assert_eq!(count, expected_count, "number of cases in {file} for {methods:?}");
}

fn agrees(got: &Value, want: &Value, tolerance: Tolerance) -> bool {
    match (got, want) {
        (Value::Array(got), Value::Array(want)) => {
            got.len() == want.len() && got.iter().zip(want).all(|(got, want)| agrees(got, want, tolerance))
        }
        (Value::Object(got), Value::Object(want)) => {
            let empty = Value::Null;
            want.iter().all(|(key, want)| agrees(got.get(key).unwrap_or(&empty), want, tolerance))
        }
        (Value::Number(got), Value::Number(want)) => {
            let (got, want) = (got.as_f64().unwrap(), want.as_f64().unwrap());
            (got - want).abs() <= tolerance.absolute + tolerance.relative * want.abs()
        }
        _ => got == want,
    }
}

/// A number, with infinities as the words the golden files use.
fn number(value: f64) -> Value {
    if value.is_finite() {
        json!(value)
    } else if value.is_nan() {
        json!("NaN")
    } else if value > 0.0 {
        json!("Infinity")
    } else {
        json!("-Infinity")
    }
}

fn limits(interval: &Interval) -> Value {
    json!([number(interval.low), number(interval.high)])
}

fn first_flag(flags: &[Flag]) -> Value {
    flags.first().map_or(Value::Null, |flag| json!(flag.as_str()))
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap_or_else(|| panic!("not a list: {value}"))
        .iter()
        .map(|entry| match entry {
            Value::Null => f64::NAN,
            Value::String(word) if word == "Infinity" || word == "inf" => f64::INFINITY,
            Value::String(word) if word == "-Infinity" => f64::NEG_INFINITY,
            other => other.as_f64().unwrap(),
        })
        .collect()
}

fn booleans(values: &[f64]) -> Vec<bool> {
    values.iter().map(|value| *value > 0.5).collect()
}

fn indices(value: &Value) -> Vec<Vec<usize>> {
    let row = |row: &Value| {
        let entries = row.as_array().unwrap().iter();
        entries.map(|index| usize::try_from(index.as_u64().unwrap()).unwrap()).collect()
    };
    value.as_array().unwrap().iter().map(row).collect()
}

fn counts(value: &Value) -> Vec<u64> {
    let as_count = |value: f64| format!("{value}").parse::<u64>().unwrap();
    numbers(value).into_iter().map(as_count).collect()
}

fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(key, value)| (key.to_owned(), value)).collect::<Map<_, _>>())
}
