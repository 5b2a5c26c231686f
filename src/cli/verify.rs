//! `mnemoscope verify`.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::verify::verify;

/// Compare this build with golden cases of reference implementations.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Folders or files of golden cases.
    #[arg(required = true, value_name = "DIR")]
    paths: Vec<PathBuf>,
    /// What kind of cases they are; told by the folder's name where it is not given.
    #[arg(long)]
    kind: Option<String>,
    /// Do not fail on cases and fields that this build does not handle.
    #[arg(long)]
    allow_missing: bool,
}

pub(super) fn run(args: &VerifyArgs, session: &Session) -> Result<Exit, CliError> {
    let report = verify(&args.paths, args.kind.as_deref())?;
    if session.is_json {
        session.print_json(&report)?;
    } else {
        session.print(&report.to_text())?;
    }
    Ok(if report.is_success(args.allow_missing) { Exit::Done } else { Exit::GateFailed })
}
