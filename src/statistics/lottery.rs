//! One member of each group was drawn by lot: does it score higher than the others can explain?
//!
//! The lot itself is the null hypothesis, so the p-value needs no assumption about the scores: under it every member of a
//! group is as likely to be the drawn one as any other, each group by itself.

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::error::StatError;
use super::estimate::{Estimate, Flag, Interval, Level};
use super::mean::mean_interval;
use super::paired::permutation::PermutationMode;

/// A group whose drawn member is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrawnGroup {
    /// Score of the drawn member; higher means more of what is looked for.
    pub drawn: f64,
    /// Scores of the others, at least one.
    pub others: Vec<f64>,
}

/// The answer of [`lottery`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LotteryTest {
    /// Groups that entered.
    pub n_groups: usize,
    /// Mean over groups of the share of others that the drawn member beats, ties counted half: an AUC within groups, in
    /// [0, 1]; 0.5 is chance.
    pub share: f64,
    /// t interval of the share over groups, clipped to [0, 1]; `None` with one group, or where all groups have one share inside of
    /// (0, 1). Where all shares are 1 or all are 0: the heuristic limit 1 - alpha^(1/n) on the distance from the end.
    pub interval: Option<Interval>,
    /// One-sided (greater), in (0, 1].
    pub p_value: f64,
    /// How p was counted.
    pub mode: PermutationMode,
    /// Random draws, where it was not exact.
    pub resamples: Option<usize>,
    /// `zero_variance` when all groups have one share.
    pub flags: Vec<Flag>,
}

/// Most additions that an exact answer may take.
const MOST_STEPS: f64 = 4e8;
/// Draws where an exact answer would take too long.
const DRAWS: usize = 9_999;

/// Tests whether the drawn members score higher than chance would have it.
///
/// The statistic is the sum of the shares (mid-ranks). Exact by convolution where the groups' sizes allow it, else
/// (1 + hits)/(1 + 9,999) over random lots. O(groups^2 x size) or O(draws x groups).
///
/// # Errors
/// `EmptyInput`, `TooFewItems` (a group without others), `NonFinite` (`index`: the group).
pub fn lottery(groups: &[DrawnGroup], seed: u64, level: Level) -> Result<LotteryTest, StatError> {
    if groups.is_empty() {
        return Err(StatError::EmptyInput);
    }
    if groups.iter().any(|group| group.others.is_empty()) {
        return Err(StatError::TooFewItems { needed: 2, got: 1 });
    }
    let is_finite = |group: &DrawnGroup| group.drawn.is_finite() && group.others.iter().all(|other| other.is_finite());
    if let Some(index) = groups.iter().position(|group| !is_finite(group)) {
        return Err(StatError::NonFinite { index });
    }
    let halves: Vec<Vec<usize>> = groups.iter().map(half_wins).collect();
    let shares: Vec<f64> = halves.iter().map(|wins| wins[0] as f64 / (2 * (wins.len() - 1)) as f64).collect();
    let (p_value, mode, resamples) = match exact(&halves) {
        Some(p) => (p, PermutationMode::Exact, None),
        None => (by_draws(&halves, seed), PermutationMode::MonteCarlo, Some(DRAWS)),
    };
    let estimate = mean_interval(&shares, level).ok();
    Ok(LotteryTest {
        n_groups: groups.len(),
        share: shares.iter().sum::<f64>() / shares.len() as f64,
        interval: interval(&shares, estimate.as_ref(), level),
        p_value,
        mode,
        resamples,
        flags: estimate.map(|estimate| estimate.flags).unwrap_or_default(),
    })
}

fn interval(shares: &[f64], estimate: Option<&Estimate>, level: Level) -> Option<Interval> {
    let estimate = estimate?;
    if !estimate.flags.contains(&Flag::ZeroVariance) {
        let found = estimate.interval.as_ref()?;
        return Some(Interval::new(found.low.max(0.0), found.high.min(1.0), level, "t_clipped"));
    }
    let reach = 1.0 - level.alpha().powf(1.0 / shares.len() as f64);
    match shares.first() {
        Some(&share) if share >= 1.0 => Some(Interval::new(1.0 - reach, 1.0, level, "heuristic_bound")),
        Some(&share) if share <= 0.0 => Some(Interval::new(0.0, reach, level, "heuristic_bound")),
        _ => None,
    }
}

/// For every member, the drawn one first: twice the others that it beats and once those that it ties with.
fn half_wins(group: &DrawnGroup) -> Vec<usize> {
    let members: Vec<f64> = std::iter::once(group.drawn).chain(group.others.iter().copied()).collect();
    let mut sorted = members.clone();
    sorted.sort_by(f64::total_cmp);
    members
        .iter()
        .map(|&value| {
            let below = sorted.partition_point(|&other| other < value);
            let up_to = sorted.partition_point(|&other| other <= value);
            2 * below + (up_to - below - 1)
        })
        .collect()
}

/// P(sum of shares >= observed) by convolution over whole numbers; `None` where that would take too long.
fn exact(halves: &[Vec<usize>]) -> Option<f64> {
    // All shares in units of 1/(2 scale).
    let scale = halves.iter().try_fold(1_usize, |scale, wins| lcm(scale, wins.len() - 1))?;
    let states = halves.len().checked_mul(2)?.checked_mul(scale)?.checked_add(1)?;
    let n_members: usize = halves.iter().map(Vec::len).sum();
    if states as f64 * n_members as f64 > MOST_STEPS {
        return None;
    }
    let unit = |wins: &[usize]| scale / (wins.len() - 1);
    let observed: usize = halves.iter().map(|wins| wins[0] * unit(wins)).sum();
    let mut distribution = vec![0.0; states];
    distribution[0] = 1.0;
    let mut highest = 0;
    for wins in halves {
        let mut next = vec![0.0; states];
        let probability = 1.0 / wins.len() as f64;
        for &won in wins {
            let step = won * unit(wins);
            for (sum, mass) in distribution[..=highest].iter().enumerate().filter(|(_, mass)| **mass > 0.0) {
                next[sum + step] += mass * probability;
            }
        }
        highest += 2 * scale;
        distribution = next;
    }
    Some(distribution[observed..].iter().sum::<f64>().clamp(f64::MIN_POSITIVE, 1.0))
}

fn lcm(a: usize, b: usize) -> Option<usize> {
    let gcd = |mut a: usize, mut b: usize| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    };
    (a / gcd(a, b)).checked_mul(b)
}

fn by_draws(halves: &[Vec<usize>], seed: u64) -> f64 {
    let share = |wins: &[usize], member: usize| wins[member] as f64 / (2 * (wins.len() - 1)) as f64;
    let observed: f64 = halves.iter().map(|wins| share(wins, 0)).sum();
    let mut stream = ChaCha8Rng::seed_from_u64(seed);
    let mut hits = 0_usize;
    for _ in 0..DRAWS {
        let drawn: f64 = halves.iter().map(|wins| share(wins, stream.random_range(0..wins.len()))).sum();
        // Equal sums may differ in the last bit by the order of their parts.
        hits += usize::from(drawn >= observed - 1e-9);
    }
    (1 + hits) as f64 / (1 + DRAWS) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{Alternative, KsMode, ks_test};

    fn group(drawn: f64, others: &[f64]) -> DrawnGroup {
        DrawnGroup { drawn, others: others.to_vec() }
    }

    #[test]
    fn one_group_of_twenty_won_outright_gives_one_twentieth() {
        let others: Vec<f64> = (0..19).map(f64::from).collect();
        let test = lottery(&[group(100.0, &others)], 1, Level::DEFAULT).unwrap();
        assert!((test.p_value - 0.05).abs() < 1e-12);
        assert_eq!((test.share, test.interval), (1.0, None));
    }

    #[test]
    fn equal_scores_are_chance_and_p_is_one() {
        let test = lottery(&[group(1.0, &[1.0; 4]), group(2.0, &[2.0; 4])], 1, Level::DEFAULT).unwrap();
        assert_eq!((test.share, test.p_value), (0.5, 1.0));
    }

    #[test]
    fn two_groups_are_counted_by_hand() {
        // Shares 1 and 1/2 of three members each; of the 9 lots 1+1, 1+1/2, 1/2+1 reach 3/2.
        let test = lottery(&[group(3.0, &[1.0, 2.0]), group(2.0, &[1.0, 3.0])], 1, Level::DEFAULT).unwrap();
        assert!((test.p_value - 3.0 / 9.0).abs() < 1e-12, "{}", test.p_value);
    }

    #[test]
    fn groups_of_different_sizes_agree_with_random_lots() {
        let groups: Vec<DrawnGroup> = (0..12)
            .map(|i| {
                let others: Vec<f64> = (0..3 + i % 4).map(|j| f64::from((i * 7 + j * 5) % 11)).collect();
                group(f64::from(i % 11), &others)
            })
            .collect();
        let halves: Vec<Vec<usize>> = groups.iter().map(half_wins).collect();
        let (exact, drawn) = (exact(&halves).unwrap(), by_draws(&halves, 3));
        assert!((exact - drawn).abs() < 0.02, "{exact} against {drawn}");
    }

    #[test]
    fn p_is_uniform_over_lotteries_of_controls() {
        let mut stream = ChaCha8Rng::seed_from_u64(9);
        let p_values: Vec<f64> = (0..400)
            .map(|_| {
                let groups: Vec<DrawnGroup> = (0..30)
                    .map(|_| group(stream.random(), &(0..19).map(|_| stream.random()).collect::<Vec<_>>()))
                    .collect();
                lottery(&groups, 1, Level::DEFAULT).unwrap().p_value
            })
            .collect();
        let uniform: Vec<f64> = (0..400).map(|i| (f64::from(i) + 0.5) / 400.0).collect();
        let test = ks_test(&p_values, &uniform, Alternative::TwoSided, KsMode::Auto).unwrap();
        assert!(test.p_value > 0.01, "{}", test.p_value);
    }

    #[test]
    fn bad_input_is_told() {
        assert_eq!(lottery(&[], 1, Level::DEFAULT), Err(StatError::EmptyInput));
        assert!(lottery(&[group(1.0, &[])], 1, Level::DEFAULT).is_err());
        let bad = lottery(&[group(1.0, &[2.0]), group(1.0, &[f64::NAN])], 1, Level::DEFAULT);
        assert_eq!(bad, Err(StatError::NonFinite { index: 1 }));
    }
}
