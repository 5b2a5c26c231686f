//! How much of what a model knows it still uses when told to use nothing after a date.

use serde::{Deserialize, Serialize};

/// What an instruction to forget leaves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct FakeCutoffLeak {
    /// (after - post)/(unconstrained - post): 0 obeys as if it had never known, 1 ignores the instruction. Outside [0, 1]
    /// where the instruction did more than forget, or helped.
    pub ratio: f64,
    /// The same inside [0, 1].
    pub clamped: f64,
}

/// The leak of a fake cutoff, from three accuracies in [0, 1]: on items after the fake date with the instruction, on the same
/// items without it, and on items after the true cutoff.
///
/// `None` where the model knows no more before its true cutoff than after it (denominator 0 or below), or where an accuracy
/// is not finite. Source: arXiv 2504.14765; the ratio is ours.
#[must_use]
pub fn fake_cutoff_leak(unconstrained: f64, after_fake_cutoff: f64, true_post_cutoff: f64) -> Option<FakeCutoffLeak> {
    let known = unconstrained - true_post_cutoff;
    let ratio = (after_fake_cutoff - true_post_cutoff) / known;
    (known > 0.0 && ratio.is_finite()).then(|| FakeCutoffLeak { ratio, clamped: ratio.clamp(0.0, 1.0) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn who_ignores_the_instruction_leaks_all_and_who_obeys_nothing() {
        assert_eq!(fake_cutoff_leak(0.9, 0.9, 0.4).map(|leak| leak.ratio), Some(1.0));
        assert_eq!(fake_cutoff_leak(0.9, 0.4, 0.4).map(|leak| leak.ratio), Some(0.0));
    }

    #[test]
    fn who_does_worse_than_unknowing_leaks_nothing_and_is_told_apart() {
        let leak = fake_cutoff_leak(0.9, 0.15, 0.4).unwrap();
        assert!((leak.ratio + 0.5).abs() < 1e-12 && leak.clamped <= 0.0);
        let helped = fake_cutoff_leak(0.8, 0.9, 0.4).unwrap();
        assert!(helped.ratio > 1.0 && (helped.clamped - 1.0).abs() < 1e-15);
    }

    #[test]
    fn without_knowledge_there_is_nothing_to_leak() {
        assert_eq!(fake_cutoff_leak(0.4, 0.4, 0.4), None);
        assert_eq!(fake_cutoff_leak(0.3, 0.9, 0.4), None);
        assert_eq!(fake_cutoff_leak(f64::NAN, 0.9, 0.4), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_clamped_leak_is_a_share(all in 0.0..1.0_f64, after in 0.0..1.0_f64, post in 0.0..1.0_f64) {
            let leak = fake_cutoff_leak(all, after, post);
            prop_assert_eq!(leak.is_some(), all > post);
            prop_assert!(leak.is_none_or(|leak| (0.0..=1.0).contains(&leak.clamped)));
        }
    }
}
