//! The shapes of replies, as far as they are read. Everything may be missing: servers differ, and some are hostile.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::backend::jobs::Usage;
use crate::backend::remote::fault::{Fault, FaultKind, error_message};

/// A reply of `completions` or `chat/completions`, whole or one event of a stream.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Completion {
    pub(super) id: Option<String>,
    pub(super) system_fingerprint: Option<String>,
    pub(super) choices: Option<Vec<Choice>>,
    pub(super) usage: Option<UsageBody>,
    /// vLLM's place for them in chat replies.
    pub(super) prompt_logprobs: Option<Vec<Option<PromptLogprobs>>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    pub(super) index: Option<usize>,
    pub(super) text: Option<String>,
    pub(super) message: Option<MessageBody>,
    pub(super) delta: Option<MessageBody>,
    pub(super) finish_reason: Option<String>,
    pub(super) logprobs: Option<LogprobsBody>,
    pub(super) prompt_logprobs: Option<Vec<Option<PromptLogprobs>>>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct MessageBody {
    /// A text, or a list of parts.
    #[serde(default)]
    pub(super) content: Value,
    pub(super) refusal: Option<String>,
}

/// Both forms: lists side by side (completions), or a list of tokens (chat).
#[derive(Debug, Default, Deserialize)]
pub(super) struct LogprobsBody {
    pub(super) tokens: Option<Vec<String>>,
    pub(super) token_logprobs: Option<Vec<Option<f64>>>,
    pub(super) top_logprobs: Option<Vec<Option<Alternatives>>>,
    pub(super) text_offset: Option<Vec<u64>>,
    pub(super) content: Option<Vec<ChatToken>>,
}

/// Log-probabilities of the likeliest tokens at one place, by their text.
pub(super) type Alternatives = BTreeMap<String, Option<f64>>;

#[derive(Debug, Deserialize)]
pub(super) struct ChatToken {
    pub(super) token: String,
    pub(super) logprob: Option<f64>,
    pub(super) top_logprobs: Option<Vec<ChatAlternative>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChatAlternative {
    pub(super) token: String,
    pub(super) logprob: Option<f64>,
}

/// vLLM: token id -> log-probability, of one place of the prompt.
pub(super) type PromptLogprobs = BTreeMap<String, PromptLogprob>;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct PromptLogprob {
    pub(super) logprob: Option<f64>,
    pub(super) rank: Option<u64>,
    pub(super) decoded_token: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct UsageBody {
    pub(super) prompt_tokens: Option<u64>,
    pub(super) completion_tokens: Option<u64>,
    /// Anthropic's words; some gateways tell both.
    pub(super) input_tokens: Option<u64>,
    pub(super) output_tokens: Option<u64>,
    pub(super) cache_read_input_tokens: Option<u64>,
    pub(super) prompt_tokens_details: Option<PromptDetails>,
    pub(super) completion_tokens_details: Option<CompletionDetails>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct PromptDetails {
    cached_tokens: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct CompletionDetails {
    reasoning_tokens: Option<u64>,
}

/// Anthropic's `messages`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct MessagesReply {
    pub(super) id: Option<String>,
    pub(super) content: Option<Vec<Value>>,
    pub(super) stop_reason: Option<String>,
    pub(super) usage: Option<UsageBody>,
}

/// A reply of `embeddings`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct EmbeddingsReply {
    pub(super) data: Option<Vec<EmbeddingBody>>,
    pub(super) usage: Option<UsageBody>,
}

#[derive(Debug, Deserialize)]
pub(super) struct EmbeddingBody {
    pub(super) index: Option<usize>,
    pub(super) embedding: Vec<Option<f32>>,
}

impl UsageBody {
    /// What was counted; `None` where the endpoint counted nothing.
    pub(super) fn usage(&self) -> Option<Usage> {
        let details = self.prompt_tokens_details.as_ref().and_then(|details| details.cached_tokens);
        // Anthropic counts what it had cached beside its input tokens, not among them.
        let beside = self.cache_read_input_tokens.unwrap_or(0);
        Some(Usage {
            prompt_tokens: self.prompt_tokens.or(self.input_tokens)?.saturating_add(beside),
            completion_tokens: self.completion_tokens.or(self.output_tokens).unwrap_or(0),
            cached_tokens: details.unwrap_or(0).max(beside),
            reasoning_tokens: self
                .completion_tokens_details
                .as_ref()
                .and_then(|details| details.reasoning_tokens)
                .unwrap_or(0),
            is_estimated: false,
        })
    }
}

/// Reads a JSON reply, within serde's limit of depth; the size was limited when it came in.
///
/// Python's bare `NaN` and `Infinity` are no JSON; they are read as null, so that the place can be named where a number is
/// needed.
pub(super) fn read_body<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, Fault> {
    let trimmed = body.trim_ascii();
    if trimmed.is_empty() {
        return Err(Fault::new(FaultKind::EmptyReply, "the endpoint answered with an empty body"));
    }
    if trimmed.starts_with(b"<") {
        let detail = "the endpoint answered with HTML: a proxy or a login page stands before it";
        return Err(Fault::new(FaultKind::HtmlReply, detail).with_body(trimmed));
    }
    let first = match serde_json::from_slice(trimmed) {
        Ok(reply) => return Ok(reply),
        Err(error) => error,
    };
    if let Some(reply) = without_bare_numbers(trimmed).and_then(|text| serde_json::from_slice(&text).ok()) {
        return Ok(reply);
    }
    let what = if first.is_data() { "is not of the shape that was asked for" } else { "is cut or no JSON" };
    Err(Fault::new(FaultKind::NotJson, format!("the reply {what} ({first})")).with_body(trimmed))
}

/// `NaN`, `Infinity` and `-Infinity` outside of strings become null; `None` when there is none.
fn without_bare_numbers(text: &[u8]) -> Option<Vec<u8>> {
    let mut clean = Vec::with_capacity(text.len());
    let (mut place, mut is_in_string, mut has_found) = (0, false, false);
    while place < text.len() {
        let rest = &text[place..];
        if is_in_string {
            let length = if rest[0] == b'\\' { 2.min(rest.len()) } else { 1 };
            is_in_string = rest[0] != b'"';
            clean.extend_from_slice(&rest[..length]);
            place += length;
            continue;
        }
        match [&b"NaN"[..], b"-Infinity", b"Infinity"].into_iter().find(|word| rest.starts_with(word)) {
            Some(word) => {
                clean.extend_from_slice(b"null");
                has_found = true;
                place += word.len();
            }
            None => {
                is_in_string = rest[0] == b'"';
                clean.push(rest[0]);
                place += 1;
            }
        }
    }
    has_found.then_some(clean)
}

/// The choices of a reply, matched by their index, exactly `wanted` of them.
pub(super) fn choices(reply: &mut Completion, body: &[u8], wanted: usize) -> Result<Vec<Choice>, Fault> {
    let mut choices = match reply.choices.take() {
        Some(choices) if !choices.is_empty() => choices,
        _ => {
            let told = error_message(body).unwrap_or_else(|| "the reply holds no `choices`".to_owned());
            return Err(Fault::new(FaultKind::NoChoices, told).with_body(body));
        }
    };
    let found = choices.len();
    let wrong = |why: String| Err(Fault::new(FaultKind::ChoiceCount, why).with_body(body));
    if found != wanted {
        return wrong(format!("the reply holds {found} choices where {wanted} were asked for"));
    }
    choices.sort_by_key(|choice| choice.index.unwrap_or(0));
    if wanted > 1 && choices.iter().enumerate().any(|(place, choice)| choice.index != Some(place)) {
        return wrong(format!("the indexes of the {found} choices do not run from 0 to {}", found - 1));
    }
    Ok(choices)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bare_nan_is_found_outside_of_strings_only() {
        let text = br#"{"a": NaN, "b": "NaN \" NaN", "c": [-Infinity, Infinity]}"#;
        let clean = String::from_utf8(without_bare_numbers(text).unwrap()).unwrap();
        assert_eq!(clean, r#"{"a": null, "b": "NaN \" NaN", "c": [null, null]}"#);
        assert_eq!(without_bare_numbers(br#"{"a": "NaN"}"#), None);
    }

    #[test]
    fn a_usage_told_in_both_words_is_read() {
        let both = br#"{"prompt_tokens":7,"completion_tokens":2,"input_tokens":0,"output_tokens":0}"#;
        let usage = read_body::<UsageBody>(both).unwrap().usage().unwrap();
        assert_eq!((usage.prompt_tokens, usage.completion_tokens), (7, 2));
        let token = br#"{"token":"a","logprob":-1.0,"top_logprobs":null}"#;
        assert!(read_body::<ChatToken>(token).is_ok());
    }

    #[test]
    fn a_reply_that_is_no_answer_is_named() {
        let kind = |body: &[u8]| read_body::<Completion>(body).map(|_| ()).unwrap_err().kind;
        assert_eq!(kind(b"  "), FaultKind::EmptyReply);
        assert_eq!(kind(b"<html>"), FaultKind::HtmlReply);
        assert_eq!(kind(br#"{"choices":[{"text":"a"#), FaultKind::NotJson);
        assert_eq!(kind(br#"{"choices": 3}"#), FaultKind::NotJson);
        let deep = "[".repeat(100_000);
        assert_eq!(kind(format!("{{\"x\": {deep}").as_bytes()), FaultKind::NotJson);
    }

    #[test]
    fn choices_are_matched_by_index_and_counted() {
        let read = |body: &str, wanted| {
            let mut reply: Completion = read_body(body.as_bytes()).unwrap();
            choices(&mut reply, body.as_bytes(), wanted)
        };
        let two = r#"{"choices":[{"index":1,"text":"b"},{"index":0,"text":"a"}]}"#;
        let texts: Vec<_> = read(two, 2).unwrap().into_iter().map(|choice| choice.text.unwrap()).collect();
        assert_eq!(texts, ["a", "b"]);
        assert_eq!(read(two, 1).unwrap_err().kind, FaultKind::ChoiceCount);
        assert_eq!(read(r#"{"choices":[{"index":0},{"index":0}]}"#, 2).unwrap_err().kind, FaultKind::ChoiceCount);
        assert_eq!(read(r#"{"choices":[]}"#, 1).unwrap_err().kind, FaultKind::NoChoices);
    }
}
