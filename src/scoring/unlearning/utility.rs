//! TOFU's model utility: the harmonic mean of what should be left.

/// Harmonic mean, in [0, 1] for values in [0, 1]; 0 as soon as one is 0. `None` without a value, or for one below 0 or not
/// finite.
///
/// TOFU takes nine: probability, ROUGE-L recall and truth ratio on the retain set, on real authors and on world facts.
#[must_use]
pub fn harmonic_mean(values: &[f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|value| !(value.is_finite() && *value >= 0.0)) {
        return None;
    }
    if values.iter().any(|value| *value <= 0.0) {
        return Some(0.0);
    }
    Some(values.len() as f64 / values.iter().map(|value| 1.0 / value).sum::<f64>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_value_of_nothing_is_nothing() {
        assert_eq!(harmonic_mean(&[1.0, 0.0, 1.0]), Some(0.0));
        assert_eq!(harmonic_mean(&[0.5, 0.25]), Some(1.0 / 3.0));
        assert_eq!(harmonic_mean(&[1.0; 9]), Some(1.0));
    }

    #[test]
    fn nothing_and_negative_values_have_no_mean() {
        for values in [&[][..], &[-0.1, 1.0], &[f64::NAN]] {
            assert_eq!(harmonic_mean(values), None);
        }
    }
}
