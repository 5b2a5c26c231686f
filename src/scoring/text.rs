//! A continuation against its reference: equality on token ids here, overlap by words in [`super::rouge`].

pub use super::rouge::rouge_l;

/// Whether the first `reference.len()` generated ids are the reference: 1.0 or 0.0.
///
/// Generated ids past the reference are not looked at; fewer ids than the reference are no match. `None` for an
/// empty reference, which nothing can fail to match.
#[must_use]
pub fn exact_match(generated: &[u32], reference: &[u32]) -> Option<f64> {
    (!reference.is_empty()).then(|| f64::from(u8::from(generated.starts_with(reference))))
}

/// Share of the reference, in [0, 1], that is generated before the first wrong id. `None` for an empty reference.
#[must_use]
pub fn matched_prefix(generated: &[u32], reference: &[u32]) -> Option<f64> {
    let matched = longest_common_prefix(generated, reference);
    (!reference.is_empty()).then(|| matched as f64 / reference.len() as f64)
}

/// Number of ids before the first difference.
#[must_use]
pub fn longest_common_prefix(left: &[u32], right: &[u32]) -> usize {
    left.iter().zip(right).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_past_the_reference_do_not_spoil_an_exact_match() {
        assert_eq!(exact_match(&[1, 2, 3, 9], &[1, 2, 3]), Some(1.0));
        assert_eq!(exact_match(&[1, 2], &[1, 2, 3]), Some(0.0));
        assert_eq!(exact_match(&[1, 9, 3], &[1, 2, 3]), Some(0.0));
    }

    #[test]
    fn the_matched_prefix_ends_at_the_first_wrong_id() {
        assert_eq!(matched_prefix(&[1, 2, 9, 4], &[1, 2, 3, 4]), Some(0.5));
        assert_eq!(matched_prefix(&[1, 2, 3, 4, 5], &[1, 2, 3, 4]), Some(1.0));
        assert_eq!(matched_prefix(&[], &[1]), Some(0.0));
    }

    #[test]
    fn an_empty_reference_has_no_value() {
        assert_eq!(exact_match(&[1], &[]), None);
        assert_eq!(matched_prefix(&[1], &[]), None);
    }
}
