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
    pub(super) members: usize,
    pub(super) non_members: usize,
    /// Only where the split is separable: the best predictor, the difference to it, and p.
    pub(super) against_blind: Option<(&'a str, f64, Option<f64>)>,
}

/// Classes up to this size are judged by counting all ways to deal the labels.
const COUNTED: usize = 30;

/// Two-sided p of an AUC against 0.5: Mann-Whitney's test, exact for small classes, else normal with its variance under chance and
/// a continuity correction. Ties only make it more careful.
///
/// DeLong's error is no measure of chance: a class of four that separates nearly perfectly has almost none.
fn p_of_chance(evidence: &Evidence<'_>) -> Option<f64> {
    let auc = evidence.auc?;
    let (m, n) = (evidence.members, evidence.non_members);
    if m == 0 || n == 0 {
        return None;
    }
    let pairs = (m * n) as f64;
    let distance = (auc - 0.5).abs();
    if m <= COUNTED && n <= COUNTED {
        return Some((2.0 * upper_tail(m, n, ((0.5 + distance) * pairs + 1e-9).floor())).min(1.0));
    }
    let error = ((m + n + 1) as f64 / (12.0 * pairs)).sqrt();
    Some(normal_two_sided((distance - 0.5 / pairs).max(0.0) / error))
}

/// P(U >= least) of the Mann-Whitney statistic under chance.
fn upper_tail(m: usize, n: usize, least: f64) -> f64 {
    // ways[j][u]: orders of i members and j non-members in which u pairs are won, as shares of all orders.
    let mut shares = vec![vec![0.0; m * n + 1]; n + 1];
    shares.iter_mut().for_each(|row| row[0] = 1.0);
    for i in 1..=m {
        let mut next = vec![vec![0.0; m * n + 1]; n + 1];
        next[0][0] = 1.0;
        for j in 1..=n {
            // The last in order is a member (it beats all j) or a non-member (it beats nobody).
            let (member, other) = (i as f64 / (i + j) as f64, j as f64 / (i + j) as f64);
            let (done, rest) = next.split_at_mut(j);
            for (u, (share, without)) in rest[0].iter_mut().zip(&done[j - 1]).enumerate() {
                let won = u.checked_sub(j).map_or(0.0, |before| shares[j][before]);
                *share = member * won + other * without;
            }
        }
        shares = next;
    }
    shares[n].iter().enumerate().filter(|(u, _)| *u as f64 >= least).map(|(_, share)| share).sum()
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
    let n_tests = tests.iter().filter(|(_, p, _)| p.is_some()).count();
    let p_values: Vec<Option<f64>> = tests.iter().map(|(_, p, _)| *p).collect();
    // Refused only for what is no probability; then nothing is claimed.
    let adjusted = adjust_p_values(&p_values, Adjustment::Holm).unwrap_or_else(|_| vec![None; p_values.len()]);
    evidence
        .iter()
        .zip(tests)
        .zip(adjusted)
        .map(|((evidence, (against, p, is_better)), p_holm)| {
            let is_finding = is_better && p_holm.is_some_and(|p| p < ALPHA);
            let sentence = sentence(evidence.attack, &against, is_better, p_holm, is_separable, n_tests);
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

fn sentence(
    attack: &str,
    against: &str,
    is_better: bool,
    p_holm: Option<f64>,
    is_separable: bool,
    n_tests: usize,
) -> String {
    let what = if is_separable { format!("the blind baseline ({against})") } else { "chance".to_owned() };
    let split = if is_separable { "the split itself is separable: " } else { "" };
    match p_holm {
        Some(p) if is_better && p < ALPHA => {
            format!(
                "{split}{attack} beats {what}, Holm-adjusted over {n_tests} {} {}: a finding",
                if n_tests == 1 { "attack" } else { "attacks" },
                number::p_clause(p)
            )
        }
        Some(p) if is_better => {
            format!(
                "{split}{attack} does not beat {what} by more than luck, Holm-adjusted over {n_tests} {} {}: no finding",
                if n_tests == 1 { "attack" } else { "attacks" },
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

    fn evidence(auc: f64) -> Evidence<'static> {
        Evidence { attack: "loss", auc: Some(auc), members: 100, non_members: 100, against_blind: None }
    }

    #[test]
    fn on_a_fair_split_an_attack_must_beat_chance_after_adjustment() {
        let one = findings(&[evidence(0.6)], false);
        assert!(one[0].is_finding && one[0].sentence.contains("beats chance"), "{one:?}");
        let many = findings(&[evidence(0.59), evidence(0.5), evidence(0.49)], false);
        assert!(!many[0].is_finding, "p is 0.028 and there are three: {many:?}");
        assert!(!findings(&[evidence(0.3)], false)[0].is_finding, "worse than chance is no finding");
    }

    #[test]
    fn on_a_separable_split_only_the_test_against_the_texts_counts() {
        let against =
            |difference, p| Evidence { against_blind: Some(("bag_of_words", difference, Some(p))), ..evidence(0.9) };
        assert!(findings(&[against(0.1, 0.01)], true)[0].is_finding);
        let beaten = &findings(&[against(-0.1, 0.01)], true)[0];
        assert!(!beaten.is_finding && beaten.sentence.starts_with("the split itself is separable"), "{beaten:?}");
        assert!(!findings(&[evidence(0.9)], true)[0].is_finding, "without a test there is no finding");
    }

    #[test]
    fn a_perfect_separation_is_judged_by_the_ways_to_deal_the_labels() {
        let perfect = |n| Evidence { members: n, non_members: n, ..evidence(1.0) };
        // 2 / C(4, 2) and 2 / C(20, 10).
        assert!((p_of_chance(&perfect(2)).expect("a p") - 2.0 / 6.0).abs() < 1e-12);
        assert!((p_of_chance(&perfect(10)).expect("a p") - 2.0 / 184_756.0).abs() < 1e-12);
    }

    #[test]
    fn a_few_texts_are_no_finding_however_small_their_spread() {
        // 15 of 16 pairs: 2 orders of 70 win as many or more; DeLong's error would give p = 7e-7.
        let few = Evidence { members: 4, non_members: 4, ..evidence(15.0 / 16.0) };
        assert!((p_of_chance(&few).expect("a p") - 4.0 / 70.0).abs() < 1e-12);
        assert!(!findings(&[few], false)[0].is_finding);
    }

    #[test]
    fn counting_and_the_normal_curve_agree_where_they_meet() {
        let counted = p_of_chance(&Evidence { members: 30, non_members: 30, ..evidence(0.65) }).expect("a p");
        let pairs: f64 = 900.0;
        let normal = normal_two_sided((0.15 - 0.5 / pairs) / (61.0 / (12.0 * pairs)).sqrt());
        assert!((counted - normal).abs() < 0.003, "{counted} against {normal}");
    }
}
