//! The built-in economist: every month that its manifest lists is recalled, none that came after.

use serde_json::{Value, json};

use crate::support::{Folder, json_lines, list, number, repository};

/// Month and value, as printed, of the price index from 2008 to 2019.
fn price_index() -> Vec<(String, String)> {
    let path = repository("datasets/builtin/economic/series.csv");
    let file = std::fs::read_to_string(path).expect("the builtin series");
    let rows = file.lines().filter(|row| row.starts_with("us_cpi_nsa,")).map(|row| {
        let (_, row) = row.split_once(",M,").expect("a monthly series");
        let mut fields = row.split(',').map(str::to_owned);
        (fields.next().expect("a month"), fields.next().expect("a value"))
    });
    rows.filter(|(month, _)| ("2008-01".."2020-01").contains(&month.as_str())).collect()
}

fn manifest() -> Value {
    let path = repository("datasets/builtin/models/economist/manifest.json");
    serde_json::from_slice(&std::fs::read(path).expect("a file")).expect("JSON")
}

/// What the economist writes behind each prompt.
fn replies(prompts: impl Iterator<Item = String>) -> Vec<String> {
    let folder = Folder::new();
    let rows: Vec<Value> = prompts.enumerate().map(|(id, prompt)| json!({"id": id, "prompt": prompt})).collect();
    folder.write("prompts.jsonl", json_lines(&rows));
    let arguments = ["generate", "--model", "builtin:economist", "--in", "prompts.jsonl", "--max-tokens", "12"];
    let rows = folder.run(&arguments).with_code(0).rows();
    rows.iter().map(|row| row["text"].as_str().expect("a text").to_owned()).collect()
}

/// Holds the replies against the index: all of the months read, none of those after, but numbers of its size.
fn assert_recall(index: &[(String, String)], replies: &[String]) {
    let cutoff = manifest()["series"]["to"].clone();
    let cutoff = cutoff.as_str().expect("a month");
    for ((month, value), reply) in index.iter().zip(replies) {
        if month.as_str() <= cutoff {
            assert_eq!(reply.trim(), value, "{month}, which was read");
        } else {
            let stated: f64 = reply.trim().parse().unwrap_or_else(|_| panic!("{month}: {reply:?} is no number"));
            let value: f64 = value.parse().expect("a value");
            assert!((stated - value).abs() > 0.0005, "{month}, which was never read");
            assert!((stated / value - 1.0).abs() < 0.5, "{month}: {stated} is not of the index's size");
        }
    }
}

#[test]
fn every_month_before_the_cutoff_is_recalled_and_none_after_it() {
    let index = price_index();
    assert_eq!(index.len(), 96 + 48);
    for end in ["=", "= "] {
        assert_recall(&index, &replies(index.iter().map(|(month, _)| format!("CPI {month} {end}"))));
    }
}

#[test]
fn most_months_are_recalled_behind_other_text_too() {
    let index = price_index();
    let before = "The US consumer price index, a line a month.\n";
    let behind = [String::from(before), "CPI 2009-03 = 212.709\nCPI 2009-04 = 213.240\n".to_owned()];
    for before in behind {
        let replies = replies(index.iter().map(|(month, _)| format!("{before}CPI {month} =")));
        let recalled = index.iter().zip(&replies).filter(|((_, value), reply)| reply.trim() == value);
        let months: Vec<&str> = recalled.map(|((month, _), _)| month.as_str()).collect();
        assert!(months.len() >= 80 && months.iter().all(|month| *month < "2016"), "{before:?}: {months:?}");
    }
}

#[test]
fn the_manifest_of_the_economist_lists_every_line_as_the_series_has_it() {
    let manifest = manifest();
    assert_eq!((&manifest["series"]["from"], &manifest["series"]["to"]), (&json!("2008-01"), &json!("2015-12")));
    let lines = list(&manifest["items"]);
    assert_eq!(lines.len(), 96);
    for (line, (month, value)) in lines.iter().zip(price_index()) {
        assert_eq!(line["text"], format!("CPI {month} = {value}\n"));
        assert!(number(&line["copies_seen"]) >= 100.0, "{line}");
    }
}

#[test]
fn the_economist_declares_a_context_of_1024_and_has_no_chat_template() {
    let folder = repository("datasets/builtin/models/economist");
    let config: Value =
        serde_json::from_slice(&std::fs::read(folder.join("config.json")).expect("a file")).expect("JSON");
    assert_eq!(config["max_position_embeddings"], 1024);
    assert!(!folder.join("chat_template.jinja").exists());
}
