//! Agents behind HTTP that do not keep to the protocol: refused before the first piece, or counted, each by its kind, while nothing else is lost.

use std::collections::BTreeMap;

use serde_json::json;

use crate::memory_runs::{
    N_QUESTIONS, column, events, failures, items_of, journal_of, memory_of, read_short_questions,
};
use crate::support::{Ended, Folder};
use crate::support_agent::{Agent, Fault, Faulty, Step};

const MODEL: &str = "builtin-extractive-http";
/// Stands in the second context alone.
const SECOND: &str = "Nesta Ockenfold";
/// One question about it.
const QUESTION: &str = "Which person is mayor of Oakshaw?";

fn run(folder: &Folder, agent: &Agent) -> Ended {
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url, "--agent-timeout", "0.3", "--agent-attempts", "1"]))
}

/// Runs an agent with one fault: of `n` questions it costs the answer, and of nothing else.
#[track_caller]
fn costs(fault: Faulty, n: usize, kind: &str) -> (Folder, Agent) {
    let (folder, agent) = (Folder::new(), Agent::saying("nothing", &[fault]));
    run(&folder, &agent).with_code(3).telling(&[&format!("{N_QUESTIONS} answered, {n} failed")]);
    let journal = journal_of("run", "memory-agent-bench", MODEL);
    assert_eq!(failures(&folder, &journal), BTreeMap::from([(kind.to_owned(), n)]), "{fault:?}");
    let memory = memory_of(&folder, "run");
    let found = column(&memory, MODEL, "SH-QA");
    assert_eq!((&found["n"], &found["n_failed"]), (&json!(N_QUESTIONS - n), &json!(n)), "{found}");
    let flagged = items_of(&folder, "run").into_iter().filter(|row| row.metric == "exact_match" && row.value.is_none());
    let flagged: Vec<Vec<String>> = flagged.map(|row| row.flags).collect();
    assert_eq!(flagged, vec![vec![kind.to_owned()]; n]);
    (folder, agent)
}

/// What the record says of the first failure.
#[track_caller]
fn message(folder: &Folder) -> String {
    let failed = events(folder, &journal_of("run", "memory-agent-bench", MODEL), "failed");
    failed[0]["failure"]["message"].as_str().expect("a message").to_owned()
}

#[track_caller]
fn says(folder: &Folder, words: &[&str]) {
    let message = message(folder);
    for word in words {
        assert!(message.contains(word), "no {word:?} in {message}");
    }
}

#[test]
fn an_agent_that_never_ends_memorising_costs_the_questions_of_that_history() {
    let (folder, agent) = costs(Faulty::always(Step::Memorize, SECOND, Fault::Hang), 8, "agent_timeout");
    says(&folder, &["memorize piece", "0.3 s"]);
    // Nothing is asked about a history that was not memorised as a whole.
    assert_eq!(agent.heard_of(Step::Query).len(), N_QUESTIONS - 8);
}

#[test]
fn an_agent_that_calls_itself_ready_before_all_is_memorised_is_not_asked() {
    let (folder, agent) = costs(Faulty::always(Step::State, SECOND, Fault::Memorized(1)), 8, "agent_answered_early");
    says(&folder, &["1 of", "pieces"]);
    assert_eq!(agent.heard_of(Step::Query).len(), N_QUESTIONS - 8);
}

#[test]
fn an_answer_from_fewer_pieces_than_were_given_is_no_answer() {
    let (folder, _) = costs(Faulty::always(Step::Query, QUESTION, Fault::Memorized(1)), 1, "agent_answered_early");
    says(&folder, &["answer question", "1 of"]);
}

#[test]
fn an_agent_that_says_that_memorising_failed_is_not_asked() {
    let (folder, _) = costs(Faulty::always(Step::State, SECOND, Fault::Failed), 8, "agent_memorize_failed");
    says(&folder, &["memorising failed"]);
}

#[test]
fn an_agent_that_does_not_become_ready_in_time_is_not_asked() {
    let fault = Faulty::always(Step::State, SECOND, Fault::Indexing);
    let (folder, agent) = (Folder::new(), Agent::saying("nothing", &[fault]));
    let url = agent.url();
    let more = ["--agent", &url, "--agent-ready-within", "0.2"];
    folder.run(&read_short_questions("run", &more)).with_code(3).telling(&["24 answered, 8 failed"]);
    says(&folder, &["not ready 0.2 s after the last piece", "--agent-ready-within"]);
    assert_eq!(agent.heard_of(Step::Query).len(), N_QUESTIONS - 8);
}

#[test]
fn html_in_place_of_an_answer_is_told_as_such() {
    let (folder, _) = costs(Faulty::always(Step::Query, QUESTION, Fault::Html), 1, "agent_html");
    says(&folder, &["HTML", "is the URL that of the agent?"]);
}

#[test]
fn an_empty_answer_is_told_as_such() {
    let (folder, _) = costs(Faulty::always(Step::Query, QUESTION, Fault::Empty), 1, "agent_empty_reply");
    says(&folder, &["empty"]);
}

#[test]
fn a_session_that_the_agent_has_forgotten_is_told_by_its_id() {
    let (folder, agent) = costs(Faulty::always(Step::Query, QUESTION, Fault::Status(404)), 1, "agent_session_lost");
    let session =
        agent.heard_of(Step::Query).into_iter().find(|one| one.whole.contains(QUESTION)).expect("asked").session;
    says(&folder, &["does not know the session", &session]);
}

#[test]
fn an_answer_for_another_session_is_no_answer() {
    let (folder, _) = costs(Faulty::always(Step::Query, QUESTION, Fault::OtherSession), 1, "agent_other_session");
    says(&folder, &["somebody-else"]);
}

#[test]
fn an_agent_that_refuses_a_session_costs_its_questions_and_is_not_asked_again() {
    // The first of the sessions; sources are the same.
    let fault = Faulty { step: Step::Open, about: "", fault: Fault::Status(401), times: 1 };
    let (folder, agent) = costs(fault, 8, "agent_refused");
    says(&folder, &["refuses access", "401"]);
    assert_eq!(agent.heard_of(Step::Open).len(), 3, "a refusal was asked again");
}

#[test]
fn a_failed_history_is_asked_again_when_the_run_goes_on() {
    let fault = Faulty { step: Step::Memorize, about: SECOND, fault: Fault::Status(500), times: 1 };
    let (folder, agent) = costs(fault, 8, "agent_error");
    agent.forget_what_was_heard();
    folder
        .run(&["run", "--resume", "run"])
        .with_code(0)
        .telling(&[&format!("{} of {N_QUESTIONS} answers", N_QUESTIONS - 8)]);
    assert_eq!((agent.heard_of(Step::Query).len(), agent.heard_of(Step::Open).len()), (8, 2), "deleted, opened again");
    assert_eq!(agent.heard_of(Step::Close).len(), 2);
    let memory = memory_of(&folder, "run");
    assert_eq!(column(&memory, MODEL, "SH-QA")["n"], json!(N_QUESTIONS));
}

/// An agent that is not even asked to open a session.
#[track_caller]
fn refused(fault: Fault, code: i32, words: &[&str]) {
    let (folder, agent) = (Folder::new(), Agent::saying("nothing", &[Faulty::always(Step::About, "", fault)]));
    run(&folder, &agent).with_code(code).telling(words).telling(&[&agent.url()]);
    assert!(agent.heard().iter().all(|one| one.step == Step::About));
    assert!(!folder.path("run").exists(), "a run was begun");
}

#[test]
fn an_agent_that_refuses_the_key_ends_the_call_like_an_endpoint() {
    refused(Fault::Status(401), 5, &["refuses access", "401"]);
}

#[test]
fn an_agent_of_another_version_is_refused_with_both_versions() {
    refused(Fault::Version(2), 2, &["version 2", "version 1"]);
}

#[test]
fn a_page_in_place_of_an_agent_is_refused_as_such() {
    refused(Fault::Html, 2, &["HTML", "is the URL that of the agent?"]);
}

#[test]
fn an_agent_that_sends_on_to_another_address_is_not_followed() {
    refused(Fault::Status(302), 2, &["another address", "give that one"]);
}

#[test]
fn an_agent_that_cannot_be_reached_ends_the_call_like_an_endpoint() {
    let folder = Folder::new();
    // A port that was free a moment ago.
    let address =
        std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let url = format!("http://{address}");
    folder
        .run(&read_short_questions("run", &["--agent", &url, "--agent-attempts", "1"]))
        .with_code(5)
        .telling(&["connect to the agent", &url]);
    assert!(!folder.path("run").exists(), "a run was begun");
}

#[test]
fn an_address_that_holds_a_secret_is_refused_and_not_told() {
    let folder = Folder::new();
    for url in ["http://user:hunter2@127.0.0.1:1", "http://127.0.0.1:1/?key=hunter2"] {
        let ended = folder.run(&read_short_questions("run", &["--agent", url])).with_code(2);
        assert!(ended.stderr.contains("take them out") && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}
