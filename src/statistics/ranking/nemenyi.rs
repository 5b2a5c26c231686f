//! Nemenyi's test: by how much must mean ranks differ.
//!
//! It depends on which other models are in the table: adding weak ones can change what is significant between strong ones
//! (Benavoli, Corani & Mangili 2016). The default of the house is `pairwise`.

use serde::{Deserialize, Serialize};

use super::scores::TaskScores;
use crate::statistics::distribution::{studentized_range_sf, studentized_range_upper_quantile};
use crate::statistics::error::StatError;

/// The answer of Nemenyi's test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NemenyiTest {
    /// Mean ranks further apart than this differ significantly.
    pub critical_difference: f64,
    /// Quantile of the studentised range over sqrt 2.
    pub q: f64,
    /// p-value of each pair of models.
    pub p_matrix: Vec<Vec<f64>>,
    /// Mean rank of each model, 1 = highest score.
    pub average_ranks: Vec<f64>,
    /// Number of tasks.
    pub n_tasks: usize,
}

/// Quantile for k models: studentised range with infinite degrees of freedom, over sqrt 2. `alpha` in (0, 1).
///
/// # Errors
/// `InvalidParameter` (`alpha`), `TooFewModels`.
pub fn nemenyi_q(n_models: usize, alpha: f64) -> Result<f64, StatError> {
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(StatError::invalid("alpha", format!("must lie strictly between 0 and 1, got {alpha}")));
    }
    if n_models < 2 {
        return Err(StatError::TooFewModels { needed: 2, got: n_models });
    }
    let k = u32::try_from(n_models).unwrap_or(u32::MAX);
    Ok(studentized_range_upper_quantile(alpha, k) / std::f64::consts::SQRT_2)
}

/// Nemenyi's test over tasks. O(k²).
///
/// # Errors
/// `InvalidParameter` (`alpha`), `TooFewModels` (fewer than two), `TooFewItems` (fewer than two tasks).
pub fn nemenyi(scores: &TaskScores, alpha: f64) -> Result<NemenyiTest, StatError> {
    let (k, n) = (scores.n_models(), scores.n_tasks());
    let q = nemenyi_q(k, alpha)?;
    if n < 2 {
        return Err(StatError::TooFewItems { needed: 2, got: n });
    }
    let models = k as f64;
    let error = (models * (models + 1.0) / (6.0 * n as f64)).sqrt();
    let average_ranks = scores.average_ranks();
    let size = u32::try_from(k).unwrap_or(u32::MAX);
    let p = |gap: f64| studentized_range_sf(gap.abs() / error * std::f64::consts::SQRT_2, size);
    let mut p_matrix = vec![vec![1.0; k]; k];
    for row in 0..k {
        for column in 0..row {
            let value = p(average_ranks[row] - average_ranks[column]);
            p_matrix[row][column] = value;
            p_matrix[column][row] = value;
        }
    }
    Ok(NemenyiTest { critical_difference: q * error, q, p_matrix, average_ranks, n_tasks: n })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_at_the_critical_difference_has_p_alpha() {
        let q = nemenyi_q(7, 0.05).unwrap();
        assert!((studentized_range_sf(q * std::f64::consts::SQRT_2, 7) - 0.05).abs() < 1e-10);
    }

    #[test]
    fn bad_levels_and_lonely_models_are_refused() {
        assert_eq!(nemenyi_q(5, 0.0).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(nemenyi_q(1, 0.05), Err(StatError::TooFewModels { needed: 2, got: 1 }));
    }
}
