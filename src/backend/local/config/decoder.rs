//! The shape of a decoder: what the families differ in, as plain data.

use super::rope::RopeConfig;

/// How the tensors are named and laid out in the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) enum Family {
    /// `model.layers.N.self_attn.q_proj`, ... : llama, mistral, qwen2, qwen3, gemma3, olmo2.
    Llama,
    /// As llama, with one tensor for query, key and value, and one for gate and up.
    Phi3,
    GptNeox,
    Gpt2,
}

/// Shape of a decoder-only transformer.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::local) struct DecoderConfig {
    /// As written in the file.
    pub(in crate::backend::local) model_type: String,
    pub(in crate::backend::local) family: Family,
    pub(in crate::backend::local) hidden: usize,
    pub(in crate::backend::local) layers: Vec<LayerConfig>,
    pub(in crate::backend::local) heads: usize,
    pub(in crate::backend::local) kv_heads: usize,
    pub(in crate::backend::local) head_dim: usize,
    pub(in crate::backend::local) vocabulary: usize,
    /// Most positions that the model can attend to.
    pub(in crate::backend::local) context: usize,
    pub(in crate::backend::local) norm: NormConfig,
    /// A norm before each of attention and MLP.
    pub(in crate::backend::local) norms_inputs: bool,
    /// A norm after each of them, before it is added to the residual stream.
    pub(in crate::backend::local) norms_outputs: bool,
    pub(in crate::backend::local) query_key_norm: QueryKeyNorm,
    /// Attention and MLP read the same residual stream and are added together.
    pub(in crate::backend::local) is_parallel: bool,
    pub(in crate::backend::local) mlp: Mlp,
    pub(in crate::backend::local) qkv_bias: bool,
    pub(in crate::backend::local) output_bias: bool,
    /// Scores of attention are multiplied by it.
    pub(in crate::backend::local) attention_scale: f64,
    /// Embedding rows are multiplied by it.
    pub(in crate::backend::local) embedding_scale: Option<f64>,
    /// A table of positions is added to the embeddings.
    pub(in crate::backend::local) has_learned_positions: bool,
    /// Kinds of rotary positions; layers name theirs by index.
    pub(in crate::backend::local) ropes: Vec<RopeConfig>,
    pub(in crate::backend::local) is_tied: bool,
    pub(in crate::backend::local) special: Special,
}

/// One layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) struct LayerConfig {
    /// Keys that a query sees, itself among them; all of the past when absent.
    pub(in crate::backend::local) window: Option<usize>,
    /// Index in [`DecoderConfig::ropes`].
    pub(in crate::backend::local) rope: Option<usize>,
}

/// Ids with a meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::backend::local) struct Special {
    /// Ids that end a generation.
    pub(in crate::backend::local) eos_ids: Vec<u32>,
    pub(in crate::backend::local) bos_id: Option<u32>,
    /// The token whose row of the embedding is not trained: it gets no gradient.
    pub(in crate::backend::local) pad_id: Option<u32>,
}

/// Normalisation of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::backend::local) struct NormConfig {
    pub(in crate::backend::local) kind: NormKind,
    pub(in crate::backend::local) epsilon: f64,
    /// Rows are multiplied by 1 + w (Gemma), not by w.
    pub(in crate::backend::local) adds_one: bool,
}

/// Which normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) enum NormKind {
    /// Divided by the root of the mean square.
    Rms,
    /// Mean subtracted, divided by the standard deviation; with a bias.
    Layer,
}

/// What is normalised of queries and keys, before the rotary positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) enum QueryKeyNorm {
    None,
    /// Each head by itself.
    Head,
    /// All heads of a row together.
    Row,
}

/// The feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) struct Mlp {
    pub(in crate::backend::local) width: usize,
    /// `act(gate) * up`, else `act(up)`.
    pub(in crate::backend::local) is_gated: bool,
    pub(in crate::backend::local) activation: Activation,
    pub(in crate::backend::local) has_bias: bool,
}

/// The function between the two products of the MLP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::local) enum Activation {
    Silu,
    /// By the error function.
    Gelu,
    /// By the hyperbolic tangent.
    GeluTanh,
}

impl DecoderConfig {
    /// Columns of the query part of a row.
    pub(in crate::backend::local) fn query_width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// Columns of the key part of a row, and of the value part.
    pub(in crate::backend::local) fn key_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// Parameters that the shape asks for, without overflow.
    pub(in crate::backend::local) fn n_parameters(&self) -> u128 {
        let [hidden, mlp, layers, vocabulary, context] =
            [self.hidden, self.mlp.width, self.layers.len(), self.vocabulary, self.context].map(|size| size as u128);
        let head = self.head_dim as u128;
        let (query, key) = (self.heads as u128 * head, self.kv_heads as u128 * head);
        let one_norm = if self.norm.kind == NormKind::Layer { 2 * hidden } else { hidden };
        let norms = one_norm * (2 * u128::from(self.norms_inputs) + 2 * u128::from(self.norms_outputs));
        let query_key = match self.query_key_norm {
            QueryKeyNorm::None => 0,
            QueryKeyNorm::Head => 2 * head,
            QueryKeyNorm::Row => query + key,
        };
        let ups = if self.mlp.is_gated { 2 } else { 1 };
        let biases = u128::from(self.qkv_bias) * (query + 2 * key)
            + u128::from(self.output_bias) * hidden
            + u128::from(self.mlp.has_bias) * (ups * mlp + hidden);
        let block = hidden * (2 * query + 2 * key) + (ups + 1) * hidden * mlp + norms + query_key + biases;
        let positions = if self.has_learned_positions { context * hidden } else { 0 };
        let tables = vocabulary * hidden * if self.is_tied { 1 } else { 2 } + positions;
        layers * block + tables + one_norm
    }
}
