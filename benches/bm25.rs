//! How fast a million words are indexed and searched. `peers/bm25_peers.py` does the same with `rank_bm25`.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mnemoscope::agent::bm25::{Bm25Index, Bm25Parameters};

const N_WORDS: usize = 1_000_000;
/// Words of a chunk.
const CHUNK: usize = 512;
const VOCABULARY: f64 = 50_000.0;
/// Chunks that an agent asks for.
const RETRIEVED: usize = 10;

/// Chunks of words, a few of them common and most rare (log-uniform ranks), the same in every run.
fn chunks() -> Vec<String> {
    let mut state = 1_u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let uniform = (state >> 33) as f64 / (1_u64 << 31) as f64;
        format!("w{:.0}", VOCABULARY.powf(uniform).floor())
    };
    let words: Vec<String> = (0..N_WORDS).map(|_| word()).collect();
    words.chunks(CHUNK).map(|chunk| chunk.join(" ")).collect()
}

fn bm25(criterion: &mut Criterion) {
    let chunks = chunks();
    let queries: Vec<String> = (0..32)
        .map(|query| (0..12).map(|word| format!("w{}", 1 + word * (query + 3) * 97)).collect::<Vec<_>>().join(" "))
        .collect();
    let mut group = criterion.benchmark_group("bm25");
    group.sample_size(20);
    group.throughput(Throughput::Elements(N_WORDS as u64));
    group.bench_function("index", |bencher| {
        bencher.iter_with_large_drop(|| Bm25Index::new(black_box(&chunks), Bm25Parameters::default()));
    });
    let index = Bm25Index::new(&chunks, Bm25Parameters::default());
    group.throughput(Throughput::Elements(queries.len() as u64));
    group.bench_function("queries", |bencher| {
        bencher.iter(|| queries.iter().map(|query| index.top(black_box(query), RETRIEVED).len()).sum::<usize>());
    });
    group.finish();
}

criterion_group!(benches, bm25);
criterion_main!(benches);
