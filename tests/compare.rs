//! `mnemoscope compare`: pairs by item, one test for each metric, and what may not be compared.

use mnemoscope::record::read_items;
use polars::prelude::{ParquetReader, ParquetWriter, SerReader};
use serde_json::{Value, json};

use crate::support::{Folder, list, number};

/// Runs `a` (the perturbed model on 20 items) and `b` (the standard one on 12).
fn pair() -> Folder {
    let folder = Folder::new();
    for (out, model, limit) in [("a", "builtin:perturbed", "20"), ("b", "builtin:standard", "12")] {
        run(&folder, out, &[model], limit);
    }
    folder
}

fn run(folder: &Folder, out: &str, models: &[&str], limit: &str) {
    let models: Vec<&str> = models.iter().flat_map(|model| ["--model", model]).collect();
    let start = ["run", "hubble", "--task", "passages-verbatim", "--limit", limit, "--out", out];
    folder.run(&[&start[..], &models].concat()).with_code(0);
}

/// The comparisons of the only suite.
fn comparisons(comparison: &Value) -> &[Value] {
    list(&comparison["suites"][0]["comparisons"])
}

#[test]
fn runs_are_joined_by_item_and_a_side_without_an_answer_is_counted() {
    let folder = pair();
    let found = folder.run(&["compare", "a", "b", "--allow-partial", "--json"]).with_code(0).json();
    let swapped = folder.run(&["compare", "b", "a", "--allow-partial", "--json"]).with_code(0).json();
    let items = |run: &str| {
        let rows = read_items(&folder.path(&format!("{run}/items.parquet"))).unwrap();
        let answered = rows.into_iter().filter(|row| row.metric == "exact_match" && row.value.is_some());
        answered.map(|row| row.item_id).collect::<Vec<String>>()
    };
    let (of_a, of_b) = (items("a"), items("b"));
    let shared = of_a.iter().filter(|item| of_b.contains(item)).count();
    let sum = |field: &str| -> f64 {
        let rows = comparisons(&found).iter().filter(|row| row["metric"] == "exact_match");
        rows.map(|row| number(&row[field])).sum()
    };
    assert!(shared > 0 && shared < of_a.len());
    assert_eq!(sum("n_pairs"), shared as f64);
    assert_eq!(sum("n_only_a"), (of_a.len() - shared) as f64);
    assert_eq!(sum("n_only_b"), (of_b.len() - shared) as f64);
    for (row, back) in comparisons(&found).iter().zip(comparisons(&swapped)) {
        assert_eq!(row["p_value"], back["p_value"], "{row}");
        assert!((number(&row["difference"]) + number(&back["difference"])).abs() < 1e-12);
        assert_eq!((&row["n_only_a"], &row["wins"]), (&back["n_only_b"], &back["losses"]));
        let pairs = ["wins", "ties", "losses"].iter().map(|field| number(&row[*field])).sum::<f64>();
        assert_eq!(pairs, number(&row["n_pairs"]), "{row}");
        assert!(number(&row["p_adjusted"]) >= number(&row["p_value"]));
        let is_rate = row["metric"] == "exact_match";
        assert!(!is_rate || number(&row["p_exact"]) >= number(&row["p_value"]), "{row}");
        assert!(number(&row["n_pairs"]) < 2.0 || number(&row["standard_error"]) >= 0.0, "{row}");
    }
}

#[test]
fn runs_that_share_too_few_items_are_not_compared_unless_asked() {
    let folder = pair();
    let ended = folder.run(&["compare", "a", "b"]).with_code(2);
    ended.telling(&["passages-verbatim/exact_match", "are answered in both runs", "--allow-partial"]);
}

#[test]
fn the_family_is_what_is_shown() {
    let folder = pair();
    let one = folder.run(&["compare", "a", "b", "--allow-partial", "--metric", "exact*", "--json"]).with_code(0).json();
    let n = comparisons(&one).len();
    assert!(n > 0 && comparisons(&one).iter().all(|row| row["metric"] == "exact_match"));
    assert_eq!(one["family"], json!(format!("{n} comparisons (metric exact*)")));
    let same = folder
        .run(&["compare", "a", "b", "--allow-partial", "--metric", "passages-verbatim/exact_match", "--json"])
        .with_code(0);
    assert_eq!(comparisons(&same.json()).len(), n);
    let ended = folder.run(&["compare", "a", "b", "--allow-partial", "--metric", "nope"]).with_code(4);
    ended.telling(&["no metric matches nope", "exact_match", "rougeL_f"]);
}

#[test]
fn every_form_carries_the_same_numbers() {
    let folder = pair();
    let text = folder.run(&["compare", "a", "b", "--allow-partial"]).with_code(0).stdout;
    for told in
        ["builtin:perturbed", "builtin:standard", "Holm", "Intervals at 95", "matched_prefix", "limited to 20 items"]
    {
        assert!(text.contains(told), "{told} in {text}");
    }
    let markdown = folder.run(&["compare", "a", "b", "--allow-partial", "--format", "md"]).with_code(0).stdout;
    let rows = markdown.lines().filter(|line| line.starts_with('|')).count();
    let n = comparisons(&folder.run(&["compare", "a", "b", "--allow-partial", "--json"]).with_code(0).json()).len();
    assert!(rows >= n + 2, "{markdown}");
    let latex = folder.run(&["compare", "a", "b", "--allow-partial", "--format", "latex"]).with_code(0).stdout;
    assert!(latex.contains("\\toprule") && latex.contains("McNemar mid-p"), "{latex}");
    folder.run(&["compare", "a", "b", "--allow-partial", "--format", "json", "--out", "comparison.json"]).with_code(0);
    let written = folder.json("comparison.json");
    assert_eq!(comparisons(&written).len(), n);
    assert_eq!(written["seed"], json!(20_240_613));
}

#[test]
fn the_same_comparison_gives_the_same_bytes_again() {
    let folder = pair();
    let once = folder.run(&["compare", "a", "b", "--allow-partial", "--json", "--seed", "5"]).with_code(0).stdout;
    assert_eq!(
        once,
        folder.run(&["compare", "a", "b", "--allow-partial", "--json", "--seed", "5"]).with_code(0).stdout
    );
    // Another seed moves the bootstrap's limits, and nothing that is not drawn.
    let other = folder.run(&["compare", "a", "b", "--allow-partial", "--json", "--seed", "6"]).with_code(0).json();
    let once: Value = serde_json::from_str(&once).unwrap();
    let of = |found: &Value, field: &str| comparisons(found).iter().map(|row| row[field].clone()).collect::<Vec<_>>();
    assert_ne!(of(&once, "interval"), of(&other, "interval"));
    assert_eq!(of(&once, "difference"), of(&other, "difference"));
}

#[test]
fn a_margin_gives_every_comparison_an_outcome() {
    let folder = pair();
    let arguments = ["compare", "a", "b", "--allow-partial", "--margin", "0.05", "--lower-is-better", "--json"];
    let found = folder.run(&arguments).with_code(0).json();
    for row in comparisons(&found) {
        let outcome = row["margin"]["outcome"].as_str();
        let known = ["superior", "non_inferior", "equivalent", "inconclusive", "worse"];
        assert!(outcome.is_none_or(|outcome| known.contains(&outcome)), "{row}");
    }
    let told = |row: &&Value| row["margin"]["outcome"].is_string();
    assert!(comparisons(&found).iter().any(|row| told(&row)), "{found}");
    folder.run(&["compare", "a", "b", "--allow-partial", "--lower-is-better"]).with_code(2).telling(&["--margin"]);
}

#[test]
fn settings_out_of_range_are_refused() {
    let folder = Folder::new();
    for (setting, value, word) in [
        ("--margin", "0", "above 0"),
        ("--margin", "-1", "above 0"),
        ("--margin", "NaN", "above 0"),
        ("--level", "1.5", "1.5"),
        ("--level", "0", "above 0.5"),
        ("--resamples", "1", "2"),
        ("--adjust", "none", "holm"),
    ] {
        let given = format!("{setting}={value}");
        folder.run(&["compare", "a", "b", "--allow-partial", &given]).with_code(2).telling(&[setting, word]);
    }
}

#[test]
fn a_cell_stands_for_its_model_and_several_models_must_be_named() {
    let folder = Folder::new();
    run(&folder, "two", &["builtin:perturbed", "builtin:standard"], "12");
    let cells = ["two/cells/hubble/builtin-perturbed", "two/cells/hubble/builtin-standard"];
    let found = folder.run(&["compare", cells[0], cells[1], "--json"]).with_code(0).json();
    assert_eq!((&found["a"]["name"], &found["b"]["name"]), (&json!("builtin:perturbed"), &json!("builtin:standard")));
    folder.run(&["compare", "two", cells[1]]).with_code(2).telling(&["2 models under test", "cells/"]);
    folder.run(&["compare", cells[0], cells[0]]).with_code(2).telling(&["same cell"]);
    folder.run(&["compare", "two/cells/hubble/none", cells[1]]).with_code(2);
}

#[test]
fn what_is_no_finished_run_is_refused() {
    let folder = pair();
    folder.run(&["compare", "a", "nowhere"]).with_code(2).telling(&["nowhere"]);
    std::fs::remove_file(folder.path("b/items.parquet")).unwrap();
    folder.run(&["compare", "a", "b", "--allow-partial"]).with_code(2).telling(&["not finished", "--resume"]);
    folder.write("b/items.parquet", "not parquet");
    folder.run(&["compare", "a", "b", "--allow-partial"]).with_code(2).telling(&["items.parquet"]);
}

#[test]
fn an_item_that_stands_twice_is_named_with_both_rows() {
    let folder = pair();
    // The record refuses to write such a file; another program may.
    let path = folder.path("a/items.parquet");
    let rows = read_items(&path).unwrap();
    let frame = ParquetReader::new(std::fs::File::open(&path).unwrap()).finish().unwrap();
    let mut twice = frame.vstack(&frame.slice(3, 1)).unwrap();
    ParquetWriter::new(std::fs::File::create(&path).unwrap()).finish(&mut twice).unwrap();
    let words = format!("rows 4 and {}", rows.len() + 1);
    folder.run(&["compare", "a", "b", "--allow-partial"]).with_code(2).telling(&[
        "stands twice",
        &rows[3].item_id,
        &words,
    ]);
}

#[test]
fn runs_that_asked_otherwise_are_not_compared() {
    let folder = pair();
    let refused = |what: &str, edit: &dyn Fn(&mut Value), words: &[&str]| {
        folder.copy(&folder.path("b"), what);
        folder.edit_json(&format!("{what}/run.json"), edit);
        folder.run(&["compare", "a", what, "--allow-partial"]).with_code(2).telling(words);
    };
    let suite = |value: &mut Value, field: &str, to: Value| value["plan"]["suites"][0][field] = to;
    refused("other", &|run| suite(run, "name", json!("copyright-traps")), &["share no suite", "copyright-traps"]);
    refused("size", &|run| suite(run, "size", json!("core")), &["hubble", "size", "core"]);
    let data = |run: &mut Value| run["plan"]["suites"][0]["data"][0]["sha256"] = json!("1".repeat(64));
    refused("data", &data, &["hubble", "passages", "same data"]);
    refused("changed", &|run| suite(run, "hash", json!("0".repeat(64))), &["hubble", "suite file"]);
}

#[test]
fn areas_are_compared_by_delong_and_few_members_are_told() {
    let folder = Folder::new();
    let start = ["run", "hubble", "--task", "passages-membership"];
    for (out, model) in [("a", "builtin:perturbed"), ("b", "builtin:standard")] {
        folder.run(&[&start[..], &["--limit", "60", "--model", model, "--out", out]].concat()).with_code(0);
    }
    let found =
        folder.run(&["compare", "a", "b", "--allow-partial", "--metric", "auc.loss", "--json"]).with_code(0).json();
    let rows = comparisons(&found);
    assert!(!rows.is_empty() && rows.iter().any(|row| row["p_value"].is_number()), "{found}");
    // With all items of one class there is no area, and the row says so.
    for row in rows.iter().filter(|row| row["difference"].is_number()) {
        let difference = number(&row["value_a"]) - number(&row["value_b"]);
        assert!((number(&row["difference"]) - difference).abs() < 1e-12);
    }
    let text = folder.run(&["compare", "a", "b", "--allow-partial", "--metric", "auc.loss"]).with_code(0).stdout;
    assert!(text.contains("Read with care") && text.contains("Fewer than 10 members"), "{text}");
}
