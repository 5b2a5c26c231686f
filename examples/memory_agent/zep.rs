//! Zep Cloud, version 3 of its interface (paths under `/api/v2`): a user for each session, whose graph takes the chunks as texts. The
//! service takes 10,000 characters at a time and works at them one after another; a search takes 400 characters and is asked for edges
//! (facts), nodes (entities) and episodes (the texts themselves) in turn.

use serde_json::{Value, json};

use super::protocol::{MemorizeRequest, Memory, QueryIsolation, QueryRequest, Refusal};
use super::translation::{Progress, Translation, checked_name, unreadable, user};
use super::upstream::{UpstreamReply, UpstreamRequest};

/// Most characters of a text that is added; the service's limit is 10,000.
const MOST_TEXT_CHARS: usize = 9_998;
/// Most characters of a search; the service's limit is 400.
const MOST_QUERY_CHARS: usize = 399;
/// Most results of a search.
const MOST: u64 = 50;
const SCOPES: [&str; 3] = ["edges", "nodes", "episodes"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zep;

impl Translation for Zep {
    fn interface(&self) -> (&'static str, &'static str) {
        ("zep", "v3")
    }

    fn query_isolation(&self) -> QueryIsolation {
        QueryIsolation::ReadOnly
    }

    fn works_in_order(&self) -> bool {
        true
    }

    fn open(&self, id: &str) -> Vec<UpstreamRequest> {
        vec![self.close(id), UpstreamRequest::new("POST", "/api/v2/users", Some(json!({"user_id": user(id)})))]
    }

    /// The bare chunk: the turn around it would be taken for facts, once in each piece.
    fn memorize(&self, id: &str, chunk: &MemorizeRequest) -> Vec<UpstreamRequest> {
        let created_at = chunk.timestamp.as_deref().and_then(rfc3339);
        let request = |piece: &str| {
            let mut body = json!({
                "user_id": user(id),
                "type": "text",
                "data": piece,
                "metadata": {"chunk": chunk.index},
            });
            if let Some(created_at) = &created_at {
                body["created_at"] = created_at.as_str().into();
            }
            UpstreamRequest::new("POST", "/api/v2/graph", Some(body))
        };
        pieces(&chunk.raw_text, MOST_TEXT_CHARS).into_iter().map(request).collect()
    }

    fn working(&self, reply: &UpstreamReply) -> Result<Vec<String>, Refusal> {
        let name = checked_name(&reply.body["uuid"]).ok_or_else(|| unreadable("uuid of the episode"))?;
        Ok(if reply.body["processed"] == true { Vec::new() } else { vec![name.to_owned()] })
    }

    fn progress(&self, name: &str) -> UpstreamRequest {
        UpstreamRequest::new("GET", format!("/api/v2/graph/episodes/{name}"), None)
    }

    /// The service says only whether an episode is done.
    fn progressed(&self, reply: &UpstreamReply) -> Result<Progress, Refusal> {
        if reply.body.get("uuid").is_none() {
            return Err(unreadable("uuid of the episode"));
        }
        Ok(if reply.body["processed"] == true { Progress::Done } else { Progress::Working })
    }

    fn search(&self, id: &str, query: &QueryRequest, top_k: u64) -> Vec<UpstreamRequest> {
        let text: String = query.question.chars().take(MOST_QUERY_CHARS).collect();
        let request = |scope: &str| {
            let body = json!({"user_id": user(id), "query": text, "scope": scope, "limit": top_k.clamp(1, MOST)});
            UpstreamRequest::new("POST", "/api/v2/graph/search", Some(body))
        };
        SCOPES.map(request).to_vec()
    }

    /// Facts first, then entities, then texts; the scores of different scopes cannot be compared.
    fn found(&self, replies: &[UpstreamReply]) -> Result<Vec<Memory>, Refusal> {
        let mut memories = Vec::new();
        for (scope, reply) in SCOPES.iter().zip(replies) {
            let found = match &reply.body[*scope] {
                Value::Array(found) => found.as_slice(),
                // Left out or null where nothing was found.
                Value::Null if reply.body.is_object() => &[],
                _ => return Err(unreadable("list of results")),
            };
            for one in found {
                memories.push(Memory {
                    text: text(scope, one).ok_or_else(|| unreadable("text in a result"))?,
                    score: one["score"].as_f64(),
                    id: one["uuid"].as_str().map(str::to_owned),
                    source_index: one["metadata"]["chunk"].as_u64(),
                });
            }
        }
        Ok(memories)
    }

    fn close(&self, id: &str) -> UpstreamRequest {
        UpstreamRequest::new("DELETE", format!("/api/v2/users/{}", user(id)), None).tolerating(&[404])
    }
}

/// A result in words: a fact with the time for which it holds, an entity with its summary, a text.
fn text(scope: &str, one: &Value) -> Option<String> {
    let of = |key: &str| one[key].as_str().filter(|text| !text.is_empty());
    match scope {
        "edges" => Some(match (of("valid_at"), of("invalid_at")) {
            (None, None) => of("fact")?.to_owned(),
            (from, to) => format!("{} (from {}, to {})", of("fact")?, from.unwrap_or("?"), to.unwrap_or("now")),
        }),
        "nodes" => Some(match of("summary") {
            Some(summary) => format!("{}: {summary}", of("name")?),
            None => of("name")?.to_owned(),
        }),
        _ => of("content").map(str::to_owned),
    }
}

/// Pieces of at most `most` characters that are the text when they are put together, cut behind a line, a sentence or a word where the
/// second half of a piece has one. An empty text is one empty piece.
fn pieces(text: &str, most: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((end, _)) = rest.char_indices().nth(most) {
        let head = &rest[..end];
        let cut = ["\n", ". ", " "]
            .iter()
            .find_map(|mark| head.rfind(mark).map(|at| at + mark.len()).filter(|&at| at > end / 2))
            .unwrap_or(end);
        let (piece, behind) = rest.split_at(cut);
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

/// `YYYY-MM-DD HH:MM:SS` is taken as UTC; a time of RFC 3339 stays as it is; all else is not sent.
fn rfc3339(timestamp: &str) -> Option<String> {
    let timestamp = timestamp.trim();
    if timestamp.parse::<jiff::Timestamp>().is_ok() {
        return Some(timestamp.to_owned());
    }
    let time: jiff::civil::DateTime = timestamp.parse().ok()?;
    Some(format!("{}Z", time.strftime("%Y-%m-%dT%H:%M:%S")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_behind_a_sentence_and_nothing_is_lost() {
        let text = format!("{}. {}", "a".repeat(70), "ä".repeat(90));
        let cut = pieces(&text, 100);
        assert_eq!((cut[0].len(), cut.concat()), (72, text.clone()));
        assert!(cut.iter().all(|piece| piece.chars().count() <= 100));
        assert_eq!(
            pieces(&"ä".repeat(250), 100).iter().map(|piece| piece.chars().count()).collect::<Vec<_>>(),
            [100, 100, 50]
        );
        assert_eq!(pieces("", 100), [""]);
        assert_eq!(pieces(&"x".repeat(100), 100).len(), 1);
    }

    #[test]
    fn times_are_told_as_the_service_wants_them() {
        assert_eq!(rfc3339("2026-01-02 03:04:05").as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(rfc3339("2026-01-02T03:04:05Z").as_deref(), Some("2026-01-02T03:04:05Z"));
        assert_eq!(rfc3339("Chat Time: 2026/01/02"), None);
    }

    #[test]
    fn facts_tell_until_when_they_hold() {
        let fact = json!({"fact": "The mill is shut", "valid_at": "2026-01-01T00:00:00Z", "invalid_at": null});
        assert_eq!(text("edges", &fact).as_deref(), Some("The mill is shut (from 2026-01-01T00:00:00Z, to now)"));
        assert_eq!(text("edges", &json!({"fact": "The mill is shut"})).as_deref(), Some("The mill is shut"));
        assert_eq!(text("nodes", &json!({"name": "mill", "summary": ""})).as_deref(), Some("mill"));
        assert_eq!(text("episodes", &json!({"uuid": "x"})), None);
    }

    #[test]
    fn replies_of_another_shape_are_no_memories() {
        let reply = |body| UpstreamReply { status: 200, body };
        assert_eq!(Zep.found(&[reply(Value::Null)]).map_err(|refusal| refusal.status), Err(502));
        assert_eq!(Zep.found(&[reply(json!({"edges": "x"}))]).map_err(|refusal| refusal.status), Err(502));
        assert_eq!(Zep.found(&[reply(json!({"edges": null}))]), Ok(Vec::new()));
        assert_eq!(Zep.working(&reply(json!({"uuid": "a/b"}))).map_err(|refusal| refusal.status), Err(502));
    }
}
