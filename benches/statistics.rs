//! What the statistics cost on one thread, at the sizes that `peers/statistics_peers.py` gives to scipy, statsmodels and MLstatkit.

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use mnemoscope::statistics::{
    Adjustment, Bootstrap, KsMode, Level, MissingPolicy, PermutationMode, SignFlip, TaskScores, Wilcoxon, WilcoxonMode,
    ZeroMethod, bootstrap_mean, delong_paired, ks_test, pairwise_wilcoxon, sign_flip, wilcoxon,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Numbers between 0 and 1, the same in every run.
fn numbers(seed: u64, n: usize) -> Vec<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..n).map(|_| (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64).collect()
}

fn statistics(criterion: &mut Criterion) {
    // The bar is CPU time of one thread.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a pool of one thread");
    let mut group = criterion.benchmark_group("statistics, one thread");
    group.sample_size(10).measurement_time(Duration::from_secs(5));

    let (a, b) = (numbers(1, 10_000), numbers(2, 10_000));
    let differences: Vec<f64> = a.iter().zip(&b).map(|(a, b)| a - b).collect();
    let settings = Bootstrap { resamples: 10_000, ..Bootstrap::default() };
    group.bench_function("bootstrap of a paired mean, all intervals, 10,000 x 10,000", |bencher| {
        bencher.iter(|| pool.install(|| black_box(bootstrap_mean(&differences, &settings))));
    });

    let flips = SignFlip { mode: PermutationMode::MonteCarlo, resamples: 100_000, ..SignFlip::default() };
    group.bench_function("sign-flip permutation, 100,000 x 1,000", |bencher| {
        bencher.iter(|| pool.install(|| black_box(sign_flip(&a[..1000], &b[..1000], &flips))));
    });

    let scores = numbers(3, 200 * 50);
    let table = TaskScores::new(scores.chunks(200).map(<[f64]>::to_vec).collect()).expect("a full table");
    let asymptotic = Wilcoxon {
        mode: WilcoxonMode::Asymptotic,
        zero_method: ZeroMethod::Pratt,
        missing: MissingPolicy::Reject,
        ..Wilcoxon::default()
    };
    group.bench_function("200 models x 50 tasks, all pairs, Wilcoxon and Holm", |bencher| {
        bencher.iter(|| pool.install(|| black_box(pairwise_wilcoxon(&table, &asymptotic, Adjustment::Holm))));
    });

    let (first, second) = (numbers(4, 20_000), numbers(5, 20_000));
    let is_member: Vec<bool> = (0..20_000).map(|row| row % 2 == 0).collect();
    group.bench_function("paired DeLong, 20,000", |bencher| {
        bencher.iter(|| black_box(delong_paired(&first, &second, &is_member, Level::DEFAULT)));
    });

    let exact = Wilcoxon { mode: WilcoxonMode::Exact, ..Wilcoxon::default() };
    group.bench_function("exact Wilcoxon, 50", |bencher| {
        bencher.iter(|| black_box(wilcoxon(&a[..50], &b[..50], &exact)));
    });
    group.bench_function("asymptotic KS, 10,000 and 10,000", |bencher| {
        bencher.iter(|| black_box(ks_test(&a, &b, mnemoscope::statistics::Alternative::TwoSided, KsMode::Asymptotic)));
    });
    group.finish();
}

criterion_group!(benches, statistics);
criterion_main!(benches);
