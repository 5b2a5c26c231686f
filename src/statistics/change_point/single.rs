//! The one place where a rate changes most.

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Stretches;
use crate::statistics::error::StatError;
use crate::statistics::resample::stream::{Bootstrap, DEFAULT_SEED, MOST_RESAMPLES, draw_index, replicates};

/// Fall of the likelihood ratio at which a split is no longer plausible: the 95% point of chi-squared with one degree.
const PLAUSIBLE_FALL: f64 = 3.84;
/// Likelihood ratios closer than this are equal: sums of other logarithms.
const ROUNDING: f64 = 1e-9;

/// Which changes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeDirection {
    /// The rate falls: what was known is known no longer. The default.
    #[default]
    Drop,
    /// The rate rises.
    Rise,
    /// Either.
    Any,
}

/// Settings of a change point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePoint {
    /// Items on either side at least, 1 or more; default 5.
    pub min_segment: usize,
    /// Which changes count.
    pub direction: ChangeDirection,
    /// Orders drawn for the p-value, up to ten million; 0 for none; default 999.
    pub permutations: usize,
    /// Seed of the orders.
    pub seed: u64,
}

impl Default for ChangePoint {
    fn default() -> Self {
        Self { min_segment: 5, direction: ChangeDirection::default(), permutations: 999, seed: DEFAULT_SEED }
    }
}

/// A place between two items, and the rates on its sides.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Split {
    /// Items before it: the first one after it, counted from 0.
    pub index: usize,
    /// 2 (ll(left) + ll(right) - ll(all)) in nats, 0 or above.
    pub likelihood_ratio: f64,
    /// Share of hits before it, in [0, 1].
    pub rate_before: f64,
    /// Share of hits from it on, in [0, 1].
    pub rate_after: f64,
}

/// The answer of [`change_point`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangePointTest {
    /// The split of the largest likelihood ratio, of equal ones the earliest; `None` where the rate changes nowhere in the
    /// direction asked.
    pub split: Option<Split>,
    /// All splits in the direction asked whose likelihood ratio is within 3.84 of the largest, ascending: need not be neighbours.
    pub plausible: Vec<usize>,
    /// Share of orders (the one at hand included) with as large a ratio, in (0, 1]; 1 without a split; `None` when no
    /// order was drawn.
    pub p_value: Option<f64>,
    /// Orders drawn.
    pub permutations: usize,
    /// Items.
    pub n: usize,
}

impl ChangePointTest {
    /// First and last plausible split; `None` without a split.
    #[must_use]
    pub fn interval(&self) -> Option<(usize, usize)> {
        Some((*self.plausible.first()?, *self.plausible.last()?))
    }
}

/// The place in a row of hits (in time order) at which their rate changes most, over all splits with `min_segment` items on
/// either side.
///
/// The p-value draws orders of the same hits: it assumes that without a change any order is as likely, which periods that
/// move together break. O(n) a row, so O(n permutations).
///
/// # Errors
/// `InvalidParameter` (no item a side, too many orders), `EmptyInput`, `TooFewItems` (two segments do not fit).
pub fn change_point(hits: &[bool], settings: &ChangePoint) -> Result<ChangePointTest, StatError> {
    let ChangePoint { min_segment, direction, permutations, seed } = *settings;
    check_segment(hits, min_segment, 2)?;
    if permutations > MOST_RESAMPLES {
        return Err(StatError::invalid("permutations", format!("must be up to {MOST_RESAMPLES}, got {permutations}")));
    }
    let splits = splits(hits, min_segment, direction);
    let best = largest(&splits);
    let plausible = best.as_ref().map_or_else(Vec::new, |best| {
        let limit = best.likelihood_ratio - PLAUSIBLE_FALL - ROUNDING;
        splits.iter().filter(|split| split.likelihood_ratio >= limit).map(|split| split.index).collect()
    });
    let p_value = match &best {
        _ if permutations == 0 => None,
        None => Some(1.0),
        Some(best) => {
            let draws = Bootstrap { resamples: permutations, seed, ..Bootstrap::default() };
            let reached = replicates(
                &draws,
                || hits.to_vec(),
                |order, random| {
                    shuffle(order, random);
                    let largest = largest_ratio(order, min_segment, direction);
                    largest >= best.likelihood_ratio - ROUNDING
                },
            );
            Some((1 + reached.into_iter().filter(|reached| *reached).count()) as f64 / (1 + permutations) as f64)
        }
    };
    Ok(ChangePointTest { split: best, plausible, p_value, permutations, n: hits.len() })
}

pub(super) fn check_segment(hits: &[bool], min_segment: usize, segments: usize) -> Result<(), StatError> {
    if min_segment == 0 {
        return Err(StatError::invalid("min_segment", "must be 1 or more, got 0"));
    }
    if hits.is_empty() {
        return Err(StatError::EmptyInput);
    }
    let needed = min_segment.saturating_mul(segments);
    if hits.len() < needed {
        return Err(StatError::TooFewItems { needed, got: hits.len() });
    }
    Ok(())
}

/// All splits in the direction asked, ascending.
fn splits(hits: &[bool], min_segment: usize, direction: ChangeDirection) -> Vec<Split> {
    let stretches = Stretches::new(hits);
    let n = hits.len();
    let all = stretches.log_likelihood(0, n);
    let split = |index: usize| -> Option<Split> {
        let (rate_before, rate_after) = (stretches.rate(0, index), stretches.rate(index, n));
        // Compared in whole numbers: equal rates of different lengths are equal.
        let before = stretches.hits(0, index) * (n - index);
        let after = stretches.hits(index, n) * index;
        let is_wanted = match direction {
            ChangeDirection::Drop => before > after,
            ChangeDirection::Rise => before < after,
            ChangeDirection::Any => before != after,
        };
        let gained = stretches.log_likelihood(0, index) + stretches.log_likelihood(index, n) - all;
        is_wanted.then(|| Split { index, likelihood_ratio: (2.0 * gained).max(0.0), rate_before, rate_after })
    };
    (min_segment..=n - min_segment).filter_map(split).collect()
}

/// The largest, of equal ones the earliest.
fn largest(splits: &[Split]) -> Option<Split> {
    let mut best: Option<&Split> = None;
    for split in splits {
        if best.is_none_or(|best| split.likelihood_ratio > best.likelihood_ratio + ROUNDING) {
            best = Some(split);
        }
    }
    best.cloned()
}

fn largest_ratio(hits: &[bool], min_segment: usize, direction: ChangeDirection) -> f64 {
    splits(hits, min_segment, direction).iter().map(|split| split.likelihood_ratio).fold(f64::NEG_INFINITY, f64::max)
}

pub(super) fn shuffle(order: &mut [bool], random: &mut ChaCha8Rng) {
    for place in (1..order.len()).rev() {
        order.swap(place, draw_index(random, place + 1));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn step(known: usize, unknown: usize) -> Vec<bool> {
        (0..known + unknown).map(|place| place < known).collect()
    }

    fn find(hits: &[bool]) -> ChangePointTest {
        change_point(hits, &ChangePoint::default()).unwrap()
    }

    #[test]
    fn of_equal_ratios_the_earliest_is_taken() {
        // 1|010 and 101|0 fall by the same ratio; 10|10 does not fall.
        let settings = ChangePoint { min_segment: 1, permutations: 0, ..ChangePoint::default() };
        let test = change_point(&[true, false, true, false], &settings).unwrap();
        assert_eq!(test.split.unwrap().index, 1);
        assert_eq!((test.plausible, test.p_value), (vec![1, 3], None));
    }

    #[test]
    fn a_rate_that_only_rises_has_no_drop() {
        let rising: Vec<bool> = step(10, 10).into_iter().rev().collect();
        let test = find(&rising);
        assert_eq!((test.split.clone(), test.p_value, test.interval()), (None, Some(1.0), None));
        let settings = ChangePoint { direction: ChangeDirection::Rise, ..ChangePoint::default() };
        assert_eq!(change_point(&rising, &settings).unwrap().split.unwrap().index, 10);
    }

    #[test]
    fn hits_alone_and_misses_alone_do_not_change() {
        for all in [true, false] {
            assert_eq!(find(&[all; 30]).split, None);
        }
    }

    #[test]
    fn a_change_closer_to_the_end_than_a_segment_is_put_at_the_segment() {
        assert_eq!(find(&step(38, 2)).split.unwrap().index, 35);
    }

    #[test]
    fn p_is_small_for_a_step_and_not_for_a_mixture() {
        assert!((find(&step(20, 20)).p_value.unwrap() - 0.001).abs() < 1e-12);
        let mixed: Vec<bool> = (0..40).map(|place| place * 7 % 5 < 2).collect();
        assert!(find(&mixed).p_value.unwrap() > 0.2);
    }

    #[test]
    fn too_few_items_for_two_segments_are_told() {
        let refused = change_point(&step(5, 4), &ChangePoint::default()).unwrap_err();
        assert_eq!(refused, StatError::TooFewItems { needed: 10, got: 9 });
        let nothing = ChangePoint { min_segment: 0, ..ChangePoint::default() };
        assert_eq!(change_point(&step(5, 4), &nothing).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(change_point(&[], &ChangePoint::default()), Err(StatError::EmptyInput));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_change_of_a_perfect_step_is_the_step(known in 5_usize..60, unknown in 5_usize..60) {
            let test = change_point(&step(known, unknown), &ChangePoint { permutations: 0, ..ChangePoint::default() });
            let test = test.unwrap();
            let (first, last) = test.interval().unwrap();
            let split = test.split.unwrap();
            prop_assert_eq!(split.index, known);
            prop_assert!(first <= known && known <= last);
            prop_assert!(split.rate_before >= 1.0 && split.rate_after <= 0.0);
            // Nothing is left to explain: the ratio is all that there is.
            let n = (known + unknown) as f64;
            let entropy = |k: usize| (k as f64) * (k as f64 / n).ln();
            prop_assert!((split.likelihood_ratio + 2.0 * (entropy(known) + entropy(unknown))).abs() < 1e-9);
        }

        #[test]
        fn no_ratio_exceeds_that_of_any_direction(hits in proptest::collection::vec(any::<bool>(), 10..60)) {
            let of = |direction| {
                let settings = ChangePoint { direction, permutations: 0, ..ChangePoint::default() };
                change_point(&hits, &settings).unwrap().split.map_or(0.0, |split| split.likelihood_ratio)
            };
            let (down, up, any) = (of(ChangeDirection::Drop), of(ChangeDirection::Rise), of(ChangeDirection::Any));
            prop_assert!((down.max(up) - any).abs() < 1e-9);
        }
    }
}
