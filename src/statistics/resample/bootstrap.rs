//! Bootstrap of a mean: percentile, basic, BCa and studentised intervals.
//!
//! For two models on the same items give the differences a_i - b_i: resampling differences
//! is resampling pairs. For clustered items use [`crate::statistics::cluster::mean`].

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::stream::{
    Bootstrap, GENERATOR, IndexDraw, check_index_matrix, quantile_type7, replicates, sort_ascending, standard_deviation,
};
use crate::statistics::distribution::{normal_cdf, normal_quantile};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::missing::{check_values, is_constant};

/// A bootstrapped mean with all its intervals, in the unit of the values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BootstrapMean {
    /// Mean of the values.
    pub estimate: f64,
    /// Standard deviation of the replicates.
    pub standard_error: f64,
    /// Quantiles of the replicates.
    pub percentile: Interval,
    /// Twice the estimate less the quantiles.
    pub basic: Interval,
    /// Bias-corrected and accelerated (Efron 1987). The default to print.
    pub bca: Interval,
    /// Studentised; `None` when nothing varies.
    pub studentized: Option<Interval>,
    /// BCa's bias correction; `None` when the estimate lies outside all replicates.
    pub bias_correction: Option<f64>,
    /// BCa's acceleration; 0 when nothing varies.
    pub acceleration: f64,
    /// Two-sided "bootstrap p" for a mean of zero; prefer a permutation test.
    pub bootstrap_p: f64,
    /// Number of values.
    pub n: usize,
    /// Resamples without spread, left out of the studentised interval.
    pub n_zero_spread: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed; `None` when the resamples were given.
    pub seed: Option<u64>,
    /// Random generator.
    pub generator: String,
    /// `zero_variance`, `bca_fallback`.
    pub flags: Vec<Flag>,
}

/// One resample: its mean and its standard error (0 when it has no spread).
#[derive(Debug, Clone, Copy)]
struct Replicate {
    mean: f64,
    standard_error: f64,
}

impl Replicate {
    /// Two passes, summed as numpy sums: resamples that tie in numpy tie here too, which
    /// BCa's bias correction depends on for a handful of discrete values.
    fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = pairwise_sum(values.len(), &|index| values[index]) / n;
        let squares = pairwise_sum(values.len(), &|index| {
            let deviation = values[index] - mean;
            deviation * deviation
        });
        Self { mean, standard_error: (squares / (n - 1.0)).sqrt() / n.sqrt() }
    }
}

/// Sum of `term(0..n)` in numpy's order: eight running sums in blocks of up to 128, halves
/// added pairwise above that. The error grows with log n only, and eight sums run at once.
fn pairwise_sum(n: usize, term: &impl Fn(usize) -> f64) -> f64 {
    fn from(start: usize, n: usize, term: &impl Fn(usize) -> f64) -> f64 {
        if n > 128 {
            let half = n / 2;
            let half = half - half % 8;
            return from(start, half, term) + from(start + half, n - half, term);
        }
        if n < 8 {
            return (start..start + n).fold(0.0, |sum, index| sum + term(index));
        }
        let mut sums: [f64; 8] = std::array::from_fn(|lane| term(start + lane));
        let whole = n - n % 8;
        for index in (8..whole).step_by(8) {
            for (lane, sum) in sums.iter_mut().enumerate() {
                *sum += term(start + index + lane);
            }
        }
        let total = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
        (start + whole..start + n).fold(total, |sum, index| sum + term(index))
    }
    from(0, n, term)
}

/// Bootstraps the mean of `values`. O(resamples x n), in parallel, reproducible.
///
/// # Errors
/// `InvalidParameter` (fewer than two resamples), `EmptyInput`, `NonFinite`, `TooFewItems`
/// (fewer than two values).
pub fn bootstrap_mean(values: &[f64], settings: &Bootstrap) -> Result<BootstrapMean, StatError> {
    settings.check()?;
    let sample = Sample::new(values)?;
    let draw = IndexDraw::new(values.len());
    let centred = sample.centred();
    let made = replicates(settings, || (), |(), random| sample.drawn_replicate(&centred, &draw, random));
    Ok(sample.summary(&made, settings.level, Some(settings.seed)))
}

/// As [`bootstrap_mean`] with the resamples given: one row of indices for each.
///
/// Sums are numpy's to the last bit, for holding against other programs: a resample of one value drawn n times may then
/// have a spread of 1e-17 in place of none, which the studentised interval feels. Random resamples count it as none.
///
/// # Errors
/// As [`bootstrap_mean`]; `InvalidParameter` when a row has another length than `values` or
/// an index lies outside.
pub fn bootstrap_mean_from_indices(
    values: &[f64],
    indices: &[Vec<usize>],
    level: Level,
) -> Result<BootstrapMean, StatError> {
    if indices.len() < 2 {
        return Err(StatError::invalid("indices", format!("needs at least 2 resamples, got {}", indices.len())));
    }
    let sample = Sample::new(values)?;
    check_index_matrix(indices, values.len())?;
    let mut drawn = Vec::with_capacity(values.len());
    let made: Vec<Replicate> = indices.iter().map(|row| sample.replicate(&mut drawn, row.iter().copied())).collect();
    Ok(sample.summary(&made, level, None))
}

/// The values, checked, with what every resample is compared to.
struct Sample<'a> {
    values: &'a [f64],
    mean: f64,
    standard_error: f64,
    is_constant: bool,
}

impl<'a> Sample<'a> {
    fn new(values: &'a [f64]) -> Result<Self, StatError> {
        check_values(values)?;
        if values.len() < 2 {
            return Err(StatError::TooFewItems { needed: 2, got: values.len() });
        }
        let whole = Replicate::of(values);
        Ok(Self { values, mean: whole.mean, standard_error: whole.standard_error, is_constant: is_constant(values) })
    }

    /// The values about their mean: sums of them lose nothing to a large offset.
    fn centred(&self) -> Vec<f64> {
        self.values.iter().map(|value| value - self.mean).collect()
    }

    /// A random resample in one pass, in four running sums.
    fn drawn_replicate(&self, centred: &[f64], draw: &IndexDraw, random: &mut ChaCha8Rng) -> Replicate {
        if self.is_constant {
            return Replicate { mean: self.mean, standard_error: 0.0 };
        }
        let n = centred.len() as f64;
        let (mut sums, mut squares) = ([0.0_f64; 4], [0.0_f64; 4]);
        draw.draw(random, centred.len(), |indices| {
            let (fours, rest) = indices.as_chunks::<4>();
            for four in fours {
                for lane in 0..4 {
                    let value = centred[four[lane]];
                    sums[lane] += value;
                    squares[lane] += value * value;
                }
            }
            for (lane, &index) in rest.iter().enumerate() {
                let value = centred[index];
                sums[lane] += value;
                squares[lane] += value * value;
            }
        });
        let sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
        let square = (squares[0] + squares[1]) + (squares[2] + squares[3]);
        let spread = (square - sum * sum / n).max(0.0);
        // A resample whose mean is the estimate but for rounding counts as equal to it: BCa's bias correction asks.
        let is_at_estimate = sum.abs() <= 1e-13 * (square * n).sqrt();
        let mean = if is_at_estimate { self.mean } else { self.mean + sum / n };
        let is_flat = spread <= 1e-13 * square;
        Replicate { mean, standard_error: if is_flat { 0.0 } else { (spread / (n - 1.0) / n).sqrt() } }
    }

    fn replicate(&self, drawn: &mut Vec<f64>, rows: impl Iterator<Item = usize>) -> Replicate {
        if self.is_constant {
            // Rounding noise is not variation.
            return Replicate { mean: self.mean, standard_error: 0.0 };
        }
        drawn.clear();
        drawn.extend(rows.map(|row| self.values[row]));
        Replicate::of(drawn)
    }

    fn summary(&self, made: &[Replicate], level: Level, seed: Option<u64>) -> BootstrapMean {
        let n = self.values.len();
        let tail = 0.5 * level.alpha();
        let mut means: Vec<f64> = made.iter().map(|replicate| replicate.mean).collect();
        sort_ascending(&mut means);
        let percentile = (quantile_type7(&means, tail), quantile_type7(&means, 1.0 - tail));
        let mut flags = Vec::new();
        if self.is_constant {
            flags.push(Flag::ZeroVariance);
        }
        let bias_correction = self.bias_correction(&means);
        let acceleration = self.acceleration();
        let bca = if self.is_constant {
            percentile
        } else {
            bias_correction.and_then(|bias| bca_levels(bias, acceleration, tail)).map_or_else(
                || {
                    flags.push(Flag::BcaFallback);
                    percentile
                },
                |(low, high)| (quantile_type7(&means, low), quantile_type7(&means, high)),
            )
        };
        let studentized = self.studentized(made, tail);
        let interval = |(low, high): (f64, f64), method: &str| Interval::new(low, high, level, method);
        BootstrapMean {
            estimate: self.mean,
            standard_error: standard_deviation(&means),
            percentile: interval(percentile, "bootstrap_percentile"),
            basic: interval((2.0 * self.mean - percentile.1, 2.0 * self.mean - percentile.0), "bootstrap_basic"),
            bca: interval(bca, "bootstrap_bca"),
            studentized: studentized.map(|limits| interval(limits, "bootstrap_studentized")),
            bias_correction,
            acceleration,
            bootstrap_p: Self::two_sided_p(&means),
            n,
            n_zero_spread: made.iter().filter(|replicate| replicate.standard_error <= 0.0).count(),
            resamples: made.len(),
            seed,
            generator: if seed.is_some() { GENERATOR } else { "given" }.to_owned(),
            flags,
        }
    }

    /// Normal quantile of the share of replicates below the estimate, ties half (scipy).
    fn bias_correction(&self, sorted: &[f64]) -> Option<f64> {
        let below = sorted.partition_point(|&mean| mean < self.mean);
        let at_most = sorted.partition_point(|&mean| mean <= self.mean);
        let share = (below + at_most) as f64 / (2.0 * sorted.len() as f64);
        let z = normal_quantile(share);
        z.is_finite().then_some(z)
    }

    /// From the leave-one-out means, which for a mean need no recomputation.
    fn acceleration(&self) -> f64 {
        let (mut squares, mut cubes) = (0.0, 0.0);
        for value in self.values {
            let deviation = if self.is_constant { 0.0 } else { value - self.mean };
            squares += deviation * deviation;
            cubes += deviation * deviation * deviation;
        }
        if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 }
    }

    fn studentized(&self, made: &[Replicate], tail: f64) -> Option<(f64, f64)> {
        if self.is_constant {
            return None;
        }
        let mut ratios: Vec<f64> = made
            .iter()
            .filter(|replicate| replicate.standard_error > 0.0)
            .map(|replicate| (replicate.mean - self.mean) / replicate.standard_error)
            .collect();
        if ratios.is_empty() {
            return None;
        }
        sort_ascending(&mut ratios);
        Some((
            self.mean - quantile_type7(&ratios, 1.0 - tail) * self.standard_error,
            self.mean - quantile_type7(&ratios, tail) * self.standard_error,
        ))
    }

    fn two_sided_p(sorted: &[f64]) -> f64 {
        let low = sorted.partition_point(|&mean| mean <= 0.0);
        let high = sorted.len() - sorted.partition_point(|&mean| mean < 0.0);
        (2.0 * (low.min(high) + 1) as f64 / (sorted.len() + 1) as f64).min(1.0)
    }
}

/// The two quantile levels of BCa, or `None` where the acceleration makes them meaningless.
fn bca_levels(bias: f64, acceleration: f64, tail: f64) -> Option<(f64, f64)> {
    let level = |z: f64| {
        let shifted = bias + z;
        let scale = 1.0 - acceleration * shifted;
        (scale > 0.0).then(|| normal_cdf(bias + shifted / scale))
    };
    let z = normal_quantile(tail);
    Some((level(z)?, level(-z)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [f64; 9] = [0.1003, -0.4127, 0.7551, 0.2239, 0.0017, 1.3719, -0.2411, 0.5093, 0.4387];

    fn settings(resamples: usize) -> Bootstrap {
        Bootstrap { resamples, ..Bootstrap::default() }
    }

    #[test]
    fn the_same_seed_gives_the_same_answer_and_another_seed_another() {
        let first = bootstrap_mean(&VALUES, &settings(2000)).unwrap();
        assert_eq!(first, bootstrap_mean(&VALUES, &settings(2000)).unwrap());
        let other = Bootstrap { seed: 1, ..settings(2000) };
        assert_ne!(first.percentile, bootstrap_mean(&VALUES, &other).unwrap().percentile);
    }

    #[test]
    fn shifting_the_values_shifts_every_interval() {
        let base = bootstrap_mean(&VALUES, &settings(2000)).unwrap();
        let shifted: Vec<f64> = VALUES.iter().map(|value| value + 1e6).collect();
        let moved = bootstrap_mean(&shifted, &settings(2000)).unwrap();
        let same = |a: &Interval, b: &Interval, by: f64| {
            (a.low + 1e6 - b.low).abs() < by && (a.high + 1e6 - b.high).abs() < by
        };
        assert!(same(&base.percentile, &moved.percentile, 1e-8));
        // Resamples that repeat the sample tie with it only up to rounding, which moves BCa's
        // levels by one replicate.
        assert!(same(&base.bca, &moved.bca, 0.01));
        let (base, moved) = (base.studentized.unwrap(), moved.studentized.unwrap());
        assert!(same(&base, &moved, 1e-7));
    }

    #[test]
    fn the_bootstrap_error_of_a_mean_is_near_the_textbook_one() {
        let found = bootstrap_mean(&VALUES, &settings(20_000)).unwrap();
        let textbook = standard_deviation(&VALUES) * (8.0_f64 / 9.0).sqrt() / 3.0;
        assert!((found.standard_error / textbook - 1.0).abs() < 0.03);
        assert!(found.bca.contains(found.estimate));
    }

    #[test]
    fn constant_values_are_flagged_and_give_a_point() {
        let found = bootstrap_mean(&[0.3 - 0.2, 0.2 - 0.1, 0.1], &settings(100)).unwrap();
        assert_eq!(found.flags, vec![Flag::ZeroVariance]);
        assert!(found.bca.width() <= 0.0 && found.percentile.width() <= 0.0);
        assert_eq!(found.studentized, None);
    }

    #[test]
    fn bad_input_is_named_in_the_agreed_order() {
        let kind = |values: &[f64], n| bootstrap_mean(values, &settings(n)).unwrap_err().kind();
        assert_eq!(kind(&[], 1), "InvalidParameter");
        assert_eq!(kind(&[], 100), "EmptyInput");
        assert_eq!(kind(&[f64::NAN], 100), "NonFinite");
        assert_eq!(kind(&[1.0], 100), "TooFewItems");
    }

    #[test]
    fn an_estimate_outside_all_replicates_falls_back_to_percentile() {
        let indices = vec![vec![2, 2, 2], vec![2, 2, 1]];
        let found = bootstrap_mean_from_indices(&[0.0, 5.0, 9.0], &indices, Level::DEFAULT).unwrap();
        assert_eq!(found.flags, vec![Flag::BcaFallback]);
        assert!((found.bca.low - found.percentile.low).abs() < 1e-15);
    }
}
