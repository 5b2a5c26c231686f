//! Calls of the suites about memory agents, and what their runs leave behind.

use std::collections::BTreeMap;

use mnemoscope::record::{ItemRow, RunFolder};
use serde_json::{Value, json};

use crate::economic_world::row;
use crate::endpoint::{Answerer, Behaviour, Endpoint};
use crate::support::{Ended, Folder, list, repository, rows_of};

/// Questions of the task `sh-qa` of the builtin data, and contexts behind them.
pub const N_QUESTIONS: usize = 24;
pub const N_CONTEXTS: usize = 3;

/// The task with three contexts of eight questions each, whose answers stand in one passage.
pub fn short_questions<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "memory-agent-bench", "--task", "sh-qa", "--cache", "off", "--out", out], more].concat()
}

/// The same with the builtin reader.
pub fn read_short_questions<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&short_questions(out, &["--model", "builtin:extractive"])[..], more].concat()
}

/// Scenarios and controls, judged by phrases.
pub fn stale<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "stale", "--judge", "builtin:rules", "--cache", "off", "--out", out], more].concat()
}

/// The only suite of a run.
#[track_caller]
pub fn suite_of(folder: &Folder, run: &str) -> Value {
    folder.json(&format!("{run}/results.json"))["suites"][0].clone()
}

#[track_caller]
pub fn memory_of(folder: &Folder, run: &str) -> Value {
    suite_of(folder, run)["memory"].clone()
}

/// A column of a model.
#[track_caller]
pub fn column<'v>(memory: &'v Value, model: &str, column: &str) -> &'v Value {
    row(&memory["columns"], &[("model", model), ("column", column)])
}

#[track_caller]
pub fn items_of(folder: &Folder, run: &str) -> Vec<ItemRow> {
    RunFolder::open(&folder.path(run)).expect("a run").read_items().expect("the items of a run")
}

/// Where the journal of a model is.
pub fn journal_of(run: &str, suite: &str, model: &str) -> String {
    format!("{run}/cells/{suite}/{model}/journal.jsonl")
}

/// Events of a journal of that kind.
#[track_caller]
pub fn events(folder: &Folder, journal: &str, kind: &str) -> Vec<Value> {
    let all = rows_of(&folder.read(journal));
    all.into_iter().filter(|event| event["event"] == kind).collect()
}

/// Texts of the recorded answers, by task and item.
#[track_caller]
pub fn answers(folder: &Folder, journal: &str) -> BTreeMap<(String, String), String> {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned();
    let of = |event: Value| {
        let told = text(&event["answer"]["inline"]["generation"]["text"]);
        ((text(&event["task"]), text(&event["item"])), told)
    };
    events(folder, journal, "answered").into_iter().map(of).collect()
}

/// How often each kind of failure stands in a journal.
#[track_caller]
pub fn failures(folder: &Folder, journal: &str) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for event in events(folder, journal, "failed") {
        *kinds.entry(event["failure"]["kind"].as_str().expect("a kind").to_owned()).or_default() += 1;
    }
    kinds
}

/// Cuts a journal as a kill would: what comes after the first `n_answers` answers is lost.
pub fn cut_after(folder: &Folder, journal: &str, n_answers: usize) {
    let text = folder.read(journal);
    let mut kept = String::new();
    let mut n = 0;
    for line in text.lines() {
        n += usize::from(line.contains("\"event\":\"answered\""));
        if n > n_answers {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    assert!(kept.len() < text.len(), "{journal} holds no more than {n_answers} answers");
    folder.write(journal, kept);
}

/// Right answers of the builtin questions: the first one of each.
pub fn right_answers() -> BTreeMap<String, String> {
    let mut right = BTreeMap::new();
    for row in builtin_rows("Accurate_Retrieval") {
        for (question, answers) in list(&row["questions"]).iter().zip(list(&row["answers"])) {
            let text = |value: &Value| value.as_str().expect("a text").to_owned();
            right.insert(text(question), text(&answers[0]));
        }
    }
    right
}

/// Rows of a file of the builtin data.
pub fn builtin_rows(split: &str) -> Vec<Value> {
    let path = repository("datasets/builtin/memory-agent-bench").join(format!("{split}.jsonl"));
    rows_of(&std::fs::read_to_string(path).expect("builtin data"))
}

/// Scenarios of the builtin data.
pub fn builtin_scenarios() -> Vec<Value> {
    let path = repository("datasets/builtin/stale/scenarios.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("builtin data")).expect("a list")
}

/// A chat endpoint with a model, and how many have asked it.
pub fn chat(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Endpoint {
    Endpoint::start(Behaviour { answerer: Some(Answerer::new(answer)), is_chat_only: true, ..Behaviour::default() })
}

/// A judge's reply to a message: as many verdicts as it asks for.
pub fn verdict(message: &str, passes: [bool; 3]) -> String {
    let [dim1_eval, dim2_eval, dim3_eval] = passes.map(|pass| json!({"reasoning": "as scripted", "pass": pass}));
    let mut reply = json!({"dim1_eval": dim1_eval, "dim2_eval": dim2_eval});
    if message.contains("[Dimension 3:") {
        reply["dim3_eval"] = dim3_eval;
    }
    reply.to_string()
}

/// How often the endpoint was sent a message with these words.
pub fn n_asked(endpoint: &Endpoint, words: &str) -> usize {
    let escaped = json!(words).to_string();
    let inner = escaped.trim_matches('"');
    endpoint.seen(|seen| seen.bodies.iter().filter(|(body, _)| body.contains(inner)).map(|(_, n)| *n).sum())
}

/// Takes away what a run computed from its answers, and goes on with it.
#[track_caller]
pub fn resume(folder: &Folder, run: &str) -> Ended {
    for name in ["items.parquet", "results.json"] {
        let _ = std::fs::remove_file(folder.path(run).join(name));
    }
    folder.run(&["run", "--resume", run, "--cache", "off"])
}
