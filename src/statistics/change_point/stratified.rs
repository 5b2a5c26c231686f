//! One change in time of several rows of hits, each with rates of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::log_likelihood;
use super::single::shuffle;
use crate::statistics::error::StatError;
use crate::statistics::resample::stream::{Bootstrap, replicates};

/// Fall of the likelihood ratio within which a split is plausible: the 95 % quantile of chi-squared with one degree of freedom.
const PLAUSIBLE_FALL: f64 = 3.84;
const ROUNDING: f64 = 1e-9;

/// One hit or miss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedHit {
    /// The row that it belongs to.
    pub stratum: usize,
    /// Any unit that orders as time does; hits of one time are never parted.
    pub time: i32,
    pub hit: bool,
}

/// The answer of [`stratified_drop`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StratifiedDrop {
    /// First time after the drop that fits best, of equal ones the earliest; `None`: nothing drops.
    pub time: Option<i32>,
    /// First and last time whose likelihood ratio is within 3.84 of the best.
    pub interval: Option<(i32, i32)>,
    pub likelihood_ratio: f64,
    /// Share of hits before it and from it on, over all rows that go on behind it.
    pub rate_before: Option<f64>,
    pub rate_after: Option<f64>,
    /// Of orders within rows, the one at hand included; `None` when none was drawn.
    pub p_value: Option<f64>,
    pub n: usize,
}

/// The time at which hits drop most: the sum over rows of 2 (ll(left) + ll(right) - ll(all)), of rows whose rate falls there.
///
/// A row that ends before a time says nothing about it, so that rows of different length do not look like a change. With one row it is
/// [`change_point`](super::single::change_point) of a drop. O((items + times x rows) x permutations).
///
/// # Errors
/// `EmptyInput`, `TooFewItems` (two segments do not fit).
pub fn stratified_drop(
    hits: &[TimedHit],
    min_segment: usize,
    permutations: usize,
    seed: u64,
) -> Result<StratifiedDrop, StatError> {
    if hits.is_empty() {
        return Err(StatError::EmptyInput);
    }
    if hits.len() < 2 * min_segment {
        return Err(StatError::TooFewItems { needed: 2 * min_segment, got: hits.len() });
    }
    let table = Table::new(hits, min_segment);
    let ratios = table.ratios(&table.rows);
    let best = ratios.iter().map(|(_, ratio)| *ratio).fold(0.0, f64::max);
    let time = ratios.iter().find(|(_, ratio)| *ratio >= best - ROUNDING && best > 0.0).map(|(time, _)| *time);
    let interval = time.map(|_| {
        let plausible =
            || ratios.iter().filter(|(_, ratio)| *ratio > 0.0 && *ratio >= best - PLAUSIBLE_FALL - ROUNDING);
        let times = || plausible().map(|(time, _)| *time);
        (times().min().unwrap_or_default(), times().max().unwrap_or_default())
    });
    let p_value = if permutations == 0 {
        None
    } else if time.is_none() {
        Some(1.0)
    } else {
        let draws = Bootstrap { resamples: permutations, seed, ..Bootstrap::default() };
        let reached = replicates(
            &draws,
            || table.rows.clone(),
            |rows, random| {
                for row in rows.iter_mut() {
                    shuffle(&mut row.hits, random);
                }
                table.ratios(rows).iter().any(|(_, ratio)| *ratio >= best - ROUNDING)
            },
        );
        Some((1 + reached.into_iter().filter(|reached| *reached).count()) as f64 / (1 + permutations) as f64)
    };
    let (rate_before, rate_after) = time.map_or((None, None), |time| table.rates(time));
    Ok(StratifiedDrop { time, interval, likelihood_ratio: best, rate_before, rate_after, p_value, n: hits.len() })
}

#[derive(Debug, Clone)]
struct Row {
    /// In the order of time.
    times: Vec<i32>,
    hits: Vec<bool>,
}

struct Table {
    rows: Vec<Row>,
    /// Times at which a split has enough hits on either side.
    candidates: Vec<i32>,
    min_segment: usize,
}

impl Table {
    fn new(hits: &[TimedHit], min_segment: usize) -> Self {
        let mut by_stratum: BTreeMap<usize, Vec<(i32, bool)>> = BTreeMap::new();
        for hit in hits {
            by_stratum.entry(hit.stratum).or_default().push((hit.time, hit.hit));
        }
        let rows: Vec<Row> = by_stratum
            .into_values()
            .map(|mut row| {
                row.sort_by_key(|(time, _)| *time);
                Row {
                    times: row.iter().map(|(time, _)| *time).collect(),
                    hits: row.iter().map(|(_, hit)| *hit).collect(),
                }
            })
            .collect();
        let mut candidates: Vec<i32> = hits.iter().map(|hit| hit.time).collect();
        candidates.sort_unstable();
        candidates.dedup();
        Self { rows, candidates, min_segment }
    }

    /// Likelihood ratio of a drop at each time that parts enough hits; 0 where no row drops.
    fn ratios(&self, rows: &[Row]) -> Vec<(i32, f64)> {
        let sums: Vec<Vec<usize>> = rows
            .iter()
            .map(|row| {
                std::iter::once(0)
                    .chain(row.hits.iter().scan(0, |sum, hit| {
                        *sum += usize::from(*hit);
                        Some(*sum)
                    }))
                    .collect()
            })
            .collect();
        let mut places = vec![0; rows.len()];
        let mut ratios = Vec::with_capacity(self.candidates.len());
        for &time in &self.candidates {
            let (mut ratio, mut left, mut right) = (0.0, 0, 0);
            for ((row, sums), place) in rows.iter().zip(&sums).zip(&mut places) {
                while row.times.get(*place).is_some_and(|own| *own < time) {
                    *place += 1;
                }
                let n = row.hits.len();
                if *place == 0 || *place == n {
                    continue;
                }
                left += *place;
                right += n - *place;
                let (before, all) = (sums[*place], sums[n]);
                let (rate_before, rate_after) =
                    (before as f64 / *place as f64, (all - before) as f64 / (n - *place) as f64);
                if rate_after < rate_before {
                    ratio += 2.0
                        * (log_likelihood(before, *place) + log_likelihood(all - before, n - *place)
                            - log_likelihood(all, n));
                }
            }
            let fits = left >= self.min_segment && right >= self.min_segment;
            ratios.push((time, if fits { ratio } else { 0.0 }));
        }
        ratios
    }

    /// Shares of hits on either side, of rows with values on both.
    fn rates(&self, time: i32) -> (Option<f64>, Option<f64>) {
        let (mut before, mut after) = ((0_usize, 0_usize), (0_usize, 0_usize));
        for row in &self.rows {
            let place = row.times.partition_point(|own| *own < time);
            if place == 0 || place == row.hits.len() {
                continue;
            }
            let count = |hits: &[bool]| hits.iter().filter(|hit| **hit).count();
            before = (before.0 + count(&row.hits[..place]), before.1 + place);
            after = (after.0 + count(&row.hits[place..]), after.1 + row.hits.len() - place);
        }
        let rate = |(hits, n): (usize, usize)| (n > 0).then(|| hits as f64 / n as f64);
        (rate(before), rate(after))
    }
}

#[cfg(test)]
mod tests {
    use super::super::single::{ChangePoint, change_point};
    use super::*;

    fn row(stratum: usize, from: i32, hits: &[u8]) -> Vec<TimedHit> {
        let hits = hits.iter().zip(from..);
        hits.map(|(hit, time)| TimedHit { stratum, time, hit: *hit == 1 }).collect()
    }

    #[test]
    fn one_row_is_the_change_point_of_a_drop() {
        let pattern = [1, 1, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0];
        let found = stratified_drop(&row(0, 100, &pattern), 5, 99, 3).unwrap();
        let hits: Vec<bool> = pattern.iter().map(|hit| *hit == 1).collect();
        let single = change_point(&hits, &ChangePoint::default()).unwrap();
        let split = single.split.unwrap();
        assert_eq!(found.time, Some(100 + i32::try_from(split.index).unwrap()));
        assert!((found.likelihood_ratio - split.likelihood_ratio).abs() < 1e-9);
    }

    #[test]
    fn a_row_that_ends_is_no_change() {
        // Known throughout, and ends early; unknown throughout, and goes on.
        let mut hits = row(0, 0, &[1; 30]);
        hits.extend(row(1, 0, &[0; 90]));
        let found = stratified_drop(&hits, 5, 99, 3).unwrap();
        assert_eq!((found.time, found.p_value), (None, Some(1.0)));
    }

    #[test]
    fn rows_that_drop_together_are_found_at_that_time_and_times_are_not_parted() {
        let drop: Vec<u8> = std::iter::repeat_n(1, 20).chain(std::iter::repeat_n(0, 20)).collect();
        let mut hits = row(0, 0, &drop);
        hits.extend(row(1, 0, &[0; 40]));
        hits.extend(row(2, 0, &drop));
        let found = stratified_drop(&hits, 5, 199, 3).unwrap();
        assert_eq!((found.time, found.interval), (Some(20), Some((20, 20))));
        assert!(found.p_value.unwrap() < 0.01);
    }

    #[test]
    fn too_few_are_refused() {
        assert!(stratified_drop(&[], 5, 9, 1).is_err());
        assert!(stratified_drop(&row(0, 0, &[1, 0]), 5, 9, 1).is_err());
    }
}
