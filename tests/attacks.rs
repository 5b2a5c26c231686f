//! `attack`: texts that attacks are given besides, other people's numbers, and input that will not do.

use serde_json::{Value, json};

use crate::endpoint::{Behaviour, Endpoint};
use crate::instruments::labelled_passages;
use crate::support::{Folder, json_lines, list, number, rows_of};

/// Passages with neighbours, a prefix of texts that are no members, and a corpus.
fn prepared(n_of_each: usize) -> Folder {
    let folder = Folder::new();
    let mut rows = labelled_passages(n_of_each + 2);
    // Two non-members stand before the others.
    let shots: Vec<Value> = rows.split_off(rows.len() - 2);
    let others = rows.split_off(n_of_each + 2);
    rows.truncate(n_of_each);
    rows.extend(others);
    for row in &mut rows {
        let text = row["text"].as_str().expect("a text");
        row["neighbors"] = json!([text.replacen(" the ", " a ", 1), text.replacen(" a ", " the ", 2)]);
    }
    folder.write("texts.jsonl", json_lines(&rows));
    folder.write("prefix.jsonl", json_lines(&shots));
    let corpus: Vec<Value> =
        (0..20).map(|n| json!({"text": format!("The {n}th lamp on the road to the harbour.")})).collect();
    folder.write("corpus.jsonl", json_lines(&corpus));
    folder
}

const CALL: [&str; 5] = ["attack", "--model", "builtin:perturbed", "--in", "texts.jsonl"];
const GIVEN: [&str; 6] =
    ["--reference", "builtin:standard", "--recall-prefix", "prefix.jsonl", "--dcpdd-corpus", "corpus.jsonl"];

#[test]
fn with_everything_given_every_attack_has_a_score_for_every_text() {
    let folder = prepared(6);
    let ended = folder.run(&[&CALL[..], &GIVEN, &["--summary", "s.json"]].concat()).with_code(0);
    let listed = folder.run(&["list", "attacks", "--json"]).with_code(0).json();
    for row in ended.rows() {
        let scores = row["scores"].as_object().expect("scores by attack");
        assert_eq!(scores.len(), list(&listed).len());
        assert!(scores.values().all(Value::is_number), "{row}");
        assert!(row.get("compat").is_none());
        let within = |attack: &str, low: f64, high: f64| (low..=high).contains(&number(&scores[attack]));
        assert!(within("dc_pdd", 0.0, 0.01) && within("extraction_strength", 0.0, 1.0), "{row}");
        assert!(within("recall", 0.0, f64::MAX) && within("gradnorm", f64::MIN, 0.0), "{row}");
    }
    let summary = folder.json("s.json");
    assert_eq!(summary["left_out"], json!({}));
    assert_eq!((&summary["recall"]["shots"], &summary["recall"]["excluded"]), (&json!(2), &json!(0)));
    assert_eq!((&summary["dc_pdd"]["corpus_texts"], &summary["dc_pdd"]["counts"]), (&json!(20), &json!("document")));
    let n = list(&listed).len();
    assert_eq!(list(&summary["overlap"]["pairs"]).len(), n * (n - 1) / 2);
}

#[test]
fn texts_of_the_prefix_get_no_score_of_recall_and_are_counted() {
    let folder = prepared(4);
    let mut rows = rows_of(&folder.read("texts.jsonl"));
    let shot = &rows_of(&folder.read("prefix.jsonl"))[0];
    rows.push(json!({"id": "shot", "text": shot["text"], "member": 0}));
    folder.write("texts.jsonl", json_lines(&rows));
    let call = [&CALL[..], &GIVEN, &["--attacks", "loss,recall", "--summary", "s.json"]].concat();
    let ended = folder.run(&call).with_code(0).telling(&["1 texts are in the prefix"]);
    let last = ended.rows().pop().expect("a row");
    assert_eq!((&last["scores"]["recall"], &last["flags"]["recall"]), (&Value::Null, &json!(["in_recall_prefix"])));
    let summary = folder.json("s.json");
    assert_eq!((&summary["attacks"][0]["n"], &summary["attacks"][1]["n"]), (&json!(5), &json!(4)));
    assert_eq!(summary["attacks"][1]["excluded"], json!({"in_recall_prefix": 1}));
}

#[test]
fn a_prefix_that_does_not_fit_is_left_out_of_all_and_refused_by_name() {
    let folder = prepared(3);
    let long = "a long road to the harbour and back ".repeat(400);
    folder.write("prefix.jsonl", json_lines(&[json!({"id": 1, "text": long})]));
    folder
        .run(&[&CALL[..], &GIVEN, &["--attacks", "recall"]].concat())
        .with_code(2)
        .telling(&["recall_prefix_too_long"]);
    let ended = folder.run(&[&CALL[..], &GIVEN].concat()).with_code(0).telling(&["`recall` is left out"]);
    assert!(ended.rows().iter().all(|row| row["scores"].get("recall").is_none()));
}

#[test]
fn other_peoples_numbers_stand_beside_ours_in_their_own_sign() {
    let folder = prepared(4);
    let ended =
        folder.run(&[&CALL[..], &GIVEN, &["--compat", "mimir,minkpp,open-unlearning,traps"]].concat()).with_code(0);
    for row in ended.rows() {
        let (scores, compat) = (&row["scores"], &row["compat"]);
        let sum = |a: &Value, b: &Value| (number(a) + number(b)).abs();
        assert!(sum(&scores["loss"], &compat["mimir"]["loss"]) < 1e-9, "mimir's sign is turned: {row}");
        assert!(sum(&scores["dc_pdd"], &compat["mimir"]["dc_pdd"]) < 1e-5, "{row}");
        assert_eq!(
            scores["gradnorm"], compat["mimir"]["gradnorm_inf"],
            "mimir's own sign is the wrong way round: {row}"
        );
        assert!((number(&scores["recall"]) + number(&compat["mimir"]["recall"])).abs() < 1e-4, "{row}");
        assert!((number(&scores["lowercase"]) - number(&compat["minkpp"]["lowercase"])).abs() < 1e-9, "{row}");
        assert!(number(&compat["open_unlearning"]["gradnorm_inf"]) > 0.0, "{row}");
        assert!(number(&compat["traps"]["perplexity_first_token_removed"]) >= 1.0, "{row}");
        for code in ["mimir", "minkpp", "open_unlearning", "traps"] {
            let numbers = compat[code].as_object().expect("numbers by name");
            assert!(numbers.values().all(Value::is_number), "{code}: {row}");
        }
    }
}

#[test]
fn rows_without_neighbours_leave_that_attack_and_are_counted() {
    let folder = prepared(4);
    let mut rows = rows_of(&folder.read("texts.jsonl"));
    rows[1].as_object_mut().expect("an object").remove("neighbors");
    folder.write("texts.jsonl", json_lines(&rows));
    folder.run(&[&CALL[..], &["--attacks", "neighbor", "--summary", "s.json"]].concat()).with_code(0);
    let attack = &folder.json("s.json")["attacks"][0];
    assert_eq!((&attack["m"], &attack["n"]), (&json!(3), &json!(4)));
    assert_eq!(attack["excluded"], json!({"missing_neighbors": 1}));
}

#[test]
fn without_any_neighbours_the_attack_is_left_out_or_refused() {
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&labelled_passages(3)));
    folder.run(&[&CALL[..], &["--attacks", "neighbor"]].concat()).with_code(2).telling(&["`neighbor`", "neighbors"]);
    folder.run(&CALL).with_code(0).telling(&["`neighbor` is left out", "`recall` is left out", "`dc_pdd` is left out"]);
}

#[test]
fn a_text_under_both_labels_is_told_and_has_no_part_in_the_summary() {
    let folder = Folder::new();
    let mut rows = labelled_passages(3);
    rows.push(json!({"id": "again", "text": rows[0]["text"], "member": 0}));
    folder.write("texts.jsonl", json_lines(&rows));
    let call = [&CALL[..], &["--attacks", "loss", "--summary", "s.json"]].concat();
    folder.run(&call).with_code(0).telling(&["one text is a member in", "again"]);
    let summary = folder.json("s.json");
    assert_eq!(summary["contradictions"][0]["non_members"], json!(["again"]));
    assert_eq!((&summary["attacks"][0]["m"], &summary["attacks"][0]["n"]), (&json!(2), &json!(3)));
    assert_eq!(summary["attacks"][0]["excluded"], json!({"contradictory_label": 2}));
}

#[test]
fn a_text_too_short_for_an_attack_has_no_score_and_is_counted_not_averaged() {
    let folder = Folder::new();
    let mut rows = labelled_passages(3);
    rows.push(json!({"id": "short", "text": "the sea", "member": 1}));
    folder.write("texts.jsonl", json_lines(&rows));
    let call = [&CALL[..], &["--attacks", "loss,min_k_windowed", "--window", "12", "--summary", "s.json"]].concat();
    let last = folder.run(&call).with_code(0).rows().pop().expect("a row");
    assert!(last["scores"]["loss"].is_number());
    assert_eq!(
        (&last["scores"]["min_k_windowed"], &last["flags"]["min_k_windowed"]),
        (&Value::Null, &json!(["too_short"]))
    );
    let summary = folder.json("s.json");
    assert_eq!((&summary["attacks"][0]["m"], &summary["attacks"][1]["m"]), (&json!(4), &json!(3)));
}

#[test]
fn a_label_that_is_neither_yes_nor_no_names_its_line() {
    for label in [json!(2), json!("yes"), json!(0.5), json!(null)] {
        let folder = Folder::new();
        folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "a b c", "member": label})]));
        folder.run(&CALL).with_code(2).telling(&["texts.jsonl", "line 1", "member", "0, 1, true or false"]);
    }
}

#[test]
fn an_endpoint_without_statistics_over_the_vocabulary_refuses_min_k_pp_by_name() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&labelled_passages(2)));
    let model = endpoint.model();
    let call = ["attack", "--model", &model, "--in", "texts.jsonl"];
    for attack in ["min_k_pp", "gradnorm"] {
        let ended = folder.run(&[&call[..], &["--attacks", attack]].concat()).with_code(2);
        ended.telling(&[&format!("`{attack}`"), "use a model that can"]);
    }
    folder.run(&call).telling(&["`min_k_pp` is left out", "vocab_stats", "`gradnorm` is left out"]);
}
