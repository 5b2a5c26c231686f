//! Agents behind HTTP: what they are sent, in which order and under which name, and what is made of what they send back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::agent_server::Running;
use crate::memory_runs::{
    N_CONTEXTS, N_QUESTIONS, answers, builtin_rows, column, items_of, journal_of, memory_of, read_short_questions,
    right_answers, short_questions,
};
use crate::support::{Folder, json_lines, number};
use crate::support_agent::{Agent, Fault, Faulty, Heard, Replier, Step};

const MODEL: &str = "builtin-extractive-http";

#[test]
fn memories_of_the_reference_agent_give_the_answers_of_bm25() {
    let reference = Running::reference();
    let folder = Folder::new();
    let url = reference.url();
    folder.run(&read_short_questions("http", &["--agent", &url])).with_code(0);
    folder.run(&read_short_questions("own", &["--agent", "bm25"])).with_code(0);
    let of = |run: &str, model: &str| answers(&folder, &journal_of(run, "memory-agent-bench", model));
    assert_eq!(of("http", MODEL), of("own", "builtin-extractive-bm25"));
    let memory = memory_of(&folder, "http");
    assert_eq!(memory["agents"][0]["query_isolation"], "read_only");
    // It names the pieces that it has found, so what it found is known.
    assert!(number(&memory["retrieval"][0]["recall"]) > 0.6, "{}", memory["retrieval"]);
}

#[test]
fn the_answer_of_an_agent_is_scored_itself() {
    let right = right_answers();
    let agent = Agent::start(
        Replier::new(move |body, _| {
            let answer = right.get(body["question"].as_str().expect("a question")).cloned().expect("a known question");
            json!({"mode": "answer", "answer": answer, "usage": {"prompt_tokens": 321, "completion_tokens": 7}})
        }),
        &[],
    );
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url])).with_code(0);
    let memory = memory_of(&folder, "run");
    let found = column(&memory, MODEL, "SH-QA");
    assert_eq!((&found["value"], &found["n"]), (&json!(1.0), &json!(N_QUESTIONS)), "{found}");
    let cost = &memory["costs"][0];
    assert_eq!((number(&cost["read_per_question"]), number(&cost["answer_per_question"])), (321.0, 7.0), "{cost}");
    // What it found is not known.
    let evidence = items_of(&folder, "run").into_iter().filter(|row| row.metric == "evidence_recall");
    assert!(evidence.clone().count() > 0 && evidence.clone().all(|row| row.value.is_none()));
}

/// Steps of a session with their bodies, in the order in which they came.
fn by_session(heard: Vec<Heard>) -> BTreeMap<String, Vec<Heard>> {
    let mut sessions: BTreeMap<String, Vec<Heard>> = BTreeMap::new();
    for one in heard.into_iter().filter(|one| one.step != Step::About) {
        sessions.entry(one.session.clone()).or_default().push(one);
    }
    sessions
}

#[test]
fn a_history_has_one_session_its_pieces_come_in_order_and_its_questions_after_them() {
    let agent = Agent::saying("nothing", &[]);
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url])).with_code(0);
    assert!(agent.heard().iter().all(|one| one.version.as_deref() == Some("1")));
    let sessions = by_session(agent.heard());
    assert_eq!(sessions.len(), N_CONTEXTS);
    let contexts: Vec<Value> = builtin_rows("Accurate_Retrieval")
        .into_iter()
        .filter(|row| row["metadata"]["source"] == "ruler_qa1_builtin")
        .collect();
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut seen = BTreeSet::new();
    for (id, steps) in sessions {
        assert!(id.len() <= 128 && id.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c)), "{id}");
        let order: Vec<Step> = steps.iter().map(|one| one.step).collect();
        let mut sorted = order.clone();
        sorted.sort();
        assert_eq!(order, sorted, "open, pieces, flush, state, questions, close");
        assert_eq!((order.first(), order.last()), (Some(&Step::Open), Some(&Step::Close)));
        let pieces: Vec<&Heard> = steps.iter().filter(|one| one.step == Step::Memorize).collect();
        let indices: Vec<u64> = pieces.iter().filter_map(|one| one.body["index"].as_u64()).collect();
        assert_eq!(indices, (0..pieces.len() as u64).collect::<Vec<_>>());
        assert_eq!(steps[0].body["n_chunks"], json!(pieces.len()));
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let told: Vec<String> = pieces.iter().map(|one| text(&one.body["raw_text"])).collect();
        let context = contexts.iter().find(|row| flat(&text(&row["context"])) == flat(&told.join(" ")));
        let context = context.expect("the pieces of a session are a context, whole and in order");
        assert!(pieces.iter().all(|one| text(&one.body["text"]).contains(&text(&one.body["raw_text"]))));
        let asked: BTreeSet<String> =
            steps.iter().filter(|one| one.step == Step::Query).map(|one| text(&one.body["question"])).collect();
        let own: BTreeSet<String> = context["questions"].as_array().expect("questions").iter().map(text).collect();
        assert_eq!(asked, own, "questions of another context");
        let keys: BTreeSet<&String> = steps.iter().filter_map(|one| one.key.as_ref()).collect();
        assert_eq!(keys.len(), steps.iter().filter(|one| one.step != Step::State).count(), "a key stands twice");
        assert!(seen.insert(text(&context["context"])), "a context was memorised twice");
    }
}

#[test]
fn a_request_that_was_not_answered_comes_again_with_the_same_key() {
    let once = |step| Faulty { step, about: "", fault: Fault::Status(503), times: 1 };
    let agent = Agent::saying("nothing", &[once(Step::Memorize), once(Step::Query)]);
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url, "--limit", "8"])).with_code(0);
    for step in [Step::Memorize, Step::Query] {
        let heard = agent.heard_of(step);
        let again: Vec<&Heard> = heard.iter().filter(|one| one.key == heard[0].key).collect();
        assert_eq!((again.len(), &again[0].whole), (2, &again[1].whole), "{step:?}");
    }
    assert_eq!(agent.heard_of(Step::Query).len(), 8 + 1);
}

#[test]
fn an_agent_that_works_in_the_background_is_waited_for_before_it_is_asked() {
    let later = Faulty::always(Step::Memorize, "", Fault::Accepted);
    let agent =
        Agent::saying("nothing", &[later, Faulty { step: Step::State, about: "", fault: Fault::Indexing, times: 2 }]);
    let folder = Folder::new();
    let url = agent.url();
    folder.run(&read_short_questions("run", &["--agent", &url, "--limit", "8"])).with_code(0);
    let order: Vec<Step> = agent.heard().iter().map(|one| one.step).filter(|step| *step != Step::About).collect();
    let first_question = order.iter().position(|step| *step == Step::Query).expect("a question");
    assert_eq!(order[..first_question].iter().filter(|step| **step == Step::State).count(), 3, "{order:?}");
    assert!(!order[first_question..].contains(&Step::State), "{order:?}");
}

#[test]
fn an_agent_that_lacks_what_is_optional_is_asked_all_the_same() {
    for status in [404, 405, 501] {
        let lacks = |step| Faulty::always(step, "", Fault::Status(status));
        let agent = Agent::saying("nothing", &[lacks(Step::About), lacks(Step::Flush), lacks(Step::State)]);
        let folder = Folder::new();
        let url = agent.url();
        folder.run(&read_short_questions("run", &["--agent", &url, "--limit", "2"])).with_code(0);
        assert_eq!(memory_of(&folder, "run")["agents"][0]["query_isolation"], "none", "{status}");
    }
}

#[test]
fn neither_a_dry_run_nor_a_replay_needs_the_agent() {
    let folder = Folder::new();
    let agent = Agent::saying("nothing", &[]);
    let url = agent.url();
    folder.run(&read_short_questions("dry", &["--agent", &url, "--dry-run"])).with_code(0);
    assert!(agent.heard().is_empty(), "a dry run asked: {:?}", agent.heard());
    folder.run(&read_short_questions("asked", &["--agent", &url, "--limit", "4"])).with_code(0);
    drop(agent);
    let more = ["--model", "replay:asked", "--agent", &url, "--limit", "4"];
    folder.run(&short_questions("again", &more)).with_code(0);
    let of = |run: &str, model: &str| answers(&folder, &journal_of(run, "memory-agent-bench", model));
    assert_eq!(of("asked", MODEL), of("again", "replay-asked-http"));
}

/// A context that is long enough, and says nothing secret.
fn plain_context() -> String {
    (0..80).map(|n| format!("The lighthouse of island {n} is kept by the family number {n}. ")).collect()
}

/// A row in which everything that only a scorer may know is marked.
fn marked_row(source: &str, question: &str) -> Value {
    let mut row = json!({
        "context": plain_context(), "questions": [question], "answers": [["SECRET-answer", "SECRET-alias"]],
        "metadata": {
            "demo": "SECRET-demo", "haystack_sessions": [[[{"content": "SECRET-turn", "has_answer": true, "role": "user"}]]],
            "keypoints": ["SECRET-keypoint"], "previous_events": ["SECRET-event"], "qa_pair_ids": ["SECRET-pair"],
            "question_dates": ["SECRET-date"], "question_ids": ["SECRET-id_abs"], "question_types": ["multi-session"], "source": source,
        },
        "rules": {"evidence": [["SECRET-evidence"]], "accepted": [["SECRET-accepted"]], "rejected": [["SECRET-rejected"]]},
    });
    if source.starts_with("infbench") {
        row["rules"] = json!({"keypoint_phrases": [["SECRET-phrase"]]});
    }
    row
}

#[track_caller]
fn assert_nothing_told(heard: &[Heard], words: &[&str]) {
    assert!(heard.len() > 10);
    for one in heard {
        let told = one.whole.to_lowercase();
        for word in words {
            assert!(
                !told.contains(word),
                "{:?} tells {word}: {}",
                one.step,
                one.whole.chars().take(600).collect::<String>()
            );
        }
    }
}

#[test]
fn nothing_that_only_a_scorer_may_know_is_sent() {
    let agent = Agent::saying("nothing", &[]);
    let folder = Folder::new();
    folder.write(
        "data/Accurate_Retrieval.jsonl",
        json_lines(&[
            marked_row("ruler_qa1_own", "Who keeps the lighthouse of island 3?"),
            marked_row("longmemeval_s_own", "Who keeps the lighthouse of island 4?"),
            marked_row("eventqa_full", "Which of the events comes next?"),
        ]),
    );
    folder.write("data/Long_Range_Understanding.jsonl", json_lines(&[marked_row("infbench_sum_own", "Sum it up.")]));
    let url = agent.url();
    let start = ["run", "memory-agent-bench", "--size", "data", "--model", "builtin:extractive", "--agent", &url];
    folder.run(&[&start[..], &["--out", "run"]].concat()).with_code(0);
    assert_eq!(agent.heard_of(Step::Query).len(), 4);
    assert_nothing_told(&agent.heard(), &["secret", "multi-session", "has_answer", "_abs"]);
    assert!(agent.heard_of(Step::Open).iter().all(|one| one.body["meta"] == json!({})));
}

#[test]
fn of_a_changed_state_an_agent_is_told_sessions_and_question_and_not_what_has_changed() {
    let agent = Agent::saying("nothing", &[]);
    let folder = Folder::new();
    let session = |n: usize| json!([{"role": "user", "content": format!("Remark number {n}.")}, {"role": "assistant", "content": "Noted."}]);
    let query = |n: usize| format!("Question {n}?");
    folder.write(
        "data/scenarios.json",
        json!([{
            "uid": "SECRET-t2-1", "type": "T2", "M_old": "SECRET-old", "M_new": "SECRET-new", "explanation": "SECRET-logic",
            "probing_queries": {"dim1_query": query(1), "dim2_query": query(2), "dim3_query": query(3)},
            "timestamps": ["2025-01-01 08:00", "2025-01-02 08:00", "2025-02-02 08:00"], "relevant_session_index": [0, 2],
            "haystack_session": [session(0), session(1), session(2)], "rules": {"dim1": {"accepted": ["SECRET-phrase"], "rejected": []}},
        }])
        .to_string(),
    );
    let url = agent.url();
    let start = ["run", "stale", "--size", "data", "--model", "builtin:extractive", "--agent", &url];
    folder.run(&[&start[..], &["--out", "run"]].concat()).with_code(0);
    assert_eq!((agent.heard_of(Step::Open).len(), agent.heard_of(Step::Query).len()), (3, 7));
    let times: Vec<Value> =
        agent.heard_of(Step::Memorize).iter().take(3).map(|one| one.body["timestamp"].clone()).collect();
    assert!(times.iter().all(Value::is_string), "{times:?}");
    // A uid can name the type; that a history is a control says how to answer.
    assert_nothing_told(&agent.heard(), &["secret", "t2", "control", "removed", "replaced", "relevant"]);
}
