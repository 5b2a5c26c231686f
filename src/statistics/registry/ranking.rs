//! Many models on many tasks, and wins of one over another.

use serde_json::{Map, Value, json};

use super::error::MethodError;
use super::paired::wilcoxon_settings;
use super::request::{Request, values};
use super::{ALPHA, LEVEL, Method, Param, RESAMPLES, SEED};
use crate::statistics::error::StatError;
use crate::statistics::multiplicity::Adjustment;
use crate::statistics::paired::wilcoxon::WilcoxonMode;
use crate::statistics::ranking::bradley_terry::{BradleyTerrySettings, bradley_terry as fit};
use crate::statistics::ranking::friedman::friedman as friedman_test;
use crate::statistics::ranking::nemenyi::{nemenyi as nemenyi_test, nemenyi_q};
use crate::statistics::ranking::page::page_trend as page_test;
use crate::statistics::ranking::pairwise::{PairwiseTests, check_alpha, pairwise_wilcoxon};
use crate::statistics::ranking::rank_interval::{rank_bootstrap as bootstrap, rank_bootstrap_from_indices};
use crate::statistics::ranking::scores::TaskScores;
use crate::statistics::ranking::votes::{Vote, position_bias as bias, rank_votes};
use crate::statistics::record::{DegreesOfFreedom, TestRecord, limits, number};

const TABLE: &str = "scores: a list of tasks, each the models' scores in one order; higher is better";
const VOTES: &str = "votes: objects {prompt, first, second, first_won}, models from 0, first_won 1, 0 or 0.5";
const PAIRWISE: &[Param] = &[
    ALPHA,
    Param { name: "zero_method", values: "pratt (default), wilcox, zsplit" },
    Param { name: "mode", values: "asymptotic (default), auto, exact" },
    Param { name: "continuity", values: "true, false (default)" },
    Param { name: "adjustment", values: "holm (default) or another name of adjust_*" },
];

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "friedman",
        title: "Friedman",
        question: "do models differ at all, over tasks?",
        assumptions: "tasks independent; three models or more",
        reference: "Friedman 1937; Iman & Davenport 1980; Demsar 2006",
        input: TABLE,
        params: &[],
        run: friedman,
    },
    Method {
        name: "wilcoxon_holm",
        title: "Wilcoxon with Holm",
        question: "which pairs of models differ over tasks?",
        assumptions: "tasks independent; differences symmetric under the null",
        reference: "Benavoli, Corani & Mangili 2016; Holm 1979",
        input: TABLE,
        params: PAIRWISE,
        run: wilcoxon_holm,
    },
    Method {
        name: "critical_difference",
        title: "Critical-difference bars",
        question: "which models form groups that no test tells apart?",
        assumptions: "as wilcoxon_holm",
        reference: "Demsar 2006; bars over pairwise tests",
        input: TABLE,
        params: PAIRWISE,
        run: critical_difference,
    },
    Method {
        name: "nemenyi",
        title: "Nemenyi",
        question: "by how much must mean ranks differ?",
        assumptions: "tasks independent; depends on which other models are in the table",
        reference: "Nemenyi 1963; Demsar 2006",
        input: TABLE,
        params: &[ALPHA],
        run: nemenyi,
    },
    Method {
        name: "nemenyi_q_table",
        title: "Nemenyi quantiles",
        question: "which quantile belongs to k models?",
        assumptions: "none: a table",
        reference: "studentised range, infinite degrees of freedom, over sqrt 2",
        input: "nothing",
        params: &[Param { name: "alphas", values: "list of numbers in (0, 1); default [0.1, 0.05, 0.01]" }],
        run: nemenyi_q_table,
    },
    Method {
        name: "rank_interval_from_tests",
        title: "Rank interval by tests",
        question: "between which places does a model stand, by what the tests tell apart?",
        assumptions: "as wilcoxon_holm",
        reference: "1 + significantly better to k - significantly worse",
        input: TABLE,
        params: PAIRWISE,
        run: rank_interval_from_tests,
    },
    Method {
        name: "rank_bootstrap",
        title: "Rank interval by bootstrap",
        question: "between which places does a model stand, had the tasks been drawn again?",
        assumptions: "tasks (or items) independent",
        reference: "percentile bootstrap of mid-ranks",
        input: "scores as for friedman; indices: rows of resamples, where they are given",
        params: &[LEVEL, RESAMPLES, SEED],
        run: rank_bootstrap,
    },
    Method {
        name: "page_trend",
        title: "Page",
        question: "do models follow an order that was predicted beforehand?",
        assumptions: "tasks independent; columns in the predicted ascending order",
        reference: "Page 1963, normal approximation",
        input: TABLE,
        params: &[Param { name: "mode", values: "asymptotic, the only one" }],
        run: page_trend,
    },
    Method {
        name: "bradley_terry",
        title: "Bradley-Terry",
        question: "how strong are models, by wins over each other?",
        assumptions: "comparisons independent; strengths alone decide",
        reference: "Bradley & Terry 1952; Newman 2023",
        input: "wins: wins[i][j], how often i beat j; ties half to each",
        params: &[
            Param { name: "prior", values: "pseudo-wins in each direction; default 0" },
            Param { name: "tie_weight", values: "0.5: how ties were counted in the input" },
        ],
        run: bradley_terry,
    },
    Method {
        name: "bradley_terry_votes",
        title: "Bradley-Terry with prompts resampled",
        question: "how sure are strengths when several votes share a prompt?",
        assumptions: "prompts independent",
        reference: "Bradley & Terry 1952; percentile bootstrap over prompts",
        input: VOTES,
        params: &[LEVEL, RESAMPLES, SEED],
        run: bradley_terry_votes,
    },
    Method {
        name: "position_bias",
        title: "Position bias",
        question: "does a judge favour the answer that it reads first?",
        assumptions: "votes independent; one bias for all pairs",
        reference: "Bradley-Terry with an order effect, Davidson & Beaver 1977",
        input: VOTES,
        params: &[LEVEL],
        run: position_bias,
    },
];

fn scores(request: &Request<'_>) -> Result<TaskScores, MethodError> {
    Ok(TaskScores::new(request.table("scores")?)?)
}

fn friedman(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let table = scores(request)?;
    let test = friedman_test(&table).map_err(|error| {
        let ranks = Map::from_iter([("average_ranks".to_owned(), json!(table.average_ranks()))]);
        MethodError::from(error).with(ranks)
    })?;
    let (df1, df2) = test.iman_davenport_df;
    Ok(TestRecord {
        n_used: Some(test.n_tasks as u64),
        statistic: Some(test.chi_squared),
        df: Some(DegreesOfFreedom::One(test.degrees_of_freedom)),
        p_value: Some(test.p_value),
        flags: test.flags,
        values: values(json!({
            "average_ranks": test.average_ranks,
            "iman_davenport_f": number(test.iman_davenport_f),
            "iman_davenport_df": [df1, df2],
            "iman_davenport_p": test.iman_davenport_p,
            "kendall_w": test.kendall_w,
        })),
        ..TestRecord::default()
    })
}

fn pairwise(request: &Request<'_>) -> Result<(PairwiseTests, f64), MethodError> {
    let settings = wilcoxon_settings(request, WilcoxonMode::Asymptotic)?;
    let known: Vec<(&str, Adjustment)> = Adjustment::ALL.iter().map(|&known| (known.as_str(), known)).collect();
    let adjustment = request.choice("adjustment", Adjustment::Holm, &known)?;
    let alpha = request.number_param("alpha", Some(0.05))?;
    check_alpha(alpha)?;
    Ok((pairwise_wilcoxon(&scores(request)?, &settings, adjustment)?, alpha))
}

fn wilcoxon_holm(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (tests, alpha) = pairwise(request)?;
    let significant: Vec<bool> = tests.p_adjusted.iter().map(|p| *p < alpha).collect();
    Ok(TestRecord {
        n_used: Some(tests.n_tasks as u64),
        values: values(json!({
            "pairs": tests.pairs,
            "p_raw": tests.p_raw,
            "p_holm": tests.p_adjusted,
            "significant": significant,
        })),
        ..TestRecord::default()
    })
}

fn critical_difference(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (tests, alpha) = pairwise(request)?;
    Ok(TestRecord {
        n_used: Some(tests.n_tasks as u64),
        values: values(json!({"average_ranks": tests.average_ranks, "cliques": tests.cliques(alpha)?})),
        ..TestRecord::default()
    })
}

fn rank_interval_from_tests(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (tests, alpha) = pairwise(request)?;
    let ranges = tests.rank_ranges(alpha)?;
    let column = |read: fn(&crate::statistics::RankRange) -> usize| ranges.iter().map(read).collect::<Vec<_>>();
    Ok(TestRecord {
        n_used: Some(tests.n_tasks as u64),
        values: values(json!({"low": column(|range| range.best), "high": column(|range| range.worst)})),
        ..TestRecord::default()
    })
}

fn nemenyi(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let alpha = request.number_param("alpha", Some(0.05))?;
    let test = nemenyi_test(&scores(request)?, alpha)?;
    Ok(TestRecord {
        n_used: Some(test.n_tasks as u64),
        values: values(json!({
            "cd": test.critical_difference,
            "q": test.q,
            "p_matrix": test.p_matrix,
            "average_ranks": test.average_ranks,
        })),
        ..TestRecord::default()
    })
}

fn nemenyi_q_table(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let alphas = match request.raw_param("alphas") {
        None => vec![0.1, 0.05, 0.01],
        Some(list) => {
            let numbers = list.as_array().and_then(|list| list.iter().map(Value::as_f64).collect::<Option<Vec<_>>>());
            numbers.ok_or_else(|| StatError::invalid("alphas", "a list of numbers in (0, 1) is needed"))?
        }
    };
    let sizes: Vec<usize> = (2..=60).collect();
    let mut table = Map::new();
    for alpha in alphas {
        let column = sizes.iter().map(|&k| nemenyi_q(k, alpha)).collect::<Result<Vec<f64>, StatError>>()?;
        table.insert(alpha.to_string(), json!(column));
    }
    Ok(TestRecord { values: values(json!({"k": sizes, "q": table})), ..TestRecord::default() })
}

fn rank_bootstrap(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = request.bootstrap(10_000)?;
    let table = scores(request)?;
    let found = if request.has("indices") {
        rank_bootstrap_from_indices(&table, &request.indices("indices")?, settings.level)?
    } else {
        bootstrap(&table, &settings)?
    };
    let limit = |read: fn(&crate::statistics::Interval) -> f64| found.intervals.iter().map(read).collect::<Vec<_>>();
    Ok(TestRecord {
        n_used: Some(found.n_tasks as u64),
        seed: found.seed,
        resamples: Some(found.resamples as u64),
        values: values(json!({
            "rank_low": limit(|interval| interval.low),
            "rank_high": limit(|interval| interval.high),
            "p_best": found.p_best,
            "mean_rank": found.mean_rank,
        })),
        ..TestRecord::default()
    })
}

fn page_trend(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    request.choice("mode", "asymptotic", &[("asymptotic", "asymptotic")])?;
    let test = page_test(&scores(request)?)?;
    Ok(TestRecord {
        n_used: Some(test.n_tasks as u64),
        statistic: Some(test.statistic),
        p_value: Some(test.p_value),
        values: values(json!({"z": test.z})),
        ..TestRecord::default()
    })
}

fn bradley_terry(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = BradleyTerrySettings { prior: request.number_param("prior", Some(0.0))? };
    let weight = request.number_param("tie_weight", Some(0.5))?;
    if (weight - 0.5).abs() > 0.0 {
        return Err(StatError::invalid("tie_weight", format!("ties count half to each, got {weight}")).into());
    }
    let found = fit(&request.table("wins")?, &settings)?;
    let k = found.theta.len();
    let differences: Vec<Vec<f64>> =
        (0..k).map(|i| (0..k).map(|j| if i == j { 0.0 } else { found.difference_error(i, j) }).collect()).collect();
    Ok(TestRecord {
        values: values(json!({
            "theta": found.theta,
            "se": found.standard_errors,
            "elo": found.elo,
            "se_difference": differences,
            "loglik": found.log_likelihood,
            "n_comparisons": found.n_comparisons,
        })),
        ..TestRecord::default()
    })
}

/// The votes, and how many models they name.
fn votes(request: &Request<'_>) -> Result<(usize, Vec<Vote>), MethodError> {
    let list = request.value("votes")?;
    let votes: Vec<Vote> = serde_json::from_value(list.clone())
        .map_err(|error| MethodError::input("votes", format!("{error}; {VOTES}")))?;
    let n_models = votes.iter().map(|vote| vote.first.max(vote.second) + 1).max().unwrap_or(0);
    Ok((n_models, votes))
}

fn bradley_terry_votes(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let settings = request.bootstrap(1_000)?;
    let (n_models, votes) = votes(request)?;
    let found = rank_votes(n_models, &votes, &settings)?;
    Ok(TestRecord {
        n_used: Some(found.n_prompts as u64),
        seed: Some(found.seed),
        resamples: Some(found.resamples as u64),
        values: values(json!({
            "theta": found.theta,
            "ci": found.intervals.iter().map(limits).collect::<Vec<_>>(),
            "n_votes": found.n_votes,
            "n_disconnected": found.n_disconnected,
        })),
        ..TestRecord::default()
    })
}

fn position_bias(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let (n_models, votes) = votes(request)?;
    let found = bias(n_models, &votes, level)?;
    Ok(TestRecord {
        n_used: Some(votes.len() as u64),
        estimate: Some(found.bias),
        ci: Some(found.interval),
        p_value: Some(found.p_value),
        values: values(json!({
            "se": found.standard_error, "first_wins": found.first_wins, "theta": found.theta,
        })),
        ..TestRecord::default()
    })
}
