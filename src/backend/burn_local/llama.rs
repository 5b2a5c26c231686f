//! The forward pass of a Llama-family decoder.
//!
//! Rows of several sequences are laid end to end without padding: every product sees one tall matrix, and attention
//! runs sequence by sequence. A row's numbers then do not depend on what else is in the batch, bit for bit: the
//! products add along the inner dimension in an order that does not depend on the number of rows (true of `gemm` for
//! two rows and more; a single row is therefore computed as two).

use burn::tensor::{Device, Tensor, TensorData, activation};

use super::checkpoint::Weights;
use super::config::LlamaConfig;
use super::rope::Rope;
use crate::backend::open_error::OpenError;

/// Far below every score, so that a hidden key gets weight 0 exactly.
const HIDDEN: f32 = -1e9;

/// Weights on the device; matrices are contiguous `[in, out]`.
pub(super) struct Llama {
    pub(super) config: LlamaConfig,
    device: Device,
    /// `[vocabulary, hidden]`, on the host: rows are looked up by id.
    embedding: Vec<f32>,
    layers: Vec<Layer>,
    norm: Tensor<1>,
    /// `[hidden, vocabulary]`.
    head: Tensor<2>,
    rope: Rope,
}

struct Layer {
    attention_norm: Tensor<1>,
    mlp_norm: Tensor<1>,
    query: Linear,
    key: Linear,
    value: Linear,
    output: Linear,
    gate: Linear,
    up: Linear,
    down: Linear,
}

struct Linear {
    weight: Tensor<2>,
    bias: Option<Tensor<1>>,
}

/// Keys and values of one sequence in one layer, `[kv_heads, positions, head]` each.
#[derive(Debug, Clone)]
pub(super) struct KeysValues {
    keys: Tensor<3>,
    values: Tensor<3>,
}

/// Keys and values of one sequence, layer by layer.
pub(super) type SequenceCache = Vec<KeysValues>;

/// A run of rows that belong to one sequence.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) ids: &'a [u32],
    /// What came before in the same sequence.
    pub(super) past: Option<&'a SequenceCache>,
}

impl Segment<'_> {
    fn start(&self) -> usize {
        self.past.and_then(|past| past.first()).map_or(0, |layer| layer.keys.dims()[1])
    }
}

impl Llama {
    /// Puts the weights on the device. Every tensor that the config asks for must be there with its shape.
    pub(super) fn load(config: LlamaConfig, weights: &Weights, device: Device) -> Result<Self, OpenError> {
        let LlamaConfig { hidden, intermediate, vocabulary, heads, kv_heads, head_dim, .. } = config;
        let vector = |name: &str, size: usize| -> Result<Tensor<1>, OpenError> {
            Ok(Tensor::from_data(TensorData::new(weights.read(name, &[size])?, [size]), &device))
        };
        let linear = |name: &str, out: usize, into: usize, has_bias: bool| -> Result<Linear, OpenError> {
            let values = weights.read_transposed(&format!("{name}.weight"), out, into)?;
            let weight = Tensor::from_data(TensorData::new(values, [into, out]), &device);
            let bias = if has_bias { Some(vector(&format!("{name}.bias"), out)?) } else { None };
            Ok(Linear { weight, bias })
        };
        let layers = (0..config.layers)
            .map(|layer| {
                let at = |name: &str| format!("model.layers.{layer}.{name}");
                let (attention, mlp) = (config.attention_bias, config.mlp_bias);
                Ok(Layer {
                    attention_norm: vector(&at("input_layernorm.weight"), hidden)?,
                    mlp_norm: vector(&at("post_attention_layernorm.weight"), hidden)?,
                    query: linear(&at("self_attn.q_proj"), heads * head_dim, hidden, attention)?,
                    key: linear(&at("self_attn.k_proj"), kv_heads * head_dim, hidden, attention)?,
                    value: linear(&at("self_attn.v_proj"), kv_heads * head_dim, hidden, attention)?,
                    output: linear(&at("self_attn.o_proj"), hidden, heads * head_dim, attention)?,
                    gate: linear(&at("mlp.gate_proj"), intermediate, hidden, mlp)?,
                    up: linear(&at("mlp.up_proj"), intermediate, hidden, mlp)?,
                    down: linear(&at("mlp.down_proj"), hidden, intermediate, mlp)?,
                })
            })
            .collect::<Result<Vec<_>, OpenError>>()?;
        // A tied head wins over a `lm_head.weight` that lies in the file all the same.
        let head_name = if config.tied_head { "model.embed_tokens.weight" } else { "lm_head.weight" };
        let head = weights.read_transposed(head_name, vocabulary, hidden)?;
        Ok(Self {
            embedding: weights.read("model.embed_tokens.weight", &[vocabulary, hidden])?,
            layers,
            norm: vector("model.norm.weight", hidden)?,
            head: Tensor::from_data(TensorData::new(head, [hidden, vocabulary]), &device),
            rope: Rope::new(&config.rope, head_dim),
            config,
            device,
        })
    }

    /// Final hidden rows (normed, `[rows, hidden]`, segments end to end) and each segment's extended cache.
    ///
    /// Every id must be below the vocabulary, and no segment empty.
    pub(super) fn forward(&self, segments: &[Segment<'_>]) -> (Tensor<2>, Vec<SequenceCache>) {
        let LlamaConfig { hidden, heads, kv_heads, head_dim, rms_norm_eps: epsilon, .. } = self.config;
        let rows: usize = segments.iter().map(|segment| segment.ids.len()).sum();
        let mut embedded = Vec::with_capacity(rows * hidden);
        let mut positions = Vec::with_capacity(rows);
        for segment in segments {
            let start = segment.start();
            for (offset, &id) in segment.ids.iter().enumerate() {
                let row = id as usize * hidden;
                embedded.extend_from_slice(&self.embedding[row..row + hidden]);
                positions.push(start + offset);
            }
        }
        let turns = self.rope.turns(&positions, &self.device);
        let masks: Vec<Option<Tensor<4>>> = segments.iter().map(|segment| self.mask(segment)).collect();
        let mut caches: Vec<SequenceCache> = segments.iter().map(|_| Vec::with_capacity(self.layers.len())).collect();
        let mut x = Tensor::<2>::from_data(TensorData::new(embedded, [rows, hidden]), &self.device);
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = rms_norm(x.clone(), &layer.attention_norm, epsilon);
            let query = turns.apply(layer.query.apply(normed.clone()).reshape([rows, heads, head_dim]));
            let key = turns.apply(layer.key.apply(normed.clone()).reshape([rows, kv_heads, head_dim]));
            let value = layer.value.apply(normed).reshape([rows, kv_heads, head_dim]);
            let mut mixed = Vec::with_capacity(segments.len());
            let mut from = 0;
            for ((segment, mask), cache) in segments.iter().zip(&masks).zip(&mut caches) {
                let n = segment.ids.len();
                let take = |tensor: &Tensor<3>| tensor.clone().narrow(0, from, n).swap_dims(0, 1);
                let past = segment.past.map(|past| &past[index]);
                let own = KeysValues { keys: take(&key), values: take(&value) }.after(past);
                mixed.push(self.attend(take(&query), &own, mask.as_ref()));
                cache.push(own);
                from += n;
            }
            let mixed = if mixed.len() == 1 { mixed.remove(0) } else { Tensor::cat(mixed, 0) };
            x = x + layer.output.apply(mixed);
            let normed = rms_norm(x.clone(), &layer.mlp_norm, epsilon);
            let gated = activation::silu(layer.gate.apply(normed.clone())) * layer.up.apply(normed);
            x = x + layer.down.apply(gated);
        }
        (rms_norm(x, &self.norm, epsilon), caches)
    }

    /// Attention of one sequence's new rows over all its keys; `[new, heads * head]`.
    fn attend(&self, query: Tensor<3>, own: &KeysValues, mask: Option<&Tensor<4>>) -> Tensor<2> {
        let LlamaConfig { heads, kv_heads, head_dim, .. } = self.config;
        let group = heads / kv_heads;
        let [_, new, _] = query.dims();
        let all = own.keys.dims()[1];
        let scale = 1.0 / to_f64(head_dim).sqrt();
        // Query heads of one KV head are neighbours, so a group folds into the rows of one product.
        let folded = query.reshape([kv_heads, group * new, head_dim]);
        let scores =
            folded.matmul(own.keys.clone().swap_dims(1, 2)).mul_scalar(scale).reshape([kv_heads, group, new, all]);
        let scores = match mask {
            Some(mask) => scores + mask.clone(),
            None => scores,
        };
        activation::softmax(scores, 3)
            .reshape([kv_heads, group * new, all])
            .matmul(own.values.clone())
            .reshape([heads, new, head_dim])
            .swap_dims(0, 1)
            .reshape([new, heads * head_dim])
    }

    /// `[1, 1, new, all]`: a row sees the past and itself. A single new row sees everything and needs none.
    fn mask(&self, segment: &Segment<'_>) -> Option<Tensor<4>> {
        let (start, new) = (segment.start(), segment.ids.len());
        if new == 1 {
            return None;
        }
        let all = start + new;
        let mut values = vec![0.0_f32; new * all];
        for row in 0..new {
            values[row * all + start + row + 1..(row + 1) * all].fill(HIDDEN);
        }
        Some(Tensor::from_data(TensorData::new(values, [1, 1, new, all]), &self.device))
    }

    /// Output logits of chosen rows of [`Llama::forward`], `[rows, vocabulary]` on the host.
    pub(super) fn logits(&self, hidden: &Tensor<2>, first: usize, n: usize) -> Vec<f32> {
        product(hidden.clone().narrow(0, first, n), self.head.clone())
            .into_data()
            .try_into_vec::<f32>()
            .expect("the model computes in f32")
    }
}

impl Linear {
    fn apply(&self, x: Tensor<2>) -> Tensor<2> {
        let y = product(x, self.weight.clone());
        match &self.bias {
            Some(bias) => y + bias.clone().unsqueeze::<2>(),
            None => y,
        }
    }
}

impl KeysValues {
    fn after(self, past: Option<&Self>) -> Self {
        match past {
            None => self,
            Some(past) => Self {
                keys: Tensor::cat(vec![past.keys.clone(), self.keys], 1),
                values: Tensor::cat(vec![past.values.clone(), self.values], 1),
            },
        }
    }
}

/// A product whose rows do not depend on how many there are: one row goes through a matrix-vector path that adds in
/// another order, so it is computed as two.
fn product(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    if x.dims()[0] == 1 { Tensor::cat(vec![x.clone(), x], 0).matmul(weight).narrow(0, 0, 1) } else { x.matmul(weight) }
}

fn rms_norm(x: Tensor<2>, weight: &Tensor<1>, epsilon: f64) -> Tensor<2> {
    let scale = x.clone().square().mean_dim(1).add_scalar(epsilon).sqrt().recip();
    x * scale * weight.clone().unsqueeze::<2>()
}

#[expect(clippy::cast_precision_loss, reason = "a head dimension is far below 2^52")]
fn to_f64(count: usize) -> f64 {
    count as f64
}
