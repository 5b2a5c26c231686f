//! The forward pass of a decoder-only transformer of any supported family.
//!
//! Rows of several sequences are laid end to end without padding: every product sees one tall matrix, and attention runs
//! sequence by sequence.

use std::sync::Arc;

use super::super::checkpoint::Tensors;
use super::super::config::{DecoderConfig, Family, QueryKeyNorm};
use super::compute::{Attention, Compute, HeadNorms, Norm, Pass, Past, RowScore, Span};
use super::load::{Layer, Loader};
use super::rope::Rope;
use crate::backend::open_error::OpenError;

/// A decoder with its weights.
pub(in crate::backend::local) struct Decoder<C: Compute> {
    pub(in crate::backend::local) config: DecoderConfig,
    pub(in crate::backend::local) compute: C,
    pub(super) embedding: C::Table,
    pub(super) positions: Option<C::Table>,
    pub(super) layers: Vec<Layer<C>>,
    pub(super) norm: Norm<C>,
    /// Absent when the embedding serves as head.
    pub(super) head: Option<C::Table>,
    ropes: Vec<Rope>,
}

/// Keys and values of one sequence, layer by layer.
pub(in crate::backend::local) struct Sequence<C: Compute> {
    layers: Vec<C::Memory>,
    pub(in crate::backend::local) len: usize,
}

/// A run of rows that belong to one sequence.
pub(in crate::backend::local) struct Segment<'a, C: Compute> {
    pub(in crate::backend::local) ids: &'a [u32],
    /// What came before in the same sequence.
    pub(in crate::backend::local) past: Option<Arc<Sequence<C>>>,
    /// Give back its memory, so that it can be continued.
    pub(in crate::backend::local) keep: bool,
    /// Its whole sequence, with what follows, is beyond the original context (LongRoPE).
    pub(in crate::backend::local) is_long: bool,
}

/// What comes out of a forward pass.
pub(in crate::backend::local) struct Passed<C: Compute> {
    /// Final rows, normed, `[rows, hidden]`, segments end to end.
    pub(in crate::backend::local) hidden: C::Rows,
    /// The memory of each segment that was to be kept.
    pub(in crate::backend::local) sequences: Vec<Option<Sequence<C>>>,
}

impl<C: Compute> Decoder<C> {
    /// Reads the weights. Every tensor that the config asks for must be there with its shape.
    pub(in crate::backend::local) fn load(
        config: DecoderConfig,
        tensors: &dyn Tensors,
        compute: C,
    ) -> Result<Self, OpenError> {
        let loader = Loader { compute: &compute, tensors };
        let (embedding, norm, head) = match config.family {
            Family::Llama | Family::Phi3 => ("model.embed_tokens.weight", "model.norm", "lm_head.weight"),
            Family::GptNeox => ("gpt_neox.embed_in.weight", "gpt_neox.final_layer_norm", "embed_out.weight"),
            Family::Gpt2 => ("wte.weight", "ln_f", "lm_head.weight"),
        };
        let DecoderConfig { vocabulary, hidden, .. } = config;
        let layers =
            (0..config.layers.len()).map(|index| loader.layer(&config, index)).collect::<Result<Vec<_>, _>>()?;
        // A tied head wins over a head that lies in the file all the same.
        let head = if config.is_tied {
            None
        } else {
            let name = if tensors.find(head)?.is_some() { head } else { "lm_head.weight" };
            Some(loader.table(name, vocabulary, hidden)?)
        };
        let positions =
            if config.has_learned_positions { Some(loader.table("wpe.weight", config.context, hidden)?) } else { None };
        let mut ropes = Vec::new();
        for rope in &config.ropes {
            let divisors = match tensors.find("rope_freqs.weight")? {
                Some(tensor) if tensors.conventions().has_rope_divisors => {
                    tensor.expect_shape(&[rope.rotary_dims / 2])?;
                    Some(tensor.values()?)
                }
                _ => None,
            };
            ropes.push(Rope::new(rope, divisors.as_deref()));
        }
        Ok(Self {
            embedding: loader.table(embedding, vocabulary, hidden)?,
            positions,
            layers,
            norm: loader.norm(norm, hidden, &config.norm)?,
            head,
            ropes,
            config,
            compute,
        })
    }

    /// Whether a sequence of `n` tokens is beyond the original context (LongRoPE).
    pub(in crate::backend::local) fn is_long(&self, n: usize) -> bool {
        self.ropes.iter().filter_map(Rope::original_context).any(|context| n > context)
    }

    /// Runs the segments. Every id must be below the vocabulary, and no segment empty.
    pub(in crate::backend::local) fn forward(&self, segments: Vec<Segment<'_, C>>, pass: Pass) -> Passed<C> {
        let compute = &self.compute;
        let config = &self.config;
        let mut ids = Vec::new();
        let mut places = Vec::new();
        let mut runs = Vec::with_capacity(segments.len());
        for segment in segments {
            let start = segment.past.as_ref().map_or(0, |past| past.len);
            places.extend((start..start + segment.ids.len()).map(|position| (position, segment.is_long)));
            ids.extend_from_slice(segment.ids);
            runs.push(Run::new(segment.ids.len(), start, segment.past, segment.keep));
        }
        let turns: Vec<C::Turns> = self.ropes.iter().map(|rope| compute.turns(&rope.angles(&places))).collect();
        let mut x = compute.lookup(&self.embedding, &ids, config.embedding_scale);
        if let Some(positions) = &self.positions {
            let indices: Vec<u32> =
                places.iter().map(|(position, _)| u32::try_from(*position).unwrap_or(u32::MAX)).collect();
            x = compute.add(x, compute.lookup(positions, &indices, None));
        }
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = self.maybe_norm(&x, layer.before_attention.as_ref());
            let qkv = compute.linear(normed.as_ref().unwrap_or(&x), &layer.qkv, pass);
            let how = Attention {
                heads: config.heads,
                kv_heads: config.kv_heads,
                head_dim: config.head_dim,
                scale: config.attention_scale,
                is_causal: true,
                window: config.layers[index].window,
                norms: layer.head_norms.as_ref().map(|(query, key)| HeadNorms {
                    query,
                    key,
                    config: config.norm,
                    is_per_head: config.query_key_norm == QueryKeyNorm::Head,
                }),
                turns: config.layers[index].rope.map(|rope| &turns[rope]),
            };
            let spans = runs.iter_mut().map(|run| run.span(index)).collect();
            let (mixed, memories) = compute.attend(qkv, &how, spans, pass);
            for (run, memory) in runs.iter_mut().zip(memories) {
                run.kept.extend(memory);
            }
            let attended = self.normed(compute.linear(&mixed, &layer.output, pass), layer.after_attention.as_ref());
            if config.is_parallel {
                let fed = self.feed(&x, layer, pass);
                x = compute.add(x, compute.add(attended, fed));
            } else {
                x = compute.add(x, attended);
                let fed = self.feed(&x, layer, pass);
                x = compute.add(x, fed);
            }
        }
        let hidden = compute.norm(&x, &self.norm, &config.norm);
        let sequences = runs
            .into_iter()
            .map(|run| run.keep.then(|| Sequence { layers: run.kept, len: run.start + run.n_rows }))
            .collect();
        Passed { hidden, sequences }
    }

    /// The MLP of one layer on the residual stream.
    fn feed(&self, x: &C::Rows, layer: &Layer<C>, pass: Pass) -> C::Rows {
        let compute = &self.compute;
        let mlp = self.config.mlp;
        let normed = self.maybe_norm(x, layer.before_mlp.as_ref());
        let up = compute.linear(normed.as_ref().unwrap_or(x), &layer.up, pass);
        let down = compute.linear(&compute.activate(up, mlp.activation, mlp.is_gated), &layer.down, pass);
        self.normed(down, layer.after_mlp.as_ref())
    }

    fn maybe_norm(&self, x: &C::Rows, norm: Option<&Norm<C>>) -> Option<C::Rows> {
        norm.map(|norm| self.compute.norm(x, norm, &self.config.norm))
    }

    fn normed(&self, x: C::Rows, norm: Option<&Norm<C>>) -> C::Rows {
        self.maybe_norm(&x, norm).unwrap_or(x)
    }

    /// The table that turns final rows into logits.
    pub(in crate::backend::local) fn head(&self) -> &C::Table {
        self.head.as_ref().unwrap_or(&self.embedding)
    }

    /// Scores `targets[i]` by row `rows[i]` of a pass.
    pub(in crate::backend::local) fn score(
        &self,
        hidden: &C::Rows,
        rows: &[usize],
        targets: &[u32],
        vocab_stats: bool,
    ) -> Vec<RowScore> {
        self.compute.score(hidden, self.head(), rows, targets, vocab_stats)
    }

    /// Logits of chosen rows of a pass, `[rows, vocabulary]`.
    pub(in crate::backend::local) fn logits(&self, hidden: &C::Rows, rows: &[usize], pass: Pass) -> Vec<f32> {
        self.compute.logits(hidden, self.head(), rows, pass)
    }
}

/// A segment on its way through the layers.
struct Run<C: Compute> {
    n_rows: usize,
    start: usize,
    /// Somebody else may go on from it, too.
    shared: Option<Arc<Sequence<C>>>,
    /// Nobody else holds it; taken apart layer by layer.
    own: Option<std::vec::IntoIter<C::Memory>>,
    keep: bool,
    kept: Vec<C::Memory>,
}

impl<C: Compute> Run<C> {
    fn new(n_rows: usize, start: usize, past: Option<Arc<Sequence<C>>>, keep: bool) -> Self {
        let (shared, own) = match past.map(Arc::try_unwrap) {
            None => (None, None),
            Some(Ok(sequence)) => (None, Some(sequence.layers.into_iter())),
            Some(Err(shared)) => (Some(shared), None),
        };
        Self { n_rows, start, shared, own, keep, kept: Vec::new() }
    }

    fn span(&mut self, layer: usize) -> Span<'_, C::Memory> {
        let past = match (&self.shared, self.own.as_mut().and_then(Iterator::next)) {
            (Some(shared), _) => Past::Shared(&shared.layers[layer]),
            (None, Some(memory)) => Past::Own(memory),
            (None, None) => Past::Nothing,
        };
        Span { n_rows: self.n_rows, start: self.start, past, keep: self.keep }
    }
}
