//! RWKU's likelihood scores of recorded logits.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::super::agreement::{Rule, compare};
use super::super::case_lines::{cases, check_statistics, inputs, mean, or_nan, or_undefined};
use super::super::golden_file::{GoldenFileError, read_json, text_field};
use super::super::report::FileReport;
use super::super::vocabulary_rows::{ids, rows};
use crate::scoring::membership::zlib_length;
use crate::scoring::rwku_membership::{RwkuMembership, SHARES, rwku_membership};

const TOLERANCE: f64 = 1e-4;
/// Place of 0.2 among the shares.
const FIFTH: usize = 1;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (name, case) in cases(path, report)? {
        let scores = match scores(&case) {
            Ok(scores) => scores,
            Err(error) => {
                report.fail(&name, json!("a case with its inputs"), json!(error.to_string()));
                continue;
            }
        };
        if scores.has_saturated_row {
            report.skip(&name, "min-k++ of a row without variance is rounding noise in the reference");
        }
        let got = json!({
            "zlib_len": zlib_length(text_field(&case, "text")?),
            "scores": named(&scores, case.get("scores")),
        });
        let rule = |field: &str| match field {
            "id" | "text" | "input_ids" | "logits" => Rule::Exempt,
            "zlib_len" => Rule::Exact,
            _ if scores.has_saturated_row && field.starts_with("scores.mink++") => Rule::Exempt,
            _ => Rule::Absolute(TOLERANCE),
        };
        report.record(&name, &compare(&case, &got, &rule));
    }
    Ok(())
}

fn scores(case: &Value) -> Result<RwkuMembership, GoldenFileError> {
    let (rows, ids) = (rows(case)?, ids(case, "input_ids")?);
    let (mut logprobs, mut means, mut deviations) = (Vec::new(), Vec::new(), Vec::new());
    for (row, id) in rows.iter().zip(ids.iter().skip(1)) {
        let logprob = id.and_then(|id| row.logprobs.get(id)).ok_or(GoldenFileError::Field { field: "input_ids" })?;
        logprobs.push(*logprob);
        means.push(row.mean);
        deviations.push(row.deviation);
    }
    Ok(rwku_membership(&logprobs, &means, &deviations, zlib_length(text_field(case, "text")?)))
}

fn named(scores: &RwkuMembership, expected: Option<&Value>) -> Value {
    let mut got = Map::new();
    let mut put = |name: String, value: Option<f64>| {
        let expected = expected.and_then(|expected| expected.get(&name));
        got.insert(name.clone(), or_undefined(value, expected));
    };
    put("loss".to_owned(), scores.loss);
    put("zlib".to_owned(), scores.zlib);
    for (index, share) in SHARES.iter().enumerate() {
        put(format!("mink_{share:.1}"), scores.min_k[index]);
        put(format!("mink++_{share:.1}"), scores.min_k_pp[index]);
    }
    Value::Object(got)
}

/// The loss alone leaves out what is undefined; one undefined value of another score makes the mean so.
pub(super) fn check_aggregate(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let all: Vec<RwkuMembership> =
        inputs(&path.with_file_name("mia.jsonl"))?.iter().map(scores).collect::<Result<_, _>>()?;
    let losses: Vec<Option<f64>> = all.iter().map(|scores| scores.loss).filter(Option::is_some).collect();
    let loss = mean(&losses);
    let got = json!({
        "loss": or_nan(loss),
        "zlib": or_nan(mean(&all.iter().map(|scores| scores.zlib).collect::<Vec<_>>())),
        "reported_as_mink20_but_is_minkpp_0.2":
            or_nan(mean(&all.iter().map(|scores| scores.min_k_pp[FIFTH]).collect::<Vec<_>>())),
        "paper_units_loss": or_nan(loss.map(|loss| -100.0 * loss)),
    });
    // A hundred times the loss has a hundred times its rounding.
    let rule = Rule::AbsoluteOrRelative { absolute: TOLERANCE, relative: TOLERANCE / 3.0 };
    check_statistics(&read_json(path)?, &got, rule, report);
    Ok(())
}
