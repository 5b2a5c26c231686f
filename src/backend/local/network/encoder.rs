//! The forward pass of a BERT sentence encoder: mean of the last rows.

use super::super::checkpoint::Tensors;
use super::super::config::{EncoderConfig, NormConfig, NormKind};
use super::compute::{Attention, Compute, Linear, Norm, Pass, Past, Span};
use super::load::Loader;
use crate::backend::open_error::OpenError;

/// An encoder with its weights.
pub(in crate::backend::local) struct Encoder<C: Compute> {
    pub(in crate::backend::local) config: EncoderConfig,
    pub(in crate::backend::local) compute: C,
    words: C::Table,
    positions: C::Table,
    types: C::Table,
    norm: Norm<C>,
    layers: Vec<Layer<C>>,
    norm_config: NormConfig,
}

struct Layer<C: Compute> {
    qkv: Linear<C>,
    output: Linear<C>,
    after_attention: Norm<C>,
    up: Linear<C>,
    down: Linear<C>,
    after_mlp: Norm<C>,
}

impl<C: Compute> Encoder<C> {
    /// Reads the weights. Every tensor that the config asks for must be there with its shape.
    pub(in crate::backend::local) fn load(
        config: EncoderConfig,
        tensors: &dyn Tensors,
        compute: C,
    ) -> Result<Self, OpenError> {
        let norm_config = NormConfig { kind: NormKind::Layer, epsilon: config.epsilon, adds_one: false };
        let loader = Loader { compute: &compute, tensors };
        let EncoderConfig { hidden, mlp_width, .. } = config;
        let norm = |name: &str| loader.norm(name, hidden, &norm_config);
        let layers = (0..config.layers)
            .map(|layer| {
                let at = |name: &str| format!("encoder.layer.{layer}.{name}");
                let qkv = ["query", "key", "value"].map(|part| at(&format!("attention.self.{part}")));
                let qkv: Vec<(&str, usize)> = qkv.iter().map(|name| (name.as_str(), hidden)).collect();
                Ok(Layer {
                    qkv: loader.joined(&qkv, hidden, true)?,
                    output: loader.linear(&at("attention.output.dense"), hidden, hidden, true)?,
                    after_attention: norm(&at("attention.output.LayerNorm"))?,
                    up: loader.linear(&at("intermediate.dense"), mlp_width, hidden, true)?,
                    down: loader.linear(&at("output.dense"), hidden, mlp_width, true)?,
                    after_mlp: norm(&at("output.LayerNorm"))?,
                })
            })
            .collect::<Result<Vec<_>, OpenError>>()?;
        let table = |name: &str, entries| loader.table(&format!("embeddings.{name}.weight"), entries, hidden);
        Ok(Self {
            words: table("word_embeddings", config.vocabulary)?,
            positions: table("position_embeddings", config.context)?,
            types: table("token_type_embeddings", config.token_types)?,
            norm: norm("embeddings.LayerNorm")?,
            layers,
            norm_config,
            config,
            compute,
        })
    }

    /// Mean of the last rows of each text, not normalised. Every id must be below the vocabulary, every text have between
    /// one token and as many as there are positions.
    pub(in crate::backend::local) fn pooled(&self, texts: &[&[u32]]) -> Vec<Vec<f32>> {
        let compute = &self.compute;
        let EncoderConfig { hidden, heads, activation, .. } = self.config;
        let ids: Vec<u32> = texts.iter().flat_map(|ids| ids.iter().copied()).collect();
        let positions: Vec<u32> = texts.iter().flat_map(|ids| (0_u32..).take(ids.len())).collect();
        let types = vec![0; ids.len()];
        let mut x = compute.lookup(&self.words, &ids, None);
        x = compute.add(x, compute.lookup(&self.types, &types, None));
        x = compute.add(x, compute.lookup(&self.positions, &positions, None));
        x = compute.norm(&x, &self.norm, &self.norm_config);
        let head_dim = hidden / heads;
        let scale = f64::from(u32::try_from(head_dim).unwrap_or(u32::MAX)).powf(-0.5);
        for layer in &self.layers {
            let how = Attention {
                heads,
                kv_heads: heads,
                head_dim,
                scale,
                is_causal: false,
                window: None,
                norms: None,
                turns: None,
            };
            let spans = texts.iter().map(|ids| Span { n_rows: ids.len(), start: 0, past: Past::Nothing, keep: false });
            let qkv = compute.linear(&x, &layer.qkv, Pass::Whole);
            let (mixed, _) = compute.attend(qkv, &how, spans.collect(), Pass::Whole);
            let attended = compute.linear(&mixed, &layer.output, Pass::Whole);
            x = compute.norm(&compute.add(x, attended), &layer.after_attention, &self.norm_config);
            let up = compute.activate(compute.linear(&x, &layer.up, Pass::Whole), activation, false);
            let fed = compute.linear(&up, &layer.down, Pass::Whole);
            x = compute.norm(&compute.add(x, fed), &layer.after_mlp, &self.norm_config);
        }
        let values = compute.values(x);
        let mut rows = values.chunks_exact(hidden);
        texts.iter().map(|ids| mean(rows.by_ref().take(ids.len()), hidden)).collect()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a mean of few rows, in f32 as the rows"
)]
fn mean<'a>(rows: impl Iterator<Item = &'a [f32]>, width: usize) -> Vec<f32> {
    let mut sums = vec![0.0_f64; width];
    let mut n = 0_usize;
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
        n += 1;
    }
    sums.into_iter().map(|sum| (sum / n as f64) as f32).collect()
}
