//! Questions about economic memory: a message for models with a chat template, a text to go on with for all others.

use super::asked::{RecallQuestion, Wording};
use super::chat::{Fault, is_continued};
use crate::backend::{Backend, BackendError, Bos, GenerateRequest, Generation, Message, Prompt, Request, Sampling};
use crate::dataset::Item;
use crate::digest::sha256_hex;
use crate::record::Answer;
use crate::suite::{RecallAsk, RecallProbe};
use serde_json::Value;

pub(super) fn question(
    task: &str,
    probe: &RecallProbe,
    wording: Wording<'_>,
    item: &Item,
) -> Result<RecallQuestion, Fault> {
    let pack = wording.pack.ok_or(Fault::NoPack)?;
    let sampling = probe.temperature.map(|temperature| Sampling { temperature, seed: seed_of(task, &item.id) });
    Ok(RecallQuestion {
        message: pack.fill(&probe.wording, item)?,
        is_plain: wording.is_plain,
        reference: reference(probe.ask, item),
        max_tokens: probe.max_tokens,
        sampling,
    })
}

/// The right answer as a reader of the record expects it; empty where nothing is right.
fn reference(ask: RecallAsk, item: &Item) -> String {
    let flag = |field: &str| item.fields.get(field).and_then(Value::as_bool);
    let of_flag = |field: &str, yes: &str, no: &str| flag(field).map_or("", |is| if is { yes } else { no }).to_owned();
    match ask {
        RecallAsk::Direction | RecallAsk::DateOnly => of_flag("is_up", "up", "down"),
        RecallAsk::Threshold => of_flag("is_above", "above", "below"),
        RecallAsk::Change => {
            let change = item.fields.get("change").and_then(Value::as_f64);
            change.map_or_else(String::new, |change| format!("{change:.1}"))
        }
        _ => item.fields.get("truth_text").and_then(Value::as_str).unwrap_or_default().to_owned(),
    }
}

/// A seed named after the question, so that an answer does not depend on what is drawn beside it.
fn seed_of(task: &str, item: &str) -> u64 {
    let digest = sha256_hex(format!("{task}\0{item}").as_bytes());
    digest.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok()).unwrap_or(0)
}

/// What is sent, and whether it ends at the first line break.
fn prompt(backend: &dyn Backend, asked: &RecallQuestion) -> Result<(Prompt, bool), BackendError> {
    let message = &asked.message;
    if is_continued(backend, asked.is_plain) {
        let text = message.plain.clone().unwrap_or_else(|| message.prefill.behind(&message.user));
        return Ok((Prompt::Text(text), true));
    }
    let user = Message { role: "user".to_owned(), content: message.user.clone() };
    match backend.chat_prompt(std::slice::from_ref(&user)) {
        Ok(text) => Ok((Prompt::Text(message.prefill.behind(&text)), false)),
        // Only the endpoint knows its template.
        Err(BackendError::Unsupported { .. }) if backend.endpoint().is_some() => {
            Ok((Prompt::Messages(vec![user]), false))
        }
        Err(error) => Err(error),
    }
}

pub(super) fn request(backend: &dyn Backend, asked: &RecallQuestion) -> Result<Request, BackendError> {
    let (prompt, is_line) = prompt(backend, asked)?;
    Ok(Request::Generate(GenerateRequest {
        prompt,
        max_tokens: asked.max_tokens,
        stop: if is_line { vec!["\n".to_owned()] } else { Vec::new() },
        bos: Bos::Auto,
        end_ids: None,
        sampling: asked.sampling,
    }))
}

pub(super) fn answer(
    backend: &dyn Backend,
    asked: &RecallQuestion,
    generation: Generation,
) -> Result<Answer, BackendError> {
    let prompt = match prompt(backend, asked)?.0 {
        Prompt::Text(text) => text,
        Prompt::Messages(_) | Prompt::Tokens(_) => asked.message.user.clone(),
    };
    Ok(Answer::Completion {
        generation,
        prompt,
        reference: asked.reference.clone(),
        accepted: Vec::new(),
        lacks_prefill: false,
    })
}
