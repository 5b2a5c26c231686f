//! The shapes in which every answer of this room comes: a level, an interval,
//! an estimate, and the flags that say what a reader must know about it.

use serde::{Deserialize, Serialize};

use super::distribution::normal_quantile;
use super::error::StatError;
use super::extended_float;

/// Confidence level, in the open interval (0, 1). Default 0.95, two-sided.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

impl Level {
    /// The level of the house: 95 %.
    pub const DEFAULT: Self = Self(0.95);
    /// 90 %, for one-sided gates at 5 %.
    pub const NINETY: Self = Self(0.90);

    /// A checked level.
    ///
    /// # Errors
    /// `InvalidParameter` unless 0 < `value` < 1.
    pub fn new(value: f64) -> Result<Self, StatError> {
        if value > 0.0 && value < 1.0 {
            Ok(Self(value))
        } else {
            Err(StatError::invalid("level", format!("must lie strictly between 0 and 1, got {value}")))
        }
    }

    /// The level as a number, e.g. 0.95.
    #[must_use]
    pub fn value(self) -> f64 {
        self.0
    }

    /// 1 - level, e.g. 0.05.
    #[must_use]
    pub fn alpha(self) -> f64 {
        1.0 - self.0
    }

    /// The two-sided normal quantile, e.g. 1.96 at 95 %.
    #[must_use]
    pub fn two_sided_z(self) -> f64 {
        -normal_quantile(0.5 * self.alpha())
    }
}

impl Default for Level {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<f64> for Level {
    type Error = StatError;
    fn try_from(value: f64) -> Result<Self, StatError> {
        Self::new(value)
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> Self {
        level.0
    }
}

/// A confidence interval together with how it was made.
///
/// A limit may be infinite (half-open intervals); it is never NaN.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower limit, in the unit of the estimate.
    #[serde(with = "extended_float")]
    pub low: f64,
    /// Upper limit, in the unit of the estimate.
    #[serde(with = "extended_float")]
    pub high: f64,
    /// Confidence level.
    pub level: Level,
    /// Name of the method, e.g. `wilson`, `delong_logit`.
    pub method: String,
}

impl Interval {
    pub(crate) fn new(low: f64, high: f64, level: Level, method: &str) -> Self {
        Self { low, high, level, method: method.to_owned() }
    }

    /// True when `value` lies within the limits, both included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// High minus low.
    #[must_use]
    pub fn width(&self) -> f64 {
        self.high - self.low
    }
}

/// What a reader must know before quoting a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flag {
    /// The data do not vary; the interval is a point and says nothing about uncertainty.
    ZeroVariance,
    /// Every paired difference is zero.
    AllZero,
    /// Fewer than ten clusters: intervals come out too short.
    FewClusters,
    /// BCa was impossible, the percentile interval stands in for it.
    BcaFallback,
    /// The false-positive-rate bound is finer than one negative: read as "no false positives".
    BelowResolution,
    /// A class has a single item, so that the variance is unknown.
    TooFewForVariance,
    /// Rows with missing values were dropped.
    MissingDropped,
    /// No discordant pair, so that the test has nothing to work on.
    NoDiscordantPairs,
    /// No item was repeated, so that the noise within items is unknown.
    RepeatsNeeded,
    /// No task tells the models apart.
    AllEqual,
    /// A judge's corrected interval misses [0, 1]: it behaves otherwise here than where its errors were measured.
    CalibrationMismatch,
    /// A class has fewer than ten items: the normal approximation of an area's interval and p-value is rough.
    FewInClass,
    /// Items share sources and the method does not know it: the interval is too short.
    IgnoresClusters,
}

impl Flag {
    /// The name as records and reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ZeroVariance => "zero_variance",
            Self::AllZero => "all_zero",
            Self::FewClusters => "few_clusters",
            Self::BcaFallback => "bca_fallback",
            Self::BelowResolution => "below_resolution",
            Self::TooFewForVariance => "too_few_for_variance",
            Self::MissingDropped => "missing_dropped",
            Self::NoDiscordantPairs => "no_discordant_pairs",
            Self::RepeatsNeeded => "repeats_needed",
            Self::AllEqual => "all_equal",
            Self::CalibrationMismatch => "calibration_mismatch",
            Self::FewInClass => "few_in_class",
            Self::IgnoresClusters => "ignores_clusters",
        }
    }
}

/// A number, how sure we are of it, and on how many items it rests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The point estimate.
    pub value: f64,
    /// Standard error, where the method has one.
    pub standard_error: Option<f64>,
    /// Confidence interval, where one is defined.
    pub interval: Option<Interval>,
    /// Items (never repeats) it rests on.
    pub n: usize,
    /// What a reader must know.
    pub flags: Vec<Flag>,
}

impl Estimate {
    /// True when `flag` was raised.
    #[must_use]
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

/// Which deviations from the null hypothesis count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alternative {
    /// Both directions.
    #[default]
    TwoSided,
    /// The first is smaller.
    Less,
    /// The first is greater.
    Greater,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_of_zero_and_one_are_rejected() {
        for bad in [0.0, 1.0, -0.1, f64::NAN] {
            assert_eq!(Level::new(bad).unwrap_err().kind(), "InvalidParameter");
        }
    }

    #[test]
    fn infinite_limits_survive_json() {
        let open = Interval::new(f64::NEG_INFINITY, 1.5, Level::DEFAULT, "t");
        let text = serde_json::to_string(&open).unwrap();
        assert!(text.contains("\"-Infinity\""));
        assert_eq!(serde_json::from_str::<Interval>(&text).unwrap(), open);
    }

    #[test]
    fn a_bad_level_in_json_is_an_error() {
        assert!(serde_json::from_str::<Level>("1.0").is_err());
    }
}
