//! Which of the sessions between the evidence goes, drawn from the run's seed.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

use crate::dataset::stale::Dimension;

/// Draws positions for one question; the same run seed, scenario and dimension draw the same, whatever else is asked.
///
/// Upstream draws without a seed.
#[derive(Debug, Clone)]
pub struct SeededPicker(ChaCha8Rng);

impl SeededPicker {
    /// The stream of one question.
    #[must_use]
    pub fn new(run_seed: u64, uid: &str, dimension: Dimension) -> Self {
        let label = format!("stale trim/{run_seed}/{dimension}/{uid}");
        Self(ChaCha8Rng::from_seed(Sha256::digest(label.as_bytes()).into()))
    }

    /// A position below `n_droppable`; 0 where there is none.
    pub fn pick(&mut self, n_droppable: usize) -> usize {
        if n_droppable < 2 { 0 } else { self.0.random_range(0..n_droppable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(seed: u64, uid: &str, dimension: Dimension) -> Vec<usize> {
        let mut picker = SeededPicker::new(seed, uid, dimension);
        (0..20).map(|_| picker.pick(40)).collect()
    }

    #[test]
    fn a_question_draws_the_same_again_and_others_draw_otherwise() {
        let first = drawn(1, "u1", Dimension::StateResolution);
        assert_eq!(first, drawn(1, "u1", Dimension::StateResolution));
        assert_ne!(first, drawn(2, "u1", Dimension::StateResolution));
        assert_ne!(first, drawn(1, "u2", Dimension::StateResolution));
        assert_ne!(first, drawn(1, "u1", Dimension::PremiseResistance));
    }
}
