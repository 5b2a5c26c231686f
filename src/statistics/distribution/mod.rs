//! Distribution functions and quantiles, accurate in the tails.
//!
//! `cdf` is P(X <= x), `sf` is P(X > x) computed directly (never as 1 - cdf), so a
//! small p-value keeps its digits. All functions are total: arguments outside the
//! domain give NaN, which callers exclude by checking their inputs first.
//! Measured against scipy on the golden grid: relative error below 1e-9. (`erfc` is libm's, which is right to the last
//! digit; that of `statrs` is off by up to 1e-10.)

pub(crate) mod beta;
mod kolmogorov;
mod noncentral_t;
mod studentized_range;

use libm::erfc;
use statrs::function::erf::erfc_inv;
use statrs::function::gamma::checked_gamma_ur;

use beta::{beta_quantile_logit, beta_tails, binomial_factor};

pub use kolmogorov::kolmogorov_sf;
pub use noncentral_t::noncentral_t_sf;
pub use studentized_range::{studentized_range_sf, studentized_range_upper_quantile};

/// P(Z <= z) of the standard normal. Keeps its digits far into the lower tail.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// P(Z > z) of the standard normal; 5.7e-300 at z = 37, no underflow before 38.
#[must_use]
pub fn normal_sf(z: f64) -> f64 {
    0.5 * erfc(z * std::f64::consts::FRAC_1_SQRT_2)
}

/// The z with P(Z <= z) = `p`; -inf at 0, +inf at 1, NaN outside [0, 1].
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    // "+ 0.0" turns the -0.0 of p = 1/2 into 0.0.
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p) + 0.0
}

/// Two-sided normal p-value 2 P(Z > |z|), in [0, 1].
#[must_use]
pub fn normal_two_sided(z: f64) -> f64 {
    (2.0 * normal_sf(z.abs())).min(1.0)
}

/// P(T > t) of Student's t with `df` > 0 degrees of freedom (need not be whole).
///
/// Beyond 1e12 degrees of freedom the normal is used (relative error below 1e-9
/// for |t| < 7). O(sqrt(df)).
#[must_use]
pub fn student_t_sf(t: f64, df: f64) -> f64 {
    if t.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    if df > 1e12 {
        return normal_sf(t);
    }
    let square = t * t;
    // Written by ratios so that neither t^2 nor df swallows the other.
    let (x, y) = if square.is_infinite() { ((df / t) / t, 1.0) } else { (df / (df + square), square / (df + square)) };
    let half = 0.5 * beta_tails(0.5 * df, 0.5, x, y).lower;
    if t >= 0.0 { half } else { 1.0 - half }
}

/// P(T <= t) of Student's t.
#[must_use]
pub fn student_t_cdf(t: f64, df: f64) -> f64 {
    student_t_sf(-t, df)
}

/// Two-sided p-value 2 P(T > |t|), in [0, 1].
#[must_use]
pub fn student_t_two_sided(t: f64, df: f64) -> f64 {
    (2.0 * student_t_sf(t.abs(), df)).min(1.0)
}

/// The t with P(T <= t) = `p`; relative error about 1e-13.
#[must_use]
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    if df.is_nan() || df <= 0.0 || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    if df > 1e12 {
        return normal_quantile(p);
    }
    let tail = p.min(1.0 - p);
    let centre = 1.0 - 2.0 * tail;
    if centre <= 0.0 {
        return 0.0;
    }
    // X = df/(df + t^2) has P(X <= x) = 2 tail; logit X = ln(df/t^2).
    let u = beta_quantile_logit(2.0 * tail, centre, 0.5 * df, 0.5);
    let magnitude = df.sqrt() * (-0.5 * u).exp();
    if p < 0.5 { -magnitude } else { magnitude }
}

/// P(X <= x) of the beta distribution with shapes `a`, `b` > 0.
#[must_use]
pub fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x.is_nan() || !(a > 0.0 && b > 0.0) {
        return f64::NAN;
    }
    beta_tails(a, b, x.clamp(0.0, 1.0), (1.0 - x).clamp(0.0, 1.0)).lower
}

/// The x in [0, 1] with P(X <= x) = `p` for the beta distribution.
#[must_use]
pub fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    if !(a > 0.0 && b > 0.0 && (0.0..=1.0).contains(&p)) {
        return f64::NAN;
    }
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return 1.0;
    }
    let u = beta_quantile_logit(p, 1.0 - p, a, b);
    1.0 / (1.0 + (-u).exp())
}

/// P(X = k) for X ~ Binomial(n, p).
#[must_use]
pub fn binomial_pmf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if k > n {
        return 0.0;
    }
    let (successes, failures) = (k as f64, (n - k) as f64);
    if k == 0 {
        return (failures * (-p).ln_1p()).exp();
    }
    if k == n {
        return (successes * p.ln()).exp();
    }
    if p <= 0.0 || p >= 1.0 {
        return 0.0;
    }
    binomial_factor(successes, failures, p, 1.0 - p)
}

/// P(X <= k) for X ~ Binomial(n, p).
#[must_use]
pub fn binomial_cdf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if k >= n {
        return 1.0;
    }
    beta_tails((n - k) as f64, k as f64 + 1.0, 1.0 - p, p).lower
}

/// P(X > k) for X ~ Binomial(n, p), computed directly.
#[must_use]
pub fn binomial_sf(k: u64, n: u64, p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if k >= n {
        return 0.0;
    }
    beta_tails((n - k) as f64, k as f64 + 1.0, 1.0 - p, p).upper
}

/// P(X > x) of the chi-squared distribution with `df` > 0 degrees of freedom.
#[must_use]
pub fn chi_squared_sf(x: f64, df: f64) -> f64 {
    if x.is_nan() || df.is_nan() || df <= 0.0 {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    // One degree of freedom is the square of a normal: no series, full tail.
    if (df - 1.0).abs() < f64::EPSILON {
        return normal_two_sided(x.sqrt());
    }
    // Where the function does not answer, the tail is all or nothing.
    checked_gamma_ur(0.5 * df, 0.5 * x).unwrap_or(if x < df { 1.0 } else { 0.0 })
}

/// P(X > x) of the F distribution with `df1`, `df2` > 0 degrees of freedom.
#[must_use]
pub fn f_sf(x: f64, df1: f64, df2: f64) -> f64 {
    if x.is_nan() || !(df1 > 0.0 && df2 > 0.0) {
        return f64::NAN;
    }
    if x <= 0.0 {
        return 1.0;
    }
    let total = df2 + df1 * x;
    beta_tails(0.5 * df2, 0.5 * df1, df2 / total, df1 * x / total).lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_tail_does_not_underflow_early() {
        assert!(normal_sf(37.0) > 5e-300);
        assert!((normal_cdf(-1.0) + normal_cdf(1.0) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_cauchy_is_a_t_with_one_degree_of_freedom() {
        let p: f64 = 1e-10;
        let exact = -1.0 / (std::f64::consts::PI * p).tan();
        assert!((student_t_quantile(p, 1.0) / exact - 1.0).abs() < 1e-12);
    }

    #[test]
    fn t_quantiles_approach_the_normal_with_many_degrees_of_freedom() {
        let z = normal_quantile(0.975);
        let mut previous = f64::INFINITY;
        for df in [1e3, 1e5, 1e7, 1e9, 1e11] {
            let gap = student_t_quantile(0.975, df) - z;
            // First term of the Cornish-Fisher expansion.
            let expected = z * (z * z + 1.0) / (4.0 * df);
            assert!((gap - expected).abs() < 1e-2 * expected + 2e-14, "df {df}: {gap}");
            assert!(gap < previous);
            previous = gap;
        }
    }

    #[test]
    fn t_quantiles_invert_the_tail_even_below_one_degree_of_freedom() {
        for df in [0.5, 1.0, 4.0, 1e6, 1e9] {
            for p in [1e-10, 1e-3, 0.2, 0.49] {
                let back = student_t_cdf(student_t_quantile(p, df), df);
                assert!((back / p - 1.0).abs() < 1e-10, "df {df} p {p}: {back}");
            }
        }
    }

    #[test]
    fn binomial_probabilities_sum_to_one() {
        let total: f64 = (0..=30).map(|k| binomial_pmf(k, 30, 0.2)).sum();
        assert!((total - 1.0).abs() < 1e-14);
        let cumulative: f64 = (0..=7).map(|k| binomial_pmf(k, 30, 0.2)).sum();
        assert!((cumulative - binomial_cdf(7, 30, 0.2)).abs() < 1e-14);
        assert!((binomial_sf(7, 30, 0.2) - (1.0 - cumulative)).abs() < 1e-14);
    }
}
