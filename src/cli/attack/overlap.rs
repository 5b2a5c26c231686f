//! Which members the attacks find at the same price, and whether they are the same ones.

use serde::Serialize;

/// Largest share of non-members that may be called members.
pub(super) const BOUND: f64 = 0.01;

/// Members that the attacks find at 1 % false positives, and what pairs of attacks share.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Overlap {
    /// The bound on the false-positive rate.
    fpr: f64,
    /// In the order of the summary; attacks without both classes are left out.
    attacks: Vec<Found>,
    pairs: Vec<Pair>,
    /// Members that some attack finds.
    found_by_any: usize,
    /// Members that every attack finds.
    found_by_all: usize,
}

/// What one attack finds.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Found {
    attack: String,
    /// Members with a higher score than the threshold.
    found: usize,
    /// Non-members that may lie above it: 0 where the bound is finer than one of them.
    false_positives_allowed: usize,
    /// The bound is finer than one non-member.
    below_resolution: bool,
}

/// Two attacks.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Pair {
    a: String,
    b: String,
    both: usize,
    only_a: usize,
    only_b: usize,
    /// Shared members over all that one of them finds; none where neither finds any.
    jaccard: Option<f64>,
}

/// One attack's scores, one a text in the order of the texts.
pub(super) struct Scores<'a> {
    pub(super) attack: &'a str,
    pub(super) scores: Vec<Option<f64>>,
}

/// What the attacks find. `is_member` has one flag a text.
pub(super) fn overlap(attacks: &[Scores<'_>], is_member: &[bool]) -> Overlap {
    let mut found: Vec<Found> = Vec::new();
    let mut sets: Vec<Vec<bool>> = Vec::new();
    for attack in attacks {
        let of_class = |wanted: bool| {
            let texts = attack.scores.iter().zip(is_member);
            texts.filter(move |(_, is_member)| **is_member == wanted).filter_map(|(score, _)| *score)
        };
        let mut others: Vec<f64> = of_class(false).collect();
        if others.is_empty() || of_class(true).next().is_none() {
            continue;
        }
        others.sort_by(|a, b| b.total_cmp(a));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the floor is meant; a hundredth of a count is a count"
        )]
        let allowed = (others.len() as f64 * BOUND + 1e-9).floor() as usize;
        // Tied scores move together: only what is above the first non-member too many is found.
        let threshold = others[allowed.min(others.len() - 1)];
        let set: Vec<bool> = attack
            .scores
            .iter()
            .zip(is_member)
            .map(|(score, is_member)| *is_member && score.is_some_and(|score| score > threshold))
            .collect();
        found.push(Found {
            attack: attack.attack.to_owned(),
            found: set.iter().filter(|&&is_found| is_found).count(),
            false_positives_allowed: allowed,
            below_resolution: allowed == 0,
        });
        sets.push(set);
    }
    let mut pairs = Vec::new();
    for (second, b) in sets.iter().enumerate() {
        for (first, a) in sets[..second].iter().enumerate() {
            let count = |wanted: fn(bool, bool) -> bool| a.iter().zip(b).filter(|(a, b)| wanted(**a, **b)).count();
            let (both, only_a, only_b) = (count(|a, b| a && b), count(|a, b| a && !b), count(|a, b| !a && b));
            let any = both + only_a + only_b;
            pairs.push(Pair {
                a: found[first].attack.clone(),
                b: found[second].attack.clone(),
                both,
                only_a,
                only_b,
                jaccard: (any > 0).then(|| both as f64 / any as f64),
            });
        }
    }
    let texts = 0..is_member.len();
    let found_by_any = texts.clone().filter(|&text| sets.iter().any(|set| set[text])).count();
    let found_by_all = texts.filter(|&text| !sets.is_empty() && sets.iter().all(|set| set[text])).count();
    Overlap { fpr: BOUND, attacks: found, pairs, found_by_any, found_by_all }
}

impl Overlap {
    /// One sentence for people; none where no attack has both classes.
    pub(super) fn words(&self) -> Option<String> {
        let each: Vec<String> = self.attacks.iter().map(|found| format!("{} {}", found.attack, found.found)).collect();
        (!each.is_empty()).then(|| {
            format!(
                "members found at {} of false positives{}: {}; {} by some attack, {} by all\n",
                crate::report::number::percent(self.fpr),
                if self.attacks.iter().any(|found| found.below_resolution) {
                    " (none, where there are too few)"
                } else {
                    ""
                },
                each.join(", "),
                self.found_by_any,
                self.found_by_all
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_attacks_share_is_counted_above_the_highest_non_member() {
        let is_member = [true, true, true, true, false, false];
        let of = |attack, scores: [f64; 6]| Scores { attack, scores: scores.into_iter().map(Some).collect() };
        let a = of("a", [9.0, 8.0, 1.0, 5.0, 5.0, 0.0]);
        let b = of("b", [9.0, 1.0, 8.0, 0.0, 2.0, 0.0]);
        let found = overlap(&[a, b], &is_member);
        assert_eq!(found.attacks.iter().map(|found| found.found).collect::<Vec<_>>(), [2, 2], "a tie is not above");
        let pair = &found.pairs[0];
        assert_eq!((pair.both, pair.only_a, pair.only_b, pair.jaccard), (1, 1, 1, Some(1.0 / 3.0)));
        assert_eq!((found.found_by_any, found.found_by_all), (3, 1));
        assert!(found.attacks[0].below_resolution);
    }

    #[test]
    fn with_enough_non_members_one_of_a_hundred_may_lie_above() {
        let is_member: Vec<bool> = (0..201).map(|text| text == 0).collect();
        let scores: Vec<Option<f64>> =
            (0..201).map(|text| Some(if text == 0 { 197.5 } else { f64::from(text) - 1.0 })).collect();
        // The third highest of 200 is 197; two may lie above.
        let found = overlap(&[Scores { attack: "a", scores }], &is_member);
        assert_eq!((found.attacks[0].found, found.attacks[0].false_positives_allowed), (1, 2));
    }

    #[test]
    fn attacks_that_find_nothing_share_nothing_and_one_class_has_no_threshold() {
        let none = |attack| Scores { attack, scores: vec![Some(0.0), Some(1.0)] };
        let found = overlap(&[none("a"), none("b")], &[true, false]);
        assert_eq!(found.pairs[0].jaccard, None);
        assert!(overlap(&[none("a")], &[true, true]).attacks.is_empty());
    }
}
