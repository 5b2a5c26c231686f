//! A memory agent of our own on a real socket: keeps to the protocol but for the faults that it is told, and remembers what it was asked.

use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::sync::watch;

/// A route of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    About,
    Open,
    Memorize,
    Flush,
    State,
    Query,
    Close,
    /// None of the protocol's.
    Other,
}

/// One way not to keep to the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Status(u16),
    /// Nothing comes, ever.
    Hang,
    Html,
    Empty,
    /// It speaks another version.
    Version(u64),
    /// It says that it has memorised so many pieces.
    Memorized(u64),
    /// It answers for another session.
    OtherSession,
    /// It calls itself broken.
    Failed,
    /// It takes a piece and works on it later.
    Accepted,
    /// It is not ready yet.
    Indexing,
    /// It tells the tokens of prompt and reply that a piece took: no fault, but not asked of it either.
    Usage(u64, u64),
}

/// A fault, and when it comes.
#[derive(Debug, Clone, Copy)]
pub struct Faulty {
    pub step: Step,
    /// Only requests whose body holds the text; of steps without a body, sessions whose pieces hold it.
    pub about: &'static str,
    pub fault: Fault,
    /// How often it comes.
    pub times: usize,
}

impl Faulty {
    pub const fn always(step: Step, about: &'static str, fault: Fault) -> Self {
        Self { step, about, fault, times: usize::MAX }
    }
}

type Reply = dyn Fn(&Value, &[Value]) -> Value + Send + Sync;

/// Gives the `answer` or the `memories` of a reply: out of the question's body and the session's pieces.
#[derive(Clone)]
pub struct Replier(Arc<Reply>);

impl Replier {
    pub fn new(reply: impl Fn(&Value, &[Value]) -> Value + Send + Sync + 'static) -> Self {
        Self(Arc::new(reply))
    }

    /// Answers a question by itself.
    pub fn answering(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self::new(move |body, _| {
            let question = body["question"].as_str().unwrap_or_default();
            json!({"mode": "answer", "answer": answer(question)})
        })
    }
}

impl fmt::Debug for Replier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Replier")
    }
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Heard {
    pub step: Step,
    /// Path and body in one, for looking for what must not be there.
    pub whole: String,
    /// Of the session that it belongs to.
    pub session: String,
    /// Null where there is none.
    pub body: Value,
    /// `idempotency-key`.
    pub key: Option<String>,
    /// `mnemoscope-agent-protocol`.
    pub version: Option<String>,
}

#[derive(Debug, Default)]
struct State {
    heard: Vec<Heard>,
    /// Pieces of the sessions that are open.
    pieces: BTreeMap<String, Vec<Value>>,
    faults: Vec<Faulty>,
}

/// A running agent; ends with the value.
pub struct Agent {
    address: SocketAddr,
    shared: Arc<Shared>,
    _runtime: tokio::runtime::Runtime,
}

struct Shared {
    state: Mutex<State>,
    has_heard: Condvar,
    replier: Replier,
    /// Questions that may be answered by now.
    passing: watch::Sender<usize>,
}

impl Agent {
    /// An agent with faults.
    pub fn start(replier: Replier, faults: &[Faulty]) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let state = State { faults: faults.to_vec(), ..State::default() };
        let (passing, _) = watch::channel(usize::MAX);
        let shared = Arc::new(Shared { state: Mutex::new(state), has_heard: Condvar::new(), replier, passing });
        let serving = Arc::clone(&shared);
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let _ = stream.set_nodelay(true);
                let shared = Arc::clone(&serving);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&shared)));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { address, shared, _runtime: runtime }
    }

    /// One that answers every question with the same words.
    pub fn saying(words: &'static str, faults: &[Faulty]) -> Self {
        Self::start(Replier::answering(move |_| words.to_owned()), faults)
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was asked so far, in the order in which it came.
    pub fn heard(&self) -> Vec<Heard> {
        self.shared.state.lock().expect("not poisoned").heard.clone()
    }

    pub fn heard_of(&self, step: Step) -> Vec<Heard> {
        self.heard().into_iter().filter(|one| one.step == step).collect()
    }

    /// Forgets what it was asked; sessions stay.
    pub fn forget_what_was_heard(&self) {
        self.shared.state.lock().expect("not poisoned").heard.clear();
    }

    /// Lets so many questions through from now on, counted from the first; the others wait.
    pub fn let_pass(&self, n: usize) {
        self.shared.passing.send_replace(n);
    }

    /// Waits until it has heard so many requests of a step.
    pub fn wait_for(&self, step: Step, n: usize) {
        let limit = Instant::now() + Duration::from_secs(120);
        let mut state = self.shared.state.lock().expect("not poisoned");
        while state.heard.iter().filter(|one| one.step == step).count() < n {
            let left = limit.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{n} requests of {step:?} never came");
            state = self.shared.has_heard.wait_timeout(state, left).expect("not poisoned").0;
        }
    }
}

fn step_of(method: &Method, path: &str) -> (Step, String) {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let step = match (method, segments.as_slice()) {
        (&Method::GET, ["agent"]) => Step::About,
        (&Method::POST, ["sessions"]) => Step::Open,
        (&Method::POST, ["sessions", _, "memorize"]) => Step::Memorize,
        (&Method::POST, ["sessions", _, "flush"]) => Step::Flush,
        (&Method::POST, ["sessions", _, "query"]) => Step::Query,
        (&Method::GET, ["sessions", _]) => Step::State,
        (&Method::DELETE, ["sessions", _]) => Step::Close,
        _ => Step::Other,
    };
    (step, segments.get(1).copied().unwrap_or_default().to_owned())
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (step, mut session) = step_of(request.method(), request.uri().path());
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (key, version) = (header("idempotency-key"), header("mnemoscope-agent-protocol"));
    let path = request.uri().to_string();
    let bytes = request.into_body().collect().await?.to_bytes();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let body: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
    if step == Step::Open {
        session = body["session_id"].as_str().unwrap_or_default().to_owned();
    }
    let (number, fault) = {
        let mut state = shared.state.lock().expect("not poisoned");
        let whole = format!("{path} {} {text}", key.as_deref().unwrap_or_default());
        state.heard.push(Heard { step, whole, session: session.clone(), body: body.clone(), key, version });
        let number = state.heard.iter().filter(|one| one.step == step).count();
        let told = match &body {
            Value::Null => json!(state.pieces.get(&session)).to_string(),
            _ => text,
        };
        let fits = |one: &&mut Faulty| one.step == step && one.times > 0 && told.contains(one.about);
        let fault = state.faults.iter_mut().find(fits).map(|one| {
            one.times -= 1;
            one.fault
        });
        (number, fault)
    };
    shared.has_heard.notify_all();
    if step == Step::Query {
        let mut passing = shared.passing.subscribe();
        let _ = passing.wait_for(|passing| number <= *passing).await;
    }
    if fault == Some(Fault::Hang) {
        std::future::pending::<()>().await;
    }
    let (status, mut reply) = reply(&shared, step, &session, &body);
    Ok(match fault {
        None | Some(Fault::Hang) => sent(status, reply.to_string()),
        Some(Fault::Status(status)) => sent(status, json!({"error": "told to fail"}).to_string()),
        Some(Fault::Html) => sent(200, "<html><body>It works!</body></html>".to_owned()),
        Some(Fault::Empty) => sent(200, String::new()),
        Some(Fault::Version(version)) => changed(status, &mut reply, "protocol", json!(version)),
        Some(Fault::Memorized(n)) => changed(status, &mut reply, "n_memorized", json!(n)),
        Some(Fault::OtherSession) => changed(status, &mut reply, "session_id", json!("somebody-else")),
        Some(Fault::Failed) => changed(status, &mut reply, "state", json!("failed")),
        Some(Fault::Accepted) => changed(status, &mut reply, "status", json!("accepted")),
        Some(Fault::Usage(prompt, reply_tokens)) => {
            let usage = json!({"prompt_tokens": prompt, "completion_tokens": reply_tokens});
            changed(status, &mut reply, "usage", usage)
        }
        Some(Fault::Indexing) => changed(status, &mut reply, "state", json!("indexing")),
    })
}

/// What an agent without a fault replies.
fn reply(shared: &Shared, step: Step, session: &str, body: &Value) -> (u16, Value) {
    let mut state = shared.state.lock().expect("not poisoned");
    let unknown = (404, json!({"error": "no such session"}));
    match step {
        Step::About => (
            200,
            json!({"protocol": 1, "name": "scripted", "version": "1", "query_isolation": "read_only", "more": "ignored"}),
        ),
        Step::Open => match state.pieces.get(session) {
            Some(pieces) if !pieces.is_empty() => (409, json!({"error": "it holds pieces"})),
            _ => {
                state.pieces.insert(session.to_owned(), Vec::new());
                (201, json!({"session_id": session}))
            }
        },
        Step::Memorize => match state.pieces.get_mut(session) {
            Some(pieces) if body["index"] == json!(pieces.len()) => {
                pieces.push(body.clone());
                (200, json!({"status": "ok"}))
            }
            Some(pieces) if body["index"].as_u64().is_some_and(|index| index < pieces.len() as u64) => {
                (200, json!({"status": "ok"}))
            }
            Some(_) => (409, json!({"error": "out of order"})),
            None => unknown,
        },
        Step::Flush => (200, json!({"status": "ok"})),
        Step::State => match state.pieces.get(session) {
            Some(pieces) => (200, json!({"session_id": session, "state": "ready", "n_memorized": pieces.len()})),
            None => unknown,
        },
        Step::Query => match state.pieces.get(session) {
            Some(pieces) => {
                let mut told = (shared.replier.0)(body, pieces);
                told["session_id"] = json!(session);
                told["n_memorized"] = json!(pieces.len());
                (200, told)
            }
            None => unknown,
        },
        Step::Close => match state.pieces.remove(session) {
            Some(_) => (204, Value::Null),
            None => unknown,
        },
        Step::Other => (404, json!({"error": "no such path"})),
    }
}

fn changed(status: u16, reply: &mut Value, field: &str, value: Value) -> Response<Full<Bytes>> {
    reply[field] = value;
    sent(status, reply.to_string())
}

fn sent(status: u16, text: String) -> Response<Full<Bytes>> {
    let text = if status == 204 { String::new() } else { text };
    let kind = if text.starts_with('<') { "text/html" } else { "application/json" };
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
