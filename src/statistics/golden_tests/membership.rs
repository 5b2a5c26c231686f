//! Evaluation of membership attacks against mimir, mink-plus-plus and scikit-learn.

use serde_json::{Value, json};

use super::{Tolerance, agrees, booleans, golden, limits, number, numbers};
use crate::statistics::{
    AucIntervalMethod, CurvePoints, FprRule, LabeledScores, Level, MissingPolicy, auc_estimate, delong_paired,
    fpr_at_tpr, tpr_at_fpr,
};

/// The file's own numbers have 12 digits; TOLERANCES.md asks for 1e-9.
const CLOSE: Tolerance = Tolerance { absolute: 1e-9, relative: 0.0 };

fn curve(data: &LabeledScores, points: CurvePoints) -> Value {
    let curve = data.curve(points);
    let threshold = |value: f64| {
        if value.is_infinite() { json!("inf") } else { number(value) }
    };
    let column = |read: &dyn Fn(&crate::statistics::RocPoint) -> Value| -> Vec<Value> {
        curve.points.iter().map(read).collect()
    };
    json!({
        "fpr": column(&|point| json!(point.false_positive_rate)),
        "tpr": column(&|point| json!(point.true_positive_rate)),
        "thresholds": column(&|point| threshold(point.threshold)),
    })
}

fn rates(data: &LabeledScores, bounds: &Value, rule: FprRule) -> Value {
    let rate = |bound: &String| {
        let bound = bound.parse().unwrap();
        let found = tpr_at_fpr(data, bound, rule, Level::DEFAULT).unwrap();
        json!(found.true_positive_rate)
    };
    let entries = bounds.as_object().unwrap().keys();
    Value::Object(entries.map(|bound| (bound.clone(), rate(bound))).collect())
}

#[test]
fn roc_curves_areas_and_rates_agree_with_every_upstream_rule() {
    let content = golden("membership/eval.json");
    let cases = content["roc"].as_array().unwrap();
    assert_eq!(cases.len(), 12);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let data = LabeledScores::new(&numbers(&case["scores"]), &booleans(&numbers(&case["labels"])));
        if case.get("expect").is_some() {
            assert_eq!(data.unwrap_err().kind(), "SingleClass", "{name}");
            continue;
        }
        let data = data.unwrap();
        let estimate = auc_estimate(&data, Level::DEFAULT, AucIntervalMethod::WaldClipped);
        let fpr95 = fpr_at_tpr(&data, 0.95, CurvePoints::DropIntermediate, Level::DEFAULT);
        let tpr5 = tpr_at_fpr(&data, 0.05, FprRule::MinkPlusPlus, Level::DEFAULT);
        let got = json!({
            "roc_full": curve(&data, CurvePoints::All),
            "roc_drop_intermediate": curve(&data, CurvePoints::DropIntermediate),
            "auc": data.auc(),
            "average_precision": data.average_precision(),
            "mimir": {
                "auc": data.auc(),
                "tpr_at_fpr_lt": rates(&data, &case["mimir"]["tpr_at_fpr_lt"], FprRule::StrictDropped),
            },
            "minkpp": {
                "fpr_at_tpr_ge_0_95": fpr95.unwrap().false_positive_rate,
                "tpr_at_fpr_le_0_05": tpr5.unwrap().true_positive_rate,
            },
            "harness": {
                "tpr_at_fpr_le": rates(&data, &case["harness"]["tpr_at_fpr_le"], FprRule::Conservative),
            },
            "delong": estimate.variance.map(|variance| json!({
                "auc": estimate.auc,
                "variance": variance,
                "se": variance.sqrt(),
                "ci95_wald_clipped": estimate.interval.as_ref().map(limits),
            })),
        });
        for (key, found) in got.as_object().unwrap() {
            let mut want = case.get(key).cloned().unwrap_or(Value::Null);
            if let Some(fields) = want.as_object_mut() {
                // Prose, not numbers.
                fields.remove("input_sign");
                fields.remove("rule");
            }
            assert!(agrees(found, &want, CLOSE), "{name} {key}: got {found}, want {want}");
        }
    }
}

#[test]
fn paired_delong_agrees_with_the_reference() {
    let content = golden("membership/eval.json");
    let cases = content["delong_pairs"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for case in cases {
        let test = delong_paired(
            &numbers(&case["scores_1"]),
            &numbers(&case["scores_2"]),
            &booleans(&numbers(&case["labels"])),
            Level::DEFAULT,
        )
        .unwrap();
        let got = json!({
            "auc": [test.auc_a, test.auc_b],
            "cov": [[test.variance_a, test.covariance], [test.covariance, test.variance_b]],
            "var_diff": test.standard_error.powi(2),
            "z": test.z,
            "p_two_sided": test.p_value,
            "delong_se_diff": test.standard_error,
        });
        for (key, found) in got.as_object().unwrap() {
            if let Some(want) = case.get(key) {
                assert!(agrees(found, want, CLOSE), "{} {key}: {found}, {want}", case["name"]);
            }
        }
    }
}

#[test]
fn missing_scores_are_dropped_as_mimir_does() {
    let case = &golden("membership/eval.json")["nan_case"];
    let (members, others) = (numbers(&case["members"]), numbers(&case["nonmembers"]));
    let classes: Vec<bool> = (0..members.len() + others.len()).map(|row| row < members.len()).collect();
    let scores = [members, others].concat();
    let data = LabeledScores::with_missing(&scores, &classes, MissingPolicy::Omit).unwrap();
    // mimir's lower-is-member sign would turn the area around.
    let want = case["mimir_auc_of_remaining"].as_f64().unwrap();
    assert!((data.auc() - want).abs() < 1e-9);
}
