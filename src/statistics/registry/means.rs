//! Means: of items, of clusters of items, of repeated items.

use serde_json::{Map, Value, json};

use super::error::{MethodError, refusal};
use super::request::{Request, values};
use super::{LEVEL, Method, NAN_POLICY, Param, RESAMPLES, SEED};
use crate::statistics::cluster::bootstrap::{cluster_bootstrap, cluster_bootstrap_from_indices};
use crate::statistics::cluster::mean::clustered_mean;
use crate::statistics::cluster::pass_at_k::pass_at_k as pass;
use crate::statistics::cluster::variance::{intraclass_correlation, variance_components as components};
use crate::statistics::error::StatError;
use crate::statistics::estimate::Flag;
use crate::statistics::mean::mean_interval;
use crate::statistics::missing::usable_rows;
use crate::statistics::record::{DegreesOfFreedom, TestRecord, limits};
use crate::statistics::resample::bootstrap::{BootstrapMean, bootstrap_mean, bootstrap_mean_from_indices};

const CLUSTERED: &str = "value: a name of a column here (\"score\", \"a-b\") or the numbers; cluster: labels by item";

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "mean_t",
        title: "t interval of a mean",
        question: "how sure is a mean over items?",
        assumptions: "items independent; near normal, or many items",
        reference: "Student 1908",
        input: "value: numbers by item",
        params: &[LEVEL, NAN_POLICY],
        run: mean_t,
    },
    Method {
        name: "bootstrap_paired_mean",
        title: "Bootstrap of a paired mean",
        question: "how sure is a mean difference, whatever its distribution?",
        assumptions: "pairs independent; 20 or more of them",
        reference: "Efron 1987 (BCa); Efron & Tibshirani 1993",
        input: "a, b: lists of numbers by item; indices: rows of resamples, where they are given",
        params: &[
            LEVEL,
            NAN_POLICY,
            RESAMPLES,
            SEED,
            Param { name: "quantile", values: "\"linear (type 7)\", the only one" },
            Param { name: "your_resamples", values: "ignored: the default of a golden case" },
            Param { name: "resamples_reference", values: "ignored: how a golden case was made" },
        ],
        run: bootstrap_paired_mean,
    },
    Method {
        name: "bootstrap_mean",
        title: "Bootstrap of a mean",
        question: "how sure is a mean, whatever the distribution?",
        assumptions: "items independent; 20 or more of them",
        reference: "Efron 1987 (BCa)",
        input: "value: numbers by item; indices: rows of resamples, where they are given",
        params: &[LEVEL, RESAMPLES, SEED],
        run: bootstrap_one_mean,
    },
    Method {
        name: "clustered_se",
        title: "Clustered t",
        question: "how sure is a mean when items share a source?",
        assumptions: "clusters independent; ten or more of them",
        reference: "CR1 with t on G - 1; Miller 2024, arXiv:2411.00640",
        input: CLUSTERED,
        params: &[LEVEL],
        run: clustered_se,
    },
    Method {
        name: "cluster_bootstrap",
        title: "Cluster bootstrap",
        question: "how sure is a mean when items share a source, whatever the distribution?",
        assumptions: "clusters independent; many of them",
        reference: "Davison & Hinkley 1997",
        input: "value, cluster as for clustered_se; cluster_indices: rows of resamples, where they are given",
        params: &[LEVEL, RESAMPLES, SEED],
        run: cluster_bootstrap_record,
    },
    Method {
        name: "icc_anova",
        title: "Intraclass correlation",
        question: "how alike are the items of a cluster?",
        assumptions: "one-way random effects",
        reference: "Fisher 1925; ANOVA estimator",
        input: CLUSTERED,
        params: &[],
        run: icc_anova,
    },
    Method {
        name: "variance_components",
        title: "Variance components",
        question: "do more repeats pay, or more items?",
        assumptions: "one-way random effects; repeats of an item independent",
        reference: "Miller 2024, arXiv:2411.00640",
        input: "scores: a list of repeats for each item",
        params: &[],
        run: variance_components,
    },
    Method {
        name: "pass_at_k",
        title: "pass@k",
        question: "would one of k draws be right, and would all k?",
        assumptions: "draws exchangeable",
        reference: "Chen et al. 2021, arXiv:2107.03374",
        input: "samples, correct: counts",
        params: &[Param { name: "k", values: "required; from 1 to samples" }],
        run: pass_at_k,
    },
];

fn mean_t(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (level, missing) = (request.level()?, request.missing()?);
    let column = request.named_column("value")?;
    let kept: Vec<f64> = usable_rows(&[&column], missing)?.into_iter().map(|row| column[row]).collect();
    let found = mean_interval(&kept, level)?;
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        n_dropped: Some((column.len() - kept.len()) as u64),
        df: Some(DegreesOfFreedom::One(found.n as f64 - 1.0)),
        estimate: Some(found.value),
        ci: found.interval,
        flags: found.flags,
        values: values(json!({"se": found.standard_error})),
        ..TestRecord::default()
    })
}

fn bootstrap_paired_mean(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let missing = request.missing()?;
    let settings = request.bootstrap(10_000)?;
    if let Some(rule) =
        request.raw_param("quantile").filter(|rule| !rule.as_str().is_some_and(|rule| rule.contains('7')))
    {
        return Err(StatError::invalid("quantile", format!("found {rule}; \"linear (type 7)\" is the only one")).into());
    }
    let (a, b) = (request.column("a")?, request.column("b")?);
    let rows = usable_rows(&[&a, &b], missing)?;
    let differences: Vec<f64> = rows.iter().map(|&row| a[row] - b[row]).collect();
    bootstrapped(request, &differences, a.len() - rows.len(), settings)
}

fn bootstrap_one_mean(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = request.bootstrap(10_000)?;
    bootstrapped(request, &request.named_column("value")?, 0, settings)
}

fn bootstrapped(
    request: &Request<'_>,
    column: &[f64],
    n_dropped: usize,
    settings: crate::statistics::Bootstrap,
) -> Result<TestRecord, MethodError> {
    let found = if request.has("indices") {
        bootstrap_mean_from_indices(column, &request.indices("indices")?, settings.level)?
    } else {
        bootstrap_mean(column, &settings)?
    };
    Ok(bootstrap_record(found, n_dropped))
}

fn bootstrap_record(found: BootstrapMean, n_dropped: usize) -> TestRecord {
    let mut fields = values(json!({
        "se_boot": found.standard_error,
        "percentile": limits(&found.percentile),
        "basic": limits(&found.basic),
        "bca": limits(&found.bca),
        "acceleration": found.acceleration,
        "n_zero_se": found.n_zero_spread,
        "p_two_sided": found.bootstrap_p,
    }));
    if let Some(bias) = found.bias_correction {
        fields.insert("z0".to_owned(), json!(bias));
    }
    let studentized =
        found.studentized.as_ref().map_or_else(|| Value::Object(refusal(&StatError::ZeroVariance)), limits);
    fields.insert("studentized".to_owned(), studentized);
    let mut flags = found.flags;
    if n_dropped > 0 {
        flags.push(Flag::MissingDropped);
    }
    TestRecord {
        n_used: Some(found.n as u64),
        n_dropped: Some(n_dropped as u64),
        estimate: Some(found.estimate),
        ci: Some(found.bca),
        flags,
        seed: found.seed,
        resamples: Some(found.resamples as u64),
        generator: Some(found.generator),
        values: fields,
        ..TestRecord::default()
    }
}

fn clustered_se(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let (column, labels) = (request.named_column("value")?, request.labels("cluster")?);
    let found = clustered_mean(&column, &labels, level).map_err(|error| {
        // A single cluster says nothing about the spread between clusters; as if they were independent, items do.
        let alone = mean_interval(&column, level).ok().and_then(|found| found.standard_error);
        MethodError::from(error).with(Map::from_iter(alone.map(|error| ("se_iid".to_owned(), json!(error)))))
    })?;
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        df: Some(DegreesOfFreedom::One(found.degrees_of_freedom)),
        estimate: Some(found.mean),
        flags: found.flags,
        values: values(json!({
            "n": found.n,
            "clusters": found.clusters,
            "mean": found.mean,
            "se_iid": found.se_independent,
            "se_cr0": found.se_cr0,
            "se_cr1": found.se_cr1,
            "se_miller2024": found.se_miller,
            "design_effect": found.design_effect,
            "ci_cr1_t": limits(&found.interval),
        })),
        ci: Some(found.interval),
        ..TestRecord::default()
    })
}

fn cluster_bootstrap_record(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = request.bootstrap(10_000)?;
    let (column, labels) = (request.named_column("value")?, request.labels("cluster")?);
    let found = if request.has("cluster_indices") {
        cluster_bootstrap_from_indices(&column, &labels, &request.indices("cluster_indices")?, settings.level)?
    } else {
        cluster_bootstrap(&column, &labels, &settings)?
    };
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        estimate: Some(found.estimate),
        flags: found.flags,
        seed: found.seed,
        resamples: Some(found.resamples as u64),
        generator: Some(found.generator),
        values: values(json!({
            "se_boot": found.standard_error,
            "percentile": limits(&found.percentile),
            "clusters": found.clusters,
        })),
        ci: Some(found.percentile),
        ..TestRecord::default()
    })
}

fn icc_anova(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let found = intraclass_correlation(&request.named_column("value")?, &request.labels("cluster")?)?;
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        estimate: found.icc,
        values: values(json!({
            "icc": found.icc,
            "ms_between": found.ms_between,
            "ms_within": found.ms_within,
            "n0": found.mean_size,
            "clusters": found.clusters,
        })),
        ..TestRecord::default()
    })
}

fn variance_components(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let found = components(&request.table("scores")?)?;
    let mut fields = values(json!({
        "items": found.items,
        "repeats": found.repeats,
        "mean": found.mean,
        "se_item_level": found.se_item_level,
        "se_naive_pooled": found.se_naive_pooled,
        "ms_between": found.ms_between,
        "n0": found.mean_size,
        "sigma2_within": found.sigma_squared,
        "omega2_between": found.omega_squared,
    }));
    for (name, value) in [
        ("ms_within", found.ms_within),
        ("omega2_raw", found.omega_squared_raw),
        ("icc1", found.icc),
        ("predicted_se_with_2x_repeats", found.predicted_se_with_2x_repeats),
    ] {
        if let Some(value) = value {
            fields.insert(name.to_owned(), json!(value));
        }
    }
    Ok(TestRecord {
        n_used: Some(found.items as u64),
        estimate: Some(found.mean),
        flags: found.flags,
        values: fields,
        ..TestRecord::default()
    })
}

fn pass_at_k(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let k = request.count_param("k", None)?;
    let samples = request.count("samples")?;
    let found = pass(samples, request.count("correct")?, k as u64)?;
    Ok(TestRecord {
        n_used: Some(samples),
        estimate: Some(found.any_of_k),
        values: values(json!({"all_k": found.all_of_k})),
        ..TestRecord::default()
    })
}
