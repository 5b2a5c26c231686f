//! The range of k standard normals (studentised range with infinite degrees of freedom), on which Nemenyi's test rests.

use super::{normal_cdf, normal_sf};

/// Step of the trapezoid rule. The integrand is smooth and dies out at both ends, where the rule converges faster than any
/// power of the step; halving it changes nothing beyond the 15th digit.
const STEP: f64 = 0.03;

/// P(max - min > q) for `k` >= 2 independent standard normals, in [0, 1].
///
/// The complement k ∫ φ(z) {Φ(z)^(k-1) - [Φ(z) - Φ(z-q)]^(k-1)} dz is summed directly, so that a small tail keeps its
/// digits. NaN outside the domain. O(500) evaluations.
#[must_use]
pub fn studentized_range_sf(q: f64, k: u32) -> f64 {
    if q.is_nan() || k < 2 {
        return f64::NAN;
    }
    if q <= 0.0 {
        return 1.0;
    }
    let others = f64::from(k) - 1.0;
    let integrand = |z: f64| {
        let below = normal_cdf(z);
        if below <= 0.0 {
            return 0.0;
        }
        let outside = (normal_sf(q - z) / below).min(1.0);
        let share = -(others * (-outside).ln_1p()).exp_m1();
        (-0.5 * z * z).exp() * below.powf(others) * share
    };
    let (low, high) = (-9.0, 9.0 + q.min(40.0));
    let (mut z, mut sum) = (low, 0.0);
    while z <= high {
        sum += integrand(z);
        z += STEP;
    }
    (f64::from(k) * sum * STEP / std::f64::consts::TAU.sqrt()).clamp(0.0, 1.0)
}

/// The q with P(max - min > q) = `tail`, for `tail` in (0, 1); relative error about 1e-12. NaN outside the domain.
#[must_use]
pub fn studentized_range_upper_quantile(tail: f64, k: u32) -> f64 {
    if !(tail > 0.0 && tail < 1.0) || k < 2 {
        return f64::NAN;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while studentized_range_sf(high, k) > tail && high < 1e3 {
        low = high;
        high *= 2.0;
    }
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if studentized_range_sf(middle, k) > tail {
            low = middle;
        } else {
            high = middle;
        }
        if high - low <= 1e-13 * high {
            break;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_normals_differ_as_one_of_twice_the_variance() {
        for q in [0.1, 1.0, 2.77, 6.0, 12.0] {
            let direct = 2.0 * normal_sf(q / std::f64::consts::SQRT_2);
            let found = studentized_range_sf(q, 2);
            assert!((found / direct - 1.0).abs() < 1e-12, "{q}: {found} {direct}");
        }
    }

    #[test]
    fn the_quantile_inverts_the_tail() {
        for (tail, k) in [(0.05, 3), (0.1, 60), (0.01, 10), (1e-6, 5), (0.9, 4)] {
            let q = studentized_range_upper_quantile(tail, k);
            assert!((studentized_range_sf(q, k) / tail - 1.0).abs() < 1e-10, "{tail} {k}");
        }
    }
}
