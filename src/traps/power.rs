//! What so many documents could show: the power of the lottery's test for traps that a model has learnt more or less well.

use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::error::TrapError;
use crate::statistics::{DrawnGroup, Level, lottery, normal_quantile, seed_for};

/// Simulated campaigns for each number.
const SIMULATIONS: u32 = 400;

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
/// The standard error of each power is at most 0.025 (400 simulations).
///
/// # Errors
/// When a test refuses finite numbers, which would be a bug.
pub fn power_table(n_groups: usize, n_controls: usize, aucs: &[f64], seed: u64) -> Result<Vec<PowerRow>, TrapError> {
    aucs.iter()
        .map(|&auc| {
            let shift = std::f64::consts::SQRT_2 * normal_quantile(auc);
            let mut stream = ChaCha8Rng::seed_from_u64(seed_for(seed, &format!("trap power/{auc}")));
            let mut normal = || normal_quantile(stream.random::<f64>().max(f64::MIN_POSITIVE));
            let mut found = 0;
            for _ in 0..SIMULATIONS {
                let groups: Vec<DrawnGroup> = (0..n_groups)
                    .map(|_| DrawnGroup {
                        drawn: normal() + shift,
                        others: (0..n_controls).map(|_| normal()).collect(),
                    })
                    .collect();
                found += u32::from(lottery(&groups, seed, Level::DEFAULT)?.p_value <= 0.05);
            }
            Ok(PowerRow { auc, power: f64::from(found) / f64::from(SIMULATIONS) })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_the_level_without_memory_and_grows_with_it() {
        let rows = power_table(20, 9, &[0.5, 0.6, 0.75], 3).unwrap();
        assert!((0.02..0.09).contains(&rows[0].power), "{rows:?}");
        assert!(rows[0].power < rows[1].power && rows[1].power < rows[2].power, "{rows:?}");
    }
}
