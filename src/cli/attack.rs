//! `mnemoscope attack`: membership attacks on labelled texts: one line a text, then one summary an attack.
//!
//! Scores follow the convention of the crate: higher means more likely a member. Each text is asked once a model, and all
//! attacks that this is enough for are computed from that one answer; the others ask once more, in the same portion. No
//! attack's AUC is told without what the texts alone say.
//!
//! - `choice`: which attacks are run, and why the others are not
//! - `given`: prefix, corpus, rows that contradict each other
//! - `passes`: what is asked of the models; `rows`: one line from the answers; `compat`: other people's numbers beside it
//! - `summary`: what all lines come to; `findings`, `overlap`: what may be said of it

mod answered;
mod choice;
mod code;
mod compat;
mod findings;
mod given;
mod models;
mod overlap;
mod passes;
mod rows;
mod summary;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::choice::{Chosen, Offered, choose};
use self::code::Code;
use self::given::{Given, contradictions};
use self::models::Models;
use self::passes::attack;
use self::summary::{Settings, SummaryText, summarise, tables};
use super::error::CliError;
use super::exit::Exit;
use super::instrument::{
    Answers, AskedRow, Destination, End, InstrumentArgs, Outcome, Request, answer_for_session, asked_row, in_portions,
};
use super::session::Session;
use crate::backend::{Capability, Opened};
use crate::dataset::{LabelledRow, RowId, labelled_rows};
use crate::record::write_atomically;
use crate::scoring::membership::{AttackOptions, Counting, ExtraPass, NormOrder};
use crate::statistics::DEFAULT_SEED;

/// Membership attacks on labelled texts.
#[derive(Debug, Args)]
pub struct AttackArgs {
    #[command(flatten)]
    instrument: InstrumentArgs,
    /// The model whose scores reference attacks compare with; it reads the texts with its own tokenizer.
    #[arg(long, value_name = "MODEL")]
    reference: Option<String>,
    /// Attacks to run, by id, or all that can be run with what is given.
    #[arg(long, value_name = "all|ID,...", default_value = "all", value_delimiter = ',')]
    attacks: Vec<String>,
    /// Share of lowest tokens that Min-K % and Min-K %++ keep, above 0 and at most 1.
    #[arg(long, value_name = "K", default_value = "0.2", value_parser = share)]
    min_k: f64,
    /// Neighbouring tokens that the windowed Min-K attacks average.
    #[arg(long, value_name = "N", default_value = "3", value_parser = at_least_one)]
    window: usize,
    /// Tokens from the beginning of one window to that of the next.
    #[arg(long, value_name = "N", default_value = "2", value_parser = at_least_one)]
    stride: usize,
    /// Texts that are no members, as JSON lines {"id", "text"}: `recall` puts them before each text, in this order.
    #[arg(long, value_name = "FILE")]
    recall_prefix: Option<PathBuf>,
    /// Texts that say how common tokens are, for `dc_pdd`: JSON lines with `text`, or a text a line.
    #[arg(long, value_name = "FILE")]
    dcpdd_corpus: Option<PathBuf>,
    /// What `dc_pdd` counts in the corpus: texts that hold a token, as published code does, or its occurrences.
    #[arg(long, value_enum, default_value = "document")]
    dcpdd_counts: Counts,
    /// The norm that `gradnorm` takes of each parameter tensor's gradient.
    #[arg(long, value_enum, default_value = "inf")]
    gradnorm_p: Norm,
    /// Also give what other code makes of the same answers, each number in that code's own sign, under `compat`.
    #[arg(long, value_name = "CODE,...", value_enum, value_delimiter = ',')]
    compat: Vec<Code>,
    /// Where the summary goes, as JSON; it also stands on stderr.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Seed of every random draw.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
}

/// What is counted of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Counts {
    Document,
    Token,
}

impl From<Counts> for Counting {
    fn from(counts: Counts) -> Self {
        match counts {
            Counts::Document => Self::Documents,
            Counts::Token => Self::Tokens,
        }
    }
}

/// Norms by their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Norm {
    #[value(name = "1")]
    One,
    #[value(name = "2")]
    Two,
    Inf,
}

impl From<Norm> for NormOrder {
    fn from(norm: Norm) -> Self {
        match norm {
            Norm::One => Self::One,
            Norm::Two => Self::Two,
            Norm::Inf => Self::Inf,
        }
    }
}

/// One output line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct AttackRow {
    id: RowId,
    member: bool,
    /// Attack -> score; none where the attack cannot score this text, and then `flags` says why.
    scores: BTreeMap<String, Option<f64>>,
    /// Attack -> what had to be done to get a score, or why there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    flags: BTreeMap<String, Vec<String>>,
    /// Code -> its name of a number -> the number in that code's own sign; none where that code has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    compat: BTreeMap<String, BTreeMap<String, Option<f64>>>,
}

/// What changes a score.
#[derive(Serialize)]
struct HashedOptions<'a> {
    attacks: Vec<&'a str>,
    min_k: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    windows: Option<(usize, usize)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gradnorm_p: Option<&'a str>,
    /// Of prefix and corpus.
    #[serde(skip_serializing_if = "Option::is_none")]
    given: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    compat: &'a [&'a str],
}

/// What is asked about one text.
#[derive(Serialize)]
struct HashedText<'a> {
    text: &'a str,
    member: bool,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    neighbors: &'a [String],
}

pub(super) fn run(args: &AttackArgs, session: &Session) -> Result<Exit, CliError> {
    check_files(args)?;
    let destination = args.instrument.destination()?;
    let rows = args.instrument.rows(labelled_rows, None)?;
    let offered = Offered {
        reference: args.reference.is_some(),
        prefix: args.recall_prefix.is_some(),
        corpus: args.dcpdd_corpus.is_some(),
        neighbors: rows.iter().any(|row| !row.neighbors.is_empty()),
    };
    let options = AttackOptions {
        min_k: args.min_k,
        window: args.window,
        stride: args.stride,
        gradnorm_p: args.gradnorm_p.into(),
    };
    let mut chosen = choose(&args.attacks, options, offered)?;
    chosen.compat = Code::sorted(&args.compat);
    let target = args.instrument.open_model(&args.instrument.model, &[Capability::Score], session)?;
    let reference = match &args.reference {
        Some(name) if chosen.needs_reference() => {
            Some(args.instrument.open_model(name, &[Capability::Score], session)?)
        }
        Some(_) => {
            session.note("--reference is not asked: none of the attacks compares with a reference model");
            None
        }
        None => None,
    };
    let models = Models { target: target.backend(), reference: reference.as_ref().map(Opened::backend) };
    chosen.fit(&models)?;
    let given = Given::read(args.files(), &models, &rows, &mut chosen)?;
    for (attack, reason) in &chosen.left_out {
        session.note(&format!("`{attack}` is left out: {reason}"));
    }
    given.tell(session);
    for (file, pass, option) in [
        (&args.recall_prefix, ExtraPass::Prefixed, "--recall-prefix"),
        (&args.dcpdd_corpus, ExtraPass::AfterEos, "--dcpdd-corpus"),
    ] {
        if file.is_some() && !chosen.needs_pass(pass) {
            session.note(&format!("{option} is not read: the attack that it is for is not run"));
        }
    }
    let contradictions = contradictions(&rows);
    for contradiction in &contradictions {
        session.note(&contradiction.words());
    }
    let asked = asked_rows(&models, &rows, &chosen, &given)?;
    let answers = answer_for_session(&asked, &destination, session, &mut |places, deliver| {
        in_portions(places, deliver, &session.interrupted, &mut |places| {
            attack(&models, &rows, &chosen, &given, places, &session.interrupted)
        })
    })?;
    let exit = answers.conclude(rows.len(), &destination, session);
    match answers.end {
        End::Complete => {}
        End::Interrupted | End::Halted(_) => return Ok(exit),
        End::NobodyReads => {
            session.note("there is no summary, since not every text was scored; write the rows to a file with --out");
            return Ok(Exit::Incomplete);
        }
    }
    let settings = Settings {
        model: models.target.identity().name.clone(),
        reference: models.reference.map(|model| model.identity().name.clone()),
        attacks: chosen.ids(),
        left_out: chosen.left_out.iter().map(|(id, reason)| ((*id).to_owned(), reason.clone())).collect(),
        min_k: args.min_k,
        window: args.window,
        stride: args.stride,
        gradnorm_p: norm_word(args.gradnorm_p),
        recall: given.recall_settings(),
        dc_pdd: given.dc_pdd_settings(),
        compat: chosen.compat_words(),
        contradictions,
        seed: args.seed,
    };
    let summary = summarise(settings, &summary_texts(&rows, &answers))?;
    session.note(tables(&summary).trim_end());
    if let Some(path) = &args.summary {
        write_atomically(path, &pretty(&summary)?)?;
    }
    if session.is_json && destination != Destination::Stdout {
        session.print_json(&summary)?;
    }
    Ok(if summary.is_whole() { exit } else { Exit::Incomplete })
}

/// A share in (0, 1], for clap.
pub(super) fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if share > 0.0 && share <= 1.0 { Ok(share) } else { Err("must be above 0 and at most 1".to_owned()) }
}

/// A count from 1, for clap.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(count @ 1..=1_000_000) => Ok(count),
        _ => Err("must be a whole number from 1 to 1000000".to_owned()),
    }
}

fn norm_word(norm: Norm) -> &'static str {
    match norm {
        Norm::One => "1",
        Norm::Two => "2",
        Norm::Inf => "inf",
    }
}

impl AttackArgs {
    fn files(&self) -> given::Files<'_> {
        given::Files {
            recall_prefix: self.recall_prefix.as_deref(),
            dcpdd_corpus: self.dcpdd_corpus.as_deref(),
            counting: self.dcpdd_counts.into(),
        }
    }
}

/// Files that would overwrite each other.
fn check_files(args: &AttackArgs) -> Result<(), CliError> {
    if let (Some(summary), Some(out)) = (&args.summary, args.instrument.out_file())
        && summary == out
    {
        let message = format!("--summary and --out are one file, {}; give two", out.display());
        return Err(CliError::Usage { message });
    }
    match args.summary.as_deref().filter(|path| *path == Path::new("-")) {
        Some(_) => Err(CliError::Usage { message: "--summary takes a file; on stderr it stands anyway".to_owned() }),
        None => Ok(()),
    }
}

fn asked_rows(
    models: &Models<'_>,
    rows: &[LabelledRow],
    chosen: &Chosen,
    given: &Given,
) -> Result<Vec<AskedRow>, CliError> {
    let identities: Vec<_> =
        std::iter::once(models.target).chain(models.reference).map(|model| model.identity()).collect();
    let is_windowed = chosen.attacks.iter().any(|attack| attack.id.ends_with("_windowed"));
    let compat = chosen.compat_words();
    let options = HashedOptions {
        attacks: chosen.attacks.iter().map(|attack| attack.id).collect(),
        min_k: chosen.attacks.iter().any(|attack| attack.uses_min_k).then_some(chosen.options.min_k),
        windows: is_windowed.then_some((chosen.options.window, chosen.options.stride)),
        gradnorm_p: chosen.needs_pass(ExtraPass::Gradient).then_some(chosen.norm_word()),
        given: given.hash(),
        compat: &compat,
    };
    let request = Request { command: "attack", models: &identities, options: &options };
    let holes: serde_json::Map<String, Value> = chosen.ids().into_iter().map(|id| (id, Value::Null)).collect();
    let reads_neighbors = chosen.needs_pass(ExtraPass::Neighbors);
    rows.iter()
        .map(|row| {
            let neighbors: &[String] = if reads_neighbors { &row.neighbors } else { &[] };
            let text = HashedText { text: &row.text, member: row.member, neighbors };
            let mut asked = asked_row(&request, &row.id, &text)?;
            asked.on_failure.insert("member".to_owned(), json!(row.member));
            asked.on_failure.insert("scores".to_owned(), Value::Object(holes.clone()));
            Ok(asked)
        })
        .collect()
}

fn summary_texts<'a>(rows: &'a [LabelledRow], answers: &'a Answers<AttackRow>) -> Vec<SummaryText<'a>> {
    rows.iter()
        .zip(&answers.outcomes)
        .map(|(row, outcome)| SummaryText {
            text: &row.text,
            is_member: row.member,
            scored: match outcome {
                Outcome::Answered(line) | Outcome::Partial(line, _) => Ok(line),
                Outcome::Failed(error) => Err(error.kind.as_str()),
            },
        })
        .collect()
}

fn pretty<T: Serialize>(value: &T) -> Result<Vec<u8>, CliError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|source| crate::record::RecordError::Encode { what: "the summary", source })?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
mod tests;
