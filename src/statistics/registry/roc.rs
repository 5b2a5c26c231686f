//! Telling members from non-members by a score.

use serde_json::{Value, json};

use super::error::{MethodError, refusal};
use super::request::{Request, values};
use super::{LEVEL, Method, NAN_POLICY, Param, RESAMPLES, SEED};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};
use crate::statistics::record::{TestRecord, limits, number};
use crate::statistics::roc::bootstrap::{RocStatistic, bootstrap_roc};
use crate::statistics::roc::curve::LabeledScores;
use crate::statistics::roc::delong::{
    AucComparison, AucIntervalMethod, auc_estimate, delong_paired as paired, delong_unpaired as unpaired,
    delong_variance, hanley_mcneil_standard_error,
};
use crate::statistics::roc::operating_point::{FprRule, tpr_at_fpr as rate_at};

const SCORED: &str = "y: 0/1 by item (1 = positive); score: a name of a column here or the numbers, higher = positive";
const FPR: Param = Param { name: "fpr", values: "required; bound in (0, 1]" };
const RULE: Param = Param { name: "rule", values: "conservative (default), strict, interpolated" };

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "roc_auc",
        title: "DeLong",
        question: "how well does a score tell members from non-members, and how sure is that?",
        assumptions: "items independent; two or more of each class for an interval",
        reference: "DeLong et al. 1988; Sun & Xu 2014; logit interval",
        input: SCORED,
        params: &[LEVEL, NAN_POLICY],
        run: roc_auc,
    },
    Method {
        name: "delong_paired",
        title: "DeLong paired",
        question: "do two scores differ in AUC on the same items?",
        assumptions: "items independent; two or more of each class",
        reference: "DeLong et al. 1988; Sun & Xu 2014",
        input: "y: 0/1 by item; s1, s2: the scores",
        params: &[LEVEL],
        run: delong_paired,
    },
    Method {
        name: "delong_unpaired",
        title: "DeLong unpaired",
        question: "do two AUCs from different items differ?",
        assumptions: "the two sets independent; items independent",
        reference: "DeLong et al. 1988",
        input: "first, second: objects with y and score",
        params: &[LEVEL],
        run: delong_unpaired,
    },
    Method {
        name: "tpr_at_fpr",
        title: "TPR at a FPR",
        question: "which share of members is found at a bound on false alarms?",
        assumptions: "1/bound negatives or more; the interval takes the threshold as fixed",
        reference: "Carlini et al. 2022, arXiv:2112.03570; Clopper & Pearson 1934",
        input: SCORED,
        params: &[LEVEL, FPR, RULE],
        run: tpr_at_fpr,
    },
    Method {
        name: "roc_bootstrap",
        title: "Stratified bootstrap of the ROC",
        question: "how sure is a rate read off a ROC curve, threshold noise included?",
        assumptions: "items independent; members and non-members resampled apart",
        reference: "Efron & Tibshirani 1993; percentile, stratified by class",
        input: SCORED,
        params: &[LEVEL, FPR, RULE, RESAMPLES, SEED],
        run: roc_bootstrap,
    },
];

fn labeled(request: &Request<'_>) -> Result<LabeledScores, MethodError> {
    let missing = request.missing()?;
    Ok(LabeledScores::with_missing(&request.named_column("score")?, &request.classes("y")?, missing)?)
}

fn n_used(data: &LabeledScores) -> u64 {
    data.scores().len() as u64
}

fn roc_auc(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let data = labeled(request)?;
    let logit = auc_estimate(&data, level, AucIntervalMethod::Logit);
    let wald = auc_estimate(&data, level, AucIntervalMethod::WaldClipped);
    let error = match delong_variance(&data) {
        Ok(variance) => number(variance.max(0.0).sqrt()),
        Err(refused) => Value::Object(refusal(&refused)),
    };
    let mut fields = values(json!({
        "auc": logit.auc,
        "n_pos": data.n_positive(),
        "n_neg": data.n_negative(),
        "se_delong": error,
        "se_hanley_mcneil": hanley_mcneil_standard_error(logit.auc, data.n_positive(), data.n_negative()),
        "gini": 2.0 * logit.auc - 1.0,
    }));
    let intervals =
        [("ci_logit", &logit.interval), ("ci_wald", &wald.interval), ("heuristic_bound", &logit.heuristic_bound)];
    for (name, interval) in intervals {
        if let Some(interval) = interval {
            fields.insert(name.to_owned(), limits(interval));
        }
    }
    Ok(TestRecord {
        n_used: Some(n_used(&data)),
        n_dropped: Some(data.n_dropped() as u64),
        estimate: Some(logit.auc),
        ci: logit.interval,
        flags: logit.flags,
        values: fields,
        ..TestRecord::default()
    })
}

fn comparison(test: AucComparison, n_used: u64) -> Result<TestRecord, MethodError> {
    let fields = values(json!({
        "auc1": test.auc_a,
        "auc2": test.auc_b,
        "difference": test.difference,
        "var1": test.variance_a,
        "var2": test.variance_b,
        "cov": test.covariance,
        "se": test.standard_error,
        "z": test.z,
    }));
    if let Err(error) = test.significance() {
        return Err(MethodError::from(error).with(fields));
    }
    Ok(TestRecord {
        n_used: Some(n_used),
        statistic: test.z,
        estimate: Some(test.difference),
        ci: test.interval,
        p_value: test.p_value,
        flags: test.flags,
        values: fields,
        ..TestRecord::default()
    })
}

fn delong_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let (first, second) = (request.column("s1")?, request.column("s2")?);
    let test = paired(&first, &second, &request.classes("y")?, level)?;
    comparison(test, first.len() as u64)
}

fn delong_unpaired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let (first, second) = (labeled(&request.nested("first")?)?, labeled(&request.nested("second")?)?);
    comparison(unpaired(&first, &second, level)?, n_used(&first) + n_used(&second))
}

fn rule(request: &Request<'_>) -> Result<FprRule, StatError> {
    request.choice(
        "rule",
        FprRule::Conservative,
        &[
            ("conservative", FprRule::Conservative),
            ("strict", FprRule::Strict),
            ("interpolated", FprRule::Interpolated),
        ],
    )
}

fn tpr_at_fpr(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let (bound, chosen) = (request.number_param("fpr", None)?, rule(request)?);
    let data = labeled(request)?;
    let read = |rule: FprRule, level: Level| rate_at(&data, bound, rule, level);
    let (found, conservative) = (read(chosen, level)?, read(FprRule::Conservative, level)?);
    Ok(TestRecord {
        n_used: Some(n_used(&data)),
        n_dropped: Some(data.n_dropped() as u64),
        estimate: Some(found.true_positive_rate),
        values: values(json!({
            "conservative": conservative.true_positive_rate,
            "strict": read(FprRule::Strict, level)?.true_positive_rate,
            "interpolated": read(FprRule::Interpolated, level)?.true_positive_rate,
            "threshold": number(conservative.threshold),
            "achieved_fpr": conservative.achieved_fpr,
            "resolvable": conservative.is_resolvable,
            "needed_negatives": conservative.needed_negatives,
            "ci_clopper_pearson": conservative.interval.as_ref().map_or(Value::Null, limits),
        })),
        ci: found.interval,
        flags: found.flags,
        ..TestRecord::default()
    })
}

fn roc_bootstrap(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = request.bootstrap(10_000)?;
    let chosen = rule(request)?;
    let mut statistics = vec![RocStatistic::Auc];
    if request.raw_param("fpr").is_some() {
        statistics.push(RocStatistic::TprAtFpr { bound: request.number_param("fpr", None)?, rule: chosen });
    }
    let data = labeled(request)?;
    let found = bootstrap_roc(&data, &statistics, &settings)?;
    let wanted = found.last().ok_or(StatError::EmptyInput)?;
    let interval: &Interval = &wanted.interval;
    Ok(TestRecord {
        n_used: Some(n_used(&data)),
        n_dropped: Some(data.n_dropped() as u64),
        estimate: Some(wanted.estimate),
        ci: Some(interval.clone()),
        flags: wanted.flags.clone(),
        seed: Some(wanted.seed),
        resamples: Some(wanted.resamples as u64),
        generator: Some(wanted.generator.clone()),
        values: values(json!({"se_boot": wanted.standard_error, "auc": found[0].estimate})),
        ..TestRecord::default()
    })
}
