//! Several places where a rate changes: the segmentation of the largest likelihood, a break at a time.

use serde::{Deserialize, Serialize};

use super::Stretches;
use super::single::check_segment;
use crate::statistics::error::StatError;

/// Most items: the search looks at every pair of places.
const MOST_ITEMS: usize = 20_000;

/// A stretch of one rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segment {
    /// First item, from 0.
    pub start: usize,
    /// First item after it.
    pub end: usize,
    /// Share of hits, in [0, 1].
    pub rate: f64,
}

/// The answer of [`change_points`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Segmentation {
    /// Stretches in order; one where nothing changes.
    pub segments: Vec<Segment>,
    /// 2 (ll(segments) - ll(all)) in nats, 0 or above.
    pub likelihood_ratio: f64,
    /// What a further break must add to that ratio: 2 ln n, for its place and its rate.
    pub penalty: f64,
    /// Items.
    pub n: usize,
}

impl Segmentation {
    /// Where one stretch ends and the next begins.
    #[must_use]
    pub fn breaks(&self) -> Vec<usize> {
        self.segments.iter().skip(1).map(|segment| segment.start).collect()
    }
}

/// The stretches of constant rate that explain a row of hits best, with up to `max_breaks` breaks in either direction.
///
/// The best segmentation for each number of breaks is exact (by dynamic programming over the same cost as PELT's), and of
/// these the one is taken whose ratio less 2 ln n a break is largest; of equal ones the one with fewer breaks.
/// O(max_breaks n²).
///
/// # Errors
/// `InvalidParameter` (no item a segment, more than 20,000 items), `EmptyInput`, `TooFewItems` (no segment fits).
pub fn change_points(hits: &[bool], min_segment: usize, max_breaks: usize) -> Result<Segmentation, StatError> {
    check_segment(hits, min_segment, 1)?;
    let n = hits.len();
    if n > MOST_ITEMS {
        return Err(StatError::invalid("hits", format!("up to {MOST_ITEMS} items are searched, got {n}")));
    }
    let stretches = Stretches::new(hits);
    let max_breaks = max_breaks.min(n / min_segment - 1);
    let penalty = 2.0 * (n as f64).ln();
    let all = stretches.log_likelihood(0, n);
    // best[end]: likelihood of the first `end` items in the present number of segments, and where the last one starts.
    let mut best: Vec<Option<f64>> =
        (0..=n).map(|end| (end >= min_segment).then(|| stretches.log_likelihood(0, end))).collect();
    let mut starts: Vec<Vec<usize>> = vec![vec![0; n + 1]];
    let (mut chosen, mut gained) = (0, 0.0);
    for breaks in 1..=max_breaks {
        let mut next = vec![None; n + 1];
        let mut start_of = vec![0; n + 1];
        for end in (breaks + 1) * min_segment..=n {
            let candidates = (breaks * min_segment..=end - min_segment)
                .filter_map(|start| Some((best[start]? + stretches.log_likelihood(start, end), start)));
            // Strictly better only, so that the earliest of equal starts stays.
            let found = candidates.fold(None, |found: Option<(f64, usize)>, candidate| match found {
                Some(found) if candidate.0 <= found.0 + 1e-12 => Some(found),
                _ => Some(candidate),
            });
            if let Some((likelihood, start)) = found {
                (next[end], start_of[end]) = (Some(likelihood), start);
            }
        }
        starts.push(start_of);
        best = next;
        let ratio = best[n].map_or(0.0, |likelihood| 2.0 * (likelihood - all));
        if ratio - penalty * breaks as f64 > gained - penalty * chosen as f64 + 1e-9 {
            (chosen, gained) = (breaks, ratio);
        }
    }
    let mut segments = Vec::new();
    let mut end = n;
    for breaks in (0..=chosen).rev() {
        let start = starts[breaks][end];
        segments.push(Segment { start, end, rate: stretches.rate(start, end) });
        end = start;
    }
    segments.reverse();
    Ok(Segmentation { segments, likelihood_ratio: gained.max(0.0), penalty, n })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(parts: &[(usize, usize)]) -> Vec<bool> {
        // Rates in tenths.
        parts.iter().flat_map(|&(n, tenths)| (0..n).map(move |place| (place * 3) % 10 < tenths)).collect()
    }

    #[test]
    fn two_partial_cutoffs_are_found_and_one_where_one_is_allowed() {
        let hits = row(&[(40, 10), (40, 5), (40, 0)]);
        let two = change_points(&hits, 5, 4).unwrap();
        assert_eq!(two.segments.len(), 3, "{two:?}");
        assert!(two.breaks()[0].abs_diff(40) <= 3 && two.breaks()[1].abs_diff(80) <= 3, "{:?}", two.breaks());
        assert_eq!(change_points(&hits, 5, 1).unwrap().breaks().len(), 1);
    }

    #[test]
    fn without_a_change_there_is_one_stretch() {
        let steady = change_points(&row(&[(60, 5)]), 5, 3).unwrap();
        assert_eq!((steady.breaks(), steady.likelihood_ratio), (vec![], 0.0));
        assert!((steady.segments[0].rate - 0.5).abs() < 1e-12);
        assert_eq!(change_points(&row(&[(7, 5)]), 5, 3).unwrap().segments.len(), 1);
    }

    #[test]
    fn a_single_step_is_where_the_single_change_is() {
        let hits = row(&[(23, 10), (17, 0)]);
        let several = change_points(&hits, 5, 3).unwrap();
        let single = super::super::single::change_point(&hits, &Default::default()).unwrap().split.unwrap();
        assert_eq!(several.breaks(), vec![single.index]);
        assert!((several.likelihood_ratio - single.likelihood_ratio).abs() < 1e-9);
    }

    #[test]
    fn a_row_shorter_than_a_segment_is_refused() {
        let refused = change_points(&[true; 4], 5, 1).unwrap_err();
        assert_eq!(refused, StatError::TooFewItems { needed: 5, got: 4 });
        assert_eq!(change_points(&[], 5, 1), Err(StatError::EmptyInput));
    }
}
