//! Options and prompt files that are not as the suites about memory agents need them: refused before anything is asked, with what to do.

use serde_json::{Value, json};

use crate::memory_runs::{chat, column, failures, journal_of, memory_of, read_short_questions, short_questions, stale};
use crate::support::{Folder, repository};

#[test]
fn a_history_beyond_the_window_that_must_not_be_cut_is_an_error_of_its_own() {
    let folder = Folder::new();
    let more = ["--model", "builtin:original", "--agent", "long-context", "--truncate", "forbid", "--limit", "9"];
    folder.run(&short_questions("run", &more)).with_code(3).telling(&["9 answered, 9 failed"]);
    let journal = journal_of("run", "memory-agent-bench", "builtin-original-long-context");
    assert_eq!(failures(&folder, &journal), std::collections::BTreeMap::from([("too_long".to_owned(), 9)]));
    let told = folder.read(&journal);
    assert!(told.contains("--agent bm25") && told.contains("--truncate tail"), "{told}");
    let memory = memory_of(&folder, "run");
    let found = column(&memory, "builtin-original-long-context", "SH-QA");
    assert_eq!((&found["n"], &found["n_failed"], &found["value"]), (&json!(0), &json!(9), &Value::Null), "{found}");
    assert_eq!(found["pessimistic"], json!(0.0), "{found}");
    // STALE forbids it by itself; a history that is not answered is not judged.
    let ended = folder.run(&stale("stale", &["--model", "builtin:original", "--limit", "2"])).with_code(3);
    ended.telling(&["14 answered, 14 failed"]);
    let cell = &memory_of(&folder, "stale")["stale"]["cells"][0];
    assert_eq!(
        (&cell["n_unanswered"], &cell["n_judged"], &cell["n_judge_errors"]),
        (&json!(2), &json!(0), &json!(0)),
        "{cell}"
    );
}

#[test]
fn agents_that_are_none_or_lack_something_are_refused_with_what_to_do() {
    let folder = Folder::new();
    let one = ["--model", "builtin:extractive"];
    let cases: [(&[&str], &[&str]); 6] = [
        (&["memory-agent-bench", "--agent", "rag"], &["`rag`", "long-context", "bm25", "state-store", "http:URL"]),
        (&["memory-agent-bench", "--agent", "embedding"], &["`embedding`", "--embedder builtin:extractive"]),
        (&["memory-agent-bench", "--agent", "bm25", "--agent", "hybrid"], &["`hybrid`", "--embedder"]),
        (&["hubble", "--agent", "bm25"], &["asks an agent", "leave --agent out", "memory-agent-bench"]),
        (&["hubble", "--agent", "bm25", "--agent", "none"], &["asks an agent", "leave --agent out"]),
        (
            &["memory-agent-bench", "hubble", "--agent", "bm25", "--agent", "none"],
            &["hubble asks no agent", "run it apart"],
        ),
    ];
    for (more, words) in cases {
        folder.run(&[&["run"], more, &one, &["--out", "run"]].concat()).with_code(2).telling(words);
        assert!(!folder.path("run").exists(), "{more:?}");
    }
}

#[test]
fn numbers_of_agents_that_make_no_sense_are_refused() {
    let folder = Folder::new();
    for (option, wrong) in [
        ("--top-k", "0"),
        ("--chunk-tokens", "0"),
        ("--agent-timeout", "0"),
        ("--agent-timeout", "never"),
        ("--agent-attempts", "0"),
        ("--judge-repeats", "0"),
        ("--truncate", "middle"),
        ("--chunking", "fine"),
    ] {
        folder
            .run(&read_short_questions("run", &["--agent", "bm25", option, wrong]))
            .with_code(2)
            .telling(&[option, wrong]);
    }
}

#[test]
fn instructions_of_a_judge_that_are_missing_or_empty_are_refused() {
    let folder = Folder::new();
    folder.write("empty.txt", " \n");
    for (file, words) in [("nowhere.txt", "No such file"), ("empty.txt", "it is empty")] {
        let ended = folder.run(&stale("run", &["--model", "builtin:doubter", "--judge-prompt", file])).with_code(2);
        ended.telling(&["the judge's instructions", file, words]);
    }
}

/// A prompt file of a suite, changed.
fn prompts(folder: &Folder, suite: &str, change: impl FnOnce(&mut Value)) {
    let text = std::fs::read_to_string(repository("suites").join(suite).join("prompts.json")).expect("a prompt file");
    let mut pack: Value = serde_json::from_str(&text).expect("JSON");
    change(&mut pack);
    folder.write("own.json", pack.to_string());
}

fn without(name: &'static str) -> impl FnOnce(&mut Value) {
    move |pack| drop(pack.as_object_mut().expect("an object").remove(name).expect("a prompt"))
}

#[test]
fn a_prompt_file_that_lacks_a_prompt_or_names_the_answers_is_refused() {
    let own = ["--agent", "bm25", "--prompt-file", "own.json"];
    for name in ["system", "memorize_ruler_qa", "ask_rag_ruler_qa"] {
        let folder = Folder::new();
        prompts(&folder, "memory-agent-bench", without(name));
        folder.run(&read_short_questions("run", &own)).with_code(2).telling(&[&format!("`{name}`"), "add it"]);
        assert!(!folder.path("run").exists(), "a run was begun");
    }
    for name in ["memorize_ruler_qa", "ask_rag_ruler_qa", "system"] {
        let folder = Folder::new();
        prompts(&folder, "memory-agent-bench", |pack| pack[name]["user"] = json!("By the way: {answers}"));
        folder.run(&read_short_questions("run", &own)).with_code(2).telling(&[&format!("`{name}`"), "no `answers`"]);
        assert!(!folder.path("run").exists(), "a run was begun");
    }
    let folder = Folder::new();
    folder.write("own.json", "[]");
    folder.run(&read_short_questions("run", &own)).with_code(2).telling(&["own.json", "one JSON object"]);
    folder
        .run(&read_short_questions("run", &["--prompt-file", "nowhere.json"]))
        .with_code(2)
        .telling(&["nowhere.json"]);
}

#[test]
fn a_prompt_file_that_lacks_the_words_of_the_judge_is_refused_before_anything_is_asked() {
    let model = chat(|_| "nothing".to_owned());
    let name = model.model();
    let refused = |suite: &str, task: &str, prompt: &'static str, change: Box<dyn FnOnce(&mut Value)>| {
        let folder = Folder::new();
        prompts(&folder, suite, change);
        let start = [
            "run",
            suite,
            "--task",
            task,
            "--model",
            &name,
            "--agent",
            "bm25",
            "--judge",
            "builtin:rules",
            "--out",
            "run",
        ];
        folder
            .run(&[&start[..], &["--prompt-file", "own.json", "--limit", "1", "--cache", "off"]].concat())
            .with_code(2)
            .telling(&[prompt]);
        let asked = model.seen(|seen| seen.bodies.keys().filter(|body| body.contains("Memory 1")).count());
        assert_eq!(asked, 0, "{suite} without {prompt}: questions were paid for");
    };
    for (suite, task, prompt) in [
        ("stale", "scenarios", "judge"),
        ("stale", "controls", "judge_control"),
        ("memory-agent-bench", "longmemeval", "judge_chat_r0"),
        ("memory-agent-bench", "summary", "judge_summary_recall"),
    ] {
        refused(suite, task, prompt, Box::new(without(prompt)));
        refused(suite, task, prompt, Box::new(move |pack| pack[prompt]["user"] = json!("{kept_to_state}")));
    }
}

#[test]
fn without_a_judge_its_words_may_be_missing() {
    let folder = Folder::new();
    prompts(&folder, "stale", without("judge"));
    let start = ["run", "stale", "--model", "builtin:doubter", "--prompt-file", "own.json", "--limit", "1"];
    folder.run(&[&start[..], &["--out", "run"]].concat()).with_code(0);
    folder.write("instructions.txt", "Grade the three answers.");
    let more = ["--model", "builtin:doubter", "--prompt-file", "own.json", "--judge-prompt", "instructions.txt"];
    folder.run(&stale("judged", &more)).with_code(0);
}

#[test]
fn a_prompt_file_that_lacks_a_step_of_the_state_store_is_refused_before_anything_is_asked() {
    for name in ["state_extract", "state_decide", "state_invalidate", "state_read"] {
        let folder = Folder::new();
        prompts(&folder, "stale", without(name));
        let more =
            ["--model", "builtin:doubter", "--agent", "state-store", "--prompt-file", "own.json", "--limit", "1"];
        folder.run(&stale("run", &more)).with_code(2).telling(&[&format!("`{name}`"), "add it"]);
        assert!(!folder.path("run").exists(), "a run was begun");
    }
}
