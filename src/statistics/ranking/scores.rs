//! Scores of models by task: the table that rankings are made of.

use crate::statistics::error::StatError;
use crate::statistics::rank::{doubled_mid_ranks, tie_sizes};

/// A complete table of finite scores, tasks by models; higher is better.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskScores {
    rows: Vec<Vec<f64>>,
    n_models: usize,
}

impl TaskScores {
    /// Checks that the table is complete.
    ///
    /// # Errors
    /// `EmptyInput`, `LengthMismatch` (a task with another number of models), `NonFinite` (index of the task).
    pub fn new(rows: Vec<Vec<f64>>) -> Result<Self, StatError> {
        let n_models = match rows.first() {
            Some(first) if !first.is_empty() => first.len(),
            _ => return Err(StatError::EmptyInput),
        };
        if let Some(other) = rows.iter().find(|row| row.len() != n_models) {
            return Err(StatError::LengthMismatch { left: n_models, right: other.len() });
        }
        if let Some(index) = rows.iter().position(|row| row.iter().any(|score| !score.is_finite())) {
            return Err(StatError::NonFinite { index });
        }
        Ok(Self { rows, n_models })
    }

    /// Number of tasks, at least 1.
    #[must_use]
    pub fn n_tasks(&self) -> usize {
        self.rows.len()
    }

    /// Number of models, at least 1.
    #[must_use]
    pub fn n_models(&self) -> usize {
        self.n_models
    }

    /// The scores, task by task.
    #[must_use]
    pub fn rows(&self) -> &[Vec<f64>] {
        &self.rows
    }

    /// One model's scores, by task.
    #[must_use]
    pub fn of_model(&self, model: usize) -> Vec<f64> {
        self.rows.iter().map(|row| row[model]).collect()
    }

    /// Mean score of each model: every task weighs the same.
    #[must_use]
    pub fn means(&self) -> Vec<f64> {
        (0..self.n_models)
            .map(|model| self.rows.iter().map(|row| row[model]).sum::<f64>() / self.rows.len() as f64)
            .collect()
    }

    /// Mean rank of each model over tasks; rank 1 is the highest score, ties share theirs.
    #[must_use]
    pub fn average_ranks(&self) -> Vec<f64> {
        let mut doubled = vec![0_u64; self.n_models];
        for row in &self.rows {
            for (sum, rank) in doubled.iter_mut().zip(doubled_ranks_from_the_top(row)) {
                *sum += rank;
            }
        }
        doubled.into_iter().map(|sum| sum as f64 / (2.0 * self.rows.len() as f64)).collect()
    }

    /// Sum of t³ - t over all groups of equal scores inside tasks.
    pub(crate) fn tie_cubes(&self) -> f64 {
        let sizes = self.rows.iter().flat_map(|row| tie_sizes(row));
        sizes.map(|size| size as f64).map(|t| t * t * t - t).sum()
    }
}

/// Twice the mid-ranks, 1 for the highest.
pub(crate) fn doubled_ranks_from_the_top(scores: &[f64]) -> Vec<u64> {
    let negated: Vec<f64> = scores.iter().map(|score| -score).collect();
    doubled_mid_ranks(&negated)
}
