//! Lines of `metrics.jsonl`: `kind`, `name`, `input`, `expected`, `rel_tol`.

use serde_json::{Map, Value, json};

use super::case::CaseError;
use super::{inference, measures};
use crate::verify::agreement::{Rule, compare};
use crate::verify::golden_file::{GoldenFileError, number_field, text_field};
use crate::verify::report::FileReport;

/// Computes all fields that a kind has from its input.
type Outputs = fn(&Value) -> Result<Value, CaseError>;

const KINDS: &[(&str, Outputs)] = &[
    ("level_metrics", measures::level),
    ("baselines", measures::baselines),
    ("guessability", measures::guessed),
    ("did_excess_hit", measures::did),
    ("fake_cutoff_leak", measures::leak),
    ("headline_dating", measures::dating),
    ("paired_sign_flip_exact", inference::sign_flips),
    ("wilcoxon", inference::signed_ranks),
    ("two_sample_permutation_exact", inference::label_permutations),
    ("mcnemar", inference::discordant_pairs),
    ("rdd_local_linear", inference::jump),
    ("bernoulli_changepoint", inference::change),
    ("calibration", inference::calibration),
    ("fake_date_two_sample", inference::two_dates),
    ("lap_interaction_ols", inference::contamination),
    ("embedding_ridge", inference::embedding),
    ("multiplicity", inference::families),
    ("wilson_interval", inference::wilson_interval),
];

/// Compares one line: every expected field, within rel_tol of max(1, |expected|).
pub(super) fn check_case(line: &str, case: &Value, report: &mut FileReport) {
    let (kind, id) = match named(case) {
        Ok(named) => named,
        Err(error) => return report.fail(line, json!("a case with its name and kind"), json!(error.to_string())),
    };
    let Some((_, outputs)) = KINDS.iter().find(|(known, _)| *known == kind) else {
        return report.unsupported(&id, &format!("this build does not handle the kind `{kind}` of metric"));
    };
    let outcome = outputs(case.get("input").unwrap_or(&Value::Null));
    let (expected, rule) = match expectation(case) {
        Ok(expectation) => expectation,
        Err(error) => return report.fail(&id, json!("what is expected, and how closely"), json!(error.to_string())),
    };
    match outcome {
        Ok(got) => report.record(&id, &compare(&expected, &got, &|_| rule)),
        Err(CaseError::UnknownOption { option, value }) => {
            report.unsupported(&id, &CaseError::UnknownOption { option, value }.to_string());
        }
        // What is undefined is null in these files.
        Err(CaseError::Refused(_)) if is_undefined(&expected) => {
            report.record(&id, &compare(&expected, &expected, &|_| rule));
        }
        Err(error) => report.fail(&id, expected, json!(error.to_string())),
    }
}

fn named(case: &Value) -> Result<(&str, String), GoldenFileError> {
    let (kind, name) = (text_field(case, "kind")?, text_field(case, "name")?);
    Ok((kind, format!("{kind}/{name}")))
}

fn expectation(case: &Value) -> Result<(Value, Rule), GoldenFileError> {
    let tolerance = number_field(case, "rel_tol")?;
    let expected = case.get("expected").filter(|expected| expected.as_object().is_some_and(|map| !map.is_empty()));
    let expected = expected.ok_or(GoldenFileError::Field { field: "expected" })?;
    Ok((expected.clone(), Rule::AbsoluteOrRelative { absolute: tolerance, relative: tolerance }))
}

fn is_undefined(expected: &Value) -> bool {
    expected.as_object().is_some_and(|fields: &Map<String, Value>| fields.values().all(Value::is_null))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::verify::verify;

    fn golden() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/economic-recall/metrics.jsonl"))
    }

    fn cases() -> Vec<Value> {
        let text = fs::read_to_string(golden()).expect("golden cases");
        text.lines().map(|line| serde_json::from_str(line).expect("a golden case")).collect()
    }

    /// A report on changed cases.
    fn report_on(cases: &[Value]) -> FileReport {
        let mut report = FileReport::new("changed", "economic-recall");
        cases.iter().for_each(|case| check_case("a line", case, &mut report));
        report
    }

    #[test]
    fn every_case_agrees_in_every_field() {
        let report = verify(&[golden()], None).expect("golden cases");
        assert!(report.is_success(false), "{}", report.to_text());
        assert_eq!((report.cases, report.passed), (46, 46), "{}", report.to_text());
    }

    #[test]
    fn every_expected_number_is_compared() {
        // Each number of each case is moved in turn: none may go unnoticed.
        let mut n_moved = 0;
        for case in cases() {
            let fields: Vec<String> = case["expected"].as_object().expect("fields").keys().cloned().collect();
            for field in fields {
                let mut changed = case.clone();
                changed["expected"][&field] = match &case["expected"][&field] {
                    Value::Null => json!(0.5),
                    Value::Number(number) => json!(number.as_f64().unwrap() + 1e-3),
                    other => json!([other]),
                };
                let report = report_on(&[changed]);
                assert_eq!(report.failed.len(), 1, "{} {field}", case["name"]);
                n_moved += 1;
            }
        }
        assert!(n_moved > 200, "{n_moved}");
    }

    #[test]
    fn unknown_kinds_fields_and_options_are_unsupported_and_not_passed() {
        let of = |kind: &str| cases().into_iter().find(|case| case["kind"] == kind).expect("a case");
        let mut unknown_kind = of("wilson_interval");
        unknown_kind["kind"] = json!("of_another_build");
        let mut unknown_field = of("wilson_interval");
        unknown_field["expected"]["middle"] = json!(0.5);
        let mut unknown_option = of("rdd_local_linear");
        unknown_option["input"]["kernel"] = json!("gaussian");
        let report = report_on(&[unknown_kind, unknown_field, unknown_option]);
        assert_eq!(report.unsupported.len(), 3, "{report:?}");
        assert!(report.unsupported[1].reason.contains("middle") && report.unsupported[2].reason.contains("gaussian"));
        assert!(report.failed.is_empty());
    }

    #[test]
    fn a_case_without_its_input_fails_and_what_is_undefined_is_null() {
        let broken =
            json!({"kind": "multiplicity", "name": "x", "input": {}, "expected": {"holm": []}, "rel_tol": 1e-9});
        let nothing = json!({
            "kind": "did_excess_hit", "name": "empty side", "rel_tol": 1e-9,
            "input": {"pre_model": [], "pre_baseline": [], "post_model": [1], "post_baseline": [0]},
            "expected": {"excess_pre": null, "excess_post": 1.0, "did": null},
        });
        let report = report_on(&[broken, nothing]);
        assert_eq!((report.failed.len(), report.passed), (1, 1), "{report:?}");
    }
}
