//! One output row of `metric`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::instrument::{Outcome, RowError};
use super::Scored;
use crate::dataset::{PairRow, RowId};
use crate::scoring::pair_metrics::pair_score;
use crate::scoring::reading::{read_date, read_direction, read_number, read_reconstruction, read_threshold};

/// The id, then what was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct MetricLine {
    id: RowId,
    #[serde(flatten)]
    found: Map<String, Value>,
}

/// Scores or reads a row.
pub(super) fn line(row: &PairRow, scored: Scored) -> Outcome<MetricLine> {
    let text = row.prediction.as_str();
    let found = match scored {
        Scored::Number(target) => json!(read_number(text, &target)),
        Scored::Reader("read-date") => json!(read_date(text)),
        Scored::Reader("read-direction") => json!(read_direction(text)),
        Scored::Reader("read-threshold") => json!(read_threshold(text)),
        Scored::Reader(_) => json!(read_reconstruction(text)),
        Scored::Metric(name) => match pair_score(name, text, &row.references) {
            Some(score) if score.flags.is_empty() => json!({"value": score.value}),
            Some(score) => json!({"value": score.value, "flags": score.flags}),
            None => {
                let message =
                    format!("{name} is undefined for this pair: the references say nothing that can be compared");
                return Outcome::Failed(RowError { kind: "undefined".to_owned(), message });
            }
        },
    };
    match found {
        Value::Object(found) => Outcome::Answered(MetricLine { id: row.id.clone(), found }),
        _ => unreachable_line(),
    }
}

/// A reading is a struct, which JSON holds as an object.
fn unreachable_line() -> Outcome<MetricLine> {
    let message = "the value cannot be written as JSON; report this".to_owned();
    Outcome::Failed(RowError { kind: "bug".to_owned(), message })
}

/// How often each status was found, or the mean of the values; empty where there is nothing to say.
pub(super) fn counts(outcomes: &[Outcome<MetricLine>]) -> String {
    let lines = || {
        outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Answered(line) => Some(&line.found),
            _ => None,
        })
    };
    let mut statuses: BTreeMap<&str, usize> = BTreeMap::new();
    for status in lines().filter_map(|found| found.get("status")?.as_str()) {
        *statuses.entry(status).or_default() += 1;
    }
    if !statuses.is_empty() {
        let words: Vec<String> = statuses.iter().map(|(status, n)| format!("{status} {n}")).collect();
        return words.join(", ");
    }
    let values: Vec<f64> = lines().filter_map(|found| found.get("value")?.as_f64()).collect();
    if values.is_empty() {
        return String::new();
    }
    #[expect(clippy::cast_precision_loss, reason = "fewer rows than 2^52")]
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    format!("mean {mean:.4} of {} values", values.len())
}
