//! Records that upstream accepts or refuses, and which field it names.

use std::path::Path;

use serde_json::{Value, json};

use crate::dataset::stale::{answer_refusal, dataset_refusal};
use crate::verify::agreement::Rule;
use crate::verify::case_lines::check_cases;
use crate::verify::golden_file::{GoldenFileError, text_field};
use crate::verify::report::FileReport;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, outputs, &|field| match field {
        "upstream_accepts" | "upstream_message_names_field" => Rule::Exact,
        "id" | "kind" | "note" => Rule::Exempt,
        _ if field.starts_with("record") => Rule::Exempt,
        _ => Rule::Exact,
    })
}

fn outputs(case: &Value) -> Result<Value, GoldenFileError> {
    let record = case.get("record").or_else(|| case.get("record_without_history")).and_then(Value::as_object);
    let record = record.ok_or(GoldenFileError::Field { field: "record" })?;
    let refusal = match text_field(case, "kind")? {
        "dataset" => dataset_refusal(record),
        "answer" => answer_refusal(record),
        _ => return Err(GoldenFileError::Field { field: "kind" }),
    };
    Ok(json!({"upstream_accepts": refusal.is_none(), "upstream_message_names_field": refusal}))
}
