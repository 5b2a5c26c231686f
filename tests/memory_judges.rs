//! Judges of agents' answers, and what changed states come to: majorities, replies that cannot be read, and alarms where nothing changed.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::{Value, json};

use crate::economic_world::{row, rows};
use crate::endpoint::{Answerer, Endpoint, Fault};
use crate::memory_runs::{builtin_scenarios, chat, column, memory_of, resume, stale, suite_of, verdict};
use crate::support::{Folder, list, number};

const N_SCENARIOS: usize = 40;

#[test]
fn who_doubts_everything_has_full_marks_and_full_false_alarms() {
    let folder = Folder::new();
    folder.run(&stale("run", &["--model", "builtin:doubter"])).with_code(0);
    let found = memory_of(&folder, "run")["stale"].clone();
    for conflict in ["T1", "T2"] {
        for (dimension, value) in [("SR", 1.0), ("PR", 1.0), ("IPA", 0.0)] {
            let cell = row(&found["cells"], &[("conflict", conflict), ("dimension", dimension)]);
            assert_eq!((&cell["value"], &cell["n_judged"]), (&json!(value), &json!(20)), "{cell}");
        }
    }
    for alarm in rows(&found["false_alarms"], &[("control", "all")]) {
        assert_eq!((&alarm["rate"], &alarm["n"]), (&json!(1.0), &json!(80)), "{alarm}");
    }
    let knowing = row(&found["knowing"], &[("conflict", "all")]);
    assert_eq!(knowing["rate"], json!(1.0), "{knowing}");
}

#[test]
fn the_extractive_reader_raises_no_false_alarm() {
    let folder = Folder::new();
    folder.run(&stale("run", &["--model", "builtin:extractive", "--agent", "bm25"])).with_code(0);
    let found = memory_of(&folder, "run")["stale"].clone();
    for alarm in list(&found["false_alarms"]) {
        assert_eq!(alarm["n_alarms"], json!(0), "{alarm}");
        assert!(number(&alarm["interval"]["high"]) > 0.0, "no number without what it may be: {alarm}");
    }
    assert!(number(&found["overall"][0]["macro_mean"]) < 0.5, "{}", found["overall"]);
}

#[test]
fn the_overall_number_never_stands_without_the_false_alarms() {
    let folder = Folder::new();
    let calls: [(&str, &[&str]); 4] = [
        ("both", &["--model", "builtin:doubter"]),
        ("scenarios", &["--model", "builtin:doubter", "--task", "scenarios"]),
        ("two", &["--model", "builtin:doubter", "--model", "builtin:extractive", "--agent", "bm25"]),
        ("two-scenarios", &["--model", "builtin:doubter", "--model", "builtin:extractive", "--task", "scenarios"]),
    ];
    for (out, more) in calls {
        folder.run(&stale(out, more)).with_code(0);
        let verdict = suite_of(&folder, out)["verdict"].as_str().expect("a sentence").to_owned();
        let parts: Vec<&str> = verdict.split("builtin:").filter(|part| part.contains("six cells")).collect();
        assert_eq!(parts.len(), list(&memory_of(&folder, out)["stale"]["overall"]).len(), "{verdict}");
        for part in parts {
            assert!(part.contains("false alarms"), "{out}: {part}");
        }
        let card = folder.read(&format!("{out}/report/card.md"));
        assert!(card.contains("false alarms"), "{out}");
    }
}

/// Counts how often each message has come, from 0.
#[derive(Default)]
struct Times(Mutex<HashMap<String, usize>>);

impl Times {
    fn of(&self, message: &str) -> usize {
        let mut times = self.0.lock().expect("not poisoned");
        let n = times.entry(message.to_owned()).or_default();
        *n += 1;
        *n - 1
    }
}

/// The doubter before scripted judges.
#[track_caller]
fn judged(folder: &Folder, judges: &[&Endpoint], more: &[&str]) -> Value {
    judged_with(folder, judges, more, 0)
}

/// The same where verdicts are missing: such a run is incomplete, exit code 3.
fn judged_with(folder: &Folder, judges: &[&Endpoint], more: &[&str], code: i32) -> Value {
    let names: Vec<String> = judges.iter().map(|judge| judge.model()).collect();
    let mut call = vec!["run", "stale", "--model", "builtin:doubter", "--out", "run"];
    for name in &names {
        call.extend(["--judge", name]);
    }
    call.extend(more);
    folder.run(&call).with_code(code);
    memory_of(folder, "run")
}

#[test]
fn of_three_judges_the_majority_counts_and_their_agreement_is_told() {
    let (mild, milder, strict) =
        (chat(|m| verdict(m, [true; 3])), chat(|m| verdict(m, [true; 3])), chat(|m| verdict(m, [false; 3])));
    let folder = Folder::new();
    let memory = judged(&folder, &[&mild, &milder, &strict], &["--cache", "off"]);
    for cell in list(&memory["stale"]["cells"]) {
        assert_eq!(cell["value"], json!(1.0), "{cell}");
    }
    let judges = rows(&memory["judges"], &[("rubric", "stale")]);
    assert_eq!(judges.len(), 3);
    for judge in judges {
        assert_eq!((&judge["n_asked"], &judge["n_judged"]), (&json!(N_SCENARIOS), &json!(N_SCENARIOS)), "{judge}");
        assert_eq!((&judge["n_repeats"], &judge["raw_agreement"]), (&json!(3), &json!(0.0)), "{judge}");
        assert!(number(&judge["alpha"]) < 0.0, "{judge}");
        assert_eq!(judge["is_self"], json!(false));
    }
}

#[test]
fn two_judges_that_disagree_are_tied_and_give_no_value() {
    let (mild, strict) = (chat(|m| verdict(m, [true; 3])), chat(|m| verdict(m, [false; 3])));
    let folder = Folder::new();
    let memory = judged_with(&folder, &[&mild, &strict], &["--cache", "off"], 3);
    for cell in list(&memory["stale"]["cells"]) {
        assert_eq!((&cell["value"], &cell["n_judged"]), (&Value::Null, &json!(0)), "{cell}");
        assert_eq!((&cell["n_tied"], &cell["n_judge_errors"]), (&json!(20), &json!(0)), "{cell}");
    }
    // Both did what they were asked: a tie is no error of theirs, and told apart; but no verdict, either.
    let overall = &memory["stale"]["overall"][0];
    assert_eq!((&overall["macro_mean"], &overall["is_valid"]), (&Value::Null, &json!(false)), "{overall}");
    for alarm in rows(&memory["stale"]["false_alarms"], &[("control", "all")]) {
        assert_eq!(
            (&alarm["n"], &alarm["n_tied"], &alarm["n_judge_errors"]),
            (&json!(0), &json!(80), &json!(0)),
            "{alarm}"
        );
    }
}

#[test]
fn repeats_of_a_judge_are_asked_each_for_itself_whatever_the_cache_holds() {
    // Two of three say pass.
    let times = Times::default();
    let judge = chat(move |message| verdict(message, [times.of(message) != 1; 3]));
    let folder = Folder::new();
    let memory = judged(&folder, &[&judge], &["--judge-repeats", "3", "--task", "scenarios"]);
    let asked = judge.seen(|seen| {
        seen.bodies.iter().filter(|(body, _)| body.contains("M_old")).map(|(_, n)| *n).collect::<Vec<_>>()
    });
    assert_eq!((asked.len(), asked.iter().all(|n| *n == 3)), (N_SCENARIOS, true), "{asked:?}");
    for cell in list(&memory["stale"]["cells"]) {
        assert_eq!(cell["value"], json!(1.0), "{cell}");
    }
    let told = row(&memory["judges"], &[("rubric", "stale")]);
    assert_eq!((&told["n_asked"], &told["n_repeats"]), (&json!(3 * N_SCENARIOS), &json!(3)), "{told}");
    assert_eq!(told["raw_agreement"], json!(0.0), "{told}");
}

#[test]
fn a_reply_that_cannot_be_read_is_asked_for_again_and_counted() {
    let times = Times::default();
    let judge =
        chat(
            move |message| {
                if times.of(message) == 0 {
                    "They all look fine to me.".to_owned()
                } else {
                    verdict(message, [true; 3])
                }
            },
        );
    let folder = Folder::new();
    // With the reply cache, as users have it: the first reply must not come back out of it.
    let memory = judged(&folder, &[&judge], &["--task", "scenarios"]);
    let told = row(&memory["judges"], &[("rubric", "stale")]);
    let n = json!(N_SCENARIOS);
    assert_eq!((&told["n_judged"], &told["n_retried"], &told["errors"]), (&n, &n, &json!([])), "{told}");
    assert_eq!(memory["stale"]["overall"][0]["is_valid"], json!(true));
    let asked = judge
        .seen(|seen| seen.bodies.iter().filter(|(body, _)| body.contains("M_old")).map(|(_, n)| *n).sum::<usize>());
    assert_eq!(asked, 2 * N_SCENARIOS);
}

#[test]
fn replies_without_a_verdict_are_errors_of_the_judge_and_no_fails() {
    let scenarios = builtin_scenarios();
    let old = |n: usize| scenarios[n]["M_old"].as_str().expect("a text").to_owned();
    let (text, cut, fenced, empty) = (old(0), old(1), old(2), old(3));
    let judge = chat(move |message| {
        let good = verdict(message, [true; 3]);
        match () {
            () if message.contains(&text) => good.replace("\"pass\":true", "\"pass\":\"false\""),
            () if message.contains(&cut) => good[..good.len() / 2].to_owned(),
            () if message.contains(&fenced) => format!("```JSON\n{good}\n"),
            () if message.contains(&empty) => String::new(),
            () => good,
        }
    });
    let folder = Folder::new();
    let memory = judged_with(&folder, &[&judge], &["--task", "scenarios", "--cache", "off"], 3);
    let told = row(&memory["judges"], &[("rubric", "stale")]);
    assert_eq!(told["errors"], json!([["empty_output", 1], ["no_json", 1], ["wrong_type", 1]]), "{told}");
    assert_eq!((&told["n_asked"], &told["n_judged"]), (&json!(N_SCENARIOS), &json!(N_SCENARIOS - 3)), "{told}");
    for dimension in ["SR", "PR", "IPA"] {
        let cell = row(&memory["stale"]["cells"], &[("conflict", "T1"), ("dimension", dimension)]);
        assert_eq!((&cell["n_judged"], &cell["n_judge_errors"]), (&json!(17), &json!(3)), "{cell}");
        assert_eq!((&cell["value"], &cell["n_unanswered"]), (&json!(1.0), &json!(0)), "{cell}");
        // Upstream: the text "false" passes; what is cut, fenced without an end or empty fails.
        assert!((number(&cell["compatible"]) - 17.0 / 20.0).abs() < 1e-12, "{cell}");
    }
    let overall = &memory["stale"]["overall"][0];
    assert_eq!(overall["is_valid"], json!(false), "{overall}");
    // A gate on the overall number finds none, and why.
    assert_eq!(overall["macro_mean"], Value::Null, "{overall}");
    let metrics = suite_of(&folder, "run")["metrics"].clone();
    let metric = row(&metrics, &[("metric", "stale.overall")]);
    assert_eq!(
        (&metric["value"], &metric["flags"]),
        (&Value::Null, &json!(["too_many_without_a_verdict"])),
        "{metric}"
    );
    let said = suite_of(&folder, "run")["verdict"].as_str().expect("a sentence").to_owned();
    assert!(said.contains("not valid"), "{said}");
    // Asked three times each, and no further.
    let n = judge
        .seen(|seen| seen.bodies.iter().filter(|(body, _)| body.contains("M_old")).map(|(_, n)| *n).sum::<usize>());
    assert!(n >= N_SCENARIOS + 2 * 3, "{n}");
}

#[test]
fn one_error_of_a_judge_in_forty_makes_the_run_invalid_and_none_does_not() {
    let scenarios = builtin_scenarios();
    let old = scenarios[30]["M_old"].as_str().expect("a text").to_owned();
    for (is_faulty, is_valid) in [(true, false), (false, true)] {
        let old = old.clone();
        let judge = chat(move |message| {
            if is_faulty && message.contains(&old) { "Hard to say.".to_owned() } else { verdict(message, [false; 3]) }
        });
        let folder = Folder::new();
        let code = if is_faulty { 3 } else { 0 };
        let memory = judged_with(&folder, &[&judge], &["--task", "scenarios", "--cache", "off"], code);
        assert_eq!(memory["stale"]["overall"][0]["is_valid"], json!(is_valid), "{}", memory["stale"]["overall"]);
    }
}

#[test]
fn a_chat_judge_has_to_say_yes_or_no_as_a_word() {
    let answers = ["Yes.", "no", "yesterday", "Yes or no, who knows"];
    let times = Mutex::new(0_usize);
    let judge = chat(move |_| {
        let mut n = times.lock().expect("not poisoned");
        *n += 1;
        answers[*n % 4].to_owned()
    });
    let folder = Folder::new();
    let model = judge.model();
    let start =
        ["run", "memory-agent-bench", "--task", "longmemeval", "--model", "builtin:extractive", "--agent", "bm25"];
    folder
        .run(&[&start[..], &["--judge", &model, "--concurrency", "1", "--cache", "off", "--out", "run"]].concat())
        .with_code(3);
    let memory = memory_of(&folder, "run");
    let told = row(&memory["judges"], &[("rubric", "chat")]);
    let found = column(&memory, "builtin-extractive-bm25", "LME(S*)");
    assert_eq!(number(&told["n_asked"]), 18.0, "{told}");
    assert_eq!(number(&found["n"]) + number(&found["n_unjudged"]), 18.0, "{found}");
    assert_eq!(found["n"], told["n_judged"], "{found}");
    assert!(number(&told["n_retried"]) > 0.0, "{told}");
}

#[test]
fn without_a_judge_answers_are_unjudged_and_not_wrong() {
    let folder = Folder::new();
    let start =
        ["run", "memory-agent-bench", "--task", "longmemeval", "--model", "builtin:extractive", "--agent", "bm25"];
    folder.run(&[&start[..], &["--out", "run"]].concat()).with_code(0);
    let memory = memory_of(&folder, "run");
    let found = column(&memory, "builtin-extractive-bm25", "LME(S*)");
    assert_eq!(
        (&found["value"], &found["n_unjudged"], &found["n_failed"]),
        (&Value::Null, &json!(18), &json!(0)),
        "{found}"
    );
    folder.run(&["run", "stale", "--model", "builtin:doubter", "--out", "stale"]).with_code(0);
    let stale = memory_of(&folder, "stale")["stale"].clone();
    for cell in list(&stale["cells"]) {
        let counted = (&cell["value"], &cell["n_unjudged"], &cell["n_unanswered"]);
        assert_eq!(counted, (&Value::Null, &json!(20), &json!(0)), "{cell}");
    }
    let said = suite_of(&folder, "stale")["verdict"].as_str().expect("a sentence").to_owned();
    assert!(!said.contains('%'), "{said}");
}

#[test]
fn a_verdict_that_a_second_try_has_brought_is_not_asked_for_again() {
    let judge = chat(|message| verdict(message, [true; 3]));
    // Some first tries are refused.
    judge.behave(|behaviour| behaviour.faults = vec![(Fault::Status(400), 0.3)]);
    let folder = Folder::new();
    judged(&folder, &[&judge], &["--cache", "off"]);
    assert!(judge.seen(|seen| seen.faults.values().sum::<usize>()) > 5);
    let (results, items) = (folder.bytes("run/results.json"), folder.bytes("run/items.parquet"));
    // By now it says the opposite.
    judge.behave(|behaviour| {
        behaviour.faults.clear();
        behaviour.answerer = Some(Answerer::new(|message| verdict(message, [false; 3])));
    });
    let before = judge.seen(|seen| seen.requests);
    resume(&folder, "run").with_code(0);
    assert!(folder.bytes("run/results.json") == results && folder.bytes("run/items.parquet") == items);
    // One request at most looks whether it is there.
    assert!(judge.seen(|seen| seen.requests) <= before + 2);
}
