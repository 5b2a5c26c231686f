//! What an endpoint can really do: asked, not believed. At most six requests.
//!
//! Order of preference for given text: echo without a generated token, echo with one, vLLM's `prompt_logprobs`, the first
//! token of a chat answer (multiple choice only), nothing. `max_tokens = 0` is tried last and with a time-out of its own: one
//! server takes it for "without a limit".

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::engine::Engine;
use super::engine::wait::back_off;
use super::fault::{Fault, FaultKind};
use super::models_file::{EndpointEntry, Kind};
use super::transport::Received;
use super::wire::{Form, Read, Sent, build, read, scores_of};
use crate::backend::capability::Capability;
use crate::backend::jobs::{ChooseRequest, EndpointReport, Reply, Request, Scoring};
use crate::backend::open_error::OpenError;
use crate::backend::request::{Bos, Context, ScoreRequest, TokenScores};

/// Context of the text that is scored.
const CONTEXT: &str = "The harbour bell rang twice";
/// What follows it.
const TEXT: &str = " before the café opened at 7.";
/// An endpoint that has not scored fifteen tokens by then does not know `max_tokens = 0`.
const ZERO_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests of an examination.
const MOST_REQUESTS: u32 = 6;
/// Names of a server's models that a message tells.
const NAMES_TOLD: usize = 20;

/// What was found out, for people and for the record.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Examination {
    pub report: EndpointReport,
    pub findings: Vec<Finding>,
    pub n_requests: u32,
}

/// One question and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub question: String,
    pub answer: String,
}

#[derive(Deserialize)]
struct ModelList {
    data: Option<Vec<ListedModel>>,
    /// There are further pages.
    #[serde(default)]
    has_more: bool,
}

#[derive(Deserialize)]
struct ListedModel {
    id: String,
    /// vLLM.
    max_model_len: Option<u64>,
    /// llama.cpp.
    meta: Option<ModelMeta>,
}

#[derive(Deserialize)]
struct ModelMeta {
    n_ctx_train: Option<u64>,
}

/// The questions that a plan needs an answer to, and no other.
pub(super) fn what_is_needed(contact: Contact<'_>, needs: &[Capability]) -> Result<EndpointReport, OpenError> {
    let mut asker = Asker::new(contact);
    asker.models()?;
    let needs_scores = needs.contains(&Capability::Score) && contact.entry.scoring.is_none();
    let may_score = contact.entry.declares(Capability::Score).unwrap_or(true) && contact.entry.kind != Kind::Anthropic;
    if needs_scores && may_score {
        asker.scoring()?;
        if !asker.report.scoring.is_some_and(Scoring::is_exact) && needs.contains(&Capability::Choose) {
            asker.forced_choice()?;
        }
    }
    Ok(asker.report)
}

/// Everything, in at most six requests.
pub(super) fn everything(contact: Contact<'_>) -> Result<Examination, OpenError> {
    let mut asker = Asker::new(contact);
    asker.models()?;
    if contact.entry.kind == Kind::Anthropic {
        asker.report.scoring = Some(Scoring::None);
        asker.find("log-probabilities", "none: this interface tells none");
        asker.message()?;
    } else {
        asker.scoring()?;
        asker.forced_choice()?;
        asker.repeats()?;
    }
    Ok(Examination { report: asker.report, findings: asker.findings, n_requests: asker.n_requests })
}

/// Who is asked, and how.
#[derive(Clone, Copy)]
pub(super) struct Contact<'m> {
    pub(super) engine: &'m Engine,
    pub(super) entry: &'m EndpointEntry,
    pub(super) form: &'m Form,
    /// Attempts for one question: a run that is to begin does not give up at the first hiccup; an examination tells it.
    pub(super) attempts: u32,
}

struct Asker<'m> {
    contact: Contact<'m>,
    report: EndpointReport,
    findings: Vec<Finding>,
    n_requests: u32,
    /// A chat request that was answered, and its choices: to be asked again.
    answered: Option<(&'static str, Value, Value)>,
}

impl<'m> Asker<'m> {
    fn new(contact: Contact<'m>) -> Self {
        let report = EndpointReport { context: contact.entry.context, ..EndpointReport::default() };
        Self { contact, report, findings: Vec::new(), n_requests: 0, answered: None }
    }

    fn find(&mut self, question: &str, answer: impl Into<String>) {
        self.findings.push(Finding { question: question.to_owned(), answer: answer.into() });
    }

    fn post(&mut self, method: &str, body: &Value, limit: Option<Duration>) -> Result<Vec<u8>, Fault> {
        let engine = self.contact.engine;
        let url = self.contact.entry.address.method(method);
        let bytes = body.to_string().into_bytes();
        // What has a time limit of its own is asked once.
        let attempts = if limit.is_some() { 1 } else { self.contact.attempts };
        let body = self.patiently(attempts, || {
            let sent = engine.transport.post(url.clone(), bytes.clone());
            engine.wait_for(async {
                match limit {
                    None => sent.await,
                    Some(limit) => tokio::time::timeout(limit, sent).await.unwrap_or_else(|_| {
                        let detail = format!("no answer in {} s", limit.as_secs());
                        Err(Fault::new(FaultKind::TimeoutFirstByte, detail))
                    }),
                }
            })
        })?;
        engine.with_control(|control| control.has_answered = true);
        Ok(body)
    }

    /// Asks again what may be answered in the end. That nobody is there is told at once: nothing was begun yet.
    fn patiently(&mut self, attempts: u32, ask: impl Fn() -> Result<Received, Fault>) -> Result<Vec<u8>, Fault> {
        let engine = self.contact.engine;
        let mut attempt = 1;
        loop {
            self.n_requests += 1;
            let fault = match ask() {
                Ok(received) => return Ok(received.body),
                Err(fault) => fault,
            };
            let asked_for = fault.retry_after.unwrap_or(Duration::ZERO);
            let is_there = !matches!(fault.kind, FaultKind::Connect | FaultKind::TimeoutConnect);
            let is_over = attempt >= attempts || !is_there || asked_for > engine.options.max_retry_after;
            if !fault.is_retryable() || is_over {
                return Err(fault);
            }
            let wait = back_off(engine.options.seed, "examination", 0, attempt).max(asked_for);
            engine.wait_for(async { tokio::time::sleep(wait).await });
            attempt += 1;
        }
    }

    /// The endpoint is not well: what it cannot do cannot be told from what it cannot do now.
    fn undecided(&self, first: &Fault, second: &Fault) -> Option<OpenError> {
        let is_ill = |fault: &Fault| fault.is_retryable() && !matches!(fault.kind, FaultKind::ChoiceCount);
        (is_ill(first) && is_ill(second)).then(|| OpenError::Unreachable {
            model: self.contact.form.name.clone(),
            detail: format!("it does not tell whether it scores text ({}: {})", second.kind.word(), second.detail),
        })
    }

    /// A fault that no other question can mend.
    fn fatal(&self, fault: &Fault) -> Option<OpenError> {
        let model = self.contact.form.name.clone();
        match fault.kind {
            FaultKind::KeyRefused => Some(OpenError::Refused {
                model,
                status: fault.status.unwrap_or(401),
                detail: fault.detail.clone(),
                advice: match &self.contact.entry.api_key_env {
                    Some(variable) => format!("check the key in the variable {variable}"),
                    None => "name the variable that holds the key as `api_key_env` of an entry in models.toml, and use --model @NAME".into(),
                },
            }),
            FaultKind::Connect | FaultKind::TimeoutConnect | FaultKind::Tls | FaultKind::Reset => {
                Some(OpenError::Unreachable { model, detail: fault.detail.clone() })
            }
            _ => None,
        }
    }

    /// Is it there, does it take the key, does it have the model?
    fn models(&mut self) -> Result<(), OpenError> {
        let (engine, entry) = (self.contact.engine, self.contact.entry);
        let url = entry.address.method("models");
        let body = match self.patiently(self.contact.attempts, || engine.wait_for(engine.transport.get(url.clone()))) {
            Ok(body) => body,
            Err(fault) => {
                // A key may be good for answers and not for the list.
                if let Some(error) = self.fatal(&fault).filter(|_| fault.status != Some(403)) {
                    return Err(error);
                }
                self.find("models", format!("not listed ({})", fault.detail));
                return Ok(());
            }
        };
        let Ok(ModelList { data: Some(listed), has_more }) = serde_json::from_slice(&body) else {
            self.find("models", "not listed");
            return Ok(());
        };
        // Some servers put a kind before the name: `models/NAME`.
        let is_it = |listed: &&ListedModel| {
            listed.id.strip_suffix(entry.model.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let Some(found) = listed.iter().find(is_it) else {
            // Anthropic's list leaves other names of a model out.
            if listed.is_empty() || has_more || entry.kind == Kind::Anthropic {
                self.find("models", format!("{} listed, and the list is not all there is", listed.len()));
                return Ok(());
            }
            let mut known: Vec<&str> = listed.iter().map(|listed| listed.id.as_str()).take(NAMES_TOLD).collect();
            known.sort_unstable();
            let rest = listed.len().saturating_sub(NAMES_TOLD);
            let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let known = format!("{}{more}", known.join(", "));
            return Err(OpenError::UnknownModel { model: self.contact.form.name.clone(), known });
        };
        let told = found.max_model_len.or(found.meta.as_ref().and_then(|meta| meta.n_ctx_train));
        self.report.context = self.report.context.or(told);
        self.find("models", format!("{} listed, `{}` among them", listed.len(), entry.model));
        let context = self.report.context.map_or_else(|| "not told".to_owned(), |n| format!("{n} tokens"));
        self.find("context", context);
        Ok(())
    }

    /// How given text can be scored.
    fn scoring(&mut self) -> Result<(), OpenError> {
        let model = self.contact.form.model.clone();
        let text = format!("{CONTEXT}{TEXT}");
        let body = json!({"model": model, "prompt": [text, text], "echo": true, "logprobs": 1, "max_tokens": 1, "temperature": 0});
        let sent = Sent { context: CONTEXT, text: TEXT };
        let batch = self.post("completions", &body, None);
        let mut echoed = match &batch {
            Ok(body) => scores_of(body, sent, Scoring::EchoOne, 0, 2).map(TokenScores::from),
            Err(fault) => Err(fault.clone()),
        };
        if let Err(fault) = &echoed {
            if let Some(error) = self.fatal(fault) {
                return Err(error);
            }
            let is_missing = fault.status == Some(404) || fault.status == Some(405);
            self.report.completions = Some(!is_missing);
            if is_missing {
                self.report.scoring = Some(Scoring::None);
                self.find("completions", "no: the server has no such method");
                return Ok(());
            }
            // Perhaps it takes one prompt only.
            let fault = fault.clone();
            echoed = self.score(Scoring::EchoOne, None).map(|(scores, _)| scores);
            if let Some(error) = echoed.as_ref().err().and_then(|second| self.undecided(&fault, second)) {
                return Err(error);
            }
            self.report.batch_prompts = Some(false);
        } else {
            self.report.completions = Some(true);
            self.report.batch_prompts = Some(true);
        }
        self.find("several prompts in a request", yes_no(self.report.batch_prompts));
        match echoed {
            Ok(scores) => {
                self.note_bos(&scores);
                self.find(
                    "echo with log-probabilities, max_tokens 1",
                    format!("yes, {} tokens scored", scores.logprobs.len()),
                );
                let zero = if self.contact.entry.kind == Kind::LlamaCpp {
                    Err(Fault::new(FaultKind::TimeoutFirstByte, "not tried: this kind of server takes 0 for no limit"))
                } else {
                    self.score(Scoring::EchoZero, Some(ZERO_TIMEOUT))
                };
                match zero {
                    Ok((zero, usage)) if usage == 0 && zero.logprobs.len() == scores.logprobs.len() => {
                        self.report.scoring = Some(Scoring::EchoZero);
                        self.find("echo with log-probabilities, max_tokens 0", "yes: used");
                    }
                    other => {
                        let why = match other {
                            Ok(_) => "it generates all the same".to_owned(),
                            Err(fault) => fault.detail,
                        };
                        self.report.scoring = Some(Scoring::EchoOne);
                        self.find("echo with log-probabilities, max_tokens 0", format!("no ({why}): 1 is used"));
                    }
                }
            }
            Err(fault) => {
                self.find("echo with log-probabilities", format!("no ({})", fault.detail));
                match self.score(Scoring::PromptLogprobs, None) {
                    Ok((scores, _)) => {
                        self.report.scoring = Some(Scoring::PromptLogprobs);
                        self.find("prompt_logprobs", format!("yes, {} tokens scored: used", scores.logprobs.len()));
                    }
                    Err(fault) => {
                        self.report.scoring = Some(Scoring::None);
                        self.find("prompt_logprobs", format!("no ({})", fault.detail));
                    }
                }
            }
        }
        Ok(())
    }

    fn score(&mut self, scoring: Scoring, limit: Option<Duration>) -> Result<(TokenScores, u64), Fault> {
        let mut form = self.contact.form.clone();
        form.scoring = scoring;
        let request = ScoreRequest {
            context: CONTEXT.into(),
            text: TEXT.into(),
            bos: Bos::Auto,
            window: Context::Refuse,
            vocab_stats: false,
        };
        let wire = build(&form, &Request::Score(request))
            .map_err(|error| Fault::new(FaultKind::LogprobsMissing, error.to_string()))?;
        let body = self.post(wire.method, &wire.body, limit)?;
        match read(&wire, &body)? {
            Read { reply: Reply::Scores(scores), usage, .. } => {
                let generated = if usage.is_estimated { 0 } else { usage.completion_tokens };
                Ok((scores, generated))
            }
            _ => Err(Fault::new(FaultKind::LogprobsMissing, "the reply holds no log-probabilities")),
        }
    }

    fn note_bos(&mut self, scores: &TokenScores) {
        let Some(first) = scores.wire.as_ref().and_then(|wire| wire.pieces.first()) else { return };
        let verdict = if CONTEXT.starts_with(first.as_str()) && !first.is_empty() {
            "none is shown before the text".to_owned()
        } else {
            format!("`{}` stands before the text", first.escape_debug())
        };
        self.find("beginning-of-sequence token", verdict.clone());
        self.report.bos = Some(verdict);
    }

    /// Whether a chat answer tells the alternatives of its first token.
    fn forced_choice(&mut self) -> Result<(), OpenError> {
        let request = ChooseRequest { context: CONTEXT.into(), choices: vec![TEXT.into(), " and nobody came.".into()] };
        let wire = build(self.contact.form, &Request::Choose(request));
        let Ok(wire) = wire else { return Ok(()) };
        let answer = self.post(wire.method, &wire.body, None);
        if let Ok(body) = &answer {
            self.answered = choices_of(body).map(|choices| (wire.method, wire.body.clone(), choices));
        }
        let outcome = answer.and_then(|body| read(&wire, &body));
        match outcome {
            Ok(Read { reply: Reply::Letters(letters), fingerprint, .. }) => {
                self.report.chat = Some(true);
                self.report.fingerprint = fingerprint;
                let asked = self.contact.form.top_logprobs;
                self.report.top_logprobs = Some(asked);
                let seen = letters.iter().flatten().count();
                self.find(
                    "chat, alternatives of a token",
                    format!("yes, up to {asked} asked for; {seen} of 2 letters seen"),
                );
                if !self.report.scoring.is_some_and(Scoring::is_exact) {
                    self.report.scoring = Some(Scoring::ForcedChoice);
                    self.find("scoring", "multiple choice only, by the first token of a chat answer: approximate");
                }
            }
            Ok(_) => {}
            Err(fault) => {
                if let Some(error) = self.fatal(&fault) {
                    return Err(error);
                }
                let has_chat = !matches!(fault.status, Some(404 | 405));
                // A chat that tells no log-probabilities is a chat all the same.
                self.report.chat = (!has_chat || fault.status.is_none()).then_some(has_chat);
                let what =
                    if has_chat { format!("no ({})", fault.detail) } else { "no: the server has no chat".into() };
                self.find("chat, alternatives of a token", what);
            }
        }
        Ok(())
    }

    /// Whether the same request gives the same choices, log-probabilities included.
    fn repeats(&mut self) -> Result<(), OpenError> {
        let (method, body, mut seen) = match self.answered.take() {
            Some((method, body, choices)) => (method, body, vec![Some(choices)]),
            None => {
                let body =
                    json!({"model": self.contact.form.model, "prompt": CONTEXT, "temperature": 0, "max_tokens": 16});
                ("completions", body, Vec::new())
            }
        };
        while self.n_requests < MOST_REQUESTS && seen.len() < 3 {
            match self.post(method, &body, None) {
                Ok(body) => seen.push(choices_of(&body)),
                Err(fault) => {
                    if let Some(error) = self.fatal(&fault) {
                        return Err(error);
                    }
                    self.find("repeats at temperature 0", format!("not known ({})", fault.detail));
                    return Ok(());
                }
            }
        }
        let n = seen.len();
        if n < 2 {
            self.find("repeats at temperature 0", "not asked: the six requests are used up");
            return Ok(());
        }
        let is_same = seen.iter().all(|choices| choices == &seen[0] && choices.is_some());
        self.report.repeats = Some(is_same);
        let told = if is_same { format!("yes, {n} times the same") } else { format!("no: {n} answers differ") };
        self.find("repeats at temperature 0", told);
        Ok(())
    }

    /// Anthropic's one method.
    fn message(&mut self) -> Result<(), OpenError> {
        let body = json!({
            "model": self.contact.form.model,
            "max_tokens": 16,
            "temperature": 0,
            "messages": [{"role": "user", "content": format!("Continue: {CONTEXT}")}],
        });
        let mut texts = Vec::new();
        for _ in 0..3 {
            match self.post("messages", &body, None) {
                Ok(body) => {
                    texts.push(serde_json::from_slice::<Value>(&body).ok().map(|reply| reply["content"].to_string()));
                }
                Err(fault) => {
                    if let Some(error) = self.fatal(&fault) {
                        return Err(error);
                    }
                    self.report.chat = Some(false);
                    self.find("messages", format!("no ({})", fault.detail));
                    return Ok(());
                }
            }
        }
        self.report.chat = Some(true);
        let is_same = texts.iter().all(|text| text == &texts[0] && text.is_some());
        self.report.repeats = Some(is_same);
        self.find("messages", "yes");
        self.find("repeats at temperature 0", yes_no(Some(is_same)));
        Ok(())
    }
}

fn yes_no(known: Option<bool>) -> &'static str {
    match known {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
}

fn choices_of(body: &[u8]) -> Option<Value> {
    let mut reply: Value = serde_json::from_slice(body).ok()?;
    reply.get_mut("choices").map(Value::take)
}
