//! Stored tensors become the weights of a network: turned to `[in, out]`, put side by side, brought to one convention.

use rayon::prelude::*;

use super::super::checkpoint::{StoredTensor, Tensors};
use super::super::config::{DecoderConfig, Family, NormConfig, NormKind, QueryKeyNorm};
use super::compute::{Compute, Linear, Norm};
use crate::backend::open_error::OpenError;

/// Weights of one layer.
pub(super) struct Layer<C: Compute> {
    pub(super) before_attention: Option<Norm<C>>,
    pub(super) after_attention: Option<Norm<C>>,
    pub(super) before_mlp: Option<Norm<C>>,
    pub(super) after_mlp: Option<Norm<C>>,
    /// Columns of the query, then of the key, then of the value.
    pub(super) qkv: Linear<C>,
    pub(super) head_norms: Option<(Norm<C>, Norm<C>)>,
    pub(super) output: Linear<C>,
    /// Columns of the gate, if there is one, then of the up part.
    pub(super) up: Linear<C>,
    pub(super) down: Linear<C>,
}

/// Reads the tensors of one checkpoint for one machine.
pub(super) struct Loader<'a, C> {
    pub(super) compute: &'a C,
    pub(super) tensors: &'a dyn Tensors,
}

/// A part of the columns of a matrix.
struct Columns<'a> {
    tensor: StoredTensor<'a>,
    order: Order,
    n: usize,
}

/// Which stored row (or column) becomes which column.
#[derive(Debug, Clone, Copy)]
enum Order {
    /// Stored `[out, in]`, in order.
    Turned,
    /// Stored `[in, out]`.
    Straight,
    /// Stored `[out, in]`; within each head the two halves are interleaved.
    Neighbours { head_dim: usize },
    /// Stored `[out, in]`; one of the three parts of every head in turn.
    ThirdOfHeads { head_dim: usize, third: usize },
    /// Stored `[out, in]`, from this row on.
    From { row: usize },
}

impl Order {
    /// The stored row of a column.
    fn row(self, column: usize) -> usize {
        match self {
            Self::Turned | Self::Straight => column,
            Self::From { row } => row + column,
            Self::Neighbours { head_dim } => {
                let (head, place) = (column / head_dim, column % head_dim);
                let (half, pair) = (place / (head_dim / 2), place % (head_dim / 2));
                head * head_dim + 2 * pair + half
            }
            Self::ThirdOfHeads { head_dim, third } => (column / head_dim * 3 + third) * head_dim + column % head_dim,
        }
    }
}

impl<'a, C: Compute> Loader<'a, C> {
    fn columns(&self, name: &str, n: usize, into: usize, order: Order) -> Result<Columns<'a>, OpenError> {
        let tensor = self.tensors.require(name)?;
        match order {
            Order::Turned | Order::Neighbours { .. } => tensor.expect_shape(&[n, into])?,
            Order::Straight => tensor.expect_shape(&[into, n])?,
            Order::ThirdOfHeads { .. } | Order::From { .. } => tensor.expect_shape(&[3 * n, into])?,
        }
        Ok(Columns { tensor, order, n })
    }

    fn matrix(&self, parts: &[Columns<'a>], into: usize) -> Result<C::Matrix, OpenError> {
        let out = parts.iter().map(|part| part.n).sum();
        let mut values = self.compute.buffer(into * out);
        side_by_side(parts, out, &mut values)?;
        Ok(self.compute.matrix(values, into, out))
    }

    /// Values of biases end to end, each in the order of its columns.
    fn bias(&self, parts: &[(&str, usize, Order)]) -> Result<C::Vector, OpenError> {
        let mut values = Vec::new();
        for &(name, n, order) in parts {
            let tensor = self.tensors.require(name)?;
            match order {
                // All three parts in one tensor.
                Order::ThirdOfHeads { .. } | Order::From { .. } => tensor.expect_shape(&[3 * n])?,
                _ => tensor.expect_shape(&[n])?,
            }
            let stored = tensor.values()?;
            values.extend((0..n).map(|column| stored[order.row(column)]));
        }
        Ok(self.compute.vector(values))
    }

    /// One matrix as it is, with or without a bias.
    pub(super) fn linear(&self, name: &str, out: usize, into: usize, has_bias: bool) -> Result<Linear<C>, OpenError> {
        self.ordered(name, out, into, has_bias, Order::Turned)
    }

    fn ordered(
        &self,
        name: &str,
        out: usize,
        into: usize,
        has_bias: bool,
        order: Order,
    ) -> Result<Linear<C>, OpenError> {
        let weight = self.matrix(&[self.columns(&format!("{name}.weight"), out, into, order)?], into)?;
        let bias = has_bias.then(|| self.bias(&[(&format!("{name}.bias"), out, Order::Turned)])).transpose()?;
        Ok(Linear { weight, bias })
    }

    /// Several matrices side by side.
    pub(super) fn joined(&self, parts: &[(&str, usize)], into: usize, has_bias: bool) -> Result<Linear<C>, OpenError> {
        let parts: Vec<(String, usize, Order)> =
            parts.iter().map(|(name, out)| ((*name).to_owned(), *out, Order::Turned)).collect();
        self.joined_in_order(&parts, into, has_bias)
    }

    fn joined_in_order(
        &self,
        parts: &[(String, usize, Order)],
        into: usize,
        has_bias: bool,
    ) -> Result<Linear<C>, OpenError> {
        let columns: Vec<Columns<'a>> = parts
            .iter()
            .map(|(name, out, order)| self.columns(&format!("{name}.weight"), *out, into, *order))
            .collect::<Result<_, OpenError>>()?;
        let bias = if has_bias {
            let names: Vec<String> = parts.iter().map(|(name, ..)| format!("{name}.bias")).collect();
            let biases: Vec<(&str, usize, Order)> =
                names.iter().zip(parts).map(|(name, (_, out, order))| (name.as_str(), *out, *order)).collect();
            Some(self.bias(&biases)?)
        } else {
            None
        };
        Ok(Linear { weight: self.matrix(&columns, into)?, bias })
    }

    pub(super) fn norm(&self, name: &str, width: usize, config: &NormConfig) -> Result<Norm<C>, OpenError> {
        let read = |name: &str| -> Result<Vec<f32>, OpenError> {
            let tensor = self.tensors.require(name)?;
            tensor.expect_shape(&[width])?;
            tensor.values()
        };
        let mut weight = read(&format!("{name}.weight"))?;
        if config.adds_one && !self.tensors.conventions().norms_hold_one {
            weight.iter_mut().for_each(|w| *w += 1.0);
        }
        let bias = match config.kind {
            NormKind::Rms => None,
            NormKind::Layer => Some(self.compute.vector(read(&format!("{name}.bias"))?)),
        };
        Ok(Norm { weight: self.compute.vector(weight), bias })
    }

    pub(super) fn table(&self, name: &str, entries: usize, width: usize) -> Result<C::Table, OpenError> {
        let tensor = self.tensors.require(name)?;
        tensor.expect_shape(&[entries, width])?;
        let mut values = self.compute.buffer(entries * width);
        values.par_chunks_mut(width * 64).enumerate().try_for_each(|(block, rows)| {
            for (offset, row) in rows.chunks_exact_mut(width).enumerate() {
                tensor.row_part(block * 64 + offset, 0, row);
            }
            tensor.check_finite(rows)
        })?;
        Ok(self.compute.table(values, width))
    }

    /// Layer `index` of a decoder.
    pub(super) fn layer(&self, config: &DecoderConfig, index: usize) -> Result<Layer<C>, OpenError> {
        match config.family {
            Family::Llama => self.llama_layer(config, index),
            Family::Phi3 => self.phi3_layer(config, index),
            Family::GptNeox => self.gpt_neox_layer(config, index),
            Family::Gpt2 => self.gpt2_layer(config, index),
        }
    }

    fn llama_layer(&self, config: &DecoderConfig, index: usize) -> Result<Layer<C>, OpenError> {
        let at = |name: &str| format!("model.layers.{index}.{name}");
        let DecoderConfig { hidden, mlp, norm, .. } = *config;
        let (query, key) = (config.query_width(), config.key_width());
        let turned = if self.tensors.conventions().turns_neighbours {
            Order::Neighbours { head_dim: config.head_dim }
        } else {
            Order::Turned
        };
        let qkv = [
            (at("self_attn.q_proj"), query, turned),
            (at("self_attn.k_proj"), key, turned),
            (at("self_attn.v_proj"), key, Order::Turned),
        ];
        let wanted = |wanted: bool, name: &str| wanted.then(|| self.norm(&at(name), hidden, &norm)).transpose();
        let head_norms = match config.query_key_norm {
            QueryKeyNorm::None => None,
            QueryKeyNorm::Head => Some((config.head_dim, config.head_dim)),
            QueryKeyNorm::Row => Some((query, key)),
        };
        let head_norms = head_norms.map(|(query, key)| {
            Ok::<_, OpenError>((
                self.norm(&at("self_attn.q_norm"), query, &norm)?,
                self.norm(&at("self_attn.k_norm"), key, &norm)?,
            ))
        });
        // Where only inputs are normed, the norm before the MLP is called after what stands in front of it.
        let before_mlp = if config.norms_outputs { "pre_feedforward_layernorm" } else { "post_attention_layernorm" };
        Ok(Layer {
            before_attention: wanted(config.norms_inputs, "input_layernorm")?,
            after_attention: wanted(config.norms_outputs, "post_attention_layernorm")?,
            before_mlp: wanted(config.norms_inputs, before_mlp)?,
            after_mlp: wanted(config.norms_outputs, "post_feedforward_layernorm")?,
            qkv: self.joined_in_order(&qkv, hidden, config.qkv_bias)?,
            head_norms: head_norms.transpose()?,
            output: self.linear(&at("self_attn.o_proj"), hidden, query, config.output_bias)?,
            up: self.joined(
                &[(&at("mlp.gate_proj"), mlp.width), (&at("mlp.up_proj"), mlp.width)],
                hidden,
                mlp.has_bias,
            )?,
            down: self.linear(&at("mlp.down_proj"), hidden, mlp.width, mlp.has_bias)?,
        })
    }

    fn phi3_layer(&self, config: &DecoderConfig, index: usize) -> Result<Layer<C>, OpenError> {
        let at = |name: &str| format!("model.layers.{index}.{name}");
        let DecoderConfig { hidden, mlp, norm, .. } = *config;
        Ok(Layer {
            before_attention: Some(self.norm(&at("input_layernorm"), hidden, &norm)?),
            after_attention: None,
            before_mlp: Some(self.norm(&at("post_attention_layernorm"), hidden, &norm)?),
            after_mlp: None,
            // Stored as one: query, key, value; gate, up.
            qkv: self.linear(
                &at("self_attn.qkv_proj"),
                config.query_width() + 2 * config.key_width(),
                hidden,
                false,
            )?,
            head_norms: None,
            output: self.linear(&at("self_attn.o_proj"), hidden, config.query_width(), false)?,
            up: self.linear(&at("mlp.gate_up_proj"), 2 * mlp.width, hidden, false)?,
            down: self.linear(&at("mlp.down_proj"), hidden, mlp.width, false)?,
        })
    }

    fn gpt_neox_layer(&self, config: &DecoderConfig, index: usize) -> Result<Layer<C>, OpenError> {
        let at = |name: &str| format!("gpt_neox.layers.{index}.{name}");
        let DecoderConfig { hidden, mlp, norm, head_dim, .. } = *config;
        let fused = at("attention.query_key_value");
        let thirds: Vec<(String, usize, Order)> = (0..3)
            .map(|third| {
                let order = if self.tensors.conventions().stacks_neox_heads {
                    Order::From { row: third * hidden }
                } else {
                    Order::ThirdOfHeads { head_dim, third }
                };
                (fused.clone(), hidden, order)
            })
            .collect();
        Ok(Layer {
            before_attention: Some(self.norm(&at("input_layernorm"), hidden, &norm)?),
            after_attention: None,
            before_mlp: Some(self.norm(&at("post_attention_layernorm"), hidden, &norm)?),
            after_mlp: None,
            qkv: self.joined_in_order(&thirds, hidden, config.qkv_bias)?,
            head_norms: None,
            output: self.linear(&at("attention.dense"), hidden, hidden, config.output_bias)?,
            up: self.linear(&at("mlp.dense_h_to_4h"), mlp.width, hidden, true)?,
            down: self.linear(&at("mlp.dense_4h_to_h"), hidden, mlp.width, true)?,
        })
    }

    fn gpt2_layer(&self, config: &DecoderConfig, index: usize) -> Result<Layer<C>, OpenError> {
        let at = |name: &str| format!("h.{index}.{name}");
        let DecoderConfig { hidden, mlp, norm, .. } = *config;
        let order = if self.tensors.conventions().turns_gpt2 { Order::Turned } else { Order::Straight };
        Ok(Layer {
            before_attention: Some(self.norm(&at("ln_1"), hidden, &norm)?),
            after_attention: None,
            before_mlp: Some(self.norm(&at("ln_2"), hidden, &norm)?),
            after_mlp: None,
            qkv: self.ordered(&at("attn.c_attn"), 3 * hidden, hidden, true, order)?,
            head_norms: None,
            output: self.ordered(&at("attn.c_proj"), hidden, hidden, true, order)?,
            up: self.ordered(&at("mlp.c_fc"), mlp.width, hidden, true, order)?,
            down: self.ordered(&at("mlp.c_proj"), hidden, mlp.width, true, order)?,
        })
    }
}

/// Rows of the result that one thread fills at a time: whole blocks of every coding.
const ROWS: usize = 256;
/// Stored rows that are turned together: they stay in the cache.
const TURNED: usize = 32;

/// Fills `[into, out]` with the parts side by side.
fn side_by_side(parts: &[Columns<'_>], out: usize, values: &mut [f32]) -> Result<(), OpenError> {
    values.par_chunks_mut(ROWS * out).enumerate().try_for_each(|(block, rows)| {
        let (from, n) = (block * ROWS, rows.len() / out);
        let mut first = 0;
        let mut stored = vec![0.0_f32; TURNED * n];
        for part in parts {
            if matches!(part.order, Order::Straight) {
                for (offset, row) in rows.chunks_exact_mut(out).enumerate() {
                    let place = &mut row[first..first + part.n];
                    part.tensor.row_part(from + offset, 0, place);
                    part.tensor.check_finite(place)?;
                }
            } else {
                for start in (0..part.n).step_by(TURNED) {
                    let count = TURNED.min(part.n - start);
                    for (offset, line) in stored.chunks_exact_mut(n).take(count).enumerate() {
                        part.tensor.row_part(part.order.row(start + offset), from, line);
                    }
                    part.tensor.check_finite(&stored[..count * n])?;
                    for (column, row) in rows.chunks_exact_mut(out).enumerate() {
                        let place = &mut row[first + start..first + start + count];
                        for (offset, value) in place.iter_mut().enumerate() {
                            *value = stored[offset * n + column];
                        }
                    }
                }
            }
            first += part.n;
        }
        Ok(())
    })
}
