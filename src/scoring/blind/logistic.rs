//! Logistic regression with an L2 penalty on sparse rows, by Newton's method with conjugate gradients.
//!
//! Minimises `|w|^2 / 2 + C sum_i log(1 + exp(-y_i (w . x_i + b)))` with `y_i` in {-1, 1}; the intercept is free.
//! Deterministic: one order of summation, no randomness.

use super::word_features::Row;

/// Weights of a fitted classifier. The intercept moves all texts of a fold alike and is gone after centring.
#[derive(Debug, Clone)]
pub(super) struct Logistic {
    pub weights: Vec<f64>,
    pub intercept: f64,
}

/// The gradient did not get small enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotConverged {
    pub steps: usize,
}

const MAX_STEPS: usize = 100;
const MAX_CONJUGATE_STEPS: usize = 250;
/// Length of the gradient, over that at the start, at which the fit is done.
const TOLERANCE: f64 = 1e-7;

impl Logistic {
    /// Fits to `rows` with columns below `n_columns`. Each step costs a few passes over the non-zero values.
    pub(super) fn fit(
        rows: &[Row],
        is_positive: &[bool],
        n_columns: usize,
        inverse_penalty: f64,
    ) -> Result<Self, NotConverged> {
        let problem = Problem { rows, is_positive, n_columns, inverse_penalty };
        // The last entry is the intercept.
        let mut point = vec![0.0; n_columns + 1];
        let mut margins = problem.margins(&point);
        let mut value = problem.value(&point, &margins);
        let mut first_length = None;
        for _ in 0..MAX_STEPS {
            let gradient = problem.gradient(&point, &margins);
            let length = dot(&gradient, &gradient).sqrt();
            let start = *first_length.get_or_insert(length.max(f64::MIN_POSITIVE));
            if length <= TOLERANCE * start.max(1.0) {
                return Ok(Self { intercept: point.pop().unwrap_or(0.0), weights: point });
            }
            let direction = problem.newton_direction(&gradient, &margins);
            let slope = dot(&gradient, &direction);
            let mut step = 1.0;
            loop {
                let candidate: Vec<f64> = point.iter().zip(&direction).map(|(p, d)| p + step * d).collect();
                let candidate_margins = problem.margins(&candidate);
                let candidate_value = problem.value(&candidate, &candidate_margins);
                // The last term lets a step through whose gain is below the rounding of the value.
                if candidate_value <= value + 1e-4 * step * slope + 1e-12 * value.abs() {
                    point = candidate;
                    margins = candidate_margins;
                    value = candidate_value;
                    break;
                }
                step /= 2.0;
                if step < 1e-10 {
                    return Err(NotConverged { steps: MAX_STEPS });
                }
            }
        }
        Err(NotConverged { steps: MAX_STEPS })
    }

    /// `w . x + b`: above 0 speaks for the positive class.
    pub(super) fn decision(&self, row: &Row) -> f64 {
        self.intercept + row.iter().map(|(column, value)| self.weights[*column] * value).sum::<f64>()
    }
}

struct Problem<'a> {
    rows: &'a [Row],
    is_positive: &'a [bool],
    n_columns: usize,
    inverse_penalty: f64,
}

impl Problem<'_> {
    /// `w . x_i + b` for each row.
    fn margins(&self, point: &[f64]) -> Vec<f64> {
        let intercept = point[self.n_columns];
        let inner = |row: &Row| row.iter().map(|(column, value)| point[*column] * value).sum::<f64>();
        self.rows.iter().map(|row| intercept + inner(row)).collect()
    }

    fn value(&self, point: &[f64], margins: &[f64]) -> f64 {
        let weights = &point[..self.n_columns];
        let loss: f64 = margins
            .iter()
            .zip(self.is_positive)
            .map(|(&margin, &positive)| softplus(if positive { -margin } else { margin }))
            .sum();
        dot(weights, weights) / 2.0 + self.inverse_penalty * loss
    }

    /// Weights plus `C X^T (p - y)`, and `C sum (p - y)` for the intercept.
    fn gradient(&self, point: &[f64], margins: &[f64]) -> Vec<f64> {
        let residuals: Vec<f64> = margins
            .iter()
            .zip(self.is_positive)
            .map(|(&margin, &positive)| sigmoid(margin) - f64::from(u8::from(positive)))
            .collect();
        let mut gradient = self.transposed(&residuals);
        for (entry, weight) in gradient.iter_mut().zip(&point[..self.n_columns]) {
            *entry += weight;
        }
        gradient
    }

    /// `C [X 1]^T values`.
    fn transposed(&self, values: &[f64]) -> Vec<f64> {
        let mut result = vec![0.0; self.n_columns + 1];
        for (row, value) in self.rows.iter().zip(values) {
            let scaled = self.inverse_penalty * value;
            for (column, entry) in row {
                result[*column] += scaled * entry;
            }
            result[self.n_columns] += scaled;
        }
        result
    }

    /// Solves `H d = -gradient` well enough that Newton's method still converges quickly.
    fn newton_direction(&self, gradient: &[f64], margins: &[f64]) -> Vec<f64> {
        let curvatures: Vec<f64> = margins.iter().map(|&margin| sigmoid(margin) * sigmoid(-margin)).collect();
        let mut direction = vec![0.0; gradient.len()];
        let mut residual: Vec<f64> = gradient.iter().map(|entry| -entry).collect();
        let mut search = residual.clone();
        let mut squared = dot(&residual, &residual);
        let gradient_length = squared.sqrt();
        // Eisenstat and Walker: the nearer to the end, the more exact.
        let target = gradient_length * gradient_length.sqrt().min(0.1);
        for _ in 0..MAX_CONJUGATE_STEPS {
            if squared.sqrt() <= target {
                break;
            }
            let image = self.hessian_times(&curvatures, &search);
            let curvature = dot(&search, &image);
            if curvature <= 0.0 {
                // Only by rounding, when every row is saturated: the direction so far still goes down.
                break;
            }
            let step = squared / curvature;
            for index in 0..direction.len() {
                direction[index] += step * search[index];
                residual[index] -= step * image[index];
            }
            let next = dot(&residual, &residual);
            let ratio = next / squared;
            for (entry, rest) in search.iter_mut().zip(&residual) {
                *entry = rest + ratio * *entry;
            }
            squared = next;
        }
        direction
    }

    fn hessian_times(&self, curvatures: &[f64], vector: &[f64]) -> Vec<f64> {
        let scaled: Vec<f64> =
            self.margins(vector).iter().zip(curvatures).map(|(margin, curvature)| margin * curvature).collect();
        let mut result = self.transposed(&scaled);
        for (entry, weight) in result.iter_mut().zip(&vector[..self.n_columns]) {
            *entry += weight;
        }
        result
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

fn sigmoid(value: f64) -> f64 {
    if value >= 0.0 {
        1.0 / (1.0 + (-value).exp())
    } else {
        let grown = value.exp();
        grown / (1.0 + grown)
    }
}

/// `log(1 + exp(value))` without overflow.
fn softplus(value: f64) -> f64 {
    value.max(0.0) + (-value.abs()).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_columns_the_intercept_is_the_log_odds() {
        let rows = vec![Row::new(); 5];
        let fitted = Logistic::fit(&rows, &[true, true, true, true, false], 0, 1.0).expect("convex");
        assert!((fitted.intercept - 4.0_f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_gradient_is_zero_at_the_fit() {
        let rows: Vec<Row> =
            vec![vec![(0, 0.8), (1, 0.6)], vec![(1, 1.0)], vec![(0, 0.6), (2, 0.8)], vec![(2, 1.0)], vec![(0, 1.0)]];
        let labels = [true, false, true, false, false];
        let fitted = Logistic::fit(&rows, &labels, 3, 2.0).expect("convex");
        // Recomputed from the definition, apart from the solver's own code.
        let mut gradient = [fitted.weights[0], fitted.weights[1], fitted.weights[2], 0.0];
        for (row, label) in rows.iter().zip(labels) {
            let probability = 1.0 / (1.0 + (-fitted.decision(row)).exp());
            let residual = probability - f64::from(u8::from(label));
            for (column, value) in row {
                gradient[*column] += 2.0 * residual * value;
            }
            gradient[3] += 2.0 * residual;
        }
        assert!(gradient.iter().all(|entry| entry.abs() < 1e-6), "{gradient:?}");
    }

    #[test]
    fn a_stronger_penalty_gives_smaller_weights() {
        let rows: Vec<Row> = vec![vec![(0, 1.0)], vec![(0, -1.0)]];
        let weight = |c| Logistic::fit(&rows, &[true, false], 1, c).expect("convex").weights[0];
        assert!(weight(0.1) > 0.0);
        assert!(weight(0.1) < weight(1.0) && weight(1.0) < weight(1000.0));
        // By symmetry b = 0, and w solves w = 2 C (1 - sigmoid(w)).
        let w = weight(1.0);
        assert!((w - 2.0 * (1.0 - sigmoid(w))).abs() < 1e-6);
    }

    #[test]
    fn large_margins_do_not_overflow() {
        assert_eq!(softplus(1e4), 1e4);
        assert_eq!(softplus(-1e4), 0.0);
        assert_eq!((sigmoid(1e4), sigmoid(-1e4)), (1.0, 0.0));
    }
}
