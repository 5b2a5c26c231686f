//! Does an outcome jump where a running variable crosses a cutoff: a local line on either side.

use serde::{Deserialize, Serialize};

use super::least_squares::{RobustErrors, least_squares};
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};
use crate::statistics::missing::{check_finite, check_lengths};

/// How rows near the cutoff weigh; x is the distance in bandwidths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kernel {
    /// max(0, 1 - |x|). The default.
    #[default]
    Triangular,
    /// 1 for |x| below 1, else 0.
    Uniform,
}

/// Settings of a local-linear discontinuity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Discontinuity {
    /// Where it is looked for; a row at the cutoff counts as after it. Unit of the running variable.
    pub cutoff: f64,
    /// Distance at which rows stop to weigh, above 0, in the same unit; default 24 (months).
    pub bandwidth: f64,
    /// How rows weigh.
    pub kernel: Kernel,
    /// Level of the interval.
    pub level: Level,
}

impl Default for Discontinuity {
    fn default() -> Self {
        Self { cutoff: 0.0, bandwidth: 24.0, kernel: Kernel::default(), level: Level::DEFAULT }
    }
}

/// The jump at a cutoff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DiscontinuityTest {
    /// Outcome just after less just before, in the unit of the outcome. What was learnt up to the cutoff gives tau < 0.
    pub tau: f64,
    /// HC1, or clustered where clusters were given.
    pub standard_error: f64,
    /// tau over its error; `None` for an error of 0.
    pub z: Option<f64>,
    /// Two-sided, by the normal; `None` for an error of 0.
    pub p_value: Option<f64>,
    /// tau -+ z-quantile x error.
    pub interval: Interval,
    /// Rows of positive weight.
    pub n_used: usize,
    /// Of these, rows before the cutoff.
    pub n_before: usize,
    /// Clusters, where they were given.
    pub n_clusters: Option<usize>,
}

/// Weighted least squares of the outcome on 1, D = (x >= 0), x and D x, with x = running - cutoff; tau is D's coefficient.
///
/// `clusters`: one label a row, where rows of one period move together. O(n).
///
/// # Errors
/// `InvalidParameter` (bandwidth), `EmptyInput`, `LengthMismatch`, `NonFinite`, `TooFewItems` (five rows inside the
/// bandwidth), `TooFewClusters`, `Undefined` (fewer than two distances on a side).
pub fn discontinuity(
    running: &[f64],
    outcome: &[f64],
    clusters: Option<&[u64]>,
    settings: &Discontinuity,
) -> Result<DiscontinuityTest, StatError> {
    let Discontinuity { cutoff, bandwidth, kernel, level } = *settings;
    if !(bandwidth > 0.0 && bandwidth.is_finite()) {
        return Err(StatError::invalid("bandwidth", format!("must be above 0, got {bandwidth}")));
    }
    if !cutoff.is_finite() {
        return Err(StatError::invalid("cutoff", format!("must be a number, got {cutoff}")));
    }
    if running.is_empty() && outcome.is_empty() {
        return Err(StatError::EmptyInput);
    }
    check_lengths(running.len(), outcome.len())?;
    check_finite(running)?;
    let distances: Vec<f64> = running.iter().map(|running| running - cutoff).collect();
    let weights: Vec<f64> = distances
        .iter()
        .map(|x| match kernel {
            Kernel::Triangular => (1.0 - x.abs() / bandwidth).max(0.0),
            Kernel::Uniform => f64::from(u8::from(x.abs() < bandwidth)),
        })
        .collect();
    let design: Vec<Vec<f64>> = distances
        .iter()
        .map(|&x| {
            let is_after = f64::from(u8::from(x >= 0.0));
            vec![1.0, is_after, x, is_after * x]
        })
        .collect();
    let errors = clusters.map_or(RobustErrors::Hc1, RobustErrors::Clustered);
    let fit = least_squares(&design, outcome, Some(&weights), errors)?;
    let (tau, standard_error) = (fit.coefficients[1], fit.standard_errors[1]);
    let half = level.two_sided_z() * standard_error;
    let method = if clusters.is_some() { "clustered_normal" } else { "hc1_normal" };
    Ok(DiscontinuityTest {
        tau,
        standard_error,
        z: fit.z[1],
        p_value: fit.p_values[1],
        interval: Interval::new(tau - half, tau + half, level, method),
        n_used: fit.n,
        n_before: distances.iter().zip(&weights).filter(|(x, weight)| **x < 0.0 && **weight > 0.0).count(),
        n_clusters: fit.n_clusters,
    })
}

/// The jump at the true cutoff beside those where there should be none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PlaceboCheck {
    /// At the cutoff of the settings.
    pub at_cutoff: DiscontinuityTest,
    /// At each placebo, with its place relative to the cutoff; `None` where the data there allow no fit.
    pub placebos: Vec<(f64, Option<DiscontinuityTest>)>,
    /// Whether |tau| is larger at the cutoff than at every placebo that could be fitted; `None` where none could.
    pub is_largest_at_cutoff: Option<bool>,
}

/// The same test with the cutoff moved by each of `shifts` (default of the suite: -24, -12 and +12 months).
///
/// All rows are used at each place: near the true cutoff a placebo's window sees part of the true jump, so that its |tau| is
/// not expected to be 0, only smaller.
///
/// # Errors
/// Those of [`discontinuity`] at the true cutoff.
pub fn placebo_discontinuities(
    running: &[f64],
    outcome: &[f64],
    clusters: Option<&[u64]>,
    settings: &Discontinuity,
    shifts: &[f64],
) -> Result<PlaceboCheck, StatError> {
    let at_cutoff = discontinuity(running, outcome, clusters, settings)?;
    let placebos: Vec<(f64, Option<DiscontinuityTest>)> = shifts
        .iter()
        .map(|&shift| {
            let moved = Discontinuity { cutoff: settings.cutoff + shift, ..*settings };
            (shift, discontinuity(running, outcome, clusters, &moved).ok())
        })
        .collect();
    let sizes: Vec<f64> = placebos.iter().filter_map(|(_, test)| test.as_ref().map(|test| test.tau.abs())).collect();
    let is_largest_at_cutoff = (!sizes.is_empty()).then(|| sizes.iter().all(|size| at_cutoff.tau.abs() > *size));
    Ok(PlaceboCheck { at_cutoff, placebos, is_largest_at_cutoff })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn months(n: i32) -> Vec<f64> {
        (-n..n).map(f64::from).collect()
    }

    /// Noise without randomness: in (-0.1, 0.1) and without a trend.
    fn wobble(index: usize) -> f64 {
        0.1 * (index as f64 * 2.399).sin()
    }

    #[test]
    fn a_planted_jump_between_two_slopes_is_found_exactly() {
        let running = months(30);
        let outcome: Vec<f64> =
            running.iter().map(|&x| if x < 0.0 { 1.0 + 0.02 * x } else { 0.3 - 0.01 * x }).collect();
        let test = discontinuity(&running, &outcome, None, &Discontinuity::default()).unwrap();
        assert!((test.tau + 0.7).abs() < 1e-12, "{}", test.tau);
        assert!(test.standard_error < 1e-12);
        assert_eq!((test.n_used, test.n_before), (47, 23));
    }

    #[test]
    fn the_jump_is_largest_at_the_true_cutoff_and_not_at_another() {
        let running = months(48);
        let outcome: Vec<f64> =
            running.iter().enumerate().map(|(i, &x)| f64::from(u8::from(x < 0.0)) + wobble(i)).collect();
        let of = |cutoff| {
            let settings = Discontinuity { cutoff, bandwidth: 12.0, ..Discontinuity::default() };
            placebo_discontinuities(&running, &outcome, None, &settings, &[-24.0, -12.0, 12.0]).unwrap()
        };
        let right = of(0.0);
        assert_eq!(right.is_largest_at_cutoff, Some(true));
        assert!((right.at_cutoff.tau + 1.0).abs() < 0.1 && right.at_cutoff.p_value.unwrap() < 1e-6);
        assert_eq!(of(12.0).is_largest_at_cutoff, Some(false));
    }

    #[test]
    fn series_that_share_their_months_are_no_surer_than_one() {
        let one = months(24);
        let running: Vec<f64> = one.iter().chain(&one).chain(&one).copied().collect();
        let outcome: Vec<f64> = (0..running.len()).map(|i| wobble(i % one.len())).collect();
        let labels: Vec<u64> = (0..running.len() as u64).map(|i| i % one.len() as u64).collect();
        let settings = Discontinuity::default();
        let clustered = discontinuity(&running, &outcome, Some(&labels), &settings).unwrap();
        let apart = discontinuity(&running, &outcome, None, &settings).unwrap();
        assert!(clustered.standard_error > 1.5 * apart.standard_error);
        assert_eq!((clustered.tau, clustered.n_clusters), (apart.tau, Some(47)));
    }

    #[test]
    fn one_side_alone_has_no_jump() {
        let running: Vec<f64> = (0..20).map(f64::from).collect();
        let refused = discontinuity(&running, &[1.0; 20], None, &Discontinuity::default()).unwrap_err();
        assert_eq!(refused.kind(), "Undefined");
        let settings = Discontinuity { bandwidth: 0.0, ..Discontinuity::default() };
        assert_eq!(discontinuity(&running, &[1.0; 20], None, &settings).unwrap_err().kind(), "InvalidParameter");
        assert_eq!(discontinuity(&[], &[], None, &Discontinuity::default()), Err(StatError::EmptyInput));
    }
}
