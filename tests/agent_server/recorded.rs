//! A service that gives recorded replies, each to the recorded request only.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

use super::upstream::{UpstreamReply, UpstreamRequest};

#[derive(Debug, Clone, Deserialize)]
pub struct Exchange {
    pub request: UpstreamRequest,
    pub reply: UpstreamReply,
}

/// The exchanges of `tests/fixtures/agents/NAME.jsonl`.
pub fn exchanges(name: &str) -> Vec<Exchange> {
    let path = format!("{}/tests/fixtures/agents/{name}.jsonl", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{path}: {error}"))).collect()
}

#[derive(Debug)]
struct Heard {
    due: VecDeque<Exchange>,
    surprises: Vec<String>,
}

pub struct Recorded {
    pub address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    _runtime: Runtime,
}

impl Recorded {
    /// Wants the exchanges in their order, each with this `authorization`.
    pub fn start(exchanges: Vec<Exchange>, authorization: &'static str) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        let heard = Arc::new(Mutex::new(Heard { due: exchanges.into(), surprises: Vec::new() }));
        let shared = Arc::clone(&heard);
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let heard = Arc::clone(&shared);
                tokio::spawn(async move {
                    let service = service_fn(move |request| answer(request, Arc::clone(&heard), authorization));
                    let builder = hyper::server::conn::http1::Builder::new();
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        Self { address, heard, _runtime: runtime }
    }

    /// Every exchange took place, and nothing else was asked.
    pub fn assert_told(&self) {
        let heard = self.heard.lock().expect("not poisoned");
        assert!(heard.surprises.is_empty() && heard.due.is_empty(), "{heard:#?}");
    }
}

async fn answer(
    request: Request<Incoming>,
    heard: Arc<Mutex<Heard>>,
    authorization: &str,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let method = request.method().to_string();
    let path = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let is_authorized = request.headers().get("authorization").is_some_and(|value| value == authorization);
    let bytes = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let body: Option<Value> =
        (!bytes.is_empty()).then(|| serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::from("no JSON")));
    let asked = UpstreamRequest::new(&method, path, body);
    let mut heard = heard.lock().expect("not poisoned");
    let is_due = is_authorized && heard.due.front().is_some_and(|due| due.request == asked);
    let Some(due) = is_due.then(|| heard.due.pop_front()).flatten() else {
        heard.surprises.push(format!("{asked:?}, authorized: {is_authorized}"));
        let mut response = Response::new(Full::new(Bytes::from_static(b"not recorded")));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        return Ok(response);
    };
    let body = if due.reply.body.is_null() { String::new() } else { due.reply.body.to_string() };
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = StatusCode::from_u16(due.reply.status).expect("a status");
    Ok(response)
}
