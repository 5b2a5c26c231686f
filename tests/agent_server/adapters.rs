use serde_json::{Value, json};

use super::mem0::Mem0;
use super::protocol::{MemorizeRequest, QueryRequest};
use super::recorded::{Exchange, Recorded, exchanges};
use super::relay::Relay;
use super::translation::Translation;
use super::upstream::{Upstream, UpstreamReply, UpstreamRequest};
use super::zep::Zep;
use super::{Running, opening};

const ID: &str = "run1.row.0";
const CHUNKS: [&str; 2] = ["The ferry leaves from the mill at nine.", "Since May it leaves at ten."];

fn behind(service: &Recorded, translation: impl Translation, scheme: &str) -> Running {
    let upstream = Upstream::new(&format!("http://{}/", service.address), scheme, Some("key")).expect("an address");
    Running::start(Relay::new(translation, upstream))
}

/// The whole sequence as the client goes through it; the recorded service fails the first chunk once, with `failure`. Gives the memories.
fn go_through(agent: &Running, failure: u16) -> Value {
    assert_eq!(agent.ask("POST", "/sessions", &opening(ID)), (201, json!({"session_id": ID})));
    assert_eq!(agent.ask("POST", "/sessions", &opening(ID)).0, 201);
    assert_eq!(agent.memorize(ID, 0, CHUNKS[0]).0, failure);
    assert_eq!(agent.memorize(ID, 1, CHUNKS[1]).0, 409);
    for (index, chunk) in (0..).zip(CHUNKS) {
        assert_eq!(agent.memorize(ID, index, chunk), (200, json!({"status": "accepted"})));
    }
    // Known chunks are not sent again.
    assert_eq!(agent.memorize(ID, 0, CHUNKS[0]).0, 200);
    assert_eq!(agent.ask("POST", &format!("/sessions/{ID}/flush"), &json!({})).0, 200);
    let state = || agent.ask("GET", &format!("/sessions/{ID}"), &Value::Null).1["state"].clone();
    assert_eq!([state(), state(), state()], ["indexing", "ready", "ready"]);
    let (status, reply) = agent.query(ID, "When does the ferry leave?", 2);
    assert_eq!((status, &reply["mode"], &reply["n_memorized"]), (200, &json!("memories"), &json!(2)), "{reply}");
    assert_eq!(agent.ask("POST", "/sessions", &opening(ID)).0, 409);
    assert_eq!(agent.ask("DELETE", &format!("/sessions/{ID}"), &Value::Null).0, 204);
    assert_eq!(agent.query(ID, "When does the ferry leave?", 2).0, 404);
    reply["memories"].clone()
}

#[test]
fn mem0_is_asked_as_its_reference_says() {
    let service = Recorded::start(exchanges("mem0"), "Token key");
    let memories = go_through(&behind(&service, Mem0::V3, "Token"), 429);
    service.assert_told();
    let first = json!({
        "text": "The ferry leaves at ten since May", "score": 0.71, "id": "0d4c3f5a-8f0e-4b0b-9a6e-5d7d0a1b2c31",
        "source_index": 1,
    });
    assert_eq!((&memories[0], memories.as_array().map(Vec::len)), (&first, Some(2)));
    assert_eq!(memories[1].get("source_index"), None);
}

#[test]
fn zep_is_asked_as_its_reference_says() {
    let service = Recorded::start(exchanges("zep"), "Api-Key key");
    let memories = go_through(&behind(&service, Zep, "Api-Key"), 503);
    service.assert_told();
    let texts: Vec<&str> = memories.as_array().expect("a list").iter().filter_map(|one| one["text"].as_str()).collect();
    let expected = [
        "The ferry leaves at ten (from 2026-05-01T00:00:00Z, to now)",
        "The ferry leaves from the mill",
        "ferry: A boat that leaves from the mill",
        "Since May it leaves at ten.",
    ];
    assert_eq!(texts, expected);
    assert_eq!((&memories[0]["score"], &memories[3]["source_index"]), (&json!(0.5), &json!(1)));
}

#[test]
fn mem0s_earlier_interface_has_other_paths() {
    let chunk = MemorizeRequest {
        index: 3,
        text: "wrapped".into(),
        raw_text: "bare".into(),
        role: "user".into(),
        timestamp: None,
    };
    let query = QueryRequest {
        query_id: "q".into(),
        text: "the prompt".into(),
        question: "the question".into(),
        max_tokens: None,
        temperature: None,
        top_k: None,
        read_only: true,
    };
    let added = json!({
        "messages": [{"role": "user", "content": "wrapped"}], "user_id": "mnemoscope-s", "metadata": {"chunk": 3},
        "version": "v2", "output_format": "v1.1",
    });
    assert_eq!(Mem0::V1.memorize("s", &chunk), [UpstreamRequest::new("POST", "/v1/memories/", Some(added))]);
    let searched = json!({"query": "the prompt", "filters": {"AND": [{"user_id": "mnemoscope-s"}]}, "top_k": 1000});
    let expected = UpstreamRequest::new("POST", "/v2/memories/search/", Some(searched));
    assert_eq!(Mem0::V1.search("s", &query, 5000), [expected]);
}

#[test]
fn a_piece_that_the_service_has_is_not_sent_again() {
    let long = format!("{}. {}", "a".repeat(9_000), "b".repeat(9_000));
    let add = |data: String, status: u16, uuid: &str| Exchange {
        request: UpstreamRequest::new(
            "POST",
            "/api/v2/graph",
            Some(json!({
                "user_id": "mnemoscope-run1.row.0", "type": "text", "data": data, "metadata": {"chunk": 0},
                "created_at": "2026-01-01T00:00:00Z",
            })),
        ),
        reply: UpstreamReply { status, body: json!({"uuid": uuid, "processed": true}) },
    };
    let mut recorded = exchanges("zep")[..2].to_vec();
    recorded.push(add(format!("{}. ", "a".repeat(9_000)), 202, "e-1"));
    recorded.push(add("b".repeat(9_000), 500, "e-2"));
    recorded.push(add("b".repeat(9_000), 202, "e-2"));
    let service = Recorded::start(recorded, "Api-Key key");
    let agent = behind(&service, Zep, "Api-Key");
    agent.ask("POST", "/sessions", &opening(ID));
    assert_eq!(agent.memorize(ID, 0, &long).0, 503);
    assert_eq!(agent.memorize(ID, 0, &long), (200, json!({"status": "ok"})));
    service.assert_told();
}

#[test]
fn a_wrong_key_is_final_and_a_failed_event_fails_the_session() {
    let deletion = || UpstreamRequest::new("DELETE", "/v1/memories/?user_id=mnemoscope-run1.row.0", None);
    let mut recorded = exchanges("mem0");
    recorded.truncate(5);
    recorded.remove(1);
    recorded.last_mut().expect("the event").reply.body["status"] = json!("FAILED");
    let refusal = UpstreamReply { status: 401, body: json!({"detail": "Invalid API key"}) };
    recorded.insert(0, Exchange { request: deletion(), reply: refusal });
    let service = Recorded::start(recorded, "Token key");
    let agent = behind(&service, Mem0::V3, "Token");
    let (status, problem) = agent.ask("POST", "/sessions", &opening(ID));
    assert_eq!(status, 424);
    assert!(problem["error"].as_str().is_some_and(|error| error.contains("401") && error.contains("Invalid API key")));
    assert_eq!(agent.memorize(ID, 0, CHUNKS[0]).0, 404);
    agent.ask("POST", "/sessions", &opening(ID));
    for (index, chunk) in (0..).zip(CHUNKS) {
        assert_eq!(agent.memorize(ID, index, chunk).0, 200);
    }
    let state = || agent.ask("GET", &format!("/sessions/{ID}"), &Value::Null).1["state"].clone();
    assert_eq!([state(), state()], ["failed", "failed"]);
    service.assert_told();
}
