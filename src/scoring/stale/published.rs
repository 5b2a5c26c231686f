//! Overall numbers as the published table has them.

/// How far a computed number may be from a decimal half and still be taken for it, in units of the last place that is kept.
const HALF_TOLERANCE: f64 = 1e-9;

/// Unweighted mean of the six cells, in the unit of the cells.
#[must_use]
pub fn mean_of_six(cells: [f64; 6]) -> f64 {
    cells.iter().sum::<f64>() / 6.0
}

/// A number rounded to some decimals, halves up: 28.25 gives 28.3, where Rust's own formatting gives 28.2.
///
/// What is a half in decimals, but not quite in binary, is taken for a half.
#[must_use]
pub fn round_half_up(value: f64, decimals: i32) -> f64 {
    let unit = 10_f64.powi(decimals);
    (value * unit + 0.5 + HALF_TOLERANCE).floor() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_up_whatever_their_binary_digits() {
        for (value, rounded) in [(28.25, 28.3), (31.25, 31.3), (8.05, 8.1), (2.35, 2.4), (28.249, 28.2), (0.0, 0.0)] {
            assert!((round_half_up(value, 1) - rounded).abs() < 1e-12, "{value}");
        }
        let mean = mean_of_six([0.1, 0.2, 0.3, 0.4, 0.5, 0.3]) * 10.0;
        assert!((round_half_up(mean - 2.75, 1) - 0.3).abs() < 1e-12);
    }
}
