//! TOFU's truth ratio: how likely wrong answers are beside the right one.
//!
//! Losses are mean negative log-probabilities of an answer's tokens, in nats. Wrong answers are averaged by their losses, so
//! by the geometric mean of their probabilities.

use super::GUARD;

/// Probability of the wrong answers over that of the right one, 0 or above; `None` without a wrong answer.
///
/// 1: the model does not tell them apart. Near 0: it knows the answer.
#[must_use]
pub fn truth_ratio(right_loss: f64, wrong_losses: &[f64]) -> Option<f64> {
    Some((-mean(wrong_losses)?).exp() / ((-right_loss).exp() + GUARD))
}

/// Probability of the right answer over both, in [0, 1] (upstream's `prob_mean`); `None` without a wrong answer.
#[must_use]
pub fn probability_share(right_loss: f64, wrong_losses: &[f64]) -> Option<f64> {
    let (right, wrong) = ((-right_loss).exp(), (-mean(wrong_losses)?).exp());
    Some(right / (right + wrong + GUARD))
}

/// Probability of the right answer over the sum of all options' (upstream's `probability_w_options`), in [0, 1].
#[must_use]
pub fn option_probability(right_loss: f64, wrong_losses: &[f64]) -> f64 {
    let right = (-right_loss).exp();
    let wrong: f64 = wrong_losses.iter().map(|loss| (-loss).exp()).sum();
    right / (right + wrong + GUARD)
}

/// On the forget set: mean of the smaller of the ratio and its inverse, in [0, 1]; higher is more forgotten. `None` without a
/// ratio.
#[must_use]
pub fn closer_to_one_better(ratios: &[f64]) -> Option<f64> {
    mean(&ratios.iter().map(|ratio| ratio.min(1.0 / (ratio + GUARD))).collect::<Vec<_>>())
}

/// On what is to be kept: mean of 1 - ratio, cut off at 0; in [0, 1], higher is more kept. `None` without a ratio.
#[must_use]
pub fn true_better(ratios: &[f64]) -> Option<f64> {
    mean(&ratios.iter().map(|ratio| (1.0 - ratio).max(0.0)).collect::<Vec<_>>())
}

/// Mean of [`probability_share`] over items; `None` without one.
#[must_use]
pub fn probability_share_mean(shares: &[f64]) -> Option<f64> {
    mean(shares)
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_as_likely_as_each_other_have_a_ratio_of_one() {
        let ratio = truth_ratio(1.0, &[0.5, 1.5]).unwrap();
        assert!((ratio - 1.0).abs() < 1e-9);
        assert!((closer_to_one_better(&[ratio]).unwrap() - 1.0).abs() < 1e-9);
        assert!((probability_share(1.0, &[0.5, 1.5]).unwrap() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn a_ratio_and_its_inverse_are_as_far_from_forgotten() {
        let of = |ratio: f64| closer_to_one_better(&[ratio]).unwrap();
        assert!((of(4.0) - of(0.25)).abs() < 1e-9);
        assert_eq!(true_better(&[4.0, 0.25]), Some(0.375));
    }

    #[test]
    fn without_wrong_answers_or_items_there_is_no_value() {
        assert_eq!((truth_ratio(1.0, &[]), probability_share(1.0, &[])), (None, None));
        assert_eq!((closer_to_one_better(&[]), true_better(&[]), probability_share_mean(&[])), (None, None, None));
        assert!((option_probability(1.0, &[]) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn an_answer_without_any_probability_is_no_division_by_zero() {
        assert!(truth_ratio(1e4, &[0.0]).unwrap().is_finite());
        assert_eq!(option_probability(1e4, &[1e4]), 0.0);
    }
}
