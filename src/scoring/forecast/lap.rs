//! Look-ahead propensity: how readily a direction is named from entity and date alone (arXiv 2512.23847).

use std::collections::BTreeMap;

/// Variance of the raw values at and below which a regression on them says nothing.
pub const LEAST_VARIANCE: f64 = 1e-4;
/// Items that must be exceeded.
pub const FEW_ITEMS: usize = 30;
/// Value above which a month counts as known.
pub const KNOWN_ABOVE: f64 = 0.1;

/// From log-probabilities: mass of the first tokens of both direction words, P(up) + P(down), under a prompt that also offers
/// `unknown`. In [0, 1]; rounding above 1 is cut off. `None` where a probability is negative or not finite.
#[must_use]
pub fn direction_mass(up: f64, down: f64) -> Option<f64> {
    let is_probability = |p: f64| p.is_finite() && p >= 0.0;
    (is_probability(up) && is_probability(down)).then(|| (up + down).min(1.0))
}

/// Without log-probabilities: share of samples that name a direction, in [0, 1]; `None` without a sample.
#[must_use]
pub fn direction_share(named: usize, samples: usize) -> Option<f64> {
    (samples > 0).then(|| named.min(samples) as f64 / samples as f64)
}

/// Whether a regression on these values is to be reported: sample variance above 1e-4 and more than 30 items.
#[must_use]
pub fn is_reportable(values: &[f64]) -> bool {
    if values.len() <= FEW_ITEMS {
        return false;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    variance > LEAST_VARIANCE
}

/// The last month whose mean value is above 0.1; `None` where no month's is. Months in any form that orders as time does.
#[must_use]
pub fn empirical_cutoff<Month: Ord + Clone>(values: &[(Month, f64)]) -> Option<Month> {
    let mut months: BTreeMap<&Month, (f64, usize)> = BTreeMap::new();
    for (month, value) in values {
        let (sum, n) = months.entry(month).or_default();
        *sum += value;
        *n += 1;
    }
    months.into_iter().rev().find(|(_, (sum, n))| sum / *n as f64 > KNOWN_ABOVE).map(|(month, _)| month.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mass_and_share_are_shares() {
        assert_eq!(direction_mass(0.25, 0.5), Some(0.75));
        assert_eq!(direction_mass(0.7, 0.300_000_1), Some(1.0));
        assert_eq!((direction_mass(f64::NAN, 0.5), direction_mass(-0.1, 0.5)), (None, None));
        assert_eq!((direction_share(3, 10), direction_share(0, 0)), (Some(0.3), None));
    }

    #[test]
    fn the_gate_asks_for_more_than_thirty_items_that_vary() {
        let varied: Vec<f64> = (0..31).map(|i| f64::from(i) / 31.0).collect();
        assert!(is_reportable(&varied) && !is_reportable(&varied[..30]));
        let same: Vec<f64> = (0..60).map(|i| 0.5 + f64::from(i % 2) * 0.019).collect();
        assert!(!is_reportable(&same), "a deviation of 0.0095 is a variance of 9e-5");
    }

    #[test]
    fn the_cutoff_is_the_last_month_known_on_average() {
        let values = [("2023-01", 0.9), ("2023-03", 0.0), ("2023-02", 0.3), ("2023-03", 0.15), ("2023-04", 0.0)];
        assert_eq!(empirical_cutoff(&values), Some("2023-02"));
        assert_eq!(empirical_cutoff(&[("2023-01", 0.1)]), None, "0.1 itself is not above it");
        assert_eq!(empirical_cutoff::<u32>(&[]), None);
    }
}
