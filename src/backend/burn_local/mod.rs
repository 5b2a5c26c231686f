//! Checkpoints on this machine, run with `burn` on the CPU.
//!
//! - `checkpoint`, `mapped`: files, shards, tensors as f32
//! - `config`: both key styles of config.json
//! - `llama`, `rope`: the forward pass
//! - `head`: hidden rows -> log-probabilities and their moments
//! - `score`, `generate`: the two things that are asked of it
//! - `text`, `chat`: tokenizer and chat template

mod chat;
mod checkpoint;
mod config;
mod generate;
mod head;
mod llama;
mod mapped;
mod model;
mod rope;
mod score;
mod text;

pub(super) use checkpoint::CheckpointFiles;
pub use config::SUPPORTED_ARCHITECTURES;
pub use model::{LocalModel, LocalOptions};
