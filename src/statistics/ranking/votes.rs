//! Bradley-Terry strengths from single votes of a judge: prompts resampled, and the judge's taste for what it reads first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bradley_terry::{BradleyTerrySettings, bradley_terry, chance};
use crate::statistics::distribution::normal_two_sided;
use crate::statistics::error::StatError;
use crate::statistics::estimate::{Interval, Level};
use crate::statistics::resample::stream::{Bootstrap, draw_index, quantile_type7, replicates, sort_ascending};

/// One comparison of two models on one prompt.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// Which prompt; votes on one prompt are not independent.
    pub prompt: usize,
    /// The model whose answer was shown first.
    pub first: usize,
    /// The model whose answer was shown second.
    pub second: usize,
    /// 1: the first won, 0: the second, 1/2: a tie.
    pub first_won: f64,
}

/// Strengths with intervals from resampled prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoteRanking {
    /// Strengths with mean 0.
    pub theta: Vec<f64>,
    /// Percentile interval of each.
    pub intervals: Vec<Interval>,
    /// Resamples whose win graph fell apart and that a pseudo-win kept together.
    pub n_disconnected: usize,
    /// Number of prompts.
    pub n_prompts: usize,
    /// Number of votes.
    pub n_votes: usize,
    /// Number of resamples.
    pub resamples: usize,
    /// Seed.
    pub seed: u64,
}

/// How much a judge favours what is shown first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PositionBias {
    /// Added to the strength of the answer shown first, in logits; 0: no bias.
    pub bias: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// bias +- z SE.
    pub interval: Interval,
    /// Two-sided p of "no bias", in [0, 1].
    pub p_value: f64,
    /// P(the first of two equally strong answers wins).
    pub first_wins: f64,
    /// Strengths with the bias taken out, mean 0.
    pub theta: Vec<f64>,
}

/// Fits strengths to votes and resamples prompts (never single votes) for their intervals.
///
/// A resample that leaves a model unbeaten is fitted with a hundredth of a pseudo-win in each direction, and counted.
///
/// # Errors
/// Those of [`bradley_terry`]; `InvalidParameter` (resamples, a vote outside [0, 1], a model against itself), `EmptyInput`.
pub fn rank_votes(n_models: usize, votes: &[Vote], settings: &Bootstrap) -> Result<VoteRanking, StatError> {
    settings.check()?;
    check(n_models, votes)?;
    let mut prompts: BTreeMap<usize, Vec<&Vote>> = BTreeMap::new();
    for vote in votes {
        prompts.entry(vote.prompt).or_default().push(vote);
    }
    let prompts: Vec<Vec<&Vote>> = prompts.into_values().collect();
    let fit = bradley_terry(&wins(n_models, votes.iter()), &BradleyTerrySettings::default())?;
    let n = prompts.len();
    let made = replicates(
        settings,
        || (),
        |(), random| {
            let drawn = (0..n).flat_map(|_| prompts[draw_index(random, n)].iter().copied());
            let table = wins(n_models, drawn);
            match bradley_terry(&table, &BradleyTerrySettings::default()) {
                Ok(fit) => Some((fit.theta, false)),
                Err(_) => {
                    bradley_terry(&table, &BradleyTerrySettings { prior: 0.01 }).ok().map(|fit| (fit.theta, true))
                }
            }
        },
    );
    let tail = 0.5 * settings.level.alpha();
    let intervals = (0..n_models)
        .map(|model| {
            let mut values: Vec<f64> = made.iter().flatten().map(|(theta, _)| theta[model]).collect();
            sort_ascending(&mut values);
            Interval::new(
                quantile_type7(&values, tail),
                quantile_type7(&values, 1.0 - tail),
                settings.level,
                "bootstrap_percentile_prompts",
            )
        })
        .collect();
    Ok(VoteRanking {
        theta: fit.theta,
        intervals,
        n_disconnected: made.iter().flatten().filter(|(_, is_patched)| *is_patched).count(),
        n_prompts: n,
        n_votes: votes.len(),
        resamples: settings.resamples,
        seed: settings.seed,
    })
}

/// Fits strengths and one intercept for "shown first" together, by alternating exact one-dimensional and joint steps.
///
/// # Errors
/// Those of [`rank_votes`]; `Undefined` when the first (or the second) answer always won.
pub fn position_bias(n_models: usize, votes: &[Vote], level: Level) -> Result<PositionBias, StatError> {
    check(n_models, votes)?;
    // The strengths alone must exist.
    bradley_terry(&wins(n_models, votes.iter()), &BradleyTerrySettings::default())?;
    let wins_of_first: f64 = votes.iter().map(|vote| vote.first_won).sum();
    if wins_of_first <= 0.0 || wins_of_first >= votes.len() as f64 {
        return Err(StatError::Undefined { why: "the answer in one position always won" });
    }
    // Newton's method on (theta, bias); the last strength is held at 0, which makes the system regular.
    let free = n_models - 1;
    let mut parameters = vec![0.0; n_models];
    let mut covariance = Vec::new();
    for _ in 0..100 {
        let mut gradient = vec![0.0; n_models];
        let mut information = vec![vec![0.0; n_models]; n_models];
        for vote in votes {
            let strength = |model: usize| if model < free { parameters[model] } else { 0.0 };
            let p = chance(strength(vote.first) - strength(vote.second) + parameters[free]);
            let weight = p * (1.0 - p);
            let design: Vec<(usize, f64)> = [(vote.first, 1.0), (vote.second, -1.0)]
                .into_iter()
                .filter(|(model, _)| *model < free)
                .chain([(free, 1.0)])
                .collect();
            for &(row, x) in &design {
                gradient[row] += x * (vote.first_won - p);
                for &(column, y) in &design {
                    information[row][column] += weight * x * y;
                }
            }
        }
        covariance = crate::statistics::linear::inverse(&information)
            .ok_or(StatError::Undefined { why: "position and strengths cannot be told apart in these votes" })?;
        let step = crate::statistics::linear::apply(&covariance, &gradient);
        let largest = step.iter().fold(0.0_f64, |largest, change| largest.max(change.abs()));
        // Long steps are shortened: the likelihood is concave, so that the direction is right.
        let scale = if largest > 2.0 { 2.0 / largest } else { 1.0 };
        for (value, change) in parameters.iter_mut().zip(&step) {
            *value += scale * change;
        }
        if largest < 1e-12 {
            break;
        }
    }
    let bias = parameters[free];
    let standard_error = covariance[free][free].max(0.0).sqrt();
    let half = level.two_sided_z() * standard_error;
    let mut theta: Vec<f64> = (0..n_models).map(|model| if model < free { parameters[model] } else { 0.0 }).collect();
    let mean = theta.iter().sum::<f64>() / n_models as f64;
    theta.iter_mut().for_each(|value| *value -= mean);
    Ok(PositionBias {
        bias,
        standard_error,
        interval: Interval::new(bias - half, bias + half, level, "wald"),
        p_value: normal_two_sided(bias / standard_error),
        first_wins: chance(bias),
        theta,
    })
}

fn check(n_models: usize, votes: &[Vote]) -> Result<(), StatError> {
    if n_models > 10_000 {
        return Err(StatError::invalid("models", format!("at most 10,000, got {n_models}")));
    }
    for vote in votes {
        if !(0.0..=1.0).contains(&vote.first_won) {
            return Err(StatError::invalid("votes", format!("a vote lies in [0, 1], got {}", vote.first_won)));
        }
        if vote.first == vote.second || vote.first.max(vote.second) >= n_models {
            return Err(StatError::invalid(
                "votes",
                format!("models {} and {} are no pair of {n_models}", vote.first, vote.second),
            ));
        }
    }
    if votes.is_empty() {
        return Err(StatError::EmptyInput);
    }
    Ok(())
}

fn wins<'a>(n_models: usize, votes: impl Iterator<Item = &'a Vote>) -> Vec<Vec<f64>> {
    let mut wins = vec![vec![0.0; n_models]; n_models];
    for vote in votes {
        wins[vote.first][vote.second] += vote.first_won;
        wins[vote.second][vote.first] += 1.0 - vote.first_won;
    }
    wins
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pair in both orders on every prompt; the first of equals wins `share_first` of the time.
    fn votes(share_first: f64) -> Vec<Vote> {
        let mut votes = Vec::new();
        for prompt in 0..100 {
            for (first, second) in [(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)] {
                let first_won = f64::from(u8::from((f64::from(prompt) + 0.5) / 100.0 < share_first));
                votes.push(Vote { prompt: usize::try_from(prompt).unwrap(), first, second, first_won });
            }
        }
        votes
    }

    #[test]
    fn a_taste_for_the_first_answer_is_found_and_taken_out() {
        let found = position_bias(3, &votes(0.7), Level::DEFAULT).unwrap();
        assert!((found.first_wins - 0.7).abs() < 1e-6, "{found:?}");
        assert!(found.p_value < 1e-6 && found.theta.iter().all(|theta| theta.abs() < 1e-9));
        let fair = position_bias(3, &votes(0.5), Level::DEFAULT).unwrap();
        assert!(fair.interval.contains(0.0) && fair.p_value > 0.9);
    }

    #[test]
    fn prompts_are_the_unit_so_that_copied_votes_add_no_certainty() {
        // Ten prompts that agree within themselves, against the same votes as ten times as many prompts.
        let clustered: Vec<Vote> = (0..200)
            .map(|index| Vote {
                prompt: index / 20,
                first: index % 2,
                second: 1 - index % 2,
                first_won: f64::from(u8::from((index / 20 % 3 == 0) == (index % 2 == 0))),
            })
            .collect();
        let spread: Vec<Vote> = clustered.iter().enumerate().map(|(prompt, vote)| Vote { prompt, ..*vote }).collect();
        let settings = Bootstrap { resamples: 400, ..Bootstrap::default() };
        let width = |votes: &[Vote]| rank_votes(2, votes, &settings).unwrap().intervals[0].width();
        assert!(width(&clustered) > 2.0 * width(&spread));
    }

    #[test]
    fn impossible_votes_are_refused() {
        let vote = Vote { prompt: 0, first: 0, second: 1, first_won: 1.0 };
        let kind = |votes: &[Vote]| position_bias(2, votes, Level::DEFAULT).unwrap_err().kind();
        assert_eq!(kind(&[]), "EmptyInput");
        assert_eq!(kind(&[Vote { second: 0, ..vote }]), "InvalidParameter");
        assert_eq!(kind(&[Vote { second: 2, ..vote }]), "InvalidParameter");
        assert_eq!(kind(&[Vote { first_won: 2.0, ..vote }]), "InvalidParameter");
        assert_eq!(kind(&[vote]), "NotConnected");
    }
}
