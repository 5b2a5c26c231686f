//! Resampling machinery: settings, random streams, quantiles of replicates.
//!
//! Replicates are made in blocks of 256, each with a ChaCha8 stream of its own, so that the
//! result is the same for any number of threads.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::Level;

/// Seed used where the user names none.
pub const DEFAULT_SEED: u64 = 20_240_613;

/// Name of the generator, as records carry it.
pub const GENERATOR: &str = "chacha8";

const BLOCK: usize = 256;

/// Most resamples that are made: their replicates are kept in memory.
pub(crate) const MOST_RESAMPLES: usize = 10_000_000;

/// Settings of a bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// Number of resamples, from 2 to ten million; default 10,000.
    pub resamples: usize,
    /// Seed; derive one for each comparison with [`seed_for`].
    pub seed: u64,
    /// Confidence level.
    pub level: Level,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { resamples: 10_000, seed: DEFAULT_SEED, level: Level::DEFAULT }
    }
}

impl Bootstrap {
    pub(crate) fn check(&self) -> Result<(), StatError> {
        if (2..=MOST_RESAMPLES).contains(&self.resamples) {
            return Ok(());
        }
        Err(StatError::invalid("resamples", format!("must be from 2 to {MOST_RESAMPLES}, got {}", self.resamples)))
    }
}

/// A seed for one comparison, from the run's seed and a label such as
/// `"delong/model_a/model_b/loss"`: results then do not depend on the order of comparisons.
///
/// FNV-1a over the label, mixed by splitmix64; the same on every platform.
#[must_use]
pub fn seed_for(seed: u64, label: &str) -> u64 {
    let hash = label
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut mixed = (hash ^ seed.rotate_left(32)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Runs `one` for every resample, in parallel, in a fixed order.
///
/// `scratch` makes the working memory of a block.
pub(crate) fn replicates<Scratch, Replicate: Send>(
    settings: &Bootstrap,
    scratch: impl Fn() -> Scratch + Sync,
    one: impl Fn(&mut Scratch, &mut ChaCha8Rng) -> Replicate + Sync,
) -> Vec<Replicate> {
    let blocks = settings.resamples.div_ceil(BLOCK);
    let made: Vec<Vec<Replicate>> = (0..blocks)
        .into_par_iter()
        .map(|block| {
            let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
            random.set_stream(block as u64);
            let mut memory = scratch();
            let size = BLOCK.min(settings.resamples - block * BLOCK);
            (0..size).map(|_| one(&mut memory, &mut random)).collect()
        })
        .collect();
    made.into_iter().flatten().collect()
}

/// A whole number in 0..`n`, each exactly as likely (Lemire 2019). `n` > 0.
pub(crate) fn draw_index(random: &mut ChaCha8Rng, n: usize) -> usize {
    let Ok(small) = u32::try_from(n) else {
        // More than four billion items: the bias of 2^-64 n is below any resolution.
        let wide = u128::from(random.next_u64()) * n as u128;
        return usize::try_from(wide >> 64).unwrap_or(n - 1);
    };
    let mut product = u64::from(random.next_u32()) * u64::from(small);
    if (product & 0xffff_ffff) < u64::from(small) {
        let threshold = u64::from(small.wrapping_neg() % small);
        while (product & 0xffff_ffff) < threshold {
            product = u64::from(random.next_u32()) * u64::from(small);
        }
    }
    usize::try_from(product >> 32).unwrap_or(n - 1)
}

/// Draws many indices below `n`, each exactly as likely, several from one random word.
///
/// A word is read as a fraction whose digits in base n are the indices (Brackett-Rozinsky & Lemire 2024); what is left of it
/// tells whether the word must be thrown away for the sake of evenness, which is rare.
pub(crate) struct IndexDraw {
    n: u64,
    /// n to the number of indices a word gives.
    span: u64,
    per_word: usize,
}

/// Indices that one word gives at most.
const MOST_PER_WORD: usize = 16;

impl IndexDraw {
    /// `n` > 0.
    pub(crate) fn new(n: usize) -> Self {
        // Below 2^56 a word is thrown away less than once in 256.
        const LARGEST_SPAN: u64 = 1 << 56;
        let n = (n as u64).max(1);
        let (mut span, mut per_word) = (n, 1);
        while per_word < MOST_PER_WORD {
            match span.checked_mul(n).filter(|next| *next <= LARGEST_SPAN) {
                Some(next) => span = next,
                None => break,
            }
            per_word += 1;
        }
        Self { n, span, per_word }
    }

    /// Hands `count` indices to `take`, a few at a time.
    pub(crate) fn draw(&self, random: &mut ChaCha8Rng, count: usize, mut take: impl FnMut(&[usize])) {
        let mut drawn = [0_usize; MOST_PER_WORD];
        let uneven = self.span.wrapping_neg() % self.span;
        let mut left = count;
        while left > 0 {
            let mut fraction = random.next_u64();
            // What is left after all digits.
            let rest = fraction.wrapping_mul(self.span);
            if rest < uneven {
                continue;
            }
            let wanted = self.per_word.min(left);
            for slot in &mut drawn[..wanted] {
                let product = u128::from(fraction) * u128::from(self.n);
                #[expect(clippy::cast_possible_truncation, reason = "the two halves of the product")]
                {
                    *slot = (product >> 64) as usize;
                    fraction = product as u64;
                }
            }
            take(&drawn[..wanted]);
            left -= wanted;
        }
    }
}

/// Checks resamples that were given: at least two rows of `n` indices below `n`.
pub(crate) fn check_index_matrix(indices: &[Vec<usize>], n: usize) -> Result<(), StatError> {
    if indices.len() < 2 {
        return Err(StatError::invalid("indices", format!("needs at least 2 resamples, got {}", indices.len())));
    }
    let is_valid = |row: &Vec<usize>| row.len() == n && row.iter().all(|&index| index < n);
    match indices.iter().position(|row| !is_valid(row)) {
        Some(bad) => Err(StatError::invalid("indices", format!("resample {bad} does not hold {n} indices below {n}"))),
        None => Ok(()),
    }
}

/// Quantile by linear interpolation at position (B-1) q ("type 7", numpy's default).
///
/// `sorted` ascending and not empty (else NaN); `q` is clamped to [0, 1].
#[must_use]
pub fn quantile_type7(sorted: &[f64], q: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let position = last as f64 * q.clamp(0.0, 1.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the last index; NaN becomes 0"
    )]
    let below = (position.floor() as usize).min(last);
    let above = (below + 1).min(last);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}

/// Sorts replicates ascending; they are finite.
pub(crate) fn sort_ascending(values: &mut [f64]) {
    values.sort_unstable_by(f64::total_cmp);
}

/// Standard deviation with divisor B - 1, two passes.
pub(crate) fn standard_deviation(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_interpolate_as_numpy_does() {
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (q, want) in [(0.0, 1.0), (0.5, 3.0), (0.25, 1.75), (1.0, 8.0), (7.0, 8.0)] {
            assert!((quantile_type7(&sorted, q) - want).abs() < 1e-15);
        }
        assert!(quantile_type7(&[], 0.5).is_nan());
    }

    #[test]
    fn every_index_is_drawn_about_equally_often() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0_u32; 7];
        for _ in 0..70_000 {
            counts[draw_index(&mut random, 7)] += 1;
        }
        assert!(counts.iter().all(|&count| (9_600..10_400).contains(&count)));
    }

    #[test]
    fn labels_give_different_seeds_and_the_same_label_the_same() {
        assert_eq!(seed_for(1, "a"), seed_for(1, "a"));
        assert_ne!(seed_for(1, "a"), seed_for(1, "b"));
        assert_ne!(seed_for(1, "a"), seed_for(2, "a"));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let settings = Bootstrap { resamples: 1000, ..Bootstrap::default() };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| replicates(&settings, || (), |(), random| random.next_u64()))
        };
        assert_eq!(run(1), run(8));
    }
}
