//! Cohen's kappa of two raters.

use serde::{Deserialize, Serialize};

use super::{categories, check_ratings, place};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};

/// How much a disagreement weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KappaWeights {
    /// Any disagreement counts 1. The default.
    #[default]
    None,
    /// By the distance of the categories' places.
    Linear,
    /// By its square.
    Quadratic,
}

/// Agreement of two raters beyond chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CohenKappa {
    /// 1 - observed over expected disagreement, in [-1, 1].
    pub kappa: f64,
    /// Share of units rated alike.
    pub observed_agreement: f64,
    /// Standard error (Fleiss, Cohen & Everitt 1969).
    pub standard_error: f64,
    /// Standard error under "no agreement beyond chance".
    pub null_standard_error: f64,
    /// kappa +- z SE, not clipped.
    pub interval: Interval,
    /// The categories, ascending.
    pub categories: Vec<f64>,
    /// Share of each category over both raters: the prevalence that kappa depends on.
    pub prevalence: Vec<f64>,
    /// Units used.
    pub n_used: usize,
    /// Units left out because a rating was missing.
    pub n_dropped: usize,
}

/// Raw agreement, which exists where kappa does not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawAgreement {
    /// Share of units rated alike, in [0, 1].
    pub observed: f64,
    /// Units used.
    pub n: usize,
}

/// Share of units that both raters rate alike; a unit with a missing rating is left out.
///
/// # Errors
/// `EmptyInput`, `InvalidParameter` (not two raters), `LengthMismatch`, `NonFinite`, `TooFewItems` (no complete unit).
pub fn raw_agreement(ratings: &[Vec<f64>]) -> Result<RawAgreement, StatError> {
    let pairs = complete_pairs(ratings)?;
    let alike = pairs.iter().filter(|[first, second]| (first - second).abs() <= 0.0).count();
    Ok(RawAgreement { observed: alike as f64 / pairs.len() as f64, n: pairs.len() })
}

/// Cohen's kappa; `declared` are the categories of the scale, or `None` for those that occur. A weighted kappa with a
/// category in the middle that nobody used needs the declared list.
///
/// # Errors
/// `EmptyInput`, `InvalidParameter` (not two raters, a rating that is not declared), `LengthMismatch`, `NonFinite`,
/// `TooFewItems` (no complete unit), `Undefined` (chance agreement is 1).
pub fn cohen_kappa(
    ratings: &[Vec<f64>],
    weights: KappaWeights,
    declared: Option<&[f64]>,
    level: Level,
) -> Result<CohenKappa, StatError> {
    let pairs = complete_pairs(ratings)?;
    let seen = categories(ratings);
    let categories = match declared {
        Some(declared) => {
            let sorted = categories_of(declared)?;
            if let Some(stranger) = seen.iter().find(|rating| place(&sorted, **rating).is_none()) {
                return Err(StatError::invalid("categories", format!("the rating {stranger} is not among them")));
            }
            sorted
        }
        None => seen,
    };
    let table = Table::new(&pairs, &categories);
    let kappa = table.kappa(weights)?;
    let half = level.two_sided_z() * kappa.standard_error;
    Ok(CohenKappa {
        kappa: kappa.value,
        observed_agreement: table.raw_agreement(),
        standard_error: kappa.standard_error,
        null_standard_error: kappa.null_standard_error,
        interval: Interval::new(kappa.value - half, kappa.value + half, level, "kappa_wald"),
        prevalence: table.prevalence(),
        categories,
        n_used: pairs.len(),
        n_dropped: ratings.len() - pairs.len(),
    })
}

fn categories_of(declared: &[f64]) -> Result<Vec<f64>, StatError> {
    if declared.iter().any(|category| !category.is_finite()) {
        return Err(StatError::invalid("categories", "must be finite numbers"));
    }
    Ok(categories(&[declared.to_vec()]))
}

fn complete_pairs(ratings: &[Vec<f64>]) -> Result<Vec<[f64; 2]>, StatError> {
    let raters = check_ratings(ratings)?;
    if raters != 2 {
        return Err(StatError::invalid("ratings", format!("Cohen's kappa has two raters, got {raters}")));
    }
    let pairs: Vec<[f64; 2]> = ratings
        .iter()
        .filter(|unit| unit.iter().all(|rating| !rating.is_nan()))
        .map(|unit| [unit[0], unit[1]])
        .collect();
    if pairs.is_empty() { Err(StatError::TooFewItems { needed: 1, got: 0 }) } else { Ok(pairs) }
}

/// Shares of units by the categories of both raters.
struct Table {
    size: usize,
    shares: Vec<f64>,
    n: f64,
}

struct Kappa {
    value: f64,
    standard_error: f64,
    null_standard_error: f64,
}

impl Table {
    fn new(pairs: &[[f64; 2]], categories: &[f64]) -> Self {
        let size = categories.len();
        let n = pairs.len() as f64;
        let mut counts = vec![0_usize; size * size];
        for [first, second] in pairs {
            if let (Some(row), Some(column)) = (place(categories, *first), place(categories, *second)) {
                counts[row * size + column] += 1;
            }
        }
        Self { size, shares: counts.into_iter().map(|count| count as f64 / n).collect(), n }
    }

    fn share(&self, row: usize, column: usize) -> f64 {
        self.shares[row * self.size + column]
    }

    fn of_first(&self, row: usize) -> f64 {
        (0..self.size).map(|column| self.share(row, column)).sum()
    }

    fn of_second(&self, column: usize) -> f64 {
        (0..self.size).map(|row| self.share(row, column)).sum()
    }

    fn raw_agreement(&self) -> f64 {
        (0..self.size).map(|index| self.share(index, index)).sum()
    }

    fn prevalence(&self) -> Vec<f64> {
        (0..self.size).map(|index| 0.5 * (self.of_first(index) + self.of_second(index))).collect()
    }

    fn kappa(&self, weights: KappaWeights) -> Result<Kappa, StatError> {
        let size = self.size;
        let first: Vec<f64> = (0..size).map(|index| self.of_first(index)).collect();
        let second: Vec<f64> = (0..size).map(|index| self.of_second(index)).collect();
        // Agreement weights: 1 on the diagonal, 0 at the far corner.
        let span = (size as f64 - 1.0).max(1.0);
        let weight = |row: usize, column: usize| {
            let gap = row.abs_diff(column) as f64;
            match weights {
                KappaWeights::None => f64::from(u8::from(row == column)),
                KappaWeights::Linear => 1.0 - gap / span,
                KappaWeights::Quadratic => 1.0 - (gap / span).powi(2),
            }
        };
        let cells = || (0..size).flat_map(|row| (0..size).map(move |column| (row, column)));
        let disagreement = |of: &dyn Fn(usize, usize) -> f64| -> f64 {
            cells().map(|(row, column)| (1.0 - weight(row, column)) * of(row, column)).sum()
        };
        let expected_disagreement = disagreement(&|row, column| first[row] * second[column]);
        if expected_disagreement <= 0.0 {
            return Err(StatError::Undefined {
                why: "both raters use one category, so that agreement by chance is certain",
            });
        }
        let value = 1.0 - disagreement(&|row, column| self.share(row, column)) / expected_disagreement;
        let expected = 1.0 - expected_disagreement;
        let row_mean: Vec<f64> =
            (0..size).map(|row| (0..size).map(|column| weight(row, column) * second[column]).sum()).collect();
        let column_mean: Vec<f64> =
            (0..size).map(|column| (0..size).map(|row| weight(row, column) * first[row]).sum()).collect();
        let (mut spread, mut null_spread) = (0.0, 0.0);
        for (row, column) in cells() {
            let mean = row_mean[row] + column_mean[column];
            spread += self.share(row, column) * (weight(row, column) - mean * (1.0 - value)).powi(2);
            null_spread += first[row] * second[column] * (weight(row, column) - mean).powi(2);
        }
        let scale = expected_disagreement * self.n.sqrt();
        let error = |spread: f64, centre: f64| (spread - centre * centre).max(0.0).sqrt() / scale;
        Ok(Kappa {
            value,
            standard_error: error(spread, value - expected * (1.0 - value)),
            null_standard_error: error(null_spread, expected),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(pairs: &[(f64, f64)]) -> Vec<Vec<f64>> {
        pairs.iter().map(|&(first, second)| vec![first, second]).collect()
    }

    #[test]
    fn the_raters_may_be_swapped() {
        let ratings = units(&[(0.0, 1.0), (1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (0.0, 0.0)]);
        let swapped: Vec<Vec<f64>> = ratings.iter().map(|unit| vec![unit[1], unit[0]]).collect();
        for weights in [KappaWeights::None, KappaWeights::Linear, KappaWeights::Quadratic] {
            let (a, b) = (
                cohen_kappa(&ratings, weights, None, Level::DEFAULT).unwrap(),
                cohen_kappa(&swapped, weights, None, Level::DEFAULT).unwrap(),
            );
            assert!((a.kappa - b.kappa).abs() < 1e-15 && (a.standard_error - b.standard_error).abs() < 1e-15);
        }
    }

    #[test]
    fn an_unused_middle_category_weighs_only_where_it_is_declared() {
        let ratings =
            units(&[(0.0, 2.0), (2.0, 2.0), (0.0, 0.0), (3.0, 0.0), (3.0, 3.0), (2.0, 3.0), (3.0, 3.0), (0.0, 2.0)]);
        let kappa = |declared: Option<&[f64]>| {
            cohen_kappa(&ratings, KappaWeights::Linear, declared, Level::DEFAULT).unwrap().kappa
        };
        let (seen, declared) = (kappa(None), kappa(Some(&[0.0, 1.0, 2.0, 3.0])));
        assert!((seen - declared).abs() > 1e-3, "{seen} {declared}");
        let stranger = cohen_kappa(&ratings, KappaWeights::Linear, Some(&[0.0, 2.0]), Level::DEFAULT).unwrap_err();
        assert_eq!(stranger.kind(), "InvalidParameter");
    }

    #[test]
    fn one_category_has_agreement_and_no_kappa() {
        let ratings = units(&[(1.0, 1.0), (1.0, 1.0)]);
        assert_eq!(cohen_kappa(&ratings, KappaWeights::None, None, Level::DEFAULT).unwrap_err().kind(), "Undefined");
        assert!((raw_agreement(&ratings).unwrap().observed - 1.0).abs() < 1e-15);
    }

    #[test]
    fn units_with_a_missing_rating_are_left_out_and_counted() {
        let mut ratings = units(&[(0.0, 0.0), (1.0, 1.0), (0.0, 1.0)]);
        ratings.push(vec![f64::NAN, 1.0]);
        let found = cohen_kappa(&ratings, KappaWeights::None, None, Level::DEFAULT).unwrap();
        assert_eq!((found.n_used, found.n_dropped), (3, 1));
    }
}
