//! The commands that look: list, validate, schema, show, report, help.

use serde_json::{Value, json};

use crate::support::{Ended, Folder, golden, json_lines, list, number, obeyed_by_terminals};

const COMMANDS: [&str; 13] = [
    "run",
    "report",
    "calibrate",
    "list",
    "validate",
    "schema",
    "show",
    "logprobs",
    "generate",
    "attack",
    "lab",
    "verify",
    "lab train",
];

/// A small finished run in `run`.
fn small_run() -> Folder {
    let folder = Folder::new();
    let models = ["--model", "builtin:perturbed", "--baseline", "builtin:standard"];
    let run = ["run", "hubble", "--task", "passages-*", "--limit", "12", "--out", "run"];
    folder.run(&[&run[..], &models].concat()).with_code(0);
    folder
}

fn call(arguments: &[&str]) -> Ended {
    Folder::new().run(arguments)
}

#[test]
fn every_command_explains_itself() {
    for command in COMMANDS {
        let words: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let ended = call(&words).with_code(0);
        assert!(ended.stdout.contains(&format!("Usage: mnemoscope {command}")), "{command}: {}", ended.stdout);
        assert_eq!(ended.stderr, "");
    }
    let all = call(&["--help"]).with_code(0).stdout;
    for command in &COMMANDS[..12] {
        assert!(
            all.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))),
            "{command} is not in {all}"
        );
    }
}

#[test]
fn the_version_is_that_of_the_package() {
    assert_eq!(call(&["--version"]).with_code(0).stdout, format!("mnemoscope {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_slip_in_a_command_line_is_a_usage_error_on_stderr() {
    for arguments in [&["rum"][..], &["run", "hubble", "--modle", "x"], &["list", "suits"], &[]] {
        let ended = call(arguments).with_code(2);
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{arguments:?}");
    }
    call(&["rum"]).telling(&["'run'"]);
    call(&["run", "hubble", "--modle", "x"]).telling(&["'--model'"]);
}

#[test]
fn nothing_but_text_is_printed_where_no_terminal_is() {
    let folder = small_run();
    let calls: [&[&str]; 8] = [
        &["--help"],
        &["run", "--help"],
        &["run", "--modle"],
        &["list", "metrics"],
        &["show", "run", "passage-0000"],
        &["report", "run"],
        &["run", "--resume", "run"],
        &["run", "hubble", "--model", "builtin:none"],
    ];
    for arguments in calls {
        let ended = folder.run(arguments);
        let all = format!("{}{}", ended.stdout, ended.stderr);
        assert!(!all.is_empty());
        assert_eq!(obeyed_by_terminals(&all), "", "{arguments:?}: {all:?}");
    }
}

#[test]
fn every_list_has_rows_for_people_and_for_scripts() {
    let known = [
        ("suites", "suite", "hubble"),
        ("tasks", "task", "passages-verbatim"),
        ("models", "model", "builtin:perturbed"),
        ("metrics", "metric", "exact_match"),
        ("attacks", "attack", "min_k_pp"),
        ("tests", "test", "mcnemar_midp"),
        ("probes", "probe", "extract"),
        ("agents", "agent", "bm25"),
    ];
    for (what, column, entry) in known {
        let table = call(&["list", what]).with_code(0).stdout;
        assert!(table.lines().next().is_some_and(|header| header.contains(column)), "{table}");
        assert!(table.contains(entry), "{entry} is not in {table}");
        let rows = call(&["list", what, "--json"]).with_code(0).json();
        assert_eq!(list(&rows).len(), table.lines().count() - 1, "{what}");
        assert!(list(&rows).iter().any(|row| row[column] == entry), "{entry} is not in {rows}");
        assert!(list(&rows).iter().all(|row| row.as_object().is_some_and(|row| row.values().all(Value::is_string))));
    }
}

#[test]
fn the_shipped_suite_has_no_fault() {
    call(&["validate", "hubble"]).with_code(0).telling(&["hubble", "no fault"]);
    let listed = call(&["validate", "hubble", "--json"]).with_code(0).json();
    assert_eq!((&listed[0]["valid"], &listed[0]["problems"]), (&json!(true), &json!([])));
    assert_eq!(listed[0]["hash"].as_str().map(str::len), Some(64));
}

#[test]
fn the_schemas_are_json_schemas_of_what_is_written() {
    let suite = call(&["schema", "suite"]).with_code(0).json();
    assert!(suite["$schema"].as_str().is_some_and(|url| url.contains("json-schema.org")), "{}", suite["$schema"]);
    for key in ["name", "data", "task", "statistics", "figure"] {
        assert!(suite["properties"].get(key).is_some(), "{key} is no property");
    }
    assert!(list(&suite["required"]).contains(&json!("name")));
    let results = call(&["schema", "results"]).with_code(0).json();
    let folder = small_run();
    let written = folder.json("run/results.json");
    for key in written.as_object().expect("an object").keys() {
        assert!(results["properties"].get(key).is_some(), "{key} is no property");
    }
}

#[test]
fn an_item_is_shown_with_prompt_answer_and_scores() {
    let folder = small_run();
    let text = folder.run(&["show", "run", "passages-verbatim/passage-0000"]).with_code(0).stdout;
    for words in ["hubble / passages-verbatim / passage-0000", "prompt", "reply", "expected", "exact_match", "rougeL_f"]
    {
        assert!(text.contains(words), "{words} is not in {text}");
    }
    let shown = folder.run(&["show", "run", "passage-0000", "--json"]).with_code(0).json();
    let places: Vec<(&Value, &Value)> = list(&shown).iter().map(|item| (&item["task"], &item["model"])).collect();
    assert_eq!(places.len(), 4, "two tasks and two models: {places:?}");
    assert!(list(&shown).iter().all(|item| item["item"] == "passage-0000" && !list(&item["scores"]).is_empty()));
    let cell = folder.run(&["show", "run/cells/hubble/builtin-standard", "passage-0000", "--json"]).with_code(0).json();
    assert_eq!(list(&cell).len(), 2);
}

#[test]
fn the_scores_that_are_shown_are_those_of_the_answer() {
    let folder = small_run();
    let shown = folder.run(&["show", "run", "passages-membership/passage-0003", "--json"]).with_code(0).json();
    for item in list(&shown) {
        let logprobs = list(&item["outcome"]["answer"]["logprobs"]);
        let mean = logprobs.iter().map(number).sum::<f64>() / logprobs.len() as f64;
        let loss = list(&item["scores"]).iter().find(|score| score["metric"] == "loss").expect("a loss");
        assert!((number(&loss["value"]) - mean).abs() < 1e-6, "{loss} is not {mean}");
    }
}

#[test]
fn an_item_that_is_not_there_matches_nothing_and_the_nearest_is_named() {
    let folder = small_run();
    folder.run(&["show", "run", "passage-000"]).with_code(4).telling(&["no item `passage-000`", "passage-0000"]);
    folder.run(&["show", "run", "poem"]).with_code(4).telling(&["items.parquet"]);
    folder.run(&["show", "nowhere", "poem"]).with_code(2).telling(&["nowhere", "there is no run.json in it"]);
}

#[test]
fn hostile_text_of_a_run_does_not_reach_the_terminal() {
    let folder = Folder::new();
    let hostile = "\u{1b}]0;owned\u{7} \u{1b}[2J\u{9b}31m the \u{8}\u{202e}harbour clerk\r wrote ".repeat(4);
    let row = |n: usize| json!({"id": format!("item{n}\u{1b}[2J"), "text": hostile, "meta": "{\"duplicates\": 1}"});
    folder.write("data/passages_gutenberg_unpopular_nodup.jsonl", json_lines(&[row(1), row(2)]));
    let run = [
        "run",
        "hubble",
        "--task",
        "passages-verbatim",
        "--size",
        "data",
        "--model",
        "builtin:perturbed",
        "--out",
        "run",
    ];
    let ended = folder.run(&run).with_code(0);
    assert_eq!(obeyed_by_terminals(&ended.stderr), "");
    let shown = folder.run(&["show", "run", "item1\u{1b}[2J"]).with_code(0);
    assert!(shown.stdout.contains("harbour clerk"), "{:?}", shown.stdout);
    assert_eq!(obeyed_by_terminals(&shown.stdout), "");
    assert!(!shown.stdout.contains('\u{202e}'), "the reading direction is turned");
    let near = folder.run(&["show", "run", "item3\u{1b}[2J"]).with_code(4);
    assert_eq!(obeyed_by_terminals(&near.stderr), "");
    let json = folder.run(&["show", "run", "item1\u{1b}[2J", "--json"]).with_code(0);
    assert_eq!(json.json()[0]["item"], "item1\u{1b}[2J", "scripts get the id as it is");
    assert!(!json.stdout.contains('\u{1b}'));
}

#[test]
fn a_report_is_written_again_from_the_results() {
    let folder = small_run();
    let ended = folder.run(&["report", "run", "--format", "html,md", "--out", "again"]).with_code(0);
    let written: Vec<&str> = ended.stdout.lines().collect();
    assert!(written.contains(&"again/card.html") && written.contains(&"again/card.md"), "{written:?}");
    assert!(written.iter().all(|path| folder.path(path).is_file()));
    assert!(!folder.path("again/tables/metrics.csv").exists() && !folder.path("again/tables/models.tex").exists());
    assert!(folder.bytes("again/card.html") == folder.bytes("run/report/card.html"), "the card differs");
    let listed = folder.run(&["report", "run", "--format", "csv,json", "--out", "more", "--json"]).with_code(0).json();
    assert!(list(&listed).contains(&json!("more/tables/metrics.csv")), "{listed}");
    assert!(folder.bytes("more/results.json") == folder.bytes("run/results.json"));
}

#[test]
fn a_report_of_something_else_is_refused() {
    let folder = small_run();
    folder.run(&["report", "nowhere"]).with_code(2).telling(&["nowhere", "there is no run.json in it"]);
    folder.run(&["report", "run", "--format", "junit"]).with_code(2).telling(&["junit is not in this build yet"]);
    folder.run(&["report", "run", "--format", "pdf"]).with_code(2).telling(&["html", "latex"]);
    std::fs::remove_file(folder.path("run/results.json")).expect("the results");
    folder.run(&["report", "run"]).with_code(2).telling(&["run/results.json"]);
}

#[test]
fn quiet_calls_keep_their_output_and_their_errors() {
    let folder = Folder::new();
    let run =
        ["run", "hubble", "--task", "passages-verbatim", "--limit", "2", "--model", "builtin:standard", "--out", "run"];
    let ended = folder.run(&[&run[..], &["--quiet"]].concat()).with_code(0);
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("run\n", ""));
    folder.run(&[&run[..], &["--quiet"]].concat()).with_code(2).telling(&["already holds a run"]);
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = Folder::new();
    let rows: Vec<Value> =
        (0..400).map(|n| json!({"id": n, "text": "At dawn the archer turned twenty drums"})).collect();
    folder.write("texts.jsonl", json_lines(&rows));
    folder.copy(&golden("local-models/llama"), "model");
    let mut running = folder.start(&["logprobs", "--model", "model", "--in", "texts.jsonl"]);
    running.close_stdout();
    let ended = running.end().with_code(0);
    assert!(ended.stderr.contains("nobody reads stdout any more"), "{}", ended.stderr);
}
