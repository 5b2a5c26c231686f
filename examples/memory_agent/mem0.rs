//! The Mem0 platform. Two states of its REST interface: `v3` (`/v3/memories/add/`, `/v3/memories/search/`), which its reference
//! documents now, and `v1` (`/v1/memories/`, `/v2/memories/search/`), which came before. Both delete under `/v1/memories/` and tell of
//! background work under `/v1/event/`.

use serde_json::{Value, json};

use super::protocol::{MemorizeRequest, Memory, QueryIsolation, QueryRequest, Refusal};
use super::translation::{Progress, Translation, checked_name, unreadable, user};
use super::upstream::{UpstreamReply, UpstreamRequest};

/// Most memories that a search gives.
const MOST: u64 = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Mem0 {
    V1,
    V3,
}

impl Translation for Mem0 {
    fn interface(&self) -> (&'static str, &'static str) {
        match self {
            Self::V1 => ("mem0", "v1"),
            Self::V3 => ("mem0", "v3"),
        }
    }

    fn query_isolation(&self) -> QueryIsolation {
        QueryIsolation::ReadOnly
    }

    fn works_in_order(&self) -> bool {
        false
    }

    fn open(&self, id: &str) -> Vec<UpstreamRequest> {
        vec![self.close(id)]
    }

    fn memorize(&self, id: &str, chunk: &MemorizeRequest) -> Vec<UpstreamRequest> {
        let mut body = json!({
            "messages": [{"role": chunk.role, "content": chunk.text}],
            "user_id": user(id),
            "metadata": {"chunk": chunk.index},
        });
        let path = match self {
            Self::V1 => {
                // As the platform's own client of that time does.
                body["version"] = "v2".into();
                body["output_format"] = "v1.1".into();
                "/v1/memories/"
            }
            Self::V3 => "/v3/memories/add/",
        };
        vec![UpstreamRequest::new("POST", path, Some(body))]
    }

    /// One event for the request (`v3`), or one for each memory in `results` or a bare list (`v1`).
    fn working(&self, reply: &UpstreamReply) -> Result<Vec<String>, Refusal> {
        let several =
            reply.body.get("results").unwrap_or(&reply.body).as_array().map(Vec::as_slice).unwrap_or_default();
        let events = std::iter::once(&reply.body).chain(several);
        events
            .filter(|event| event["status"] != "SUCCEEDED")
            .filter_map(|event| event.get("event_id"))
            .map(|name| checked_name(name).map(str::to_owned).ok_or_else(|| unreadable("readable event_id")))
            .collect()
    }

    fn progress(&self, name: &str) -> UpstreamRequest {
        UpstreamRequest::new("GET", format!("/v1/event/{name}/"), None)
    }

    fn progressed(&self, reply: &UpstreamReply) -> Result<Progress, Refusal> {
        match reply.body["status"].as_str() {
            Some("SUCCEEDED") => Ok(Progress::Done),
            Some("FAILED") => Ok(Progress::Failed),
            Some(_) => Ok(Progress::Working),
            None => Err(unreadable("status of the event")),
        }
    }

    /// The whole prompt is searched for, as the benchmark does with this system.
    fn search(&self, id: &str, query: &QueryRequest, top_k: u64) -> Vec<UpstreamRequest> {
        let body = json!({
            "query": query.text,
            "filters": {"AND": [{"user_id": user(id)}]},
            "top_k": top_k.clamp(1, MOST),
        });
        let path = match self {
            Self::V1 => "/v2/memories/search/",
            Self::V3 => "/v3/memories/search/",
        };
        vec![UpstreamRequest::new("POST", path, Some(body))]
    }

    /// `{"results": [...]}`, or a bare list, of `{"id", "memory", "score", "metadata"}`.
    fn found(&self, replies: &[UpstreamReply]) -> Result<Vec<Memory>, Refusal> {
        let mut memories = Vec::new();
        for reply in replies {
            let found = reply.body.get("results").unwrap_or(&reply.body).as_array();
            for memory in found.ok_or_else(|| unreadable("list of results"))? {
                memories.push(Memory {
                    text: memory["memory"].as_str().ok_or_else(|| unreadable("memory in a result"))?.to_owned(),
                    score: memory["score"].as_f64(),
                    id: memory["id"].as_str().map(str::to_owned),
                    source_index: memory["metadata"]["chunk"].as_u64(),
                });
            }
        }
        Ok(memories)
    }

    fn close(&self, id: &str) -> UpstreamRequest {
        UpstreamRequest::new("DELETE", format!("/v1/memories/?user_id={}", user(id)), None::<Value>).tolerating(&[404])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: Value) -> UpstreamReply {
        UpstreamReply { status: 200, body }
    }

    #[test]
    fn events_are_found_in_every_shape() {
        let working = |body| Mem0::V1.working(&reply(body)).expect("readable");
        assert_eq!(working(json!({"status": "PENDING", "event_id": "e-1"})), ["e-1"]);
        assert_eq!(working(json!({"results": [{"status": "PENDING", "event_id": "e-2"}]})), ["e-2"]);
        assert_eq!(working(json!([{"id": "m", "event": "ADD", "data": {"memory": "x"}}])), [""; 0]);
        assert_eq!(working(json!({"status": "SUCCEEDED", "event_id": "e-1"})), [""; 0]);
        assert_eq!(working(Value::Null), [""; 0]);
    }

    #[test]
    fn a_name_that_would_lead_elsewhere_is_refused() {
        let found = Mem0::V3.working(&reply(json!({"status": "PENDING", "event_id": "../memories"})));
        assert_eq!(found.map_err(|refusal| refusal.status), Err(502));
    }

    #[test]
    fn replies_of_another_shape_are_no_memories() {
        for body in [json!({}), json!("x"), json!({"results": [{"id": "m"}]}), Value::Null] {
            assert_eq!(Mem0::V3.found(&[reply(body)]).map_err(|refusal| refusal.status), Err(502));
        }
        assert_eq!(Mem0::V1.found(&[reply(json!([]))]), Ok(Vec::new()));
    }
}
