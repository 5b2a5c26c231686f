//! What the spine costs: scoring and decoding with a built-in model, and the statistics behind a card.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mnemoscope::backend::{Backend, Bos, Context, GenerateRequest, LocalOptions, Prompt, ScoreRequest, open_builtin};
use mnemoscope::statistics::{Bootstrap, FprRule, LabeledScores, Level, RocStatistic, bootstrap_roc, delong_paired};

const TEXT: &str = "Between Crowington and Tarnwater, Loander Varmond packed two strange torches the week of the fair. A loose \
                    seal lay under the grey dock of Falhithe, where Ortin Hawcombe packed it.";

fn requests(n: usize, vocab_stats: bool) -> Vec<ScoreRequest> {
    (0..n)
        .map(|index| ScoreRequest {
            context: String::new(),
            text: format!("{TEXT} {index}"),
            bos: Bos::Auto,
            window: Context::Fit,
            vocab_stats,
        })
        .collect()
}

fn backend(criterion: &mut Criterion) {
    let model = open_builtin("perturbed", &LocalOptions::default()).expect("it is in the binary");
    let mut group = criterion.benchmark_group("builtin:perturbed");
    for (name, vocab_stats) in [("score 64 texts", false), ("score 64 texts with vocabulary statistics", true)] {
        let requests = requests(64, vocab_stats);
        let tokens: usize = model.score(&requests).iter().flatten().map(|scores| scores.token_ids.len()).sum();
        group.throughput(Throughput::Elements(tokens as u64));
        group.bench_function(name, |bencher| bencher.iter(|| black_box(model.score(&requests))));
    }
    let prompts: Vec<GenerateRequest> = (0..32)
        .map(|_| GenerateRequest {
            prompt: Prompt::Text(TEXT.into()),
            max_tokens: 24,
            stop: Vec::new(),
            bos: Bos::Auto,
            end_ids: None,
            sampling: None,
        })
        .collect();
    group.throughput(Throughput::Elements(32 * 24));
    group.bench_function("decode 24 tokens after 32 prompts", |bencher| {
        bencher.iter(|| black_box(model.generate(&prompts)));
    });
    group.finish();
}

fn statistics(criterion: &mut Criterion) {
    let wave = |index: u32, step: f64| (f64::from(index) * step).sin();
    let (a, b): (Vec<f64>, Vec<f64>) = (0..2000).map(|index| (wave(index, 0.7), wave(index, 0.9))).unzip();
    let is_member: Vec<bool> = (0..2000).map(|index| index % 3 == 0).collect();
    let mut group = criterion.benchmark_group("statistics, 2,000 items");
    group.bench_function("paired DeLong", |bencher| {
        bencher.iter(|| black_box(delong_paired(&a, &b, &is_member, Level::DEFAULT)));
    });
    let labeled = LabeledScores::new(&a, &is_member).expect("finite scores of two classes");
    let bootstrap = Bootstrap { resamples: 2000, ..Bootstrap::default() };
    let rate = [RocStatistic::TprAtFpr { bound: 0.01, rule: FprRule::Conservative }];
    group.bench_function("stratified bootstrap of TPR at 1 % FPR, 2,000 resamples", |bencher| {
        bencher.iter_batched(|| labeled.clone(), |data| bootstrap_roc(&data, &rate, &bootstrap), BatchSize::SmallInput);
    });
    group.finish();
}

criterion_group!(benches, backend, statistics);
criterion_main!(benches);
