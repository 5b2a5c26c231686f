//! `mnemoscope generate`: `{"id","prompt"}` or `{"id","messages"}` -> a greedy continuation.

use std::num::NonZeroUsize;
use std::sync::atomic::AtomicBool;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde::{Deserialize, Serialize};

use super::error::CliError;
use super::exit::Exit;
use super::instrument::{
    AskedRow, BosChoice, Deliver, InstrumentArgs, Request, SingleRequests, answer_for_session, asked_row, require,
};
use super::session::Session;
use crate::backend::{
    Backend, Bos, Capability, FinishReason, GenerateRequest, Halt, Message, Prompt, Reply, Request as BackendRequest,
};
use crate::dataset::{PromptInput, PromptRow, RowId, prompt_rows};

/// Greedy continuations of prompts.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    #[command(flatten)]
    instrument: InstrumentArgs,
    /// At most so many new tokens.
    #[arg(long, value_name = "N", default_value = "256")]
    max_tokens: NonZeroUsize,
    /// Stop before this text (repeatable).
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    stop: Vec<String>,
    /// Whether a beginning-of-sequence token is put before a prompt; messages have what the chat template writes.
    #[arg(long, value_enum, default_value = "auto")]
    bos: BosChoice,
    /// Only the first N rows.
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
}

/// One output line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct GeneratedRow {
    id: RowId,
    text: String,
    /// Null where an endpoint does not tell them, and no tokenizer is named for it.
    token_ids: Option<Vec<u32>>,
    finish_reason: FinishReason,
}

pub(super) fn run(args: &GenerateArgs, session: &Session) -> Result<Exit, CliError> {
    let destination = args.instrument.destination()?;
    let rows = args.instrument.rows(prompt_rows, args.limit)?;
    let requests = requests(&rows, args.max_tokens.get(), &args.stop, args.bos.into());
    let opened = args.instrument.open_model(&args.instrument.model, &[], session)?;
    let model = opened.backend();
    let asked = asked_rows(model, &rows, &requests)?;
    let note = |text: &str| session.note(text);
    let answers = answer_for_session(&asked, &destination, session, &mut |places, deliver| {
        generate(model, &rows, &requests, places, deliver, &session.interrupted, &note)
    })?;
    Ok(answers.conclude(rows.len(), &destination, session))
}

fn requests(rows: &[PromptRow], max_tokens: usize, stop: &[String], bos: Bos) -> Vec<GenerateRequest> {
    let prompt = |input: &PromptInput| match input {
        PromptInput::Text(text) => Prompt::Text(text.clone()),
        PromptInput::Messages(messages) => {
            let message =
                |m: &crate::dataset::InputMessage| Message { role: m.role.clone(), content: m.content.clone() };
            Prompt::Messages(messages.iter().map(message).collect())
        }
    };
    rows.iter()
        .map(|row| GenerateRequest {
            prompt: prompt(&row.prompt),
            max_tokens,
            stop: stop.to_vec(),
            bos,
            end_ids: None,
            sampling: None,
        })
        .collect()
}

fn asked_rows(
    backend: &dyn Backend,
    rows: &[PromptRow],
    requests: &[GenerateRequest],
) -> Result<Vec<AskedRow>, CliError> {
    if rows.iter().any(|row| matches!(row.prompt, PromptInput::Text(_))) {
        require(backend, Capability::Generate, "the field `prompt`")?;
    }
    if let Some(row) = rows.iter().find(|row| matches!(row.prompt, PromptInput::Messages(_))) {
        require(backend, Capability::Chat, &format!("the field `messages` (line {})", row.line))?;
    }
    let request = Request { command: "generate", models: &[backend.identity()], options: &() };
    rows.iter().zip(requests).map(|(row, asked)| asked_row(&request, &row.id, asked)).collect()
}

fn generate(
    backend: &dyn Backend,
    rows: &[PromptRow],
    requests: &[GenerateRequest],
    places: &[usize],
    deliver: &mut Deliver<'_, GeneratedRow>,
    interrupted: &AtomicBool,
    note: &dyn Fn(&str),
) -> Result<(), Halt> {
    let knows_ids = backend.capabilities().tokenize;
    let request = |place: usize| BackendRequest::Generate(requests[place].clone());
    let row = |place: usize, reply: Reply| match reply {
        Reply::Generation(generation) => Some(GeneratedRow {
            id: rows[place].id.clone(),
            text: generation.text,
            token_ids: knows_ids.then_some(generation.token_ids),
            finish_reason: generation.finish_reason,
        }),
        _ => None,
    };
    SingleRequests { backend, request: &request, row: &row, interrupted, note }.answer(places, deliver)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::atomic::AtomicBool;

    use indicatif::ProgressBar;
    use serde_json::{Value, json};

    use super::super::instrument::{Destination, Watch, answer_rows};
    use super::*;
    use crate::backend::{Capabilities, Script, ScriptedBackend};
    use crate::dataset::InputMessage;

    fn text(id: i64, prompt: &str) -> PromptRow {
        PromptRow { line: 1, id: RowId::Number(id), prompt: PromptInput::Text(prompt.to_owned()) }
    }

    fn chat(id: i64) -> PromptRow {
        let message = InputMessage { role: "user".into(), content: "hello".into() };
        PromptRow { line: 7, id: RowId::Number(id), prompt: PromptInput::Messages(vec![message]) }
    }

    fn answer(backend: &ScriptedBackend, rows: &[PromptRow], max_tokens: usize, out: Option<&Path>) -> String {
        let interrupted = AtomicBool::new(false);
        let watch = Watch { note: &|_| {}, bar: ProgressBar::hidden() };
        let requests = requests(rows, max_tokens, &["END".to_owned()], Bos::Auto);
        let asked = asked_rows(backend, rows, &requests).unwrap();
        let mut printed = Vec::new();
        let destination = Destination::new(out).unwrap();
        answer_rows(&asked, &destination, &mut printed, &watch, &mut |places, deliver| {
            generate(backend, rows, &requests, places, deliver, &interrupted, &|_| {})
        })
        .unwrap();
        String::from_utf8(printed).unwrap()
    }

    #[test]
    fn a_line_has_text_ids_and_why_it_ended() {
        let backend = ScriptedBackend::new(Script { reply: "two words".into(), ..Script::default() });
        let printed = answer(&backend, &[text(5, "a"), text(4, "b")], 8, None);
        let lines: Vec<Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0], json!({"id": 5, "text": "two words", "token_ids": [0, 1], "finish_reason": "stop"}));
        assert_eq!(lines[1]["id"], 4);
    }

    #[test]
    fn messages_need_a_model_that_can_chat_before_anything_is_asked() {
        let backend = ScriptedBackend::new(Script::default());
        let rows = [text(1, "a"), chat(2)];
        let refused = asked_rows(&backend, &rows, &requests(&rows, 8, &[], Bos::Auto));
        assert!(matches!(refused, Err(CliError::Usage { message }) if message.contains("line 7")));
        assert_eq!(backend.n_asked(), 0);
        let capabilities = Capabilities { generate: true, chat: true, tokenize: true, ..Capabilities::default() };
        let talker = ScriptedBackend::new(Script { capabilities, ..Script::default() });
        assert_eq!(answer(&talker, &rows, 8, None).lines().count(), 2);
    }

    #[test]
    fn a_finished_call_is_not_repeated_and_another_length_is() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out.jsonl");
        let backend = ScriptedBackend::new(Script::default());
        let rows = [text(1, "a"), text(2, "b")];
        answer(&backend, &rows, 8, Some(&out));
        answer(&backend, &rows, 8, Some(&out));
        assert_eq!(backend.n_asked(), 2);
        answer(&backend, &rows, 9, Some(&out));
        assert_eq!(backend.n_asked(), 4);
    }
}
