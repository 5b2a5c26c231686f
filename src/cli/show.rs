//! `mnemoscope show`: one item of a run, with its evidence.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::record::{Answer, ItemRow, Outcome, RunFolder, visit_cell};
use crate::report::escape::cleaned;
use crate::report::number;

/// Print one item of a run: what was asked, what came back, and its scores.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A run folder, or a cell of a run.
    run: PathBuf,
    /// An item id, or TASK/ITEM where several tasks have it.
    item: String,
}

struct Shown {
    suite: String,
    model: String,
    task: String,
    item: String,
    epoch: u32,
    request_hash: String,
    outcome: Outcome,
}

pub(super) fn run(args: &ShowArgs, session: &Session) -> Result<Exit, CliError> {
    let (folder, cell) = RunFolder::open_run_or_cell(&args.run)?;
    let cells = match cell {
        Some(cell) => vec![cell],
        None => folder.cells()?,
    };
    let mut shown = Vec::new();
    let mut near: Vec<String> = Vec::new();
    for cell in cells {
        visit_cell(&cell.path, &mut |recorded| {
            let full = format!("{}/{}", recorded.key.task, recorded.key.item);
            if recorded.key.item == args.item || full == args.item {
                shown.push(Shown {
                    suite: cell.suite.clone(),
                    model: cell.model.clone(),
                    task: recorded.key.task,
                    item: recorded.key.item,
                    epoch: recorded.key.epoch,
                    request_hash: recorded.request_hash,
                    outcome: recorded.outcome,
                });
            } else if near.len() < 5
                && strsim::levenshtein(&recorded.key.item, &args.item) <= 2
                && !near.contains(&full)
            {
                near.push(full);
            }
        })?;
    }
    if shown.is_empty() {
        let hint = if near.is_empty() {
            "item ids stand in items.parquet and on the card".to_owned()
        } else {
            format!("near it: {}", near.join(", "))
        };
        return Err(CliError::UnknownItem { run: args.run.clone(), item: args.item.clone(), hint });
    }
    // Scores exist once the run has been evaluated; an interrupted run is shown without.
    let scores = if folder.items_path().is_file() { folder.read_items()? } else { Vec::new() };
    if session.is_json {
        session.print_json(&shown.iter().map(|item| as_json(item, &scores)).collect::<Vec<_>>())?;
    } else {
        let text: String = shown.iter().map(|item| as_text(item, &scores)).collect();
        session.print(&text)?;
    }
    Ok(Exit::Done)
}

fn scores_of<'a>(item: &'a Shown, scores: &'a [ItemRow]) -> impl Iterator<Item = &'a ItemRow> {
    scores.iter().filter(|row| {
        row.suite == item.suite
            && row.model == item.model
            && row.task == item.task
            && row.item_id == item.item
            && row.epoch == item.epoch
    })
}

fn as_json(item: &Shown, scores: &[ItemRow]) -> Value {
    let answer = match &item.outcome {
        Ok(answer) => json!({"answer": answer}),
        Err(failure) => json!({"error": failure}),
    };
    let scores: Vec<Value> = scores_of(item, scores)
        .map(|row| json!({"metric": row.metric, "value": row.value, "flags": row.flags, "copies": row.copies}))
        .collect();
    json!({
        "suite": item.suite, "model": item.model, "task": item.task, "item": item.item, "epoch": item.epoch,
        "request": item.request_hash, "outcome": answer, "scores": scores,
    })
}

/// Model text is hostile: control characters are taken out before it reaches a terminal.
fn as_text(item: &Shown, scores: &[ItemRow]) -> String {
    let mut out = String::new();
    let mut line = |label: &str, text: &str| {
        writeln!(out, "{label:>12}  {}", cleaned(text).replace('\n', "\n              ")).expect("writing to a string");
    };
    line("item", &format!("{} / {} / {} (repeat {})", item.suite, item.task, item.item, item.epoch));
    line("model", &item.model);
    line("request", &item.request_hash);
    match &item.outcome {
        Err(failure) => {
            line("error", &format!("{}: {}", failure.kind, failure.message));
            if let Some(body) = &failure.body {
                line("last reply", body);
            }
        }
        Ok(Answer::Likelihood(tokens)) => {
            // Ids where they are known, else the texts that the endpoint told.
            let names: Vec<String> = match &tokens.wire {
                Some(wire) => wire.pieces.iter().map(|piece| format!("{piece:?}")).collect(),
                None => tokens.token_ids.iter().map(ToString::to_string).collect(),
            };
            let shown: Vec<String> = tokens
                .logprobs
                .iter()
                .zip(&names[tokens.first_scored.min(names.len())..])
                .map(|(logprob, name)| format!("{name}:{}", number::fixed(f64::from(*logprob), 3)))
                .collect();
            line(
                "tokens",
                &format!("{} tokens, {} scored, {} window(s)", names.len(), tokens.logprobs.len(), tokens.n_windows),
            );
            line("log-probs", &shown.join(" "));
        }
        Ok(Answer::Choices { choices }) => {
            for (index, choice) in choices.iter().enumerate() {
                line(
                    &format!("choice {index}"),
                    &format!("{} over {} tokens", number::fixed(choice.logprob, 4), choice.n_tokens),
                );
            }
        }
        Ok(Answer::Letters { letters }) => {
            for (index, letter) in letters.iter().enumerate() {
                let told = letter.map_or_else(|| "not among the alternatives told".into(), |it| number::fixed(it, 4));
                line(&format!("choice {index}"), &format!("{told} as first token (approximate)"));
            }
        }
        Ok(Answer::Embeddings { vectors }) => {
            for vector in vectors {
                line(&vector.form, &format!("a vector of {} numbers", vector.vector.len()));
            }
        }
        Ok(Answer::Text(score)) => {
            line("text", &format!("{} over {} tokens", number::fixed(score.logprob, 4), score.n_tokens));
        }
        Ok(Answer::Remembered(answer)) => {
            line("question", &answer.question);
            let read = match answer.pieces.as_deref() {
                None => "no single pieces".to_owned(),
                Some([]) => "none".to_owned(),
                Some(pieces) => pieces.iter().map(|piece| (piece + 1).to_string()).collect::<Vec<_>>().join(", "),
            };
            let tokens = answer.read_tokens.map_or_else(|| "unknown".to_owned(), |n| n.to_string());
            line("pieces read", &format!("{read} of {}; {tokens} tokens in all", answer.n_pieces));
            let evidence: Vec<String> = answer
                .evidence
                .iter()
                .map(|places| places.iter().map(|place| (place + 1).to_string()).collect::<Vec<_>>().join("|"))
                .collect();
            if !evidence.is_empty() {
                line("evidence in", &evidence.join(", "));
            }
            line("reply", &answer.generation.text);
            line("expected", &answer.accepted.join(" | "));
        }
        Ok(
            Answer::Continuation { generation, prompt, reference, .. }
            | Answer::Verbatim { generation, prompt, rest: reference, .. }
            | Answer::Completion { generation, prompt, reference, .. },
        ) => {
            line("prompt", prompt);
            line("reply", &generation.text);
            line("expected", reference);
            line(
                "ended",
                &format!("{:?} after {} tokens", generation.finish_reason, generation.token_ids.len()).to_lowercase(),
            );
        }
    }
    for row in scores_of(item, scores) {
        let value = row.value.map_or_else(|| "undefined".to_owned(), |value| number::fixed(value, 6));
        let flags = if row.flags.is_empty() { String::new() } else { format!("  [{}]", row.flags.join(", ")) };
        let copies = row.copies.map_or_else(String::new, |copies| format!("  ({copies} copies)"));
        line(&row.metric, &format!("{value}{copies}{flags}"));
    }
    out.push('\n');
    out
}
