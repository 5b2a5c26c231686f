//! Requests to a memory service and its replies, as values, and the client that carries them.

use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, Url, redirect};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::protocol::Refusal;

/// Longest reply that is read.
const REPLY_CAP_BYTES: usize = 16 << 20;

/// A request to the service; `path` begins with `/` and holds its query.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpstreamRequest {
    pub method: String,
    pub path: String,
    pub body: Option<Value>,
    /// Statuses that count as done, beside 2xx.
    #[serde(skip)]
    pub tolerated: &'static [u16],
}

impl UpstreamRequest {
    pub fn new(method: &str, path: impl Into<String>, body: Option<Value>) -> Self {
        Self { method: method.into(), path: path.into(), body, tolerated: &[] }
    }

    pub fn tolerating(mut self, tolerated: &'static [u16]) -> Self {
        self.tolerated = tolerated;
        self
    }
}

/// What came back; an empty body is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UpstreamReply {
    pub status: u16,
    pub body: Value,
}

/// The service at its address, with its key.
#[derive(Debug)]
pub struct Upstream {
    base: String,
    authorization: Option<HeaderValue>,
    client: Client,
}

impl Upstream {
    /// `scheme` is the word before the key in `Authorization`. No redirect is followed, so that the key stays with its host.
    ///
    /// # Errors
    /// For an address that is no URL of HTTP, or a key that no header can hold.
    pub fn new(base: &str, scheme: &str, key: Option<&str>) -> Result<Self, String> {
        let url = Url::parse(base).map_err(|error| format!("--upstream {base}: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
            return Err(format!("--upstream {base}: give http(s)://HOST, with a path at most"));
        }
        let authorization = key
            .map(|key| HeaderValue::try_from(format!("{scheme} {key}")))
            .transpose()
            .map_err(|_| "the key has characters that no header can hold".to_owned())?
            .map(|mut value| {
                value.set_sensitive(true);
                value
            });
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(120))
            .build()
            .map_err(|error| format!("failed to set up the client: {error}"))?;
        Ok(Self { base: base.trim_end_matches('/').to_owned(), authorization, client })
    }

    /// Sends once; who asked decides whether to ask again.
    ///
    /// # Errors
    /// As [`refusal_of`] says; 503 when no reply came, 502 when it is not JSON or too long.
    pub async fn send(&self, request: &UpstreamRequest) -> Result<UpstreamReply, Refusal> {
        let method = Method::from_bytes(request.method.as_bytes())
            .map_err(|_| Refusal::new(500, format!("{} is no method", request.method)))?;
        let mut sent = self.client.request(method, format!("{}{}", self.base, request.path));
        if let Some(authorization) = &self.authorization {
            sent = sent.header(AUTHORIZATION, authorization.clone());
        }
        if let Some(body) = &request.body {
            sent = sent.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let mut reply = sent.send().await.map_err(|error| silence(&error))?;
        let status = reply.status().as_u16();
        let retry_after = reply.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut bytes = Vec::new();
        while let Some(piece) = reply.chunk().await.map_err(|error| silence(&error))? {
            if bytes.len() + piece.len() > REPLY_CAP_BYTES {
                return Err(Refusal::new(502, "the service's reply is too long"));
            }
            bytes.extend_from_slice(&piece);
        }
        if !(200..300).contains(&status) && !request.tolerated.contains(&status) {
            return Err(refusal_of(status, &String::from_utf8_lossy(&bytes), retry_after));
        }
        // What is tolerated is tolerated whatever it says.
        let body = match serde_json::from_slice(&bytes) {
            Ok(body) => body,
            Err(_) if bytes.trim_ascii().is_empty() || !(200..300).contains(&status) => Value::Null,
            Err(_) => return Err(Refusal::new(502, "the service's reply is not JSON")),
        };
        Ok(UpstreamReply { status, body })
    }
}

fn silence(error: &reqwest::Error) -> Refusal {
    let what = if error.is_timeout() { "timed out" } else { "did not answer" };
    Refusal::new(503, format!("the service {what}"))
}

/// What a service's error means to the asking side: 408, 425, 429 and 5xx can be tried again, all else is final (424).
pub fn refusal_of(status: u16, body: &str, retry_after: Option<String>) -> Refusal {
    let told: String = body.chars().filter(|c| !c.is_control()).take(200).collect();
    let ours = match status {
        429 => 429,
        408 | 425 | 500.. => 503,
        _ => 424,
    };
    Refusal { status: ours, error: format!("the service answered {status}: {told}"), retry_after }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_passes_is_asked_again() {
        let of = |status| refusal_of(status, "", None).status;
        assert_eq!([401, 404, 422, 302].map(of), [424; 4]);
        assert_eq!([408, 425, 500, 503].map(of), [503; 4]);
        assert_eq!(refusal_of(429, "slow\ndown", Some("3".into())).retry_after.as_deref(), Some("3"));
    }

    #[test]
    fn addresses_and_keys_are_checked() {
        assert!(Upstream::new("ftp://host", "Token", None).is_err());
        assert!(Upstream::new("host", "Token", None).is_err());
        assert!(Upstream::new("http://host/?a=b", "Token", None).is_err());
        assert!(Upstream::new("http://host", "Token", Some("a\nb")).is_err());
        assert!(Upstream::new("http://host/base/", "Token", Some("k")).is_ok());
    }
}
