//! What is summed from verdicts, and the published table.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::NUMBER;
use super::inputs::conflict;
use crate::dataset::stale::{ConflictType, Dimension};
use crate::scoring::stale::{
    Accuracy, Cell, Coverage, JudgeErrors, ScenarioVerdict, accuracy, coverage, mean_of_six, round_half_up,
};
use crate::verify::agreement::{Rule, compare, number, optional_number};
use crate::verify::case_lines::check_cases;
use crate::verify::golden_file::{GoldenFileError, list_field, number_field, read_json, text_field};
use crate::verify::report::FileReport;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, outputs, &|field| match field {
        "id" | "note" | "verdicts" => Rule::Exempt,
        _ => NUMBER,
    })
}

fn outputs(case: &Value) -> Result<Value, GoldenFileError> {
    let verdicts: Vec<ScenarioVerdict> = list_field(case, "verdicts")?.iter().map(verdict).collect::<Result<_, _>>()?;
    let (compat, strict) = (accuracy(&verdicts, JudgeErrors::AreFails), accuracy(&verdicts, JudgeErrors::AreLeftOut));
    let mut got = json!({
        "upstream_accuracy": upstream(&compat),
        "six_cells_compat": six_cells(&compat),
        "six_cells_strict": six_cells(&strict),
        "overall_macro6_compat": optional_number(compat.macro_mean()),
        "overall_macro6_strict": optional_number(strict.macro_mean()),
        "overall_micro_compat": optional_number(compat.micro_mean()),
        "judge_errors": strict.n_judge_errors,
    });
    if let Some(unmatched) = case.get("unmatched") {
        got["unmatched"] = one_sided(unmatched, &verdicts)?;
    }
    Ok(got)
}

fn verdict(row: &Value) -> Result<ScenarioVerdict, GoldenFileError> {
    let is_judge_error = row.get("judge_error").and_then(Value::as_bool).unwrap_or(false);
    let passes = match row.get("pass").and_then(Value::as_array).map(Vec::as_slice) {
        Some([first, second, third]) if !is_judge_error => match [first.as_bool(), second.as_bool(), third.as_bool()] {
            all @ [Some(_), Some(_), Some(_)] => Some(all),
            _ => return Err(GoldenFileError::Field { field: "pass" }),
        },
        None | Some(_) if is_judge_error => None,
        _ => return Err(GoldenFileError::Field { field: "pass" }),
    };
    let conflict = conflict(row).ok_or(GoldenFileError::Field { field: "type" })?;
    Ok(ScenarioVerdict { uid: text_field(row, "uid")?.to_owned(), conflict, passes })
}

fn upstream(compat: &Accuracy) -> Value {
    // Upstream calls the accuracy of nothing 0.
    let cell = |cell: Cell| json!({"correct": cell.n_passed, "total": cell.n_judged, "accuracy": number(cell.accuracy().unwrap_or(0.0))});
    let of_type = |conflict: ConflictType| {
        let mut cells: Map<String, Value> = Dimension::ALL
            .into_iter()
            .map(|dimension| (dimension.to_string(), cell(compat.cell(conflict, dimension))))
            .collect();
        cells.insert("overall".to_owned(), cell(compat.of(conflict).overall()));
        (conflict.to_string(), Value::Object(cells))
    };
    Value::Object(ConflictType::ALL.into_iter().map(of_type).collect())
}

fn cell_name(conflict: ConflictType, dimension: Dimension) -> String {
    format!("{conflict}.{dimension}")
}

fn six_cells(accuracy: &Accuracy) -> Value {
    let pairs =
        ConflictType::ALL.into_iter().flat_map(|conflict| Dimension::ALL.map(|dimension| (conflict, dimension)));
    let cells = pairs.map(|(conflict, dimension)| {
        (cell_name(conflict, dimension), optional_number(accuracy.cell(conflict, dimension).accuracy()))
    });
    Value::Object(cells.collect())
}

/// What coverage finds on each side, where the case tells which uids stand on one side only.
fn one_sided(unmatched: &Value, verdicts: &[ScenarioVerdict]) -> Result<Value, GoldenFileError> {
    type Side = fn(Coverage) -> Vec<String>;
    let mut got = Map::new();
    let sides: [(&str, Side); 2] =
        [("dataset_only", |found| found.dataset_only), ("answers_only", |found| found.answers_only)];
    for (side, of) in sides {
        let Some(by_type) = unmatched.get(side) else { continue };
        let mut of_side = Map::new();
        for conflict in ConflictType::ALL {
            let Some(extra) = by_type.get(conflict.as_str()).and_then(Value::as_array) else { continue };
            let extra: Option<Vec<&str>> = extra.iter().map(Value::as_str).collect();
            let extra = extra.ok_or(GoldenFileError::Field { field: "unmatched" })?;
            let both = || verdicts.iter().filter(|one| one.conflict == conflict).map(|one| one.uid.as_str());
            let longer = || both().chain(extra.iter().copied());
            let found = match side {
                "dataset_only" => coverage(longer(), both()),
                _ => coverage(both(), longer()),
            };
            of_side.insert(conflict.to_string(), json!(of(found)));
        }
        got.insert(side.to_owned(), Value::Object(of_side));
    }
    Ok(Value::Object(got))
}

pub(super) fn check_published(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let table = read_json(path)?;
    for row in table.as_array().ok_or(GoldenFileError::Field { field: "system" })? {
        let name = text_field(row, "system")?;
        match published(row) {
            Ok(got) => report.record(
                name,
                &compare(row, &got, &|field| match field {
                    "system" | "trimmed" | "kind" | "note" => Rule::Exempt,
                    _ if field.starts_with("T1.") || field.starts_with("T2.") => Rule::Exempt,
                    _ => NUMBER,
                }),
            ),
            Err(error) => report.fail(name, json!("a row with its six cells"), json!(error.to_string())),
        }
    }
    Ok(())
}

fn published(row: &Value) -> Result<Value, GoldenFileError> {
    let mean = mean_of_six([
        number_field(row, "T1.dim1")?,
        number_field(row, "T1.dim2")?,
        number_field(row, "T1.dim3")?,
        number_field(row, "T2.dim1")?,
        number_field(row, "T2.dim2")?,
        number_field(row, "T2.dim3")?,
    ]);
    Ok(json!({
        "overall_recomputed": number(round_half_up(mean, 4)),
        "overall_published": number(round_half_up(mean, 1)),
    }))
}
