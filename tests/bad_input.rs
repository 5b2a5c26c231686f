//! What the program cannot use: refused with the file, the field or the line, and the way out.

use serde_json::{Value, json};

use crate::support::{Ended, Folder, golden, json_lines, list, number, obeyed_by_terminals, repository};

const ONE_TEXT: &str = "{\"id\": 1, \"text\": \"The harbour clerk wrote\"}\n";

/// Opens the checkpoint `model` of the folder.
fn open(folder: &Folder) -> Ended {
    folder.write("texts.jsonl", ONE_TEXT);
    folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl"])
}

/// Opens the golden checkpoint after it was damaged.
fn open_damaged(damage: impl FnOnce(&Folder)) -> Ended {
    let folder = Folder::new();
    folder.checkpoint("model");
    damage(&folder);
    open(&folder)
}

#[test]
fn a_folder_without_a_config_is_refused_with_what_belongs_into_it() {
    let folder = Folder::new();
    folder.write("model/README.md", "no checkpoint");
    open(&folder).with_code(2).telling(&["model/config.json", "tokenizer.json", "model.safetensors"]);
}

#[test]
fn a_checkpoint_folder_that_is_not_there_is_refused_as_one() {
    open(&Folder::new())
        .with_code(2)
        .telling(&["model is neither a folder nor a .gguf file", "give the folder of a checkpoint"]);
}

#[test]
fn an_unknown_architecture_is_refused_with_the_known_ones() {
    let ended = open_damaged(|folder| folder.edit_json("model/config.json", |c| c["model_type"] = json!("mamba2")));
    ended.with_code(2).telling(&["model/config.json", "`mamba2`", "can load: ", "llama"]);
}

#[test]
fn a_config_that_is_no_json_is_refused() {
    let ended = open_damaged(|folder| folder.write("model/config.json", "{\"model_type\": "));
    ended.with_code(2).telling(&["model/config.json", "not a valid config.json"]);
}

#[test]
fn a_truncated_safetensors_file_is_refused_wherever_it_was_cut() {
    let whole = std::fs::read(golden("local-models/llama/model.safetensors")).expect("the golden weights");
    for length in [0, 7, 300, whole.len() / 2, whole.len() - 1] {
        let ended = open_damaged(|folder| folder.write("model/model.safetensors", &whole[..length]));
        ended.with_code(2).telling(&["model/model.safetensors", "not a whole safetensors file", "download it again"]);
    }
}

#[test]
fn a_tensor_of_the_wrong_shape_is_refused_with_both_shapes() {
    let ended = open_damaged(|folder| {
        folder.edit_tensors("model/model.safetensors", |header| header["model.norm.weight"]["shape"] = json!([8, 8]));
    });
    ended.with_code(2).telling(&["model/model.safetensors", "`model.norm.weight`", "[8, 8]", "[64]"]);
}

#[test]
fn a_missing_tensor_is_named() {
    let ended = open_damaged(|folder| {
        folder.edit_tensors("model/model.safetensors", |header| {
            let tensor = header.remove("model.layers.1.mlp.up_proj.weight").expect("a tensor of this name");
            header.insert("some.other.name".to_owned(), tensor);
        });
    });
    ended.with_code(2).telling(&["model/model.safetensors", "`model.layers.1.mlp.up_proj.weight` is missing"]);
}

#[test]
fn a_tensor_of_an_unknown_number_type_is_refused() {
    let ended = open_damaged(|folder| {
        folder.edit_tensors("model/model.safetensors", |header| header["model.norm.weight"]["dtype"] = json!("I32"));
    });
    ended.with_code(2).telling(&["`model.norm.weight`", "I32", "f32, f16 and bf16"]);
}

#[test]
fn a_config_that_asks_for_a_trillion_parameters_is_refused_before_memory_is_taken() {
    let folder = Folder::new();
    folder.checkpoint("model");
    folder.write("texts.jsonl", ONE_TEXT);
    // 12 * 8192^2 * 1300 layers and more: 4 TB of f32, where 3 GiB can be addressed.
    folder.edit_json("model/config.json", |config| {
        config["hidden_size"] = json!(8192);
        config["head_dim"] = json!(2048);
        config["intermediate_size"] = json!(32768);
        config["num_hidden_layers"] = json!(1300);
    });
    let ended = folder.run_within(3, &["logprobs", "--model", "model", "--in", "texts.jsonl"]);
    ended.with_code(2).telling(&["model/config.json", "parameters", "the weight files hold at most"]);
}

#[test]
fn a_size_that_no_model_has_is_refused_with_its_key() {
    for (key, value) in [("hidden_size", json!(1e15)), ("vocab_size", json!(-1)), ("num_hidden_layers", json!("two"))] {
        let ended = open_damaged(|folder| folder.edit_json("model/config.json", |c| c[key] = value.clone()));
        ended.with_code(2).telling(&["model/config.json", &format!("`{key}` is {value}"), "whole number"]);
    }
}

#[test]
fn a_pickle_is_never_opened() {
    let ended = open_damaged(|folder| {
        std::fs::rename(folder.path("model/model.safetensors"), folder.path("model/pytorch_model.bin"))
            .expect("a file of the checkpoint");
    });
    ended.with_code(2).telling(&["model/pytorch_model.bin", "never opened", "convert the checkpoint to safetensors"]);
}

#[test]
fn a_missing_tokenizer_is_named() {
    let ended = open_damaged(|folder| {
        std::fs::remove_file(folder.path("model/tokenizer.json")).expect("a file of the checkpoint");
    });
    ended.with_code(2).telling(&["model/tokenizer.json", "not found"]);
}

#[test]
fn a_tokenizer_with_more_ids_than_the_embedding_has_rows_is_refused() {
    let ended = open_damaged(|folder| {
        folder.edit_json("model/tokenizer.json", |tokenizer| tokenizer["model"]["vocab"]["zzzzzz"] = json!(400));
    });
    ended.with_code(2).telling(&["model/tokenizer.json", "ids up to 400", "400 rows"]);
}

#[test]
fn a_shard_outside_the_folder_is_not_followed() {
    let folder = Folder::new();
    folder.copy(&golden("local-models/llama-bf16"), "model");
    folder.edit_json("model/model.safetensors.index.json", |index| {
        let files = index["weight_map"].as_object_mut().expect("a weight map");
        files.values_mut().for_each(|file| *file = json!("../secret.safetensors"));
    });
    open(&folder).with_code(2).telling(&["model.safetensors.index.json", "../secret.safetensors"]);
}

#[test]
fn a_text_longer_than_the_context_is_scored_in_windows() {
    let folder = Folder::new();
    folder.checkpoint("model");
    folder.checkpoint("short");
    folder.edit_json("short/config.json", |config| config["max_position_embeddings"] = json!(64));
    let text = "A ledger remembers, a clerk forgets. On Monday the Marigold carried salt, on Tuesday rope. ".repeat(3);
    folder.write("texts.jsonl", json_lines(&[json!({"id": "long", "text": text})]));
    let scores = |model: &str| {
        let ended = folder.run(&["logprobs", "--model", model, "--in", "texts.jsonl"]).with_code(0);
        ended.rows().remove(0)
    };
    let (whole, windowed) = (scores("model"), scores("short"));
    assert_eq!(whole.get("windows"), None);
    assert!(number(&windowed["windows"]) > 1.0);
    assert_eq!(windowed["token_ids"], whole["token_ids"]);
    let values = |row: &Value| list(&row["logprobs"]).iter().map(number).collect::<Vec<_>>();
    let (whole, windowed) = (values(&whole), values(&windowed));
    assert!(whole.len() > 64, "the text has only {} tokens", whole.len());
    assert_eq!(windowed.len(), whole.len());
    let distances: Vec<f64> = whole.iter().zip(&windowed).map(|(a, b)| (a - b).abs()).collect();
    // The first window sees what the whole text sees; later ones have lost the beginning.
    assert!(distances[..63].iter().all(|&distance| distance <= 1e-4), "{distances:?}");
    assert!(distances[63..].iter().any(|&distance| distance > 1e-3), "{distances:?}");
}

#[test]
fn a_prompt_longer_than_the_context_is_an_error_of_its_row() {
    let folder = Folder::new();
    folder.checkpoint("model");
    let rows = [json!({"id": "long", "prompt": "rope ".repeat(600)}), json!({"id": "short", "prompt": "rope"})];
    folder.write("prompts.jsonl", json_lines(&rows));
    let ended = folder.run(&["generate", "--model", "model", "--in", "prompts.jsonl", "--max-tokens", "3"]);
    let rows = ended.with_code(3).rows();
    assert_eq!((&rows[0]["id"], &rows[0]["error"]["kind"]), (&json!("long"), &json!("too_long")));
    assert!(rows[0]["error"]["message"].as_str().is_some_and(|message| message.contains("512")), "{}", rows[0]);
    assert_eq!(rows[0].get("text"), None);
    assert_eq!((&rows[1]["id"], rows[1].get("error")), (&json!("short"), None));
}

#[test]
fn an_empty_text_is_an_error_of_its_row_and_the_others_are_answered() {
    let folder = Folder::new();
    let rows = [
        json!({"id": 1, "text": "At dawn the archer"}),
        json!({"id": 2, "text": ""}),
        json!({"id": 3, "text": "At dusk"}),
    ];
    folder.write("texts.jsonl", json_lines(&rows));
    let ended = folder.run(&["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl"]).with_code(3);
    let rows = ended.rows();
    let kinds: Vec<&Value> = rows.iter().map(|row| &row["error"]["kind"]).collect();
    assert_eq!(kinds, [&Value::Null, &json!("empty_text"), &Value::Null]);
    assert!(rows[0]["logprobs"].is_array() && rows[2]["logprobs"].is_array());
    assert_eq!(rows[1].get("logprobs"), None);
    ended.telling(&["3 rows: 2 answered", "1 in error: empty_text 1"]);
}

#[test]
fn a_faulty_input_line_is_told_with_its_number_and_nothing_is_answered() {
    let good = ONE_TEXT.as_bytes();
    let faults: [(&[u8], &[&str]); 7] = [
        (b"{\"id\": 2, \"text\": \"caf\xe9\"}\n", &["line 2", "UTF-8"]),
        (b"{\"id\": 2, \"text\": \n", &["line 2", "column", "one JSON object a line"]),
        (b"[1, 2]\n", &["line 2", "a list of 2", "JSON object"]),
        (b"{\"id\": 2}\n", &["line 2", "`text` is missing"]),
        (b"{\"id\": 2, \"text\": 7}\n", &["line 2", "`text` is the number 7"]),
        (b"{\"id\": 1.5, \"text\": \"a\"}\n", &["line 2", "`id`", "1.5"]),
        (b"{\"id\": \"1\", \"text\": \"a\"}\n", &["line 2", "`1` already stands in line 1", "unique"]),
    ];
    for (bad, words) in faults {
        let folder = Folder::new();
        folder.write("texts.jsonl", [good, bad].concat());
        let ended = folder.run(&["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl"]);
        let ended = ended.with_code(2).telling(words).telling(&["texts.jsonl"]);
        assert_eq!(ended.stdout, "");
    }
}

#[test]
fn a_label_that_is_neither_member_nor_non_member_is_refused() {
    let folder = Folder::new();
    folder.write("texts.jsonl", json_lines(&[json!({"id": 1, "text": "a b", "member": "yes"})]));
    let ended = folder.run(&["attack", "--model", "builtin:standard", "--in", "texts.jsonl"]);
    ended.with_code(2).telling(&["texts.jsonl", "line 1", "`member`", "0, 1, true or false"]);
}

#[test]
fn an_input_without_rows_matches_nothing() {
    let folder = Folder::new();
    folder.write("texts.jsonl", "\n\n");
    let ended = folder.run(&["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl"]);
    ended.with_code(4).telling(&["texts.jsonl has no rows"]);
}

#[test]
fn an_input_that_is_not_there_is_named() {
    let ended = Folder::new().run(&["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl"]);
    ended.with_code(2).telling(&["texts.jsonl", "check the path"]);
}

#[test]
fn a_control_character_of_the_data_does_not_reach_the_terminal_by_an_error() {
    let folder = Folder::new();
    let row = json!({"id": "evil\u{1b}[2J\u{9b}31m", "text": "a b"});
    folder.write("texts.jsonl", json_lines(&[row.clone(), row]));
    let ended = folder.run(&["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl"]);
    let ended = ended.with_code(2).telling(&["line 2", "evil"]);
    assert_eq!(obeyed_by_terminals(&ended.stderr), "");
}

#[test]
fn each_name_that_is_no_model_is_refused_with_what_would_do() {
    let cases = [
        ("", "it is empty"),
        ("builtin:", "nothing follows `builtin:`"),
        ("builtin:perturbd", "perturbed, standard"),
        ("hf:only-a-name", "a hub id is ORG/NAME"),
        ("hf:org/name@", "a hub id is ORG/NAME"),
        ("https://host.invalid/v1", "the model's name after `#` is missing"),
        ("@", "no name follows `@`"),
        ("@local", "[model.NAME]"),
        ("replay:", "no folder follows `replay:`"),
        ("replay:nowhere", "there is no run.json in it"),
        ("nowhere", "nowhere is neither a folder"),
    ];
    for (name, words) in cases {
        let folder = Folder::new();
        let ended = folder.run(&["run", "hubble", "--limit", "2", "--model", name, "--out", "run"]);
        ended.with_code(2).telling(&[words]);
        assert_eq!(folder.files(), [""; 0], "{name} left something");
    }
}

#[test]
fn a_replay_does_not_answer_new_texts() {
    let folder = Folder::new();
    folder.write("texts.jsonl", ONE_TEXT);
    let ended = folder.run(&["logprobs", "--model", "replay:run", "--in", "texts.jsonl"]);
    ended.with_code(2).telling(&["replay:run", "it cannot answer new texts"]);
}

#[test]
fn an_output_below_a_file_is_refused_by_every_command_that_writes() {
    let folder = Folder::new();
    folder.write("file", "");
    folder.write("texts.jsonl", ONE_TEXT);
    let run = ["run", "hubble", "--limit", "2", "--task", "passages-verbatim", "--model", "builtin:standard", "--out"];
    let logprobs = ["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl", "--out"];
    let recipe = repository("datasets/builtin/models/standard/recipe.toml").to_string_lossy().into_owned();
    for command in [&run[..], &logprobs[..], &["lab", "data", &recipe, "--out"][..]] {
        let ended = folder.run(&[command, &["file/below"]].concat());
        ended.with_code(2).telling(&["file/below"]);
        assert_eq!(folder.files(), ["file", "texts.jsonl"], "{command:?}");
    }
}

#[test]
fn an_output_where_nobody_can_write_is_refused() {
    for place in ["/proc/mnemoscope-run", "/sys/mnemoscope-run"] {
        // Such places are there on Linux alone.
        if std::path::Path::new(place).parent().is_some_and(std::path::Path::is_dir) {
            let run = ["run", "hubble", "--limit", "2", "--task", "passages-verbatim", "--model", "builtin:standard"];
            let ended = Folder::new().run(&[&run[..], &["--out", place]].concat());
            ended.with_code(2).telling(&["create the folder", place]);
        }
    }
}

#[test]
fn an_output_folder_with_other_files_is_left_alone() {
    let folder = Folder::new();
    folder.write("mine/notes.txt", "dear diary");
    let ended = folder.run(&["run", "hubble", "--limit", "2", "--model", "builtin:standard", "--out", "mine"]);
    ended.with_code(2).telling(&["mine", "holds no run", "choose a new or empty folder"]);
    assert_eq!(folder.files(), ["mine/notes.txt"]);
}

#[test]
fn an_output_file_that_this_program_did_not_write_is_left_alone() {
    let folder = Folder::new();
    folder.write("texts.jsonl", ONE_TEXT);
    folder.write("out.jsonl", "mine\n");
    let ended = folder.run(&["logprobs", "--model", "builtin:standard", "--in", "texts.jsonl", "--out", "out.jsonl"]);
    ended.with_code(2).telling(&["out.jsonl", "choose another --out"]);
    assert_eq!(folder.read("out.jsonl"), "mine\n");
}
