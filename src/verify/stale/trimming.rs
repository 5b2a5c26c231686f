//! What is left of a history that is too long.

use std::path::Path;

use serde_json::{Value, json};

use super::inputs::{dimension, scenario, scenario_named, scenarios_beside};
use crate::digest::sha256_hex;
use crate::prompt::stale::trim;
use crate::text::python_text::split;
use crate::verify::agreement::Rule;
use crate::verify::case_lines::check_cases;
use crate::verify::golden_file::{GoldenFileError, text_field};
use crate::verify::report::FileReport;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    // Cases with a scenario of their own need none beside them.
    let records = scenarios_beside(path).unwrap_or_default();
    check_cases(path, report, |case| outputs(case, &records), &|field| match field {
        "id" | "note" | "item_uid" | "item" | "dim" | "limit_words" | "picker" => Rule::Exempt,
        _ if field.starts_with("item.") => Rule::Exempt,
        _ => Rule::Exact,
    })
}

fn outputs(case: &Value, records: &[Value]) -> Result<Value, GoldenFileError> {
    let scenario = match case.get("item").filter(|item| !item.is_null()) {
        Some(item) => scenario(item)?,
        None => scenario_named(records, text_field(case, "item_uid")?)?,
    };
    let limit = case.get("limit_words").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.ok_or(GoldenFileError::Field { field: "limit_words" })?;
    let pick: fn(usize) -> usize = match text_field(case, "picker")? {
        "first" => |_| 0,
        "last" => |n| n - 1,
        "middle" => |n| n / 2,
        _ => return Err(GoldenFileError::Field { field: "picker" }),
    };
    let trimmed = trim(&scenario, dimension(case)?, limit, |message| split(message).count(), pick);
    let times: Vec<&str> = trimmed.kept.iter().filter_map(|&kept| scenario.sessions[kept].time.as_deref()).collect();
    let head: String = match case.get("history_head").and_then(Value::as_str) {
        Some(head) => trimmed.history.chars().take(head.chars().count().max(1)).collect(),
        None => String::new(),
    };
    Ok(json!({
        "words_before": trimmed.size_before,
        "words_after": trimmed.size_after,
        "kept_session_indices": trimmed.kept,
        "kept_timestamps": times,
        "removed": trimmed.dropped.len(),
        "fits": trimmed.is_fitting,
        "history_text_sha256": sha256_hex(trimmed.history.as_bytes()),
        "history_head": head,
    }))
}
