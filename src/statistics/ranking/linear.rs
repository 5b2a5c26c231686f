//! Small symmetric positive-definite systems, by Cholesky's decomposition.

/// Inverse of a symmetric positive-definite matrix given row by row; `None` when it is not one. O(n³).
pub(super) fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let mut lower = vec![vec![0.0; n]; n];
    for row in 0..n {
        for column in 0..=row {
            let known: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = matrix[row][column] - known;
            if row == column {
                if !(rest > 0.0 && rest.is_finite()) {
                    return None;
                }
                lower[row][row] = rest.sqrt();
            } else {
                lower[row][column] = rest / lower[column][column];
            }
        }
    }
    let mut inverse = vec![vec![0.0; n]; n];
    for unit in 0..n {
        // L y = e, then L' x = y.
        let mut solution = vec![0.0; n];
        for row in unit..n {
            let known: f64 = (unit..row).map(|k| lower[row][k] * solution[k]).sum();
            let right = if row == unit { 1.0 } else { 0.0 };
            solution[row] = (right - known) / lower[row][row];
        }
        for row in (0..n).rev() {
            let known: f64 = (row + 1..n).map(|k| lower[k][row] * solution[k]).sum();
            solution[row] = (solution[row] - known) / lower[row][row];
        }
        for (row, solved) in inverse.iter_mut().zip(solution) {
            row[unit] = solved;
        }
    }
    Some(inverse)
}

/// Matrix times vector.
pub(super) fn apply(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_inverse_inverts() {
        let matrix = vec![vec![4.0, 1.0, 0.5], vec![1.0, 3.0, -0.25], vec![0.5, -0.25, 2.0]];
        let inverse = inverse(&matrix).unwrap();
        for (row, found) in matrix.iter().enumerate().map(|(row, _)| (row, apply(&matrix, &inverse[row]))) {
            for (column, value) in found.into_iter().enumerate() {
                let want = if row == column { 1.0 } else { 0.0 };
                assert!((value - want).abs() < 1e-14);
            }
        }
    }

    #[test]
    fn a_matrix_without_inverse_has_none() {
        assert_eq!(inverse(&[vec![1.0, 1.0], vec![1.0, 1.0]]), None);
        assert_eq!(inverse(&[vec![-1.0]]), None);
    }
}
