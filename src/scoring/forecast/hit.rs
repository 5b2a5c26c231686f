//! Whether an answer is close enough to the truth.

use serde::{Deserialize, Serialize};

/// Share of the larger operand that the rounding of a subtraction may take: 5.0 is within 0.1 of 4.9.
const ROUNDING: f64 = 1e-12;

/// How close an answer must come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// |p - y| <= this, in the unit of the series.
    Absolute(f64),
    /// |p - y| <= this share of |y|; for a truth of 0 only 0 hits.
    Relative(f64),
    /// Equal after rounding to so many decimals (half to even, as numpy).
    Exact {
        /// Decimals as published; below 0: tens, hundreds.
        decimals: i32,
    },
}

/// Whether `answer` hits `truth`. The limit itself is a hit, whatever binary fractions make of it.
#[must_use]
pub fn is_hit(answer: f64, truth: f64, tolerance: Tolerance) -> bool {
    match tolerance {
        Tolerance::Absolute(limit) => is_within(answer, truth, limit),
        Tolerance::Relative(share) => is_within(answer, truth, share * truth.abs()),
        Tolerance::Exact { decimals } => {
            let scale = 10_f64.powi(decimals.abs());
            let steps = |value: f64| {
                let scaled = if decimals < 0 { value / scale } else { value * scale };
                scaled.round_ties_even() + 0.0
            };
            // Whole numbers, or too large to have decimals at all.
            steps(answer).total_cmp(&steps(truth)).is_eq()
        }
    }
}

/// Whether an answer to a question in per cent is a fraction: 0.047 for 4.7. Counted, never repaired.
#[must_use]
pub fn is_suspect_fraction(answer: f64, truth: f64, tolerance: Tolerance) -> bool {
    !is_hit(answer, truth, tolerance) && is_hit(100.0 * answer, truth, tolerance)
}

fn is_within(answer: f64, truth: f64, limit: f64) -> bool {
    (answer - truth).abs() <= limit + ROUNDING * truth.abs().max(answer.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_itself_is_a_hit_in_both_directions() {
        for (answer, truth) in [(5.0, 4.9), (4.8, 4.9), (5.1, 5.0), (5.4, 5.3), (-0.2, -0.1)] {
            assert!(is_hit(answer, truth, Tolerance::Absolute(0.1)), "{answer} {truth}");
            assert!(!is_hit(answer, truth, Tolerance::Absolute(0.099)), "{answer} {truth}");
        }
        assert!(is_hit(101.0, 100.0, Tolerance::Relative(0.01)));
        assert!(!is_hit(101.1, 100.0, Tolerance::Relative(0.01)));
    }

    #[test]
    fn a_share_of_nothing_is_nothing() {
        assert!(is_hit(0.0, 0.0, Tolerance::Relative(0.1)) && !is_hit(0.01, 0.0, Tolerance::Relative(0.1)));
    }

    #[test]
    fn exact_is_as_published() {
        let exact = |decimals| Tolerance::Exact { decimals };
        assert!(is_hit(4.74, 4.7, exact(1)) && !is_hit(4.76, 4.7, exact(1)));
        assert!(is_hit(147.2, 147.200_4, exact(3)) && !is_hit(147.2, 147.201, exact(3)));
        assert!(is_hit(-0.04, 0.0, exact(1)), "minus zero is zero");
        assert!(is_hit(1_234.0, 1_210.0, exact(-2)) && !is_hit(1_234.0, 1_310.0, exact(-2)));
    }

    #[test]
    fn a_fraction_for_a_percentage_is_suspected_and_no_hit() {
        let tolerance = Tolerance::Absolute(0.1);
        assert!(is_suspect_fraction(0.047, 4.7, tolerance) && !is_hit(0.047, 4.7, tolerance));
        assert!(!is_suspect_fraction(4.7, 4.7, tolerance) && !is_suspect_fraction(0.0, 0.0, tolerance));
    }
}
