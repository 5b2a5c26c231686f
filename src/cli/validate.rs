//! `mnemoscope validate`.

use clap::Args;
use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::run::registry;
use super::session::Session;
use crate::run::vocabulary;

/// Check suite files without asking a model; all errors at once.
#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// Paths of suite.toml files, or names of suites.
    #[arg(required = true, value_name = "SUITE_FILE")]
    suites: Vec<String>,
}

pub(super) fn run(args: &ValidateArgs, session: &Session) -> Result<Exit, CliError> {
    let registry = registry()?;
    let mut exit = Exit::Done;
    let mut listed = Vec::new();
    for name in &args.suites {
        match registry.load(name, &vocabulary()) {
            Ok(suite) => {
                session.note(&format!(
                    "{name}: suite {} {}, {} tasks, no fault",
                    suite.name,
                    suite.version,
                    suite.tasks.len()
                ));
                listed.push(json!({"suite": name, "valid": true, "hash": suite.hash, "problems": []}));
            }
            Err(error) => {
                let problems: Vec<String> = error.problems().iter().map(ToString::to_string).collect();
                let problems = if problems.is_empty() { vec![error.to_string()] } else { problems };
                listed.push(json!({"suite": name, "valid": false, "problems": problems}));
                let error = CliError::Suite(error);
                // Data that differ from their hash weigh more than a fault of the file.
                if exit != Exit::DataMismatch {
                    exit = error.exit();
                }
                if !session.is_json {
                    session.tell_error(&error);
                }
            }
        }
    }
    if session.is_json {
        session.print_json(&listed)?;
    }
    Ok(exit)
}
