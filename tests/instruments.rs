//! `logprobs`, `generate` and `attack`: rows in, rows out, and on again where a call stopped.

use std::io::Write;

use serde_json::{Value, json};

use crate::support::{Folder, golden, index_of, json_lines, list, number, repository, rows_of};

/// The golden checkpoints that this build can load.
const GOLDEN: [&str; 2] = ["llama", "llama-bf16"];

/// The recorded cases of a golden checkpoint, which lies in `model`.
fn golden_cases(name: &str) -> (Folder, Vec<Value>) {
    let folder = Folder::new();
    folder.copy(&golden("local-models").join(name), "model");
    let cases = list(&folder.json("model/golden.json")["cases"]).to_vec();
    (folder, cases)
}

/// Rows of the builtin passages: those with at least 64 copies are members, those without a copy are not.
pub fn labelled_passages(n_of_each: usize) -> Vec<Value> {
    let text = std::fs::read_to_string(repository("datasets/builtin/hubble/passages.jsonl")).expect("builtin data");
    let (mut members, mut others) = (Vec::new(), Vec::new());
    for row in rows_of(&text) {
        let meta: Value = serde_json::from_str(row["meta"].as_str().expect("a text")).expect("an object");
        match number(&meta["duplicates"]) {
            0.0 => others.push(json!({"id": row["id"], "text": row["text"], "member": 0})),
            64.0.. => members.push(json!({"id": row["id"], "text": row["text"], "member": true})),
            _ => {}
        }
    }
    members.truncate(n_of_each);
    others.truncate(n_of_each);
    assert_eq!((members.len(), others.len()), (n_of_each, n_of_each));
    [members, others].concat()
}

/// Asserts that two lists of numbers differ by at most 1e-4.
#[track_caller]
fn assert_close(found: &Value, expected: &Value) {
    let (found, expected) = (list(found), list(expected));
    assert_eq!(found.len(), expected.len());
    for (position, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((number(a) - number(b)).abs() <= 1e-4, "{a} is not {b} at {position}");
    }
}

#[test]
fn a_builtin_model_scores_every_token_but_the_first() {
    let folder = Folder::new();
    let text = "At dawn the archer of Dunmarket turned twenty unlit drums.";
    folder.write(
        "texts.jsonl",
        json_lines(&[json!({"id": "a", "text": text}), json!({"id": 7, "text": "rope and salt"})]),
    );
    let rows = folder.run(&["logprobs", "--model", "builtin:perturbed", "--in", "texts.jsonl"]).with_code(0).rows();
    assert_eq!((&rows[0]["id"], &rows[1]["id"]), (&json!("a"), &json!(7)), "an id comes back as it was written");
    for row in &rows {
        let n = list(&row["token_ids"]).len();
        assert_eq!((list(&row["tokens"]).len(), list(&row["logprobs"]).len()), (n, n - 1));
        assert!(list(&row["logprobs"]).iter().all(|value| number(value) < 0.0));
        assert_eq!(row.get("vocab_mean"), None);
    }
    let tokens: String = list(&rows[0]["tokens"]).iter().filter_map(Value::as_str).collect();
    assert_eq!(tokens, text);
}

#[test]
fn the_vocabulary_statistics_come_for_every_scored_token() {
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "At dawn the archer"})]));
    let call = ["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl", "--vocab-stats"];
    let row = folder.run(&call).with_code(0).rows().remove(0);
    let n = list(&row["logprobs"]).len();
    assert_eq!((list(&row["vocab_mean"]).len(), list(&row["vocab_std"]).len()), (n, n));
    assert!(list(&row["vocab_std"]).iter().all(|value| number(value) > 0.0));
    // The mean is minus the entropy: from minus ln of the vocabulary up to 0.
    assert!(list(&row["vocab_mean"]).iter().all(|value| (-(1024_f64.ln())..=0.0).contains(&number(value))));
}

#[test]
fn the_golden_checkpoints_give_the_recorded_ids_and_log_probabilities_in_any_batch() {
    for name in GOLDEN {
        let (folder, cases) = golden_cases(name);
        let row = |n: usize| json!({"id": n, "text": cases[n]["prompt"]});
        let all: Vec<Value> = (0..cases.len()).map(row).collect();
        let calls = std::iter::once(all.clone()).chain(all.iter().map(|row| vec![row.clone()]));
        for rows in calls {
            folder.write("texts.jsonl", json_lines(&rows));
            let ended = folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl"]).with_code(0);
            for (asked, answered) in rows.iter().zip(ended.rows()) {
                let case = &cases[index_of(asked)];
                assert_eq!(answered["token_ids"], case["ids"], "{name}: {}", case["prompt"]);
                assert_close(&answered["logprobs"], &case["token_logprobs"]);
            }
        }
    }
}

#[test]
fn the_golden_checkpoints_continue_as_recorded_in_any_batch() {
    for name in GOLDEN {
        let (folder, cases) = golden_cases(name);
        let end = folder.json("model/config.json")["eos_token_id"].clone();
        let all: Vec<Value> = (0..cases.len()).map(|n| json!({"id": n, "prompt": cases[n]["prompt"]})).collect();
        let calls = std::iter::once(all.clone()).chain(all.iter().map(|row| vec![row.clone()]));
        for rows in calls {
            folder.write("prompts.jsonl", json_lines(&rows));
            let call = ["generate", "--model", "model", "--in", "prompts.jsonl", "--max-tokens", "20"];
            let ended = folder.run(&call).with_code(0);
            for (asked, answered) in rows.iter().zip(ended.rows()) {
                let recorded = list(&cases[index_of(asked)]["greedy20"]);
                // The reference ran on past the end of the text.
                let expected: Vec<&Value> = recorded.iter().take_while(|id| **id != end).collect();
                assert_eq!(list(&answered["token_ids"]).iter().collect::<Vec<_>>(), expected, "{name}");
                let reason = if expected.len() < 20 { "stop" } else { "length" };
                assert_eq!(answered["finish_reason"], reason);
            }
        }
    }
}

#[test]
fn the_beginning_of_a_text_is_marked_as_asked() {
    let (folder, cases) = golden_cases("llama");
    folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": cases[0]["prompt"]})]));
    let ids = |bos: &str| {
        let ended = folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl", "--bos", bos]).with_code(0);
        list(&ended.rows()[0]["token_ids"]).to_vec()
    };
    let auto = ids("auto");
    assert_eq!(auto, list(&cases[0]["ids"]));
    assert_eq!(ids("always"), auto, "a second mark was added");
    assert_eq!(ids("never"), auto[1..]);
}

#[test]
fn a_mark_that_the_model_does_not_have_is_an_error_of_the_row() {
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "At dawn the archer"})]));
    let call = ["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl", "--bos", "always"];
    let row = folder.run(&call).with_code(3).rows().remove(0);
    assert_eq!(row["error"]["kind"], "tokenizer");
    assert!(row["error"]["message"].as_str().is_some_and(|message| message.contains("BOS")), "{row}");
}

#[test]
fn windows_are_taken_as_asked_and_refused_where_they_cannot_be() {
    let (folder, cases) = golden_cases("llama");
    folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": cases[5]["prompt"]})]));
    let call = ["logprobs", "--model", "model", "--in", "texts.jsonl"];
    let windowed = [&call[..], &["--window", "32", "--stride", "8"]].concat();
    let row = folder.run(&windowed).with_code(0).rows().remove(0);
    assert!(number(&row["windows"]) > 1.0);
    assert_eq!(list(&row["logprobs"]).len(), list(&cases[5]["token_logprobs"]).len());
    assert_close(&json!(list(&row["logprobs"])[..31]), &json!(list(&cases[5]["token_logprobs"])[..31]));
    folder.run(&[&call[..], &["--window", "513"]].concat()).with_code(2).telling(&["--window 513", "512"]);
    folder.run(&[&call[..], &["--window", "32", "--stride", "32"]].concat()).with_code(2).telling(&["--stride 32"]);
}

#[test]
fn rows_can_come_from_stdin_and_from_a_compressed_file() {
    let (folder, cases) = golden_cases("llama");
    let rows = json_lines(&[json!({"id": 1, "text": cases[0]["prompt"]})]);
    folder.write("texts.jsonl", &rows);
    let from_file = folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl"]).with_code(0).stdout;
    let piped = folder.run_with_input(&["logprobs", "--model", "model", "--in", "-"], &rows).with_code(0).stdout;
    assert_eq!(piped, from_file);
    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    zipped.write_all(rows.as_bytes()).expect("memory takes bytes");
    folder.write("texts.jsonl.gz", zipped.finish().expect("memory takes bytes"));
    let unpacked = folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl.gz"]).with_code(0).stdout;
    assert_eq!(unpacked, from_file);
}

#[test]
fn a_continuation_ends_at_a_stop_text_or_the_length() {
    let folder = Folder::new();
    folder.write("prompts.jsonl", json_lines(&[json!({"id": 1, "prompt": "At dawn the archer of"})]));
    let call = ["generate", "--model", "builtin:perturbed", "--in", "prompts.jsonl", "--max-tokens"];
    let long = folder.run(&[&call[..], &["12"]].concat()).with_code(0).rows().remove(0);
    let ids = list(&long["token_ids"]);
    let short = folder.run(&[&call[..], &["3"]].concat()).with_code(0).rows().remove(0);
    assert_eq!((list(&short["token_ids"]), &short["finish_reason"]), (&ids[..3], &json!("length")));
    let text = long["text"].as_str().expect("a text");
    let word = text.split_whitespace().nth(1).expect("two words");
    let stopped = folder.run(&[&call[..], &["12", "--stop", word]].concat()).with_code(0).rows().remove(0);
    assert_eq!(stopped["finish_reason"], "stop_text");
    assert_eq!(stopped["text"].as_str(), text.split_once(word).map(|(before, _)| before));
}

#[test]
fn messages_go_through_the_chat_template_of_a_model_that_has_one() {
    let (folder, _) = golden_cases("llama");
    let chat = json!({"id": 1, "messages": [{"role": "user", "content": "Which ship carried rope?"}]});
    folder.write("prompts.jsonl", json_lines(&[chat]));
    let call = |model| folder.run(&["generate", "--model", model, "--in", "prompts.jsonl", "--max-tokens", "4"]);
    let row = call("model").with_code(0).rows().remove(0);
    assert!(row["text"].is_string() && !list(&row["token_ids"]).is_empty(), "{row}");
    call("builtin:standard").with_code(2).telling(&["`messages` (line 1)", "`chat`"]);
}

#[test]
fn a_finished_output_is_gone_on_with_and_nothing_is_asked_twice() {
    let folder = Folder::new();
    let rows: Vec<Value> =
        (0..4).map(|n| json!({"id": n, "text": format!("At dawn the archer took {n} drums")})).collect();
    let call = ["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl", "--out", "out.jsonl"];
    folder.write("texts.jsonl", json_lines(&rows[..3]));
    let ended = folder.run(&call).with_code(0);
    assert_eq!(ended.stdout, "");
    let first = folder.read("out.jsonl");
    folder.write("texts.jsonl", json_lines(&rows));
    folder.run(&call).with_code(0).telling(&["4 rows: 4 answered (3 of them from the journal)"]);
    assert!(folder.read("out.jsonl").starts_with(&first));
    assert_eq!(rows_of(&folder.read("out.jsonl")).len(), 4);
    assert_eq!(rows_of(&folder.read("out.jsonl.journal.jsonl")).len(), 4);
    folder.run(&call).with_code(0).telling(&["(4 of them from the journal)"]);
    assert_eq!(rows_of(&folder.read("out.jsonl.journal.jsonl")).len(), 4);
}

#[test]
fn a_killed_call_goes_on_from_its_torn_journal_to_the_same_output() {
    let folder = Folder::new();
    let rows: Vec<Value> =
        (0..6).map(|n| json!({"id": n, "text": format!("At dawn the archer took {n} drums")})).collect();
    folder.write("texts.jsonl", json_lines(&rows));
    let call = ["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl", "--out", "out.jsonl"];
    folder.run(&call).with_code(0);
    let (whole, journal) = (folder.bytes("out.jsonl"), folder.bytes("out.jsonl.journal.jsonl"));
    for cut in [0, 10, journal.len() / 2, journal.len() - 1] {
        std::fs::remove_file(folder.path("out.jsonl")).expect("the output");
        folder.write("out.jsonl.journal.jsonl", &journal[..cut]);
        folder.run(&call).with_code(0);
        assert!(folder.bytes("out.jsonl") == whole, "cut at {cut}: the output differs");
        assert_eq!(rows_of(&folder.read("out.jsonl.journal.jsonl")).len(), 6);
    }
}

#[test]
fn an_interrupted_call_says_so_and_the_same_call_again_finishes_it() {
    let folder = Folder::new();
    let text = |n: usize| format!("At dawn the archer took {n} drums, and then some more of them. ").repeat(4);
    let rows: Vec<Value> = (0..600).map(|n| json!({"id": n, "text": text(n)})).collect();
    folder.write("texts.jsonl", json_lines(&rows));
    let call = |out| ["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl", "--out", out];
    let mut running = folder.start(&call("cut.jsonl"));
    running.wait_for_file(&folder.path("cut.jsonl.journal.jsonl"));
    running.signal("INT");
    running.end().with_code(130).telling(&["600 rows: ", "interrupted", "the same call again goes on from here"]);
    assert!(!folder.path("cut.jsonl").exists());
    folder.run(&call("cut.jsonl")).with_code(0).telling(&["600 rows: 600 answered"]);
    folder.run(&call("whole.jsonl")).with_code(0);
    assert!(folder.bytes("cut.jsonl") == folder.bytes("whole.jsonl"), "the output differs");
    assert_eq!(rows_of(&folder.read("cut.jsonl.journal.jsonl")).len(), 600);
}

#[test]
fn a_row_that_changed_and_another_model_are_asked_again() {
    let folder = Folder::new();
    let call =
        |model| folder.run(&["logprobs", "--model", model, "--in", "texts.jsonl", "--out", "out.jsonl"]).with_code(0);
    folder
        .write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "At dawn"}), json!({"id": 2, "text": "At dusk"})]));
    call("builtin:standard");
    let before = rows_of(&folder.read("out.jsonl"));
    folder
        .write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "At dawn"}), json!({"id": 2, "text": "At noon"})]));
    call("builtin:standard").telling(&["(1 of them from the journal)"]);
    let after = rows_of(&folder.read("out.jsonl"));
    assert_eq!(after[0], before[0]);
    assert_ne!(after[1]["token_ids"], before[1]["token_ids"]);
    let ended = call("builtin:perturbed");
    assert!(!ended.stderr.contains("from the journal"), "{}", ended.stderr);
    assert_ne!(rows_of(&folder.read("out.jsonl"))[0]["logprobs"], before[0]["logprobs"]);
}

#[test]
fn texts_that_the_model_has_read_often_are_told_apart_from_others() {
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&labelled_passages(20)));
    let call = ["attack", "--model", "builtin:perturbed", "--reference", "builtin:standard", "--in", "texts.jsonl"];
    let ended = folder.run(&[&call[..], &["--out", "scores.jsonl", "--summary", "summary.json"]].concat()).with_code(0);
    let listed = folder.run(&["list", "attacks", "--json"]).with_code(0).json();
    let mut known: Vec<&str> = list(&listed).iter().filter_map(|attack| attack["attack"].as_str()).collect();
    // These need texts besides.
    known.retain(|id| !["neighbor", "recall", "dc_pdd"].contains(id));
    known.sort_unstable();
    let rows = rows_of(&folder.read("scores.jsonl"));
    assert_eq!(rows.len(), 40);
    for row in &rows {
        let scores = row["scores"].as_object().expect("scores by attack");
        assert_eq!(scores.keys().map(String::as_str).collect::<Vec<_>>(), known);
        assert!(scores.values().all(Value::is_number) && row["member"].is_boolean(), "{row}");
    }
    let summary = folder.json("summary.json");
    assert_eq!(list(&summary["attacks"]).len(), known.len());
    for attack in list(&summary["attacks"]) {
        assert_eq!((number(&attack["m"]), number(&attack["n"])), (20.0, 20.0));
        let (auc, interval) = (number(&attack["auc"]), &attack["auc_ci"]);
        // A model as small as this is as steep on what it has read as elsewhere, by the largest entry of a gradient.
        if attack["attack"] == "gradnorm" {
            continue;
        }
        assert!(auc > 0.8 && auc <= 1.0, "{attack}");
        assert!(number(&interval[0]) > 0.5 && number(&interval[0]) <= auc && number(&interval[1]) <= 1.0, "{attack}");
        assert!(attack["blind_auc"].is_number(), "no word on what the texts alone say: {attack}");
        // One non-member in 20 is 5 %: finer bounds have no number.
        assert_eq!(attack["tpr_at_fpr"]["0.01"]["below_resolution"], true);
    }
    assert!(ended.stderr.contains("min_k_pp") && ended.stderr.contains("bag_of_words"), "{}", ended.stderr);
}

#[test]
fn a_model_that_never_read_the_texts_does_not_tell_them_apart() {
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&labelled_passages(40)));
    let call =
        ["attack", "--model", "builtin:standard", "--in", "texts.jsonl", "--attacks", "loss", "--summary", "s.json"];
    folder.run(&call).with_code(0);
    let attack = &folder.json("s.json")["attacks"][0];
    let interval = &attack["auc_ci"];
    assert!(number(&interval[0]) < 0.5 && number(&interval[1]) > 0.5, "{attack}");
}

#[test]
fn turning_the_labels_round_turns_the_auc_round() {
    let folder = Folder::new();
    let mut rows = labelled_passages(10);
    let auc = |rows: &[Value]| {
        folder.write("texts.jsonl", json_lines(rows));
        let call = [
            "attack",
            "--model",
            "builtin:standard",
            "--in",
            "texts.jsonl",
            "--attacks",
            "loss,zlib",
            "--summary",
            "s.json",
        ];
        folder.run(&call).with_code(0);
        let summary = folder.json("s.json");
        list(&summary["attacks"]).iter().map(|attack| number(&attack["auc"])).collect::<Vec<_>>()
    };
    let as_labelled = auc(&rows);
    for row in &mut rows {
        let is_member = row["member"] == json!(true);
        let object = row.as_object_mut().expect("a row");
        object.remove("member");
        object.insert("label".to_owned(), json!(u8::from(!is_member)));
    }
    for (a, b) in as_labelled.iter().zip(auc(&rows)) {
        assert!((a + b - 1.0).abs() < 1e-12, "{a} and {b}");
    }
}

#[test]
fn an_attack_that_cannot_be_run_is_refused_or_left_out_with_a_reason() {
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&labelled_passages(3)));
    let call = ["attack", "--model", "builtin:standard", "--in", "texts.jsonl"];
    let with = |more: &[&str]| folder.run(&[&call[..], more].concat());
    with(&["--attacks", "ref"]).with_code(2).telling(&["`ref`", "--reference"]);
    with(&["--attacks", "mink"]).with_code(2).telling(&["`mink`", "min_k"]);
    with(&["--min-k", "1.5"]).with_code(2).telling(&["--min-k", "at most 1"]);
    let ended = with(&[]).with_code(0).telling(&["`ref` is left out"]);
    assert!(ended.rows().iter().all(|row| row["scores"].get("ref").is_none() && row["scores"]["loss"].is_number()));
}

#[test]
fn labels_of_one_class_give_scores_and_no_auc() {
    let folder = Folder::new();
    let rows: Vec<Value> = labelled_passages(4).into_iter().filter(|row| row["member"] == json!(true)).collect();
    folder.write("texts.jsonl", json_lines(&rows));
    let call =
        ["attack", "--model", "builtin:standard", "--in", "texts.jsonl", "--attacks", "loss", "--summary", "s.json"];
    let ended = folder.run(&call).with_code(3);
    assert!(ended.rows().iter().all(|row| row["scores"]["loss"].is_number()));
    let attack = &folder.json("s.json")["attacks"][0];
    assert_eq!((&attack["auc"], &attack["error"]["kind"]), (&Value::Null, &json!("single_class")));
}

#[test]
fn a_text_without_a_score_is_counted_and_leaves_the_others_theirs() {
    let folder = Folder::new();
    let mut rows = labelled_passages(5);
    rows.push(json!({"id": "empty", "text": "", "member": 1}));
    folder.write("texts.jsonl", json_lines(&rows));
    let call =
        ["attack", "--model", "builtin:standard", "--in", "texts.jsonl", "--attacks", "loss", "--summary", "s.json"];
    let ended = folder.run(&call).with_code(3);
    let last = ended.rows().pop().expect("a row");
    assert_eq!((&last["error"]["kind"], &last["scores"]["loss"]), (&json!("empty_text"), &Value::Null));
    let attack = &folder.json("s.json")["attacks"][0];
    assert_eq!((number(&attack["m"]), number(&attack["n"])), (5.0, 5.0));
    assert_eq!(attack["excluded"], json!({"empty_text": 1}));
}
