//! Two means by permutation of labels: if the groups were exchangeable, any items could have been in the first.

use std::collections::BTreeMap;

use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::Flag;
use crate::statistics::missing::{check_finite, check_lengths, is_constant};
use crate::statistics::paired::permutation::PermutationMode;
use crate::statistics::resample::stream::{Bootstrap, DEFAULT_SEED, GENERATOR, MOST_RESAMPLES, draw_index, replicates};

/// Splits up to which all are enumerated.
const ENUMERATE_UP_TO: f64 = 200_000.0;

/// Settings of a label permutation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelPermutation {
    /// All splits for up to 200,000 of them (`Auto`), or a random sample.
    pub mode: PermutationMode,
    /// Random splits, from 1 to ten million; default 99,999.
    pub resamples: usize,
    /// Seed; derive one for each comparison with [`seed_for`](crate::statistics::seed_for).
    pub seed: u64,
}

impl Default for LabelPermutation {
    fn default() -> Self {
        Self { mode: PermutationMode::default(), resamples: 99_999, seed: DEFAULT_SEED }
    }
}

/// The answer of a label permutation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelPermutationTest {
    /// Mean of the first group less that of the second; over strata: after each stratum's mean was taken out.
    pub statistic: f64,
    /// Share of splits whose statistic is at least as far from 0, in (0, 1].
    pub p_two_sided: f64,
    /// Share of splits whose statistic is at least as large.
    pub p_greater: f64,
    /// Share of splits whose statistic is at most as large.
    pub p_less: f64,
    /// Splits there are; as a float, since it overflows soon.
    pub n_splits: f64,
    /// Whether all of them were looked at.
    pub is_exact: bool,
    /// Random splits; `None` when exact.
    pub resamples: Option<usize>,
    /// Seed; `None` when exact.
    pub seed: Option<u64>,
    /// Random generator; `None` when exact.
    pub generator: Option<String>,
    /// Items of the first group.
    pub n_first: usize,
    /// Items of the second group.
    pub n_second: usize,
    /// Strata that hold items of both groups: only these say anything.
    pub n_strata: usize,
    /// `all_equal`.
    pub flags: Vec<Flag>,
}

/// Permutation test of two means. Exact over all splits, or Monte Carlo with p = (1 + b)/(1 + m), which is never below
/// 1/(1 + m) (Phipson & Smyth 2010).
///
/// O(splits) or O(resamples x n).
///
/// # Errors
/// `EmptyInput` without an item on one side, `NonFinite` (rows of `second` are counted on from those of `first`),
/// `InvalidParameter` (no resamples, exact for more than 200,000 splits).
pub fn label_permutation(
    first: &[f64],
    second: &[f64],
    settings: &LabelPermutation,
) -> Result<LabelPermutationTest, StatError> {
    let values: Vec<f64> = first.iter().chain(second).copied().collect();
    let is_first: Vec<bool> = (0..values.len()).map(|row| row < first.len()).collect();
    label_permutation_stratified(&values, &is_first, &vec![0_u8; values.len()], settings)
}

/// The same with labels exchanged within strata only, e.g. series of different difficulty.
///
/// Each stratum's mean is taken out of its values first, so that the statistic compares within strata and is 0 on average
/// over all splits.
///
/// # Errors
/// Those of [`label_permutation`]; `LengthMismatch`; `Undefined` where no stratum holds both groups.
pub fn label_permutation_stratified<Label: Ord>(
    values: &[f64],
    is_first: &[bool],
    strata: &[Label],
    settings: &LabelPermutation,
) -> Result<LabelPermutationTest, StatError> {
    if !(1..=MOST_RESAMPLES).contains(&settings.resamples) {
        let why = format!("must be from 1 to {MOST_RESAMPLES}, got {}", settings.resamples);
        return Err(StatError::invalid("resamples", why));
    }
    let table = Table::new(values, is_first, strata)?;
    let n_splits: f64 = table.strata.iter().map(Stratum::n_splits).product();
    let is_exact = match settings.mode {
        PermutationMode::Exact if n_splits > ENUMERATE_UP_TO => {
            let why = format!("exact is offered for up to {ENUMERATE_UP_TO} splits, got {n_splits:e}; use monte_carlo");
            return Err(StatError::invalid("mode", why));
        }
        PermutationMode::Exact => true,
        PermutationMode::MonteCarlo => false,
        PermutationMode::Auto => n_splits <= ENUMERATE_UP_TO,
    };
    let tails = if is_exact { table.enumerate() } else { table.sample(settings) };
    Ok(LabelPermutationTest {
        statistic: table.statistic,
        p_two_sided: tails.share(tails.two_sided),
        p_greater: tails.share(tails.greater),
        p_less: tails.share(tails.less),
        n_splits,
        is_exact,
        resamples: (!is_exact).then_some(settings.resamples),
        seed: (!is_exact).then_some(settings.seed),
        generator: (!is_exact).then(|| GENERATOR.to_owned()),
        n_first: table.n_first,
        n_second: table.n_second,
        n_strata: table.strata.len(),
        flags: if is_constant(values) { vec![Flag::AllEqual] } else { Vec::new() },
    })
}

/// Values about their stratum's mean, of a stratum that holds both groups.
struct Stratum {
    centred: Vec<f64>,
    n_first: usize,
}

impl Stratum {
    /// Ways to choose the first group: n over k.
    fn n_splits(&self) -> f64 {
        let n = self.centred.len();
        let k = self.n_first.min(n - self.n_first);
        (1..=k).fold(1.0, |ways, taken| (ways * (n - k + taken) as f64 / taken as f64).round())
    }

    /// Sums of the first group under all splits, added to each of `sums`.
    fn extend(&self, sums: &[f64]) -> Vec<f64> {
        // Places of the first group, as an odometer that counts up.
        let (n, k) = (self.centred.len(), self.n_first);
        let mut chosen: Vec<usize> = (0..k).collect();
        let mut extended = Vec::new();
        loop {
            let own: f64 = chosen.iter().map(|&place| self.centred[place]).sum();
            extended.extend(sums.iter().map(|sum| sum + own));
            let Some(moving) = (0..k).rev().find(|&digit| chosen[digit] < n - k + digit) else {
                return extended;
            };
            chosen[moving] += 1;
            for digit in moving + 1..k {
                chosen[digit] = chosen[digit - 1] + 1;
            }
        }
    }
}

struct Table {
    strata: Vec<Stratum>,
    n_first: usize,
    n_second: usize,
    statistic: f64,
    /// Sum of the centred values of the first group: all that a split changes.
    observed: f64,
    /// For the order of summation.
    allowance: f64,
}

impl Table {
    fn new<Label: Ord>(values: &[f64], is_first: &[bool], labels: &[Label]) -> Result<Self, StatError> {
        check_lengths(values.len(), is_first.len())?;
        check_lengths(values.len(), labels.len())?;
        let n_first = is_first.iter().filter(|is_first| **is_first).count();
        let n_second = values.len() - n_first;
        if n_first == 0 || n_second == 0 {
            return Err(StatError::EmptyInput);
        }
        check_finite(values)?;
        let mut rows_of: BTreeMap<&Label, Vec<usize>> = BTreeMap::new();
        for (row, label) in labels.iter().enumerate() {
            rows_of.entry(label).or_default().push(row);
        }
        let is_mixed = |rows: &&Vec<usize>| {
            let in_first = rows.iter().filter(|row| is_first[**row]).count();
            in_first > 0 && in_first < rows.len()
        };
        let (mut strata, mut observed, mut summed) = (Vec::new(), 0.0, 0.0);
        for rows in rows_of.values().filter(is_mixed) {
            let mean = rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64;
            let centred: Vec<f64> = rows.iter().map(|&row| values[row] - mean).collect();
            let of_first = || centred.iter().zip(rows).filter(|(_, row)| is_first[**row]).map(|(value, _)| value);
            observed += of_first().sum::<f64>();
            summed += rows.iter().map(|&row| values[row].abs()).sum::<f64>();
            strata.push(Stratum { n_first: of_first().count(), centred });
        }
        if strata.is_empty() {
            return Err(StatError::Undefined { why: "no stratum holds items of both groups" });
        }
        let statistic = if rows_of.len() == 1 {
            let mean = |wanted: bool, n: usize| {
                values.iter().zip(is_first).filter(|(_, side)| **side == wanted).map(|(value, _)| value).sum::<f64>()
                    / n as f64
            };
            mean(true, n_first) - mean(false, n_second)
        } else {
            // Centred values sum to 0, so that the second group's sum is the first's with the other sign.
            observed / n_first as f64 + observed / n_second as f64
        };
        Ok(Self { strata, n_first, n_second, statistic, observed, allowance: 1e-12 * summed })
    }

    fn count(&self, sum: f64, tails: &mut Tails) {
        tails.greater += usize::from(sum >= self.observed - self.allowance);
        tails.less += usize::from(sum <= self.observed + self.allowance);
        tails.two_sided += usize::from(sum.abs() >= self.observed.abs() - self.allowance);
    }

    fn enumerate(&self) -> Tails {
        let sums = self.strata.iter().fold(vec![0.0], |sums, stratum| stratum.extend(&sums));
        let mut tails = Tails { looked_at: sums.len(), ..Tails::default() };
        sums.iter().for_each(|&sum| self.count(sum, &mut tails));
        tails
    }

    fn sample(&self, settings: &LabelPermutation) -> Tails {
        let draws = Bootstrap { resamples: settings.resamples, seed: settings.seed, ..Bootstrap::default() };
        let scratch = || self.strata.iter().map(|stratum| stratum.centred.clone()).collect::<Vec<_>>();
        let sums = replicates(&draws, scratch, |orders, random| {
            self.strata.iter().zip(orders).map(|(stratum, order)| drawn_sum(order, stratum.n_first, random)).sum()
        });
        // The split at hand is one of those that could have been drawn.
        let mut tails = Tails { greater: 1, less: 1, two_sided: 1, looked_at: sums.len() + 1 };
        sums.iter().for_each(|&sum: &f64| self.count(sum, &mut tails));
        tails
    }
}

/// Sum of `k` values drawn without replacement; the order stays shuffled, which the next draw does not mind.
fn drawn_sum(order: &mut [f64], k: usize, random: &mut ChaCha8Rng) -> f64 {
    for place in 0..k {
        let other = place + draw_index(random, order.len() - place);
        order.swap(place, other);
    }
    order[..k].iter().sum()
}

#[derive(Default)]
struct Tails {
    greater: usize,
    less: usize,
    two_sided: usize,
    looked_at: usize,
}

impl Tails {
    fn share(&self, hits: usize) -> f64 {
        hits as f64 / self.looked_at as f64
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn test(first: &[f64], second: &[f64]) -> LabelPermutationTest {
        label_permutation(first, second, &LabelPermutation::default()).unwrap()
    }

    #[test]
    fn all_six_splits_of_four_are_counted_by_hand() {
        // Sums of two of 1, 2, 3, 10: 3, 4, 11, 5, 12, 13; 13 and its mirror 3 are the farthest from 8.
        let found = test(&[3.0, 10.0], &[1.0, 2.0]);
        assert_eq!((found.n_splits, found.is_exact, found.statistic), (6.0, true, 5.0));
        assert!((found.p_greater - 1.0 / 6.0).abs() < 1e-15 && (found.p_less - 1.0).abs() < 1e-15);
        assert!((found.p_two_sided - 2.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn ties_count_as_extreme_whatever_the_order_of_summation() {
        // 0.1 + 0.2 and 0.3 differ in the last bit; all splits are equal in truth.
        let found = test(&[0.1, 0.2, 0.3], &[0.3, 0.2, 0.1]);
        assert!(found.statistic.abs() < 1e-15);
        assert_eq!(found.p_two_sided, 1.0);
        let equal = test(&[0.7; 3], &[0.7; 2]);
        assert_eq!((equal.p_two_sided, equal.p_greater, equal.flags), (1.0, 1.0, vec![Flag::AllEqual]));
    }

    #[test]
    fn random_splits_agree_with_all_of_them() {
        let (first, second) = ([2.26, -0.35, 0.71, -1.16, 0.0, 1.34], [0.14, -0.66, 2.18, 0.13, -1.75]);
        let exact = test(&first, &second);
        let settings = LabelPermutation { mode: PermutationMode::MonteCarlo, ..LabelPermutation::default() };
        let sampled = label_permutation(&first, &second, &settings).unwrap();
        assert_eq!((exact.is_exact, exact.n_splits, sampled.is_exact), (true, 462.0, false));
        for (left, right) in [
            (exact.p_two_sided, sampled.p_two_sided),
            (exact.p_greater, sampled.p_greater),
            (exact.p_less, sampled.p_less),
        ] {
            assert!((left - right).abs() < 0.01, "{left} {right}");
        }
    }

    #[test]
    fn strata_of_other_levels_hide_nothing() {
        // The second series lies a hundred higher; within each the first group is higher by about 1.
        let values = [1.0, 1.1, 0.0, 0.1, 0.2, 101.0, 101.2, 100.0, 100.3];
        let is_first = [true, true, false, false, false, true, true, false, false];
        let strata = ["a", "a", "a", "a", "a", "b", "b", "b", "b"];
        let settings = LabelPermutation::default();
        let within = label_permutation_stratified(&values, &is_first, &strata, &settings).unwrap();
        assert_eq!((within.n_splits, within.n_strata), (60.0, 2));
        assert!((within.p_greater - 1.0 / 60.0).abs() < 1e-12, "{within:?}");
        let pooled = label_permutation_stratified(&values, &is_first, &["one"; 9], &settings).unwrap();
        assert!(pooled.p_greater > 0.1);
    }

    #[test]
    fn a_stratum_of_one_side_says_nothing() {
        let settings = LabelPermutation::default();
        let test =
            |strata: &[u8]| label_permutation_stratified(&[1.0, 2.0, 3.0], &[true, false, true], strata, &settings);
        assert_eq!(test(&[1, 1, 2]).unwrap().n_splits, 2.0);
        assert_eq!(test(&[1, 2, 3]).unwrap_err().kind(), "Undefined");
        assert_eq!(label_permutation(&[], &[1.0], &settings), Err(StatError::EmptyInput));
        let bad = label_permutation(&[1.0], &[f64::NAN], &settings);
        assert_eq!(bad, Err(StatError::NonFinite { index: 1 }));
    }

    #[test]
    fn more_splits_than_are_enumerated_are_drawn_or_refused() {
        let values: Vec<f64> = (0..24).map(f64::from).collect();
        let of = |mode| {
            let settings = LabelPermutation { mode, resamples: 999, ..LabelPermutation::default() };
            label_permutation(&values[..12], &values[12..], &settings)
        };
        let drawn = of(PermutationMode::Auto).unwrap();
        assert_eq!((drawn.is_exact, drawn.n_splits, drawn.resamples), (false, 2_704_156.0, Some(999)));
        assert_eq!(of(PermutationMode::Exact).unwrap_err().kind(), "InvalidParameter");
        // 20 over 7 is below the limit, 20 over 10 is not.
        assert!(test(&values[..7], &values[7..20]).is_exact);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_drawn_p_is_smaller_than_the_draws_allow(
            first in proptest::collection::vec(-50_i32..50, 1..20),
            second in proptest::collection::vec(-50_i32..50, 1..20),
            seed in any::<u64>(),
        ) {
            let side = |values: &[i32]| values.iter().map(|value| f64::from(*value) / 10.0).collect::<Vec<_>>();
            let settings = LabelPermutation { mode: PermutationMode::MonteCarlo, resamples: 199, seed };
            let test = label_permutation(&side(&first), &side(&second), &settings).unwrap();
            for p in [test.p_two_sided, test.p_greater, test.p_less] {
                prop_assert!((1.0 / 200.0..=1.0).contains(&p));
            }
            let mirrored = label_permutation(&side(&second), &side(&first), &LabelPermutation::default()).unwrap();
            let exact = label_permutation(&side(&first), &side(&second), &LabelPermutation::default()).unwrap();
            prop_assert!((exact.statistic + mirrored.statistic).abs() < 1e-9);
            if exact.is_exact {
                prop_assert!((exact.p_greater - mirrored.p_less).abs() < 1e-12);
                prop_assert!(exact.p_greater + exact.p_less >= 1.0);
            }
        }
    }
}
