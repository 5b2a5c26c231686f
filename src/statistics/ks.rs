//! Kolmogorov-Smirnov distance of two samples.

use super::error::StatError;

/// Largest vertical distance of two empirical distribution functions, in `[0, 1]`.
///
/// Ties are taken together: the curves are compared after the whole group of equal values. O(n log n).
///
/// # Errors
/// [`StatError::EmptyInput`] without a value on one side, [`StatError::NonFinite`] for anything but finite numbers.
pub fn ks_distance(first: &[f64], second: &[f64]) -> Result<f64, StatError> {
    if first.is_empty() || second.is_empty() {
        return Err(StatError::EmptyInput);
    }
    if let Some(index) = first.iter().chain(second).position(|value| !value.is_finite()) {
        return Err(StatError::NonFinite { index });
    }
    let sorted = |values: &[f64]| {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted
    };
    let (a, b) = (sorted(first), sorted(second));
    let mut distance = 0.0_f64;
    for &value in a.iter().chain(&b) {
        let share = |values: &[f64]| fraction(values.partition_point(|&other| other <= value), values.len());
        distance = distance.max((share(&a) - share(&b)).abs());
    }
    Ok(distance)
}

#[expect(clippy::cast_precision_loss, reason = "sample sizes are far below 2^52")]
fn fraction(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separated_samples_are_one_apart_and_equal_ones_are_not() {
        assert_eq!(ks_distance(&[1.0, 2.0], &[3.0, 4.0]), Ok(1.0));
        assert_eq!(ks_distance(&[1.0, 2.0], &[2.0, 1.0]), Ok(0.0));
    }

    #[test]
    fn ties_are_compared_after_the_whole_group() {
        assert_eq!(ks_distance(&[1.0, 1.0, 2.0, 3.0], &[1.0, 2.0, 2.0, 3.0]), Ok(0.25));
    }

    #[test]
    fn what_is_not_a_number_is_refused() {
        assert_eq!(ks_distance(&[], &[1.0]), Err(StatError::EmptyInput));
        assert_eq!(ks_distance(&[1.0], &[f64::NAN]), Err(StatError::NonFinite { index: 1 }));
    }
}
