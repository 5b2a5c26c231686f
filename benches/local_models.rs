//! Local checkpoints, our side of `benches/peers/local_models_peers.py`: the same weights, ids and threads.
//!
//! `MNEMOSCOPE_BENCH_DATA=FOLDER cargo bench --bench local_models -- score|decode|choices|load [THREADS]`, where the folder
//! is what the script's `make` wrote. One case a process, so that its peak memory is its own.

use std::path::{Path, PathBuf};
use std::time::Instant;

use mnemoscope::backend::{Backend, Bos, Context, GenerateRequest, LocalModel, LocalOptions, Prompt, ScoreRequest};
use serde_json::Value;

const REPEATS: usize = 5;

fn main() {
    let Some(data) = std::env::var_os("MNEMOSCOPE_BENCH_DATA").map(PathBuf::from) else {
        println!("MNEMOSCOPE_BENCH_DATA names no folder; `local_models_peers.py make --out FOLDER` makes one");
        return;
    };
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let threads = arguments.get(1).map_or(1, |n| n.parse().expect("a number of threads"));
    match arguments.first().map(String::as_str) {
        Some("score") => score(&data, threads),
        Some("decode") => decode(&data, threads),
        Some("choices") => choices(&data, threads),
        Some("load") => load(&data, threads),
        _ => println!("one of score, decode, choices, load is needed"),
    }
}

fn open(folder: &Path, threads: usize) -> LocalModel {
    LocalModel::open(folder, &LocalOptions { threads, ..LocalOptions::default() }).expect("a checkpoint")
}

fn rows(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).expect("a file of the data folder");
    text.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect()
}

fn text(row: &Value, field: &str) -> String {
    row[field].as_str().expect("a text").to_owned()
}

/// User and system seconds of this process.
fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a process has one");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in parentheses").split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<f64>().expect("a number of ticks");
    (ticks(11) + ticks(12)) / 100.0
}

/// Peak of all pages, and private pages now, in MiB.
fn memory_mib() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").expect("a process has one");
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).expect("a field of the status");
        line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).expect("a size in KiB") / 1024.0
    };
    (field("VmHWM"), field("RssAnon"))
}

fn score(data: &Path, threads: usize) {
    let model = open(&data.join("llama-125m"), threads);
    let requests: Vec<ScoreRequest> = rows(&data.join("score-4x512.jsonl"))
        .iter()
        .map(|row| ScoreRequest {
            context: String::new(),
            text: text(row, "text"),
            bos: Bos::Auto,
            window: Context::Fit,
            vocab_stats: false,
        })
        .collect();
    let mut best = f64::INFINITY;
    let (mut sum, mut tokens, mut cpu) = (0.0, 0, 0.0);
    for _ in 0..=REPEATS {
        let (start, cpu_start) = (Instant::now(), cpu_s());
        let scores = model.score(&requests);
        let wall = start.elapsed().as_secs_f64();
        if wall < best {
            (best, cpu) = (wall, cpu_s() - cpu_start);
        }
        sum = scores.iter().flatten().map(mnemoscope::backend::TokenScores::sum).sum();
        tokens = scores.iter().flatten().map(|scores| scores.token_ids.len()).sum();
    }
    let rate = f64::from(u32::try_from(tokens).expect("few tokens")) / best;
    let (peak, private) = memory_mib();
    println!(
        "score {tokens} tokens, {threads} threads: {rate:.0} tok/s, {best:.2} s wall, {cpu:.2} CPU s, sum {sum:.4}, \
         peak {peak:.0} MiB, private {private:.0} MiB"
    );
}

fn decode(data: &Path, threads: usize) {
    let model = open(&data.join("llama-125m"), threads);
    let prompts: Vec<String> = rows(&data.join("prompts-8x64.jsonl")).iter().map(|row| text(row, "text")).collect();
    for batch in [1, 4, 8] {
        let seconds = |max_tokens: usize| {
            let requests: Vec<GenerateRequest> = prompts
                .iter()
                .take(batch)
                .map(|prompt| GenerateRequest {
                    prompt: Prompt::Text(prompt.clone()),
                    max_tokens,
                    stop: Vec::new(),
                    bos: Bos::Auto,
                    end_ids: None,
                    sampling: None,
                })
                .collect();
            let mut best = f64::INFINITY;
            for _ in 0..REPEATS {
                let start = Instant::now();
                let written: usize = model
                    .generate(&requests)
                    .iter()
                    .map(|one| one.as_ref().expect("a continuation").token_ids.len())
                    .sum();
                assert_eq!(written, max_tokens * batch, "a continuation ended early");
                best = best.min(start.elapsed().as_secs_f64());
            }
            best
        };
        let steps = seconds(65) - seconds(1);
        let rate = 64.0 * f64::from(u32::try_from(batch).expect("small")) / steps;
        println!("decode batch {batch}, {threads} threads: {rate:.1} tok/s");
    }
}

fn choices(data: &Path, threads: usize) {
    let start = cpu_s();
    let model = open(&data.join("llama-24m"), threads);
    let opened = cpu_s();
    let items = rows(&data.join("choices-500.jsonl"));
    let requests: Vec<ScoreRequest> = items
        .iter()
        .flat_map(|item| {
            let choices = item["choices"].as_array().expect("four choices");
            choices.iter().map(|choice| ScoreRequest {
                context: text(item, "context"),
                text: format!(" {}", choice.as_str().expect("a text")),
                bos: Bos::Auto,
                window: Context::Fit,
                vocab_stats: false,
            })
        })
        .collect();
    let wall = Instant::now();
    let mut correct = 0;
    // In portions, as a run asks them.
    for (items, requests) in items.chunks(128).zip(requests.chunks(512)) {
        let sums: Vec<f64> =
            model.score(requests).iter().map(|scores| scores.as_ref().expect("a short text").sum()).collect();
        for (item, sums) in items.iter().zip(sums.chunks_exact(4)) {
            let best = (0..4).max_by(|&a, &b| sums[a].total_cmp(&sums[b])).expect("four");
            correct += usize::from(item["answer"].as_u64() == Some(best as u64));
        }
    }
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu_s() - opened);
    let work = model.work();
    let (peak, private) = memory_mib();
    println!(
        "500 choices, {threads} threads: {:.2} items per CPU s ({cpu:.2} CPU s, {wall:.2} s wall, open {:.2} CPU s), \
         {correct} correct, {} of {} tokens computed, peak {peak:.0} MiB, private {private:.0} MiB",
        500.0 / cpu,
        opened - start,
        work.tokens_computed,
        work.tokens_asked,
    );
}

fn load(data: &Path, threads: usize) {
    for name in ["llama-125m", "llama-1g"] {
        for _ in 0..2 {
            let start = Instant::now();
            let model = open(&data.join(name), threads);
            let wall = start.elapsed().as_secs_f64();
            let (peak, private) = memory_mib();
            let weights = model
                .identity()
                .n_parameters
                .map_or(0.0, |n| f64::from(u32::try_from(n / 1024).expect("small")) * 4.0 / 1024.0);
            println!(
                "load {name}, {threads} threads: {wall:.2} s, weights {weights:.0} MiB as f32, private {private:.0} MiB, \
                 peak with mapped pages {peak:.0} MiB"
            );
        }
    }
}
