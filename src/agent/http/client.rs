//! Requests to an agent: time-outs, repeats where they can help, a limit for the body, no redirects.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url};
use serde::de::DeserializeOwned;
use tokio::runtime::Runtime;

use super::fault::AgentFault;
use super::protocol::{AgentAbout, Isolation, PROTOCOL_VERSION};

/// Largest reply that is read: 8 MiB.
const BODY_CAP: usize = 8 << 20;
const VERSION_HEADER: &str = "mnemoscope-agent-protocol";
const KEY_HEADER: &str = "idempotency-key";

/// How patient the client is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HttpAgentOptions {
    /// For a whole reply to one request.
    pub timeout: Duration,
    /// For an agent that memorises in the background, after the last piece.
    pub ready_within: Duration,
    /// Attempts of one request in all, at least 1.
    pub attempts: u32,
    /// Pause before the second attempt; doubled for each further one.
    pub first_pause: Duration,
}

impl Default for HttpAgentOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(120),
            ready_within: Duration::from_secs(600),
            attempts: 5,
            first_pause: Duration::from_millis(500),
        }
    }
}

/// The longest pause between two attempts, and the longest that a server may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(120);

/// A memory system behind HTTP.
#[derive(Debug)]
pub struct HttpAgent {
    base: Url,
    client: Client,
    runtime: Runtime,
    pub(super) options: HttpAgentOptions,
    pub(super) isolation: Option<Isolation>,
    about: AgentAbout,
}

/// What came back.
pub(super) struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

/// Characters of a system's name that are shown.
const SYSTEM_CHARS: usize = 60;

impl HttpAgent {
    /// Looks whether an agent is there, and what it says of itself.
    ///
    /// # Errors
    /// The URL will not do, nothing answers there, or it speaks another version of the protocol.
    pub fn connect(url: &str, options: HttpAgentOptions) -> Result<Self, AgentFault> {
        let step = "connect to the agent";
        let base = checked(url).map_err(|why| AgentFault::new("agent_address", step, why))?;
        let client = Client::builder()
            .user_agent(concat!("mnemoscope/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(Duration::from_secs(10))
            .tcp_nodelay(true)
            .http1_only()
            .build()
            .map_err(|error| AgentFault::new("agent_transport", step, error.without_url().to_string()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| AgentFault::new("agent_transport", step, error.to_string()))?;
        let step = format!("connect to the agent {base}");
        let step = step.as_str();
        let mut agent = Self { base, client, runtime, options, isolation: None, about: AgentAbout::default() };
        let reply = agent.ask(step, &Method::GET, &["agent"], None, None)?;
        match reply.status {
            404 | 405 | 501 => {}
            _ => {
                agent.about = agent.json(step, &reply)?;
                if agent.about.protocol.is_some_and(|version| version != PROTOCOL_VERSION) {
                    let found = agent.about.protocol.unwrap_or_default();
                    let detail = format!("it speaks version {found} of the protocol, and this is version 1");
                    return Err(AgentFault::new("agent_version", step, detail));
                }
                agent.isolation = agent.about.query_isolation;
            }
        }
        Ok(agent)
    }

    /// Name and version, as the agent calls itself; nothing where it does not say.
    #[must_use]
    pub fn system(&self) -> Option<String> {
        let words =
            [&self.about.name, &self.about.version].into_iter().flatten().map(|word| crate::redact::redact(word));
        let whole: String =
            words.collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(SYSTEM_CHARS).collect();
        Some(whole.trim().to_owned()).filter(|whole| !whole.is_empty())
    }

    /// What the agent says of itself; empty where it says nothing.
    #[must_use]
    pub fn about(&self) -> &AgentAbout {
        &self.about
    }

    /// Whether questions leave the memory as it is, by its own word.
    #[must_use]
    pub fn isolation(&self) -> Isolation {
        self.isolation.unwrap_or(Isolation::None)
    }

    /// Sends a request until it is answered with something that a repeat would not change.
    pub(super) fn ask(
        &self,
        step: &str,
        method: &Method,
        path: &[&str],
        key: Option<&str>,
        body: Option<&[u8]>,
    ) -> Result<Reply, AgentFault> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        let most = self.options.attempts.max(1);
        let mut attempt = 1;
        loop {
            let outcome =
                self.runtime.block_on(self.attempt(step, method.clone(), url.clone(), key, body.map(<[u8]>::to_vec)));
            let (mut fault, wait) = match outcome {
                Ok((reply, wait)) => match fault_of_status(step, &reply) {
                    None => return Ok(reply),
                    Some(fault) => (fault, wait),
                },
                Err(fault) => (fault, None),
            };
            fault.attempts = attempt;
            let too_long = wait.is_some_and(|wait| wait > LONGEST_RETRY_AFTER);
            if attempt >= most || !is_retried(&fault) || too_long {
                return Err(fault);
            }
            let pause = self.options.first_pause.saturating_mul(1 << (attempt - 1).min(16)).min(LONGEST_PAUSE);
            std::thread::sleep(wait.unwrap_or(pause).max(pause));
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        step: &str,
        method: Method,
        url: Url,
        key: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> Result<(Reply, Option<Duration>), AgentFault> {
        let whole = tokio::time::timeout(self.options.timeout, self.exchange(step, method, url, key, body)).await;
        whole.unwrap_or_else(|_| {
            let detail = format!("no whole answer in {} s", self.options.timeout.as_secs_f64());
            Err(AgentFault::new("agent_timeout", step, detail))
        })
    }

    async fn exchange(
        &self,
        step: &str,
        method: Method,
        url: Url,
        key: Option<&str>,
        body: Option<Vec<u8>>,
    ) -> Result<(Reply, Option<Duration>), AgentFault> {
        let mut headers = HeaderMap::new();
        headers.insert(VERSION_HEADER, HeaderValue::from(PROTOCOL_VERSION));
        if let Some(value) = key.and_then(|key| HeaderValue::from_str(key).ok()) {
            headers.insert(KEY_HEADER, value);
        }
        if body.is_some() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let request = self.client.request(method, url).headers(headers).body(body.unwrap_or_default());
        let broken = |error: reqwest::Error| {
            let kind = if error.is_connect() { "agent_unreachable" } else { "agent_reset" };
            let error = error.without_url();
            let cause = std::error::Error::source(&error).map_or_else(String::new, |cause| format!(": {cause}"));
            let advice = if error.is_connect() { "; is it running, and is that its address?" } else { "" };
            AgentFault::new(kind, step, format!("{error}{cause}{advice}"))
        };
        let mut response = request.send().await.map_err(broken)?;
        let status = response.status().as_u16();
        let wait = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let wait =
            wait.filter(|wait: &f64| wait.is_finite() && *wait >= 0.0 && *wait < 1e9).map(Duration::from_secs_f64);
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > BODY_CAP {
                let detail = format!("the reply is larger than {} MiB", BODY_CAP >> 20);
                return Err(AgentFault::new("agent_body_too_large", step, detail));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((Reply { status, body }, wait))
    }

    /// The JSON of a reply.
    pub(super) fn json<T: DeserializeOwned>(&self, step: &str, reply: &Reply) -> Result<T, AgentFault> {
        serde_json::from_slice(&reply.body).map_err(|error| {
            let start = reply.body.iter().find(|byte| !byte.is_ascii_whitespace());
            let (kind, detail) = match start {
                None => ("agent_empty_reply", "the reply is empty, but the protocol has JSON there".to_owned()),
                Some(b'<') => {
                    ("agent_html", "the reply is HTML or XML, no JSON: is the URL that of the agent?".to_owned())
                }
                Some(_) => ("agent_reply", format!("the reply is not what the protocol has there: {error}")),
            };
            let fault = AgentFault { status: Some(reply.status), ..AgentFault::new(kind, step, detail) };
            fault.with_body(&reply.body)
        })
    }
}

/// 404, 405, 409 and 501 mean something in the protocol and are the caller's.
fn fault_of_status(step: &str, reply: &Reply) -> Option<AgentFault> {
    let (kind, words) = match reply.status {
        200..=299 | 404 | 405 | 409 | 501 => return None,
        300..=399 => ("agent_redirect", "it sends on to another address; give that one"),
        401 | 403 => ("agent_refused", "it refuses access"),
        408 | 425 | 429 | 503 | 529 => ("agent_overloaded", "it has too much to do"),
        500..=599 => ("agent_error", "it failed"),
        _ => ("agent_status", "it does not accept the request"),
    };
    let told = serde_json::from_slice::<serde_json::Value>(&reply.body).ok();
    let told = told.and_then(|value| value.get("error").map(ToString::to_string));
    let detail = match told {
        Some(told) => format!("{words} (status {}): {}", reply.status, crate::redact::redact(&told)),
        None => format!("{words} (status {})", reply.status),
    };
    Some(AgentFault { status: Some(reply.status), ..AgentFault::new(kind, step, detail) }.with_body(&reply.body))
}

fn is_retried(fault: &AgentFault) -> bool {
    matches!(fault.kind, "agent_overloaded" | "agent_error" | "agent_reset" | "agent_timeout" | "agent_unreachable")
}

fn checked(url: &str) -> Result<Url, String> {
    let parsed = Url::parse(url).map_err(|error| format!("it is no URL ({error})"))?;
    if !matches!(parsed.scheme(), "http" | "https") || parsed.host_str().is_none() {
        return Err("an agent has an address like http://HOST:PORT/PATH".to_owned());
    }
    if !parsed.username().is_empty() || parsed.password().is_some() || parsed.query().is_some() {
        return Err("its address holds a user, a password or a query; take them out".to_owned());
    }
    Ok(parsed)
}
