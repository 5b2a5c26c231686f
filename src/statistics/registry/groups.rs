//! Two groups of different items.

use serde_json::json;

use super::error::MethodError;
use super::request::{Request, values};
use super::{ALTERNATIVE, LEVEL, Method, Param, RESAMPLES, SEED};
use crate::statistics::cluster::contrast::cluster_contrast as contrast;
use crate::statistics::error::StatError;
use crate::statistics::estimate::Alternative;
use crate::statistics::paired::permutation::PermutationMode;
use crate::statistics::paired::wilcoxon::Continuity;
use crate::statistics::record::{Effect, TestRecord};
use crate::statistics::two_sample::mann_whitney::mann_whitney as by_ranks;
use crate::statistics::two_sample::permutation::{LabelPermutation, label_permutation, label_permutation_stratified};

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "two_sample_permutation",
        title: "Label permutation",
        question: "do two groups of different items differ in their mean?",
        assumptions: "under the null any item could be in either group (of its stratum)",
        reference: "Fisher 1935; Pitman 1937; Phipson & Smyth 2010",
        input: "a, b: lists of numbers; a_strata, b_strata: labels, optional",
        params: &[
            ALTERNATIVE,
            Param { name: "mode", values: "auto (default: exact up to 200,000 splits), exact, monte_carlo" },
            Param { name: "resamples", values: "random splits; default 99,999" },
            SEED,
        ],
        run: two_sample_permutation,
    },
    Method {
        name: "mannwhitney",
        title: "Mann-Whitney",
        question: "is a value of one group more often above one of the other than below?",
        assumptions: "items independent; the normal approximation needs about eight items a side",
        reference: "Mann & Whitney 1947, tie-corrected normal",
        input: "a, b: lists of numbers",
        params: &[ALTERNATIVE, Param { name: "continuity", values: "true (default), false" }],
        run: mann_whitney,
    },
    Method {
        name: "cluster_contrast",
        title: "Clustered difference of means",
        question: "how far apart are two groups' means, where items share periods or sources?",
        assumptions: "clusters independent; ten or more a side",
        reference: "Field & Welsh 2007, percentile bootstrap",
        input: "a, b: lists of numbers; a_clusters, b_clusters: labels",
        params: &[LEVEL, RESAMPLES, SEED],
        run: cluster_contrast,
    },
];

fn two_sample_permutation(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let alternative = request.alternative()?;
    let mode = request.choice(
        "mode",
        PermutationMode::Auto,
        &[
            ("auto", PermutationMode::Auto),
            ("exact", PermutationMode::Exact),
            ("monte_carlo", PermutationMode::MonteCarlo),
        ],
    )?;
    let settings = LabelPermutation { mode, resamples: request.resamples(99_999)?, seed: request.seed()? };
    let (a, b) = (request.column("a")?, request.column("b")?);
    let test = if request.has("a_strata") || request.has("b_strata") {
        let (in_a, in_b) = (request.labels("a_strata")?, request.labels("b_strata")?);
        check_labels(a.len(), in_a.len())?;
        check_labels(b.len(), in_b.len())?;
        let is_first: Vec<bool> = (0..a.len() + b.len()).map(|row| row < a.len()).collect();
        label_permutation_stratified(&[a, b].concat(), &is_first, &[in_a, in_b].concat(), &settings)?
    } else {
        label_permutation(&a, &b, &settings)?
    };
    let p_value = match alternative {
        Alternative::TwoSided => test.p_two_sided,
        Alternative::Greater => test.p_greater,
        Alternative::Less => test.p_less,
    };
    Ok(TestRecord {
        n_used: Some((test.n_first + test.n_second) as u64),
        statistic: Some(test.statistic),
        estimate: Some(test.statistic),
        p_value: Some(p_value),
        flags: test.flags,
        seed: test.seed,
        resamples: test.resamples.map(|draws| draws as u64),
        generator: test.generator,
        values: values(json!({
            "two_sided": test.p_two_sided, "greater": test.p_greater, "less": test.p_less,
            "n_splits": test.n_splits, "is_exact": test.is_exact, "n_strata": test.n_strata,
        })),
        ..TestRecord::default()
    })
}

fn mann_whitney(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let alternative = request.alternative()?;
    let continuity = if request.switch("continuity", true)? { Continuity::Corrected } else { Continuity::Plain };
    let test = by_ranks(&request.column("a")?, &request.column("b")?, alternative, continuity)?;
    Ok(TestRecord {
        n_used: Some((test.n_a + test.n_b) as u64),
        statistic: Some(test.u_a),
        p_value: Some(test.p_value),
        effect: Some(Effect { name: "share_above".to_owned(), value: test.share }),
        flags: test.flags,
        values: values(json!({"u_a": test.u_a, "u_b": test.u_b, "z": test.z})),
        ..TestRecord::default()
    })
}

fn cluster_contrast(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = request.bootstrap(10_000)?;
    let (a, b) = (request.column("a")?, request.column("b")?);
    let (in_a, in_b) = (request.labels("a_clusters")?, request.labels("b_clusters")?);
    check_labels(a.len(), in_a.len())?;
    check_labels(b.len(), in_b.len())?;
    let is_first: Vec<bool> = (0..a.len() + b.len()).map(|row| row < a.len()).collect();
    let found = contrast(&[a, b].concat(), &is_first, &[in_a, in_b].concat(), &settings)?;
    Ok(TestRecord {
        n_used: Some(is_first.len() as u64),
        estimate: Some(found.estimate),
        ci: Some(found.percentile),
        flags: found.flags,
        seed: Some(found.seed),
        resamples: Some(found.resamples as u64),
        generator: Some(found.generator),
        values: values(json!({
            "mean_a": found.mean_first, "mean_b": found.mean_second, "standard_error": found.standard_error,
            "clusters_a": found.clusters_first, "clusters_b": found.clusters_second,
        })),
        ..TestRecord::default()
    })
}

fn check_labels(values: usize, labels: usize) -> Result<(), StatError> {
    if values == labels { Ok(()) } else { Err(StatError::LengthMismatch { left: values, right: labels }) }
}
