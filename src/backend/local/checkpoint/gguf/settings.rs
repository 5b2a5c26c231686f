//! Metadata -> the keys of a config.json, so that one reader checks both.

use serde_json::{Map, Value, json};

use super::Gguf;
use super::container::Meta;
use crate::backend::open_error::OpenError;

/// GGUF's names of architectures, and the reference library's.
const ARCHITECTURES: [(&str, &str); 8] = [
    ("llama", "llama"),
    ("qwen2", "qwen2"),
    ("qwen3", "qwen3"),
    ("phi3", "phi3"),
    ("gemma3", "gemma3_text"),
    ("gptneox", "gpt_neox"),
    ("gpt2", "gpt2"),
    ("olmo2", "olmo2"),
];

/// Layers of the one Gemma 3 whose scores are scaled by the width of the model, not of the head (27 B).
const GEMMA_27B_LAYERS: u64 = 62;

pub(super) fn config(file: &Gguf) -> Result<Map<String, Value>, OpenError> {
    let Some((_, model_type)) = ARCHITECTURES.iter().find(|(name, _)| *name == file.architecture) else {
        return Err(OpenError::Architecture {
            file: file.label.clone(),
            found: file.architecture.clone(),
            supported: ARCHITECTURES.map(|(name, _)| name).join(", "),
        });
    };
    let mut config = Map::new();
    config.insert("model_type".into(), json!(model_type));
    let mut copy = |from: &str, to: &str| {
        if let Some(value) = file.setting(from).and_then(number) {
            config.insert(to.to_owned(), value);
        }
    };
    for (from, to) in [
        ("embedding_length", "hidden_size"),
        ("block_count", "num_hidden_layers"),
        ("feed_forward_length", "intermediate_size"),
        ("attention.head_count", "num_attention_heads"),
        ("attention.head_count_kv", "num_key_value_heads"),
        ("attention.key_length", "head_dim"),
        ("context_length", "max_position_embeddings"),
        ("attention.layer_norm_rms_epsilon", "rms_norm_eps"),
        ("attention.layer_norm_epsilon", "layer_norm_eps"),
        ("rope.freq_base", "rope_theta"),
    ] {
        copy(from, to);
    }
    if file.architecture == "gpt2" {
        copy("context_length", "n_positions");
        copy("attention.layer_norm_epsilon", "layer_norm_epsilon");
    }
    if let Some(place) = file.container.tensors.get("token_embd.weight") {
        config.insert("vocab_size".into(), json!(place.shape.first()));
    }
    // The converter writes four times the hidden size here, whatever the model has.
    if let Some(place) = file.container.tensors.get("blk.0.ffn_up.weight").filter(|_| file.architecture == "gpt2") {
        config.insert("n_inner".into(), json!(place.shape.first()));
    }
    config.insert("tie_word_embeddings".into(), json!(!file.has_tensor("output.weight")));
    let window = file.setting("attention.sliding_window").and_then(Meta::as_u64).filter(|window| *window > 0);
    config.insert("sliding_window".into(), json!(window));
    special_ids(file, &mut config);
    heads(file, &mut config)?;
    match file.architecture.as_str() {
        "llama" => {
            config.insert("attention_bias".into(), json!(file.has_tensor("blk.0.attn_q.bias")));
            config.insert("mlp_bias".into(), json!(file.has_tensor("blk.0.ffn_gate.bias")));
            if window.is_some() {
                config.insert("model_type".into(), json!("mistral"));
            }
        }
        "gptneox" => {
            let parallel = matches!(file.setting("use_parallel_residual"), None | Some(Meta::Flag(true)));
            config.insert("use_parallel_residual".into(), json!(parallel));
        }
        _ => {}
    }
    rope(file, &mut config)?;
    Ok(config)
}

fn number(value: &Meta) -> Option<Value> {
    match value {
        Meta::Whole(value) => Some(json!(value)),
        Meta::Negative(value) => Some(json!(value)),
        Meta::Float(value) => Some(json!(value)),
        // One entry a layer, all equal.
        Meta::Numbers(list) => match list.first() {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "sizes; the reader checks them"
            )]
            Some(first) if list.iter().all(|value| value == first) => Some(json!(*first as u64)),
            _ => Some(json!("differs from layer to layer")),
        },
        Meta::Flag(_) | Meta::Text(_) | Meta::Texts(_) => None,
    }
}

fn special_ids(file: &Gguf, config: &mut Map<String, Value>) {
    let id = |key: &str| file.container.metadata.get(key).and_then(Meta::as_u64);
    let mut ends: Vec<u64> =
        ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"].into_iter().filter_map(id).collect();
    ends.dedup();
    config.insert("eos_token_id".into(), json!(ends));
    config.insert("bos_token_id".into(), json!(id("tokenizer.ggml.bos_token_id")));
}

/// What hangs on the width of a head.
fn heads(file: &Gguf, config: &mut Map<String, Value>) -> Result<(), OpenError> {
    let size = |key: &str| config.get(key).and_then(Value::as_u64).filter(|n| *n > 0);
    let (Some(hidden), Some(heads)) = (size("hidden_size"), size("num_attention_heads")) else { return Ok(()) };
    let head_dim = size("head_dim").unwrap_or(hidden / heads);
    let layers = size("num_hidden_layers");
    if file.architecture == "gemma3" {
        let scalar = if layers == Some(GEMMA_27B_LAYERS) { hidden / heads } else { head_dim };
        config.insert("query_pre_attn_scalar".into(), json!(scalar));
    }
    if matches!(file.architecture.as_str(), "gpt2" | "gptneox" | "olmo2") {
        config.remove("head_dim");
    } else {
        config.insert("head_dim".into(), json!(head_dim));
    }
    if let Some(turned) =
        file.setting("rope.dimension_count").and_then(Meta::as_u64).filter(|turned| *turned != head_dim)
    {
        let key = if file.architecture == "gptneox" { "rotary_pct" } else { "partial_rotary_factor" };
        #[expect(clippy::cast_precision_loss, reason = "dimensions of a head")]
        config.insert(key.into(), json!(turned as f64 / head_dim as f64));
    } else if file.architecture == "gptneox" {
        config.insert("rotary_pct".into(), json!(1.0));
    }
    Ok(())
}

/// How the rotary positions are stretched: keys, or tensors with one divisor a frequency.
fn rope(file: &Gguf, config: &mut Map<String, Value>) -> Result<(), OpenError> {
    let value = |key: &str| file.setting(key).and_then(number);
    let mut scaling = Map::new();
    let kind = match file.setting("rope.scaling.type") {
        Some(Meta::Text(kind)) => Some(kind.as_str()),
        _ => None,
    };
    let divisors = |name: &str| -> Result<Option<Vec<f32>>, OpenError> {
        file.tensor(name)?.map(|tensor| tensor.values()).transpose()
    };
    if let (Some(short), Some(long)) = (divisors("rope_factors_short.weight")?, divisors("rope_factors_long.weight")?) {
        scaling.insert("rope_type".into(), json!("longrope"));
        scaling.insert("short_factor".into(), json!(short));
        scaling.insert("long_factor".into(), json!(long));
        for (from, to) in [
            ("rope.scaling.original_context_length", "original_max_position_embeddings"),
            ("rope.scaling.attn_factor", "attention_factor"),
        ] {
            scaling.extend(value(from).map(|value| (to.to_owned(), value)));
        }
    } else {
        match kind {
            None | Some("none") => return Ok(()),
            Some(kind) => {
                scaling.insert("rope_type".into(), json!(kind));
                scaling.extend(value("rope.scaling.factor").map(|value| ("factor".to_owned(), value)));
            }
        }
    }
    config.insert("rope_scaling".into(), Value::Object(scaling));
    Ok(())
}

impl Gguf {
    /// A setting of its architecture.
    fn setting(&self, key: &str) -> Option<&Meta> {
        self.container.metadata.get(&format!("{}.{key}", self.architecture))
    }
}
