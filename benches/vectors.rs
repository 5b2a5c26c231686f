//! How fast a hundred thousand vectors are searched exactly: what an approximate index would have to beat, its building included.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mnemoscope::agent::vectors::VectorIndex;

const N_VECTORS: usize = 100_000;
const LENGTH: usize = 384;
/// Pieces that an agent asks for.
const RETRIEVED: usize = 10;

/// Vectors without any order, the same in every run.
fn vectors(n: usize) -> Vec<Vec<f32>> {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f32 / (1_u64 << 31) as f32 - 0.5
    };
    (0..n).map(|_| (0..LENGTH).map(|_| next()).collect()).collect()
}

fn search(criterion: &mut Criterion) {
    let mut all = vectors(N_VECTORS + 1);
    let question = all.pop().unwrap_or_default();
    let index = VectorIndex::new(all).expect("vectors of one length");
    let mut group = criterion.benchmark_group("vectors");
    group.sample_size(20);
    group.throughput(Throughput::Elements(N_VECTORS as u64));
    group.bench_function("top", |bencher| bencher.iter(|| index.top(black_box(&question), RETRIEVED)));
    group.finish();
}

criterion_group!(benches, search);
criterion_main!(benches);
