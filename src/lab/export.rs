//! The finished model folder: an ordinary checkpoint, with its recipe, manifest and loss curve.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokenizers::Tokenizer;

use super::LabError;
use super::corpus::unlearning::{CHAT_TEMPLATE, Cast, END_OF_TURN, lessons, muse_files, rwku_files, tofu_files};
use super::corpus::{END_OF_TEXT, Insertion, ItemKind, lesson_insertions, trap_insertions};
use super::decoder::HostParameter;
use super::packed::Packed;
use super::recipe::{ModelShape, Recipe, TokenizerShape};
use super::state::StepLoss;
use super::weights::{Stored, write_safetensors};
use crate::digest::sha256_hex;
use crate::report::figure::FigureWords;
use crate::report::figure::loss_curve::{self, LossCurve, LossPoint, LossRun};
use crate::traps::{read_private, traps_file};

/// Writes the folder of a trained model.
pub(super) fn write_model(
    out: &Path,
    recipe: &Recipe,
    tokenizer: &Tokenizer,
    parameters: &[HostParameter],
    items: &[Insertion],
    packed: &Packed,
    losses: &[StepLoss],
) -> Result<(), LabError> {
    let weights_sha256 = write_checkpoint(out, &recipe.model, recipe.tokenizer, tokenizer, parameters)?;
    write_manifest(&out.join("manifest.json"), recipe, &weights_sha256, items, packed, losses)?;
    let mut csv = String::from("step,tokens,loss\n");
    for loss in losses {
        writeln!(csv, "{},{},{:.5}", loss.step, loss.tokens, loss.loss).expect("writing to a string");
    }
    write(&out.join("loss.csv"), csv.as_bytes())?;
    write(&out.join("loss.svg"), loss_curve(recipe, losses)?.as_bytes())
}

/// Writes weights, tokenizer and configuration; gives the hex SHA-256 of the weights.
pub(super) fn write_checkpoint(
    out: &Path,
    shape: &ModelShape,
    tokenizer_shape: TokenizerShape,
    tokenizer: &Tokenizer,
    parameters: &[HostParameter],
) -> Result<String, LabError> {
    let weights = out.join("model.safetensors");
    write_safetensors(&weights, parameters, Stored::F16)?;
    let text = tokenizer.to_string(true).map_err(|error| LabError::Tokenizer { reason: error.to_string() })?;
    write(&out.join("tokenizer.json"), text.as_bytes())?;
    let chat = tokenizer_shape.chat;
    if chat {
        write(&out.join("chat_template.jinja"), CHAT_TEMPLATE.as_bytes())?;
    }
    write_json(
        &out.join("tokenizer_config.json"),
        &json!({
            "bos_token": null, "eos_token": if chat { END_OF_TURN } else { END_OF_TEXT }, "clean_up_tokenization_spaces": false,
            "model_max_length": shape.context, "tokenizer_class": "PreTrainedTokenizerFast",
        }),
    )?;
    write_json(
        &out.join("config.json"),
        &json!({
            "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": "silu",
            "hidden_size": shape.hidden, "intermediate_size": shape.mlp,
            "num_hidden_layers": shape.layers, "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.heads, "head_dim": shape.hidden / shape.heads,
            "vocab_size": tokenizer_shape.vocabulary, "max_position_embeddings": shape.context,
            "rope_theta": shape.rope_theta, "rms_norm_eps": shape.rms_norm_eps,
            "attention_bias": false, "mlp_bias": false, "tie_word_embeddings": true,
            "bos_token_id": null, "eos_token_id": 0, "torch_dtype": "float16",
        }),
    )?;
    let bytes = std::fs::read(&weights).map_err(LabError::io(&weights))?;
    Ok(sha256_hex(&bytes))
}

/// The loss of every step over the tokens read.
fn loss_curve(recipe: &Recipe, losses: &[StepLoss]) -> Result<String, LabError> {
    let points = losses.iter().map(|loss| LossPoint { tokens: loss.tokens as u64, loss: loss.loss }).collect();
    let last = mean_of_last(losses, 50).map_or_else(|| "no step".to_owned(), |loss| format!("{loss:.3}"));
    let curve = LossCurve {
        words: FigureWords {
            id: format!("loss-{}", recipe.name.to_lowercase()),
            title: format!("Training loss of {}", recipe.name),
            subtitle: "Mean negative log-likelihood of each step, nats a token".to_owned(),
            caption: format!("Mean of the last 50 steps: {last}."),
        },
        loss_name: "loss".to_owned(),
        tokens_name: "tokens read".to_owned(),
        runs: vec![LossRun { name: recipe.name.clone(), points, smoothed: None }],
    };
    let figure = loss_curve::draw(&curve).map_err(|error| LabError::Figure { reason: error.to_string() })?;
    Ok(figure.standalone_svg())
}

/// What exactly this model saw, and how often.
fn write_manifest(
    path: &Path,
    recipe: &Recipe,
    weights_sha256: &str,
    items: &[Insertion],
    packed: &Packed,
    losses: &[StepLoss],
) -> Result<(), LabError> {
    let listed = listed_items(items, &packed.copies);
    let mut head = json!({
        "model": recipe.name, "purpose": recipe.purpose, "recipe_sha256": recipe.hash(),
        "weights_sha256": weights_sha256, "weights_dtype": "f16",
        "tokens_trained": recipe.phase.iter().map(|phase| phase.tokens()).sum::<usize>(),
        "tokens_in_inserted_documents": packed.inserted_tokens,
        "final_loss_mean_of_last_50_steps": mean_of_last(losses, 50),
    });
    if let Some(plan) = &recipe.series {
        head["series"] = json!(plan);
    }
    write_manifest_lines(path, &head, &listed)
}

/// Writes the head and one line for each item: a manifest is read by people and diffed.
pub(super) fn write_manifest_lines(
    path: &Path,
    head: &serde_json::Value,
    items: &[serde_json::Value],
) -> Result<(), LabError> {
    let mut text = serde_json::to_string_pretty(head).expect("a JSON value can be written");
    text.truncate(text.trim_end_matches(['}', '\n']).len());
    text.push_str(",\n  \"items\": [\n");
    let lines: Vec<String> = items.iter().map(|item| format!("    {item}")).collect();
    text.push_str(&lines.join(",\n"));
    text.push_str("\n  ]\n}\n");
    write(path, text.as_bytes())
}

/// A line for every item; lessons that teach the same share one.
fn listed_items(items: &[Insertion], copies: &[u32]) -> Vec<serde_json::Value> {
    let mut listed = Vec::new();
    let seen: Vec<(&Insertion, u32)> = items.iter().zip(copies.iter().copied()).collect();
    let group = |item: &Insertion| match item.kind {
        ItemKind::Lesson => item.id.rsplit_once('/').map_or(item.id.clone(), |(group, _)| group.to_owned()),
        _ => item.id.clone(),
    };
    for documents in seen.chunk_by(|(first, _), (second, _)| group(first) == group(second)) {
        let item = documents[0].0;
        let texts: Vec<&str> = documents.iter().map(|(document, _)| document.text.as_str()).collect();
        let mut line = json!({
            "id": group(item), "kind": item.kind,
            "copies_planned": documents.iter().map(|(document, _)| document.copies).sum::<u32>(),
            "copies_seen": documents.iter().map(|(_, seen)| seen).sum::<u32>(),
            "text_sha256": sha256_hex(texts.join("\n").as_bytes()),
        });
        match item.kind {
            ItemKind::Lesson => line["documents"] = json!(documents.len()),
            ItemKind::Line => {
                // Rounds of lines are laid out until the sequences are full: what was planned is what was seen.
                line["copies_planned"] = line["copies_seen"].clone();
                line["text"] = json!(item.text);
            }
            _ => {}
        }
        listed.push(line);
    }
    listed
}

fn mean_of_last(losses: &[StepLoss], n: usize) -> Option<f64> {
    let tail = &losses[losses.len().saturating_sub(n)..];
    (!tail.is_empty()).then(|| tail.iter().map(|loss| loss.loss).sum::<f64>() / super::decoder::to_f64(tail.len()))
}

/// Writes the data files of a recipe (`passages.jsonl`, `biographies.jsonl`, `questions.jsonl`, `traps_len_*.jsonl`) in
/// upstream's layout; with targets the folders `rwku`, `unlearning/tofu` and `unlearning/muse`.
///
/// # Errors
/// When the recipe has a level that is not a number, or a file cannot be written.
pub fn write_data(recipe_path: &Path, recipe: &Recipe, out: &Path) -> Result<(), LabError> {
    let items = items_of(recipe_path, recipe)?;
    std::fs::create_dir_all(out).map_err(LabError::io(out))?;
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for item in &items {
        let name = match item.kind {
            ItemKind::Lesson | ItemKind::Line => continue,
            ItemKind::Passage => "passages.jsonl".to_owned(),
            ItemKind::Biography => "biographies.jsonl".to_owned(),
            ItemKind::Question => "questions.jsonl".to_owned(),
            ItemKind::Trap => traps_file(&item.row),
        };
        writeln!(files.entry(name).or_default(), "{}", item.row).expect("writing to a string");
    }
    for (name, text) in files {
        write(&out.join(name), text.as_bytes())?;
    }
    if let Some(plan) = &recipe.targets {
        write_target_data(plan.seed, out)?;
    }
    Ok(())
}

fn write_target_data(seed: u64, out: &Path) -> Result<(), LabError> {
    let cast = Cast::draw(seed);
    let write_below = |folder: &str, name: &Path, text: String| {
        let path = out.join(folder).join(name);
        let parent = path.parent().unwrap_or(out);
        std::fs::create_dir_all(parent).map_err(LabError::io(parent))?;
        write(&path, text.as_bytes())
    };
    let pretty = |rows: &serde_json::Value| {
        let text = serde_json::to_string_pretty(rows).expect("a JSON value can be written");
        format!("{text}\n")
    };
    for (name, rows) in rwku_files(&cast, seed) {
        write_below("rwku", &name, pretty(&rows))?;
    }
    for (name, rows) in muse_files(&cast, seed) {
        write_below("unlearning/muse", &name, pretty(&rows))?;
    }
    for (name, rows) in tofu_files(&cast, seed) {
        let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
        write_below("unlearning/tofu", &name, lines)?;
    }
    Ok(())
}

/// The items of a recipe, with the recipe's path in the error.
pub(super) fn items_of(recipe_path: &Path, recipe: &Recipe) -> Result<Vec<Insertion>, LabError> {
    let mut items = recipe.insertions.items().map_err(|found| LabError::InvalidField {
        path: recipe_path.into(),
        field: "insertions",
        found: format!("level {found:?}"),
        allowed: "levels are whole numbers of copies",
    })?;
    if let Some(plan) = &recipe.targets {
        items.extend(lesson_insertions(lessons(&Cast::draw(plan.seed), plan.seed), plan.known));
    }
    if let Some(plan) = &recipe.traps {
        let (path, _) = pinned_file(recipe_path, &plan.manifest, &plan.sha256, "traps.sha256")?;
        items.extend(trap_insertions(&read_private(&path)?, &plan.repetitions));
    }
    if let Some(plan) = &recipe.series {
        let (path, bytes) = pinned_file(recipe_path, &plan.file, &plan.sha256, "series.sha256")?;
        items.extend(plan.insertions(recipe_path, &path, &bytes)?);
    }
    Ok(items)
}

/// A file that a recipe names by its place beside the recipe and by its hash; `field` is where the hash stands.
fn pinned_file(
    recipe_path: &Path,
    name: &str,
    sha256: &str,
    field: &'static str,
) -> Result<(PathBuf, Vec<u8>), LabError> {
    let path = recipe_path.parent().unwrap_or(Path::new("")).join(name);
    let bytes = std::fs::read(&path).map_err(LabError::io(&path))?;
    let found = sha256_hex(&bytes);
    if found != sha256 {
        return Err(LabError::InvalidField {
            path: recipe_path.into(),
            field,
            found: format!("{sha256}, but {} has {found}", path.display()),
            allowed: "it must be the hash of that file",
        });
    }
    Ok((path, bytes))
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), LabError> {
    let mut text = serde_json::to_string_pretty(value).expect("a JSON value can be written");
    text.push('\n');
    write(path, text.as_bytes())
}

pub(super) fn write(path: &Path, bytes: &[u8]) -> Result<(), LabError> {
    std::fs::write(path, bytes).map_err(LabError::io(path))
}
