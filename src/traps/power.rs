//! What so many documents could show: the power of the lottery's test for traps that a model has learnt more or less well.

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::statistics::{normal_cdf, normal_quantile, seed_for};

/// Simulated campaigns for each number.
const SIMULATIONS: u32 = 1_000;

/// Power at one strength of memory.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PowerRow {
    /// Chance that a trap scores above a control, in (0.5, 1).
    pub auc: f64,
    /// Share of simulated campaigns with p <= 0.05.
    pub power: f64,
}

/// Power for `n_groups` documents with so many controls each: scores normal, the trap's shifted so that the AUC is right.
///
/// The standard error of each power is at most 0.016 (1,000 simulations). O(groups^2 x controls) once, then O(groups x controls) each.
#[must_use]
pub fn power_table(n_groups: usize, n_controls: usize, aucs: &[f64], seed: u64) -> Vec<PowerRow> {
    let critical = critical_wins(n_groups, n_controls);
    aucs.iter()
        .map(|&auc| {
            let shift = std::f64::consts::SQRT_2 * normal_quantile(auc);
            let mut stream = ChaCha8Rng::seed_from_u64(seed_for(seed, &format!("trap power/{auc}")));
            let mut found = 0;
            for _ in 0..SIMULATIONS {
                let wins: usize = (0..n_groups)
                    .map(|_| {
                        let trap = normal_quantile(stream.random::<f64>().max(f64::MIN_POSITIVE)) + shift;
                        // A control lies below the trap with this chance, each by itself.
                        let below = normal_cdf(trap);
                        (0..n_controls).filter(|_| stream.random::<f64>() < below).count()
                    })
                    .sum();
                found += u32::from(wins >= critical);
            }
            PowerRow { auc, power: f64::from(found) / f64::from(SIMULATIONS) }
        })
        .collect()
}

/// The fewest wins over all groups whose chance without memory is at most 5 %: each group's wins are even over 0..=controls.
fn critical_wins(n_groups: usize, n_controls: usize) -> usize {
    let mut distribution = vec![1.0];
    for _ in 0..n_groups {
        // A running sum over the last n_controls + 1 entries.
        let mut next = vec![0.0; distribution.len() + n_controls];
        let mut sum = 0.0;
        for (place, entry) in next.iter_mut().enumerate() {
            sum += distribution.get(place).copied().unwrap_or_default();
            sum -=
                place.checked_sub(n_controls + 1).and_then(|left| distribution.get(left)).copied().unwrap_or_default();
            *entry = sum / (n_controls + 1) as f64;
        }
        distribution = next;
    }
    let mut tail = 0.0;
    for (wins, mass) in distribution.iter().enumerate().rev() {
        tail += mass;
        if tail > 0.05 {
            return wins + 1;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_the_level_without_memory_and_grows_with_it() {
        let rows = power_table(20, 9, &[0.5, 0.6, 0.75], 3);
        assert!((0.02..0.09).contains(&rows[0].power), "{rows:?}");
        assert!(rows[0].power < rows[1].power && rows[1].power < rows[2].power, "{rows:?}");
    }

    #[test]
    fn one_group_of_twenty_needs_all_wins_and_one_of_ten_can_never_tell() {
        assert_eq!(critical_wins(1, 19), 19);
        assert_eq!(critical_wins(1, 9), 10);
    }
}
