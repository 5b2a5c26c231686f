//! ROC, DeLong and rates at a bound against scikit-learn and MLstatkit.

use serde_json::{Value, json};

use super::{Case, booleans, first_flag, limits, number, object, run_cases};
use crate::statistics::{
    AucComparison, AucIntervalMethod, FprRule, LabeledScores, StatError, auc_estimate, delong_paired, delong_unpaired,
    delong_variance, hanley_mcneil_standard_error, tpr_at_fpr,
};

const FILE: &str = "statistics/roc.json";

fn labeled(case: &Case) -> Result<LabeledScores, StatError> {
    let scores = case.column(case.input["score"].as_str().unwrap());
    LabeledScores::new(&scores, &booleans(&case.column("y")))
}

#[test]
fn areas_and_their_intervals_agree() {
    run_cases(FILE, &["roc_auc"], 18, &[], |case| {
        let level = case.level()?;
        let data = labeled(case)?;
        let logit = auc_estimate(&data, level, AucIntervalMethod::Logit);
        let wald = auc_estimate(&data, level, AucIntervalMethod::WaldClipped);
        let error =
            delong_variance(&data).map_or_else(|error| super::error_fields(&error), |variance| json!(variance.sqrt()));
        Ok(object(vec![
            ("auc", json!(logit.auc)),
            ("n_pos", json!(data.n_positive())),
            ("n_neg", json!(data.n_negative())),
            ("se_delong", error),
            ("ci_logit", logit.interval.as_ref().map_or(Value::Null, limits)),
            ("ci_wald", wald.interval.as_ref().map_or(Value::Null, limits)),
            ("se_hanley_mcneil", json!(hanley_mcneil_standard_error(logit.auc, data.n_positive(), data.n_negative()))),
            ("flag", first_flag(&logit.flags)),
            ("gini", json!(2.0 * logit.auc - 1.0)),
        ]))
    });
}

#[test]
fn true_positive_rates_at_a_bound_agree() {
    run_cases(FILE, &["tpr_at_fpr"], 64, &[], |case| {
        let level = case.level()?;
        let data = labeled(case)?;
        let bound = case.params["fpr"].as_f64().unwrap();
        let read = |rule| tpr_at_fpr(&data, bound, rule, level);
        let default = read(FprRule::Conservative)?;
        Ok(object(vec![
            ("conservative", json!(default.true_positive_rate)),
            ("threshold", number(default.threshold)),
            ("achieved_fpr", json!(default.achieved_fpr)),
            ("strict", json!(read(FprRule::Strict)?.true_positive_rate)),
            ("interpolated", json!(read(FprRule::Interpolated)?.true_positive_rate)),
            ("ci_clopper_pearson", default.interval.as_ref().map_or(Value::Null, limits)),
            ("resolvable", json!(default.is_resolvable)),
        ]))
    });
}

fn comparison(test: &AucComparison) -> Value {
    object(vec![
        ("auc1", json!(test.auc_a)),
        ("auc2", json!(test.auc_b)),
        ("difference", json!(test.difference)),
        ("var1", json!(test.variance_a)),
        ("var2", json!(test.variance_b)),
        ("cov", json!(test.covariance)),
        ("z", json!(test.z)),
        ("p_value", json!(test.p_value)),
        ("ci", test.interval.as_ref().map_or(Value::Null, limits)),
        ("flag", first_flag(&test.flags)),
        ("error", test.significance().map_or_else(|error| json!(error.kind()), |_| Value::Null)),
    ])
}

#[test]
fn paired_delong_agrees() {
    run_cases(FILE, &["delong_paired"], 7, &[], |case| {
        let classes = booleans(&case.column("y"));
        let level = case.level()?;
        let test = delong_paired(&case.column("s1"), &case.column("s2"), &classes, level)?;
        Ok(comparison(&test))
    });
}

#[test]
fn unpaired_delong_agrees() {
    run_cases(FILE, &["delong_unpaired"], 3, &[], |case| {
        let load = |key: &str| {
            let dataset = &case.datasets["datasets"][case.input[key][0].as_str().unwrap()];
            LabeledScores::new(
                &super::numbers(&dataset[case.input[key][1].as_str().unwrap()]),
                &booleans(&super::numbers(&dataset["y"])),
            )
        };
        let test = delong_unpaired(&load("first")?, &load("second")?, case.level()?)?;
        Ok(comparison(&test))
    });
}
