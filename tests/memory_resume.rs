//! Runs over histories that were killed or interrupted: gone on with to the same bytes, and no answered question is sent again.

use std::time::Duration;

use serde_json::Value;

use crate::endpoint::{Behaviour, Endpoint};
use crate::memory_runs::{
    N_QUESTIONS, answers, column, cut_after, events, journal_of, memory_of, n_asked, resume, right_answers,
    short_questions,
};
use crate::support::Folder;
use crate::support_agent::{Agent, Heard, Replier, Step};

#[test]
fn a_journal_cut_inside_a_context_ends_with_the_same_bytes_and_only_open_questions_are_sent() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    let model = endpoint.model();
    for agent in ["bm25", "long-context"] {
        folder.run(&short_questions(agent, &["--model", &model, "--agent", agent])).with_code(0);
        let whole = folder.bytes(&format!("{agent}/results.json"));
        let journal = journal_of(agent, "memory-agent-bench", &format!("mock-{agent}"));
        // Contexts have eight questions each: inside the first, between two, inside the last.
        for kept in [19, 8, 3] {
            cut_after(&folder, &journal, kept);
            let before = endpoint.n_requests();
            resume(&folder, agent).with_code(0).telling(&[&format!("{kept} of {N_QUESTIONS} answers are recorded")]);
            assert_eq!(endpoint.n_requests() - before, N_QUESTIONS - kept, "{agent} after {kept}");
            assert!(folder.bytes(&format!("{agent}/results.json")) == whole, "{agent} after {kept}");
        }
    }
}

#[test]
fn a_run_killed_while_an_endpoint_answers_goes_on_without_asking_anything_twice() {
    let latency = Duration::from_millis(100);
    let endpoint = Endpoint::start(Behaviour { latency, ..Behaviour::default() });
    let folder = Folder::new();
    let model = endpoint.model();
    let more = ["--model", &model, "--agent", "bm25", "--concurrency", "2", "--no-adaptive"];
    let journal = journal_of("cut", "memory-agent-bench", "mock-bm25");
    let mut running = folder.start(&short_questions("cut", &more));
    running.wait_for_file(&folder.path(&journal));
    while endpoint.seen(|seen| seen.answered) < 11 {
        std::thread::yield_now();
    }
    running.signal("KILL");
    assert_eq!(running.end().code, None);
    let text = folder.read(&journal);
    let whole_lines = text.rsplit_once('\n').map_or("", |(lines, _)| lines).to_owned();
    folder.write("lines.jsonl", &whole_lines);
    let recorded = answers(&folder, "lines.jsonl");
    assert!(recorded.len() < N_QUESTIONS && !recorded.is_empty(), "killed too late or too early: {}", recorded.len());
    let asked: Vec<Value> = events(&folder, "lines.jsonl", "answered");
    endpoint.behave(|behaviour| behaviour.latency = Duration::ZERO);
    resume(&folder, "cut").with_code(0);
    for event in asked {
        let question = event["answer"]["inline"]["question"].as_str().expect("a question");
        assert_eq!(n_asked(&endpoint, question), 1, "{question}");
    }
    folder.run(&short_questions("whole", &more)).with_code(0);
    assert!(folder.bytes("cut/results.json") == folder.bytes("whole/results.json"), "results.json differs");
}

/// Session ids in the order in which they were opened.
fn opened(heard: &[Heard]) -> Vec<String> {
    heard.iter().filter(|one| one.step == Step::Open).map(|one| one.session.clone()).collect()
}

fn pieces_of(heard: &[Heard], session: &str) -> Vec<Value> {
    let own = heard.iter().filter(|one| one.step == Step::Memorize && one.session == session);
    own.map(|one| one.body.clone()).collect()
}

/// An agent that knows all answers.
fn oracle() -> Agent {
    let right = right_answers();
    Agent::start(Replier::answering(move |question| right.get(question).cloned().unwrap_or_default()), &[])
}

#[test]
fn a_history_is_memorised_anew_under_the_same_session_and_only_open_questions_are_asked() {
    let agent = oracle();
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&short_questions("run", &["--model", "builtin:extractive", "--agent", &url])).with_code(0);
    let whole = folder.bytes("run/results.json");
    let first = agent.heard();
    let journal = journal_of("run", "memory-agent-bench", "builtin-extractive-http");
    let items: Vec<(String, String)> = answers(&folder, &journal).into_keys().collect();

    cut_after(&folder, &journal, 11);
    let kept = answers(&folder, &journal);
    agent.forget_what_was_heard();
    resume(&folder, "run").with_code(0);
    let second = agent.heard();
    // The first context has all its answers; of the second five are missing.
    let sessions = opened(&second);
    let mut before = opened(&first);
    before.retain(|id| sessions.contains(id));
    assert_eq!((sessions.len(), before.len()), (2, 2), "{sessions:?}");
    for session in &sessions {
        assert!(pieces_of(&second, session) == pieces_of(&first, session), "other pieces in {session}");
        assert!(!pieces_of(&second, session).is_empty());
    }
    // Who goes by keys must not take the second opening for a repeat of the first.
    let keys =
        |heard: &[Heard]| heard.iter().filter_map(|one| one.key.clone()).collect::<std::collections::BTreeSet<_>>();
    assert!(keys(&first).is_disjoint(&keys(&second)), "keys came again");
    let asked = second.iter().filter(|one| one.step == Step::Query);
    assert_eq!(asked.clone().count(), N_QUESTIONS - kept.len());
    assert!(asked.clone().all(|one| sessions.contains(&one.session)));
    assert_eq!(answers(&folder, &journal).into_keys().collect::<Vec<_>>(), items);
    assert_eq!(events(&folder, &journal, "answered").len(), N_QUESTIONS, "an answered question was asked again");
    assert!(folder.bytes("run/results.json") == whole, "results.json differs");
}

#[test]
fn one_option_of_a_call_that_goes_on_leaves_the_recorded_ones() {
    let folder = Folder::new();
    folder
        .run(&short_questions("run", &["--model", "builtin:extractive", "--agent", "bm25", "--top-k", "3"]))
        .with_code(0);
    folder.run(&["run", "--resume", "run", "--top-k", "9"]).with_code(2).telling(&["top_k", "3", "9"]);
    folder.run(&["run", "--resume", "run", "--top-k", "3"]).with_code(0);
}

#[test]
fn another_run_has_other_sessions() {
    let agent = oracle();
    let folder = Folder::new();
    let url = agent.url();
    let run = |out| {
        agent.forget_what_was_heard();
        folder
            .run(&short_questions(out, &["--model", "builtin:extractive", "--agent", &url, "--seed", "7"]))
            .with_code(0);
        opened(&agent.heard())
    };
    let (one, two) = (run("one"), run("two"));
    // Runs that begin in the same second share the time of their beginning, and would share ids but for it.
    assert!(one.iter().all(|id| !two.contains(id)), "{one:?} {two:?}");
}

#[test]
fn a_run_interrupted_while_an_agent_answers_is_not_taken_for_finished() {
    let agent = oracle();
    let folder = Folder::new();
    let url = agent.url();
    // Six contexts: four are asked about at the same time.
    let start = ["run", "memory-agent-bench", "--task", "*h-qa", "--model", "builtin:extractive", "--agent", &url];
    folder.run(&[&start[..], &["--out", "whole"]].concat()).with_code(0);
    agent.forget_what_was_heard();
    agent.let_pass(4);
    let running = folder.start(&[&start[..], &["--out", "cut"]].concat());
    agent.wait_for(Step::Query, 8);
    running.signal("INT");
    agent.let_pass(usize::MAX);
    running.end().with_code(130).telling(&["run --resume cut"]);
    assert!(!folder.path("cut/results.json").exists());
    resume(&folder, "cut").with_code(0);
    assert!(folder.bytes("cut/results.json") == folder.bytes("whole/results.json"), "results.json differs");
    let model = "builtin-extractive-http";
    assert_eq!(column(&memory_of(&folder, "cut"), model, "SH-QA")["n_failed"], 0);
    let journal = journal_of("cut", "memory-agent-bench", model);
    assert_eq!(events(&folder, &journal, "answered").len(), answers(&folder, &journal).len());
}

#[test]
fn a_resumed_run_with_other_agents_or_settings_is_refused_with_the_difference() {
    let folder = Folder::new();
    folder
        .run(&short_questions("run", &["--model", "builtin:extractive", "--agent", "bm25", "--limit", "4"]))
        .with_code(0);
    let before = folder.bytes("run/run.json");
    let cases: [(&[&str], [&str; 2]); 5] = [
        (&["--agent", "none"], ["bm25", "none"]),
        (&["--agent", "bm25", "--agent", "none"], ["bm25", "builtin-extractive-none"]),
        (&["--agent", "bm25", "--top-k", "3"], ["top_k", "3"]),
        (&["--agent", "bm25", "--chunk-tokens", "128"], ["chunk_tokens", "128"]),
        (&["--agent", "bm25", "--chunking", "compat"], ["chunking", "compat"]),
    ];
    for (more, words) in cases {
        folder.run(&[&["run", "--resume", "run"], more].concat()).with_code(2).telling(&words);
    }
    assert!(folder.bytes("run/run.json") == before, "a refused call changed run.json");
}
