//! `config.json`: raw keys of both styles -> a checked shape.

use serde_json::Value;

use crate::backend::open_error::OpenError;

/// `model_type`s that this build can load.
pub const SUPPORTED_ARCHITECTURES: &[&str] = &["llama"];

/// Longest context that a config may declare; more is a typing error.
const MOST_POSITIONS: u64 = 1 << 24;
/// Largest size of any single dimension.
const LARGEST_DIMENSION: u64 = 1 << 24;

/// Shape of a Llama-family decoder.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LlamaConfig {
    pub(super) hidden: usize,
    pub(super) intermediate: usize,
    pub(super) layers: usize,
    pub(super) heads: usize,
    pub(super) kv_heads: usize,
    pub(super) head_dim: usize,
    pub(super) vocabulary: usize,
    pub(super) context: usize,
    pub(super) rms_norm_eps: f64,
    pub(super) tied_head: bool,
    pub(super) attention_bias: bool,
    pub(super) mlp_bias: bool,
    pub(super) rope: RopeConfig,
    /// Ids that end a generation.
    pub(super) eos_ids: Vec<u32>,
    pub(super) bos_id: Option<u32>,
}

/// Rotary positions over the whole head.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct RopeConfig {
    pub(super) theta: f64,
    pub(super) scaling: RopeScaling,
}

/// How the frequencies are stretched.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum RopeScaling {
    None,
    Linear { factor: f64 },
    Llama3 { factor: f64, low_freq_factor: f64, high_freq_factor: f64, original_context: f64 },
}

impl LlamaConfig {
    /// Reads and checks the file's text; `file` is named in errors.
    pub(super) fn parse(text: &[u8], file: &str) -> Result<Self, OpenError> {
        let value: Value = serde_json::from_slice(text)
            .map_err(|error| OpenError::Config { file: file.into(), reason: error.to_string() })?;
        let Value::Object(object) = value else {
            return Err(OpenError::Config { file: file.into(), reason: "it is not a JSON object".into() });
        };
        let keys = Keys { file, object: &object };
        keys.architecture()?;
        let heads = keys.size("num_attention_heads", None)?;
        let hidden = keys.size("hidden_size", None)?;
        let head_dim = match keys.optional("head_dim") {
            Some(_) => keys.size("head_dim", None)?,
            None if hidden % heads == 0 => hidden / heads,
            None => {
                return Err(keys.invalid(
                    "num_attention_heads",
                    &heads.to_string(),
                    "the hidden size must be a multiple of it",
                ));
            }
        };
        if head_dim % 2 != 0 {
            return Err(keys.invalid(
                "head_dim",
                &head_dim.to_string(),
                "an even number is needed by the rotary positions",
            ));
        }
        let kv_heads = keys.size("num_key_value_heads", Some(heads))?;
        if heads % kv_heads != 0 {
            return Err(keys.invalid(
                "num_key_value_heads",
                &kv_heads.to_string(),
                "it must divide the number of attention heads",
            ));
        }
        let activation = keys.text("hidden_act")?.unwrap_or_else(|| "silu".into());
        if activation != "silu" {
            return Err(keys.invalid("hidden_act", &format!("{activation:?}"), "`silu` is supported for llama"));
        }
        let context = keys.size("max_position_embeddings", Some(2048))?;
        if context as u64 > MOST_POSITIONS {
            return Err(keys.invalid(
                "max_position_embeddings",
                &context.to_string(),
                "at most 16777216 positions are believed",
            ));
        }
        Ok(Self {
            hidden,
            intermediate: keys.size("intermediate_size", None)?,
            layers: keys.size("num_hidden_layers", None)?,
            heads,
            kv_heads,
            head_dim,
            vocabulary: keys.size("vocab_size", None)?,
            context,
            rms_norm_eps: keys.number("rms_norm_eps")?.unwrap_or(1e-6),
            tied_head: keys.flag("tie_word_embeddings")?,
            attention_bias: keys.flag("attention_bias")?,
            mlp_bias: keys.flag("mlp_bias")?,
            rope: keys.rope(context)?,
            eos_ids: keys.ids("eos_token_id")?,
            bos_id: keys.ids("bos_token_id")?.first().copied(),
        })
    }

    /// Parameters that the shape asks for, without overflow.
    pub(super) fn n_parameters(&self) -> u128 {
        let [hidden, mlp, layers, vocabulary] =
            [self.hidden, self.intermediate, self.layers, self.vocabulary].map(|size| size as u128);
        let query = (self.heads as u128) * (self.head_dim as u128);
        let key = (self.kv_heads as u128) * (self.head_dim as u128);
        let biases = if self.attention_bias { query + 2 * key + hidden } else { 0 }
            + if self.mlp_bias { 2 * mlp + hidden } else { 0 };
        let block = 2 * hidden * query + 2 * hidden * key + 3 * hidden * mlp + 2 * hidden + biases;
        layers * block + vocabulary * hidden * if self.tied_head { 1 } else { 2 } + hidden
    }
}

struct Keys<'a> {
    file: &'a str,
    object: &'a serde_json::Map<String, Value>,
}

impl Keys<'_> {
    fn invalid(&self, key: &str, found: &str, allowed: &str) -> OpenError {
        OpenError::ConfigValue { file: self.file.into(), key: key.into(), found: found.into(), allowed: allowed.into() }
    }

    fn optional(&self, key: &str) -> Option<&Value> {
        self.object.get(key).filter(|value| !value.is_null())
    }

    fn architecture(&self) -> Result<(), OpenError> {
        let found = self.text("model_type")?.unwrap_or_else(|| {
            let first = self.optional("architectures").and_then(|list| list.get(0)).and_then(Value::as_str);
            first.unwrap_or("(none given)").to_owned()
        });
        if SUPPORTED_ARCHITECTURES.contains(&found.as_str()) || found == "LlamaForCausalLM" {
            return Ok(());
        }
        Err(OpenError::Architecture { file: self.file.into(), found, supported: SUPPORTED_ARCHITECTURES.join(", ") })
    }

    fn size(&self, key: &str, default: Option<usize>) -> Result<usize, OpenError> {
        let allowed = "a whole number from 1 to 16777216 is needed";
        match (self.optional(key), default) {
            (None, Some(default)) => Ok(default),
            (None, None) => Err(self.invalid(key, "missing", allowed)),
            (Some(value), _) => value
                .as_u64()
                .filter(|size| (1..=LARGEST_DIMENSION).contains(size))
                .and_then(|size| usize::try_from(size).ok())
                .ok_or_else(|| self.invalid(key, &value.to_string(), allowed)),
        }
    }

    fn number(&self, key: &str) -> Result<Option<f64>, OpenError> {
        number_in(self.object, key).map_err(|found| self.invalid(key, &found, "a positive number is needed"))
    }

    fn flag(&self, key: &str) -> Result<bool, OpenError> {
        match self.optional(key) {
            None => Ok(false),
            Some(value) => {
                value.as_bool().ok_or_else(|| self.invalid(key, &value.to_string(), "true or false is needed"))
            }
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, OpenError> {
        match self.optional(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(value) => Err(self.invalid(key, &value.to_string(), "a string is needed")),
        }
    }

    /// One id or a list of ids.
    fn ids(&self, key: &str) -> Result<Vec<u32>, OpenError> {
        let allowed = "a token id or a list of token ids is needed";
        let id = |value: &Value| {
            value
                .as_u64()
                .and_then(|id| u32::try_from(id).ok())
                .ok_or_else(|| self.invalid(key, &value.to_string(), allowed))
        };
        match self.optional(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(list)) => list.iter().map(id).collect(),
            Some(value) => Ok(vec![id(value)?]),
        }
    }

    /// The newer `rope_parameters` wins over `rope_theta` and `rope_scaling`.
    fn rope(&self, context: usize) -> Result<RopeConfig, OpenError> {
        let as_object = |key: &str| match self.optional(key) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(value) => Err(self.invalid(key, &value.to_string(), "an object or null is needed")),
        };
        let (section, object) = match as_object("rope_parameters")? {
            Some(object) => ("rope_parameters", Some(object)),
            None => ("rope_scaling", as_object("rope_scaling")?),
        };
        let in_section = |key: &str| -> Result<Option<f64>, OpenError> {
            object
                .map_or(Ok(None), |object| number_in(object, key))
                .map_err(|found| self.invalid(&format!("{section}.{key}"), &found, "a positive number is needed"))
        };
        let theta = match in_section("rope_theta")? {
            Some(theta) => theta,
            None => self.number("rope_theta")?.unwrap_or(10_000.0),
        };
        if let Some(partial) = in_section("partial_rotary_factor")?.filter(|&share| (share - 1.0).abs() > 1e-12) {
            return Err(self.invalid(
                &format!("{section}.partial_rotary_factor"),
                &partial.to_string(),
                "1 is supported for llama",
            ));
        }
        let needed = |key: &str| -> Result<f64, OpenError> {
            in_section(key)?
                .ok_or_else(|| self.invalid(&format!("{section}.{key}"), "missing", "a positive number is needed"))
        };
        let kind = object
            .and_then(|object| object.get("rope_type").or_else(|| object.get("type")))
            .and_then(Value::as_str)
            .unwrap_or("default");
        let scaling = match kind {
            "default" => RopeScaling::None,
            "linear" => RopeScaling::Linear { factor: needed("factor")? },
            "llama3" => RopeScaling::Llama3 {
                factor: needed("factor")?,
                low_freq_factor: needed("low_freq_factor")?,
                high_freq_factor: needed("high_freq_factor")?,
                original_context: match in_section("original_max_position_embeddings")? {
                    Some(original) => original,
                    None => f64::from(u32::try_from(context).unwrap_or(u32::MAX)),
                },
            },
            other => {
                return Err(self.invalid(
                    &format!("{section}.rope_type"),
                    &format!("{other:?}"),
                    "default, linear and llama3 are supported",
                ));
            }
        };
        Ok(RopeConfig { theta, scaling })
    }
}

fn number_in(object: &serde_json::Map<String, Value>, key: &str) -> Result<Option<f64>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_f64().filter(|n| n.is_finite() && *n > 0.0).map(Some).ok_or_else(|| value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(extra: &str) -> Result<LlamaConfig, OpenError> {
        let text = format!(
            r#"{{"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
                "num_attention_heads": 4, "vocab_size": 400{extra}}}"#
        );
        LlamaConfig::parse(text.as_bytes(), "config.json")
    }

    #[test]
    fn both_styles_of_rope_keys_are_read_and_the_newer_wins() {
        let old =
            config(r#", "rope_theta": 5000.0, "rope_scaling": {"type": "linear", "factor": 2.0}"#).expect("valid");
        assert_eq!(old.rope, RopeConfig { theta: 5000.0, scaling: RopeScaling::Linear { factor: 2.0 } });
        let new = config(r#", "rope_theta": 1.0, "rope_parameters": {"rope_type": "default", "rope_theta": 7.0}"#)
            .expect("valid");
        assert_eq!(new.rope, RopeConfig { theta: 7.0, scaling: RopeScaling::None });
    }

    #[test]
    fn an_unknown_rope_type_is_refused_by_name() {
        let error = config(r#", "rope_scaling": {"rope_type": "yarn", "factor": 2.0}"#).expect_err("yarn").to_string();
        assert!(error.contains("yarn") && error.contains("rope_scaling.rope_type"), "{error}");
    }

    #[test]
    fn an_unknown_architecture_names_the_supported_ones() {
        let error = LlamaConfig::parse(br#"{"model_type": "mamba"}"#, "config.json").expect_err("mamba").to_string();
        assert!(error.contains("mamba") && error.contains("llama"), "{error}");
    }

    #[test]
    fn sizes_that_nobody_can_mean_are_refused() {
        for extra in [r#", "head_dim": 0"#, r#", "num_key_value_heads": 3"#, r#", "max_position_embeddings": -1"#] {
            assert!(config(extra).is_err(), "{extra}");
        }
        let text = br#"{"model_type": "llama", "hidden_size": 1000000000000}"#;
        assert!(LlamaConfig::parse(text, "config.json").is_err());
    }

    #[test]
    fn parameters_are_counted_without_overflow() {
        let text = br#"{"model_type": "llama", "hidden_size": 16777216, "intermediate_size": 16777216,
            "num_hidden_layers": 16777216, "num_attention_heads": 2, "vocab_size": 16777216}"#;
        let config = LlamaConfig::parse(text, "config.json").expect("each size alone is believable");
        assert!(config.n_parameters() > 1_u128 << 64);
    }
}
