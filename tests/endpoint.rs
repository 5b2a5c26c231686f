//! An endpoint of our own on a real socket: OpenAI-shaped, with faults on demand.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};

type Body = BoxBody<Bytes, std::io::Error>;

/// One way to give no answer, or a wrong one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Status(u16),
    /// 429 that asks to wait so many milliseconds.
    RateLimited(u64),
    /// JSON that ends in the middle, HTTP that does not.
    Truncated,
    /// Fewer bytes than announced.
    Cut,
    /// The connection is closed without a word.
    Reset,
    /// The first byte comes after so many milliseconds.
    SlowFirst(u64),
    /// A byte at a time.
    Dribble,
    /// Nothing comes, ever.
    Hang,
    Empty,
    Html,
    NoChoices,
    NanLogprob,
    PositiveLogprob,
    SentinelLogprob,
    WrongCount,
    TwoChoices,
    Endless,
}

/// What a model says to a message, or behind a prompt.
#[derive(Clone)]
pub struct Answerer(pub Arc<dyn Fn(&str) -> String + Send + Sync>);

impl Answerer {
    pub fn new(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }
}

impl fmt::Debug for Answerer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answerer")
    }
}

/// How the endpoint behaves.
#[derive(Debug, Clone, Default)]
pub struct Behaviour {
    /// Says what is answered, in place of a text that belongs to the prompt.
    pub answerer: Option<Answerer>,
    pub latency: Duration,
    /// Faults, each on this share of the requests, decided by the seed and the number of the request; the same request is
    /// answered the third time, so that no test hangs on luck.
    pub faults: Vec<(Fault, f64)>,
    pub seed: u64,
    /// Requests whose body holds the text always fail.
    pub sticky: Option<(String, Fault)>,
    /// More at once are answered with 429.
    pub most_at_once: Option<usize>,
    /// The key that must come.
    pub key: Option<String>,
    pub is_chat_only: bool,
    /// Completions tell no log-probabilities.
    pub is_without_logprobs: bool,
    /// Takes `max_tokens = 0` for no limit, and hangs.
    pub hangs_at_zero: bool,
    pub redirect_to: Option<String>,
    /// Lists no models.
    pub lists_nothing: bool,
    /// Replies do not say how many tokens they used.
    pub is_without_usage: bool,
}

/// What the endpoint has seen.
#[derive(Debug, Default)]
pub struct Seen {
    /// Requests but those for the list of models.
    pub requests: usize,
    pub listed: usize,
    /// How often each body came.
    pub bodies: HashMap<String, usize>,
    pub answered: usize,
    pub in_flight: usize,
    pub most_in_flight: usize,
    /// Requests that came while the endpoint had asked to be left alone.
    pub too_early: usize,
    /// How often each fault was given.
    pub faults: BTreeMap<Fault, usize>,
    pub first: Option<Instant>,
    pub last: Option<Instant>,
    /// Sum of the times for which requests were in flight.
    busy: Duration,
    quiet: Option<(Instant, Instant)>,
}

impl Seen {
    /// Mean number of requests in flight between the first and the last.
    pub fn mean_in_flight(&self) -> f64 {
        let span = self.first.zip(self.last).map_or(0.0, |(first, last)| last.duration_since(first).as_secs_f64());
        self.busy.as_secs_f64() / span.max(1e-9)
    }
}

/// A running endpoint; ends with the value.
pub struct Endpoint {
    pub address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
    behaviour: Arc<Mutex<Behaviour>>,
    _runtime: tokio::runtime::Runtime,
}

impl Endpoint {
    pub fn start(behaviour: Behaviour) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let seen = Arc::new(Mutex::new(Seen::default()));
        let behaviour = Arc::new(Mutex::new(behaviour));
        let shared = (Arc::clone(&seen), Arc::clone(&behaviour));
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let _ = stream.set_nodelay(true);
                let (seen, behaviour) = (Arc::clone(&shared.0), Arc::clone(&shared.1));
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&seen), Arc::clone(&behaviour)));
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self { address, seen, behaviour, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// `--model` for it.
    pub fn model(&self) -> String {
        format!("{}#mock", self.url())
    }

    /// An entry `@mock` of models.toml, with further keys.
    pub fn entry(&self, further: &str) -> String {
        format!("[model.mock]\nurl = \"{}\"\nmodel = \"mock\"\n{further}\n", self.url())
    }

    pub fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.seen.lock().expect("not poisoned"))
    }

    pub fn behave(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().expect("not poisoned"));
    }

    pub fn n_requests(&self) -> usize {
        self.seen(|seen| seen.requests)
    }
}

/// Counts a request as in flight for as long as it lives.
struct InFlight {
    seen: Arc<Mutex<Seen>>,
    begun: Instant,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut seen = self.seen.lock().expect("not poisoned");
        seen.in_flight -= 1;
        seen.busy += self.begun.elapsed();
        seen.last = Some(Instant::now());
    }
}

async fn answer(
    request: Request<Incoming>,
    seen: Arc<Mutex<Seen>>,
    behaviour: Arc<Mutex<Behaviour>>,
) -> Result<Response<Body>, std::io::Error> {
    let behaviour = behaviour.lock().expect("not poisoned").clone();
    let path = request.uri().path().to_owned();
    let key = request.headers().get("authorization").or(request.headers().get("x-api-key")).cloned();
    let body = request.into_body().collect().await.map_err(std::io::Error::other)?.to_bytes();
    if let Some(wanted) = &behaviour.key {
        let given = key.as_ref().and_then(|key| key.to_str().ok()).map(|key| key.trim_start_matches("Bearer "));
        if given != Some(wanted) {
            let told = given.unwrap_or("no key").to_owned();
            count(&seen, &path, &body);
            let _in_flight = InFlight { seen: Arc::clone(&seen), begun: Instant::now() };
            return Ok(refusal(401, &format!("Incorrect API key provided: {told}")));
        }
    }
    if path.ends_with("/models") {
        seen.lock().expect("not poisoned").listed += 1;
        return Ok(if behaviour.lists_nothing {
            refusal(404, "no such method")
        } else {
            whole(&json!({"object": "list", "data": [{"id": "mock", "max_model_len": 4096}, {"id": "other"}]}))
        });
    }
    let (number, at_once, times) = count(&seen, &path, &body);
    let _in_flight = InFlight { seen: Arc::clone(&seen), begun: Instant::now() };
    if let Some(to) = &behaviour.redirect_to {
        let mut response = refusal(307, "elsewhere");
        response.headers_mut().insert(LOCATION, HeaderValue::from_str(to).expect("a URL"));
        return Ok(response);
    }
    if behaviour.most_at_once.is_some_and(|most| at_once > most) {
        *seen.lock().expect("not poisoned").faults.entry(Fault::Status(429)).or_default() += 1;
        return Ok(refusal(429, "too many at once"));
    }
    let text = String::from_utf8_lossy(&body).into_owned();
    let sticky = behaviour.sticky.as_ref().filter(|(needle, _)| text.contains(needle)).map(|(_, fault)| *fault);
    let fault = sticky.or_else(|| drawn(&behaviour, number).filter(|_| times <= 2));
    if let Some(fault) = fault {
        *seen.lock().expect("not poisoned").faults.entry(fault).or_default() += 1;
    }
    if let Some(Fault::SlowFirst(wait)) = fault {
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
    tokio::time::sleep(behaviour.latency).await;
    let Ok(asked) = serde_json::from_slice::<Value>(&body) else { return Ok(refusal(400, "no JSON")) };
    let mut reply = match path.rsplit('/').next() {
        _ if behaviour.is_chat_only && path.ends_with("/completions") && !path.ends_with("chat/completions") => {
            return Ok(refusal(404, "no such method"));
        }
        Some("completions") if path.ends_with("chat/completions") => chat(&asked, behaviour.answerer.as_ref()),
        Some("completions") => {
            if behaviour.hangs_at_zero && asked["max_tokens"] == 0 {
                tokio::time::sleep(Duration::from_secs(3600)).await;
            }
            completion(&asked, &behaviour)
        }
        Some("embeddings") => embeddings(&asked),
        Some("messages") => json!({
            "id": "msg_mock", "content": [{"type": "text", "text": answer_to(&asked.to_string())}],
            "stop_reason": "end_turn", "usage": {"input_tokens": 7, "output_tokens": 2},
        }),
        _ => return Ok(refusal(404, "no such method")),
    };
    if behaviour.is_without_usage {
        reply.as_object_mut().map(|reply| reply.remove("usage"));
    }
    if asked["stream"] == true {
        return Ok(events(&reply));
    }
    let response = with_fault(reply, fault, &seen);
    if response.is_ok() && fault.is_none() {
        seen.lock().expect("not poisoned").answered += 1;
    }
    match fault {
        Some(Fault::Hang) => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            response
        }
        _ => response,
    }
}

fn count(seen: &Mutex<Seen>, path: &str, body: &Bytes) -> (usize, usize, usize) {
    let mut seen = seen.lock().expect("not poisoned");
    let now = Instant::now();
    seen.first.get_or_insert(now);
    seen.requests += 1;
    seen.in_flight += 1;
    seen.most_in_flight = seen.most_in_flight.max(seen.in_flight);
    let times = seen.bodies.entry(format!("{path} {}", String::from_utf8_lossy(body))).or_default();
    *times += 1;
    let times = *times;
    // A request that was on its way when the pause began is no breach.
    if seen.quiet.is_some_and(|(begun, until)| now > begun + Duration::from_millis(200) && now < until) {
        seen.too_early += 1;
    }
    (seen.requests, seen.in_flight, times)
}

fn drawn(behaviour: &Behaviour, number: usize) -> Option<Fault> {
    let draw = share(&format!("{} {number}", behaviour.seed));
    let mut upper = 0.0;
    behaviour.faults.iter().find_map(|(fault, of)| {
        upper += of;
        (draw < upper).then_some(*fault)
    })
}

/// A number from 0 to 1 that belongs to a text (FNV-1a, then a finaliser).
pub fn share(text: &str) -> f64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^= hash >> 33;
    (hash >> 11) as f64 / (1_u64 << 53) as f64
}

fn full(status: u16, kind: &'static str, text: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(text.into()).map_err(|never: Infallible| match never {}).boxed();
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn whole(value: &Value) -> Response<Body> {
    full(200, "application/json", value.to_string())
}

fn refusal(status: u16, message: &str) -> Response<Body> {
    full(status, "application/json", json!({"error": {"message": message, "code": "mock"}}).to_string())
}

fn in_pieces(pieces: impl Iterator<Item = (Duration, Result<Bytes, std::io::Error>)> + Send + Sync + 'static) -> Body {
    let stream = stream::unfold(pieces, |mut pieces| async move {
        let (wait, piece) = pieces.next()?;
        tokio::time::sleep(wait).await;
        Some((piece.map(Frame::data), pieces))
    });
    BodyExt::boxed(StreamBody::new(stream))
}

fn with_fault(mut reply: Value, fault: Option<Fault>, seen: &Mutex<Seen>) -> Result<Response<Body>, std::io::Error> {
    let text = reply.to_string();
    let half = text.len() / 2;
    Ok(match fault {
        None | Some(Fault::SlowFirst(_) | Fault::Hang) => whole(&reply),
        Some(Fault::Status(status)) => refusal(status, "the mock was told to fail"),
        Some(Fault::RateLimited(wait)) => {
            let mut seen = seen.lock().expect("not poisoned");
            let now = Instant::now();
            seen.quiet = Some((now, now + Duration::from_millis(wait)));
            let mut response = refusal(429, "slow down");
            let after = format!("{}", wait as f64 / 1e3);
            response.headers_mut().insert("retry-after", HeaderValue::from_str(&after).expect("a number"));
            response
        }
        Some(Fault::Truncated) => full(200, "application/json", text[..half].to_owned()),
        Some(Fault::Cut) => {
            let pieces = [Ok(Bytes::from(text[..half].to_owned())), Err(std::io::Error::other("cut"))];
            let mut response =
                Response::new(in_pieces(pieces.into_iter().map(|piece| (Duration::from_millis(5), piece))));
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(text.len()));
            response
        }
        Some(Fault::Reset) => return Err(std::io::Error::other("reset")),
        Some(Fault::Dribble) => {
            let bytes: Vec<u8> = text.into_bytes();
            let pieces = bytes.into_iter().map(|byte| (Duration::from_millis(1), Ok(Bytes::from(vec![byte]))));
            Response::new(in_pieces(pieces))
        }
        Some(Fault::Empty) => full(200, "application/json", ""),
        Some(Fault::Html) => full(200, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>"),
        Some(Fault::NoChoices) => whole(&json!({"id": "x", "object": "error"})),
        Some(Fault::TwoChoices) => {
            let choices = reply["choices"].as_array().cloned().unwrap_or_default();
            reply["choices"] = json!([choices[0], choices[0]]);
            whole(&reply)
        }
        Some(Fault::NanLogprob) => {
            reply["choices"][0]["logprobs"]["token_logprobs"][1] = json!("NOT-A-NUMBER");
            full(200, "application/json", reply.to_string().replace("\"NOT-A-NUMBER\"", "NaN"))
        }
        Some(Fault::PositiveLogprob) => {
            reply["choices"][0]["logprobs"]["token_logprobs"][1] = json!(0.25);
            whole(&reply)
        }
        Some(Fault::SentinelLogprob) => {
            reply["choices"][0]["logprobs"]["token_logprobs"][1] = json!(-9999.0);
            whole(&reply)
        }
        Some(Fault::WrongCount) => {
            if let Some(list) = reply["choices"][0]["logprobs"]["token_logprobs"].as_array_mut() {
                list.pop();
            }
            whole(&reply)
        }
        Some(Fault::Endless) => {
            let piece = Bytes::from(vec![b' '; 1 << 18]);
            Response::new(in_pieces(std::iter::repeat_with(move || (Duration::ZERO, Ok(piece.clone())))))
        }
    })
}

/// Words with the space before them, at most six letters; all else one by one.
pub fn tokens(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for c in text.chars() {
        let joins = c.is_alphanumeric()
            && found.last().is_some_and(|last| {
                let letters = last.trim_start_matches(' ');
                last == " "
                    || (letters.chars().count() < 6
                        && letters.chars().all(char::is_alphanumeric)
                        && !letters.is_empty())
            });
        match found.last_mut() {
            Some(last) if joins => last.push(c),
            _ => found.push(c.to_string()),
        }
    }
    found
}

/// The log-probability of a token behind a text: the same for everybody who asks.
pub fn logprob(before: &str, token: &str) -> f64 {
    let draw = share(&format!("{before}|{token}"));
    (-8.0 * draw * 1e6).round() / 1e6
}

fn completion(asked: &Value, behaviour: &Behaviour) -> Value {
    let prompts: Vec<String> = match &asked["prompt"] {
        Value::Array(list) if list.iter().all(Value::is_string) => {
            list.iter().filter_map(|it| it.as_str().map(str::to_owned)).collect()
        }
        Value::Array(ids) => vec![ids.iter().map(|id| format!(" w{id}")).collect()],
        prompt => vec![prompt.as_str().unwrap_or_default().to_owned()],
    };
    let n_generated = asked["max_tokens"].as_u64().unwrap_or(16);
    let mut n_prompt = 0;
    let choices: Vec<Value> = prompts
        .iter()
        .enumerate()
        .map(|(index, prompt)| {
            let mut pieces = if asked["echo"] == true { tokens(prompt) } else { Vec::new() };
            n_prompt += tokens(prompt).len();
            if let Some(answerer) = &behaviour.answerer {
                let text = (answerer.0)(prompt);
                return json!({"index": index, "text": text, "finish_reason": "stop", "logprobs": null});
            }
            let generated: Vec<String> = (0..n_generated).map(|n| format!(" g{:.0}", share(&format!("{prompt}{n}")) * 99.0)).collect();
            pieces.extend(generated);
            let mut before = String::new();
            let (mut offsets, mut logprobs, mut tops) = (Vec::new(), Vec::new(), Vec::new());
            for (place, piece) in pieces.iter().enumerate() {
                offsets.push(before.chars().count());
                let value = logprob(&before, piece);
                let is_first = place == 0 && asked["echo"] == true;
                logprobs.push(if is_first { Value::Null } else { json!(value) });
                let other = if piece == " the" { " of" } else { " the" };
                tops.push(if is_first { Value::Null } else { json!({piece: value, other: -0.6}) });
                before.push_str(piece);
            }
            let told = json!({"tokens": pieces, "token_logprobs": logprobs, "top_logprobs": tops, "text_offset": offsets});
            let has_told = !asked["logprobs"].is_null() && !behaviour.is_without_logprobs;
            json!({"index": index, "text": before, "finish_reason": "length", "logprobs": if has_told { told } else { Value::Null }})
        })
        .collect();
    let n_out = n_generated * prompts.len() as u64;
    json!({"id": "cmpl-mock", "object": "text_completion", "model": "mock", "choices": choices,
        "usage": {"prompt_tokens": n_prompt, "completion_tokens": n_out, "total_tokens": n_prompt as u64 + n_out}})
}

/// `[[ans:X]]` in a prompt is answered with X.
fn answer_to(prompt: &str) -> String {
    prompt
        .split_once("[[ans:")
        .and_then(|(_, rest)| rest.split_once("]]"))
        .map_or_else(|| format!("answer {:.0}", share(prompt) * 1e6), |(answer, _)| answer.to_owned())
}

fn chat(asked: &Value, answerer: Option<&Answerer>) -> Value {
    let prompt: String = asked["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|message| message["content"].as_str().map_or_else(|| message["content"].to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join("\n");
    let text = answerer.map_or_else(|| answer_to(&prompt), |answerer| (answerer.0)(&prompt));
    let logprobs = if asked["logprobs"] == true {
        let letters = ["A", "B", "C", "D"];
        let top: Vec<Value> =
            letters.iter().map(|letter| json!({"token": letter, "logprob": logprob(&prompt, letter) - 0.01})).collect();
        json!({"content": [{"token": "A", "logprob": logprob(&prompt, "A") - 0.01, "top_logprobs": top}]})
    } else {
        Value::Null
    };
    json!({"id": "chatcmpl-mock", "object": "chat.completion", "model": "mock", "system_fingerprint": "mock-1",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop", "logprobs": logprobs}],
        "usage": {"prompt_tokens": tokens(&prompt).len(), "completion_tokens": 2, "total_tokens": tokens(&prompt).len() + 2}})
}

fn embeddings(asked: &Value) -> Value {
    let texts: Vec<&str> = asked["input"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector: Vec<f64> = (0..8).map(|n| share(&format!("{text}{n}"))).collect();
            json!({"index": index, "embedding": vector})
        })
        .rev()
        .collect();
    json!({"object": "list", "model": "mock", "data": data, "usage": {"prompt_tokens": texts.len(), "total_tokens": texts.len()}})
}

fn events(reply: &Value) -> Response<Body> {
    let choice = &reply["choices"][0];
    let text = choice["message"]["content"].as_str().or(choice["text"].as_str()).unwrap_or_default().to_owned();
    let mut out = String::new();
    for c in text.chars() {
        out.push_str(&format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": c.to_string()}}]})));
    }
    out.push_str(&format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})));
    out.push_str(&format!("data: {}\n\n", json!({"choices": [], "usage": reply["usage"]})));
    out.push_str("data: [DONE]\n\n");
    full(200, "text/event-stream", out)
}
