//! Two models right or wrong on the same items: McNemar's tests, and effect sizes.
//!
//! Only discordant items carry information about the difference. Intervals are in
//! [`super::binary_interval`].

use serde::{Deserialize, Serialize};

use crate::statistics::distribution::{binomial_cdf, binomial_pmf, chi_squared_sf};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::extended_float;
use crate::statistics::missing::check_lengths;
use crate::statistics::proportion::single::clopper_pearson_limits;

/// The two-by-two table of paired outcomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairedCounts {
    /// Items both got right.
    pub both: u64,
    /// Items only A got right.
    pub only_a: u64,
    /// Items only B got right.
    pub only_b: u64,
    /// Items neither got right.
    pub neither: u64,
}

impl PairedCounts {
    /// Counts the four kinds of items.
    ///
    /// # Errors
    /// `EmptyInput`, `LengthMismatch`.
    pub fn from_outcomes(a: &[bool], b: &[bool]) -> Result<Self, StatError> {
        if a.is_empty() && b.is_empty() {
            return Err(StatError::EmptyInput);
        }
        check_lengths(a.len(), b.len())?;
        let count = |in_a: bool, in_b: bool| {
            a.iter().zip(b).filter(|&(&left, &right)| left == in_a && right == in_b).count() as u64
        };
        Ok(Self {
            both: count(true, true),
            only_a: count(true, false),
            only_b: count(false, true),
            neither: count(false, false),
        })
    }

    /// Number of items.
    #[must_use]
    pub fn n(self) -> u64 {
        self.both + self.only_a + self.only_b + self.neither
    }

    /// Items on which the two differ.
    #[must_use]
    pub fn n_discordant(self) -> u64 {
        self.only_a + self.only_b
    }

    /// Rate of A minus rate of B, in [-1, 1]; NaN for an empty table.
    #[must_use]
    pub fn difference(self) -> f64 {
        (self.only_a as f64 - self.only_b as f64) / self.n() as f64
    }

    /// The same table with A and B exchanged.
    #[must_use]
    pub fn swapped(self) -> Self {
        Self { only_a: self.only_b, only_b: self.only_a, ..self }
    }
}

/// Which McNemar test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum McNemarMethod {
    /// Exact binomial, conservative.
    Exact,
    /// Mid-p: type I error near its nominal value (Fagerland et al. 2013). The default.
    #[default]
    MidP,
    /// Chi-squared without continuity correction; for 25 discordant items or more.
    ChiSquared,
    /// Chi-squared with continuity correction, as statsmodels (|f-g|-1 is not floored at 0).
    ChiSquaredContinuity,
}

impl McNemarMethod {
    /// The name as records carry it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "mcnemar_exact",
            Self::MidP => "mcnemar_midp",
            Self::ChiSquared => "mcnemar_chi2",
            Self::ChiSquaredContinuity => "mcnemar_chi2_continuity",
        }
    }
}

/// The answer of a McNemar test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct McNemarTest {
    /// `mcnemar_exact`, `mcnemar_midp`, `mcnemar_chi2`, `mcnemar_chi2_continuity`.
    pub method: String,
    /// The table.
    pub counts: PairedCounts,
    /// min(only_a, only_b) for exact and mid-p, chi-squared otherwise.
    pub statistic: f64,
    /// Two-sided p-value in [0, 1]; 1 when no item is discordant.
    pub p_value: f64,
    /// `no_discordant_pairs`.
    pub flags: Vec<Flag>,
}

/// Two-sided McNemar test of "A and B are right equally often". O(sqrt(discordant)).
///
/// # Errors
/// `EmptyInput` for a table without items.
pub fn mcnemar(counts: PairedCounts, method: McNemarMethod) -> Result<McNemarTest, StatError> {
    if counts.n() == 0 {
        return Err(StatError::EmptyInput);
    }
    let (fewer, discordant) = (counts.only_a.min(counts.only_b), counts.n_discordant());
    let (statistic, p_value) = match method {
        McNemarMethod::Exact => (fewer as f64, mcnemar_exact_p(counts.only_a, counts.only_b)),
        McNemarMethod::MidP => (fewer as f64, mcnemar_midp(counts.only_a, counts.only_b)),
        McNemarMethod::ChiSquared => chi_squared(counts, 0.0),
        McNemarMethod::ChiSquaredContinuity => chi_squared(counts, 1.0),
    };
    Ok(McNemarTest {
        method: method.as_str().to_owned(),
        counts,
        statistic,
        p_value,
        flags: if discordant == 0 { vec![Flag::NoDiscordantPairs] } else { Vec::new() },
    })
}

/// Two-sided exact McNemar p-value, in [0, 1].
///
/// `only_a`, `only_b`: items only one model got right. No discordant item gives 1.
#[must_use]
pub fn mcnemar_exact_p(only_a: u64, only_b: u64) -> f64 {
    // Equal counts, or one more: the two tails are everything.
    if only_a.abs_diff(only_b) <= 1 {
        return 1.0;
    }
    let (fewer, discordant) = (only_a.min(only_b), only_a + only_b);
    (2.0 * binomial_cdf(fewer, discordant, 0.5)).min(1.0)
}

/// Two-sided McNemar mid-p value, in [0, 1].
///
/// `only_a`, `only_b`: items only one model got right. Equal counts (none included) give
/// exactly 1. Less conservative than the exact test (Fagerland et al. 2013).
#[must_use]
pub fn mcnemar_midp(only_a: u64, only_b: u64) -> f64 {
    if only_a == only_b {
        return 1.0;
    }
    let (fewer, discordant) = (only_a.min(only_b), only_a + only_b);
    (2.0 * binomial_cdf(fewer, discordant, 0.5) - binomial_pmf(fewer, discordant, 0.5)).min(1.0)
}

fn chi_squared(counts: PairedCounts, continuity: f64) -> (f64, f64) {
    let discordant = counts.n_discordant() as f64;
    if discordant <= 0.0 {
        return (0.0, 1.0);
    }
    let gap = (counts.only_a as f64 - counts.only_b as f64).abs() - continuity;
    let statistic = gap * gap / discordant;
    (statistic, chi_squared_sf(statistic, 1.0))
}

/// How many times likelier an item is to be right under A only than under B only.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedOddsRatio {
    /// only_a / only_b, in [0, infinity].
    #[serde(with = "extended_float")]
    pub odds_ratio: f64,
    /// Clopper-Pearson limits of only_a among the discordant, as odds.
    pub interval: Interval,
    /// Cohen's g = max(only_a, only_b)/discordant - 1/2, in [0, 1/2].
    pub cohen_g: f64,
}

/// Paired odds ratio with its interval.
///
/// # Errors
/// `Undefined` when no item is discordant.
pub fn paired_odds_ratio(counts: PairedCounts, level: Level) -> Result<PairedOddsRatio, StatError> {
    let discordant = counts.n_discordant();
    if discordant == 0 {
        return Err(StatError::Undefined { why: "no discordant pair, so the odds ratio is 0/0" });
    }
    let odds = |share: f64| {
        if share >= 1.0 { f64::INFINITY } else { share / (1.0 - share) }
    };
    let (low, high) = clopper_pearson_limits(counts.only_a, discordant, level);
    Ok(PairedOddsRatio {
        odds_ratio: if counts.only_b == 0 { f64::INFINITY } else { counts.only_a as f64 / counts.only_b as f64 },
        interval: Interval::new(odds(low), odds(high), level, "clopper_pearson_odds"),
        cohen_g: counts.only_a.max(counts.only_b) as f64 / discordant as f64 - 0.5,
    })
}

/// Cohen's h = 2 asin(sqrt p1) - 2 asin(sqrt p2), in [-π, π]; NaN outside [0, 1].
#[must_use]
pub fn cohen_h(p1: f64, p2: f64) -> f64 {
    2.0 * p1.sqrt().asin() - 2.0 * p2.sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_discordant_counts_give_a_p_of_one() {
        for f in [0, 1, 5, 4500] {
            assert!((mcnemar_midp(f, f) - 1.0).abs() < 1e-15);
            assert!((mcnemar_exact_p(f, f) - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn midp_lies_below_exact_and_both_are_symmetric() {
        for (f, g) in [(0, 3), (1, 9), (12, 2), (400, 350)] {
            assert!(mcnemar_midp(f, g) < mcnemar_exact_p(f, g));
            assert!((mcnemar_midp(f, g) - mcnemar_midp(g, f)).abs() < 1e-15);
        }
    }

    #[test]
    fn a_small_exact_p_keeps_its_digits() {
        // Two times one half to the power 400.
        let p = mcnemar_exact_p(0, 400);
        assert!((p.log2() + 399.0).abs() < 1e-9);
    }

    #[test]
    fn midp_rejects_about_five_percent_under_the_null() {
        // Exactly, by summing over what could happen with 40 discordant items.
        let rate: f64 =
            (0..=40_u64).filter(|&f| mcnemar_midp(f, 40 - f) <= 0.05).map(|f| binomial_pmf(f, 40, 0.5)).sum();
        assert!((0.035..=0.065).contains(&rate), "{rate}");
    }

    #[test]
    fn an_empty_table_is_refused() {
        assert_eq!(PairedCounts::from_outcomes(&[], &[]), Err(StatError::EmptyInput));
    }
}
