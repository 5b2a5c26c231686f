//! Do raters agree beyond chance.
//!
//! - `cohen`: two raters, plain or weighted
//! - `fleiss`: several raters, every unit rated by the same number
//! - `krippendorff`: any number of raters, missing ratings allowed
//!
//! Print the raw agreement and the categories' shares beside every coefficient: with 95 % in one category a kappa of 0.2
//! may stand beside 93 % agreement.

pub(crate) mod cohen;
pub(crate) mod fleiss;
pub(crate) mod krippendorff;

use super::error::StatError;
use super::rank::same_zero;

/// Ratings by unit and rater; a missing one is NaN.
pub(crate) fn check_ratings(ratings: &[Vec<f64>]) -> Result<usize, StatError> {
    let Some(first) = ratings.first() else { return Err(StatError::EmptyInput) };
    if let Some(other) = ratings.iter().find(|unit| unit.len() != first.len()) {
        return Err(StatError::LengthMismatch { left: first.len(), right: other.len() });
    }
    if first.is_empty() {
        return Err(StatError::EmptyInput);
    }
    match ratings.iter().position(|unit| unit.iter().any(|rating| rating.is_infinite())) {
        Some(index) => Err(StatError::NonFinite { index }),
        None => Ok(first.len()),
    }
}

/// The categories that occur, ascending.
pub(crate) fn categories(ratings: &[Vec<f64>]) -> Vec<f64> {
    let mut seen: Vec<f64> =
        ratings.iter().flatten().copied().filter(|rating| !rating.is_nan()).map(same_zero).collect();
    seen.sort_unstable_by(f64::total_cmp);
    seen.dedup_by(|left, right| left.total_cmp(right).is_eq());
    seen
}

/// Place of a rating among the categories; every rating is one of them.
pub(crate) fn place(categories: &[f64], rating: f64) -> Option<usize> {
    categories.binary_search_by(|category| category.total_cmp(&same_zero(rating))).ok()
}
