//! Many tests at once: adjusted p-values.
//!
//! An adjusted p-value is compared with alpha directly. Holm is the default for claims,
//! Benjamini-Hochberg for exploratory slices. The family must be written down by the
//! caller. A missing p-value stays missing and does not count towards the family's size.

use serde::{Deserialize, Serialize};

use super::error::StatError;

/// How p-values are adjusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// min(1, m p). Any error at all, any dependence.
    Bonferroni,
    /// 1 - (1 - p)^m. Any error at all, independent tests.
    Sidak,
    /// Bonferroni stepwise from the smallest. Any error at all, any dependence.
    #[default]
    Holm,
    /// Stepwise from the largest. Any error at all, positively dependent tests.
    Hochberg,
    /// Closed Simes test; at least as powerful as Hochberg.
    Hommel,
    /// False discovery rate, positively dependent tests.
    BenjaminiHochberg,
    /// False discovery rate, any dependence.
    BenjaminiYekutieli,
}

impl Adjustment {
    /// All of them, strictest kinds of error first.
    pub const ALL: [Self; 7] = [
        Self::Bonferroni,
        Self::Sidak,
        Self::Holm,
        Self::Hochberg,
        Self::Hommel,
        Self::BenjaminiHochberg,
        Self::BenjaminiYekutieli,
    ];

    /// The name as records carry it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bonferroni => "bonferroni",
            Self::Sidak => "sidak",
            Self::Holm => "holm",
            Self::Hochberg => "hochberg",
            Self::Hommel => "hommel",
            Self::BenjaminiHochberg => "benjamini_hochberg",
            Self::BenjaminiYekutieli => "benjamini_yekutieli",
        }
    }
}

/// Adjusted p-values in the order given, each in [0, 1] and never below the raw one.
///
/// O(m log m); Hommel O(m^2).
///
/// # Errors
/// `InvalidParameter` when a p-value lies outside [0, 1] or is NaN.
pub fn adjust_p_values(p_values: &[Option<f64>], adjustment: Adjustment) -> Result<Vec<Option<f64>>, StatError> {
    for (index, p) in p_values.iter().enumerate() {
        if let Some(p) = p
            && !(0.0..=1.0).contains(p)
        {
            return Err(StatError::invalid("p_values", format!("p-value {p} in row {index} is outside [0, 1]")));
        }
    }
    let mut present: Vec<(usize, f64)> =
        p_values.iter().enumerate().filter_map(|(index, p)| p.map(|p| (index, p))).collect();
    present.sort_by(|left, right| left.1.total_cmp(&right.1));
    let sorted: Vec<f64> = present.iter().map(|&(_, p)| p).collect();
    let adjusted = match adjustment {
        Adjustment::Bonferroni => {
            let m = sorted.len() as f64;
            sorted.iter().map(|p| p * m).collect()
        }
        Adjustment::Sidak => {
            let m = sorted.len() as f64;
            // Through logarithms: 1 - (1 - p)^m loses every digit of a small p.
            sorted.iter().map(|p| -(m * (-p).ln_1p()).exp_m1()).collect()
        }
        Adjustment::Holm => step_down(&sorted),
        Adjustment::Hochberg => step_up(&sorted, |m, rank| m - rank + 1.0),
        Adjustment::Hommel => hommel(&sorted),
        Adjustment::BenjaminiHochberg => step_up(&sorted, |m, rank| m / rank),
        Adjustment::BenjaminiYekutieli => {
            let harmonic: f64 = (1..=sorted.len()).map(|rank| 1.0 / rank as f64).sum();
            step_up(&sorted, |m, rank| harmonic * m / rank)
        }
    };
    let mut result = vec![None; p_values.len()];
    for (&(index, raw), value) in present.iter().zip(adjusted) {
        result[index] = Some(value.clamp(raw, 1.0));
    }
    Ok(result)
}

/// Which hypotheses are rejected at `alpha`; a missing p-value never is.
///
/// # Errors
/// `InvalidParameter` unless 0 < `alpha` < 1.
pub fn rejections(adjusted: &[Option<f64>], alpha: f64) -> Result<Vec<bool>, StatError> {
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(StatError::invalid("alpha", format!("must lie strictly between 0 and 1, got {alpha}")));
    }
    Ok(adjusted.iter().map(|p| p.is_some_and(|p| p <= alpha)).collect())
}

/// Running maximum of (m - i + 1) p(i).
fn step_down(sorted: &[f64]) -> Vec<f64> {
    let m = sorted.len();
    let mut largest = 0.0_f64;
    sorted
        .iter()
        .enumerate()
        .map(|(index, p)| {
            largest = largest.max((m - index) as f64 * p);
            largest
        })
        .collect()
}

/// Running minimum from the top of factor(m, i) p(i), i from 1.
fn step_up(sorted: &[f64], factor: impl Fn(f64, f64) -> f64) -> Vec<f64> {
    let m = sorted.len() as f64;
    let mut smallest = 1.0_f64;
    let mut adjusted: Vec<f64> = sorted
        .iter()
        .enumerate()
        .rev()
        .map(|(index, p)| {
            smallest = smallest.min(factor(m, index as f64 + 1.0) * p);
            smallest
        })
        .collect();
    adjusted.reverse();
    adjusted
}

/// Hommel 1988, by the algorithm of Wright 1992.
fn hommel(sorted: &[f64]) -> Vec<f64> {
    let total = sorted.len();
    let mut adjusted = sorted.to_vec();
    for m in (2..=total).rev() {
        let split = total - m;
        let simes = sorted[split..]
            .iter()
            .enumerate()
            .map(|(index, p)| m as f64 * p / (index as f64 + 1.0))
            .fold(f64::INFINITY, f64::min);
        for (index, value) in adjusted.iter_mut().enumerate() {
            let candidate = if index >= split { simes } else { simes.min(m as f64 * sorted[index]) };
            *value = value.max(candidate);
        }
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Adjustment; 7] = [
        Adjustment::Bonferroni,
        Adjustment::Sidak,
        Adjustment::Holm,
        Adjustment::Hochberg,
        Adjustment::Hommel,
        Adjustment::BenjaminiHochberg,
        Adjustment::BenjaminiYekutieli,
    ];

    fn values(p: &[f64], adjustment: Adjustment) -> Vec<f64> {
        let given: Vec<Option<f64>> = p.iter().map(|&p| Some(p)).collect();
        let adjusted = adjust_p_values(&given, adjustment).unwrap();
        adjusted.into_iter().flatten().collect()
    }

    #[test]
    fn adjusting_never_lowers_a_p_value_and_keeps_their_order() {
        let p = [0.9, 0.001, 0.3, 0.04, 0.02, 0.008, 0.02];
        for adjustment in ALL {
            let adjusted = values(&p, adjustment);
            for i in 0..p.len() {
                assert!(adjusted[i] >= p[i] && adjusted[i] <= 1.0, "{adjustment:?}");
                for j in 0..p.len() {
                    if p[i] < p[j] {
                        assert!(adjusted[i] <= adjusted[j], "{adjustment:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_methods_are_ordered_by_power() {
        let p = [0.9, 0.001, 0.3, 0.04, 0.02, 0.008, 0.011];
        let order = [
            Adjustment::Bonferroni,
            Adjustment::Holm,
            Adjustment::Hochberg,
            Adjustment::Hommel,
            Adjustment::BenjaminiHochberg,
        ];
        for pair in order.windows(2) {
            let (weaker, stronger) = (values(&p, pair[0]), values(&p, pair[1]));
            for i in 0..p.len() {
                assert!(stronger[i] <= weaker[i] + 1e-15, "{pair:?}");
            }
        }
    }

    #[test]
    fn a_missing_p_value_stays_missing_and_is_not_counted() {
        let adjusted = adjust_p_values(&[Some(0.01), None, Some(0.03)], Adjustment::Holm);
        assert_eq!(adjusted, Ok(vec![Some(0.02), None, Some(0.03)]));
    }
}
