//! The files of a checkpoint: where they are, and their tensors as f32.
//!
//! - `files`: a folder, or the files inside the binary; `mapped`: their bytes without a copy
//! - `coding`: how numbers are stored, plain or in quantised blocks
//! - `stored`: one stored tensor, read row by row
//! - `safetensors`: one file or shards with an index
//! - `gguf`: everything in one file

mod coding;
mod files;
pub(super) mod gguf;
mod mapped;
mod safetensors;
mod stored;

pub(super) use crate::hub::is_pickle;
use coding::Coding;
pub(in crate::backend) use files::CheckpointFiles;
pub(super) use files::KeptFiles;
pub(super) use safetensors::Safetensors;
pub(super) use stored::{StoredTensor, Tensors};

/// Values of whole blocks of a number format, named as in GGUF files (`Q4_K`, `BF16`, ...); `None` for an unknown format
/// or a torn block.
#[must_use]
pub fn dequantised(format: &str, bytes: &[u8]) -> Option<Vec<f32>> {
    let coding = Coding::ALL.into_iter().find(|coding| coding.word() == format)?;
    if !bytes.len().is_multiple_of(coding.block_bytes()) {
        return None;
    }
    let mut values = vec![0.0; bytes.len() / coding.block_bytes() * coding.block_values()];
    coding.decode(bytes, &mut values);
    Some(values)
}
