//! What a service must be able to do to stand behind the relay: a translation of our requests into its own, and of its replies into ours.
//! No translation touches the network; each is tested by itself.

use serde_json::Value;

use super::protocol::{MemorizeRequest, Memory, QueryIsolation, QueryRequest, Refusal};
use super::upstream::{UpstreamReply, UpstreamRequest};

/// How far the service has come with something that it took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Done,
    Working,
    Failed,
}

pub trait Translation: Send + Sync + 'static {
    /// Name and version of the interface, for `GET /agent`.
    fn interface(&self) -> (&'static str, &'static str);
    fn query_isolation(&self) -> QueryIsolation;
    /// Whether what was given last is also done last: then only that is asked about.
    fn works_in_order(&self) -> bool;

    /// Leaves an empty store under the session's name, whatever there was.
    fn open(&self, id: &str) -> Vec<UpstreamRequest>;
    /// A chunk, in as many requests as it takes.
    fn memorize(&self, id: &str, chunk: &MemorizeRequest) -> Vec<UpstreamRequest>;
    /// Names of what the service goes on working at behind its reply; empty when it is done.
    fn working(&self, reply: &UpstreamReply) -> Result<Vec<String>, Refusal>;
    fn progress(&self, name: &str) -> UpstreamRequest;
    fn progressed(&self, reply: &UpstreamReply) -> Result<Progress, Refusal>;
    fn search(&self, id: &str, query: &QueryRequest, top_k: u64) -> Vec<UpstreamRequest>;
    /// The memories in the replies to [`Translation::search`], in its order.
    fn found(&self, replies: &[UpstreamReply]) -> Result<Vec<Memory>, Refusal>;
    fn close(&self, id: &str) -> UpstreamRequest;
}

/// The service's user for a session. The prefix keeps `DELETE` away from users that others made.
pub fn user(id: &str) -> String {
    format!("mnemoscope-{id}")
}

/// A reply of another shape than the interface promises.
pub fn unreadable(what: &str) -> Refusal {
    Refusal::new(502, format!("the service's reply has no {what}"))
}

/// A name that came from the service and goes into a path.
pub fn checked_name(value: &Value) -> Option<&str> {
    value.as_str().filter(|name| super::protocol::is_session_id(name))
}
