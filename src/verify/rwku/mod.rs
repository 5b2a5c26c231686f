//! Kind `rwku`: what the evaluators of RWKU give on recorded texts, numbers and models.

mod answers;
mod choices;
mod end_to_end;
mod likelihood;
mod replay;
mod text;
mod tiny_models;

use std::path::Path;

use serde_json::json;

use super::golden_file::{GoldenFile, is_in, is_named};
use super::report::{FileReport, WHOLE_FILE};

/// The data set, the models and the wording of prompts.
pub(super) fn is_input(file: &Path) -> bool {
    is_in(file, &["dataset", "tiny"]) || is_named(file, &["prompts.json"])
}

pub(super) fn check(file: &GoldenFile) -> FileReport {
    let mut report = FileReport::new(&file.shown, "rwku");
    let name = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (path, to) = (file.path.as_path(), &mut report);
    let outcome = match name.as_str() {
        "rouge_pypi.jsonl" => text::check_rouge(path, to),
        "fluency.jsonl" => text::check_fluency(path, to),
        "fluency_aggregate.json" => text::check_fluency_aggregate(path, to),
        "triviaqa_em_f1.jsonl" => answers::check_open(path, to),
        "triviaqa_aggregate.json" => answers::check_open_aggregate(path, to),
        "bbh.jsonl" => answers::check_reasoning(path, to),
        "bbh_aggregate.json" => answers::check_reasoning_aggregate(path, to),
        "mmlu_choice.jsonl" => choices::check_letters(path, to),
        "mmlu_aggregate.json" => choices::check_letters_aggregate(path, to),
        "truthfulqa.jsonl" => choices::check_truth(path, to),
        "truthfulqa_aggregate.json" => choices::check_truth_aggregate(path, to),
        "mia.jsonl" => likelihood::check(path, to),
        "mia_aggregate.json" => likelihood::check_aggregate(path, to),
        "replay.jsonl" => replay::check(path, to),
        "replay_aggregate.json" => replay::check_aggregate(path, to),
        "tiny_logits_check.jsonl" => tiny_models::check_logits(path, to),
        "tiny_e2e.jsonl" => end_to_end::check(path, to),
        _ => {
            report.unsupported(WHOLE_FILE, "this build does not handle this file");
            Ok(())
        }
    };
    if let Err(error) = outcome {
        report.fail(WHOLE_FILE, json!("a readable file of cases"), json!(error.to_string()));
    }
    report
}

#[cfg(test)]
mod tests;
