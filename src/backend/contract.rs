//! The seam to whoever answers: one trait.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::capability::{Capabilities, Capability};
use super::error::BackendError;
use super::jobs::{Delivery, EndpointReport, Halt, Job, JobEvent, Reply, Request};
use super::request::{
    GenerateRequest, Generation, GradientNorms, GradientRequest, Message, ModelIdentity, ScoreRequest, TokenScores,
    TokenizerFacts, TokensRequest,
};

/// Jobs that a model on this machine computes together; an interrupt is noticed between two such portions.
const PORTION: usize = 128;

/// Something that answers. Object safe; answers come back in the order of the requests.
///
/// Each request has its own outcome: one bad text never loses the others. A method that the model's
/// [`Capabilities`] do not declare answers every request with [`BackendError::Unsupported`].
pub trait Backend: Send + Sync {
    /// Who answers: hashes, dtype, device. Stable for the life of the value.
    fn identity(&self) -> &ModelIdentity;

    /// What this model can do; `run` checks its plan against it before the first request.
    fn capabilities(&self) -> Capabilities;

    /// Ids of a text, with what the tokenizer adds on its own.
    ///
    /// # Errors
    /// When the tokenizer is not known here, or refuses the text.
    fn tokenize(&self, text: &str) -> Result<Vec<u32>, BackendError>;

    /// Ids of a text and nothing else.
    ///
    /// # Errors
    /// When the tokenizer is not known here, or refuses the text.
    fn tokenize_plain(&self, _text: &str) -> Result<Vec<u32>, BackendError> {
        Err(BackendError::Unsupported { model: self.identity().name.clone(), capability: Capability::Tokenize })
    }

    /// The id of a vocabulary entry that is spelt exactly so, else that of the unknown token; `None` where there is neither.
    fn token_id(&self, _entry: &str) -> Option<u32> {
        None
    }

    /// A chat as the model was trained to read it, up to the place where its answer begins.
    ///
    /// # Errors
    /// [`BackendError::Unsupported`] where the template is not here; [`BackendError::Template`] where it refuses the messages.
    fn chat_prompt(&self, _messages: &[Message]) -> Result<String, BackendError> {
        Err(BackendError::Unsupported { model: self.identity().name.clone(), capability: Capability::Chat })
    }

    /// Text of ids, special tokens left out.
    ///
    /// # Errors
    /// When the tokenizer is not known here, or does not know an id.
    fn detokenize(&self, ids: &[u32]) -> Result<String, BackendError>;

    /// Log-probabilities of given tokens.
    fn score(&self, requests: &[ScoreRequest]) -> Vec<Result<TokenScores, BackendError>>;

    /// Greedy continuation.
    fn generate(&self, requests: &[GenerateRequest]) -> Vec<Result<Generation, BackendError>>;

    /// A vector for each text.
    ///
    /// A model that does not declare `embed` answers each with [`BackendError::Unsupported`].
    fn embed(&self, texts: &[String]) -> Vec<Result<Vec<f32>, BackendError>> {
        let unsupported =
            || BackendError::Unsupported { model: self.identity().name.clone(), capability: Capability::Embed };
        texts.iter().map(|_| Err(unsupported())).collect()
    }

    /// Log-probabilities of given ids; each is [`BackendError::Unsupported`] where `score_tokens` is not declared.
    fn score_tokens(&self, requests: &[TokensRequest]) -> Vec<Result<TokenScores, BackendError>> {
        let unsupported =
            || BackendError::Unsupported { model: self.identity().name.clone(), capability: Capability::ScoreTokens };
        requests.iter().map(|_| Err(unsupported())).collect()
    }

    /// Norms of the gradient of each text's loss; each is [`BackendError::Unsupported`] where `gradients` is not declared.
    fn gradient_norms(&self, requests: &[GradientRequest]) -> Vec<Result<GradientNorms, BackendError>> {
        let unsupported =
            || BackendError::Unsupported { model: self.identity().name.clone(), capability: Capability::Gradients };
        requests.iter().map(|_| Err(unsupported())).collect()
    }

    /// What is known of the tokenizer; `None` where it is not here.
    fn tokenizer_facts(&self) -> Option<TokenizerFacts> {
        None
    }

    /// The tokens of a scored text as people read them: one for each token that the model saw.
    fn pieces(&self, scores: &TokenScores) -> Vec<String>;

    /// Answers jobs as they come and hands each out as soon as it is there, in any order.
    ///
    /// `desk` may end the work by `Break`; `stop` is set by the user. Jobs that were not delivered count as not asked.
    ///
    /// # Errors
    /// Why the work ended before the jobs did.
    fn answer(
        &self,
        jobs: &mut dyn Iterator<Item = Job>,
        desk: &mut dyn FnMut(JobEvent) -> ControlFlow<()>,
        stop: &AtomicBool,
    ) -> Result<(), Halt> {
        answer_in_portions(self, jobs, desk, stop)
    }

    /// What is known of the endpoint behind it; `None` for a model on this machine.
    fn endpoint(&self) -> Option<&EndpointReport> {
        None
    }
}

/// Asks all requests, a job each, and gives their replies in order; a request that fails fails alone.
///
/// Why the work ended before all were answered stands beside the replies: what was not answered is
/// [`BackendError::Interrupted`].
pub fn answer_all<B: Backend + ?Sized>(
    backend: &B,
    requests: Vec<Request>,
    stop: &AtomicBool,
) -> (Vec<Result<Reply, BackendError>>, Result<(), Halt>) {
    let mut replies: Vec<Result<Reply, BackendError>> =
        requests.iter().map(|_| Err(BackendError::Interrupted)).collect();
    let mut jobs = requests.into_iter().enumerate().map(|(place, request)| Job {
        place,
        name: place.to_string(),
        repeat: 0,
        requests: vec![request],
    });
    let mut desk = |event: JobEvent| {
        if let JobEvent::Delivered(delivery) = event {
            replies[delivery.place] = delivery.replies.into_iter().next().unwrap_or(Err(BackendError::OtherReply));
        }
        ControlFlow::Continue(())
    };
    let ended = backend.answer(&mut jobs, &mut desk, stop);
    (replies, ended)
}

/// Answers jobs in portions, the requests of one kind together.
///
/// # Errors
/// [`Halt::Interrupted`] between two portions; [`Halt::Refused`].
fn answer_in_portions<B: Backend + ?Sized>(
    backend: &B,
    jobs: &mut dyn Iterator<Item = Job>,
    desk: &mut dyn FnMut(JobEvent) -> ControlFlow<()>,
    stop: &AtomicBool,
) -> Result<(), Halt> {
    loop {
        let portion: Vec<Job> = (&mut *jobs).take(PORTION).collect();
        if portion.is_empty() {
            return Ok(());
        }
        if stop.load(Ordering::Relaxed) {
            return Err(Halt::Interrupted);
        }
        let (started, n) = (Instant::now(), portion.len());
        let deliveries = answer_portion(backend, portion);
        #[expect(clippy::cast_precision_loss, reason = "a portion is small")]
        let latency_ms = started.elapsed().as_secs_f64() * 1e3 / n as f64;
        for delivery in deliveries {
            let delivery = Delivery { latency_ms, ..delivery };
            if desk(JobEvent::Delivered(delivery)).is_break() {
                return Err(Halt::Refused);
            }
        }
    }
}

fn answer_portion<B: Backend + ?Sized>(backend: &B, portion: Vec<Job>) -> Vec<Delivery> {
    let (mut scores, mut token_scores, mut generations) = (Vec::new(), Vec::new(), Vec::new());
    for request in portion.iter().flat_map(|job| &job.requests) {
        match request {
            Request::Score(request) => scores.push(request.clone()),
            Request::ScoreTokens(request) => token_scores.push(request.clone()),
            Request::Generate(request) => generations.push(request.clone()),
            Request::Choose(_) | Request::Embed(_) => {}
        }
    }
    let mut scores = backend.score(&scores).into_iter();
    let mut token_scores = backend.score_tokens(&token_scores).into_iter();
    let mut generations = backend.generate(&generations).into_iter();
    let missing = || Err(BackendError::Interrupted);
    portion
        .into_iter()
        .map(|job| {
            let replies = job.requests.iter().map(|request| match request {
                Request::Score(_) => scores.next().unwrap_or_else(missing).map(Reply::Scores),
                Request::ScoreTokens(_) => token_scores.next().unwrap_or_else(missing).map(Reply::Scores),
                Request::Generate(_) => {
                    generations.next().unwrap_or(Err(BackendError::Interrupted)).map(Reply::Generation)
                }
                Request::Embed(texts) => {
                    let vectors: Result<Vec<Vec<f32>>, BackendError> = backend.embed(texts).into_iter().collect();
                    vectors.map(Reply::Embeddings)
                }
                Request::Choose(_) => Err(BackendError::Unsupported {
                    model: backend.identity().name.clone(),
                    capability: Capability::Choose,
                }),
            });
            Delivery { place: job.place, replies: replies.collect(), latency_ms: 0.0, exchange: None }
        })
        .collect()
}
