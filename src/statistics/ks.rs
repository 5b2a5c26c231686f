//! The two-sample Kolmogorov-Smirnov test: do two samples come from one distribution?
//!
//! Not a paired test, even when both samples are answers to the same items; say so where it is printed. Forget quality in
//! the sense of TOFU is its p-value.

use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

use super::distribution::kolmogorov_sf;
use super::error::StatError;
use super::estimate::Alternative;

/// Largest sample for which `Auto` counts paths.
const EXACT_UP_TO: usize = 10_000;
/// Below this p the sum of path probabilities is done again by logarithms.
const SMALLEST_PLAIN_P: f64 = 1e-250;

/// How the p-value is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KsMode {
    /// Exact when neither sample is larger than 10,000, asymptotic otherwise (as scipy).
    #[default]
    Auto,
    /// By counting lattice paths.
    Exact,
    /// Two-sided: the finite-n distribution at n1 n2/(n1 + n2); one-sided: Hodges' expansion (as scipy).
    Asymptotic,
}

/// The answer of a two-sample Kolmogorov-Smirnov test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KsTest {
    /// Largest distance of the two empirical distribution functions in the direction asked, in [0, 1].
    pub distance: f64,
    /// In [0, 1]; 0 where it is smaller than any float: see `ln_p_value`.
    pub p_value: f64,
    /// Natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// Whether the p-value is exact.
    pub is_exact: bool,
    /// Values of the first sample.
    pub n_a: usize,
    /// Values of the second sample.
    pub n_b: usize,
}

/// Two-sample Kolmogorov-Smirnov test; `Greater` asks whether the distribution function of `a` lies above that of `b`.
///
/// Ties are taken together: the curves are compared after the whole group of equal values. Exact: O(n_a n_b) at worst,
/// O(n_a n_b D) for small distances; asymptotic O(n log n).
///
/// # Errors
/// `InvalidParameter` (exact for more than 10,000 values), `EmptyInput` without a value on one side, `NonFinite` (rows of
/// `b` are counted on from those of `a`).
pub fn ks_test(a: &[f64], b: &[f64], alternative: Alternative, mode: KsMode) -> Result<KsTest, StatError> {
    let longer = a.len().max(b.len());
    if mode == KsMode::Exact && longer > EXACT_UP_TO {
        return Err(StatError::invalid(
            "mode",
            format!("exact is offered for samples of up to {EXACT_UP_TO}, got {longer}; use asymptotic"),
        ));
    }
    let gap = Gap::new(a, b, alternative)?;
    let is_exact = match mode {
        KsMode::Auto => longer <= EXACT_UP_TO,
        KsMode::Exact => true,
        KsMode::Asymptotic => false,
    };
    let ln_p = if gap.scaled <= 0 {
        0.0
    } else if is_exact {
        Paths { m: a.len(), n: b.len(), bound: gap.scaled, is_two_sided: alternative == Alternative::TwoSided }.ln_p()
    } else {
        asymptotic_ln_p(gap.distance, a.len(), b.len(), alternative)
    };
    Ok(KsTest {
        distance: gap.distance,
        p_value: ln_p.exp().min(1.0),
        ln_p_value: ln_p.min(0.0),
        is_exact,
        n_a: a.len(),
        n_b: b.len(),
    })
}

/// Largest vertical distance of two empirical distribution functions, in [0, 1]. O(n log n).
///
/// # Errors
/// `EmptyInput` without a value on one side, `NonFinite` for anything but finite numbers.
pub fn ks_distance(first: &[f64], second: &[f64]) -> Result<f64, StatError> {
    Ok(Gap::new(first, second, Alternative::TwoSided)?.distance)
}

/// The distance, in whole numbers too: times n_a n_b it is exact.
struct Gap {
    scaled: i64,
    distance: f64,
}

impl Gap {
    fn new(a: &[f64], b: &[f64], alternative: Alternative) -> Result<Self, StatError> {
        if a.is_empty() || b.is_empty() {
            return Err(StatError::EmptyInput);
        }
        if let Some(index) = a.iter().chain(b).position(|value| !value.is_finite()) {
            return Err(StatError::NonFinite { index });
        }
        let (m, n) = (whole(a.len()), whole(b.len()));
        let mut pooled: Vec<(f64, bool)> =
            a.iter().map(|&value| (value + 0.0, true)).chain(b.iter().map(|&value| (value + 0.0, false))).collect();
        pooled.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
        let (mut from_a, mut from_b, mut highest, mut lowest) = (0_i64, 0_i64, 0_i64, 0_i64);
        for group in pooled.chunk_by(|left, right| left.0.total_cmp(&right.0).is_eq()) {
            let in_a = whole(group.iter().filter(|entry| entry.1).count());
            from_a += in_a;
            from_b += whole(group.len()) - in_a;
            let gap = from_a * n - from_b * m;
            (highest, lowest) = (highest.max(gap), lowest.min(gap));
        }
        let scaled = match alternative {
            Alternative::TwoSided => highest.max(-lowest),
            Alternative::Greater => highest,
            Alternative::Less => -lowest,
        };
        Ok(Self { scaled, distance: scaled as f64 / (m as f64 * n as f64) })
    }
}

fn whole(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Lattice paths from (0, 0) to (m, n), all as likely under the null; those that leave the band around the diagonal are as
/// extreme as what was seen. One-sided, the band is open below.
struct Paths {
    m: usize,
    n: usize,
    /// |i n - j m| (one-sided: i n - j m) at which a path has left.
    bound: i64,
    is_two_sided: bool,
}

impl Paths {
    fn ln_p(&self) -> f64 {
        let p = self.leaving_probability();
        if p > SMALLEST_PLAIN_P { p.ln().min(0.0) } else { self.ln_leaving_share().min(0.0) }
    }

    /// Columns j that row i can reach without leaving.
    fn band(&self, i: usize) -> std::ops::Range<usize> {
        let (m, n, i) = (whole(self.m), whole(self.n), whole(i));
        // i n - j m < bound, and > -bound when two-sided.
        let low = (i * n - self.bound).div_euclid(m) + 1;
        let high = if self.is_two_sided { (i * n + self.bound - 1).div_euclid(m) } else { n };
        let index = |value: i64| usize::try_from(value.clamp(0, n + 1)).unwrap_or(0);
        index(low.max(0))..index(high.min(n) + 1)
    }

    fn has_left(&self, i: usize, j: usize) -> bool {
        let gap = whole(i) * whole(self.n) - whole(j) * whole(self.m);
        gap >= self.bound || (self.is_two_sided && -gap >= self.bound)
    }

    /// Sum over the points at which paths leave, of the probability to be there: all terms are positive, so that a small p
    /// keeps its digits.
    fn leaving_probability(&self) -> f64 {
        let (m, n) = (self.m, self.n);
        let mut row = vec![0.0_f64; n + 2];
        let mut left = 0.0;
        // `row[j]` is the probability of having come to (i, j) inside the band.
        row[0] = 1.0;
        for i in 0..=m {
            let band = self.band(i);
            // What came down from the row above outside this row's band has left.
            if i > 0 {
                for j in self.band(i - 1) {
                    if !band.contains(&j) {
                        left += row[j];
                        row[j] = 0.0;
                    }
                }
            }
            for j in band.clone() {
                let here = row[j];
                if here <= 0.0 {
                    continue;
                }
                let (down, across) = ((m - i) as f64, (n - j) as f64);
                let rest = down + across;
                if rest <= 0.0 {
                    continue;
                }
                let moved = here * across / rest;
                row[j] = here * down / rest;
                if j < n {
                    if band.contains(&(j + 1)) { row[j + 1] += moved } else { left += moved }
                }
            }
        }
        left
    }

    /// The same by logarithms of numbers of paths: ln(paths that leave / all paths).
    fn ln_leaving_share(&self) -> f64 {
        let (m, n) = (self.m, self.n);
        let ln_factorial: Vec<f64> = (0..=m + n).map(|k| ln_gamma(k as f64 + 1.0)).collect();
        let ln_paths =
            |down: usize, across: usize| ln_factorial[down + across] - ln_factorial[down] - ln_factorial[across];
        let mut left = LogSum::default();
        let mut row = vec![f64::NEG_INFINITY; n + 1];
        for i in 0..=m {
            let band = self.band(i);
            let mut next = vec![f64::NEG_INFINITY; n + 1];
            // One column beyond the band on either side is where paths leave.
            for j in band.start.saturating_sub(1)..(band.end + 1).min(n + 1) {
                let mut here = LogSum::default();
                if i == 0 && j == 0 {
                    here.add(0.0);
                }
                if i > 0 {
                    here.add(row[j]);
                }
                if j > 0 {
                    here.add(next[j - 1]);
                }
                if self.has_left(i, j) {
                    left.add(here.ln() + ln_paths(m - i, n - j));
                } else {
                    next[j] = here.ln();
                }
            }
            // Columns of the row above that lie further out have left, too.
            if i > 0 {
                let above = self.band(i - 1);
                for j in above.filter(|j| *j + 1 < band.start || *j > band.end) {
                    left.add(row[j] + ln_paths(m - i, n - j));
                }
            }
            row = next;
        }
        left.ln() - ln_paths(m, n)
    }
}

/// ln of a sum of numbers given by their logarithms.
#[derive(Default)]
struct LogSum(Option<f64>);

impl LogSum {
    fn add(&mut self, ln: f64) {
        if ln == f64::NEG_INFINITY {
            return;
        }
        self.0 = Some(match self.0 {
            None => ln,
            Some(sum) => {
                let (high, low) = (sum.max(ln), sum.min(ln));
                high + (low - high).exp().ln_1p()
            }
        });
    }

    fn ln(&self) -> f64 {
        self.0.unwrap_or(f64::NEG_INFINITY)
    }
}

fn asymptotic_ln_p(distance: f64, n_a: usize, n_b: usize, alternative: Alternative) -> f64 {
    let (larger, smaller) = (n_a.max(n_b) as f64, n_a.min(n_b) as f64);
    let effective = larger * smaller / (larger + smaller);
    if alternative == Alternative::TwoSided {
        // Half to even, as numpy rounds; one pair rounds to nothing and is certain either way.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, below a sample size")]
        let n = effective.round_ties_even() as u64;
        return if n == 0 { 0.0 } else { kolmogorov_sf(distance, n).ln() };
    }
    let z = effective.sqrt() * distance;
    let correction = 2.0 * z * (larger + 2.0 * smaller) / (3.0 * (larger * smaller * (larger + smaller)).sqrt());
    -2.0 * z * z - correction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exact(a: &[f64], b: &[f64], alternative: Alternative) -> KsTest {
        ks_test(a, b, alternative, KsMode::Exact).unwrap()
    }

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

    /// All interleavings of two samples, by brute force.
    fn enumerated(m: usize, n: usize, distance: f64, alternative: Alternative) -> f64 {
        let (mut hits, mut all) = (0_u32, 0_u32);
        for pattern in 0..1_u32 << (m + n) {
            if pattern.count_ones() as usize != m {
                continue;
            }
            let split = |wanted: u32| -> Vec<f64> {
                (0..m + n).filter(|place| pattern >> place & 1 == wanted).map(|place| place as f64).collect()
            };
            let gap = Gap::new(&split(1), &split(0), alternative).unwrap();
            all += 1;
            hits += u32::from(gap.distance >= distance - 1e-12);
        }
        f64::from(hits) / f64::from(all)
    }

    #[test]
    fn counting_paths_is_counting_interleavings() {
        for (m, n) in [(1, 1), (3, 4), (5, 5), (2, 7), (6, 4)] {
            for alternative in [Alternative::TwoSided, Alternative::Less, Alternative::Greater] {
                for step in 1..=m * n {
                    let paths = Paths { m, n, bound: whole(step), is_two_sided: alternative == Alternative::TwoSided };
                    // Only distances that can occur bound the same paths.
                    let share = enumerated(m, n, step as f64 / (m * n) as f64, alternative);
                    assert!((paths.leaving_probability() - share).abs() < 1e-13, "{m} {n} {step} {alternative:?}");
                    if share > 0.0 {
                        assert!(
                            (paths.ln_leaving_share() - share.ln()).abs() < 1e-11,
                            "{m} {n} {step} {alternative:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_p_value_below_every_float_keeps_its_logarithm() {
        let a: Vec<f64> = (0..400).map(f64::from).collect();
        let b: Vec<f64> = (400..800).map(f64::from).collect();
        let found = exact(&a, &b, Alternative::TwoSided);
        // 2 / C(800, 400).
        let ln_want = 2.0_f64.ln() - (ln_gamma(801.0) - 2.0 * ln_gamma(401.0));
        assert!((found.ln_p_value - ln_want).abs() < 1e-9);
        assert!(found.p_value > 0.0 && found.p_value < 1e-238);
        let long_a: Vec<f64> = (0..1000).map(f64::from).collect();
        let long_b: Vec<f64> = (1000..2000).map(f64::from).collect();
        let longer = exact(&long_a, &long_b, Alternative::TwoSided);
        assert!(longer.p_value <= 0.0 && longer.ln_p_value < -1380.0);
    }

    #[test]
    fn the_two_one_sided_tests_mirror_each_other() {
        let (a, b) = ([0.1, 0.4, 0.9, 1.3], [0.2, 0.8, 1.1]);
        let (greater, less) = (exact(&a, &b, Alternative::Greater), exact(&b, &a, Alternative::Less));
        assert!((greater.p_value - less.p_value).abs() < 1e-14);
    }
}
