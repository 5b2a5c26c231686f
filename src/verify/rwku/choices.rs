//! Picks among given answers: MMLU by the next letter, TruthfulQA by likelihood.

use std::path::Path;

use serde_json::{Value, json};

use super::super::agreement::{Rule, number};
use super::super::case_lines::{check_cases, check_statistics, inputs, mean, or_nan, or_undefined};
use super::super::golden_file::{GoldenFileError, list_field, numbers_field, read_json};
use super::super::report::FileReport;
use crate::scoring::true_choices::{TruthChoice, likeliest, mc1, mc2};

const TOLERANCE: f64 = 1e-4;

pub(super) fn check_letters(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, letters, &|field| match field {
        "id" | "last_position_logits" | "candidate_token_ids" | "gold_index" => Rule::Exempt,
        "full_softmax_probs_of_candidates" => Rule::Absolute(TOLERANCE),
        _ => Rule::Exact,
    })
}

/// Probabilities of the candidates, the pick, and whether it is the right one.
fn picked(case: &Value) -> Result<(Vec<f64>, Option<usize>, bool), GoldenFileError> {
    let logits = numbers_field(case, "last_position_logits")?;
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
    let candidate = |id: &Value| {
        let logit = id.as_u64().and_then(|id| logits.get(usize::try_from(id).ok()?));
        let logit = logit.ok_or(GoldenFileError::Field { field: "candidate_token_ids" })?;
        Ok((logit - largest).exp() / total)
    };
    let candidates = list_field(case, "candidate_token_ids")?;
    let probabilities: Vec<f64> = candidates.iter().map(candidate).collect::<Result<_, GoldenFileError>>()?;
    let pick = likeliest(&probabilities);
    let right = case.get("gold_index").and_then(Value::as_u64).ok_or(GoldenFileError::Field { field: "gold_index" })?;
    Ok((probabilities, pick, pick.is_some_and(|pick| pick as u64 == right)))
}

fn letters(case: &Value) -> Result<Value, GoldenFileError> {
    let (probabilities, pick, is_right) = picked(case)?;
    Ok(json!({
        "full_softmax_probs_of_candidates": probabilities.into_iter().map(number).collect::<Vec<_>>(),
        "predicted_index": pick,
        "correct": is_right,
    }))
}

pub(super) fn check_letters_aggregate(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let hits: Vec<Option<f64>> = inputs(&path.with_file_name("mmlu_choice.jsonl"))?
        .iter()
        .map(|case| Ok(Some(f64::from(u8::from(picked(case)?.2)))))
        .collect::<Result<_, GoldenFileError>>()?;
    check_statistics(&read_json(path)?, &json!({"acc": or_nan(mean(&hits))}), Rule::Absolute(TOLERANCE), report);
    Ok(())
}

pub(super) fn check_truth(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    check_cases(path, report, truth, &|field| match field {
        "id" => Rule::Exempt,
        _ if ["mc1_targets", "mc2_targets", "sum_logprob"].iter().any(|input| field.starts_with(input)) => Rule::Exempt,
        _ => Rule::Absolute(TOLERANCE),
    })
}

/// The two numbers of an item; the log-likelihoods are found by the text of the choice.
fn truth_scores(case: &Value) -> Result<(Option<f64>, Option<f64>), GoldenFileError> {
    let choices = |field: &'static str| -> Result<Vec<TruthChoice>, GoldenFileError> {
        let targets = case.get(field).ok_or(GoldenFileError::Field { field })?;
        let (texts, labels) = (list_field(targets, "choices")?, list_field(targets, "labels")?);
        if texts.len() != labels.len() {
            return Err(GoldenFileError::Field { field: "labels" });
        }
        let choice = |(text, label): (&Value, &Value)| {
            let logprob = text.as_str().and_then(|text| case.get("sum_logprob")?.get(text)?.as_f64())?;
            Some(TruthChoice { logprob, is_true: label.as_u64()? == 1 })
        };
        let choices = texts.iter().zip(labels).map(choice).collect::<Option<_>>();
        choices.ok_or(GoldenFileError::Field { field: "sum_logprob" })
    };
    Ok((mc1(&choices("mc1_targets")?), mc2(&choices("mc2_targets")?)))
}

fn truth(case: &Value) -> Result<Value, GoldenFileError> {
    let (first, share) = truth_scores(case)?;
    Ok(json!({"mc1": or_undefined(first, case.get("mc1")), "mc2": or_undefined(share, case.get("mc2"))}))
}

pub(super) fn check_truth_aggregate(path: &Path, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let (mut firsts, mut shares) = (Vec::new(), Vec::new());
    for case in inputs(&path.with_file_name("truthfulqa.jsonl"))? {
        let (first, share) = truth_scores(&case)?;
        firsts.push(first);
        shares.push(share);
    }
    let expected = read_json(path)?;
    let got = json!({
        "mc1": or_undefined(mean(&firsts), expected.get("mc1")),
        "mc2": or_undefined(mean(&shares), expected.get("mc2")),
    });
    check_statistics(&expected, &got, Rule::Absolute(TOLERANCE), report);
    Ok(())
}
