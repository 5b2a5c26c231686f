//! `mnemoscope doctor`.

use std::time::Instant;

use clap::Args;

use super::endpoint_options::EndpointArgs;
use super::error::CliError;
use super::exit::Exit;
use super::progress::tell_about;
use super::session::Session;
use crate::backend::{
    Backend, Examination, FoundEntry, ModelName, OpenOptions, RemoteModel, Scoring, find_endpoint, open,
};
use crate::statistics::DEFAULT_SEED;

/// Ask a model what it can really do.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// https://HOST/v1#MODEL, @NAME of models.toml, a checkpoint folder or builtin:NAME.
    #[arg(long, value_name = "MODEL")]
    model: String,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

pub(super) fn run(args: &DoctorArgs, session: &Session) -> Result<Exit, CliError> {
    let name: ModelName = args.model.parse()?;
    let options = args.endpoint.open_options(DEFAULT_SEED, false);
    match &name {
        ModelName::Endpoint { .. } | ModelName::Entry(_) => match find_endpoint(&name, &options)? {
            FoundEntry::Endpoint { shown, entry, prices } => {
                let (model, examination) = RemoteModel::examine(&shown, &entry, prices, &options.remote)?;
                tell_about(&model, session);
                tell_endpoint(&model, &examination, session)
            }
            FoundEntry::Local(path) => tell_local(&ModelName::Folder(path), &options, session),
        },
        _ => tell_local(&name, &options, session),
    }
}

fn tell_endpoint(model: &RemoteModel, examination: &Examination, session: &Session) -> Result<Exit, CliError> {
    if session.is_json {
        session.print_json(&serde_json::json!({
            "model": model.identity(),
            "capabilities": model.capabilities(),
            "endpoint": examination.report,
            "findings": examination.findings,
            "requests": examination.n_requests,
        }))?;
        return Ok(Exit::Done);
    }
    let mut rows: Vec<Vec<String>> =
        examination.findings.iter().map(|finding| vec![finding.question.clone(), finding.answer.clone()]).collect();
    rows.push(vec!["can".into(), capability_words(model)]);
    session.print_table(&["question", "answer"], &rows)?;
    session.note(&format!("{} requests were sent", examination.n_requests));
    let scoring = examination.report.scoring.unwrap_or(Scoring::None);
    if scoring == Scoring::None {
        session.note("given text cannot be scored: only tasks that generate can be run on this endpoint");
    }
    let mut entry = format!("scoring = \"{}\"", scoring.word());
    if let Some(context) = examination.report.context {
        entry.push_str(&format!("\ncontext = {context}"));
    }
    session.note(&format!("for its entry in models.toml, to spare these questions in a run:\n{entry}"));
    Ok(Exit::Done)
}

fn tell_local(name: &ModelName, options: &OpenOptions, session: &Session) -> Result<Exit, CliError> {
    let started = Instant::now();
    let opened = open(name, options, &[], None)?;
    let open_seconds = started.elapsed().as_secs_f64();
    let backend = opened.backend();
    let Some(model) = opened.local() else { return Ok(Exit::Bug) };
    let speed = model.speed();
    if session.is_json {
        session.print_json(&serde_json::json!({
            "model": backend.identity(),
            "capabilities": backend.capabilities(),
            "device": model.device_words(),
            "threads": model.threads(),
            "open_seconds": open_seconds,
            "scoring_tokens_per_second": speed.scoring,
            "decoding_tokens_per_second": speed.decoding,
            "embedding_tokens_per_second": speed.embedding,
            "memory_mib": private_mib(),
        }))?;
        return Ok(Exit::Done);
    }
    let identity = backend.identity();
    let known = |value: &Option<String>| value.clone().unwrap_or_else(|| "not known".to_owned());
    let number = |value: Option<u64>| value.map_or_else(|| "not known".to_owned(), |value| value.to_string());
    let rows = [
        ("backend", identity.backend.clone()),
        ("architecture", known(&identity.architecture)),
        ("parameters", number(identity.n_parameters)),
        ("context", number(identity.context_length)),
        ("dtype", known(&identity.dtype)),
        ("device and kernels", model.device_words().to_owned()),
        ("threads", model.threads().to_string()),
        ("opened in", format!("{open_seconds:.2} s")),
        ("scoring, 256 tokens at once", rate(speed.scoring)),
        ("decoding, one text", rate(speed.decoding)),
        ("embedding, 256 tokens at once", rate(speed.embedding)),
        ("private memory", private_mib().map_or_else(|| "not known".to_owned(), |mib| format!("{mib} MiB"))),
        ("beginning-of-sequence token", identity.bos.clone()),
        ("weights, SHA-256", known(&identity.weights_sha256)),
        ("can", capability_words(backend)),
    ];
    let rows = rows.into_iter().filter(|(_, answer)| !answer.is_empty());
    let rows: Vec<Vec<String>> = rows.map(|(question, answer)| vec![question.to_owned(), answer]).collect();
    session.print_table(&["question", "answer"], &rows)?;
    Ok(Exit::Done)
}

/// Empty for what the model cannot do.
fn rate(tokens_per_second: Option<f64>) -> String {
    tokens_per_second.map_or_else(String::new, |rate| format!("{rate:.0} tokens/s"))
}

/// Memory of this process that is backed by no file, where the system tells it.
fn private_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn capability_words(backend: &dyn Backend) -> String {
    let can = backend.capabilities();
    let words = [
        (can.generate, "generate"),
        (can.chat, "chat"),
        (can.score, "score"),
        (can.choose, "choose (approximate)"),
        (can.vocab_stats, "vocab_stats"),
        (can.embed, "embed"),
        (can.tokenize, "tokenize"),
    ];
    words.iter().filter(|(has, _)| *has).map(|(_, word)| *word).collect::<Vec<_>>().join(", ")
}
