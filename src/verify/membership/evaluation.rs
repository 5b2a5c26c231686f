//! `eval.json`: ROC points, areas, operating points by three rules, and DeLong tests of given scores.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::statistics::{
    AucIntervalMethod, CurvePoints, FprRule, LabeledScores, Level, MissingPolicy, StatError, auc_estimate,
    delong_paired, fpr_at_tpr, tpr_at_fpr,
};

use super::super::agreement::{Rule, compare, number, optional_number};
use super::super::golden_file::{GoldenFileError, list_field, numbers_field, read_json, text_field};
use super::super::report::FileReport;

const TOLERANCE: f64 = 1e-9;

pub(super) fn check(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let golden = read_json(path)?;
    for case in list_field(&golden, "roc")? {
        let got = roc_outputs(case)?;
        report.record(text_field(case, "name")?, &compare(case, &got, &rule));
    }
    for case in list_field(&golden, "delong_pairs")? {
        let got = pair_outputs(case)?;
        report.record(text_field(case, "name")?, &compare(case, &got, &rule));
    }
    let missing = golden.get("nan_case").ok_or(GoldenFileError::Field { field: "nan_case" })?;
    let got = missing_outputs(missing)?;
    report.record("nan_case", &compare(missing, &got, &rule));
    Ok(())
}

fn rule(field: &str) -> Rule {
    match field {
        "name" | "note" | "sign" | "scores" | "scores_1" | "scores_2" | "labels" | "members" | "nonmembers"
        | "mimir.input_sign" | "harness.rule" => Rule::Exempt,
        // A random run of the reference's own, not to be matched.
        "bootstrap_se_diff_4000_stratified" => Rule::Exempt,
        "expect" => Rule::Presence,
        _ => Rule::Absolute(TOLERANCE),
    }
}

fn labels(case: &Value) -> Result<Vec<bool>, GoldenFileError> {
    Ok(numbers_field(case, "labels")?.into_iter().map(|label| label > 0.5).collect())
}

/// What one set of scores comes to. The bounds are the keys of the case; their values are not looked at.
fn roc_outputs(case: &Value) -> Result<Value, GoldenFileError> {
    let scores = numbers_field(case, "scores")?;
    let data = match LabeledScores::new(&scores, &labels(case)?) {
        Ok(data) => data,
        Err(error) => return Ok(json!({"expect": format!("error: {error}")})),
    };
    let rates = |section: &str, key: &str, rule: FprRule| -> Value {
        let bounds = case.get(section).and_then(|section| section.get(key)).and_then(Value::as_object);
        let rate = |name: &String| (name.clone(), rate_at(&data, name, rule));
        Value::Object(bounds.into_iter().flat_map(Map::keys).map(rate).collect())
    };
    let fpr_at_95 = fpr_at_tpr(&data, 0.95, CurvePoints::DropIntermediate, Level::DEFAULT);
    let estimate = auc_estimate(&data, Level::DEFAULT, AucIntervalMethod::WaldClipped);
    let interval = estimate.interval.as_ref().map_or(Value::Null, |interval| json!([interval.low, interval.high]));
    Ok(json!({
        "auc": number(data.auc()),
        "average_precision": number(data.average_precision()),
        "roc_full": curve(&data, CurvePoints::All),
        "roc_drop_intermediate": curve(&data, CurvePoints::DropIntermediate),
        "mimir": {
            "auc": number(data.auc()),
            "tpr_at_fpr_lt": rates("mimir", "tpr_at_fpr_lt", FprRule::StrictDropped),
        },
        "minkpp": {
            "fpr_at_tpr_ge_0_95": told(fpr_at_95.map(|point| number(point.false_positive_rate))),
            "tpr_at_fpr_le_0_05": rate_at(&data, "0.05", FprRule::MinkPlusPlus),
        },
        "harness": { "tpr_at_fpr_le": rates("harness", "tpr_at_fpr_le", FprRule::Conservative) },
        "delong": {
            "auc": number(estimate.auc),
            "variance": optional_number(estimate.variance),
            "se": optional_number(estimate.standard_error),
            "ci95_wald_clipped": interval,
        },
    }))
}

/// A result, or the error's message in its place.
fn told(result: Result<Value, StatError>) -> Value {
    result.unwrap_or_else(|error| json!(format!("error: {error}")))
}

fn rate_at(data: &LabeledScores, bound: &str, rule: FprRule) -> Value {
    match bound.parse::<f64>() {
        Ok(bound) => told(tpr_at_fpr(data, bound, rule, Level::DEFAULT).map(|point| number(point.true_positive_rate))),
        Err(error) => json!(format!("error: `{bound}` is no bound: {error}")),
    }
}

fn curve(data: &LabeledScores, points: CurvePoints) -> Value {
    let points = data.curve(points).points;
    let column = |value: fn(&crate::statistics::RocPoint) -> f64| -> Vec<Value> {
        points.iter().map(|point| number(value(point))).collect()
    };
    json!({
        "fpr": column(|point| point.false_positive_rate),
        "tpr": column(|point| point.true_positive_rate),
        "thresholds": column(|point| point.threshold),
    })
}

fn pair_outputs(case: &Value) -> Result<Value, GoldenFileError> {
    let (first, second) = (numbers_field(case, "scores_1")?, numbers_field(case, "scores_2")?);
    let test = match delong_paired(&first, &second, &labels(case)?, Level::DEFAULT) {
        Ok(test) => test,
        Err(error) => return Ok(json!({"auc": format!("error: {error}")})),
    };
    Ok(json!({
        "auc": [test.auc_a, test.auc_b],
        "cov": [[test.variance_a, test.covariance], [test.covariance, test.variance_b]],
        "var_diff": number(test.standard_error * test.standard_error),
        "delong_se_diff": number(test.standard_error),
        "z": optional_number(test.z),
        "p_two_sided": optional_number(test.p_value),
    }))
}

/// Scores with gaps: a gap leaves its class, as in mimir.
fn missing_outputs(case: &Value) -> Result<Value, GoldenFileError> {
    let scores = |field: &'static str| -> Result<Vec<f64>, GoldenFileError> {
        Ok(list_field(case, field)?.iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect())
    };
    let (members, others) = (scores("members")?, scores("nonmembers")?);
    let is_member: Vec<bool> = (0..members.len() + others.len()).map(|index| index < members.len()).collect();
    let all: Vec<f64> = members.into_iter().chain(others).collect();
    let data = LabeledScores::with_missing(&all, &is_member, MissingPolicy::Omit);
    Ok(json!({ "mimir_auc_of_remaining": told(data.map(|data| number(data.auc()))) }))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/eval.json");

    #[test]
    fn every_evaluation_case_agrees() {
        let mut report = FileReport::new("eval.json", "membership");
        check(Path::new(GOLDEN), &mut report).expect("the golden cases stand beside the tests");
        assert!(report.failed.is_empty(), "{:#?}", report.failed);
        assert!(report.unsupported.is_empty(), "{:#?}", report.unsupported);
        assert_eq!((report.cases, report.passed), (18, 18));
    }

    #[test]
    fn a_wrong_value_is_found_at_the_last_place() {
        let mut golden = read_json(Path::new(GOLDEN)).expect("golden cases");
        let auc = golden["roc"][3]["auc"].as_f64().expect("an area");
        golden["roc"][3]["auc"] = json!(auc + 1e-8);
        golden["roc"][5]["expect"] = Value::Null;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("eval.json");
        fs::write(&path, golden.to_string()).expect("a temporary file can be written");
        let mut report = FileReport::new("eval.json", "membership");
        check(&path, &mut report).expect("readable");
        let failed: Vec<&str> = report.failed.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(failed, ["some_ties", "only_members"]);
    }
}
