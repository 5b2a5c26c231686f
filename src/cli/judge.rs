//! `mnemoscope judge`: how right a judge is, and answers and verdicts that go to judges elsewhere and come back.

mod calibrate;
mod export;
mod later;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;

/// Measure a judge on labelled answers, export answers for a judge elsewhere, and bring verdicts in.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    #[command(subcommand)]
    command: JudgeCommand,
}

#[derive(Debug, Subcommand)]
enum JudgeCommand {
    /// Hold a judge's verdicts against labels: sensitivity, specificity, kappa; with a run also its rates, corrected.
    Calibrate(calibrate::CalibrateArgs),
    /// Write the answers of a run in upstream's own shape, for upstream's judge.
    Export(export::ExportArgs),
    /// Bring the verdicts of a judge that ran elsewhere into a run.
    Import(later::ImportArgs),
    /// Have another judge read the answers of a finished run.
    Ask(later::AskArgs),
}

pub(super) fn run(args: &JudgeArgs, session: &Session) -> Result<Exit, CliError> {
    match &args.command {
        JudgeCommand::Calibrate(args) => calibrate::run(args, session),
        JudgeCommand::Export(args) => export::run(args, session),
        JudgeCommand::Import(args) => later::import(args, session),
        JudgeCommand::Ask(args) => later::ask(args, session),
    }
}
