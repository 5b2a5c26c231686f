//! Requests as an endpoint reads them.

use serde_json::{Map, Value, json};

use crate::backend::capability::Capability;
use crate::backend::error::BackendError;
use crate::backend::jobs::{ChooseRequest, Request, Scoring, Usage};
use crate::backend::remote::models_file::{Kind, MaxTokensKey};
use crate::backend::request::{Bos, Context, GenerateRequest, Message, Prompt, ScoreRequest};

/// Characters of a token where nothing better is known.
const CHARACTERS_A_TOKEN: u64 = 4;

/// Seeds travel as signed 32-bit numbers at some servers.
const MOST_WIRE_SEED: u64 = i32::MAX as u64;

/// How requests to one endpoint are put together.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::remote) struct Form {
    pub(in crate::backend::remote) kind: Kind,
    pub(in crate::backend::remote) model: String,
    /// As the user named the model, for messages.
    pub(in crate::backend::remote) name: String,
    pub(in crate::backend::remote) scoring: Scoring,
    pub(in crate::backend::remote) top_logprobs: u32,
    pub(in crate::backend::remote) is_streamed: bool,
    pub(in crate::backend::remote) max_tokens_key: MaxTokensKey,
}

/// One request, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::remote) struct WireRequest {
    /// Behind the base URL, e.g. `chat/completions`.
    pub(in crate::backend::remote) method: &'static str,
    pub(in crate::backend::remote) body: Value,
    pub(in crate::backend::remote) expects: Expects,
    /// The most that it may use; the prompt's tokens are an estimate.
    pub(in crate::backend::remote) most: Usage,
}

/// What the reply must hold.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::backend::remote) enum Expects {
    Scores {
        context: String,
        text: String,
        scoring: Scoring,
    },
    Text {
        is_streamed: bool,
    },
    /// Anthropic's form.
    MessageText,
    Letters {
        count: usize,
    },
    Embeddings {
        count: usize,
    },
}

/// Puts a request together.
///
/// # Errors
/// What the endpoint cannot be asked.
pub(in crate::backend::remote) fn build(form: &Form, request: &Request) -> Result<WireRequest, BackendError> {
    match request {
        Request::Score(request) => score(form, request),
        Request::ScoreTokens(_) => Err(unsupported(form, Capability::ScoreTokens)),
        Request::Generate(request) => generate(form, request),
        Request::Choose(request) => choose(form, request),
        Request::Embed(texts) => Ok(embeddings(form, texts)),
    }
}

fn embeddings(form: &Form, texts: &[String]) -> WireRequest {
    let prompt_tokens = texts.iter().map(|text| estimated_tokens(text)).sum();
    WireRequest {
        method: "embeddings",
        body: json!({"model": form.model, "input": texts}),
        expects: Expects::Embeddings { count: texts.len() },
        most: Usage { prompt_tokens, is_estimated: true, ..Usage::default() },
    }
}

/// Tokens of a text, by its length.
pub(in crate::backend::remote) fn estimated_tokens(text: &str) -> u64 {
    (text.chars().count() as u64).div_ceil(CHARACTERS_A_TOKEN).max(1)
}

fn unsupported(form: &Form, capability: Capability) -> BackendError {
    BackendError::Unsupported { model: form.name.clone(), capability }
}

fn score(form: &Form, request: &ScoreRequest) -> Result<WireRequest, BackendError> {
    if request.text.is_empty() {
        return Err(BackendError::EmptyText);
    }
    if request.vocab_stats {
        return Err(unsupported(form, Capability::VocabStats));
    }
    if let Context::Windowed { .. } = request.window {
        return Err(BackendError::NotOverTheWire {
            model: form.name.clone(),
            what: "cutting a text into windows of tokens",
        });
    }
    let whole = format!("{}{}", request.context, request.text);
    let mut body = object(json!({"model": form.model, "prompt": whole, "temperature": 0}));
    set_bos(form, request.bos, &mut body)?;
    let max_tokens = match form.scoring {
        Scoring::EchoZero | Scoring::EchoOne => {
            body.insert("echo".into(), true.into());
            body.insert("logprobs".into(), 1.into());
            u64::from(form.scoring == Scoring::EchoOne)
        }
        Scoring::PromptLogprobs => {
            // 0 tells the prompt's own token with its rank, and nothing else.
            body.insert("prompt_logprobs".into(), 0.into());
            1
        }
        Scoring::ForcedChoice | Scoring::None => return Err(unsupported(form, Capability::Score)),
    };
    body.insert("max_tokens".into(), max_tokens.into());
    let most = Usage {
        prompt_tokens: estimated_tokens(&whole),
        completion_tokens: max_tokens,
        is_estimated: true,
        ..Usage::default()
    };
    let expects =
        Expects::Scores { context: request.context.clone(), text: request.text.clone(), scoring: form.scoring };
    Ok(WireRequest { method: "completions", body: Value::Object(body), expects, most })
}

fn set_bos(form: &Form, bos: Bos, body: &mut Map<String, Value>) -> Result<(), BackendError> {
    match (bos, form.kind) {
        (Bos::Auto, _) => {}
        (Bos::Always | Bos::Never, Kind::Vllm) => {
            body.insert("add_special_tokens".into(), (bos == Bos::Always).into());
        }
        (Bos::Prefix, _) => {
            return Err(BackendError::NotOverTheWire {
                model: form.name.clone(),
                what: "scoring a text behind the end-of-text token alone",
            });
        }
        (Bos::Always | Bos::Never, _) => {
            return Err(BackendError::NotOverTheWire {
                model: form.name.clone(),
                what: "saying whether a beginning-of-sequence token is added (only kind vllm can)",
            });
        }
    }
    Ok(())
}

fn generate(form: &Form, request: &GenerateRequest) -> Result<WireRequest, BackendError> {
    let max_tokens = request.max_tokens as u64;
    let mut body = object(json!({"model": form.model, "temperature": temperature(request)}));
    if let Some(sampling) = request.sampling {
        // An endpoint that ignores the seed draws all the same; nothing here relies on drawing the same again.
        body.insert("seed".into(), (sampling.seed & MOST_WIRE_SEED).into());
    }
    let prompt_tokens;
    let is_chat = match &request.prompt {
        Prompt::Text(text) => {
            prompt_tokens = estimated_tokens(text);
            body.insert("prompt".into(), text.clone().into());
            set_bos(form, request.bos, &mut body)?;
            false
        }
        Prompt::Tokens(ids) => {
            prompt_tokens = ids.len() as u64;
            body.insert("prompt".into(), ids.clone().into());
            false
        }
        Prompt::Messages(messages) if form.kind == Kind::Anthropic => {
            return Ok(anthropic(form, messages, request));
        }
        Prompt::Messages(messages) => {
            prompt_tokens = messages.iter().map(|message| estimated_tokens(&message.content)).sum();
            body.insert("messages".into(), json!(messages));
            true
        }
    };
    if form.kind == Kind::Anthropic {
        return Err(unsupported(form, Capability::Generate));
    }
    let max_key = match (is_chat, form.max_tokens_key) {
        (true, MaxTokensKey::MaxCompletionTokens) => "max_completion_tokens",
        _ => "max_tokens",
    };
    body.insert(max_key.into(), max_tokens.into());
    if !request.stop.is_empty() {
        body.insert("stop".into(), json!(request.stop));
    }
    if form.is_streamed {
        body.insert("stream".into(), true.into());
        body.insert("stream_options".into(), json!({"include_usage": true}));
    }
    Ok(WireRequest {
        method: if is_chat { "chat/completions" } else { "completions" },
        body: Value::Object(body),
        expects: Expects::Text { is_streamed: form.is_streamed },
        most: Usage { prompt_tokens, completion_tokens: max_tokens, is_estimated: true, ..Usage::default() },
    })
}

/// 0 for a greedy request, as a whole number: what was sent before must hash the same.
fn temperature(request: &GenerateRequest) -> Value {
    request.sampling.map_or_else(|| json!(0), |sampling| json!(sampling.temperature))
}

/// System messages stand beside the others there.
fn anthropic(form: &Form, messages: &[Message], request: &GenerateRequest) -> WireRequest {
    let (system, rest): (Vec<&Message>, Vec<&Message>) = messages.iter().partition(|message| message.role == "system");
    let mut body = object(
        json!({"model": form.model, "temperature": temperature(request), "max_tokens": request.max_tokens, "messages": rest}),
    );
    if !system.is_empty() {
        let texts: Vec<&str> = system.iter().map(|message| message.content.as_str()).collect();
        body.insert("system".into(), texts.join("\n\n").into());
    }
    if !request.stop.is_empty() {
        body.insert("stop_sequences".into(), json!(request.stop));
    }
    let prompt_tokens = messages.iter().map(|message| estimated_tokens(&message.content)).sum();
    let completion_tokens = request.max_tokens as u64;
    WireRequest {
        method: "messages",
        body: Value::Object(body),
        expects: Expects::MessageText,
        most: Usage { prompt_tokens, completion_tokens, is_estimated: true, ..Usage::default() },
    }
}

/// The choices under letters, in one message; the first token of the answer is to be a letter.
fn choose(form: &Form, request: &ChooseRequest) -> Result<WireRequest, BackendError> {
    if !(2..=26).contains(&request.choices.len()) {
        return Err(BackendError::NotOverTheWire {
            model: form.name.clone(),
            what: "choosing among fewer than 2 or more than 26 answers by a letter",
        });
    }
    let mut content = format!("{}\n\n", request.context.trim_end());
    for (letter, choice) in ('A'..='Z').zip(&request.choices) {
        content.push_str(&format!("{letter}. {}\n", choice.trim()));
    }
    content.push_str("\nWhich of these continues the text above best? Answer with the letter alone.");
    let prompt_tokens = estimated_tokens(&content);
    let max_key = match form.max_tokens_key {
        MaxTokensKey::MaxTokens => "max_tokens",
        MaxTokensKey::MaxCompletionTokens => "max_completion_tokens",
    };
    Ok(WireRequest {
        method: "chat/completions",
        body: json!({
            "model": form.model,
            "messages": [{"role": "user", "content": content}],
            "temperature": 0,
            max_key: 1,
            "logprobs": true,
            "top_logprobs": form.top_logprobs,
        }),
        expects: Expects::Letters { count: request.choices.len() },
        most: Usage { prompt_tokens, completion_tokens: 1, is_estimated: true, ..Usage::default() },
    })
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(scoring: Scoring, kind: Kind) -> Form {
        Form {
            kind,
            model: "m".into(),
            name: "@m".into(),
            scoring,
            top_logprobs: 20,
            is_streamed: false,
            max_tokens_key: MaxTokensKey::MaxTokens,
        }
    }

    fn score_request() -> ScoreRequest {
        ScoreRequest {
            context: "a".into(),
            text: " b".into(),
            bos: Bos::Auto,
            window: Context::Fit,
            vocab_stats: false,
        }
    }

    fn generate_request(prompt: Prompt) -> GenerateRequest {
        GenerateRequest {
            prompt,
            max_tokens: 5,
            stop: vec!["\n".into()],
            bos: Bos::Auto,
            end_ids: None,
            sampling: None,
        }
    }

    #[test]
    fn each_way_of_scoring_asks_in_its_own_words() {
        let body = |scoring| build(&form(scoring, Kind::Openai), &Request::Score(score_request())).unwrap().body;
        assert_eq!(
            body(Scoring::EchoOne),
            json!({"model": "m", "prompt": "a b", "temperature": 0, "echo": true, "logprobs": 1, "max_tokens": 1})
        );
        assert_eq!(body(Scoring::EchoZero)["max_tokens"], 0);
        assert_eq!(body(Scoring::PromptLogprobs)["prompt_logprobs"], 0);
    }

    #[test]
    fn what_cannot_be_asked_is_refused_and_not_left_out() {
        let refused = |request: ScoreRequest, kind| {
            build(&form(Scoring::EchoOne, kind), &Request::Score(request)).unwrap_err().kind()
        };
        assert_eq!(refused(ScoreRequest { vocab_stats: true, ..score_request() }, Kind::Openai), "unsupported");
        assert_eq!(refused(ScoreRequest { bos: Bos::Never, ..score_request() }, Kind::Openai), "not_over_the_wire");
        let window = Context::Windowed { window: 8, stride: 4 };
        assert_eq!(refused(ScoreRequest { window, ..score_request() }, Kind::Openai), "not_over_the_wire");
        let never = Request::Score(ScoreRequest { bos: Bos::Never, ..score_request() });
        assert_eq!(build(&form(Scoring::EchoOne, Kind::Vllm), &never).unwrap().body["add_special_tokens"], false);
    }

    #[test]
    fn messages_go_to_chat_and_text_to_completions() {
        let message = |role: &str| Message { role: role.into(), content: role.to_uppercase() };
        let messages = Prompt::Messages(vec![message("system"), message("user")]);
        let openai = build(&form(Scoring::None, Kind::Openai), &Request::Generate(generate_request(messages.clone())));
        assert_eq!(openai.unwrap().method, "chat/completions");
        let anthropic = build(&form(Scoring::None, Kind::Anthropic), &Request::Generate(generate_request(messages)));
        let anthropic = anthropic.unwrap();
        assert_eq!((anthropic.method, &anthropic.body["system"]), ("messages", &json!("SYSTEM")));
        assert_eq!(anthropic.body["messages"], json!([{"role": "user", "content": "USER"}]));
        assert_eq!(anthropic.body["stop_sequences"], json!(["\n"]));
        let text = Request::Generate(generate_request(Prompt::Text("a".into())));
        assert_eq!(build(&form(Scoring::None, Kind::Openai), &text).unwrap().method, "completions");
        assert_eq!(build(&form(Scoring::None, Kind::Anthropic), &text).unwrap_err().kind(), "unsupported");
    }
}
