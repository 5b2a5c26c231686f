//! The null distribution of the one-sample Kolmogorov-Smirnov distance for a finite n.
//!
//! Which method serves which n and D follows Simard & L'Ecuyer 2011: the exact matrix power of Durbin in the form of
//! Marsaglia, Tsang & Wang 2003, the expansion of Pelz & Good 1976 for large n, and Smirnov's one-sided sum in the tail,
//! where twice the one-sided probability is the two-sided one to all digits.

use statrs::function::gamma::ln_gamma;

/// Up to this n the distribution is computed exactly everywhere.
const ALWAYS_EXACT: u64 = 140;

/// P(D_n >= d) for n >= 1 observations and a distance d, in [0, 1]. NaN outside the domain.
///
/// The expansion, used for n > 140 in the middle of the distribution, is off by less than 1e-6 at n = 141 and 1e-7 at
/// n = 1,000; everything else has at least ten digits. O(n) in the tail, O((n d)³ log n) where the matrix is used, O(1) otherwise.
#[must_use]
pub fn kolmogorov_sf(d: f64, n: u64) -> f64 {
    if d.is_nan() || n == 0 {
        return f64::NAN;
    }
    if d >= 1.0 {
        return 0.0;
    }
    let count = n as f64;
    let scaled = count * d;
    if scaled <= 0.5 {
        return 1.0;
    }
    if scaled <= 1.0 {
        // Ruben & Gambino 1982: n! (2d - 1/n)^n.
        let ln_cdf = ln_gamma(count + 1.0) + count * (2.0 * d - 1.0 / count).ln();
        return -ln_cdf.min(0.0).exp_m1();
    }
    let square = scaled * d;
    if scaled >= count - 1.0 || d >= 0.5 || square >= if n <= ALWAYS_EXACT { 4.0 } else { 2.2 } {
        return (2.0 * smirnov_sf(d, n)).min(1.0);
    }
    let cdf = if n <= ALWAYS_EXACT || scaled * d.sqrt() <= 1.4 { matrix_cdf(d, n) } else { pelz_good_cdf(d, n) };
    (1.0 - cdf).clamp(0.0, 1.0)
}

/// P(D_n+ >= d), one-sided, by the sum of Birnbaum & Tingey 1951, whose terms are all positive.
fn smirnov_sf(d: f64, n: u64) -> f64 {
    let count = n as f64;
    let ln_all = ln_gamma(count + 1.0);
    let mut sum = 0.0;
    for j in 0..=n {
        let (hits, rest) = (j as f64, (n - j) as f64);
        let left = 1.0 - d - hits / count;
        if left <= 0.0 {
            break;
        }
        let ln_choose = ln_all - ln_gamma(hits + 1.0) - ln_gamma(rest + 1.0);
        sum += (ln_choose + (hits - 1.0) * (d + hits / count).ln() + rest * left.ln()).exp();
    }
    (d * sum).min(1.0)
}

/// P(D_n < d) as an entry of the n-th power of a (2k-1) x (2k-1) matrix, k = ceil(n d).
fn matrix_cdf(d: f64, n: u64) -> f64 {
    let count = n as f64;
    let scaled = count * d;
    let k = whole(scaled.ceil());
    let gap = k as f64 - scaled;
    let size = 2 * k - 1;
    let mut base = Matrix::zeros(size);
    // 1/(i - j + 1)! below the superdiagonal, with corrected first column and last row.
    let mut factorials = vec![1.0_f64; size + 2];
    for index in 1..factorials.len() {
        factorials[index] = factorials[index - 1] * index as f64;
    }
    for row in 0..size {
        for column in 0..size.min(row + 2) {
            base.set(row, column, 1.0 / factorials[row + 1 - column]);
        }
    }
    let mut power = 1.0;
    for row in 0..size {
        power *= gap;
        base.set(row, 0, base.get(row, 0) - power / factorials[row + 1]);
        let mirrored = size - 1 - row;
        base.set(size - 1, mirrored, base.get(size - 1, mirrored) - power / factorials[row + 1]);
    }
    let corner = if 2.0 * gap > 1.0 { (2.0 * gap - 1.0).powi(i32_of(size)) / factorials[size] } else { 0.0 };
    base.set(size - 1, 0, (1.0 - 2.0 * gap.powi(i32_of(size))) / factorials[size] + corner);
    let (entry, exponent) = base.power(n).scaled_entry(k - 1, k - 1);
    if entry <= 0.0 {
        return 0.0;
    }
    (entry.ln() + exponent + ln_gamma(count + 1.0) - count * count.ln()).exp().min(1.0)
}

/// Square matrix times e^exponent.
struct Matrix {
    size: usize,
    cells: Vec<f64>,
    exponent: f64,
}

impl Matrix {
    fn zeros(size: usize) -> Self {
        Self { size, cells: vec![0.0; size * size], exponent: 0.0 }
    }

    fn get(&self, row: usize, column: usize) -> f64 {
        self.cells[row * self.size + column]
    }

    fn set(&mut self, row: usize, column: usize, value: f64) {
        self.cells[row * self.size + column] = value;
    }

    fn scaled_entry(&self, row: usize, column: usize) -> (f64, f64) {
        (self.get(row, column), self.exponent)
    }

    fn times(&self, other: &Self) -> Self {
        let size = self.size;
        let mut product = Self::zeros(size);
        for row in 0..size {
            let target = &mut product.cells[row * size..(row + 1) * size];
            for (inner, &factor) in self.cells[row * size..(row + 1) * size].iter().enumerate() {
                for (sum, value) in target.iter_mut().zip(&other.cells[inner * size..(inner + 1) * size]) {
                    *sum += factor * value;
                }
            }
        }
        product.exponent = self.exponent + other.exponent;
        product.rescale();
        product
    }

    /// Keeps the cells near 1, so that high powers neither overflow nor vanish.
    fn rescale(&mut self) {
        let largest = self.cells.iter().fold(0.0_f64, |largest, cell| largest.max(cell.abs()));
        if largest > 0.0 {
            self.cells.iter_mut().for_each(|cell| *cell /= largest);
            self.exponent += largest.ln();
        }
    }

    /// By squaring; `n` >= 1.
    fn power(mut self, n: u64) -> Self {
        let mut left = n;
        let mut result: Option<Self> = None;
        loop {
            if left & 1 == 1 {
                result = Some(match result {
                    Some(result) => result.times(&self),
                    None => Self { size: self.size, cells: self.cells.clone(), exponent: self.exponent },
                });
            }
            left >>= 1;
            if left == 0 {
                return result.unwrap_or(self);
            }
            self = self.times(&self);
        }
    }
}

/// P(D_n < d) by the first four terms of the expansion in 1/sqrt(n), z = d sqrt(n).
fn pelz_good_cdf(d: f64, n: u64) -> f64 {
    let root_n = (n as f64).sqrt();
    let z = d * root_n;
    let pi_squared = std::f64::consts::PI.powi(2);
    let (z2, z4, z6) = (z * z, z.powi(4), z.powi(6));
    let mut sums = [0.0_f64; 4];
    let n_terms = whole((16.0 * z / std::f64::consts::PI).ceil()).max(1);
    for term in (1..=n_terms).rev() {
        let term = term as f64;
        // Odd integers.
        let m2 = (2.0 * term - 1.0).powi(2);
        let a = 0.25 * pi_squared * m2;
        let weight = (-0.5 * a / z2).exp();
        sums[0] += weight;
        sums[1] += weight * (a - z2);
        sums[2] += weight * (6.0 * z6 + 2.0 * z4 + (2.0 * z4 - 5.0 * z2) * a + (1.0 - 2.0 * z2) * a * a);
        sums[3] += weight
            * (-30.0 * z6 - 90.0 * z4 * z4
                + (135.0 * z4 - 96.0 * z6) * a
                + (212.0 * z4 - 60.0 * z2) * a * a
                + (5.0 - 30.0 * z2) * a * a * a);
    }
    let root = std::f64::consts::TAU.sqrt();
    let mut parts = [
        root / z * sums[0],
        root / (6.0 * z4) * sums[1],
        root / (72.0 * z6 * z) * sums[2],
        root / (6480.0 * z4 * z6) * sums[3],
    ];
    for term in 1..=n_terms {
        // All integers.
        let a = pi_squared * (term as f64).powi(2);
        let weight = (-0.5 * a / z2).exp();
        parts[2] -= root / (36.0 * z2 * z) * a * weight;
        parts[3] += root / (216.0 * z6) * (3.0 * z2 - a) * a * weight;
    }
    let cdf = parts[0] + parts[1] / root_n + parts[2] / root_n.powi(2) + parts[3] / root_n.powi(3);
    cdf.clamp(0.0, 1.0)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "small, positive and whole by construction"
)]
fn whole(value: f64) -> usize {
    value as usize
}

fn i32_of(size: usize) -> i32 {
    i32::try_from(size).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_observation_has_a_known_distribution() {
        // D_1 is max(u, 1 - u): P(D >= d) = 2 (1 - d) for d >= 1/2.
        for d in [0.5, 0.6, 0.9] {
            assert!((kolmogorov_sf(d, 1) - 2.0 * (1.0 - d)).abs() < 1e-14, "{d}");
        }
    }

    #[test]
    fn the_matrix_and_the_expansion_agree_where_both_hold() {
        for (d, n, allowed) in [(0.05, 300, 1e-6), (0.03, 1000, 1e-7), (0.02, 3000, 1e-8)] {
            let (exact, expanded) = (matrix_cdf(d, n), pelz_good_cdf(d, n));
            assert!((exact - expanded).abs() < allowed, "{d} {n}: {exact} {expanded}");
        }
    }

    #[test]
    fn the_tail_joins_the_middle() {
        for n in [20_u64, 100, 139] {
            let d = (3.9 / n as f64).sqrt();
            let (middle, tail) = (1.0 - matrix_cdf(d, n), 2.0 * smirnov_sf(d, n));
            assert!((middle / tail - 1.0).abs() < 1e-6, "{n}: {middle} {tail}");
        }
    }

    #[test]
    fn a_larger_distance_is_never_more_likely() {
        for n in [1_u64, 7, 50, 200, 4000] {
            let values: Vec<f64> = (1..200).map(|step| kolmogorov_sf(f64::from(step) / 200.0, n)).collect();
            assert!(values.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "{n}");
        }
    }
}
