//! Judges that read the answers of a run that is there already.

use std::path::{Path, PathBuf};

use clap::Args;

use super::super::endpoint_options::EndpointArgs;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::memory_options::judging;
use super::super::progress::Progress;
use super::super::run::{incomplete, recalled, registry};
use super::super::session::Session;
use crate::backend::ModelName;
use crate::record::{Role, RunFolder};
use crate::report::Format;
use crate::run::judge::ImportedJudge;
use crate::run::{Plan, RunIo, WantedModel, run as run_plan};

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The run folder.
    run: PathBuf,
    /// Upstream's result file of STALE, or JSON lines with `unit` and `reply`. Stays where it is: the run names it by its hash.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

#[derive(Debug, Args)]
pub(super) struct AskArgs {
    /// The run folder.
    run: PathBuf,
    /// The judge (repeatable).
    #[arg(long = "judge", value_name = "MODEL", required = true)]
    judges: Vec<String>,
    /// Verdicts of each judge on each answer [default: as recorded]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    judge_repeats: Option<u32>,
    /// The judge's instructions for changed states in place of our own.
    #[arg(long, value_name = "FILE")]
    judge_prompt: Option<PathBuf>,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

pub(super) fn import(args: &ImportArgs, session: &Session) -> Result<Exit, CliError> {
    if !ImportedJudge::is_file(&args.input) {
        return Err(CliError::Usage {
            message: format!("{} is no .json or .jsonl file with verdicts", args.input.display()),
        });
    }
    let tested = RunFolder::open(&args.run)?.read_manifest()?.plan.models;
    let n_tested = tested.iter().filter(|model| matches!(model.role, Role::Model | Role::Baseline)).count();
    if n_tested != 1 {
        return Err(CliError::Usage {
            message: format!(
                "{} holds the answers of {n_tested} models, and the verdicts do not say of which they are; import into a run with one model",
                args.run.display()
            ),
        });
    }
    let rows = RunFolder::open(&args.run)?.read_items()?;
    ImportedJudge::read(&args.input)
        .and_then(|judge| judge.check_names(&args.input, rows.iter().map(|row| row.item_id.as_str())))
        .map_err(crate::run::RunError::from)?;
    let text = args.input.display().to_string();
    let judge = WantedModel { name: ModelName::Folder(args.input.clone()), text, role: Role::Judge };
    with_judges(&args.run, vec![judge], &args.endpoint, session, |_| Ok(()))
}

pub(super) fn ask(args: &AskArgs, session: &Session) -> Result<Exit, CliError> {
    let wanted = |text: &String| -> Result<WantedModel, CliError> {
        Ok(WantedModel { name: text.parse()?, text: text.clone(), role: Role::Judge })
    };
    let judges = args.judges.iter().map(wanted).collect::<Result<Vec<_>, _>>()?;
    with_judges(&args.run, judges, &args.endpoint, session, |request| {
        if args.judge_repeats.is_some() || args.judge_prompt.is_some() {
            let repeats = args.judge_repeats.or(Some(request.memory.judging.repeats));
            request.memory.judging = judging(repeats, args.judge_prompt.clone())?;
        }
        Ok(())
    })
}

/// Goes on with a run as it was, with more judges.
fn with_judges(
    run: &Path,
    judges: Vec<WantedModel>,
    endpoint: &EndpointArgs,
    session: &Session,
    change: impl FnOnce(&mut crate::run::RunRequest) -> Result<(), CliError>,
) -> Result<Exit, CliError> {
    let mut request = recalled(run, endpoint)?;
    for judge in judges {
        if !request.models.iter().any(|known| known.role == Role::Judge && known.text == judge.text) {
            request.models.push(judge);
        }
    }
    change(&mut request)?;
    let mut plan = Plan::build(&request, &registry()?)?;
    let progress = Progress::new(session);
    let io = RunIo {
        out: run,
        is_resumed: true,
        admits_judges: true,
        command_line: &session.command_line,
        interrupted: &session.interrupted,
        watcher: &progress,
        formats: &Format::ALL,
    };
    let finished = run_plan(&mut plan, &io)?;
    for suite in finished.results.suites.iter().filter(|suite| !suite.verdict.is_empty()) {
        session.note(&suite.verdict);
    }
    if session.is_json {
        session.print_json(&finished.results)?;
    } else {
        session.print(&format!("{}\n", run.display()))?;
    }
    Ok(if finished.n_errors > 0 { incomplete(session, finished.n_errors) } else { Exit::Done })
}
