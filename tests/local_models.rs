//! Checkpoints of every family: the two engines agree, and no way of computing changes a number. Damaged ones are refused.

use std::path::PathBuf;

use mnemoscope::backend::{Backend, Bos, Context, DeviceChoice, LocalModel, LocalOptions, ScoreRequest, TokenScores};
use serde_json::{Value, json};

use crate::support::{Ended, Folder, golden};

fn open(folder: &str, options: LocalOptions) -> LocalModel {
    LocalModel::open(&golden(&format!("local-models/{folder}")), &options).expect("a golden checkpoint")
}

/// Folders of decoders, which all have cases of prompts.
fn decoders() -> Vec<String> {
    let entries = std::fs::read_dir(golden("local-models")).expect("the golden folder");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.join("config.json").exists() && !path.ends_with("bert"))
        .map(|path| path.file_name().expect("a name").to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn request(context: &str, text: &str) -> ScoreRequest {
    ScoreRequest {
        context: context.to_owned(),
        text: text.to_owned(),
        bos: Bos::Auto,
        window: Context::Fit,
        vocab_stats: true,
    }
}

/// Texts of several lengths, and choices that share beginnings on two levels.
fn requests() -> Vec<ScoreRequest> {
    let preamble = "A ledger remembers, a clerk forgets. On Monday the Marigold carried salt, on Tuesday rope.";
    let mut requests = vec![request("", "The harbour clerk wrote"), request("", preamble)];
    for question in
        [" Question: which ship carried rope? Answer: the", " Question: what did the clerk of the harbour forget?"]
    {
        for choice in [" clerk", " Marigold and the ledger", ", quietly"] {
            requests.push(request(&format!("{preamble}{question}"), choice));
        }
    }
    requests
}

fn furthest(a: &TokenScores, b: &TokenScores) -> f32 {
    assert_eq!(a.token_ids, b.token_ids);
    let moments = |scores: &TokenScores| {
        let (mean, std) = (scores.vocab_mean.clone().expect("asked"), scores.vocab_std.clone().expect("asked"));
        [scores.logprobs.clone(), mean, std].concat()
    };
    moments(a).iter().zip(moments(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn the_kernels_of_the_processor_agree_with_burns_operations_in_every_family() {
    let requests = requests();
    for name in decoders() {
        let host = open(&name, LocalOptions::default());
        let burn = open(&name, LocalOptions { device: DeviceChoice::CpuBurn, ..LocalOptions::default() });
        for (a, b) in host.score(&requests).iter().zip(burn.score(&requests)) {
            let distance = furthest(a.as_ref().expect("a score"), &b.expect("a score"));
            assert!(distance < 1e-4, "{name}: {distance}");
        }
        let ids = host.encode("The harbour clerk wrote", true).expect("ids");
        let (a, b) = (host.generate_ids(&ids, 20, &[]), burn.generate_ids(&ids, 20, &[]));
        assert_eq!(a.expect("a continuation").0, b.expect("a continuation").0, "{name}");
    }
}

/// `just test-wgpu`: needs a build with the feature, and a driver (a software one will do).
#[cfg(feature = "wgpu")]
#[test]
#[ignore = "needs a graphics driver, a software one will do: `just test-wgpu`"]
fn graphics_agree_with_the_processor_on_the_golden_llama() {
    let requests = requests();
    for name in ["llama", "gemma3_text", "gpt_neox"] {
        let host = open(name, LocalOptions::default());
        let graphics = open(name, LocalOptions { device: DeviceChoice::Wgpu, ..LocalOptions::default() });
        for (a, b) in host.score(&requests).iter().zip(graphics.score(&requests)) {
            let distance = furthest(a.as_ref().expect("a score"), &b.expect("a score"));
            assert!(distance < 1e-3, "{name} on {}: {distance}", graphics.device_words());
        }
    }
}

#[test]
fn batches_threads_and_shared_beginnings_change_no_bit() {
    let requests = requests();
    for name in decoders() {
        let reference = open(&name, LocalOptions { threads: 1, ..LocalOptions::default() });
        let alone: Vec<TokenScores> =
            requests.iter().map(|one| reference.score(std::slice::from_ref(one)).remove(0).expect("a score")).collect();
        for (threads, token_budget) in [(1, 4096), (2, 16), (2, 200)] {
            let model = open(&name, LocalOptions { threads, token_budget, ..LocalOptions::default() });
            let together: Vec<TokenScores> =
                model.score(&requests).into_iter().map(|scores| scores.expect("a score")).collect();
            assert_eq!(together, alone, "{name}: {threads} threads, {token_budget} rows");
            let work = model.work();
            assert!(work.tokens_computed < work.tokens_asked, "{name}: nothing was shared: {work:?}");
        }
    }
}

#[test]
fn texts_of_many_keys_have_the_same_bits_however_they_are_cut() {
    // Beyond one block of keys, and in windows.
    let model = open("llama", LocalOptions { threads: 1, ..LocalOptions::default() });
    let ids: Vec<u32> = (0..420).map(|place| (place * 37 + 11) % 380).collect();
    let whole = model.score_ids(&ids, 400, true).expect("a score");
    let from_start = model.score_ids(&ids, 1, true).expect("a score");
    assert_eq!(whole.logprobs[..], from_start.logprobs[399..]);
}

/// A file of the folder `model` is damaged, and the model opened.
fn refused(checkpoint: &str, damage: impl FnOnce(&Folder)) -> Ended {
    let folder = Folder::new();
    folder.copy(&golden(&format!("local-models/{checkpoint}")), "model");
    damage(&folder);
    folder.write("texts.jsonl", json!({"id": 1, "text": "The harbour clerk wrote"}).to_string());
    folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl"])
}

#[test]
fn a_missing_shard_is_named() {
    let remove = |folder: &Folder| {
        std::fs::remove_file(folder.path("model/model-00002-of-00002.safetensors")).expect("a shard");
    };
    refused("llama-bf16", remove).with_code(2).telling(&["model-00002-of-00002.safetensors", "not found"]);
}

#[test]
fn overlapping_tensors_are_refused() {
    let overlap = |folder: &Folder| {
        folder.edit_tensors("model/model.safetensors", |header| {
            let norm = header["model.norm.weight"]["data_offsets"].clone();
            header["model.layers.0.input_layernorm.weight"]["data_offsets"] = norm;
        });
    };
    refused("llama", overlap).with_code(2).telling(&["model.safetensors", "not a whole safetensors file"]);
}

#[test]
fn an_unknown_rope_type_is_refused_by_name() {
    let change = |folder: &Folder| {
        folder.edit_json("model/config.json", |config| config["rope_scaling"]["rope_type"] = json!("yarn"));
    };
    refused("llama", change).with_code(2).telling(&["rope_type", "yarn", "llama3 and longrope"]);
}

#[test]
fn a_weight_that_is_no_number_is_told_with_its_tensor() {
    let poison = |folder: &Folder| {
        let mut bytes = folder.bytes("model/model.safetensors");
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::NAN.to_le_bytes());
        folder.write("model/model.safetensors", bytes);
    };
    refused("llama", poison).with_code(2).telling(&["tensor `", "NaN", "finite"]);
}

/// The program on a copy of a GGUF file.
fn refused_gguf(damage: impl FnOnce(&mut Vec<u8>)) -> Ended {
    let folder = Folder::new();
    let mut bytes = std::fs::read(golden("local-models/gguf/llama.gguf")).expect("a golden file");
    damage(&mut bytes);
    folder.write("model.gguf", bytes);
    folder.write("texts.jsonl", json!({"id": 1, "text": "The harbour clerk wrote"}).to_string());
    folder.run(&["logprobs", "--model", "model.gguf", "--in", "texts.jsonl"])
}

#[test]
fn a_gguf_file_is_scored_by_its_own_tokenizer() {
    let rows = refused_gguf(|_| {}).with_code(0).rows();
    let expected: Value =
        serde_json::from_slice(&std::fs::read(golden("local-models/gguf/llama.json")).expect("a golden file"))
            .expect("JSON");
    assert_eq!(rows[0]["token_ids"], expected["cases"][0]["ids"]);
}

#[test]
fn damaged_gguf_files_are_refused_with_the_place() {
    let magic = |bytes: &mut Vec<u8>| bytes[0] = b'X';
    refused_gguf(magic).with_code(2).telling(&["model.gguf", "\"XGUF\""]);
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1000);
    refused_gguf(cut).with_code(2).telling(&["model.gguf", "would end at byte", "was cut"]);
    let absurd = |bytes: &mut Vec<u8>| bytes[8..16].copy_from_slice(&(u64::MAX / 2).to_le_bytes());
    refused_gguf(absurd).with_code(2).telling(&["model.gguf", "tensors", "can hold"]);
}

/// A chat with the golden Llama under another template.
fn chat(template: &Value) -> Ended {
    let folder = Folder::new();
    folder.checkpoint("model");
    folder.edit_json("model/tokenizer_config.json", |config| config["chat_template"] = template.clone());
    folder.write("chats.jsonl", json!({"id": 1, "messages": [{"role": "user", "content": "Who?"}]}).to_string());
    folder.run(&["generate", "--model", "model", "--in", "chats.jsonl", "--max-tokens", "2"])
}

#[test]
fn a_template_that_loops_for_ever_or_raises_is_an_error_of_its_row() {
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% set x = a %}{% endfor %}{% endfor %}{% endfor %}";
    let row = &chat(&json!(endless)).with_code(3).rows()[0];
    assert_eq!(row["error"]["kind"], "template", "{row}");
    let row = &chat(&json!("{{ raise_exception('roles must alternate') }}")).with_code(3).rows()[0];
    assert!(row["error"]["message"].as_str().expect("a message").contains("roles must alternate"), "{row}");
}

#[test]
fn a_list_of_templates_without_a_default_is_told_with_their_names() {
    let list = json!([{"name": "tool_use", "template": "x"}, {"name": "rag", "template": "y"}]);
    let ended = chat(&list);
    let told = format!("{}{}", ended.stdout, ended.stderr);
    assert!(told.contains("tool_use") && told.contains("default"), "{told}");
    assert_ne!(ended.code, Some(0));
}

#[test]
fn a_sentence_encoder_cannot_be_asked_for_words() {
    let folder = Folder::new();
    folder.copy(&golden("local-models/bert"), "model");
    folder.write("texts.jsonl", json!({"id": 1, "text": "The harbour clerk wrote"}).to_string());
    folder.run(&["logprobs", "--model", "model", "--in", "texts.jsonl"]).with_code(2).telling(&["score"]);
}

#[test]
fn a_device_that_this_build_lacks_is_refused_with_its_feature() {
    let folder = Folder::new();
    let ended = folder.run(&["doctor", "--model", "builtin:standard", "--dtype", "f16"]);
    ended.with_code(2).telling(&["f16", "--dtype"]);
    if !cfg!(feature = "cuda") {
        let ended = folder.run(&["doctor", "--model", "builtin:standard", "--device", "cuda"]);
        ended.with_code(2).telling(&["--features cuda"]);
    }
    let path = PathBuf::from("nowhere");
    assert!(LocalModel::open(&path, &LocalOptions::default()).is_err());
}
