//! The two models as backends.

use std::borrow::Cow;

use rayon::prelude::*;

use super::super::capability::{Capabilities, Capability};
use super::super::contract::Backend;
use super::super::error::BackendError;
use super::super::request::{GenerateRequest, Generation, Message, ModelIdentity, Prompt, ScoreRequest, TokenScores};
use super::embedding::embedding;
use super::reply::{reply, tokenizer_error};
use super::rules;
use crate::digest::sha256_hex;
use crate::text::o200k::{Markers, decode, encode};

/// Most tokens of a prompt.
const CONTEXT_LENGTH: usize = 1_048_576;

/// What the doubter says.
const DOUBT: &str = "That is out of date; it no longer holds.";

/// Which of the two it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Extractive,
    Doubter,
}

impl Kind {
    /// Stands for the weights: a run is not resumed under other rules. Goes up with every change of an answer or a vector.
    fn rules_version(self) -> &'static str {
        match self {
            Self::Extractive => "mnemoscope builtin:extractive, rules 1",
            Self::Doubter => "mnemoscope builtin:doubter, rules 1",
        }
    }
}

/// A builtin model without a neural network: it answers, always the same, and knows no probabilities.
///
/// Tokens are those of o200k_base; sampling and ids that end the reply change nothing.
#[derive(Debug, Clone)]
pub struct BuiltinReader {
    kind: Kind,
    identity: ModelIdentity,
}

impl BuiltinReader {
    /// The model of that name, `extractive` or `doubter`; `None` for any other.
    #[must_use]
    pub fn open(name: &str) -> Option<Self> {
        let (kind, backend, architecture) = match name {
            "extractive" => (Kind::Extractive, "extractive reader (no neural network)", "extractive"),
            "doubter" => (Kind::Doubter, "fixed answer (no neural network)", "doubter"),
            _ => return None,
        };
        let identity = ModelIdentity {
            name: format!("builtin:{name}"),
            backend: backend.into(),
            architecture: Some(architecture.into()),
            revision: None,
            weights_sha256: Some(sha256_hex(kind.rules_version().as_bytes())),
            tokenizer_sha256: None,
            chat_sha256: None,
            dtype: None,
            device: "none".into(),
            n_parameters: None,
            context_length: Some(CONTEXT_LENGTH as u64),
            bos: "auto (adds none)".into(),
        };
        Some(Self { kind, identity })
    }

    fn unsupported(&self, capability: Capability) -> BackendError {
        BackendError::Unsupported { model: self.identity.name.clone(), capability }
    }

    fn generate_one(&self, request: &GenerateRequest) -> Result<Generation, BackendError> {
        // A prompt may be megabytes long: it is cut into tokens once, and read as text.
        let (text, n_tokens) = match &request.prompt {
            Prompt::Text(text) => (Cow::Borrowed(text.as_str()), None),
            Prompt::Messages(messages) => (Cow::Owned(self.chat_prompt(messages)?), None),
            Prompt::Tokens(ids) => (Cow::Owned(self.detokenize(ids)?), Some(ids.len())),
        };
        let tokens = match n_tokens {
            Some(n_tokens) => n_tokens,
            None => encode(&text, Markers::AsText).map_err(tokenizer_error)?.len(),
        };
        if tokens > CONTEXT_LENGTH {
            return Err(BackendError::TooLong { tokens, limit: CONTEXT_LENGTH });
        }
        let answer = match self.kind {
            Kind::Extractive => rules::answer(&text, request.max_tokens),
            Kind::Doubter => DOUBT.to_owned(),
        };
        reply(&answer, request.max_tokens, &request.stop, tokens)
    }
}

impl Backend for BuiltinReader {
    fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            generate: true,
            chat: true,
            embed: self.kind == Kind::Extractive,
            tokenize: false,
            ..Capabilities::default()
        }
    }

    fn tokenize(&self, _text: &str) -> Result<Vec<u32>, BackendError> {
        Err(self.unsupported(Capability::Tokenize))
    }

    /// The contents, a blank line between them.
    fn chat_prompt(&self, messages: &[Message]) -> Result<String, BackendError> {
        let contents: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
        Ok(contents.join("\n\n"))
    }

    fn detokenize(&self, ids: &[u32]) -> Result<String, BackendError> {
        decode(ids).map_err(tokenizer_error)
    }

    fn score(&self, requests: &[ScoreRequest]) -> Vec<Result<TokenScores, BackendError>> {
        requests.iter().map(|_| Err(self.unsupported(Capability::Score))).collect()
    }

    fn generate(&self, requests: &[GenerateRequest]) -> Vec<Result<Generation, BackendError>> {
        requests.par_iter().map(|request| self.generate_one(request)).collect()
    }

    fn embed(&self, texts: &[String]) -> Vec<Result<Vec<f32>, BackendError>> {
        let embed = |text: &String| match self.kind {
            Kind::Extractive => Ok(embedding(text)),
            Kind::Doubter => Err(self.unsupported(Capability::Embed)),
        };
        texts.par_iter().map(embed).collect()
    }

    /// None: nothing is ever scored.
    fn pieces(&self, _scores: &TokenScores) -> Vec<String> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::request::{Bos, FinishReason};
    use super::*;

    fn request(prompt: Prompt, max_tokens: usize) -> GenerateRequest {
        GenerateRequest { prompt, max_tokens, stop: Vec::new(), bos: Bos::Auto, end_ids: None, sampling: None }
    }

    fn model(name: &str) -> BuiltinReader {
        BuiltinReader::open(name).expect("a builtin reader")
    }

    fn answered(model: &BuiltinReader, prompt: Prompt) -> Generation {
        model.generate(&[request(prompt, 20)]).remove(0).expect("an answer")
    }

    const SYSTEM: &str = "You take in material and recall it.";
    const USER: &str = "Memory 1:\n0. Ada lives in Arvo.\n7. Ada lives in Belm.\n\n[Task]\nNewest counts.\nNow Answer the Question: Where does Ada live?\nAnswer:";

    #[test]
    fn text_messages_and_tokens_are_answered_alike() {
        let reader = model("extractive");
        let message = |role: &str, content: &str| Message { role: role.into(), content: content.into() };
        let messages = vec![message("system", SYSTEM), message("user", USER)];
        let text = reader.chat_prompt(&messages).unwrap();
        let from_text = answered(&reader, Prompt::Text(text.clone()));
        assert_eq!((from_text.text.as_str(), from_text.finish_reason), ("Ada lives in Belm.", FinishReason::Stop));
        assert_eq!(answered(&reader, Prompt::Messages(messages)), from_text);
        let ids = encode(&text, Markers::AsText).unwrap();
        assert_eq!(from_text.n_prompt_tokens, ids.len());
        assert_eq!(answered(&reader, Prompt::Tokens(ids)), from_text);
    }

    #[test]
    fn the_doubter_doubts_everything() {
        let doubter = model("doubter");
        assert_eq!(answered(&doubter, Prompt::Text("Where do I live?".into())).text, DOUBT);
        assert!(!doubter.capabilities().embed && doubter.embed(&["x".into()])[0].is_err());
    }

    #[test]
    fn a_prompt_beyond_the_context_fails_alone() {
        let reader = model("extractive");
        let long = request(Prompt::Tokens(vec![0; CONTEXT_LENGTH + 1]), 5);
        let replies = reader.generate(&[long, request(Prompt::Text("Who?".into()), 5)]);
        assert_eq!(replies[0], Err(BackendError::TooLong { tokens: CONTEXT_LENGTH + 1, limit: CONTEXT_LENGTH }));
        assert!(replies[1].is_ok());
        let unknown = reader.generate(&[request(Prompt::Tokens(vec![u32::MAX]), 5)]);
        assert!(matches!(unknown[0], Err(BackendError::Tokenizer { .. })));
    }

    #[test]
    fn what_is_not_declared_is_refused() {
        let reader = model("extractive");
        assert!(matches!(reader.tokenize("x"), Err(BackendError::Unsupported { .. })));
        assert!(!reader.capabilities().score && !reader.capabilities().tokenize);
        assert_eq!(reader.embed(&["the ferry".into()])[0].as_ref().unwrap().len(), 512);
        assert!(BuiltinReader::open("original").is_none());
        assert_ne!(reader.identity().weights_sha256, model("doubter").identity().weights_sha256);
    }
}
