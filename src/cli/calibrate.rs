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
use crate::record::{Results, Role, RunFolder};
use crate::report::Format;
use crate::report::number;
use crate::run::calibrate::{
    AGENT_CONTROLS, AgentControls, CONTROLS, Calibration, Controls, FORGETTING_CONTROLS, ForgettingControls,
    REMEMBERING_CONTROLS, judge, judge_agents, judge_forgetting, judge_remembering,
};
use crate::run::{AgentSet, MemoryWishes, Plan, RunIo, RunRequest, WantedModel, run as run_plan};
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
    let known: Vec<&str> = CONTROLS
        .iter()
        .map(|controls| controls.suite)
        .chain(FORGETTING_CONTROLS.iter().map(|controls| controls.suite))
        .chain(REMEMBERING_CONTROLS.iter().map(|controls| controls.suite))
        .chain(AGENT_CONTROLS.iter().map(|controls| controls.suite))
        .collect();
    if let Some(name) = args.suites.iter().find(|name| !known.contains(&name.as_str())) {
        return Err(CliError::Usage {
            message: format!("there are no control models for suite `{name}`; there are for: {}", known.join(", ")),
        });
    }
    let chosen = if args.suites.is_empty() { known } else { args.suites.iter().map(String::as_str).collect() };
    let scratch = tempfile::tempdir().map_err(|source| CliError::Io { path: std::env::temp_dir(), source })?;
    let folder = args.out.as_deref().unwrap_or_else(|| scratch.path());
    let mut calibrations = Vec::new();
    for suite in chosen {
        let out = folder.join(suite);
        if let Some(controls) = CONTROLS.iter().find(|controls| controls.suite == suite) {
            calibrations.extend(calibrate(controls, &out, args.seed, session)?);
        }
        if let Some(controls) = FORGETTING_CONTROLS.iter().find(|controls| controls.suite == suite) {
            calibrations.push(calibrate_forgetting(controls, &out, args.seed, session)?);
        }
        if let Some(controls) = REMEMBERING_CONTROLS.iter().find(|controls| controls.suite == suite) {
            let results = run_builtin(suite, &[(controls.model, Role::Model)], &out, args.seed, session)?;
            let items = RunFolder::open(&out)?.read_items()?;
            calibrations.push(judge_remembering(controls, &results, &items)?);
        }
        if let Some(controls) = AGENT_CONTROLS.iter().find(|controls| controls.suite == suite) {
            calibrations.push(calibrate_agents(controls, &out, args.seed, session)?);
        }
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
    let mut models = vec![(controls.positive, Role::Model), (controls.negative, Role::Baseline)];
    models.extend(controls.reference.map(|reference| (reference, Role::Reference)));
    let results = run_builtin(controls.suite, &models, out, seed, session)?;
    let items = RunFolder::open(out)?.read_items()?;
    Ok(judge(controls, &results, &items)?)
}

/// The unlearned models against the one before, and the one that never knew against itself.
fn calibrate_forgetting(
    controls: &ForgettingControls,
    out: &std::path::Path,
    seed: u64,
    session: &Session,
) -> Result<Calibration, CliError> {
    let (unlearned, null) = (out.join("unlearned"), out.join("never"));
    let tested = controls.unlearned.iter().chain([&controls.over]).map(|&name| (name, Role::Model));
    let beside = [(controls.before, Role::Baseline), (controls.never, Role::Reference)];
    let models: Vec<(&str, Role)> = tested.chain(beside).collect();
    let found = run_builtin(controls.suite, &models, &unlearned, seed, session)?;
    let items = RunFolder::open(&unlearned)?.read_items()?;
    let same = [Role::Model, Role::Baseline, Role::Reference].map(|role| (controls.never, role));
    let nothing = run_builtin(controls.suite, &same, &null, seed, session)?;
    Ok(judge_forgetting(controls, &found, &nothing, &items)?)
}

/// The reader with every agent, and the liar that reads everything.
fn calibrate_agents(
    controls: &AgentControls,
    out: &std::path::Path,
    seed: u64,
    session: &Session,
) -> Result<Calibration, CliError> {
    let (reading, lying) = (out.join("reading"), out.join("lying"));
    let beside = [(controls.judge, Role::Judge), (controls.embedder, Role::Embedder)];
    let models: Vec<(&str, Role)> = std::iter::once((controls.reader, Role::Model)).chain(beside).collect();
    let agents: Vec<&str> = controls.agents.iter().copied().chain([controls.without]).collect();
    let results = run_with_agents(controls.suite, &models, &agents, &reading, seed, session)?;
    let items = RunFolder::open(&reading)?.read_items()?;
    let liar = match controls.liar {
        Some(liar) => {
            let models = [(liar, Role::Model), (controls.judge, Role::Judge)];
            Some(run_with_agents(controls.suite, &models, &["long-context"], &lying, seed, session)?)
        }
        None => None,
    };
    Ok(judge_agents(controls, &results, &items, liar.as_ref())?)
}

/// Runs a suite in its builtin size.
fn run_builtin(
    suite: &str,
    models: &[(&str, Role)],
    out: &std::path::Path,
    seed: u64,
    session: &Session,
) -> Result<Results, CliError> {
    run_with_agents(suite, models, &[], out, seed, session)
}

/// The same with agents.
fn run_with_agents(
    suite: &str,
    models: &[(&str, Role)],
    agents: &[&str],
    out: &std::path::Path,
    seed: u64,
    session: &Session,
) -> Result<Results, CliError> {
    let kinds = agents.iter().filter_map(|agent| agent.parse().ok()).collect();
    let agents = AgentSet { kinds, ..AgentSet::default() };
    let model = |&(text, role): &(&str, Role)| -> Result<WantedModel, CliError> {
        Ok(WantedModel { name: text.parse()?, text: text.to_owned(), role })
    };
    let models = models.iter().map(model).collect::<Result<_, _>>()?;
    let request = RunRequest {
        published_as: None,
        data_revisions: std::collections::BTreeMap::new(),
        suites: vec![suite.to_owned()],
        models,
        size: Size::Builtin,
        task_filter: None,
        sample: Sample::default(),
        n_epochs: 1,
        seed,
        attacks: None,
        chat: crate::run::ChatWishes::default(),
        open: OpenOptions::default(),
        memory: MemoryWishes { agents, ..MemoryWishes::default() },
        cutoffs: BTreeMap::new(),
        known: BTreeMap::new(),
    };
    let mut plan = Plan::build(&request, &registry()?)?;
    let progress = Progress::new(session);
    let io = RunIo {
        out,
        is_resumed: false,
        admits_judges: false,
        command_line: &session.command_line,
        interrupted: &session.interrupted,
        watcher: &progress,
        formats: &Format::ALL,
    };
    Ok(run_plan(&mut plan, &io)?.results)
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
