//! `mnemoscope attack`: membership attacks on labelled texts: one line a text, then one summary an attack.
//!
//! Scores follow the convention of the crate: higher means more likely a member. Each model is asked once a text; all
//! attacks are computed from that one answer. No attack's AUC is told without what the texts alone say.

mod summary;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::summary::{Settings, SummaryText, summarise, tables};
use super::error::CliError;
use super::exit::Exit;
use super::instrument::{
    Answers, AskedRow, Destination, End, InstrumentArgs, Outcome, Request, RowError, answer_for_session, asked_row,
    in_portions, require, score_all,
};
use super::session::Session;
use crate::backend::{Backend, BackendError, Bos, Capability, Context, Halt, Opened, ScoreRequest, TokenScores};
use crate::dataset::{LabelledRow, RowId, labelled_rows};
use crate::record::write_atomically;
use crate::scoring::membership::{self, ATTACKS, Attack, AttackInput, AttackOptions};
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
    /// Where the summary goes, as JSON; it also stands on stderr.
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Seed of every random draw.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Texts before the one in question, for the attack `recall`, which is not in this build yet.
    #[arg(long, value_name = "FILE", hide = true)]
    recall_prefix: Option<PathBuf>,
    /// Corpus of token frequencies, for the attack `dc_pdd`, which is not in this build yet.
    #[arg(long, value_name = "FILE", hide = true)]
    dcpdd_corpus: Option<PathBuf>,
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
}

/// What is run, after all wishes are checked.
#[derive(Debug)]
struct Chosen {
    attacks: Vec<&'static Attack>,
    /// Ids that the user wrote; the others come with `all` and may be left out.
    named: BTreeSet<&'static str>,
    /// Attacks that `all` left out, with the reason.
    left_out: BTreeMap<&'static str, String>,
    min_k: f64,
}

/// What changes a score.
#[derive(Serialize)]
struct HashedOptions<'a> {
    attacks: Vec<&'a str>,
    min_k: Option<f64>,
}

/// What is asked about one text.
#[derive(Serialize)]
struct HashedText<'a> {
    text: &'a str,
    member: bool,
}

pub(super) fn run(args: &AttackArgs, session: &Session) -> Result<Exit, CliError> {
    check_files(args)?;
    let mut chosen = choose(&args.attacks, args.min_k, args.reference.is_some())?;
    let destination = args.instrument.destination()?;
    let rows = args.instrument.rows(labelled_rows, None)?;
    if rows.iter().any(|row| !row.neighbors.is_empty()) {
        session.note("the field `neighbors` is not read: the attack `neighbor` is not in this build yet");
    }
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
    for (attack, reason) in &chosen.left_out {
        session.note(&format!("`{attack}` is left out: {reason}"));
    }
    let asked = asked_rows(&models, &rows, &chosen)?;
    let answers = answer_for_session(&asked, &destination, session, &mut |places, deliver| {
        in_portions(places, deliver, &session.interrupted, &mut |places| {
            attack(&models, &rows, &chosen, places, &session.interrupted)
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
        min_k: chosen.min_k,
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
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if share > 0.0 && share <= 1.0 { Ok(share) } else { Err("must be above 0 and at most 1".to_owned()) }
}

fn all_ids() -> String {
    ATTACKS.iter().map(|attack| attack.id).collect::<Vec<_>>().join(", ")
}

/// The attack whose id is within two edits of `name`.
fn nearest_id(name: &str) -> Option<&'static str> {
    let edits = |id| strsim::damerau_levenshtein(name, id);
    ATTACKS.iter().map(|attack| attack.id).filter(|id| edits(id) <= 2.min(id.len() - 1)).min_by_key(|id| edits(id))
}

/// Options of attacks that this build does not have, and files that would overwrite each other.
fn check_files(args: &AttackArgs) -> Result<(), CliError> {
    let given = [("--recall-prefix", "recall", &args.recall_prefix), ("--dcpdd-corpus", "dc_pdd", &args.dcpdd_corpus)];
    for (option, attack, file) in given {
        if file.is_some() {
            let message = format!(
                "{option} is for the attack `{attack}`, which is not in this build yet; there are: {}. Leave the option out",
                all_ids()
            );
            return Err(CliError::Usage { message });
        }
    }
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

/// The attacks that were named, in the order of the table.
fn choose(names: &[String], min_k: f64, has_reference: bool) -> Result<Chosen, CliError> {
    let is_all = names.iter().any(|name| name == "all");
    let mut named = BTreeSet::new();
    for name in names.iter().map(|name| name.trim()).filter(|name| *name != "all") {
        let Some(attack) = membership::find(name) else {
            let meant = nearest_id(name).map(|id| format!("did you mean `{id}`? ")).unwrap_or_default();
            let message = format!("there is no attack `{name}`; {meant}there are: {}", all_ids());
            return Err(CliError::Usage { message });
        };
        if attack.needs.reference_model && !has_reference {
            let message = format!(
                "the attack `{name}` compares with a reference model; name one with --reference, or leave it out"
            );
            return Err(CliError::Usage { message });
        }
        named.insert(attack.id);
    }
    let wanted = ATTACKS.iter().filter(|attack| is_all || named.contains(attack.id));
    let mut chosen = Chosen { attacks: Vec::new(), named: named.clone(), left_out: BTreeMap::new(), min_k };
    for attack in wanted {
        if attack.needs.reference_model && !has_reference {
            let reason = "it compares with a reference model; name one with --reference";
            chosen.left_out.insert(attack.id, reason.to_owned());
        } else {
            chosen.attacks.push(attack);
        }
    }
    Ok(chosen)
}

impl Chosen {
    fn ids(&self) -> Vec<String> {
        self.attacks.iter().map(|attack| attack.id.to_owned()).collect()
    }

    fn needs_reference(&self) -> bool {
        self.attacks.iter().any(|attack| attack.needs.reference_model)
    }

    fn needs_vocab_stats(&self) -> bool {
        self.attacks.iter().any(|attack| attack.needs.capabilities.contains(&Capability::VocabStats))
    }

    /// Leaves out what the models cannot do, unless it was asked for by name.
    ///
    /// # Errors
    /// A named attack that a model cannot serve, or nothing left to do.
    fn fit(&mut self, models: &Models<'_>) -> Result<(), CliError> {
        for attack in std::mem::take(&mut self.attacks) {
            match serves(attack, models) {
                Ok(()) => self.attacks.push(attack),
                Err(CliError::Usage { message }) if !self.named.contains(attack.id) => {
                    self.left_out.insert(attack.id, message);
                }
                Err(error) => return Err(error),
            }
        }
        match self.left_out.first_key_value() {
            Some((_, reason)) if self.attacks.is_empty() => {
                Err(CliError::Usage { message: format!("no attack is left to run: {reason}") })
            }
            _ => Ok(()),
        }
    }
}

/// Whether the models can do what an attack needs.
fn serves(attack: &Attack, models: &Models<'_>) -> Result<(), CliError> {
    let reason = format!("the attack `{}`", attack.id);
    for &capability in attack.needs.capabilities {
        require(models.target, capability, &reason)?;
    }
    match models.reference {
        Some(reference) if attack.needs.reference_model => require(reference, Capability::Score, &reason),
        _ => Ok(()),
    }
}

/// Who is asked.
#[derive(Clone, Copy)]
struct Models<'a> {
    target: &'a dyn Backend,
    /// Only where an attack needs it.
    reference: Option<&'a dyn Backend>,
}

fn asked_rows(models: &Models<'_>, rows: &[LabelledRow], chosen: &Chosen) -> Result<Vec<AskedRow>, CliError> {
    let identities: Vec<_> =
        std::iter::once(models.target).chain(models.reference).map(|model| model.identity()).collect();
    let options = HashedOptions {
        attacks: chosen.attacks.iter().map(|attack| attack.id).collect(),
        min_k: chosen.attacks.iter().any(|attack| attack.uses_min_k).then_some(chosen.min_k),
    };
    let request = Request { command: "attack", models: &identities, options: &options };
    let holes: serde_json::Map<String, Value> = chosen.ids().into_iter().map(|id| (id, Value::Null)).collect();
    rows.iter()
        .map(|row| {
            let mut asked = asked_row(&request, &row.id, &HashedText { text: &row.text, member: row.member })?;
            asked.on_failure.insert("member".to_owned(), json!(row.member));
            asked.on_failure.insert("scores".to_owned(), Value::Object(holes.clone()));
            Ok(asked)
        })
        .collect()
}

/// Asks the model and the reference about a portion, and computes the attacks.
fn attack(
    models: &Models<'_>,
    rows: &[LabelledRow],
    chosen: &Chosen,
    places: &[usize],
    interrupted: &AtomicBool,
) -> Result<Vec<Outcome<AttackRow>>, Halt> {
    let request = |place: usize, vocab_stats| ScoreRequest {
        context: String::new(),
        text: rows[place].text.clone(),
        bos: Bos::Auto,
        window: Context::Fit,
        vocab_stats,
    };
    let vocab_stats = chosen.needs_vocab_stats();
    let requests: Vec<ScoreRequest> = places.iter().map(|&place| request(place, vocab_stats)).collect();
    let targets = score_all(models.target, &requests, interrupted)?;
    // A text without a target score needs no reference score.
    let scored: Vec<usize> =
        places.iter().zip(&targets).filter(|(_, target)| target.is_ok()).map(|(&place, _)| place).collect();
    let mut references = models
        .reference
        .filter(|_| !scored.is_empty())
        .map(|reference| {
            let requests: Vec<ScoreRequest> = scored.iter().map(|&place| request(place, false)).collect();
            score_all(reference, &requests, interrupted)
        })
        .transpose()?
        .map(Vec::into_iter);
    let outcomes = places
        .iter()
        .zip(targets)
        .map(|(&place, target)| match target {
            Err(error) => Outcome::Failed(RowError::from(&error)),
            Ok(target) => score_row(&rows[place], &target, references.as_mut().and_then(Iterator::next), chosen),
        })
        .collect();
    Ok(outcomes)
}

fn score_row(
    row: &LabelledRow,
    target: &TokenScores,
    reference: Option<Result<TokenScores, BackendError>>,
    chosen: &Chosen,
) -> Outcome<AttackRow> {
    let mut line =
        AttackRow { id: row.id.clone(), member: row.member, scores: BTreeMap::new(), flags: BTreeMap::new() };
    // A text that the reference's tokenizer leaves nothing of is a property of the text; anything else may go well the
    // next time.
    let failure = match &reference {
        Some(Err(error)) if !error.is_unscorable_item() => Some(RowError {
            kind: format!("reference_{}", error.kind()),
            message: format!("the reference model: {error}"),
        }),
        _ => None,
    };
    let unscorable_reference = matches!(&reference, Some(Err(error)) if error.is_unscorable_item());
    let reference = reference.and_then(Result::ok);
    let input = AttackInput { reference: reference.as_ref(), ..AttackInput::new(&row.text, target) };
    for attack in &chosen.attacks {
        let scored = match (&failure, unscorable_reference) {
            (Some(failure), _) if attack.needs.reference_model => Err(failure.kind.clone()),
            (_, true) if attack.needs.reference_model => Err("too_short_for_reference".to_owned()),
            _ => membership::score(attack, &input, &AttackOptions { min_k: chosen.min_k, ..AttackOptions::default() })
                .map_err(|error| error.kind().to_owned()),
        };
        let (value, flags) = match scored {
            Ok(score) => (Some(score.value), score.flags.iter().map(|flag| (*flag).to_owned()).collect()),
            Err(kind) => (None, vec![kind]),
        };
        line.scores.insert(attack.id.to_owned(), value);
        if !flags.is_empty() {
            line.flags.insert(attack.id.to_owned(), flags);
        }
    }
    match failure {
        Some(failure) => Outcome::Partial(line, failure),
        None => Outcome::Answered(line),
    }
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
