//! The weights of a decoder as the reference library divides them into parameter tensors.
//!
//! Our matrices hold query, key and value side by side, and gate and up; the reference library has them so in some families
//! and apart in others. A norm of a tensor does not depend on the order of its values, so turned and reordered ones count as
//! they are.

use super::super::config::{DecoderConfig, Family};
use super::compute::{Compute, Linear, Norm};
use super::decoder::Decoder;

/// One parameter tensor of the reference library's model: a part of one of ours.
pub(in crate::backend::local) enum Parameter<'a, C: Compute> {
    /// Columns `from..from + n`.
    Columns { matrix: &'a C::Matrix, from: usize, n: usize },
    /// Values `from..from + n`.
    Values { vector: &'a C::Vector, from: usize, n: usize },
    /// All of it.
    Table(&'a C::Table),
}

impl<C: Compute> Decoder<C> {
    /// All parameter tensors; the embedding counts once where it is the head as well.
    pub(in crate::backend::local) fn parameters(&self) -> Vec<Parameter<'_, C>> {
        let config = &self.config;
        let mut found = vec![Parameter::Table(&self.embedding)];
        found.extend(self.positions.as_ref().map(Parameter::Table));
        found.extend(self.head.as_ref().map(Parameter::Table));
        let widths = Widths::new(config);
        push_norm(&mut found, &self.norm, config.hidden);
        for layer in &self.layers {
            let norms = [&layer.before_attention, &layer.after_attention, &layer.before_mlp, &layer.after_mlp];
            for norm in norms.into_iter().flatten() {
                push_norm(&mut found, norm, config.hidden);
            }
            if let Some((query, key)) = &layer.head_norms {
                push_norm(&mut found, query, usize::MAX);
                push_norm(&mut found, key, usize::MAX);
            }
            push_linear(&mut found, &layer.qkv, &widths.qkv);
            push_linear(&mut found, &layer.output, &[config.hidden]);
            push_linear(&mut found, &layer.up, &widths.up);
            push_linear(&mut found, &layer.down, &[config.hidden]);
        }
        found
    }
}

/// Columns of the parameter tensors that lie side by side in one matrix of ours.
struct Widths {
    qkv: Vec<usize>,
    up: Vec<usize>,
}

impl Widths {
    fn new(config: &DecoderConfig) -> Self {
        let (query, key, mlp) = (config.query_width(), config.key_width(), config.mlp.width);
        let is_gated = config.mlp.is_gated;
        match config.family {
            Family::Llama => Self { qkv: vec![query, key, key], up: if is_gated { vec![mlp, mlp] } else { vec![mlp] } },
            Family::Phi3 | Family::GptNeox | Family::Gpt2 => {
                Self { qkv: vec![query + 2 * key], up: vec![if is_gated { 2 * mlp } else { mlp }] }
            }
        }
    }
}

/// `width` may be larger than the norm: all of it is meant.
fn push_norm<'a, C: Compute>(found: &mut Vec<Parameter<'a, C>>, norm: &'a Norm<C>, width: usize) {
    for vector in std::iter::once(&norm.weight).chain(&norm.bias) {
        found.push(Parameter::Values { vector, from: 0, n: width });
    }
}

fn push_linear<'a, C: Compute>(found: &mut Vec<Parameter<'a, C>>, linear: &'a Linear<C>, widths: &[usize]) {
    let mut from = 0;
    for &n in widths {
        found.push(Parameter::Columns { matrix: &linear.weight, from, n });
        found.extend(linear.bias.as_ref().map(|vector| Parameter::Values { vector, from, n }));
        from += n;
    }
}
