//! `verify`: this build against the recorded outputs of reference implementations.

use serde_json::{Value, json};

use crate::support::{Folder, golden, list, number};

/// Runs `verify` over golden folders of the repository.
fn verify(kinds: &[&str], more: &[&str]) -> crate::support::Ended {
    let folders: Vec<String> = kinds.iter().map(|kind| golden(kind).to_string_lossy().into_owned()).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    Folder::new().run(&[&["verify"][..], &folders, more].concat())
}

/// A copy of the golden Llama folder whose case is changed in one place.
fn changed_golden(change: impl FnOnce(&mut Value)) -> Folder {
    let folder = Folder::new();
    folder.copy(&golden("local-models/llama"), "local-models/llama");
    folder.edit_json("local-models/llama/golden.json", change);
    folder
}

#[test]
fn all_handled_golden_cases_agree() {
    let ended = verify(&["membership", "local-models"], &["--allow-missing", "--json"]).with_code(0);
    let report = ended.json();
    assert_eq!(number(&report["failed"]), 0.0, "{}", ended.stdout);
    assert_eq!(report["cases"], report["passed"]);
    let cases_of = |end: &str| {
        let file =
            list(&report["files"]).iter().find(|file| file["file"].as_str().is_some_and(|name| name.ends_with(end)));
        number(&file.unwrap_or_else(|| panic!("no file {end}"))["cases"])
    };
    assert_eq!(cases_of("local-models/llama/golden.json"), 13.0);
    assert_eq!(cases_of("local-models/llama-bf16/golden.json"), 9.0);
    assert_eq!(cases_of("membership/attacks_pair_a.jsonl"), 39.0);
    assert_eq!(cases_of("membership/attacks_pair_a.meta.json"), 14.0);
}

#[test]
fn what_this_build_does_not_handle_fails_unless_it_is_allowed() {
    let folder = Folder::new();
    folder.write("membership/another_table.json", "{}");
    folder.copy(&golden("local-models/llama"), "local-models/llama");
    let ended = folder.run(&["verify", "membership", "local-models"]).with_code(1);
    assert!(ended.stdout.contains("unsupported") && ended.stdout.contains(" 0 failed, "), "{}", ended.stdout);
    folder.run(&["verify", "membership", "local-models", "--allow-missing"]).with_code(0);
    verify(&["membership"], &[]).with_code(0);
}

#[test]
fn a_kind_that_this_build_does_not_know_is_listed_as_unsupported() {
    let folder = Folder::new();
    folder.write("other/cases.jsonl", "{\"id\": 1}\n");
    let ended = folder.run(&["verify", "other"]).with_code(1);
    assert!(ended.stdout.contains("other/cases.jsonl") && ended.stdout.contains("unsupported"), "{}", ended.stdout);
}

#[test]
fn one_changed_log_probability_fails_and_names_its_case() {
    let folder = changed_golden(|golden| {
        let value = number(&golden["cases"][2]["token_logprobs"][4]);
        golden["cases"][2]["token_logprobs"][4] = json!(value + 3e-4);
    });
    for more in [&[][..], &["--allow-missing"]] {
        let ended = folder.run(&[&["verify", "local-models"][..], more].concat()).with_code(1);
        assert!(ended.stdout.contains("failed cases[2]"), "{}", ended.stdout);
        assert!(ended.stdout.contains("token_logprobs[4]"), "{}", ended.stdout);
    }
    let report = folder.run(&["verify", "local-models", "--json"]).with_code(1).json();
    let failed = list(&report["files"][0]["failed"]);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["id"], "cases[2]");
    let of = |side: &str| number(&failed[0][side]["token_logprobs[4]"]);
    assert!((of("expected") - of("got")).abs() > 1e-4);
}

#[test]
fn a_difference_within_the_tolerance_passes() {
    let folder = changed_golden(|golden| {
        let value = number(&golden["cases"][2]["token_logprobs"][4]);
        golden["cases"][2]["token_logprobs"][4] = json!(value + 4e-5);
    });
    folder.run(&["verify", "local-models"]).with_code(0);
}

#[test]
fn one_changed_token_fails() {
    let folder = changed_golden(|golden| {
        let id = number(&golden["cases"][0]["greedy20"][19]);
        golden["cases"][0]["greedy20"][19] = json!(if id == 5.0 { 6 } else { 5 });
    });
    let ended = folder.run(&["verify", "local-models"]).with_code(1);
    assert!(ended.stdout.contains("failed cases[0]") && ended.stdout.contains("greedy20[19]"), "{}", ended.stdout);
}

#[test]
fn one_changed_attack_score_fails_and_names_its_case() {
    let folder = Folder::new();
    folder.copy(&golden("membership"), "membership");
    let text = folder.read("membership/attacks_pair_a.jsonl");
    let mut rows = crate::support::rows_of(&text);
    let changed = shift_first(&mut rows[3], "loss").expect("a loss in the case");
    folder.write("membership/attacks_pair_a.jsonl", crate::support::json_lines(&rows));
    let ended = folder.run(&["verify", "membership", "--allow-missing", "--json"]).with_code(1);
    let report = ended.json();
    assert_eq!(number(&report["failed"]), 1.0, "{}", ended.stdout);
    let failed = list(&report["files"]).iter().flat_map(|file| list(&file["failed"])).next().expect("a failed case");
    assert!(failed["expected"].to_string().contains(&changed.to_string()), "{failed}");
}

/// Adds 0.01 to the first number under the key, wherever it stands; gives the new number.
fn shift_first(value: &mut Value, key: &str) -> Option<f64> {
    let object = value.as_object_mut()?;
    if let Some(number) = object.get_mut(key).filter(|value| value.is_number()) {
        let shifted = number.as_f64()? + 0.01;
        *number = json!(shifted);
        return Some(shifted);
    }
    object.values_mut().find_map(|inner| shift_first(inner, key))
}

#[test]
fn the_report_for_scripts_has_its_documented_shape() {
    let report = verify(&["local-models"], &["--allow-missing", "--json"]).with_code(0).json();
    for key in ["cases", "passed", "failed"] {
        assert!(report[key].is_u64(), "{key}");
    }
    for file in list(&report["files"]) {
        assert!(file["file"].is_string() && file["kind"] == "local-models", "{file}");
        assert!(file["cases"].is_u64() && file["passed"].is_u64() && file["failed"].is_array(), "{file}");
        for entry in list(&file["skipped"]).iter().chain(list(&file["unsupported"])) {
            assert!(entry["id"].is_string() && entry["reason"].is_string(), "{entry}");
        }
    }
    let skipped = list(&report["files"]).iter().filter(|file| !list(&file["skipped"]).is_empty()).count();
    assert!(skipped > 0, "the folder has a reference whose model is too large to ship");
}

#[test]
fn a_checkpoint_that_does_not_open_fails_its_file() {
    let folder = changed_golden(|_| {});
    folder.edit_tensors("local-models/llama/model.safetensors", |header| {
        header.remove("model.norm.weight").expect("a tensor");
    });
    let ended = folder.run(&["verify", "local-models"]).with_code(1);
    assert!(ended.stdout.contains("a checkpoint that opens"), "{}", ended.stdout);
}

#[test]
fn folders_without_cases_match_nothing_and_missing_ones_are_refused() {
    let folder = Folder::new();
    folder.write("local-models/README.md", "");
    folder.run(&["verify", "local-models"]).with_code(4).telling(&["local-models"]);
    folder.run(&["verify", "nowhere"]).with_code(2).telling(&["nowhere"]);
    folder
        .run(&["verify", "local-models", "--kind", "local-modls"])
        .with_code(2)
        .telling(&["local-modls", "local-models"]);
}
