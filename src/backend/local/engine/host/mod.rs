//! Vector kernels on the processor, where burn has none: attention without a square of scores, the scoring head without
//! logits, vectorised exponentials, products of few rows.
//!
//! - `kernels`: the loops, compiled for several instruction sets and chosen at run time
//! - `attention`: the two forms of it, for texts and for single steps
//! - `buffer`: memory for weights
//! - `products`: tall products by `gemm`, low ones by our own loop

mod attention;
mod buffer;
mod kernels;
mod products;

use super::super::config::{Activation, NormConfig, NormKind};
use super::super::network::{Angles, Attention, Compute, Linear, Norm, Pass, RowScore, Span};
use buffer::Buffer;
use rayon::prelude::*;

/// The processor.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::backend::local) struct HostEngine;

/// `[n, width]`.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::local) struct Rows {
    values: Vec<f32>,
    width: usize,
}

/// `[into, out]`, row after row.
#[derive(Debug)]
pub(in crate::backend::local) struct Matrix {
    values: Buffer,
    into: usize,
    out: usize,
}

/// `[entries, width]`.
#[derive(Debug)]
pub(in crate::backend::local) struct Table {
    values: Buffer,
    width: usize,
}

/// Keys and values of one sequence in one layer, `[positions, kv_heads * head_dim]` each.
#[derive(Debug, Clone, Default)]
pub(in crate::backend::local) struct Memory {
    keys: Vec<f32>,
    values: Vec<f32>,
}

/// Rows whose logits are in memory at a time.
const CHUNK: usize = 256;

impl Rows {
    fn n(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }
}

impl Compute for HostEngine {
    type Buffer = Buffer;
    type Rows = Rows;
    type Matrix = Matrix;
    type Vector = Vec<f32>;
    type Table = Table;
    type Turns = Angles;
    type Memory = Memory;

    fn buffer(&self, n: usize) -> Buffer {
        Buffer::zeros(n)
    }

    fn matrix(&self, values: Buffer, into: usize, out: usize) -> Matrix {
        Matrix { values, into, out }
    }

    fn vector(&self, values: Vec<f32>) -> Vec<f32> {
        values
    }

    fn table(&self, values: Buffer, width: usize) -> Table {
        Table { values, width }
    }

    fn turns(&self, angles: &Angles) -> Angles {
        angles.clone()
    }

    fn lookup(&self, table: &Table, indices: &[u32], scale: Option<f64>) -> Rows {
        let width = table.width;
        let mut values = Vec::with_capacity(indices.len() * width);
        for &index in indices {
            let row = index as usize * width;
            values.extend_from_slice(&table.values[row..row + width]);
        }
        if let Some(scale) = scale.map(kernels::narrow) {
            values.iter_mut().for_each(|value| *value *= scale);
        }
        Rows { values, width }
    }

    fn add(&self, mut x: Rows, y: Rows) -> Rows {
        kernels::add(&mut x.values, &y.values);
        x
    }

    fn norm(&self, x: &Rows, norm: &Norm<Self>, config: &NormConfig) -> Rows {
        let mut values = x.values.clone();
        norm_rows(&mut values, norm, config);
        Rows { values, width: x.width }
    }

    fn linear(&self, x: &Rows, linear: &Linear<Self>, pass: Pass) -> Rows {
        let Matrix { values: weight, into, out } = &linear.weight;
        debug_assert_eq!(x.width, *into);
        let mut values = match pass {
            Pass::Whole => products::tall(&x.values, weight, *into, *out),
            Pass::Step => products::low(&x.values, weight, *into, *out),
        };
        if let Some(bias) = &linear.bias {
            values.chunks_exact_mut(*out).for_each(|row| kernels::add(row, bias));
        }
        Rows { values, width: *out }
    }

    fn activate(&self, mut x: Rows, activation: Activation, is_gated: bool) -> Rows {
        if !is_gated {
            match activation {
                Activation::Silu => kernels::silu(&mut x.values),
                Activation::Gelu => kernels::gelu(&mut x.values),
                Activation::GeluTanh => kernels::gelu_tanh(&mut x.values),
            }
            return x;
        }
        let width = x.width / 2;
        let mut values = Vec::with_capacity(x.n() * width);
        for row in x.values.chunks_exact_mut(x.width) {
            let (gate, up) = row.split_at_mut(width);
            match activation {
                Activation::Silu => kernels::silu_gate(gate, up),
                Activation::Gelu => {
                    kernels::gelu(gate);
                    kernels::multiply(gate, up);
                }
                Activation::GeluTanh => {
                    kernels::gelu_tanh(gate);
                    kernels::multiply(gate, up);
                }
            }
            values.extend_from_slice(gate);
        }
        Rows { values, width }
    }

    fn attend(
        &self,
        qkv: Rows,
        how: &Attention<'_, Self>,
        spans: Vec<Span<'_, Memory>>,
        pass: Pass,
    ) -> (Rows, Vec<Option<Memory>>) {
        attention::attend(qkv, how, spans, pass)
    }

    fn score(&self, hidden: &Rows, head: &Table, rows: &[usize], targets: &[u32], vocab_stats: bool) -> Vec<RowScore> {
        let asked: Vec<(usize, u32)> = rows.iter().copied().zip(targets.iter().copied()).collect();
        let score_chunk = |chunk: &[(usize, u32)]| -> Vec<RowScore> {
            let picked: Vec<usize> = chunk.iter().map(|(row, _)| *row).collect();
            let logits = products::by_table(&gather(hidden, &picked), &head.values, head.width);
            let entries = head.values.len() / head.width;
            let scored = logits.chunks_exact(entries).zip(chunk);
            scored.map(|(row, &(_, target))| kernels::score_row(row, target as usize, vocab_stats)).collect()
        };
        // With several threads each takes whole chunks; a product inside is then done by one.
        if rayon::current_num_threads() > 1 && asked.len() > CHUNK {
            asked.par_chunks(CHUNK).flat_map_iter(score_chunk).collect()
        } else {
            asked.chunks(CHUNK).flat_map(score_chunk).collect()
        }
    }

    fn logits(&self, hidden: &Rows, head: &Table, rows: &[usize], pass: Pass) -> Vec<f32> {
        let picked = gather(hidden, rows);
        match pass {
            Pass::Whole => products::by_table(&picked, &head.values, head.width),
            Pass::Step => products::low_by_table(&picked, &head.values, head.width),
        }
    }

    fn values(&self, rows: Rows) -> Vec<f32> {
        rows.values
    }

    fn device_words(&self) -> String {
        format!("cpu ({})", kernels::instruction_set().word())
    }
}

fn gather(rows: &Rows, picked: &[usize]) -> Vec<f32> {
    let mut values = Vec::with_capacity(picked.len() * rows.width);
    for &row in picked {
        values.extend_from_slice(&rows.values[row * rows.width..(row + 1) * rows.width]);
    }
    values
}

/// Norms each stretch as long as the weight.
fn norm_rows(values: &mut [f32], norm: &Norm<HostEngine>, config: &NormConfig) {
    let epsilon = kernels::narrow(config.epsilon);
    for row in values.chunks_exact_mut(norm.weight.len()) {
        match (config.kind, &norm.bias) {
            (NormKind::Layer, Some(bias)) => kernels::layer_norm(row, &norm.weight, bias, epsilon),
            _ => kernels::rms_norm(row, &norm.weight, epsilon),
        }
    }
}
