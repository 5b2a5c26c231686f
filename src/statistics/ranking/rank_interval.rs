//! Between which places a model stands, by resampling the tasks (or items) of the table.

use serde::{Deserialize, Serialize};

use super::scores::{TaskScores, doubled_ranks_from_the_top};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};
use crate::statistics::resample::stream::{
    Bootstrap, check_index_matrix, draw_index, quantile_type7, replicates, sort_ascending,
};

/// The resampled place of each model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankBootstrap {
    /// Percentile interval of each model's rank; a rank may lie half-way where models tie.
    pub intervals: Vec<Interval>,
    /// Share of resamples in which no model was better; ties count for all of them, so that the shares may sum to more
    /// than 1.
    pub p_best: Vec<f64>,
    /// Mean rank over resamples.
    pub mean_rank: Vec<f64>,
    /// Number of tasks.
    pub n_tasks: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed; `None` when the resamples were given.
    pub seed: Option<u64>,
}

/// Bootstrap of the ranks by mean score, tasks resampled; means are rounded to 12 digits of the largest before ranking.
///
/// O(resamples x N k).
///
/// # Errors
/// `InvalidParameter` (fewer than two resamples).
pub fn rank_bootstrap(scores: &TaskScores, settings: &Bootstrap) -> Result<RankBootstrap, StatError> {
    settings.check()?;
    let n = scores.n_tasks();
    let made = replicates(settings, || (), |(), random| ranks(scores, (0..n).map(|_| draw_index(random, n))));
    Ok(summary(scores, &made, settings.level, Some(settings.seed)))
}

/// The same with the resamples given: one row of task indices for each.
///
/// # Errors
/// `InvalidParameter` when a row does not fit the tasks.
pub fn rank_bootstrap_from_indices(
    scores: &TaskScores,
    indices: &[Vec<usize>],
    level: Level,
) -> Result<RankBootstrap, StatError> {
    check_index_matrix(indices, scores.n_tasks())?;
    let made: Vec<Vec<u64>> = indices.iter().map(|row| ranks(scores, row.iter().copied())).collect();
    Ok(summary(scores, &made, level, None))
}

/// Doubled ranks of the models over the drawn tasks.
fn ranks(scores: &TaskScores, drawn: impl Iterator<Item = usize>) -> Vec<u64> {
    let mut sums = vec![0.0; scores.n_models()];
    for task in drawn {
        for (sum, score) in sums.iter_mut().zip(&scores.rows()[task]) {
            *sum += score;
        }
    }
    let n = scores.n_tasks() as f64;
    let largest = sums.iter().fold(0.0_f64, |largest, sum| largest.max((sum / n).abs()));
    let unit = largest * 1e-12;
    let rounded: Vec<f64> = sums.iter().map(|sum| if unit > 0.0 { (sum / n / unit).round() } else { 0.0 }).collect();
    doubled_ranks_from_the_top(&rounded)
}

fn summary(scores: &TaskScores, made: &[Vec<u64>], level: Level, seed: Option<u64>) -> RankBootstrap {
    let tail = 0.5 * level.alpha();
    let count = made.len() as f64;
    let mut p_best = vec![0.0; scores.n_models()];
    for ranks in made {
        let best = ranks.iter().min();
        for (share, rank) in p_best.iter_mut().zip(ranks) {
            if Some(rank) == best {
                *share += 1.0 / count;
            }
        }
    }
    let mut intervals = Vec::new();
    let mut mean_rank = Vec::new();
    for model in 0..scores.n_models() {
        let mut of_model: Vec<f64> = made.iter().map(|ranks| ranks[model] as f64 / 2.0).collect();
        mean_rank.push(of_model.iter().sum::<f64>() / count);
        sort_ascending(&mut of_model);
        intervals.push(Interval::new(
            quantile_type7(&of_model, tail),
            quantile_type7(&of_model, 1.0 - tail),
            level,
            "bootstrap_percentile",
        ));
    }
    RankBootstrap { intervals, p_best, mean_rank, n_tasks: scores.n_tasks(), resamples: made.len(), seed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_that_always_wins_is_first_in_every_resample() {
        let scores =
            TaskScores::new((0..10).map(|task| vec![f64::from(task), f64::from(task) + 1.0]).collect()).unwrap();
        let found = rank_bootstrap(&scores, &Bootstrap { resamples: 200, ..Bootstrap::default() }).unwrap();
        assert!((found.p_best[1] - 1.0).abs() < 1e-9 && found.p_best[0] <= 0.0);
        assert!(found.intervals[1].width() <= 0.0);
    }

    #[test]
    fn a_row_of_another_length_is_refused() {
        let scores = TaskScores::new(vec![vec![0.1, 0.2]; 3]).unwrap();
        let error = rank_bootstrap_from_indices(&scores, &[vec![0, 1], vec![0, 1, 2]], Level::DEFAULT).unwrap_err();
        assert_eq!(error.kind(), "InvalidParameter");
    }
}
