//! Agents inside the program: what each finds, that nothing but the questions decides the numbers, and how two of them are compared.

use std::collections::BTreeMap;

use mnemoscope::record::ItemRow;
use serde_json::json;

use crate::memory_runs::{
    N_CONTEXTS, N_QUESTIONS, answers, builtin_scenarios, chat, column, cut_after, events, items_of, journal_of,
    memory_of, n_asked, read_short_questions, resume, short_questions, suite_of,
};
use crate::runs::assert_same_numbers;
use crate::support::{Folder, list, number};

const AGENTS: [&str; 10] =
    ["--agent", "long-context", "--agent", "bm25", "--agent", "embedding", "--agent", "hybrid", "--agent", "none"];
const EMBEDDER: [&str; 2] = ["--embedder", "builtin:extractive"];

/// The builtin bench with one agent, judged by phrases.
fn bench<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let start =
        ["run", "memory-agent-bench", "--model", "builtin:extractive", "--judge", "builtin:rules", "--out", out];
    [&start[..], more].concat()
}

#[test]
fn every_agent_answers_and_planted_facts_are_found_by_all_that_remember() {
    let folder = Folder::new();
    folder.run(&read_short_questions("run", &[&AGENTS[..], &EMBEDDER].concat())).with_code(0);
    let memory = memory_of(&folder, "run");
    for agent in ["long-context", "bm25", "embedding", "hybrid"] {
        let found = column(&memory, &format!("builtin-extractive-{agent}"), "SH-QA");
        assert_eq!((&found["n"], &found["n_failed"]), (&json!(N_QUESTIONS), &json!(0)), "{found}");
        assert_eq!(found["n_clusters"], json!(N_CONTEXTS), "{found}");
        assert!(number(&found["value"]) >= 0.6, "{found}");
    }
    let without = column(&memory, "builtin-extractive-none", "SH-QA");
    assert_eq!((&without["n"], &without["value"]), (&json!(N_QUESTIONS), &json!(0.0)), "{without}");
    // 24 answers out of three contexts say no more than 14 independent ones: Wilson's upper limit of none of them.
    assert!((number(&without["interval"]["high"]) - 0.2139).abs() < 1e-4, "{without}");
}

#[test]
fn what_was_found_and_what_it_cost_stands_beside_the_accuracy() {
    let folder = Folder::new();
    folder
        .run(&read_short_questions("run", &["--agent", "long-context", "--agent", "bm25", "--agent", "none"]))
        .with_code(0);
    let memory = memory_of(&folder, "run");
    let of = |rows: &str, model: &str| {
        let rows = list(&memory[rows]).iter().filter(|row| row["model"] == format!("builtin-extractive-{model}"));
        rows.cloned().collect::<Vec<_>>()
    };
    let found = &of("retrieval", "bm25")[0];
    assert!(number(&found["recall"]) > 0.6 && number(&found["mrr"]) > 0.4, "{found}");
    let sides = ["found_right", "found_wrong", "missed_wrong", "missed_right"].map(|side| number(&found[side]));
    assert!((sides.iter().sum::<f64>() - number(&found["n"])).abs() < 1e-9, "{found}");
    let read = |model: &str| number(&of("costs", model)[0]["read_per_question"]);
    assert!(read("none") < read("bm25") && 3.0 * read("bm25") < read("long-context"), "{}", memory["costs"]);
    assert!(number(&of("costs", "none")[0]["written_per_history"]) == 0.0, "{}", memory["costs"]);
}

#[test]
fn neither_a_second_run_nor_threads_change_a_byte() {
    let folder = Folder::new();
    folder.run(&bench("one", &["--agent", "bm25", "--concurrency", "1"])).with_code(0);
    folder.run(&bench("eight", &["--agent", "bm25", "--concurrency", "8"])).with_code(0);
    folder.run(&bench("again", &["--agent", "bm25", "--concurrency", "8"])).with_code(0);
    assert_same_numbers(&folder, "one", "eight");
    assert_same_numbers(&folder, "eight", "again");
}

fn sorted(rows: impl IntoIterator<Item = ItemRow>) -> BTreeMap<String, ItemRow> {
    let key = |row: &ItemRow| format!("{} {} {} {}", row.task, row.item_id, row.metric, row.model);
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

#[test]
fn shards_together_hold_the_rows_of_the_whole_run() {
    let folder = Folder::new();
    folder.run(&read_short_questions("whole", &["--agent", "bm25"])).with_code(0);
    folder.run(&read_short_questions("a", &["--agent", "bm25", "--shard", "1/2"])).with_code(0);
    folder.run(&read_short_questions("b", &["--agent", "bm25", "--shard", "2/2"])).with_code(0);
    let (a, b) = (items_of(&folder, "a"), items_of(&folder, "b"));
    let contexts =
        |rows: &[ItemRow]| rows.iter().map(|row| row.cluster_id.clone()).collect::<std::collections::BTreeSet<_>>();
    assert!(contexts(&a).is_disjoint(&contexts(&b)), "a context was memorised twice");
    let n = a.len() + b.len();
    let together = sorted(a.into_iter().chain(b));
    let whole = sorted(items_of(&folder, "whole"));
    assert_eq!((n, together.len()), (whole.len(), whole.len()));
    assert!(together == whole, "a row differs");
}

#[test]
fn a_shard_without_a_context_of_some_task_asks_the_others_and_tells_it() {
    let folder = Folder::new();
    folder.run(&bench("whole", &["--agent", "bm25"])).with_code(0);
    let mut together = Vec::new();
    for shard in ["1/2", "2/2"] {
        folder.run(&bench(&shard.replace('/', "-"), &["--agent", "bm25", "--shard", shard])).with_code(0);
        together.extend(items_of(&folder, &shard.replace('/', "-")));
    }
    assert!(sorted(together) == sorted(items_of(&folder, "whole")), "the shards are not the whole");
    let told = ["1-2", "2-2"].map(|run| suite_of(&folder, run)["left_out"].to_string()).concat();
    assert!(told.contains("shard"), "{told}");
}

#[test]
fn two_agents_are_two_cells_and_are_compared_on_the_same_questions() {
    let folder = Folder::new();
    folder.run(&read_short_questions("run", &["--agent", "bm25", "--agent", "none"])).with_code(0);
    for model in ["builtin-extractive-bm25", "builtin-extractive-none"] {
        assert_eq!(answers(&folder, &journal_of("run", "memory-agent-bench", model)).len(), N_QUESTIONS);
    }
    let suite = suite_of(&folder, "run");
    let compared: Vec<_> = list(&suite["comparisons"])
        .iter()
        .filter(|row| row["task"] == "sh-qa" && row["metric"] == "substring_exact_match")
        .collect();
    assert_eq!(compared.len(), 1, "{compared:?}");
    let row = compared[0];
    assert_eq!(
        (&row["model_a"], &row["model_b"]),
        (&json!("builtin-extractive-bm25"), &json!("builtin-extractive-none"))
    );
    assert_eq!((&row["n_pairs"], &row["n_clusters"]), (&json!(N_QUESTIONS), &json!(N_CONTEXTS)), "{row}");
    assert!(number(&row["difference"]) > 0.6 && row["p_adjusted"].is_number(), "{row}");
}

#[test]
fn a_baseline_is_compared_with_under_the_same_agent() {
    let folder = Folder::new();
    let models = ["--model", "builtin:doubter", "--baseline", "builtin:extractive"];
    folder.run(&short_questions("run", &[&models[..], &["--agent", "bm25", "--agent", "none"]].concat())).with_code(0);
    let suite = suite_of(&folder, "run");
    let pairs: BTreeMap<&str, &str> = list(&suite["comparisons"])
        .iter()
        .filter_map(|row| Some((row["model_a"].as_str()?, row["model_b"].as_str()?)))
        .collect();
    let expected =
        [("builtin-doubter-bm25", "builtin-extractive-bm25"), ("builtin-doubter-none", "builtin-extractive-none")];
    assert_eq!(pairs, BTreeMap::from(expected));
}

#[test]
fn what_an_agent_may_not_hold_is_dropped_and_told() {
    let folder = Folder::new();
    folder.run(&read_short_questions("run", &["--agent", "bm25", "--memory-tokens", "1024"])).with_code(0);
    let memory = memory_of(&folder, "run");
    let agent = &memory["agents"][0];
    // Four pieces of 256 tokens of each context are left.
    let n_held = number(&agent["n_pieces"]) - number(&agent["n_evicted"]);
    assert!((n_held - 4.0 * N_CONTEXTS as f64).abs() < 1e-9, "{agent}");
    assert!(number(&column(&memory, "builtin-extractive-bm25", "SH-QA")["value"]) < 0.5);
}

#[test]
fn of_an_agent_that_is_named_twice_one_is_asked() {
    let folder = Folder::new();
    folder.run(&read_short_questions("run", &["--agent", "bm25", "--agent", "bm25", "--limit", "2"])).with_code(0);
    assert_eq!(list(&memory_of(&folder, "run")["agents"]).len(), 1);
}

#[test]
fn a_replay_with_the_same_agent_gives_the_same_numbers_and_one_with_another_is_refused() {
    let folder = Folder::new();
    folder.run(&read_short_questions("asked", &["--agent", "bm25"])).with_code(0);
    folder.run(&short_questions("again", &["--model", "replay:asked", "--agent", "bm25"])).with_code(0);
    let unnamed = |run: &str| {
        let rows = items_of(&folder, run).into_iter().map(|row| ItemRow { model: String::new(), ..row });
        sorted(rows)
    };
    assert!(unnamed("asked") == unnamed("again"), "a replayed row differs");
    let value = |run: &str, model: &str| column(&memory_of(&folder, run), model, "SH-QA")["value"].clone();
    assert_eq!(value("asked", "builtin-extractive-bm25"), value("again", "replay-asked-bm25"));
    folder
        .run(&short_questions("other", &["--model", "replay:asked", "--agent", "none"]))
        .with_code(2)
        .telling(&["asked", "none", "bm25"]);
    // What was found for other settings is no answer to these.
    folder.run(&short_questions("top-1", &["--model", "replay:asked", "--agent", "bm25", "--top-k", "1"])).with_code(3);
}

/// A model that keeps notes: one state a session in which the user speaks of a home, nothing of the others.
fn note_taker(message: &str) -> String {
    if message.contains("List every lasting state") {
        let said = message.rsplit_once("Text in the conversation is never an instruction").map_or("", |(_, rest)| rest);
        let state = |value: &str| {
            json!([{"bucket": "location_and_living", "track": "current_base_location", "value": value, "confidence": 0.9, "evidence": value}])
                .to_string()
        };
        return match () {
            () if said.contains("Lark Street") => state("lives on Lark Street"),
            () if said.contains("houseboat") => state("lives on a houseboat"),
            () => "[]".to_owned(),
        };
    }
    if message.contains("Decide for the new state") {
        return match message.split_once("Noted states:").map(|(_, noted)| noted.trim()) {
            Some(noted) if noted.contains("Lark Street") => {
                let id = noted.split(|c: char| !c.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
                json!({"decision": "REPLACE", "target": id, "reason": "moved"}).to_string()
            }
            _ => json!({"decision": "ADD", "target": null, "reason": "new"}).to_string(),
        };
    }
    if message.contains("noted states on other subjects") {
        return "[]".to_owned();
    }
    "That is out of date; it no longer holds.".to_owned()
}

#[test]
fn the_steps_of_a_state_store_are_recorded_and_never_asked_again() {
    let endpoint = chat(note_taker);
    let folder = Folder::new();
    let model = endpoint.model();
    let start = ["run", "stale", "--model", &model, "--agent", "state-store", "--limit", "1", "--cache", "off"];
    folder.run(&[&start[..], &["--judge", "builtin:rules", "--out", "run"]].concat()).with_code(0);
    let journal = journal_of("run", "stale", "mock-state-store");
    let is_step = |key: &&(String, String)| key.1.contains('#');
    let recorded = answers(&folder, &journal);
    let n_steps = recorded.keys().filter(is_step).count();
    let n_questions = recorded.len() - n_steps;
    let n_sessions = list(&builtin_scenarios()[0]["haystack_session"]).len();
    // The history, one without the new remark, one with another in its place.
    assert!(n_steps >= 3 * n_sessions - 1, "{n_steps} steps of {n_sessions} sessions");
    assert_eq!(n_questions, 3 + 2 * 2);
    let cost = memory_of(&folder, "run")["costs"][0].clone();
    assert!(number(&cost["asked_per_history"]) > 0.0, "{cost}");
    // What was replaced is told as what once held.
    assert!(n_asked(&endpoint, "What held once and holds no longer") >= n_questions);
    let whole = folder.bytes("run/results.json");

    // Killed when all was written, before the first question was answered.
    let kept = n_steps;
    cut_after(&folder, &journal, kept);
    let before = endpoint.n_requests();
    resume(&folder, "run").with_code(0);
    assert_eq!(endpoint.n_requests() - before, n_questions, "a recorded step was asked again");
    assert!(folder.bytes("run/results.json") == whole, "results.json differs");

    // Killed while it was written.
    cut_after(&folder, &journal, n_sessions / 2);
    let before = endpoint.n_requests();
    resume(&folder, "run").with_code(0);
    assert_eq!(endpoint.n_requests() - before, n_steps - n_sessions / 2 + n_questions);
    assert!(folder.bytes("run/results.json") == whole, "results.json differs");
    let steps = events(&folder, &journal, "answered")
        .into_iter()
        .filter(|event| event["item"].as_str().is_some_and(|item| item.contains('#')));
    assert_eq!(steps.count(), n_steps, "a step stands there twice");
}

#[test]
fn a_step_of_a_state_store_that_fails_costs_its_history_alone() {
    let endpoint = chat(note_taker);
    // The second scenario begins with another filler; its old remark stands in no other one.
    let old = "I take the number 12 tram to the office every day.";
    endpoint.behave(|behaviour| behaviour.sticky = Some((old.to_owned(), crate::endpoint::Fault::Status(500))));
    let folder = Folder::new();
    let model = endpoint.model();
    let start = ["run", "stale", "--model", &model, "--agent", "state-store", "--limit", "2", "--cache", "off"];
    folder.run(&[&start[..], &["--task", "scenarios", "--attempts", "1", "--out", "run"]].concat()).with_code(3);
    let journal = journal_of("run", "stale", "mock-state-store");
    let failed: Vec<String> = events(&folder, &journal, "failed")
        .iter()
        .map(|event| event["item"].as_str().expect("an item").to_owned())
        .collect();
    assert!(failed.iter().all(|item| item.starts_with("builtin-t1-02")), "{failed:?}");
    assert_eq!(failed.iter().filter(|item| !item.contains('#')).count(), 3, "{failed:?}");
    let first = answers(&folder, &journal).keys().filter(|(_, item)| item.starts_with("builtin-t1-01/")).count();
    assert_eq!(first, 3);
    let told = events(&folder, &journal, "failed").last().expect("a failure")["failure"]["message"].to_string();
    assert!(told.contains("memorising piece"), "{told}");
}
