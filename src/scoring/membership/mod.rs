//! Likelihood attacks: one file an attack, one table for all, one file for other people's variants.
//!
//! All scores are in this harness's sign: **higher means more likely a member**. Only [`compat`] keeps the signs of
//! the implementations that it repeats.

mod attack;
pub mod compat;
pub mod compat_names;
mod dc_pdd;
mod exact_memorization;
mod extraction_strength;
mod gradnorm;
mod loss;
mod lowercase;
mod min_k;
mod min_k_pp;
mod neighbor;
mod norm_order;
mod recall;
mod reference;
mod registry;
mod token_frequencies;
mod zlib;

pub use attack::{
    AttackError, AttackInput, AttackOptions, AttackScore, Extra, FLAG_K_FLOOR_APPLIED, FLAG_VARIANCE_CLAMPED,
};
pub use dc_pdd::{CLIP, dc_pdd};
pub use exact_memorization::exact_memorization;
pub use extraction_strength::extraction_strength;
pub use gradnorm::gradnorm;
pub use loss::loss;
pub use lowercase::lowercase;
pub use min_k::{min_k, min_k_windowed};
pub use min_k_pp::{VARIANCE_FLOOR, min_k_pp, min_k_pp_windowed};
pub use neighbor::neighbor;
pub use norm_order::NormOrder;
pub use recall::{FLAG_IN_RECALL_PREFIX, PrefixTooLong, first_shot_kept, recall};
pub use reference::{log_ratio, perplexity_ratio, reference_difference};
pub use registry::{ATTACKS, Attack, ExtraPass, Needs, find, score, suite_ids};
pub use token_frequencies::{CORPUS_TEXT_TOKENS, Counting, TokenFrequencies};
pub use zlib::{zlib, zlib_length};

#[cfg(test)]
mod golden_tests;
