//! Runs and instruments on an endpoint that fails in every way: nothing is lost, nothing is asked twice, nothing leaks.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use crate::endpoint::{Behaviour, Endpoint, Fault, logprob, tokens};
use crate::support::{Ended, Folder, json_lines, list, number, rows_of};

/// So short that a hanging request does not hold up the tests.
const SHORT: &str = "timeouts = { connect = 2.0, first_byte = 0.6, idle = 0.4, total = 3.0 }";

fn chats(n: usize) -> String {
    let row = |id| json!({"id": id, "messages": [{"role": "user", "content": format!("question {id} [[ans:{id}]]")}]});
    json_lines(&(0..n).map(row).collect::<Vec<_>>())
}

fn generate(folder: &Folder, further: &[&str]) -> Ended {
    let mut arguments = vec!["generate", "--model", "@mock", "--in", "in.jsonl", "--out", "out.jsonl"];
    arguments.extend(further);
    folder.run(&arguments)
}

/// Every row has the answer to its own question.
#[track_caller]
fn assert_all_answered(folder: &Folder, n: usize) {
    let rows = rows_of(&folder.read("out.jsonl"));
    assert_eq!(rows.len(), n);
    for (place, row) in rows.iter().enumerate() {
        assert_eq!((&row["id"], &row["text"]), (&json!(place), &json!(place.to_string())), "{row}");
    }
}

/// A folder with `n` questions and an entry for the endpoint.
fn asking(endpoint: &Endpoint, n: usize, further: &str) -> Folder {
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry(further));
    folder.write("in.jsonl", chats(n));
    folder
}

fn questions<'a>(out: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["run", "hubble", "--task", "questions-choice", "--model", "@mock"];
    arguments.extend(if out.is_empty() { vec![] } else { vec!["--out", out] });
    arguments.extend(further);
    arguments
}

#[test]
fn each_fault_alone_costs_no_row() {
    let faults = [
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(503),
        Fault::Status(429),
        Fault::RateLimited(400),
        Fault::Truncated,
        Fault::Cut,
        Fault::Reset,
        Fault::SlowFirst(50),
        Fault::Dribble,
        Fault::Empty,
        Fault::Html,
        Fault::NoChoices,
        Fault::TwoChoices,
    ];
    std::thread::scope(|scope| {
        for fault in faults {
            scope.spawn(move || {
                let endpoint =
                    Endpoint::start(Behaviour { faults: vec![(fault, 0.1)], seed: 7, ..Behaviour::default() });
                let folder = asking(&endpoint, 60, SHORT);
                generate(&folder, &["--cache", "off"]).with_code(0);
                assert_all_answered(&folder, 60);
                let given = endpoint.seen(|seen| seen.faults.get(&fault).copied().unwrap_or(0));
                assert!(given > 0, "{fault:?} never came");
                assert_eq!(endpoint.seen(|seen| seen.too_early), 0, "{fault:?}: asked before it may be");
            });
        }
    });
}

#[test]
fn all_faults_mixed_cost_no_row_and_every_retry_is_in_the_journal() {
    let faults =
        [Fault::Status(500), Fault::Truncated, Fault::Reset, Fault::Hang, Fault::Html, Fault::RateLimited(400)];
    let endpoint = Endpoint::start(Behaviour {
        faults: faults.into_iter().map(|fault| (fault, 0.03)).collect(),
        seed: 3,
        ..Behaviour::default()
    });
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry(&format!("scoring = \"echo-1\"\n{SHORT}")));
    folder.run(&questions("run", &["--limit", "40"])).with_code(0);
    assert_eq!(endpoint.seen(|seen| seen.too_early), 0);
    let events = rows_of(&folder.read("run/cells/hubble/mock/journal.jsonl"));
    let failed: Vec<&Value> = events.iter().filter(|event| event["event"] == "attempt_failed").collect();
    let given: usize = endpoint.seen(|seen| seen.faults.values().sum());
    assert!(given > 0 && failed.len() == given, "{} of {given}", failed.len());
    assert!(failed.iter().all(|event| event["wait_ms"].is_u64() && event["attempt"].is_u64()));
    let kinds: BTreeSet<&str> = failed.iter().filter_map(|event| event["kind"].as_str()).collect();
    assert!(kinds.contains("timeout_first_byte") && kinds.contains("not_json"), "{kinds:?}");
    let sent: u64 = events.iter().filter_map(|event| event["exchange"]["n_sent"].as_u64()).sum();
    assert_eq!(usize::try_from(sent).ok(), Some(endpoint.n_requests()));
    assert_eq!(folder.json("run/run.json")["traffic"]["n_sent"], json!(sent));
}

#[test]
fn a_row_that_always_fails_is_an_error_of_its_own_after_a_few_tries() {
    let sticky = Some(("question 5 ".to_owned(), Fault::Status(500)));
    let endpoint = Endpoint::start(Behaviour { sticky, ..Behaviour::default() });
    let folder = asking(&endpoint, 40, "");
    generate(&folder, &["--cache", "off"]).with_code(3).telling(&["1 in error: http_status 1"]);
    let rows = rows_of(&folder.read("out.jsonl"));
    let failed: Vec<&Value> = rows.iter().filter(|row| !row["error"].is_null()).collect();
    assert_eq!((failed.len(), &failed[0]["id"]), (1, &json!(5)));
    let tries = endpoint.seen(|seen| {
        seen.bodies.iter().filter(|(body, _)| body.contains("question 5 ")).map(|(_, n)| *n).sum::<usize>()
    });
    assert!((3..=6).contains(&tries), "{tries}");
    // The next call asks the failed one again, and no other.
    endpoint.behave(|behaviour| behaviour.sticky = None);
    let before = endpoint.n_requests();
    generate(&folder, &["--cache", "off"]).with_code(0);
    assert_eq!(endpoint.n_requests(), before + 1);
    assert_all_answered(&folder, 40);
}

#[test]
fn a_run_on_an_endpoint_counts_its_failed_rows_and_says_why() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\""));
    folder.run(&questions("whole", &["--limit", "12"])).with_code(0);
    let first = rows_of(&folder.read("whole/cells/hubble/mock/journal.jsonl"));
    let item = first.iter().find(|event| event["event"] == "answered").expect("an answer")["item"].clone();
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\""));
    // The body of this item's first choice, as it was seen.
    let needle = endpoint.seen(|seen| seen.bodies.keys().next().cloned()).expect("a request");
    let needle = needle.split_once("\"prompt\":").expect("a prompt").1[..40].to_owned();
    endpoint.behave(|behaviour| behaviour.sticky = Some((needle, Fault::WrongCount)));
    folder.run(&questions("run", &["--limit", "12", "--cache", "off"])).with_code(3);
    let events = rows_of(&folder.read("run/cells/hubble/mock/journal.jsonl"));
    let failed: Vec<&Value> = events.iter().filter(|event| event["event"] == "failed").collect();
    assert!(!failed.is_empty() && failed.len() < 12, "{item}: {failed:?}");
    assert_eq!(failed[0]["failure"]["kind"], "logprob_count");
    assert_eq!(failed[0]["failure"]["attempts"], 1, "asking again would not help");
    let health = &folder.json("run/results.json")["suites"][0]["health"][0];
    assert_eq!(health["error"], json!(failed.len()));
    assert_eq!(health["answered"], json!(12 - failed.len()));
}

#[test]
fn broken_log_probabilities_have_names_and_are_never_numbers() {
    let kinds = [
        (Fault::WrongCount, "logprob_count"),
        (Fault::NanLogprob, "logprob_not_a_number"),
        (Fault::PositiveLogprob, "logprob_positive"),
        (Fault::SentinelLogprob, "logprob_sentinel"),
    ];
    for (fault, kind) in kinds {
        let endpoint = Endpoint::start(Behaviour { sticky: Some(("bad".into(), fault)), ..Behaviour::default() });
        let folder = Folder::new();
        folder.write("models.toml", endpoint.entry("scoring = \"echo-1\""));
        folder.write(
            "in.jsonl",
            json_lines(&[json!({"id": 1, "text": "a good text"}), json!({"id": 2, "text": "a bad text"})]),
        );
        let ended = folder.run(&["logprobs", "--model", "@mock", "--in", "in.jsonl"]).with_code(3);
        let rows = ended.rows();
        assert_eq!(rows[1]["error"]["kind"], kind);
        assert!(rows[1].get("logprobs").is_none());
        assert_eq!(list(&rows[0]["logprobs"]).len(), tokens("a good text").len() - 1);
    }
}

#[test]
fn log_probabilities_are_those_of_the_endpoint_whatever_the_way_of_asking() {
    let endpoint = Endpoint::start(Behaviour::default());
    let text = "Naïve café, 東京 at 7.";
    let pieces = tokens(text);
    let mut before = String::new();
    let mut expected = Vec::new();
    for piece in &pieces {
        expected.push(logprob(&before, piece));
        before.push_str(piece);
    }
    for scoring in ["echo-0", "echo-1"] {
        let folder = Folder::new();
        folder.write("models.toml", endpoint.entry(&format!("scoring = \"{scoring}\"")));
        folder.write("in.jsonl", json_lines(&[json!({"id": 1, "text": text})]));
        let row = &folder.run(&["logprobs", "--model", "@mock", "--in", "in.jsonl"]).with_code(0).rows()[0];
        assert_eq!(row["tokens"], json!(pieces));
        assert!(row["token_ids"].is_null(), "no id is made up");
        for (got, expected) in list(&row["logprobs"]).iter().zip(&expected[1..]) {
            assert!((number(got) - expected).abs() < 1e-6, "{row}");
        }
    }
}

#[test]
fn a_killed_run_goes_on_and_ends_with_the_bytes_of_an_unbroken_one() {
    for cache in ["off", "both"] {
        let endpoint = Endpoint::start(Behaviour { latency: Duration::from_millis(15), ..Behaviour::default() });
        let folder = Folder::new();
        folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"\nlimits = { concurrency = 8 }"));
        folder.run(&questions("whole", &["--limit", "60", "--cache", "off"])).with_code(0);
        let n_whole = endpoint.n_requests();
        let running = folder.start(&questions("run", &["--limit", "60", "--cache", cache]));
        while endpoint.n_requests() < n_whole + n_whole / 2 {
            std::thread::sleep(Duration::from_millis(2));
        }
        running.signal("KILL");
        running.end();
        std::thread::sleep(Duration::from_millis(60));
        folder.run(&["run", "--resume", "run", "--cache", cache]).with_code(0);
        let again = endpoint.n_requests() - 2 * n_whole;
        // An item is four requests here; an answered request of an unfinished item is only spared by the cache.
        let most = if cache == "off" { 8 + 4 * 8 } else { 8 };
        assert!(again <= most, "cache {cache}: {again} requests were sent twice");
        for file in ["results.json", "items.parquet"] {
            assert_eq!(folder.bytes(&format!("run/{file}")), folder.bytes(&format!("whole/{file}")), "{file}");
        }
        let manifest = folder.json("run/run.json");
        assert_eq!(list(&manifest["sessions"]).len(), 2);
    }
}

#[test]
fn an_interrupted_run_saves_what_was_in_flight_and_its_command_goes_on() {
    let endpoint = Endpoint::start(Behaviour { latency: Duration::from_millis(30), ..Behaviour::default() });
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\""));
    let running = folder.start(&questions("run", &["--limit", "200", "--concurrency", "4", "--cache", "off"]));
    while endpoint.n_requests() < 40 {
        std::thread::sleep(Duration::from_millis(2));
    }
    running.signal("INT");
    let ended = running.end().with_code(130).telling(&["mnemoscope run --resume run"]);
    assert!(!ended.stderr.contains("panicked"));
    let n_before = endpoint.n_requests();
    assert_eq!(endpoint.seen(|seen| seen.answered), n_before, "every request in flight was waited for");
    folder.run(&["run", "--resume", "run", "--concurrency", "4", "--cache", "off"]).with_code(0);
    assert_eq!(rows_of(&folder.read("run/cells/hubble/mock/journal.jsonl"))[0]["event"], "started");
}

#[test]
fn a_refused_key_costs_one_request_and_is_never_shown() {
    let endpoint = Endpoint::start(Behaviour { key: Some("right".into()), ..Behaviour::default() });
    let folder = asking(&endpoint, 64, "api_key_env = \"MOCK_KEY\"");
    let ended = folder
        .run_with_variable(
            "MOCK_KEY",
            "marker-wrong-key",
            &["generate", "--model", "@mock", "--in", "in.jsonl", "--out", "out.jsonl"],
        )
        .with_code(5)
        .telling(&["401", "MOCK_KEY"]);
    assert_eq!(endpoint.n_requests(), 1);
    assert!(!ended.stderr.contains("marker-wrong-key"), "{}", ended.stderr);
}

#[test]
fn a_key_that_is_refused_only_where_it_counts_costs_one_request_too() {
    // The list of models is open to all; the first real request is refused.
    let sticky = Some((String::new(), Fault::Status(401)));
    let endpoint = Endpoint::start(Behaviour { sticky, ..Behaviour::default() });
    let folder = asking(&endpoint, 64, "");
    generate(&folder, &[]).with_code(5).telling(&["401"]);
    assert_eq!(endpoint.n_requests(), 1);
}

#[test]
fn the_key_is_nowhere_on_disk_and_in_no_output() {
    let sticky = Some(("question 3 ".to_owned(), Fault::Status(400)));
    let endpoint = Endpoint::start(Behaviour { key: Some("marker-right-key".into()), sticky, ..Behaviour::default() });
    let folder = asking(&endpoint, 10, "api_key_env = \"MOCK_KEY\"\nscoring = \"echo-1\"");
    let mut told = String::new();
    for arguments in [
        vec!["generate", "--model", "@mock", "--in", "in.jsonl", "--out", "out.jsonl"],
        questions("run", &["--limit", "4"]),
        vec!["doctor", "--model", "@mock", "--json"],
    ] {
        let ended = folder.run_with_variable("MOCK_KEY", "marker-right-key", &arguments);
        assert_ne!(ended.code, Some(5), "{}", ended.stderr);
        told.push_str(&ended.stdout);
        told.push_str(&ended.stderr);
    }
    assert!(!told.contains("marker-right-key"));
    let files = folder.files();
    assert!(files.iter().any(|file| file.starts_with("cache/")) && files.contains(&"run/run.json".to_owned()));
    for file in files {
        let bytes = folder.bytes(&file);
        assert!(!bytes.windows(16).any(|window| window == b"marker-right-key"), "{file}");
    }
}

#[test]
fn an_endpoint_that_takes_eight_at_once_is_not_asked_for_more_for_long() {
    let endpoint = Endpoint::start(Behaviour {
        most_at_once: Some(8),
        latency: Duration::from_millis(20),
        ..Behaviour::default()
    });
    let folder = asking(&endpoint, 400, "");
    generate(&folder, &["--concurrency", "64", "--cache", "off"]).with_code(0);
    assert_all_answered(&folder, 400);
    let (refused, most) = endpoint.seen(|seen| (seen.faults.values().sum::<usize>(), seen.most_in_flight));
    assert!(most <= 24, "{most} at once: the first overload comes before the limit has doubled");
    assert!(refused < 60, "{refused} of 400 were refused");
}

#[test]
fn a_hanging_request_runs_into_its_time_out_and_is_asked_again() {
    let endpoint = Endpoint::start(Behaviour { faults: vec![(Fault::Hang, 0.1)], seed: 11, ..Behaviour::default() });
    let folder = asking(&endpoint, 30, SHORT);
    generate(&folder, &["--cache", "off"]).with_code(0);
    assert_all_answered(&folder, 30);
    assert!(endpoint.seen(|seen| seen.faults[&Fault::Hang]) > 0);
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Endpoint::start(Behaviour::default());
    let endpoint = Endpoint::start(Behaviour { redirect_to: Some(other.url()), ..Behaviour::default() });
    let folder = asking(&endpoint, 3, "api_key_env = \"MOCK_KEY\"");
    let ended = folder.run_with_variable("MOCK_KEY", "marker", &["generate", "--model", "@mock", "--in", "in.jsonl"]);
    assert_eq!(ended.with_code(3).rows()[0]["error"]["kind"], "redirect");
    assert_eq!(other.seen(|seen| seen.requests + seen.listed), 0);
}

#[test]
fn an_endless_body_is_cut_off_at_the_limit() {
    let sticky = Some(("question 1 ".to_owned(), Fault::Endless));
    let endpoint = Endpoint::start(Behaviour { sticky, ..Behaviour::default() });
    let folder = asking(&endpoint, 3, "");
    let ended = folder.run(&["generate", "--model", "@mock", "--in", "in.jsonl"]).with_code(3);
    assert_eq!(ended.rows()[1]["error"]["kind"], "body_too_large");
}

#[test]
fn a_cached_reply_is_not_paid_for_again_in_another_run() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"\nprices = { input = 1.0, output = 2.0 }"));
    folder.run(&questions("first", &["--limit", "10"])).with_code(0);
    let n = endpoint.n_requests();
    let dry = folder.run(&questions("", &["--limit", "10", "--dry-run", "--json"])).with_code(0).json();
    assert_eq!(endpoint.n_requests(), n, "a dry run sends nothing");
    assert_eq!(dry["tasks"][0]["endpoint"]["cached"], json!(n));
    assert_eq!(dry["tasks"][0]["endpoint"]["cost"], json!(0.0));
    folder.run(&questions("second", &["--limit", "10"])).with_code(0);
    assert_eq!(endpoint.n_requests(), n);
    assert_eq!(folder.bytes("first/results.json"), folder.bytes("second/results.json"));
    let manifest = folder.json("second/run.json");
    assert_eq!((&manifest["traffic"]["n_cached"], &manifest["traffic"]["n_sent"]), (&json!(n), &json!(0)));
    assert_eq!(number(&manifest["cost"]["amount"]), 0.0);
    assert!(number(&folder.json("first/run.json")["cost"]["amount"]) > 0.0);
    // Repeats are asked: they are other requests.
    folder.run(&questions("repeats", &["--limit", "10", "--epochs", "2"])).with_code(0);
    assert_eq!(endpoint.n_requests(), 2 * n);
    // A file that is cut keeps what stands before the cut.
    let file = folder.files().into_iter().find(|file| file.starts_with("cache/")).expect("a cache file");
    let bytes = folder.bytes(&file);
    folder.write(&file, &bytes[..bytes.len() / 2 + 5]);
    folder.run(&["cache", "verify"]).with_code(6);
    folder.run(&questions("third", &["--limit", "10"])).with_code(0).telling(&["torn or damaged"]);
    assert_eq!(folder.bytes("first/results.json"), folder.bytes("third/results.json"));
    folder.run(&["cache", "prune"]).with_code(0);
    folder.run(&["cache", "verify"]).with_code(0);
    let stats = folder.run(&["cache", "stats", "--json"]).with_code(0).json();
    assert!(stats["files"][0]["replies"].as_u64() > Some(0));
}

#[test]
fn a_run_stops_before_it_costs_too_much_and_goes_on_with_more() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"\nprices = { input = 1000.0, output = 1000.0 }"));
    folder
        .run(&questions("run", &["--limit", "20", "--cache", "off", "--max-cost", "0.5"]))
        .with_code(3)
        .telling(&["--max-cost", "mnemoscope run --resume run"]);
    let manifest = folder.json("run/run.json");
    let spent = number(&manifest["cost"]["amount"]);
    assert!(spent > 0.2 && spent <= 0.5, "{spent}");
    let n_before = endpoint.n_requests();
    // The limit is that of the whole run, its first session included.
    folder.run(&["run", "--resume", "run", "--cache", "off", "--max-cost", "0.5"]).with_code(3);
    assert!(endpoint.n_requests() <= n_before + 2, "nothing more could be paid for");
    folder.run(&["run", "--resume", "run", "--cache", "off", "--max-cost", "100"]).with_code(0);
    folder.run(&questions("whole", &["--limit", "20", "--cache", "off"])).with_code(0);
    assert_eq!(folder.bytes("run/results.json"), folder.bytes("whole/results.json"));
}

#[test]
fn a_dry_run_counts_requests_tokens_and_cost_and_sends_nothing() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"\nprices = { input = 1.0, output = 2.0 }"));
    let dry = folder.run(&questions("", &["--limit", "5", "--dry-run", "--json"])).with_code(0).json();
    let told = &dry["tasks"][0]["endpoint"];
    assert!(
        told["requests"].as_u64() >= Some(10) && number(&told["cost"]) > 0.0 && told["usage"]["is_estimated"] == true
    );
    assert_eq!(endpoint.seen(|seen| seen.requests + seen.listed), 0);
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"\n[price.another]\ninput = 1.0\noutput = 1.0"));
    let dry = folder.run(&questions("", &["--limit", "5", "--dry-run"])).with_code(0);
    assert!(dry.stdout.contains("unknown"), "no price is not the price 0: {}", dry.stdout);
}

#[test]
fn doctor_finds_out_what_an_endpoint_can_do_in_six_requests() {
    let doctor = |behaviour: Behaviour| {
        let endpoint = Endpoint::start(behaviour);
        let told = Folder::new().run(&["doctor", "--model", &endpoint.model(), "--json"]).with_code(0).json();
        let n = endpoint.seen(|seen| seen.requests + seen.listed);
        assert!(n <= 6, "{n} requests");
        assert_eq!(told["requests"], json!(n));
        told["endpoint"].clone()
    };
    let plain = doctor(Behaviour::default());
    assert_eq!((&plain["scoring"], &plain["batch_prompts"]), (&json!("echo-0"), &json!(true)));
    assert_eq!((&plain["repeats"], &plain["context"]), (&json!(true), &json!(4096)));
    let mute = doctor(Behaviour { is_without_logprobs: true, ..Behaviour::default() });
    assert_eq!(mute["scoring"], "forced-choice");
    let chat = doctor(Behaviour { is_chat_only: true, ..Behaviour::default() });
    assert_eq!(
        (&chat["scoring"], &chat["completions"], &chat["chat"]),
        (&json!("forced-choice"), &json!(false), &json!(true))
    );
    let hanging = doctor(Behaviour { hangs_at_zero: true, ..Behaviour::default() });
    assert_eq!(hanging["scoring"], "echo-1", "a server that hangs at max_tokens 0 is asked with 1");
}

#[test]
fn multiple_choice_by_the_first_token_is_marked_wherever_it_shows() {
    let endpoint = Endpoint::start(Behaviour { is_chat_only: true, ..Behaviour::default() });
    let folder = Folder::new();
    folder
        .run(&[
            "run",
            "hubble",
            "--task",
            "questions-choice",
            "--limit",
            "12",
            "--model",
            &endpoint.model(),
            "--out",
            "run",
        ])
        .with_code(0)
        .telling(&["forced-choice"]);
    let results = folder.json("run/results.json");
    let rows = list(&results["suites"][0]["metrics"]);
    assert!(!rows.is_empty());
    for row in rows {
        let flags: Vec<&str> = list(&row["flags"]).iter().filter_map(Value::as_str).collect();
        assert!(flags.contains(&"approximate"), "{row}");
        assert!(flags.iter().any(|flag| flag.starts_with("all_choices_seen_in_")), "{row}");
    }
    let card = folder.read("run/report/card.html");
    assert!(card.contains("approximate. The endpoint scores no given text"), "the caution before the figures");
    assert!(card.contains("Approximate: multiple choice by the first token"), "the captions");
    assert!(folder.read("run/report/card.md").contains("approximate"));
    assert!(folder.read("run/results.json").find("127.0.0.1").is_none(), "no host belongs in results");
    assert_eq!(folder.json("run/run.json")["plan"]["models"][0]["endpoint"]["scoring"], "forced-choice");
    let local = [
        "run",
        "hubble",
        "--task",
        "questions-choice",
        "--limit",
        "12",
        "--model",
        "builtin:standard",
        "--out",
        "local",
    ];
    folder.run(&local).with_code(0);
    let compared = folder.run(&["compare", "run", "local"]).with_code(0);
    assert!(compared.stdout.contains("pproximate"), "{}", compared.stdout);
    let policy = "[[rule]]\nsuite = \"hubble\"\nmetric = \"acc\"\nop = \">=\"\nvalue = 0.0\n";
    folder.write("gate.toml", policy);
    let gated = folder.run(&["gate", "--policy", "gate.toml", "run"]).with_code(0);
    assert!(format!("{}{}", gated.stdout, gated.stderr).contains("approximate"), "{} {}", gated.stdout, gated.stderr);
}

#[test]
fn the_attacks_that_an_endpoint_can_serve_are_run_on_it() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    let model = endpoint.model();
    let arguments = |attacks: &'static [&'static str]| {
        let mut arguments =
            vec!["run", "hubble", "--task", "passages-membership", "--limit", "20", "--model", &model, "--out", "run"];
        arguments.extend(attacks);
        arguments
    };
    folder.run(&arguments(&[])).with_code(2).telling(&["vocab_stats", "--attacks"]);
    folder.run(&arguments(&["--attacks", "loss,zlib,min_k"])).with_code(0);
    let results = folder.json("run/results.json");
    let metrics: BTreeSet<&str> =
        list(&results["suites"][0]["metrics"]).iter().filter_map(|row| row["metric"].as_str()).collect();
    assert!(
        metrics.contains("auc.loss") && metrics.contains("auc.min_k") && !metrics.contains("auc.min_k_pp"),
        "{metrics:?}"
    );
    folder.run(&["run", "--resume", "run"]).with_code(0);
}

#[test]
fn a_text_is_streamed_and_an_answer_without_usage_is_estimated() {
    let endpoint = Endpoint::start(Behaviour { is_without_usage: true, ..Behaviour::default() });
    let folder = asking(&endpoint, 5, "stream = true\nprices = { input = 1.0, output = 1.0 }");
    generate(&folder, &[]).with_code(0).telling(&["(estimated)"]);
    assert_all_answered(&folder, 5);
}

#[test]
fn anthropics_messages_are_spoken() {
    let endpoint =
        Endpoint::start(Behaviour { key: Some("right".into()), lists_nothing: true, ..Behaviour::default() });
    let folder = asking(&endpoint, 3, "kind = \"anthropic\"\napi_key_env = \"MOCK_KEY\"");
    folder
        .run_with_variable(
            "MOCK_KEY",
            "right",
            &["generate", "--model", "@mock", "--in", "in.jsonl", "--out", "out.jsonl"],
        )
        .with_code(0);
    assert_all_answered(&folder, 3);
    endpoint.seen(|seen| assert!(seen.bodies.keys().all(|body| body.starts_with("/v1/messages")), "{:?}", seen.bodies));
}

#[test]
fn a_run_of_errors_ends_the_work() {
    let endpoint =
        Endpoint::start(Behaviour { sticky: Some((String::new(), Fault::Status(404))), ..Behaviour::default() });
    let folder = asking(&endpoint, 200, "");
    generate(&folder, &[]).with_code(5).telling(&["20 items in a row", "http_status"]);
    assert!(endpoint.n_requests() < 60, "{}", endpoint.n_requests());
}

#[test]
fn a_healthy_endpoint_soon_sees_the_full_limit() {
    let endpoint = Endpoint::start(Behaviour { latency: Duration::from_millis(40), ..Behaviour::default() });
    let folder = asking(&endpoint, 600, "");
    generate(&folder, &["--concurrency", "64", "--cache", "off"]).with_code(0);
    assert_all_answered(&folder, 600);
    assert_eq!(endpoint.seen(|seen| seen.most_in_flight), 64);
    assert!(endpoint.seen(|seen| seen.mean_in_flight()) > 16.0, "it never grew past its start");
}

#[test]
fn a_hiccup_while_the_endpoint_is_examined_does_not_end_the_run() {
    // A third of all requests fail, those of the examination among them.
    let endpoint =
        Endpoint::start(Behaviour { faults: vec![(Fault::Status(503), 0.35)], seed: 5, ..Behaviour::default() });
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry(""));
    folder.run(&questions("run", &["--limit", "3", "--attempts", "20"])).with_code(0);
    let scoring = folder.json("run/run.json")["plan"]["models"][0]["endpoint"]["scoring"].clone();
    assert!(scoring == "echo-0" || scoring == "echo-1", "{scoring}");
    let ill = Endpoint::start(Behaviour { sticky: Some((String::new(), Fault::Status(502))), ..Behaviour::default() });
    let folder = Folder::new();
    folder.write("models.toml", ill.entry(""));
    folder
        .run(&questions("run", &["--limit", "3", "--attempts", "2"]))
        .with_code(5)
        .telling(&["does not tell whether it scores text"]);
}

#[test]
fn requests_keep_to_the_pace_that_the_user_allows() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = asking(&endpoint, 12, "");
    // Five a second, of which five may go at once.
    generate(&folder, &["--rpm", "300", "--cache", "off"]).with_code(0);
    let span = endpoint.seen(|seen| seen.first.zip(seen.last).map(|(first, last)| last - first)).expect("requests");
    assert!(span >= Duration::from_millis(1300), "{span:?} for 7 requests beyond the first five");
}

#[test]
fn a_journal_of_before_endpoints_is_read_and_gone_on_with() {
    let folder = Folder::new();
    let call =
        ["run", "hubble", "--task", "biography-cloze", "--limit", "6", "--model", "builtin:standard", "--out", "run"];
    folder.run(&call).with_code(0);
    let before = folder.bytes("run/results.json");
    let journal = "run/cells/hubble/builtin-standard/journal.jsonl";
    folder.write(journal, folder.read(journal).replace("\"schema\":2", "\"schema\":1"));
    std::fs::remove_file(folder.path("run/results.json")).expect("the results");
    // Its run.json did not know of capabilities that came later.
    folder.edit_json("run/run.json", |manifest| {
        let can = manifest["plan"]["models"][0]["capabilities"].as_object_mut().expect("capabilities");
        can.remove("tokenize");
        can.remove("choose");
    });
    folder.run(&["run", "--resume", "run"]).with_code(0);
    assert_eq!(folder.bytes("run/results.json"), before);
}

#[test]
fn another_model_under_the_same_name_is_another_model() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\""));
    folder.run(&questions("run", &["--limit", "4"])).with_code(0);
    folder.write("in.jsonl", chats(3));
    generate(&folder, &[]).with_code(0);
    let n = endpoint.n_requests();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"").replace("\"mock\"\n", "\"other\"\n"));
    folder.run(&["run", "--resume", "run"]).with_code(2).telling(&["revision of model mock"]);
    generate(&folder, &[]).with_code(0);
    assert_eq!(endpoint.n_requests(), n + 3, "another model's answers are not taken over");
}

#[test]
fn a_key_that_a_good_reply_echoes_is_not_kept() {
    let endpoint = Endpoint::start(Behaviour { key: Some("marker-echoed-key".into()), ..Behaviour::default() });
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("api_key_env = \"MOCK_KEY\""));
    // The endpoint answers with what stands in the question: here, the key itself.
    folder.write(
        "in.jsonl",
        json_lines(&[json!({"id": 1, "messages": [{"role": "user", "content": "[[ans:marker-echoed-key]]"}]})]),
    );
    let call = ["generate", "--model", "@mock", "--in", "in.jsonl", "--out", "out.jsonl"];
    folder.run_with_variable("MOCK_KEY", "marker-echoed-key", &call).with_code(0);
    for file in folder.files().into_iter().filter(|file| file.starts_with("cache/") || file.starts_with("out")) {
        assert!(!folder.read(&file).contains("marker-echoed-key"), "{file}");
    }
}

#[test]
fn replies_that_fail_their_checks_are_paid_for_and_count_towards_the_budget() {
    let endpoint =
        Endpoint::start(Behaviour { sticky: Some((String::new(), Fault::WrongCount)), ..Behaviour::default() });
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"\nprices = { input = 1000.0, output = 1000.0 }"));
    folder
        .run(&questions("run", &["--limit", "40", "--cache", "off", "--max-cost", "0.1", "--concurrency", "2"]))
        .with_code(3)
        .telling(&["--max-cost"]);
    let spent = number(&folder.json("run/run.json")["cost"]["amount"]);
    assert!(spent > 0.02 && spent <= 0.1, "{spent}");
}

#[test]
fn an_attack_that_cannot_go_on_publishes_nothing() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("scoring = \"echo-1\"\nprices = { input = 1000.0, output = 1000.0 }"));
    let row = |id: usize| json!({"id": id, "text": format!("a text of some words, number {id}"), "member": id % 2});
    folder.write("in.jsonl", json_lines(&(0..80).map(row).collect::<Vec<_>>()));
    let call = [
        "attack",
        "--model",
        "@mock",
        "--in",
        "in.jsonl",
        "--attacks",
        "loss",
        "--out",
        "out.jsonl",
        "--max-cost",
        "0.2",
    ];
    folder.run(&call).with_code(3).telling(&["--max-cost"]);
    assert!(!folder.path("out.jsonl").exists());
    let n = endpoint.n_requests();
    assert!(n < 80);
    folder.run(&call[..call.len() - 2]).with_code(0);
    assert_eq!(rows_of(&folder.read("out.jsonl")).len(), 80);
    assert_eq!(endpoint.n_requests(), 80, "what was answered is in the cache");
}
