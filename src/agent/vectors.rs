//! Search by vectors: exact, all of them in memory.
//!
//! At every size. A context of the longest data set has some hundred pieces. Of 100,000 vectors of 384 numbers an exact search takes some 15 ms on two
//! cores; building a graph over them (HNSW, by `hnsw_rs` 0.3.5 and `instant-distance` 0.6.1) took 165 and 380 s, which some ten thousand
//! questions about the one context would pay back, and suites ask a few hundred. Its results would depend on its own luck, too.

use rayon::prelude::*;

/// Pieces that one core compares at least: fewer are not worth parting.
const SCORED_TOGETHER: usize = 2048;

/// Vectors of pieces, each of length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct VectorIndex {
    vectors: Vec<Vec<f32>>,
}

/// Vectors that cannot be searched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "search by vectors: one of {found} numbers stands among those of {expected}; use one embedder for pieces and questions"
)]
pub struct UnequalVectors {
    pub expected: usize,
    pub found: usize,
}

impl VectorIndex {
    /// # Errors
    /// The vectors are of several lengths.
    pub fn new(vectors: Vec<Vec<f32>>) -> Result<Self, UnequalVectors> {
        let expected = vectors.first().map_or(0, Vec::len);
        match vectors.iter().find(|vector| vector.len() != expected) {
            Some(other) => Err(UnequalVectors { expected, found: other.len() }),
            None => Ok(Self { vectors: vectors.into_iter().map(normalised).collect() }),
        }
    }

    /// Places of the nearest `n` pieces by cosine, nearest first; of equals the earlier one. O(pieces x length).
    ///
    /// # Errors
    /// The question's vector has another length.
    pub fn top(&self, question: &[f32], n: usize) -> Result<Vec<usize>, UnequalVectors> {
        let expected = self.vectors.first().map_or(question.len(), Vec::len);
        if question.len() != expected {
            return Err(UnequalVectors { expected, found: question.len() });
        }
        let question = normalised(question.to_vec());
        let mut scored: Vec<(f64, usize)> = self
            .vectors
            .par_iter()
            .with_min_len(SCORED_TOGETHER)
            .enumerate()
            .map(|(place, vector)| {
                let cosine = vector.iter().zip(&question).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
                (if cosine.is_finite() { cosine } else { f64::NEG_INFINITY }, place)
            })
            .collect();
        let nearer = |a: &(f64, usize), b: &(f64, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if (1..scored.len()).contains(&n) {
            scored.select_nth_unstable_by(n - 1, nearer);
        }
        scored.truncate(n);
        scored.sort_unstable_by(nearer);
        Ok(scored.into_iter().map(|(_, place)| place).collect())
    }
}

fn normalised(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt();
    if length > 0.0 {
        #[expect(clippy::cast_possible_truncation, reason = "numbers of length 1")]
        vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
    }
    vector
}

/// Constant of reciprocal rank fusion (Cormack, Clarke and Büttcher 2009).
const FUSION: f64 = 60.0;

/// Joins rankings by the sum of 1 / (60 + rank), ranks from 1; of equals the earlier piece.
#[must_use]
pub fn fused(rankings: &[&[usize]], n: usize) -> Vec<usize> {
    let mut scores: std::collections::BTreeMap<usize, f64> = std::collections::BTreeMap::new();
    for ranking in rankings {
        for (rank, &piece) in ranking.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "ranks are small")]
            let share = 1.0 / (FUSION + 1.0 + rank as f64);
            *scores.entry(piece).or_default() += share;
        }
    }
    let mut scored: Vec<(usize, f64)> = scores.into_iter().collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    scored.into_iter().take(n).map(|(piece, _)| piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_come_first_and_length_does_not_count() {
        let index = VectorIndex::new(vec![vec![0.0, 3.0], vec![5.0, 0.0], vec![0.0, 1.0]]).unwrap();
        assert_eq!(index.top(&[0.1, 1.0], 3).unwrap(), [0, 2, 1]);
        assert_eq!(index.top(&[0.0, 0.0], 1).unwrap(), [0]);
        assert_eq!(index.top(&[0.1, 1.0], 0).unwrap(), Vec::<usize>::new());
        assert_eq!(index.top(&[0.1, 1.0], 9).unwrap(), [0, 2, 1]);
    }

    #[test]
    fn of_many_the_nearest_are_those_of_a_whole_sort() {
        let vectors: Vec<Vec<f32>> =
            (0..5_000_u16).map(|place| vec![f32::from(place.wrapping_mul(31) % 997), 500.0]).collect();
        let index = VectorIndex::new(vectors.clone()).unwrap();
        let question = [3.0, 4.0];
        let cosine = |place: usize| {
            let unit = |vector: &[f32]| normalised(vector.to_vec());
            unit(&vectors[place]).iter().zip(unit(&question)).map(|(a, b)| f64::from(*a) * f64::from(b)).sum::<f64>()
        };
        let mut all: Vec<usize> = (0..vectors.len()).collect();
        all.sort_by(|&a, &b| cosine(b).total_cmp(&cosine(a)).then(a.cmp(&b)));
        assert_eq!(index.top(&question, 25).unwrap(), all[..25]);
    }

    #[test]
    fn vectors_of_several_lengths_are_refused() {
        assert!(VectorIndex::new(vec![vec![1.0], vec![1.0, 2.0]]).is_err());
        assert!(VectorIndex::new(vec![vec![1.0]]).unwrap().top(&[1.0, 2.0], 1).is_err());
    }

    #[test]
    fn what_both_rankings_have_comes_before_what_one_has_first() {
        assert_eq!(fused(&[&[3, 1, 2], &[4, 1]], 3), [1, 3, 4]);
        assert_eq!(fused(&[&[], &[]], 3), Vec::<usize>::new());
    }
}
