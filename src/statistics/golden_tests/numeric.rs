//! Means, bootstrap, association, multiplicity and power against their references.

use serde_json::{Value, json};

use super::{counts, error_fields, first_flag, golden, indices, limits, numbers, object, run_cases};
use crate::statistics::{
    Adjustment, Alternative, Bootstrap, BootstrapMean, CorrelationMethod, DEFAULT_SEED, DoseScoring, McNemarMethod,
    MissingPolicy, PairedVariance, PowerTarget, StatError, adjust_p_values, bootstrap_mean,
    bootstrap_mean_from_indices, clustered_mean, cochran_armitage, correlation, items_for_mcnemar,
    items_for_paired_mean, mcnemar_power, mde_paired_mean, mean_interval, paired_t, rejections, seed_for,
};

#[test]
fn paired_t_tests_agree() {
    run_cases("statistics/paired_continuous.json", &["paired_t"], 52, &[], |case| {
        let alternative = match case.params["alternative"].as_str() {
            Some("less") => Alternative::Less,
            Some("greater") => Alternative::Greater,
            _ => Alternative::TwoSided,
        };
        let missing = match case.params["nan_policy"].as_str() {
            Some("omit") => MissingPolicy::Omit,
            _ => MissingPolicy::Reject,
        };
        let level = case.level()?;
        let test = paired_t(&case.column("a"), &case.column("b"), alternative, level, missing)?;
        Ok(json!({
            "statistic": test.statistic,
            "df": test.degrees_of_freedom,
            "p_value": test.p_value,
            "estimate": test.mean_difference,
            "ci": limits(&test.interval),
            "n_used": test.n_used,
            "n_dropped": test.n_dropped,
            "flag": first_flag(&test.flags),
        }))
    });
}

#[test]
fn clustered_standard_errors_agree() {
    run_cases("statistics/clusters.json", &["clustered_se"], 7, &[], |case| {
        let value = case.input["value"].as_str().unwrap();
        let dataset = &case.datasets["datasets"][case.input["dataset"].as_str().unwrap()];
        let values: Vec<f64> = if value == "a-b" {
            let pairs = case.column("a").into_iter().zip(case.column("b"));
            pairs.map(|(a, b)| a - b).collect()
        } else {
            case.column(value)
        };
        let labels: Vec<String> = dataset["cluster"].as_array().unwrap().iter().map(Value::to_string).collect();
        let level = case.level()?;
        let found = match clustered_mean(&values, &labels, level) {
            Ok(found) => found,
            // A single cluster: the file also gives the error of independent items.
            Err(error) => {
                let mut fields = error_fields(&error);
                fields["se_iid"] = json!(mean_interval(&values, level)?.standard_error);
                return Ok(fields);
            }
        };
        Ok(json!({
            "n": found.n,
            "clusters": found.clusters,
            "mean": found.mean,
            "se_iid": found.se_independent,
            "se_cr0": found.se_cr0,
            "se_cr1": found.se_cr1,
            "se_miller2024": found.se_miller,
            "design_effect": found.design_effect,
            "df": found.degrees_of_freedom,
            "ci_cr1_t": limits(&found.interval),
            "flag": first_flag(&found.flags),
        }))
    });
}

fn bootstrap_fields(found: &BootstrapMean) -> Value {
    object(vec![
        ("estimate", json!(found.estimate)),
        ("se_boot", json!(found.standard_error)),
        ("percentile", limits(&found.percentile)),
        ("basic", limits(&found.basic)),
        ("bca", limits(&found.bca)),
        ("z0", json!(found.bias_correction)),
        ("acceleration", json!(found.acceleration)),
        ("studentized", found.studentized.as_ref().map_or_else(|| json!({"error": "ZeroVariance"}), limits)),
        ("n_zero_se", json!(found.n_zero_spread)),
        ("p_two_sided", json!(found.bootstrap_p)),
        ("flag", first_flag(&found.flags)),
    ])
}

#[test]
fn bootstrap_intervals_agree_on_given_and_on_own_resamples() {
    run_cases("statistics/bootstrap.json", &["bootstrap_paired_mean"], 11, &[], |case| {
        let pairs = case.column("a").into_iter().zip(case.column("b"));
        let differences: Vec<f64> = pairs.map(|(a, b)| a - b).collect();
        let level = case.level()?;
        let found = match case.input.get("indices") {
            Some(rows) => bootstrap_mean_from_indices(&differences, &indices(rows), level)?,
            None => bootstrap_mean(
                &differences,
                &Bootstrap { level, seed: seed_for(DEFAULT_SEED, &case.id), ..Bootstrap::default() },
            )?,
        };
        Ok(bootstrap_fields(&found))
    });
}

#[test]
fn correlations_agree() {
    run_cases("statistics/association.json", &["correlation"], 4, &[], |case| {
        let (x, y) = (numbers(&case.input["x"]), numbers(&case.input["y"]));
        let level = case.level()?;
        let pearson = correlation(&x, &y, CorrelationMethod::Pearson, level)?;
        let spearman = correlation(&x, &y, CorrelationMethod::Spearman, level)?;
        let kendall = correlation(&x, &y, CorrelationMethod::KendallTauB, level)?;
        Ok(json!({
            "pearson": pearson.coefficient,
            "pearson_p": pearson.p_value,
            "pearson_ci": pearson.interval.as_ref().map(limits),
            "spearman": spearman.coefficient,
            "spearman_p": spearman.p_value,
            "kendall_tau_b": kendall.coefficient,
            "kendall_p_asymptotic": kendall.p_value,
        }))
    });
}

#[test]
fn cochran_armitage_agrees() {
    run_cases("statistics/association.json", &["cochran_armitage"], 3, &[], |case| {
        let doses = DoseScoring::Raw.score_all(&numbers(&case.input["dose"]))?;
        let (successes, trials) = (counts(&case.input["successes"]), counts(&case.input["trials"]));
        let test = cochran_armitage(&doses, &successes, &trials)?;
        Ok(json!({
            "z": test.z,
            "statistic": test.z,
            "p_value": test.p_value,
            "flag": first_flag(&test.flags),
        }))
    });
}

#[test]
fn adjusted_p_values_agree() {
    const ALL: [Adjustment; 7] = [
        Adjustment::Bonferroni,
        Adjustment::Sidak,
        Adjustment::Holm,
        Adjustment::Hochberg,
        Adjustment::Hommel,
        Adjustment::BenjaminiHochberg,
        Adjustment::BenjaminiYekutieli,
    ];
    let names = ALL.map(|adjustment| format!("adjust_{}", adjustment.as_str()));
    let methods: Vec<&str> = names.iter().map(String::as_str).collect();
    run_cases("statistics/multiplicity.json", &methods, 52, &[], |case| {
        let position = names.iter().position(|name| *name == case.method).unwrap();
        let p: Vec<Option<f64>> = numbers(&case.input["p"]).into_iter().map(|p| (!p.is_nan()).then_some(p)).collect();
        let adjusted = adjust_p_values(&p, ALL[position])?;
        let alpha = case.params["alpha"].as_f64().unwrap();
        Ok(json!({
            "adjusted": adjusted,
            "reject": rejections(&adjusted, alpha)?,
            "m": adjusted.iter().flatten().count(),
        }))
    });
}

#[test]
fn sample_sizes_and_power_agree() {
    let methods = ["power_paired_mean", "power_mcnemar"];
    run_cases("statistics/power.json", &methods, 9, &[], |case| {
        let number = |value: &Value| value.as_f64().unwrap_or(f64::NAN);
        let alpha = number(&case.params["alpha"]);
        if case.method == "power_mcnemar" {
            let (p10, p01) = (number(&case.input["p10"]), number(&case.input["p01"]));
            let n = case.input["n"].as_u64().unwrap();
            let needed = items_for_mcnemar(p10, p01, PowerTarget::default()).map_or(Value::Null, |n| json!(n.ceil()));
            return Ok(json!({
                "power_exact": mcnemar_power(n, p10, p01, alpha, McNemarMethod::Exact)?,
                "power_midp": mcnemar_power(n, p10, p01, alpha, McNemarMethod::MidP)?,
                "n_normal_80": needed,
            }));
        }
        let repeats =
            |key: &str| -> Result<u32, StatError> { Ok(u32::try_from(case.input[key].as_u64().unwrap()).unwrap()) };
        let variance = PairedVariance {
            omega_squared: number(&case.input["omega2"]),
            sigma_a_squared: number(&case.input["sigma_a2"]),
            sigma_b_squared: number(&case.input["sigma_b2"]),
            repeats_a: repeats("k_a")?,
            repeats_b: repeats("k_b")?,
        };
        let target = PowerTarget { alpha, power: number(&case.params["power"]) };
        let n = items_for_paired_mean(variance, number(&case.input["delta"]), target)?;
        let items = usize::try_from(case.input["n_for_mde"].as_u64().unwrap()).unwrap();
        Ok(json!({
            "n": n,
            "n_items": n.ceil(),
            "mde_at_n": mde_paired_mean(variance, items, target)?,
        }))
    });
}

#[test]
fn the_golden_files_are_of_the_known_schema() {
    for file in ["roc", "bootstrap", "multiplicity"] {
        let content = golden(&format!("statistics/{file}.json"));
        assert_eq!(content["schema"], "mnemoscope.golden.statistics/1");
    }
}
