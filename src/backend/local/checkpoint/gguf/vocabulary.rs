//! The tokenizer of a GGUF file -> a tokenizer.json, for the tokenizer library to read.
//!
//! Two kinds: `llama` (SentencePiece: pieces with scores) and `gpt2` (byte-level BPE with merges). The merges of the first
//! are worked out as the reference library's converter does: every way to put a piece together from two others, best
//! scores first.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Gguf;
use super::container::Meta;
use crate::backend::open_error::OpenError;

/// How the text is split before the merges; tiktoken's pattern, as Llama 3 publishes it.
const LLAMA3_SPLIT: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
/// As Qwen 2 publishes it: digits one by one.
const QWEN2_SPLIT: &str =
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

const PRE_TOKENIZERS: &str = "gpt-2, olmo, llama-bpe, llama3, dbrx, qwen2 and qwen35";

/// Names of Llama 3's rule.
const LLAMA3_RULES: [&str; 3] = ["llama-bpe", "llama3", "llama-v3"];

const UNKNOWN: u32 = 2;
const CONTROL: u32 = 3;
const USER_DEFINED: u32 = 4;
/// Rows of the embedding without a token.
const UNUSED: u32 = 5;

pub(super) fn tokenizer(file: &Gguf) -> Result<Vec<u8>, OpenError> {
    let fault = |reason: String| OpenError::Tokenizer { file: file.label.clone(), reason };
    let meta = |key: &str| file.container.metadata.get(&format!("tokenizer.ggml.{key}"));
    let tokens = match meta("tokens") {
        Some(Meta::Texts(tokens)) if !tokens.is_empty() => tokens,
        _ => return Err(fault("the file holds no `tokenizer.ggml.tokens`; lay a tokenizer.json beside it".into())),
    };
    let kinds = kinds(meta("token_type"), tokens.len());
    let kind = match meta("model") {
        Some(Meta::Text(kind)) => kind.as_str(),
        _ => "(none given)",
    };
    let flag = |key: &str, default: bool| match meta(key) {
        Some(Meta::Flag(flag)) => *flag,
        _ => default,
    };
    let mut document = match kind {
        "llama" => {
            let scores = match meta("scores") {
                Some(Meta::Numbers(scores)) if scores.len() == tokens.len() => scores,
                _ => return Err(fault("`tokenizer.ggml.scores` does not have one score a token".into())),
            };
            pieces(tokens, scores, &kinds, flag("add_space_prefix", true))
        }
        "gpt2" => {
            let merges = match meta("merges") {
                Some(Meta::Texts(merges)) => merges,
                _ => return Err(fault("`tokenizer.ggml.merges` is missing".into())),
            };
            let pre = match meta("pre") {
                Some(Meta::Text(pre)) => pre.as_str(),
                _ => "default",
            };
            byte_level(tokens, &kinds, merges, pre).map_err(fault)?
        }
        other => {
            return Err(fault(format!(
                "its kind is `{other}`; `llama` and `gpt2` can be read, or lay a tokenizer.json beside the file"
            )));
        }
    };
    document["added_tokens"] = tokens
        .iter()
        .zip(&kinds)
        .enumerate()
        .filter(|(_, (_, kind))| [CONTROL, USER_DEFINED].contains(kind))
        .map(|(id, (content, &kind))| {
            json!({"id": id, "content": content, "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": kind == USER_DEFINED, "special": kind == CONTROL})
        })
        .collect();
    // Files of Llama 3 do not say that they begin with a BOS; llama.cpp knows it by the splitting rule.
    let begins_with_bos = matches!(meta("pre"), Some(Meta::Text(pre)) if LLAMA3_RULES.contains(&pre.as_str()));
    let id = |key: &str| meta(key).and_then(Meta::as_u64).and_then(|id| usize::try_from(id).ok());
    let special =
        |key: &str, wanted: bool| id(key).filter(|_| wanted).and_then(|id| Some((id, tokens.get(id)?.as_str())));
    let bos = special("bos_token_id", flag("add_bos_token", kind == "llama" || begins_with_bos));
    let eos = special("eos_token_id", flag("add_eos_token", false));
    document["post_processor"] = template(bos, eos);
    serde_json::to_vec(&document).map_err(|error| fault(error.to_string()))
}

fn kinds(meta: Option<&Meta>, n: usize) -> Vec<u32> {
    match meta {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "six kinds; anything else is none of them"
        )]
        Some(Meta::Numbers(kinds)) if kinds.len() == n => kinds.iter().map(|&kind| kind as u32).collect(),
        _ => vec![1; n],
    }
}

fn template(bos: Option<(usize, &str)>, eos: Option<(usize, &str)>) -> Value {
    if bos.is_none() && eos.is_none() {
        return Value::Null;
    }
    let special = |token: &str| json!({"SpecialToken": {"id": token, "type_id": 0}});
    let around = |sequence: Value| -> Vec<Value> {
        let first = bos.map(|(_, token)| special(token));
        let last = eos.map(|(_, token)| special(token));
        first.into_iter().chain([sequence]).chain(last).collect()
    };
    let known: serde_json::Map<String, Value> = [bos, eos]
        .into_iter()
        .flatten()
        .map(|(id, token)| (token.to_owned(), json!({"id": token, "ids": [id], "tokens": [token]})))
        .collect();
    let single = around(json!({"Sequence": {"id": "A", "type_id": 0}}));
    let second = around(json!({"Sequence": {"id": "B", "type_id": 1}}));
    let pair: Vec<Value> = single.iter().chain(&second).cloned().collect();
    json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": known})
}

/// SentencePiece.
fn pieces(tokens: &[String], scores: &[f64], kinds: &[u32], has_prefix: bool) -> Value {
    let space = json!({"type": "Replace", "pattern": {"String": " "}, "content": "\u{2581}"});
    let mut before = vec![space];
    let mut after = vec![
        json!({"type": "Replace", "pattern": {"String": "\u{2581}"}, "content": " "}),
        json!({"type": "ByteFallback"}),
        json!({"type": "Fuse"}),
    ];
    if has_prefix {
        before.insert(0, json!({"type": "Prepend", "prepend": "\u{2581}"}));
        after.push(json!({"type": "Strip", "content": " ", "start": 1, "stop": 0}));
    }
    let unknown = kinds.iter().position(|&kind| kind == UNKNOWN).and_then(|id| tokens.get(id));
    json!({
        "version": "1.0",
        "normalizer": {"type": "Sequence", "normalizers": before},
        "pre_tokenizer": null,
        "decoder": {"type": "Sequence", "decoders": after},
        "model": {
            "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": null,
            "end_of_word_suffix": null, "fuse_unk": true, "byte_fallback": true, "ignore_merges": false,
            "vocab": vocabulary(tokens, &[]), "merges": merges(tokens, scores),
        },
    })
}

/// Every way to put a piece together from two others: best score of the piece first, then by the ids of the parts.
fn merges(tokens: &[String], scores: &[f64]) -> Vec<[String; 2]> {
    let ids: HashMap<&str, usize> = tokens.iter().enumerate().map(|(id, token)| (token.as_str(), id)).collect();
    let mut found: Vec<(usize, usize, usize)> = Vec::new();
    for (id, token) in tokens.iter().enumerate() {
        for (at, _) in token.char_indices().skip(1) {
            if let (Some(&left), Some(&right)) = (ids.get(&token[..at]), ids.get(&token[at..])) {
                found.push((id, left, right));
            }
        }
    }
    found.sort_by(|a, b| scores[b.0].total_cmp(&scores[a.0]).then(a.cmp(b)));
    found.into_iter().map(|(_, left, right)| [tokens[left].clone(), tokens[right].clone()]).collect()
}

/// Ids by token; `kinds` says which are padding only.
fn vocabulary(tokens: &[String], kinds: &[u32]) -> serde_json::Map<String, Value> {
    let used = tokens.iter().enumerate().filter(|(id, _)| kinds.get(*id) != Some(&UNUSED));
    used.map(|(id, token)| (token.clone(), json!(id))).collect()
}

/// Byte-level BPE. The way a text is split beforehand has a name only: an unknown one would silently give other ids.
fn byte_level(tokens: &[String], kinds: &[u32], merges: &[String], pre: &str) -> Result<Value, String> {
    let byte_level = |use_regex: bool| json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": use_regex});
    let split = |pattern: &str| {
        json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
            byte_level(false),
        ]})
    };
    let (pre_tokenizer, normalizer, ignores_merges) = match pre {
        "gpt-2" | "olmo" => (byte_level(true), Value::Null, false),
        pre if pre == "dbrx" || LLAMA3_RULES.contains(&pre) => (split(LLAMA3_SPLIT), Value::Null, true),
        "qwen2" | "qwen35" => (split(QWEN2_SPLIT), json!({"type": "NFC"}), false),
        other => {
            return Err(format!(
                "its text is split by the rule `{other}`, which is not known here; {PRE_TOKENIZERS} are, or lay a \
                 tokenizer.json beside the file"
            ));
        }
    };
    let merges: Vec<Vec<&str>> = merges.iter().map(|merge| merge.splitn(2, ' ').collect()).collect();
    if let Some(merge) = merges.iter().find(|merge| merge.len() != 2) {
        return Err(format!("a merge is `{}`; two parts are needed", merge.join(" ")));
    }
    Ok(json!({
        "version": "1.0",
        "normalizer": normalizer,
        "pre_tokenizer": pre_tokenizer,
        "decoder": byte_level(true),
        "model": {
            "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": "",
            "end_of_word_suffix": "", "fuse_unk": false, "byte_fallback": false, "ignore_merges": ignores_merges,
            "vocab": vocabulary(tokens, kinds), "merges": merges,
        },
    }))
}
