//! Kind `local-models`: a checkpoint folder with recorded token ids, log-probabilities, continuations and chats.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use crate::backend::{Backend as _, BackendError, LocalModel, LocalOptions, SUPPORTED_ARCHITECTURES, dequantised};

use super::agreement::{Rule, compare, number};
use super::golden_file::{GoldenFile, GoldenFileError, is_in, is_named, list_field, read_json, text_field};
use super::report::{FileReport, WHOLE_FILE};

/// Tokens of the recorded continuations (the field names say it, too).
const GREEDY_TOKENS: usize = 20;
/// Likewise beside a GGUF file.
const GREEDY_TOKENS_GGUF: usize = 12;
/// Names a real checkpoint that is too large to stand beside its reference.
const BIG_MODEL_VARIABLE: &str = "MNEMOSCOPE_TEST_GGUF";

/// Everything in a model's folder but its recorded outputs.
pub(super) fn is_input(file: &Path) -> bool {
    !is_in(file, &["gguf"]) && !is_named(file, &["golden.json"])
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "local-models");
    let checked = match (is_in(&file.relative, &["gguf"]), is_named(&file.relative, &["quant_blocks.json"])) {
        (true, true) => check_blocks(file, &mut report),
        (true, false) => check_gguf(file, &mut report),
        (false, _) => check_folder(file, &mut report),
    };
    if let Err(error) = checked {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

/// Blocks of quantised values, to one unit in the last place.
fn check_blocks(file: &GoldenFile, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let golden = read_json(&file.path)?;
    let rule = |field: &str| match field {
        "values" => Rule::AbsoluteOrRelative { absolute: 1e-12, relative: 1e-6 },
        // What the block is: it says which function, not what comes out.
        "type" | "hex" | "ggml_type_id" | "block_elems" | "block_bytes" => Rule::Exempt,
        _ => Rule::Exact,
    };
    for (index, case) in list_field(&golden, "cases")?.iter().enumerate() {
        let format = text_field(case, "type")?;
        let bytes = unhex(text_field(case, "hex")?).ok_or(GoldenFileError::Field { field: "hex" })?;
        let id = format!("cases[{index}] {format}");
        match dequantised(format, &bytes) {
            Some(values) => report.record(&id, &compare(case, &json!({"values": numbers(&values)}), &rule)),
            None => report.unsupported(&id, "this build does not read blocks of that format"),
        }
    }
    Ok(())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A GGUF file beside its reference; the real one is too large for that and named by a variable.
fn check_gguf(file: &GoldenFile, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let golden = read_json(&file.path)?;
    let is_big = is_named(&file.relative, &["gemma3-270m.json"]);
    let path = match std::env::var_os(BIG_MODEL_VARIABLE) {
        Some(path) if is_big => PathBuf::from(path),
        None if is_big => {
            report.skip(WHOLE_FILE, &format!("the model file is not at hand; {BIG_MODEL_VARIABLE} names it"));
            return Ok(());
        }
        _ => file.path.with_extension("gguf"),
    };
    let Some(model) = opened(&path, report) else { return Ok(()) };
    // Sums over 262,144 columns add in another order.
    let tolerance = if is_big { 2e-3 } else { 1e-4 };
    let rule = |field: &str| match field {
        "prompt" | "greedy_min_margin" => Rule::Exempt,
        "token_logprobs" | "top5_next.logprob" => Rule::Absolute(tolerance),
        _ => Rule::Exact,
    };
    for (index, case) in list_field(&golden, "cases")?.iter().enumerate() {
        let mut got = Map::new();
        match model.encode(text_field(case, "prompt")?, true) {
            Err(error) => {
                got.insert("ids".to_owned(), json!(format!("error: {error}")));
            }
            Ok(ids) => {
                let scores = model.score_ids(&ids, 1, false);
                put(&mut got, &["token_logprobs"], scores, |scores| vec![numbers(&scores.logprobs)]);
                put(&mut got, &["top5_next"], model.next_token_logprobs(&ids), |row| {
                    let mut best = most_likely(&row, 5);
                    for entry in best.as_array_mut().into_iter().flatten() {
                        let id = entry["id"].as_u64().and_then(|id| u32::try_from(id).ok());
                        entry["token"] = json!(id.and_then(|id| model.vocabulary_entry(id)));
                    }
                    vec![best]
                });
                let generated = model.generate_ids(&ids, GREEDY_TOKENS_GGUF, &[]);
                if let Ok((continuation, _)) = &generated {
                    put(&mut got, &["greedy12_text"], model.decode(continuation, false), |text| vec![json!(text)]);
                }
                put(&mut got, &["greedy12"], generated, |(continuation, _)| vec![json!(continuation)]);
                got.insert("ids".to_owned(), json!(ids));
            }
        }
        report.record(&format!("cases[{index}]"), &compare(case, &Value::Object(got), &rule));
    }
    Ok(())
}

/// The model, or its refusal in the report.
fn opened(path: &Path, report: &mut FileReport) -> Option<LocalModel> {
    match LocalModel::open(path, &LocalOptions::default()) {
        Ok(model) => Some(model),
        Err(error) => {
            report.fail(WHOLE_FILE, json!("a checkpoint that opens"), json!(error.to_string()));
            None
        }
    }
}

/// Vectors of a sentence encoder.
fn check_embeddings(golden: &Value, model: &LocalModel, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let rule = |field: &str| match field {
        "text" => Rule::Exempt,
        "pooled" | "embedding" => Rule::Absolute(1e-5),
        _ => Rule::Exact,
    };
    for (index, case) in list_field(golden, "embeddings")?.iter().enumerate() {
        let texts = [text_field(case, "text")?.to_owned()];
        let mut got = Map::new();
        put(&mut got, &["ids", "pooled"], model.pooled(&texts).remove(0), |pooled| {
            vec![json!(pooled.token_ids), numbers(&pooled.vector)]
        });
        put(&mut got, &["embedding"], model.embed(&texts).remove(0), |vector| vec![numbers(&vector)]);
        report.record(&format!("embeddings[{index}]"), &compare(case, &Value::Object(got), &rule));
    }
    Ok(())
}

fn check_folder(file: &GoldenFile, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let folder = file.path.parent().unwrap_or(Path::new(""));
    let golden = read_json(&file.path)?;
    let config = read_json(&folder.join("config.json"))?;
    let model_type = text_field(&config, "model_type")?;
    if !SUPPORTED_ARCHITECTURES.contains(&model_type) {
        let known = SUPPORTED_ARCHITECTURES.join(", ");
        report.unsupported(WHOLE_FILE, &format!("model_type `{model_type}`: this build runs {known}"));
        return Ok(());
    }
    let Some(model) = opened(folder, report) else { return Ok(()) };
    if golden.get("embeddings").is_some() {
        return check_embeddings(&golden, &model, report);
    }
    for (index, case) in list_field(&golden, "cases")?.iter().enumerate() {
        let got = prompt_outputs(&model, text_field(case, "prompt")?);
        report.record(&format!("cases[{index}]"), &compare(case, &got, &prompt_rule));
    }
    // Log-probabilities leave the logits open by a constant, so that their size cannot be told.
    report.skip(WHOLE_FILE, "logit_max_abs describes the reference's raw logits; log-probabilities do not hold it");
    for (index, case) in list_field(&golden, "pairs")?.iter().enumerate() {
        let got = pair_outputs(&model, text_field(case, "context")?, text_field(case, "continuation")?);
        report.record(&format!("pairs[{index}]"), &compare(case, &got, &pair_rule));
    }
    if golden.get("chat").is_none() {
        return Ok(());
    }
    for (index, case) in list_field(&golden, "chat")?.iter().enumerate() {
        let add_prompt = case
            .get("add_generation_prompt")
            .and_then(Value::as_bool)
            .ok_or(GoldenFileError::Field { field: "add_generation_prompt" })?;
        let got = chat_outputs(&model, list_field(case, "messages")?, add_prompt);
        report.record(&format!("chat[{index}]"), &compare(case, &got, &chat_rule));
    }
    Ok(())
}

fn prompt_rule(field: &str) -> Rule {
    match field {
        "prompt" | "logit_max_abs" => Rule::Exempt,
        "token_logprobs" | "top5_next.logprob" | "greedy20_logprobs" => Rule::Absolute(1e-4),
        // The gap of two log-probabilities.
        "greedy_min_margin" => Rule::Absolute(2e-4),
        "sum_logprob" => Rule::Absolute(1e-3),
        _ => Rule::Exact,
    }
}

fn pair_rule(field: &str) -> Rule {
    match field {
        "context" | "continuation" => Rule::Exempt,
        "continuation_logprob" => Rule::Absolute(1e-3),
        _ => Rule::Exact,
    }
}

fn chat_rule(field: &str) -> Rule {
    if field == "messages" || field.starts_with("messages.") || field == "add_generation_prompt" {
        Rule::Exempt
    } else if field == "error" {
        Rule::Presence
    } else {
        Rule::Exact
    }
}

/// Puts the outputs of one call into `got`; a refusal stands under every name, so that each field fails and says why.
fn put<T>(
    got: &mut Map<String, Value>,
    names: &[&str],
    answer: Result<T, BackendError>,
    values: impl FnOnce(T) -> Vec<Value>,
) {
    let values = match answer {
        Ok(answer) => values(answer),
        Err(error) => vec![json!(format!("error: {error}")); names.len()],
    };
    got.extend(names.iter().map(|&name| name.to_owned()).zip(values));
}

fn prompt_outputs(model: &LocalModel, prompt: &str) -> Value {
    let mut got = Map::new();
    let ids = match model.encode(prompt, true) {
        Ok(ids) => ids,
        Err(error) => return json!({"ids": format!("error: {error}")}),
    };
    put(&mut got, &["token_logprobs", "sum_logprob", "token_is_greedy"], model.score_ids(&ids, 1, false), |scores| {
        vec![numbers(&scores.logprobs), number(scores.sum()), json!(scores.is_argmax)]
    });
    put(&mut got, &["top5_next"], model.next_token_logprobs(&ids), |row| vec![most_likely(&row, 5)]);
    let generated = model.generate_ids(&ids, GREEDY_TOKENS, &[]);
    if let Ok((continuation, _)) = &generated {
        put(&mut got, &["greedy20_text"], model.decode(continuation, false), |text| vec![json!(text)]);
        put(&mut got, &["greedy_min_margin"], smallest_margin(model, &ids, continuation), |gap| vec![gap]);
    }
    put(&mut got, &["greedy20", "greedy20_logprobs"], generated, |(continuation, logprobs)| {
        vec![json!(continuation), numbers(&logprobs)]
    });
    got.insert("ids".to_owned(), json!(ids));
    Value::Object(got)
}

fn pair_outputs(model: &LocalModel, context: &str, continuation: &str) -> Value {
    let mut got = Map::new();
    let both = model.encode(&format!("{context}{continuation}"), true);
    let encoded = both.and_then(|both| Ok((both, model.encode(context, true)?)));
    let (full_ids, context_ids) = match encoded {
        Ok(encoded) => encoded,
        Err(error) => return json!({"full_ids": format!("error: {error}")}),
    };
    put(
        &mut got,
        &["continuation_logprob", "continuation_is_greedy"],
        model.score_ids(&full_ids, context_ids.len(), false),
        |scores| vec![number(scores.sum()), json!(scores.is_argmax.iter().all(|&hit| hit))],
    );
    got.insert("context_ids_are_prefix".to_owned(), json!(full_ids.starts_with(&context_ids)));
    got.insert("context_len".to_owned(), json!(context_ids.len()));
    got.insert("full_ids".to_owned(), json!(full_ids));
    Value::Object(got)
}

fn chat_outputs(model: &LocalModel, messages: &[Value], add_generation_prompt: bool) -> Value {
    match model.render_chat(messages, add_generation_prompt) {
        Ok(rendered) => {
            let mut got = Map::new();
            put(&mut got, &["ids"], model.encode(&rendered, false), |ids| vec![json!(ids)]);
            got.insert("rendered".to_owned(), json!(rendered));
            got.insert("error".to_owned(), Value::Null);
            Value::Object(got)
        }
        Err(error) => {
            let told = json!(format!("error: {error}"));
            json!({"rendered": told, "ids": told, "error": told})
        }
    }
}

fn numbers(values: &[f32]) -> Value {
    Value::Array(values.iter().map(|&value| number(f64::from(value))).collect())
}

/// Columns by falling log-probability; the lower id first among equals.
fn ranked(row: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
    order
}

fn most_likely(row: &[f32], n: usize) -> Value {
    let entry = |id: usize| json!({"id": id, "logprob": number(f64::from(row[id]))});
    Value::Array(ranked(row).into_iter().take(n).map(entry).collect())
}

/// Smallest gap between first and second choice on the way, each step from a whole pass over the text so far.
fn smallest_margin(model: &LocalModel, prompt: &[u32], continuation: &[u32]) -> Result<Value, BackendError> {
    let mut smallest = f64::INFINITY;
    let mut ids = prompt.to_vec();
    for &id in continuation {
        let row = model.next_token_logprobs(&ids)?;
        if let [first, second, ..] = ranked(&row)[..] {
            smallest = smallest.min(f64::from(row[first]) - f64::from(row[second]));
        }
        ids.push(id);
    }
    Ok(number(smallest))
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::verify;
    use super::*;

    fn golden(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/local-models").join(name)
    }

    #[test]
    fn every_family_agrees_in_every_case() {
        let folders = std::fs::read_dir(golden("")).expect("the golden folder");
        let mut names: Vec<String> = folders
            .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
            .filter(|name| golden(name).is_dir())
            .collect();
        names.sort();
        assert_eq!(names.len(), 18, "{names:?}");
        for name in names {
            let report = verify(&[golden(&name)], None).expect("a golden folder");
            assert!(report.is_success(false) && report.cases > 5, "{}", report.to_text());
        }
    }

    #[test]
    fn an_unknown_architecture_is_named_as_unsupported() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copy = folder.path().join("local-models").join("mamba");
        std::fs::create_dir_all(&copy).expect("a temporary folder can be filled");
        std::fs::write(copy.join("config.json"), r#"{"model_type": "mamba"}"#).expect("a temporary file");
        std::fs::write(copy.join("golden.json"), r#"{"cases": []}"#).expect("a temporary file");
        let report = verify(&[copy], None).expect("a golden folder");
        assert!(report.files[0].unsupported[0].reason.contains("mamba"), "{}", report.to_text());
        assert!(!report.is_success(false));
    }

    #[test]
    fn a_number_changed_in_the_file_is_found() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copy = folder.path().join("local-models").join("llama");
        std::fs::create_dir_all(&copy).expect("a temporary folder can be filled");
        for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"] {
            std::fs::copy(golden("llama").join(name), copy.join(name)).expect("a golden file can be copied");
        }
        let mut cases = read_json(&golden("llama").join("golden.json")).expect("golden cases");
        let value = cases["cases"][2]["token_logprobs"][4].as_f64().expect("a log-probability");
        cases["cases"][2]["token_logprobs"][4] = json!(value + 3e-4);
        cases["pairs"][0]["continuation_is_greedy"] = json!(true);
        std::fs::write(copy.join("golden.json"), cases.to_string()).expect("a temporary file can be written");
        let report = verify(&[copy], None).expect("a golden folder");
        let failed: Vec<&str> = report.files[0].failed.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(failed, ["cases[2]", "pairs[0]"]);
        assert!(report.files[0].failed[0].expected.get("token_logprobs[4]").is_some());
    }
}
