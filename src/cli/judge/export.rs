//! Answers of a run in upstream's own shapes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value, json};

use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::session::Session;
use crate::record::{Answer, RememberedAnswer, Role, RunFolder, visit_cell, write_atomically};

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The run folder.
    run: PathBuf,
    /// Slug of the model, where the run has several.
    #[arg(long, value_name = "SLUG")]
    model: Option<String>,
    /// The file for STALE's answers; for MemoryAgentBench a folder, with a file a task.
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

/// The suites whose answers have a shape upstream.
const SUITES: [&str; 2] = ["stale", "memory-agent-bench"];

pub(super) fn run(args: &ExportArgs, session: &Session) -> Result<Exit, CliError> {
    let folder = RunFolder::open(&args.run)?;
    let plan = folder.read_manifest()?.plan;
    let tested: Vec<&str> = plan
        .models
        .iter()
        .filter(|model| matches!(model.role, Role::Model | Role::Baseline))
        .map(|model| model.slug.as_str())
        .collect();
    let slug = match (&args.model, tested.as_slice()) {
        (Some(wanted), _) if tested.contains(&wanted.as_str()) => wanted.as_str(),
        (None, [one]) => one,
        (Some(wanted), _) => {
            return Err(usage(format!("no model of the run is `{wanted}`; there are: {}", tested.join(", "))));
        }
        (None, _) => {
            return Err(usage(format!("the run has several models; name one with --model: {}", tested.join(", "))));
        }
    };
    let mut n_written = 0;
    for suite in plan.suites.iter().filter(|suite| SUITES.contains(&suite.name.as_str())) {
        let mut answers: Vec<(String, String, RememberedAnswer, f64)> = Vec::new();
        visit_cell(&folder.cell(&suite.name, slug).path, &mut |one| {
            if let (Ok(Answer::Remembered(answer)), 0) = (one.outcome, one.key.epoch)
                && !one.key.item.contains('#')
            {
                answers.push((one.key.task, one.key.item, answer, one.latency_ms));
            }
        })?;
        if suite.name == "stale" {
            n_written += 1;
            let (whole, n_missing) = stale(slug, &answers);
            write(&args.out, &whole)?;
            if n_missing > 0 {
                session.note(&format!(
                    "{n_missing} scenarios lack an answer and are left out: upstream's judge would call them wrong"
                ));
            }
        } else {
            std::fs::create_dir_all(&args.out).map_err(|source| CliError::Io { path: args.out.clone(), source })?;
            for (task, rows) in by_task(&answers) {
                n_written += 1;
                write(&args.out.join(format!("{task}_results.json")), &benchmark(slug, &rows))?;
            }
        }
    }
    if n_written == 0 {
        return Err(usage(format!("{} holds no answers of {}", args.run.display(), SUITES.join(" or "))));
    }
    session.print(&format!("{}\n", args.out.display()))?;
    Ok(Exit::Done)
}

fn usage(message: String) -> CliError {
    CliError::Usage { message }
}

fn write(path: &std::path::Path, value: &Value) -> Result<(), CliError> {
    let mut text = serde_json::to_string_pretty(value).expect("texts and numbers are always JSON");
    text.push('\n');
    Ok(write_atomically(path, text.as_bytes())?)
}

/// An answer with its task, item and time.
type Row = (String, String, RememberedAnswer, f64);

/// `{"summary", "data": [{"uid", "target_model", "target_model_responses", "target_model_meta"}]}`, scenarios whose three answers are there.
fn stale(model: &str, answers: &[Row]) -> (Value, usize) {
    let mut by_uid: BTreeMap<&str, BTreeMap<&str, (&RememberedAnswer, f64)>> = BTreeMap::new();
    for (task, item, answer, latency_ms) in answers.iter().filter(|(task, ..)| task == "scenarios") {
        debug_assert_eq!(task, "scenarios");
        if let Some((uid, dimension)) = item.rsplit_once('/') {
            by_uid.entry(uid).or_default().insert(dimension, (answer, *latency_ms));
        }
    }
    let dimensions = ["dim1", "dim2", "dim3"];
    let mut data = Vec::new();
    let n_all = by_uid.len();
    for (uid, found) in by_uid {
        if !dimensions.iter().all(|dimension| found.contains_key(dimension)) {
            continue;
        }
        let (mut responses, mut meta) = (Map::new(), Map::new());
        for dimension in dimensions {
            let (answer, latency_ms) = found[dimension];
            responses.insert(format!("{dimension}_response"), json!(answer.generation.text));
            let (prompt, completion) = (answer.read_tokens, answer.answer_tokens);
            let usage = json!({
                "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt.map(|prompt| prompt + completion)
            });
            meta.insert(format!("{dimension}_meta"), json!({"elapsed_seconds": latency_ms / 1e3, "usage": usage}));
        }
        data.push(json!({
            "uid": uid,
            "target_model": model,
            "target_model_responses": responses,
            "target_model_meta": meta,
        }));
    }
    let n_missing = n_all - data.len();
    let summary = json!({"target_model": model, "num_samples": data.len(), "num_missing": n_missing});
    (json!({"summary": summary, "data": data}), n_missing)
}

fn by_task(answers: &[Row]) -> BTreeMap<&str, Vec<&Row>> {
    let mut tasks: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in answers {
        tasks.entry(&row.0).or_default().push(row);
    }
    tasks
}

/// The fields of upstream's `data` that do not depend on its scorer.
fn benchmark(model: &str, rows: &[&Row]) -> Value {
    let row = |(number, (_, item, answer, latency_ms)): (usize, &&Row)| {
        json!({
            "output": answer.generation.text,
            "parsed_output": crate::scoring::memory::output::parsed_output(&answer.generation.text),
            "answer": answer.accepted,
            "query": answer.question,
            "query_id": number,
            "qa_pair_id": item,
            "input_len": answer.read_tokens,
            "output_len": answer.answer_tokens,
            "query_time_len": latency_ms / 1e3,
        })
    };
    json!({
        "agent_config": {"agent_name": model},
        "data": rows.iter().enumerate().map(row).collect::<Vec<_>>(),
    })
}
