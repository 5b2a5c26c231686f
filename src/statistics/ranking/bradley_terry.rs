//! Bradley-Terry strengths: P(i beats j) = 1/(1 + exp(theta_j - theta_i)).

use serde::{Deserialize, Serialize};

use crate::statistics::error::StatError;
use crate::statistics::linear::{apply, inverse};

/// Elo points of one unit of theta.
const ELO_SCALE: f64 = 400.0 / std::f64::consts::LN_10;
/// Steps after which the search gives up; Newton's method needs about ten.
const MOST_STEPS: usize = 200;

/// Settings of a fit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct BradleyTerrySettings {
    /// Pseudo-wins added in each direction of every pair, 0 or more. With 0 (the default) an unbeaten model has no finite
    /// strength and the fit is refused.
    pub prior: f64,
}

/// Fitted strengths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BradleyTerry {
    /// Strengths with mean 0.
    pub theta: Vec<f64>,
    /// Standard errors under that constraint; to compare two models use [`BradleyTerry::difference_error`].
    pub standard_errors: Vec<f64>,
    /// Covariance of theta.
    pub covariance: Vec<Vec<f64>>,
    /// 1000 + 400/ln 10 theta.
    pub elo: Vec<f64>,
    /// Log-likelihood of the wins (without the prior's).
    pub log_likelihood: f64,
    /// Comparisons behind it.
    pub n_comparisons: f64,
}

impl BradleyTerry {
    /// Standard error of theta_i - theta_j, which does not depend on the constraint.
    #[must_use]
    pub fn difference_error(&self, i: usize, j: usize) -> f64 {
        (self.covariance[i][i] + self.covariance[j][j] - 2.0 * self.covariance[i][j]).max(0.0).sqrt()
    }
}

/// Fits strengths to `wins[i][j]`, how often i beat j (a tie is half a win for both). Newton's method, O(k³) a step.
///
/// # Errors
/// `InvalidParameter` (a negative prior or count), `EmptyInput`, `LengthMismatch` (not square), `NonFinite` (index of the
/// row), `TooFewModels` (fewer than two), `NotConnected` (without a prior, unless every model can be reached from every
/// other through wins).
pub fn bradley_terry(wins: &[Vec<f64>], settings: &BradleyTerrySettings) -> Result<BradleyTerry, StatError> {
    if !(settings.prior >= 0.0 && settings.prior.is_finite()) {
        return Err(StatError::invalid("prior", format!("must be finite and not negative, got {}", settings.prior)));
    }
    check(wins)?;
    let k = wins.len();
    let won = |i: usize, j: usize| if i == j { 0.0 } else { wins[i][j] + settings.prior };
    if settings.prior <= 0.0 {
        let components = strong_components(wins);
        if components.len() > 1 {
            return Err(StatError::NotConnected { components });
        }
    }
    let games = |i: usize, j: usize| won(i, j) + won(j, i);
    let mut theta = vec![0.0; k];
    let mut previous = likelihood(&theta, &won);
    for _ in 0..MOST_STEPS {
        let gradient: Vec<f64> =
            (0..k).map(|i| (0..k).map(|j| won(i, j) - games(i, j) * chance(theta[i] - theta[j])).sum()).collect();
        let covariance = covariance(&theta, &games)?;
        let step = apply(&covariance, &gradient);
        // Halved until the likelihood rises: Newton's full step may overshoot far from the maximum.
        let mut scale = 1.0;
        let largest = loop {
            let moved: Vec<f64> = theta.iter().zip(&step).map(|(value, change)| value + scale * change).collect();
            let now = likelihood(&moved, &won);
            if now >= previous - 1e-12 * previous.abs() || scale < 1e-10 {
                (theta, previous) = (moved, now);
                break step.iter().fold(0.0_f64, |largest, change| largest.max((scale * change).abs()));
            }
            scale *= 0.5;
        };
        if largest < 1e-12 {
            break;
        }
    }
    let mean = theta.iter().sum::<f64>() / k as f64;
    theta.iter_mut().for_each(|value| *value -= mean);
    let covariance = covariance(&theta, &games)?;
    Ok(BradleyTerry {
        standard_errors: (0..k).map(|i| covariance[i][i].max(0.0).sqrt()).collect(),
        elo: theta.iter().map(|value| 1000.0 + ELO_SCALE * value).collect(),
        log_likelihood: likelihood(&theta, &|i, j| if i == j { 0.0 } else { wins[i][j] }),
        n_comparisons: (0..k)
            .flat_map(|i| (0..k).map(move |j| (i, j)))
            .filter(|(i, j)| i != j)
            .map(|(i, j)| wins[i][j])
            .sum(),
        theta,
        covariance,
    })
}

fn check(wins: &[Vec<f64>]) -> Result<(), StatError> {
    if wins.is_empty() {
        return Err(StatError::EmptyInput);
    }
    if let Some(row) = wins.iter().find(|row| row.len() != wins.len()) {
        return Err(StatError::LengthMismatch { left: wins.len(), right: row.len() });
    }
    if let Some(index) = wins.iter().position(|row| row.iter().any(|count| !count.is_finite())) {
        return Err(StatError::NonFinite { index });
    }
    if let Some(count) = wins.iter().flatten().find(|count| **count < 0.0) {
        return Err(StatError::invalid("wins", format!("must not be negative, got {count}")));
    }
    if wins.len() < 2 {
        return Err(StatError::TooFewModels { needed: 2, got: wins.len() });
    }
    Ok(())
}

/// P(win) at a difference of strengths.
pub(super) fn chance(difference: f64) -> f64 {
    1.0 / (1.0 + (-difference).exp())
}

/// ln P(win), without overflow.
pub(super) fn ln_chance(difference: f64) -> f64 {
    if difference > 0.0 { -(-difference).exp().ln_1p() } else { difference - difference.exp().ln_1p() }
}

fn likelihood(theta: &[f64], won: &dyn Fn(usize, usize) -> f64) -> f64 {
    let k = theta.len();
    let mut sum = 0.0;
    for i in 0..k {
        for j in (0..k).filter(|&j| j != i) {
            sum += won(i, j) * ln_chance(theta[i] - theta[j]);
        }
    }
    sum
}

/// Pseudo-inverse of the Laplacian with weights N_ij p (1 - p): (L + J/k)^-1 - J/k.
fn covariance(theta: &[f64], games: &dyn Fn(usize, usize) -> f64) -> Result<Vec<Vec<f64>>, StatError> {
    let k = theta.len();
    let share = 1.0 / k as f64;
    let mut laplacian = vec![vec![share; k]; k];
    for i in 0..k {
        for j in 0..i {
            let p = chance(theta[i] - theta[j]);
            let weight = games(i, j) * p * (1.0 - p);
            laplacian[i][j] -= weight;
            laplacian[j][i] -= weight;
            laplacian[i][i] += weight;
            laplacian[j][j] += weight;
        }
    }
    let mut inverse = inverse(&laplacian).ok_or(StatError::Undefined { why: "the strengths run away to infinity" })?;
    for row in &mut inverse {
        row.iter_mut().for_each(|cell| *cell -= share);
    }
    Ok(inverse)
}

/// Strongly connected components of "has beaten", each ascending, ordered by their first model.
pub(super) fn strong_components(wins: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let k = wins.len();
    let reach = |start: usize, has_edge: &dyn Fn(usize, usize) -> bool| {
        let mut seen = vec![false; k];
        let mut open = vec![start];
        seen[start] = true;
        while let Some(here) = open.pop() {
            for (next, is_seen) in seen.iter_mut().enumerate() {
                if !*is_seen && next != here && has_edge(here, next) {
                    *is_seen = true;
                    open.push(next);
                }
            }
        }
        seen
    };
    let mut components: Vec<Vec<usize>> = Vec::new();
    let mut is_placed = vec![false; k];
    for start in 0..k {
        if is_placed[start] {
            continue;
        }
        let down = reach(start, &|i, j| wins[i][j] > 0.0);
        let up = reach(start, &|i, j| wins[j][i] > 0.0);
        let component: Vec<usize> = (0..k).filter(|&model| down[model] && up[model]).collect();
        component.iter().for_each(|&model| is_placed[model] = true);
        components.push(component);
    }
    components
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_models_are_as_far_apart_as_their_odds() {
        let fit = bradley_terry(&[vec![0.0, 30.0], vec![10.0, 0.0]], &BradleyTerrySettings::default()).unwrap();
        assert!((fit.theta[0] - fit.theta[1] - 3.0_f64.ln()).abs() < 1e-12);
        // Variance of a logit: 1/30 + 1/10.
        assert!((fit.difference_error(0, 1) - (1.0_f64 / 30.0 + 0.1).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn an_unbeaten_model_is_refused_with_the_components_unless_a_prior_is_given() {
        let wins = [vec![0.0, 4.0, 4.0], vec![0.0, 0.0, 2.0], vec![0.0, 3.0, 0.0]];
        let error = bradley_terry(&wins, &BradleyTerrySettings::default()).unwrap_err();
        assert_eq!(error, StatError::NotConnected { components: vec![vec![0], vec![1, 2]] });
        let fit = bradley_terry(&wins, &BradleyTerrySettings { prior: 0.5 }).unwrap();
        assert!(fit.theta[0] > fit.theta[2] && fit.theta.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn the_order_of_the_models_does_not_matter() {
        let wins = [vec![0.0, 5.0, 2.0], vec![3.0, 0.0, 6.0], vec![7.0, 4.0, 0.0]];
        let turned: Vec<Vec<f64>> = (0..3).map(|i| (0..3).map(|j| wins[(i + 1) % 3][(j + 1) % 3]).collect()).collect();
        let (a, b) = (
            bradley_terry(&wins, &BradleyTerrySettings::default()).unwrap(),
            bradley_terry(&turned, &BradleyTerrySettings::default()).unwrap(),
        );
        for model in 0..3 {
            assert!((a.theta[(model + 1) % 3] - b.theta[model]).abs() < 1e-10);
        }
    }

    #[test]
    fn what_is_no_table_of_wins_is_refused() {
        let fit = |wins: &[Vec<f64>]| bradley_terry(wins, &BradleyTerrySettings::default()).unwrap_err().kind();
        assert_eq!(fit(&[]), "EmptyInput");
        assert_eq!(fit(&[vec![0.0]]), "TooFewModels");
        assert_eq!(fit(&[vec![0.0, 1.0], vec![1.0]]), "LengthMismatch");
        assert_eq!(fit(&[vec![0.0, -1.0], vec![1.0, 0.0]]), "InvalidParameter");
        assert_eq!(fit(&[vec![0.0, f64::NAN], vec![1.0, 0.0]]), "NonFinite");
    }
}
