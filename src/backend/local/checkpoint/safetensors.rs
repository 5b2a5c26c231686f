//! Weights in safetensors: one file, or shards with an index.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};

use super::coding::Coding;
use super::files::CheckpointFiles;
use super::mapped::FileBytes;
use super::stored::{Conventions, StoredTensor, Tensors};
use crate::backend::open_error::OpenError;
use crate::digest::hex;

const INDEX: &str = "model.safetensors.index.json";
const SINGLE: &str = "model.safetensors";

/// Parts of a name that some files put before the usual ones: text models inside multimodal files, models saved with
/// or without their head.
const PREFIXES: [&str; 4] = ["language_model.", "transformer.", "gpt_neox.", "bert."];

/// The weight files, mapped; headers read once.
pub(in crate::backend::local) struct Safetensors {
    /// `(label, bytes)` in name order.
    files: Vec<(String, FileBytes)>,
    places: BTreeMap<String, Place>,
}

/// Where a tensor lies.
#[derive(Debug)]
struct Place {
    file: usize,
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Range<usize>,
}

impl Safetensors {
    /// Finds the weight files: the index if there is one, else the single file.
    pub(in crate::backend::local) fn find_files(source: &CheckpointFiles<'_>) -> Result<Self, OpenError> {
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
        for (file, (label, bytes)) in files.iter().enumerate() {
            let damaged = |error: safetensors::SafeTensorError| OpenError::Damaged {
                file: label.clone(),
                format: "safetensors",
                reason: error.to_string(),
            };
            // Checks that the tensors lie end to end and fill the file.
            let (header, metadata) = SafeTensors::read_metadata(bytes.as_slice()).map_err(damaged)?;
            let start = header + 8;
            for (name, info) in metadata.tensors() {
                let (from, to) = info.data_offsets;
                let place =
                    Place { file, dtype: info.dtype, shape: info.shape.clone(), bytes: start + from..start + to };
                places.insert(name, place);
            }
        }
        Ok(Self { files, places })
    }

    /// Bytes of all files together.
    pub(in crate::backend::local) fn size_bytes(&self) -> u128 {
        self.files.iter().map(|(_, bytes)| bytes.as_slice().len() as u128).sum()
    }

    /// Hex SHA-256 over the files' bytes, in name order.
    pub(in crate::backend::local) fn sha256(&self) -> String {
        let mut digest = Sha256::new();
        for (_, bytes) in &self.files {
            digest.update(bytes.as_slice());
        }
        hex(&digest.finalize())
    }

    fn place(&self, name: &str) -> Option<(String, &Place)> {
        let found = |name: String| self.places.get(&name).map(|place| (name.clone(), place));
        found(name.to_owned())
            .or_else(|| PREFIXES.iter().find_map(|prefix| found(format!("{prefix}{name}"))))
            .or_else(|| found(format!("model.language_model.{}", name.strip_prefix("model.")?)))
    }
}

impl Tensors for Safetensors {
    fn find(&self, name: &str) -> Result<Option<StoredTensor<'_>>, OpenError> {
        let Some((name, place)) = self.place(name) else { return Ok(None) };
        let (file, bytes) = &self.files[place.file];
        let coding = match place.dtype {
            Dtype::F32 => Coding::F32,
            Dtype::F16 => Coding::F16,
            Dtype::BF16 => Coding::Bf16,
            other => {
                return Err(OpenError::Dtype { file: file.clone(), tensor: name, found: format!("{other:?}") });
            }
        };
        let bytes = &bytes.as_slice()[place.bytes.clone()];
        Ok(Some(StoredTensor { file, name, bytes, shape: place.shape.clone(), coding }))
    }

    fn file(&self) -> &str {
        self.files.first().map_or("", |(label, _)| label)
    }

    fn conventions(&self) -> Conventions {
        Conventions::default()
    }
}

fn shard_names(index: &FileBytes, label: &str) -> Result<Vec<String>, OpenError> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let damaged = |reason: String| OpenError::Damaged { file: label.to_owned(), format: "index", reason };
    let index: Index = serde_json::from_slice(index.as_slice()).map_err(|error| damaged(error.to_string()))?;
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
        return Err(damaged("the weight map is empty".into()));
    }
    Ok(names)
}
