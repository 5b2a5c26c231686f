//! Tests and intervals: what `statistics` computes.

use serde_json::{Value, json};

use super::case::{CaseError, count, hits, optional_numbers};
use crate::scoring::forecast::trailing_mean;
use crate::statistics::{
    Adjustment, Alternative, ChangeDirection, ChangePoint, Continuity, CorrelationMethod, Discontinuity, Kernel,
    KsMode, LabelPermutation, LabelPermutationTest, Level, PairedCounts, RobustErrors, SignFlip, StatError, Wilcoxon,
    WilcoxonMode, ZeroMethod, adjust_p_values, change_point, confidence_report, correlation, discontinuity,
    interaction, ks_test, label_permutation, mann_whitney, mcnemar_exact_p, mcnemar_midp, ridge, sign_flip, wilcoxon,
    wilson,
};
use crate::verify::golden_file::{GoldenFileError, list_field, number_field, numbers_field};

/// Periods of the mean beside which an embedding must predict.
const RECENT: usize = 5;
/// Where there are too many permutations for all of them.
const DRAWS: usize = 99_999;

fn field(field: &'static str) -> CaseError {
    GoldenFileError::Field { field }.into()
}

/// An option's value by its word; `None` where the input has none.
fn option<T: Copy>(input: &Value, name: &'static str, known: &[(&str, T)]) -> Result<Option<T>, CaseError> {
    let Some(value) = input.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let found = known.iter().find(|(word, _)| value.as_str() == Some(word));
    found.map(|(_, meaning)| Some(*meaning)).ok_or(CaseError::UnknownOption { option: name, value: value.clone() })
}

fn against_zero(input: &Value) -> Result<(Vec<f64>, Vec<f64>), CaseError> {
    let differences = numbers_field(input, "differences")?;
    let zeros = vec![0.0; differences.len()];
    Ok((differences, zeros))
}

pub(super) fn sign_flips(input: &Value) -> Result<Value, CaseError> {
    let (differences, zeros) = against_zero(input)?;
    let of = |alternative| {
        // All flips up to 20 differences, drawn ones above.
        let settings = SignFlip { alternative, resamples: DRAWS, ..SignFlip::default() };
        sign_flip(&differences, &zeros, &settings)
    };
    let both = of(Alternative::TwoSided)?;
    Ok(json!({
        "statistic": both.statistic,
        "two_sided": both.p_value,
        "greater": of(Alternative::Greater)?.p_value,
        "less": of(Alternative::Less)?.p_value,
    }))
}

pub(super) fn signed_ranks(input: &Value) -> Result<Value, CaseError> {
    let (differences, zeros) = against_zero(input)?;
    let words = [
        ("exact", WilcoxonMode::Exact),
        ("approx", WilcoxonMode::Asymptotic),
        ("asymptotic", WilcoxonMode::Asymptotic),
    ];
    let mode = option(input, "method", &words)?.ok_or(field("method"))?;
    let settings =
        Wilcoxon { zero_method: ZeroMethod::Wilcox, mode, continuity: Continuity::Plain, ..Wilcoxon::default() };
    let test = wilcoxon(&differences, &zeros, &settings)?;
    Ok(json!({"statistic": test.w_plus.min(test.w_minus), "pvalue": test.p_value}))
}

pub(super) fn label_permutations(input: &Value) -> Result<Value, CaseError> {
    let (pre, post) = (numbers_field(input, "pre")?, numbers_field(input, "post")?);
    let settings = LabelPermutation { resamples: DRAWS, ..LabelPermutation::default() };
    let LabelPermutationTest { statistic, n_splits, p_two_sided, p_greater, p_less, .. } =
        label_permutation(&pre, &post, &settings)?;
    Ok(json!({
        "statistic": statistic, "n_splits": n_splits,
        "two_sided": p_two_sided, "greater": p_greater, "less": p_less,
    }))
}

pub(super) fn discordant_pairs(input: &Value) -> Result<Value, CaseError> {
    let counts = PairedCounts::from_outcomes(&hits(input, "model_hit")?, &hits(input, "baseline_hit")?)?;
    let (n10, n01) = (counts.only_a, counts.only_b);
    Ok(json!({
        "n10": n10, "n01": n01, "exact_p": mcnemar_exact_p(n10, n01), "mid_p": mcnemar_midp(n10, n01),
    }))
}

pub(super) fn jump(input: &Value) -> Result<Value, CaseError> {
    let (running, outcome) = (numbers_field(input, "running")?, numbers_field(input, "outcome")?);
    let kernels = [("triangular", Kernel::Triangular), ("uniform", Kernel::Uniform)];
    let settings = Discontinuity {
        cutoff: number_field(input, "cutoff")?,
        bandwidth: number_field(input, "bandwidth")?,
        kernel: option(input, "kernel", &kernels)?.unwrap_or_default(),
        level: Level::DEFAULT,
    };
    let test = discontinuity(&running, &outcome, None, &settings)?;
    Ok(json!({
        "n_used": test.n_used,
        "tau": test.tau,
        "se_hc1": test.standard_error,
        "z": test.z,
        "p_normal": test.p_value,
        "ci95": [test.interval.low, test.interval.high],
    }))
}

pub(super) fn change(input: &Value) -> Result<Value, CaseError> {
    let words = [
        ("drop", ChangeDirection::Drop),
        ("rise", ChangeDirection::Rise),
        ("any", ChangeDirection::Any),
        ("both", ChangeDirection::Any),
    ];
    let settings = ChangePoint {
        min_segment: count(input, "min_segment")?,
        direction: option(input, "direction", &words)?.unwrap_or_default(),
        permutations: 0,
        ..ChangePoint::default()
    };
    let test = change_point(&hits(input, "hits_in_time_order")?, &settings)?;
    let split = test.split.as_ref();
    Ok(json!({
        "split_index": split.map(|split| split.index),
        "likelihood_ratio": split.map(|split| split.likelihood_ratio),
        "rate_before": split.map(|split| split.rate_before),
        "rate_after": split.map(|split| split.rate_after),
        "interval": test.interval().map(|(first, last)| [first, last]),
    }))
}

pub(super) fn calibration(input: &Value) -> Result<Value, CaseError> {
    let confidence = optional_numbers(input, "confidence")?;
    let errors = match input.get("abs_error") {
        None | Some(Value::Null) => vec![None; confidence.len()],
        Some(_) => optional_numbers(input, "abs_error")?,
    };
    let report = confidence_report(&confidence, &hits(input, "hit")?, &errors, count(input, "n_bins")?)?;
    let found = report.reliability;
    let bins: Vec<Value> = found
        .bins
        .iter()
        .enumerate()
        .filter(|(_, bin)| bin.n > 0)
        .map(|(index, bin)| json!([index, bin.n, bin.mean_probability, bin.rate]))
        .collect();
    Ok(json!({
        "ece": found.ece,
        "mce": found.mce,
        "brier": found.brier,
        "bins": bins,
        "auroc_confidence_vs_hit": report.auroc,
        "overconfidence": report.overconfidence,
        "spearman_conf_vs_neg_abs_error": report.closeness.as_ref().map(|found| found.coefficient),
        "spearman_p": report.closeness.as_ref().map(|found| found.p_value),
        "n_without_confidence": report.n_without_confidence,
    }))
}

pub(super) fn two_dates(input: &Value) -> Result<Value, CaseError> {
    let (past, future) = (numbers_field(input, "past_date")?, numbers_field(input, "future_date")?);
    let distance = ks_test(&past, &future, Alternative::TwoSided, KsMode::Exact)?;
    let ranks = mann_whitney(&past, &future, Alternative::TwoSided, Continuity::Corrected)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    Ok(json!({
        "ks_statistic": distance.distance,
        "ks_p_exact": distance.p_value,
        "mannwhitney_u": ranks.u_a,
        "mannwhitney_p_asymptotic": ranks.p_value,
        "mean_shift": mean(&past) - mean(&future),
    }))
}

pub(super) fn contamination(input: &Value) -> Result<Value, CaseError> {
    option(input, "standardise", &[("mean 0, sample sd 1", ())])?;
    let (outcome, forecast, lap) =
        (numbers_field(input, "outcome")?, numbers_field(input, "forecast")?, numbers_field(input, "lap")?);
    let fit = interaction(&outcome, &forecast, &lap, RobustErrors::Hc1)?.fit;
    Ok(json!({
        "beta": fit.coefficients,
        "se_hc1": fit.standard_errors,
        "z": fit.z,
        "p_normal": fit.p_values,
        "r2": fit.r_squared,
    }))
}

pub(super) fn embedding(input: &Value) -> Result<Value, CaseError> {
    let rows: Option<Vec<Vec<f64>>> = list_field(input, "embedding")?
        .iter()
        .map(|row| row.as_array().and_then(|row| row.iter().map(Value::as_f64).collect()))
        .collect();
    let rows = rows.ok_or(field("embedding"))?;
    let (target, is_train) = (numbers_field(input, "target")?, hits(input, "train_mask")?);
    if rows.len() != target.len() || is_train.len() != target.len() {
        return Err(field("train_mask"));
    }
    let side = |wanted: bool| (0..rows.len()).filter(|row| is_train[*row] == wanted).collect::<Vec<usize>>();
    let (train, held_out) = (side(true), side(false));
    let known: Vec<&[f64]> = train.iter().map(|&row| rows[row].as_slice()).collect();
    let values: Vec<f64> = train.iter().map(|&row| target[row]).collect();
    let fit = ridge(&known, &values, number_field(input, "alpha")?)?;
    let predictions: Vec<f64> = held_out.iter().map(|&row| fit.predict(&rows[row])).collect();
    let truth: Vec<f64> = held_out.iter().map(|&row| target[row]).collect();
    // Beside the mean of the periods just before, where there are enough.
    let (recent, after): (Vec<f64>, Vec<f64>) =
        held_out.iter().filter_map(|&row| Some((trailing_mean(&target, row, RECENT)?, target[row]))).unzip();
    Ok(json!({
        "weights": fit.weights,
        "predictions": predictions,
        "pearson_r": pearson(&predictions, &truth)?,
        "pearson_r_sma5": pearson(&recent, &after)?,
    }))
}

/// `None` for fewer than three periods or where one side does not vary.
fn pearson(left: &[f64], right: &[f64]) -> Result<Option<f64>, StatError> {
    match correlation(left, right, CorrelationMethod::Pearson, Level::DEFAULT) {
        Ok(found) => Ok(Some(found.coefficient)),
        Err(StatError::EmptyInput | StatError::TooFewItems { .. } | StatError::ZeroVariance) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn families(input: &Value) -> Result<Value, CaseError> {
    let p = optional_numbers(input, "p")?;
    Ok(json!({
        "holm": adjust_p_values(&p, Adjustment::Holm)?,
        "bh": adjust_p_values(&p, Adjustment::BenjaminiHochberg)?,
    }))
}

pub(super) fn wilson_interval(input: &Value) -> Result<Value, CaseError> {
    let level = Level::new(number_field(input, "level")?)?;
    let interval = wilson(count(input, "successes")? as u64, count(input, "n")? as u64, level)?;
    Ok(json!({"low": interval.low, "high": interval.high}))
}
