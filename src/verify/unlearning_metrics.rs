//! Kind `unlearning-metrics`: what TOFU and MUSE measure, and the tests between two models, on recorded numbers.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::agreement::{DOUBLE, P_VALUE, Rule, compare, number, told};
use super::case_lines::{cases, check_cases, or_undefined};
use super::golden_file::{GoldenFile, GoldenFileError, list_field, number_field, numbers_field, text_field};
use super::paired_targets;
use super::report::{FileReport, WHOLE_FILE};
use super::vocabulary_rows::{ids, rows};
use crate::scoring::membership::compat::OPEN_UNLEARNING_VARIANCE_FLOOR;
use crate::scoring::membership::zlib_length;
use crate::scoring::rouge::{rouge_1_recall_stemmed, rouge_l_stemmed};
use crate::scoring::unlearning::{
    DEFAULT_REFERENCE_AUC, closer_to_one_better, harmonic_mean, option_probability, privleak, probability_share,
    probability_share_mean, relative_difference, token_metrics, true_better, truth_ratio,
};
use crate::statistics::{Alternative, KsMode, LabeledScores, ks_test};

/// Of values from single precision.
const SINGLE: f64 = 1e-4;
/// Of a value standardised by the smallest deviation that is allowed: four units in the last place of a logarithm near 2, over
/// that deviation.
const AT_THE_FLOOR: f64 = 1e-3;
/// Below this p-values are compared by their logarithms.
const SMALLEST_COMPARED_P: f64 = 1e-300;

pub(super) fn is_input(_: &Path) -> bool {
    false
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "unlearning-metrics");
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (path, to) = (file.path.as_path(), &mut report);
    let outcome = match name.as_str() {
        "truth_ratio.jsonl" => check_cases(path, to, truth, &|field| match field {
            "id" | "correct_avg_loss" | "wrong_avg_losses" => Rule::Exempt,
            _ => DOUBLE,
        }),
        "ks_forget_quality.jsonl" => check_quality(path, to),
        "model_utility_hmean.jsonl" => check_cases(path, to, utility, &|field| match field {
            "id" | "values" => Rule::Exempt,
            _ => DOUBLE,
        }),
        "privleak.jsonl" => check_cases(path, to, leakage, &|field| match field {
            "id" | "auc_model" | "auc_retain" => Rule::Exempt,
            _ => DOUBLE,
        }),
        "token_metrics.jsonl" => check_tokens(path, to),
        "mia_auc.jsonl" => check_cases(path, to, area, &|field| match field {
            "id" | "forget_scores_higher_is_less_member" | "holdout_scores" => Rule::Exempt,
            _ => DOUBLE,
        }),
        "zlib.jsonl" => check_cases(path, to, compressed, &|field| match field {
            "id" | "text" | "avg_loss" => Rule::Exempt,
            "zlib_len" => Rule::Exact,
            _ => DOUBLE,
        }),
        "rouge_score_stemmed.jsonl" => check_cases(path, to, overlap, &|field| match field {
            "id" | "gen" | "gt" => Rule::Exempt,
            _ => DOUBLE,
        }),
        "paired_targets.jsonl" => check_cases(path, to, paired_targets::outputs, &paired_targets::rule),
        "mcnemar.jsonl" => check_cases(path, to, paired_targets::mcnemar, &paired_targets::mcnemar_rule),
        _ => {
            report.unsupported(WHOLE_FILE, "this build does not handle this file");
            Ok(())
        }
    };
    if let Err(error) = outcome {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

fn all(values: &[f64]) -> Vec<Value> {
    values.iter().copied().map(number).collect()
}

fn truth(case: &Value) -> Result<Value, GoldenFileError> {
    let right = numbers_field(case, "correct_avg_loss")?;
    let wrong = list_field(case, "wrong_avg_losses")?.iter().map(|losses| {
        let losses: Option<Vec<f64>> = losses.as_array()?.iter().map(Value::as_f64).collect();
        losses.filter(|losses| !losses.is_empty())
    });
    let wrong: Option<Vec<Vec<f64>>> = wrong.collect();
    let wrong = wrong.filter(|wrong| wrong.len() == right.len());
    let wrong = wrong.ok_or(GoldenFileError::Field { field: "wrong_avg_losses" })?;
    let of_each = |score: fn(f64, &[f64]) -> Option<f64>| -> Vec<f64> {
        right.iter().zip(&wrong).filter_map(|(right, wrong)| score(*right, wrong)).collect()
    };
    let (ratios, shares) = (of_each(truth_ratio), of_each(probability_share));
    let options = of_each(|right, wrong| Some(option_probability(right, wrong)));
    let summed_up =
        |value: Option<f64>, scores: &[f64]| json!({"agg_value": or_undefined(value, None), "scores": all(scores)});
    Ok(json!({
        "closer_to_1_better": summed_up(closer_to_one_better(&ratios), &ratios),
        "true_better": summed_up(true_better(&ratios), &ratios),
        "prob_mean": summed_up(probability_share_mean(&shares), &shares),
        "probability_w_options": {
            "agg_value": or_undefined(probability_share_mean(&options), None),
            "probs": all(&options),
        },
    }))
}

fn check_quality(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (name, case) in cases(path, report)? {
        let outcome = quality(&case);
        let (expected, got) = match outcome {
            Ok(both) => both,
            Err(error) => {
                report.fail(&name, json!("a case with its inputs"), json!(error.to_string()));
                continue;
            }
        };
        let rule = |field: &str| match field {
            "id" | "forget_scores" | "retain_scores" => Rule::Exempt,
            "ks_statistic" => DOUBLE,
            _ => P_VALUE,
        };
        report.record(&name, &compare(&expected, &got, &rule));
    }
    Ok(())
}

/// The case, with logarithms in place of p-values too small to compare, and the same from its scores.
fn quality(case: &Value) -> Result<(Value, Value), GoldenFileError> {
    let (forget, retain) = (numbers_field(case, "forget_scores")?, numbers_field(case, "retain_scores")?);
    let inverse = |scores: &[f64]| -> Vec<f64> { scores.iter().map(|score| 1.0 / score).collect() };
    let test = |a: &[f64], b: &[f64], mode| ks_test(a, b, Alternative::TwoSided, mode);
    let exact = test(&forget, &retain, KsMode::Auto);
    let tests = [
        ("p_value", exact.clone()),
        ("p_value_asymp", test(&forget, &retain, KsMode::Asymptotic)),
        ("forget_quality_via_reciprocal", test(&inverse(&forget), &inverse(&retain), KsMode::Auto)),
    ];
    let mut expected = case.clone();
    let mut got = Map::new();
    got.insert("ks_statistic".to_owned(), told(exact.map(|test| test.distance)));
    for (name, test) in tests {
        let wanted = case.get(name).and_then(Value::as_f64);
        let value = match (test, wanted) {
            // scipy's effective size of one value a side rounds to 0, and there is no number.
            (Ok(_), None) if name == "p_value_asymp" && forget.len() * retain.len() == 1 => number(f64::NAN),
            (Ok(test), Some(wanted)) if wanted < SMALLEST_COMPARED_P => {
                // Below the smallest float the reference has 0, which any smaller number agrees with.
                let smallest = f64::from_bits(1).ln();
                expected[name] = number(wanted.ln().max(smallest));
                number(test.ln_p_value.max(smallest))
            }
            (test, _) => told(test.map(|test| test.p_value)),
        };
        got.insert(name.to_owned(), value);
    }
    Ok((expected, Value::Object(got)))
}

fn utility(case: &Value) -> Result<Value, GoldenFileError> {
    let values = numbers_field(case, "values")?;
    Ok(json!({"agg_value": or_undefined(harmonic_mean(&values), case.get("agg_value"))}))
}

fn leakage(case: &Value) -> Result<Value, GoldenFileError> {
    let (model, retain) = (number_field(case, "auc_model")?, number_field(case, "auc_retain")?);
    Ok(json!({
        "privleak": number(privleak(model, retain)),
        "rel_diff": number(relative_difference(model, retain)),
        "privleak_default_ref_0.5": number(privleak(model, DEFAULT_REFERENCE_AUC)),
    }))
}

fn area(case: &Value) -> Result<Value, GoldenFileError> {
    let forget = numbers_field(case, "forget_scores_higher_is_less_member")?;
    let holdout = numbers_field(case, "holdout_scores")?;
    Ok(json!({"auc": told(LabeledScores::from_classes(&holdout, &forget).map(|scores| scores.auc()))}))
}

fn compressed(case: &Value) -> Result<Value, GoldenFileError> {
    let length = zlib_length(text_field(case, "text")?);
    Ok(json!({"zlib_len": length, "score": number(number_field(case, "avg_loss")? / length as f64)}))
}

fn overlap(case: &Value) -> Result<Value, GoldenFileError> {
    let (written, reference) = (text_field(case, "gen")?, text_field(case, "gt")?);
    let in_order = rouge_l_stemmed(written, reference);
    Ok(json!({
        "rouge1_recall": number(rouge_1_recall_stemmed(written, reference)),
        "rougeL_f1": number(in_order.f_measure),
        "rougeL_recall": number(in_order.recall),
    }))
}

fn check_tokens(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    for (name, case) in cases(path, report)? {
        let (got, is_at_floor) = match tokens(&case) {
            Ok(outputs) => outputs,
            Err(error) => {
                report.fail(&name, json!("a case with its inputs"), json!(error.to_string()));
                continue;
            }
        };
        if is_at_floor {
            report
                .skip(&name, "min-k++ at the floor of the variance is compared to 1e-3: single precision has no more");
        }
        let rule = |field: &str| match field {
            "id" | "logits" | "input_ids" | "labels" => Rule::Exempt,
            "labels_used" => Rule::Exact,
            _ if field.ends_with("error") => Rule::Presence,
            _ if is_at_floor && field.starts_with("min_k_pp_") => Rule::Absolute(AT_THE_FLOOR),
            _ => Rule::Absolute(SINGLE),
        };
        report.record(&name, &compare(&case, &got, &rule));
    }
    Ok(())
}

/// The metrics of the labelled tokens, and whether a row has less variance than upstream's floor.
fn tokens(case: &Value) -> Result<(Value, bool), GoldenFileError> {
    let (rows, labels) = (rows(case)?, ids(case, "labels")?);
    let n_labelled = labels.iter().flatten().count();
    let mut used = Vec::new();
    let (mut logprobs, mut means, mut deviations, mut hits) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (row, label) in rows.iter().zip(labels.iter().skip(1)) {
        let Some(label) = *label else { continue };
        logprobs.push(*row.logprobs.get(label).ok_or(GoldenFileError::Field { field: "labels" })?);
        means.push(row.mean);
        deviations.push(row.deviation);
        hits.push(row.first_choice() == label);
        used.push(label);
    }
    used.pop();
    let shares: Vec<(&str, f64)> = case
        .as_object()
        .into_iter()
        .flat_map(Map::keys)
        .filter_map(|key| key.strip_prefix("min_k_pp_").or(key.strip_prefix("min_k_")))
        .filter_map(|share| Some((share, share.parse().ok()?)))
        .collect();
    let values: Vec<f64> = shares.iter().map(|(_, share)| *share).collect();
    let metrics = token_metrics(&logprobs, &means, &deviations, &hits, &values);
    // Upstream divides by all labels; one at the first position is counted and has no prediction.
    let counted = logprobs.len() as f64 / n_labelled as f64;
    let loss = metrics.average_loss.map(|loss| loss * counted);
    let mut got = Map::new();
    let mut put = |name: &str, value: Option<f64>| {
        got.insert(name.to_owned(), or_undefined(value, case.get(name)));
    };
    put("avg_loss", loss);
    put("mia_loss_score", loss);
    put("prob", loss.map(|loss| (-loss).exp()));
    put("exact_memorization", metrics.exact_memorization);
    put("extraction_strength", Some(metrics.extraction_strength).filter(|_| !used.is_empty() || !is_null(case)));
    for (index, (share, _)) in shares.iter().enumerate() {
        put(&format!("min_k_{share}"), Some(metrics.min_k[index]));
        put(&format!("min_k_pp_{share}"), Some(metrics.min_k_pp[index]));
    }
    let kept = logprobs.len().saturating_sub(1);
    got.insert("token_logprobs_used_last_dropped".to_owned(), Value::Array(all(&logprobs[..kept])));
    got.insert("labels_used".to_owned(), json!(used));
    let is_at_floor = deviations[..kept].iter().any(|sd| sd * sd < OPEN_UNLEARNING_VARIANCE_FLOOR);
    Ok((Value::Object(got), is_at_floor))
}

fn is_null(case: &Value) -> bool {
    case.get("extraction_strength").is_some_and(Value::is_null)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::super::verify;
    use super::*;

    fn golden() -> PathBuf {
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/unlearning-metrics"))
    }

    #[test]
    fn every_case_of_every_file_agrees() {
        let report = verify(&[golden()], None).expect("golden cases");
        assert!(report.is_success(false), "{}", report.to_text());
        assert_eq!((report.files.len(), report.cases, report.passed), (10, 119, 119), "{}", report.to_text());
    }

    #[test]
    fn wrong_values_and_unknown_fields_are_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().join("unlearning-metrics");
        fs::create_dir(&root).expect("a temporary folder can be filled");
        let lines = fs::read_to_string(golden().join("privleak.jsonl")).expect("golden cases");
        let mut cases: Vec<Value> =
            lines.lines().map(|line| serde_json::from_str(line).expect("a golden case")).collect();
        cases[1]["rel_diff"] = json!(-43.548_012_1);
        cases[2]["of_another_build"] = json!(1.0);
        let text: Vec<String> = cases.iter().map(Value::to_string).collect();
        fs::write(root.join("privleak.jsonl"), text.join("\n")).expect("a temporary file can be written");
        let report = verify(&[root], None).expect("golden cases");
        let file = &report.files[0];
        assert_eq!(file.failed.iter().map(|case| case.id.as_str()).collect::<Vec<_>>(), ["1"]);
        assert!(file.unsupported[0].reason.contains("of_another_build"));
        assert!(!report.is_success(true));
    }

    #[test]
    fn p_values_below_every_float_are_compared_by_their_logarithms() {
        let scores = |from: f64| (0..600).map(|index| from + f64::from(index)).collect::<Vec<f64>>();
        let case = json!({"forget_scores": scores(1.0), "retain_scores": scores(1000.0), "p_value": 0.0});
        let (expected, got) = quality(&case).expect("scores");
        assert_eq!(expected["p_value"], got["p_value"]);
        let ln = ks_test(&scores(1.0), &scores(1000.0), Alternative::TwoSided, KsMode::Auto).unwrap().ln_p_value;
        assert!(ln < -800.0, "{ln}");
    }
}
