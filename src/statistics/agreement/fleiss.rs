//! Fleiss' kappa of several raters, and Randolph's free-marginal one.

use serde::{Deserialize, Serialize};

use super::{categories, check_ratings, place};
use crate::statistics::error::StatError;

/// Agreement of several raters beyond chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FleissKappa {
    /// Fleiss 1971: chance by the categories' shares, in [-1, 1].
    pub kappa: f64,
    /// Randolph 2005: chance as if all categories were as likely, in [-1, 1].
    pub randolph: f64,
    /// Mean share of agreeing pairs of raters.
    pub observed_agreement: f64,
    /// The categories, ascending.
    pub categories: Vec<f64>,
    /// Share of each category.
    pub prevalence: Vec<f64>,
    /// Number of units.
    pub n: usize,
    /// Raters of every unit.
    pub raters: usize,
}

/// Fleiss' kappa of complete ratings. O(units x raters).
///
/// # Errors
/// `EmptyInput`, `LengthMismatch`, `NonFinite` (a missing rating too: use Krippendorff's alpha), `InvalidParameter` (fewer
/// than two raters), `Undefined` (one category only).
pub fn fleiss_kappa(ratings: &[Vec<f64>]) -> Result<FleissKappa, StatError> {
    let raters = check_ratings(ratings)?;
    if raters < 2 {
        return Err(StatError::invalid("ratings", format!("needs at least two raters, got {raters}")));
    }
    if let Some(index) = ratings.iter().position(|unit| unit.iter().any(|rating| rating.is_nan())) {
        return Err(StatError::NonFinite { index });
    }
    let categories = categories(ratings);
    let pairs = (raters * (raters - 1)) as f64;
    let mut totals = vec![0_usize; categories.len()];
    let mut agreement = 0.0;
    for unit in ratings {
        let mut counts = vec![0_usize; categories.len()];
        for rating in unit {
            if let Some(index) = place(&categories, *rating) {
                counts[index] += 1;
                totals[index] += 1;
            }
        }
        agreement += counts.iter().map(|count| (count * count.saturating_sub(1)) as f64).sum::<f64>() / pairs;
    }
    let n = ratings.len() as f64;
    let observed = agreement / n;
    let prevalence: Vec<f64> = totals.iter().map(|&total| total as f64 / (n * raters as f64)).collect();
    if categories.len() < 2 {
        return Err(StatError::Undefined {
            why: "all ratings are in one category, so that agreement by chance is certain",
        });
    }
    let beyond = |chance: f64| (observed - chance) / (1.0 - chance);
    Ok(FleissKappa {
        kappa: beyond(prevalence.iter().map(|share| share * share).sum()),
        randolph: beyond(1.0 / categories.len() as f64),
        observed_agreement: observed,
        categories,
        prevalence,
        n: ratings.len(),
        raters,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_agreement_is_one_and_chance_is_none() {
        let agreed = fleiss_kappa(&[vec![0.0; 3], vec![1.0; 3], vec![2.0; 3]]).unwrap();
        assert!((agreed.kappa - 1.0).abs() < 1e-15 && (agreed.randolph - 1.0).abs() < 1e-15);
    }

    #[test]
    fn what_has_no_kappa_is_refused() {
        assert_eq!(fleiss_kappa(&[]), Err(StatError::EmptyInput));
        assert_eq!(fleiss_kappa(&[vec![1.0, 1.0]]).unwrap_err().kind(), "Undefined");
        assert_eq!(fleiss_kappa(&[vec![1.0]]).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(fleiss_kappa(&[vec![1.0, f64::NAN]]), Err(StatError::NonFinite { index: 0 }));
        assert_eq!(fleiss_kappa(&[vec![1.0, 2.0], vec![1.0]]), Err(StatError::LengthMismatch { left: 2, right: 1 }));
    }
}
