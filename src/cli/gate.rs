//! `mnemoscope gate`.

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::report::compared::outcome_words;
use crate::report::escape::one_line;
use crate::run::gate::{GateReport, gate, read_policy};

/// Hold a run against a policy: exit code 0 when every rule holds, 1 when one fails or cannot be decided.
#[derive(Debug, Args)]
pub struct GateArgs {
    /// A run folder (its model under test), or a cell of a run.
    run: PathBuf,
    /// The policy; `mnemoscope schema gate` describes it.
    #[arg(long, value_name = "gate.toml")]
    policy: PathBuf,
    /// The run to compare with; the run's own baseline where none is given.
    #[arg(long, value_name = "RUN")]
    baseline: Option<PathBuf>,
}

pub(super) fn run(args: &GateArgs, session: &Session) -> Result<Exit, CliError> {
    let policy = read_policy(&args.policy)?;
    let report = gate(&args.run, &policy, args.baseline.as_deref())?;
    if session.is_json {
        session.print_json(&report)?;
    } else {
        session.print(&text(&report))?;
    }
    Ok(if report.passed { Exit::Done } else { Exit::GateFailed })
}

fn text(report: &GateReport) -> String {
    let rows: Vec<Vec<String>> = report
        .rules
        .iter()
        .map(|rule| {
            vec![
                rule.status.word().to_owned(),
                rule.rule.clone(),
                rule.outcome.as_deref().map_or_else(String::new, outcome_words),
                rule.reason.clone(),
            ]
        })
        .collect();
    let mut out = super::session::table(&["", "rule", "outcome", "reason"], &rows);
    out.push_str(&format!("\ngate {}: {}\n", one_line(&report.policy), one_line(&report.reason)));
    out
}
