//! Whether the evidence was among what an agent showed: "did not find" is told apart from "found but did not use".

use std::collections::BTreeSet;

/// Measures of one question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Retrieval {
    /// Share of the evidence that stands in a shown piece.
    pub recall: f64,
    pub ndcg: f64,
    /// 1 / rank of the first piece with evidence, 0 without one.
    pub reciprocal_rank: f64,
}

/// Measures of shown pieces, best first. `evidence`: for each piece of evidence the pieces of the history that hold it; one of them is enough.
/// `None` where nothing is known of the evidence: there is none, or a part of it stands in no piece.
///
/// nDCG: a shown piece gains 1 where it holds evidence that none before it has; the best order shows such pieces first. O(shown x evidence).
#[must_use]
pub fn retrieval(shown: &[u64], evidence: &[Vec<u64>]) -> Option<Retrieval> {
    if evidence.is_empty() || evidence.iter().any(Vec::is_empty) {
        return None;
    }
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let (mut gain, mut reciprocal_rank) = (0.0, 0.0);
    for (rank, piece) in shown.iter().enumerate() {
        let held: Vec<usize> = (0..evidence.len()).filter(|&part| evidence[part].contains(piece)).collect();
        if !held.is_empty() && reciprocal_rank == 0.0 {
            reciprocal_rank = 1.0 / (rank as f64 + 1.0);
        }
        if held.iter().any(|part| !found.contains(part)) {
            gain += discount(rank);
        }
        found.extend(held);
    }
    let ideal: f64 = (0..fewest_pieces(evidence)).map(discount).sum();
    let recall = found.len() as f64 / evidence.len() as f64;
    Some(Retrieval { recall, ndcg: (gain / ideal).min(1.0), reciprocal_rank })
}

fn discount(rank: usize) -> f64 {
    1.0 / (rank as f64 + 2.0).log2()
}

/// Pieces that hold all the evidence, chosen greedily; at least 1.
fn fewest_pieces(evidence: &[Vec<u64>]) -> usize {
    let mut open: Vec<&Vec<u64>> = evidence.iter().collect();
    let mut n = 0;
    while !open.is_empty() {
        let candidates: BTreeSet<u64> = open.iter().flat_map(|places| places.iter().copied()).collect();
        let best =
            candidates.into_iter().max_by_key(|piece| open.iter().filter(|places| places.contains(piece)).count());
        let Some(best) = best else { break };
        open.retain(|places| !places.contains(&best));
        n += 1;
    }
    n.max(1)
}

/// Where in the history the evidence stands, from 0 (the beginning) to 1: the mean of its first places. `None` where that is unknown.
#[must_use]
pub fn position(evidence: &[Vec<u64>], n_pieces: u64) -> Option<f64> {
    let first: Vec<u64> = evidence.iter().filter_map(|places| places.first().copied()).collect();
    let last = n_pieces.checked_sub(1).filter(|last| *last > 0)?;
    if first.is_empty() || first.len() != evidence.len() {
        return None;
    }
    let mean = first.iter().map(|&place| place as f64).sum::<f64>() / first.len() as f64;
    Some((mean / last as f64).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn all_evidence_first_is_perfect_and_none_is_nothing() {
        let evidence = vec![vec![4], vec![7, 8]];
        let best = retrieval(&[7, 4, 1], &evidence).unwrap();
        assert!((best.recall - 1.0).abs() < 1e-12 && (best.ndcg - 1.0).abs() < 1e-12);
        assert!((best.reciprocal_rank - 1.0).abs() < 1e-12);
        let none = retrieval(&[1, 2], &evidence).unwrap();
        assert_eq!((none.recall, none.ndcg, none.reciprocal_rank), (0.0, 0.0, 0.0));
        let late = retrieval(&[1, 8, 2], &evidence).unwrap();
        assert!((late.recall - 0.5).abs() < 1e-12 && (late.reciprocal_rank - 0.5).abs() < 1e-12);
    }

    #[test]
    fn what_is_not_known_is_no_zero() {
        assert_eq!(retrieval(&[1], &[]), None);
        assert_eq!(retrieval(&[1], &[vec![1], vec![]]), None);
        assert_eq!(position(&[vec![3]], 1), None);
        assert_eq!(position(&[vec![0], vec![4]], 5), Some(0.5));
    }

    proptest! {
        #[test]
        fn measures_lie_between_zero_and_one(
            shown in proptest::collection::vec(0_u64..9, 0..9),
            evidence in proptest::collection::vec(proptest::collection::vec(0_u64..9, 1..4), 1..5),
        ) {
            let found = retrieval(&shown, &evidence).unwrap();
            for value in [found.recall, found.ndcg, found.reciprocal_rank] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
        }
    }
}
