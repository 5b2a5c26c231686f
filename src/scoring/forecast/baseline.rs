//! What can be said of a period from the values before it: the harsh comparison for a model that saw none of them.

use serde::{Deserialize, Serialize};

use super::{mean, sign_of_change};

/// Values that the short baselines look back on.
const RECENT: usize = 5;

/// A rule that sees the earlier values and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The last value.
    Last,
    /// The last value and the mean step from the first to it.
    Drift,
    /// Mean of the last five, or of all where there are fewer.
    Mean5,
    /// Mean of all.
    ExpandingMean,
    /// The least-squares line through the last five (or all), one step on.
    Linear5,
}

impl Baseline {
    /// All of them, in the order of records.
    pub const ALL: [Self; 5] = [Self::Last, Self::Drift, Self::Mean5, Self::ExpandingMean, Self::Linear5];

    /// The name as records carry it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Last => "last",
            Self::Drift => "drift",
            Self::Mean5 => "mean5",
            Self::ExpandingMean => "expanding_mean",
            Self::Linear5 => "linear5",
        }
    }
}

/// All that the rules need of the values before, however many there are.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Values.
    pub n: usize,
    pub first: f64,
    /// Over all of them.
    pub mean: f64,
    /// The last five in time order, or all where there are fewer.
    pub recent: Vec<f64>,
}

impl History {
    /// Of values in time order; `None` without one.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let recent = values[values.len().saturating_sub(RECENT)..].to_vec();
        Some(Self { n: values.len(), first: *values.first()?, mean: mean(values.iter().copied())?, recent })
    }
}

/// What the rule says comes after the values, in their unit. `None` without one; `Drift` and `Linear5` need two values.
#[must_use]
pub fn baseline(kind: Baseline, history: &History) -> Option<f64> {
    let last = history.recent.last()?;
    match kind {
        Baseline::Last => Some(*last),
        Baseline::Drift => (history.n > 1).then(|| last + (last - history.first) / (history.n - 1) as f64),
        Baseline::Mean5 => mean(history.recent.iter().copied()),
        Baseline::ExpandingMean => Some(history.mean),
        Baseline::Linear5 => next_on_line(&history.recent),
    }
}

/// The same for every period from `min_history` on, each from the values before it alone. O(n) a period at most.
#[must_use]
pub fn baseline_path(kind: Baseline, values: &[f64], min_history: usize) -> Vec<Option<f64>> {
    (min_history..values.len()).map(|period| baseline(kind, &History::of(&values[..period])?)).collect()
}

/// Mean of the `width` values before `period`; `None` where there are fewer.
#[must_use]
pub fn trailing_mean(values: &[f64], period: usize, width: usize) -> Option<f64> {
    let start = period.checked_sub(width)?;
    mean(values.get(start..period)?.iter().copied())
}

fn next_on_line(values: &[f64]) -> Option<f64> {
    let n = values.len();
    if n < 2 {
        return None;
    }
    let (middle, level) = ((n - 1) as f64 / 2.0, mean(values.iter().copied())?);
    let (mut products, mut squares) = (0.0, 0.0);
    for (place, value) in values.iter().enumerate() {
        let distance = place as f64 - middle;
        products += distance * (value - level);
        squares += distance * distance;
    }
    Some(level + products / squares * (n as f64 - middle))
}

/// The commoner class of a history, for questions of direction and threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Majority {
    /// The class: up, or at or above. Of equally common ones the later seen.
    pub is_up: bool,
    /// Its share of the history, in [0.5, 1].
    pub share: f64,
}

/// The commoner class of `classes` in time order; `None` without one.
#[must_use]
pub fn majority(classes: &[bool]) -> Option<Majority> {
    let (ups, n) = (classes.iter().filter(|up| **up).count(), classes.len());
    let is_up = match (2 * ups).cmp(&n) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => *classes.last()?,
    };
    let common = if is_up { ups } else { n - ups };
    (n > 0).then(|| Majority { is_up, share: common as f64 / n as f64 })
}

/// Directions of a series, `true` for up; steps without a change are left out.
#[must_use]
pub fn directions(values: &[f64]) -> Vec<bool> {
    values
        .windows(2)
        .map(|pair| sign_of_change(pair[0], pair[1]))
        .filter(|sign| *sign != 0)
        .map(|sign| sign > 0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(kind: Baseline, values: &[f64]) -> Option<f64> {
        baseline(kind, &History::of(values)?)
    }

    fn near(got: Option<f64>, want: f64) {
        assert!((got.unwrap() - want).abs() < 1e-12, "{got:?} against {want}");
    }

    #[test]
    fn a_straight_line_goes_on_as_it_did() {
        let line: Vec<f64> = (0..8).map(|period| 3.0 + 0.5 * f64::from(period)).collect();
        near(says(Baseline::Last, &line), 6.5);
        near(says(Baseline::Drift, &line), 7.0);
        near(says(Baseline::Linear5, &line), 7.0);
        near(says(Baseline::Mean5, &line), 5.5);
        near(says(Baseline::ExpandingMean, &line), 4.75);
    }

    #[test]
    fn only_the_last_five_count_for_the_short_ones() {
        let jump = [100.0, 1.0, 1.0, 1.0, 1.0, 1.0];
        near(says(Baseline::Mean5, &jump), 1.0);
        near(says(Baseline::Linear5, &jump), 1.0);
    }

    #[test]
    fn the_asked_period_and_later_ones_are_never_seen() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
        let changed = [1.0, 2.0, 4.0, 8.0, 16.0, 0.0, -5.0];
        for kind in Baseline::ALL {
            let (path, other) = (baseline_path(kind, &values, 3), baseline_path(kind, &changed, 3));
            assert_eq!((path.len(), &path[..3]), (4, &other[..3]), "{}", kind.as_str());
            assert!(path[3] != other[3], "{}", kind.as_str());
        }
    }

    #[test]
    fn a_history_of_one_has_no_slope_and_none_has_nothing() {
        for kind in Baseline::ALL {
            assert_eq!(says(kind, &[]), None);
        }
        assert_eq!((says(Baseline::Drift, &[4.0]), says(Baseline::Linear5, &[4.0])), (None, None));
        assert_eq!((says(Baseline::Mean5, &[4.0]), says(Baseline::Last, &[4.0])), (Some(4.0), Some(4.0)));
    }

    #[test]
    fn the_trailing_mean_waits_for_its_width() {
        let values = [1.0, 2.0, 3.0, 4.0, 5.0, 60.0];
        assert_eq!((trailing_mean(&values, 5, 5), trailing_mean(&values, 4, 5)), (Some(3.0), None));
    }

    #[test]
    fn the_majority_of_a_tie_is_what_came_last() {
        assert_eq!(majority(&[true, false]), Some(Majority { is_up: false, share: 0.5 }));
        assert_eq!(majority(&[true, true, false]).map(|class| class.is_up), Some(true));
        assert_eq!(majority(&[]), None);
        assert_eq!(directions(&[1.0, 2.0, 2.0, 1.5]), [true, false]);
    }
}
