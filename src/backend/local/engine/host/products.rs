//! Products: tall ones by `gemm`, low ones by a loop that reads the weights once.

use rayon::prelude::*;

use super::kernels::{self, Strided};

/// Columns of a low product that one task computes.
const COLUMNS: usize = 4096;
/// Entries of a table that one task multiplies.
const ENTRIES: usize = 2048;

/// `[n, into] @ [into, out]`.
///
/// The order in which `gemm` adds does not depend on the number of rows, if there are two: a single one goes another way
/// and is computed twice.
pub(super) fn tall(x: &[f32], weight: &[f32], into: usize, out: usize) -> Vec<f32> {
    twice_if_single(x, into, out, |x, n, y| {
        kernels::matmul(
            [n, out, into],
            Strided { values: x, row: into, column: 1 },
            Strided { values: weight, row: out, column: 1 },
            y,
            out,
            false,
        );
    })
}

/// `[n, width] @ [entries, width]` transposed.
pub(super) fn by_table(x: &[f32], table: &[f32], width: usize) -> Vec<f32> {
    let entries = table.len() / width;
    twice_if_single(x, width, entries, |x, n, y| {
        kernels::matmul(
            [n, entries, width],
            Strided { values: x, row: width, column: 1 },
            Strided { values: table, row: 1, column: width },
            y,
            entries,
            false,
        );
    })
}

fn twice_if_single(x: &[f32], into: usize, out: usize, product: impl Fn(&[f32], usize, &mut [f32])) -> Vec<f32> {
    let n = x.len() / into;
    if n == 1 {
        let mut y = vec![0.0; 2 * out];
        product(&[x, x].concat(), 2, &mut y);
        y.truncate(out);
        return y;
    }
    let mut y = vec![0.0; n * out];
    product(x, n, &mut y);
    y
}

/// As [`tall`], for few rows: the weights stream through once, whatever the number of rows. A row's numbers do not depend
/// on that number.
pub(super) fn low(x: &[f32], weight: &[f32], into: usize, out: usize) -> Vec<f32> {
    let n = x.len() / into;
    let blocks: Vec<Vec<f32>> = over((0..out.div_ceil(COLUMNS)).collect(), |block| {
        let from = block * COLUMNS;
        let mut y = vec![0.0; n * COLUMNS.min(out - from)];
        kernels::low_product(x, into, weight, out, from, &mut y);
        y
    });
    side_by_side(&blocks, n, out)
}

/// As [`by_table`], for few rows.
pub(super) fn low_by_table(x: &[f32], table: &[f32], width: usize) -> Vec<f32> {
    let n = x.len() / width;
    let blocks: Vec<Vec<f32>> = over(table.chunks(ENTRIES * width).collect(), |entries| {
        let mut y = vec![0.0; n * (entries.len() / width)];
        kernels::low_table_product(x, width, entries, &mut y);
        y
    });
    side_by_side(&blocks, n, table.len() / width)
}

/// Runs tasks on the threads of the current pool.
fn over<T: Send, R: Send>(tasks: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
    if rayon::current_num_threads() > 1 {
        tasks.into_par_iter().map(work).collect()
    } else {
        tasks.into_iter().map(work).collect()
    }
}

/// `[n, block]` parts become `[n, out]`.
fn side_by_side(blocks: &[Vec<f32>], n: usize, out: usize) -> Vec<f32> {
    let mut y = Vec::with_capacity(n * out);
    for row in 0..n {
        for block in blocks {
            let width = block.len() / n;
            y.extend_from_slice(&block[row * width..(row + 1) * width]);
        }
    }
    y
}
