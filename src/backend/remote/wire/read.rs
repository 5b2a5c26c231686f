//! From the bytes of a reply to the answer.

use serde_json::Value;

use super::body::{Choice, Completion, EmbeddingsReply, LogprobsBody, MessagesReply, UsageBody, choices, read_body};
use super::build::{Expects, WireRequest, estimated_tokens};
use super::score::{Sent, WireScores, echoed, prompted};
use super::stream;
use crate::backend::jobs::{Reply, Scoring, Usage};
use crate::backend::remote::fault::{Fault, FaultKind, error_message};
use crate::backend::request::{FinishReason, Generation};

/// A reply that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::remote) struct Read {
    pub(in crate::backend::remote) reply: Reply,
    pub(in crate::backend::remote) usage: Usage,
    pub(in crate::backend::remote) request_id: Option<String>,
    pub(in crate::backend::remote) fingerprint: Option<String>,
}

/// Reads the reply to a request.
///
/// # Errors
/// What is wrong with it, by name.
pub(in crate::backend::remote) fn read(request: &WireRequest, body: &[u8]) -> Result<Read, Fault> {
    let (reply, usage, request_id, fingerprint) = match &request.expects {
        Expects::Embeddings { count } => {
            let (vectors, usage) = embeddings_of(body, *count)?;
            (Reply::Embeddings(vectors), usage, None, None)
        }
        Expects::MessageText => {
            let (generation, usage, id) = message_text(body)?;
            (Reply::Generation(generation), usage, id, None)
        }
        // By its form and not by what was asked for: a cached reply may have come the other way.
        Expects::Text { .. } if is_stream(body) => {
            let streamed = stream::join(body)?;
            let usage = streamed.usage.as_ref().and_then(UsageBody::usage);
            let generation = generation(streamed.text, streamed.finish_reason.as_deref(), Vec::new(), usage.as_ref());
            (Reply::Generation(generation), usage, streamed.id, streamed.fingerprint)
        }
        Expects::Text { .. } | Expects::Letters { .. } | Expects::Scores { .. } => {
            let mut reply: Completion = read_body(body)?;
            let mut choices = choices(&mut reply, body, 1)?;
            let choice = choices.remove(0);
            let usage = reply.usage.as_ref().and_then(UsageBody::usage);
            let answer = match &request.expects {
                Expects::Scores { context, text, scoring } => {
                    let told = usage.map(|usage| usage.completion_tokens);
                    Reply::Scores(scores(&choice, Sent { context, text }, *scoring, told)?.into())
                }
                Expects::Letters { count } => Reply::Letters(letters(&choice, *count)?),
                _ => Reply::Generation(text_of(&choice, usage.as_ref(), body)?),
            };
            (answer, usage, reply.id, reply.system_fingerprint)
        }
    };
    let usage = usage.unwrap_or_else(|| estimated(request, &reply));
    Ok(Read { reply, usage, request_id, fingerprint })
}

/// The usage in a reply that is otherwise no answer.
pub(in crate::backend::remote) fn usage_of(body: &[u8]) -> Option<Usage> {
    #[derive(serde::Deserialize)]
    struct UsageOnly {
        usage: Option<UsageBody>,
    }
    read_body::<UsageOnly>(body).ok()?.usage?.usage()
}

/// Server-sent events: lines of fields, of which some are data. They may begin with a comment.
fn is_stream(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    let is_other = body.starts_with(b"{") || body.starts_with(b"<");
    !is_other && (body.starts_with(b"data:") || body.windows(6).any(|window| window == b"\ndata:"))
}

/// The tokens of a reply that does not say how many it used.
fn estimated(request: &WireRequest, reply: &Reply) -> Usage {
    let completion_tokens = match reply {
        Reply::Generation(generation) => estimated_tokens(&generation.text),
        Reply::Scores(_) | Reply::Letters(_) | Reply::Embeddings(_) => request.most.completion_tokens,
    };
    Usage { completion_tokens, ..request.most }
}

fn scores(choice: &Choice, sent: Sent<'_>, scoring: Scoring, told: Option<u64>) -> Result<WireScores, Fault> {
    let missing = |what: &str| Fault::new(FaultKind::LogprobsMissing, format!("the reply has no `{what}`"));
    match scoring {
        Scoring::PromptLogprobs => {
            let places = choice.prompt_logprobs.as_ref().ok_or_else(|| missing("prompt_logprobs"))?;
            prompted(places, sent)
        }
        _ => {
            let logprobs = choice.logprobs.as_ref().ok_or_else(|| missing("logprobs"))?;
            echoed(logprobs, sent, u64::from(scoring == Scoring::EchoOne), told)
        }
    }
}

/// The scores in a whole reply, in full precision.
///
/// # Errors
/// Those of [`read`].
pub(in crate::backend::remote) fn scores_of(
    body: &[u8],
    sent: Sent<'_>,
    scoring: Scoring,
    index: usize,
    n: usize,
) -> Result<WireScores, Fault> {
    let mut reply: Completion = read_body(body)?;
    if let Some(places) = reply.prompt_logprobs.take().filter(|_| scoring == Scoring::PromptLogprobs) {
        return prompted(&places, sent);
    }
    let choices = choices(&mut reply, body, n)?;
    // The usage of a batch is that of all its prompts.
    let told = reply.usage.as_ref().and_then(UsageBody::usage).map(|usage| usage.completion_tokens);
    scores(&choices[index], sent, scoring, told.filter(|_| n == 1))
}

/// The generated text of one choice.
pub(super) fn text_of(choice: &Choice, usage: Option<&Usage>, body: &[u8]) -> Result<Generation, Fault> {
    let content = choice.message.as_ref().map(|message| &message.content);
    let text = match (&choice.text, content) {
        (Some(text), _) => text.clone(),
        (None, Some(Value::String(text))) => text.clone(),
        (None, Some(Value::Array(parts))) => joined_parts(parts),
        // An answer that was held back has no text, and says so.
        (None, Some(Value::Null)) => match choice.message.as_ref().and_then(|message| message.refusal.clone()) {
            Some(refusal) => refusal,
            None if choice.finish_reason.is_some() => String::new(),
            None => return Err(no_text(body)),
        },
        _ => return Err(no_text(body)),
    };
    let logprobs = choice.logprobs.as_ref().map(chosen_logprobs).unwrap_or_default();
    Ok(generation(text, choice.finish_reason.as_deref(), logprobs, usage))
}

fn no_text(body: &[u8]) -> Fault {
    Fault::new(FaultKind::NoText, "the choice holds no text").with_body(body)
}

fn joined_parts(parts: &[Value]) -> String {
    parts.iter().filter(|part| part["type"] == "text").filter_map(|part| part["text"].as_str()).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "records keep log-probabilities as f32")]
fn chosen_logprobs(body: &LogprobsBody) -> Vec<f32> {
    let of_tokens = body.content.iter().flatten().map(|token| token.logprob);
    let side_by_side = body.token_logprobs.iter().flatten().copied();
    let all: Option<Vec<f32>> =
        of_tokens.chain(side_by_side).map(|logprob| logprob.map(|it| it as f32).filter(|it| it.is_finite())).collect();
    all.unwrap_or_default()
}

fn generation(text: String, finish_reason: Option<&str>, logprobs: Vec<f32>, usage: Option<&Usage>) -> Generation {
    let finish_reason = match finish_reason {
        Some("stop" | "end_turn" | "eos") => FinishReason::Stop,
        Some("stop_sequence") => FinishReason::StopText,
        Some("length" | "max_tokens") => FinishReason::Length,
        Some("content_filter" | "refusal") => FinishReason::ContentFilter,
        Some(_) | None => FinishReason::Unknown,
    };
    let n_prompt_tokens = usage.and_then(|usage| usize::try_from(usage.prompt_tokens).ok()).unwrap_or(0);
    Generation { text, token_ids: Vec::new(), logprobs, n_prompt_tokens, finish_reason }
}

fn message_text(body: &[u8]) -> Result<(Generation, Option<Usage>, Option<String>), Fault> {
    let reply: MessagesReply = read_body(body)?;
    let Some(parts) = &reply.content else {
        let told = error_message(body);
        let detail = told.unwrap_or_else(|| "the reply holds no `content`".to_owned());
        return Err(Fault::new(FaultKind::NoChoices, detail).with_body(body));
    };
    let usage = reply.usage.as_ref().and_then(UsageBody::usage);
    let generation = generation(joined_parts(parts), reply.stop_reason.as_deref(), Vec::new(), usage.as_ref());
    Ok((generation, usage, reply.id))
}

/// The log-probability of each letter as first token; spellings of one letter (`A`, ` A`, `(A`) are added up.
fn letters(choice: &Choice, count: usize) -> Result<Vec<Option<f64>>, Fault> {
    let missing = |what: &str| Fault::new(FaultKind::LogprobsMissing, format!("the reply has no `{what}`"));
    let body = choice.logprobs.as_ref().ok_or_else(|| missing("logprobs"))?;
    let mut told: Vec<(&str, Option<f64>)> = Vec::new();
    match (&body.content, &body.top_logprobs) {
        (Some(tokens), _) => {
            let first = tokens.first().ok_or_else(|| missing("logprobs.content[0]"))?;
            told.extend(first.top_logprobs.iter().flatten().map(|top| (top.token.as_str(), top.logprob)));
            if !told.iter().any(|(token, _)| *token == first.token) {
                told.push((&first.token, first.logprob));
            }
        }
        (None, Some(tops)) => {
            let first = tops.first().and_then(Option::as_ref).ok_or_else(|| missing("logprobs.top_logprobs[0]"))?;
            told.extend(first.iter().map(|(token, logprob)| (token.as_str(), *logprob)));
        }
        (None, None) => return Err(missing("logprobs.content")),
    }
    let mut letters = vec![None; count];
    for (token, logprob) in told {
        let bare = token.trim().trim_matches(|c| matches!(c, '(' | ')' | '.' | ':' | '*'));
        let mut characters = bare.chars();
        let (Some(letter @ 'A'..='Z'), None) = (characters.next(), characters.next()) else { continue };
        let Some(slot) = letters.get_mut(usize::from(letter as u8 - b'A')) else { continue };
        let logprob = match logprob {
            Some(value) if value.is_finite() && value <= 1e-6 => value,
            _ => {
                let detail = format!("the token `{bare}` has no usable log-probability");
                return Err(Fault::new(FaultKind::LogprobNotANumber, detail));
            }
        };
        *slot = Some(slot.map_or(logprob, |other: f64| log_sum(other, logprob)));
    }
    Ok(letters)
}

fn log_sum(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}

/// The vectors of a reply, matched by their index.
///
/// # Errors
/// Another number of vectors, another length, a value that is no number.
pub(super) fn embeddings_of(body: &[u8], count: usize) -> Result<(Vec<Vec<f32>>, Option<Usage>), Fault> {
    let reply: EmbeddingsReply = read_body(body)?;
    let wrong = |detail: String| Err(Fault::new(FaultKind::EmbeddingCount, detail).with_body(body));
    let Some(mut data) = reply.data else { return wrong("the reply holds no `data`".into()) };
    if data.len() != count {
        return wrong(format!("the reply holds {} vectors where {count} were asked for", data.len()));
    }
    data.sort_by_key(|vector| vector.index.unwrap_or(0));
    if count > 1 && data.iter().enumerate().any(|(place, vector)| vector.index != Some(place)) {
        return wrong("the indexes of the vectors do not run from 0".into());
    }
    let length = data.first().map_or(0, |vector| vector.embedding.len());
    let mut vectors = Vec::with_capacity(count);
    for vector in data {
        if length == 0 || vector.embedding.len() != length {
            return wrong("the vectors are empty or of several lengths".into());
        }
        let Some(values) = vector.embedding.into_iter().map(|value| value.filter(|it| it.is_finite())).collect() else {
            return Err(Fault::new(FaultKind::LogprobNotANumber, "a vector holds a value that is no number"));
        };
        vectors.push(values);
    }
    let usage = reply.usage.as_ref().and_then(UsageBody::usage);
    Ok((vectors, usage))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(text: &str) -> Choice {
        read_body(text.as_bytes()).unwrap()
    }

    #[test]
    fn a_stream_may_begin_with_a_comment_and_a_text_that_looks_like_one_is_none() {
        assert!(is_stream(b": PROCESSING\n\ndata: {}\n\n") && is_stream(b"event: x\ndata: {}"));
        assert!(!is_stream(b"{\"text\":\"\ndata:\"}") && !is_stream(b"<html>\ndata:") && !is_stream(b""));
    }

    #[test]
    fn a_letter_that_was_not_told_is_missing_and_not_zero() {
        let told = r#"{"logprobs":{"content":[{"token":"A","logprob":-0.2,"top_logprobs":[
            {"token":"A","logprob":-0.2},{"token":" A","logprob":-3.0},{"token":"B","logprob":-2.0},{"token":"the","logprob":-4.0}]}]}}"#;
        let found = letters(&choice(told), 3).unwrap();
        let both = (f64::exp(-0.2) + f64::exp(-3.0)).ln();
        assert!((found[0].unwrap() - both).abs() < 1e-12);
        assert_eq!((found[1], found[2]), (Some(-2.0), None));
        assert_eq!(letters(&choice("{}"), 2).unwrap_err().kind, FaultKind::LogprobsMissing);
    }

    #[test]
    fn a_chat_answer_may_be_text_parts_or_a_refusal_but_not_nothing() {
        let text = |body: &str| text_of(&choice(body), None, body.as_bytes());
        assert_eq!(text(r#"{"message":{"content":"a"},"finish_reason":"stop"}"#).unwrap().text, "a");
        let parts = r#"{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}"#;
        assert_eq!(text(parts).unwrap().text, "ab");
        assert_eq!(text(r#"{"message":{"content":null,"refusal":"no"}}"#).unwrap().text, "no");
        let held = text(r#"{"message":{"content":null},"finish_reason":"content_filter"}"#).unwrap();
        assert_eq!((held.text.as_str(), held.finish_reason), ("", FinishReason::ContentFilter));
        assert_eq!(text(r#"{"message":{}}"#).unwrap_err().kind, FaultKind::NoText);
        assert_eq!(text("{}").unwrap_err().kind, FaultKind::NoText);
    }

    #[test]
    fn anthropics_answer_counts_cached_tokens_beside_the_others() {
        let body = br#"{"id":"msg","content":[{"type":"text","text":"Tuesday"}],"stop_reason":"end_turn",
            "usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":2}}"#;
        let (generation, usage, id) = message_text(body).unwrap();
        let usage = usage.unwrap();
        assert_eq!((generation.text.as_str(), generation.finish_reason), ("Tuesday", FinishReason::Stop));
        assert_eq!((usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens), (12, 7, 2));
        assert_eq!(id.as_deref(), Some("msg"));
    }

    #[test]
    fn vectors_are_matched_by_index_and_checked() {
        let body = br#"{"data":[{"index":1,"embedding":[0.5,1.0]},{"index":0,"embedding":[0.0,2.0]}]}"#;
        assert_eq!(embeddings_of(body, 2).unwrap().0, [vec![0.0, 2.0], vec![0.5, 1.0]]);
        assert_eq!(embeddings_of(body, 3).unwrap_err().kind, FaultKind::EmbeddingCount);
        assert!(embeddings_of(br#"{"data":[{"index":0,"embedding":[NaN]}]}"#, 1).is_err());
    }
}
