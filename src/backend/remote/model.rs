//! An endpoint behind the backend trait.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokenizers::Tokenizer;

use super::cache::{CACHE_FOLDER, CacheMode, ReplyCache};
use super::engine::{Engine, EngineOptions};
use super::examine::{self, Contact, Examination};
use super::models_file::{EndpointEntry, Kind};
use super::price::Prices;
use super::secret::Secret;
use super::transport::Transport;
use super::wire::Form;
use crate::backend::capability::{Capabilities, Capability};
use crate::backend::chat_template::ChatTemplate;
use crate::backend::contract::{Backend, answer_all};
use crate::backend::error::BackendError;
use crate::backend::jobs::{Delivery, EndpointReport, Halt, Job, JobEvent, Reply, Request, Scoring};
use crate::backend::open_error::OpenError;
use crate::backend::request::{GenerateRequest, Generation, Message, ModelIdentity, Prompt, ScoreRequest, TokenScores};
use crate::digest::sha256_hex;

/// Alternatives that are asked for where the endpoint's limit is not known.
const TOP_LOGPROBS: u32 = 20;
/// Texts that are embedded in one request.
const EMBEDDED_TOGETHER: usize = 64;

/// How endpoints are asked. No setting changes an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteOptions {
    /// The models file; `None`: `models.toml`, where there is one.
    pub models: Option<PathBuf>,
    /// Most requests in flight, at least 1; `None`: what the entry says, else 32.
    pub concurrency: Option<usize>,
    /// Find out how many the endpoint takes.
    pub is_adaptive: bool,
    pub rpm: Option<u32>,
    pub tpm: Option<u32>,
    pub max_retry_after: Duration,
    /// Attempts for one request in all, at least 1.
    pub attempts: u32,
    /// Most that all sessions of the run together may cost.
    pub max_cost: Option<f64>,
    pub seed: u64,
    pub cache: CacheMode,
    pub cache_folder: PathBuf,
    /// Send nothing: a dry run.
    pub is_silent: bool,
}

impl Default for RemoteOptions {
    fn default() -> Self {
        Self {
            models: None,
            concurrency: None,
            is_adaptive: true,
            rpm: None,
            tpm: None,
            max_retry_after: Duration::from_secs(120),
            attempts: 6,
            max_cost: None,
            seed: 0,
            cache: CacheMode::default(),
            cache_folder: CACHE_FOLDER.into(),
            is_silent: false,
        }
    }
}

/// An endpoint that was looked at.
pub struct RemoteModel {
    identity: ModelIdentity,
    entry: EndpointEntry,
    form: Arc<Form>,
    report: EndpointReport,
    engine: Engine,
    tokenizer: Option<Tokenizer>,
    template: Option<String>,
    /// Hashes that a reply depends on beside its request.
    depends_on: String,
}

impl RemoteModel {
    /// Opens an endpoint: reads its key, and asks it what the plan needs and nothing has told yet.
    ///
    /// `known`: what an earlier session found out.
    ///
    /// # Errors
    /// A missing key, an endpoint that is not there or refuses the key, a model that it does not have.
    pub fn open(
        name: &str,
        entry: &EndpointEntry,
        prices: Option<Prices>,
        options: &RemoteOptions,
        needs: &[Capability],
        known: Option<EndpointReport>,
    ) -> Result<Self, OpenError> {
        let mut model = Self::prepare(name, entry, prices, options)?;
        if let Some(known) = known {
            model.learn(known);
        } else if !options.is_silent {
            let report = examine::what_is_needed(model.contact(model.engine.options.attempts), needs)?;
            model.learn(report);
        }
        Ok(model)
    }

    /// Everything but the first request.
    fn prepare(
        name: &str,
        entry: &EndpointEntry,
        prices: Option<Prices>,
        options: &RemoteOptions,
    ) -> Result<Self, OpenError> {
        let key = entry.api_key_env.as_deref().map(|variable| Secret::from_variable(name, variable)).transpose()?;
        let prices = entry.prices.clone().or(prices);
        if options.max_cost.is_some() && prices.is_none() {
            return Err(OpenError::NoPrice { model: name.to_owned() });
        }
        let concurrency = options.concurrency.or(entry.concurrency.map(|n| n as usize)).unwrap_or(32).max(1);
        let transport = Transport::new(name, entry.kind, key, entry.timeouts, concurrency)?;
        let (tokenizer, tokenizer_sha256) = match &entry.tokenizer {
            Some(path) => {
                let (tokenizer, hash) = read_tokenizer(path)?;
                (Some(tokenizer), Some(hash))
            }
            None => (None, None),
        };
        let template = entry.chat_template.as_deref().map(read_text).transpose()?;
        let template_sha256 = template.as_ref().map(|text| sha256_hex(text.as_bytes()));
        let cache_name = cache_name(entry);
        let cache = ReplyCache::open(&options.cache_folder, &cache_name, options.cache)?;
        let engine_options = EngineOptions {
            concurrency,
            is_adaptive: options.is_adaptive,
            rpm: smaller(options.rpm, entry.rpm),
            tpm: smaller(options.tpm, entry.tpm),
            max_retry_after: options.max_retry_after,
            attempts: options.attempts.max(1),
            max_cost: options.max_cost,
            seed: options.seed,
        };
        let engine = Engine::new(transport, engine_options, cache, prices)
            .map_err(|error| OpenError::Threads { reason: error.to_string() })?;
        let form = Form {
            kind: entry.kind,
            model: entry.model.clone(),
            name: name.to_owned(),
            scoring: entry.scoring.unwrap_or(Scoring::None),
            top_logprobs: entry.top_logprobs.unwrap_or(TOP_LOGPROBS),
            is_streamed: entry.stream,
            max_tokens_key: entry.max_tokens_key,
        };
        let depends_on = format!(
            "tokenizer {}, template {}",
            tokenizer_sha256.as_deref().unwrap_or("none"),
            template_sha256.as_deref().unwrap_or("none")
        );
        let is_asked = format!("{}#{} {depends_on}", entry.address.as_str(), entry.model);
        let identity = ModelIdentity {
            name: name.to_owned(),
            backend: format!("endpoint ({})", kind_word(entry.kind)),
            architecture: None,
            // An entry of the same name may come to mean another model: its address and template tell.
            revision: Some(format!("endpoint {}", &sha256_hex(is_asked.as_bytes())[..16])),
            weights_sha256: None,
            tokenizer_sha256,
            chat_sha256: None,
            dtype: None,
            device: "remote".into(),
            n_parameters: None,
            context_length: entry.context,
            bos: "decided by the endpoint".into(),
        };
        let report = EndpointReport { scoring: entry.scoring, context: entry.context, ..EndpointReport::default() };
        Ok(Self {
            identity,
            entry: entry.clone(),
            form: Arc::new(form),
            report,
            engine,
            tokenizer,
            template,
            depends_on,
        })
    }

    /// Takes over what was found out; what the entry declares comes first.
    fn learn(&mut self, mut report: EndpointReport) {
        report.scoring = self.entry.scoring.or(report.scoring);
        report.context = self.entry.context.or(report.context);
        let mut form = (*self.form).clone();
        form.scoring = report.scoring.unwrap_or(Scoring::None);
        form.top_logprobs = self.entry.top_logprobs.or(report.top_logprobs).unwrap_or(TOP_LOGPROBS);
        self.form = Arc::new(form);
        self.identity.context_length = report.context;
        if let Some(fingerprint) = &report.fingerprint {
            self.depends_on = format!("{}, build {fingerprint}", self.depends_on);
        }
        self.report = report;
    }

    /// Asks the endpoint everything, in at most six requests.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn examine(
        name: &str,
        entry: &EndpointEntry,
        prices: Option<Prices>,
        options: &RemoteOptions,
    ) -> Result<(Self, Examination), OpenError> {
        let mut model = Self::prepare(name, entry, prices, options)?;
        let examination = examine::everything(model.contact(1))?;
        model.learn(examination.report.clone());
        Ok((model, examination))
    }

    /// What the run has cost in earlier sessions counts towards `--max-cost`.
    pub fn begin_with(&self, spent: f64) {
        self.engine.with_control(|control| control.spent = spent);
    }

    /// Whether a request would be answered from the cache.
    #[must_use]
    pub fn is_cached(&self, request: &Request, repeat: u32) -> bool {
        let wire = self.sendable(request.clone()).and_then(|request| super::wire::build(&self.form, &request));
        let Ok(wire) = wire else { return false };
        let key = super::cache_key::cache_key(&self.form, &self.entry.address, &self.depends_on, &wire, repeat);
        self.engine.with_cache(|cache| cache.has(&key)).unwrap_or(false)
    }

    /// Most tokens that a request may use; those of the prompt are counted by the tokenizer where there is one.
    ///
    /// # Errors
    /// What cannot be asked over the wire.
    pub fn expected_usage(&self, request: &Request) -> Result<crate::backend::jobs::Usage, BackendError> {
        let mut most = super::wire::build(&self.form, &self.sendable(request.clone())?)?.most;
        let whole = match request {
            Request::Score(request) => Some(format!("{}{}", request.context, request.text)),
            Request::Generate(GenerateRequest { prompt: Prompt::Text(text), .. }) => Some(text.clone()),
            _ => None,
        };
        if let (Some(_), Some(text)) = (&self.tokenizer, whole) {
            most.prompt_tokens = self.tokenize(&text)?.len() as u64;
            most.is_estimated = false;
        }
        Ok(most)
    }

    /// Prices of a million tokens, where they are known.
    #[must_use]
    pub fn prices(&self) -> Option<&Prices> {
        self.engine.prices()
    }

    /// Most requests in flight.
    #[must_use]
    pub fn concurrency(&self) -> usize {
        self.engine.options.concurrency
    }

    /// Prompts and keys go over the network in plain text.
    #[must_use]
    pub fn is_open_to_eavesdroppers(&self) -> bool {
        self.entry.address.is_open_to_eavesdroppers()
    }

    /// Something about the cache that the user should know.
    #[must_use]
    pub fn cache_notice(&self) -> Option<String> {
        self.engine.with_cache(|cache| cache.notice.take()).flatten()
    }

    fn contact(&self, attempts: u32) -> Contact<'_> {
        Contact { engine: &self.engine, entry: &self.entry, form: &self.form, attempts }
    }

    /// A request in a form that this endpoint takes: messages through the template, ids as text where it takes none.
    fn sendable(&self, request: Request) -> Result<Request, BackendError> {
        let Request::Generate(mut request) = request else { return Ok(request) };
        request.prompt = match request.prompt {
            Prompt::Messages(messages) => match &self.template {
                Some(text) => Prompt::Text(rendered(text, &messages)?),
                None => Prompt::Messages(messages),
            },
            Prompt::Tokens(ids) if self.entry.kind == Kind::LlamaCpp => Prompt::Text(self.detokenize(&ids)?),
            prompt => prompt,
        };
        Ok(Request::Generate(request))
    }

    /// The ids of a generated text, where the tokenizer is known.
    fn with_ids(&self, reply: Reply) -> Reply {
        match (reply, &self.tokenizer) {
            (Reply::Generation(mut generation), Some(tokenizer)) => {
                if let Ok(encoding) = tokenizer.encode(generation.text.as_str(), false) {
                    generation.token_ids = encoding.get_ids().to_vec();
                }
                Reply::Generation(generation)
            }
            (reply, _) => reply,
        }
    }

    fn known_tokenizer(&self) -> Result<&Tokenizer, BackendError> {
        self.tokenizer.as_ref().ok_or_else(|| BackendError::Unsupported {
            model: self.identity.name.clone(),
            capability: Capability::Tokenize,
        })
    }

    /// Answers requests one job each, in order.
    fn answer_all(&self, requests: Vec<Request>) -> Vec<Result<Reply, BackendError>> {
        // What was not answered says so: `Interrupted` stands in its place.
        answer_all(self, requests, &AtomicBool::new(false)).0
    }
}

impl Backend for RemoteModel {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn capabilities(&self) -> Capabilities {
        let is_anthropic = self.entry.kind == Kind::Anthropic;
        let scoring = self.form.scoring;
        let declared = |capability, otherwise: bool| self.entry.declares(capability).unwrap_or(otherwise);
        Capabilities {
            generate: declared(Capability::Generate, !is_anthropic && self.report.completions != Some(false)),
            chat: declared(Capability::Chat, self.report.chat != Some(false) || self.template.is_some()),
            score: scoring.is_exact(),
            vocab_stats: false,
            embed: declared(Capability::Embed, !is_anthropic && self.report.embeddings != Some(false)),
            tokenize: self.tokenizer.is_some(),
            choose: scoring == Scoring::ForcedChoice,
            score_tokens: false,
            gradients: false,
        }
    }

    fn tokenize(&self, text: &str) -> Result<Vec<u32>, BackendError> {
        let tokenizer = self.known_tokenizer()?;
        let encoding =
            tokenizer.encode(text, true).map_err(|error| BackendError::Tokenizer { reason: error.to_string() })?;
        Ok(encoding.get_ids().to_vec())
    }

    fn tokenize_plain(&self, text: &str) -> Result<Vec<u32>, BackendError> {
        let tokenizer = self.known_tokenizer()?;
        let encoding =
            tokenizer.encode(text, false).map_err(|error| BackendError::Tokenizer { reason: error.to_string() })?;
        Ok(encoding.get_ids().to_vec())
    }

    /// By the template that `models.toml` names, for an endpoint that continues plain text.
    fn chat_prompt(&self, messages: &[Message]) -> Result<String, BackendError> {
        match &self.template {
            Some(text) if self.capabilities().generate => rendered(text, messages),
            _ => Err(BackendError::Unsupported { model: self.identity.name.clone(), capability: Capability::Chat }),
        }
    }

    fn detokenize(&self, ids: &[u32]) -> Result<String, BackendError> {
        let tokenizer = self.known_tokenizer()?;
        tokenizer.decode(ids, true).map_err(|error| BackendError::Tokenizer { reason: error.to_string() })
    }

    fn score(&self, requests: &[ScoreRequest]) -> Vec<Result<TokenScores, BackendError>> {
        self.answer_all(requests.iter().cloned().map(Request::Score).collect())
            .into_iter()
            .map(|reply| match reply? {
                Reply::Scores(scores) => Ok(scores),
                _ => Err(BackendError::OtherReply),
            })
            .collect()
    }

    fn generate(&self, requests: &[GenerateRequest]) -> Vec<Result<Generation, BackendError>> {
        self.answer_all(requests.iter().cloned().map(Request::Generate).collect())
            .into_iter()
            .map(|reply| match reply? {
                Reply::Generation(generation) => Ok(generation),
                _ => Err(BackendError::OtherReply),
            })
            .collect()
    }

    fn embed(&self, texts: &[String]) -> Vec<Result<Vec<f32>, BackendError>> {
        let portions: Vec<&[String]> = texts.chunks(EMBEDDED_TOGETHER).collect();
        let replies = self.answer_all(portions.iter().map(|portion| Request::Embed(portion.to_vec())).collect());
        portions
            .iter()
            .zip(replies)
            .flat_map(|(portion, reply)| match reply {
                Ok(Reply::Embeddings(vectors)) => vectors.into_iter().map(Ok).collect::<Vec<_>>(),
                Ok(_) => portion.iter().map(|_| Err(BackendError::OtherReply)).collect(),
                Err(error) => portion.iter().map(|_| Err(error.clone())).collect(),
            })
            .collect()
    }

    fn pieces(&self, scores: &TokenScores) -> Vec<String> {
        scores.wire.as_ref().map_or_else(Vec::new, |wire| wire.pieces.clone())
    }

    fn answer(
        &self,
        jobs: &mut dyn Iterator<Item = Job>,
        desk: &mut dyn FnMut(JobEvent) -> ControlFlow<()>,
        stop: &AtomicBool,
    ) -> Result<(), Halt> {
        // A job that cannot be put into words is refused here, by itself, and never sent.
        let mut refused: Vec<Delivery> = Vec::new();
        let mut sendable = jobs.filter_map(|mut job| {
            let requests: Result<Vec<Request>, BackendError> =
                job.requests.iter().cloned().map(|request| self.sendable(request)).collect();
            match requests {
                Ok(requests) => {
                    job.requests = requests;
                    Some(job)
                }
                Err(error) => {
                    let replies = job.requests.iter().map(|_| Err(error.clone())).collect();
                    refused.push(Delivery { place: job.place, replies, latency_ms: 0.0, exchange: None });
                    None
                }
            }
        });
        let mut with_ids = |event: JobEvent| {
            desk(match event {
                JobEvent::Delivered(mut delivery) => {
                    delivery.replies =
                        delivery.replies.into_iter().map(|reply| reply.map(|reply| self.with_ids(reply))).collect();
                    JobEvent::Delivered(delivery)
                }
                event => event,
            })
        };
        let answered =
            self.engine.answer(&self.form, &self.entry.address, &self.depends_on, &mut sendable, &mut with_ids, stop);
        for delivery in refused {
            if desk(JobEvent::Delivered(delivery)).is_break() {
                return Err(Halt::Refused);
            }
        }
        answered
    }

    fn endpoint(&self) -> Option<&EndpointReport> {
        Some(&self.report)
    }
}

/// Messages by a template that stands beside the model's entry.
fn rendered(template: &str, messages: &[Message]) -> Result<String, BackendError> {
    let value = |message: &Message| serde_json::json!({"role": message.role, "content": message.content});
    let values: Vec<serde_json::Value> = messages.iter().map(value).collect();
    ChatTemplate { text: template, bos_token: None, eos_token: None }.render(&values, true)
}

fn smaller(a: Option<u32>, b: Option<u32>) -> Option<u32> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Openai => "openai",
        Kind::Vllm => "vllm",
        Kind::LlamaCpp => "llama-cpp",
        Kind::Anthropic => "anthropic",
        Kind::Local => "local",
    }
}

/// A file name for an endpoint and model: readable, and unique by its hash.
fn cache_name(entry: &EndpointEntry) -> String {
    let whole = format!("{}#{}", entry.address.as_str(), entry.model);
    let readable: String = entry
        .model
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '-' })
        .take(40)
        .collect();
    format!("{}-{}", readable.trim_matches(['.', '-']), &sha256_hex(whole.as_bytes())[..12])
}

fn read_text(path: &Path) -> Result<String, OpenError> {
    let file = path.display().to_string();
    std::fs::read_to_string(path).map_err(|source| OpenError::Io { file, source })
}

fn read_tokenizer(path: &Path) -> Result<(Tokenizer, String), OpenError> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| OpenError::Io { file: file.clone(), source })?;
    let tokenizer = Tokenizer::from_bytes(bytes.as_slice())
        .map_err(|error| OpenError::Tokenizer { file, reason: error.to_string() })?;
    Ok((tokenizer, sha256_hex(&bytes)))
}
