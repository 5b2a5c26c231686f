//! Unlearning, on three small golden checkpoints: one that knows three people, one that was made to forget one of them, and one that
//! never read of her. What must be found, and what must be refused or counted.

use std::path::Path;

use serde_json::Value;

use crate::endpoint::{Behaviour, Endpoint};
use crate::support::{Ended, Folder, golden};

/// The golden data in a folder of their own, to be damaged, and the three checkpoints.
fn with_data() -> Folder {
    let folder = Folder::new();
    folder.copy(&golden("rwku/dataset/Target"), "data/Target");
    for model in ["original", "unlearned", "retrain"] {
        folder.copy(&golden(&format!("rwku/tiny/{model}")), model);
    }
    folder
}

fn run(folder: &Folder, more: &[&str]) -> Ended {
    let mut call = vec!["run", "rwku", "--model", "unlearned", "--size", "data", "--out", "run", "--quiet"];
    call.extend(more);
    folder.run(&call)
}

const WHOLE: [&str; 4] = ["--baseline", "original", "--reference", "retrain"];
const QUESTIONS: [&str; 2] = ["--task", "forget-*"];

fn suite(folder: &Folder) -> Value {
    folder.json("run/results.json")["suites"][0].clone()
}

fn found<'v>(list: &'v Value, wanted: &[(&str, &str)]) -> &'v Value {
    let is_wanted = |row: &&Value| wanted.iter().all(|(key, value)| row[*key] == *value);
    list.as_array().expect("a list").iter().find(is_wanted).unwrap_or_else(|| panic!("no row with {wanted:?}"))
}

#[test]
fn what_upstream_measures_of_each_target_stands_in_the_results() {
    let folder = with_data();
    run(&folder, &WHOLE).with_code(0);
    let unlearning = suite(&folder)["unlearning"].clone();
    let intro = |name: &str| {
        let intro: Value = folder.json(&format!("data/Target/{name}/intro.json"));
        intro[0]["target"].as_str().expect("a target").to_owned()
    };
    let recorded = std::fs::read_to_string(golden("rwku/tiny_e2e.jsonl")).expect("golden cases");
    let mut n = 0;
    for line in recorded.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let target = intro(case["target_dir"].as_str().expect("a folder"));
        let model = case["model"].as_str().expect("a model");
        for (measure, section, key) in [
            ("forget-blank", "forget", "forget_level1"),
            ("forget-question", "forget", "forget_level2"),
            ("forget-attack", "forget", "forget_level3"),
            ("forget-all", "forget", "all"),
            ("neighbour-all", "neighbor", "all"),
            ("texts-forget", "mia_forget", "loss"),
            ("texts-retain", "mia_retain", "loss"),
        ] {
            let row = found(&unlearning["targets"], &[("measure", measure), ("model", model), ("target", &target)]);
            let (ours, theirs) = (row["value"].as_f64().expect("a value"), &case["metrics"][section][key]);
            let theirs = theirs.as_f64().expect("a golden value");
            assert!((ours - theirs).abs() < 1e-4, "{measure} of {model} for {target}: {ours} and {theirs}");
            n += 1;
        }
    }
    assert_eq!(n, 63);
}

#[test]
fn claims_are_of_these_targets_and_over_forgetting_is_told_from_forgetting() {
    let folder = with_data();
    run(&folder, &WHOLE).with_code(0).telling(&[]);
    let suite = suite(&folder);
    let claims = &suite["unlearning"]["claims"];
    let outcome = |kind: &str, measure: &str| found(claims, &[("kind", kind), ("measure", measure)])["outcome"].clone();
    // Three targets cannot give more.
    assert_eq!(outcome("forgetting", "forget-all"), "found_here");
    assert_eq!(outcome("over_forgetting", "texts-forget"), "found_here");
    assert_eq!(outcome("over_forgetting", "forget-question"), "not_found");
    assert_eq!(outcome("preservation", "neighbour-all"), "found_here");
    let claim = found(claims, &[("kind", "forgetting"), ("measure", "forget-all")]);
    assert_eq!(claim["by_target"]["smallest_p"], 0.125);
    assert!(claim["sentence"].as_str().expect("a sentence").contains("3 targets cannot give a p below 0.125"));
    let verdict = suite["verdict"].as_str().expect("a verdict");
    assert!(verdict.contains("Over-forgotten") && verdict.contains("facts that were known before"), "{verdict}");
    // Nothing of a retrained model is called membership, and every question was answered.
    assert_eq!(suite["curves"], Value::Array(Vec::new()));
    let facts = found(&suite["unlearning"]["facts"], &[("model", "unlearned")]);
    let n = |key: &str| facts[key].as_u64().expect("a count");
    let groups = ["n_direct", "n_lenient", "n_superficial", "n_essential"];
    assert_eq!(groups.iter().map(|group| n(group)).sum::<u64>(), n("n_known_before"));
    // Names that only a reverse query asks for are in no group.
    assert_eq!(n("n_only_attacked"), 3);
    let card = folder.read("run/report/card.html");
    assert!(card.contains("over-forgotten") || card.contains("Over-forgotten"));
}

#[test]
fn upstreams_score_of_reasoning_stands_beside_the_corrected_one() {
    let folder = with_data();
    run(&folder, &["--task", "reasoning"]).with_code(0);
    let suite = suite(&folder);
    let erratum = found(&suite["errata"], &[("id", "bbh-by-characters")]);
    let pair = &erratum["pairs"][0];
    assert!(pair["corrected"].as_f64() > pair["compatible"].as_f64(), "{pair}");
}

#[test]
fn configs_of_the_hub_and_folders_of_targets_give_the_same_items() {
    let folder = with_data();
    run(&folder, &QUESTIONS).with_code(0);
    let from_folders = folder.bytes("run/items.parquet");
    folder.copy(&golden("rwku/dataset/configs"), "configs");
    folder
        .run(&[
            "run",
            "rwku",
            "--model",
            "unlearned",
            "--size",
            "configs",
            "--out",
            "again",
            "--quiet",
            "--task",
            "forget-*",
        ])
        .with_code(0);
    assert_eq!(folder.bytes("again/items.parquet"), from_folders);
}

#[test]
fn levels_may_be_numbers() {
    let folder = with_data();
    let name = "data/Target/1_Orla_Brandvik/forget_level2.json";
    folder.edit_json(name, |rows| {
        for row in rows.as_array_mut().expect("rows") {
            row["level"] = Value::from(2);
        }
    });
    run(&folder, &["--task", "forget-question"]).with_code(0);
    folder.edit_json(name, |rows| rows[0]["level"] = Value::from(4));
    folder.run(&["run", "rwku", "--model", "unlearned", "--size", "data", "--out", "other"]).with_code(2).telling(&[
        "1_Orla_Brandvik/forget_level2.json",
        "`level`",
        "the number 4",
    ]);
}

#[test]
fn a_targets_missing_file_is_named_and_not_skipped() {
    let folder = with_data();
    std::fs::remove_file(folder.path("data/Target/2_Tobin_Achterberg/forget_level2.json")).expect("a file");
    run(&folder, &QUESTIONS).with_code(2).telling(&["Target/2_Tobin_Achterberg/forget_level2.json", "every folder"]);
    let folder = with_data();
    std::fs::remove_file(folder.path("data/Target/3_Mirela_Sandoz/intro.json")).expect("a file");
    run(&folder, &QUESTIONS).with_code(2).telling(&["Target/3_Mirela_Sandoz/intro.json"]);
}

#[test]
fn an_introduction_may_be_an_object_and_must_name_the_rows_target() {
    let folder = with_data();
    let name = "data/Target/1_Orla_Brandvik/intro.json";
    let one = folder.json(name)[0].clone();
    folder.write(name, serde_json::to_string_pretty(&one).expect("JSON"));
    run(&folder, &["--task", "forget-question"]).with_code(0);
    folder.edit_json(name, |intro| intro["target"] = Value::from("Somebody Else"));
    let again = folder.run(&["run", "rwku", "--model", "unlearned", "--size", "data", "--out", "other"]);
    again.with_code(2).telling(&["`subject`", "Orla Brandvik", "Somebody Else", "intro.json"]);
}

#[test]
fn an_unknown_form_of_attack_is_kept_and_listed() {
    let folder = with_data();
    folder.edit_json("data/Target/1_Orla_Brandvik/forget_level3.json", |rows| {
        rows[0]["type"] = Value::from("moon phase");
        rows[1]["type"] = Value::from("Role Playing");
    });
    run(&folder, &["--task", "forget-attack"]).with_code(0);
    let unlearning = suite(&folder)["unlearning"].clone();
    assert_eq!(unlearning["unknown_attacks"], serde_json::json!([["moon phase", 1]]));
    assert_eq!(found(&unlearning["attacks"], &[("attack", "other: moon phase")])["n"], 1);
    let labels = found(&unlearning["attacks"], &[("attack", "role_play")])["labels"].to_string();
    assert!(labels.contains("Role Playing"), "{labels}");
    let n: u64 = unlearning["attacks"].as_array().expect("rows").iter().filter_map(|row| row["n"].as_u64()).sum();
    assert_eq!(n, 27, "no question is dropped");
    assert!(folder.read("run/report/card.html").contains("moon phase"));
}

#[test]
fn a_target_whose_name_is_a_path_writes_nowhere_else() {
    let folder = with_data();
    for file in ["intro.json", "forget_level2.json"] {
        let name = format!("data/Target/1_Orla_Brandvik/{file}");
        let text = folder.read(&name).replace("\"Orla Brandvik\"", "\"../../../Orla/<b>Brandvik</b>\"");
        folder.write(&name, text);
    }
    run(&folder, &["--task", "forget-question"]).with_code(0);
    assert!(!Path::new(&folder.path("../Orla")).exists());
    assert!(folder.files().iter().all(|file| !file.contains("Orla/")), "{:?}", folder.files());
    let card = folder.read("run/report/card.html");
    assert!(!card.contains("<b>Brandvik</b>") && card.contains("&lt;b&gt;Brandvik"));
}

#[test]
fn models_of_different_tokenizers_are_not_paired() {
    let folder = with_data();
    folder.edit_json("original/tokenizer.json", |tokenizer| {
        let added = tokenizer["added_tokens"].as_array_mut().expect("added tokens");
        let mut more = added[0].clone();
        more["content"] = Value::from("<|more|>");
        more["id"] = Value::from(559);
        added.push(more);
    });
    run(&folder, &WHOLE).with_code(2).telling(&["tokenizers differ", "original"]);
}

#[test]
fn a_model_without_a_chat_template_is_refused_with_a_way_out() {
    let folder = with_data();
    std::fs::remove_file(folder.path("unlearned/chat_template.jinja")).expect("a file");
    run(&folder, &QUESTIONS).with_code(2).telling(&["`chat`", "--plain-prompts", "chat_template.jinja"]);
    run(&folder, &["--task", "forget-*", "--plain-prompts"]).with_code(0);
    let prompts = &suite(&folder)["unlearning"]["prompts"];
    assert_eq!(prompts["is_plain"], true);
}

/// Writes a checkpoint anew with one number in every place of its last norm, in single precision.
fn with_last_norm(folder: &Folder, file: &str, value: f32) {
    let bytes = folder.bytes(file);
    let (length, rest) = bytes.split_first_chunk::<8>().expect("a length");
    let (header, data) = rest.split_at(usize::try_from(u64::from_le_bytes(*length)).expect("a length"));
    let header: serde_json::Map<String, Value> = serde_json::from_slice(header).expect("a header");
    let (mut tensors, mut written) = (serde_json::Map::new(), Vec::new());
    for (name, mut tensor) in header.into_iter().filter(|(name, _)| name != "__metadata__") {
        let place = |which: usize| {
            usize::try_from(tensor["data_offsets"][which].as_u64().expect("an offset")).expect("an offset")
        };
        let mut own = data[place(0)..place(1)].to_vec();
        if name == "model.norm.weight" {
            own = value.to_le_bytes().repeat(own.len() / 2);
            tensor["dtype"] = Value::from("F32");
        }
        tensor["data_offsets"] = serde_json::json!([written.len(), written.len() + own.len()]);
        written.extend(own);
        tensors.insert(name, tensor);
    }
    let header = serde_json::to_vec(&tensors).expect("a header");
    folder.write(file, [&(header.len() as u64).to_le_bytes(), header.as_slice(), written.as_slice()].concat());
}

#[test]
fn a_broken_checkpoint_is_an_error_and_has_forgotten_nothing() {
    let folder = with_data();
    // Numbers that are finite as they are stored, and too large for what is made of them.
    with_last_norm(&folder, "unlearned/model.safetensors", 1e38);
    run(&folder, &["--task", "forget-*", "--baseline", "original"]).with_code(3);
    let suite = suite(&folder);
    let unlearning = &suite["unlearning"];
    let kinds = found(&unlearning["answers"], &[("model", "unlearned"), ("side", "forget")]);
    assert_eq!((kinds["n"].as_u64(), kinds["errors"].as_u64()), (Some(0), Some(63)), "{kinds}");
    let claim = found(&unlearning["claims"], &[("kind", "forgetting"), ("measure", "forget-all")]);
    assert_eq!((&claim["outcome"], &claim["n_items"]), (&Value::from("untested"), &Value::from(0)));
    let measure = found(&unlearning["measures"], &[("measure", "forget-all"), ("model", "unlearned")]);
    assert_eq!((&measure["value"], &measure["n_missing"]), (&Value::Null, &Value::from(63)));
    let journal = folder.read("run/cells/rwku/unlearned/journal.jsonl");
    assert!(journal.contains("non_finite") && journal.contains("damaged"));
}

#[test]
fn other_words_come_from_a_file_and_are_named_in_the_results() {
    let folder = with_data();
    folder.copy(&golden("rwku"), "golden");
    run(&folder, &["--task", "forget-question", "--prompt-file", "golden/prompts.json"]).with_code(0);
    let prompts = suite(&folder)["unlearning"]["prompts"].clone();
    assert_eq!(prompts["name"], "unnamed");
    folder.write("words.json", "{\"qa\": {\"user\": \"{querry}\"}}");
    let call = |words| {
        let fixed = ["run", "rwku", "--model", "unlearned", "--size", "data", "--out", "other", "--task"];
        [fixed.as_slice(), &["forget-question", "--prompt-file", words]].concat()
    };
    folder.run(&call("words.json")).with_code(2).telling(&["querry", "query"]);
    folder.write("words.json", "{\"qa\": {\"user\": \"{query\"}}");
    folder.run(&call("words.json")).with_code(2).telling(&["words.json", "close it"]);
    folder
        .run(&["run", "rwku", "--model", "unlearned", "--size", "data", "--out", "other", "--prompt-file", "no.json"])
        .with_code(2)
        .telling(&["no.json"]);
}

#[test]
fn an_instruction_to_have_forgotten_stands_before_every_message() {
    let folder = with_data();
    run(&folder, &["--task", "forget-question", "--in-context-unlearning", "--baseline", "original"]).with_code(0);
    assert_eq!(suite(&folder)["unlearning"]["prompts"]["is_in_context"], true);
    let journal = folder.read("run/cells/rwku/unlearned/journal.jsonl");
    assert!(journal.contains("unlearned Orla Brandvik"));
    // The model before is asked as ever.
    assert!(!folder.read("run/cells/rwku/original/journal.jsonl").contains("unlearned Orla Brandvik"));
}

#[test]
fn a_published_row_stands_beside_ours_with_the_difference_where_the_model_is_named() {
    let folder = with_data();
    run(&folder, &["--published-as", "Llama-3-8B-Instruct Before", "--task", "forget-*"]).with_code(0);
    let suite = suite(&folder);
    for (column, published) in [("FB", 0.859), ("All", 0.796)] {
        let wanted = [("task", column), ("model", "Llama-3-8B-Instruct Before")];
        let row = found(&suite["published"], &wanted);
        let (ours, difference) =
            (row["ours"].as_f64().expect("ours"), row["difference"].as_f64().expect("a difference"));
        assert!((row["published"].as_f64().expect("a number") - published).abs() < 1e-9, "{row}");
        assert!((ours - published - difference).abs() < 1e-9);
        let row = found(&suite["measured"], &[("task", column)]);
        assert_eq!(row["value"].as_f64(), Some(ours));
    }
    folder
        .run(&["run", "rwku", "--model", "unlearned", "--size", "data", "--out", "other", "--published-as", "GPT"])
        .with_code(2)
        .telling(&["Phi-3-mini-4k-instruct GA full"]);
}

#[test]
fn an_endpoint_that_renders_chats_itself_is_asked_without_the_answers_beginning_and_marked() {
    let folder = with_data();
    let endpoint = Endpoint::start(Behaviour { is_chat_only: true, ..Behaviour::default() });
    folder.write("models.toml", endpoint.entry(""));
    let call =
        ["run", "rwku", "--model", "@mock", "--size", "data", "--task", "forget-question", "--out", "run", "--quiet"];
    folder.run(&call).with_code(0);
    let metrics = suite(&folder)["metrics"].clone();
    let row = found(&metrics, &[("metric", "rouge_l_recall_upstream")]);
    assert_eq!(row["flags"].as_array().expect("flags").last(), Some(&Value::from("prefill_not_given")), "{row}");
    assert_eq!(row["n"], 18);
    // Given answers cannot be scored there, and nothing stands in for them.
    let mut given = call;
    (given[7], given[9]) = ("truthfulness", "other");
    folder.run(&given).with_code(2).telling(&["`score`", "truthfulness"]);
}

#[test]
fn models_with_different_templates_are_not_paired() {
    let folder = with_data();
    let template = folder.read("original/chat_template.jinja");
    folder.write("original/chat_template.jinja", template.replace("<|end|>", "<|end|>\n"));
    run(&folder, &WHOLE).with_code(2).telling(&["chat templates differ", "original"]);
}

#[test]
fn an_empty_file_and_a_target_in_two_folders_are_refused() {
    let folder = with_data();
    folder.write("data/Target/2_Tobin_Achterberg/forget_level2.json", "[]");
    run(&folder, &QUESTIONS).with_code(2).telling(&["2_Tobin_Achterberg/forget_level2.json", "no row"]);
    let folder = with_data();
    folder.copy(&golden("rwku/dataset/Target/1_Orla_Brandvik"), "data/Target/9_Orla_Again");
    run(&folder, &QUESTIONS).with_code(2).telling(&["Orla Brandvik", "9_Orla_Again", "1_Orla_Brandvik"]);
}

#[test]
fn without_a_model_before_nothing_is_said_to_have_been_known() {
    let folder = with_data();
    run(&folder, &QUESTIONS).with_code(0);
    let suite = suite(&folder);
    assert_eq!(suite["unlearning"]["facts"][0]["n_known_before"], Value::Null);
    let verdict = suite["verdict"].as_str().expect("a verdict");
    assert!(verdict.contains("without a baseline") && !verdict.contains("known before"), "{verdict}");
}

#[test]
fn nothing_that_was_not_there_is_called_kept() {
    let folder = with_data();
    run(&folder, &["--task", "factuality", "--baseline", "retrain"]).with_code(0);
    let suite = suite(&folder);
    let claim = found(&suite["unlearning"]["claims"], &[("kind", "preservation"), ("measure", "factuality")]);
    assert_eq!((&claim["value_against"], &claim["outcome"]), (&Value::from(0.0), &Value::from("untested")));
    assert!(claim["sentence"].as_str().expect("a sentence").contains("nothing was there"));
}

#[test]
fn tofu_and_muse_are_held_against_the_model_that_never_knew() {
    let folder = with_data();
    let call = ["run", "unlearning", "--model", "unlearned", "--limit", "12", "--out", "run", "--quiet"];
    folder.run(&[call.as_slice(), &WHOLE].concat()).with_code(0);
    let suite = suite(&folder);
    let summaries = &suite["unlearning"]["summaries"];
    for name in ["tofu.forget_quality", "tofu.model_utility", "tofu.privleak", "muse.privleak", "muse.leak_auc"] {
        let row = found(summaries, &[("name", name), ("model", "unlearned")]);
        assert!(row["value"].is_number() && row["n"].as_u64() > Some(0), "{row}");
        assert!(!row["note"].as_str().expect("a note").contains("no model that never knew"), "{row}");
    }
    // A model against itself cannot be told apart.
    let own = found(summaries, &[("name", "tofu.forget_quality"), ("model", "retrain")]);
    assert_eq!(own["value"], 1.0);
    let own = found(summaries, &[("name", "muse.privleak"), ("model", "retrain")]);
    assert_eq!(own["value"], 0.0);
    // Every model answered everything, the one that never knew, too.
    let health = suite["health"].as_array().expect("rows");
    assert!(health.iter().all(|row| row["error"] == 0) && health.iter().any(|row| row["model"] == "retrain"));
    // Texts of MUSE have no targets: nothing is said of others.
    let claim = found(&suite["unlearning"]["claims"], &[("kind", "likeness"), ("measure", "muse-texts-forget")]);
    assert_eq!((&claim["n_targets"], &claim["by_target"]["p_value"]), (&Value::from(0), &Value::Null));
}
