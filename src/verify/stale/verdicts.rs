//! Verdicts out of a judge's reply: as upstream takes them, and as we do.

use std::path::Path;

use serde_json::{Value, json};

use crate::scoring::stale::{CompatVerdict, read_compat, read_strict};
use crate::verify::agreement::{Rule, compare};
use crate::verify::case_lines::cases;
use crate::verify::golden_file::GoldenFileError;
use crate::verify::report::FileReport;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (name, mut case) in cases(path, report)? {
        let reply = match case.get("raw") {
            Some(Value::Null) => None,
            Some(Value::String(reply)) => Some(reply.as_str()),
            _ => {
                report.fail(&name, json!("a text or null under `raw`"), json!("something else"));
                continue;
            }
        };
        let got = json!({"upstream": upstream(reply), "strict": strict(reply)});
        // What the case leaves out must not be there.
        if let Some(expected) = case.get_mut("strict").and_then(Value::as_object_mut) {
            for field in ["verdicts", "kind", "field"] {
                expected.entry(field).or_insert(Value::Null);
            }
        }
        let rule = |field: &str| match field {
            "id" | "note" | "raw" => Rule::Exempt,
            _ => Rule::Exact,
        };
        report.record(&name, &compare(&case, &got, &rule));
    }
    Ok(())
}

fn upstream(reply: Option<&str>) -> Value {
    let verdict = read_compat(reply);
    json!({
        "judge_error": verdict == CompatVerdict::JudgeError,
        "verdicts": verdict.counted(),
        "aggregator_crash": verdict.crash(),
    })
}

fn strict(reply: Option<&str>) -> Value {
    match read_strict(reply) {
        Ok(verdicts) => json!({"status": "ok", "verdicts": verdicts, "kind": null, "field": null}),
        Err(fault) => {
            json!({"status": "judge_error", "verdicts": null, "kind": fault.kind.as_str(), "field": fault.field})
        }
    }
}
