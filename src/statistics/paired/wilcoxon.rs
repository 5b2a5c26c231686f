//! Wilcoxon's signed-rank test, with three ways to treat pairs that tie.

use serde::{Deserialize, Serialize};

use super::difference::Differences;
use crate::statistics::distribution::{normal_cdf, normal_sf, normal_two_sided};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Alternative, Flag};
use crate::statistics::missing::MissingPolicy;
use crate::statistics::rank::{doubled_mid_ranks, tie_sizes};

/// Non-zero differences up to which `Auto` is exact.
const EXACT_UP_TO: usize = 50;
/// Non-zero differences up to which the exact distribution is computed at all (its cost grows with the cube).
const EXACT_AT_MOST: usize = 500;
/// Largest doubled rank sum whose distribution is held in memory: many ranked zeros make few ranks large.
const LARGEST_RANK_SUM: u64 = 5_000_000;

/// What happens to pairs whose values are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroMethod {
    /// Dropped before ranking.
    Wilcox,
    /// Ranked with the others, then their ranks are dropped (Pratt 1959). The default.
    #[default]
    Pratt,
    /// Ranked with the others, half of their ranks to each side.
    Zsplit,
}

/// How the p-value is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WilcoxonMode {
    /// Exact up to 50 non-zero differences, asymptotic above.
    #[default]
    Auto,
    /// The exact distribution over the signs of the (mid-)ranks at hand, ties and zeros included.
    Exact,
    /// Normal approximation with tie correction.
    Asymptotic,
}

/// Whether the statistic is moved by 1/2 against what the test looks for: towards the mean when two-sided, down for
/// `Greater`, up for `Less` (as scipy).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Continuity {
    /// As it is. The default.
    #[default]
    Plain,
    /// Corrected for continuity.
    Corrected,
}

/// Settings of a signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Wilcoxon {
    /// What happens to equal pairs.
    pub zero_method: ZeroMethod,
    /// How the p-value is found.
    pub mode: WilcoxonMode,
    /// Continuity correction of the approximation.
    pub continuity: Continuity,
    /// Which deviations count.
    pub alternative: Alternative,
    /// What happens to missing values.
    pub missing: MissingPolicy,
}

/// The answer of a signed-rank test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WilcoxonTest {
    /// Sum of the ranks of positive differences; under `Zsplit` with half of the ranks of zeros.
    pub w_plus: f64,
    /// The same for negative differences.
    pub w_minus: f64,
    /// Standardised statistic of the approximation: of min(W+, W-) when two-sided, of W+ otherwise. `None` when exact.
    pub z: Option<f64>,
    /// In [0, 1]; 1 when no pair differs.
    pub p_value: f64,
    /// P(W+ >= w) under the null, when exact.
    pub p_greater: Option<f64>,
    /// P(W+ <= w) under the null, when exact.
    pub p_less: Option<f64>,
    /// Pairs that differ.
    pub n_nonzero: usize,
    /// Pairs used, equal ones included.
    pub n_used: usize,
    /// Pairs dropped because a value was missing.
    pub n_dropped: usize,
    /// Whether the p-value is exact.
    pub is_exact: bool,
    /// `all_zero`, `missing_dropped`.
    pub flags: Vec<Flag>,
}

/// Wilcoxon's signed-rank test of "the differences a_i - b_i are symmetric about 0".
///
/// Differences are rounded to 12 significant digits first. Asymptotic O(n log n), exact O(n³).
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (every pair dropped), `InvalidParameter` (exact for more
/// than 500 non-zero differences).
pub fn wilcoxon(a: &[f64], b: &[f64], settings: &Wilcoxon) -> Result<WilcoxonTest, StatError> {
    let differences = Differences::new(a, b, settings.missing)?;
    signed_rank(&differences, settings)
}

pub(crate) fn signed_rank(differences: &Differences, settings: &Wilcoxon) -> Result<WilcoxonTest, StatError> {
    let n_nonzero = differences.n_nonzero();
    let ranks = SignedRanks::new(&differences.values, settings.zero_method);
    let is_affordable = n_nonzero <= EXACT_AT_MOST && ranks.doubled_sum() <= LARGEST_RANK_SUM;
    if settings.mode == WilcoxonMode::Exact && !is_affordable {
        return Err(StatError::invalid(
            "mode",
            format!(
                "exact is offered for up to {EXACT_AT_MOST} non-zero differences (doubled rank sum {LARGEST_RANK_SUM}), got \
                 {n_nonzero} ({}); use asymptotic",
                ranks.doubled_sum()
            ),
        ));
    }
    let mut flags = Vec::new();
    if n_nonzero == 0 {
        flags.push(Flag::AllZero);
    }
    if differences.n_dropped > 0 {
        flags.push(Flag::MissingDropped);
    }
    let mut test = WilcoxonTest {
        w_plus: ranks.w_plus(),
        w_minus: ranks.w_minus(),
        z: None,
        p_value: 1.0,
        p_greater: None,
        p_less: None,
        n_nonzero,
        n_used: differences.values.len(),
        n_dropped: differences.n_dropped,
        is_exact: false,
        flags,
    };
    if n_nonzero == 0 {
        return Ok(test);
    }
    let is_exact = match settings.mode {
        WilcoxonMode::Exact => true,
        WilcoxonMode::Asymptotic => false,
        WilcoxonMode::Auto => n_nonzero <= EXACT_UP_TO && is_affordable,
    };
    if is_exact {
        let (less, greater) = ranks.exact_tails();
        test.p_value = match settings.alternative {
            Alternative::TwoSided => (2.0 * less.min(greater)).min(1.0),
            Alternative::Less => less,
            Alternative::Greater => greater,
        };
        (test.p_less, test.p_greater, test.is_exact) = (Some(less), Some(greater), true);
    } else {
        let (z, p) = ranks.approximation(settings.alternative, settings.continuity);
        (test.z, test.p_value) = (Some(z), p);
    }
    Ok(test)
}

/// Ranks of |d| in doubled whole numbers, so that sums are exact.
struct SignedRanks {
    /// Doubled ranks of the positive differences.
    positive: Vec<u64>,
    /// Doubled ranks of the negative differences.
    negative: Vec<u64>,
    /// Doubled ranks of the zeros that count half to each side.
    split: u64,
    /// Zeros that were ranked and dropped (Pratt).
    n_ranked_zeros: u64,
    /// Items that were ranked.
    n_ranked: u64,
    /// Sizes of the groups of equal |d| that enter the tie correction.
    tie_sizes: Vec<u64>,
}

impl SignedRanks {
    fn new(differences: &[f64], zero_method: ZeroMethod) -> Self {
        let ranked: Vec<f64> = match zero_method {
            ZeroMethod::Wilcox => differences.iter().copied().filter(|value| value.abs() > 0.0).collect(),
            ZeroMethod::Pratt | ZeroMethod::Zsplit => differences.to_vec(),
        };
        let sizes: Vec<f64> = ranked.iter().map(|value| value.abs()).collect();
        let ranks = doubled_mid_ranks(&sizes);
        let of = |wanted: fn(f64) -> bool| -> Vec<u64> {
            ranked.iter().zip(&ranks).filter(|&(&value, _)| wanted(value)).map(|(_, &rank)| rank).collect()
        };
        let zeros = of(|value| value.abs() <= 0.0);
        let tied: Vec<f64> = match zero_method {
            // Zeros are not counted as a tie group on top of their own correction.
            ZeroMethod::Pratt => sizes.iter().copied().filter(|size| *size > 0.0).collect(),
            ZeroMethod::Wilcox | ZeroMethod::Zsplit => sizes,
        };
        Self {
            positive: of(|value| value > 0.0),
            negative: of(|value| value < 0.0),
            split: if zero_method == ZeroMethod::Zsplit { zeros.iter().sum() } else { 0 },
            n_ranked_zeros: if zero_method == ZeroMethod::Pratt { zeros.len() as u64 } else { 0 },
            n_ranked: ranked.len() as u64,
            tie_sizes: tie_sizes(&tied),
        }
    }

    /// Of the ranks whose sign is random.
    fn doubled_sum(&self) -> u64 {
        self.positive.iter().chain(&self.negative).sum()
    }

    fn w_plus(&self) -> f64 {
        half(self.positive.iter().sum::<u64>()) + 0.25 * self.split as f64
    }

    fn w_minus(&self) -> f64 {
        half(self.negative.iter().sum::<u64>()) + 0.25 * self.split as f64
    }

    /// P(W+ <= w) and P(W+ >= w) over all signs of the ranks, each as likely.
    fn exact_tails(&self) -> (f64, f64) {
        let ranks: Vec<usize> = self
            .positive
            .iter()
            .chain(&self.negative)
            .map(|&rank| usize::try_from(rank).unwrap_or(usize::MAX))
            .collect();
        let total: usize = ranks.iter().sum();
        let mut probability = vec![0.0_f64; total + 1];
        probability[0] = 1.0;
        let mut reached = 0;
        for rank in ranks {
            reached += rank;
            for sum in (0..=reached).rev() {
                let with = if sum >= rank { probability[sum - rank] } else { 0.0 };
                probability[sum] = 0.5 * (probability[sum] + with);
            }
        }
        let observed = usize::try_from(self.positive.iter().sum::<u64>()).unwrap_or(total).min(total);
        let less: f64 = probability[..=observed].iter().sum();
        let greater: f64 = probability[observed..].iter().sum();
        (less.min(1.0), greater.min(1.0))
    }

    fn approximation(&self, alternative: Alternative, continuity: Continuity) -> (f64, f64) {
        let n = self.n_ranked as f64;
        let zeros = self.n_ranked_zeros as f64;
        let mean = (n * (n + 1.0) - zeros * (zeros + 1.0)) / 4.0;
        let cubes: f64 = self.tie_sizes.iter().map(|&size| size as f64).map(|t| t * t * t - t).sum();
        let variance =
            (n * (n + 1.0) * (2.0 * n + 1.0) - zeros * (zeros + 1.0) * (2.0 * zeros + 1.0)) / 24.0 - cubes / 48.0;
        let statistic = match alternative {
            Alternative::TwoSided => self.w_plus().min(self.w_minus()),
            Alternative::Less | Alternative::Greater => self.w_plus(),
        };
        let gap = statistic - mean;
        let shift = match (continuity, alternative) {
            (Continuity::Plain, _) => 0.0,
            (Continuity::Corrected, Alternative::Greater) => 0.5,
            (Continuity::Corrected, Alternative::Less) => -0.5,
            (Continuity::Corrected, Alternative::TwoSided) if gap.abs() > 0.0 => 0.5 * gap.signum(),
            (Continuity::Corrected, Alternative::TwoSided) => 0.0,
        };
        let z = (gap - shift) / variance.sqrt();
        let p = match alternative {
            Alternative::TwoSided => normal_two_sided(z),
            Alternative::Less => normal_cdf(z),
            Alternative::Greater => normal_sf(z),
        };
        (z, p)
    }
}

fn half(doubled: u64) -> f64 {
    doubled as f64 / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(a: &[f64], mode: WilcoxonMode, zero_method: ZeroMethod) -> WilcoxonTest {
        let settings = Wilcoxon { mode, zero_method, ..Wilcoxon::default() };
        wilcoxon(a, &vec![0.0; a.len()], &settings).unwrap()
    }

    #[test]
    fn rounding_noise_breaks_no_tie() {
        let settings = Wilcoxon { mode: WilcoxonMode::Exact, ..Wilcoxon::default() };
        let found = wilcoxon(&[0.3, 0.1, 0.9], &[0.2, 0.2, 0.5], &settings).unwrap();
        // |0.1| twice: mid-ranks 1.5.
        assert!((found.w_plus - 4.5).abs() < 1e-12 && (found.w_minus - 1.5).abs() < 1e-12);
    }

    #[test]
    fn without_zeros_the_three_zero_methods_agree() {
        let values = [0.5, -1.0, 2.0, 3.5, -0.25, 4.0];
        for mode in [WilcoxonMode::Exact, WilcoxonMode::Asymptotic] {
            let base = test(&values, mode, ZeroMethod::Pratt).p_value;
            for zero_method in [ZeroMethod::Wilcox, ZeroMethod::Zsplit] {
                assert!((test(&values, mode, zero_method).p_value - base).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn the_exact_test_is_the_enumeration_of_all_signs() {
        let values: [f64; 5] = [1.0, -2.0, 2.0, 4.0, 0.0];
        let found = test(&values, WilcoxonMode::Exact, ZeroMethod::Pratt);
        // Ranks with the zero: 2, 3.5, 3.5, 5; W+ = 10.5.
        let ranks = [2.0, 3.5, 3.5, 5.0];
        let sums: Vec<f64> = (0..16_u32)
            .map(|signs| ranks.iter().enumerate().filter(|(bit, _)| signs >> bit & 1 == 1).map(|(_, rank)| rank).sum())
            .collect();
        let share = |wanted: &dyn Fn(f64) -> bool| sums.iter().filter(|&&sum| wanted(sum)).count() as f64 / 16.0;
        assert!((found.p_greater.unwrap() - share(&|sum| sum >= 10.5)).abs() < 1e-15);
        assert!((found.p_less.unwrap() - share(&|sum| sum <= 10.5)).abs() < 1e-15);
    }

    #[test]
    fn an_exact_distribution_that_would_take_hours_is_refused_by_name() {
        let values: Vec<f64> = (1..=501).map(f64::from).collect();
        let settings = Wilcoxon { mode: WilcoxonMode::Exact, ..Wilcoxon::default() };
        let error = wilcoxon(&values, &vec![0.0; 501], &settings).unwrap_err();
        assert_eq!(error.kind(), "InvalidParameter");
    }
}
