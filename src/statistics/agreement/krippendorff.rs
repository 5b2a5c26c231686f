//! Krippendorff's alpha: any number of raters, missing ratings allowed, four kinds of scale.

use serde::{Deserialize, Serialize};

use super::{categories, check_ratings, place};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};
use crate::statistics::resample::stream::{
    Bootstrap, check_index_matrix, draw_index, quantile_type7, replicates, sort_ascending,
};

/// What the numbers of a scale mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measurement {
    /// Names without order. The default.
    #[default]
    Nominal,
    /// Order only.
    Ordinal,
    /// Distances count.
    Interval,
    /// Ratios count.
    Ratio,
}

/// Agreement of raters beyond chance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KrippendorffAlpha {
    /// 1 - observed over expected disagreement; at most 1.
    pub alpha: f64,
    /// The kind of scale.
    pub measurement: Measurement,
    /// Units with at least two ratings.
    pub n_used: usize,
    /// Units with fewer.
    pub n_dropped: usize,
    /// Ratings that could be compared with another.
    pub n_ratings: usize,
}

/// An interval of alpha from resampled units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlphaInterval {
    /// Quantiles of the replicates.
    pub interval: Interval,
    /// Replicates in which alpha was undefined (one value only), left out.
    pub n_undefined: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed; `None` when the resamples were given.
    pub seed: Option<u64>,
}

/// Krippendorff's alpha of `ratings` by unit and rater, missing ones NaN. O(ratings + categories²).
///
/// # Errors
/// `InvalidParameter` (negative ratings on a ratio scale), `EmptyInput`, `LengthMismatch`, `NonFinite` (an infinite rating), `TooFewItems` (no unit with two ratings), `Undefined`
/// (all values are equal).
pub fn krippendorff_alpha(ratings: &[Vec<f64>], measurement: Measurement) -> Result<KrippendorffAlpha, StatError> {
    let units = Units::new(ratings, measurement)?;
    let all: Vec<usize> = (0..units.counts.len()).collect();
    let used: Vec<usize> = all.iter().copied().filter(|&unit| units.size(unit) >= 2).collect();
    if used.is_empty() {
        return Err(StatError::TooFewItems { needed: 1, got: 0 });
    }
    let alpha = units
        .alpha(all.into_iter())
        .ok_or(StatError::Undefined { why: "all ratings are equal, so that no disagreement can be expected" })?;
    Ok(KrippendorffAlpha {
        alpha,
        measurement,
        n_used: used.len(),
        n_dropped: ratings.len() - used.len(),
        n_ratings: used.iter().map(|&unit| units.size(unit)).sum(),
    })
}

/// Percentile interval of alpha, units resampled.
///
/// # Errors
/// Those of [`krippendorff_alpha`]; `InvalidParameter` (fewer than two resamples).
pub fn krippendorff_interval(
    ratings: &[Vec<f64>],
    measurement: Measurement,
    settings: &Bootstrap,
) -> Result<AlphaInterval, StatError> {
    settings.check()?;
    krippendorff_alpha(ratings, measurement)?;
    let units = Units::new(ratings, measurement)?;
    let n = ratings.len();
    let made = replicates(settings, || (), |(), random| units.alpha((0..n).map(|_| draw_index(random, n))));
    Ok(summary(made, settings.level, Some(settings.seed)))
}

/// The same with the resamples given: one row of unit indices for each.
///
/// # Errors
/// Those of [`krippendorff_alpha`]; `InvalidParameter` when a row does not fit the units.
pub fn krippendorff_interval_from_indices(
    ratings: &[Vec<f64>],
    measurement: Measurement,
    indices: &[Vec<usize>],
    level: Level,
) -> Result<AlphaInterval, StatError> {
    krippendorff_alpha(ratings, measurement)?;
    check_index_matrix(indices, ratings.len())?;
    let units = Units::new(ratings, measurement)?;
    let made = indices.iter().map(|row| units.alpha(row.iter().copied())).collect();
    Ok(summary(made, level, None))
}

fn summary(made: Vec<Option<f64>>, level: Level, seed: Option<u64>) -> AlphaInterval {
    let resamples = made.len();
    let mut defined: Vec<f64> = made.into_iter().flatten().collect();
    sort_ascending(&mut defined);
    let tail = 0.5 * level.alpha();
    AlphaInterval {
        interval: Interval::new(
            quantile_type7(&defined, tail),
            quantile_type7(&defined, 1.0 - tail),
            level,
            "bootstrap_percentile_units",
        ),
        n_undefined: resamples - defined.len(),
        resamples,
        seed,
    }
}

/// Ratings as counts of categories, unit by unit.
struct Units {
    /// (category, count) of each unit.
    counts: Vec<Vec<(usize, f64)>>,
    categories: Vec<f64>,
    measurement: Measurement,
}

impl Units {
    fn new(ratings: &[Vec<f64>], measurement: Measurement) -> Result<Self, StatError> {
        check_ratings(ratings)?;
        let is_negative = |rating: &f64| *rating < 0.0;
        if measurement == Measurement::Ratio && ratings.iter().flatten().any(is_negative) {
            return Err(StatError::invalid("level", "a ratio scale has no negative values"));
        }
        let categories = categories(ratings);
        let counts = ratings
            .iter()
            .map(|unit| {
                let mut counts: Vec<(usize, f64)> = Vec::new();
                for index in unit.iter().filter_map(|rating| place(&categories, *rating)) {
                    match counts.iter_mut().find(|(category, _)| *category == index) {
                        Some((_, count)) => *count += 1.0,
                        None => counts.push((index, 1.0)),
                    }
                }
                counts
            })
            .collect();
        Ok(Self { counts, categories, measurement })
    }

    fn size(&self, unit: usize) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of raters")]
        let size = self.counts[unit].iter().map(|(_, count)| count).sum::<f64>() as usize;
        size
    }

    /// `None` when all values drawn are equal, or none can be compared.
    fn alpha(&self, drawn: impl Iterator<Item = usize>) -> Option<f64> {
        let k = self.categories.len();
        let mut coincidences = vec![0.0; k * k];
        for unit in drawn {
            let counts = &self.counts[unit];
            let size: f64 = counts.iter().map(|(_, count)| count).sum();
            if size < 2.0 {
                continue;
            }
            for &(row, own) in counts {
                for &(column, other) in counts {
                    let pairs = if row == column { own * (own - 1.0) } else { own * other };
                    coincidences[row * k + column] += pairs / (size - 1.0);
                }
            }
        }
        let totals: Vec<f64> = coincidences.chunks(k).map(|row| row.iter().sum()).collect();
        let n: f64 = totals.iter().sum();
        // Ratings below the middle of each category.
        let below: Vec<f64> = totals
            .iter()
            .scan(0.0, |sum, total| {
                let middle = *sum + 0.5 * total;
                *sum += total;
                Some(middle)
            })
            .collect();
        let (mut observed, mut expected) = (0.0, 0.0);
        for row in 0..k {
            for column in 0..row {
                let distance = self.squared_distance(column, row, &below);
                observed += coincidences[row * k + column] * distance;
                expected += totals[row] * totals[column] * distance;
            }
        }
        (expected > 0.0).then(|| 1.0 - (n - 1.0) * observed / expected)
    }

    fn squared_distance(&self, low: usize, high: usize, below: &[f64]) -> f64 {
        let (a, b) = (self.categories[low], self.categories[high]);
        match self.measurement {
            Measurement::Nominal => 1.0,
            Measurement::Ordinal => (below[high] - below[low]).powi(2),
            Measurement::Interval => (b - a).powi(2),
            Measurement::Ratio => {
                let sum = a + b;
                if sum.abs() > 0.0 { ((b - a) / sum).powi(2) } else { 0.0 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_with_one_rating_say_nothing() {
        let ratings = [vec![1.0, 1.0], vec![2.0, 3.0], vec![2.0, f64::NAN], vec![3.0, 3.0]];
        let found = krippendorff_alpha(&ratings, Measurement::Interval).unwrap();
        assert_eq!((found.n_used, found.n_dropped, found.n_ratings), (3, 1, 6));
        let without = [ratings[0].clone(), ratings[1].clone(), ratings[3].clone()];
        let same = krippendorff_alpha(&without, Measurement::Interval).unwrap();
        assert!((found.alpha - same.alpha).abs() < 1e-15);
    }

    #[test]
    fn with_two_categories_every_scale_agrees() {
        let ratings = [vec![1.0, 2.0], vec![2.0, 2.0], vec![1.0, 1.0], vec![2.0, 2.0]];
        let alpha = |measurement| krippendorff_alpha(&ratings, measurement).unwrap().alpha;
        for other in [Measurement::Ordinal, Measurement::Interval, Measurement::Ratio] {
            assert!((alpha(Measurement::Nominal) - alpha(other)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_interval_contains_alpha_and_ignores_the_thread_count() {
        let ratings: Vec<Vec<f64>> =
            (0..40).map(|unit| vec![f64::from(unit % 4), f64::from(unit % 4 + unit % 3 / 2)]).collect();
        let settings = Bootstrap { resamples: 1000, ..Bootstrap::default() };
        let alpha = krippendorff_alpha(&ratings, Measurement::Ordinal).unwrap().alpha;
        let found = krippendorff_interval(&ratings, Measurement::Ordinal, &settings).unwrap();
        assert!(found.interval.contains(alpha));
        assert_eq!(krippendorff_interval(&ratings, Measurement::Ordinal, &settings).unwrap(), found);
    }

    #[test]
    fn equal_values_and_lonely_ratings_are_refused() {
        assert_eq!(krippendorff_alpha(&[vec![1.0, 1.0]], Measurement::Nominal).unwrap_err().kind(), "Undefined");
        assert_eq!(
            krippendorff_alpha(&[vec![1.0, f64::NAN]], Measurement::Nominal),
            Err(StatError::TooFewItems { needed: 1, got: 0 })
        );
        assert_eq!(krippendorff_alpha(&[], Measurement::Nominal), Err(StatError::EmptyInput));
    }
}
