//! The one fake: answers from a script, with faults on demand. For tests of everything that asks models.

use std::sync::Mutex;

use super::capability::{Capabilities, Capability};
use super::contract::Backend;
use super::error::BackendError;
use super::request::{
    FinishReason, GenerateRequest, Generation, GradientNorms, GradientRequest, Message, ModelIdentity, ScoreRequest,
    TokenScores, TokenizerFacts, TokensRequest,
};

/// How a scripted model behaves.
#[derive(Debug, Clone)]
pub struct Script {
    pub name: String,
    pub capabilities: Capabilities,
    /// Log-probability of every token of a text that contains the needle; the first match wins.
    pub logprobs: Vec<(String, f32)>,
    /// Log-probability of every other token.
    pub default_logprob: f32,
    /// Requests whose text contains one of these fail.
    pub faults: Vec<String>,
    /// What it generates.
    pub reply: String,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            name: "scripted".into(),
            capabilities: Capabilities {
                generate: true,
                chat: false,
                score: true,
                vocab_stats: true,
                tokenize: true,
                ..Capabilities::default()
            },
            logprobs: Vec::new(),
            default_logprob: -3.0,
            faults: Vec::new(),
            reply: String::new(),
        }
    }
}

/// A backend without a model: one token for each word.
#[derive(Debug)]
pub struct ScriptedBackend {
    script: Script,
    identity: ModelIdentity,
    asked: Mutex<usize>,
}

impl ScriptedBackend {
    /// A fake that follows `script`.
    #[must_use]
    pub fn new(script: Script) -> Self {
        let identity = ModelIdentity {
            name: script.name.clone(),
            backend: "scripted".into(),
            architecture: None,
            revision: None,
            weights_sha256: None,
            tokenizer_sha256: None,
            chat_sha256: None,
            dtype: None,
            device: "none".into(),
            n_parameters: None,
            context_length: None,
            bos: "auto (adds none)".into(),
        };
        Self { script, identity, asked: Mutex::new(0) }
    }

    /// Requests received so far.
    #[must_use]
    pub fn n_asked(&self) -> usize {
        *self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn count(&self, n: usize) {
        *self.asked.lock().unwrap_or_else(std::sync::PoisonError::into_inner) += n;
    }

    fn check(&self, capability: Capability, text: &str) -> Result<(), BackendError> {
        if !self.script.capabilities.has(capability) {
            return Err(BackendError::Unsupported { model: self.script.name.clone(), capability });
        }
        match self.script.faults.iter().find(|fault| text.contains(fault.as_str())) {
            Some(fault) => Err(BackendError::Scripted { what: fault.clone() }),
            None => Ok(()),
        }
    }

    fn logprob_of(&self, text: &str) -> f32 {
        let found = self.script.logprobs.iter().find(|(needle, _)| text.contains(needle.as_str()));
        found.map_or(self.script.default_logprob, |(_, logprob)| *logprob)
    }

    fn score_one(&self, request: &ScoreRequest) -> Result<TokenScores, BackendError> {
        self.check(Capability::Score, &request.text)?;
        let n_context = request.context.split_whitespace().count();
        let n_text = request.text.split_whitespace().count();
        let first_scored = n_context.max(1);
        let n = n_context + n_text;
        if n_text == 0 {
            return Err(BackendError::EmptyText);
        }
        if n <= first_scored {
            return Err(BackendError::TooShort);
        }
        let logprob = self.logprob_of(&request.text);
        let n_scored = n - first_scored;
        Ok(TokenScores {
            token_ids: (0..n).map(|index| u32::try_from(index).unwrap_or(u32::MAX)).collect(),
            first_scored,
            logprobs: vec![logprob; n_scored],
            vocab_mean: request.vocab_stats.then(|| vec![-2.0; n_scored]),
            vocab_std: request.vocab_stats.then(|| vec![1.0; n_scored]),
            is_argmax: vec![logprob > -0.5; n_scored],
            n_windows: 1,
            wire: None,
        })
    }
}

impl Backend for ScriptedBackend {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn capabilities(&self) -> Capabilities {
        self.script.capabilities
    }

    /// The n-th word is id n.
    fn tokenize(&self, text: &str) -> Result<Vec<u32>, BackendError> {
        Ok((0..text.split_whitespace().count()).map(|index| u32::try_from(index).unwrap_or(u32::MAX)).collect())
    }

    fn detokenize(&self, ids: &[u32]) -> Result<String, BackendError> {
        Ok(ids.iter().map(|id| format!("word{id}")).collect::<Vec<_>>().join(" "))
    }

    fn pieces(&self, scores: &TokenScores) -> Vec<String> {
        scores.token_ids.iter().map(|id| format!("w{id}")).collect()
    }

    fn score(&self, requests: &[ScoreRequest]) -> Vec<Result<TokenScores, BackendError>> {
        self.count(requests.len());
        requests.iter().map(|request| self.score_one(request)).collect()
    }

    fn tokenize_plain(&self, text: &str) -> Result<Vec<u32>, BackendError> {
        self.tokenize(text)
    }

    /// Role and content of each message on a line.
    fn chat_prompt(&self, messages: &[Message]) -> Result<String, BackendError> {
        self.check(Capability::Chat, "")?;
        let lines: String = messages.iter().map(|message| format!("{}: {}\n", message.role, message.content)).collect();
        Ok(format!("{lines}assistant:\n"))
    }

    /// Every token has the default log-probability.
    fn score_tokens(&self, requests: &[TokensRequest]) -> Vec<Result<TokenScores, BackendError>> {
        self.count(requests.len());
        let scores = requests.iter().map(|request| {
            self.check(Capability::ScoreTokens, "")?;
            let n_scored = request.ids.len().saturating_sub(request.first_scored);
            if n_scored == 0 {
                return Err(BackendError::TooShort);
            }
            Ok(TokenScores {
                token_ids: request.ids.clone(),
                first_scored: request.first_scored,
                logprobs: vec![self.script.default_logprob; n_scored],
                vocab_mean: request.vocab_stats.then(|| vec![-2.0; n_scored]),
                vocab_std: request.vocab_stats.then(|| vec![1.0; n_scored]),
                is_argmax: vec![self.script.default_logprob > -0.5; n_scored],
                n_windows: 1,
                wire: None,
            })
        });
        scores.collect()
    }

    /// As steep as the loss is high.
    fn gradient_norms(&self, requests: &[GradientRequest]) -> Vec<Result<GradientNorms, BackendError>> {
        self.count(requests.len());
        let norms = requests.iter().map(|request| {
            self.check(Capability::Gradients, &request.text)?;
            let norm = f64::from(-self.logprob_of(&request.text));
            Ok(GradientNorms { l1: norm, l2: norm, inf: norm, n_tensors: 1 })
        });
        norms.collect()
    }

    fn tokenizer_facts(&self) -> Option<TokenizerFacts> {
        let facts = TokenizerFacts { n_ids: 1000, eos_id: Some(999), has_mimir_pad: false };
        self.script.capabilities.score_tokens.then_some(facts)
    }

    fn generate(&self, requests: &[GenerateRequest]) -> Vec<Result<Generation, BackendError>> {
        self.count(requests.len());
        requests
            .iter()
            .map(|_| {
                self.check(Capability::Generate, "")?;
                let n = self.script.reply.split_whitespace().count();
                Ok(Generation {
                    text: self.script.reply.clone(),
                    token_ids: (0..n).map(|index| u32::try_from(index).unwrap_or(u32::MAX)).collect(),
                    logprobs: vec![self.script.default_logprob; n],
                    n_prompt_tokens: 1,
                    finish_reason: FinishReason::Stop,
                })
            })
            .collect()
    }
}
