//! An exchange that somebody recorded: what this program makes of it. For the comparison with other clients.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::body::{Completion, PromptLogprobs, UsageBody, choices, read_body};
use super::read::{embeddings_of, text_of};
use super::score::{Sent, WireScores, echoed, prompted};
use super::stream;
use crate::backend::remote::engine::wait::retry_after;
use crate::backend::remote::fault::{Fault, FaultKind, status_fault};

/// What was sent, and what came back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RecordedExchange<'a> {
    pub(crate) request: &'a Value,
    /// `None`: the connection gave none.
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<&'a str>,
    /// What the transport complained of.
    pub(crate) transport_error: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// What it comes to.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Understood {
    /// Generated texts, in the order of the choices.
    pub(crate) texts: Vec<String>,
    pub(crate) n_vectors: usize,
}

impl RecordedExchange<'_> {
    /// The answer in it.
    ///
    /// # Errors
    /// What is wrong with the exchange, by name.
    pub(crate) fn understood(&self) -> Result<Understood, Fault> {
        self.transported()?;
        if let Some(Value::Array(inputs)) = self.request.get("input") {
            let (vectors, _) = embeddings_of(self.body, inputs.len())?;
            return Ok(Understood { n_vectors: vectors.len(), ..Understood::default() });
        }
        if self.request["stream"] == true {
            return Ok(Understood { texts: vec![stream::join(self.body)?.text], ..Understood::default() });
        }
        let mut reply: Completion = read_body(self.body)?;
        let usage = reply.usage.as_ref().and_then(UsageBody::usage);
        let choices = choices(&mut reply, self.body, self.n_choices())?;
        let texts = choices.iter().map(|choice| Ok(text_of(choice, usage.as_ref(), self.body)?.text));
        Ok(Understood { texts: texts.collect::<Result<_, Fault>>()?, ..Understood::default() })
    }

    /// Scores of one prompt of the exchange, when its first `n_context` tokens are only conditioned on.
    ///
    /// # Errors
    /// As [`Self::understood`]; a context as long as the prompt.
    pub(crate) fn scores(&self, prompt: usize, n_context: usize) -> Result<WireScores, Fault> {
        self.transported()?;
        let mut reply: Completion = read_body(self.body)?;
        let n_choices = self.n_choices();
        let told = reply.usage.as_ref().and_then(UsageBody::usage).map(|usage| usage.completion_tokens);
        let told = told.filter(|_| n_choices == 1);
        let choices = choices(&mut reply, self.body, n_choices)?;
        let missing = || Fault::new(FaultKind::LogprobsMissing, "the reply has no log-probabilities of its prompt");
        let choice = choices.get(prompt).ok_or_else(missing)?;
        if let Some(places) = &choice.prompt_logprobs {
            return self.prompted(places, n_context);
        }
        let body = choice.logprobs.as_ref().ok_or_else(missing)?;
        let max_tokens = self.request["max_tokens"].as_u64().unwrap_or(1);
        let tokens = body.tokens.as_ref().ok_or_else(missing)?;
        // A prompt of ids is known by its text in the reply.
        let n_prompt = tokens.len().saturating_sub(usize::try_from(max_tokens).unwrap_or(usize::MAX));
        let (context, text) = tokens[..n_prompt].split_at_checked(n_context).ok_or_else(missing)?;
        let (context, text) = (context.concat(), text.concat());
        echoed(body, Sent { context: &context, text: &text }, max_tokens, told)
    }

    fn prompted(&self, places: &[Option<PromptLogprobs>], n_context: usize) -> Result<WireScores, Fault> {
        let whole = self.request["prompt"].as_str().unwrap_or_default();
        let all = prompted(places, Sent { context: "", text: whole })?;
        let border: usize = all.pieces.iter().take(n_context).map(String::len).sum();
        let (context, text) = whole.split_at_checked(border).unwrap_or((whole, ""));
        prompted(places, Sent { context, text })
    }

    /// Prompts, or answers to one prompt.
    fn n_choices(&self) -> usize {
        let n_prompts = match &self.request["prompt"] {
            Value::Array(prompts) if !prompts.iter().all(Value::is_number) => prompts.len(),
            _ => 1,
        };
        n_prompts * self.request["n"].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(1)
    }

    fn transported(&self) -> Result<(), Fault> {
        if let Some(told) = self.transport_error {
            let kind = if self.status.is_some() { FaultKind::IncompleteBody } else { FaultKind::Reset };
            return Err(Fault::new(kind, told));
        }
        match self.status {
            Some(status) if !(200..300).contains(&status) => {
                let wait: Option<Duration> = retry_after(self.retry_after, None, SystemTime::UNIX_EPOCH);
                Err(status_fault(status, self.body, wait))
            }
            Some(_) => Ok(()),
            None => Err(Fault::new(FaultKind::Reset, "no status")),
        }
    }
}
