//! `mnemoscope run`.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;

use super::dry_run;
use super::endpoint_options::EndpointArgs;
use super::error::CliError;
use super::exit::Exit;
use super::memory_options::MemoryArgs;
use super::progress::{Progress, tell_about};
use super::session::Session;
use crate::backend::{Backend as _, LocalWork};
use crate::dataset::economic::{Period, month_of};
use crate::dataset::{Sample, Shard, Size};
use crate::record::{CutoffClaim, Role, RunFolder};
use crate::report::Format;
use crate::run::{ChatWishes, Plan, RunIo, RunRequest, WantedModel, run as run_plan};
use crate::statistics::DEFAULT_SEED;
use crate::suite::SuiteRegistry;

/// Ask models the questions of suites, and write a report card.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Suites: a name, or the path of a suite.toml.
    #[arg(required_unless_present = "resume")]
    suites: Vec<String>,
    /// A model under test: builtin:NAME, a checkpoint folder or GGUF file, hf:ORG/NAME[@REVISION], https://HOST/v1#MODEL, @NAME of models.toml, replay:RUN_DIR
    /// (repeatable).
    #[arg(long = "model", value_name = "MODEL")]
    models: Vec<String>,
    /// The model to compare with.
    #[arg(long, value_name = "MODEL")]
    baseline: Option<String>,
    /// The model whose scores reference attacks subtract; the baseline where none is given.
    #[arg(long, value_name = "MODEL")]
    reference: Option<String>,
    /// A model that judges answers, where a task asks one; builtin:rules judges builtin data (repeatable: the majority counts).
    #[arg(long = "judge", value_name = "MODEL")]
    judges: Vec<String>,
    /// The model that embeds texts, where a task asks one.
    #[arg(long, value_name = "MODEL")]
    embedder: Option<String>,
    /// builtin, hub, or a folder in upstream's layout [default: builtin]
    #[arg(long, value_name = "builtin|hub|PATH")]
    size: Option<Size>,
    /// Only tasks whose id matches this glob.
    #[arg(long, value_name = "GLOB")]
    task: Option<String>,
    /// At most so many items a task.
    #[arg(long, value_name = "N")]
    limit: Option<NonZeroUsize>,
    /// At most 50 items of each number of copies a task: enough to see that everything works.
    #[arg(long)]
    quick: bool,
    /// The published model that the first model under test is, by hub id or by its name in the published tables; for a model of
    /// the hub at its final revision it is known.
    #[arg(long, value_name = "MODEL")]
    published_as: Option<String>,
    /// Revision of a hub data set: its name in the suite or its hub id, and a commit of 40 hex digits (repeatable; with --size
    /// hub).
    #[arg(long = "data-revision", value_name = "NAME=COMMIT", value_parser = data_revision)]
    data_revisions: Vec<(String, String)>,
    /// Repeats of every item [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    epochs: Option<u32>,
    /// Seed of every random draw [default: 20240613]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Only part I of N of the items, by item id.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Words of chat prompts in place of the suite's own, e.g. upstream's; its hash goes into the record.
    #[arg(long, value_name = "FILE")]
    prompt_file: Option<PathBuf>,
    /// Ask chats as plain text, without the models' chat templates: for base models.
    #[arg(long)]
    plain_prompts: bool,
    /// Begin every message with the instruction to have forgotten its target (the in-context unlearning of RWKU).
    #[arg(long)]
    in_context_unlearning: bool,
    /// Last month of a model's training data, as its maker states it: YYYY-MM for all models of the call, MODEL=YYYY-MM for one as
    /// typed (repeatable).
    #[arg(long, value_name = "[MODEL=]YYYY-MM", value_parser = stated_cutoff)]
    stated_cutoff: Vec<(String, String)>,
    /// The day on which a model's weights were published: values published later cannot be in them (repeatable).
    #[arg(long, value_name = "[MODEL=]YYYY-MM-DD", value_parser = released)]
    released: Vec<(String, String)>,
    /// Only these attacks of membership tasks, separated by commas; an endpoint cannot serve all of them.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    attacks: Option<Vec<String>>,
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    endpoint: EndpointArgs,
    /// Say what would be asked, and ask nothing.
    #[arg(long)]
    dry_run: bool,
    /// Folder of the run; runs/<utc>-<suite> where none is given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Go on with the run in this folder; what the call does not name is taken from its record.
    #[arg(long, value_name = "DIR", conflicts_with = "out")]
    resume: Option<PathBuf>,
}

pub(super) fn run(args: &RunArgs, session: &Session) -> Result<Exit, CliError> {
    let request = request(args)?;
    let registry = registry()?;
    let mut plan = Plan::build(&request, &registry)?;
    for remote in plan.remotes() {
        tell_about(remote, session);
    }
    if args.dry_run {
        return dry_run::tell(&plan, session);
    }
    let out = match (&args.resume, &args.out) {
        (Some(folder), _) | (None, Some(folder)) => folder.clone(),
        (None, None) => default_out(&request.suites),
    };
    let progress = Progress::new(session);
    let io = RunIo {
        out: &out,
        is_resumed: args.resume.is_some(),
        admits_judges: false,
        command_line: &session.command_line,
        interrupted: &session.interrupted,
        watcher: &progress,
        formats: &Format::ALL,
    };
    let finished = run_plan(&mut plan, &io)?;
    tell_shared(&plan, session);
    for suite in finished.results.suites.iter().filter(|suite| !suite.verdict.is_empty()) {
        session.note(&suite.verdict);
    }
    session.note(&format!("report card: {}", out.join("report").join("card.html").display()));
    if session.is_json {
        session.print_json(&finished.results)?;
    } else {
        session.print(&format!("{}\n", out.display()))?;
    }
    Ok(if finished.n_errors > 0 { incomplete(session, finished.n_errors) } else { Exit::Done })
}

/// Says what is missing of a run that ends with exit code 3.
pub(super) fn incomplete(session: &Session, n_errors: u64) -> Exit {
    let what = if n_errors == 1 { "request has" } else { "requests have" };
    session.note(&format!(
        "incomplete: {n_errors} {what} no answer, or none that could be read as a verdict; they are counted on the card and in no value"
    ));
    Exit::Incomplete
}

/// The working directory's suites come before those in the binary.
pub(super) fn registry() -> Result<SuiteRegistry, CliError> {
    let working_directory =
        std::env::current_dir().map_err(|source| CliError::Io { path: PathBuf::from("."), source })?;
    Ok(SuiteRegistry { working_directory })
}

/// `runs/<utc>-<suite>`, free of characters that some file system refuses.
fn default_out(suites: &[String]) -> PathBuf {
    let stamp: String = crate::record::utc_now().chars().filter(char::is_ascii_alphanumeric).take(15).collect();
    let name = match suites {
        [suite] => crate::record::model_slug(suite),
        _ => format!("{}-suites", suites.len()),
    };
    PathBuf::from("runs").join(format!("{stamp}-{name}"))
}

/// Items of each number of copies in a quick run.
const QUICK_ITEMS: usize = 50;

fn quick(is_quick: bool) -> Option<NonZeroUsize> {
    NonZeroUsize::new(QUICK_ITEMS).filter(|_| is_quick)
}

/// `NAME=COMMIT`; a branch is no pin.
fn data_revision(text: &str) -> Result<(String, String), String> {
    let (name, revision) = text
        .split_once('=')
        .ok_or_else(|| format!("`{text}` is not of the form NAME=COMMIT, e.g. passages=0123..."))?;
    if !crate::suite::is_pinned_revision(revision) {
        return Err(format!(
            "`{revision}` can move, so the data could change under the same suite; give a commit of 40 hex digits"
        ));
    }
    Ok((name.to_owned(), revision.to_owned()))
}

/// `MODEL=VALUE`, or a value for all models.
fn named(text: &str) -> (String, String) {
    match text.rsplit_once('=') {
        Some((model, value)) => (model.to_owned(), value.to_owned()),
        None => (String::new(), text.to_owned()),
    }
}

/// Months since the year 0 in which a cutoff can lie: 1900 to 2199.
const MOST_DISTANT: (i32, i32) = (1900 * 12, 2200 * 12 - 1);

fn stated_cutoff(text: &str) -> Result<(String, String), String> {
    let (model, month) = named(text);
    match month_of(&month) {
        Some(found) if (MOST_DISTANT.0..=MOST_DISTANT.1).contains(&found) => Ok((model, month)),
        _ => Err(format!("`{month}` is no month from 1900 to 2199; write YYYY-MM, e.g. 2023-10")),
    }
}

fn released(text: &str) -> Result<(String, String), String> {
    let (model, day) = named(text);
    match Period::read(&day) {
        Some(Period::Day(_)) => Ok((model, day)),
        _ => Err(format!("`{day}` is no day; write YYYY-MM-DD, e.g. 2024-08-06")),
    }
}

/// What is said of cutoffs, by model.
fn cutoffs(args: &RunArgs) -> BTreeMap<String, CutoffClaim> {
    let mut cutoffs: BTreeMap<String, CutoffClaim> = BTreeMap::new();
    for (model, month) in &args.stated_cutoff {
        cutoffs.entry(model.clone()).or_default().stated = Some(month.clone());
    }
    for (model, day) in &args.released {
        cutoffs.entry(model.clone()).or_default().released = Some(day.clone());
    }
    cutoffs
}

/// Models stand in this order in a call's record.
const ROLES: [Role; 5] = [Role::Model, Role::Baseline, Role::Reference, Role::Embedder, Role::Judge];

fn request(args: &RunArgs) -> Result<RunRequest, CliError> {
    let wanted = |text: &String, role| -> Result<WantedModel, CliError> {
        Ok(WantedModel { name: text.parse()?, text: text.clone(), role })
    };
    let mut models = Vec::new();
    for text in &args.models {
        models.push(wanted(text, Role::Model)?);
    }
    for (text, role) in
        [(&args.baseline, Role::Baseline), (&args.reference, Role::Reference), (&args.embedder, Role::Embedder)]
    {
        if let Some(text) = text {
            models.push(wanted(text, role)?);
        }
    }
    for text in &args.judges {
        models.push(wanted(text, Role::Judge)?);
    }
    let seed = args.seed.unwrap_or(DEFAULT_SEED);
    let mut request = RunRequest {
        suites: args.suites.clone(),
        models,
        size: args.size.clone().unwrap_or(Size::Builtin),
        task_filter: args.task.clone(),
        sample: Sample { limit: args.limit, per_level: quick(args.quick), shard: args.shard },
        published_as: args.published_as.clone(),
        data_revisions: args.data_revisions.iter().cloned().collect(),
        n_epochs: args.epochs.unwrap_or(1),
        seed,
        attacks: args.attacks.clone(),
        chat: ChatWishes {
            prompt_file: args.prompt_file.clone(),
            is_plain: args.plain_prompts,
            is_in_context: args.in_context_unlearning,
        },
        open: args.endpoint.open_options(seed, args.dry_run),
        cutoffs: cutoffs(args),
        memory: args.memory.wishes()?,
        known: BTreeMap::new(),
    };
    if let Some(folder) = &args.resume {
        // What was found out of an endpoint is not asked again.
        for model in RunFolder::open(folder)?.read_manifest()?.plan.models {
            if let Some(report) = model.endpoint {
                request.known.insert(model.identity.name, report);
            }
        }
    }
    // A call that names suites says everything anew, and the record checks it; `--resume DIR` alone recalls the rest.
    if let Some(folder) = args.resume.as_ref().filter(|_| args.suites.is_empty()) {
        recall(&mut request, args, folder)?;
    }
    Ok(request)
}

/// The request of a recorded run as it was.
///
/// # Errors
/// The record cannot be read, or names something that cannot be parsed any more.
pub(super) fn recalled(folder: &std::path::Path, endpoint: &EndpointArgs) -> Result<RunRequest, CliError> {
    request(&RunArgs {
        suites: Vec::new(),
        models: Vec::new(),
        baseline: None,
        reference: None,
        judges: Vec::new(),
        embedder: None,
        size: None,
        task: None,
        limit: None,
        quick: false,
        published_as: None,
        data_revisions: Vec::new(),
        epochs: None,
        seed: None,
        shard: None,
        prompt_file: None,
        plain_prompts: false,
        in_context_unlearning: false,
        stated_cutoff: Vec::new(),
        released: Vec::new(),
        attacks: None,
        memory: MemoryArgs::default(),
        endpoint: endpoint.clone(),
        dry_run: false,
        out: None,
        resume: Some(folder.to_owned()),
    })
}

/// Fills in from the record what a resumed call does not name. What it names stays, and the record refuses it where it
/// differs.
fn recall(request: &mut RunRequest, args: &RunArgs, folder: &std::path::Path) -> Result<(), CliError> {
    let plan = RunFolder::open(folder)?.read_manifest()?.plan;
    for suite in &plan.suites {
        request.suites.push(if suite.origin == "embedded" { suite.name.clone() } else { suite.origin.clone() });
    }
    let first = plan.suites.first();
    if args.size.is_none() {
        request.size = match first {
            Some(suite) if suite.size == "hub" => Size::Hub,
            Some(suite) => suite.folder.as_ref().map_or(Size::Builtin, |folder| Size::Folder(folder.into())),
            None => Size::Builtin,
        };
    }
    request.n_epochs = args.epochs.unwrap_or(plan.n_epochs);
    request.seed = args.seed.unwrap_or(plan.seed);
    if args.attacks.is_none() {
        request.attacks.clone_from(&plan.attacks);
    }
    if args.task.is_none() {
        request.task_filter.clone_from(&plan.task_filter);
    }
    if args.limit.is_none() {
        let limit = first.and_then(|suite| suite.limit).and_then(|limit| usize::try_from(limit).ok());
        request.sample.limit = limit.and_then(NonZeroUsize::new);
    }
    if args.shard.is_none() {
        request.sample.shard = plan.shard.and_then(|shard| shard.to_string().parse().ok());
    }
    if !args.quick {
        let per_level = plan.per_level.and_then(|count| usize::try_from(count).ok());
        request.sample.per_level = per_level.and_then(NonZeroUsize::new);
    }
    if let Some(prompts) = plan.suites.iter().find_map(|suite| suite.prompts.as_ref()) {
        let chat = &mut request.chat;
        if chat.prompt_file.is_none() {
            chat.prompt_file = prompts.file.as_ref().map(PathBuf::from);
        }
        chat.is_plain |= prompts.is_plain;
        chat.is_in_context |= prompts.is_in_context;
    }
    if let Some(memory) = &plan.memory {
        args.memory.recall(memory, &mut request.memory)?;
    }
    if args.published_as.is_none() {
        request.published_as.clone_from(&plan.published_as);
    }
    if args.data_revisions.is_empty() {
        request.data_revisions.clone_from(&plan.data_revisions);
    }
    if args.stated_cutoff.is_empty() && args.released.is_empty() {
        for model in plan.models.iter().filter(|model| !model.cutoff.is_empty()) {
            request.cutoffs.insert(model.identity.name.clone(), model.cutoff.clone());
        }
    }
    for (role, is_named) in [
        (Role::Model, !args.models.is_empty()),
        (Role::Baseline, args.baseline.is_some()),
        (Role::Reference, args.reference.is_some()),
        (Role::Judge, !args.judges.is_empty()),
        (Role::Embedder, args.embedder.is_some()),
    ] {
        for model in plan.models.iter().filter(|model| model.role == role && !is_named) {
            let text = model.identity.name.clone();
            // A model with several agents stands there several times.
            if request.models.iter().any(|known| known.role == role && known.text == text) {
                continue;
            }
            request.models.push(WantedModel { name: text.parse()?, text, role });
        }
    }
    // In the order of a fresh call, whatever was named again: results list models so.
    request.models.sort_by_key(|model| ROLES.iter().position(|role| *role == model.role));
    Ok(())
}

/// Says what local models were spared by computing shared beginnings once.
fn tell_shared(plan: &Plan, session: &Session) {
    for local in plan.models.iter().filter_map(|model| model.responder.local()) {
        let LocalWork { tokens_asked, tokens_computed } = local.work();
        if tokens_computed < tokens_asked {
            session.note(&format!(
                "{}: {tokens_computed} of {tokens_asked} tokens were computed; the others stood at the beginning of several \
                 texts, once each",
                local.identity().name
            ));
        }
    }
}
