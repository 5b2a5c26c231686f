//! One function a `model_type`: its keys, with the reference library's defaults, become the shape.
//!
//! Sources: the configuration classes of transformers 5.23 (`configuration_NAME.py`), whose defaults a published file may
//! leave out.

use serde_json::{Map, Value};

use super::decoder::{
    Activation, DecoderConfig, Family, LayerConfig, Mlp, NormConfig, NormKind, QueryKeyNorm, Special,
};
use super::encoder::EncoderConfig;
use super::keys::Keys;
use super::rope::{RopeDefaults, rope, rope_of_kind};
use crate::backend::open_error::OpenError;

/// `model_type`s that this build can load.
pub const SUPPORTED_ARCHITECTURES: &[&str] =
    &["llama", "mistral", "qwen2", "qwen3", "phi3", "gemma3_text", "gemma3", "gpt_neox", "gpt2", "olmo2", "bert"];

/// Most layers of any network; more is a typing error.
const DEEPEST: usize = 4096;

/// What a config describes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::local) enum NetworkConfig {
    Decoder(DecoderConfig),
    Encoder(EncoderConfig),
}

impl NetworkConfig {
    /// As written in the file.
    pub(in crate::backend::local) fn model_type(&self) -> &str {
        match self {
            Self::Decoder(config) => &config.model_type,
            Self::Encoder(_) => "bert",
        }
    }

    /// Parameters that the shape asks for.
    pub(in crate::backend::local) fn n_parameters(&self) -> u128 {
        match self {
            Self::Decoder(config) => config.n_parameters(),
            Self::Encoder(config) => config.n_parameters(),
        }
    }

    /// Most positions.
    pub(in crate::backend::local) fn context(&self) -> usize {
        match self {
            Self::Decoder(config) => config.context,
            Self::Encoder(config) => config.context,
        }
    }

    /// Rows of the embedding.
    pub(in crate::backend::local) fn vocabulary(&self) -> usize {
        match self {
            Self::Decoder(config) => config.vocabulary,
            Self::Encoder(config) => config.vocabulary,
        }
    }

    /// Further ids that end a generation.
    pub(in crate::backend::local) fn add_eos_ids(&mut self, ids: &[u32]) {
        if let Self::Decoder(config) = self {
            let known = config.special.eos_ids.clone();
            config.special.eos_ids.extend(ids.iter().filter(|id| !known.contains(id)));
        }
    }

    /// Beginning-of-sequence id, where the config names one.
    pub(in crate::backend::local) fn bos_id(&self) -> Option<u32> {
        match self {
            Self::Decoder(config) => config.special.bos_id,
            Self::Encoder(_) => None,
        }
    }
}

/// Reads and checks the file's text; `file` is named in errors.
pub(in crate::backend::local) fn parse(text: &[u8], file: &str) -> Result<NetworkConfig, OpenError> {
    let fault = |reason: String| OpenError::Config { file: file.into(), reason };
    match serde_json::from_slice(text).map_err(|error| fault(error.to_string()))? {
        Value::Object(object) => parse_object(&object, file),
        _ => Err(fault("it is not a JSON object".into())),
    }
}

/// The ids that end a generation by a generation_config.json.
pub(in crate::backend::local) fn generation_eos_ids(text: &[u8], file: &str) -> Result<Vec<u32>, OpenError> {
    let fault = |reason: String| OpenError::Config { file: file.into(), reason };
    match serde_json::from_slice(text).map_err(|error| fault(error.to_string()))? {
        Value::Object(object) => Keys::new(file, "", &object).ids("eos_token_id"),
        _ => Err(fault("it is not a JSON object".into())),
    }
}

/// As [`parse`], from keys that stand somewhere else than in a JSON file.
pub(in crate::backend::local) fn parse_object(
    object: &Map<String, Value>,
    file: &str,
) -> Result<NetworkConfig, OpenError> {
    let keys = Keys::new(file, "", object);
    let decoder = |config: Result<DecoderConfig, OpenError>| config.map(NetworkConfig::Decoder);
    match model_type(&keys)? {
        "llama" => decoder(llama(&keys)),
        "mistral" => decoder(mistral(&keys)),
        "qwen2" => decoder(qwen2(&keys)),
        "qwen3" => decoder(qwen3(&keys)),
        "phi3" => decoder(phi3(&keys)),
        "gemma3_text" => decoder(gemma3(&keys)),
        "gemma3" => match keys.object("text_config")? {
            Some(text) => {
                let mut config = gemma3(&Keys::new(file, "text_config.", text))?;
                // Published files name the special tokens outside.
                let outer = special(&keys)?;
                config.special.bos_id = config.special.bos_id.or(outer.bos_id);
                config.special.eos_ids.extend(outer.eos_ids);
                Ok(NetworkConfig::Decoder(config))
            }
            None => Err(keys.invalid("text_config", "missing", "the text part of a gemma3 config is needed")),
        },
        "gpt_neox" => decoder(gpt_neox(&keys)),
        "gpt2" => decoder(gpt2(&keys)),
        "olmo2" => decoder(olmo2(&keys)),
        "bert" => bert(&keys).map(NetworkConfig::Encoder),
        other => Err(OpenError::Architecture {
            file: file.into(),
            found: other.to_owned(),
            supported: SUPPORTED_ARCHITECTURES.join(", "),
        }),
    }
}

/// `model_type`, or what the class named in `architectures` belongs to.
fn model_type<'a>(keys: &Keys<'a>) -> Result<&'a str, OpenError> {
    if let Some(found) = keys.text("model_type")? {
        return Ok(found);
    }
    let class = keys.optional("architectures").and_then(|list| list.get(0)).and_then(Value::as_str);
    Ok(match class.unwrap_or("(none given)") {
        "LlamaForCausalLM" => "llama",
        "MistralForCausalLM" => "mistral",
        "Qwen2ForCausalLM" => "qwen2",
        "Qwen3ForCausalLM" => "qwen3",
        "Phi3ForCausalLM" => "phi3",
        "Gemma3ForCausalLM" => "gemma3_text",
        "GPTNeoXForCausalLM" => "gpt_neox",
        "GPT2LMHeadModel" => "gpt2",
        "Olmo2ForCausalLM" => "olmo2",
        "BertModel" => "bert",
        other => other,
    })
}

/// What the families differ in most often; each function below changes what its family does otherwise.
struct Defaults {
    kv_heads: Option<usize>,
    head_dim: Option<usize>,
    context: usize,
    epsilon: f64,
    is_tied: bool,
    theta: f64,
}

const LLAMA: Defaults =
    Defaults { kv_heads: None, head_dim: None, context: 2048, epsilon: 1e-6, is_tied: false, theta: 10_000.0 };

fn llama(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    let mut config = llama_like(keys, "llama", &LLAMA)?;
    config.qkv_bias = keys.flag("attention_bias", false)?;
    config.output_bias = config.qkv_bias;
    config.mlp.has_bias = keys.flag("mlp_bias", false)?;
    Ok(config)
}

fn mistral(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    let defaults = Defaults { kv_heads: Some(8), context: 4096 * 32, ..LLAMA };
    let mut config = llama_like(keys, "mistral", &defaults)?;
    if keys.optional("layer_types").is_some() {
        return Err(keys.invalid("layer_types", "a list", "mistral has one window for all layers"));
    }
    let window = if keys.is_written("sliding_window") { sliding_window(keys)? } else { Some(4096) };
    for layer in &mut config.layers {
        layer.window = window;
    }
    Ok(config)
}

fn qwen2(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    let mut config = llama_like(keys, "qwen2", &Defaults { context: 32_768, ..LLAMA })?;
    config.qkv_bias = true;
    slide_upper_layers(keys, &mut config)?;
    Ok(config)
}

fn qwen3(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    let defaults = Defaults { head_dim: Some(128), context: 32_768, ..LLAMA };
    let mut config = llama_like(keys, "qwen3", &defaults)?;
    config.query_key_norm = QueryKeyNorm::Head;
    config.qkv_bias = keys.flag("attention_bias", false)?;
    config.output_bias = config.qkv_bias;
    slide_upper_layers(keys, &mut config)?;
    Ok(config)
}

fn phi3(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    let defaults = Defaults { context: 4096, epsilon: 1e-5, ..LLAMA };
    let mut config = llama_like(keys, "phi3", &defaults)?;
    config.family = Family::Phi3;
    let window = sliding_window(keys)?;
    for layer in &mut config.layers {
        layer.window = window;
    }
    Ok(config)
}

fn olmo2(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    let mut config = llama_like(keys, "olmo2", &Defaults { epsilon: 1e-5, ..LLAMA })?;
    config.norms_inputs = false;
    config.norms_outputs = true;
    config.query_key_norm = QueryKeyNorm::Row;
    config.qkv_bias = keys.flag("attention_bias", false)?;
    config.output_bias = config.qkv_bias;
    Ok(config)
}

fn gemma3(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    for key in ["final_logit_softcapping", "attn_logit_softcapping"] {
        if let Some(found) = keys.optional(key) {
            return Err(keys.invalid(key, &found.to_string(), "gemma3 has none; null is needed"));
        }
    }
    if keys.flag("use_bidirectional_attention", false)? {
        return Err(keys.invalid("use_bidirectional_attention", "true", "a causal model is needed"));
    }
    let sized = |key: &str, default: usize| keys.size(key, Some(default));
    let (heads, head_dim) = (sized("num_attention_heads", 8)?, sized("head_dim", 256)?);
    let context = sized("max_position_embeddings", 131_072)?;
    let n_layers = n_layers(keys, "num_hidden_layers", Some(26))?;
    let hidden = sized("hidden_size", 2304)?;
    let defaults = |theta| RopeDefaults { theta, partial: 1.0, head_dim, context };
    // Full layers first, sliding ones second. Only the full ones are scaled.
    let theta = keys.number("rope_theta")?.unwrap_or(1e6);
    let local = keys.number("rope_local_base_freq")?.unwrap_or(1e4);
    let ropes = vec![
        rope_of_kind(keys, "full_attention", keys.object("rope_scaling")?, defaults(theta))?,
        rope_of_kind(keys, "sliding_attention", None, defaults(local))?,
    ];
    let pattern = sized("sliding_window_pattern", 6)?;
    let kinds = layer_kinds(keys, n_layers)?
        .unwrap_or_else(|| (1..=n_layers).map(|layer| !layer.is_multiple_of(pattern)).collect());
    let window = if keys.is_written("sliding_window") { sliding_window(keys)? } else { Some(4096) };
    let layers = kinds
        .into_iter()
        .map(|slides| LayerConfig { window: window.filter(|_| slides), rope: Some(usize::from(slides)) });
    let config = DecoderConfig {
        model_type: "gemma3_text".into(),
        family: Family::Llama,
        hidden,
        layers: layers.collect(),
        heads,
        kv_heads: sized("num_key_value_heads", 4)?,
        head_dim,
        vocabulary: sized("vocab_size", 262_208)?,
        context,
        norm: NormConfig { kind: NormKind::Rms, epsilon: keys.number("rms_norm_eps")?.unwrap_or(1e-6), adds_one: true },
        norms_inputs: true,
        norms_outputs: true,
        query_key_norm: QueryKeyNorm::Head,
        is_parallel: false,
        mlp: Mlp {
            width: sized("intermediate_size", 9216)?,
            is_gated: true,
            activation: activation(keys, &["hidden_activation", "hidden_act"], Activation::GeluTanh)?,
            has_bias: false,
        },
        qkv_bias: keys.flag("attention_bias", false)?,
        output_bias: keys.flag("attention_bias", false)?,
        attention_scale: keys.number("query_pre_attn_scalar")?.unwrap_or(256.0).powf(-0.5),
        embedding_scale: Some(to_f64(hidden).sqrt()),
        has_learned_positions: false,
        ropes,
        is_tied: keys.flag("tie_word_embeddings", true)?,
        special: Special { pad_id: padding(keys, Some(0))?, ..special(keys)? },
    };
    checked(keys, config)
}

fn gpt_neox(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    let (hidden, heads) = (keys.size("hidden_size", None)?, keys.size("num_attention_heads", None)?);
    let head_dim = head_dim(keys, "num_attention_heads", hidden, heads)?;
    let context = keys.size("max_position_embeddings", Some(2048))?;
    let defaults = RopeDefaults {
        theta: match keys.number("rotary_emb_base")? {
            Some(base) => base,
            None => keys.number("rope_theta")?.unwrap_or(10_000.0),
        },
        partial: keys.number("rotary_pct")?.unwrap_or(0.25),
        head_dim,
        context,
    };
    let bias = keys.flag("attention_bias", true)?;
    let config = DecoderConfig {
        model_type: "gpt_neox".into(),
        family: Family::GptNeox,
        hidden,
        layers: vec![LayerConfig { window: None, rope: Some(0) }; n_layers(keys, "num_hidden_layers", None)?],
        heads,
        kv_heads: heads,
        head_dim,
        vocabulary: keys.size("vocab_size", None)?,
        context,
        norm: layer_norm(keys, "layer_norm_eps", 1e-5)?,
        norms_inputs: true,
        norms_outputs: false,
        query_key_norm: QueryKeyNorm::None,
        is_parallel: keys.flag("use_parallel_residual", true)?,
        mlp: Mlp {
            width: keys.size("intermediate_size", None)?,
            is_gated: false,
            activation: activation(keys, &["hidden_act"], Activation::Gelu)?,
            has_bias: true,
        },
        qkv_bias: bias,
        output_bias: bias,
        attention_scale: to_f64(head_dim).powf(-0.5),
        embedding_scale: None,
        has_learned_positions: false,
        ropes: vec![rope(keys, defaults)?],
        is_tied: keys.flag("tie_word_embeddings", false)?,
        special: special(keys)?,
    };
    checked(keys, config)
}

fn gpt2(keys: &Keys<'_>) -> Result<DecoderConfig, OpenError> {
    // Some files use the names of the other families.
    let either = |name: &'static str, other: &'static str, default: Option<usize>| {
        if keys.optional(name).is_none() && keys.optional(other).is_some() {
            keys.size(other, None)
        } else {
            keys.size(name, default)
        }
    };
    let (hidden, heads) = (either("n_embd", "hidden_size", None)?, either("n_head", "num_attention_heads", None)?);
    let head_dim = head_dim(keys, "n_head", hidden, heads)?;
    let depth = match keys.optional("n_layer") {
        None if keys.optional("num_hidden_layers").is_some() => n_layers(keys, "num_hidden_layers", None)?,
        _ => n_layers(keys, "n_layer", None)?,
    };
    for (key, usual) in
        [("scale_attn_weights", true), ("scale_attn_by_inverse_layer_idx", false), ("add_cross_attention", false)]
    {
        if keys.flag(key, usual)? != usual {
            return Err(keys.invalid(key, &(!usual).to_string(), &format!("{usual} is supported")));
        }
    }
    let config = DecoderConfig {
        model_type: "gpt2".into(),
        family: Family::Gpt2,
        hidden,
        layers: vec![LayerConfig { window: None, rope: None }; depth],
        heads,
        kv_heads: heads,
        head_dim,
        vocabulary: keys.size("vocab_size", None)?,
        context: either("n_positions", "max_position_embeddings", Some(1024))?,
        norm: layer_norm(keys, "layer_norm_epsilon", 1e-5)?,
        norms_inputs: true,
        norms_outputs: false,
        query_key_norm: QueryKeyNorm::None,
        is_parallel: false,
        mlp: Mlp {
            width: keys.size("n_inner", Some(4 * hidden))?,
            is_gated: false,
            activation: activation(keys, &["activation_function"], Activation::GeluTanh)?,
            has_bias: true,
        },
        qkv_bias: true,
        output_bias: true,
        attention_scale: to_f64(head_dim).powf(-0.5),
        embedding_scale: None,
        has_learned_positions: true,
        ropes: Vec::new(),
        is_tied: keys.flag("tie_word_embeddings", true)?,
        special: special(keys)?,
    };
    checked(keys, config)
}

fn bert(keys: &Keys<'_>) -> Result<EncoderConfig, OpenError> {
    if keys.flag("is_decoder", false)? {
        return Err(keys.invalid("is_decoder", "true", "a bidirectional encoder is supported"));
    }
    if let Some(kind) = keys.text("position_embedding_type")?.filter(|kind| *kind != "absolute") {
        return Err(keys.invalid("position_embedding_type", &format!("{kind:?}"), "`absolute` is supported"));
    }
    let (hidden, heads) = (keys.size("hidden_size", Some(768))?, keys.size("num_attention_heads", Some(12))?);
    head_dim(keys, "num_attention_heads", hidden, heads)?;
    Ok(EncoderConfig {
        hidden,
        layers: n_layers(keys, "num_hidden_layers", Some(12))?,
        heads,
        mlp_width: keys.size("intermediate_size", Some(3072))?,
        activation: activation(keys, &["hidden_act"], Activation::Gelu)?,
        vocabulary: keys.size("vocab_size", Some(30_522))?,
        context: keys.size("max_position_embeddings", Some(512))?,
        token_types: keys.size("type_vocab_size", Some(2))?,
        epsilon: keys.number("layer_norm_eps")?.unwrap_or(1e-12),
    })
}

/// Root-mean-square norms before both parts, a gated MLP, rotary positions over the whole head, no bias.
fn llama_like(keys: &Keys<'_>, model_type: &str, defaults: &Defaults) -> Result<DecoderConfig, OpenError> {
    let default_padding = match model_type {
        "phi3" => Some(32_000),
        "olmo2" => Some(1),
        _ => None,
    };
    let (hidden, heads) = (keys.size("hidden_size", None)?, keys.size("num_attention_heads", None)?);
    let head_dim = match (keys.optional("head_dim"), defaults.head_dim) {
        (Some(_), _) => keys.size("head_dim", None)?,
        (None, Some(head_dim)) => head_dim,
        (None, None) => head_dim(keys, "num_attention_heads", hidden, heads)?,
    };
    let context = keys.size("max_position_embeddings", Some(defaults.context))?;
    let rope_defaults = RopeDefaults {
        theta: keys.number("rope_theta")?.unwrap_or(defaults.theta),
        partial: keys.number("partial_rotary_factor")?.unwrap_or(1.0),
        head_dim,
        context,
    };
    let rope = rope(keys, rope_defaults)?;
    if model_type != "phi3" && rope.rotary_dims != head_dim {
        let found = format!("{} of {head_dim} dimensions", rope.rotary_dims);
        return Err(keys.invalid("partial_rotary_factor", &found, &format!("1 is supported for {model_type}")));
    }
    let config = DecoderConfig {
        model_type: model_type.into(),
        family: Family::Llama,
        hidden,
        layers: vec![LayerConfig { window: None, rope: Some(0) }; n_layers(keys, "num_hidden_layers", None)?],
        heads,
        kv_heads: keys.size("num_key_value_heads", Some(defaults.kv_heads.unwrap_or(heads)))?,
        head_dim,
        vocabulary: keys.size("vocab_size", None)?,
        context,
        norm: NormConfig {
            kind: NormKind::Rms,
            epsilon: keys.number("rms_norm_eps")?.unwrap_or(defaults.epsilon),
            adds_one: false,
        },
        norms_inputs: true,
        norms_outputs: false,
        query_key_norm: QueryKeyNorm::None,
        is_parallel: false,
        mlp: Mlp {
            width: keys.size("intermediate_size", None)?,
            is_gated: true,
            activation: activation(keys, &["hidden_act"], Activation::Silu)?,
            has_bias: false,
        },
        qkv_bias: false,
        output_bias: false,
        attention_scale: to_f64(head_dim).powf(-0.5),
        embedding_scale: None,
        has_learned_positions: false,
        ropes: vec![rope],
        is_tied: keys.flag("tie_word_embeddings", defaults.is_tied)?,
        special: Special { pad_id: padding(keys, default_padding)?, ..special(keys)? },
    };
    checked(keys, config)
}

/// What no single key shows.
fn checked(keys: &Keys<'_>, config: DecoderConfig) -> Result<DecoderConfig, OpenError> {
    if !config.heads.is_multiple_of(config.kv_heads) {
        let allowed = "it must divide the number of attention heads";
        return Err(keys.invalid("num_key_value_heads", &config.kv_heads.to_string(), allowed));
    }
    Ok(config)
}

/// A depth, before anything is allocated for it.
fn n_layers(keys: &Keys<'_>, key: &str, default: Option<usize>) -> Result<usize, OpenError> {
    let n = keys.size(key, default)?;
    if n <= DEEPEST {
        return Ok(n);
    }
    Err(keys.invalid(key, &n.to_string(), &format!("at most {DEEPEST} layers are believed")))
}

fn head_dim(keys: &Keys<'_>, key: &str, hidden: usize, heads: usize) -> Result<usize, OpenError> {
    if hidden.is_multiple_of(heads) {
        return Ok(hidden / heads);
    }
    Err(keys.invalid(key, &heads.to_string(), "the hidden size must be a multiple of it"))
}

fn layer_norm(keys: &Keys<'_>, key: &str, default: f64) -> Result<NormConfig, OpenError> {
    Ok(NormConfig { kind: NormKind::Layer, epsilon: keys.number(key)?.unwrap_or(default), adds_one: false })
}

fn special(keys: &Keys<'_>) -> Result<Special, OpenError> {
    let bos_id = keys.ids("bos_token_id")?.first().copied();
    Ok(Special { eos_ids: keys.ids("eos_token_id")?, bos_id, pad_id: None })
}

/// The padding token of an embedding; `default` where the key is not written at all.
fn padding(keys: &Keys<'_>, default: Option<u32>) -> Result<Option<u32>, OpenError> {
    if keys.is_written("pad_token_id") { Ok(keys.ids("pad_token_id")?.first().copied()) } else { Ok(default) }
}

/// The first of some keys that is there.
fn activation(keys: &Keys<'_>, names: &[&str], default: Activation) -> Result<Activation, OpenError> {
    for name in names {
        if let Some(found) = keys.text(name)? {
            return match found {
                "silu" | "swish" => Ok(Activation::Silu),
                "gelu" => Ok(Activation::Gelu),
                "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Ok(Activation::GeluTanh),
                other => Err(keys.invalid(
                    name,
                    &format!("{other:?}"),
                    "silu, gelu, gelu_new, gelu_fast and gelu_pytorch_tanh are supported",
                )),
            };
        }
    }
    Ok(default)
}

/// Null means none.
fn sliding_window(keys: &Keys<'_>) -> Result<Option<usize>, OpenError> {
    keys.optional("sliding_window").map(|_| keys.size("sliding_window", None)).transpose()
}

/// `layer_types`: whether each layer slides.
fn layer_kinds(keys: &Keys<'_>, n_layers: usize) -> Result<Option<Vec<bool>>, OpenError> {
    let allowed = "a list with `full_attention` or `sliding_attention` for each layer is needed";
    let Some(value) = keys.optional("layer_types") else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| keys.invalid("layer_types", &value.to_string(), allowed))?;
    if list.len() != n_layers {
        let found = format!("{} entries for {n_layers} layers", list.len());
        return Err(keys.invalid("layer_types", &found, allowed));
    }
    let kinds = list.iter().map(|kind| match kind.as_str() {
        Some("full_attention") => Ok(false),
        Some("sliding_attention") => Ok(true),
        _ => Err(keys.invalid("layer_types", &kind.to_string(), allowed)),
    });
    kinds.collect::<Result<Vec<bool>, OpenError>>().map(Some)
}

/// Qwen's rule: windows only when switched on, then on the layers from `max_window_layers` on, or as `layer_types` says.
fn slide_upper_layers(keys: &Keys<'_>, config: &mut DecoderConfig) -> Result<(), OpenError> {
    let window = match keys.flag("use_sliding_window", false)? {
        false => None,
        true if keys.is_written("sliding_window") => sliding_window(keys)?,
        true => Some(4096),
    };
    let first = match keys.optional("max_window_layers").and_then(Value::as_u64) {
        // All layers slide; a size of 0 is otherwise a fault.
        Some(0) => 0,
        _ => keys.size("max_window_layers", Some(28))?,
    };
    let n_layers = config.layers.len();
    let kinds = layer_kinds(keys, n_layers)?.unwrap_or_else(|| (0..n_layers).map(|layer| layer >= first).collect());
    for (layer, slides) in config.layers.iter_mut().zip(kinds) {
        layer.window = window.filter(|_| slides);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "dimensions are below 2^24")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::super::rope::{RopeConfig, RopeScaling};
    use super::*;

    fn config(extra: &str) -> Result<DecoderConfig, OpenError> {
        let text = format!(
            r#"{{"model_type": "llama", "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
                "num_attention_heads": 4, "vocab_size": 400{extra}}}"#
        );
        decoder(text.as_bytes())
    }

    fn decoder(text: &[u8]) -> Result<DecoderConfig, OpenError> {
        match parse(text, "config.json")? {
            NetworkConfig::Decoder(config) => Ok(config),
            NetworkConfig::Encoder(_) => panic!("a decoder was written"),
        }
    }

    #[test]
    fn both_styles_of_rope_keys_are_read_and_the_newer_wins() {
        let turned = |theta, scaling| vec![RopeConfig { theta, rotary_dims: 16, scaling }];
        let old =
            config(r#", "rope_theta": 5000.0, "rope_scaling": {"type": "linear", "factor": 2.0}"#).expect("valid");
        assert_eq!(old.ropes, turned(5000.0, RopeScaling::Linear { factor: 2.0 }));
        let new = config(r#", "rope_theta": 1.0, "rope_parameters": {"rope_type": "default", "rope_theta": 7.0}"#)
            .expect("valid");
        assert_eq!(new.ropes, turned(7.0, RopeScaling::None));
    }

    #[test]
    fn unknown_rope_types_are_refused_by_name() {
        for kind in ["yarn", "dynamic", "ntk"] {
            let keys = format!(r#", "rope_scaling": {{"rope_type": "{kind}", "factor": 2.0}}"#);
            let error = config(&keys).expect_err(kind).to_string();
            assert!(error.contains(kind) && error.contains("rope_scaling.rope_type"), "{error}");
        }
    }

    #[test]
    fn longrope_needs_a_divisor_for_each_pair() {
        let keys = |n: usize| {
            let ones = vec!["1.5"; n].join(",");
            format!(
                r#", "max_position_embeddings": 256, "original_max_position_embeddings": 64,
                    "rope_scaling": {{"type": "longrope", "short_factor": [{ones}], "long_factor": [{ones}]}}"#
            )
        };
        let read = config(&keys(8)).expect("eight pairs").ropes.remove(0);
        let RopeScaling::LongRope { amplitude, original_context, .. } = read.scaling else { panic!("longrope") };
        assert_eq!(original_context, 64);
        assert!((amplitude - (1.0 + 4_f64.ln() / 64_f64.ln()).sqrt()).abs() < 1e-12);
        let error = config(&keys(7)).expect_err("seven").to_string();
        assert!(error.contains("short_factor") && error.contains("7 numbers"), "{error}");
    }

    #[test]
    fn an_unknown_architecture_names_the_supported_ones() {
        let error = decoder(br#"{"model_type": "mamba"}"#).expect_err("mamba").to_string();
        assert!(error.contains("mamba") && error.contains("llama") && error.contains("olmo2"), "{error}");
    }

    #[test]
    fn sizes_that_nobody_can_mean_are_refused() {
        for extra in [r#", "head_dim": 0"#, r#", "num_key_value_heads": 3"#, r#", "max_position_embeddings": -1"#] {
            assert!(config(extra).is_err(), "{extra}");
        }
        assert!(decoder(br#"{"model_type": "llama", "hidden_size": 1000000000000}"#).is_err());
    }

    #[test]
    fn parameters_are_counted_without_overflow() {
        let text = br#"{"model_type": "llama", "hidden_size": 16777216, "intermediate_size": 16777216,
            "num_hidden_layers": 4096, "num_attention_heads": 2, "vocab_size": 16777216}"#;
        assert!(decoder(text).expect("each size alone is believable").n_parameters() > 1_u128 << 60);
    }

    #[test]
    fn windows_follow_each_familys_rule() {
        let windows = |text: &str| -> Vec<Option<usize>> {
            decoder(text.as_bytes()).expect(text).layers.iter().map(|layer| layer.window).collect()
        };
        let sizes = r#""hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 3, "num_attention_heads": 4,
            "num_key_value_heads": 2, "vocab_size": 400"#;
        let of = |model_type: &str, rest: &str| windows(&format!(r#"{{"model_type": "{model_type}", {sizes}{rest}}}"#));
        assert_eq!(of("mistral", ""), [Some(4096); 3]);
        assert_eq!(of("mistral", r#", "sliding_window": null"#), [None; 3]);
        assert_eq!(of("qwen2", r#", "sliding_window": 8"#), [None; 3]);
        let on = r#", "use_sliding_window": true, "sliding_window": 8, "max_window_layers": 2"#;
        assert_eq!(of("qwen2", on), [None, None, Some(8)]);
        assert_eq!(
            of("gemma3_text", r#", "sliding_window": 8, "sliding_window_pattern": 2"#),
            [Some(8), None, Some(8)]
        );
        let named =
            r#", "sliding_window": 8, "layer_types": ["full_attention", "full_attention", "sliding_attention"]"#;
        assert_eq!(of("gemma3_text", named), [None, None, Some(8)]);
    }

    #[test]
    fn a_soft_cap_is_not_passed_over() {
        let error = decoder(br#"{"model_type": "gemma3_text", "final_logit_softcapping": 30.0}"#);
        assert!(error.expect_err("gemma2's").to_string().contains("final_logit_softcapping"));
    }
}
