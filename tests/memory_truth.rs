//! Numbers about memory that must not look better, or more certain, than what is behind them.

use serde_json::{Value, json};

use crate::economic_world::{row, rows};
use crate::endpoint::Endpoint;
use crate::memory_runs::{
    chat, column, cut_after, journal_of, memory_of, read_short_questions, resume, suite_of, verdict,
};
use crate::support::{Folder, list, number};
use crate::support_agent::{Agent, Replier};

const READER: &str = "builtin-extractive-bm25";

/// A judge of summaries with the same counts for each: fluency, key points found, and sentences that are right of how many.
fn summary_judge(fluency: i64, recall: i64, (precision, sentences): (i64, i64)) -> Endpoint {
    chat(move |message| {
        let is_of = |word: &str| message.contains(&format!("\"{word}\""));
        let reply = if is_of("sentence_count") {
            json!({"precision": precision, "sentence_count": sentences})
        } else if is_of("recall") {
            json!({"recall": recall})
        } else {
            json!({"fluency": fluency})
        };
        reply.to_string()
    })
}

/// Summaries before a judge whose word is no verdict.
#[track_caller]
fn run_summaries(folder: &Folder, judge: &Endpoint) {
    let model = judge.model();
    let call = ["run", "memory-agent-bench", "--task", "summary", "--model", "builtin:extractive", "--agent", "bm25"];
    folder.run(&[&call[..], &["--judge", &model, "--cache", "off", "--out", "run"]].concat()).with_code(3);
}

#[test]
fn counts_of_a_judge_that_cannot_be_true_are_its_error_and_upstreams_number_stands_beside() {
    let judge = summary_judge(5, 99, (9, 3));
    let folder = Folder::new();
    run_summaries(&folder, &judge);
    let memory = memory_of(&folder, "run");
    let told = row(&memory["judges"], &[("rubric", "summary")]);
    assert_eq!((&told["n_judged"], &told["errors"][0][0]), (&json!(0), &json!("impossible_count")), "{told}");
    let found = column(&memory, READER, "Summ");
    assert_eq!((&found["value"], &found["n"]), (&Value::Null, &json!(0)), "{found}");
    let metrics = suite_of(&folder, "run")["metrics"].clone();
    let upstream = row(&metrics, &[("metric", "summary_f1_upstream")]);
    assert!(number(&upstream["value"]) > 1.0, "{upstream}");
}

#[test]
fn a_tie_on_one_question_leaves_the_verdicts_on_the_others() {
    let (mild, strict) =
        (chat(|message| verdict(message, [true; 3])), chat(|message| verdict(message, [true, false, true])));
    let folder = Folder::new();
    let (mild, strict) = (mild.model(), strict.model());
    let call = ["run", "stale", "--model", "builtin:doubter", "--task", "scenarios", "--cache", "off", "--out", "run"];
    // An answer without a verdict makes the run incomplete.
    folder.run(&[&call[..], &["--judge", &mild, "--judge", &strict]].concat()).with_code(3);
    let stale = memory_of(&folder, "run")["stale"].clone();
    for (dimension, n_judged, n_tied) in [("SR", 20, 0), ("PR", 0, 20), ("IPA", 20, 0)] {
        for cell in rows(&stale["cells"], &[("dimension", dimension)]) {
            assert_eq!((&cell["n_judged"], &cell["n_tied"]), (&json!(n_judged), &json!(n_tied)), "{cell}");
            assert_eq!(cell["n_judge_errors"], json!(0), "{cell}");
        }
    }
    let overall = &stale["overall"][0];
    assert_eq!((&overall["macro_mean"], &overall["is_valid"]), (&Value::Null, &json!(false)), "{overall}");
    assert_eq!((&overall["n_without_verdict"], &overall["micro_mean"]), (&json!(40), &Value::Null), "{overall}");
    assert!(folder.read("run/report/card.md").contains("judges are tied"));
}

#[test]
fn scenarios_without_an_answer_are_no_overall_and_fails_where_missing_counts_as_failed() {
    let judge = chat(|message| verdict(message, [true; 3]));
    let folder = Folder::new();
    let model = judge.model();
    // Histories of one in ten do not fit, and must not be cut.
    let call = ["run", "stale", "--model", "builtin:original", "--truncate", "forbid", "--task", "scenarios"];
    folder
        .run(&[&call[..], &["--limit", "8", "--judge", &model, "--cache", "off", "--out", "run"]].concat())
        .with_code(3);
    let stale = memory_of(&folder, "run")["stale"].clone();
    let overall = &stale["overall"][0];
    assert_eq!((&overall["macro_mean"], &overall["is_valid"]), (&Value::Null, &json!(false)), "{overall}");
    assert_eq!(overall["n_unanswered"], json!(8), "{overall}");
    let agent = Agent::start(
        Replier::new(|body, _| {
            let is_refused = body["question"].as_str().is_some_and(|question| question.len() % 7 == 0);
            if is_refused { json!({"mode": "neither"}) } else { json!({"mode": "answer", "answer": "it has changed"}) }
        }),
        &[],
    );
    let url = agent.url();
    let call =
        ["run", "stale", "--model", "builtin:doubter", "--agent", &url, "--task", "scenarios", "--judge", &model];
    folder.run(&[&call[..], &["--cache", "off", "--out", "http"]].concat()).with_code(3);
    let stale = memory_of(&folder, "http")["stale"].clone();
    let overall = &stale["overall"][0];
    let (n, missing) = (number(&overall["n_scenarios"]), number(&overall["n_unanswered"]));
    assert!(missing > 0.02 * n && missing < n, "{overall}");
    assert_eq!(overall["macro_mean"], Value::Null, "{overall}");
    // Whoever answered passed: what is missing is all that fails.
    assert!(number(&overall["pessimistic"]) < 1.0 && number(&overall["pessimistic"]) > 0.0, "{overall}");
    let metrics = suite_of(&folder, "http")["metrics"].clone();
    let metric = row(&metrics, &[("metric", "stale.overall")]);
    assert_eq!(metric["flags"], json!(["too_many_unanswered"]), "{metric}");
}

#[test]
fn tokens_that_an_agent_does_not_tell_are_unknown_and_not_none() {
    let agent = Agent::start(Replier::answering(|_| "somewhere".to_owned()), &[]);
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url])).with_code(0);
    for cost in list(&memory_of(&folder, "run")["costs"]) {
        let told = (&cost["read_per_question"], &cost["peak_read"], &cost["asked_per_history"]);
        assert_eq!(told, (&Value::Null, &Value::Null, &Value::Null), "{cost}");
    }
}

#[test]
fn an_agent_that_shows_nothing_has_found_nothing() {
    let agent = Agent::start(Replier::new(|_, _| json!({"mode": "memories", "memories": []})), &[]);
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url])).with_code(0);
    let retrieval = &memory_of(&folder, "run")["retrieval"][0];
    assert_eq!((&retrieval["recall"], &retrieval["n"]), (&json!(0.0), &json!(24)), "{retrieval}");
}

#[test]
fn a_resumed_run_with_an_embedder_and_a_judge_has_the_same_bytes() {
    let folder = Folder::new();
    let call = ["run", "memory-agent-bench", "--task", "longmemeval", "--model", "builtin:extractive", "--agent"];
    let roles = ["hybrid", "--judge", "builtin:rules", "--embedder", "builtin:extractive", "--out", "run"];
    folder.run(&[&call[..], &roles].concat()).with_code(0);
    let whole = folder.bytes("run/results.json");
    cut_after(&folder, &journal_of("run", "memory-agent-bench", "builtin-extractive-hybrid"), 5);
    resume(&folder, "run").with_code(0);
    assert!(folder.bytes("run/results.json") == whole, "results.json differs");
}

#[test]
fn options_and_verdicts_that_nothing_heeds_are_refused() {
    let folder = Folder::new();
    let call = ["run", "stale", "--model", "builtin:doubter", "--out", "run"];
    for (option, words) in [(["--judge-repeats", "3"], "no judge"), (["--agent-timeout", "3"], "behind HTTP")] {
        folder.run(&[&call[..], &option].concat()).with_code(2).telling(&[option[0], words]);
    }
    folder.run(&call).with_code(0);
    folder.write("verdicts.jsonl", "{\"unit\": \"nobody\", \"reply\": \"x\"}\n");
    folder.run(&["judge", "import", "run", "--in", "verdicts.jsonl"]).with_code(2).telling(&[
        "verdicts.jsonl",
        "nobody",
        "none of its 1 names",
    ]);
}

#[test]
fn verdicts_that_a_file_leaves_out_are_missing_and_no_selection_is_an_overall() {
    let folder = Folder::new();
    folder.run(&["run", "stale", "--model", "builtin:doubter", "--task", "scenarios", "--out", "run"]).with_code(0);
    let uids: Vec<String> = crate::memory_runs::builtin_scenarios()
        .iter()
        .map(|scenario| scenario["uid"].as_str().expect("a name").to_owned())
        .collect();
    let lines: String = [0, 20]
        .map(|at| json!({"unit": uids[at], "reply": verdict("[Dimension 3:", [true; 3])}).to_string())
        .join("\n");
    folder.write("verdicts.jsonl", &lines);
    folder.run(&["judge", "import", "run", "--in", "verdicts.jsonl"]).with_code(3);
    let stale = memory_of(&folder, "run")["stale"].clone();
    let overall = &stale["overall"][0];
    assert_eq!((&overall["macro_mean"], &overall["is_valid"]), (&Value::Null, &json!(false)), "{overall}");
    assert_eq!((&overall["n_unanswered"], &overall["n_without_verdict"]), (&json!(0), &json!(38)), "{overall}");
    let cell = row(&stale["cells"], &[("conflict", "T1"), ("dimension", "SR")]);
    assert_eq!(
        (&cell["n_unjudged"], &cell["n_unanswered"], &cell["n_judged"]),
        (&json!(19), &json!(0), &json!(1)),
        "{cell}"
    );
}

#[test]
fn a_count_of_no_sentences_in_a_summary_with_text_is_no_verdict() {
    let judge = summary_judge(1, 1, (0, 0));
    let folder = Folder::new();
    run_summaries(&folder, &judge);
    let memory = memory_of(&folder, "run");
    let told = row(&memory["judges"], &[("rubric", "summary")]);
    assert_eq!((&told["errors"][0][0], &told["n_forged"]), (&json!("impossible_count"), &Value::Null), "{told}");
    assert_eq!(column(&memory, READER, "Summ")["value"], Value::Null);
}

#[test]
fn a_scenario_is_counted_once_however_often_it_would_be_asked() {
    let folder = Folder::new();
    let call = ["run", "stale", "--model", "builtin:doubter", "--epochs", "2", "--out", "run"];
    folder.run(&call).with_code(2).telling(&["--epochs", "stale", "--judge-repeats"]);
    assert!(!folder.path("run").exists());
}

#[test]
fn systems_go_by_their_own_names_and_what_they_say_is_not_the_models() {
    let own = Agent::start(Replier::answering(|_| "somewhere".to_owned()), &[]);
    let found = Agent::start(Replier::new(|_, _| json!({"mode": "memories", "memories": []})), &[]);
    let folder = Folder::new();
    let (first, second) = (own.url(), found.url());
    folder.run(&read_short_questions("run", &["--agent", &first, "--agent", &second])).with_code(0);
    let memory = memory_of(&folder, "run");
    for (slug, n_own) in [("builtin-extractive-http", 24), ("builtin-extractive-http-2", 0)] {
        let entry = row(&memory["agents"], &[("model", slug)]);
        assert_eq!((&entry["system"], &entry["n_own_answers"]), (&json!("scripted 1"), &json!(n_own)), "{entry}");
    }
    let card = folder.read("run/report/card.md");
    assert!(card.contains("with http (scripted 1), builtin-extractive-http-2"), "{card}");
    assert!(card.contains("builtin-extractive-http-2: answered by rules"), "{card}");
    // What the first one said is none of the reader's.
    assert!(!card.contains("builtin-extractive-http, builtin-extractive-http-2: answered by rules"));
}
