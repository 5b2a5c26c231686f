//! Metrics of answers: what `scoring` computes.

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::case::{CaseError, count, hits, optional_numbers};
use crate::scoring::forecast::{
    Baseline, DatedAnswer, HeadlineItem, LevelAnswer, LevelItem, LevelRule, Tolerance, baseline_path, excess_hits,
    fake_cutoff_leak, guessability, headline_dating, level_metrics,
};
use crate::scoring::reading::DatePrecision;
use crate::statistics::StatError;
use crate::verify::agreement::optional_number;
use crate::verify::golden_file::{GoldenFileError, list_field, number_field, numbers_field, text_field};

fn field(field: &'static str) -> CaseError {
    GoldenFileError::Field { field }.into()
}

pub(super) fn level(input: &Value) -> Result<Value, CaseError> {
    let truth = numbers_field(input, "truth")?;
    let previous = optional_numbers(input, "previous_truth")?;
    let answers = optional_numbers(input, "answer")?;
    let statuses = list_field(input, "status")?;
    let threshold = input.get("threshold").and_then(Value::as_f64);
    if [previous.len(), answers.len(), statuses.len()].iter().any(|length| *length != truth.len()) {
        return Err(field("truth"));
    }
    let item = |row: usize| -> Result<LevelItem, CaseError> {
        let value = || answers[row].ok_or(field("answer"));
        let answer = match statuses[row].as_str() {
            Some("value") => LevelAnswer::Value { value: value()?, is_hedged: false },
            Some("range") => LevelAnswer::Range { value: value()? },
            Some("refusal") => LevelAnswer::Refusal,
            Some("unparseable") => LevelAnswer::Unparseable,
            Some("error") => LevelAnswer::Error,
            _ => return Err(CaseError::UnknownOption { option: "status", value: statuses[row].clone() }),
        };
        Ok(LevelItem { truth: truth[row], previous_truth: previous[row], threshold, answer })
    };
    let items: Vec<LevelItem> = (0..truth.len()).map(item).collect::<Result<_, _>>()?;
    let decimals = input.get("published_decimals").and_then(Value::as_i64);
    let rule = LevelRule {
        published_decimals: decimals.and_then(|d| i32::try_from(d).ok()).ok_or(field("published_decimals"))?,
        absolute_tolerance: number_field(input, "abs_tol")?,
        relative_tolerance: number_field(input, "rel_tol")?,
    };
    Ok(json!(level_metrics(&items, &rule)))
}

pub(super) fn baselines(input: &Value) -> Result<Value, CaseError> {
    let (values, min_history) = (numbers_field(input, "values")?, count(input, "min_history")?);
    let path = |kind: Baseline| -> Value {
        baseline_path(kind, &values, min_history).into_iter().map(optional_number).collect()
    };
    Ok(Value::Object(Baseline::ALL.into_iter().map(|kind| (kind.as_str().to_owned(), path(kind))).collect()))
}

pub(super) fn guessed(input: &Value) -> Result<Value, CaseError> {
    let truth = numbers_field(input, "truth")?;
    let answers = optional_numbers(input, "answer")?;
    let tolerance = match (input.get("rel_tol").and_then(Value::as_f64), input.get("abs_tol").and_then(Value::as_f64)) {
        (Some(share), None) => Tolerance::Relative(share),
        (None, Some(limit)) => Tolerance::Absolute(limit),
        _ => return Err(field("rel_tol")),
    };
    let given = input.get("baselines").and_then(Value::as_object).ok_or(field("baselines"))?;
    let mut columns: Vec<(&str, Vec<f64>)> = given
        .iter()
        .map(|(name, values)| {
            let values: Option<Vec<f64>> = values.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
            Ok((name.as_str(), values.ok_or(field("baselines"))?))
        })
        .collect::<Result<_, CaseError>>()?;
    // In the order of records: of equally strong ones the first is taken.
    let place = |name: &str| Baseline::ALL.iter().position(|kind| kind.as_str() == name).unwrap_or(usize::MAX);
    columns.sort_by_key(|(name, _)| place(name));
    let columns: Vec<(&str, &[f64])> = columns.iter().map(|(name, values)| (*name, values.as_slice())).collect();
    let found = guessability(&truth, &answers, &columns, tolerance)
        .ok_or(StatError::Undefined { why: "no item, no baseline, or lists of different lengths" })?;
    let of_each: Map<String, Value> = found
        .baselines
        .iter()
        .map(|comparison| {
            let fields = json!({
                "hit_baseline": comparison.hit_baseline,
                "mae_baseline": comparison.mae_baseline,
                "skill": comparison.skill,
                "share_closer": comparison.share_closer,
                "guessability_adjusted": comparison.guessability_adjusted,
            });
            (comparison.name.clone(), fields)
        })
        .collect();
    Ok(json!({
        "hit_model": found.hit_model,
        "per_baseline": of_each,
        "strongest_baseline": found.strongest().name,
        "adjusted_recall": found.adjusted_recall(),
    }))
}

pub(super) fn did(input: &Value) -> Result<Value, CaseError> {
    let side = |model: &'static str, baseline: &'static str| -> Result<Vec<(bool, bool)>, CaseError> {
        let (own, guess) = (hits(input, model)?, hits(input, baseline)?);
        if own.len() == guess.len() { Ok(own.into_iter().zip(guess).collect()) } else { Err(field(baseline)) }
    };
    let (pre, post) = (side("pre_model", "pre_baseline")?, side("post_model", "post_baseline")?);
    // A side without items leaves the other's excess.
    let alone = |pairs: &[(bool, bool)]| excess_hits(pairs, pairs).map(|excess| excess.pre);
    let both = excess_hits(&pre, &post);
    Ok(json!({"excess_pre": alone(&pre), "excess_post": alone(&post), "did": both.map(|excess| excess.did)}))
}

pub(super) fn leak(input: &Value) -> Result<Value, CaseError> {
    let found = fake_cutoff_leak(
        number_field(input, "acc_unconstrained")?,
        number_field(input, "acc_after_fake_cutoff")?,
        number_field(input, "acc_true_post_cutoff")?,
    );
    Ok(json!({
        "leak_ratio": found.map(|leak| leak.ratio),
        "leak_ratio_clamped": found.map(|leak| leak.clamped),
    }))
}

pub(super) fn dating(input: &Value) -> Result<Value, CaseError> {
    let day = |item: &Value, name: &'static str| -> Result<Date, CaseError> {
        text_field(item, name)?.parse().map_err(|_| field(name))
    };
    let read = |item: &Value| -> Result<HeadlineItem, CaseError> {
        let truth = day(item, "truth")?;
        let precision = match item.get("precision") {
            None | Some(Value::Null) => return Ok(HeadlineItem { truth, answer: None }),
            Some(precision) => serde_json::from_value::<DatePrecision>(precision.clone())
                .map_err(|_| CaseError::UnknownOption { option: "precision", value: precision.clone() })?,
        };
        let answer = DatedAnswer { precision, start: day(item, "start")?, end: day(item, "end")? };
        Ok(HeadlineItem { truth, answer: Some(answer) })
    };
    let items: Vec<HeadlineItem> = list_field(input, "items")?.iter().map(read).collect::<Result<_, _>>()?;
    Ok(json!(headline_dating(&items)))
}
