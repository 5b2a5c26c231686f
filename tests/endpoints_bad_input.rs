//! What is refused before an endpoint is asked, and in which words.

use serde_json::json;

use crate::endpoint::{Behaviour, Endpoint};
use crate::support::{Folder, json_lines};

fn with_row(folder: &Folder) {
    folder.write(
        "in.jsonl",
        json_lines(&[json!({"id": 1, "messages": [{"role": "user", "content": "a"}], "text": "a b c"})]),
    );
}

fn generate(folder: &Folder, model: &str) -> crate::support::Ended {
    with_row(folder);
    folder.run(&["generate", "--model", model, "--in", "in.jsonl"])
}

#[test]
fn a_key_that_is_not_in_the_environment_is_named_by_its_variable() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("api_key_env = \"MNEMOSCOPE_TEST_UNSET_KEY\""));
    generate(&folder, "@mock").with_code(2).telling(&["MNEMOSCOPE_TEST_UNSET_KEY", "is not set"]);
    assert_eq!(endpoint.seen(|seen| seen.requests + seen.listed), 0);
}

#[test]
fn a_model_that_the_server_does_not_have_is_told_with_those_it_has() {
    let endpoint = Endpoint::start(Behaviour::default());
    let model = format!("{}#mokc", endpoint.url());
    generate(&Folder::new(), &model).with_code(2).telling(&["mokc", "it has: mock, other"]);
    assert_eq!(endpoint.n_requests(), 0);
}

#[test]
fn urls_without_scheme_or_with_secrets_are_refused_and_not_repeated() {
    for (model, words) in [
        ("127.0.0.1:8000/v1#m", "https://"),
        ("ftp://host/v1#m", "https://"),
        ("https://me:hunter2@host/v1#m", "user or a password"),
        ("https://host/v1?api_key=hunter2#m", "query"),
        ("https://host/v1", "after `#`"),
        ("http://169.254.169.254/v1#m", "169.254.169.254"),
    ] {
        let ended = generate(&Folder::new(), model).with_code(2).telling(&[words]);
        assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    }
}

#[test]
fn an_endpoint_that_only_chats_is_refused_where_log_probabilities_are_needed() {
    let endpoint = Endpoint::start(Behaviour { is_chat_only: true, ..Behaviour::default() });
    let folder = Folder::new();
    let model = endpoint.model();
    let membership =
        ["run", "hubble", "--task", "passages-membership", "--attacks", "loss", "--model", &model, "--out", "run"];
    folder.run(&membership).with_code(2).telling(&["`score`", "--task"]);
    assert!(!folder.path("run").exists());
    with_row(&folder);
    folder.run(&["logprobs", "--model", &model, "--in", "in.jsonl"]).with_code(2).telling(&["`score`"]);
    let verbatim = ["run", "hubble", "--task", "passages-verbatim", "--model", &model];
    folder.run(&verbatim).with_code(2).telling(&["tokenizer"]);
}

#[test]
fn everything_that_is_wrong_with_a_models_file_is_told() {
    let folder = Folder::new();
    folder.write("models.toml", "[model.m]\nurll = \"https://host/v1\"\nmodel = \"m\"\nlimits = { rpm = \"fast\" }\n");
    generate(&folder, "@m").with_code(2).telling(&["models.toml:2:", "did you mean `url`", "models.toml:4:"]);
    folder.write("models.toml", "[model.m]\nurl = \"https://host/v1\"\nmodel = \"m\"\n");
    generate(&folder, "@n").with_code(2).telling(&["no model `@n`", "@m"]);
    generate(&Folder::new(), "@n").with_code(2).telling(&["[model.NAME]"]);
}

#[test]
fn a_budget_without_a_price_is_refused() {
    let endpoint = Endpoint::start(Behaviour::default());
    let folder = Folder::new();
    folder.write("models.toml", endpoint.entry("[price.another]\ninput = 1.0\noutput = 1.0"));
    with_row(&folder);
    folder
        .run(&["generate", "--model", "@mock", "--in", "in.jsonl", "--max-cost", "1"])
        .with_code(2)
        .telling(&["cost is not known", "prices"]);
    assert_eq!(endpoint.n_requests(), 0);
}

#[test]
fn an_endpoint_that_is_not_there_has_its_own_exit_code() {
    // A port that was free a moment ago.
    let address = std::net::TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("an address");
    generate(&Folder::new(), &format!("http://{address}/v1#m")).with_code(5).telling(&["cannot be reached"]);
}

#[test]
fn a_role_that_no_task_asks_is_refused() {
    let folder = Folder::new();
    folder
        .run(&["run", "hubble", "--model", "builtin:standard", "--judge", "builtin:standard"])
        .with_code(2)
        .telling(&["--judge"]);
}

#[test]
fn the_schema_of_the_models_file_is_printed() {
    let schema = Folder::new().run(&["schema", "models"]).with_code(0).json();
    assert!(schema["properties"]["model"].is_object(), "{schema}");
}
