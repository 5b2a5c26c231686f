//! Judges with errors, and looking while results come in.

use serde_json::{Value, json};

use super::error::MethodError;
use super::request::{Request, values};
use super::{ALPHA, LEVEL, Method, Param};
use crate::statistics::error::StatError;
use crate::statistics::judge::prediction_powered::{JudgeWeight, prediction_powered_mean};
use crate::statistics::judge::rogan_gladen::{JudgedCounts, rogan_gladen as correct};
use crate::statistics::record::{TestRecord, limits, number};
use crate::statistics::sequential::confidence_sequence::{
    RunningIntersection, SequenceKind, asymptotic_confidence_sequence as asymptotic, confidence_sequence as sequence,
};
use crate::statistics::sequential::e_value::e_value_mcnemar as e_value;

/// Times at which a sequence is shown where none are asked for; the last value is always shown.
const SHOWN_AT: [u64; 5] = [1, 2, 5, 10, 50];
const AT: Param =
    Param { name: "at", values: "list of times, from 1; default 1, 2, 5, 10, 50, 100, 200, 400, ... and the last" };

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "rogan_gladen",
        title: "Rogan-Gladen",
        question: "what is a rate, given how often its judge errs?",
        assumptions: "the judge errs here as often as on the items whose truth is known",
        reference: "Rogan & Gladen 1978; delta method",
        input: "judged_pos, n; true_pos, positives; true_neg, negatives: counts",
        params: &[LEVEL],
        run: rogan_gladen,
    },
    Method {
        name: "ppi_mean",
        title: "Prediction-powered mean",
        question: "what is a mean, from many judged items and a few labelled ones?",
        assumptions: "labelled items are a random subset",
        reference: "Angelopoulos et al. 2023, arXiv:2301.09633; PPI++ arXiv:2311.01453",
        input: "y: labels; judge_labelled: the judge on the same items; judge_unlabelled: the judge on the others",
        params: &[LEVEL, Param { name: "lambda_", values: "optimal (default), or the judge's weight as a number" }],
        run: ppi_mean,
    },
    Method {
        name: "e_value_mcnemar",
        title: "E-value on discordant items",
        question: "do two models differ, when results are looked at as they come in?",
        assumptions: "items in random order",
        reference: "Beta-binomial mixture; Ramdas et al. 2023",
        input: "only_a, only_b: counts",
        params: &[Param { name: "prior", values: "shape of the Beta prior, above 0; default 0.5" }],
        run: e_value_mcnemar,
    },
    Method {
        name: "confidence_sequence",
        title: "Confidence sequence",
        question: "how sure is a mean at all times together?",
        assumptions: "values in [0, 1], in random order",
        reference: "Waudby-Smith & Ramdas 2024",
        input: "x: numbers in [0, 1]",
        params: &[ALPHA, AT, Param { name: "running_intersection", values: "true, false (default)" }],
        run: confidence_sequence,
    },
    Method {
        name: "asymptotic_confidence_sequence",
        title: "Asymptotic confidence sequence",
        question: "how sure is a mean at all times together, once there are many values?",
        assumptions: "values in random order; many of them",
        reference: "Waudby-Smith et al. 2024",
        input: "x: numbers",
        params: &[ALPHA, AT, Param { name: "rho2", values: "above 0; default 0.05" }],
        run: asymptotic_confidence_sequence,
    },
];

fn rogan_gladen(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let found = correct(
        JudgedCounts {
            judged_positive: request.count("judged_pos")?,
            n: request.count("n")?,
            true_positives: request.count("true_pos")?,
            positives: request.count("positives")?,
            true_negatives: request.count("true_neg")?,
            negatives: request.count("negatives")?,
        },
        level,
    )?;
    Ok(TestRecord {
        n_used: Some(request.count("n")?),
        estimate: Some(found.estimate),
        ci: Some(found.interval),
        flags: found.flags,
        values: values(json!({
            "apparent": found.apparent,
            "sensitivity": found.sensitivity,
            "specificity": found.specificity,
            "youden": found.youden,
            "raw": found.raw,
            "se": found.standard_error,
            "ci_raw": limits(&found.interval_raw),
            "clipped": found.is_clipped,
        })),
        ..TestRecord::default()
    })
}

fn ppi_mean(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let weight = match request.raw_param("lambda_") {
        None => JudgeWeight::Optimal,
        Some(Value::String(word)) if word == "optimal" => JudgeWeight::Optimal,
        Some(value) => JudgeWeight::Fixed(value.as_f64().ok_or_else(|| {
            StatError::invalid("lambda_", format!("found {value}; \"optimal\" or a number is needed"))
        })?),
    };
    let found = prediction_powered_mean(
        &request.column("y")?,
        &request.column("judge_labelled")?,
        &request.column("judge_unlabelled")?,
        weight,
        level,
    )?;
    Ok(TestRecord {
        n_used: Some((found.n_labelled + found.n_unlabelled) as u64),
        estimate: Some(found.estimate),
        ci: Some(found.interval),
        values: values(json!({
            "se": found.standard_error,
            "lambda": found.lambda,
            "n_labelled": found.n_labelled,
            "n_unlabelled": found.n_unlabelled,
            "classical_estimate": found.classical_estimate,
            "classical_ci": limits(&found.classical_interval),
        })),
        ..TestRecord::default()
    })
}

fn e_value_mcnemar(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let prior = request.number_param("prior", Some(0.5))?;
    let (only_a, only_b) = (request.count("only_a")?, request.count("only_b")?);
    let found = e_value(only_a, only_b, prior)?;
    Ok(TestRecord {
        n_used: Some(only_a + only_b),
        statistic: Some(found.e_value),
        p_value: Some(found.anytime_p),
        values: values(json!({
            "log_e": found.ln_e, "e_value": number(found.e_value), "anytime_p": found.anytime_p,
        })),
        ..TestRecord::default()
    })
}

/// The times to show, as asked or by a doubling ladder, none beyond the last.
fn times(request: &Request<'_>, last: usize) -> Result<Vec<usize>, StatError> {
    let last = last as u64;
    let wanted: Vec<u64> = match request.raw_param("at") {
        Some(list) => {
            let times = list.as_array().and_then(|list| list.iter().map(Value::as_u64).collect::<Option<Vec<_>>>());
            let times = times.ok_or_else(|| StatError::invalid("at", "a list of whole numbers from 1 is needed"))?;
            if let Some(bad) = times.iter().find(|time| **time == 0 || **time > last) {
                return Err(StatError::invalid("at", format!("found {bad}; times run from 1 to {last}")));
            }
            times
        }
        None => {
            let ladder = std::iter::successors(Some(100_u64), |time| time.checked_mul(2));
            let mut times: Vec<u64> = SHOWN_AT.into_iter().chain(ladder.take_while(|time| *time < last)).collect();
            times.retain(|time| *time < last);
            times.push(last);
            times
        }
    };
    Ok(wanted.into_iter().filter_map(|time| usize::try_from(time).ok()).collect())
}

fn confidence_sequence(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let alpha = request.number_param("alpha", Some(0.05))?;
    let running =
        if request.switch("running_intersection", false)? { RunningIntersection::On } else { RunningIntersection::Off };
    let x = request.column("x")?;
    let mut fields = serde_json::Map::new();
    let mut times_shown = Vec::new();
    for (name, kind) in
        [("empirical_bernstein", SequenceKind::EmpiricalBernstein), ("hoeffding", SequenceKind::Hoeffding)]
    {
        let found = sequence(&x, alpha, kind, running)?;
        times_shown = times(request, x.len())?;
        let at = |limits: &[f64]| times_shown.iter().map(|time| limits[time - 1]).collect::<Vec<_>>();
        fields.insert(name.to_owned(), json!({"low": at(&found.low), "high": at(&found.high)}));
    }
    fields.insert("t".to_owned(), json!(times_shown));
    Ok(TestRecord { n_used: Some(x.len() as u64), values: fields, ..TestRecord::default() })
}

fn asymptotic_confidence_sequence(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (alpha, rho) = (request.number_param("alpha", Some(0.05))?, request.number_param("rho2", Some(0.05))?);
    let x = request.column("x")?;
    let found = asymptotic(&x, alpha, rho)?;
    let shown = times(request, x.len())?;
    let at = |column: &[f64]| shown.iter().map(|time| column[time - 1]).collect::<Vec<_>>();
    Ok(TestRecord {
        n_used: Some(x.len() as u64),
        estimate: found.mean.last().copied(),
        values: values(json!({"t": shown, "mean": at(&found.mean), "radius": at(&found.radius)})),
        ..TestRecord::default()
    })
}
