//! Overlap of a prediction with a reference by words in order (ROUGE, Lin 2004), as two Python packages compute it.
//!
//! - [`pypi`]: the package `rouge` 1.0.1, with case, punctuation and distinct words; RWKU's recall, as it is and corrected;
//! - [`stemmed`]: the package `rouge_score` 0.1.2, on lower-case ASCII words, with and without stems; [`summary`]: its ROUGE-Lsum, line by
//!   line.
//!
//! The two give different numbers for most pairs; a table must not mix them.

pub mod pypi;
pub mod stemmed;
pub mod summary;

pub use pypi::{
    Counting, EmptySide, NO_ANSWER, PypiScores, UpstreamRecall, prediction_or_no_answer, rouge_l_recall_normalised,
    rouge_l_recall_upstream, rouge_pypi,
};
pub use stemmed::{rouge_1_recall_stemmed, rouge_l, rouge_l_stemmed};
pub use summary::rouge_l_sum_stemmed;

/// Overlap of a prediction with a reference; all three in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RougeScore {
    /// What is common over what the prediction has.
    pub precision: f64,
    /// What is common over what the reference has.
    pub recall: f64,
    /// Harmonic mean of the two; 0 when both are 0.
    pub f_measure: f64,
}
