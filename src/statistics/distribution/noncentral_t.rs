//! The non-central t distribution: what a t statistic does when the effect is there.

use statrs::function::gamma::ln_gamma;

use super::beta::beta_tails;
use super::{normal_sf, student_t_sf};

/// Terms smaller than this share of the sum end the series.
const NEGLIGIBLE: f64 = 1e-17;

/// P(T > t) of Student's t with `df` > 0 degrees of freedom and non-centrality `delta`.
///
/// Guenther's mixture of incomplete beta functions (as Lenth 1989, AS 243), summed outwards from its largest term. On the
/// side of the effect (t and delta of one sign) all terms are positive, so that the smaller tail keeps its digits; on the
/// other side the error is about 1e-15 in absolute terms. NaN for arguments outside the domain.
/// O((1 + |delta|) sqrt(df)).
#[must_use]
pub fn noncentral_t_sf(t: f64, df: f64, delta: f64) -> f64 {
    if t.is_nan() || delta.is_nan() || df.is_nan() || df <= 0.0 || delta.is_infinite() {
        return f64::NAN;
    }
    if delta.abs() <= 0.0 {
        return student_t_sf(t, df);
    }
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { 1.0 };
    }
    if df > 1e12 {
        return normal_sf(t - delta);
    }
    // P(T > t) with delta is P(T < -t) with -delta: keep t at 0 or above.
    if t < 0.0 {
        return (1.0 - noncentral_t_sf(-t, df, -delta)).clamp(0.0, 1.0);
    }
    if delta > 0.0 {
        return mixture(t, df, delta, 1.0).clamp(0.0, 1.0);
    }
    // The terms alternate; their sum is the small tail against the effect.
    mixture(t, df, delta, -1.0).clamp(0.0, 1.0)
}

/// Half the sum over j of p_j (1 - I_x(j + 1/2, df/2)) + sign q_j (1 - I_x(j + 1, df/2)), x = t²/(df + t²), where p_j are
/// Poisson weights with mean delta²/2 and q_j their half-step neighbours.
fn mixture(t: f64, df: f64, delta: f64, sign: f64) -> f64 {
    let square = t * t;
    let (x, y) = (square / (df + square), df / (df + square));
    let mean = 0.5 * delta * delta;
    let term = |j: f64| {
        let ln_mean = mean.ln();
        let p = (-mean + j * ln_mean - ln_gamma(j + 1.0)).exp();
        let q = (-mean + (j + 0.5) * ln_mean - ln_gamma(j + 1.5)).exp();
        let upper = |a: f64| beta_tails(a, 0.5 * df, x, y).upper;
        p * upper(j + 0.5) + sign * q * upper(j + 1.0)
    };
    let centre = mean.floor();
    let mut sum = term(centre);
    let mut scale = sum.abs();
    let mut walk = |mut j: f64, step: f64| {
        loop {
            j += step;
            if j < 0.0 {
                break;
            }
            let value = term(j);
            sum += value;
            scale = scale.max(value.abs());
            // Upwards the weights fall for good beyond the mean, downwards below it.
            if value.abs() <= NEGLIGIBLE * scale.max(sum.abs()) && (j - mean).abs() > 1.0 {
                break;
            }
        }
    };
    walk(centre, 1.0);
    walk(centre, -1.0);
    0.5 * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_effect_it_is_students_t() {
        for t in [-2.5, -0.3, 0.0, 1.0, 4.0] {
            assert!((noncentral_t_sf(t, 7.0, 0.0) - student_t_sf(t, 7.0)).abs() < 1e-15);
            assert!((noncentral_t_sf(t, 7.0, 1e-9) - student_t_sf(t, 7.0)).abs() < 1e-8);
        }
    }

    #[test]
    fn at_zero_it_is_the_normal_of_the_effect() {
        // P(T > 0) = P(Z > -delta), whatever the degrees of freedom.
        for delta in [-3.0, -0.5, 0.7, 2.0, 9.0] {
            let (found, want) = (noncentral_t_sf(0.0, 5.0, delta), normal_sf(-delta));
            assert!((found - want).abs() < 5e-14, "{delta}: {found} {want}");
        }
    }

    #[test]
    fn both_signs_mirror_each_other() {
        for (t, delta) in [(1.5, 2.0), (-1.0, 0.4), (2.0, -1.0)] {
            let sum = noncentral_t_sf(t, 12.0, delta) + noncentral_t_sf(-t, 12.0, -delta);
            assert!((sum - 1.0).abs() < 1e-13);
        }
    }
}
