//! Copyright traps from the draw to the claim, and what a publisher may get wrong on the way.

use std::path::Path;

use serde_json::Value;

use crate::endpoint::{Behaviour, Endpoint};
use crate::support::{Ended, Folder, repository};

/// Four groups (two buckets, two traps each) of four sequences of six tokens.
const DRAW: [&str; 19] = [
    "traps",
    "generate",
    "--reference",
    "builtin:standard",
    "--lengths",
    "6",
    "--per-bucket",
    "2",
    "--buckets",
    "101..501/200",
    "--controls-per-trap",
    "3",
    "--temps",
    "1.5..2.5/0.5",
    "--seed",
    "11",
    "--out",
    "traps",
    "--quiet",
];

/// A text of `n` words with double spaces, line breaks and letters beyond ASCII.
fn book(n: usize, number: usize) -> String {
    let words = ["The", "mill\nwas", "quiet", "", "caf\u{e9}", "nobody", "came,", "\u{6570}\u{5b57}"];
    (0..n).map(|index| words[(index * 7 + number) % words.len()]).collect::<Vec<_>>().join(" ")
}

fn with_books(n_words: usize) -> Folder {
    let folder = Folder::new();
    folder.run(&DRAW).with_code(0);
    for number in 0..5 {
        folder.write(&format!("books/part {}/{number}.txt", number % 2), book(n_words, number));
    }
    folder
}

fn inject(folder: &Folder, more: &[&str]) -> Ended {
    let mut call = vec![
        "traps",
        "inject",
        "--manifest",
        "traps/manifest.private.json",
        "--documents",
        "books",
        "--reps",
        "1,10",
        "--out",
        "injected",
    ];
    call.extend(more);
    folder.run(&call)
}

#[test]
fn a_trap_is_drawn_planted_found_checked_and_taken_out_again() {
    let folder = with_books(200);
    inject(&folder, &["--spread", "3"]).with_code(0).telling(&["4 of 5 documents", "bytes added"]);
    let record = folder.json("injected/injection.json");
    let documents = record["documents"].as_array().expect("a list");
    let mut repetitions: Vec<u64> = documents.iter().filter_map(|d| d["repetitions"].as_u64()).collect();
    repetitions.sort_unstable();
    assert_eq!(repetitions, [1, 1, 10, 10]);
    // Nothing but the copies was added.
    let manifest = folder.json("traps/manifest.private.json");
    let trap_of = |seq_id: &Value| -> String {
        let groups = manifest["groups"].as_array().expect("groups").iter();
        let mut sequences = groups.flat_map(|group| group["sequences"].as_array().expect("sequences"));
        let found = sequences.find(|sequence| &sequence["seq_id"] == seq_id).expect("a trap of the manifest");
        assert_eq!(found["role"], "trap");
        found["text"].as_str().expect("a text").to_owned()
    };
    for document in documents {
        let name = document["name"].as_str().expect("a name");
        let (before, after) =
            (folder.read(&format!("books/{name}")), folder.read(&format!("injected/documents/{name}")));
        assert_eq!(after.replace(&format!("{} ", trap_of(&document["seq_id"])), ""), before, "{name}");
    }

    let check = |more: &[&str]| {
        let mut call = vec![
            "traps",
            "verify",
            "--manifest",
            "traps/manifest.private.json",
            "--public",
            "traps/manifest.public.json",
            "--injection",
            "injected/injection.json",
            "--documents",
            "injected/documents",
        ];
        call.extend(more);
        folder.run(&call)
    };
    let ended = folder.run(&[
        "traps",
        "detect",
        "--manifest",
        "traps/manifest.private.json",
        "--target",
        "builtin:perturbed",
        "--reference",
        "builtin:standard",
        "--control",
        "builtin:trapped",
        "--injection",
        "injected/injection.json",
        "--documents",
        "injected/documents",
        "--context",
        "0,20",
        "--out",
        "found",
    ]);
    ended.with_code(0);
    let found = folder.json("found/detection.json");
    assert!(found["control"]["p_value"].as_f64().is_some_and(|p| p > 0.0));
    assert_eq!(found["attacks"].as_array().map(Vec::len), Some(6));
    assert_eq!(found["contexts"][0]["n_tokens"], 20);
    let scores = folder.read("found/scores.jsonl");
    assert_eq!(scores.lines().count(), 16);
    assert!(!scores.contains("role") && !scores.contains("control"), "the scorer does not know the roles");
    assert!(folder.read("found/detection.md").contains("Negative control builtin:trapped"));
    check(&["--detection", "found"]).with_code(0).saying("ok  claim");

    let out = ["--documents", "injected/documents", "--undo", "injected/injection.json", "--out", "restored"];
    folder.run(&[["traps", "inject"].as_slice(), &out].concat()).with_code(0);
    for number in 0..5 {
        let name = format!("part {}/{number}.txt", number % 2);
        assert_eq!(folder.bytes(&format!("restored/{name}")), folder.bytes(&format!("books/{name}")), "{name}");
    }
}

#[test]
fn what_was_changed_after_the_fact_is_found_out() {
    let folder = with_books(200);
    inject(&folder, &[]).with_code(0);
    let verify = |folder: &Folder| {
        folder.run(&[
            "traps",
            "verify",
            "--manifest",
            "traps/manifest.private.json",
            "--public",
            "traps/manifest.public.json",
            "--injection",
            "injected/injection.json",
            "--documents",
            "injected/documents",
        ])
    };
    verify(&folder).with_code(0);
    let name = folder.json("injected/injection.json")["documents"][0]["name"].as_str().expect("a name").to_owned();
    let path = format!("injected/documents/{name}");
    let text = folder.read(&path);
    folder.write(&path, text.clone() + " more");
    verify(&folder).with_code(1).saying("FAILED  hash of document");
    let undo = ["--documents", "injected/documents", "--undo", "injected/injection.json", "--out", "restored"];
    let call = [["traps", "inject"].as_slice(), &undo].concat();
    folder.run(&call).with_code(6).telling(&["is not the text that the injection record describes"]);
    assert!(!folder.path("restored").exists());
    folder.write(&path, text);

    // Another sequence of the group is said to have been the trap: the lot says otherwise.
    folder.edit_json("traps/manifest.private.json", |manifest| {
        let sequences = manifest["groups"][0]["sequences"].as_array_mut().expect("sequences");
        for sequence in sequences.iter_mut() {
            sequence["role"] = if sequence["role"] == "trap" { "control" } else { "trap" }.into();
        }
        let first = sequences.iter().position(|sequence| sequence["role"] == "trap").expect("one of three");
        for (place, sequence) in sequences.iter_mut().enumerate() {
            sequence["role"] = if place == first { "trap" } else { "control" }.into();
        }
    });
    verify(&folder).with_code(1).saying("FAILED  lot of group");
}

/// A detection of a model that has not read the traps, to be forged.
fn detected() -> Folder {
    let folder = with_books(60);
    inject(&folder, &[]).with_code(0);
    let call = [
        "traps",
        "detect",
        "--manifest",
        "traps/manifest.private.json",
        "--target",
        "builtin:perturbed",
        "--reference",
        "builtin:standard",
        "--injection",
        "injected/injection.json",
        "--out",
        "found",
    ];
    folder.run(&call).with_code(0);
    folder
}

fn audited(folder: &Folder) -> Ended {
    folder.run(&[
        "traps",
        "verify",
        "--manifest",
        "traps/manifest.private.json",
        "--injection",
        "injected/injection.json",
        "--documents",
        "injected/documents",
        "--detection",
        "found",
    ])
}

#[test]
fn bytes_cannot_move_between_a_text_and_its_salt() {
    let folder = detected();
    audited(&folder).with_code(0).telling(&["not checked: the public manifest"]);
    folder.edit_json("traps/manifest.private.json", |manifest| {
        let sequence = &mut manifest["groups"][0]["sequences"][0];
        let text = sequence["text"].as_str().expect("a text").to_owned();
        let cut = text.char_indices().nth(3).expect("longer than three characters").0;
        let moved: String = text.as_bytes()[..cut].iter().map(|byte| format!("{byte:02x}")).collect();
        sequence["salt"] = format!("{}{moved}", sequence["salt"].as_str().expect("a salt")).into();
        sequence["text"] = text[cut..].into();
    });
    audited(&folder).with_code(1).saying("FAILED  sequence");
    let call =
        ["traps", "inject", "--manifest", "traps/manifest.private.json", "--documents", "books", "--out", "again"];
    folder.run(&call).with_code(2).telling(&["16 bytes"]);
}

#[test]
fn controls_cannot_leave_by_being_called_traps_or_by_losing_their_scores() {
    let folder = detected();
    let scores = folder.read("found/scores.jsonl");
    folder.write("found/scores.jsonl", scores.lines().skip(1).map(|line| format!("{line}\n")).collect::<String>());
    audited(&folder).with_code(1).saying("has no row");
    folder.write("found/scores.jsonl", scores.clone() + scores.lines().next().expect("a row") + "\n");
    audited(&folder).with_code(1).saying("stands twice");
    folder.write("found/scores.jsonl", scores);
    folder.edit_json("traps/manifest.private.json", |manifest| {
        for sequence in manifest["groups"][0]["sequences"].as_array_mut().expect("sequences") {
            sequence["role"] = "trap".into();
        }
    });
    audited(&folder).with_code(1).saying("4 traps among 4 sequences");
}

#[test]
fn every_number_of_a_detection_is_computed_again() {
    let folder = detected();
    let edits: [fn(&mut Value); 4] = [
        |found| found["cells"][0]["auc"] = 0.99.into(),
        |found| found["attacks"] = Value::Array(Vec::new()),
        |found| found["primary"]["p_value"] = 1e-30.into(),
        |found| found["settings"]["control"] = "another".into(),
    ];
    let original = folder.bytes("found/detection.json");
    for edit in edits {
        folder.edit_json("found/detection.json", edit);
        audited(&folder).with_code(1).saying("FAILED");
        folder.write("found/detection.json", &original);
    }
    audited(&folder).with_code(0);
    folder.edit_json("injected/injection.json", |record| record["documents"] = Value::Array(Vec::new()));
    audited(&folder).with_code(1).saying("FAILED  document of trap");
}

#[test]
fn names_from_a_manifest_do_not_command_a_terminal() {
    let folder = detected();
    folder.edit_json("traps/manifest.private.json", |manifest| {
        manifest["groups"][0]["sequences"][0]["seq_id"] = "x\u{1b}[2K\rok  claim\n".into();
        manifest["groups"][0]["sequences"][0]["salt"] = "00".into();
    });
    let ended = audited(&folder).with_code(1);
    assert_eq!(ended.stdout.lines().count(), 1, "{:?}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}') && ended.stdout.starts_with("FAILED"), "{:?}", ended.stdout);
}

#[test]
fn a_control_that_is_the_reference_is_refused_and_a_used_folder_too() {
    let folder = detected();
    let detect = |control: &str, out: &str| {
        folder.run(&[
            "traps",
            "detect",
            "--manifest",
            "traps/manifest.private.json",
            "--target",
            "builtin:perturbed",
            "--reference",
            "builtin:standard",
            "--control",
            control,
            "--out",
            out,
        ])
    };
    detect("builtin:standard", "other").with_code(2).telling(&["--control", "controls nothing"]);
    detect("builtin:perturbed", "other").with_code(2).telling(&["controls nothing"]);
    detect("builtin:trapped", "found").with_code(2).telling(&["found is not empty"]);
}

#[test]
fn lines_come_back_byte_for_byte() {
    let folder = with_books(60);
    let mut lines = String::from("\r\n");
    for number in 0..5 {
        let text = Value::from(book(40, number));
        lines +=
            &format!("{{ \"isbn\": 12345678901234567890123, \"text\" : {text},\"id\":{number} , \"x\": 1e2}}\r\n\n");
    }
    // A blank first line holds nothing, and is the one thing that is not kept.
    folder.write("books.jsonl", lines.trim_start());
    let call = [
        "traps",
        "inject",
        "--manifest",
        "traps/manifest.private.json",
        "--documents",
        "books.jsonl",
        "--reps",
        "2",
        "--out",
        "injected",
    ];
    folder.run(&call).with_code(0);
    assert!(folder.read("injected/documents/books.jsonl").contains("12345678901234567890123"));
    let call = [
        "traps",
        "inject",
        "--documents",
        "injected/documents/books.jsonl",
        "--undo",
        "injected/injection.json",
        "--out",
        "restored",
    ];
    folder.run(&call).with_code(0);
    assert_eq!(folder.read("restored/books.jsonl"), lines.trim_start());
}

#[test]
fn a_page_keeps_its_markup_and_every_word_can_hold_a_copy() {
    let folder = with_books(60);
    let page = "<p class=\"x > y z\">one two</p> <!-- a > b c --> three <script>var a = 1 < 2;</script> four";
    for number in 0..5 {
        folder.write(&format!("books/part {}/{number}.txt", number % 2), page);
    }
    inject(&folder, &["--html-hidden", "trap"]).with_code(2).telling(&["document_too_short", "has 6"]);
}

#[cfg(unix)]
#[test]
fn what_tells_the_traps_is_readable_by_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = with_books(60);
    inject(&folder, &[]).with_code(0).telling(&["publish injected/documents alone"]);
    for name in ["traps/manifest.private.json", "injected/injection.json", "injected/traps_len_6.jsonl"] {
        let mode = std::fs::metadata(folder.path(name)).expect(name).permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_manifest_whose_hash_does_not_match_is_refused_with_the_sequence() {
    let folder = with_books(60);
    folder.edit_json("traps/manifest.private.json", |manifest| {
        manifest["groups"][1]["sequences"][2]["text"] = "another text".into();
    });
    inject(&folder, &[]).with_code(6).telling(&["manifest.private.json", "does not match its text and salt", "-02"]);
    folder
        .run(&["traps", "verify", "--manifest", "traps/manifest.private.json"])
        .with_code(1)
        .saying("FAILED  hash of sequence");
}

#[test]
fn the_public_manifest_opens_nothing_and_the_private_one_is_never_overwritten() {
    let folder = with_books(60);
    let public = folder.read("traps/manifest.public.json");
    assert!(!public.contains("\"text\"") && !public.contains("salt") && !public.contains("nonce"));
    let call = ["traps", "inject", "--manifest", "traps/manifest.public.json", "--documents", "books", "--out", "x"];
    folder.run(&call).with_code(2).telling(&["public manifest", "manifest.private.json"]);
    let before = folder.bytes("traps/manifest.private.json");
    folder.run(&DRAW).with_code(2).telling(&["not overwritten"]);
    assert_eq!(folder.bytes("traps/manifest.private.json"), before);
}

#[test]
fn more_traps_than_places_are_refused_before_anything_is_written() {
    let folder = with_books(9);
    inject(&folder, &[]).with_code(2).telling(&["document_too_short", "10 copies", "has 9"]);
    inject(&folder, &["--min-words", "50"]).with_code(2).telling(&["document_too_short", "at least 50 words"]);
    for number in 2..5 {
        std::fs::remove_file(folder.path(&format!("books/part {}/{number}.txt", number % 2))).expect("a book");
    }
    inject(&folder, &[]).with_code(2).telling(&["too_few_documents", "4 traps", "there are 2"]);
    assert!(!Path::new(&folder.path("injected")).exists());
}

#[test]
fn a_book_that_is_not_utf8_is_named_with_the_byte() {
    let folder = with_books(60);
    folder.write("books/latin.txt", b"caf\xe9 noir");
    inject(&folder, &[]).with_code(2).telling(&["latin.txt", "not UTF-8", "byte 3"]);
}

#[test]
fn a_book_that_holds_a_trap_already_is_refused() {
    let folder = with_books(60);
    inject(&folder, &[]).with_code(0);
    let call = [
        "traps",
        "inject",
        "--manifest",
        "traps/manifest.private.json",
        "--documents",
        "injected/documents",
        "--out",
        "twice",
    ];
    folder.run(&call).with_code(2).telling(&["already", "--undo"]);
    inject(&folder, &[]).with_code(2).telling(&["is there already"]);
}

#[test]
fn lines_keep_their_other_fields_and_untouched_lines_their_bytes() {
    let folder = with_books(60);
    let lines: Vec<String> = (0..5)
        .map(|number| {
            format!("{{\"id\": {number},  \"text\": {}, \"title\": \"t{number}\"}}", Value::from(book(40, number)))
        })
        .collect();
    folder.write("books.jsonl", lines.join("\n"));
    let call = [
        "traps",
        "inject",
        "--manifest",
        "traps/manifest.private.json",
        "--documents",
        "books.jsonl",
        "--reps",
        "3",
        "--separator",
        "upstream",
        "--out",
        "injected",
    ];
    folder.run(&call).with_code(0);
    let written = folder.read("injected/documents/books.jsonl");
    assert_eq!(written.lines().count(), 5);
    assert_eq!(written.lines().filter(|line| lines.iter().any(|original| original == line)).count(), 1);
    for (number, line) in written.lines().enumerate() {
        let row: Value = serde_json::from_str(line).expect("a row");
        assert_eq!(row["title"], format!("t{number}"));
    }
    folder.write("bad.jsonl", "{\"id\": 1, \"text\": \"a\"}\n{\"id\": 1, \"text\": 5}\n");
    let call =
        ["traps", "inject", "--manifest", "traps/manifest.private.json", "--documents", "bad.jsonl", "--out", "x"];
    folder.run(&call).with_code(2).telling(&["bad.jsonl, line 2", "`text`"]);
}

#[test]
fn options_that_make_no_sense_are_refused_with_what_is_allowed() {
    let folder = Folder::new();
    let draw = |more: &[&str]| {
        let base = ["traps", "generate", "--reference", "builtin:standard", "--out", "x"];
        folder.run(&[base.as_slice(), more].concat())
    };
    draw(&["--lengths", "1"]).with_code(2).telling(&["--lengths", "2 to 4096"]);
    draw(&["--buckets", "1..100/10"]).with_code(2).telling(&["--buckets", "whole buckets"]);
    draw(&["--controls-per-trap", "0"]).with_code(2).telling(&["--controls-per-trap"]);
    draw(&["--temps", "0..1/0.5"]).with_code(2).telling(&["LOW < HIGH"]);
    draw(&["--primary-attack", "quantile"]).with_code(2).telling(&["no attack `quantile`"]);
    draw(&["--lengths", "6", "--buckets", "900000..900001/1", "--max-candidates", "128"])
        .with_code(2)
        .telling(&["[900000, 900001) has 0", "--max-candidates"]);
}

#[test]
fn a_model_behind_http_is_asked_the_same_and_told_apart_by_what_it_can_do() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = with_books(60);
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\""));
    let detect = |more: &[&str]| {
        let base = [
            "traps",
            "detect",
            "--manifest",
            "traps/manifest.private.json",
            "--target",
            "@mock",
            "--reference",
            "builtin:standard",
        ];
        folder.run(&[base.as_slice(), more].concat())
    };
    detect(&["--out", "found"]).with_code(0);
    let found = folder.json("found/detection.json");
    let attacks: Vec<&str> =
        found["attacks"].as_array().expect("a list").iter().filter_map(|test| test["attack"].as_str()).collect();
    assert!(attacks.contains(&"ratio") && !attacks.contains(&"min_k_pp"), "{attacks:?}");
    detect(&["--attacks", "ratio,min_k_pp", "--out", "other"]).with_code(2).telling(&["min_k_pp", "vocab_stats"]);
    detect(&["--attacks", "loss", "--out", "other"]).with_code(2).telling(&["`ratio`", "primary"]);
}

#[test]
fn the_builtin_model_that_has_read_traps_is_found_and_one_that_has_not_is_not() {
    let folder = Folder::new();
    let manifest = repository("datasets/builtin/copyright-traps/manifest.private.json");
    let ended = folder.run(&[
        "traps",
        "detect",
        "--manifest",
        &manifest.to_string_lossy(),
        "--target",
        "builtin:trapped",
        "--reference",
        "builtin:standard",
        "--control",
        "builtin:perturbed",
        "--out",
        "found",
    ]);
    ended.with_code(0).saying("evidence");
    let found = folder.json("found/detection.json");
    assert_eq!(found["claim"], "evidence");
    assert!(found["primary"]["p_value"].as_f64().is_some_and(|p| p < 1e-6), "{}", found["primary"]);
    assert!(found["control"]["p_value"].as_f64().is_some_and(|p| p > 0.05), "{}", found["control"]);
}

#[test]
fn the_suite_of_traps_finds_the_longest_ones_at_a_thousand_copies() {
    let folder = Folder::new();
    let call = [
        "run",
        "copyright-traps",
        "--model",
        "builtin:trapped",
        "--baseline",
        "builtin:perturbed",
        "--reference",
        "builtin:standard",
        "--out",
        "run",
        "--quiet",
    ];
    folder.run(&call).with_code(0);
    let results = folder.json("run/results.json");
    let metrics = results["suites"][0]["metrics"].as_array().expect("rows").clone();
    let value = |model: &str, metric: &str, copies: u64| {
        metrics
            .iter()
            .find(|row| {
                row["task"] == "traps-long"
                    && row["model"] == model
                    && row["metric"] == metric
                    && row["slice"]["copies"] == copies
            })
            .and_then(|row| row["value"].as_f64())
            .unwrap_or_else(|| panic!("no {metric} of {model} at {copies}"))
    };
    for metric in ["auc.ratio", "auc.loss", "beaten_controls.ratio"] {
        let (seen, control) = (value("builtin-trapped", metric, 1000), value("builtin-perturbed", metric, 1000));
        assert!(seen > 0.9, "{metric}: {seen}");
        assert!((0.2..0.8).contains(&control), "{metric} of the control: {control}");
    }
    assert!(value("builtin-trapped", "auc.ratio", 1000) > value("builtin-trapped", "auc.ratio", 1));
}
