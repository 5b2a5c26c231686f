//! `docs/memory-agent-protocol.yaml` against the server. The file is read line by line: no reader of YAML is needed for what is asked of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Running;
use super::bm25::Bm25Agent;
use super::protocol::{
    AgentInfo, MemorizeRequest, Memorized, OpenRequest, Opened, Problem, QueryReply, QueryRequest, SessionStatus,
};

fn description() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/memory-agent-protocol.yaml");
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The examples by name, each one line of JSON behind `value:`.
fn examples(description: &str) -> BTreeMap<String, Value> {
    let lines: Vec<&str> = description.lines().collect();
    let value = |pair: &[&str]| {
        let value = pair[1].trim().strip_prefix("value: ")?;
        let name = pair[0].trim().trim_end_matches(':').to_owned();
        Some((name.clone(), serde_json::from_str(value).unwrap_or_else(|error| panic!("{name}: {error}"))))
    };
    lines.windows(2).filter_map(value).collect()
}

/// The value is read, and written as it was.
fn assert_read<T: DeserializeOwned + Serialize>(name: &str, value: &Value) {
    let read: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(&serde_json::to_value(read).expect("JSON"), value, "{name}");
}

#[test]
fn the_examples_are_what_the_server_reads_and_writes() {
    for (name, value) in &examples(&description()) {
        match name.as_str() {
            "AgentInfo" => assert_read::<AgentInfo>(name, value),
            "OpenRequest" => assert_read::<OpenRequest>(name, value),
            "Opened" => assert_read::<Opened>(name, value),
            "MemorizeRequest" => assert_read::<MemorizeRequest>(name, value),
            "Memorized" | "Accepted" => assert_read::<Memorized>(name, value),
            "FlushRequest" => assert_eq!(value, &serde_json::json!({})),
            "SessionStatus" => assert_read::<SessionStatus>(name, value),
            "QueryRequest" => assert_read::<QueryRequest>(name, value),
            "AnswerReply" | "MemoriesReply" => assert_read::<QueryReply>(name, value),
            "WrongVersion" | "UnknownSession" | "OutOfOrder" | "TooLong" | "Refused" | "Busy" => {
                assert_read::<Problem>(name, value);
            }
            _ => panic!("{name}: an example without a type"),
        }
    }
}

#[test]
fn every_path_and_method_of_the_description_is_served_and_no_other() {
    let description = description();
    let mut methods: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut path = "";
    for line in description.lines().skip_while(|line| *line != "paths:").take_while(|line| *line != "components:") {
        if let Some(named) = line.strip_prefix("  /") {
            path = named.trim_end_matches(':');
        } else if let Some(method @ ("get" | "post" | "put" | "patch" | "delete")) =
            line.strip_prefix("    ").and_then(|line| line.strip_suffix(':'))
        {
            methods.entry(path).or_default().insert(method.to_uppercase());
        }
    }
    let paths: Vec<&str> = methods.keys().copied().collect();
    let of_session = "sessions/{session_id}";
    let expected = ["agent", "sessions", of_session];
    let below = ["flush", "memorize", "query"].map(|last| format!("{of_session}/{last}"));
    assert_eq!(paths, expected.into_iter().chain(below.iter().map(String::as_str)).collect::<Vec<_>>());
    let agent = Running::start(Bm25Agent::new(10, None).expect("nothing to read"));
    for (path, methods) in methods {
        let request = agent.request("OPTIONS", &format!("/{}", path.replace("{session_id}", "s")));
        let reply = agent.runtime.block_on(request.send()).expect("a reply");
        let allowed = reply.headers()["allow"].to_str().expect("a text").split(", ").map(str::to_owned).collect();
        assert_eq!((reply.status().as_u16(), methods), (405, allowed), "{path}");
    }
}

#[test]
fn what_the_description_refers_to_is_there() {
    let description = description();
    for reference in description.split("'#/components/").skip(1).filter_map(|behind| behind.split('\'').next()) {
        let (kind, name) = reference.split_once('/').expect("a kind and a name");
        let of_kind = description.split(&format!("\n  {kind}:\n")).nth(1).unwrap_or_else(|| panic!("no {kind}"));
        let mut lines = of_kind.lines().take_while(|line| line.starts_with("    ") || line.starts_with("  #"));
        assert!(lines.any(|line| line == format!("    {name}:")), "{reference}");
    }
}
