//! The client on a healthy endpoint with a fixed latency: is it ever the bottleneck? The numbers of one run, with the ideal.
//!
//! `cargo bench --bench endpoint` asks 5,000 chat requests of 50 ms, 64 at once, and 10 of no latency. The endpoint runs on
//! the same cores as the client, so that on two cores the wall time is the endpoint's too; the client's processor time and
//! memory are the client's alone.

#[path = "../tests/endpoint.rs"]
#[expect(dead_code, reason = "the tests use all of it")]
mod endpoint;

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use endpoint::{Behaviour, Endpoint};
use serde_json::json;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mnemoscope");

struct Measured {
    wall: Duration,
    /// User and system.
    cpu_s: f64,
    peak_mib: f64,
}

fn main() {
    println!(
        "| case | ideal s | request phase s | ratio | command wall s | client CPU s | peak MiB | mean in flight |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for _ in 0..3 {
        case("5,000 chats of 50 ms, 64 at once", 5000, 50, 64);
    }
    case("10 chats of 0 ms", 10, 0, 64);
}

fn case(name: &str, n: usize, latency_ms: u64, at_once: usize) {
    let endpoint = Endpoint::start(Behaviour { latency: Duration::from_millis(latency_ms), ..Behaviour::default() });
    let folder = tempfile::tempdir().expect("a temporary folder");
    let rows: String = (0..n)
        .map(|id| {
            let content = format!("question {id}: on which day? [[ans:Tuesday]]");
            format!("{}\n", json!({"id": id, "messages": [{"role": "user", "content": content}]}))
        })
        .collect();
    std::fs::write(folder.path().join("in.jsonl"), rows).expect("a file");
    let measured = measure(Command::new(PROGRAM).current_dir(folder.path()).args([
        "generate",
        "--quiet",
        "--model",
        &endpoint.model(),
        "--in",
        "in.jsonl",
        "--out",
        "out.jsonl",
        "--concurrency",
        &at_once.to_string(),
    ]));
    let answered = std::fs::read_to_string(folder.path().join("out.jsonl")).expect("the output");
    assert_eq!(answered.matches("\"text\":\"Tuesday\"").count(), n, "every row is answered");
    let (phase, mean) = endpoint.seen(|seen| {
        let span = seen.first.zip(seen.last).map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64());
        (span, seen.mean_in_flight())
    });
    let ideal = (n as f64 / at_once as f64) * latency_ms as f64 / 1e3;
    let ratio = if ideal > 0.0 { format!("{:.3}", phase / ideal) } else { "-".to_owned() };
    println!(
        "| {name} | {ideal:.2} | {phase:.2} | {ratio} | {:.2} | {:.2} | {:.0} | {mean:.1} |",
        measured.wall.as_secs_f64(),
        measured.cpu_s,
        measured.peak_mib,
    );
}

/// Runs to the end, and reads what the system says of the process while it lives.
fn measure(command: &mut Command) -> Measured {
    let started = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().expect("the program starts");
    let (mut cpu_s, mut peak_mib) = (0.0_f64, 0.0_f64);
    let status = loop {
        if let Some(told) = of_process(child.id()) {
            (cpu_s, peak_mib) = (cpu_s.max(told.0), peak_mib.max(told.1));
        }
        if let Some(status) = child.try_wait().expect("a child") {
            break status;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{status}");
    Measured { wall: started.elapsed(), cpu_s, peak_mib }
}

/// Processor seconds and peak memory in MiB, from the kernel's tables.
fn of_process(id: u32) -> Option<(f64, f64)> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: f64 = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = peak.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some((ticks / 100.0, kib / 1024.0))
}
