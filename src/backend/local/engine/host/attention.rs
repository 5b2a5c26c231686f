//! Attention on the processor: sequence by sequence and head by head, never a square of scores.
//!
//! A row's numbers do not depend on how its sequence was cut into runs: scores are summed in lanes, and values in blocks,
//! that are counted from the sequence's first position.

use std::borrow::Cow;

use rayon::prelude::*;

use super::super::super::network::{Attention, HeadNorms, Pass, Past, Span};
use super::kernels::{self, Strided};
use super::{HostEngine, Memory, Rows, norm_rows};

/// Query rows that share one product.
const QUERIES: usize = 64;
/// Keys whose values are added in one product, counted from position 0.
const KEYS: usize = 256;
/// Where the keys of a window begin: a multiple of this, so that lanes stay the same.
const ALIGNED: usize = 64;

/// Columns of a row `[query | key | value]`.
#[derive(Clone, Copy)]
struct Layout {
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    query: usize,
    key: usize,
    width: usize,
}

pub(super) fn attend(
    mut qkv: Rows,
    how: &Attention<'_, HostEngine>,
    spans: Vec<Span<'_, Memory>>,
    pass: Pass,
) -> (Rows, Vec<Option<Memory>>) {
    let (query, key) = (how.heads * how.head_dim, how.kv_heads * how.head_dim);
    let layout =
        Layout { heads: how.heads, kv_heads: how.kv_heads, head_dim: how.head_dim, query, key, width: query + 2 * key };
    if let Some(norms) = &how.norms {
        norm_heads(&mut qkv.values, layout, norms);
    }
    if let Some(angles) = how.turns {
        for (row, values) in qkv.values.chunks_exact_mut(layout.width).enumerate() {
            let at = row * angles.half..(row + 1) * angles.half;
            let turned = values[..query + key].chunks_exact_mut(how.head_dim);
            turned.for_each(|head| kernels::turn(head, &angles.cos[at.clone()], &angles.sin[at.clone()]));
        }
    }
    let mut first = 0;
    let runs: Vec<Run<'_>> = spans
        .into_iter()
        .map(|span| {
            let rows = &qkv.values[first * layout.width..(first + span.n_rows) * layout.width];
            first += span.n_rows;
            Run::new(rows, span, layout)
        })
        .collect();
    let tasks: Vec<(usize, usize)> =
        (0..runs.len()).flat_map(|run| (0..how.kv_heads).map(move |head| (run, head))).collect();
    let one = |&(run, head): &(usize, usize)| match pass {
        Pass::Whole => whole(&runs[run], how, layout, head),
        Pass::Step => step(&runs[run], how, layout, head),
    };
    let mixed: Vec<Vec<f32>> = if rayon::current_num_threads() > 1 {
        tasks.par_iter().map(one).collect()
    } else {
        tasks.iter().map(one).collect()
    };
    // Each task gave `[rows, group * head_dim]`.
    let group = query / how.kv_heads;
    let mut values = vec![0.0; first * query];
    let mut from = 0;
    for (run, heads) in runs.iter().zip(mixed.chunks_exact(how.kv_heads)) {
        for (head, mixed) in heads.iter().enumerate() {
            for (row, part) in mixed.chunks_exact(group).enumerate() {
                let place = (from + row) * query + head * group;
                values[place..place + group].copy_from_slice(part);
            }
        }
        from += run.n_rows;
    }
    let kept = runs.into_iter().map(Run::kept).collect();
    (Rows { values, width: query }, kept)
}

fn norm_heads(values: &mut [f32], layout: Layout, norms: &HeadNorms<'_, HostEngine>) {
    // A weight as long as a head norms each head by itself, one as long as the row all of them together.
    debug_assert_eq!(norms.is_per_head, norms.query.weight.len() == layout.head_dim || layout.heads == 1);
    for row in values.chunks_exact_mut(layout.width) {
        let (query, rest) = row.split_at_mut(layout.query);
        norm_rows(query, norms.query, &norms.config);
        norm_rows(&mut rest[..layout.key], norms.key, &norms.config);
    }
}

/// One sequence's rows with all its keys and values.
struct Run<'a> {
    n_rows: usize,
    start: usize,
    /// `[n_rows, query | key | value]`.
    rows: &'a [f32],
    memory: Option<Cow<'a, Memory>>,
    keep: bool,
}

impl<'a> Run<'a> {
    fn new(rows: &'a [f32], span: Span<'a, Memory>, layout: Layout) -> Self {
        let Span { n_rows, start, past, keep } = span;
        let memory = match past {
            // A text by itself finds its keys in its own rows.
            Past::Nothing if !keep => None,
            Past::Nothing => Some(Memory::default()),
            Past::Shared(memory) => {
                let size = (start + n_rows) * layout.key;
                let grown = |past: &[f32]| {
                    let mut all = Vec::with_capacity(size);
                    all.extend_from_slice(past);
                    all
                };
                Some(Memory { keys: grown(&memory.keys), values: grown(&memory.values) })
            }
            Past::Own(memory) => Some(memory),
        };
        let memory = memory.map(|mut memory| {
            for row in rows.chunks_exact(layout.width) {
                memory.keys.extend_from_slice(&row[layout.query..layout.query + layout.key]);
                memory.values.extend_from_slice(&row[layout.query + layout.key..]);
            }
            Cow::Owned(memory)
        });
        Self { n_rows, start, rows, memory, keep }
    }

    /// Keys and values of one head from a position on, and the distance between two positions.
    fn keys_and_values(&self, layout: Layout, head: usize, from: usize) -> (&[f32], &[f32], usize) {
        let column = head * layout.head_dim;
        match &self.memory {
            Some(memory) => {
                let at = from * layout.key + column;
                (&memory.keys[at..], &memory.values[at..], layout.key)
            }
            None => {
                let at = from * layout.width + layout.query + column;
                (&self.rows[at..], &self.rows[at + layout.key..], layout.width)
            }
        }
    }

    fn kept(self) -> Option<Memory> {
        self.memory.filter(|_| self.keep).map(Cow::into_owned)
    }
}

/// All rows of a run for the query heads of one key head, `[rows, group * head_dim]`.
fn whole(run: &Run<'_>, how: &Attention<'_, HostEngine>, layout: Layout, head: usize) -> Vec<f32> {
    let (d, group) = (layout.head_dim, layout.heads / layout.kv_heads);
    let scale = kernels::narrow(how.scale);
    let all = run.start + run.n_rows;
    let mut mixed = vec![0.0; run.n_rows * group * d];
    for (block, out) in mixed.chunks_mut(QUERIES * group * d).enumerate() {
        let first = block * QUERIES;
        let n = out.len() / (group * d);
        // Keys that any row of the block sees.
        let (low, high) = if how.is_causal {
            let low = how.window.map_or(0, |window| (run.start + first + 1).saturating_sub(window));
            (low / ALIGNED * ALIGNED, run.start + first + n)
        } else {
            (0, all)
        };
        let n_keys = high - low;
        let stride = n_keys.next_multiple_of(kernels::LANES);
        // Rows of the block, one query head after the other within a row; a single one is computed twice.
        let n_queries = n * group;
        let mut queries = Vec::with_capacity(n_queries.max(2) * d);
        for row in run.rows.chunks_exact(layout.width).skip(first).take(n) {
            queries.extend(row[head * group * d..(head + 1) * group * d].iter().map(|value| value * scale));
        }
        if n_queries == 1 {
            queries.extend_from_within(..);
        }
        let computed = n_queries.max(2);
        let mut scores = vec![f32::NEG_INFINITY; computed * stride];
        let (keys, values, apart) = run.keys_and_values(layout, head, low);
        kernels::matmul(
            [computed, n_keys, d],
            Strided { values: &queries, row: d, column: 1 },
            Strided { values: keys, row: 1, column: apart },
            &mut scores,
            stride,
            false,
        );
        let mut sums = Vec::with_capacity(computed);
        for (row, scores) in scores.chunks_exact_mut(stride).enumerate() {
            if how.is_causal {
                let position = run.start + first + (row / group).min(n - 1);
                let from = how.window.map_or(0, |window| (position + 1).saturating_sub(window)).saturating_sub(low);
                scores[..from].fill(f32::NEG_INFINITY);
                scores[position + 1 - low..].fill(f32::NEG_INFINITY);
            }
            sums.push(kernels::exponentiate(scores));
        }
        let mut block_out = vec![0.0; computed * d];
        let mut from = 0;
        while from < n_keys {
            // Blocks end at multiples of the position, not of the run.
            let to = ((low + from) / KEYS * KEYS + KEYS - low).min(n_keys);
            kernels::matmul(
                [computed, d, to - from],
                Strided { values: &scores[from..], row: stride, column: 1 },
                Strided { values: &values[from * apart..], row: apart, column: 1 },
                &mut block_out,
                d,
                from > 0,
            );
            from = to;
        }
        for ((out, mixed), sum) in out.chunks_exact_mut(d).zip(block_out.chunks_exact(d)).zip(sums) {
            out.iter_mut().zip(mixed).for_each(|(out, mixed)| *out = mixed / sum);
        }
    }
    mixed
}

/// The single new row of a run, likewise.
fn step(run: &Run<'_>, how: &Attention<'_, HostEngine>, layout: Layout, head: usize) -> Vec<f32> {
    let (d, group) = (layout.head_dim, layout.heads / layout.kv_heads);
    let all = run.start + run.n_rows;
    let low = how.window.map_or(0, |window| all.saturating_sub(window));
    let scale = kernels::narrow(how.scale);
    let queries: Vec<f32> =
        run.rows[head * group * d..(head + 1) * group * d].iter().map(|value| value * scale).collect();
    let (keys, values, apart) = run.keys_and_values(layout, head, low);
    let mut mixed = vec![0.0; group * d];
    kernels::attend_step(&queries, d, keys, values, apart, all - low, &mut mixed);
    mixed
}
