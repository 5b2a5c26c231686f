//! Does one thing go with another, and do two samples come from one place.

use serde_json::{Value, json};

use super::error::MethodError;
use super::request::{Request, values};
use super::{ALTERNATIVE, LEVEL, Method, Param, RESAMPLES, SEED};
use crate::statistics::association::confidence::confidence_report;
use crate::statistics::association::correlation::{CorrelationMethod, correlation as correlate};
use crate::statistics::association::reliability::ece_interval;
use crate::statistics::association::trend::{DoseScoring, cochran_armitage as armitage};
use crate::statistics::error::StatError;
use crate::statistics::ks::{KsMode, ks_test};
use crate::statistics::lottery::{DrawnGroup, lottery};
use crate::statistics::record::{Effect, TestRecord, limits};

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "correlation",
        title: "Correlation",
        question: "does one number rise with another?",
        assumptions: "pairs independent; Pearson: linear",
        reference: "Pearson 1895, Fisher's interval; Spearman 1904, t; Kendall 1938, tau-b, asymptotic",
        input: "x, y: lists of numbers",
        params: &[LEVEL, Param { name: "coefficient", values: "spearman (default), pearson, kendall" }],
        run: correlation,
    },
    Method {
        name: "cochran_armitage",
        title: "Cochran-Armitage",
        question: "does a share rise with the copies?",
        assumptions: "items independent; the dose's score is right",
        reference: "Armitage 1955; variance with N",
        input: "dose: numbers; successes, trials: counts",
        params: &[Param { name: "dose_scoring", values: "raw (default: the dose as given), log2_one_plus" }],
        run: cochran_armitage,
    },
    Method {
        name: "ks_2samp",
        title: "Kolmogorov-Smirnov",
        question: "do two samples come from one distribution?",
        assumptions: "samples independent: not a paired test; continuous for an exact level",
        reference: "Smirnov 1939; Hodges 1957; Simard & L'Ecuyer 2011",
        input: "a, b: lists of numbers",
        params: &[
            ALTERNATIVE,
            Param { name: "mode", values: "auto (default: exact up to 10,000 values), exact, asymp" },
        ],
        run: ks_2samp,
    },
    Method {
        name: "lottery",
        title: "Lottery",
        question: "does the member of each group that was drawn by lot score above the others?",
        assumptions: "the draw was by lot, each group by itself; nothing about the scores",
        reference: "exact permutation over lots (Fisher 1935), on the design of Meeus et al. 2024",
        input: "drawn: a number for each group; others: a list of numbers for each group",
        params: &[LEVEL, SEED],
        run: by_lot,
    },
    Method {
        name: "calibration",
        title: "Calibration",
        question: "do stated probabilities come true, and do they tell hits from misses?",
        assumptions: "items independent; ECE is biased upwards for small bins",
        reference: "Brier 1950; Naeini et al. 2015 (ECE)",
        input: "p: probabilities (null: none stated, left out); y: 0/1; absolute_error: one an item (null: none), optional",
        params: &[
            LEVEL,
            Param { name: "bins", values: "of equal width; default 10" },
            Param { name: "interval", values: "true: a bootstrap interval of ECE; default false" },
            RESAMPLES,
            SEED,
        ],
        run: calibration,
    },
];

fn correlation(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let chosen = request.choice(
        "coefficient",
        CorrelationMethod::Spearman,
        &[
            ("spearman", CorrelationMethod::Spearman),
            ("pearson", CorrelationMethod::Pearson),
            ("kendall", CorrelationMethod::KendallTauB),
        ],
    )?;
    let (x, y) = (request.column("x")?, request.column("y")?);
    let of = |method| correlate(&x, &y, method, level);
    let (pearson, spearman, kendall) =
        (of(CorrelationMethod::Pearson)?, of(CorrelationMethod::Spearman)?, of(CorrelationMethod::KendallTauB)?);
    let mut fields = values(json!({
        "pearson": pearson.coefficient,
        "pearson_p": pearson.p_value,
        "spearman": spearman.coefficient,
        "spearman_p": spearman.p_value,
        "kendall_tau_b": kendall.coefficient,
        "kendall_p_asymptotic": kendall.p_value,
    }));
    for (name, interval) in [("pearson_ci", &pearson.interval), ("spearman_ci", &spearman.interval)] {
        if let Some(interval) = interval {
            fields.insert(name.to_owned(), limits(interval));
        }
    }
    let (name, found) = match chosen {
        CorrelationMethod::Pearson => ("pearson", pearson),
        CorrelationMethod::Spearman => ("spearman", spearman),
        CorrelationMethod::KendallTauB => ("kendall_tau_b", kendall),
    };
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        estimate: Some(found.coefficient),
        ci: found.interval,
        p_value: Some(found.p_value),
        effect: Some(Effect { name: name.to_owned(), value: found.coefficient }),
        values: fields,
        ..TestRecord::default()
    })
}

fn cochran_armitage(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let scoring = request.choice(
        "dose_scoring",
        DoseScoring::Raw,
        &[("raw", DoseScoring::Raw), ("log2_one_plus", DoseScoring::Log2OnePlus)],
    )?;
    let doses = scoring.score_all(&request.column("dose")?)?;
    let test = armitage(&doses, &request.counts("successes")?, &request.counts("trials")?)?;
    Ok(TestRecord {
        n_used: Some(test.n),
        statistic: Some(test.z),
        p_value: Some(test.p_value),
        flags: test.flags,
        values: values(json!({"z": test.z, "slope": test.slope, "dose_scores": test.dose_scores})),
        ..TestRecord::default()
    })
}

fn ks_2samp(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let alternative = request.alternative()?;
    let mode = request.choice(
        "mode",
        KsMode::Auto,
        &[
            ("auto", KsMode::Auto),
            ("exact", KsMode::Exact),
            ("asymp", KsMode::Asymptotic),
            ("asymptotic", KsMode::Asymptotic),
        ],
    )?;
    let test = ks_test(&request.column("a")?, &request.column("b")?, alternative, mode)?;
    Ok(TestRecord {
        n_used: Some((test.n_a + test.n_b) as u64),
        statistic: Some(test.distance),
        p_value: Some(test.p_value),
        effect: Some(Effect { name: "ks_distance".to_owned(), value: test.distance }),
        values: values(json!({
            // Also below every float: 1e-400 has a base-10 logarithm of -400.
            "log10_p_value": crate::statistics::record::number(test.ln_p_value / std::f64::consts::LN_10),
            "is_exact": test.is_exact,
        })),
        ..TestRecord::default()
    })
}

fn by_lot(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (level, seed, drawn) = (request.level()?, request.seed()?, request.column("drawn")?);
    let others = request.table("others")?;
    if others.len() != drawn.len() {
        return Err(StatError::LengthMismatch { left: drawn.len(), right: others.len() }.into());
    }
    let groups: Vec<DrawnGroup> =
        drawn.into_iter().zip(others).map(|(drawn, others)| DrawnGroup { drawn, others }).collect();
    let test = lottery(&groups, seed, level)?;
    Ok(TestRecord {
        n_used: Some(test.n_groups as u64),
        estimate: Some(test.share),
        ci: test.interval,
        p_value: Some(test.p_value),
        flags: test.flags,
        resamples: test.resamples.map(|draws| draws as u64),
        values: values(json!({"mode": test.mode})),
        ..TestRecord::default()
    })
}

fn calibration(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let bins = request.count_param("bins", Some(10))?;
    let wants_interval = request.switch("interval", false)?;
    let (p, y) = (request.column("p")?, request.classes("y")?);
    let stated = |column: Vec<f64>| column.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect();
    let confidence: Vec<Option<f64>> = stated(p);
    let errors = if request.has("absolute_error") {
        stated(request.column("absolute_error")?)
    } else {
        vec![None; confidence.len()]
    };
    let report = confidence_report(&confidence, &y, &errors, bins)?;
    let interval = if wants_interval {
        let (p, y): (Vec<f64>, Vec<bool>) = confidence.iter().zip(&y).filter_map(|(p, y)| Some(((*p)?, *y))).unzip();
        Some(ece_interval(&p, &y, bins, &request.bootstrap(10_000)?)?)
    } else {
        None
    };
    let found = report.reliability;
    let bins: Vec<Value> = found
        .bins
        .iter()
        .map(|bin| json!({"lo": bin.low, "hi": bin.high, "n": bin.n, "mean_p": bin.mean_probability, "rate": bin.rate}))
        .collect();
    let mut fields = values(json!({
        "brier": found.brier, "ece": found.ece, "mce": found.mce, "bins": bins,
        "overconfidence": report.overconfidence, "mean_p": report.mean_confidence,
    }));
    if let Some(auroc) = report.auroc {
        fields.insert("auroc".to_owned(), json!(auroc));
    }
    if let Some(closeness) = report.closeness {
        fields.insert("spearman_with_closeness".to_owned(), json!(closeness.coefficient));
        fields.insert("spearman_p".to_owned(), json!(closeness.p_value));
    }
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        n_dropped: Some(report.n_without_confidence as u64).filter(|dropped| *dropped > 0),
        estimate: Some(found.ece),
        ci: interval,
        values: fields,
        ..TestRecord::default()
    })
}
