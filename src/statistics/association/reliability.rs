//! Do stated probabilities come true: Brier score, expected and maximum calibration error.

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::Interval;
use crate::statistics::missing::{check_finite, check_lengths};
use crate::statistics::resample::stream::{Bootstrap, draw_index, quantile_type7, replicates, sort_ascending};

/// One bin of a reliability diagram: probabilities in [low, high), the last bin closed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
    /// Items in it.
    pub n: usize,
    /// Mean stated probability; `None` for an empty bin.
    pub mean_probability: Option<f64>,
    /// Share that came true; `None` for an empty bin.
    pub rate: Option<f64>,
}

/// How well probabilities are calibrated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Mean squared distance of probability and outcome, in [0, 1].
    pub brier: f64,
    /// Expected calibration error: gap of probability and rate, weighted by the bins' sizes, in [0, 1]. Biased upwards for
    /// small bins: print the counts.
    pub ece: f64,
    /// Largest gap of a bin, in [0, 1].
    pub mce: f64,
    /// Bins of equal width.
    pub bins: Vec<ReliabilityBin>,
    /// Number of items.
    pub n: usize,
}

/// Calibration of `probabilities` against what came true, in `n_bins` bins of equal width. O(n + bins).
///
/// # Errors
/// `InvalidParameter` (no bin, a probability outside [0, 1]), `EmptyInput`, `LengthMismatch`, `NonFinite`.
pub fn reliability(probabilities: &[f64], outcomes: &[bool], n_bins: usize) -> Result<Reliability, StatError> {
    check(probabilities, outcomes, n_bins)?;
    let rows = 0..probabilities.len();
    Ok(Tally::of(probabilities, outcomes, n_bins, rows).reliability())
}

/// Percentile interval of the expected calibration error, items resampled.
///
/// # Errors
/// Those of [`reliability`]; `InvalidParameter` for fewer than two resamples.
pub fn ece_interval(
    probabilities: &[f64],
    outcomes: &[bool],
    n_bins: usize,
    settings: &Bootstrap,
) -> Result<Interval, StatError> {
    settings.check()?;
    check(probabilities, outcomes, n_bins)?;
    let n = probabilities.len();
    let mut made = replicates(
        settings,
        || (),
        |(), random| {
            let rows = (0..n).map(|_| draw_index(random, n));
            Tally::of(probabilities, outcomes, n_bins, rows).reliability().ece
        },
    );
    sort_ascending(&mut made);
    let tail = 0.5 * settings.level.alpha();
    Ok(Interval::new(
        quantile_type7(&made, tail),
        quantile_type7(&made, 1.0 - tail),
        settings.level,
        "bootstrap_percentile",
    ))
}

fn check(probabilities: &[f64], outcomes: &[bool], n_bins: usize) -> Result<(), StatError> {
    if n_bins == 0 || n_bins > 10_000 {
        return Err(StatError::invalid("bins", format!("must be from 1 to 10,000, got {n_bins}")));
    }
    if let Some(bad) = probabilities.iter().find(|p| p.is_finite() && !(0.0..=1.0).contains(*p)) {
        return Err(StatError::invalid("p", format!("probabilities lie in [0, 1], got {bad}")));
    }
    if probabilities.is_empty() && outcomes.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(probabilities.len(), outcomes.len())?;
    check_finite(probabilities)
}

/// Counts and sums of each bin.
struct Tally {
    bins: Vec<(usize, f64, usize)>,
    squares: f64,
    n: usize,
}

impl Tally {
    fn of(probabilities: &[f64], outcomes: &[bool], n_bins: usize, rows: impl Iterator<Item = usize>) -> Self {
        let mut tally = Self { bins: vec![(0, 0.0, 0); n_bins], squares: 0.0, n: 0 };
        for row in rows {
            let (p, is_true) = (probabilities[row], outcomes[row]);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the bins")]
            let bin = ((p * n_bins as f64).floor() as usize).min(n_bins - 1);
            let (n, sum, hits) = &mut tally.bins[bin];
            *n += 1;
            *sum += p;
            *hits += usize::from(is_true);
            tally.squares += (p - f64::from(u8::from(is_true))).powi(2);
            tally.n += 1;
        }
        tally
    }

    fn reliability(&self) -> Reliability {
        let (mut ece, mut mce) = (0.0, 0.0_f64);
        let width = self.bins.len() as f64;
        let mut bins = Vec::with_capacity(self.bins.len());
        for (index, &(n, sum, hits)) in self.bins.iter().enumerate() {
            let share = |part: f64| (n > 0).then(|| part / n as f64);
            let (mean, rate) = (share(sum), share(hits as f64));
            if let (Some(mean), Some(rate)) = (mean, rate) {
                let gap = (mean - rate).abs();
                ece += gap * n as f64 / self.n as f64;
                mce = mce.max(gap);
            }
            bins.push(ReliabilityBin {
                low: index as f64 / width,
                high: (index + 1) as f64 / width,
                n,
                mean_probability: mean,
                rate,
            });
        }
        Reliability { brier: self.squares / self.n as f64, ece, mce, bins, n: self.n }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certainty_that_comes_true_is_perfect_and_the_opposite_is_worst() {
        let p = [1.0, 0.0, 1.0];
        let right = reliability(&p, &[true, false, true], 10).unwrap();
        assert!(right.brier <= 0.0 && right.ece <= 0.0);
        let wrong = reliability(&p, &[false, true, false], 10).unwrap();
        assert!((wrong.brier - 1.0).abs() < 1e-15 && (wrong.ece - 1.0).abs() < 1e-15);
    }

    #[test]
    fn the_interval_surrounds_what_it_is_about() {
        let p: Vec<f64> = (0..200).map(|index| f64::from(index) / 200.0).collect();
        let y: Vec<bool> = (0..200).map(|index| index % 3 == 0).collect();
        let ece = reliability(&p, &y, 10).unwrap().ece;
        let interval = ece_interval(&p, &y, 10, &Bootstrap { resamples: 500, ..Bootstrap::default() }).unwrap();
        assert!(interval.contains(ece), "{ece} {interval:?}");
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        assert_eq!(reliability(&[1.5], &[true], 10).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(reliability(&[0.5], &[true], 0).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(reliability(&[], &[], 10), Err(StatError::EmptyInput));
        assert_eq!(reliability(&[f64::NAN], &[true], 10), Err(StatError::NonFinite { index: 0 }));
    }
}
