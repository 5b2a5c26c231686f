//! The distribution functions under everything else, by the names of the golden grid.

use super::Method;
use super::error::MethodError;
use super::request::Request;
use crate::statistics::distribution as d;
use crate::statistics::record::TestRecord;

pub(super) const METHODS: &[Method] = &[Method {
    name: "distribution",
    title: "Distribution function",
    question: "which tail or quantile belongs to these numbers?",
    assumptions: "none",
    reference: "polished to 1e-9 or better against scipy",
    input: "fn: normal_ppf|cdf|sf, student_t_ppf|sf, beta_ppf, chi2_sf, f_sf, binom_half_cdf, studentized_range_inf_sf, \
            noncentral_t_sf, kolmogorov_sf; args: its numbers",
    params: &[],
    run: distribution,
}];

fn distribution(request: &Request<'_>) -> Result<TestRecord, MethodError> {
    let value = request.value("fn")?;
    let name = value.as_str().ok_or_else(|| MethodError::input("fn", format!("found {value}; a name is needed")))?;
    let args = request.column("args")?;
    let found = evaluate(name, &args)?;
    if found.is_nan() {
        return Err(MethodError::input("args", format!("{args:?} lie outside the domain of {name}")));
    }
    Ok(TestRecord {
        estimate: Some(found),
        values: [("value".to_owned(), crate::statistics::record::number(found))].into_iter().collect(),
        ..TestRecord::default()
    })
}

fn evaluate(name: &str, args: &[f64]) -> Result<f64, MethodError> {
    Ok(match (name, args) {
        ("normal_ppf", [p]) => d::normal_quantile(*p),
        ("normal_cdf", [z]) => d::normal_cdf(*z),
        ("normal_sf", [z]) => d::normal_sf(*z),
        ("student_t_ppf", [p, df]) => d::student_t_quantile(*p, *df),
        ("student_t_sf", [t, df]) => d::student_t_sf(*t, *df),
        ("beta_ppf", [p, a, b]) => d::beta_quantile(*p, *a, *b),
        ("chi2_sf", [x, df]) => d::chi_squared_sf(*x, *df),
        ("f_sf", [x, df1, df2]) => d::f_sf(*x, *df1, *df2),
        ("binom_half_cdf", [k, n]) => d::binomial_cdf(whole(*k)?, whole(*n)?, 0.5),
        ("studentized_range_inf_sf", [q, k]) => {
            d::studentized_range_sf(*q, u32::try_from(whole(*k)?).unwrap_or(u32::MAX))
        }
        ("noncentral_t_sf", [t, df, delta]) => d::noncentral_t_sf(*t, *df, *delta),
        ("kolmogorov_sf", [distance, n]) => d::kolmogorov_sf(*distance, whole(*n)?),
        _ => return Err(MethodError::input("fn", format!("there is no {name} of {} numbers", args.len()))),
    })
}

fn whole(value: f64) -> Result<u64, MethodError> {
    if (0.0..=9e15).contains(&value) && value.fract().abs() <= 0.0 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and below 2^53")]
        Ok(value as u64)
    } else {
        Err(MethodError::input("args", format!("found {value}; a whole number of 0 or more is needed")))
    }
}
