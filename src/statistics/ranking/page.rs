//! Page's test: do the models follow an order that was predicted beforehand (by size, by copies)?

use serde::{Deserialize, Serialize};

use super::scores::TaskScores;
use crate::statistics::distribution::normal_sf;
use crate::statistics::error::StatError;
use crate::statistics::rank::doubled_mid_ranks;

/// The answer of Page's test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageTest {
    /// L = sum of j R_j, R_j the rank sum of the j-th model in the predicted order.
    pub statistic: f64,
    /// Standardised L.
    pub z: f64,
    /// One-sided p of "scores rise in the predicted order", in [0, 1].
    pub p_value: f64,
    /// Number of tasks.
    pub n_tasks: usize,
    /// Number of models.
    pub n_models: usize,
}

/// Page's trend test by its normal approximation; models stand in the predicted ascending order. O(N k log k).
///
/// # Errors
/// `TooFewModels` (fewer than three), `TooFewItems` (fewer than two tasks).
pub fn page_trend(scores: &TaskScores) -> Result<PageTest, StatError> {
    let (k, n) = (scores.n_models(), scores.n_tasks());
    if k < 3 {
        return Err(StatError::TooFewModels { needed: 3, got: k });
    }
    if n < 2 {
        return Err(StatError::TooFewItems { needed: 2, got: n });
    }
    let mut doubled = 0.0;
    for row in scores.rows() {
        for (place, rank) in doubled_mid_ranks(row).into_iter().enumerate() {
            doubled += (place + 1) as f64 * rank as f64;
        }
    }
    let statistic = 0.5 * doubled;
    let (models, tasks) = (k as f64, n as f64);
    let mean = tasks * models * (models + 1.0).powi(2) / 4.0;
    let variance = tasks * models * models * (models + 1.0) * (models * models - 1.0) / 144.0;
    let z = (statistic - mean) / variance.sqrt();
    Ok(PageTest { statistic, z, p_value: normal_sf(z), n_tasks: n, n_models: k })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_predicted_order_is_found_and_its_reverse_is_not() {
        let rising = TaskScores::new(vec![vec![0.1, 0.2, 0.3, 0.4]; 5]).unwrap();
        assert!(page_trend(&rising).unwrap().p_value < 1e-4);
        let falling = TaskScores::new(vec![vec![0.4, 0.3, 0.2, 0.1]; 5]).unwrap();
        assert!(page_trend(&falling).unwrap().p_value > 0.999);
    }
}
