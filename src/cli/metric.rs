//! `mnemoscope metric`: what written answers are worth, or what they say, without a model.

mod line;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use self::line::line;
use super::error::CliError;
use super::exit::Exit;
use super::instrument::{AskedRow, Destination, Request, answer_for_session, asked_row, in_portions, read_rows};
use super::session::Session;
use crate::dataset::{PairRow, pair_rows};
use crate::scoring::metrics::{self, Metric};
use crate::scoring::pair_metrics::{PairNeeds, pair_metric_names, pair_needs};
use crate::scoring::reading::{NumberTarget, READERS, Reader, TargetFault};

/// One metric or reader on rows of predictions; `mnemoscope list metrics` shows all.
#[derive(Debug, Args)]
pub struct MetricArgs {
    /// A metric, or read-number, read-date, read-direction, read-threshold, read-reconstruction.
    name: String,
    /// Rows {"id", "prediction", "references"} as JSON lines (.gz is unpacked); - reads stdin.
    #[arg(long = "in", value_name = "FILE|-", required_unless_present = "describe")]
    input: Option<PathBuf>,
    /// Where the values go; stdout where none is given. A file can be gone on with.
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    /// Say what the metric reads and gives, and compute nothing.
    #[arg(long)]
    describe: bool,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy)]
enum Named {
    Reader(&'static Reader),
    Metric(&'static Metric),
}

/// What a row is scored for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scored {
    Number(NumberTarget),
    Reader(&'static str),
    Metric(&'static str),
}

pub(super) fn run(args: &MetricArgs, session: &Session) -> Result<Exit, CliError> {
    let named = find(&args.name)?;
    if args.describe {
        session.print(&description(named, session.is_json))?;
        return Ok(Exit::Done);
    }
    let Some(input) = &args.input else { return Err(usage("--in FILE is missing".to_owned())) };
    let destination = Destination::new(args.out.as_deref().filter(|path| path.as_os_str() != "-"))?;
    let rows = read_rows(input, pair_rows, None)?;
    let scored = rows.iter().map(|row| scored(named, row)).collect::<Result<Vec<_>, CliError>>()?;
    let asked = asked_rows(&args.name, &rows)?;
    let interrupted: &AtomicBool = &session.interrupted;
    let answers = answer_for_session(&asked, &destination, session, &mut |places, deliver| {
        in_portions(places, deliver, interrupted, &mut |portion| {
            Ok(portion.iter().map(|&place| line(&rows[place], scored[place])).collect())
        })
    })?;
    let counts = line::counts(&answers.outcomes);
    let exit = answers.conclude(rows.len(), &destination, session);
    if !counts.is_empty() {
        session.note(&counts);
    }
    Ok(exit)
}

/// The metric or reader of a name, where one prediction is enough for it.
fn find(name: &str) -> Result<Named, CliError> {
    if let Some(reader) = READERS.iter().find(|reader| reader.name == name) {
        return Ok(Named::Reader(reader));
    }
    let Some(found) = metrics::find(name) else { return Err(unknown(name)) };
    match pair_needs(found.metric) {
        PairNeeds::More(what) => {
            let message = format!(
                "compute {name} of predictions: it needs {what}; use `run` with a suite, `attack` or `logprobs`, or one of {}",
                pair_metric_names().collect::<Vec<_>>().join(", ")
            );
            Err(usage(message))
        }
        PairNeeds::Text | PairNeeds::References if found.metric.name != name => Err(unknown(name)),
        PairNeeds::Text | PairNeeds::References => Ok(Named::Metric(found.metric)),
    }
}

fn unknown(name: &str) -> CliError {
    let names = READERS.iter().map(|reader| reader.name).chain(pair_metric_names());
    let near = names.map(|known| (strsim::damerau_levenshtein(name, known), known)).min_by_key(|(edits, _)| *edits);
    let hint = match near {
        Some((edits, known)) if edits <= 3 => format!("did you mean `{known}`? "),
        _ => String::new(),
    };
    usage(format!("there is no metric `{name}`; {hint}`mnemoscope list metrics` shows all"))
}

fn usage(message: String) -> CliError {
    CliError::Usage { message }
}

/// Checks that a row has what the name needs.
fn scored(named: Named, row: &PairRow) -> Result<Scored, CliError> {
    match named {
        Named::Reader(reader) if reader.name == "read-number" => {
            let target = row.target.as_ref().unwrap_or(&serde_json::Value::Null);
            let target = NumberTarget::from_value(target).map_err(|TargetFault { field, found, allowed }| {
                let field = if field.is_empty() { "target".to_owned() } else { format!("target.{field}") };
                row.wrong(&field, &found, allowed)
            })?;
            Ok(Scored::Number(target))
        }
        Named::Reader(reader) => Ok(Scored::Reader(reader.name)),
        Named::Metric(metric) => {
            if pair_needs(metric) == PairNeeds::References && row.references.is_empty() {
                return Err(row.wrong("references", &serde_json::Value::Null, "a list of at least one text").into());
            }
            Ok(Scored::Metric(metric.name))
        }
    }
}

/// What a value depends on.
#[derive(Serialize)]
struct Hashed<'a> {
    prediction: &'a str,
    references: &'a [String],
    target: Option<&'a serde_json::Value>,
}

fn asked_rows(name: &str, rows: &[PairRow]) -> Result<Vec<AskedRow>, CliError> {
    let request = Request { command: "metric", models: &[], options: &name };
    let hashed = |row: &PairRow| {
        let PairRow { prediction, references, target, .. } = row;
        asked_row(&request, &row.id, &Hashed { prediction, references, target: target.as_ref() })
    };
    rows.iter().map(hashed).collect()
}

fn description(named: Named, is_json: bool) -> String {
    let (name, reads, gives, meaning, reference) = match named {
        Named::Reader(reader) => (reader.name, reader.reads, reader.gives.to_owned(), reader.meaning, reader.reference),
        Named::Metric(metric) => {
            let reads =
                if pair_needs(metric) == PairNeeds::Text { "id, prediction" } else { "id, prediction, references" };
            let gives = format!("id, value ({}; {}), flags where there are any", metric.unit, metric.range);
            (metric.name, reads, gives, metric.meaning, metric.reference)
        }
    };
    if is_json {
        return format!(
            "{:#}\n",
            json!({"name": name, "reads": reads, "gives": gives, "meaning": meaning, "reference": reference})
        );
    }
    format!("{name}: {meaning}\n  reads:     {reads}\n  gives:     {gives}\n  reference: {reference}\n")
}
