//! What TOFU and MUSE measure, as OpenUnlearning (d3d7cf9e) computes it. Values of float64 from recorded log-probabilities.
//!
//! - [`mod@truth_ratio`]: wrong answers against the right one, and the three ways to sum it up;
//! - [`tokens`]: what the labelled tokens of one answer say;
//! - [`leakage`]: how far an attack's area lies from that of a model that never saw the text;
//! - [`utility`]: what is left of the model.
//!
//! Forget quality is the p-value of [`ks_test`](crate::statistics::ks_test) on the truth ratios of two models, and the area
//! of an attack is [`LabeledScores::auc`](crate::statistics::LabeledScores::auc) with the texts held out as positives, since
//! scores are higher there: 1 says that the forgotten texts are known.

pub mod leakage;
pub mod tokens;
pub mod truth_ratio;
pub mod utility;

pub use leakage::{DEFAULT_REFERENCE_AUC, privleak, relative_difference};
pub use tokens::{TokenMetrics, token_metrics};
pub use truth_ratio::{
    closer_to_one_better, option_probability, probability_share, probability_share_mean, true_better, truth_ratio,
};
pub use utility::harmonic_mean;

/// Keeps quotients finite where what stands below is 0; upstream's.
const GUARD: f64 = 1e-10;
