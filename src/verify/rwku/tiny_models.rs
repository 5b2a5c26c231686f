//! Small checkpoints beside their recorded outputs.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::agreement::{Rule, compare, number};
use super::super::case_lines::cases;
use super::super::golden_file::{GoldenFileError, text_field};
use super::super::report::FileReport;
use crate::backend::{BackendError, LocalModel, LocalOptions};

const TOLERANCE: f64 = 1e-4;
/// Logits of the last position that are recorded.
const RECORDED_LOGITS: usize = 64;

pub(super) fn check_logits(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let folder = path.parent().unwrap_or(Path::new("")).join("tiny");
    let mut models: BTreeMap<String, Result<LocalModel, String>> = BTreeMap::new();
    for (line, case) in cases(path, report)? {
        let name = text_field(&case, "model")?;
        let model = models.entry(name.to_owned()).or_insert_with(|| {
            LocalModel::open(&folder.join(name), &LocalOptions::default()).map_err(|error| error.to_string())
        });
        let id = format!("{name} {line}");
        match model {
            Ok(model) => report.record(&id, &compare(&case, &outputs(model, text_field(&case, "text")?), &rule)),
            Err(error) => report.fail(&id, json!("a checkpoint that opens"), json!(error)),
        }
    }
    Ok(())
}

fn rule(field: &str) -> Rule {
    match field {
        "model" | "text" => Rule::Exempt,
        "input_ids" => Rule::Exact,
        _ => Rule::Absolute(TOLERANCE),
    }
}

/// What the model says of a text; a refusal stands in place of the values.
fn outputs(model: &LocalModel, text: &str) -> Value {
    let told = |error: BackendError| json!(format!("error: {error}"));
    let numbers = |values: &[f32]| Value::Array(values.iter().map(|&value| number(f64::from(value))).collect());
    let ids = match model.encode(text, true) {
        Ok(ids) => ids,
        Err(error) => return json!({"input_ids": told(error)}),
    };
    let mut got = Map::new();
    let scores = model.score_ids(&ids, 1, false);
    got.insert("token_logprobs".to_owned(), scores.map_or_else(told, |scores| numbers(&scores.logprobs)));
    let logits = model.next_token_logits(&ids);
    let first = |logits: Vec<f32>| numbers(&logits[..logits.len().min(RECORDED_LOGITS)]);
    got.insert("logits_last_position_first_64".to_owned(), logits.map_or_else(told, first));
    got.insert("input_ids".to_owned(), json!(ids));
    Value::Object(got)
}
