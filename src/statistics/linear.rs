//! Small symmetric positive-definite systems, by Cholesky's decomposition.

/// L of L L' = M for a symmetric positive-definite M.
pub(crate) struct Cholesky {
    lower: Vec<Vec<f64>>,
}

impl Cholesky {
    /// The factor of a matrix given row by row; `None` when it is not positive-definite. O(n³).
    pub(crate) fn new(matrix: &[Vec<f64>]) -> Option<Self> {
        let n = matrix.len();
        let mut lower = vec![vec![0.0; n]; n];
        for row in 0..n {
            for column in 0..=row {
                let known = dot(&lower[row][..column], &lower[column][..column]);
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
        Some(Self { lower })
    }

    /// The smallest share of a diagonal element that the rows before it leave over, in (0, 1]: near 0, the matrix is singular
    /// but for rounding. 1 for an empty matrix.
    pub(crate) fn smallest_own_share(&self) -> f64 {
        let own_share = |(place, row): (usize, &Vec<f64>)| row[place].powi(2) / dot(&row[..=place], &row[..=place]);
        self.lower.iter().enumerate().map(own_share).fold(1.0, f64::min)
    }

    /// The x with M x = `right`. O(n²).
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let n = self.lower.len();
        // L y = right, then L' x = y.
        let mut solution = vec![0.0; n];
        for row in 0..n {
            let known = dot(&self.lower[row][..row], &solution[..row]);
            solution[row] = (right[row] - known) / self.lower[row][row];
        }
        for row in (0..n).rev() {
            let known: f64 = (row + 1..n).map(|k| self.lower[k][row] * solution[k]).sum();
            solution[row] = (solution[row] - known) / self.lower[row][row];
        }
        solution
    }
}

/// Inverse of a symmetric positive-definite matrix given row by row; `None` when it is not one. O(n³).
pub(crate) fn inverse(matrix: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let factor = Cholesky::new(matrix)?;
    let unit = |one: usize| (0..n).map(|place| if place == one { 1.0 } else { 0.0 }).collect::<Vec<f64>>();
    // Symmetric: its columns are its rows.
    Some((0..n).map(|one| factor.solve(&unit(one))).collect())
}

/// Sum of products, place by place.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

/// Matrix times vector.
pub(crate) fn apply(matrix: &[Vec<f64>], vector: &[f64]) -> Vec<f64> {
    matrix.iter().map(|row| dot(row, vector)).collect()
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
