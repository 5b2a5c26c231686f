//! Likelihood attacks: one file an attack, one table for all, one file for other people's variants.
//!
//! All scores are in this harness's sign: **higher means more likely a member**. Only [`compat`] keeps the signs of
//! the implementations that it repeats.

mod attack;
pub mod compat;
mod loss;
mod min_k;
mod min_k_pp;
mod reference;
mod registry;
mod zlib;

pub use attack::{AttackError, AttackInput, AttackOptions, AttackScore, FLAG_K_FLOOR_APPLIED, FLAG_VARIANCE_CLAMPED};
pub use loss::loss;
pub use min_k::{min_k, min_k_windowed};
pub use min_k_pp::{VARIANCE_FLOOR, min_k_pp};
pub use reference::{log_ratio, perplexity_ratio, reference_difference};
pub use registry::{ATTACKS, Attack, Needs, find, score};
pub use zlib::{zlib, zlib_length};

#[cfg(test)]
mod golden_tests;
