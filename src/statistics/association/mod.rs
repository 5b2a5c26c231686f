//! Does one thing go with another.
//!
//! - `correlation`: Pearson, Spearman, Kendall
//! - `trend`: does a rate rise with the dose
//! - `reliability`: do stated probabilities come true
//! - `confidence`: and do they tell hits from misses

pub(crate) mod confidence;
pub(crate) mod correlation;
pub(crate) mod reliability;
pub(crate) mod trend;
