//! A rate corrected by the judge's measured sensitivity and specificity (Rogan & Gladen 1978).

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::estimate::{Flag, Interval, Level};

/// What a judge said, and how it did on items whose truth is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgedCounts {
    /// Items that the judge called positive.
    pub judged_positive: u64,
    /// Items judged.
    pub n: u64,
    /// Known positives that the judge called positive.
    pub true_positives: u64,
    /// Known positives.
    pub positives: u64,
    /// Known negatives that the judge called negative.
    pub true_negatives: u64,
    /// Known negatives.
    pub negatives: u64,
}

/// A corrected rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorrectedRate {
    /// Rate as judged.
    pub apparent: f64,
    /// P(called positive | positive).
    pub sensitivity: f64,
    /// P(called negative | negative).
    pub specificity: f64,
    /// Sensitivity + specificity - 1, above 0.
    pub youden: f64,
    /// Corrected rate, not clipped.
    pub raw: f64,
    /// Corrected rate, in [0, 1].
    pub estimate: f64,
    /// Standard error by the delta method, uncertainty of sensitivity and specificity included.
    pub standard_error: f64,
    /// raw +- z SE.
    pub interval_raw: Interval,
    /// The same, clipped to [0, 1].
    pub interval: Interval,
    /// Whether the estimate was clipped.
    pub is_clipped: bool,
    /// `calibration_mismatch` when the raw interval misses [0, 1] altogether: the judge behaves otherwise here than on the
    /// items whose truth is known.
    pub flags: Vec<Flag>,
}

/// Corrects a judged rate.
///
/// # Errors
/// `InvalidParameter` (more hits than items), `EmptyInput` (nothing judged, or no known positive or negative),
/// `UninformativeJudge` (sensitivity + specificity of 1 or below).
pub fn rogan_gladen(counts: JudgedCounts, level: Level) -> Result<CorrectedRate, StatError> {
    let pairs = [
        ("judged_pos", counts.judged_positive, counts.n),
        ("true_pos", counts.true_positives, counts.positives),
        ("true_neg", counts.true_negatives, counts.negatives),
    ];
    for (name, part, whole) in pairs {
        if part > whole {
            return Err(StatError::invalid(name, format!("{part} of {whole}")));
        }
    }
    if pairs.iter().any(|&(_, _, whole)| whole == 0) {
        return Err(StatError::EmptyInput);
    }
    let [apparent, sensitivity, specificity] = pairs.map(|(_, part, whole)| part as f64 / whole as f64);
    // In whole numbers, so that a coin is no judge however its shares round.
    let youden_scaled = i128::from(counts.true_positives) * i128::from(counts.negatives)
        + i128::from(counts.true_negatives) * i128::from(counts.positives)
        - i128::from(counts.positives) * i128::from(counts.negatives);
    let youden = youden_scaled as f64 / (counts.positives as f64 * counts.negatives as f64);
    if youden_scaled <= 0 {
        return Err(StatError::UninformativeJudge { youden });
    }
    let raw = (apparent + specificity - 1.0) / youden;
    let noise = |share: f64, n: u64| share * (1.0 - share) / n as f64;
    let variance = (noise(apparent, counts.n)
        + raw * raw * noise(sensitivity, counts.positives)
        + (1.0 - raw).powi(2) * noise(specificity, counts.negatives))
        / (youden * youden);
    let standard_error = variance.sqrt();
    let half = level.two_sided_z() * standard_error;
    let (low, high) = (raw - half, raw + half);
    let misses = high < 0.0 || low > 1.0;
    let estimate = raw.clamp(0.0, 1.0);
    Ok(CorrectedRate {
        apparent,
        sensitivity,
        specificity,
        youden,
        raw,
        estimate,
        standard_error,
        interval_raw: Interval::new(low, high, level, "rogan_gladen"),
        interval: Interval::new(low.clamp(0.0, 1.0), high.clamp(0.0, 1.0), level, "rogan_gladen_clipped"),
        is_clipped: (estimate - raw).abs() > 0.0,
        flags: if misses { vec![Flag::CalibrationMismatch] } else { Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COUNTS: JudgedCounts = JudgedCounts {
        judged_positive: 62,
        n: 100,
        true_positives: 10,
        positives: 10,
        true_negatives: 10,
        negatives: 10,
    };

    #[test]
    fn a_perfect_judge_needs_no_correction() {
        let found = rogan_gladen(COUNTS, Level::DEFAULT).unwrap();
        assert!((found.estimate - 0.62).abs() < 1e-15);
        assert!((found.standard_error - (0.62_f64 * 0.38 / 100.0).sqrt()).abs() < 1e-15);
    }

    #[test]
    fn a_coin_is_refused_and_so_are_impossible_counts() {
        let coin = JudgedCounts { true_positives: 7, true_negatives: 3, ..COUNTS };
        assert_eq!(rogan_gladen(coin, Level::DEFAULT), Err(StatError::UninformativeJudge { youden: 0.0 }));
        let impossible = JudgedCounts { judged_positive: 101, ..COUNTS };
        assert_eq!(rogan_gladen(impossible, Level::DEFAULT).unwrap_err().kind(), "InvalidParameter");
        let unknown = JudgedCounts { true_positives: 0, positives: 0, ..COUNTS };
        assert_eq!(rogan_gladen(unknown, Level::DEFAULT), Err(StatError::EmptyInput));
    }
}
