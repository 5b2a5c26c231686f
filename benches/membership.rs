//! What attacks on many texts cost from a finished record: `cargo bench --bench membership`.
//!
//! 100,000 texts of 128 tokens are read back from token segments; every attack of one pass (target and reference) is
//! computed, then for each attack the AUC, its DeLong interval, and 2,000 stratified bootstraps of AUC and true-positive rates.
//! The bar is 20 s and 500 MiB of memory on two cores; the program fails where it is missed. `MNEMOSCOPE_BENCH_TEXTS` takes
//! another number of texts, for a machine that is busy.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use mnemoscope::backend::TokenScores;
use mnemoscope::record::{AnswerKey, ClosedSegment, TokenRow, TokenSegmentWriter, read_segment, segment_path};
use mnemoscope::scoring::membership::{ATTACKS, Attack, AttackInput, AttackOptions, score};
use mnemoscope::statistics::{
    AucIntervalMethod, Bootstrap, FprRule, LabeledScores, Level, RocStatistic, auc_estimate, bootstrap_roc,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const TOKENS: usize = 128;
const PER_SEGMENT: usize = 512;
const RESAMPLES: usize = 2_000;
const SECONDS: f64 = 20.0;
const MEBIBYTES: u64 = 500;

const WORDS: [&str; 24] = [
    "harbour", "ledger", "salt", "winter", "copper", "lantern", "before", "the", "road", "seven", "paper", "clock",
    "river", "without", "market", "stone", "quiet", "under", "captain", "yellow", "of", "train", "and", "glass",
];

fn text(place: usize) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(place as u64);
    let words: Vec<&str> = (0..TOKENS).map(|_| WORDS[(random.next_u32() % 24) as usize]).collect();
    words.join(" ")
}

fn scores(place: usize, shift: f32) -> TokenScores {
    let mut random = ChaCha8Rng::seed_from_u64(!(place as u64));
    let mut unit = || (random.next_u32() >> 8) as f32 / (1_u32 << 24) as f32;
    let logprobs: Vec<f32> = (1..TOKENS).map(|_| (unit().max(1e-6)).ln() * 2.0 + shift).map(|l| l.min(-1e-4)).collect();
    TokenScores {
        token_ids: (0..).take(TOKENS).collect(),
        first_scored: 1,
        vocab_mean: Some((1..TOKENS).map(|_| -3.0 - unit()).collect()),
        vocab_std: Some((1..TOKENS).map(|_| 1.0 + unit()).collect()),
        is_argmax: logprobs.iter().map(|&logprob| logprob > -0.5).collect(),
        n_windows: 1,
        logprobs,
        wire: None,
    }
}

/// Writes the record of target or reference; every second text is a member, whose tokens are a little likelier.
fn record(folder: &Path, n: usize, is_target: bool) -> Vec<ClosedSegment> {
    let mut writer = TokenSegmentWriter::new(folder, 0, NonZeroUsize::new(PER_SEGMENT).expect("above zero"));
    let mut closed = Vec::new();
    for place in 0..n {
        let shift = if is_target && place % 2 == 0 { 0.02 } else { 0.0 };
        let key = AnswerKey { task: "bench".into(), item: place.to_string(), epoch: 0 };
        writer.push(TokenRow { key, scores: scores(if is_target { place } else { n + place }, shift) });
        if writer.is_full() || place + 1 == n {
            closed.extend(writer.close().expect("a writable folder"));
        }
    }
    closed
}

/// Highest resident memory of this process in MiB; none where the system does not tell.
fn peak_mebibytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kibibytes| kibibytes / 1024)
}

/// Processor time of this process in seconds, all threads together; on a busy machine it tells more than the clock.
fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything: fields 14 and 15 in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// One value an attack for each text of a segment.
fn of_segment(folders: [&Path; 2], segments: [&ClosedSegment; 2], first: usize, attacks: &[&Attack]) -> Vec<f64> {
    let read = |which: usize| {
        let segment = segments[which];
        read_segment(&segment_path(folders[which], segment.segment), &segment.sha256).expect("a whole segment")
    };
    let options = AttackOptions::default();
    let mut values = Vec::with_capacity(PER_SEGMENT * attacks.len());
    for (offset, (target, reference)) in read(0).iter().zip(read(1)).enumerate() {
        let text = text(first + offset);
        let input = AttackInput { reference: Some(&reference.scores), ..AttackInput::new(&text, &target.scores) };
        values.extend(attacks.iter().map(|attack| score(attack, &input, &options).expect("a scorable text").value));
    }
    values
}

fn main() {
    let n = std::env::var("MNEMOSCOPE_BENCH_TEXTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000_usize);
    let attacks: Vec<&Attack> = ATTACKS.iter().filter(|attack| attack.needs.pass.is_none()).collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folders = [folder.path().join("target"), folder.path().join("reference")];
    let (target, reference) = rayon::join(|| record(&folders[0], n, true), || record(&folders[1], n, false));
    println!("{n} texts of {TOKENS} tokens recorded, {} attacks; {:?} MiB so far", attacks.len(), peak_mebibytes());

    let (started, worked) = (Instant::now(), processor_seconds());
    let paths = [folders[0].as_path(), folders[1].as_path()];
    let values: Vec<Vec<f64>> = target
        .par_iter()
        .zip(&reference)
        .enumerate()
        .map(|(index, (target, reference))| of_segment(paths, [target, reference], index * PER_SEGMENT, &attacks))
        .collect();
    let scored = started.elapsed().as_secs_f64();
    let is_member: Vec<bool> = (0..n).map(|place| place % 2 == 0).collect();
    for (index, attack) in attacks.iter().enumerate() {
        let scores: Vec<f64> =
            values.iter().flat_map(|rows| rows.iter().skip(index).step_by(attacks.len())).copied().collect();
        let labeled = LabeledScores::new(&scores, &is_member).expect("both classes");
        let estimate = auc_estimate(&labeled, Level::DEFAULT, AucIntervalMethod::Logit);
        let rate = |bound| RocStatistic::TprAtFpr { bound, rule: FprRule::Conservative };
        let settings = Bootstrap { resamples: RESAMPLES, seed: 7, level: Level::DEFAULT };
        let resampled =
            bootstrap_roc(&labeled, &[RocStatistic::Auc, rate(0.01), rate(0.001)], &settings).expect("valid settings");
        let interval = estimate.printed_interval().expect("an interval");
        println!(
            "{:20} AUC {:.4} [{:.4}, {:.4}], bootstrapped [{:.4}, {:.4}], TPR at 1 % {:.4}",
            attack.id,
            estimate.auc,
            interval.low,
            interval.high,
            resampled[0].interval.low,
            resampled[0].interval.high,
            resampled[1].estimate
        );
    }
    let seconds = started.elapsed().as_secs_f64();
    let peak = peak_mebibytes();
    let processor = processor_seconds().zip(worked).map(|(now, before)| now - before);
    println!("scores {scored:.1} s, all {seconds:.1} s (at most {SECONDS}), {processor:.1?} s of processor time");
    println!("memory {peak:?} MiB (at most {MEBIBYTES})");
    if n >= 100_000 {
        assert!(seconds <= SECONDS, "too slow");
        assert!(peak.is_none_or(|peak| peak <= MEBIBYTES), "too much memory");
    }
}
