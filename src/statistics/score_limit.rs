//! Limits of score intervals: the differences that a score test just does not reject.

/// The lower limit of a difference of two rates: where `excess` changes its sign between -1 and the `estimate`.
///
/// `excess` is positive where "the difference is delta" is rejected from below, and falls with delta. -1 where even that is not
/// rejected. By bisection to the last bit.
pub(crate) fn lower_limit(estimate: f64, excess: impl Fn(f64) -> f64) -> f64 {
    let (mut rejected, mut kept) = (-1.0, estimate);
    if excess(rejected) <= 0.0 {
        return -1.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (rejected + kept);
        if middle <= rejected || middle >= kept {
            break;
        }
        if excess(middle) > 0.0 {
            rejected = middle;
        } else {
            kept = middle;
        }
    }
    0.5 * (rejected + kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_where_the_sign_changes_or_the_end_of_all_differences() {
        assert!((lower_limit(0.4, |delta| 0.25 - delta) - 0.25).abs() < 1e-15);
        assert!((lower_limit(0.4, |delta| -2.0 - delta) + 1.0).abs() < 1e-15);
    }
}
