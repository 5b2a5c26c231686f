//! The non-central t distribution: what a t statistic does when the effect is there.

use statrs::function::gamma::{checked_gamma_lr, ln_gamma};

use super::beta::{beta_tails, stirling_error};
use super::{normal_cdf, normal_sf, student_t_sf};

/// Terms smaller than this share of the sum end the series.
const NEGLIGIBLE: f64 = 1e-17;
/// Beyond this effect the series is too long.
const LONG_SERIES: f64 = 200.0;
/// Normal deviates beyond this have no probability that a float can hold.
const NORMAL_END: f64 = 38.5;

/// P(T > t) of Student's t with `df` > 0 degrees of freedom and non-centrality `delta`.
///
/// For t and delta of one sign Guenther's mixture of incomplete beta functions (as Lenth 1989, AS 243), summed outwards from
/// its largest term; for opposite signs, and for effects beyond 200, an integral over the normal or over the estimated
/// standard deviation by the trapezoidal rule, which converges geometrically here. All terms are positive: a small upper
/// tail keeps its digits. For an effect beyond 200 on more than 10^6 degrees of freedom both are taken as normal (absolute
/// error below 1e-4). NaN for arguments outside the domain. O((1 + |delta|) sqrt(df)).
#[must_use]
pub fn noncentral_t_sf(t: f64, df: f64, delta: f64) -> f64 {
    if t.is_nan() || delta.is_nan() || df.is_nan() || df <= 0.0 || delta.is_infinite() {
        return f64::NAN;
    }
    if 0.5 * delta * delta <= 0.0 {
        // So small that its square is none.
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
    if t <= 0.0 {
        return normal_cdf(delta);
    }
    let tail = if delta < 0.0 {
        against_the_effect(t, df, delta)
    } else if delta <= LONG_SERIES {
        mixture(t, df, delta)
    } else {
        over_the_normal(t, df, delta)
    };
    tail.clamp(0.0, 1.0)
}

/// P(Z + delta > t S) for t > 0 and delta < 0, S² = chi²/df, as the integral over x = ln S of the density of x times
/// P(Z > t S - delta). Its logarithm is concave in x: the sum goes outwards from the mode.
fn against_the_effect(t: f64, df: f64, delta: f64) -> f64 {
    let half = 0.5 * df;
    let ln_constant =
        std::f64::consts::LN_2 + 0.5 * half.ln() - 0.5 * std::f64::consts::TAU.ln() - stirling_error(half);
    let integrand = |x: f64| {
        let ln_density = ln_constant - half * ((2.0 * x).exp_m1() - 2.0 * x);
        ln_density.exp() * normal_cdf(delta - t * x.exp())
    };
    // The derivative of the logarithm falls throughout.
    let slope = |x: f64| {
        let argument = t * x.exp() - delta;
        let hazard = if argument > 30.0 {
            argument + argument.recip()
        } else {
            (-0.5 * argument * argument).exp() / std::f64::consts::TAU.sqrt() / normal_sf(argument)
        };
        -df * (2.0 * x).exp_m1() - t * x.exp() * hazard
    };
    let (mut rising, mut falling) = (-700.0, 1.0);
    for _ in 0..80 {
        let middle = 0.5 * (rising + falling);
        if slope(middle) > 0.0 {
            rising = middle;
        } else {
            falling = middle;
        }
    }
    let mode = 0.5 * (rising + falling);
    let scaled = t * mode.exp();
    let curvature = 1.0 + 2.0 * df * (2.0 * mode).exp() + scaled * (2.0 * scaled - delta);
    let step = 0.25 / curvature.sqrt();
    let mut sum = integrand(mode);
    for direction in [-step, step] {
        for place in 1..10_000_000_u32 {
            let value = integrand(mode + f64::from(place) * direction);
            sum += value;
            if value <= NEGLIGIBLE * sum {
                break;
            }
        }
    }
    step * sum
}

/// The same for t > 0 and a large positive delta, as the mean over Z of P(S < (delta + Z)/t).
fn over_the_normal(t: f64, df: f64, delta: f64) -> f64 {
    if df > 1e6 {
        return normal_cdf((delta - t) / (1.0 + t * (t / (2.0 * df))).sqrt());
    }
    let below = |s: f64| {
        let x = 0.5 * df * s * s;
        checked_gamma_lr(0.5 * df, x).unwrap_or(if x > 0.0 { 1.0 } else { 0.0 })
    };
    // Fine enough for the normal and for the spread of S.
    let step = 0.2 * (t / (2.0 * df).sqrt()).min(1.0);
    let (mut sum, mut z) = (0.0, -NORMAL_END);
    while step > 0.0 && z <= NORMAL_END {
        sum += (-0.5 * z * z).exp() * below((delta + z) / t);
        z += step.max(1e-4);
    }
    sum * step.max(1e-4) / std::f64::consts::TAU.sqrt()
}

/// Half the sum over j of p_j (1 - I_x(j + 1/2, df/2)) + q_j (1 - I_x(j + 1, df/2)), x = t²/(df + t²), where p_j are
/// Poisson weights with mean delta²/2 and q_j their half-step neighbours.
fn mixture(t: f64, df: f64, delta: f64) -> f64 {
    let square = t * t;
    let (x, y) = (square / (df + square), df / (df + square));
    let mean = 0.5 * delta * delta;
    let term = |j: f64| {
        let ln_mean = mean.ln();
        let p = (-mean + j * ln_mean - ln_gamma(j + 1.0)).exp();
        let q = (-mean + (j + 0.5) * ln_mean - ln_gamma(j + 1.5)).exp();
        let upper = |a: f64| beta_tails(a, 0.5 * df, x, y).upper;
        p * upper(j + 0.5) + q * upper(j + 1.0)
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
    fn an_effect_of_any_size_has_a_tail() {
        // So small that its square vanishes, beyond the series on both sides of its end, and beyond all bounds.
        assert!((noncentral_t_sf(2.0, 9.0, 1e-200) - student_t_sf(2.0, 9.0)).abs() < 1e-16);
        let (series, integral) = (mixture(195.0, 7.0, 199.0), over_the_normal(195.0, 7.0, 199.0));
        assert!((series / integral - 1.0).abs() < 1e-11, "{series} {integral}");
        for delta in [1e5, 1e150, f64::MAX] {
            assert!((noncentral_t_sf(2.0, 49.0, delta) - 1.0).abs() < 1e-13);
            assert!(noncentral_t_sf(2.0, 49.0, -delta) <= 0.0);
        }
    }

    #[test]
    fn a_tail_against_the_effect_keeps_its_digits() {
        // With infinitely many degrees of freedom it is the normal tail; the first correction is t (t² + 1)/(4 df)-like.
        let found = noncentral_t_sf(4.0, 1e11, -3.0);
        assert!((found / normal_sf(7.0) - 1.0).abs() < 1e-8, "{found}");
        // Half a normal tail at t -> 0.
        let found = noncentral_t_sf(1e-12, 3.0, -6.0);
        assert!((found / normal_sf(6.0) - 1.0).abs() < 1e-10, "{found}");
    }

    #[test]
    fn both_signs_mirror_each_other() {
        for (t, delta) in [(1.5, 2.0), (-1.0, 0.4), (2.0, -1.0)] {
            let sum = noncentral_t_sf(t, 12.0, delta) + noncentral_t_sf(-t, 12.0, -delta);
            assert!((sum - 1.0).abs() < 1e-13);
        }
    }
}
