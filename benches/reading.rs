//! How many answers a second the readers read, on one core.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mnemoscope::scoring::reading::{NumberTarget, NumberUnit, read_date, read_direction, read_number};

/// Answers as models give them.
const ANSWERS: [&str; 8] = [
    "{\"value\": 4.7, \"confidence\": 0.9}",
    "The unemployment rate in October 2009 was 10.0%.",
    "I'm not certain, but I believe real GDP was about $14.4 trillion (chained 2012 dollars) in 2008Q3. Confidence: 70%",
    "**Answer:** 13,324.6",
    "between 3 and 4 percent",
    "I'm sorry, but I cannot provide data after my knowledge cutoff.",
    "```json\n{\"value\": \"219.964\", \"unit\": \"index\", \"confidence\": \"85%\"}\n```",
    "The S&P 500 closed at 903.25 on December 31, 2008.",
];

fn reading(criterion: &mut Criterion) {
    let target = NumberTarget { is_signed: true, ..NumberTarget::of(NumberUnit::Percent) };
    let mut group = criterion.benchmark_group("reading");
    group.throughput(Throughput::Elements(ANSWERS.len() as u64));
    group.bench_function("numbers", |bencher| {
        bencher.iter(|| {
            for answer in ANSWERS {
                black_box(read_number(black_box(answer), &target));
            }
        });
    });
    group.bench_function("dates", |bencher| bencher.iter(|| ANSWERS.map(|answer| read_date(black_box(answer)))));
    group.bench_function("directions", |bencher| {
        bencher.iter(|| ANSWERS.map(|answer| read_direction(black_box(answer))));
    });
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
