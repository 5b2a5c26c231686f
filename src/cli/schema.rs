//! `mnemoscope schema`.

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::backend::models_schema_text;
use crate::run::gate::gate_schema_text;
use crate::suite::suite_schema_text;

/// Print the JSON Schema of a file format.
#[derive(Debug, Args)]
pub struct SchemaArgs {
    what: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    Suite,
    Gate,
    Models,
    Results,
}

pub(super) fn run(args: &SchemaArgs, session: &Session) -> Result<Exit, CliError> {
    match args.what {
        What::Suite => session.print(&suite_schema_text())?,
        What::Gate => session.print(&gate_schema_text())?,
        What::Models => session.print(&models_schema_text())?,
        What::Results => session.print_json(&schemars::schema_for!(crate::record::Results))?,
    }
    Ok(Exit::Done)
}
