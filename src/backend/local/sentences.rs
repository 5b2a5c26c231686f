//! How a sentence encoder's rows become one vector (the folder layout of sentence-transformers).

use serde_json::Value;

use super::checkpoint::CheckpointFiles;
use super::config::NetworkConfig;
use crate::backend::open_error::OpenError;

/// Settings of the modules after the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct SentenceConfig {
    /// Tokens that are read of a text, special ones among them.
    pub(super) max_tokens: usize,
    /// Vectors are brought to length 1.
    is_normalised: bool,
}

impl SentenceConfig {
    /// Reads `modules.json`, `1_Pooling/config.json` and `sentence_bert_config.json`, as far as they are there: without them
    /// it is the plain mean over the whole context.
    pub(super) fn load(source: &CheckpointFiles<'_>, config: &NetworkConfig) -> Result<Self, OpenError> {
        let read = |name: &str| -> Result<Option<Value>, OpenError> {
            let Some(bytes) = source.get(name)? else { return Ok(None) };
            let fault =
                |error: serde_json::Error| OpenError::Config { file: source.label(name), reason: error.to_string() };
            serde_json::from_slice(bytes.as_slice()).map(Some).map_err(fault)
        };
        let NetworkConfig::Encoder(encoder) = config else { return Ok(Self::default()) };
        let modules = read("modules.json")?.unwrap_or(Value::Null);
        let kinds: Vec<&str> =
            modules.as_array().into_iter().flatten().filter_map(|module| module["type"].as_str()).collect();
        let known = ["Transformer", "Pooling", "Normalize"];
        if let Some(other) = kinds.iter().find(|kind| !known.iter().any(|known| kind.ends_with(known))) {
            return Err(OpenError::ConfigValue {
                file: source.label("modules.json"),
                key: "type".into(),
                found: format!("{other:?}"),
                allowed: "Transformer, Pooling and Normalize are supported".into(),
            });
        }
        let pooling = read("1_Pooling/config.json")?.unwrap_or(Value::Null);
        let modes = pooling
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(key, value)| key.starts_with("pooling_mode_") && value.as_bool() == Some(true));
        if let Some((mode, _)) = modes.into_iter().find(|(key, _)| *key != "pooling_mode_mean_tokens") {
            return Err(OpenError::ConfigValue {
                file: source.label("1_Pooling/config.json"),
                key: mode.clone(),
                found: "true".into(),
                allowed: "mean pooling is supported".into(),
            });
        }
        let limit = read("sentence_bert_config.json")?
            .and_then(|value| value["max_seq_length"].as_u64())
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(encoder.context);
        let is_normalised = kinds.iter().any(|kind| kind.ends_with("Normalize"));
        Ok(Self { max_tokens: limit.max(2).min(encoder.context), is_normalised })
    }

    /// The vector as the modules leave it.
    pub(super) fn finished(self, mut vector: Vec<f32>) -> Vec<f32> {
        if self.is_normalised {
            let length = vector.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>().sqrt().max(1e-12);
            #[expect(clippy::cast_possible_truncation, reason = "vectors are in single precision")]
            vector.iter_mut().for_each(|x| *x = (f64::from(*x) / length) as f32);
        }
        vector
    }
}
