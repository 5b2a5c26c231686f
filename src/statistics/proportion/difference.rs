//! The difference of two proportions from different items, e.g. members and non-members.

use serde::{Deserialize, Serialize};

use super::single::{check_counts, wilson_limits};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Estimate, Interval, Level};
use crate::statistics::score_limit::lower_limit;

/// How the interval of a difference is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceMethod {
    /// Newcombe's hybrid of two Wilson intervals (1998, method 10). The default.
    #[default]
    Newcombe,
    /// Agresti & Caffo 2000: Wald after adding a success and a failure to each group.
    AgrestiCaffo,
    /// Miettinen & Nurminen 1985: score interval with factor N/(N-1).
    MiettinenNurminen,
}

/// Rate of group 1 minus rate of group 2, with an interval in [-1, 1].
///
/// Agresti-Caffo alone is not clipped, as in statsmodels.
///
/// # Errors
/// `InvalidParameter` (more successes than trials), `EmptyInput` (a group without trials).
pub fn proportion_difference(
    (successes_1, trials_1): (u64, u64),
    (successes_2, trials_2): (u64, u64),
    level: Level,
    method: DifferenceMethod,
) -> Result<Estimate, StatError> {
    check_counts(successes_1, trials_1)?;
    check_counts(successes_2, trials_2)?;
    let (x1, n1) = (successes_1 as f64, trials_1 as f64);
    let (x2, n2) = (successes_2 as f64, trials_2 as f64);
    let (p1, p2) = (x1 / n1, x2 / n2);
    let z = level.two_sided_z();
    let (low, high, name) = match method {
        DifferenceMethod::Newcombe => {
            let (low1, high1) = wilson_limits(successes_1, trials_1, z);
            let (low2, high2) = wilson_limits(successes_2, trials_2, z);
            let difference = p1 - p2;
            (
                (difference - (p1 - low1).hypot(high2 - p2)).max(-1.0),
                (difference + (high1 - p1).hypot(p2 - low2)).min(1.0),
                "newcombe_hybrid",
            )
        }
        DifferenceMethod::AgrestiCaffo => {
            let (q1, m1) = ((x1 + 1.0) / (n1 + 2.0), n1 + 2.0);
            let (q2, m2) = ((x2 + 1.0) / (n2 + 2.0), n2 + 2.0);
            let half = z * (q1 * (1.0 - q1) / m1 + q2 * (1.0 - q2) / m2).sqrt();
            (q1 - q2 - half, q1 - q2 + half, "agresti_caffo")
        }
        DifferenceMethod::MiettinenNurminen => {
            let first = Group { x: x1, n: n1 };
            let second = Group { x: x2, n: n2 };
            (score_lower_limit(first, second, z), -score_lower_limit(second, first, z), "miettinen_nurminen")
        }
    };
    Ok(Estimate {
        value: p1 - p2,
        standard_error: Some((p1 * (1.0 - p1) / n1 + p2 * (1.0 - p2) / n2).sqrt()),
        interval: Some(Interval::new(low, high, level, name)),
        n: usize::try_from(trials_1.saturating_add(trials_2)).unwrap_or(usize::MAX),
        flags: Vec::new(),
    })
}

/// The score interval as statsmodels 0.15.0 prints it: the cubic of its restricted rates has the successes of group 2 where
/// Miettinen and Nurminen have its trials. For reproduction only; `None` where statsmodels finds no limit.
///
/// # Errors
/// Those of [`proportion_difference`].
pub fn miettinen_nurminen_as_statsmodels(
    (successes_1, trials_1): (u64, u64),
    (successes_2, trials_2): (u64, u64),
    level: Level,
) -> Result<Option<Interval>, StatError> {
    check_counts(successes_1, trials_1)?;
    check_counts(successes_2, trials_2)?;
    let first = Group { x: successes_1 as f64, n: trials_1 as f64 };
    let second = Group { x: successes_2 as f64, n: trials_2 as f64 };
    let z = level.two_sided_z();
    let (p1, p2) = (first.x / first.n, second.x / second.n);
    let total = first.n + second.n;
    let estimate = p1 - p2;
    // Negative inside the interval.
    let excess = |delta: f64| {
        let (rate_1, rate_2) = statsmodels_rates(first, second, delta);
        let variance =
            (rate_1 * (1.0 - rate_1) / first.n + rate_2 * (1.0 - rate_2) / second.n) * (total / (total - 1.0));
        (estimate - delta).abs() / variance.sqrt() - z
    };
    // Its search begins around the Wald interval.
    let half = z * (p1 * (1.0 - p1) / first.n + p2 * (1.0 - p2) / second.n).sqrt();
    let (wald_low, wald_high) = (estimate - half, estimate + half);
    let limit = |outside: f64| {
        let (mut inside, mut outside) = (estimate, outside);
        if excess(outside).is_nan() || excess(outside) <= 0.0 {
            return None;
        }
        for _ in 0..200 {
            let middle = 0.5 * (inside + outside);
            if excess(middle) > 0.0 {
                outside = middle;
            } else {
                inside = middle;
            }
        }
        Some(0.5 * (inside + outside))
    };
    let low = limit(wald_low - 0.25 * wald_low.abs());
    let high = limit((wald_high + 0.5 * wald_high.abs()).min(0.99999));
    Ok(low.zip(high).map(|(low, high)| Interval::new(low, high, level, "miettinen_nurminen_statsmodels_0_15")))
}

/// Both rates under a difference of `delta`, with statsmodels' third coefficient.
fn statsmodels_rates(first: Group, second: Group, delta: f64) -> (f64, f64) {
    let (n, x) = (first.n + second.n, first.x + second.x);
    if delta.abs() <= 0.0 {
        return (x / n, x / n);
    }
    let quadratic = (first.n + 2.0 * second.n) * delta - n - x;
    let linear = (second.x * delta - n - 2.0 * second.x) * delta + x;
    let constant = second.x * delta * (1.0 - delta);
    let third = quadratic / (3.0 * n);
    let q = third.powi(3) - linear * quadratic / (6.0 * n * n) + constant / (2.0 * n);
    let p = q.signum() * (third * third - linear / (3.0 * n)).sqrt();
    let angle = (std::f64::consts::PI + (q / p.powi(3)).acos()) / 3.0;
    let rate = 2.0 * p * angle.cos() - third;
    (rate + delta, rate)
}

#[derive(Clone, Copy)]
struct Group {
    x: f64,
    n: f64,
}

/// The hypothesised difference below the estimate whose score statistic is exactly `z`.
fn score_lower_limit(first: Group, second: Group, z: f64) -> f64 {
    let estimate = first.x / first.n - second.x / second.n;
    let total = first.n + second.n;
    // Positive where "difference = delta" is rejected from below.
    let excess = |delta: f64| {
        let p2 = restricted_rate(first, second, delta);
        let p1 = (p2 + delta).clamp(0.0, 1.0);
        let variance = (p1 * (1.0 - p1) / first.n + p2 * (1.0 - p2) / second.n) * (total / (total - 1.0));
        estimate - delta - z * variance.max(0.0).sqrt()
    };
    lower_limit(estimate, excess)
}

/// Maximum-likelihood rate of group 2 when group 1's is `delta` higher.
///
/// The derivative of the log-likelihood falls in p, so its root is found by bisection: no
/// trigonometric cubic to lose digits at the ends.
fn restricted_rate(first: Group, second: Group, delta: f64) -> f64 {
    let (mut low, mut high) = ((-delta).max(0.0), (1.0 - delta).min(1.0));
    let slope = |p: f64| {
        let term = |successes: f64, failures: f64, rate: f64| {
            let gain = if successes > 0.0 { successes / rate } else { 0.0 };
            let loss = if failures > 0.0 { failures / (1.0 - rate) } else { 0.0 };
            gain - loss
        };
        term(first.x, first.n - first.x, p + delta) + term(second.x, second.n - second.x, p)
    };
    for _ in 0..100 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [DifferenceMethod; 3] =
        [DifferenceMethod::Newcombe, DifferenceMethod::AgrestiCaffo, DifferenceMethod::MiettinenNurminen];

    #[test]
    fn swapping_the_groups_mirrors_the_interval() {
        for method in METHODS {
            for (one, two) in [((3, 10), (7, 9)), ((0, 10), (0, 20)), ((5, 5), (0, 4))] {
                let limits = |a, b| proportion_difference(a, b, Level::DEFAULT, method).unwrap().interval.unwrap();
                let (direct, swapped) = (limits(one, two), limits(two, one));
                assert!((direct.low + swapped.high).abs() < 1e-9, "{method:?}");
                assert!(direct.low <= direct.high);
            }
        }
    }

    #[test]
    fn the_example_of_newcombe_1998_comes_out() {
        // 56/70 against 48/80, his table II.
        for (method, low, high) in
            [(DifferenceMethod::MiettinenNurminen, 0.0528, 0.3382), (DifferenceMethod::Newcombe, 0.0524, 0.3339)]
        {
            let found = proportion_difference((56, 70), (48, 80), Level::DEFAULT, method).unwrap();
            let interval = found.interval.unwrap();
            assert!((interval.low - low).abs() < 5e-5, "{method:?} {interval:?}");
            assert!((interval.high - high).abs() < 5e-5, "{method:?} {interval:?}");
        }
    }

    #[test]
    fn no_success_in_either_group_still_has_an_interval() {
        let found =
            proportion_difference((0, 10), (0, 10), Level::DEFAULT, DifferenceMethod::MiettinenNurminen).unwrap();
        let interval = found.interval.unwrap();
        assert!(interval.high > 0.1 && interval.high < 0.4);
        assert!((interval.low + interval.high).abs() < 1e-9);
    }
}
