//! `attacks_*.jsonl`: from the text through our own tokenizer and models to every attack that this build has.
//!
//! The models stand beside the file: `attacks_pair_a.jsonl` is about `models/pair-a/target` and `.../reference`; the prefixes
//! of `recall` and the corpus of `dc_pdd` are in `attacks_pair_a.meta.json`.

use std::path::Path;

use serde_json::{Map, Value, json};

use crate::backend::{Backend, BackendError, Context as Cut};
use crate::scoring::membership::compat;
use crate::scoring::membership::compat_names::{Mimir, MinkPlusPlus, Named, OpenUnlearning, Traps};
use crate::scoring::membership::zlib_length;

use super::super::agreement::{Rule, compare, number, optional_number};
use super::super::golden_file::{GoldenFileError, list_field, read_json_lines, text_field};
use super::super::report::FileReport;
use super::meta::{Context, Meta};
use super::near::{PERPLEXITY_SHARE, TOLERANCE};
use super::pair::Pair;
use super::passes::{full, ids_of, mimir_windows, windowed};
use super::shots::conditional_mean;

/// Share allowed for `recall`, whose denominator can be close to 0.
const RECALL_SHARE: f64 = 2e-3;
/// Share allowed for norms of gradients.
const GRADNORM_SHARE: f64 = 5e-4;
/// Tokens of the texts that upstream's `recall` was run on.
const RECALL_TOKENS: std::ops::RangeInclusive<usize> = 5..=60;

/// One pass, however long the text.
const UNCUT: Cut = Cut::Refuse;

pub(super) fn check(path: &Path, pair: &str, report: &mut FileReport) -> Result<(), GoldenFileError> {
    let lines = read_json_lines(path)?;
    let models = Pair::open(path, pair);
    let meta = Meta::beside(path, pair);
    let meta = meta.as_ref().and_then(|meta| Some((meta, models.as_ref().ok()?)));
    let context = meta.map(|(meta, models)| meta.context(models));
    for (number, line) in lines {
        let case = match line {
            Ok(case) => case,
            Err(error) => {
                report.fail(&format!("line {number}"), json!("a JSON object"), json!(error.to_string()));
                continue;
            }
        };
        let id = case.get("id").and_then(Value::as_str).map_or_else(|| format!("line {number}"), str::to_owned);
        match (&models, &context) {
            (Err(message), _) => report.fail(&id, json!("two checkpoints that open"), json!(message)),
            (Ok(_), Some(Err(error))) => report.fail(&id, json!("a usable meta file"), json!(error.to_string())),
            (Ok(models), Some(Ok(context))) => check_case(&id, &case, models, context, report),
            (Ok(models), None) => check_case(&id, &case, models, &Context::default(), report),
        }
    }
    Ok(())
}

fn check_case(id: &str, case: &Value, models: &Pair, context: &Context, report: &mut FileReport) {
    let inputs = text_field(case, "text").and_then(|text| Ok((text, neighbors(case)?)));
    let (text, neighbors) = match inputs {
        Ok(inputs) => inputs,
        Err(error) => {
            report.fail(id, json!("a text with its neighbours"), json!(error.to_string()));
            return;
        }
    };
    match outputs(models, context, case, text, &neighbors) {
        Ok(got) => report.record(id, &compare(case, &got, &rule)),
        Err(error) => report.fail(id, json!("scores of the text"), json!(error.to_string())),
    }
}

fn neighbors(case: &Value) -> Result<Vec<&str>, GoldenFileError> {
    if case.get("neighbors").is_none_or(Value::is_null) {
        return Ok(Vec::new());
    }
    let texts = list_field(case, "neighbors")?.iter().map(Value::as_str).collect::<Option<_>>();
    texts.ok_or(GoldenFileError::Field { field: "neighbors" })
}

fn rule(field: &str) -> Rule {
    match field {
        "id" | "text" | "label" | "neighbors" => Rule::Exempt,
        "token_ids" | "ref_token_ids" | "n_tokens" | "zlib_len" | "n_bytes" | "argmax_hit" => Rule::Exact,
        "traps.perplexity_all_tokens"
        | "traps.perplexity_first_token_removed"
        | "traps.ref_perplexity_first_token_removed"
        | "traps.ratio" => Rule::AbsoluteOrRelative { absolute: TOLERANCE, relative: PERPLEXITY_SHARE },
        _ if field.contains(".recall") => Rule::AbsoluteOrRelative { absolute: 0.0, relative: RECALL_SHARE },
        _ if field.contains(".gradnorm") => Rule::AbsoluteOrRelative { absolute: 0.0, relative: GRADNORM_SHARE },
        _ => Rule::Absolute(TOLERANCE),
    }
}

/// Everything that this build computes for one text. Of the case only the *names* of what is wanted are looked at.
fn outputs(
    models: &Pair,
    context: &Context,
    case: &Value,
    text: &str,
    neighbors: &[&str],
) -> Result<Value, BackendError> {
    let ids = ids_of(&models.target, text)?;
    let reference_ids = ids_of(&models.reference, text)?;
    let target = full(&models.target, &ids)?;
    let target_windowed = windowed(&models.target, &ids)?;
    let reference_windowed = windowed(&models.reference, &reference_ids)?;
    // A model with a table of positions cannot read past it, nor a reference ids that it does not know.
    let reference = full(&models.reference, &reference_ids).ok();
    let same_ids = full(&models.reference, &ids).ok();
    let lowered = ids_of(&models.target, &text.to_lowercase()).and_then(|ids| full(&models.target, &ids)).ok();
    let (mut neighbor_losses, mut neighbor_means) = (Vec::new(), Vec::new());
    for neighbor in neighbors {
        let ids = ids_of(&models.target, neighbor)?;
        neighbor_losses.extend(compat::mimir_loss(&windowed(&models.target, &ids)?.logprobs));
        neighbor_means.extend(full(&models.target, &ids).ok().and_then(|p| compat::mink_plus_plus_loss(&p.logprobs)));
    }
    let length = zlib_length(text);
    let rest_length = zlib_length(&models.target.decode(ids.get(1..).unwrap_or_default(), true)?);
    let names = |section: &str| -> Vec<&str> {
        let section = case.get(section).and_then(Value::as_object);
        section.into_iter().flat_map(Map::keys).map(String::as_str).collect()
    };
    let wants = |section: &str, prefix: &str| names(section).iter().any(|name| name.starts_with(prefix));

    let mut conditional = Vec::new();
    for (name, prefix) in &context.prefixes {
        let value = match RECALL_TOKENS.contains(&ids.len()) {
            true => conditional_mean(&models.target, prefix, &ids)?,
            false => None,
        };
        conditional.push((name.clone(), value));
    }
    let after_eos = match (&context.frequencies, models.target.tokenizer_facts().and_then(|facts| facts.eos_id)) {
        (Some(frequencies), Some(eos)) if !ids.is_empty() => {
            let whole: Vec<u32> = std::iter::once(eos).chain(ids.iter().copied()).collect();
            Some((windowed(&models.target, &whole)?.logprobs, frequencies))
        }
        _ => None,
    };
    let gradient = match wants("mimir", "gradnorm") && ids.len() > 1 {
        true => Some(models.target.gradient_of_ids(&ids, mimir_windows(&models.target))?),
        false => None,
    };
    let all_but_last = ids.split_last().map_or(&[][..], |(_, rest)| rest);
    let without_last = match wants("open_unlearning", "gradnorm") && all_but_last.len() > 1 {
        true => Some(models.target.gradient_of_ids(all_but_last, UNCUT)?),
        false => None,
    };
    let mimir = Mimir {
        target: &target_windowed,
        reference: Some(&reference_windowed),
        zlib_length: length,
        neighbor_losses: Some(&neighbor_losses),
        conditional: &conditional,
        after_eos: after_eos.as_ref().map(|(logprobs, frequencies)| (&*ids, &**logprobs, *frequencies)),
        gradient: gradient.as_ref(),
    };
    let minkpp = MinkPlusPlus {
        target: &target,
        reference_on_target_ids: same_ids.as_ref(),
        lowered: lowered.as_ref(),
        zlib_length: length,
        neighbor_means: Some(&neighbor_means),
    };
    let open_unlearning = OpenUnlearning {
        target: &target,
        reference_on_target_ids: same_ids.as_ref(),
        zlib_length_without_first_token: Some(rest_length),
        gradient_without_last: Some(without_last.as_ref()),
    };
    // The first token is taken out of the input, so these need passes of their own.
    let shortened = full(&models.target, ids.get(1..).unwrap_or_default())?;
    let reference_shortened = full(&models.reference, reference_ids.get(1..).unwrap_or_default()).ok();
    let traps =
        Traps { whole: &target, shortened: Some(&shortened), reference_shortened: reference_shortened.as_ref() };
    let section = |name: &str, value: &dyn Fn(&str) -> Named| -> Value {
        let named = names(name).into_iter().filter_map(|name| Some((name.to_owned(), optional_number(value(name)?))));
        Value::Object(named.collect())
    };
    let mut got = json!({
        "token_ids": ids,
        "n_tokens": ids.len(),
        "n_bytes": text.len(),
        "zlib_len": length,
        "ref_token_ids": reference_ids,
        "token_logprobs": numbers(&target.logprobs),
        "vocab_mean": numbers(&target.vocab_means),
        "vocab_std": numbers(&target.vocab_deviations),
        "argmax_hit": target.is_argmax,
        "token_logprobs_windowed": numbers(&target_windowed.logprobs),
        "ref_token_logprobs_windowed": numbers(&reference_windowed.logprobs),
        "neighbor_losses_mimir": numbers(&neighbor_losses),
        "mimir": section("mimir", &|name| mimir.value(name)),
        "minkpp": section("minkpp", &|name| minkpp.value(name)),
        "open_unlearning": section("open_unlearning", &|name| open_unlearning.value(name)),
        "traps": section("traps", &|name| traps.value(name)),
    });
    if let Some(reference) = &reference {
        got["ref_token_logprobs"] = numbers(&reference.logprobs);
    }
    Ok(got)
}

fn numbers(values: &[f64]) -> Value {
    Value::Array(values.iter().map(|&value| number(value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/membership/attacks_pair_a.jsonl");

    #[test]
    fn every_field_of_every_case_agrees() {
        let mut report = FileReport::new("attacks_pair_a.jsonl", "membership");
        check(Path::new(GOLDEN), "pair_a", &mut report).expect("the golden cases stand beside the tests");
        assert!(report.failed.is_empty(), "{:#?}", report.failed);
        assert!(report.unsupported.is_empty(), "{:#?}", report.unsupported);
        assert_eq!((report.cases, report.passed), (39, 39));
    }

    #[test]
    fn missing_models_fail_every_case_and_name_the_folder() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("attacks_pair_a.jsonl");
        std::fs::copy(GOLDEN, &path).expect("a golden file can be copied");
        let mut report = FileReport::new("attacks_pair_a.jsonl", "membership");
        check(&path, "pair_a", &mut report).expect("readable");
        assert_eq!((report.failed.len(), report.passed), (39, 0));
        assert!(report.failed[0].got.to_string().contains("models/pair-a/target"));
    }
}
