//! `mnemoscope traps generate|inject|detect|verify`.

mod detect;
mod generate;
mod inject;
mod verify;

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
    /// Plant each trap in a document of its own, 1 to 1000 times; or take the copies out again.
    Inject(inject::InjectTrapsArgs),
    /// Test whether a model has read the traps.
    Detect(detect::DetectTrapsArgs),
    /// Check a publisher's claim without a model: hashes, lots, documents, statistic.
    Verify(verify::VerifyTrapsArgs),
}

pub(super) fn run(args: &TrapsArgs, session: &Session) -> Result<Exit, CliError> {
    match &args.command {
        TrapsCommand::Generate(args) => generate::run(args, session),
        TrapsCommand::Inject(args) => inject::run(args, session),
        TrapsCommand::Detect(args) => detect::run(args, session),
        TrapsCommand::Verify(args) => verify::run(args, session),
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
