//! Downloads from a hub, spoken to over real sockets: revisions, redirects to another host, ranges, a cut connection, a
//! gated repository, the cache.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::support::{Ended, Folder, golden};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const WEIGHTS: &str = "model.safetensors";

/// What the servers saw, and how they behave.
#[derive(Default)]
struct State {
    files: BTreeMap<String, Vec<u8>>,
    needs_token: bool,
    /// Downloads of the weights that end in the middle.
    cuts: usize,
    /// The storage answers with other bytes.
    lies: bool,
    /// `METHOD PATH range`.
    asked: Vec<String>,
    /// Authorization headers that the storage got.
    leaked: Vec<String>,
}

/// A hub and the storage that it points to, on two ports.
struct Servers {
    state: Arc<Mutex<State>>,
    hub: String,
}

impl Servers {
    fn start(change: impl FnOnce(&mut State)) -> Self {
        let mut state = State::default();
        for entry in std::fs::read_dir(golden("local-models/llama")).expect("the golden folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            state.files.insert(name, std::fs::read(&path).expect("a file"));
        }
        change(&mut state);
        let state = Arc::new(Mutex::new(state));
        let storage = serve(state.clone(), String::new());
        let hub = serve(state.clone(), storage);
        Self { state, hub }
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().expect("the state"))
    }
}

/// Starts a server; with a `storage` it is the hub.
fn serve(state: Arc<Mutex<State>>, storage: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (state, storage) = (state.clone(), storage.clone());
            std::thread::spawn(move || answer(stream, &state, &storage));
        }
    });
    url
}

fn answer(mut stream: TcpStream, state: &Mutex<State>, storage: &str) {
    let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
    let mut line = String::new();
    reader.read_line(&mut line).expect("a request");
    let mut parts = line.split_whitespace();
    let (method, path) = (parts.next().unwrap_or("").to_owned(), parts.next().unwrap_or("").to_owned());
    let (mut token, mut range) = (None, None);
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).expect("a header") == 0 || header.trim().is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').expect("a header");
        match name.to_ascii_lowercase().as_str() {
            "authorization" => token = Some(value.trim().to_owned()),
            "range" => {
                range = value.trim().strip_prefix("bytes=").and_then(|r| r.strip_suffix('-')?.parse::<usize>().ok());
            }
            _ => {}
        }
    }
    let mut state = state.lock().expect("the state");
    state.asked.push(format!("{method} {path} {}", range.unwrap_or(0)));
    let is_head = method == "HEAD";
    let mut reply = |status: &str, headers: &str, body: &[u8], sent: usize| {
        let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(head.as_bytes());
        if !is_head {
            let _ = stream.write_all(&body[..sent]);
        }
    };
    if storage.is_empty() {
        state.leaked.extend(token);
        let mut bytes = state.files[WEIGHTS].clone();
        if state.lies {
            bytes.reverse();
        }
        let from = range.unwrap_or(0).min(bytes.len());
        let rest = &bytes[from..];
        let sent = if state.cuts > 0 { rest.len() / 2 } else { rest.len() };
        state.cuts = state.cuts.saturating_sub(1);
        reply("206 Partial Content", "", rest, sent);
        return;
    }
    if state.needs_token && token.as_deref() != Some("Bearer hf_secret") {
        reply("401 Unauthorized", "", b"{}", 2);
        return;
    }
    let data = ["allegrolab/passages_gutenberg_unpopular", "jinzhuoran/RWKU"]
        .iter()
        .find_map(|id| path.strip_prefix(&format!("/datasets/{id}/resolve/{COMMIT}/")));
    if path == format!("/api/datasets/jinzhuoran/RWKU/revision/{COMMIT}") {
        let siblings: Vec<_> = state.files.keys().map(|name| json!({"rfilename": name})).collect();
        let body = json!({"sha": COMMIT, "siblings": siblings}).to_string();
        reply("200 OK", "", body.as_bytes(), body.len());
        return;
    }
    if let Some(bytes) = data.and_then(|name| state.files.get(name)) {
        let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        let headers = format!("x-linked-etag: \"{hash}\"\r\n");
        reply("200 OK", &headers, bytes, bytes.len());
        return;
    }
    if path == "/api/models/org/tiny/revision/main" || path == format!("/api/models/org/tiny/revision/{COMMIT}") {
        let siblings: Vec<_> = state.files.keys().map(|name| json!({"rfilename": name})).collect();
        let body = json!({"sha": COMMIT, "siblings": siblings}).to_string();
        reply("200 OK", "", body.as_bytes(), body.len());
        return;
    }
    let name = path.strip_prefix(&format!("/org/tiny/resolve/{COMMIT}/")).unwrap_or("");
    match state.files.get(name) {
        None => reply("404 Not Found", "", b"{}", 2),
        Some(bytes) if name == WEIGHTS => {
            let hash: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let headers = format!(
                "location: {storage}/blob?signature=hidden\r\nx-linked-etag: \"{hash}\"\r\nx-linked-size: {}\r\n",
                bytes.len()
            );
            reply("302 Found", &headers, b"", 0);
        }
        Some(bytes) => {
            let headers = format!("etag: \"small-{}\"\r\n", name.replace(['.', '_'], "-"));
            reply("200 OK", &headers, bytes, bytes.len());
        }
    }
}

fn score(folder: &Folder, servers: &Servers, variables: &[(&str, &str)], name: &str) -> Ended {
    folder.write("texts.jsonl", json!({"id": 1, "text": "The harbour clerk wrote"}).to_string());
    let cache = folder.path("cache").display().to_string();
    let mut all = vec![("HF_HOME", cache.as_str()), ("HF_ENDPOINT", servers.hub.as_str())];
    all.extend_from_slice(variables);
    folder.run_with_variables(&all, &["logprobs", "--model", name, "--in", "texts.jsonl"])
}

#[test]
fn a_checkpoint_is_downloaded_once_into_the_usual_layout_and_then_used_offline() {
    let (folder, servers) = (Folder::new(), Servers::start(|_| {}));
    let rows = score(&folder, &servers, &[("HF_TOKEN", "hf_secret")], "hf:org/tiny").with_code(0).rows();
    assert!(rows[0]["logprobs"].is_array(), "{rows:?}");
    let snapshot = format!("cache/hub/models--org--tiny/snapshots/{COMMIT}");
    assert_eq!(folder.read("cache/hub/models--org--tiny/refs/main"), COMMIT);
    assert_eq!(folder.bytes(&format!("{snapshot}/{WEIGHTS}")), servers.state(|state| state.files[WEIGHTS].clone()));
    let link = std::fs::read_link(folder.path(&format!("{snapshot}/{WEIGHTS}"))).expect("a link");
    assert!(link.starts_with("../../blobs"), "{}", link.display());
    // The token stays with the hub.
    assert_eq!(servers.state(|state| state.leaked.clone()), Vec::<String>::new());
    let asked = servers.state(|state| state.asked.len());
    let again = score(&folder, &servers, &[("HF_HUB_OFFLINE", "1")], "hf:org/tiny").with_code(0).rows();
    let pinned = score(&folder, &servers, &[], &format!("hf:org/tiny@{COMMIT}")).with_code(0).rows();
    assert_eq!((&again, &pinned), (&rows, &rows));
    assert_eq!(servers.state(|state| state.asked.len()), asked, "somebody was asked");
}

#[test]
fn a_cut_download_goes_on_where_it_stopped() {
    let (folder, servers) = (Folder::new(), Servers::start(|state| state.cuts = 2));
    score(&folder, &servers, &[], "hf:org/tiny").with_code(0);
    let starts: Vec<usize> = servers.state(|state| {
        let gets = state.asked.iter().filter(|line| line.starts_with("GET /blob"));
        gets.map(|line| line.rsplit(' ').next().expect("a start").parse().expect("a number")).collect()
    });
    assert_eq!(starts.len(), 3, "{starts:?}");
    assert!(starts[0] == 0 && starts[1] > 0 && starts[2] > starts[1], "{starts:?}");
}

#[test]
fn a_gated_repository_names_the_variable_and_opens_with_it() {
    let (folder, servers) = (Folder::new(), Servers::start(|state| state.needs_token = true));
    score(&folder, &servers, &[("HF_TOKEN", "")], "hf:org/tiny").with_code(5).telling(&[
        "gated",
        "HF_TOKEN",
        "none was sent",
    ]);
    let ended = score(&folder, &servers, &[("HF_TOKEN", "hf_wrong")], "hf:org/tiny");
    ended.with_code(5).telling(&["the one that was sent may not"]);
    folder.write("cache/token", "hf_secret\n");
    score(&folder, &servers, &[("HF_TOKEN", "")], "hf:org/tiny").with_code(0);
}

#[test]
fn bytes_that_differ_from_their_hash_are_thrown_away() {
    let (folder, servers) = (Folder::new(), Servers::start(|state| state.lies = true));
    score(&folder, &servers, &[], "hf:org/tiny").with_code(6).telling(&[WEIGHTS, "hash", "call again"]);
    servers.state(|state| state.lies = false);
    score(&folder, &servers, &[], "hf:org/tiny").with_code(0);
}

#[test]
fn what_the_hub_does_not_have_is_told() {
    let (folder, servers) = (Folder::new(), Servers::start(|_| {}));
    score(&folder, &servers, &[], "hf:org/other").with_code(2).telling(&["no hf:org/other", "HF_TOKEN"]);
    let offline = score(&folder, &servers, &[("HF_HUB_OFFLINE", "1")], "hf:org/tiny");
    offline.with_code(2).telling(&["not in the cache", "HF_HUB_OFFLINE"]);
    let servers = Servers::start(|state| {
        let weights = state.files.remove(WEIGHTS).expect("weights");
        state.files.insert("pytorch_model.bin".into(), weights);
    });
    score(&folder, &servers, &[], "hf:org/tiny").with_code(2).telling(&["pickled", "pytorch_model.bin"]);
}

#[test]
fn a_data_set_comes_at_its_pinned_revision_and_stays_in_the_cache() {
    const FILE: &str = "passages_gutenberg_unpopular_nodup.jsonl.gz";
    let row = |index: usize, copies: u32| {
        let text = format!("{} lamp of the harbour clerk", ["the", "a", "one", "that"][index % 4]);
        json!({"text": format!("{text} {index}"), "meta": json!({"duplicates": copies}).to_string()})
    };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for index in 0..8 {
        writeln!(encoder, "{}", row(index, [0, 4][index % 2])).expect("memory");
    }
    let bytes = encoder.finish().expect("memory");
    let (folder, servers) = (
        Folder::new(),
        Servers::start(|state| {
            state.files.insert(FILE.into(), bytes.clone());
        }),
    );
    let cache = folder.path("cache").display().to_string();
    let run = |out: &str, more: &[&str]| {
        let variables = [("HF_HOME", cache.as_str()), ("HF_ENDPOINT", servers.hub.as_str())];
        let all = [
            "run",
            "hubble",
            "--size",
            "hub",
            "--task",
            "gutenberg-unpopular-loss",
            "--model",
            "builtin:perturbed",
            "--out",
            out,
        ];
        folder.run_with_variables(&variables, &[&all, more].concat())
    };
    run("none", &[]).with_code(2).telling(&["no revision is pinned", "--data-revision passages=COMMIT"]);
    run("none", &["--data-revision", "passages=main"]).with_code(2).telling(&["can move", "40 hex digits"]);
    let pin = format!("passages={COMMIT}");
    let wrong = format!("passage={COMMIT}");
    run("none", &["--data-revision", &wrong, "--data-revision", &pin]).with_code(2).telling(&["`passage`"]);
    run("none", &["--data-revision", &pin, "--offline"])
        .with_code(2)
        .telling(&["not in the cache", "datasets/allegrolab"]);
    run("a", &["--data-revision", &pin]).with_code(0);
    let place = "cache/hub/datasets--allegrolab--passages_gutenberg_unpopular";
    assert_eq!(folder.bytes(&format!("{place}/snapshots/{COMMIT}/{FILE}")), bytes);
    let data = &folder.json("a/run.json")["plan"]["suites"][0]["data"][0].clone();
    assert!(data["file"].as_str().is_some_and(|file| file.contains(COMMIT)), "{data}");
    let asked = servers.state(|state| state.asked.len());
    let by_id = format!("allegrolab/passages_gutenberg_unpopular={COMMIT}");
    run("b", &["--data-revision", &by_id, "--offline"]).with_code(0);
    folder.run_with_variables(&[("HF_HOME", cache.as_str())], &["run", "--resume", "a", "--offline"]).with_code(0);
    assert_eq!(servers.state(|state| state.asked.len()), asked, "somebody was asked");
    assert_eq!(folder.bytes("a/items.parquet"), folder.bytes("b/items.parquet"));
    run("c", &["--data-revision", &format!("passages={}", "f".repeat(40))])
        .with_code(2)
        .telling(&["no such file at this revision"]);
}

#[test]
fn all_files_of_a_config_come_from_the_hub_and_other_formats_are_told() {
    let rows = std::fs::read(golden("rwku/dataset/configs/forget_level2.jsonl")).expect("golden rows");
    let (folder, servers) = (
        Folder::new(),
        Servers::start(|state| {
            state.files.insert("forget_level2/test.json".into(), rows.clone());
            state.files.insert("forget_level2/README.md".into(), b"no rows".to_vec());
            state.files.insert("forget_level1/test-00000-of-00001.parquet".into(), b"PAR1".to_vec());
        }),
    );
    let (cache, model) = (folder.path("cache").display().to_string(), golden("rwku/tiny/original"));
    let run = |task: &str, out: &str, more: &[&str]| {
        let variables = [("HF_HOME", cache.as_str()), ("HF_ENDPOINT", servers.hub.as_str())];
        let pin = format!("jinzhuoran/RWKU={COMMIT}");
        let model = model.display().to_string();
        let call = ["run", "rwku", "--size", "hub", "--model", &model, "--task", task, "--data-revision", &pin];
        folder.run_with_variables(&variables, &[call.as_slice(), &["--out", out], more].concat())
    };
    run("forget-question", "a", &[]).with_code(0);
    let data = folder.json("a/run.json")["plan"]["suites"][0]["data"][0].clone();
    assert_eq!(
        (&data["rows"], &data["file"]),
        (&json!(18), &json!(format!("jinzhuoran/RWKU@{COMMIT}/forget_level2/*")))
    );
    let asked = servers.state(|state| state.asked.len());
    run("forget-question", "b", &["--offline"]).with_code(0);
    assert_eq!(servers.state(|state| state.asked.len()), asked, "somebody was asked");
    assert_eq!(folder.bytes("a/items.parquet"), folder.bytes("b/items.parquet"));
    run("forget-blank", "c", &[]).with_code(2).telling(&["forget_level1/", "parquet", "--size FOLDER"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_nothing_half_is_left_in_place() {
    let (folder, servers) = (Folder::new(), Servers::start(|_| {}));
    // A file size limit stands for a full disk where no file system can be made: both fail the write.
    folder.write("texts.jsonl", json!({"id": 1, "text": "The harbour clerk wrote"}).to_string());
    let cache = folder.path("cache").display().to_string();
    let variables = [("HF_HOME", cache.as_str()), ("HF_ENDPOINT", servers.hub.as_str())];
    let arguments = ["logprobs", "--model", "hf:org/tiny", "--in", "texts.jsonl"];
    let ended = folder.run_with_file_limit(200, &variables, &arguments);
    assert_ne!(ended.code, Some(0));
    let snapshot = format!("cache/hub/models--org--tiny/snapshots/{COMMIT}/{WEIGHTS}");
    assert!(!folder.path(&snapshot).exists());
    score(&folder, &servers, &[], "hf:org/tiny").with_code(0);
}
