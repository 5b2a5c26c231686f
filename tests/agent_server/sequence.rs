use serde_json::{Value, json};

use super::bm25::Bm25Agent;
use super::protocol::PROTOCOL_HEADER;
use super::state_folder::StateFolder;
use super::{Running, opening};

fn reference() -> Running {
    Running::start(Bm25Agent::new(10, None).expect("nothing to read"))
}

#[test]
fn a_session_goes_from_open_to_closed() {
    let agent = reference();
    let (status, info) = agent.ask("GET", "/agent", &Value::Null);
    assert_eq!((status, &info["protocol"], &info["query_isolation"]), (200, &json!(1), &json!("read_only")));
    assert_eq!(agent.ask("POST", "/sessions", &opening("run1.row.0")), (201, json!({"session_id": "run1.row.0"})));
    // The reply was lost, and the client asks again.
    assert_eq!(agent.ask("POST", "/sessions", &opening("run1.row.0")).0, 201);
    let chunks = ["The ferry leaves from the mill at nine.", "The baker sells rye bread.", "The bees are at the farm."];
    for (index, chunk) in (0..).zip(chunks) {
        assert_eq!(agent.memorize("run1.row.0", index, chunk), (200, json!({"status": "ok"})));
    }
    assert_eq!(agent.ask("POST", "/sessions/run1.row.0/flush", &json!({})).0, 200);
    let (status, session) = agent.ask("GET", "/sessions/run1.row.0", &Value::Null);
    assert_eq!((status, &session["state"], &session["n_memorized"]), (200, &json!("ready"), &json!(3)));
    let (status, reply) = agent.query("run1.row.0", "When does the ferry leave?", 2);
    assert_eq!((status, &reply["mode"], &reply["session_id"]), (200, &json!("memories"), &json!("run1.row.0")));
    assert_eq!(reply["memories"].as_array().map(Vec::len), Some(2));
    assert_eq!(reply["memories"][0]["source_index"], 0);
    assert_eq!(reply["memories"][0]["text"], "Please remember this: The ferry leaves from the mill at nine.");
    // A question changes nothing.
    assert_eq!(agent.query("run1.row.0", "When does the ferry leave?", 2).1["memories"], reply["memories"]);
    assert_eq!(agent.ask("DELETE", "/sessions/run1.row.0", &Value::Null), (204, Value::Null));
    assert_eq!(agent.ask("DELETE", "/sessions/run1.row.0", &Value::Null).0, 404);
    assert_eq!(agent.query("run1.row.0", "When does the ferry leave?", 2).0, 404);
}

#[test]
fn a_repeat_is_stored_once_and_a_gap_not_at_all() {
    let agent = reference();
    agent.ask("POST", "/sessions", &opening("s"));
    assert_eq!(agent.memorize("s", 1, "too early").0, 409);
    assert_eq!(agent.memorize("s", 0, "one").0, 200);
    assert_eq!(agent.memorize("s", 0, "one"), (200, json!({"status": "ok"})));
    assert_eq!(agent.memorize("s", 0, "another").0, 409);
    assert_eq!(agent.memorize("s", 2, "too early").0, 409);
    assert_eq!(agent.memorize("s", 1, "two").0, 200);
    assert_eq!(agent.ask("GET", "/sessions/s", &Value::Null).1["n_memorized"], 2);
}

#[test]
fn a_session_that_holds_chunks_is_deleted_before_it_is_opened_again() {
    let agent = reference();
    agent.ask("POST", "/sessions", &opening("s"));
    agent.memorize("s", 0, "old");
    let (status, problem) = agent.ask("POST", "/sessions", &opening("s"));
    assert_eq!((status, problem["error"].is_string()), (409, true));
    assert_eq!(agent.ask("DELETE", "/sessions/s", &Value::Null).0, 204);
    assert_eq!(agent.ask("POST", "/sessions", &opening("s")).0, 201);
    assert_eq!(agent.query("s", "old", 5).1["memories"], json!([]));
}

#[test]
fn sessions_know_nothing_of_each_other() {
    let agent = reference();
    for (id, text) in [("s.1", "the ferry"), ("s.2", "the mill")] {
        agent.ask("POST", "/sessions", &opening(id));
        agent.memorize(id, 0, text);
    }
    let reply = agent.query("s.2", "the ferry", 5).1;
    assert_eq!(reply["memories"][0]["text"], "Please remember this: the mill");
    assert_eq!(reply["memories"].as_array().map(Vec::len), Some(1));
}

#[test]
fn what_is_not_the_protocol_is_refused_with_a_reason() {
    let agent = Running::start_with(Bm25Agent::new(10, None).expect("nothing to read"), 4096);
    let refused = |(status, problem): (u16, Value)| {
        assert!(problem["error"].as_str().is_some_and(|error| !error.is_empty()), "{problem}");
        status
    };
    let other_version = agent.request("GET", "/agent").header(PROTOCOL_HEADER, "2");
    assert_eq!(refused(agent.sent(other_version)), 400);
    assert_eq!(refused(agent.sent(agent.request("GET", "/agent"))), 400);
    assert_eq!(refused(agent.ask("GET", "/", &Value::Null)), 404);
    assert_eq!(refused(agent.ask("GET", "/sessions/s/memories", &Value::Null)), 404);
    assert_eq!(refused(agent.ask("GET", "/sessions/s", &Value::Null)), 404);
    assert_eq!(refused(agent.ask("PUT", "/sessions/s", &Value::Null)), 405);
    assert_eq!(refused(agent.memorize("s", 0, "no such session")), 404);
    assert_eq!(refused(agent.ask("POST", "/sessions/s/flush", &json!({}))), 404);
    for id in ["", "..", "a/b", "a b", "../../etc/passwd", &"x".repeat(129)] {
        assert_eq!(refused(agent.ask("POST", "/sessions", &opening(id))), 400, "{id}");
    }
    assert_eq!(refused(agent.ask("GET", "/sessions/a%2fb", &Value::Null)), 400);
    for body in [json!({}), json!([]), json!({"session_id": 7, "source": "x", "n_chunks": 1})] {
        assert_eq!(refused(agent.ask("POST", "/sessions", &body)), 400, "{body}");
    }
    let deep = "[".repeat(4000);
    for body in ["", "{", "\u{0}", "{\"session_id\": \"s\"", &deep] {
        let request = agent.request("POST", "/sessions").header(PROTOCOL_HEADER, "1").body(body.to_owned());
        assert_eq!(refused(agent.sent(request)), 400, "{body:?}");
    }
    agent.ask("POST", "/sessions", &opening("s"));
    assert_eq!(refused(agent.memorize("s", 0, &"x".repeat(5000))), 413);
    assert_eq!(refused(agent.memorize("s", u64::MAX, "far away")), 409);
    assert_eq!(agent.query("s", "", u64::MAX).0, 200);
    assert_eq!(agent.ask("GET", "/sessions/s", &Value::Null).1["n_memorized"], 0);
}

#[test]
fn sessions_outlive_a_server_with_a_state_folder() {
    let temporary = tempfile::tempdir().expect("a folder");
    let start = || {
        let folder = StateFolder::new(&temporary.path().join("state")).expect("a folder");
        Running::start(Bm25Agent::new(10, Some(folder)).expect("read"))
    };
    let first = start();
    for id in ["s", "s.gone"] {
        first.ask("POST", "/sessions", &opening(id));
        first.memorize(id, 0, "the ferry");
    }
    first.ask("DELETE", "/sessions/s.gone", &Value::Null);
    drop(first);
    let second = start();
    assert_eq!(second.memorize("s", 0, "the ferry").0, 200);
    assert_eq!(second.memorize("s", 1, "the mill").0, 200);
    assert_eq!(second.ask("GET", "/sessions/s", &Value::Null).1["n_memorized"], 2);
    assert_eq!(second.ask("GET", "/sessions/s.gone", &Value::Null).0, 404);
}
