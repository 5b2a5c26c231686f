//! One share, and the difference of two from different items.

use serde_json::{Map, json};

use super::error::MethodError;
use super::request::Request;
use super::{COMPATIBLE, LEVEL, Method};
use crate::statistics::paired::binary::cohen_h;
use crate::statistics::proportion::difference::{
    DifferenceMethod, miettinen_nurminen_as_statsmodels, proportion_difference,
};
use crate::statistics::proportion::single::{ProportionMethod, proportion};
use crate::statistics::record::{Effect, TestRecord, limits};

const COUNTS: &str = "successes, trials: counts";
const TWO_GROUPS: &str = "k1, n1, k2, n2: successes and trials of two groups of different items";

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "interval_wilson",
        title: "Wilson",
        question: "how sure is a share?",
        assumptions: "items independent",
        reference: "Wilson 1927; Brown, Cai & DasGupta 2001",
        input: COUNTS,
        params: &[LEVEL],
        run: |request| interval(request, ProportionMethod::Wilson),
    },
    Method {
        name: "interval_wilson_cc",
        title: "Wilson with continuity correction",
        question: "how sure is a share, a little conservatively?",
        assumptions: "items independent",
        reference: "Newcombe 1998, Stat Med 17:857",
        input: COUNTS,
        params: &[LEVEL],
        run: |request| interval(request, ProportionMethod::WilsonContinuity),
    },
    Method {
        name: "interval_clopper_pearson",
        title: "Clopper-Pearson",
        question: "how sure is a share, with a guaranteed level?",
        assumptions: "items independent; wide",
        reference: "Clopper & Pearson 1934",
        input: COUNTS,
        params: &[LEVEL],
        run: |request| interval(request, ProportionMethod::ClopperPearson),
    },
    Method {
        name: "interval_jeffreys",
        title: "Jeffreys",
        question: "how sure is a share, by a Beta(1/2, 1/2) prior?",
        assumptions: "items independent",
        reference: "Brown, Cai & DasGupta 2001",
        input: COUNTS,
        params: &[LEVEL],
        run: |request| interval(request, ProportionMethod::Jeffreys),
    },
    Method {
        name: "interval_agresti_coull",
        title: "Agresti-Coull",
        question: "how sure is a share, by a formula that fits on a napkin?",
        assumptions: "items independent",
        reference: "Agresti & Coull 1998",
        input: COUNTS,
        params: &[LEVEL],
        run: |request| interval(request, ProportionMethod::AgrestiCoull),
    },
    Method {
        name: "interval_wald",
        title: "Wald",
        question: "which interval did a paper print that used the normal approximation?",
        assumptions: "large n and a share far from 0 and 1; for reproduction only",
        reference: "normal approximation; fails for small n (Bowyer et al. 2025, arXiv:2503.01747)",
        input: COUNTS,
        params: &[LEVEL],
        run: |request| interval(request, ProportionMethod::Wald),
    },
    Method {
        name: "diff_indep_newcombe",
        title: "Newcombe's hybrid interval",
        question: "by how much do the rates of two groups of different items differ?",
        assumptions: "groups and items independent",
        reference: "Newcombe 1998, Stat Med 17:873, method 10",
        input: TWO_GROUPS,
        params: &[LEVEL],
        run: |request| difference(request, DifferenceMethod::Newcombe),
    },
    Method {
        name: "diff_indep_agresti_caffo",
        title: "Agresti-Caffo",
        question: "by how much do two groups differ, by one success and one failure added to each?",
        assumptions: "groups and items independent",
        reference: "Agresti & Caffo 2000",
        input: TWO_GROUPS,
        params: &[LEVEL],
        run: |request| difference(request, DifferenceMethod::AgrestiCaffo),
    },
    Method {
        name: "diff_indep_miettinen_nurminen",
        title: "Miettinen-Nurminen",
        question: "by how much do two groups differ, by the score interval?",
        assumptions: "groups and items independent",
        reference: "Miettinen & Nurminen 1985",
        input: TWO_GROUPS,
        params: &[LEVEL],
        run: |request| difference(request, DifferenceMethod::MiettinenNurminen),
    },
];

fn interval(request: &Request<'_>, method: ProportionMethod) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let found = proportion(request.count("successes")?, request.count("trials")?, level, method)?;
    Ok(TestRecord {
        n_used: Some(found.n as u64),
        estimate: Some(found.value),
        ci: found.interval,
        flags: found.flags,
        ..TestRecord::default()
    })
}

fn difference(request: &Request<'_>, method: DifferenceMethod) -> Result<TestRecord, MethodError> {
    let level = request.level()?;
    let first = (request.count("k1")?, request.count("n1")?);
    let second = (request.count("k2")?, request.count("n2")?);
    let found = proportion_difference(first, second, level, method)?;
    let rate = |(successes, trials): (u64, u64)| successes as f64 / trials as f64;
    let mut fields = Map::new();
    if method == DifferenceMethod::MiettinenNurminen
        && let Some(interval) = miettinen_nurminen_as_statsmodels(first, second, level)?
    {
        let why =
            "statsmodels 0.15.0 has the successes of group 2 where the cubic of the restricted rates needs its trials";
        fields.insert(COMPATIBLE.to_owned(), json!({"ci": limits(&interval), "why": why}));
    }
    Ok(TestRecord {
        values: fields,
        n_used: Some(found.n as u64),
        estimate: Some(found.value),
        ci: found.interval,
        effect: Some(Effect { name: "cohen_h".to_owned(), value: cohen_h(rate(first), rate(second)) }),
        flags: found.flags,
        ..TestRecord::default()
    })
}
