//! Which attacks may be called a finding.
//!
//! On a fair split an attack must beat chance; where the texts alone tell the classes apart it must beat the best that the
//! texts alone can do, on the same texts. Either way p is adjusted over all attacks by Holm's method.

use serde::Serialize;

use crate::report::number;
use crate::statistics::{Adjustment, adjust_p_values, normal_two_sided};

/// Largest adjusted p of a finding.
const ALPHA: f64 = 0.05;

/// Whether an attack shows memory, and by which test.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Finding {
    pub(super) is_finding: bool,
    /// `chance`, or the blind predictor that it was held against.
    against: String,
    /// Two-sided; none where there is no test.
    p: Option<f64>,
    /// Adjusted over the attacks by Holm's method.
    p_holm: Option<f64>,
    sentence: String,
}

/// What is known of one attack.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evidence<'a> {
    pub(super) attack: &'a str,
    pub(super) auc: Option<f64>,
    pub(super) standard_error: Option<f64>,
    pub(super) members: usize,
    pub(super) non_members: usize,
    /// Only where the split is separable: the best predictor, the difference to it, and p.
    pub(super) against_blind: Option<(&'a str, f64, Option<f64>)>,
}

/// Two-sided p of an AUC against 0.5 by its DeLong error; without one, of a perfect separation, by the number of ways to
/// deal the labels.
fn p_of_chance(evidence: &Evidence<'_>) -> Option<f64> {
    let auc = evidence.auc?;
    match evidence.standard_error {
        Some(error) if error > 0.0 => Some(normal_two_sided((auc - 0.5) / error)),
        _ if auc >= 1.0 || auc <= 0.0 => {
            let (n, k) = (evidence.members + evidence.non_members, evidence.members.min(evidence.non_members));
            let log_ways: f64 = (1..=k).map(|i| (((n - k + i) as f64) / i as f64).ln()).sum();
            Some((2.0 * (-log_ways).exp()).min(1.0))
        }
        _ => None,
    }
}

/// One verdict an attack, in their order; `is_separable` says whether the texts alone tell the classes apart.
pub(super) fn findings(evidence: &[Evidence<'_>], is_separable: bool) -> Vec<Finding> {
    let tests: Vec<(String, Option<f64>, bool)> = evidence
        .iter()
        .map(|evidence| match (is_separable, evidence.against_blind) {
            (false, _) => ("chance".to_owned(), p_of_chance(evidence), evidence.auc.is_some_and(|auc| auc > 0.5)),
            (true, Some((predictor, difference, p))) => (predictor.to_owned(), p, difference > 0.0),
            (true, None) => ("the texts alone".to_owned(), None, false),
        })
        .collect();
    let p_values: Vec<Option<f64>> = tests.iter().map(|(_, p, _)| *p).collect();
    // Refused only for what is no probability; then nothing is claimed.
    let adjusted = adjust_p_values(&p_values, Adjustment::Holm).unwrap_or_else(|_| vec![None; p_values.len()]);
    evidence
        .iter()
        .zip(tests)
        .zip(adjusted)
        .map(|((evidence, (against, p, is_better)), p_holm)| {
            let is_finding = is_better && p_holm.is_some_and(|p| p < ALPHA);
            let sentence = sentence(evidence.attack, &against, is_better, p_holm, is_separable);
            Finding { is_finding, against, p, p_holm, sentence }
        })
        .collect()
}

impl Finding {
    /// One line for people.
    pub(super) fn words(&self) -> String {
        format!("{}\n", self.sentence)
    }
}

fn sentence(attack: &str, against: &str, is_better: bool, p_holm: Option<f64>, is_separable: bool) -> String {
    let what = if is_separable { format!("the blind baseline ({against})") } else { "chance".to_owned() };
    let split = if is_separable { "the split itself is separable: " } else { "" };
    match p_holm {
        Some(p) if is_better && p < ALPHA => {
            format!("{split}{attack} beats {what}, Holm-adjusted {}: a finding", number::p_clause(p))
        }
        Some(p) if is_better => {
            format!(
                "{split}{attack} does not beat {what} by more than luck, Holm-adjusted {}: no finding",
                number::p_clause(p)
            )
        }
        Some(_) => format!("{split}{attack} does not beat {what}: no finding"),
        None => format!("{split}{attack} could not be tested against {what}: no finding"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(auc: f64, standard_error: f64) -> Evidence<'static> {
        Evidence {
            attack: "loss",
            auc: Some(auc),
            standard_error: Some(standard_error),
            members: 100,
            non_members: 100,
            against_blind: None,
        }
    }

    #[test]
    fn on_a_fair_split_an_attack_must_beat_chance_after_adjustment() {
        let one = findings(&[evidence(0.6, 0.045)], false);
        assert!(one[0].is_finding && one[0].sentence.contains("beats chance"), "{one:?}");
        let many = findings(&[evidence(0.6, 0.045), evidence(0.5, 0.045), evidence(0.49, 0.045)], false);
        assert!(!many[0].is_finding, "p is 0.026 and there are three: {many:?}");
        assert!(!findings(&[evidence(0.3, 0.01)], false)[0].is_finding, "worse than chance is no finding");
    }

    #[test]
    fn on_a_separable_split_only_the_test_against_the_texts_counts() {
        let against = |difference, p| Evidence {
            against_blind: Some(("bag_of_words", difference, Some(p))),
            ..evidence(0.9, 0.01)
        };
        assert!(findings(&[against(0.1, 0.01)], true)[0].is_finding);
        let beaten = &findings(&[against(-0.1, 0.01)], true)[0];
        assert!(!beaten.is_finding && beaten.sentence.starts_with("the split itself is separable"), "{beaten:?}");
        assert!(!findings(&[evidence(0.9, 0.01)], true)[0].is_finding, "without a test there is no finding");
    }

    #[test]
    fn a_perfect_separation_is_judged_by_the_ways_to_deal_the_labels() {
        let perfect = |n| Evidence { members: n, non_members: n, ..evidence(1.0, 0.0) };
        // 2 / C(4, 2) and 2 / C(20, 10).
        assert!((p_of_chance(&perfect(2)).expect("a p") - 2.0 / 6.0).abs() < 1e-12);
        assert!((p_of_chance(&perfect(10)).expect("a p") - 2.0 / 184_756.0).abs() < 1e-12);
    }
}
