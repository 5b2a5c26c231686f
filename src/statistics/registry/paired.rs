//! Two models on the same items.

use serde_json::{Map, Value, json};

use super::error::MethodError;
use super::request::{Request, values};
use super::{ALTERNATIVE, COMPATIBLE, LEVEL, Method, NAN_POLICY, Param, SEED};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Level};
use crate::statistics::missing::usable_rows;
use crate::statistics::paired::binary::{
    McNemarMethod, PairedCounts, cohen_h, mcnemar, paired_odds_ratio as odds_ratio,
};
use crate::statistics::paired::binary_interval::{
    PhiCorrection, newcombe_paired as newcombe, tango_paired as tango, wald_paired as wald,
};
use crate::statistics::paired::effect::{cliffs_delta as cliffs, rank_biserial, standardised_difference};
use crate::statistics::paired::permutation::{
    FlipStatistic, PermutationMode, SignFlip, sign_flip, sign_flip_clustered,
};
use crate::statistics::paired::sign::sign_test as sign;
use crate::statistics::paired::t::paired_t as t_test;
use crate::statistics::paired::wilcoxon::{Continuity, Wilcoxon, WilcoxonMode, ZeroMethod, wilcoxon as signed_rank};
use crate::statistics::record::{DegreesOfFreedom, Effect, TestRecord, number};

const BINARY: &str = "a, b: lists of 0/1 by item; or both, only_a, only_b, neither: counts";
const REAL: &str = "a, b: lists of numbers by item (null: missing)";
const SAME_ITEMS: &str = "same items; items independent (else cluster)";

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "mcnemar_midp",
        title: "McNemar mid-p",
        question: "are two models right equally often on the same items?",
        assumptions: SAME_ITEMS,
        reference: "Fagerland, Lydersen & Laake 2013, BMC Med Res Methodol 13:91",
        input: BINARY,
        params: &[NAN_POLICY],
        run: |request| mcnemar_record(request, McNemarMethod::MidP),
    },
    Method {
        name: "mcnemar_exact",
        title: "McNemar exact",
        question: "are two models right equally often, with a guaranteed level?",
        assumptions: "same items; items independent; conservative",
        reference: "McNemar 1947; exact binomial",
        input: BINARY,
        params: &[NAN_POLICY],
        run: |request| mcnemar_record(request, McNemarMethod::Exact),
    },
    Method {
        name: "mcnemar_chi2",
        title: "McNemar chi-squared",
        question: "are two models right equally often, with many discordant items?",
        assumptions: "same items; items independent; 25 discordant items or more",
        reference: "McNemar 1947; continuity as statsmodels",
        input: BINARY,
        params: &[NAN_POLICY, Param { name: "continuity", values: "true, false (default)" }],
        run: mcnemar_chi2,
    },
    Method {
        name: "newcombe_paired",
        title: "Newcombe's paired interval",
        question: "by how much do two models differ in accuracy on the same items?",
        assumptions: SAME_ITEMS,
        reference: "Newcombe 1998, Stat Med 17:2635, method 10",
        input: BINARY,
        params: &[LEVEL, NAN_POLICY, Param { name: "phi_correction", values: "true (default), false" }],
        run: newcombe_paired,
    },
    Method {
        name: "tango_paired",
        title: "Tango's score interval",
        question: "by how much do two models differ in accuracy, also when they answer alike?",
        assumptions: SAME_ITEMS,
        reference: "Tango 1998, Stat Med 17:891",
        input: BINARY,
        params: &[LEVEL, NAN_POLICY],
        run: tango_paired,
    },
    Method {
        name: "wald_paired",
        title: "Wald's paired interval",
        question: "which interval did a paper print that used the normal approximation?",
        assumptions: "same items; large n; for reproduction only",
        reference: "normal approximation",
        input: BINARY,
        params: &[LEVEL, NAN_POLICY],
        run: wald_paired,
    },
    Method {
        name: "paired_odds_ratio",
        title: "Paired odds ratio",
        question: "how many times likelier is an item right under A only than under B only?",
        assumptions: SAME_ITEMS,
        reference: "Clopper-Pearson limits of the discordant share, as odds",
        input: BINARY,
        params: &[LEVEL, NAN_POLICY],
        run: paired_odds_ratio,
    },
    Method {
        name: "cohen_h",
        title: "Cohen's h",
        question: "how large is a difference of two rates, free of where they lie?",
        assumptions: "none: an effect size",
        reference: "Cohen 1988",
        input: BINARY,
        params: &[NAN_POLICY],
        run: cohen_h_record,
    },
    Method {
        name: "permutation_paired",
        title: "Sign-flip permutation",
        question: "do two models differ in mean score on the same items?",
        assumptions: "under the null A and B are exchangeable within an item (or cluster)",
        reference: "Fisher 1935; (b+1)/(m+1) by Phipson & Smyth 2010",
        input: "a, b: lists of numbers by item (null: missing); cluster: labels, to flip whole clusters",
        params: &[
            ALTERNATIVE,
            NAN_POLICY,
            SEED,
            Param { name: "resamples", values: "random flips; default 100,000" },
            Param { name: "statistic", values: "mean (default), median, trimmed_mean" },
            Param { name: "trim", values: "share cut at each end, in [0, 0.5); default 0.1" },
            Param { name: "mode", values: "auto (default: exact up to 20 differences), exact, monte_carlo" },
            Param { name: "resamples_reference", values: "ignored: how a golden case was made" },
        ],
        run: permutation_paired,
    },
    Method {
        name: "paired_t",
        title: "Paired t",
        question: "do two models differ in mean score on the same items?",
        assumptions: "items independent; differences near normal, or many items",
        reference: "Student 1908",
        input: REAL,
        params: &[ALTERNATIVE, LEVEL, NAN_POLICY],
        run: paired_t,
    },
    Method {
        name: "wilcoxon",
        title: "Wilcoxon signed-rank",
        question: "do two models differ in the middle of their differences?",
        assumptions: "items independent; differences symmetric under the null",
        reference: "Wilcoxon 1945; zeros by Pratt 1959",
        input: REAL,
        params: &[
            ALTERNATIVE,
            NAN_POLICY,
            Param { name: "zero_method", values: "pratt (default), wilcox, zsplit" },
            Param { name: "mode", values: "auto (default: exact up to 50 differences), exact, asymptotic" },
            Param { name: "continuity", values: "true, false (default)" },
        ],
        run: wilcoxon,
    },
    Method {
        name: "sign_test",
        title: "Sign test",
        question: "is A above B on more items than below?",
        assumptions: "items independent",
        reference: "Arbuthnot 1710; exact binomial",
        input: REAL,
        params: &[ALTERNATIVE, NAN_POLICY],
        run: sign_test,
    },
    Method {
        name: "effect_paired",
        title: "Standardised paired difference",
        question: "how large is a mean difference against its spread over items?",
        assumptions: "none: an effect size (d_z, Hedges' g_z)",
        reference: "Hedges 1981; Lakens 2013",
        input: REAL,
        params: &[NAN_POLICY],
        run: effect_paired,
    },
    Method {
        name: "rank_biserial_paired",
        title: "Matched rank-biserial correlation",
        question: "how one-sided are the differences, by rank?",
        assumptions: "none: an effect size",
        reference: "Kerby 2014",
        input: REAL,
        params: &[NAN_POLICY],
        run: rank_biserial_paired,
    },
    Method {
        name: "cliffs_delta",
        title: "Cliff's delta",
        question: "how often does a value of A lie above one of B, as unpaired samples?",
        assumptions: "values independent; ignores the pairing",
        reference: "Cliff 1993; Mann & Whitney 1947",
        input: REAL,
        params: &[NAN_POLICY],
        run: cliffs_delta,
    },
];

/// The two-by-two table, with how many pairs had a missing side.
fn table(request: &Request<'_>) -> Result<(PairedCounts, u64), MethodError> {
    let missing = request.missing()?;
    if request.has("only_a") || request.has("only_b") {
        let counts = PairedCounts {
            both: request.count("both")?,
            only_a: request.count("only_a")?,
            only_b: request.count("only_b")?,
            neither: request.count("neither")?,
        };
        return Ok((counts, 0));
    }
    let (a, b) = (request.column("a")?, request.column("b")?);
    let rows = usable_rows(&[&a, &b], missing)?;
    let truth = |column: &[f64], name: &str| -> Result<Vec<bool>, MethodError> {
        rows.iter()
            .map(|&row| match column[row] {
                0.0 => Ok(false),
                1.0 => Ok(true),
                other => Err(MethodError::input(format!("{name}[{row}]"), format!("found {other}; 0 or 1 is needed"))),
            })
            .collect()
    };
    let (right_a, right_b) = (truth(&a, "a")?, truth(&b, "b")?);
    let dropped = (a.len() - rows.len()) as u64;
    if rows.is_empty() {
        return Err(StatError::TooFewItems { needed: 1, got: 0 }.into());
    }
    Ok((PairedCounts::from_outcomes(&right_a, &right_b)?, dropped))
}

fn counted(counts: PairedCounts, dropped: u64, flags: &[Flag]) -> TestRecord {
    let mut flags = flags.to_vec();
    if dropped > 0 {
        flags.push(Flag::MissingDropped);
    }
    TestRecord {
        n_used: Some(counts.n()),
        n_dropped: Some(dropped),
        flags,
        values: values(json!({
            "both": counts.both, "only_a": counts.only_a, "only_b": counts.only_b, "neither": counts.neither,
        })),
        ..TestRecord::default()
    }
}

fn rates(counts: PairedCounts) -> (f64, f64) {
    let n = counts.n() as f64;
    ((counts.both + counts.only_a) as f64 / n, (counts.both + counts.only_b) as f64 / n)
}

fn mcnemar_record(request: &Request<'_>, method: McNemarMethod) -> Result<TestRecord, MethodError> {
    let (counts, dropped) = table(request)?;
    let test = mcnemar(counts, method)?;
    let (rate_a, rate_b) = rates(counts);
    let is_chi2 = matches!(method, McNemarMethod::ChiSquared | McNemarMethod::ChiSquaredContinuity);
    Ok(TestRecord {
        statistic: Some(test.statistic),
        df: is_chi2.then_some(DegreesOfFreedom::One(1.0)),
        estimate: Some(counts.difference()),
        p_value: Some(test.p_value),
        effect: Some(Effect { name: "cohen_h".to_owned(), value: cohen_h(rate_a, rate_b) }),
        ..counted(counts, dropped, &test.flags)
    })
}

fn mcnemar_chi2(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let is_corrected = request.switch("continuity", false)?;
    let method = if is_corrected { McNemarMethod::ChiSquaredContinuity } else { McNemarMethod::ChiSquared };
    mcnemar_record(request, method)
}

fn newcombe_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let correction =
        if request.switch("phi_correction", true)? { PhiCorrection::Corrected } else { PhiCorrection::Plain };
    let (counts, dropped) = table(request)?;
    let found = newcombe(counts, level, correction)?;
    let mut record = counted(counts, dropped, &[]);
    record.estimate = Some(found.difference);
    record.ci = Some(found.interval);
    record.values.insert("phi".to_owned(), json!(found.phi));
    Ok(record)
}

fn tango_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    estimated(request, tango)
}

fn wald_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    estimated(request, wald)
}

fn estimated(
    request: &Request<'_>,
    method: fn(PairedCounts, Level) -> Result<crate::statistics::Estimate, StatError>,
) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let (counts, dropped) = table(request)?;
    let found = method(counts, level)?;
    let mut record = counted(counts, dropped, &found.flags);
    record.estimate = Some(found.value);
    record.ci = found.interval;
    if let Some(error) = found.standard_error {
        record.values.insert("se".to_owned(), json!(error));
    }
    Ok(record)
}

fn paired_odds_ratio(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let (counts, dropped) = table(request)?;
    let found = odds_ratio(counts, level)?;
    let mut record = counted(counts, dropped, &[]);
    record.estimate = Some(found.odds_ratio);
    record.ci = Some(found.interval);
    record.values.insert("cohen_g".to_owned(), json!(found.cohen_g));
    record.effect = Some(Effect { name: "cohen_g".to_owned(), value: found.cohen_g });
    Ok(record)
}

fn cohen_h_record(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (counts, dropped) = table(request)?;
    if counts.n() == 0 {
        return Err(StatError::EmptyInput.into());
    }
    let (rate_a, rate_b) = rates(counts);
    let h = cohen_h(rate_a, rate_b);
    Ok(TestRecord {
        estimate: Some(h),
        effect: Some(Effect { name: "cohen_h".to_owned(), value: h }),
        ..counted(counts, dropped, &[])
    })
}

fn permutation_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let trim = request.number_param("trim", Some(0.1))?;
    let settings = SignFlip {
        statistic: request.choice(
            "statistic",
            FlipStatistic::Mean,
            &[
                ("mean", FlipStatistic::Mean),
                ("median", FlipStatistic::Median),
                ("trimmed_mean", FlipStatistic::TrimmedMean(trim)),
            ],
        )?,
        mode: request.choice(
            "mode",
            PermutationMode::Auto,
            &[
                ("auto", PermutationMode::Auto),
                ("exact", PermutationMode::Exact),
                ("monte_carlo", PermutationMode::MonteCarlo),
            ],
        )?,
        alternative: request.alternative()?,
        resamples: request.resamples(100_000)?,
        seed: request.seed()?,
        missing: request.missing()?,
    };
    let (a, b) = (request.column("a")?, request.column("b")?);
    let test = if request.has("cluster") {
        sign_flip_clustered(&a, &b, &request.labels("cluster")?, &settings)?
    } else {
        sign_flip(&a, &b, &settings)?
    };
    let mut fields = Map::new();
    fields.insert("n_permutations".to_owned(), number(test.n_permutations));
    fields.insert("is_exact".to_owned(), json!(test.is_exact));
    if let Some(clusters) = test.n_clusters {
        fields.insert("clusters".to_owned(), json!(clusters));
    }
    if let Some(p) = test.p_without_ties {
        fields.insert(
            COMPATIBLE.to_owned(),
            json!({"p_value": p, "why": "programs that lose ties to rounding count only flips strictly more extreme"}),
        );
    }
    Ok(TestRecord {
        n_used: Some(test.n_used as u64),
        n_dropped: Some(test.n_dropped as u64),
        statistic: Some(test.statistic),
        estimate: Some(test.statistic),
        p_value: Some(test.p_value),
        flags: test.flags,
        seed: test.seed,
        resamples: test.resamples.map(|count| count as u64),
        generator: test.generator,
        values: fields,
        ..TestRecord::default()
    })
}

fn paired_t(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (alternative, level, missing) = (request.alternative()?, request.level()?, request.missing()?);
    let (a, b) = (request.column("a")?, request.column("b")?);
    let test = t_test(&a, &b, alternative, level, missing)?;
    let effect = standardised_difference(&a, &b, missing).ok().map(|found| match found.hedges_g_z {
        Some(value) => Effect { name: "hedges_g_z".to_owned(), value },
        None => Effect { name: "d_z".to_owned(), value: found.d_z },
    });
    Ok(TestRecord {
        n_used: Some(test.n_used as u64),
        n_dropped: Some(test.n_dropped as u64),
        statistic: Some(test.statistic),
        df: Some(DegreesOfFreedom::One(test.degrees_of_freedom)),
        estimate: Some(test.mean_difference),
        ci: Some(test.interval),
        p_value: Some(test.p_value),
        effect,
        flags: test.flags,
        values: values(json!({"se": test.standard_error})),
        ..TestRecord::default()
    })
}

/// Zero method, mode and continuity of a signed-rank test.
pub(super) fn wilcoxon_settings(request: &Request<'_>, mode: WilcoxonMode) -> Result<Wilcoxon, StatError> {
    let zero_methods = [("pratt", ZeroMethod::Pratt), ("wilcox", ZeroMethod::Wilcox), ("zsplit", ZeroMethod::Zsplit)];
    let modes =
        [("auto", WilcoxonMode::Auto), ("exact", WilcoxonMode::Exact), ("asymptotic", WilcoxonMode::Asymptotic)];
    Ok(Wilcoxon {
        zero_method: request.choice("zero_method", ZeroMethod::Pratt, &zero_methods)?,
        mode: request.choice("mode", mode, &modes)?,
        continuity: if request.switch("continuity", false)? { Continuity::Corrected } else { Continuity::Plain },
        ..Wilcoxon::default()
    })
}

fn wilcoxon(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = Wilcoxon {
        alternative: request.alternative()?,
        missing: request.missing()?,
        ..wilcoxon_settings(request, WilcoxonMode::Auto)?
    };
    let (a, b) = (request.column("a")?, request.column("b")?);
    let test = signed_rank(&a, &b, &settings)?;
    let effect = rank_biserial(&a, &b, settings.missing).ok();
    let mut fields = values(json!({
        "w_plus": test.w_plus, "w_minus": test.w_minus, "n_nonzero": test.n_nonzero, "is_exact": test.is_exact,
    }));
    for (name, value) in [("z", test.z), ("p_greater", test.p_greater), ("p_less", test.p_less)] {
        if let Some(value) = value {
            fields.insert(name.to_owned(), json!(value));
        }
    }
    Ok(TestRecord {
        n_used: Some(test.n_used as u64),
        n_dropped: Some(test.n_dropped as u64),
        statistic: Some(test.w_plus),
        p_value: Some(test.p_value),
        effect: effect.map(|value| Effect { name: "rank_biserial".to_owned(), value }),
        flags: test.flags,
        values: fields,
        ..TestRecord::default()
    })
}

fn sign_test(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (alternative, missing) = (request.alternative()?, request.missing()?);
    let test = sign(&request.column("a")?, &request.column("b")?, alternative, missing)?;
    Ok(TestRecord {
        n_used: Some(test.n_used as u64),
        n_dropped: Some(test.n_dropped as u64),
        statistic: Some(test.n_positive as f64),
        p_value: Some(test.p_value),
        flags: test.flags,
        values: values(json!({"n_pos": test.n_positive, "n_neg": test.n_negative})),
        ..TestRecord::default()
    })
}

fn effect_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let missing = request.missing()?;
    let found = standardised_difference(&request.column("a")?, &request.column("b")?, missing)?;
    Ok(TestRecord {
        n_used: Some(found.n_used as u64),
        n_dropped: Some(found.n_dropped as u64),
        estimate: Some(found.mean_difference),
        effect: Some(match found.hedges_g_z {
            Some(value) => Effect { name: "hedges_g_z".to_owned(), value },
            None => Effect { name: "d_z".to_owned(), value: found.d_z },
        }),
        values: values(json!({
            "d_z": found.d_z,
            "hedges_g_z": found.hedges_g_z.map_or(Value::Null, Value::from),
            "se": found.standard_error,
        })),
        ..TestRecord::default()
    })
}

fn rank_biserial_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let missing = request.missing()?;
    let (a, b) = (request.column("a")?, request.column("b")?);
    let value = rank_biserial(&a, &b, missing)?;
    let used = usable_rows(&[&a, &b], missing)?.len();
    Ok(TestRecord {
        n_used: Some(used as u64),
        n_dropped: Some((a.len() - used) as u64),
        estimate: Some(value),
        effect: Some(Effect { name: "rank_biserial".to_owned(), value }),
        ..TestRecord::default()
    })
}

fn cliffs_delta(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let missing = request.missing()?;
    let (a, b) = (request.column("a")?, request.column("b")?);
    // Unpaired: each column drops its own missing values, unless both belong to the same items.
    let (left, right): (Vec<f64>, Vec<f64>) = if a.len() == b.len() {
        usable_rows(&[&a, &b], missing)?.into_iter().map(|row| (a[row], b[row])).unzip()
    } else {
        let kept = |column: &[f64]| -> Result<Vec<f64>, StatError> {
            Ok(usable_rows(&[column], missing)?.into_iter().map(|row| column[row]).collect())
        };
        (kept(&a)?, kept(&b)?)
    };
    let found = cliffs(&left, &right)?;
    Ok(TestRecord {
        n_used: Some((found.n_a + found.n_b) as u64),
        n_dropped: Some((a.len() + b.len() - found.n_a - found.n_b) as u64),
        statistic: Some(found.mann_whitney_u),
        estimate: Some(found.delta),
        p_value: Some(found.p_value),
        effect: Some(Effect { name: "cliffs_delta".to_owned(), value: found.delta }),
        values: values(json!({"mann_whitney_u": found.mann_whitney_u, "p_value_asymptotic_cc": found.p_value})),
        ..TestRecord::default()
    })
}
