//! Power of the paired t test, by the non-central t.

use super::PowerTarget;
use crate::statistics::distribution::{noncentral_t_sf, student_t_quantile};
use crate::statistics::error::StatError;
use crate::statistics::estimate::Alternative;

/// Power of a paired t test on `n` items (need not be whole, above 1) for a standardised difference `d_z`.
///
/// # Errors
/// `InvalidParameter` (`alpha`, `d_z` not finite, n of 1 or below).
pub fn paired_t_power(n: f64, d_z: f64, alpha: f64, alternative: Alternative) -> Result<f64, StatError> {
    PowerTarget { alpha, power: 0.5 }.quantiles()?;
    check(d_z)?;
    if !(n > 1.0 && n.is_finite()) {
        return Err(StatError::invalid("n", format!("must be above 1 and finite, got {n}")));
    }
    let df = n - 1.0;
    let delta = (d_z * n.sqrt()).clamp(-f64::MAX, f64::MAX);
    let above = |alpha: f64, delta: f64| noncentral_t_sf(-student_t_quantile(alpha, df), df, delta);
    Ok(match alternative {
        Alternative::TwoSided => (above(0.5 * alpha, delta) + above(0.5 * alpha, -delta)).min(1.0),
        Alternative::Greater => above(alpha, delta),
        Alternative::Less => above(alpha, -delta),
    })
}

/// Items at which a paired t test reaches the target for a standardised difference `d_z`; round up. At least 2.
///
/// # Errors
/// `InvalidParameter` (target, `d_z` zero or not finite or in the other direction, more than 10^12 items needed).
pub fn items_for_paired_t(d_z: f64, target: PowerTarget, alternative: Alternative) -> Result<f64, StatError> {
    target.quantiles()?;
    check(d_z)?;
    let is_wrong_way = match alternative {
        Alternative::TwoSided => d_z.abs() <= 0.0,
        Alternative::Greater => d_z <= 0.0,
        Alternative::Less => d_z >= 0.0,
    };
    if is_wrong_way {
        return Err(StatError::invalid("d_z", format!("an effect of {d_z} is never shown in this direction")));
    }
    let surplus = |n: f64| paired_t_power(n, d_z, target.alpha, alternative).map(|power| power - target.power);
    let (mut low, mut high) = (2.0, 4.0);
    if surplus(low)? >= 0.0 {
        return Ok(low);
    }
    while surplus(high)? < 0.0 {
        low = high;
        high *= 2.0;
        if high > 1e12 {
            return Err(StatError::invalid("d_z", format!("an effect of {d_z} needs more than 10^12 items")));
        }
    }
    // By the secant in a shrinking bracket, which each step at least halves every other time.
    for round in 0..200 {
        if high - low <= 1e-10 * high {
            break;
        }
        let (below, above) = (surplus(low)?, surplus(high)?);
        let secant = low - below * (high - low) / (above - below);
        let middle = 0.5 * (low + high);
        let next = if round % 2 == 0 && secant > low && secant < high { secant } else { middle };
        if surplus(next)? < 0.0 {
            low = next;
        } else {
            high = next;
        }
    }
    Ok(0.5 * (low + high))
}

fn check(d_z: f64) -> Result<(), StatError> {
    if d_z.is_finite() { Ok(()) } else { Err(StatError::invalid("d_z", format!("must be finite, got {d_z}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_an_effect_the_power_is_the_type_one_error() {
        for alternative in [Alternative::TwoSided, Alternative::Greater, Alternative::Less] {
            let power = paired_t_power(30.0, 0.0, 0.05, alternative).unwrap();
            assert!((power - 0.05).abs() < 1e-10);
        }
    }

    #[test]
    fn the_number_of_items_reaches_the_power_asked() {
        let target = PowerTarget { alpha: 0.01, power: 0.9 };
        for d_z in [0.1, 0.35, 1.5] {
            let n = items_for_paired_t(d_z, target, Alternative::TwoSided).unwrap();
            assert!((paired_t_power(n, d_z, 0.01, Alternative::TwoSided).unwrap() - 0.9).abs() < 1e-8);
        }
    }

    #[test]
    fn an_effect_the_other_way_is_never_shown() {
        let error = items_for_paired_t(-0.3, PowerTarget::default(), Alternative::Greater).unwrap_err();
        assert_eq!(error.kind(), "InvalidParameter");
    }
}
