//! An opened checkpoint behind the backend trait.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use super::chat::{TextConfig, values};
use super::checkpoint::gguf::Gguf;
use super::checkpoint::{CheckpointFiles, KeptFiles, Safetensors, Tensors, is_pickle};
use super::config::{self, NetworkConfig};
use super::engine::DeviceEngine;
use super::generate::{Decoded, Decoding, End, log_sum_exp};
use super::gradients;
use super::loaded::{Loaded, Speaking, check_size};
use super::network::Decoder;
use super::options::{DeviceChoice, LocalOptions};
use super::score::{EncodedText, RowCount};
use super::sentences::SentenceConfig;
use super::speed::{Speed, measure};
use super::text::TextCodec;
use super::workers::Workers;
use crate::backend::capability::{Capabilities, Capability};
use crate::backend::contract::Backend;
use crate::backend::error::BackendError;
use crate::backend::open_error::OpenError;
use crate::backend::request::{
    Context, FinishReason, GenerateRequest, Generation, GradientNorms, GradientRequest, Message, ModelIdentity, Prompt,
    ScoreRequest, TokenScores, TokenizerFacts, TokensRequest,
};

/// A checkpoint in memory.
pub struct LocalModel {
    identity: ModelIdentity,
    loaded: Loaded,
    codec: TextCodec,
    text: TextConfig,
    sentences: SentenceConfig,
    workers: Workers,
    token_budget: usize,
    device_words: String,
    rows_asked: AtomicUsize,
    rows_computed: AtomicUsize,
    device: DeviceChoice,
    /// Where the weights can be read once more, for gradients; none for GGUF.
    source: Option<KeptFiles>,
    /// The decoder on a device that can differentiate, from the first gradient on.
    tracked: OnceLock<Result<Decoder<DeviceEngine>, String>>,
}

/// What a model has computed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LocalWork {
    /// Tokens of all requests.
    pub tokens_asked: usize,
    /// Tokens that went through the network; the others were shared with another request.
    pub tokens_computed: usize,
}

/// What an encoder made of a text, before its vector is brought to length 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Pooled {
    /// What was read: special tokens among them, cut to what the model takes.
    pub token_ids: Vec<u32>,
    /// Mean of the last rows.
    pub vector: Vec<f32>,
}

impl LocalModel {
    /// Opens a checkpoint: a folder, or a GGUF file.
    ///
    /// # Errors
    /// Names the file, what was found and what is allowed, before any large allocation.
    pub fn open(path: &Path, options: &LocalOptions) -> Result<Self, OpenError> {
        let name = path.display().to_string();
        if path.is_dir() {
            return Self::from_files(&name, &CheckpointFiles::Folder(path), options);
        }
        if path.is_file() && path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gguf")) {
            return Self::from_gguf(&name, path, options);
        }
        if is_pickle(path) {
            return Err(OpenError::Pickle { file: name });
        }
        Err(OpenError::NotAFolder { path: path.to_owned() })
    }

    pub(in crate::backend) fn from_files(
        name: &str,
        source: &CheckpointFiles<'_>,
        options: &LocalOptions,
    ) -> Result<Self, OpenError> {
        let config_file = source.label("config.json");
        let mut config = config::parse(source.require("config.json")?.as_slice(), &config_file)?;
        if let Some(text) = source.get("generation_config.json")? {
            let file = source.label("generation_config.json");
            config.add_eos_ids(&config::generation_eos_ids(text.as_slice(), &file)?);
        }
        let weights = Safetensors::find_files(source)?;
        // A parameter takes two bytes at least.
        check_size(&config, weights.size_bytes() / 2, &config_file)?;
        let text = TextConfig::load(source)?;
        let codec = TextCodec::load(source, &config, text.bos_token.as_deref())?;
        let sentences = SentenceConfig::load(source, &config)?;
        let stored = match &config {
            NetworkConfig::Decoder(_) => weights.find("model.embed_tokens.weight")?,
            NetworkConfig::Encoder(_) => weights.find("embeddings.word_embeddings.weight")?,
        };
        let stored = match stored {
            Some(tensor) => Some(tensor),
            None => weights.find("wte.weight")?.or(weights.find("gpt_neox.embed_in.weight")?),
        };
        let stored = stored.map(|tensor| tensor.coding.word().to_lowercase());
        let sha256 = || weights.sha256();
        let mut model = Self::assemble(name, config, &weights, sha256, stored, codec, text, sentences, options)?;
        model.source = Some(source.kept());
        Ok(model)
    }

    fn from_gguf(name: &str, path: &Path, options: &LocalOptions) -> Result<Self, OpenError> {
        let file = Gguf::open(path)?;
        let config = config::parse_object(&file.config()?, name)?;
        check_size(&config, file.n_values(), name)?;
        let beside = path.with_file_name("tokenizer.json");
        let bos_token = file.special_token("tokenizer.ggml.bos_token_id");
        // A tokenizer.json beside the file is what its makers published.
        let (label, bytes) = if beside.is_file() {
            let label = beside.display().to_string();
            let bytes = std::fs::read(&beside).map_err(|source| OpenError::Io { file: label.clone(), source })?;
            (label, bytes)
        } else {
            (name.to_owned(), file.tokenizer()?)
        };
        let codec = TextCodec::read(&bytes, label, &config, bos_token.as_deref())?;
        let text = TextConfig {
            bos_token,
            unk_token: None,
            eos_token: file.special_token("tokenizer.ggml.eos_token_id"),
            template: file.chat_template(),
            other_templates: Vec::new(),
        };
        let sha256 = || crate::digest::sha256_hex(file.bytes());
        let sentences = SentenceConfig::default();
        Self::assemble(name, config, &file, sha256, Some(file.codings()), codec, text, sentences, options)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a model, put together once")]
    fn assemble(
        name: &str,
        config: NetworkConfig,
        tensors: &dyn Tensors,
        sha256: impl FnOnce() -> String + Send,
        stored: Option<String>,
        codec: TextCodec,
        text: TextConfig,
        sentences: SentenceConfig,
        options: &LocalOptions,
    ) -> Result<Self, OpenError> {
        let workers = Workers::new(options.threads)?;
        let architecture = config.model_type().to_owned();
        let n_parameters = u64::try_from(config.n_parameters()).ok();
        let context_length = u64::try_from(config.context()).ok();
        // The hash reads the same bytes: both at once.
        let (loaded, weights_sha256) = std::thread::scope(|scope| {
            let hash = scope.spawn(sha256);
            let loaded = workers.together(|| Loaded::load(config, tensors, options));
            (loaded, hash.join().ok())
        });
        let loaded = loaded?;
        let mut codec = codec;
        if let Loaded::Decoder(decoder) = &loaded {
            codec.set_end_of_text(text.eos_token.as_deref(), decoder.config().special.eos_ids.first().copied());
        }
        let device_words = loaded.device_words();
        let products = options.dtype.to_string();
        let identity = ModelIdentity {
            name: name.to_owned(),
            backend: "local-burn".into(),
            architecture: Some(architecture),
            revision: None,
            weights_sha256,
            tokenizer_sha256: Some(codec.sha256.clone()),
            chat_sha256: text.sha256(),
            dtype: Some(match stored {
                Some(stored) if stored != products => format!("{products} (stored as {stored})"),
                _ => products,
            }),
            device: match options.device {
                DeviceChoice::Cpu => "cpu".into(),
                _ => device_words.clone(),
            },
            n_parameters,
            context_length,
            bos: codec.bos_verdict(),
        };
        Ok(Self {
            identity,
            loaded,
            codec,
            text,
            sentences,
            workers,
            token_budget: options.token_budget.max(1),
            device_words,
            rows_asked: AtomicUsize::new(0),
            rows_computed: AtomicUsize::new(0),
            device: options.device,
            source: None,
            tracked: OnceLock::new(),
        })
    }

    /// The same model under the name that it has on its hub.
    pub(in crate::backend) fn named(mut self, name: &str, commit: &str) -> Self {
        self.identity.name = name.to_owned();
        self.identity.revision = Some(commit.to_owned());
        self
    }

    fn decoder(&self) -> Result<&dyn Speaking, BackendError> {
        match &self.loaded {
            Loaded::Decoder(decoder) => Ok(decoder.as_ref()),
            Loaded::Encoder(_) => {
                Err(BackendError::Unsupported { model: self.identity.name.clone(), capability: Capability::Score })
            }
        }
    }

    fn count(&self, rows: RowCount) {
        self.rows_asked.fetch_add(rows.asked, Ordering::Relaxed);
        self.rows_computed.fetch_add(rows.computed, Ordering::Relaxed);
    }

    /// What has been computed since it was opened, and what was saved by sharing.
    #[must_use]
    pub fn work(&self) -> LocalWork {
        LocalWork {
            tokens_asked: self.rows_asked.load(Ordering::Relaxed),
            tokens_computed: self.rows_computed.load(Ordering::Relaxed),
        }
    }

    /// How fast it is on this machine; takes as long as scoring 512 tokens and writing 32.
    #[must_use]
    pub fn speed(&self) -> Speed {
        measure(&self.loaded, &self.workers)
    }

    /// Device and kernels, in words.
    #[must_use]
    pub fn device_words(&self) -> &str {
        &self.device_words
    }

    /// Worker threads.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers.threads()
    }

    /// `model_type` of the checkpoint.
    #[must_use]
    pub fn architecture(&self) -> &str {
        self.identity.architecture.as_deref().unwrap_or_default()
    }

    /// Most positions that the model can attend to.
    #[must_use]
    pub fn context_length(&self) -> usize {
        match &self.loaded {
            Loaded::Decoder(decoder) => decoder.config().context,
            Loaded::Encoder(encoder) => encoder.config().context,
        }
    }

    fn vocabulary(&self) -> usize {
        match &self.loaded {
            Loaded::Decoder(decoder) => decoder.config().vocabulary,
            Loaded::Encoder(encoder) => encoder.config().vocabulary,
        }
    }

    /// Ids that end a generation.
    #[must_use]
    pub fn eos_ids(&self) -> &[u32] {
        match &self.loaded {
            Loaded::Decoder(decoder) => &decoder.config().special.eos_ids,
            Loaded::Encoder(_) => &[],
        }
    }

    /// Ids of a text, with or without what the tokenizer's post-processor adds.
    ///
    /// # Errors
    /// When the tokenizer refuses the text.
    pub fn encode(&self, text: &str, add_special: bool) -> Result<Vec<u32>, BackendError> {
        self.codec.encode_plain(text, add_special)
    }

    /// Text of ids.
    ///
    /// # Errors
    /// When an id is unknown to the tokenizer.
    pub fn decode(&self, ids: &[u32], skip_special: bool) -> Result<String, BackendError> {
        self.codec.decode(ids, skip_special)
    }

    /// A token as the vocabulary spells it, e.g. with `\u{2581}` for a space.
    #[must_use]
    pub fn vocabulary_entry(&self, id: u32) -> Option<String> {
        self.codec.entry(id)
    }

    /// Messages through the checkpoint's chat template.
    ///
    /// # Errors
    /// When there is no template, or it refuses the messages.
    pub fn render_chat(&self, messages: &[Value], add_generation_prompt: bool) -> Result<String, BackendError> {
        self.text.render(messages, add_generation_prompt)
    }

    /// Scores ids as they are, from `first_scored` (at least 1) on, in one pass: positions run on past the declared
    /// context, as the reference libraries do. Suites never ask for that; checks against golden values do.
    ///
    /// # Errors
    /// When nothing is left to score, or an id is outside the vocabulary.
    pub fn score_ids(&self, ids: &[u32], first_scored: usize, vocab_stats: bool) -> Result<TokenScores, BackendError> {
        let text =
            EncodedText { ids: ids.to_vec(), first_scored: first_scored.max(1), window: Context::Refuse, vocab_stats };
        self.check_uncut(&text)?;
        let (mut scores, _) = self.decoder()?.score(&[text], &self.workers, self.token_budget);
        scores.remove(0)
    }

    /// Norms of the gradient of the mean loss of ids as they are, from the second on. With [`Context::Refuse`] in one pass
    /// however many they are, as [`LocalModel::score_ids`].
    ///
    /// # Errors
    /// When nothing is left to score, an id is outside the vocabulary, or the weights cannot be read again.
    pub fn gradient_of_ids(&self, ids: &[u32], window: Context) -> Result<GradientNorms, BackendError> {
        let text = EncodedText { ids: ids.to_vec(), first_scored: 1, window, vocab_stats: false };
        self.check_uncut(&text)?;
        self.gradient_of(&text)
    }

    /// Log-probabilities of every token after the given ids.
    ///
    /// # Errors
    /// When there is no id, or they do not fit.
    pub fn next_token_logprobs(&self, ids: &[u32]) -> Result<Vec<f32>, BackendError> {
        let logits = self.next_token_logits(ids)?;
        let normaliser = log_sum_exp(&logits);
        #[expect(clippy::cast_possible_truncation, reason = "log-probabilities are recorded in single precision")]
        Ok(logits.into_iter().map(|logit| (f64::from(logit) - normaliser) as f32).collect())
    }

    /// The output of every token after the given ids, before it is made a probability.
    ///
    /// # Errors
    /// When there is no id, or they do not fit.
    pub fn next_token_logits(&self, ids: &[u32]) -> Result<Vec<f32>, BackendError> {
        self.check_ids(ids)?;
        Ok(self.decoder()?.next_logits(ids, &self.workers))
    }

    /// Greedy continuation of ids; only `stop_ids` end it early. Ids and their log-probabilities.
    ///
    /// # Errors
    /// When there is no id, they do not fit, or the model gives a value that is not a number.
    pub fn generate_ids(
        &self,
        ids: &[u32],
        max_tokens: usize,
        stop_ids: &[u32],
    ) -> Result<(Vec<u32>, Vec<f32>), BackendError> {
        self.check_ids(ids)?;
        let prompt = Decoding { ids: ids.to_vec(), max_tokens, stop_ids: stop_ids.to_vec(), sampling: None };
        let (mut decoded, _) = self.decoder()?.decode(&[prompt], &|_, _| false, &self.workers, self.token_budget);
        let decoded = decoded.remove(0);
        if decoded.end == End::NonFinite {
            return Err(BackendError::NonFinite { position: ids.len() + decoded.ids.len() });
        }
        Ok((decoded.ids, decoded.logprobs))
    }

    /// Mean of an encoder's last rows for each text, and the ids that it read: truncated to what it takes.
    ///
    /// # Errors
    /// When the model is no encoder, or a text cannot be tokenised.
    pub fn pooled(&self, texts: &[String]) -> Vec<Result<Pooled, BackendError>> {
        let Loaded::Encoder(encoder) = &self.loaded else {
            let refused =
                || BackendError::Unsupported { model: self.identity.name.clone(), capability: Capability::Embed };
            return texts.iter().map(|_| Err(refused())).collect();
        };
        let encoded: Vec<Result<Vec<u32>, BackendError>> = texts
            .iter()
            .map(|text| {
                let ids = self.codec.encode_truncated(text, self.sentences.max_tokens)?;
                self.check_ids(&ids)?;
                Ok(ids)
            })
            .collect();
        let good: Vec<&[u32]> = encoded.iter().filter_map(|ids| ids.as_deref().ok()).collect();
        let mut pooled = encoder.pooled(&good, &self.workers, self.token_budget).into_iter();
        encoded
            .into_iter()
            .map(|ids| {
                let ids = ids?;
                let vector = pooled.next().unwrap_or_default();
                Ok(Pooled { token_ids: ids, vector })
            })
            .collect()
    }

    fn check_ids(&self, ids: &[u32]) -> Result<(), BackendError> {
        if ids.is_empty() {
            return Err(BackendError::EmptyText);
        }
        if ids.len() > self.context_length() {
            return Err(BackendError::TooLong { tokens: ids.len(), limit: self.context_length() });
        }
        self.check_vocabulary(ids)
    }

    fn check_vocabulary(&self, ids: &[u32]) -> Result<(), BackendError> {
        match ids.iter().find(|&&id| id as usize >= self.vocabulary()) {
            Some(id) => Err(BackendError::Tokenizer {
                reason: format!("id {id} is outside the vocabulary of {}", self.vocabulary()),
            }),
            None => Ok(()),
        }
    }

    /// Refuses what not even one pass past the context can score.
    fn check_uncut(&self, text: &EncodedText) -> Result<(), BackendError> {
        let config = self.decoder()?.config();
        match text.ids.len() {
            0 => Err(BackendError::EmptyText),
            n if n <= text.first_scored => Err(BackendError::TooShort),
            // A table of positions has an end.
            n if text.window == Context::Refuse && config.has_learned_positions && n > config.context => {
                Err(BackendError::TooLong { tokens: n, limit: config.context })
            }
            _ => self.check_vocabulary(&text.ids),
        }
    }

    fn check(&self, text: &EncodedText) -> Result<(), BackendError> {
        let (n, limit) = (text.ids.len(), self.context_length());
        if n == 0 {
            return Err(BackendError::EmptyText);
        }
        if n <= text.first_scored {
            return Err(if n == 1 { BackendError::TooShort } else { BackendError::EmptyText });
        }
        match text.window {
            Context::Fit => self.check_vocabulary(&text.ids),
            Context::Windowed { window, stride } if window > limit || stride == 0 || stride > window => {
                Err(BackendError::TooLong { tokens: window.max(stride), limit })
            }
            Context::Windowed { .. } => self.check_vocabulary(&text.ids),
            Context::Refuse => self.check_ids(&text.ids),
        }
    }

    fn encode_request(&self, request: &ScoreRequest) -> Result<EncodedText, BackendError> {
        if request.text.is_empty() {
            return Err(BackendError::EmptyText);
        }
        let encoded = |ids, first_scored, window| -> Result<EncodedText, BackendError> {
            let text = EncodedText { ids, first_scored, window, vocab_stats: request.vocab_stats };
            self.check(&text)?;
            Ok(text)
        };
        if request.context.is_empty() {
            return encoded(self.codec.encode(&request.text, request.bos)?, 1, request.window);
        }
        // The cut is made at the context's own token count, as upstream does; a merge across the border counts to the
        // scored part.
        let first_scored = self.codec.encode(&request.context, request.bos)?.len().max(1);
        let ids = self.codec.encode(&format!("{}{}", request.context, request.text), request.bos)?;
        encoded(ids, first_scored, Context::Refuse)
    }

    fn score_encoded(&self, encoded: Vec<Result<EncodedText, BackendError>>) -> Vec<Result<TokenScores, BackendError>> {
        let texts: Vec<EncodedText> = encoded.iter().filter_map(|text| text.as_ref().ok().cloned()).collect();
        let scored = self.decoder().map(|decoder| decoder.score(&texts, &self.workers, self.token_budget));
        let mut scored = match scored {
            Ok((scored, rows)) => {
                self.count(rows);
                scored.into_iter()
            }
            Err(_) => Vec::new().into_iter(),
        };
        let missing = || Err(BackendError::OtherReply);
        encoded.into_iter().map(|text| text.and_then(|_| scored.next().unwrap_or_else(missing))).collect()
    }

    fn gradient(&self, request: &GradientRequest) -> Result<GradientNorms, BackendError> {
        let mut text = EncodedText {
            ids: self.codec.encode(&request.text, request.bos)?,
            first_scored: 1,
            window: request.window,
            vocab_stats: false,
        };
        self.check(&text)?;
        if request.skips_last {
            text.ids.pop();
            self.check(&text)?;
        }
        self.gradient_of(&text)
    }

    fn gradient_of(&self, text: &EncodedText) -> Result<GradientNorms, BackendError> {
        let decoder = self.tracked()?;
        let windows = super::score::cut(text, decoder.config.context);
        self.workers.together(|| gradients::norms(decoder, &text.ids, &windows))
    }

    /// The decoder that can differentiate; loaded when it is first wanted.
    fn tracked(&self) -> Result<&Decoder<DeviceEngine>, BackendError> {
        let Some(source) = &self.source else {
            return Err(BackendError::Unsupported {
                model: self.identity.name.clone(),
                capability: Capability::Gradients,
            });
        };
        let config = self.decoder()?.config();
        let tracked = self.tracked.get_or_init(|| {
            let load = || {
                let weights = Safetensors::find_files(&source.files())?;
                Loaded::tracked(config.clone(), &weights, self.device)
            };
            self.workers.together(load).map_err(|error| error.to_string())
        });
        tracked.as_ref().map_err(|reason| BackendError::Gradient { reason: reason.clone() })
    }

    fn encode_prompt(&self, request: &GenerateRequest) -> Result<Vec<u32>, BackendError> {
        let ids = match &request.prompt {
            Prompt::Text(text) => self.codec.encode(text, request.bos)?,
            Prompt::Tokens(ids) => ids.clone(),
            Prompt::Messages(messages) => self.codec.encode_plain(&self.chat_prompt(messages)?, false)?,
        };
        self.check_ids(&ids)?;
        Ok(ids)
    }

    fn finish(
        &self,
        request: &GenerateRequest,
        n_prompt_tokens: usize,
        decoded: Decoded,
    ) -> Result<Generation, BackendError> {
        let mut text = self.codec.decode(&decoded.ids, true)?;
        let finish_reason = match decoded.end {
            End::StopId => FinishReason::Stop,
            End::Length => FinishReason::Length,
            End::Context => FinishReason::Context,
            End::Checked => FinishReason::StopText,
            End::NonFinite => return Err(BackendError::NonFinite { position: n_prompt_tokens + decoded.ids.len() }),
        };
        if let Some(cut) = request.stop.iter().filter_map(|stop| text.find(stop.as_str())).min() {
            text.truncate(cut);
        }
        Ok(Generation { text, token_ids: decoded.ids, logprobs: decoded.logprobs, n_prompt_tokens, finish_reason })
    }
}

impl Backend for LocalModel {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn capabilities(&self) -> Capabilities {
        let speaks = matches!(self.loaded, Loaded::Decoder(_));
        Capabilities {
            generate: speaks,
            // Templates without a `default` are an error of the row, which says what to do.
            chat: speaks && (self.text.template.is_some() || !self.text.other_templates.is_empty()),
            score: speaks,
            vocab_stats: speaks,
            embed: !speaks,
            tokenize: true,
            choose: false,
            score_tokens: speaks,
            gradients: speaks && self.source.is_some(),
        }
    }

    fn tokenize(&self, text: &str) -> Result<Vec<u32>, BackendError> {
        self.codec.encode_plain(text, true)
    }

    fn tokenize_plain(&self, text: &str) -> Result<Vec<u32>, BackendError> {
        self.codec.encode_plain(text, false)
    }

    fn token_id(&self, entry: &str) -> Option<u32> {
        self.codec.id_of(entry).or_else(|| self.codec.id_of(self.text.unk_token.as_deref()?))
    }

    fn chat_prompt(&self, messages: &[Message]) -> Result<String, BackendError> {
        self.render_chat(&values(messages), true)
    }

    fn detokenize(&self, ids: &[u32]) -> Result<String, BackendError> {
        self.codec.decode(ids, true)
    }

    fn pieces(&self, scores: &TokenScores) -> Vec<String> {
        scores.token_ids.iter().map(|&id| self.codec.piece(id)).collect()
    }

    fn score(&self, requests: &[ScoreRequest]) -> Vec<Result<TokenScores, BackendError>> {
        let encoded: Vec<Result<EncodedText, BackendError>> =
            requests.iter().map(|request| self.decoder().and_then(|_| self.encode_request(request))).collect();
        self.score_encoded(encoded)
    }

    fn generate(&self, requests: &[GenerateRequest]) -> Vec<Result<Generation, BackendError>> {
        let decoder = match self.decoder() {
            Ok(decoder) => decoder,
            Err(error) => return requests.iter().map(|_| Err(error.clone())).collect(),
        };
        let prompts: Vec<Result<Vec<u32>, BackendError>> =
            requests.iter().map(|request| self.encode_prompt(request)).collect();
        let good: Vec<usize> = (0..requests.len()).filter(|&index| prompts[index].is_ok()).collect();
        let decodings: Vec<Decoding> = prompts
            .iter()
            .zip(requests)
            .filter_map(|(prompt, request)| {
                let ids = prompt.as_ref().ok()?.clone();
                Some(Decoding {
                    ids,
                    max_tokens: request.max_tokens,
                    stop_ids: request.end_ids.clone().unwrap_or_else(|| decoder.config().special.eos_ids.clone()),
                    sampling: request.sampling,
                })
            })
            .collect();
        let is_done = |place: usize, ids: &[u32]| {
            let stop = &requests[good[place]].stop;
            let written = || self.codec.decode(ids, true);
            !stop.is_empty() && written().is_ok_and(|text| stop.iter().any(|stop| text.contains(stop.as_str())))
        };
        let (decoded, rows) = decoder.decode(&decodings, &is_done, &self.workers, self.token_budget);
        self.count(rows);
        let mut outputs = decoded.into_iter();
        prompts
            .into_iter()
            .zip(requests)
            .map(|(prompt, request)| {
                let n_prompt_tokens = prompt?.len();
                let decoded = outputs.next().ok_or(BackendError::OtherReply)?;
                self.finish(request, n_prompt_tokens, decoded)
            })
            .collect()
    }

    fn score_tokens(&self, requests: &[TokensRequest]) -> Vec<Result<TokenScores, BackendError>> {
        let encoded = requests.iter().map(|request| {
            let TokensRequest { ids, first_scored, window, vocab_stats } = request.clone();
            let text = EncodedText { ids, first_scored: first_scored.max(1), window, vocab_stats };
            self.decoder().and_then(|_| self.check(&text)).map(|()| text)
        });
        self.score_encoded(encoded.collect())
    }

    fn gradient_norms(&self, requests: &[GradientRequest]) -> Vec<Result<GradientNorms, BackendError>> {
        // One after the other: each takes the activations of every layer, and its products all threads.
        requests.iter().map(|request| self.gradient(request)).collect()
    }

    fn tokenizer_facts(&self) -> Option<TokenizerFacts> {
        let named = self.text.eos_token.as_deref().and_then(|token| self.codec.id_of(token));
        Some(TokenizerFacts {
            n_ids: self.codec.n_ids(),
            eos_id: named.or_else(|| self.eos_ids().first().copied()),
            has_mimir_pad: self.codec.id_of("[PAD]").is_some(),
        })
    }

    fn embed(&self, texts: &[String]) -> Vec<Result<Vec<f32>, BackendError>> {
        let pooled = self.pooled(texts).into_iter();
        pooled.map(|pooled| pooled.map(|pooled| self.sentences.finished(pooled.vector))).collect()
    }
}

impl std::fmt::Debug for LocalModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalModel").field("identity", &self.identity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
