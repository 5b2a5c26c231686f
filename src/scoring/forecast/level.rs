//! Answers to one series: errors over what was answered, shares over answered and over asked.
//!
//! Never average a percentage error over series; a growth rate near 0 has none worth quoting.

use serde::{Deserialize, Serialize};

use super::hit::{Tolerance, is_hit};
use super::{mean, median, share, sign_of_change};

/// Below this share of answers, what is said of the answered alone is about a selection.
pub const FEW_ANSWERED: f64 = 0.95;

/// What came back for one period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum LevelAnswer {
    /// A number in the unit of the series.
    Value {
        /// It.
        value: f64,
        /// A phrase of not knowing stood beside it.
        is_hedged: bool,
    },
    /// A range, taken at its middle; counts as answered.
    Range {
        /// Its middle.
        value: f64,
    },
    /// The model declined.
    Refusal,
    /// No number could be read.
    Unparseable,
    /// No answer arrived: left out of everything and counted.
    Error,
}

impl LevelAnswer {
    /// The number, where there is one.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Value { value, .. } | Self::Range { value } => Some(value),
            Self::Refusal | Self::Unparseable | Self::Error => None,
        }
    }
}

/// One period of a series with its answer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelItem {
    /// The published value.
    pub truth: f64,
    /// The one before; `None` at the beginning.
    pub previous_truth: Option<f64>,
    /// What "at or above" is held against; e.g. the median of the history.
    pub threshold: Option<f64>,
    /// What came back.
    pub answer: LevelAnswer,
}

/// When an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelRule {
    /// Decimals as published.
    pub published_decimals: i32,
    /// In the unit of the series.
    pub absolute_tolerance: f64,
    /// Share of the truth.
    pub relative_tolerance: f64,
}

/// What the answers to one series are worth. `_answered` is over answered items; `_all` over asked ones, where a refusal
/// and what could not be read are misses.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct LevelMetrics {
    /// Items asked, without errors.
    pub n: usize,
    /// Values and ranges.
    pub n_answered: usize,
    /// Items left out because no answer arrived.
    pub n_errors: usize,
    /// Over asked, as the three that follow.
    pub refusal_share: Option<f64>,
    pub unparseable_share: Option<f64>,
    pub range_share: Option<f64>,
    /// Values beside a phrase of not knowing.
    pub hedged_share: Option<f64>,
    /// Mean |e|, e = answer - truth.
    pub mae: Option<f64>,
    /// Root of the mean e².
    pub rmse: Option<f64>,
    /// Mean e; above 0: too high.
    pub bias: Option<f64>,
    /// Median |e|.
    pub median_ae: Option<f64>,
    /// 100 mean |e/y|, over answered items whose truth is not 0.
    pub mape_pct: Option<f64>,
    /// 100 median |e/y|, over the same.
    pub median_ape_pct: Option<f64>,
    /// Answered items left out of the two because their truth is 0.
    pub n_zero_truths: usize,
    /// Largest |e|.
    pub max_ae: Option<f64>,
    /// Equal after rounding to the published decimals.
    pub exact_share_answered: Option<f64>,
    pub within_abs_share_answered: Option<f64>,
    pub within_rel_share_answered: Option<f64>,
    /// Sign of the change from the previous truth, over answered items that have one; 0 matches 0 alone.
    pub directional_accuracy: Option<f64>,
    /// Same side of the threshold (at it counts as above), over answered items that have one.
    pub threshold_accuracy: Option<f64>,
    pub exact_share_all: Option<f64>,
    pub within_abs_share_all: Option<f64>,
    pub within_rel_share_all: Option<f64>,
}

impl LevelMetrics {
    /// Answered over asked; `None` where nothing was asked.
    #[must_use]
    pub fn answered_share(&self) -> Option<f64> {
        (self.n > 0).then(|| self.n_answered as f64 / self.n as f64)
    }

    /// Whether so few were answered that the answered alone are a selection.
    #[must_use]
    pub fn is_selected(&self) -> bool {
        self.answered_share().is_some_and(|share| share < FEW_ANSWERED)
    }
}

/// All of them at once. A number that is not finite counts as unparseable. O(n log n).
#[must_use]
pub fn level_metrics(items: &[LevelItem], rule: &LevelRule) -> LevelMetrics {
    let asked: Vec<&LevelItem> = items.iter().filter(|item| item.answer != LevelAnswer::Error).collect();
    let answered: Vec<(f64, &LevelItem)> =
        asked.iter().filter_map(|item| Some((item.answer.value().filter(|value| value.is_finite())?, *item))).collect();
    let n_refused = asked.iter().filter(|item| item.answer == LevelAnswer::Refusal).count();
    let of_asked = |count: usize| (!asked.is_empty()).then(|| count as f64 / asked.len() as f64);
    let count = |wanted: fn(&LevelAnswer) -> bool| answered.iter().filter(|(_, item)| wanted(&item.answer)).count();
    let errors: Vec<f64> = answered.iter().map(|(answer, item)| answer - item.truth).collect();
    let sizes: Vec<f64> = errors.iter().map(|error| error.abs()).collect();
    let percentages: Vec<f64> = answered
        .iter()
        .zip(&errors)
        .filter(|((_, item), _)| item.truth.abs() > 0.0)
        .map(|((_, item), error)| 100.0 * (error / item.truth).abs())
        .collect();
    let hits =
        |tolerance: Tolerance| share(answered.iter().map(|(answer, item)| is_hit(*answer, item.truth, tolerance)));
    let exact = hits(Tolerance::Exact { decimals: rule.published_decimals });
    let within_abs = hits(Tolerance::Absolute(rule.absolute_tolerance));
    let within_rel = hits(Tolerance::Relative(rule.relative_tolerance));
    let answered_share = of_asked(answered.len());
    // Nothing answered: all missed.
    let over_all = |share: Option<f64>| answered_share.map(|answered| share.unwrap_or(0.0) * answered);
    let same_direction = answered.iter().filter_map(|(answer, item)| {
        let before = item.previous_truth?;
        Some(sign_of_change(before, *answer) == sign_of_change(before, item.truth))
    });
    let same_side = answered
        .iter()
        .filter_map(|(answer, item)| Some((*answer >= item.threshold?) == (item.truth >= item.threshold?)));
    LevelMetrics {
        n: asked.len(),
        n_answered: answered.len(),
        n_errors: items.len() - asked.len(),
        refusal_share: of_asked(n_refused),
        unparseable_share: of_asked(asked.len() - answered.len() - n_refused),
        range_share: of_asked(count(|answer| matches!(answer, LevelAnswer::Range { .. }))),
        hedged_share: of_asked(count(|answer| matches!(answer, LevelAnswer::Value { is_hedged: true, .. }))),
        mae: mean(sizes.iter().copied()),
        rmse: mean(errors.iter().map(|error| error * error)).map(f64::sqrt),
        bias: mean(errors.iter().copied()),
        max_ae: sizes.iter().copied().reduce(f64::max),
        median_ae: median(sizes),
        mape_pct: mean(percentages.iter().copied()),
        n_zero_truths: answered.len() - percentages.len(),
        median_ape_pct: median(percentages),
        exact_share_answered: exact,
        within_abs_share_answered: within_abs,
        within_rel_share_answered: within_rel,
        directional_accuracy: share(same_direction),
        threshold_accuracy: share(same_side),
        exact_share_all: over_all(exact),
        within_abs_share_all: over_all(within_abs),
        within_rel_share_all: over_all(within_rel),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: LevelRule = LevelRule { published_decimals: 1, absolute_tolerance: 0.1, relative_tolerance: 0.02 };

    fn item(truth: f64, previous: f64, answer: LevelAnswer) -> LevelItem {
        LevelItem { truth, previous_truth: Some(previous), threshold: Some(5.0), answer }
    }

    fn value(value: f64) -> LevelAnswer {
        LevelAnswer::Value { value, is_hedged: false }
    }

    #[test]
    fn refusals_are_misses_over_all_and_nothing_over_the_answered() {
        let items = [
            item(5.0, 4.9, value(5.0)),
            item(5.1, 5.0, LevelAnswer::Refusal),
            item(5.2, 5.1, LevelAnswer::Range { value: 5.6 }),
            item(5.2, 5.2, LevelAnswer::Unparseable),
            item(5.2, 5.2, LevelAnswer::Error),
        ];
        let found = level_metrics(&items, &RULE);
        assert_eq!((found.n, found.n_answered, found.n_errors), (4, 2, 1));
        assert_eq!((found.exact_share_answered, found.exact_share_all), (Some(0.5), Some(0.25)));
        assert_eq!(
            (found.refusal_share, found.unparseable_share, found.range_share),
            (Some(0.25), Some(0.25), Some(0.25))
        );
        assert!((found.bias.unwrap() - 0.2).abs() < 1e-12 && found.is_selected());
    }

    #[test]
    fn a_truth_of_zero_has_no_percentage_and_is_counted() {
        let found = level_metrics(&[item(0.0, 1.0, value(0.1)), item(2.0, 1.0, value(2.2))], &RULE);
        assert!((found.mape_pct.unwrap() - 10.0).abs() < 1e-9);
        assert_eq!(found.n_zero_truths, 1);
        let only = level_metrics(&[item(0.0, 1.0, value(0.1))], &RULE);
        assert_eq!((only.mape_pct, only.median_ape_pct, only.n_zero_truths), (None, None, 1));
    }

    #[test]
    fn no_change_matches_no_change_alone() {
        let found =
            level_metrics(&[item(5.0, 5.0, value(5.0)), item(5.0, 5.0, value(5.1)), item(5.1, 5.0, value(5.0))], &RULE);
        assert!((found.directional_accuracy.unwrap() - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn at_the_threshold_is_above_it() {
        let found = level_metrics(&[item(5.0, 5.0, value(6.0)), item(5.0, 5.0, value(4.99))], &RULE);
        assert_eq!(found.threshold_accuracy, Some(0.5));
    }

    #[test]
    fn nothing_answered_is_nothing_right_and_nothing_asked_is_nothing_at_all() {
        let refused = level_metrics(&[item(5.0, 5.0, LevelAnswer::Refusal)], &RULE);
        assert_eq!((refused.exact_share_answered, refused.exact_share_all), (None, Some(0.0)));
        assert_eq!(level_metrics(&[], &RULE), LevelMetrics::default());
    }

    #[test]
    fn a_number_that_is_none_is_unparseable() {
        let found = level_metrics(&[item(5.0, 5.0, value(f64::INFINITY))], &RULE);
        assert_eq!((found.n_answered, found.unparseable_share, found.mae), (0, Some(1.0), None));
    }
}
