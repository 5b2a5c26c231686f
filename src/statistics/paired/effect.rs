//! How large a difference is, free of units.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use super::difference::Differences;
use crate::statistics::distribution::normal_two_sided;
use crate::statistics::error::StatError;
use crate::statistics::mean::Moments;
use crate::statistics::missing::{MissingPolicy, usable_rows};
use crate::statistics::paired::wilcoxon::{Wilcoxon, ZeroMethod, signed_rank};
use crate::statistics::rank::{doubled_mid_ranks, tie_sizes};

/// Standardised mean difference of pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandardisedDifference {
    /// Mean of the differences.
    pub mean_difference: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Mean over standard deviation of the differences.
    pub d_z: f64,
    /// d_z corrected for small n by Hedges' exact factor; `None` for fewer than three pairs.
    pub hedges_g_z: Option<f64>,
    /// Pairs used.
    pub n_used: usize,
    /// Pairs dropped because a value was missing.
    pub n_dropped: usize,
}

/// d_z and Hedges' g_z of paired scores.
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (fewer than two pairs), `ZeroVariance` (the differences do
/// not vary).
pub fn standardised_difference(
    a: &[f64],
    b: &[f64],
    missing: MissingPolicy,
) -> Result<StandardisedDifference, StatError> {
    let rows = usable_rows(&[a, b], missing)?;
    let differences: Vec<f64> = rows.iter().map(|&row| a[row] - b[row]).collect();
    let moments = Moments::new(&differences)?;
    if moments.is_constant {
        return Err(StatError::ZeroVariance);
    }
    let n = differences.len();
    let d_z = moments.mean / (moments.standard_error * (n as f64).sqrt());
    Ok(StandardisedDifference {
        mean_difference: moments.mean,
        standard_error: moments.standard_error,
        d_z,
        hedges_g_z: hedges_factor(moments.df()).map(|factor| factor * d_z),
        n_used: n,
        n_dropped: a.len() - n,
    })
}

/// J = Γ(df/2) / (sqrt(df/2) Γ((df-1)/2)); `None` below two degrees of freedom.
#[must_use]
pub fn hedges_factor(df: f64) -> Option<f64> {
    (df >= 2.0).then(|| (ln_gamma(0.5 * df) - ln_gamma(0.5 * (df - 1.0))).exp() / (0.5 * df).sqrt())
}

/// Matched rank-biserial correlation (W+ - W-)/(W+ + W-) over the pairs that differ, in [-1, 1].
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (every pair dropped), `ZeroVariance` (no pair differs).
pub fn rank_biserial(a: &[f64], b: &[f64], missing: MissingPolicy) -> Result<f64, StatError> {
    let differences = Differences::new(a, b, missing)?;
    if differences.n_nonzero() == 0 {
        return Err(StatError::ZeroVariance);
    }
    let settings = Wilcoxon {
        zero_method: ZeroMethod::Wilcox,
        mode: crate::statistics::paired::wilcoxon::WilcoxonMode::Asymptotic,
        ..Wilcoxon::default()
    };
    let test = signed_rank(&differences, &settings)?;
    Ok((test.w_plus - test.w_minus) / (test.w_plus + test.w_minus))
}

/// How often a value of A lies above one of B, as unpaired samples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CliffsDelta {
    /// Mean sign of a_i - b_j over all i and j, in [-1, 1]; 2 AUC - 1.
    pub delta: f64,
    /// Mann-Whitney U of A.
    pub mann_whitney_u: f64,
    /// Two-sided asymptotic p of U with continuity and tie correction, in [0, 1].
    pub p_value: f64,
    /// Values of A.
    pub n_a: usize,
    /// Values of B.
    pub n_b: usize,
}

/// Cliff's delta with the Mann-Whitney test. O(n log n).
///
/// # Errors
/// `EmptyInput` (either side), `NonFinite` (rows of B are counted on from those of A).
pub fn cliffs_delta(a: &[f64], b: &[f64]) -> Result<CliffsDelta, StatError> {
    if a.is_empty() || b.is_empty() {
        return Err(StatError::EmptyInput);
    }
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    if let Some(index) = pooled.iter().position(|value| !value.is_finite()) {
        return Err(StatError::NonFinite { index });
    }
    let rank_sum = doubled_mid_ranks(&pooled)[..a.len()].iter().map(|&rank| rank as f64).sum::<f64>() / 2.0;
    let (n_a, n_b) = (a.len() as f64, b.len() as f64);
    let u = rank_sum - n_a * (n_a + 1.0) / 2.0;
    let n = n_a + n_b;
    let cubes: f64 = tie_sizes(&pooled).into_iter().map(|size| size as f64).map(|t| t * t * t - t).sum();
    let variance = n_a * n_b / 12.0 * ((n + 1.0) - cubes / (n * (n - 1.0)));
    let larger = u.max(n_a * n_b - u);
    let p_value = if variance > 0.0 {
        // As scipy: the correction may leave less than nothing, which is p = 1.
        let z = (larger - n_a * n_b / 2.0 - 0.5) / variance.sqrt();
        if z <= 0.0 { 1.0 } else { normal_two_sided(z) }
    } else {
        1.0
    };
    Ok(CliffsDelta { delta: 2.0 * u / (n_a * n_b) - 1.0, mann_whitney_u: u, p_value, n_a: a.len(), n_b: b.len() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::LabeledScores;

    #[test]
    fn cliffs_delta_is_the_area_on_another_scale() {
        let (a, b) = ([0.9, 0.4, 0.4, 0.8], [0.1, 0.4, 0.5]);
        let area = LabeledScores::from_classes(&a, &b).unwrap().auc();
        assert!((cliffs_delta(&a, &b).unwrap().delta - (2.0 * area - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn swapping_negates_every_effect() {
        let (a, b) = ([0.9, 0.4, 0.3, 0.8], [0.1, 0.6, 0.2, 0.5]);
        let missing = MissingPolicy::Reject;
        let d = |a, b| standardised_difference(a, b, missing).unwrap().d_z;
        assert!((d(&a, &b) + d(&b, &a)).abs() < 1e-15);
        let r = |a, b| rank_biserial(a, b, missing).unwrap();
        assert!((r(&a, &b) + r(&b, &a)).abs() < 1e-15);
        let c = |a, b| cliffs_delta(a, b).unwrap().delta;
        assert!((c(&a, &b) + c(&b, &a)).abs() < 1e-15);
    }

    #[test]
    fn an_effect_of_nothing_is_undefined() {
        let same = [0.5, 0.7, 0.9];
        assert_eq!(standardised_difference(&same, &same, MissingPolicy::Reject), Err(StatError::ZeroVariance));
        assert_eq!(rank_biserial(&same, &same, MissingPolicy::Reject), Err(StatError::ZeroVariance));
        assert_eq!(cliffs_delta(&[], &same), Err(StatError::EmptyInput));
    }

    #[test]
    fn hedges_factor_tends_to_one() {
        assert_eq!(hedges_factor(1.0), None);
        assert!((hedges_factor(1e6).unwrap() - 1.0).abs() < 1e-5);
    }
}
