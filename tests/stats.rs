//! `mnemoscope stats`: one method on numbers of one's own, and what it says to bad ones.

use serde_json::{Value, json};

use crate::support::{Folder, number};

fn stats(method: &str, request: &Value, code: i32) -> Value {
    let ended = Folder::new().run_with_input(&["stats", method, "--in", "-"], &request.to_string());
    ended.with_code(code).json()
}

#[test]
fn a_method_answers_from_a_file_into_a_file() {
    let folder = Folder::new();
    folder.write(
        "pairs.json",
        json!({"params": {"level": 0.9}, "input": {"a": [3, 5, 4, 9], "b": [1, 4, 4, 2]}}).to_string(),
    );
    folder.run(&["stats", "paired_t", "--in", "pairs.json", "--out", "answer.json"]).with_code(0);
    let answer = folder.json("answer.json");
    assert!((number(&answer["estimate"]) - 2.5).abs() < 1e-12);
    assert_eq!((&answer["method"], &answer["n_used"]), (&json!("paired_t"), &json!(4)));
    assert!(
        (number(&answer["params"]["level"]) - 0.9).abs() < 1e-15 && answer["params"]["nan_policy"] == json!("reject")
    );
}

#[test]
fn a_parameter_is_told_by_the_name_that_it_was_given_under() {
    let request = json!({"params": {"delta": -1}, "input": {"a": [1, 2, 4], "b": [1, 3, 3]}});
    assert_eq!(stats("tost_paired", &request, 2)["values"]["name"], json!("delta"));
}

#[test]
fn a_dash_is_stdout_and_a_seed_can_be_given() {
    let folder = Folder::new();
    folder.write("values.json", json!({"input": {"value": [1, 5, 2, 8, 3, 4]}}).to_string());
    let with = |seed: &str| {
        let arguments = ["stats", "bootstrap_mean", "--in", "values.json", "--out", "-", "--seed", seed];
        folder.run(&arguments).with_code(0).telling(&["n 6"]).json()
    };
    assert_eq!(with("7")["seed"], json!(7));
    assert_eq!(with("7"), with("7"));
    assert_eq!(folder.files(), ["values.json"]);
}

#[test]
fn every_bad_input_has_a_name_and_a_code() {
    let pair = |a: Value, b: Value| json!({"input": {"a": a, "b": b}});
    for (method, request, kind, code) in [
        ("paired_t", pair(json!([]), json!([])), "EmptyInput", 3),
        ("paired_t", pair(json!([1]), json!([2])), "TooFewItems", 3),
        ("paired_t", pair(json!([1, 2, 3]), json!([1, 2])), "LengthMismatch", 3),
        ("wilcoxon", pair(json!([1, null]), json!([1, 2])), "NonFinite", 3),
        ("wilcoxon", pair(json!([1, "Infinity"]), json!([1, 2])), "NonFinite", 3),
        ("paired_t", pair(json!([2, 3, 4]), json!([1, 2, 3])), "ZeroVariance", 3),
        ("paired_t", pair(json!([1e308, 1e308]), json!([-1e308, 1e308])), "NonFinite", 3),
        ("roc_auc", json!({"input": {"score": [1, 2], "y": [1, 1]}}), "SingleClass", 3),
        ("clustered_se", json!({"input": {"value": [1, 2], "cluster": ["x", "x"]}}), "TooFewClusters", 3),
        ("mean_t", json!({"params": {"level": 1.0}, "input": {"value": [1, 2]}}), "InvalidParameter", 2),
        ("mean_t", json!({"params": {"level": -3}, "input": {"value": [1, 2]}}), "InvalidParameter", 2),
        (
            "tost_paired",
            json!({"params": {"delta": 0}, "input": {"a": [1, 2, 4], "b": [1, 3, 3]}}),
            "InvalidParameter",
            2,
        ),
        (
            "wilcoxon_holm",
            json!({"params": {"alpha": 2}, "input": {"scores": [[1, 2], [2, 1]]}}),
            "InvalidParameter",
            2,
        ),
        (
            "bootstrap_paired_mean",
            json!({"params": {"resamples": 1_000_000_000_000_000_u64}, "input": {"a": [1, 2], "b": [0, 0]}}),
            "InvalidParameter",
            2,
        ),
        ("mcnemar_exact", json!({"input": {"both": 5, "only_a": u64::MAX, "only_b": 2, "neither": 3}}), "Input", 2),
        ("paired_t", json!({"input": {"a": [1, 2]}}), "Input", 2),
        ("paired_t", pair(json!("text"), json!([1])), "Input", 2),
    ] {
        let answer = stats(method, &request, code);
        assert_eq!(answer["error"]["kind"], json!(kind), "{method} {request}: {answer}");
        assert!(!answer["error"]["message"].as_str().unwrap().is_empty());
    }
}

#[test]
fn models_that_tie_everywhere_are_told_so_and_not_called_different() {
    let same = json!([0.5, 0.7, 0.2, 0.9]);
    for method in ["paired_t", "permutation_paired", "bootstrap_paired_mean"] {
        let answer = stats(method, &json!({"input": {"a": same, "b": same}}), 0);
        assert!(!answer["flags"].as_array().unwrap().is_empty(), "{answer}");
        assert!(answer["p_value"].is_null() || number(&answer["p_value"]) >= 1.0, "{answer}");
    }
    let answer = stats("mcnemar_midp", &json!({"input": {"both": 7, "only_a": 0, "only_b": 0, "neither": 2}}), 0);
    assert!(number(&answer["p_value"]) >= 1.0 && answer["flags"] == json!(["no_discordant_pairs"]), "{answer}");
}

#[test]
fn what_is_no_request_is_refused_with_its_place() {
    let folder = Folder::new();
    let ended = folder.run_with_input(&["stats", "paired_t", "--in", "-"], "{\"input\": {\"a\": [1,]}}").with_code(2);
    ended.telling(&["line 1", "column"]);
    for text in ["", "[]", "3", "{}", "{\"input\": []}", "{\"params\": [], \"input\": {}}", "\u{0}"] {
        folder.run_with_input(&["stats", "paired_t", "--in", "-"], text).with_code(2).telling(&["-: "]);
    }
    let request = "{\"params\": {\"lvel\": 0.9}, \"input\": {\"a\": [1, 2], \"b\": [2, 2]}}";
    let ended = folder.run_with_input(&["stats", "paired_t", "--in", "-"], request).with_code(2);
    ended.telling(&["lvel", "level"]);
    folder.run(&["stats", "paired_tt", "--in", "-"]).with_code(2).telling(&["did you mean `paired_t`"]);
    folder.run(&["stats", "paired_t"]).with_code(2).telling(&["--in"]);
    folder.run(&["stats", "paired_t", "--in", "nowhere.json"]).with_code(2).telling(&["nowhere.json"]);
}

#[test]
fn every_method_can_be_listed_and_described() {
    let folder = Folder::new();
    let listed = folder.run(&["list", "tests", "--json"]).with_code(0).json();
    let methods = listed.as_array().expect("a list");
    assert!(methods.len() > 40, "{}", methods.len());
    for method in methods {
        let name = method["test"].as_str().or(method["name"].as_str()).expect("a name");
        for column in ["question", "assumptions", "reference"] {
            assert!(method[column].as_str().is_some_and(|text| !text.is_empty()), "{method}");
        }
        let told = folder.run(&["stats", name, "--describe"]).with_code(0).stdout;
        assert!(told.contains(name), "{told}");
    }
}
