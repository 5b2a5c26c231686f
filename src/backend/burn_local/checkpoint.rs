//! The files of a checkpoint: where they are, and their tensors as f32.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::mapped::FileBytes;
use crate::backend::open_error::OpenError;
use crate::digest::hex;
use crate::suite::builtin_file;

const INDEX: &str = "model.safetensors.index.json";
const SINGLE: &str = "model.safetensors";

/// Where a checkpoint's files are read from.
#[derive(Debug, Clone, Copy)]
pub(in crate::backend) enum CheckpointFiles<'a> {
    Folder(&'a Path),
    /// A folder below `datasets/builtin/`, inside the binary.
    Embedded(&'a str),
}

impl CheckpointFiles<'_> {
    /// The bytes of a file, `None` when it is not there.
    pub(super) fn get(&self, name: &str) -> Result<Option<FileBytes>, OpenError> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                if !path.is_file() {
                    return Ok(None);
                }
                FileBytes::map(&path).map(Some).map_err(|source| OpenError::Io { file: self.label(name), source })
            }
            Self::Embedded(folder) => Ok(builtin_file(&format!("{folder}/{name}")).map(FileBytes::Embedded)),
        }
    }

    pub(super) fn require(&self, name: &str) -> Result<FileBytes, OpenError> {
        self.get(name)?.ok_or_else(|| OpenError::MissingFile { file: self.label(name) })
    }

    /// How a file is named in errors.
    pub(super) fn label(&self, name: &str) -> String {
        match self {
            Self::Folder(folder) => folder.join(name).display().to_string(),
            Self::Embedded(folder) => format!("builtin {folder}/{name}"),
        }
    }

    /// A pickle in the folder, which explains a missing safetensors file.
    fn pickle(&self) -> Option<String> {
        let Self::Folder(folder) = self else { return None };
        let mut names: Vec<PathBuf> =
            std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        names.sort();
        names
            .into_iter()
            .find(|path| {
                path.extension()
                    .is_some_and(|end| ["bin", "pt", "pth", "pkl", "ckpt"].iter().any(|known| end == *known))
            })
            .map(|path| path.display().to_string())
    }
}

/// The weight files, mapped; one header each.
pub(super) struct Weights {
    /// `(label, bytes)` in name order.
    files: Vec<(String, FileBytes)>,
    /// Tensor name -> index in `files`.
    places: BTreeMap<String, usize>,
}

impl Weights {
    /// Finds the weight files: the index if there is one, else the single file.
    pub(super) fn find(source: &CheckpointFiles<'_>) -> Result<Self, OpenError> {
        let names = match source.get(INDEX)? {
            Some(index) => shard_names(&index, &source.label(INDEX))?,
            None => vec![SINGLE.to_owned()],
        };
        let mut files = Vec::new();
        for name in names {
            match source.get(&name)? {
                Some(bytes) => files.push((source.label(&name), bytes)),
                None => {
                    return Err(match source.pickle() {
                        Some(file) => OpenError::Pickle { file },
                        None => OpenError::MissingFile { file: source.label(&name) },
                    });
                }
            }
        }
        let mut places = BTreeMap::new();
        for (index, (label, bytes)) in files.iter().enumerate() {
            let header = header(label, bytes)?;
            for name in header.names() {
                places.insert(name.to_string(), index);
            }
        }
        Ok(Self { files, places })
    }

    /// Bytes of all files together.
    pub(super) fn size_bytes(&self) -> u128 {
        self.files.iter().map(|(_, bytes)| bytes.as_slice().len() as u128).sum()
    }

    /// Hex SHA-256 over the files' bytes, in name order.
    pub(super) fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        for (_, bytes) in &self.files {
            digest.update(bytes.as_slice());
        }
        hex(&digest.finalize())
    }

    /// The number type of a tensor, for the model's identity.
    pub(super) fn stored_type(&self, name: &str) -> Option<String> {
        let (label, bytes) = &self.files[*self.places.get(name)?];
        let dtype = header(label, bytes).ok()?.tensor(name).ok()?.dtype();
        Some(format!("{dtype:?}").to_lowercase())
    }

    /// The values of a tensor of a known shape.
    pub(super) fn read(&self, name: &str, expected: &[usize]) -> Result<Vec<f32>, OpenError> {
        let Some(&place) = self.places.get(name) else {
            let file = self.files.first().map_or_else(String::new, |(label, _)| label.clone());
            return Err(OpenError::MissingTensor { file, tensor: name.to_owned() });
        };
        let (label, bytes) = &self.files[place];
        let header = header(label, bytes)?;
        let tensor = header.tensor(name).map_err(|error| damaged(label, &error))?;
        if tensor.shape() != expected {
            return Err(OpenError::Shape {
                file: label.clone(),
                tensor: name.to_owned(),
                expected: expected.to_vec(),
                found: tensor.shape().to_vec(),
            });
        }
        let data = tensor.data();
        Ok(match tensor.dtype() {
            Dtype::F32 => data.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
            Dtype::F16 => data.chunks_exact(2).map(|b| half::f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Dtype::BF16 => data.chunks_exact(2).map(|b| half::bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            other => {
                return Err(OpenError::Dtype {
                    file: label.clone(),
                    tensor: name.to_owned(),
                    found: format!("{other:?}"),
                });
            }
        })
    }

    /// A matrix stored `[out, in]`, turned to contiguous `[in, out]` in blocks that stay in the cache.
    pub(super) fn read_transposed(&self, name: &str, out: usize, into: usize) -> Result<Vec<f32>, OpenError> {
        const BLOCK: usize = 32;
        let stored = self.read(name, &[out, into])?;
        let mut turned = vec![0.0; stored.len()];
        for row_block in (0..out).step_by(BLOCK) {
            for column_block in (0..into).step_by(BLOCK) {
                for row in row_block..(row_block + BLOCK).min(out) {
                    for column in column_block..(column_block + BLOCK).min(into) {
                        turned[column * out + row] = stored[row * into + column];
                    }
                }
            }
        }
        Ok(turned)
    }
}

fn header<'a>(label: &str, bytes: &'a FileBytes) -> Result<SafeTensors<'a>, OpenError> {
    SafeTensors::deserialize(bytes.as_slice()).map_err(|error| damaged(label, &error))
}

fn damaged(label: &str, error: &safetensors::SafeTensorError) -> OpenError {
    OpenError::Damaged { file: label.to_owned(), reason: error.to_string() }
}

fn shard_names(index: &FileBytes, label: &str) -> Result<Vec<String>, OpenError> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_slice(index.as_slice())
        .map_err(|error| OpenError::Damaged { file: label.to_owned(), reason: error.to_string() })?;
    let mut names: Vec<String> = index.weight_map.into_values().collect();
    names.sort();
    names.dedup();
    for name in &names {
        let is_plain = Path::new(name).file_name().is_some_and(|file| file == name.as_str());
        if !is_plain || !name.ends_with(".safetensors") {
            return Err(OpenError::ShardPath { file: label.to_owned(), shard: name.clone() });
        }
    }
    if names.is_empty() {
        return Err(OpenError::Damaged { file: label.to_owned(), reason: "the weight map is empty".into() });
    }
    Ok(names)
}
