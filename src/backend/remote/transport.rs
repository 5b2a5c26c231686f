//! One request, one reply: time-outs with names, a limit for the body, no redirects, the key in one header.

use std::time::{Duration, Instant, SystemTime};

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Response, Url};

use super::engine::wait::{reset_time, retry_after};
use super::fault::{Fault, FaultKind, status_fault};
use super::models_file::{Kind, Timeouts};
use super::secret::Secret;
use crate::backend::open_error::OpenError;
use crate::redact::redact;

/// Largest body that is read, unpacked: 64 MiB.
pub(super) const BODY_CAP: usize = 64 << 20;
/// Version of Anthropic's interface that is spoken.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// The way to one endpoint.
#[derive(Debug)]
pub(super) struct Transport {
    client: Client,
    key: Option<Secret>,
    timeouts: Timeouts,
    body_cap: usize,
}

/// A reply with status 200 to 299.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) body: Vec<u8>,
    pub(super) first_byte: Duration,
    pub(super) total: Duration,
    /// The endpoint's own limit is used up for so long.
    pub(super) full_for: Option<Duration>,
}

impl Transport {
    /// Prepares a client; sends nothing.
    ///
    /// # Errors
    /// The key cannot stand in a header, or TLS cannot be set up.
    pub(super) fn new(
        model: &str,
        kind: Kind,
        key: Option<Secret>,
        timeouts: Timeouts,
        connections: usize,
    ) -> Result<Self, OpenError> {
        let fail = |reason: String| OpenError::Transport { model: model.to_owned(), reason };
        let mut headers = HeaderMap::new();
        if let Some(key) = &key {
            let (name, text) = match kind {
                Kind::Anthropic => (HeaderName::from_static("x-api-key"), key.expose().to_owned()),
                _ => (AUTHORIZATION, format!("Bearer {}", key.expose())),
            };
            let mut value =
                HeaderValue::from_str(&text).map_err(|_| fail("the key cannot stand in a header".into()))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        if kind == Kind::Anthropic {
            headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static(ANTHROPIC_VERSION));
        }
        let client = Client::builder()
            .default_headers(headers)
            .user_agent(concat!("mnemoscope/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(timeouts.connect)
            .pool_max_idle_per_host(connections)
            .tcp_nodelay(true)
            .http1_only()
            .build()
            .map_err(|error| fail(error.without_url().to_string()))?;
        Ok(Self { client, key, timeouts, body_cap: BODY_CAP })
    }

    /// `text` without anything secret.
    fn scrub(&self, text: &str) -> String {
        redact(&self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.scrub(text)))
    }

    /// Sends a body, and waits for the whole reply.
    ///
    /// # Errors
    /// The fault by name; nothing secret is in it.
    pub(super) async fn post(&self, url: Url, body: Vec<u8>) -> Result<Received, Fault> {
        self.exchange(Method::POST, url, Some(body)).await
    }

    /// Asks without a body.
    ///
    /// # Errors
    /// As [`Self::post`].
    pub(super) async fn get(&self, url: Url) -> Result<Received, Fault> {
        self.exchange(Method::GET, url, None).await
    }

    async fn exchange(&self, method: Method, url: Url, body: Option<Vec<u8>>) -> Result<Received, Fault> {
        let whole = tokio::time::timeout(self.timeouts.total, self.attempt(method, url, body)).await;
        let outcome = whole.unwrap_or_else(|_| {
            let detail = format!("no whole answer in {} s", self.timeouts.total.as_secs_f64());
            Err(Fault::new(FaultKind::TimeoutTotal, detail))
        });
        outcome.map_err(|fault| self.scrubbed(fault))
    }

    /// A fault without anything secret: servers echo what they were sent.
    pub(super) fn scrubbed(&self, mut fault: Fault) -> Fault {
        fault.detail = self.scrub(&fault.detail);
        fault.body = fault.body.as_deref().map(|body| self.scrub(body));
        fault
    }

    async fn attempt(&self, method: Method, url: Url, body: Option<Vec<u8>>) -> Result<Received, Fault> {
        let started = Instant::now();
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body);
        }
        let mut response = match tokio::time::timeout(self.timeouts.first_byte, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(send_fault(error)),
            Err(_) => {
                let detail = format!("no byte of an answer in {} s", self.timeouts.first_byte.as_secs_f64());
                return Err(Fault::new(FaultKind::TimeoutFirstByte, detail));
            }
        };
        let first_byte = started.elapsed();
        let status = response.status();
        let wait = waiting_time(response.headers());
        let full_for = used_up(response.headers());
        // Before anything is read, cut or kept: servers echo what they were sent.
        let body = self.whole_body(&mut response).await.map(|body| self.without_key(body));
        if !status.is_success() {
            // A status says more than the way in which its body broke off.
            return Err(status_fault(status.as_u16(), body.as_deref().unwrap_or_default(), wait));
        }
        Ok(Received { body: body?, first_byte, total: started.elapsed(), full_for })
    }

    fn without_key(&self, body: Vec<u8>) -> Vec<u8> {
        match &self.key {
            Some(key) if contains(&body, key.expose().as_bytes()) => {
                key.scrub(&String::from_utf8_lossy(&body)).into_bytes()
            }
            _ => body,
        }
    }

    async fn whole_body(&self, response: &mut Response) -> Result<Vec<u8>, Fault> {
        let announced = response.content_length().unwrap_or(0);
        let too_large = || {
            let detail = format!("the body is larger than {} MiB; the rest was not read", self.body_cap >> 20);
            Fault::new(FaultKind::BodyTooLarge, detail)
        };
        if announced > self.body_cap as u64 {
            return Err(too_large());
        }
        let mut body = Vec::with_capacity(usize::try_from(announced).unwrap_or(0).min(1 << 20));
        loop {
            match tokio::time::timeout(self.timeouts.idle, response.chunk()).await {
                Ok(Ok(Some(chunk))) => {
                    if body.len() + chunk.len() > self.body_cap {
                        return Err(too_large());
                    }
                    body.extend_from_slice(&chunk);
                }
                Ok(Ok(None)) => return Ok(body),
                Ok(Err(error)) => {
                    let detail =
                        format!("the answer broke off after {} bytes ({})", body.len(), causes(&error.without_url()));
                    return Err(Fault::new(FaultKind::IncompleteBody, detail).with_body(&self.without_key(body)));
                }
                Err(_) => {
                    let idle = self.timeouts.idle.as_secs_f64();
                    let detail = format!("no further byte in {idle} s after {} bytes", body.len());
                    return Err(Fault::new(FaultKind::TimeoutIdle, detail).with_body(&self.without_key(body)));
                }
            }
        }
    }
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    let Some((&first, rest)) = word.split_first() else { return false };
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte == first);
    starts.map(|(at, _)| &text[at + 1..]).any(|after| after.starts_with(rest))
}

fn header<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn waiting_time(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    retry_after(seconds, header(headers, "retry-after-ms"), SystemTime::now())
}

/// The endpoint's rate limit is used up: how long until it is not.
fn used_up(headers: &HeaderMap) -> Option<Duration> {
    ["requests", "tokens"]
        .into_iter()
        .filter_map(|what| {
            let remaining: f64 = header(headers, &format!("x-ratelimit-remaining-{what}"))?.trim().parse().ok()?;
            let reset = reset_time(header(headers, &format!("x-ratelimit-reset-{what}"))?)?;
            (remaining < 1.0).then_some(reset)
        })
        .max()
}

fn send_fault(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let told = causes(&error);
    let kind = if error.is_timeout() {
        FaultKind::TimeoutConnect
    } else if has_tls_cause(&error) {
        FaultKind::Tls
    } else if error.is_connect() {
        FaultKind::Connect
    } else {
        FaultKind::Reset
    };
    Fault::new(kind, told)
}

/// An error with everything that led to it.
fn causes(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        if !told.contains(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        source = cause.source();
    }
    told
}

/// rustls speaks through `io::Error` with the kind `InvalidData`.
fn has_tls_cause(error: &dyn std::error::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if let Some(io) = cause.downcast_ref::<std::io::Error>()
            && io.kind() == std::io::ErrorKind::InvalidData
        {
            return true;
        }
        source = cause.source();
    }
    false
}
