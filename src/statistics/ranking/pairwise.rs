//! Which pairs of models differ over tasks: Wilcoxon's test on each pair, Holm over all pairs; groups that do not differ.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::scores::TaskScores;
use crate::statistics::error::StatError;
use crate::statistics::multiplicity::{Adjustment, adjust_p_values};
use crate::statistics::paired::wilcoxon::{Wilcoxon, wilcoxon};

/// All pairs of models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairwiseTests {
    /// Pairs of model indices, first below second, in order.
    pub pairs: Vec<(usize, usize)>,
    /// Raw p-value of each pair.
    pub p_raw: Vec<f64>,
    /// Adjusted over all pairs.
    pub p_adjusted: Vec<f64>,
    /// How they were adjusted.
    pub adjustment: Adjustment,
    /// Mean score of each model.
    pub means: Vec<f64>,
    /// Mean rank of each model, 1 = highest score.
    pub average_ranks: Vec<f64>,
    /// Number of tasks.
    pub n_tasks: usize,
}

/// Wilcoxon's signed-rank test on every pair of models, adjusted over all of them; pairs in parallel.
///
/// O(k² N log N).
///
/// # Errors
/// `TooFewModels` (fewer than two); `InvalidParameter` when `settings` ask for an exact test on too many tasks.
pub fn pairwise_wilcoxon(
    scores: &TaskScores,
    settings: &Wilcoxon,
    adjustment: Adjustment,
) -> Result<PairwiseTests, StatError> {
    let k = scores.n_models();
    if k < 2 {
        return Err(StatError::TooFewModels { needed: 2, got: k });
    }
    let columns: Vec<Vec<f64>> = (0..k).map(|model| scores.of_model(model)).collect();
    let pairs: Vec<(usize, usize)> =
        (0..k).flat_map(|first| (first + 1..k).map(move |second| (first, second))).collect();
    let p_raw = pairs
        .par_iter()
        .map(|&(first, second)| wilcoxon(&columns[first], &columns[second], settings).map(|test| test.p_value))
        .collect::<Result<Vec<f64>, StatError>>()?;
    let wrapped: Vec<Option<f64>> = p_raw.iter().copied().map(Some).collect();
    let p_adjusted = adjust_p_values(&wrapped, adjustment)?.into_iter().flatten().collect();
    Ok(PairwiseTests {
        pairs,
        p_raw,
        p_adjusted,
        adjustment,
        means: scores.means(),
        average_ranks: scores.average_ranks(),
        n_tasks: scores.n_tasks(),
    })
}

/// Between which places a model stands, by what the tests tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankRange {
    /// 1 + number of models that are significantly better.
    pub best: usize,
    /// k - number of models that are significantly worse.
    pub worst: usize,
}

impl PairwiseTests {
    /// Whether two models differ at `alpha` after adjustment; false for a model and itself.
    #[must_use]
    pub fn is_significant(&self, first: usize, second: usize, alpha: f64) -> bool {
        let wanted = (first.min(second), first.max(second));
        let place = self.pairs.iter().position(|pair| *pair == wanted);
        place.is_some_and(|place| self.p_adjusted[place] < alpha)
    }

    /// The places of each model, better meaning a higher mean score.
    ///
    /// # Errors
    /// `InvalidParameter` unless 0 < `alpha` < 1.
    pub fn rank_ranges(&self, alpha: f64) -> Result<Vec<RankRange>, StatError> {
        check_alpha(alpha)?;
        let k = self.means.len();
        let mut ranges = vec![RankRange { best: 1, worst: k }; k];
        for (&(first, second), &p) in self.pairs.iter().zip(&self.p_adjusted) {
            if p < alpha {
                let (better, worse) =
                    if self.means[first] > self.means[second] { (first, second) } else { (second, first) };
                ranges[worse].best += 1;
                ranges[better].worst -= 1;
            }
        }
        Ok(ranges)
    }

    /// Maximal runs of models, consecutive by mean rank, in which no pair differs: the bars of a critical-difference diagram.
    /// Runs of one model are left out.
    ///
    /// # Errors
    /// `InvalidParameter` unless 0 < `alpha` < 1.
    pub fn cliques(&self, alpha: f64) -> Result<Vec<Vec<usize>>, StatError> {
        check_alpha(alpha)?;
        let k = self.means.len();
        let mut order: Vec<usize> = (0..k).collect();
        order.sort_by(|&a, &b| self.average_ranks[a].total_cmp(&self.average_ranks[b]).then(a.cmp(&b)));
        let mut differs = vec![false; k * k];
        for (&(first, second), &p) in self.pairs.iter().zip(&self.p_adjusted) {
            differs[first * k + second] = p < alpha;
            differs[second * k + first] = p < alpha;
        }
        let mut cliques: Vec<Vec<usize>> = Vec::new();
        let mut reached = 0;
        for start in 0..k {
            let mut end = start + 1;
            while end < k && order[start..end].iter().all(|&other| !differs[other * k + order[end]]) {
                end += 1;
            }
            // A run that ends no later than an earlier one lies inside it.
            if end > reached && end - start > 1 {
                cliques.push(order[start..end].to_vec());
            }
            reached = reached.max(end);
        }
        Ok(cliques)
    }
}

pub(crate) fn check_alpha(alpha: f64) -> Result<(), StatError> {
    if alpha > 0.0 && alpha < 1.0 {
        Ok(())
    } else {
        Err(StatError::invalid("alpha", format!("must lie strictly between 0 and 1, got {alpha}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(n_tasks: usize) -> TaskScores {
        let rows = (0..n_tasks)
            .map(|task| {
                let wave = (task as f64 * 0.7).sin() * 0.05;
                vec![0.3 + wave, 0.31 - wave, 0.6 + wave, 0.9]
            })
            .collect();
        TaskScores::new(rows).unwrap()
    }

    #[test]
    fn models_that_do_not_differ_share_a_bar_and_their_places() {
        let tests = pairwise_wilcoxon(&table(30), &Wilcoxon::default(), Adjustment::Holm).unwrap();
        let cliques = tests.cliques(0.05).unwrap();
        assert_eq!(cliques.len(), 1);
        let mut bar = cliques[0].clone();
        bar.sort_unstable();
        assert_eq!(bar, [0, 1]);
        let ranges = tests.rank_ranges(0.05).unwrap();
        assert_eq!(ranges[3], RankRange { best: 1, worst: 1 });
        assert_eq!(ranges[0], RankRange { best: 3, worst: 4 });
        assert!(
            tests.is_significant(3, 0, 0.05) && !tests.is_significant(1, 0, 0.05) && !tests.is_significant(2, 2, 0.05)
        );
    }

    #[test]
    fn only_maximal_bars_are_drawn() {
        let tests = pairwise_wilcoxon(&table(3), &Wilcoxon::default(), Adjustment::Holm).unwrap();
        // Three tasks can tell nothing apart: one bar over all.
        assert_eq!(tests.cliques(0.05).unwrap().len(), 1);
        assert_eq!(tests.cliques(0.05).unwrap()[0].len(), 4);
    }

    #[test]
    fn one_model_and_bad_levels_are_refused() {
        let single = TaskScores::new(vec![vec![0.5], vec![0.6]]).unwrap();
        let error = pairwise_wilcoxon(&single, &Wilcoxon::default(), Adjustment::Holm).unwrap_err();
        assert_eq!(error, StatError::TooFewModels { needed: 2, got: 1 });
        let tests = pairwise_wilcoxon(&table(5), &Wilcoxon::default(), Adjustment::Holm).unwrap();
        assert_eq!(tests.rank_ranges(1.0).unwrap_err().kind(), "InvalidParameter");
    }
}
