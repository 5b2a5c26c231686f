//! The trainable decoder: Llama-style, in plain burn operations so that autodiff sees every step.
//!
//! The scoring backend has its own forward pass; this one exists for gradients.

use burn::module::{Module, ModuleVisitor, Param, ParamId};
use burn::tensor::{Device, Int, Tensor, TensorData, activation, module};
use rand::RngExt;

use super::corpus::sampling_stream;
use super::recipe::{ModelShape, Recipe};

/// Weights of one block; matrices are `[in, out]`.
#[derive(Module, Debug)]
struct Block {
    query: Param<Tensor<2>>,
    key: Param<Tensor<2>>,
    value: Param<Tensor<2>>,
    output: Param<Tensor<2>>,
    gate: Param<Tensor<2>>,
    up: Param<Tensor<2>>,
    down: Param<Tensor<2>>,
    attention_norm: Param<Tensor<1>>,
    mlp_norm: Param<Tensor<1>>,
}

/// All weights; the head is the embedding table.
#[derive(Module, Debug)]
pub(super) struct Decoder {
    embedding: Param<Tensor<2>>,
    blocks: Vec<Block>,
    norm: Param<Tensor<1>>,
}

/// Rotation angles and the causal mask for one sequence length; constants, so no gradient reaches them.
#[derive(Debug, Clone)]
pub(super) struct Positions {
    cos: Tensor<4>,
    sin: Tensor<4>,
    /// 0 where a key is visible, a large negative number where it is not.
    mask: Tensor<4>,
}

/// A parameter on the host: its checkpoint name, shape and values in `[in, out]` order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HostParameter {
    pub(super) name: String,
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f32>,
}

impl Positions {
    pub(super) fn new(shape: &ModelShape, length: usize, device: &Device) -> Self {
        let head = shape.hidden / shape.heads;
        let half = head / 2;
        let (mut cos, mut sin) = (Vec::with_capacity(length * head), Vec::with_capacity(length * head));
        for position in 0..length {
            for dimension in 0..head {
                let exponent = -2.0 * to_f64(dimension % half) / to_f64(head);
                let angle = to_f64(position) * shape.rope_theta.powf(exponent);
                cos.push(to_f32(angle.cos()));
                sin.push(to_f32(angle.sin()));
            }
        }
        let mut mask = vec![0.0_f32; length * length];
        for query in 0..length {
            for key in query + 1..length {
                mask[query * length + key] = -1e9;
            }
        }
        let tensor = |values, dims| Tensor::<4>::from_data(TensorData::new(values, dims), device);
        Self {
            cos: tensor(cos, [1, 1, length, head]),
            sin: tensor(sin, [1, 1, length, head]),
            mask: tensor(mask, [1, 1, length, length]),
        }
    }
}

impl Decoder {
    /// Initial weights of a recipe: normal with deviation 0.02, outputs of each block divided by sqrt(2 layers).
    pub(super) fn initial(recipe: &Recipe, device: &Device) -> Self {
        let parameters = parameter_shapes(&recipe.model, recipe.tokenizer.vocabulary)
            .into_iter()
            .map(|(name, shape)| {
                let mut rng = sampling_stream(recipe.seed, &format!("weights {name}"));
                let count = shape.iter().product();
                let deviation = if name.ends_with("o_proj.weight") || name.ends_with("down_proj.weight") {
                    0.02 / (2.0 * to_f64(recipe.model.layers)).sqrt()
                } else {
                    0.02
                };
                let values = if shape.len() == 1 {
                    vec![1.0; count]
                } else {
                    (0..count).map(|_| to_f32(deviation * standard_normal(&mut rng))).collect()
                };
                HostParameter { name, shape, values }
            })
            .collect();
        Self::from_host(&recipe.model, parameters, device)
    }

    /// Builds the module from parameters in the order of [`parameter_shapes`]; ids count from 1 in that order, so
    /// that a saved optimizer state finds its parameters again.
    pub(super) fn from_host(shape: &ModelShape, parameters: Vec<HostParameter>, device: &Device) -> Self {
        let mut next_id = 0;
        let mut parameters = parameters.into_iter();
        let mut next = || {
            next_id += 1;
            let parameter = parameters.next().expect("as many parameters as the shape asks for");
            (ParamId::from(next_id), TensorData::new(parameter.values, parameter.shape))
        };
        let mut matrix = || {
            let (id, data) = next();
            Param::initialized(id, Tensor::<2>::from_data(data, device).require_grad())
        };
        let embedding = matrix();
        let mut matrices: Vec<Vec<Param<Tensor<2>>>> = Vec::new();
        for _ in 0..shape.layers {
            matrices.push((0..7).map(|_| matrix()).collect());
        }
        let mut vector = || {
            let (id, data) = next();
            Param::initialized(id, Tensor::<1>::from_data(data, device).require_grad())
        };
        let blocks = matrices
            .into_iter()
            .map(|block| {
                let [query, key, value, output, gate, up, down]: [_; 7] =
                    block.try_into().expect("seven matrices a block");
                Block { query, key, value, output, gate, up, down, attention_norm: vector(), mlp_norm: vector() }
            })
            .collect();
        Self { embedding, blocks, norm: vector() }
    }

    /// Parameters in the order of [`parameter_shapes`].
    pub(super) fn to_host(&self, shape: &ModelShape, vocabulary: usize) -> Vec<HostParameter> {
        let mut values: Vec<Vec<f32>> = Vec::new();
        let mut read = |data: TensorData| values.push(data.try_into_vec::<f32>().expect("parameters are f32"));
        read(self.embedding.val().into_data());
        for block in &self.blocks {
            for matrix in [&block.query, &block.key, &block.value, &block.output, &block.gate, &block.up, &block.down] {
                read(matrix.val().into_data());
            }
        }
        for block in &self.blocks {
            read(block.attention_norm.val().into_data());
            read(block.mlp_norm.val().into_data());
        }
        read(self.norm.val().into_data());
        parameter_shapes(shape, vocabulary)
            .into_iter()
            .zip(values)
            .map(|((name, shape), values)| HostParameter { name, shape, values })
            .collect()
    }

    /// Sum of the negative log-likelihoods of `targets` (`[rows * length]`), divided by `denominator`.
    pub(super) fn loss(
        &self,
        shape: &ModelShape,
        positions: &Positions,
        inputs: Tensor<2, Int>,
        targets: Tensor<2, Int>,
        denominator: f64,
    ) -> Tensor<1> {
        self.token_losses(shape, positions, inputs, targets).sum().mul_scalar(1.0 / denominator)
    }

    /// Negative log-likelihood of every target, `[rows, length]`, nats.
    pub(super) fn token_losses(
        &self,
        shape: &ModelShape,
        positions: &Positions,
        inputs: Tensor<2, Int>,
        targets: Tensor<2, Int>,
    ) -> Tensor<2> {
        let [rows, length] = inputs.dims();
        let heads = shape.heads;
        let head = shape.hidden / heads;
        let scale = 1.0 / to_f64(head).sqrt();
        let mut x = module::embedding(self.embedding.val(), inputs);
        for block in &self.blocks {
            let normed = rms_norm(x.clone(), block.attention_norm.val(), shape.rms_norm_eps)
                .reshape([rows * length, shape.hidden]);
            let split = |t: Tensor<2>| t.reshape([rows, length, heads, head]).swap_dims(1, 2);
            let query = rotate(split(normed.clone().matmul(block.query.val())), positions);
            let key = rotate(split(normed.clone().matmul(block.key.val())), positions);
            let value = split(normed.matmul(block.value.val()));
            let scores = query.matmul(key.swap_dims(2, 3)).mul_scalar(scale) + positions.mask.clone();
            let mixed =
                activation::softmax(scores, 3).matmul(value).swap_dims(1, 2).reshape([rows * length, shape.hidden]);
            x = x + mixed.matmul(block.output.val()).reshape([rows, length, shape.hidden]);
            let normed =
                rms_norm(x.clone(), block.mlp_norm.val(), shape.rms_norm_eps).reshape([rows * length, shape.hidden]);
            let hidden = activation::silu(normed.clone().matmul(block.gate.val())) * normed.matmul(block.up.val());
            x = x + hidden.matmul(block.down.val()).reshape([rows, length, shape.hidden]);
        }
        let x = rms_norm(x, self.norm.val(), shape.rms_norm_eps).reshape([rows * length, shape.hidden]);
        let logits = x.matmul(self.embedding.val().transpose());
        let targets = targets.reshape([rows * length, 1]);
        activation::log_softmax(logits, 1).gather(1, targets).neg().reshape([rows, length])
    }
}

/// Names (as in a Llama checkpoint) and `[in, out]` shapes, matrices first: the order of ids and of files.
pub(super) fn parameter_shapes(shape: &ModelShape, vocabulary: usize) -> Vec<(String, Vec<usize>)> {
    let ModelShape { hidden, layers, mlp, .. } = *shape;
    let mut shapes = vec![("model.embed_tokens.weight".to_owned(), vec![vocabulary, hidden])];
    for layer in 0..layers {
        for (name, dims) in [
            ("self_attn.q_proj", [hidden, hidden]),
            ("self_attn.k_proj", [hidden, hidden]),
            ("self_attn.v_proj", [hidden, hidden]),
            ("self_attn.o_proj", [hidden, hidden]),
            ("mlp.gate_proj", [hidden, mlp]),
            ("mlp.up_proj", [hidden, mlp]),
            ("mlp.down_proj", [mlp, hidden]),
        ] {
            shapes.push((format!("model.layers.{layer}.{name}.weight"), dims.to_vec()));
        }
    }
    for layer in 0..layers {
        for name in ["input_layernorm", "post_attention_layernorm"] {
            shapes.push((format!("model.layers.{layer}.{name}.weight"), vec![hidden]));
        }
    }
    shapes.push(("model.norm.weight".to_owned(), vec![hidden]));
    shapes
}

/// Adds up the squares of all gradients.
pub(super) struct SquaredNorm<'a> {
    pub(super) gradients: &'a burn::optim::GradientsParams,
    pub(super) total: f64,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(parameter.id) {
            let sum: f32 = gradient.square().sum().into_scalar();
            self.total += f64::from(sum);
        }
    }
}

/// Multiplies all gradients by one factor.
pub(super) struct Scale<'a> {
    pub(super) gradients: &'a mut burn::optim::GradientsParams,
    pub(super) factor: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(parameter.id) {
            self.gradients.register(parameter.id, gradient.mul_scalar(self.factor));
        }
    }
}

fn rms_norm(x: Tensor<3>, weight: Tensor<1>, epsilon: f64) -> Tensor<3> {
    let scale = x.clone().square().mean_dim(2).add_scalar(epsilon).sqrt().recip();
    x * scale * weight.unsqueeze::<3>()
}

/// Rotary positions in the half layout: dimension j turns with dimension j + head/2.
fn rotate(x: Tensor<4>, positions: &Positions) -> Tensor<4> {
    let half = x.dims()[3] / 2;
    let turned = Tensor::cat(vec![x.clone().narrow(3, half, half).neg(), x.clone().narrow(3, 0, half)], 3);
    x * positions.cos.clone() + turned * positions.sin.clone()
}

/// Box-Muller; one draw a call keeps the stream simple to reproduce.
fn standard_normal(rng: &mut rand_chacha::ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random_range(f64::MIN_POSITIVE..1.0), rng.random_range(0.0..1.0));
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[expect(clippy::cast_precision_loss, reason = "sizes of a model are far below 2^52")]
pub(super) fn to_f64(count: usize) -> f64 {
    count as f64
}

#[expect(clippy::cast_possible_truncation, reason = "weights and angles are wanted in single precision")]
fn to_f32(value: f64) -> f32 {
    value as f32
}
