//! Of n draws c were right: would one of k draws be right, and would all k?

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;

/// Chances over k draws without replacement from the n that were made.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PassAtK {
    /// 1 - C(n-c, k)/C(n, k): at least one of k is right (Chen et al. 2021), in [0, 1].
    pub any_of_k: f64,
    /// C(c, k)/C(n, k): all k are right, in [0, 1].
    pub all_of_k: f64,
}

/// pass@k and all@k by sums of logarithms, so that no factorial overflows and a small chance keeps its digits.
/// O(min(k, samples)).
///
/// # Errors
/// `InvalidParameter` (k = 0 or above `samples`, more `correct` than `samples`), `EmptyInput` without a sample.
pub fn pass_at_k(samples: u64, correct: u64, k: u64) -> Result<PassAtK, StatError> {
    if k == 0 || (samples > 0 && k > samples) {
        return Err(StatError::invalid("k", format!("must be from 1 to the number of samples ({samples}), got {k}")));
    }
    if correct > samples {
        return Err(StatError::invalid("correct", format!("{correct} correct among {samples} samples")));
    }
    if samples == 0 {
        return Err(StatError::EmptyInput);
    }
    Ok(PassAtK {
        any_of_k: -ln_share_of_draws(samples - correct, samples, k).exp_m1(),
        all_of_k: ln_share_of_draws(correct, samples, k).exp(),
    })
}

/// ln of C(m, k)/C(n, k), the chance that k draws all come from m of the n.
fn ln_share_of_draws(m: u64, n: u64, k: u64) -> f64 {
    if m < k {
        return f64::NEG_INFINITY;
    }
    // C(m, k)/C(n, k) = C(n-k, n-m)/C(n, n-m): the shorter of the two products.
    let (taken, factors) = (k.max(n - m), k.min(n - m));
    let factor = |step: u64| {
        let (of, left) = (n - step, n - step - taken);
        // Whichever of both keeps its digits.
        if left < taken { (left as f64 / of as f64).ln() } else { (-(taken as f64) / of as f64).ln_1p() }
    };
    (0..factors).map(factor).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_draw_is_the_share() {
        let found = pass_at_k(10, 3, 1).unwrap();
        assert!((found.any_of_k - 0.3).abs() < 1e-15 && (found.all_of_k - 0.3).abs() < 1e-15);
    }

    #[test]
    fn more_draws_pass_more_often_and_hold_less_often() {
        let found: Vec<PassAtK> = (1..=20).map(|k| pass_at_k(20, 8, k).unwrap()).collect();
        assert!(found.windows(2).all(|pair| pair[1].any_of_k >= pair[0].any_of_k));
        assert!(found.windows(2).all(|pair| pair[1].all_of_k <= pair[0].all_of_k));
    }

    #[test]
    fn impossible_draws_are_refused() {
        for (samples, correct, k) in [(5, 2, 6), (5, 2, 0), (5, 6, 1)] {
            assert_eq!(pass_at_k(samples, correct, k).unwrap_err().kind(), "InvalidParameter");
        }
        assert_eq!(pass_at_k(0, 0, 1), Err(StatError::EmptyInput));
    }

    #[test]
    fn a_small_chance_keeps_its_digits() {
        let found = pass_at_k(1_000_000_000, 1, 1).unwrap();
        assert!((found.any_of_k / 1e-9 - 1.0).abs() < 1e-13 && (found.all_of_k / 1e-9 - 1.0).abs() < 1e-13);
    }
}
