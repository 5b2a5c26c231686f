//! Hits beyond guessing: what a model knows that earlier values do not tell.

use serde::{Deserialize, Serialize};

use super::hit::{Tolerance, is_hit};
use super::{mean, share};

/// A model beside one baseline on the same items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BaselineComparison {
    /// Name of the baseline.
    pub name: String,
    /// g: its share of hits at the same tolerance.
    pub hit_baseline: f64,
    /// Its mean |e|.
    pub mae_baseline: f64,
    /// 1 - MAE / MAE of the baseline over the items that the model answered, at most 1; `None` without an answer or for a
    /// baseline without error.
    pub skill: Option<f64>,
    /// Share of answered items on which the model is strictly closer; `None` without an answer.
    pub share_closer: Option<f64>,
    /// (h - g)/(1 - g), at most 1: above 0 more than guessing, 1 all that can be known beyond it. `None` at g = 1.
    pub guessability_adjusted: Option<f64>,
}

/// A model beside all baselines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guessability {
    /// h: the model's share of hits over all items asked; without an answer there is no hit.
    pub hit_model: f64,
    /// In the order given.
    pub baselines: Vec<BaselineComparison>,
    /// Place of the strongest in `baselines`: the largest hit share; of equal ones the smaller MAE; of equal ones the first.
    pub strongest: usize,
    /// Items.
    pub n: usize,
}

impl Guessability {
    /// The strongest baseline. Picked before the cutoff and kept after it: hand its name to [`Guessability::against`] there.
    #[must_use]
    pub fn strongest(&self) -> &BaselineComparison {
        &self.baselines[self.strongest]
    }

    /// A: recall beyond the strongest baseline; `None` where that always hits.
    #[must_use]
    pub fn adjusted_recall(&self) -> Option<f64> {
        self.strongest().guessability_adjusted
    }

    /// The comparison with the baseline of that name.
    #[must_use]
    pub fn against(&self, name: &str) -> Option<&BaselineComparison> {
        self.baselines.iter().find(|comparison| comparison.name == name)
    }
}

/// Compares answers with baselines on the same items; `baselines` are names with one prediction an item. O(items x baselines).
///
/// `None` without an item or a baseline, where a baseline has another number of items, or where a truth or a prediction is
/// not finite.
#[must_use]
pub fn guessability(
    truth: &[f64],
    answers: &[Option<f64>],
    baselines: &[(&str, &[f64])],
    tolerance: Tolerance,
) -> Option<Guessability> {
    let n = truth.len();
    let is_usable = |column: &[f64]| column.len() == n && column.iter().all(|value| value.is_finite());
    if n == 0 || answers.len() != n || !is_usable(truth) || !baselines.iter().all(|(_, column)| is_usable(column)) {
        return None;
    }
    let hit_model =
        share(answers.iter().zip(truth).map(|(answer, y)| answer.is_some_and(|answer| is_hit(answer, *y, tolerance))))?;
    let answered: Vec<(usize, f64)> = answers
        .iter()
        .zip(truth)
        .enumerate()
        .filter_map(|(row, (answer, y))| Some((row, (answer.filter(|answer| answer.is_finite())? - y).abs())))
        .collect();
    let mae_model = mean(answered.iter().map(|(_, size)| *size));
    let compare = |(name, column): &(&str, &[f64])| -> Option<BaselineComparison> {
        let sizes: Vec<f64> = column.iter().zip(truth).map(|(b, y)| (b - y).abs()).collect();
        let hit_baseline = share(column.iter().zip(truth).map(|(b, y)| is_hit(*b, *y, tolerance)))?;
        let on_answered = mean(answered.iter().map(|(row, _)| sizes[*row]));
        let skill = mae_model.zip(on_answered).filter(|(_, baseline)| *baseline > 0.0).map(|(own, b)| 1.0 - own / b);
        Some(BaselineComparison {
            name: (*name).to_owned(),
            hit_baseline,
            mae_baseline: mean(sizes.iter().copied())?,
            skill,
            share_closer: share(answered.iter().map(|(row, size)| *size < sizes[*row])),
            guessability_adjusted: (hit_baseline < 1.0).then(|| (hit_model - hit_baseline) / (1.0 - hit_baseline)),
        })
    };
    let baselines: Vec<BaselineComparison> = baselines.iter().map(compare).collect::<Option<_>>()?;
    let is_stronger = |candidate: &BaselineComparison, best: &BaselineComparison| {
        let by_hits = candidate.hit_baseline.total_cmp(&best.hit_baseline);
        by_hits.then(best.mae_baseline.total_cmp(&candidate.mae_baseline)).is_gt()
    };
    let strongest = (1..baselines.len())
        .fold(0, |best, next| if is_stronger(&baselines[next], &baselines[best]) { next } else { best });
    (!baselines.is_empty()).then_some(Guessability { hit_model, baselines, strongest, n })
}

/// Hits beyond the baseline's, before and after the cutoff.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ExcessHits {
    /// Mean of hit - baseline hit before, in [-1, 1].
    pub pre: f64,
    /// The same after.
    pub post: f64,
    /// pre - post, in [-2, 2]: above 0 where the advantage ends with the training data.
    pub did: f64,
}

/// Mean excess of pairs (model hit, baseline hit) on either side of the cutoff, and their difference; `None` with an empty
/// side. For its interval hand each item's excess to [`cluster_contrast`](crate::statistics::cluster_contrast).
#[must_use]
pub fn excess_hits(pre: &[(bool, bool)], post: &[(bool, bool)]) -> Option<ExcessHits> {
    let excess = |pairs: &[(bool, bool)]| {
        mean(pairs.iter().map(|(model, baseline)| f64::from(i8::from(*model) - i8::from(*baseline))))
    };
    let (pre, post) = (excess(pre)?, excess(post)?);
    Some(ExcessHits { pre, post, did: pre - post })
}

/// One item's advantage over the baseline: (|b - y| - |p - y|) over the series' baseline MAE; above 0 where the model is
/// closer. `None` for a baseline without error or values that are not finite.
#[must_use]
pub fn scaled_excess(truth: f64, answer: f64, baseline: f64, mae_baseline: f64) -> Option<f64> {
    let excess = ((baseline - truth).abs() - (answer - truth).abs()) / mae_baseline;
    Some(excess).filter(|excess| excess.is_finite() && mae_baseline > 0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLOSE: Tolerance = Tolerance::Absolute(0.1);

    #[test]
    fn an_oracle_knows_all_that_cannot_be_guessed() {
        let truth = [1.0, 2.0, 3.0, 4.0];
        let last = [0.0, 1.0, 3.0, 3.0];
        let oracle: Vec<Option<f64>> = truth.iter().copied().map(Some).collect();
        let found = guessability(&truth, &oracle, &[("last", &last)], CLOSE).unwrap();
        assert_eq!((found.hit_model, found.adjusted_recall()), (1.0, Some(1.0)));
        assert_eq!((found.strongest().skill, found.strongest().share_closer), (Some(1.0), Some(0.75)));
    }

    #[test]
    fn who_answers_the_previous_value_knows_nothing() {
        let truth = [1.0, 1.0, 3.0, 4.0];
        let last = [0.0, 1.0, 1.0, 3.0];
        let same: Vec<Option<f64>> = last.iter().copied().map(Some).collect();
        let found = guessability(&truth, &same, &[("last", &last)], CLOSE).unwrap();
        assert_eq!((found.adjusted_recall(), found.strongest().skill), (Some(0.0), Some(0.0)));
        assert_eq!(found.strongest().share_closer, Some(0.0));
    }

    #[test]
    fn of_equal_hits_the_closer_baseline_is_the_stronger() {
        let truth = [1.0, 2.0];
        let (far, near, better) = ([1.0, 9.0], [1.0, 2.5], [1.0, 2.0]);
        let answers = [Some(1.0), None];
        let of = |baselines: &[(&str, &[f64])]| guessability(&truth, &answers, baselines, CLOSE).unwrap();
        assert_eq!(of(&[("far", &far), ("near", &near)]).strongest().name, "near");
        assert_eq!(of(&[("near", &near), ("again", &near)]).strongest().name, "near");
        let perfect = of(&[("near", &near), ("better", &better)]);
        assert_eq!((perfect.strongest().name.as_str(), perfect.adjusted_recall()), ("better", None));
        assert!(perfect.against("near").is_some() && perfect.against("gone").is_none());
    }

    #[test]
    fn without_an_answer_there_is_no_hit_and_no_error() {
        let found = guessability(&[1.0, 2.0], &[None, None], &[("last", &[1.0, 1.0])], CLOSE).unwrap();
        let against = found.strongest();
        assert_eq!((found.hit_model, against.skill, against.share_closer), (0.0, None, None));
        assert_eq!(against.guessability_adjusted, Some(-1.0));
        assert_eq!(guessability(&[], &[], &[("last", &[])], CLOSE), None);
        assert_eq!(guessability(&[1.0], &[None], &[], CLOSE), None);
    }

    #[test]
    fn the_difference_of_differences_is_counted_by_hand() {
        let found = excess_hits(&[(true, false), (true, true)], &[(false, false), (false, true)]).unwrap();
        assert_eq!((found.pre, found.post, found.did), (0.5, -0.5, 1.0));
        assert_eq!(excess_hits(&[], &[(true, true)]), None);
        assert_eq!(scaled_excess(2.0, 2.0, 1.0, 0.5), Some(2.0));
        assert_eq!(scaled_excess(2.0, 2.0, 1.0, 0.0), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn recall_beyond_guessing_and_skill_never_exceed_one(
            rows in proptest::collection::vec((0_i8..9, proptest::option::of(0_i8..9), 0_i8..9), 1..30),
        ) {
            let truth: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let answers: Vec<Option<f64>> = rows.iter().map(|row| row.1.map(f64::from)).collect();
            let guess: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            let found = guessability(&truth, &answers, &[("guess", &guess)], CLOSE).unwrap();
            prop_assert!(found.adjusted_recall().is_none_or(|recall| recall <= 1.0));
            prop_assert!(found.strongest().skill.is_none_or(|skill| skill <= 1.0));
        }
    }
}
