//! Two models on the same items: is A above B, and by how much.
//!
//! - `binary`, `binary_interval`: right or wrong (McNemar, Newcombe, Tango)
//! - `t`, `wilcoxon`, `sign`, `permutation`: real scores
//! - `effect`: the size of a difference, free of units
//! - `difference`: a_i - b_i without rounding noise

pub(crate) mod binary;
pub(crate) mod binary_interval;
pub(crate) mod difference;
pub(crate) mod effect;
pub(crate) mod permutation;
pub(crate) mod sign;
pub(crate) mod t;
pub(crate) mod wilcoxon;
