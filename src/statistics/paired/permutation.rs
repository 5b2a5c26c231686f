//! The sign-flip permutation test: if A and B were exchangeable, every difference could as well have had the other sign.

use rand_chacha::rand_core::Rng;
use serde::{Deserialize, Serialize};

use super::difference::Differences;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Alternative, Flag};
use crate::statistics::missing::{MissingPolicy, check_lengths};
use crate::statistics::resample::stream::{Bootstrap, DEFAULT_SEED, GENERATOR, MOST_RESAMPLES, replicates};

/// Non-zero differences up to which all flips are enumerated.
const ENUMERATE_UP_TO: usize = 20;
/// Differences that one table look-up covers.
const GROUP: usize = 8;

/// What is compared with its own value under flipped signs.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlipStatistic {
    /// Mean of the differences. The default.
    #[default]
    Mean,
    /// Their median.
    Median,
    /// Their mean without the given share at each end, e.g. 0.1; in [0, 0.5).
    TrimmedMean(f64),
}

/// Which flips are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PermutationMode {
    /// All of them for up to 20 non-zero differences (or clusters), a random sample above.
    #[default]
    Auto,
    /// All of them.
    Exact,
    /// A random sample.
    MonteCarlo,
}

/// Settings of a sign-flip test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SignFlip {
    /// What is compared.
    pub statistic: FlipStatistic,
    /// Which flips are looked at.
    pub mode: PermutationMode,
    /// Which deviations count.
    pub alternative: Alternative,
    /// Random flips, from 1 to ten million; default 100,000.
    pub resamples: usize,
    /// Seed; derive one for each comparison with [`seed_for`](crate::statistics::seed_for).
    pub seed: u64,
    /// What happens to missing values.
    pub missing: MissingPolicy,
}

impl Default for SignFlip {
    fn default() -> Self {
        Self {
            statistic: FlipStatistic::default(),
            mode: PermutationMode::default(),
            alternative: Alternative::default(),
            resamples: 100_000,
            seed: DEFAULT_SEED,
            missing: MissingPolicy::default(),
        }
    }
}

/// The answer of a sign-flip test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SignFlipTest {
    /// The statistic of the differences as they are.
    pub statistic: f64,
    /// Share of flips at least as extreme, in (0, 1]; never below 1/(resamples + 1) when sampled.
    pub p_value: f64,
    /// Share of random flips strictly more extreme, where it differs: what a program gives that loses ties to rounding. Too
    /// small to be a p-value; for reproduction only.
    pub p_without_ties: Option<f64>,
    /// Flips there are: 2^n over pairs (or clusters), zeros included; as a float, since it overflows soon.
    pub n_permutations: f64,
    /// Whether all flips were looked at.
    pub is_exact: bool,
    /// Random flips; `None` when exact.
    pub resamples: Option<usize>,
    /// Seed; `None` when exact.
    pub seed: Option<u64>,
    /// Random generator; `None` when exact.
    pub generator: Option<String>,
    /// Pairs used.
    pub n_used: usize,
    /// Pairs dropped because a value was missing.
    pub n_dropped: usize,
    /// Clusters, where whole clusters are flipped.
    pub n_clusters: Option<usize>,
    /// `all_zero`, `missing_dropped`, `few_clusters`.
    pub flags: Vec<Flag>,
}

/// Sign-flip test on paired scores. Exact over all flips or Monte Carlo with p = (b+1)/(m+1) (Phipson & Smyth 2010).
///
/// Of the mean: O(resamples x n / 8); memory O(n). Of another statistic O(resamples x n log n).
///
/// # Errors
/// `InvalidParameter` (no resamples, a trim share outside [0, 0.5), exact for more than 20 non-zero differences),
/// `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (every pair dropped).
pub fn sign_flip(a: &[f64], b: &[f64], settings: &SignFlip) -> Result<SignFlipTest, StatError> {
    check(settings)?;
    let differences = Differences::new(a, b, settings.missing)?;
    let (n_used, n_dropped) = (differences.values.len(), differences.n_dropped);
    let blocks = Blocks { values: differences.values, n_items: n_used };
    run(&blocks, settings, (n_used, n_dropped), None)
}

/// The same, flipping whole clusters: items of one source change sign together. Only of the mean.
///
/// # Errors
/// Those of [`sign_flip`]; `LengthMismatch` when `clusters` has another length; `InvalidParameter` for another statistic
/// than the mean or for missing values to be omitted.
pub fn sign_flip_clustered<Label: Ord>(
    a: &[f64],
    b: &[f64],
    clusters: &[Label],
    settings: &SignFlip,
) -> Result<SignFlipTest, StatError> {
    check(settings)?;
    if settings.statistic != FlipStatistic::Mean {
        return Err(StatError::invalid("statistic", "whole clusters are flipped for the mean only"));
    }
    if settings.missing != MissingPolicy::Reject {
        return Err(StatError::invalid("nan_policy", "drop missing pairs together with their labels first"));
    }
    let differences = Differences::new(a, b, settings.missing)?;
    check_lengths(a.len(), clusters.len())?;
    let mut sums: std::collections::BTreeMap<&Label, f64> = std::collections::BTreeMap::new();
    for (value, label) in differences.values.iter().zip(clusters) {
        *sums.entry(label).or_default() += value;
    }
    let n_items = differences.values.len();
    let blocks = Blocks { values: sums.into_values().collect(), n_items };
    let n_clusters = blocks.values.len();
    run(&blocks, settings, (n_items, 0), Some(n_clusters))
}

fn check(settings: &SignFlip) -> Result<(), StatError> {
    if !(1..=MOST_RESAMPLES).contains(&settings.resamples) {
        let why = format!("must be from 1 to {MOST_RESAMPLES}, got {}", settings.resamples);
        return Err(StatError::invalid("resamples", why));
    }
    match settings.statistic {
        FlipStatistic::TrimmedMean(share) if !(0.0..0.5).contains(&share) => {
            Err(StatError::invalid("trim", format!("must be at least 0 and below 0.5, got {share}")))
        }
        _ => Ok(()),
    }
}

/// What is flipped as one: single differences, or sums over clusters.
struct Blocks {
    values: Vec<f64>,
    n_items: usize,
}

fn run(
    blocks: &Blocks,
    settings: &SignFlip,
    (n_used, n_dropped): (usize, usize),
    n_clusters: Option<usize>,
) -> Result<SignFlipTest, StatError> {
    // Their flip changes nothing.
    let moving: Vec<f64> = blocks.values.iter().copied().filter(|value| value.abs() > 0.0).collect();
    let is_exact = match settings.mode {
        PermutationMode::Exact if moving.len() > ENUMERATE_UP_TO => {
            return Err(StatError::invalid(
                "mode",
                format!(
                    "exact is offered for up to {ENUMERATE_UP_TO} non-zero differences, got {}; use monte_carlo",
                    moving.len()
                ),
            ));
        }
        PermutationMode::Exact => true,
        PermutationMode::MonteCarlo => false,
        PermutationMode::Auto => moving.len() <= ENUMERATE_UP_TO,
    };
    let measure = Measure { statistic: settings.statistic, n_items: blocks.n_items };
    let observed = measure.of(&blocks.values);
    let extreme = Extreme::new(observed, blocks, settings.alternative);
    let mut flags = Vec::new();
    if moving.is_empty() {
        flags.push(Flag::AllZero);
    }
    if n_dropped > 0 {
        flags.push(Flag::MissingDropped);
    }
    if n_clusters.is_some_and(|count| count < 10) {
        flags.push(Flag::FewClusters);
    }
    let (p_value, p_without_ties) = if moving.is_empty() {
        (1.0, None)
    } else if is_exact {
        (enumerate(&moving, blocks, &measure, &extreme), None)
    } else {
        let (met, exceeded) = sample(&moving, blocks, &measure, &extreme, settings);
        let share = |hits: usize| (hits + 1) as f64 / (settings.resamples + 1) as f64;
        (share(met), (exceeded != met).then(|| share(exceeded)))
    };
    let is_sampled = !is_exact && !moving.is_empty();
    Ok(SignFlipTest {
        statistic: observed,
        p_value,
        p_without_ties,
        n_permutations: 2.0_f64.powi(i32::try_from(blocks.values.len()).unwrap_or(i32::MAX)),
        is_exact: !is_sampled,
        resamples: is_sampled.then_some(settings.resamples),
        seed: is_sampled.then_some(settings.seed),
        generator: is_sampled.then(|| GENERATOR.to_owned()),
        n_used,
        n_dropped,
        n_clusters,
        flags,
    })
}

/// The statistic of a set of differences.
struct Measure {
    statistic: FlipStatistic,
    n_items: usize,
}

impl Measure {
    fn of(&self, values: &[f64]) -> f64 {
        match self.statistic {
            FlipStatistic::Mean => values.iter().sum::<f64>() / self.n_items as f64,
            FlipStatistic::Median => trimmed_mean(values, median_trim(values.len())),
            FlipStatistic::TrimmedMean(share) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below half of a length")]
                let cut = (share * values.len() as f64).floor() as usize;
                trimmed_mean(values, cut)
            }
        }
    }
}

/// All but the middle one or two.
fn median_trim(n: usize) -> usize {
    n.saturating_sub(1) / 2
}

fn trimmed_mean(values: &[f64], cut: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let kept = &sorted[cut..sorted.len() - cut];
    kept.iter().sum::<f64>() / kept.len() as f64
}

/// What counts as at least as extreme, with an allowance for the order of summation: a share of what was summed, so that
/// ties are found at any scale of the scores.
struct Extreme {
    observed: f64,
    allowance: f64,
    alternative: Alternative,
}

impl Extreme {
    fn new(observed: f64, blocks: &Blocks, alternative: Alternative) -> Self {
        let summed = blocks.values.iter().map(|value| value.abs()).sum::<f64>() / blocks.n_items as f64;
        Self { observed, allowance: 1e-12 * summed.max(observed.abs()), alternative }
    }

    /// Strictly: a tie does not count.
    fn is_exceeded_by(&self, statistic: f64) -> bool {
        match self.alternative {
            Alternative::TwoSided => statistic.abs() > self.observed.abs() + self.allowance,
            Alternative::Greater => statistic > self.observed + self.allowance,
            Alternative::Less => statistic < self.observed - self.allowance,
        }
    }

    fn is_met_by(&self, statistic: f64) -> bool {
        match self.alternative {
            Alternative::TwoSided => statistic.abs() >= self.observed.abs() - self.allowance,
            Alternative::Greater => statistic >= self.observed - self.allowance,
            Alternative::Less => statistic <= self.observed + self.allowance,
        }
    }
}

fn enumerate(moving: &[f64], blocks: &Blocks, measure: &Measure, extreme: &Extreme) -> f64 {
    let n_flips = 1_u32 << moving.len();
    let is_mean = measure.statistic == FlipStatistic::Mean;
    let tables = Tables::new(moving);
    let mut flipped = blocks.values.clone();
    let hits = (0..n_flips).filter(|&signs| {
        let statistic = if is_mean {
            tables.sum(|group| (signs >> (GROUP * group)) & 0xff) / blocks.n_items as f64
        } else {
            flip_into(&mut flipped, &blocks.values, |place| signs >> place & 1 == 1);
            measure.of(&flipped)
        };
        extreme.is_met_by(statistic)
    });
    hits.count() as f64 / f64::from(n_flips)
}

/// Random flips at least as extreme, and strictly more extreme.
fn sample(
    moving: &[f64],
    blocks: &Blocks,
    measure: &Measure,
    extreme: &Extreme,
    settings: &SignFlip,
) -> (usize, usize) {
    let draws = Bootstrap { resamples: settings.resamples, seed: settings.seed, ..Bootstrap::default() };
    let n_words = moving.len().div_ceil(64);
    let is_mean = measure.statistic == FlipStatistic::Mean;
    let tables = Tables::new(if is_mean { moving } else { &[] });
    let hits = replicates(
        &draws,
        || (vec![0_u64; n_words], blocks.values.clone()),
        |(signs, flipped), random| {
            signs.iter_mut().for_each(|word| *word = random.next_u64());
            let statistic = if is_mean {
                tables.sum_of_words(signs) / blocks.n_items as f64
            } else {
                flip_into(flipped, &blocks.values, |place| signs[place / 64] >> (place % 64) & 1 == 1);
                measure.of(flipped)
            };
            (extreme.is_met_by(statistic), extreme.is_exceeded_by(statistic))
        },
    );
    let count = |wanted: fn(&(bool, bool)) -> bool| hits.iter().filter(|hit| wanted(hit)).count();
    (count(|hit| hit.0), count(|hit| hit.1))
}

/// `values` with the signs of its non-zero entries as `is_flipped` says, counted over the non-zero ones.
fn flip_into(target: &mut [f64], values: &[f64], is_flipped: impl Fn(usize) -> bool) {
    let mut place = 0;
    for (slot, &value) in target.iter_mut().zip(values) {
        if value.abs() > 0.0 {
            *slot = if is_flipped(place) { -value } else { value };
            place += 1;
        }
    }
}

/// Sums of eight differences under all 256 sign patterns: one look-up in place of eight additions.
struct Tables {
    sums: Vec<[f64; 1 << GROUP]>,
}

impl Tables {
    fn new(moving: &[f64]) -> Self {
        let table = |values: &[f64]| {
            let mut sums = [0.0; 1 << GROUP];
            for (signs, sum) in sums.iter_mut().enumerate() {
                *sum = values
                    .iter()
                    .enumerate()
                    .map(|(bit, value)| if signs >> bit & 1 == 1 { -value } else { *value })
                    .sum();
            }
            sums
        };
        Self { sums: moving.chunks(GROUP).map(table).collect() }
    }

    /// The sum whose signs `byte` gives group by group.
    fn sum(&self, byte: impl Fn(usize) -> u32) -> f64 {
        self.sums.iter().enumerate().map(|(group, table)| table[(byte(group) & 0xff) as usize]).sum()
    }

    /// The same from 64-bit words, in four running sums.
    fn sum_of_words(&self, words: &[u64]) -> f64 {
        let mut sums = [0.0_f64; 4];
        for (tables, &word) in self.sums.chunks(8).zip(words) {
            for (place, (table, byte)) in tables.iter().zip(word.to_le_bytes()).enumerate() {
                sums[place % 4] += table[usize::from(byte)];
            }
        }
        (sums[0] + sums[1]) + (sums[2] + sums[3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::paired::binary::mcnemar_exact_p;

    fn flip(a: &[f64], b: &[f64], mode: PermutationMode) -> SignFlipTest {
        sign_flip(a, b, &SignFlip { mode, ..SignFlip::default() }).unwrap()
    }

    #[test]
    fn on_zero_one_scores_the_exact_test_is_the_exact_mcnemar_test() {
        for (only_a, only_b, both) in [(5_usize, 2_usize, 3_usize), (1, 0, 0), (4, 4, 1), (9, 1, 7)] {
            let a: Vec<f64> = [vec![1.0; only_a], vec![0.0; only_b], vec![1.0; both]].concat();
            let b: Vec<f64> = [vec![0.0; only_a], vec![1.0; only_b], vec![1.0; both]].concat();
            let found = flip(&a, &b, PermutationMode::Exact).p_value;
            let want = mcnemar_exact_p(only_a as u64, only_b as u64);
            assert!((found - want).abs() < 1e-13, "{only_a} {only_b}: {found} {want}");
        }
    }

    #[test]
    fn random_flips_come_close_to_all_flips() {
        let a = [0.31, 0.72, 0.11, 0.93, 0.48, 0.26, 0.77, 0.59, 0.64, 0.05, 0.83];
        let b = [0.22, 0.75, 0.02, 0.71, 0.41, 0.33, 0.52, 0.60, 0.43, 0.01, 0.80];
        for statistic in [FlipStatistic::Mean, FlipStatistic::Median, FlipStatistic::TrimmedMean(0.1)] {
            let with = |mode| sign_flip(&a, &b, &SignFlip { mode, statistic, ..SignFlip::default() }).unwrap();
            let (exact, sampled) = (with(PermutationMode::Exact), with(PermutationMode::MonteCarlo));
            assert!(exact.is_exact && !sampled.is_exact);
            // Five standard errors of 100,000 draws.
            let error = (exact.p_value * (1.0 - exact.p_value) / 1e5).sqrt();
            assert!((exact.p_value - sampled.p_value).abs() < 5.0 * error + 2e-5, "{statistic:?}");
        }
    }

    #[test]
    fn a_sampled_p_value_is_never_zero() {
        let a: Vec<f64> = (0..200).map(|index| 1.0 + f64::from(index) * 1e-3).collect();
        let found = sign_flip(&a, &vec![0.0; 200], &SignFlip { resamples: 999, ..SignFlip::default() }).unwrap();
        assert!((found.p_value - 0.001).abs() < 1e-12);
    }

    #[test]
    fn ties_count_and_their_loss_is_told_apart() {
        let a: Vec<f64> = (0..40).map(|index| f64::from(index % 5)).collect();
        let b: Vec<f64> = (0..40).map(|index| f64::from(index * 3 % 4)).collect();
        let found = flip(&a, &b, PermutationMode::MonteCarlo);
        assert!(found.p_without_ties.unwrap() < found.p_value);
    }

    #[test]
    fn clusters_of_one_change_nothing_and_one_cluster_says_nothing() {
        let (a, b) = ([0.9, 0.4, 0.7, 0.2], [0.5, 0.5, 0.1, 0.0]);
        let single = sign_flip_clustered(&a, &b, &[3, 1, 4, 2], &SignFlip::default()).unwrap();
        assert!((single.p_value - flip(&a, &b, PermutationMode::Auto).p_value).abs() < 1e-15);
        let whole = sign_flip_clustered(&a, &b, &["x"; 4], &SignFlip::default()).unwrap();
        assert!((whole.p_value - 1.0).abs() < 1e-15);
        assert_eq!(whole.n_clusters, Some(1));
    }

    #[test]
    fn ties_are_found_at_any_scale_of_the_scores() {
        let small: Vec<f64> = (1..=6).map(|k| f64::from(k) * 1e-13).collect();
        assert!((flip(&small, &[0.0; 6], PermutationMode::Exact).p_value - 2.0 / 64.0).abs() < 1e-15);
        // Sums of large differences that cancel: half of the flips tie but for rounding.
        let large = [282_248.2, 6_078.9, -288_327.1, 0.2];
        assert!((flip(&large, &[0.0; 4], PermutationMode::Exact).p_value - 1.0).abs() < 1e-15);
    }

    #[test]
    fn bad_settings_are_named() {
        let with = |settings: SignFlip| sign_flip(&[1.0], &[0.0], &settings).unwrap_err().kind();
        assert_eq!(with(SignFlip { resamples: 0, ..SignFlip::default() }), "InvalidParameter");
        assert_eq!(
            with(SignFlip { statistic: FlipStatistic::TrimmedMean(0.5), ..SignFlip::default() }),
            "InvalidParameter"
        );
        let many: Vec<f64> = (1..=21).map(f64::from).collect();
        let exact = SignFlip { mode: PermutationMode::Exact, ..SignFlip::default() };
        assert_eq!(sign_flip(&many, &[0.0; 21], &exact).unwrap_err().kind(), "InvalidParameter");
    }
}
