//! Checkpoints on this machine.
//!
//! - `checkpoint`: files, shards, GGUF; tensors as f32
//! - `config`: both key styles of config.json, one function a family
//! - `network`: the forward passes, written once over the operations of a machine
//! - `engine`: the machines: vector kernels on the processor, burn's operations on any device
//! - `score`, `generate`, `gradients`: what is asked of a decoder; `sentences`: of an encoder
//! - `text`, `chat`: tokenizer and chat template
//! - `speed`: how fast it is here
//! - `workers`, `options`, `loaded`, `model`: put together behind the backend trait

mod chat;
mod checkpoint;
mod config;
mod engine;
mod generate;
mod gradients;
mod loaded;
mod model;
mod network;
mod options;
mod score;
mod sentences;
mod speed;
mod text;
mod workers;

pub(super) use checkpoint::CheckpointFiles;
pub use checkpoint::dequantised;
pub use config::SUPPORTED_ARCHITECTURES;
pub use model::{LocalModel, LocalWork, Pooled};
pub use options::{DeviceChoice, Dtype, LocalOptions};
pub use speed::Speed;
