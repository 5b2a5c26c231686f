//! `mnemoscope traps verify`: a third party's check, without a model.

use std::path::{Path, PathBuf};

use clap::Args;

use super::detect::{CONTROL_SCORES, RESULTS, SCORES, context_scores_file};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::session::Session;
use crate::report::escape::one_line;
use crate::traps::{Audit, Detection, Documents, Injection, SequenceScores, TrapError, audit, read_manifest};

/// Check what a publisher claims, with the private manifest opened.
#[derive(Debug, Args)]
pub struct VerifyTrapsArgs {
    /// The private manifest, opened for the claim.
    #[arg(long, value_name = "FILE")]
    manifest: PathBuf,
    /// The public manifest as it was published.
    #[arg(long, value_name = "FILE")]
    public: Option<PathBuf>,
    /// The hash of the public manifest that was timestamped.
    #[arg(long, value_name = "SHA256", requires = "public")]
    public_sha256: Option<String>,
    /// The record of `traps inject`.
    #[arg(long, value_name = "injection.json")]
    injection: Option<PathBuf>,
    /// The injected documents.
    #[arg(long, value_name = "DIR|FILE.jsonl", requires = "injection")]
    documents: Option<PathBuf>,
    /// The folder of `traps detect`: the statistic is computed again from its scores.
    #[arg(long, value_name = "DIR")]
    detection: Option<PathBuf>,
}

pub(super) fn run(args: &VerifyTrapsArgs, session: &Session) -> Result<Exit, CliError> {
    let read = |path: &Path| std::fs::read(path).map_err(|source| CliError::Io { path: path.to_owned(), source });
    let manifest = read_manifest(&args.manifest)?;
    let public = args.public.as_deref().map(read).transpose()?;
    let injection = args.injection.as_deref().map(Injection::read).transpose()?;
    let documents = args.documents.as_deref().map(Documents::read).transpose()?;
    let (mut detection, mut scores, mut control_scores) = (None, None, None);
    let mut context_scores = Vec::new();
    if let Some(folder) = &args.detection {
        let path = folder.join(RESULTS);
        let parsed: Detection = serde_json::from_slice(&read(&path)?).map_err(|error| wrong(&path, &error))?;
        for context in &parsed.contexts {
            let path = folder.join(context_scores_file(context.n_tokens));
            context_scores.push((context.n_tokens, read_scores(&path)?));
        }
        detection = Some(parsed);
        scores = Some(read_scores(&folder.join(SCORES))?);
        let control = folder.join(CONTROL_SCORES);
        control_scores = control.exists().then(|| read_scores(&control)).transpose()?;
    }
    let items = audit(
        &manifest,
        &Audit {
            public: public.as_deref(),
            public_sha256: args.public_sha256.as_deref(),
            injection: injection.as_ref(),
            documents: documents.as_ref(),
            detection: detection.as_ref(),
            scores: scores.as_deref(),
            control_scores: control_scores.as_deref(),
            context_scores: &context_scores,
        },
    )?;
    if session.is_json {
        session.print_json(&items)?;
    } else {
        for item in &items {
            let verdict = if item.passed { "ok" } else { "FAILED" };
            let detail = if item.detail.is_empty() { String::new() } else { format!(": {}", item.detail) };
            session.print(&format!("{verdict}  {}\n", one_line(&format!("{}{detail}", item.what))))?;
        }
    }
    let given = [
        (public.is_some(), "the public manifest (--public)"),
        (args.public_sha256.is_some(), "the timestamped hash (--public-sha256)"),
        (injection.is_some(), "the injection (--injection)"),
        (documents.is_some(), "the injected documents (--documents)"),
        (detection.is_some(), "the statistic (--detection)"),
    ];
    for (_, what) in given.iter().filter(|(is_given, _)| !is_given) {
        session.note(&format!("not checked: {what}"));
    }
    Ok(if items.iter().all(|item| item.passed) { Exit::Done } else { Exit::GateFailed })
}

fn wrong(path: &Path, error: &serde_json::Error) -> TrapError {
    TrapError::Manifest { path: path.to_owned(), place: "the file".to_owned(), reason: error.to_string() }
}

fn read_scores(path: &Path) -> Result<Vec<SequenceScores>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| CliError::Io { path: path.to_owned(), source })?;
    let rows = text.lines().map(|line| serde_json::from_str(line).map_err(|error| wrong(path, &error).into()));
    rows.collect()
}
