//! The HTTP side: routes, header, limits. What an agent does with a request is its own matter.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpListener;

use super::protocol::{
    AgentInfo, MemorizeRequest, Memorized, OpenRequest, Opened, PROTOCOL, PROTOCOL_HEADER, Problem, QueryReply,
    QueryRequest, Refusal, SessionStatus, is_session_id,
};

/// Longest body that is read. A chunk is some 20 kB; one without sentences can be a whole context.
pub const BODY_CAP_BYTES: usize = 64 << 20;

/// What a memory does. Session ids are checked before they come here.
pub trait MemoryAgent: Send + Sync + 'static {
    fn info(&self) -> AgentInfo;
    fn open(&self, request: OpenRequest) -> impl Future<Output = Result<Opened, Refusal>> + Send;
    fn memorize(&self, id: &str, chunk: MemorizeRequest) -> impl Future<Output = Result<Memorized, Refusal>> + Send;
    fn flush(&self, id: &str) -> impl Future<Output = Result<Memorized, Refusal>> + Send;
    fn status(&self, id: &str) -> impl Future<Output = Result<SessionStatus, Refusal>> + Send;
    fn query(&self, id: &str, query: QueryRequest) -> impl Future<Output = Result<QueryReply, Refusal>> + Send;
    fn close(&self, id: &str) -> impl Future<Output = Result<(), Refusal>> + Send;
}

/// Serves until the task is dropped.
pub async fn serve<A: MemoryAgent>(listener: TcpListener, agent: Arc<A>, body_cap_bytes: usize) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: no reason to spin.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let agent = Arc::clone(&agent);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let agent = Arc::clone(&agent);
                // A task of its own: what was begun is ended though the asking side hangs up, so that its repeat finds it done.
                let task = tokio::spawn(async move { answer(request, agent.as_ref(), body_cap_bytes).await });
                async move { Ok::<_, Infallible>(task.await.unwrap_or_else(|_| crashed())) }
            });
            let builder = hyper::server::conn::http1::Builder::new();
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer<A: MemoryAgent>(request: Request<Incoming>, agent: &A, body_cap_bytes: usize) -> Response<Full<Bytes>> {
    route(request, agent, body_cap_bytes).await.unwrap_or_else(|refusal| {
        let mut response = json(refusal.status, &Problem { error: refusal.error });
        if let Some(value) = refusal.retry_after.and_then(|value| HeaderValue::try_from(value).ok()) {
            response.headers_mut().insert(RETRY_AFTER, value);
        }
        response
    })
}

async fn route<A: MemoryAgent>(
    request: Request<Incoming>,
    agent: &A,
    body_cap_bytes: usize,
) -> Result<Response<Full<Bytes>>, Refusal> {
    let path = request.uri().path().to_owned();
    let segments: Vec<&str> = path.strip_prefix('/').unwrap_or(&path).split('/').collect();
    let allowed = match segments[..] {
        ["agent"] => "GET",
        ["sessions"] | ["sessions", _, "memorize" | "flush" | "query"] => "POST",
        ["sessions", _] => "GET, DELETE",
        _ => return Err(Refusal::new(404, "no such path")),
    };
    let method = request.method().clone();
    if !allowed.split(", ").any(|one| one == method.as_str()) {
        let mut response = json(405, &Problem { error: format!("this path takes {allowed}") });
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
        return Ok(response);
    }
    check_version(&request)?;
    if let ["sessions", id, ..] = segments[..] {
        check_id(id)?;
    }
    Ok(match segments[..] {
        ["agent"] => json(200, &agent.info()),
        ["sessions"] => {
            let request: OpenRequest = read(request, body_cap_bytes).await?;
            check_id(&request.session_id)?;
            json(201, &agent.open(request).await?)
        }
        ["sessions", id, "memorize"] => json(200, &agent.memorize(id, read(request, body_cap_bytes).await?).await?),
        ["sessions", id, "query"] => json(200, &agent.query(id, read(request, body_cap_bytes).await?).await?),
        ["sessions", id, "flush"] => json(200, &agent.flush(id).await?),
        ["sessions", id] if method == Method::DELETE => {
            agent.close(id).await?;
            response(204, Bytes::new())
        }
        ["sessions", id] => json(200, &agent.status(id).await?),
        _ => return Err(Refusal::new(404, "no such path")),
    })
}

fn check_version(request: &Request<Incoming>) -> Result<(), Refusal> {
    let told = request.headers().get(PROTOCOL_HEADER).and_then(|value| value.to_str().ok()).map(str::trim);
    match told {
        Some(told) if told.parse() == Ok(PROTOCOL) => Ok(()),
        Some(told) => Err(Refusal::new(400, format!("protocol {told:?} is not spoken here; {PROTOCOL} is"))),
        None => Err(Refusal::new(400, format!("the header {PROTOCOL_HEADER} is missing; {PROTOCOL} is spoken here"))),
    }
}

fn check_id(id: &str) -> Result<(), Refusal> {
    if is_session_id(id) {
        Ok(())
    } else {
        Err(Refusal::new(400, "a session's id has 1 to 128 of A-Z a-z 0-9 . _ - and is neither . nor .."))
    }
}

async fn read<T: DeserializeOwned>(request: Request<Incoming>, cap_bytes: usize) -> Result<T, Refusal> {
    let body = Limited::new(request.into_body(), cap_bytes).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Refusal::new(413, format!("a body has at most {cap_bytes} bytes"))
        } else {
            Refusal::new(400, "the body was cut")
        }
    })?;
    serde_json::from_slice(&body.to_bytes()).map_err(|error| Refusal::new(400, format!("the body: {error}")))
}

fn json(status: u16, value: &impl Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(value) {
        Ok(body) => response(status, body.into()),
        Err(_) => response(500, Bytes::from_static(b"{\"error\":\"the reply is not JSON\"}")),
    }
}

fn crashed() -> Response<Full<Bytes>> {
    json(500, &Problem { error: "the agent failed".into() })
}

fn response(status: u16, body: Bytes) -> Response<Full<Bytes>> {
    let is_empty = body.is_empty();
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if !is_empty {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}
