//! GGUF: weights, settings and tokenizer in one file (version 3 of the format that llama.cpp defines).
//!
//! - `container`: header, metadata and tensor places, each length checked against the file before it is believed
//! - `names`: the reference library's names -> this format's
//! - `settings`: metadata -> the keys of a config.json
//! - `vocabulary`: metadata -> a tokenizer.json

mod container;
mod names;
mod settings;
mod vocabulary;

use std::path::Path;

use serde_json::{Map, Value};

use super::coding::Coding;
use super::mapped::FileBytes;
use super::stored::{Conventions, StoredTensor, Tensors};
use crate::backend::open_error::OpenError;
use container::{Container, Meta};

/// An opened file.
pub(in crate::backend::local) struct Gguf {
    label: String,
    bytes: FileBytes,
    container: Container,
    /// `general.architecture`.
    architecture: String,
}

impl Gguf {
    /// Maps the file and reads its header.
    pub(in crate::backend::local) fn open(path: &Path) -> Result<Self, OpenError> {
        let label = path.display().to_string();
        let bytes = FileBytes::map(path).map_err(|source| OpenError::Io { file: label.clone(), source })?;
        Self::read(label, bytes)
    }

    fn read(label: String, bytes: FileBytes) -> Result<Self, OpenError> {
        let container = Container::read(bytes.as_slice()).map_err(|reason| OpenError::Damaged {
            file: label.clone(),
            format: "GGUF",
            reason,
        })?;
        let architecture = match container.metadata.get("general.architecture") {
            Some(Meta::Text(text)) => text.clone(),
            _ => {
                return Err(OpenError::ConfigValue {
                    file: label,
                    key: "general.architecture".into(),
                    found: "missing".into(),
                    allowed: "the name of an architecture is needed".into(),
                });
            }
        };
        Ok(Self { label, bytes, container, architecture })
    }

    /// The settings as the keys of a config.json.
    pub(in crate::backend::local) fn config(&self) -> Result<Map<String, Value>, OpenError> {
        settings::config(self)
    }

    /// The tokenizer as a tokenizer.json.
    pub(in crate::backend::local) fn tokenizer(&self) -> Result<Vec<u8>, OpenError> {
        vocabulary::tokenizer(self)
    }

    /// The text of a special token, e.g. of `tokenizer.ggml.bos_token_id`.
    pub(in crate::backend::local) fn special_token(&self, key: &str) -> Option<String> {
        let id = usize::try_from(self.container.metadata.get(key)?.as_u64()?).ok()?;
        match self.container.metadata.get("tokenizer.ggml.tokens")? {
            Meta::Texts(tokens) => tokens.get(id).cloned(),
            _ => None,
        }
    }

    /// The chat template, if the file holds one.
    pub(in crate::backend::local) fn chat_template(&self) -> Option<String> {
        match self.container.metadata.get("tokenizer.chat_template")? {
            Meta::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    pub(in crate::backend::local) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The number formats of its tensors, most bytes first.
    pub(in crate::backend::local) fn codings(&self) -> String {
        let mut sizes: std::collections::BTreeMap<&str, usize> = std::collections::BTreeMap::new();
        for place in self.container.tensors.values() {
            *sizes.entry(place.type_word()).or_default() += place.bytes.len();
        }
        let mut sizes: Vec<(&str, usize)> = sizes.into_iter().collect();
        sizes.sort_by_key(|&(word, size)| (std::cmp::Reverse(size), word));
        sizes.into_iter().map(|(word, _)| word.to_lowercase()).collect::<Vec<_>>().join(", ")
    }

    /// Most parameters that the file can hold.
    pub(in crate::backend::local) fn n_values(&self) -> u128 {
        self.container.tensors.values().map(|place| place.shape.iter().map(|&n| n as u128).product::<u128>()).sum()
    }

    fn has_tensor(&self, name: &str) -> bool {
        self.container.tensors.contains_key(name)
    }

    fn tensor(&self, name: &str) -> Result<Option<StoredTensor<'_>>, OpenError> {
        let Some(place) = self.container.tensors.get(name) else { return Ok(None) };
        let Some(coding) = Coding::ALL.into_iter().find(|coding| coding.ggml_type() == place.ggml_type) else {
            return Err(OpenError::Dtype {
                file: self.label.clone(),
                tensor: name.to_owned(),
                found: place.type_word().to_owned(),
            });
        };
        let bytes = &self.bytes.as_slice()[place.bytes.clone()];
        Ok(Some(StoredTensor { file: &self.label, name: name.to_owned(), bytes, shape: place.shape.clone(), coding }))
    }
}

impl Tensors for Gguf {
    fn find(&self, name: &str) -> Result<Option<StoredTensor<'_>>, OpenError> {
        match names::translated(&self.architecture, name) {
            Some(name) => self.tensor(&name),
            None => Ok(None),
        }
    }

    fn file(&self) -> &str {
        &self.label
    }

    fn conventions(&self) -> Conventions {
        Conventions {
            norms_hold_one: self.architecture == "gemma3",
            turns_neighbours: self.architecture == "llama",
            stacks_neox_heads: self.architecture == "gptneox",
            turns_gpt2: self.architecture == "gpt2",
            has_rope_divisors: true,
        }
    }
}
