//! `mnemoscope traps generate|inject|detect|verify`.

mod generate;

use clap::{Args, Subcommand};

use super::endpoint_options::EndpointArgs;
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::backend::{Capability, ModelName, Opened, open};

/// Plant copyright traps in texts, and prove years later that a model was trained on them.
#[derive(Debug, Args)]
pub struct TrapsArgs {
    #[command(subcommand)]
    command: TrapsCommand,
}

#[derive(Debug, Subcommand)]
enum TrapsCommand {
    /// Draw trap sequences and their controls from a model; write a manifest that can be published and one to keep.
    Generate(generate::GenerateTrapsArgs),
}

pub(super) fn run(args: &TrapsArgs, session: &Session) -> Result<Exit, CliError> {
    match &args.command {
        TrapsCommand::Generate(args) => generate::run(args, session),
    }
}

/// Opens a model that must be able to do `needs`.
fn open_model(
    name: &str,
    endpoint: &EndpointArgs,
    seed: u64,
    needs: &[Capability],
    session: &Session,
) -> Result<Opened, CliError> {
    let parsed: ModelName = name.parse()?;
    let opened = open(&parsed, &endpoint.open_options(seed, false), needs, None)?;
    if let Some(remote) = opened.remote() {
        super::progress::tell_about(remote, session);
    }
    for &capability in needs {
        super::instrument::require(opened.backend(), capability, "this command")?;
    }
    Ok(opened)
}
