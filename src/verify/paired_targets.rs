//! Tests between two models on the same targets, as scipy gives them.

use serde_json::{Map, Value, json};

use super::agreement::{DOUBLE, P_VALUE, Rule, number, told};
use super::golden_file::{GoldenFileError, number_field, numbers_field};
use crate::statistics::{
    Alternative, Level, MissingPolicy, PermutationMode, SignFlip, StatError, Wilcoxon, WilcoxonMode, ZeroMethod,
    mcnemar_exact_p, paired_t, sign_flip, sign_test, standardised_difference, tost_paired, wilcoxon,
};

/// Pairs up to which scipy counts without ties, and with them.
const EXACT_WITHOUT_TIES: usize = 50;
const EXACT_WITH_TIES: usize = 13;
/// Of the tests with a margin; no bound of theirs is compared.
const ALPHA: f64 = 0.05;
/// Two differences of scores up to 1 that are closer than this are one.
const ROUNDING: f64 = 1e-12;
const REJECT: MissingPolicy = MissingPolicy::Reject;

pub(super) fn rule(field: &str) -> Rule {
    match field {
        "id" | "before" | "after" | "noninferiority_margin" => Rule::Exempt,
        "has_ties_or_zeros" | "sign_n_pos" | "sign_n_nonzero" => Rule::Exact,
        "noninferiority_p" | "tost_p" => P_VALUE,
        _ if field.contains("_p_") => P_VALUE,
        _ => DOUBLE,
    }
}

pub(super) fn mcnemar_rule(field: &str) -> Rule {
    match field {
        "id" | "before_correct_after_wrong" | "before_wrong_after_correct" => Rule::Exempt,
        _ => P_VALUE,
    }
}

pub(super) fn mcnemar(case: &Value) -> Result<Value, GoldenFileError> {
    let count = |field: &'static str| case.get(field).and_then(Value::as_u64).ok_or(GoldenFileError::Field { field });
    let p = mcnemar_exact_p(count("before_correct_after_wrong")?, count("before_wrong_after_correct")?);
    Ok(json!({"mcnemar_exact_p": number(p)}))
}

/// All tests of after minus before.
pub(super) fn outputs(case: &Value) -> Result<Value, GoldenFileError> {
    let (before, after) = (numbers_field(case, "before")?, numbers_field(case, "after")?);
    let mut got = Map::new();
    let mut put = |name: &str, value: Value| got.insert(name.to_owned(), value);
    let two_sided = Alternative::TwoSided;
    match paired_t(&after, &before, two_sided, Level::DEFAULT, REJECT) {
        Ok(test) => {
            put("mean_delta", number(test.mean_difference));
            put("sd_delta", number(test.standard_error * (test.n_used as f64).sqrt()));
            put("t", number(test.statistic));
            put("t_p_two_sided", number(test.p_value));
            put("t_ci95", json!([number(test.interval.low), number(test.interval.high)]));
        }
        Err(error) => {
            put("t", told(Err(error)));
        }
    }
    put("cohen_dz", told(standardised_difference(&after, &before, REJECT).map(|effect| effect.d_z)));
    let by_rank = |alternative, mode| {
        let settings =
            Wilcoxon { zero_method: ZeroMethod::Wilcox, mode, alternative, missing: REJECT, ..Wilcoxon::default() };
        wilcoxon(&after, &before, &settings)
    };
    let has_ties = has_ties_or_zeros(&after, &before);
    let most = if has_ties { EXACT_WITH_TIES } else { EXACT_WITHOUT_TIES };
    let mode = if after.len() <= most { WilcoxonMode::Exact } else { WilcoxonMode::Asymptotic };
    let p = |alternative, mode| told(by_rank(alternative, mode).map(|test| test.p_value));
    put("has_ties_or_zeros", json!(has_ties));
    put("wilcoxon_stat", told(by_rank(two_sided, mode).map(|test| test.w_plus.min(test.w_minus))));
    put("wilcoxon_p_two_sided", p(two_sided, mode));
    put("wilcoxon_p_less", p(Alternative::Less, mode));
    put("wilcoxon_p_two_sided_asymptotic", p(two_sided, WilcoxonMode::Asymptotic));
    match sign_test(&after, &before, two_sided, REJECT) {
        Ok(test) => {
            put("sign_n_pos", json!(test.n_positive));
            put("sign_n_nonzero", json!(test.n_positive + test.n_negative));
            put("sign_p_two_sided", number(test.p_value));
        }
        Err(error) => {
            put("sign_p_two_sided", told(Err(error)));
        }
    }
    if case.get("sign_flip_exact_p_two_sided").is_some() {
        let settings = SignFlip { mode: PermutationMode::Exact, ..SignFlip::default() };
        let flipped: Result<f64, StatError> = sign_flip(&after, &before, &settings).map(|test| test.p_value);
        put("sign_flip_exact_p_two_sided", told(flipped));
    }
    let margin = number_field(case, "noninferiority_margin")?;
    let with_margin = tost_paired(&after, &before, margin, ALPHA, REJECT);
    put("noninferiority_p", told(with_margin.clone().map(|test| test.p_lower)));
    put("tost_p", told(with_margin.map(|test| test.p_value)));
    Ok(Value::Object(got))
}

/// Whether a difference is 0 or two have the same size, but for the rounding of a subtraction.
fn has_ties_or_zeros(a: &[f64], b: &[f64]) -> bool {
    let mut sizes: Vec<f64> = a.iter().zip(b).map(|(a, b)| (a - b).abs()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    sizes.first().is_some_and(|smallest| *smallest <= ROUNDING)
        || sizes.windows(2).any(|pair| pair[1] - pair[0] <= ROUNDING)
}
