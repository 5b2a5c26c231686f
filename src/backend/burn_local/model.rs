//! An opened checkpoint behind the backend trait.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use burn::tensor::Device;
use rayon::ThreadPool;
use serde_json::Value;

use super::chat::TextConfig;
use super::checkpoint::{CheckpointFiles, Weights};
use super::config::LlamaConfig;
use super::generate::{Decoded, Decoding, End, decode};
use super::head::log_softmax;
use super::llama::{Llama, Segment};
use super::score::{EncodedText, Group, batches, groups, score_batch};
use super::text::TextCodec;
use crate::backend::capability::Capabilities;
use crate::backend::contract::Backend;
use crate::backend::error::BackendError;
use crate::backend::open_error::OpenError;
use crate::backend::request::{
    Context, FinishReason, GenerateRequest, Generation, ModelIdentity, Prompt, ScoreRequest, TokenScores,
};

/// Prompts that are decoded together: their rows share one pass over the weights.
const DECODED_TOGETHER: usize = 16;

/// How a checkpoint is run. No setting changes a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOptions {
    /// Worker threads, each with its own batches.
    pub threads: usize,
    /// Rows (tokens) that are computed together.
    pub token_budget: usize,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self { threads: std::thread::available_parallelism().map_or(1, usize::from), token_budget: 2048 }
    }
}

/// A checkpoint in memory.
pub struct LocalModel {
    identity: ModelIdentity,
    model: Llama,
    codec: TextCodec,
    text: TextConfig,
    pools: Vec<ThreadPool>,
    token_budget: usize,
}

impl LocalModel {
    /// Opens a checkpoint folder.
    ///
    /// # Errors
    /// Names the file, what was found and what is allowed, before any large allocation.
    pub fn open(folder: &Path, options: &LocalOptions) -> Result<Self, OpenError> {
        if !folder.is_dir() {
            let is_pickle = folder
                .extension()
                .is_some_and(|end| ["bin", "pt", "pth", "pkl", "ckpt"].iter().any(|known| end == *known));
            if is_pickle {
                return Err(OpenError::Pickle { file: folder.display().to_string() });
            }
            return Err(OpenError::NotAFolder { path: folder.to_owned() });
        }
        Self::from_files(&folder.display().to_string(), &CheckpointFiles::Folder(folder), options)
    }

    pub(in crate::backend) fn from_files(
        name: &str,
        source: &CheckpointFiles<'_>,
        options: &LocalOptions,
    ) -> Result<Self, OpenError> {
        let config_file = source.label("config.json");
        let config = LlamaConfig::parse(source.require("config.json")?.as_slice(), &config_file)?;
        let weights = Weights::find(source)?;
        // A parameter takes two bytes at least: more of them than the files hold cannot be meant.
        let (asked, held) = (config.n_parameters(), weights.size_bytes() / 2);
        if asked > held {
            let is_shape_error = asked / 4 <= held;
            if !is_shape_error {
                return Err(OpenError::Absurd { file: config_file, asked, held });
            }
        }
        let text = TextConfig::load(source)?;
        let codec = TextCodec::load(source, &config, text.bos_token.as_deref())?;
        let stored = weights.stored_type("model.embed_tokens.weight");
        let n_parameters = u64::try_from(asked).ok();
        let context_length = u64::try_from(config.context).ok();
        let weights_sha256 = weights.sha256();
        let model = Llama::load(config, &weights, Device::flex())?;
        let pools = (0..options.threads.max(1))
            .map(|_| rayon::ThreadPoolBuilder::new().num_threads(1).build())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| OpenError::Threads { reason: error.to_string() })?;
        let identity = ModelIdentity {
            name: name.to_owned(),
            backend: "local-burn".into(),
            architecture: Some("llama".into()),
            revision: None,
            weights_sha256: Some(weights_sha256),
            tokenizer_sha256: Some(codec.sha256.clone()),
            dtype: Some(match stored {
                Some(stored) if stored != "f32" => format!("f32 (stored as {stored})"),
                _ => "f32".into(),
            }),
            device: "cpu (burn flex)".into(),
            n_parameters,
            context_length,
            bos: codec.bos_verdict(),
        };
        Ok(Self { identity, model, codec, text, pools, token_budget: options.token_budget.max(1) })
    }

    /// `model_type` of the checkpoint.
    #[must_use]
    pub fn architecture(&self) -> &str {
        self.identity.architecture.as_deref().unwrap_or_default()
    }

    /// Most positions that the model can attend to.
    #[must_use]
    pub fn context_length(&self) -> usize {
        self.model.config.context
    }

    /// Ids that end a generation.
    #[must_use]
    pub fn eos_ids(&self) -> &[u32] {
        &self.model.config.eos_ids
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
        let text = EncodedText { ids: ids.to_vec(), first_scored: first_scored.max(1) };
        match ids.len() {
            0 => return Err(BackendError::EmptyText),
            n if n <= text.first_scored => return Err(BackendError::TooShort),
            _ => self.check_vocabulary(ids)?,
        }
        let group = Group { first: 0, texts: vec![text], vocab_stats, window: Context::Refuse };
        self.pools[0].install(|| score_batch(&self.model, &[group])).remove(0)
    }

    /// Log-probabilities of every token after the given ids.
    ///
    /// # Errors
    /// When there is no id, or they do not fit.
    pub fn next_token_logprobs(&self, ids: &[u32]) -> Result<Vec<f32>, BackendError> {
        self.check_ids(ids)?;
        Ok(self.pools[0].install(|| {
            let (hidden, _) = self.model.forward(&[Segment { ids, past: None }]);
            log_softmax(&self.model.logits(&hidden, ids.len() - 1, 1))
        }))
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
        let prompt = Decoding { ids: ids.to_vec(), max_tokens, stop_ids: stop_ids.to_vec() };
        let decoded = self.pools[0].install(|| decode(&self.model, &[prompt], &|_, _| false)).remove(0);
        if decoded.end == End::NonFinite {
            return Err(BackendError::NonFinite { position: ids.len() + decoded.ids.len() });
        }
        Ok((decoded.ids, decoded.logprobs))
    }

    fn check_ids(&self, ids: &[u32]) -> Result<(), BackendError> {
        if ids.is_empty() {
            return Err(BackendError::EmptyText);
        }
        if ids.len() > self.model.config.context {
            return Err(BackendError::TooLong { tokens: ids.len(), limit: self.model.config.context });
        }
        self.check_vocabulary(ids)
    }

    fn check_vocabulary(&self, ids: &[u32]) -> Result<(), BackendError> {
        match ids.iter().find(|&&id| id as usize >= self.model.config.vocabulary) {
            Some(id) => Err(BackendError::Tokenizer {
                reason: format!("id {id} is outside the vocabulary of {}", self.model.config.vocabulary),
            }),
            None => Ok(()),
        }
    }

    fn check(&self, text: &EncodedText, window: Context) -> Result<(), BackendError> {
        let (n, limit) = (text.ids.len(), self.model.config.context);
        if n == 0 {
            return Err(BackendError::EmptyText);
        }
        if n <= text.first_scored {
            return Err(if n == 1 { BackendError::TooShort } else { BackendError::EmptyText });
        }
        match window {
            Context::Fit => self.check_vocabulary(&text.ids),
            Context::Windowed { window, stride } if window > limit || stride == 0 || stride > window => {
                Err(BackendError::TooLong { tokens: window.max(stride), limit })
            }
            Context::Windowed { .. } => Ok(()),
            Context::Refuse => self.check_ids(&text.ids),
        }
    }

    fn encode_request(&self, request: &ScoreRequest) -> Result<EncodedText, BackendError> {
        if request.text.is_empty() {
            return Err(BackendError::EmptyText);
        }
        if request.context.is_empty() {
            let text = EncodedText { ids: self.codec.encode(&request.text, request.bos)?, first_scored: 1 };
            self.check(&text, request.window)?;
            return Ok(text);
        }
        // The cut is made at the context's own token count, as upstream does; a merge across the border counts to the
        // scored part.
        let first_scored = self.codec.encode(&request.context, request.bos)?.len().max(1);
        let ids = self.codec.encode(&format!("{}{}", request.context, request.text), request.bos)?;
        let text = EncodedText { ids, first_scored };
        self.check(&text, Context::Refuse)?;
        Ok(text)
    }

    fn encode_prompt(&self, request: &GenerateRequest) -> Result<Vec<u32>, BackendError> {
        let ids = match &request.prompt {
            Prompt::Text(text) => self.codec.encode(text, request.bos)?,
            Prompt::Tokens(ids) => ids.clone(),
            Prompt::Messages(messages) => {
                let messages: Vec<Value> = messages
                    .iter()
                    .map(|message| serde_json::json!({"role": message.role, "content": message.content}))
                    .collect();
                self.codec.encode_plain(&self.render_chat(&messages, true)?, false)?
            }
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

    /// Runs jobs on the worker threads; results stand in the order of the jobs, whoever finished first.
    fn in_parallel<J: Sync, R: Send>(&self, jobs: &[J], work: impl Fn(&J) -> R + Sync) -> Vec<R> {
        let next = AtomicUsize::new(0);
        let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::with_capacity(jobs.len()));
        std::thread::scope(|scope| {
            for pool in self.pools.iter().take(jobs.len()) {
                scope.spawn(|| {
                    loop {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        let Some(job) = jobs.get(index) else { break };
                        let result = pool.install(|| work(job));
                        done.lock().unwrap_or_else(PoisonError::into_inner).push((index, result));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, result)| result).collect()
    }
}

impl Backend for LocalModel {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            generate: true,
            chat: self.text.template.is_some(),
            score: true,
            vocab_stats: true,
            embed: false,
            tokenize: true,
            choose: false,
        }
    }

    fn tokenize(&self, text: &str) -> Result<Vec<u32>, BackendError> {
        self.codec.encode_plain(text, true)
    }

    fn detokenize(&self, ids: &[u32]) -> Result<String, BackendError> {
        self.codec.decode(ids, true)
    }

    fn pieces(&self, scores: &TokenScores) -> Vec<String> {
        scores.token_ids.iter().map(|&id| self.codec.piece(id)).collect()
    }

    fn score(&self, requests: &[ScoreRequest]) -> Vec<Result<TokenScores, BackendError>> {
        let mut results: Vec<Option<Result<TokenScores, BackendError>>> = requests.iter().map(|_| None).collect();
        let mut encoded = Vec::with_capacity(requests.len());
        for (index, request) in requests.iter().enumerate() {
            match self.encode_request(request) {
                Ok(text) => encoded.push((index, request, text)),
                Err(error) => results[index] = Some(Err(error)),
            }
        }
        let batches = batches(groups(&encoded), self.token_budget);
        let scored = self.in_parallel(&batches, |batch| score_batch(&self.model, batch));
        for (batch, scores) in batches.iter().zip(scored) {
            let places = batch.iter().flat_map(|group| group.first..group.first + group.texts.len());
            for (place, score) in places.zip(scores) {
                results[place] = Some(score);
            }
        }
        results.into_iter().map(|result| result.expect("every request was encoded or refused")).collect()
    }

    fn generate(&self, requests: &[GenerateRequest]) -> Vec<Result<Generation, BackendError>> {
        let prompts: Vec<Result<Vec<u32>, BackendError>> =
            requests.iter().map(|request| self.encode_prompt(request)).collect();
        let good: Vec<usize> = (0..requests.len()).filter(|&index| prompts[index].is_ok()).collect();
        let batches: Vec<&[usize]> = good.chunks(DECODED_TOGETHER).collect();
        let decoded = self.in_parallel(&batches, |batch| {
            let decodings: Vec<Decoding> = batch
                .iter()
                .filter_map(|&index| {
                    let ids = prompts[index].as_ref().ok()?.clone();
                    Some(Decoding {
                        ids,
                        max_tokens: requests[index].max_tokens,
                        stop_ids: self.model.config.eos_ids.clone(),
                    })
                })
                .collect();
            decode(&self.model, &decodings, &|place, ids| {
                let stop = &requests[batch[place]].stop;
                !stop.is_empty()
                    && self
                        .codec
                        .decode(ids, true)
                        .is_ok_and(|text| stop.iter().any(|stop| text.contains(stop.as_str())))
            })
        });
        let mut outputs = decoded.into_iter().flatten();
        prompts
            .into_iter()
            .zip(requests)
            .map(|(prompt, request)| {
                let n_prompt_tokens = prompt?.len();
                let decoded = outputs.next().expect("every good prompt was decoded");
                self.finish(request, n_prompt_tokens, decoded)
            })
            .collect()
    }
}

impl std::fmt::Debug for LocalModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalModel").field("identity", &self.identity).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::open_builtin;
    use crate::backend::request::Bos;

    fn request(context: &str, text: &str) -> ScoreRequest {
        ScoreRequest {
            context: context.to_owned(),
            text: text.to_owned(),
            bos: Bos::Auto,
            window: Context::Fit,
            vocab_stats: true,
        }
    }

    #[test]
    fn choices_that_share_their_context_score_as_each_does_alone() {
        let model = open_builtin("perturbed", &LocalOptions::default()).expect("it is in the binary");
        let context = "Question: Who keeps the brass lantern of Otterhaven?\nAnswer:";
        let choices =
            [" Selbin Thornham", " a set of light violins", " Marian", " Ulvin Goldridge near the copper mill"];
        let together: Vec<ScoreRequest> = choices.iter().map(|choice| request(context, choice)).collect();
        for (together, choice) in model.score(&together).into_iter().zip(choices) {
            let together = together.expect("a short text");
            let alone = model.score(&[request(context, choice)]).remove(0).expect("a short text");
            assert_eq!(together.token_ids, alone.token_ids);
            for (a, b) in together.logprobs.iter().zip(&alone.logprobs) {
                assert!((a - b).abs() < 1e-5, "{choice}: {a} against {b}");
            }
            assert_eq!(together.is_argmax, alone.is_argmax);
        }
    }

    #[test]
    fn a_text_has_the_same_bits_alone_and_in_any_batch() {
        let texts = [
            "A loose seal lay under the grey dock.",
            "Who?",
            "Between Crowington and Tarnwater, Loander packed two torches.",
        ];
        let requests: Vec<ScoreRequest> = texts.iter().map(|text| request("", text)).collect();
        let reference =
            open_builtin("perturbed", &LocalOptions::default()).expect("it is in the binary").score(&requests);
        for (threads, token_budget) in [(1, 1), (1, 4096), (2, 16)] {
            let model =
                open_builtin("perturbed", &LocalOptions { threads, token_budget }).expect("it is in the binary");
            assert_eq!(model.score(&requests), reference, "{threads} threads, {token_budget} rows");
        }
    }
}
