//! As good as, and how many items that takes.

use serde_json::{Value, json};

use super::error::MethodError;
use super::request::{Request, values};
use super::{ALPHA, ALTERNATIVE, Method, NAN_POLICY, Param};
use crate::statistics::equivalence::{outcome, tost_paired as tost};
use crate::statistics::error::StatError;
use crate::statistics::paired::binary::McNemarMethod;
use crate::statistics::power::{
    PairedVariance, PowerTarget, items_for_mcnemar, items_for_paired_mean, items_for_paired_t, mcnemar_power,
    mde_mcnemar, mde_paired_mean, paired_t_power,
};
use crate::statistics::record::{DegreesOfFreedom, TestRecord, limits};

const POWER: Param = Param { name: "power", values: "in (0, 1); default 0.8" };
const DELTA: Param = Param { name: "delta", values: "required; the margin, above 0" };

pub(super) const METHODS: &[Method] = &[
    Method {
        name: "tost_paired",
        title: "Two one-sided paired t tests",
        question: "are two models as good as each other, within a margin set beforehand?",
        assumptions: "items independent; differences near normal, or many items; margin set beforehand",
        reference: "Schuirmann 1987; Lakens 2017",
        input: "a, b: lists of numbers by item",
        params: &[DELTA, Param { name: "alpha", values: "in (0, 1/2); default 0.05" }, NAN_POLICY],
        run: tost_paired,
    },
    Method {
        name: "gate_outcome",
        title: "Five outcomes",
        question: "what does an interval say, given a margin?",
        assumptions: "the interval is at level 1 - 2 alpha; margin set beforehand; higher is better",
        reference: "Piaggio et al. 2012 (non-inferiority and equivalence)",
        input: "low, high: limits of A - B",
        params: &[DELTA],
        run: gate_outcome,
    },
    Method {
        name: "power_paired_mean",
        title: "Sample size of a paired mean",
        question: "how many items show a mean difference?",
        assumptions: "normal quantiles; variances known",
        reference: "Miller 2024, arXiv:2411.00640",
        input: "omega2, sigma_a2, sigma_b2: variances; k_a, k_b: repeats; delta: the difference; n_for_mde: items",
        params: &[ALPHA, POWER],
        run: power_paired_mean,
    },
    Method {
        name: "power_paired_t",
        title: "Power of the paired t test",
        question: "how many items show a standardised difference?",
        assumptions: "differences normal",
        reference: "non-central t",
        input: "d_z: mean over standard deviation of the differences; n: items (for power_at_n)",
        params: &[ALPHA, POWER, ALTERNATIVE],
        run: power_paired_t,
    },
    Method {
        name: "power_mcnemar",
        title: "Power of McNemar's test",
        question: "how many items show a difference in accuracy?",
        assumptions: "items independent",
        reference: "Connor 1987; exact by enumeration",
        input: "n: items; p10, p01: probabilities that only A, or only B, is right",
        params: &[ALPHA, POWER],
        run: power_mcnemar,
    },
];

fn tost_paired(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (margin, alpha) = (request.number_param("delta", None)?, request.number_param("alpha", Some(0.05))?);
    let missing = request.missing()?;
    let test = tost(&request.column("a")?, &request.column("b")?, margin, alpha, missing).map_err(of_delta)?;
    let mut fields = values(json!({
        "p_lower": test.p_lower,
        "p_upper": test.p_upper,
        "equivalent": test.is_equivalent,
        "non_inferior": test.is_non_inferior,
        "superior": test.is_superior,
        "worse": test.is_worse,
        "outcome": test.outcome.as_str(),
    }));
    // Named after its level: ci_90 for alpha = 0.05.
    let percent = (100.0 * test.interval.level.value() * 1e6).round() / 1e6;
    fields.insert(format!("ci_{percent}"), limits(&test.interval));
    Ok(TestRecord {
        n_used: Some(test.n_used as u64),
        n_dropped: Some(test.n_dropped as u64),
        df: Some(DegreesOfFreedom::One(test.degrees_of_freedom)),
        estimate: Some(test.mean_difference),
        ci: Some(test.interval),
        p_value: Some(test.p_value),
        flags: test.flags,
        values: fields,
        ..TestRecord::default()
    })
}

/// The margin under the name that it has in a request.
fn of_delta(error: StatError) -> StatError {
    match error {
        StatError::InvalidParameter { name: "margin", why } => StatError::InvalidParameter { name: "delta", why },
        other => other,
    }
}

fn gate_outcome(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let margin = request.number_param("delta", None)?;
    let (low, high) = (request.number("low")?, request.number("high")?);
    if low > high {
        return Err(MethodError::input("low", format!("{low} is above high, {high}")));
    }
    let found = outcome(low, high, margin).map_err(of_delta)?;
    Ok(TestRecord { values: values(json!({"outcome": found.as_str()})), ..TestRecord::default() })
}

fn target(request: &Request<'_>) -> Result<PowerTarget, StatError> {
    Ok(PowerTarget {
        alpha: request.number_param("alpha", Some(0.05))?,
        power: request.number_param("power", Some(0.8))?,
    })
}

fn repeats(request: &Request<'_>, field: &str) -> Result<u32, MethodError> {
    let count = if request.has(field) { request.count(field)? } else { 1 };
    u32::try_from(count).map_err(|_| MethodError::input(field, format!("{count} repeats are too many")))
}

fn power_paired_mean(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let target = target(request)?;
    let variance = PairedVariance {
        omega_squared: request.number("omega2")?,
        sigma_a_squared: if request.has("sigma_a2") { request.number("sigma_a2")? } else { 0.0 },
        sigma_b_squared: if request.has("sigma_b2") { request.number("sigma_b2")? } else { 0.0 },
        repeats_a: repeats(request, "k_a")?,
        repeats_b: repeats(request, "k_b")?,
    };
    let n = items_for_paired_mean(variance, request.number("delta")?, target)?;
    let mut fields = values(json!({"n": n, "n_items": whole(n)}));
    if request.has("n_for_mde") {
        let items = usize::try_from(request.count("n_for_mde")?).unwrap_or(usize::MAX);
        fields.insert("mde_at_n".to_owned(), json!(mde_paired_mean(variance, items, target)?));
    }
    Ok(TestRecord { values: fields, ..TestRecord::default() })
}

/// A number of items, rounded up; as an integer where one holds it.
fn whole(n: f64) -> Value {
    let up = n.ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, positive and below 2^53")]
    if up < 9e15 { json!(up as u64) } else { json!(up) }
}

fn power_paired_t(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let (target, alternative) = (target(request)?, request.alternative()?);
    let d_z = request.number("d_z")?;
    let n = items_for_paired_t(d_z, target, alternative)?;
    let mut fields = values(json!({
        "n": n, "n_items": whole(n), "power_at_50": paired_t_power(50.0, d_z, target.alpha, alternative)?,
    }));
    if request.has("n") {
        let items = request.number("n")?;
        fields.insert("power_at_n".to_owned(), json!(paired_t_power(items, d_z, target.alpha, alternative)?));
    }
    Ok(TestRecord { values: fields, ..TestRecord::default() })
}

fn power_mcnemar(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    /// Enumeration grows with the square.
    const MOST_ITEMS: u64 = 20_000;
    let target = target(request)?;
    let (n, p10, p01) = (request.count("n")?, request.number("p10")?, request.number("p01")?);
    if n > MOST_ITEMS {
        return Err(MethodError::input("n", format!("found {n}; exact power is offered for up to {MOST_ITEMS} items")));
    }
    let power = |method| mcnemar_power(n, p10, p01, target.alpha, method);
    let mut fields = values(json!({
        "power_exact": power(McNemarMethod::Exact)?, "power_midp": power(McNemarMethod::MidP)?,
    }));
    if (p10 - p01).abs() > 0.0 {
        let needed = items_for_mcnemar(p10, p01, target)?;
        // Named after the power: n_normal_80.
        let percent = (100.0 * target.power * 1e6).round() / 1e6;
        fields.insert(format!("n_normal_{percent}"), whole(needed));
    }
    let items = usize::try_from(n).unwrap_or(usize::MAX);
    fields.insert("mde_at_n".to_owned(), json!(mde_mcnemar(items, (p10 + p01).min(1.0), target).ok().flatten()));
    Ok(TestRecord { values: fields, ..TestRecord::default() })
}
