//! The command line: arguments, one file a command, exit codes. Machine output on stdout, people's on stderr.

mod attack;
mod cache;
mod calibrate;
mod compare;
mod doctor;
mod dry_run;
mod endpoint_options;
mod error;
mod exit;
mod gate;
mod generate;
mod instrument;
mod judge;
mod lab;
mod list;
mod logprobs;
mod memory_options;
mod metric;
mod progress;
mod report;
mod run;
mod schema;
mod session;
mod show;
mod stats;
mod traps;
mod validate;
mod verify;

use std::ffi::OsString;

use clap::{Parser, Subcommand};

pub use error::CliError;
pub use exit::Exit;
pub use session::Session;

/// Measures what language models remember, forget and leak.
#[derive(Debug, Parser)]
#[command(name = "mnemoscope", version, propagate_version = true, arg_required_else_help = true)]
struct Arguments {
    /// One JSON document on stdout, where the command has something for scripts.
    #[arg(long, global = true)]
    json: bool,
    /// No progress and no notes on stderr; errors are still told.
    #[arg(long, short, global = true)]
    quiet: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask models the questions of suites, and write a report card.
    Run(Box<run::RunArgs>),
    /// Write the report of finished runs again.
    Report(report::ReportArgs),
    /// Compare the models of two runs, item by item.
    Compare(compare::CompareArgs),
    /// Hold a run against a policy, for CI.
    Gate(gate::GateArgs),
    /// Measure judges, and take answers to them and verdicts from them.
    Judge(judge::JudgeArgs),
    /// Check suites on models whose truth is known.
    Calibrate(calibrate::CalibrateArgs),
    /// List suites, tasks, models, metrics, attacks, tests, agents or probes.
    List(list::ListArgs),
    /// Check suite files; all errors at once.
    Validate(validate::ValidateArgs),
    /// Print the JSON Schema of a file format.
    Schema(schema::SchemaArgs),
    /// Ask an endpoint what it can really do, in at most six requests.
    Doctor(doctor::DoctorArgs),
    /// Look at the reply cache, or clean it.
    Cache(cache::CacheArgs),
    /// Print one item of a run: prompt, answer, scores.
    Show(show::ShowArgs),
    /// Log-probabilities of texts, token by token.
    Logprobs(logprobs::LogprobsArgs),
    /// Greedy continuations of prompts.
    Generate(generate::GenerateArgs),
    /// One metric of written answers, or what they say: numbers, dates, directions.
    Metric(metric::MetricArgs),
    /// Run one statistical method on a JSON file.
    Stats(stats::StatsArgs),
    /// Membership attacks on labelled texts.
    Attack(attack::AttackArgs),
    /// Plant copyright traps, and prove their use.
    Traps(traps::TrapsArgs),
    /// Train a small model from a recipe.
    Lab(lab::LabArgs),
    /// Compare this build with golden cases of reference implementations.
    Verify(verify::VerifyArgs),
}

/// Parses and runs a command line; every message has been printed when this returns.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let parsed = match Arguments::try_parse_from(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            // A reader that closed the pipe has read enough.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Done };
        }
    };
    let session = Session::begin(&arguments, parsed.json, parsed.quiet);
    match dispatch(&parsed.command, &session) {
        Ok(exit) => session.exit(exit),
        Err(error) => {
            session.tell_error(&error);
            session.exit(error.exit())
        }
    }
}

fn dispatch(command: &Command, session: &Session) -> Result<Exit, CliError> {
    match command {
        Command::Run(args) => run::run(args, session),
        Command::Report(args) => report::run(args, session),
        Command::Compare(args) => compare::run(args, session),
        Command::Gate(args) => gate::run(args, session),
        Command::Judge(args) => judge::run(args, session),
        Command::Calibrate(args) => calibrate::run(args, session),
        Command::List(args) => list::run(args, session),
        Command::Validate(args) => validate::run(args, session),
        Command::Schema(args) => schema::run(args, session),
        Command::Doctor(args) => doctor::run(args, session),
        Command::Cache(args) => cache::run(args, session),
        Command::Show(args) => show::run(args, session),
        Command::Logprobs(args) => logprobs::run(args, session),
        Command::Generate(args) => generate::run(args, session),
        Command::Metric(args) => metric::run(args, session),
        Command::Stats(args) => stats::run(args, session),
        Command::Attack(args) => attack::run(args, session),
        Command::Traps(args) => traps::run(args, session),
        Command::Lab(args) => lab::run(args, session),
        Command::Verify(args) => verify::run(args, session),
    }
}
