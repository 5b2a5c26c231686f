//! `config.json` -> a checked shape of the network.
//!
//! - `keys`: one JSON object, read key by key, with errors that name the file, the key and what is allowed
//! - `rope`: both key styles of rotary positions
//! - `families`: one function a `model_type`
//! - `decoder`, `encoder`: what comes out

mod decoder;
mod encoder;
mod families;
mod keys;
mod rope;

pub(super) use decoder::{Activation, DecoderConfig, Family, NormConfig, NormKind, QueryKeyNorm};
pub(super) use encoder::EncoderConfig;
pub use families::SUPPORTED_ARCHITECTURES;
pub(super) use families::{NetworkConfig, generation_eos_ids, parse, parse_object};
pub(super) use rope::{RopeConfig, RopeScaling};
