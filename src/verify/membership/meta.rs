//! `attacks_*.meta.json`: what the texts of a file share, and what upstream made of it.
//!
//! Prefixes of `recall` and which shots were kept, the corpus of `dc_pdd` with its document frequencies, perplexities of
//! traps in a padded batch and in a context.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::backend::{Backend, BackendError, LocalModel};
use crate::scoring::membership::compat;
use crate::scoring::membership::{CLIP, Counting, TokenFrequencies};

use super::super::agreement::{Rule, compare, number, optional_number};
use super::super::golden_file::{GoldenFileError, list_field, read_json, read_json_lines};
use super::super::report::FileReport;
use super::near::{PERPLEXITY_SHARE, TOLERANCE};
use super::pair::{Pair, beside};
use super::passes::{context, full, ids_of, mimir_windows};
use super::shots::first_kept;

/// Sections over texts that are not all here.
const EXEMPT: [&str; 3] = ["mimir_eval", "minkpp_tables", "open_unlearning_eval"];
/// Inputs and remarks.
const INPUTS: [&str; 3] = ["pair", "note", "recall_prefix_texts"];
/// Tokens of a padded batch.
const PADDED: &str = "traps_padded_batch";
const IN_CONTEXT: &str = "traps_context";

/// What all texts of a file share.
#[derive(Default)]
pub(super) struct Context {
    /// Name of the number, e.g. `recall_2shot`, and ids of the prefix.
    pub(super) prefixes: Vec<(String, Vec<u32>)>,
    pub(super) frequencies: Option<TokenFrequencies>,
}

/// A meta file with the texts that it names.
pub(super) struct Meta {
    value: Value,
    /// Id -> text, of the prefixes and of the file of attacks beside it.
    texts: HashMap<String, String>,
}

impl Meta {
    /// The meta file beside a file of attacks; none where there is none, or it cannot be read, which its own check tells.
    pub(super) fn beside(attacks: &Path, pair: &str) -> Option<Self> {
        let value = read_json(&beside(attacks, pair, ".meta.json")).ok()?;
        Some(Self::new(value, attacks))
    }

    fn new(value: Value, attacks: &Path) -> Self {
        let mut texts = HashMap::new();
        let lines = read_json_lines(attacks).unwrap_or_default();
        for line in lines.into_iter().filter_map(|(_, line)| line.ok()) {
            if let (Some(id), Some(text)) = (line["id"].as_str(), line["text"].as_str()) {
                texts.insert(id.to_owned(), text.to_owned());
            }
        }
        for (id, text) in value["recall_prefix_texts"].as_object().into_iter().flatten() {
            texts.extend(text.as_str().map(|text| (id.clone(), text.to_owned())));
        }
        Self { value, texts }
    }

    fn text(&self, id: &Value) -> Option<&str> {
        self.texts.get(id.as_str()?).map(String::as_str)
    }

    /// What all texts share.
    pub(super) fn context(&self, models: &Pair) -> Result<Context, BackendError> {
        let mut prefixes = Vec::new();
        for (shots, section) in self.value["recall"].as_object().into_iter().flatten() {
            let Some(recall) = self.prefix(models, section)? else { continue };
            let joined: String = recall.kept.iter().filter_map(|id| self.texts.get(id)).map(String::as_str).collect();
            prefixes.push((format!("recall_{shots}shot"), ids_of(&models.target, &joined)?));
        }
        let frequencies = match corpus(&self.value["dc_pdd"]) {
            Some(corpus) => Some(frequencies(&models.target, &corpus)?),
            None => None,
        };
        Ok(Context { prefixes, frequencies })
    }

    /// The shots that are kept of a prefix; none where a text is missing.
    fn prefix(&self, models: &Pair, section: &Value) -> Result<Option<Prefix>, BackendError> {
        let ids: Option<Vec<&str>> =
            section["prefix_ids"].as_array().and_then(|ids| ids.iter().map(Value::as_str).collect());
        let Some(ids) = ids else { return Ok(None) };
        let texts: Option<Vec<&str>> = ids.iter().map(|&id| self.texts.get(id).map(String::as_str)).collect();
        let Some(texts) = texts else { return Ok(None) };
        // A mean over texts that are not all here.
        let average = section["avg_length_members"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let first = first_kept(&models.target, &texts, average)?;
        Ok(Some(Prefix { kept: ids[first..].iter().map(|&id| id.to_owned()).collect() }))
    }
}

struct Prefix {
    kept: Vec<String>,
}

pub(super) fn check(path: &Path, pair: &str, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let value = read_json(path)?;
    let meta = Meta::new(value, &beside(path, pair, ".jsonl"));
    let models = Pair::open(path, pair);
    let sections = meta.value.as_object().ok_or(GoldenFileError::Field { field: "recall" })?;
    for (name, section) in sections {
        if EXEMPT.contains(&name.as_str()) {
            report.skip(name, "over texts that are not all in the golden files");
            continue;
        }
        if INPUTS.contains(&name.as_str()) {
            continue;
        }
        let models = match &models {
            Ok(models) => models,
            Err(message) => {
                report.fail(name, json!("two checkpoints that open"), json!(message));
                continue;
            }
        };
        let checked = match name.as_str() {
            "recall" => check_recall(&meta, models, section, report),
            "dc_pdd" => check_dc_pdd(models, section, report),
            PADDED => check_padded(&meta, models, section, report),
            IN_CONTEXT => check_in_context(&meta, models, section, report),
            "max_position_embeddings" | "stride" => {
                check_window(models, name, section, report);
                Ok(())
            }
            _ => {
                report.unsupported(name, "this build does not handle this section");
                Ok(())
            }
        };
        if let Err(error) = checked {
            report.fail(name, json!("numbers of the target model"), json!(error.to_string()));
        }
    }
    Ok(())
}

fn check_window(models: &Pair, name: &str, section: &Value, report: &mut FileReport) {
    let got = match mimir_windows(&models.target) {
        crate::backend::Context::Windowed { window, stride } => {
            if name == "stride" {
                stride
            } else {
                window
            }
        }
        _ => context(&models.target),
    };
    report.record(name, &compare(section, &json!(got), &|_| Rule::Exact));
}

fn check_recall(meta: &Meta, models: &Pair, section: &Value, report: &mut FileReport) -> Result<(), BackendError> {
    for (shots, case) in section.as_object().into_iter().flatten() {
        let id = format!("recall/{shots}");
        match meta.prefix(models, case)? {
            Some(prefix) => {
                let rule = |field: &str| match field {
                    "prefix_ids" | "avg_length_members" => Rule::Exempt,
                    _ => Rule::Exact,
                };
                report.record(&id, &compare(case, &json!({"prefix_ids_kept": prefix.kept}), &rule));
            }
            None => report.skip(&id, "a text of its prefix is not in the golden files"),
        }
    }
    Ok(())
}

fn corpus(section: &Value) -> Option<Vec<&str>> {
    section["reference_corpus"].as_array()?.iter().map(Value::as_str).collect()
}

/// Document frequencies over the table that mimir makes.
fn frequencies(model: &LocalModel, corpus: &[&str]) -> Result<TokenFrequencies, BackendError> {
    let table_len = model.tokenizer_facts().map_or(0, |facts| compat::mimir_table_len(&facts));
    let mut frequencies = TokenFrequencies::new(table_len);
    for text in corpus {
        frequencies.add(&ids_of(model, text)?, Counting::Documents);
    }
    Ok(frequencies)
}

fn check_dc_pdd(models: &Pair, section: &Value, report: &mut FileReport) -> Result<(), BackendError> {
    let Some(corpus) = corpus(section) else {
        report.fail("dc_pdd", json!("a list of texts `reference_corpus`"), Value::Null);
        return Ok(());
    };
    let counted = frequencies(&models.target, &corpus)?;
    let facts = models.target.tokenizer_facts();
    let mut counts: Map<String, Value> = counted.counts().map(|(id, count)| (id.to_string(), json!(count))).collect();
    // A table may name ids that no text holds.
    for name in section["doc_frequency"].as_object().into_iter().flat_map(Map::keys) {
        counts.entry(name.clone()).or_insert(json!(0));
    }
    let n_expected = section["doc_frequency"].as_object().map_or(0, Map::len);
    let n_counted = counts.len();
    let got = json!({
        "doc_frequency": counts,
        "table_len": facts.map(|facts| compat::mimir_table_len(&facts)),
        "a": number(CLIP),
        "prepended_token_id": facts.and_then(|facts| facts.eos_id),
    });
    let rule = |field: &str| if field == "reference_corpus" { Rule::Exempt } else { Rule::Exact };
    let mut agreement = compare(section, &got, &rule);
    if n_counted > n_expected && n_expected > 0 {
        agreement.differences.push(super::super::agreement::Difference {
            path: "doc_frequency".to_owned(),
            expected: json!(format!("{n_expected} ids")),
            got: json!(format!("{n_counted} ids")),
        });
    }
    report.record("dc_pdd", &agreement);
    Ok(())
}

fn perplexity_rule(field: &str) -> Rule {
    match field {
        "id" | "context_id" | "trap_id" => Rule::Exempt,
        "joined_token_ids" | "n_trap_tokens" => Rule::Exact,
        "min_k_prob_20" => Rule::Absolute(TOLERANCE),
        _ => Rule::AbsoluteOrRelative { absolute: TOLERANCE, relative: PERPLEXITY_SHARE },
    }
}

/// Traps scored in one right-padded batch, the first token of each taken out.
fn check_padded(meta: &Meta, models: &Pair, section: &Value, report: &mut FileReport) -> Result<(), BackendError> {
    let cases = section.as_array().map(Vec::as_slice).unwrap_or_default();
    let model = &models.target;
    let mut batch: Vec<Option<Vec<u32>>> = Vec::new();
    for case in cases {
        let ids = meta.text(&case["id"]).map(|text| ids_of(model, text)).transpose()?;
        batch.push(ids.map(|ids| ids.get(1..).unwrap_or_default().to_vec()));
    }
    let is_whole = batch.iter().all(Option::is_some);
    let longest = batch.iter().flatten().map(Vec::len).max().unwrap_or(0);
    // Upstream pads with the end-of-text token.
    let pad = model.tokenizer_facts().and_then(|facts| facts.eos_id);
    for (index, (case, ids)) in cases.iter().zip(&batch).enumerate() {
        let id = format!("{PADDED}/{}", case["id"].as_str().map_or_else(|| index.to_string(), str::to_owned));
        let Some(ids) = ids else {
            report.skip(&id, "its text is not in the golden files, nor is the length to which its batch is padded");
            continue;
        };
        let is_padded = ids.len() < longest;
        let logprobs = full(model, ids)?.logprobs;
        let first_pad = match (is_padded, pad) {
            (true, Some(pad)) => {
                let padded: Vec<u32> = ids.iter().copied().chain([pad]).collect();
                full(model, &padded)?.logprobs.last().copied()
            }
            _ => None,
        };
        let n_padded = longest.saturating_sub(1);
        let got = json!({
            "perplexity": optional_number(compat::traps_padded_perplexity(&logprobs, first_pad)),
            "perplexity_unpadded": optional_number(compat::traps_perplexity(&logprobs)),
            "min_k_prob_20": optional_number(compat::traps_padded_min_k_prob_20(&logprobs, first_pad, n_padded)),
        });
        let rule = |field: &str| match field {
            // How far the batch is padded depends on a text that is not here.
            "min_k_prob_20" if !is_whole => Rule::Exempt,
            "perplexity" if !is_whole && !is_padded => Rule::Exempt,
            field => perplexity_rule(field),
        };
        report.record(&id, &compare(case, &got, &rule));
    }
    Ok(())
}

/// The tokens of a trap after a context: one space stands between the two.
fn check_in_context(meta: &Meta, models: &Pair, section: &Value, report: &mut FileReport) -> Result<(), BackendError> {
    let model = &models.target;
    for (index, case) in section.as_array().into_iter().flatten().enumerate() {
        let id = format!("{IN_CONTEXT}/{index}");
        let (before, trap) = (meta.text(&case["context_id"]), meta.text(&case["trap_id"]));
        let recorded = || -> Option<Vec<u32>> {
            list_field(case, "joined_token_ids").ok()?.iter().map(|id| u32::try_from(id.as_u64()?).ok()).collect()
        };
        let joined = match (before, trap) {
            (Some(before), Some(trap)) => Some(ids_of(model, &format!("{before} {trap}"))?),
            // Without the texts their ids are what is given.
            _ => recorded(),
        };
        let n_trap = match trap {
            Some(trap) => Some(ids_of(model, trap)?.len().saturating_sub(1)),
            None => case["n_trap_tokens"].as_u64().and_then(|n| usize::try_from(n).ok()),
        };
        let (Some(joined), Some(n_trap)) = (joined, n_trap) else {
            report.fail(&id, json!("texts or ids of context and trap"), Value::Null);
            continue;
        };
        let logprobs = full(model, &joined)?.logprobs;
        let of_trap = &logprobs[logprobs.len().saturating_sub(n_trap)..];
        let got = json!({
            "perplexity_in_context": optional_number(compat::traps_perplexity(of_trap)),
            "joined_token_ids": joined,
            "n_trap_tokens": n_trap,
        });
        let rule = |field: &str| match field {
            "joined_token_ids" if before.is_none() || trap.is_none() => Rule::Exempt,
            "n_trap_tokens" if trap.is_none() => Rule::Exempt,
            field => perplexity_rule(field),
        };
        report.record(&id, &compare(case, &got, &rule));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/attacks_pair_a.meta.json");

    #[test]
    fn every_section_agrees_and_none_is_unsupported() {
        let mut report = FileReport::new("attacks_pair_a.meta.json", "membership");
        check(Path::new(GOLDEN), "pair_a", &mut report).expect("the golden cases stand beside the tests");
        assert!(report.failed.is_empty(), "{:#?}", report.failed);
        assert!(report.unsupported.is_empty(), "{:#?}", report.unsupported);
        assert_eq!((report.cases, report.passed), (14, 14));
    }

    #[test]
    fn a_wrong_frequency_and_a_wrong_shot_are_found() {
        let mut golden = read_json(Path::new(GOLDEN)).expect("golden cases");
        golden["dc_pdd"]["doc_frequency"]["34"] = json!(29);
        golden["recall"]["2"]["prefix_ids_kept"] = json!(["a003"]);
        golden["traps_context"][0]["perplexity_in_context"] = json!(2.0);
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::os::unix::fs::symlink(Path::new(GOLDEN).with_file_name("models"), folder.path().join("models"))
            .expect("a link");
        std::fs::copy(GOLDEN.replace(".meta.json", ".jsonl"), folder.path().join("attacks_pair_a.jsonl"))
            .expect("a golden file can be copied");
        let path = folder.path().join("attacks_pair_a.meta.json");
        std::fs::write(&path, golden.to_string()).expect("a temporary file can be written");
        let mut report = FileReport::new("attacks_pair_a.meta.json", "membership");
        check(&path, "pair_a", &mut report).expect("readable");
        let mut failed: Vec<&str> = report.failed.iter().map(|case| case.id.as_str()).collect();
        failed.sort_unstable();
        assert_eq!(failed, ["dc_pdd", "recall/2", "traps_context/0"]);
    }
}
