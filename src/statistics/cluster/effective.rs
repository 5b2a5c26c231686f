//! How many independent values say as much as values in clusters.

/// What values of one cluster are taken to have in common where too few clusters are there to see it: an intra-class correlation.
///
/// An assumption, and a mild one: where answers of a cluster are more alike, intervals by it are still too short. What it is worth is simulated
/// in the tests of `run/evaluate/memory/cells.rs`.
pub const ASSUMED_ICC: f64 = 0.1;

/// Values over the design effect 1 + (m - 1) `icc`, where m is the mean size of the cluster that a value is in (Kish 1965, Survey sampling,
/// 5.4 and 8.2). `sizes`: values of each cluster. Of a single cluster nothing is said of others, and each value counts.
#[must_use]
pub fn effective_n(sizes: &[usize], icc: f64) -> f64 {
    let n = sizes.iter().sum::<usize>() as f64;
    let squares = sizes.iter().map(|size| size * size).sum::<usize>() as f64;
    if sizes.len() < 2 || n <= 0.0 { n } else { n / (1.0 + (squares / n - 1.0) * icc) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_stand_together_say_less() {
        assert_eq!(effective_n(&[1; 40], 0.1), 40.0);
        assert!((effective_n(&[6; 3], 0.1) - 12.0).abs() < 1e-12);
        assert_eq!(effective_n(&[6; 3], 0.0), 18.0);
        assert!((effective_n(&[6; 3], 1.0) - 3.0).abs() < 1e-12);
        assert_eq!(effective_n(&[100], 0.1), 100.0);
        assert_eq!(effective_n(&[], 0.1), 0.0);
        // Unequal ones: most values stand in the large one.
        assert!(effective_n(&[16, 2], 0.1) < effective_n(&[9, 9], 0.1));
    }
}
