//! Friedman's test: do the models differ at all, over tasks?

use serde::{Deserialize, Serialize};

use super::scores::TaskScores;
use crate::statistics::distribution::{chi_squared_sf, f_sf};
use crate::statistics::error::StatError;
use crate::statistics::estimate::Flag;
use crate::statistics::extended_float;

/// The answer of Friedman's test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FriedmanTest {
    /// Mean rank of each model, 1 = highest score.
    pub average_ranks: Vec<f64>,
    /// Friedman's chi-squared, corrected for ties.
    pub chi_squared: f64,
    /// k - 1.
    pub degrees_of_freedom: f64,
    /// p of the chi-squared approximation.
    pub p_value: f64,
    /// Iman & Davenport's F, which is closer to its nominal level: the one to print. Infinite when every task orders the
    /// models alike.
    #[serde(with = "extended_float")]
    pub iman_davenport_f: f64,
    /// Its degrees of freedom, k - 1 and (k - 1)(N - 1).
    pub iman_davenport_df: (f64, f64),
    /// Its p-value.
    pub iman_davenport_p: f64,
    /// Kendall's W, agreement of the tasks, in [0, 1].
    pub kendall_w: f64,
    /// Number of tasks.
    pub n_tasks: usize,
    /// Number of models.
    pub n_models: usize,
    /// `all_equal` when no task tells the models apart.
    pub flags: Vec<Flag>,
}

/// Friedman's test over tasks. O(N k log k).
///
/// # Errors
/// `TooFewModels` (fewer than three), `TooFewItems` (fewer than two tasks).
pub fn friedman(scores: &TaskScores) -> Result<FriedmanTest, StatError> {
    let (k, n) = (scores.n_models(), scores.n_tasks());
    if k < 3 {
        return Err(StatError::TooFewModels { needed: 3, got: k });
    }
    if n < 2 {
        return Err(StatError::TooFewItems { needed: 2, got: n });
    }
    let average_ranks = scores.average_ranks();
    let (models, tasks) = (k as f64, n as f64);
    let middle = 0.5 * (models + 1.0);
    let between: f64 = average_ranks.iter().map(|rank| (rank - middle).powi(2)).sum::<f64>() * tasks * tasks;
    let correction = 1.0 - scores.tie_cubes() / (tasks * models * (models * models - 1.0));
    let df = (models - 1.0, (models - 1.0) * (tasks - 1.0));
    let mut test = FriedmanTest {
        average_ranks,
        chi_squared: 0.0,
        degrees_of_freedom: df.0,
        p_value: 1.0,
        iman_davenport_f: 0.0,
        iman_davenport_df: df,
        iman_davenport_p: 1.0,
        kendall_w: 0.0,
        n_tasks: n,
        n_models: k,
        flags: Vec::new(),
    };
    if correction <= 0.0 {
        test.flags.push(Flag::AllEqual);
        return Ok(test);
    }
    test.chi_squared = 12.0 * between / (tasks * models * (models + 1.0)) / correction;
    test.p_value = chi_squared_sf(test.chi_squared, df.0);
    let room = tasks * df.0 - test.chi_squared;
    test.iman_davenport_f =
        if room <= 1e-12 * tasks * df.0 { f64::INFINITY } else { (tasks - 1.0) * test.chi_squared / room };
    test.iman_davenport_p =
        if test.iman_davenport_f.is_infinite() { 0.0 } else { f_sf(test.iman_davenport_f, df.0, df.1) };
    test.kendall_w = test.chi_squared / (tasks * df.0);
    Ok(test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_agreement_has_no_end_and_none_has_no_effect() {
        let rows = vec![vec![0.1, 0.5, 0.9]; 6];
        let test = friedman(&TaskScores::new(rows).unwrap()).unwrap();
        assert!(test.iman_davenport_f.is_infinite() && (test.kendall_w - 1.0).abs() < 1e-12);
        let equal = friedman(&TaskScores::new(vec![vec![0.5; 4]; 3]).unwrap()).unwrap();
        assert_eq!(equal.flags, vec![Flag::AllEqual]);
        assert!((equal.p_value - 1.0).abs() < 1e-15);
    }

    #[test]
    fn too_few_models_come_before_too_few_tasks() {
        let table = |rows: Vec<Vec<f64>>| friedman(&TaskScores::new(rows).unwrap()).unwrap_err();
        assert_eq!(table(vec![vec![0.1, 0.2]]), StatError::TooFewModels { needed: 3, got: 2 });
        assert_eq!(table(vec![vec![0.1, 0.2, 0.3]]), StatError::TooFewItems { needed: 2, got: 1 });
    }
}
