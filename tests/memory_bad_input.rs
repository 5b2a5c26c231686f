//! Data that are not as the suites about memory agents need them: refused with place and advice, or counted.

use std::fs::File;

use polars::prelude::{Column, DataFrame, NamedFrom, ParquetReader, ParquetWriter, SerReader, Series};
use serde_json::{Value, json};

use crate::memory_runs::{builtin_rows, builtin_scenarios, column, items_of, memory_of, stale, suite_of};
use crate::support::{Ended, Folder, golden, json_lines, list};

/// Asks a folder of data about agents with `bm25`.
fn of_folder(folder: &Folder, more: &[&str]) -> Ended {
    let start = [
        "run",
        "memory-agent-bench",
        "--size",
        "data",
        "--model",
        "builtin:extractive",
        "--agent",
        "bm25",
        "--out",
        "run",
    ];
    folder.run(&[&start[..], more].concat())
}

/// The same of a file of one split.
#[track_caller]
fn of_rows(split: &str, rows: &[Value]) -> (Folder, Ended) {
    let folder = Folder::new();
    folder.write(&format!("data/{split}.jsonl"), json_lines(rows));
    let ended = of_folder(&folder, &[]);
    (folder, ended)
}

/// Nothing was asked.
#[track_caller]
fn refused((folder, ended): (Folder, Ended), words: &[&str]) {
    ended.with_code(2).telling(words);
    assert!(!folder.path("run").exists(), "a run was begun");
}

/// Two rows of short questions, the second one changed.
fn rows(change: impl FnOnce(&mut Value)) -> Vec<Value> {
    let mut rows = builtin_rows("Accurate_Retrieval");
    rows.truncate(2);
    change(&mut rows[1]);
    rows
}

#[test]
fn a_row_of_json_lines_with_a_fault_is_refused_with_file_row_and_field() {
    type Change = fn(&mut Value);
    let changes: [(Change, &str, &str); 7] = [
        (|row| row["context"] = json!(7), "`context`", "the number 7"),
        (|row| drop(row.as_object_mut().map(|row| row.remove("questions"))), "`questions`", "null"),
        (|row| row["questions"][1] = json!(""), "`questions[1]`", "something in it"),
        (|row| row["answers"][0] = json!([]), "`answers[0]`", "a list"),
        (|row| drop(row["answers"].as_array_mut().map(Vec::pop)), "`answers`", "a list of answers for each question"),
        (|row| row["metadata"] = json!("ruler_qa1_builtin"), "`metadata`", "an object with `source`"),
        (|row| row["metadata"]["source"] = Value::Null, "`metadata.source`", "null"),
    ];
    for (change, field, found) in changes {
        refused(of_rows("Accurate_Retrieval", &rows(change)), &["Accurate_Retrieval.jsonl", "row 2", field, found]);
    }
}

#[test]
fn a_line_that_is_no_json_is_refused_with_its_line() {
    let folder = Folder::new();
    folder.write("data/Accurate_Retrieval.jsonl", format!("{}{{\"context\": \n", json_lines(&rows(|_| ()))));
    let ended = of_folder(&folder, &[]);
    refused((folder, ended), &["Accurate_Retrieval.jsonl", "line 3"]);
}

#[test]
fn a_context_of_two_thousand_characters_is_refused_and_one_more_is_enough() {
    let cut = |n: usize| {
        rows(|row| row["context"] = json!(row["context"].as_str().expect("a text").chars().take(n).collect::<String>()))
    };
    let words = ["Accurate_Retrieval.jsonl", "row 2", "`ruler_qa1_builtin`", "2000 characters", "use a longer context"];
    refused(of_rows("Accurate_Retrieval", &cut(2000)), &words);
    of_rows("Accurate_Retrieval", &cut(2001)).1.with_code(0);
}

/// The golden Parquet file of short questions, changed.
#[track_caller]
fn of_parquet(change: impl FnOnce(DataFrame) -> DataFrame) -> (Folder, Ended) {
    const NAME: &str = "Accurate_Retrieval-00000-of-00001.parquet";
    let folder = Folder::new();
    let from = golden("memory-agent-bench/dataset/data").join(NAME);
    let table = ParquetReader::new(File::open(from).expect("a golden file")).finish().expect("a table");
    let mut table = change(table);
    folder.write(&format!("data/data/{NAME}"), "");
    let file = File::create(folder.path(&format!("data/data/{NAME}"))).expect("a file");
    ParquetWriter::new(file).finish(&mut table).expect("a Parquet file");
    let ended = of_folder(&folder, &["--task", "sh-qa"]);
    (folder, ended)
}

fn with_numbers(mut table: DataFrame, name: &str) -> DataFrame {
    let numbers: Vec<i64> = (0..).take(table.height()).collect();
    let column: Column = Series::new(name.into(), numbers).into();
    table.with_column(column).expect("a column of the same height");
    table
}

#[test]
fn parquet_as_it_is_on_the_hub_is_asked() {
    let (folder, ended) = of_parquet(|table| table);
    ended.with_code(0);
    assert_eq!(column(&memory_of(&folder, "run"), "builtin-extractive-bm25", "SH-QA")["n"], json!(3));
}

#[test]
fn parquet_without_a_column_is_refused_with_file_row_and_column() {
    for name in ["context", "questions", "answers", "metadata"] {
        let words = ["Accurate_Retrieval-00000-of-00001.parquet", "row 1", &format!("`{name}`")];
        refused(of_parquet(|table| table.drop(name).expect("a column")), &words);
    }
}

#[test]
fn parquet_with_a_column_of_another_type_is_refused_with_file_and_column() {
    for name in ["context", "questions", "metadata"] {
        let words = ["Accurate_Retrieval-00000-of-00001.parquet", name, "i64"];
        refused(of_parquet(|table| with_numbers(table, name)), &words);
    }
}

#[test]
fn a_file_that_is_no_parquet_is_refused_as_such() {
    let folder = Folder::new();
    folder.write("data/Accurate_Retrieval.parquet", "context,questions\n");
    let ended = of_folder(&folder, &[]);
    refused((folder, ended), &["Accurate_Retrieval.parquet", "no Parquet file"]);
}

#[test]
fn of_a_folder_with_some_splits_the_other_tasks_are_left_out_and_told() {
    let (folder, ended) = of_rows("Conflict_Resolution", &builtin_rows("Conflict_Resolution"));
    ended.with_code(0);
    let suite = suite_of(&folder, "run");
    let out: Vec<&str> = list(&suite["left_out"]).iter().filter_map(|out| out["task"].as_str()).collect();
    for task in ["sh-qa", "longmemeval", "recom", "summary", "detective"] {
        assert!(out.contains(&task), "{task} is not in {out:?}");
    }
    assert!(!out.contains(&"fc-sh") && !out.contains(&"fc-mh"), "{out:?}");
    assert!(suite["left_out"].to_string().contains("Accurate_Retrieval"), "{}", suite["left_out"]);
    let card = folder.read("run/report/card.md");
    assert!(card.contains("the folder has no"), "{card}");
    // A mean of which a part is missing is none.
    let memory = memory_of(&folder, "run");
    for row in list(&memory["competencies"]).iter().filter(|row| row["competency"] != "conflict-resolution") {
        assert_eq!(row["value"], Value::Null, "{row}");
    }
}

#[test]
fn a_folder_without_any_split_is_refused_with_the_files_that_it_lacks() {
    let folder = Folder::new();
    folder.write("data/other.txt", "");
    of_folder(&folder, &[]).with_code(4).telling(&["sh-qa", "the folder has no", "Accurate_Retrieval"]);
}

/// The split with labels and recommendations, and titles as given.
fn with_titles(titles: Option<&str>, more: &[&str]) -> (Folder, Ended) {
    let folder = Folder::new();
    folder.write("data/Test_Time_Learning.jsonl", json_lines(&builtin_rows("Test_Time_Learning")));
    if let Some(titles) = titles {
        folder.write("data/entity2id.json", titles);
    }
    let ended = of_folder(&folder, more);
    (folder, ended)
}

#[test]
fn recommendations_without_titles_are_left_out_and_told() {
    let (folder, ended) = with_titles(None, &[]);
    ended.with_code(0);
    let suite = suite_of(&folder, "run");
    let out = list(&suite["left_out"]).iter().find(|out| out["task"] == "recom").expect("recom is left out");
    assert!(out["reason"].as_str().expect("a reason").contains("entity2id.json"), "{out}");
    assert_eq!(list(&suite["memory"]["columns"]).len(), 1);
    with_titles(None, &["--task", "recom"]).1.with_code(4).telling(&["recom", "entity2id.json"]);
}

#[test]
fn titles_that_are_none_are_refused() {
    for garbage in ["", "not JSON", "[1, 2]", "{\"Film (1999)\": \"seven\"}", "{}"] {
        refused(with_titles(Some(garbage), &[]), &["entity2id.json", "fetch"]);
    }
}

#[test]
fn a_wanted_film_without_a_title_is_counted_and_no_zero() {
    let (folder, ended) = with_titles(Some("{\"Some Film (1999)\": 1}"), &["--task", "recom"]);
    ended.with_code(0);
    let rows = items_of(&folder, "run").into_iter().filter(|row| row.metric == "recsys_recall@5");
    assert!(
        rows.clone().count() > 0 && rows.clone().all(|row| row.value.is_none() && row.flags == ["cannot_be_scored"])
    );
}

/// Two scenarios, the second one changed, asked with nobody but `builtin:doubter`.
fn of_scenarios(change: impl FnOnce(&mut Value)) -> (Folder, Ended) {
    let mut scenarios = builtin_scenarios();
    scenarios.truncate(2);
    change(&mut scenarios[1]);
    let folder = Folder::new();
    folder.write("data/scenarios.json", json!(scenarios).to_string());
    let ended = folder.run(&stale("run", &["--model", "builtin:doubter", "--size", "data"]));
    (folder, ended)
}

#[test]
fn a_scenario_with_a_fault_is_refused_with_file_record_and_field() {
    type Change = fn(&mut Value);
    let changes: [(Change, &[&str]); 8] = [
        (
            |s| s["timestamps"].as_array_mut().expect("times").swap(1, 4),
            &["`timestamps[2]`", "that of the session before"],
        ),
        (|s| s["timestamps"][0] = json!("yesterday"), &["`timestamps[0]`", "2025-01-31 23:59"]),
        (|s| drop(s["timestamps"].as_array_mut().map(Vec::pop)), &["`timestamps`", "one time for each"]),
        (
            |s| drop(s["probing_queries"].as_object_mut().map(|queries| queries.remove("dim2_query"))),
            &["`probing_queries.dim2_query`", "missing"],
        ),
        (|s| s["relevant_session_index"] = json!([3, 99]), &["`relevant_session_index`", "[3, 99]", "below"]),
        (|s| s["relevant_session_index"] = json!([6, 2]), &["`relevant_session_index`", "[6, 2]", "rising"]),
        (|s| s["relevant_session_index"] = json!([-1, 2]), &["`relevant_session_index`"]),
        (|s| s["type"] = json!("T3"), &["`type`", "T3", "`T1` or `T2`"]),
    ];
    for (change, words) in changes {
        let all = [&["scenarios.json", "record 2", "builtin-t1-02", "correct it"], words].concat();
        refused(of_scenarios(change), &all);
    }
}

#[test]
fn two_scenarios_of_one_uid_are_refused_with_both_records() {
    let words = ["scenarios.json", "record 2", "`builtin-t1-01`", "record 1", "give each record its own"];
    refused(of_scenarios(|scenario| scenario["uid"] = json!("builtin-t1-01")), &words);
}

#[test]
fn a_file_of_scenarios_that_is_cut_or_no_list_is_refused() {
    let whole = json!(builtin_scenarios()).to_string();
    for (text, words) in
        [(&whole[..whole.len() / 2], "record"), ("{\"data\": 3}", "list"), ("", "list"), ("[]", "no row")]
    {
        let folder = Folder::new();
        folder.write("data/scenarios.json", text);
        let ended = folder.run(&stale("run", &["--model", "builtin:doubter", "--size", "data"]));
        refused((folder, ended), &["scenarios.json", words]);
    }
}

#[test]
fn a_judge_by_phrases_is_refused_for_data_without_phrases() {
    let without = |scenario: &mut Value| drop(scenario.as_object_mut().map(|scenario| scenario.remove("rules")));
    refused(of_scenarios(without), &["builtin:rules", "`scenarios`", "name a model as --judge", "export"]);
    let folder = Folder::new();
    folder.copy(&golden("memory-agent-bench/dataset"), "data");
    let ended = of_folder(&folder, &["--task", "longmemeval", "--judge", "builtin:rules"]);
    refused((folder, ended), &["builtin:rules", "`longmemeval`", "name a model as --judge"]);
}
