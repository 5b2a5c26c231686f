//! Runs that were killed, cut, damaged or interrupted: gone on with to the same bytes, or refused with the reason.

use serde_json::Value;

use crate::runs::{MODELS, assert_same_numbers, numbers_of, passages, passages_folder, verbatim};
use crate::support::{Ended, Folder, rows_of};

/// Takes away what a run computed from its answers, so that a resumed call must make it again.
fn forget_results(folder: &Folder, run: &str) {
    for name in ["items.parquet", "results.json"] {
        std::fs::remove_file(folder.path(run).join(name)).expect("a file of a finished run");
    }
    std::fs::remove_dir_all(folder.path(run).join("report")).expect("the report of a finished run");
}

#[test]
fn a_journal_cut_at_any_byte_is_mended_and_the_run_ends_with_the_same_bytes() {
    let whole = Folder::new();
    whole.run(&passages("run", &[])).with_code(0);
    let journal = "run/cells/hubble/builtin-perturbed/journal.jsonl";
    let bytes = whole.bytes(journal);
    let first_line = bytes.iter().position(|&byte| byte == b'\n').expect("a line") + 1;
    let cuts = [5, first_line, bytes.len() / 3, bytes.len() * 2 / 3, bytes.len() - 1];
    for cut in cuts {
        let folder = Folder::new();
        folder.copy(&whole.path("run"), "run");
        folder.write(journal, &bytes[..cut]);
        forget_results(&folder, "run");
        let ended = folder.run(&["run", "--resume", "run"]).with_code(0);
        let is_torn = bytes[cut - 1] != b'\n';
        assert_eq!(ended.stderr.contains("torn line"), is_torn, "cut at {cut}: {}", ended.stderr);
        folder.copy(&whole.path("run"), "whole");
        assert_same_numbers(&folder, "run", "whole");
        let asked_twice = rows_of(&folder.read("run/cells/hubble/builtin-standard/journal.jsonl"));
        let answered = asked_twice.iter().filter(|event| event["event"] == "answered").count();
        assert_eq!(answered, 40, "the other model was asked again");
    }
}

#[test]
fn a_damaged_line_in_the_middle_of_a_journal_is_refused_with_its_number() {
    let folder = Folder::new();
    folder.run(&verbatim("run", &[])).with_code(0);
    let journal = "run/cells/hubble/builtin-perturbed/journal.jsonl";
    let damaged = folder.read(journal).replacen("\"event\":\"answered\"", "\"event\":oops", 1);
    folder.write(journal, damaged);
    folder.run(&["run", "--resume", "run"]).with_code(2).telling(&["journal.jsonl line 2"]);
}

#[test]
fn a_damaged_token_segment_is_told_by_its_hash() {
    let folder = Folder::new();
    folder.run(&passages("run", &[])).with_code(0);
    let segment = "run/cells/hubble/builtin-perturbed/tokens/000000.parquet";
    let mut bytes = folder.bytes(segment);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    folder.write(segment, bytes);
    folder.run(&["run", "--resume", "run"]).with_code(6).telling(&["000000.parquet", "SHA-256"]);
}

#[test]
fn a_resumed_run_that_would_ask_something_else_is_refused_with_the_difference() {
    let folder = Folder::new();
    folder.run(&verbatim("run", &[])).with_code(0);
    let before = folder.bytes("run/run.json");
    let start = ["run", "hubble", "--resume", "run"];
    let task = ["--task", "passages-verbatim"];
    let limit = ["--limit", "20"];
    let swapped = ["--model", "builtin:standard", "--baseline", "builtin:perturbed"];
    let cases: [(Vec<&str>, &str); 6] = [
        ([&task[..], &limit, &MODELS, &["--seed", "7"]].concat(), "the seed was 20240613 and is now 7"),
        ([&task[..], &["--limit", "21"], &MODELS].concat(), "the limit of suite hubble was 20 and is now 21"),
        ([&limit[..], &MODELS].concat(), "the task filter was passages-verbatim and is now none"),
        ([&task[..], &limit, &MODELS, &["--epochs", "2"]].concat(), "the number of epochs was 1 and is now 2"),
        ([&task[..], &limit, &MODELS[..2]].concat(), "the model builtin-standard was there and is now missing"),
        ([&task[..], &limit, &swapped].concat(), "the role of model builtin-perturbed was model and is now baseline"),
    ];
    for (more, words) in cases {
        folder.run(&[&start[..], &more].concat()).with_code(2).telling(&[words, "new run with --out"]);
    }
    assert!(folder.bytes("run/run.json") == before, "a refused call changed run.json");
}

#[test]
fn a_resumed_run_never_ignores_what_its_call_names() {
    let folder = Folder::new();
    folder.run(&verbatim("run", &[])).with_code(0);
    let cases = [
        (["--seed", "7"], "seed"),
        (["--limit", "5"], "limit"),
        (["--task", "biography-cloze"], "task filter"),
        (["--epochs", "2"], "epochs"),
        (["--shard", "1/2"], "shard"),
        (["--model", "builtin:standard"], "model"),
    ];
    for (more, words) in cases {
        folder.run(&[&["run", "--resume", "run"][..], &more].concat()).with_code(2).telling(&[words]);
    }
}

#[test]
fn a_folder_that_is_no_run_is_not_resumed() {
    let folder = Folder::new();
    folder.write("mine/notes.txt", "");
    for name in ["mine", "nowhere"] {
        folder.run(&["run", "--resume", name]).with_code(2).telling(&[name, "there is no run.json in it"]);
    }
    assert_eq!(folder.files(), ["mine/notes.txt"]);
}

/// Starts a run of two models and interrupts it with `signal` once the first has answered everything.
fn interrupted(folder: &Folder, run: &[&str], signal: &str) -> Ended {
    let mut running = folder.start(run);
    running.wait_for_line("builtin-perturbed: 360 answered");
    running.signal(signal);
    running.end()
}

#[test]
fn an_interrupted_run_says_how_to_go_on_and_ends_with_the_numbers_of_one_that_was_not() {
    let folder = Folder::new();
    let start = ["run", "hubble", "--task", "passages-verbatim", "--limit", "30", "--epochs", "12"];
    let run = |out| [&start[..], &MODELS, &["--out", out]].concat();
    let ended = interrupted(&folder, &run("cut"), "INT").with_code(130);
    let (_, command) = ended.stderr.split_once("Go on with: mnemoscope ").expect("a command to go on with");
    let command: Vec<&str> = command.lines().next().expect("a line").split(' ').collect();
    assert!(!folder.path("cut/results.json").exists());
    let sessions = folder.json("cut/run.json")["sessions"].clone();
    assert_eq!(sessions[0]["ended"], "interrupted");
    folder.run(&command).with_code(0).telling(&["360 of 360 answers are recorded already"]);
    let journal = rows_of(&folder.read("cut/cells/hubble/builtin-standard/journal.jsonl"));
    let ends: Vec<&Value> =
        journal.iter().filter(|event| event["event"] == "session_ended").map(|e| &e["how"]).collect();
    assert_eq!(ends, ["interrupted", "finished"]);
    let answered = journal.iter().filter(|event| event["event"] == "answered").count();
    assert_eq!(answered, 360, "an answer was asked for twice");
    folder.run(&run("whole")).with_code(0);
    assert_same_numbers(&folder, "cut", "whole");
}

#[test]
fn a_terminated_run_has_an_exit_code_of_its_own() {
    let folder = Folder::new();
    let start = ["run", "hubble", "--task", "passages-verbatim", "--limit", "30", "--epochs", "12", "--out", "cut"];
    interrupted(&folder, &[&start[..], &MODELS].concat(), "TERM").with_code(143).telling(&["run --resume cut"]);
}

#[test]
fn a_run_over_a_folder_of_data_goes_on_by_the_command_that_is_printed() {
    let folder = Folder::new();
    passages_folder(&folder, 4);
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
    folder.run(&run).with_code(0);
    let before = numbers_of(&folder, "run");
    forget_results(&folder, "run");
    folder.run(&["run", "--resume", "run"]).with_code(0);
    assert!(numbers_of(&folder, "run") == before, "the numbers differ");
}

#[test]
fn a_replay_goes_on_by_the_command_that_is_printed() {
    let folder = Folder::new();
    folder.run(&verbatim("asked", &[])).with_code(0);
    let replay =
        ["run", "hubble", "--task", "passages-verbatim", "--limit", "20", "--model", "replay:asked", "--out", "run"];
    folder.run(&replay).with_code(0);
    let before = numbers_of(&folder, "run");
    forget_results(&folder, "run");
    folder.run(&["run", "--resume", "run"]).with_code(0);
    assert!(numbers_of(&folder, "run") == before, "the numbers differ");
}
