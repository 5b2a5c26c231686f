//! `mnemoscope calibrate`.

use std::collections::BTreeMap;

use std::path::PathBuf;

use clap::Args;

use super::error::CliError;
use super::exit::Exit;
use super::progress::Progress;
use super::run::registry;
use super::session::Session;
use crate::backend::OpenOptions;
use crate::dataset::{Sample, Size};
use crate::record::{Role, RunFolder};
use crate::report::Format;
use crate::report::number;
use crate::run::calibrate::{CONTROLS, Calibration, Controls, judge};
use crate::run::{Plan, RunIo, RunRequest, WantedModel, run as run_plan};
use crate::statistics::DEFAULT_SEED;

/// Check suites on models whose truth is known: does each see what is there, and nothing where there is nothing?
#[derive(Debug, Args)]
pub struct CalibrateArgs {
    /// Suites to check; all that have control models where none is named.
    suites: Vec<String>,
    /// Seed of every random draw.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Keep the runs in this folder; else they are removed afterwards.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &CalibrateArgs, session: &Session) -> Result<Exit, CliError> {
    let mut chosen: Vec<&Controls> = Vec::new();
    for name in &args.suites {
        match CONTROLS.iter().find(|controls| controls.suite == name) {
            Some(controls) => chosen.push(controls),
            None => {
                let known: Vec<&str> = CONTROLS.iter().map(|controls| controls.suite).collect();
                return Err(CliError::Usage {
                    message: format!(
                        "there are no control models for suite `{name}`; there are for: {}",
                        known.join(", ")
                    ),
                });
            }
        }
    }
    if chosen.is_empty() {
        chosen.extend(CONTROLS);
    }
    let scratch = tempfile::tempdir().map_err(|source| CliError::Io { path: std::env::temp_dir(), source })?;
    let folder = args.out.as_deref().unwrap_or_else(|| scratch.path());
    let mut calibrations = Vec::new();
    for controls in chosen {
        calibrations.extend(calibrate(controls, &folder.join(controls.suite), args.seed, session)?);
    }
    if session.is_json {
        session.print_json(&calibrations)?;
    } else {
        session.print(&text(&calibrations))?;
    }
    Ok(if calibrations.iter().all(|calibration| calibration.passed) { Exit::Done } else { Exit::GateFailed })
}

fn calibrate(
    controls: &Controls,
    out: &std::path::Path,
    seed: u64,
    session: &Session,
) -> Result<Vec<Calibration>, CliError> {
    let model = |text: &str, role| -> Result<WantedModel, CliError> {
        Ok(WantedModel { name: text.parse()?, text: text.to_owned(), role })
    };
    let mut models = vec![model(controls.positive, Role::Model)?, model(controls.negative, Role::Baseline)?];
    if let Some(reference) = controls.reference {
        models.push(model(reference, Role::Reference)?);
    }
    let request = RunRequest {
        published_as: None,
        data_revisions: std::collections::BTreeMap::new(),
        suites: vec![controls.suite.to_owned()],
        models,
        size: Size::Builtin,
        task_filter: None,
        sample: Sample::default(),
        n_epochs: 1,
        seed,
        attacks: None,
        chat: crate::run::ChatWishes::default(),
        open: OpenOptions::default(),
        known: BTreeMap::new(),
    };
    let mut plan = Plan::build(&request, &registry()?)?;
    let progress = Progress::new(session);
    let io = RunIo {
        out,
        is_resumed: false,
        command_line: &session.command_line,
        interrupted: &session.interrupted,
        watcher: &progress,
        formats: &Format::ALL,
    };
    let finished = run_plan(&mut plan, &io)?;
    let items = RunFolder::open(out)?.read_items()?;
    Ok(judge(controls, &finished.results, &items)?)
}

fn text(calibrations: &[Calibration]) -> String {
    let mut out = String::new();
    for calibration in calibrations {
        let rows: Vec<Vec<String>> = calibration
            .checks
            .iter()
            .map(|check| {
                vec![
                    if check.passed { "pass" } else { "FAIL" }.to_owned(),
                    check.task.clone(),
                    check.what.clone(),
                    check.value.map_or_else(
                        || "undefined".to_owned(),
                        |value| number::in_prose(value, check.interval.as_ref()),
                    ),
                    check.n.to_string(),
                    check.rule.clone(),
                ]
            })
            .collect();
        out.push_str(&super::session::table(&["", "task", "what", "value (interval)", "n", "rule"], &rows));
        let n_failed = calibration.checks.iter().filter(|check| !check.passed).count();
        let verdict = if calibration.passed {
            format!("{}: calibrated, all {} checks passed\n", calibration.suite, calibration.checks.len())
        } else {
            format!("{}: NOT calibrated, {n_failed} of {} checks failed\n", calibration.suite, calibration.checks.len())
        };
        out.push_str(&verdict);
    }
    out
}
