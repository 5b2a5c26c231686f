//! Does one thing go with another.
//!
//! - `correlation`: Pearson, Spearman, Kendall
//! - `trend`: does a rate rise with the dose
//! - `reliability`: do stated probabilities come true

pub(crate) mod correlation;
pub(crate) mod reliability;
pub(crate) mod trend;
