//! What a comparison of two models says, whatever the test.

use serde::{Deserialize, Serialize};

use crate::statistics::equivalence::{Outcome, outcome};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};
use crate::statistics::power::PowerTarget;
use crate::statistics::record::Effect;
use crate::statistics::resample::stream::DEFAULT_SEED;

/// Which way is better, where a margin asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// More is better: accuracy. The default.
    #[default]
    Higher,
    /// Less is better: leakage.
    Lower,
}

/// Settings of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparisonSettings {
    /// Level of the interval that is printed.
    pub level: Level,
    /// Difference that does not matter, above 0, in the unit of the scores: asks for one of the five outcomes, from an
    /// interval at level 1 - 2 (1 - level).
    pub margin: Option<f64>,
    /// Which way the margin is held.
    pub better: Better,
    /// Resamples of bootstrap intervals.
    pub resamples: usize,
    /// Random flips of permutation tests.
    pub flips: usize,
    /// Seed; derive one for each comparison with [`seed_for`](crate::statistics::seed_for).
    pub seed: u64,
    /// What the minimal detectable effect is computed for.
    pub power: PowerTarget,
}

impl Default for ComparisonSettings {
    fn default() -> Self {
        Self {
            level: Level::DEFAULT,
            margin: None,
            better: Better::default(),
            resamples: 10_000,
            flips: 100_000,
            seed: DEFAULT_SEED,
            power: PowerTarget::default(),
        }
    }
}

impl ComparisonSettings {
    /// The level of the interval that a margin is held against: two-sided 90 % for one-sided 5 %.
    pub(crate) fn margin_level(&self) -> Result<Level, StatError> {
        // Of 0.95 exactly 0.9, as people read it.
        Level::new(((1.0 - 2.0 * self.level.alpha()) * 1e12).round() / 1e12)
    }
}

/// A minus B on the same items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairedFinding {
    /// Name of the test in the registry; empty when none was possible.
    pub test: String,
    /// Mean (or area) of A; `None` when undefined.
    pub value_a: Option<f64>,
    /// Mean (or area) of B.
    pub value_b: Option<f64>,
    /// A minus B, in the unit of the scores.
    pub difference: Option<f64>,
    /// Its interval.
    pub interval: Option<Interval>,
    /// Standard error of the paired difference, in the unit of the scores; 0 when no pair differs.
    pub standard_error: Option<f64>,
    /// Two-sided p of "no difference", in [0, 1].
    pub p_value: Option<f64>,
    /// For scores of 0 and 1, McNemar's exact p beside the mid-p: guaranteed and conservative.
    pub p_exact: Option<f64>,
    /// The effect size of the test.
    pub effect: Option<Effect>,
    /// Pairs of items.
    pub n: usize,
    /// Clusters, where items share them.
    pub n_clusters: Option<usize>,
    /// Items (for areas: members) on which A is above B.
    pub wins: usize,
    /// Items on which both are equal.
    pub ties: usize,
    /// Items on which A is below B.
    pub losses: usize,
    /// Smallest difference that this comparison would find with the power asked; `None` when nothing varies.
    pub minimal_detectable_effect: Option<f64>,
    /// What was asked about a margin.
    pub margin: Option<MarginFinding>,
    /// Random draws behind interval and test, where there were any.
    pub resamples: Option<usize>,
    /// What a reader must know.
    pub flags: Vec<Flag>,
    /// Why there is no test, where there is none.
    #[serde(skip)]
    pub refusal: Option<StatError>,
    /// Rows on which the two differ, with A minus B (for areas: of the member's placement).
    #[serde(skip)]
    pub changes: Vec<(usize, f64)>,
}

/// A difference held against a margin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarginFinding {
    /// The margin, above 0.
    pub margin: f64,
    /// Which way is better.
    pub better: Better,
    /// One of five outcomes for A.
    pub outcome: Outcome,
    /// The interval that says so, at level 1 - 2 alpha.
    pub interval: Interval,
}

impl PairedFinding {
    /// A finding without a test as yet.
    pub(crate) fn untested(n: usize) -> Self {
        Self {
            test: String::new(),
            value_a: None,
            value_b: None,
            difference: None,
            interval: None,
            standard_error: None,
            p_value: None,
            p_exact: None,
            effect: None,
            n,
            n_clusters: None,
            wins: 0,
            ties: 0,
            losses: 0,
            minimal_detectable_effect: None,
            margin: None,
            resamples: None,
            flags: Vec::new(),
            refusal: None,
            changes: Vec::new(),
        }
    }

    /// Counts wins, ties and losses of one difference a row.
    pub(crate) fn count_changes(&mut self, differences: impl Iterator<Item = (usize, f64)>) {
        for (row, difference) in differences {
            if difference > 0.0 {
                self.wins += 1;
            } else if difference < 0.0 {
                self.losses += 1;
            } else {
                self.ties += 1;
                continue;
            }
            self.changes.push((row, difference));
        }
        // The most changed first; equal changes in the order of the rows.
        self.changes.sort_by(|left, right| right.1.abs().total_cmp(&left.1.abs()).then(left.0.cmp(&right.0)));
    }

    /// Holds `interval` (at level 1 - 2 alpha) against the margin.
    pub(crate) fn hold_against(&mut self, margin: f64, better: Better, interval: Interval) -> Result<(), StatError> {
        let outcome = match better {
            Better::Higher => outcome(interval.low, interval.high, margin)?,
            Better::Lower => outcome(-interval.high, -interval.low, margin)?,
        };
        self.margin = Some(MarginFinding { margin, better, outcome, interval });
        Ok(())
    }
}
