//! Lines, jumps and changes.

use serde_json::{Value, json};

use super::error::MethodError;
use super::request::{Label, Request, values};
use super::{LEVEL, Method, Param, SEED};
use crate::statistics::change_point::several::change_points;
use crate::statistics::change_point::single::{ChangeDirection, ChangePoint, change_point};
use crate::statistics::error::StatError;
use crate::statistics::record::TestRecord;
use crate::statistics::regression::discontinuity::{Discontinuity, Kernel, discontinuity};
use crate::statistics::regression::interaction::interaction;
use crate::statistics::regression::least_squares::RobustErrors;
use crate::statistics::regression::ridge::{choose_ridge_alpha, ridge as fit_ridge};

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "rdd_local_linear",
        title: "Regression discontinuity",
        question: "does an outcome jump where a running variable crosses a cutoff?",
        assumptions: "nothing else changes at the cutoff; rows (or clusters) independent; straight inside the bandwidth",
        reference: "Hahn, Todd & van der Klaauw 2001; White 1980 (HC1)",
        input: "running, outcome: lists of numbers; clusters: labels, optional",
        params: &[
            LEVEL,
            Param { name: "cutoff", values: "a number; default 0" },
            Param { name: "bandwidth", values: "above 0; default 24" },
            Param { name: "kernel", values: "triangular (default), uniform" },
        ],
        run: rdd,
    },
    Method {
        name: "bernoulli_changepoint",
        title: "Bernoulli change point",
        question: "where in time does a share of hits change?",
        assumptions: "items in time order; for the p-value any order as likely without a change",
        reference: "Hinkley & Hinkley 1970; p by permuting the order",
        input: "hits: 0/1 in time order",
        params: &[
            Param { name: "min_segment", values: "items a side; default 5" },
            Param { name: "direction", values: "drop (default), rise, any" },
            Param { name: "permutations", values: "orders drawn; default 999; 0: no p-value" },
            Param { name: "max_breaks", values: "default 1; above: the best segmentation, too, in either direction" },
            SEED,
        ],
        run: changepoint,
    },
    Method {
        name: "interaction_ols",
        title: "Interaction",
        question: "is a signal stronger where another number is larger?",
        assumptions: "linear; rows independent, or in time order for hac",
        reference: "White 1980 (HC1); Newey & West 1987 (hac); arXiv 2512.23847",
        input: "outcome, signal, moderator: lists of numbers",
        params: &[
            Param { name: "errors", values: "hc1 (default), hac" },
            Param { name: "lags", values: "of hac; default 6" },
        ],
        run: interaction_ols,
    },
    Method {
        name: "ridge",
        title: "Ridge regression",
        question: "how well do many columns predict a number, with their weights held small?",
        assumptions: "for a chosen alpha: blocks independent of each other",
        reference: "Hoerl & Kennard 1970; leave-one-block-out",
        input: "rows: a list of numbers an item; target: numbers; blocks: labels, where alphas are to be chosen from",
        params: &[
            Param { name: "alpha", values: "0 or above; default 1" },
            Param { name: "alphas", values: "a list above 0: the best on held-out blocks is taken" },
        ],
        run: ridge,
    },
];

/// Labels as whole numbers, equal where they are.
fn numbered(labels: &[Label]) -> Vec<u64> {
    let mut known: Vec<&Label> = labels.iter().collect();
    known.sort_unstable();
    known.dedup();
    labels.iter().map(|label| known.partition_point(|other| *other < label) as u64).collect()
}

fn rdd(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let kernel = request.choice(
        "kernel",
        Kernel::Triangular,
        &[("triangular", Kernel::Triangular), ("uniform", Kernel::Uniform)],
    )?;
    let settings = Discontinuity {
        cutoff: request.number_param("cutoff", Some(0.0))?,
        bandwidth: request.number_param("bandwidth", Some(24.0))?,
        kernel,
        level: request.level()?,
    };
    let (running, outcome) = (request.column("running")?, request.column("outcome")?);
    let clusters = if request.has("clusters") { Some(numbered(&request.labels("clusters")?)) } else { None };
    let test = discontinuity(&running, &outcome, clusters.as_deref(), &settings)?;
    Ok(TestRecord {
        n_used: Some(test.n_used as u64),
        statistic: test.z,
        estimate: Some(test.tau),
        ci: Some(test.interval),
        p_value: test.p_value,
        values: values(json!({
            "tau": test.tau, "standard_error": test.standard_error, "n_before": test.n_before,
            "n_clusters": test.n_clusters,
        })),
        ..TestRecord::default()
    })
}

fn changepoint(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let direction = request.choice(
        "direction",
        ChangeDirection::Drop,
        &[("drop", ChangeDirection::Drop), ("rise", ChangeDirection::Rise), ("any", ChangeDirection::Any)],
    )?;
    let settings = ChangePoint {
        min_segment: request.count_param("min_segment", Some(5))?,
        direction,
        permutations: request.count_param("permutations", Some(999))?,
        seed: request.seed()?,
    };
    let max_breaks = request.count_param("max_breaks", Some(1))?;
    let hits = request.classes("hits")?;
    let test = change_point(&hits, &settings)?;
    let mut fields = values(json!({
        "split_index": test.split.as_ref().map(|split| split.index),
        "likelihood_ratio": test.split.as_ref().map(|split| split.likelihood_ratio),
        "rate_before": test.split.as_ref().map(|split| split.rate_before),
        "rate_after": test.split.as_ref().map(|split| split.rate_after),
        "interval": test.interval().map(|(first, last)| json!([first, last])),
        "plausible": test.plausible,
    }));
    if max_breaks > 1 {
        let found = change_points(&hits, settings.min_segment, max_breaks)?;
        fields.insert("breaks".to_owned(), json!(found.breaks()));
        fields.insert("segments".to_owned(), json!(found.segments));
    }
    let was_drawn = test.permutations > 0 && test.split.is_some();
    Ok(TestRecord {
        n_used: Some(test.n as u64),
        statistic: test.split.as_ref().map(|split| split.likelihood_ratio),
        p_value: test.p_value,
        seed: was_drawn.then_some(settings.seed),
        resamples: was_drawn.then_some(test.permutations as u64),
        values: fields,
        ..TestRecord::default()
    })
}

fn interaction_ols(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let lags = request.count_param("lags", Some(6))?;
    let errors = request.choice(
        "errors",
        RobustErrors::Hc1,
        &[("hc1", RobustErrors::Hc1), ("hac", RobustErrors::NeweyWest { lags })],
    )?;
    let (outcome, signal, moderator) =
        (request.column("outcome")?, request.column("signal")?, request.column("moderator")?);
    let found = interaction(&outcome, &signal, &moderator, errors)?;
    let fit = found.fit;
    Ok(TestRecord {
        n_used: Some(fit.n as u64),
        statistic: fit.z.get(3).copied().flatten(),
        estimate: fit.coefficients.get(3).copied(),
        p_value: fit.p_values.get(3).copied().flatten(),
        values: values(json!({
            "coefficients": fit.coefficients, "standard_errors": fit.standard_errors, "z": fit.z,
            "p_values": fit.p_values, "r_squared": fit.r_squared,
            "moderator_mean": found.moderator_mean, "moderator_deviation": found.moderator_deviation,
        })),
        ..TestRecord::default()
    })
}

fn ridge(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let given = request.number_param("alpha", Some(1.0))?;
    let (rows, target) = (request.table("rows")?, request.column("target")?);
    let choice = match request.raw_param("alphas") {
        None => None,
        Some(alphas) => {
            let read: Option<Vec<f64>> = alphas.as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
            let alphas = read.ok_or_else(|| StatError::invalid("alphas", "a list of numbers is needed"))?;
            Some(choose_ridge_alpha(&rows, &target, &request.labels("blocks")?, &alphas)?)
        }
    };
    let alpha = choice.as_ref().map_or(given, |choice| choice.alpha);
    let fit = fit_ridge(&rows, &target, alpha)?;
    let fitted: Vec<f64> = rows.iter().map(|row| fit.predict(row)).collect();
    let mut fields = values(json!({
        "weights": fit.weights, "intercept": fit.intercept, "alpha": fit.alpha, "fitted": fitted,
    }));
    if let Some(choice) = choice {
        fields.insert("errors".to_owned(), json!(choice.errors));
        fields.insert("n_blocks".to_owned(), json!(choice.n_blocks));
    }
    Ok(TestRecord { n_used: Some(fit.n as u64), values: fields, ..TestRecord::default() })
}
