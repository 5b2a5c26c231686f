//! The Mann-Whitney test: is a value of one group more often above one of the other than below it.

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::normal_sf;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Alternative, Flag};
use crate::statistics::paired::wilcoxon::Continuity;
use crate::statistics::rank::{doubled_mid_ranks, tie_sizes};

/// The answer of a Mann-Whitney test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MannWhitneyTest {
    /// Pairs in which the first group's value is larger, ties counted half: 0 to n_a n_b.
    pub u_a: f64,
    /// The same for the second group.
    pub u_b: f64,
    /// U / (n_a n_b): how often the first group's value is larger, in [0, 1]; an AUC.
    pub share: f64,
    /// Standardised statistic; `None` when all values are equal.
    pub z: Option<f64>,
    /// By the normal with tie correction, in [0, 1]; 1 when all values are equal.
    pub p_value: f64,
    /// Values of the first group.
    pub n_a: usize,
    /// Values of the second group.
    pub n_b: usize,
    /// `all_equal`.
    pub flags: Vec<Flag>,
}

/// Mann-Whitney U by the normal approximation, corrected for ties (as scipy's `asymptotic`). `Greater`: the first group is
/// larger. O(n log n).
///
/// # Errors
/// `EmptyInput` without a value on one side, `NonFinite` (rows of `b` are counted on from those of `a`).
pub fn mann_whitney(
    a: &[f64],
    b: &[f64],
    alternative: Alternative,
    continuity: Continuity,
) -> Result<MannWhitneyTest, StatError> {
    if a.is_empty() || b.is_empty() {
        return Err(StatError::EmptyInput);
    }
    let pooled: Vec<f64> = a.iter().chain(b).copied().collect();
    if let Some(index) = pooled.iter().position(|value| !value.is_finite()) {
        return Err(StatError::NonFinite { index });
    }
    let ranks = doubled_mid_ranks(&pooled);
    let doubled: u64 = ranks[..a.len()].iter().sum();
    let (n_a, n_b) = (a.len() as f64, b.len() as f64);
    let n = n_a + n_b;
    let u_a = doubled as f64 / 2.0 - n_a * (n_a + 1.0) / 2.0;
    let u_b = n_a * n_b - u_a;
    let ties: f64 = tie_sizes(&pooled).into_iter().map(|size| size as f64).map(|t| t * t * t - t).sum();
    let variance = n_a * n_b / 12.0 * ((n + 1.0) - ties / (n * (n - 1.0)));
    let all_equal = ranks.iter().all(|rank| *rank == ranks[0]);
    let shift = match continuity {
        Continuity::Corrected => 0.5,
        Continuity::Plain => 0.0,
    };
    let (statistic, tails) = match alternative {
        Alternative::TwoSided => (u_a.max(u_b), 2.0),
        Alternative::Greater => (u_a, 1.0),
        Alternative::Less => (u_b, 1.0),
    };
    let z = (!all_equal).then(|| (statistic - n_a * n_b / 2.0 - shift) / variance.sqrt());
    Ok(MannWhitneyTest {
        u_a,
        u_b,
        share: u_a / (n_a * n_b),
        z,
        p_value: z.map_or(1.0, |z| (tails * normal_sf(z)).min(1.0)),
        n_a: a.len(),
        n_b: b.len(),
        flags: if all_equal { vec![Flag::AllEqual] } else { Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(a: &[f64], b: &[f64], alternative: Alternative) -> MannWhitneyTest {
        mann_whitney(a, b, alternative, Continuity::Corrected).unwrap()
    }

    #[test]
    fn pairs_are_counted_by_hand_and_ties_half() {
        // 2 > 1; 2 = 2; 3 > 1; 3 > 2.
        let found = test(&[2.0, 3.0], &[1.0, 2.0], Alternative::TwoSided);
        assert_eq!((found.u_a, found.u_b, found.share), (3.5, 0.5, 0.875));
    }

    #[test]
    fn the_variance_of_ranks_without_ties_is_known() {
        // U = 9, mean 4.5, variance 3 * 3 * 7 / 12.
        let found = test(&[4.0, 5.0, 6.0], &[1.0, 2.0, 3.0], Alternative::Greater);
        assert!((found.z.unwrap() - 4.0 / 5.25_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn exchanging_the_groups_mirrors_the_test() {
        let (a, b) = ([2.3, 2.5, 1.6, 2.2], [1.7, 1.7, 2.1]);
        let (direct, swapped) = (test(&a, &b, Alternative::Greater), test(&b, &a, Alternative::Less));
        assert_eq!((direct.u_a, direct.p_value), (swapped.u_b, swapped.p_value));
        let both = test(&a, &b, Alternative::TwoSided).p_value;
        assert!((both - test(&b, &a, Alternative::TwoSided).p_value).abs() < 1e-15);
    }

    #[test]
    fn groups_that_balance_have_p_one_and_so_have_equal_values() {
        assert_eq!(test(&[1.0, 4.0], &[2.0, 3.0], Alternative::TwoSided).p_value, 1.0);
        let equal = test(&[1.0; 3], &[1.0; 4], Alternative::TwoSided);
        assert_eq!((equal.z, equal.p_value, equal.flags), (None, 1.0, vec![Flag::AllEqual]));
    }

    #[test]
    fn an_empty_side_and_a_missing_value_are_told() {
        let refused = |a: &[f64], b: &[f64]| mann_whitney(a, b, Alternative::TwoSided, Continuity::Plain).unwrap_err();
        assert_eq!(refused(&[], &[1.0]), StatError::EmptyInput);
        assert_eq!(refused(&[1.0], &[1.0, f64::NAN]), StatError::NonFinite { index: 2 });
    }
}
