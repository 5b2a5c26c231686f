//! What memorising and answering took: told in the journal and the provenance, and nowhere that must be the same twice.

use std::time::Duration;

use serde_json::{Value, json};

use crate::economic_world::row;
use crate::memory_runs::{N_CONTEXTS, N_QUESTIONS, events, journal_of, memory_of, read_short_questions, stale};
use crate::support::{Folder, list, number};
use crate::support_agent::{Agent, Fault, Faulty, Replier, Step};

/// What the scripted system takes for a question, in milliseconds, and what it says that it takes.
const TAKES: u64 = 30;
const SAYS: f64 = 7.5;

/// A system that is slow, and tells what it took.
fn slow(mode: &'static str) -> Agent {
    let replier = Replier::new(move |_, pieces| {
        std::thread::sleep(Duration::from_millis(TAKES));
        let usage = json!({"prompt_tokens": 11, "completion_tokens": 2});
        match mode {
            "answer" => json!({"mode": mode, "answer": "the pier", "usage": usage, "memory_ms": SAYS}),
            _ => {
                json!({"mode": mode, "memories": [{"text": pieces[0]["raw_text"]}], "usage": usage, "memory_ms": SAYS})
            }
        }
    });
    Agent::start(replier, &[Faulty::always(Step::Memorize, "", Fault::Usage(3, 4))])
}

fn times_of(folder: &Folder, run: &str) -> Vec<Value> {
    list(&folder.json(&format!("{run}/run.json"))["memory_times"]).to_vec()
}

#[test]
fn a_system_that_answers_by_itself_is_timed_from_outside_and_its_own_clock_stands_beside() {
    let agent = slow("answer");
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url])).with_code(0);
    let journal = journal_of("run", "memory-agent-bench", "builtin-extractive-http");
    let memorised = events(&folder, &journal, "memorised");
    assert_eq!(memorised.len(), N_CONTEXTS);
    assert!(memorised.iter().all(|event| number(&event["memorise_ms"]) >= number(&event["slowest_piece_ms"])));
    for answered in events(&folder, &journal, "answered") {
        assert!(number(&answered["latency_ms"]) >= TAKES as f64, "{answered}");
    }
    let times = times_of(&folder, "run");
    let [times] = times.as_slice() else { panic!("{times:?}") };
    assert_eq!((&times["n_histories"], &times["recall"]["n"]), (&json!(N_CONTEXTS), &json!(N_QUESTIONS)), "{times}");
    assert!(number(&times["recall"]["median_ms"]) >= TAKES as f64, "{times}");
    assert_eq!(
        (&times["told"]["median_ms"], &times["told_tokens"]),
        (&json!(SAYS), &json!(13 * N_QUESTIONS)),
        "{times}"
    );
    // It told what every piece took: then what memorising took is known.
    for cost in list(&memory_of(&folder, "run")["costs"]) {
        let n_pieces = number(&times["n_pieces"]) / N_CONTEXTS as f64;
        assert!((number(&cost["asked_per_history"]) - 7.0 * n_pieces).abs() < 1e-9, "{cost}");
    }
    let card = folder.read("run/report/card.md");
    let (before, after) = card.split_once("## Provenance").expect("a section of its own");
    assert!(after.contains("3 histories of") && after.contains("by the system's own clock 7.50 ms"), "{after}");
    assert!(!before.contains("7.50 ms"));
    assert!(!folder.read("run/results.json").contains("median_ms"));
}

#[test]
fn of_a_memory_its_looks_and_of_the_model_its_replies_are_timed() {
    let agent = slow("memories");
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url, "--agent", "bm25", "--agent", "none"])).with_code(0);
    let times = times_of(&folder, "run");
    assert_eq!(times.len(), 3);
    for one in &times {
        let recall = number(&one["recall"]["median_ms"]);
        assert_eq!(one["reply"]["n"], json!(N_QUESTIONS), "{one}");
        if one["model"] == "builtin-extractive-http" {
            assert!(recall >= TAKES as f64 && number(&one["told"]["longest_ms"]) == SAYS, "{one}");
        } else {
            assert!(
                one["told"].is_null() && one["told_tokens"].is_null() && one["slowest_piece_ms"].is_null(),
                "{one}"
            );
        }
    }
}

#[test]
fn a_resumed_run_counts_what_it_memorised_again_and_a_replayed_one_nothing() {
    let folder = Folder::new();
    folder.run(&stale("run", &["--model", "builtin:extractive", "--agent", "bm25", "--limit", "4"])).with_code(0);
    let whole = times_of(&folder, "run");
    let n_histories = number(&row(&json!(whole), &[("suite", "stale")])["n_histories"]);
    let journal = journal_of("run", "stale", "builtin-extractive-bm25");
    crate::memory_runs::cut_after(&folder, &journal, 3);
    crate::memory_runs::resume(&folder, "run").with_code(0);
    let again = times_of(&folder, "run");
    assert!(number(&again[0]["n_histories"]) > n_histories, "{again:?}");
    let replayed = ["--model", "replay:run", "--agent", "bm25", "--limit", "4"];
    folder.run(&stale("replayed", &replayed)).with_code(0);
    assert!(folder.json("replayed/run.json")["memory_times"].is_null());
}
