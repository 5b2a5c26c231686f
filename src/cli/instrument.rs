//! The row engine of `logprobs`, `generate`, `attack` and `metric`: rows in, one line a row out, in input order.
//!
//! With `--out FILE` every answered row goes at once to `FILE.journal.jsonl`, and the finished output to FILE as a
//! whole. The same call again takes from the journal what it holds and asks for the rest: rows that failed, rows whose
//! text or options changed, rows of another model. Without a file there is nothing to go on from.
//!
//! Exit codes: 0 when every row was answered; 3 when a row ended in an error, a text too short to score included, since
//! a script that reads 0 must find a number for every row; 4 for an input without rows; 130 when interrupted. A reader
//! of stdout that has read enough (`| head`) ends the work, which is no error.

mod journal;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Write};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use self::journal::RowJournal;
use super::endpoint_options::{EndpointArgs, traffic_words};
use super::error::CliError;
use super::exit::{Exit, halt_exit};
use super::progress::{bar, tell_about};
use super::session::Session;
use crate::backend::{
    Backend, BackendError, Bos, Capability, Halt, Job, JobEvent, ModelIdentity, ModelName, Opened, Reply,
    Request as BackendRequest, ScoreRequest, TokenScores, Traffic, answer_all, open,
};
use crate::dataset::{DataError, InstrumentRows, JsonLines, RowId, open_jsonl};
use crate::record::{RecordError, request_hash, write_atomically};
use crate::run::RunError;
use crate::statistics::DEFAULT_SEED;

/// Rows that are asked together; an interrupt is noticed between two such portions.
const PORTION: usize = 32;

/// Longest time between two flushes of the journal to the disk while rows come in.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// Part of every request hash: raised when the meaning or the shape of an output row changes, so that rows of an older
/// version are asked again.
const ROW_SCHEMA: u32 = 1;

/// Input lines, wherever they come from.
pub(super) type Input = Box<dyn BufRead + Send>;

/// What the instrument commands share.
#[derive(Debug, Args)]
pub(super) struct InstrumentArgs {
    /// The model that is asked: builtin:NAME, a checkpoint folder, https://HOST/v1#MODEL, or @NAME of models.toml.
    #[arg(long, value_name = "MODEL")]
    pub(super) model: String,
    /// Rows as JSON lines (.gz is unpacked); - reads stdin.
    #[arg(long = "in", value_name = "FILE|-")]
    input: PathBuf,
    /// Where the answers go; stdout where none is given. A file can be gone on with.
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) endpoint: EndpointArgs,
}

/// Whether a beginning-of-sequence token is put before the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum BosChoice {
    /// What the tokenizer does on its own.
    Auto,
    /// Exactly one.
    Always,
    /// None.
    Never,
}

impl From<BosChoice> for Bos {
    fn from(choice: BosChoice) -> Self {
        match choice {
            BosChoice::Auto => Self::Auto,
            BosChoice::Always => Self::Always,
            BosChoice::Never => Self::Never,
        }
    }
}

impl InstrumentArgs {
    /// The rows of the input, the first `limit` of them; all are read and checked before anything is asked.
    ///
    /// # Errors
    /// The first bad line, with file, line and field; an input without rows.
    pub(super) fn rows<T>(
        &self,
        typed: fn(JsonLines<Input>) -> InstrumentRows<Input, T>,
        limit: Option<NonZeroUsize>,
    ) -> Result<Vec<T>, CliError> {
        read_rows(&self.input, typed, limit)
    }

    /// Where the output goes.
    ///
    /// # Errors
    /// The file is there already and no journal says that this program wrote it.
    pub(super) fn destination(&self) -> Result<Destination, CliError> {
        Destination::new(self.out_file())
    }

    /// The output file, where one is given.
    pub(super) fn out_file(&self) -> Option<&Path> {
        self.out.as_deref().filter(|path| *path != Path::new("-"))
    }

    /// Opens a model that must be able to do `needs`.
    ///
    /// # Errors
    /// The name, the checkpoint or the endpoint cannot be used.
    pub(super) fn open_model(&self, name: &str, needs: &[Capability], session: &Session) -> Result<Opened, CliError> {
        let name: ModelName = name.parse()?;
        let opened = open(&name, &self.endpoint.open_options(DEFAULT_SEED, false), needs, None)?;
        if let Some(remote) = opened.remote() {
            tell_about(remote, session);
        }
        Ok(opened)
    }
}

/// The rows of an input, the first `limit` of them; all are read and checked before anything is done.
///
/// # Errors
/// The first bad line, with file, line and field; an input without rows.
pub(super) fn read_rows<T>(
    input: &Path,
    typed: fn(JsonLines<Input>) -> InstrumentRows<Input, T>,
    limit: Option<NonZeroUsize>,
) -> Result<Vec<T>, CliError> {
    let is_stdin = input == Path::new("-");
    let shown = if is_stdin { "stdin".to_owned() } else { input.display().to_string() };
    let lines = if is_stdin {
        JsonLines::new(&shown, Box::new(BufReader::new(io::stdin())) as Input)
    } else {
        open_jsonl(input, &shown)?
    };
    let rows = typed(lines).take(limit.map_or(usize::MAX, NonZeroUsize::get));
    let rows = rows.collect::<Result<Vec<T>, DataError>>()?;
    if rows.is_empty() {
        let why = format!("{shown} has no rows; check that it is the right file");
        return Err(RunError::NoItem { why }.into());
    }
    Ok(rows)
}

/// Refuses a command that needs more than the model can do, before the first request.
///
/// # Errors
/// Names the capability and the way out.
pub(super) fn require(backend: &dyn Backend, capability: Capability, reason: &str) -> Result<(), CliError> {
    if backend.capabilities().has(capability) {
        return Ok(());
    }
    let model = &backend.identity().name;
    let message = format!("{reason} needs `{capability}`, which {model} cannot do; use a model that can");
    Err(CliError::Usage { message })
}

/// Where output rows go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    Stdout,
    File { path: PathBuf, journal: PathBuf },
}

impl Destination {
    pub(super) fn new(out: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = out else { return Ok(Self::Stdout) };
        let mut journal = OsString::from(path);
        journal.push(".journal.jsonl");
        let journal = PathBuf::from(journal);
        if path.exists() && !journal.exists() {
            let (path, journal) = (path.display(), journal.display());
            let message = format!(
                "write {path}: it is there already, and without {journal} nothing says that this command wrote it; \
                 remove it or choose another --out"
            );
            return Err(CliError::Usage { message });
        }
        Ok(Self::File { path: path.to_owned(), journal })
    }
}

/// One row that is to be answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AskedRow {
    pub(super) id: RowId,
    /// Of everything that the answer depends on; see [`asked_row`].
    pub(super) hash: String,
    /// What its line carries beside id and error when it fails.
    pub(super) on_failure: Map<String, Value>,
}

#[derive(Serialize)]
struct Hashed<'a, O, P> {
    schema: u32,
    command: &'a str,
    models: Vec<HashedModel<'a>>,
    options: &'a O,
    id: &'a RowId,
    row: &'a P,
}

/// The checkpoint, not its place on disk: a moved folder answers the same.
#[derive(Serialize)]
struct HashedModel<'a> {
    /// Only where there are no weights to hash.
    name: Option<&'a str>,
    weights: Option<&'a str>,
    tokenizer: Option<&'a str>,
    dtype: Option<&'a str>,
    /// Only of endpoints: what the name stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<&'a str>,
}

/// What an answer depends on besides its row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a, O> {
    pub(super) command: &'a str,
    pub(super) models: &'a [&'a ModelIdentity],
    pub(super) options: &'a O,
}

/// A row with the hash of all that its answer depends on: command, models, options, id and content.
///
/// # Errors
/// An option that JSON cannot hold.
pub(super) fn asked_row<O: Serialize, P: Serialize>(
    request: &Request<'_, O>,
    id: &RowId,
    row: &P,
) -> Result<AskedRow, CliError> {
    let models = request.models.iter().map(|identity| HashedModel {
        name: identity.weights_sha256.is_none().then_some(identity.name.as_str()),
        weights: identity.weights_sha256.as_deref(),
        tokenizer: identity.tokenizer_sha256.as_deref(),
        dtype: identity.dtype.as_deref(),
        revision: identity.revision.as_deref().filter(|_| identity.weights_sha256.is_none()),
    });
    let hashed = Hashed {
        schema: ROW_SCHEMA,
        command: request.command,
        models: models.collect(),
        options: request.options,
        id,
        row,
    };
    Ok(AskedRow { id: id.clone(), hash: request_hash(&hashed)?, on_failure: Map::new() })
}

/// Why a row has no answer, as its line says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowError {
    /// Stable word.
    pub(super) kind: String,
    pub(super) message: String,
}

impl From<&BackendError> for RowError {
    fn from(error: &BackendError) -> Self {
        Self { kind: error.kind().to_owned(), message: error.to_string() }
    }
}

/// What became of a row. `R` is a whole output line, id included.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome<R> {
    Answered(R),
    /// Something to show, but a part of it failed: the next call asks again.
    Partial(R, RowError),
    Failed(RowError),
}

impl<R> Outcome<R> {
    fn error(&self) -> Option<&RowError> {
        match self {
            Self::Answered(_) => None,
            Self::Partial(_, error) | Self::Failed(error) => Some(error),
        }
    }
}

#[derive(Serialize)]
struct FailedLine<'a> {
    id: &'a RowId,
    #[serde(flatten)]
    shown: &'a Map<String, Value>,
    error: &'a RowError,
}

#[derive(Serialize)]
struct PartialLine<'a, R> {
    #[serde(flatten)]
    row: &'a R,
    error: &'a RowError,
}

/// How the work ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Complete,
    Interrupted,
    /// The reader of stdout went away.
    NobodyReads,
    /// The endpoint, or the budget, gave out.
    Halted(Halt),
}

/// What became of all rows.
#[derive(Debug)]
pub(super) struct Answers<R> {
    /// In input order; where the work did not end complete, some are missing.
    pub(super) outcomes: Vec<Outcome<R>>,
    /// Taken from the journal.
    pub(super) n_reused: usize,
    pub(super) end: End,
}

/// Who watches the work.
pub(super) struct Watch<'a> {
    pub(super) note: &'a dyn Fn(&str),
    pub(super) bar: ProgressBar,
}

/// Takes the outcome of one row by its place; `Break` ends the work.
pub(super) type Deliver<'d, R> = dyn FnMut(usize, Outcome<R>) -> ControlFlow<()> + 'd;

/// Answers the rows at the given places, in any order.
pub(super) type Work<'w, R> = dyn FnMut(&[usize], &mut Deliver<'_, R>) -> Result<(), Halt> + 'w;

/// Gives the outcomes of the rows at the given places, in order.
pub(super) type Portion<'p, R> = dyn FnMut(&[usize]) -> Result<Vec<Outcome<R>>, Halt> + 'p;

/// Work in portions of up to 32 rows, for what asks several models about a row.
///
/// # Errors
/// [`Halt::Interrupted`] between two portions; [`Halt::Refused`].
pub(super) fn in_portions<R>(
    places: &[usize],
    deliver: &mut Deliver<'_, R>,
    interrupted: &AtomicBool,
    ask: &mut Portion<'_, R>,
) -> Result<(), Halt> {
    for portion in places.chunks(PORTION) {
        if interrupted.load(Ordering::Relaxed) {
            return Err(Halt::Interrupted);
        }
        let mut answers = ask(portion)?.into_iter();
        for &place in portion {
            let outcome = answers.next().unwrap_or_else(|| Outcome::Failed(not_answered()));
            if deliver(place, outcome).is_break() {
                return Err(Halt::Refused);
            }
        }
    }
    Ok(())
}

/// Scores texts, many at a time where the model is an endpoint.
///
/// # Errors
/// Why the work ended before all were scored.
pub(super) fn score_all(
    backend: &dyn Backend,
    requests: &[ScoreRequest],
    interrupted: &AtomicBool,
) -> Result<Vec<Result<TokenScores, BackendError>>, Halt> {
    let asked = requests.iter().cloned().map(BackendRequest::Score).collect();
    let (replies, ended) = answer_all(backend, asked, interrupted);
    ended?;
    let scores = replies.into_iter().map(|reply| match reply? {
        Reply::Scores(scores) => Ok(scores),
        _ => Err(BackendError::OtherReply),
    });
    Ok(scores.collect())
}

/// One request to one model for each row, many in flight where the model is an endpoint.
pub(super) struct SingleRequests<'s, R> {
    pub(super) backend: &'s dyn Backend,
    pub(super) request: &'s dyn Fn(usize) -> BackendRequest,
    /// The row of a reply.
    pub(super) row: &'s dyn Fn(usize, Reply) -> Option<R>,
    pub(super) interrupted: &'s AtomicBool,
    pub(super) note: &'s dyn Fn(&str),
}

impl<R> SingleRequests<'_, R> {
    /// Answers the rows at the given places.
    ///
    /// # Errors
    /// Why the work ended before the rows did.
    pub(super) fn answer(&self, places: &[usize], deliver: &mut Deliver<'_, R>) -> Result<(), Halt> {
        let mut jobs = places.iter().map(|&place| Job {
            place,
            name: place.to_string(),
            repeat: 0,
            requests: vec![(self.request)(place)],
        });
        let mut traffic: Option<Traffic> = None;
        let mut desk = |event: JobEvent| match event {
            JobEvent::Delivered(delivery) => {
                let place = delivery.place;
                let outcome = match delivery.replies.into_iter().next() {
                    Some(Ok(reply)) => (self.row)(place, reply).map(Outcome::Answered),
                    Some(Err(error)) => Some(Outcome::Failed(RowError::from(&error))),
                    None => None,
                };
                deliver(place, outcome.unwrap_or_else(|| Outcome::Failed(not_answered())))
            }
            JobEvent::Traffic(now) => {
                traffic = Some(now);
                ControlFlow::Continue(())
            }
            JobEvent::Notice(text) => {
                (self.note)(&text);
                ControlFlow::Continue(())
            }
            JobEvent::AttemptFailed(_) | JobEvent::Abandoned { .. } | JobEvent::LimitChanged { .. } => {
                ControlFlow::Continue(())
            }
        };
        let ended = self.backend.answer(&mut jobs, &mut desk, self.interrupted);
        if let Some(traffic) = traffic {
            (self.note)(&format!("endpoint: {}", traffic_words(&traffic)));
        }
        ended
    }
}

/// Answers rows: from the journal where it holds them, else by `work`. Each answered row is in the journal before the next
/// one is taken.
///
/// # Errors
/// The output or the journal cannot be written or read; all rows answered before are in the journal.
pub(super) fn answer_rows<R: Serialize + DeserializeOwned>(
    rows: &[AskedRow],
    destination: &Destination,
    stdout: &mut dyn Write,
    watch: &Watch<'_>,
    work: &mut Work<'_, R>,
) -> Result<Answers<R>, CliError> {
    let mut outcomes: Vec<Option<Outcome<R>>> = rows.iter().map(|_| None).collect();
    let mut n_reused = 0;
    let mut journal = match destination {
        Destination::Stdout => None,
        Destination::File { journal, .. } => {
            let wanted: HashSet<&str> = rows.iter().map(|row| row.hash.as_str()).collect();
            let mut opened = RowJournal::open::<R>(journal, &wanted)?;
            if let Some(torn) = &opened.torn {
                (watch.note)(&torn.to_string());
            }
            for (row, outcome) in rows.iter().zip(&mut outcomes) {
                *outcome = opened.answered.remove(&row.hash).map(Outcome::Answered);
                n_reused += usize::from(outcome.is_some());
            }
            Some(opened.journal)
        }
    };
    if n_reused > 0 {
        (watch.note)(&format!("{n_reused} of {} rows are in the journal already", rows.len()));
    }
    let open: Vec<usize> = (0..rows.len()).filter(|&place| outcomes[place].is_none()).collect();
    watch.bar.set_length(open.len() as u64);
    let mut failed: Option<CliError> = None;
    let mut has_no_reader = false;
    let mut n_printed = 0;
    let mut synced = Instant::now();
    let mut take = |place: usize, outcome: Outcome<R>| -> Result<(), CliError> {
        let row = &rows[place];
        if let (Some(journal), Outcome::Answered(answer)) = (&mut journal, &outcome) {
            journal.append(&row.id, &row.hash, answer)?;
            if synced.elapsed() >= SYNC_EVERY {
                journal.sync()?;
                synced = Instant::now();
            }
        }
        outcomes[place] = Some(outcome);
        watch.bar.inc(1);
        if journal.is_some() {
            return Ok(());
        }
        // In input order: a row waits for those before it.
        let mut printed = Vec::new();
        while let Some(Some(outcome)) = outcomes.get(n_printed) {
            push_line(&mut printed, &rows[n_printed], outcome)?;
            n_printed += 1;
        }
        stdout
            .write_all(&printed)
            .and_then(|()| stdout.flush())
            .map_err(|source| CliError::Io { path: "stdout".into(), source })
    };
    let ended = work(&open, &mut |place, outcome| match take(place, outcome) {
        Ok(()) => ControlFlow::Continue(()),
        Err(error) => {
            has_no_reader = matches!(&error, CliError::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe);
            failed = Some(error);
            ControlFlow::Break(())
        }
    });
    watch.bar.finish_and_clear();
    if let Some(journal) = &mut journal {
        journal.sync()?;
    }
    if let Some(error) = failed.filter(|_| !has_no_reader) {
        return Err(error);
    }
    let end = match ended {
        _ if has_no_reader => End::NobodyReads,
        Ok(()) => End::Complete,
        Err(Halt::Interrupted) => End::Interrupted,
        Err(halt) => End::Halted(halt),
    };
    if journal.is_none() && end != End::Complete && end != End::NobodyReads {
        // Rows behind one that was not answered are answered all the same.
        let mut printed = Vec::new();
        for (row, outcome) in rows.iter().zip(&outcomes).skip(n_printed) {
            if let Some(outcome) = outcome {
                push_line(&mut printed, row, outcome)?;
            }
        }
        stdout
            .write_all(&printed)
            .and_then(|()| stdout.flush())
            .map_err(|source| CliError::Io { path: "stdout".into(), source })?;
    }
    let outcomes: Vec<Outcome<R>> = outcomes.into_iter().flatten().collect();
    if let (End::Complete, Destination::File { path, .. }) = (&end, destination) {
        let mut bytes = Vec::new();
        for (row, outcome) in rows.iter().zip(&outcomes) {
            push_line(&mut bytes, row, outcome)?;
        }
        write_atomically(path, &bytes)?;
    }
    Ok(Answers { outcomes, n_reused, end })
}

fn not_answered() -> RowError {
    RowError {
        kind: "not_answered".to_owned(),
        message: "the model gave fewer answers than it was asked for; ask this row again".to_owned(),
    }
}

fn push_line<R: Serialize>(lines: &mut Vec<u8>, row: &AskedRow, outcome: &Outcome<R>) -> Result<(), RecordError> {
    let written = match outcome {
        Outcome::Answered(answer) => serde_json::to_writer(&mut *lines, answer),
        Outcome::Partial(answer, error) => serde_json::to_writer(&mut *lines, &PartialLine { row: answer, error }),
        Outcome::Failed(error) => {
            serde_json::to_writer(&mut *lines, &FailedLine { id: &row.id, shown: &row.on_failure, error })
        }
    };
    written.map_err(|source| RecordError::Encode { what: "an output row", source })?;
    lines.push(b'\n');
    Ok(())
}

/// Answers rows for a session: stdout, signals and progress of this process.
///
/// # Errors
/// Those of [`answer_rows`].
pub(super) fn answer_for_session<R: Serialize + DeserializeOwned>(
    rows: &[AskedRow],
    destination: &Destination,
    session: &Session,
    work: &mut Work<'_, R>,
) -> Result<Answers<R>, CliError> {
    let note = |text: &str| session.note(text);
    let watch = Watch { note: &note, bar: bar(session, "[{bar:30}] {pos}/{len} rows {per_sec} eta {eta}") };
    answer_rows(rows, destination, &mut io::stdout().lock(), &watch, work)
}

impl<R> Answers<R> {
    /// Tells on stderr how it went, and gives the exit code.
    pub(super) fn conclude(&self, n_rows: usize, destination: &Destination, session: &Session) -> Exit {
        session.note(&self.words(n_rows, destination));
        match &self.end {
            End::Interrupted => Exit::Interrupted,
            End::Halted(halt) => halt_exit(halt),
            End::Complete if self.n_failed() > 0 => Exit::Incomplete,
            End::Complete | End::NobodyReads => Exit::Done,
        }
    }

    /// Rows with an error on their line.
    fn n_failed(&self) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.error().is_some()).count()
    }

    fn words(&self, n_rows: usize, destination: &Destination) -> String {
        let n_failed = self.n_failed();
        let mut words = format!("{n_rows} rows: {} answered", self.outcomes.len() - n_failed);
        if self.n_reused > 0 {
            words.push_str(&format!(" ({} of them from the journal)", self.n_reused));
        }
        if n_failed > 0 {
            let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
            for error in self.outcomes.iter().filter_map(Outcome::error) {
                *kinds.entry(&error.kind).or_default() += 1;
            }
            let kinds: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
            words.push_str(&format!(", {n_failed} in error: {}", kinds.join(", ")));
        }
        if let End::Halted(halt) = &self.end {
            words.push_str(&format!("; {halt}"));
        }
        words.push_str(match (&self.end, destination) {
            (End::Complete, _) => "",
            (End::NobodyReads, _) => "; stopped, since nobody reads stdout any more",
            (End::Halted(_), Destination::File { .. }) => {
                "; every answer is in the journal: the same call again goes on from here"
            }
            (End::Halted(_), Destination::Stdout) => "; what was printed stands, the rest was not asked",
            (End::Interrupted, Destination::File { .. }) => {
                "; interrupted, every answer is in the journal: the same call again goes on from here"
            }
            (End::Interrupted, Destination::Stdout) => {
                "; interrupted: what was printed stands, the rest was not asked; with --out FILE the same call again \
                 could go on"
            }
        });
        words
    }
}

#[cfg(test)]
mod tests;
