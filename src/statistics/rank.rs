//! Order and mid-ranks, on which ROC curves and rank correlations rest.

/// Indices that sort `values` ascending; -0.0 and 0.0 are the same value. O(n log n).
///
/// Equal values keep their order. Values must be finite.
pub(crate) fn ascending_order(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&left, &right| same_zero(values[left]).total_cmp(&same_zero(values[right])));
    order
}

/// Minus zero becomes zero, so that `total_cmp` sees them as equal.
pub(crate) fn same_zero(value: f64) -> f64 {
    value + 0.0
}

/// True when the two are the same number (minus zero equals zero).
pub(crate) fn is_tied(left: f64, right: f64) -> bool {
    same_zero(left).total_cmp(&same_zero(right)).is_eq()
}

/// A whole number that orders as the value does; -0.0 and 0.0 have one. Finite values only.
pub(crate) fn order_key(value: f64) -> u64 {
    let bits = same_zero(value).to_bits();
    // Negative floats order backwards by their bits.
    if bits >> 63 == 1 { !bits } else { bits | 1 << 63 }
}

/// Twice the mid-rank of each value, ranks from 1, ties averaged; whole numbers.
///
/// Doubling keeps everything in integers, so that ranks are compared exactly.
pub(crate) fn doubled_mid_ranks(values: &[f64]) -> Vec<u64> {
    let order = ascending_order(values);
    let mut ranks = vec![0; values.len()];
    let mut below = 0_u64;
    for group in order.chunk_by(|&left, &right| is_tied(values[left], values[right])) {
        let size = group.len() as u64;
        for &index in group {
            ranks[index] = 2 * below + size + 1;
        }
        below += size;
    }
    ranks
}

/// Mid-ranks from 1, ties averaged.
pub(crate) fn mid_ranks(values: &[f64]) -> Vec<f64> {
    doubled_mid_ranks(values).into_iter().map(|rank| rank as f64 / 2.0).collect()
}

/// Sizes of the groups of equal values, ascending by value.
pub(crate) fn tie_sizes(values: &[f64]) -> Vec<u64> {
    ascending_order(values)
        .chunk_by(|&left, &right| is_tied(values[left], values[right]))
        .map(|group| group.len() as u64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_the_middle_rank() {
        assert_eq!(mid_ranks(&[3.0, 1.0, 3.0, 2.0]), vec![3.5, 1.0, 3.5, 2.0]);
        assert_eq!(doubled_mid_ranks(&[0.0, -0.0]), vec![3, 3]);
        assert!(mid_ranks(&[]).is_empty());
    }

    #[test]
    fn tie_sizes_count_every_value_once() {
        assert_eq!(tie_sizes(&[2.0, 1.0, 2.0, 2.0]), vec![1, 3]);
    }
}
