//! Two groups of different items: is one higher than the other.
//!
//! - `permutation`: their means, by the labels that could have been; within strata where there are some
//! - `mann_whitney`: their ranks

pub(crate) mod mann_whitney;
pub(crate) mod permutation;
