//! Suites and selections that cannot be run: refused with file, line, key and the nearest right name.

use serde_json::json;

use crate::support::{Folder, list, repository};

const MODEL: [&str; 2] = ["--model", "builtin:standard"];

/// Puts the shipped suite below `suites/hubble`, where it comes before the embedded one, with changes.
fn suite_with(changes: &[(&str, &str)]) -> (Folder, String) {
    let folder = Folder::new();
    folder.copy(&repository("suites/hubble"), "suites/hubble");
    let mut text = folder.read("suites/hubble/suite.toml");
    for (old, new) in changes {
        assert!(text.contains(old), "the suite has no {old:?} to change");
        text = text.replacen(old, new, 1);
    }
    folder.write("suites/hubble/suite.toml", &text);
    (folder, text)
}

/// `FILE:LINE:` of the first line that holds `words`.
fn place_of(text: &str, words: &str) -> String {
    let line = text.lines().position(|line| line.contains(words)).expect("a line with these words") + 1;
    format!("suites/hubble/suite.toml:{line}:")
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_the_nearest_one() {
    let (folder, text) = suite_with(&[("licence = ", "license = ")]);
    let place = place_of(&text, "license = ");
    for command in [&["validate", "hubble"][..], &["run", "hubble", MODEL[0], MODEL[1]][..]] {
        let ended = folder.run(command).with_code(2);
        ended.telling(&[&place, "`license`", "did you mean `licence`?"]);
    }
}

#[test]
fn a_dangling_name_is_told_with_its_line_and_the_nearest_one() {
    let (folder, text) = suite_with(&[("data = \"passages\"", "data = \"pasages\"")]);
    let place = place_of(&text, "\"pasages\"");
    folder.run(&["validate", "hubble"]).with_code(2).telling(&[&place, "`pasages`", "did you mean `passages`?"]);
}

#[test]
fn a_file_that_the_suite_names_and_that_is_not_there_is_told() {
    let (folder, text) = suite_with(&[("\"published.csv\"", "\"publishd.csv\"")]);
    let place = place_of(&text, "publishd.csv");
    folder.run(&["validate", "hubble"]).with_code(2).telling(&[&place, "there is no file `publishd.csv`"]);
}

#[test]
fn all_faults_of_a_suite_are_told_at_once() {
    let changes =
        [("licence = ", "license = "), ("\"published.csv\"", "\"publishd.csv\""), ("min_k = 0.2", "min_k = 2")];
    let (folder, text) = suite_with(&changes);
    let places = ["license", "publishd.csv", "min_k = 2"].map(|words| place_of(&text, words));
    folder.run(&["validate", "hubble"]).with_code(2).telling(&places.each_ref().map(String::as_str));
    let problems = folder.run(&["--json", "validate", "hubble"]).with_code(2).json();
    assert_eq!(problems[0]["valid"], json!(false));
    let problems: Vec<&str> = list(&problems[0]["problems"]).iter().filter_map(|problem| problem.as_str()).collect();
    for place in places {
        assert!(problems.iter().any(|problem| problem.starts_with(&place)), "{place} is not in {problems:?}");
    }
}

#[test]
fn a_suite_that_is_no_toml_is_told_with_the_line() {
    let (folder, text) = suite_with(&[("version = \"2.0.0\"", "version = 1.0.0")]);
    folder.run(&["validate", "hubble"]).with_code(2).telling(&[&place_of(&text, "version = 1.0.0"), "not TOML"]);
}

#[test]
fn builtin_data_that_differ_from_their_hash_have_an_exit_code_of_their_own() {
    let (folder, _) = suite_with(&[]);
    let mut data = std::fs::read(repository("datasets/builtin/hubble/passages.jsonl")).expect("builtin data");
    data.extend(b"\n");
    folder.write("suites/hubble/hubble/passages.jsonl", data);
    folder.run(&["validate", "hubble"]).with_code(6).telling(&["hubble/passages.jsonl", "SHA-256", "pin"]);
    folder.run(&["run", "hubble", MODEL[0], MODEL[1], "--out", "run"]).with_code(6).telling(&["hubble/passages.jsonl"]);
}

#[test]
fn a_suite_in_the_working_directory_comes_before_the_embedded_one() {
    let (folder, _) = suite_with(&[("version = \"2.0.0\"", "version = \"1.0.99\"")]);
    let suites = folder.run(&["--json", "list", "suites"]).with_code(0).json();
    let hubble = list(&suites).iter().find(|suite| suite["suite"] == "hubble").expect("the suite");
    assert_eq!(hubble["version"], "1.0.99");
    assert_ne!(hubble["from"], "binary");
}

#[test]
fn an_unknown_suite_is_refused_with_the_nearest_one() {
    let ended = Folder::new().run(&["run", "huble", MODEL[0], MODEL[1]]);
    ended.with_code(2).telling(&["`huble`", "did you mean `hubble`?"]);
}

#[test]
fn a_suite_that_is_named_twice_is_refused() {
    let ended = Folder::new().run(&["run", "hubble", "hubble", MODEL[0], MODEL[1]]);
    ended.with_code(2).telling(&["`hubble` is named twice"]);
}

#[test]
fn a_run_without_a_model_is_refused() {
    let folder = Folder::new();
    folder.run(&["run", "hubble", "--out", "run"]).with_code(2).telling(&["--model"]);
    folder.run(&["run", "hubble", "--baseline", "builtin:standard", "--out", "run"]).with_code(2).telling(&["--model"]);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn a_task_pattern_that_matches_nothing_has_an_exit_code_of_its_own() {
    let ended = Folder::new().run(&["run", "hubble", MODEL[0], MODEL[1], "--task", "poems-*"]);
    ended.with_code(4).telling(&["--task poems-*", "passages-verbatim", "questions-choice"]);
}

#[test]
fn the_size_hub_is_refused_with_what_to_do_instead() {
    let folder = Folder::new();
    let ended = folder.run(&["run", "hubble", MODEL[0], MODEL[1], "--size", "hub", "--out", "run"]);
    ended.with_code(2).telling(&["allegrolab/passages_gutenberg_unpopular", "download the file", "--size FOLDER"]);
    assert_eq!(folder.files(), [""; 0]);
}

#[test]
fn a_data_folder_without_the_file_is_refused_with_its_name() {
    let folder = Folder::new();
    let run = |size: &str| folder.run(&["run", "hubble", MODEL[0], MODEL[1], "--size", size, "--out", "run"]);
    run("nowhere").with_code(2).telling(&["nowhere", "there is no such folder"]);
    folder.write("data/README.md", "");
    run("data").with_code(2).telling(&["passages_gutenberg_unpopular_nodup.jsonl.gz", "(with or without .gz)", "data"]);
}

#[test]
fn a_faulty_row_of_a_data_folder_is_told_with_file_and_line() {
    let folder = Folder::new();
    let file = "data/passages_gutenberg_unpopular_nodup.jsonl";
    let run = ["run", "hubble", MODEL[0], MODEL[1], "--size", "data", "--task", "passages-verbatim", "--out", "run"];
    let good = "{\"text\": \"At dawn\", \"meta\": \"{\\\"duplicates\\\": 4}\"}\n";
    let faults: [(&[u8], &[&str]); 3] = [
        (b"{\"text\": \"At dusk\"}\n", &["`meta.duplicates` is missing", "add it"]),
        (b"{\"text\": \"At dusk\", \"meta\": \"{\\\"duplicates\\\": -4}\"}\n", &["duplicates", "-4"]),
        (b"{\"text\": \"At d\xff\", \"meta\": \"{\\\"duplicates\\\": 4}\"}\n", &["UTF-8"]),
    ];
    for (bad, words) in faults {
        folder.write(file, [good.as_bytes(), bad].concat());
        folder.run(&run).with_code(2).telling(&["passages_gutenberg_unpopular_nodup.jsonl", "line 2"]).telling(words);
    }
}

#[test]
fn a_shard_outside_its_count_is_refused() {
    for (shard, words) in [("0/2", "from 1 to N"), ("3/2", "from 1 to N"), ("half", "--shard 1/4")] {
        let ended = Folder::new().run(&["run", "hubble", MODEL[0], MODEL[1], "--shard", shard]);
        ended.with_code(2).telling(&[words]);
    }
}
