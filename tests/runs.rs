//! The run folder: what is in it, and that neither threads, shards nor replays change its numbers.

use std::collections::BTreeMap;

use mnemoscope::record::{ItemRow, RunFolder};
use serde_json::{Value, json};

use crate::support::{Folder, json_lines, list, number, obeyed_by_terminals, repository};

pub const MODELS: [&str; 4] = ["--model", "builtin:perturbed", "--baseline", "builtin:standard"];

/// `run hubble` over the passages, with and without word-for-word continuation: journal, segments and all statistics.
pub fn passages<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "hubble", "--task", "passages-*", "--limit", "20", "--out", out][..], &MODELS, more].concat()
}

/// The cheapest run with a model under test and a baseline.
pub fn verbatim<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["run", "hubble", "--task", "passages-verbatim", "--limit", "20", "--out", out][..], &MODELS, more].concat()
}

/// The card without its section on times, places and command lines.
fn without_provenance(card: &str) -> String {
    let (before, rest) = card.split_once("<section id=\"provenance\"").expect("a section on provenance");
    let (_, after) = rest.split_once("</section>").expect("an end of the section");
    assert!(!after.contains("id=\"provenance\""));
    format!("{before}{after}")
}

/// Everything that must be equal for equal inputs.
pub fn numbers_of(folder: &Folder, run: &str) -> [Vec<u8>; 3] {
    let card = without_provenance(&folder.read(&format!("{run}/report/card.html")));
    [folder.bytes(&format!("{run}/results.json")), folder.bytes(&format!("{run}/items.parquet")), card.into_bytes()]
}

#[track_caller]
pub fn assert_same_numbers(folder: &Folder, a: &str, b: &str) {
    for (what, (a, b)) in ["results.json", "items.parquet", "card.html"]
        .iter()
        .zip(numbers_of(folder, a).iter().zip(&numbers_of(folder, b)))
    {
        // Not assert_eq: two binary files would be printed.
        assert!(a == b, "{what} differs");
    }
}

/// (task, metric, copies) -> row of the results, of one model.
fn metrics_of<'a>(results: &'a Value, model: &str) -> BTreeMap<(String, String, String), &'a Value> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let rows = list(&results["suites"][0]["metrics"]).iter().filter(|row| row["model"] == model);
    rows.map(|row| ((text(&row["task"]), text(&row["metric"]), row["slice"]["copies"].to_string()), row)).collect()
}

/// Items with and without a value, over all doses of a metric.
fn counts_of(results: &Value, model: &str, metric: &str) -> (f64, f64) {
    let metrics = metrics_of(results, model);
    let rows: Vec<&&Value> = metrics.iter().filter(|((_, name, _), _)| name == metric).map(|(_, row)| row).collect();
    assert!(!rows.is_empty(), "no {metric} of {model}");
    let sum = |field: &str| rows.iter().map(|row| number(&row[field])).sum();
    (sum("n"), sum("n_missing"))
}

fn rows_of_run(folder: &Folder, run: &str) -> Vec<ItemRow> {
    RunFolder::open(&folder.path(run)).expect("a run").read_items().expect("the items of a run")
}

#[test]
fn a_run_leaves_the_files_that_other_programs_read() {
    let folder = Folder::new();
    let ended = folder.run(&passages("run", &[])).with_code(0);
    assert_eq!(ended.stdout, "run\n");
    let files = folder.files();
    for expected in [
        "run/run.json",
        "run/results.json",
        "run/items.parquet",
        "run/cells/hubble/builtin-perturbed/journal.jsonl",
        "run/cells/hubble/builtin-perturbed/tokens/000000.parquet",
        "run/cells/hubble/builtin-standard/journal.jsonl",
        "run/report/card.html",
        "run/report/card.md",
        "run/report/tables/metrics.csv",
        "run/report/tables/models.tex",
        "run/report/figures/run-health.svg",
    ] {
        assert!(files.iter().any(|file| file == expected), "{expected} is not in {files:?}");
    }
    assert!(files.iter().all(|file| file.starts_with("run/") && !file.contains("tmp")), "{files:?}");
}

#[test]
fn the_results_hold_the_numbers_with_their_counts_and_no_path() {
    let folder = Folder::new();
    folder.run(&passages("run", &[])).with_code(0);
    let results = folder.json("run/results.json");
    assert_eq!(results["schema"], 6);
    let suite = &results["suites"][0];
    assert_eq!((&suite["suite"], &suite["size"]), (&json!("hubble"), &json!("builtin")));
    assert_eq!(suite["partial"], "partial: 20 of 700");
    let roles: Vec<&Value> = list(&suite["models"]).iter().map(|model| &model["role"]).collect();
    assert_eq!(roles, ["model", "baseline"]);
    for model in ["builtin-perturbed", "builtin-standard"] {
        assert_eq!(counts_of(&results, model, "exact_match"), (20.0, 0.0));
        for ((_, metric, _), row) in metrics_of(&results, model) {
            // Without a number there is a word for why.
            assert!(row["value"].is_number() || !list(&row["flags"]).is_empty(), "{row}");
            if metric == "exact_match" {
                assert!((0.0..=1.0).contains(&number(&row["value"])) && row["interval"].is_object(), "{row}");
            }
        }
        let health = list(&suite["health"]).iter().filter(|row| row["model"] == model);
        assert_eq!(health.map(|row| number(&row["answered"])).collect::<Vec<_>>(), [20.0, 20.0]);
    }
    let here = folder.path("").to_string_lossy().into_owned();
    for text in [folder.read("run/results.json"), without_provenance(&folder.read("run/report/card.html"))] {
        assert!(!text.contains(here.trim_end_matches('/')), "a path of this machine stands in the results");
    }
}

#[test]
fn neither_threads_nor_a_second_run_change_a_byte_of_the_numbers() {
    let folder = Folder::new();
    folder.run(&passages("one", &["--threads", "1"])).with_code(0);
    folder.run(&passages("two", &["--threads", "2"])).with_code(0);
    folder.run(&passages("again", &["--threads", "2"])).with_code(0);
    assert_same_numbers(&folder, "one", "two");
    assert_same_numbers(&folder, "two", "again");
}

#[test]
fn another_seed_changes_intervals_and_no_estimate() {
    let folder = Folder::new();
    folder.run(&verbatim("one", &["--seed", "1"])).with_code(0);
    folder.run(&verbatim("two", &["--seed", "2"])).with_code(0);
    let (one, two) = (folder.json("one/results.json"), folder.json("two/results.json"));
    assert_eq!((&one["seed"], &two["seed"]), (&json!(1), &json!(2)));
    let (one, two) = (metrics_of(&one, "builtin-perturbed"), metrics_of(&two, "builtin-perturbed"));
    assert!(one.iter().all(|(key, row)| row["value"] == two[key]["value"]));
    assert!(one.iter().any(|(key, row)| row["interval"] != two[key]["interval"]), "no interval is drawn at random");
}

#[test]
fn a_second_run_into_the_same_folder_is_refused_with_both_ways_out() {
    let folder = Folder::new();
    folder.run(&verbatim("run", &[])).with_code(0);
    let before = folder.bytes("run/results.json");
    folder.run(&verbatim("run", &[])).with_code(2).telling(&["already holds a run", "--resume run", "another --out"]);
    assert!(folder.bytes("run/results.json") == before);
}

#[test]
fn a_replay_gives_the_same_numbers_when_the_model_is_gone() {
    let folder = Folder::new();
    folder.checkpoint("model");
    let tasks = ["run", "hubble", "--task", "passages-*", "--limit", "8"];
    folder.run(&[&tasks[..], &["--model", "./model", "--out", "asked"]].concat()).with_code(0);
    std::fs::remove_dir_all(folder.path("model")).expect("the checkpoint");
    folder.run(&[&tasks[..], &["--model", "replay:asked", "--out", "replayed"]].concat()).with_code(0);
    let (asked, replayed) = (folder.json("asked/results.json"), folder.json("replayed/results.json"));
    let slug = |results: &Value| results["suites"][0]["models"][0]["slug"].as_str().expect("a slug").to_owned();
    let (asked, replayed) = (metrics_of(&asked, &slug(&asked)), metrics_of(&replayed, &slug(&replayed)));
    assert!(!asked.is_empty());
    assert_eq!(asked.keys().collect::<Vec<_>>(), replayed.keys().collect::<Vec<_>>());
    for (key, row) in asked {
        for field in ["value", "n", "n_missing", "interval", "flags"] {
            assert_eq!(row[field], replayed[&key][field], "{field} of {key:?}");
        }
    }
}

#[test]
fn questions_that_a_replayed_run_never_asked_are_errors_that_are_counted() {
    let folder = Folder::new();
    let start = ["run", "hubble", "--task", "passages-verbatim"];
    folder
        .run(&[&start[..], &["--limit", "5", "--model", "builtin:perturbed", "--out", "asked"]].concat())
        .with_code(0);
    let replay = [&start[..], &["--limit", "8", "--model", "replay:asked", "--out", "replayed"]].concat();
    folder.run(&replay).with_code(3);
    let results = folder.json("replayed/results.json");
    let health = &results["suites"][0]["health"][0];
    assert_eq!((number(&health["answered"]), number(&health["error"])), (5.0, 3.0));
    let slug = results["suites"][0]["models"][0]["slug"].as_str().expect("a slug");
    assert_eq!(counts_of(&results, slug, "exact_match"), (5.0, 3.0));
    let holes: Vec<ItemRow> = rows_of_run(&folder, "replayed").into_iter().filter(|row| row.value.is_none()).collect();
    assert!(!holes.is_empty() && holes.iter().all(|row| row.flags == ["not_recorded"]), "{holes:?}");
    let counts = &folder.json("replayed/run.json")["counts"];
    assert_eq!((&counts["planned"], &counts["answered"], &counts["failed"]), (&json!(8), &json!(5), &json!(3)));
}

#[test]
fn a_run_of_another_suite_or_with_two_models_cannot_be_replayed_as_one() {
    let folder = Folder::new();
    let start = ["run", "hubble", "--task", "passages-verbatim", "--limit", "4"];
    let two = ["--model", "builtin:perturbed", "--model", "builtin:standard", "--out", "two"];
    folder.run(&[&start[..], &two].concat()).with_code(0);
    let ended = folder.run(&[&start[..], &["--model", "replay:two", "--out", "replayed"]].concat());
    ended.with_code(2).telling(&["2 models under test", "cells/"]);
    let cell = "replay:two/cells/hubble/builtin-standard";
    folder.run(&[&start[..], &["--model", cell, "--out", "replayed"]].concat()).with_code(0);
    let values = |run: &str, metrics: &str| -> Vec<Value> {
        let results = folder.json(&format!("{run}/results.json"));
        metrics_of(&results, metrics).values().map(|row| row["value"].clone()).collect()
    };
    assert_eq!(values("two", "builtin-standard"), values("replayed", "builtin-standard"));
}

#[test]
fn the_shards_of_a_run_hold_every_item_once_with_the_value_of_the_whole_run() {
    let folder = Folder::new();
    folder.run(&passages("whole", &[])).with_code(0);
    folder.run(&passages("first", &["--shard", "1/2"])).with_code(0);
    folder.run(&passages("second", &["--shard", "2/2"])).with_code(0);
    let whole = rows_of_run(&folder, "whole");
    let (first, second) = (rows_of_run(&folder, "first"), rows_of_run(&folder, "second"));
    assert!(!first.is_empty() && !second.is_empty());
    let key = |row: &ItemRow| (row.task.clone(), row.item_id.clone(), row.model.clone(), row.metric.clone());
    let mut together: Vec<ItemRow> = first.into_iter().chain(second).collect();
    together.sort_by_key(key);
    let mut whole = whole;
    whole.sort_by_key(key);
    assert_eq!(together, whole);
    let partial = &folder.json("first/results.json")["suites"][0]["partial"];
    assert!(partial.as_str().is_some_and(|words| words.starts_with("partial: ")), "{partial}");
}

#[test]
fn a_dry_run_says_what_it_would_ask_and_writes_nothing() {
    let folder = Folder::new();
    let ended =
        folder.run(&verbatim("run", &["--dry-run"])).with_code(0).telling(&["40 answers in all; nothing was asked"]);
    assert!(
        ended.stdout.contains("passages-verbatim") && ended.stdout.contains("builtin-standard"),
        "{}",
        ended.stdout
    );
    let plan = folder.run(&verbatim("run", &["--dry-run", "--json"])).with_code(0).json();
    assert_eq!(plan["planned"], 40);
    assert_eq!(list(&plan["tasks"]).len(), 2);
    folder.run(&["run", "hubble", "--model", "builtin:standard", "--dry-run"]).with_code(0);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn without_a_place_to_write_to_a_run_makes_its_own_below_runs() {
    let folder = Folder::new();
    let ended =
        folder.run(&["run", "hubble", "--task", "passages-verbatim", "--limit", "2", "--model", "builtin:standard"]);
    let ended = ended.with_code(0);
    let made = ended.stdout.trim_end();
    assert!(made.starts_with("runs/") && made.ends_with("-hubble"), "{made}");
    assert_eq!(folder.json(&format!("{made}/results.json"))["schema"], 6);
}

/// A folder in upstream's layout, with `n` passages of the builtin data.
pub fn passages_folder(folder: &Folder, n: usize) {
    let text = std::fs::read_to_string(repository("datasets/builtin/hubble/passages.jsonl"));
    let text: String = text.expect("builtin data").lines().take(n).map(|line| format!("{line}\n")).collect();
    folder.write("data/passages_gutenberg_unpopular_nodup.jsonl", text);
}

#[test]
fn only_a_run_over_all_items_is_not_marked_as_partial() {
    let folder = Folder::new();
    passages_folder(&folder, 3);
    let start = ["run", "hubble", "--task", "passages-verbatim", "--size", "data", "--model", "builtin:perturbed"];
    folder.run(&[&start[..], &["--out", "all"]].concat()).with_code(0);
    folder.run(&[&start[..], &["--limit", "2", "--out", "some"]].concat()).with_code(0);
    for (run, partial) in [("all", None), ("some", Some("partial: 2 of 3"))] {
        assert_eq!(folder.json(&format!("{run}/results.json"))["suites"][0]["partial"], json!(partial));
        for card in ["card.html", "card.md"] {
            let card = folder.read(&format!("{run}/report/{card}"));
            assert_eq!(card.contains("partial: 2 of 3"), partial.is_some(), "{run}: {card}");
        }
    }
}

#[test]
fn text_of_data_and_models_is_no_markup_on_the_card() {
    let folder = Folder::new();
    let hostile = "<script>alert(1)</script> \u{1b}[31mred\u{9b}2J \u{202e}desrever </section> </script><img src=x> ";
    let rows: Vec<Value> = (0..4)
        .map(|n| json!({"id": format!("<b>{n}"), "text": hostile.repeat(4), "meta": format!("{{\"duplicates\": {}}}", n % 2 * 64)}))
        .collect();
    folder.write("data/passages_gutenberg_unpopular_nodup.jsonl", json_lines(&rows));
    let start = ["run", "hubble", "--task", "passages-*", "--size", "data", "--out", "run"];
    folder.run(&[&start[..], &MODELS].concat()).with_code(0);
    let page = folder.read("run/report/card.html");
    assert!(!page.contains("<script>alert") && !page.contains("<img src=x") && !page.contains("<b>1"));
    assert_eq!(obeyed_by_terminals(&page), "");
    assert_eq!(obeyed_by_terminals(&folder.read("run/report/card.md")), "");
}

#[test]
fn texts_too_short_for_min_k_are_counted_in_the_method_box() {
    let folder = Folder::new();
    let row =
        |id: &str, text: &str, copies: u32| json!({"id": id, "text": text, "meta": json!({"duplicates": copies})});
    let rows = [row("a", "A b", 1), row("b", "The lamp", 0), row("c", "The oak", 0)];
    folder.write("data/passages_gutenberg_unpopular_nodup.jsonl", json_lines(&rows));
    let task = ["--task", "passages-membership", "--size", "data", "--out", "run"];
    folder.run(&[&["run", "hubble", "--model", "builtin:standard"][..], &task].concat()).with_code(0);
    let methods = folder.json("run/results.json")["suites"][0]["methods"].to_string();
    assert!(methods.contains("item scores are of texts so short"), "{methods}");
}
