//! burn's own operations on any of its devices: a graphics processor, or the processor as oracle of the host's kernels.

use burn::tensor::{Device, FloatDType, Int, Tensor, TensorData, activation};

use super::super::config::{Activation, NormConfig, NormKind};
use super::super::network::{Angles, Attention, Compute, Linear, Norm, Pass, Past, RowScore, Span};

/// Far below every score, so that a hidden key gets weight 0 exactly.
const HIDDEN: f32 = -1e9;
/// Rows whose logits are on the device at a time.
const CHUNK: usize = 256;

/// One of burn's devices.
#[derive(Debug, Clone)]
pub(in crate::backend::local) struct DeviceEngine {
    device: Device,
    words: String,
    /// Number type of the products; everything between them is f32.
    products: FloatDType,
    /// Whether gradients by the weights are wanted.
    is_tracked: bool,
    /// The token whose row of the embedding gets no gradient; its model has no table of positions.
    padding: Option<u32>,
}

/// Keys and values of one sequence in one layer, `[kv_heads, positions, head_dim]` each.
#[derive(Debug, Clone)]
pub(in crate::backend::local) struct Memory {
    keys: Tensor<3>,
    values: Tensor<3>,
}

/// `[rows, 1, r / 2]` each.
#[derive(Debug, Clone)]
pub(in crate::backend::local) struct Turns {
    cos: Tensor<3>,
    sin: Tensor<3>,
}

impl DeviceEngine {
    /// `words` is how the device is named in records.
    pub(in crate::backend::local) fn new(device: Device, words: String, products: FloatDType) -> Self {
        Self { device, words, products, is_tracked: false, padding: None }
    }

    /// The same device with automatic differentiation: gradients by every weight can be asked for.
    pub(in crate::backend::local) fn tracked(device: Device, words: String, padding: Option<u32>) -> Self {
        Self { device: device.autodiff(), words, products: FloatDType::F32, is_tracked: true, padding }
    }

    fn weight<const D: usize>(&self, tensor: Tensor<D>) -> Tensor<D> {
        if self.is_tracked { tensor.require_grad() } else { tensor }
    }

    /// Mean negative log-probability of `targets[i]` by hidden row `rows[i]`, still on the device.
    pub(in crate::backend::local) fn mean_loss(
        &self,
        hidden: &Tensor<2>,
        head: &Tensor<2>,
        rows: &[usize],
        targets: &[u32],
    ) -> Tensor<1> {
        let picked = hidden.clone().select(0, self.indices(rows));
        let logprobs = activation::log_softmax(self.product(picked, head.clone().transpose()), 1);
        let targets: Vec<usize> = targets.iter().map(|&target| target as usize).collect();
        logprobs.gather(1, self.indices(&targets).unsqueeze_dim::<2>(1)).mean().neg()
    }

    fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), &self.device)
    }

    fn product(&self, x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
        if self.products == FloatDType::F32 {
            return x.matmul(weight);
        }
        x.cast(self.products).matmul(weight).cast(FloatDType::F32)
    }

    fn stored<const D: usize>(&self, tensor: Tensor<D>) -> Tensor<D> {
        if self.products == FloatDType::F32 { tensor } else { tensor.cast(self.products) }
    }

    fn indices(&self, indices: &[usize]) -> Tensor<1, Int> {
        let values: Vec<i32> = indices.iter().map(|&index| i32::try_from(index).unwrap_or(i32::MAX)).collect();
        Tensor::from_data(TensorData::new(values, [indices.len()]), &self.device)
    }

    /// `[1, 1, rows, keys]`, or none when every row sees every key.
    fn mask(&self, span: &Shape, how: &Attention<'_, Self>) -> Option<Tensor<4>> {
        if !how.is_causal {
            return None;
        }
        let all = span.start + span.n_rows;
        if span.n_rows == 1 && how.window.is_none_or(|window| window >= all) {
            return None;
        }
        let mut values = vec![0.0_f32; span.n_rows * all];
        for (row, values) in values.chunks_exact_mut(all).enumerate() {
            let position = span.start + row;
            values[position + 1..].fill(HIDDEN);
            let from = how.window.map_or(0, |window| (position + 1).saturating_sub(window));
            values[..from].fill(HIDDEN);
        }
        Some(self.tensor(values, [1, 1, span.n_rows, all]))
    }
}

struct Shape {
    n_rows: usize,
    start: usize,
}

impl Compute for DeviceEngine {
    type Buffer = Vec<f32>;
    type Rows = Tensor<2>;
    type Matrix = Tensor<2>;
    type Vector = Tensor<1>;
    type Table = Tensor<2>;
    type Turns = Turns;
    type Memory = Memory;

    fn buffer(&self, n: usize) -> Vec<f32> {
        vec![0.0; n]
    }

    fn matrix(&self, values: Vec<f32>, into: usize, out: usize) -> Tensor<2> {
        self.weight(self.stored(self.tensor(values, [into, out])))
    }

    fn vector(&self, values: Vec<f32>) -> Tensor<1> {
        let n = values.len();
        self.weight(self.tensor(values, [n]))
    }

    fn table(&self, values: Vec<f32>, width: usize) -> Tensor<2> {
        let entries = values.len() / width;
        self.weight(self.stored(self.tensor(values, [entries, width])))
    }

    fn turns(&self, angles: &Angles) -> Turns {
        let shape = [angles.cos.len() / angles.half, 1, angles.half];
        Turns { cos: self.tensor(angles.cos.clone(), shape), sin: self.tensor(angles.sin.clone(), shape) }
    }

    fn lookup(&self, table: &Tensor<2>, indices: &[u32], scale: Option<f64>) -> Tensor<2> {
        let indices: Vec<usize> = indices.iter().map(|&index| index as usize).collect();
        let rows = table.clone().select(0, self.indices(&indices)).cast(FloatDType::F32);
        let rows = match self.padding {
            Some(padding) if indices.contains(&(padding as usize)) => {
                let is_padding = |&index: &usize| if index == padding as usize { 1.0 } else { 0.0 };
                let padded = self.tensor(indices.iter().map(is_padding).collect(), [indices.len(), 1]);
                rows.clone() * padded.clone().neg().add_scalar(1.0) + rows.detach() * padded
            }
            _ => rows,
        };
        match scale {
            Some(scale) => rows.mul_scalar(scale),
            None => rows,
        }
    }

    fn add(&self, x: Tensor<2>, y: Tensor<2>) -> Tensor<2> {
        x + y
    }

    fn norm(&self, x: &Tensor<2>, norm: &Norm<Self>, config: &NormConfig) -> Tensor<2> {
        normed(x.clone(), norm, config)
    }

    fn linear(&self, x: &Tensor<2>, linear: &Linear<Self>, _: Pass) -> Tensor<2> {
        let y = self.product(x.clone(), linear.weight.clone());
        match &linear.bias {
            Some(bias) => y + bias.clone().unsqueeze::<2>(),
            None => y,
        }
    }

    fn activate(&self, x: Tensor<2>, kind: Activation, is_gated: bool) -> Tensor<2> {
        let act = |x: Tensor<2>| match kind {
            Activation::Silu => activation::silu(x),
            Activation::Gelu => activation::gelu(x),
            Activation::GeluTanh => activation::gelu_approximate(x),
        };
        if !is_gated {
            return act(x);
        }
        let width = x.dims()[1] / 2;
        act(x.clone().narrow(1, 0, width)) * x.narrow(1, width, width)
    }

    fn attend(
        &self,
        qkv: Tensor<2>,
        how: &Attention<'_, Self>,
        spans: Vec<Span<'_, Memory>>,
        _: Pass,
    ) -> (Tensor<2>, Vec<Option<Memory>>) {
        let Attention { heads, kv_heads, head_dim: d, .. } = *how;
        let [rows, _] = qkv.dims();
        let (query, key) = (heads * d, kv_heads * d);
        let part = |from: usize, width: usize| qkv.clone().narrow(1, from, width);
        let (mut queries, mut keys) = (part(0, query), part(query, key));
        let values = part(query + key, key).reshape([rows, kv_heads, d]);
        if let Some(norms) = how.norms.as_ref().filter(|norms| !norms.is_per_head) {
            queries = normed(queries, norms.query, &norms.config);
            keys = normed(keys, norms.key, &norms.config);
        }
        let (mut queries, mut keys) = (queries.reshape([rows, heads, d]), keys.reshape([rows, kv_heads, d]));
        if let Some(norms) = how.norms.as_ref().filter(|norms| norms.is_per_head) {
            let heads_normed = |x: Tensor<3>, norm: &Norm<Self>| {
                let [rows, heads, d] = x.dims();
                normed(x.reshape([rows * heads, d]), norm, &norms.config).reshape([rows, heads, d])
            };
            queries = heads_normed(queries, norms.query);
            keys = heads_normed(keys, norms.key);
        }
        if let Some(turns) = how.turns {
            queries = turns.apply(queries);
            keys = turns.apply(keys);
        }
        let mut mixed = Vec::with_capacity(spans.len());
        let mut kept = Vec::with_capacity(spans.len());
        let mut from = 0;
        for span in spans {
            let shape = Shape { n_rows: span.n_rows, start: span.start };
            let take = |tensor: &Tensor<3>| tensor.clone().narrow(0, from, span.n_rows).swap_dims(0, 1);
            let (new_keys, new_values) = (take(&keys), take(&values));
            let memory = match span.past {
                Past::Nothing => Memory { keys: new_keys, values: new_values },
                Past::Shared(past) => past.clone().with(new_keys, new_values),
                Past::Own(past) => past.with(new_keys, new_values),
            };
            let mask = self.mask(&shape, how);
            mixed.push(attended(take(&queries), &memory, mask, how.scale));
            kept.push(span.keep.then_some(memory));
            from += span.n_rows;
        }
        (if mixed.len() == 1 { mixed.remove(0) } else { Tensor::cat(mixed, 0) }, kept)
    }

    fn score(
        &self,
        hidden: &Tensor<2>,
        head: &Tensor<2>,
        rows: &[usize],
        targets: &[u32],
        vocab_stats: bool,
    ) -> Vec<RowScore> {
        let mut scores = Vec::with_capacity(rows.len());
        for (rows, targets) in rows.chunks(CHUNK).zip(targets.chunks(CHUNK)) {
            let picked = hidden.clone().select(0, self.indices(rows));
            let logprobs = activation::log_softmax(self.product(picked, head.clone().transpose()), 1);
            let targets: Vec<usize> = targets.iter().map(|&target| target as usize).collect();
            let asked = logprobs.clone().gather(1, self.indices(&targets).unsqueeze_dim::<2>(1));
            let best = host(logprobs.clone().max_dim(1));
            let (mean, second) = if vocab_stats {
                let weighted = logprobs.clone().exp() * logprobs.clone();
                let mean = weighted.clone().sum_dim(1);
                let apart = logprobs.clone() - mean.clone();
                let second = (logprobs.exp() * apart.square()).sum_dim(1);
                (host(mean), host(second))
            } else {
                (vec![0.0; rows.len()], vec![0.0; rows.len()])
            };
            for (((logprob, best), mean), second) in host(asked).into_iter().zip(best).zip(mean).zip(second) {
                scores.push(RowScore { logprob, is_argmax: logprob >= best, mean, std: second.max(0.0).sqrt() });
            }
        }
        scores
    }

    fn logits(&self, hidden: &Tensor<2>, head: &Tensor<2>, rows: &[usize], _: Pass) -> Vec<f32> {
        host(self.product(hidden.clone().select(0, self.indices(rows)), head.clone().transpose()))
    }

    fn values(&self, rows: Tensor<2>) -> Vec<f32> {
        host(rows)
    }

    fn device_words(&self) -> String {
        self.words.clone()
    }
}

fn host(tensor: Tensor<2>) -> Vec<f32> {
    tensor.into_data().convert::<f32>().try_into_vec::<f32>().unwrap_or_default()
}

fn normed(x: Tensor<2>, norm: &Norm<DeviceEngine>, config: &NormConfig) -> Tensor<2> {
    let weight = norm.weight.clone().unsqueeze::<2>();
    match (config.kind, &norm.bias) {
        (NormKind::Layer, Some(bias)) => {
            let centred = x.clone() - x.mean_dim(1);
            let scale = centred.clone().square().mean_dim(1).add_scalar(config.epsilon).sqrt().recip();
            centred * scale * weight + bias.clone().unsqueeze::<2>()
        }
        _ => {
            let scale = x.clone().square().mean_dim(1).add_scalar(config.epsilon).sqrt().recip();
            x * scale * weight
        }
    }
}

/// Attention of one sequence's new rows over all its keys; `[rows, heads * head_dim]`.
fn attended(queries: Tensor<3>, memory: &Memory, mask: Option<Tensor<4>>, scale: f64) -> Tensor<2> {
    let [heads, rows, d] = queries.dims();
    let [kv_heads, all, _] = memory.keys.dims();
    let group = heads / kv_heads;
    // Query heads of one key head are neighbours, so a group folds into the rows of one product.
    let folded = queries.reshape([kv_heads, group * rows, d]);
    let scores = folded.matmul(memory.keys.clone().swap_dims(1, 2)).mul_scalar(scale);
    let scores = scores.reshape([kv_heads, group, rows, all]);
    let scores = match mask {
        Some(mask) => scores + mask,
        None => scores,
    };
    activation::softmax(scores, 3)
        .reshape([kv_heads, group * rows, all])
        .matmul(memory.values.clone())
        .reshape([heads, rows, d])
        .swap_dims(0, 1)
        .reshape([rows, heads * d])
}

impl Memory {
    fn with(self, keys: Tensor<3>, values: Tensor<3>) -> Self {
        Self { keys: Tensor::cat(vec![self.keys, keys], 1), values: Tensor::cat(vec![self.values, values], 1) }
    }
}

impl Turns {
    /// Turns the first dimensions of `[rows, heads, head_dim]`; the others stay.
    fn apply(&self, x: Tensor<3>) -> Tensor<3> {
        let (half, d) = (self.cos.dims()[2], x.dims()[2]);
        let (a, b) = (x.clone().narrow(2, 0, half), x.clone().narrow(2, half, half));
        let first = a.clone() * self.cos.clone() - b.clone() * self.sin.clone();
        let second = b * self.cos.clone() + a * self.sin.clone();
        let mut parts = vec![first, second];
        if d > 2 * half {
            parts.push(x.narrow(2, 2 * half, d - 2 * half));
        }
        Tensor::cat(parts, 2)
    }
}
