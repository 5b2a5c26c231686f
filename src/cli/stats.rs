//! `mnemoscope stats`: one method of the statistics room on numbers of one's own.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value, json};

use super::compare::write;
use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::statistics::registry::{self, Method, MethodError};
use crate::statistics::wording::{count, p_value};
use crate::statistics::{StatError, TestRecord};

/// Run one statistical method; `mnemoscope list tests` shows all.
#[derive(Debug, Args)]
pub struct StatsArgs {
    /// The method.
    method: String,
    /// A JSON file {"params": {}, "input": {}}, or - for stdin.
    #[arg(long = "in", value_name = "FILE|-", required_unless_present = "describe")]
    input: Option<PathBuf>,
    /// Write the record to this file, or - for stdout.
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
    /// Seed of random draws, where the file names none.
    #[arg(long)]
    seed: Option<u64>,
    /// Say what the method reads, and run nothing.
    #[arg(long)]
    describe: bool,
}

/// Largest file that is read, in bytes.
const MOST_BYTES: u64 = 1 << 30;

pub(super) fn run(args: &StatsArgs, session: &Session) -> Result<Exit, CliError> {
    let method = registry::find(&args.method).ok_or_else(|| unknown_method(&args.method))?;
    if args.describe {
        session.print(&description(method, session.is_json))?;
        return Ok(Exit::Done);
    }
    let Some(path) = &args.input else { return Err(usage("--in FILE is missing".to_owned())) };
    let (mut params, input) = read(path)?;
    if let Some(seed) = args.seed
        && method.params.iter().any(|param| param.name == "seed")
    {
        params.entry("seed").or_insert_with(|| seed.into());
    }
    if let Some(unknown) = method.unknown_params(&params).next() {
        let known: Vec<&str> = method.params.iter().map(|param| param.name).collect();
        return Err(usage(format!(
            "{}: `params.{unknown}` is not known to {}; {}",
            path.display(),
            method.name,
            if known.is_empty() {
                "it has no parameters".to_owned()
            } else {
                format!("there are: {}", known.join(", "))
            }
        )));
    }
    match method.run(&params, &input) {
        Ok(record) => {
            write(&pretty(&record)?, args.out.as_deref(), session)?;
            session.note(&summary(method, &record));
            Ok(Exit::Done)
        }
        Err(error) => {
            // What can be said all the same stands beside the error, for scripts.
            let mut fields = error.fields();
            let kind = fields.remove("error").unwrap_or(Value::Null);
            let record = json!({
                "method": method.name,
                "error": {"kind": kind, "message": error.to_string()},
                "values": fields,
            });
            write(&pretty(&record)?, args.out.as_deref(), session)?;
            session.note(&format!("mnemoscope: {}: {error}", path.display()));
            Ok(match error {
                MethodError::Input { .. } | MethodError::Refused { error: StatError::InvalidParameter { .. }, .. } => {
                    Exit::Usage
                }
                MethodError::Refused { .. } => Exit::Incomplete,
            })
        }
    }
}

/// The record in one line.
fn summary(method: &Method, record: &TestRecord) -> String {
    let shown = |name: &str, value: Option<f64>| value.map(|value| format!("{name} {value:.4}"));
    let p = record.p_value.map(|p| format!("p {}", p_value(p)));
    let interval =
        record.ci.as_ref().map(|ci| format!("{:.0} % CI {:.4} to {:.4}", 100.0 * ci.level.value(), ci.low, ci.high));
    let n = record.n_used.map(|n| format!("n {}", count(n)));
    let parts: Vec<String> = [n, shown("statistic", record.statistic), shown("estimate", record.estimate), interval, p]
        .into_iter()
        .flatten()
        .collect();
    format!("{}: {}", method.title, if parts.is_empty() { "done".to_owned() } else { parts.join(", ") })
}

fn unknown_method(name: &str) -> CliError {
    let names = || registry::methods().map(|method| method.name);
    let near = names().map(|known| (strsim::damerau_levenshtein(name, known), known)).min_by_key(|(edits, _)| *edits);
    let hint = match near {
        Some((edits, known)) if edits <= 3 => format!("did you mean `{known}`? "),
        _ => String::new(),
    };
    usage(format!("there is no method `{name}`; {hint}`mnemoscope list tests` shows all"))
}

fn usage(message: String) -> CliError {
    CliError::Usage { message }
}

/// `params` and `input`.
type StatsRequest = (Map<String, Value>, Map<String, Value>);

fn read(path: &Path) -> Result<StatsRequest, CliError> {
    let failed = |source: io::Error| CliError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        io::stdin().lock().take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    } else {
        fs::File::open(path).map_err(failed)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    }
    if bytes.len() as u64 > MOST_BYTES {
        return Err(usage(format!("{}: larger than {MOST_BYTES} bytes; give the method less", path.display())));
    }
    let value: Value = serde_json::from_slice(&bytes).map_err(|error| {
        usage(format!(
            "{}: line {}, column {}: {error}; write one JSON object",
            path.display(),
            error.line(),
            error.column()
        ))
    })?;
    let Value::Object(mut object) = value else {
        return Err(usage(format!(
            "{}: a JSON object {{\"params\": {{}}, \"input\": {{}}}} is needed",
            path.display()
        )));
    };
    let mut take = |name: &str| match object.remove(name) {
        Some(Value::Object(fields)) => Ok(Some(fields)),
        Some(other) => {
            let found = other.to_string().chars().take(60).collect::<String>();
            Err(usage(format!("{}: `{name}` is {found}; an object is needed", path.display())))
        }
        None => Ok(None),
    };
    let params = take("params")?.unwrap_or_default();
    let input = take("input")?;
    // `method` may stand in the file, as in golden cases.
    let strangers: Vec<String> = object
        .keys()
        .filter(|key| !matches!(key.as_str(), "method" | "id" | "expect" | "tolerance" | "source"))
        .cloned()
        .collect();
    match input {
        Some(input) if strangers.is_empty() => Ok((params, input)),
        None if strangers.is_empty() => Ok((params, Map::new())),
        _ => Err(usage(format!(
            "{}: `{}` does not belong here; the file has `params` and `input`",
            path.display(),
            strangers.join("`, `")
        ))),
    }
}

fn pretty<T: serde::Serialize>(value: &T) -> Result<String, CliError> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| usage(format!("the record cannot be written as JSON: {error}")))?;
    text.push('\n');
    Ok(text)
}

fn description(method: &Method, is_json: bool) -> String {
    let params: Vec<Value> =
        method.params.iter().map(|param| json!({"name": param.name, "values": param.values})).collect();
    if is_json {
        return format!(
            "{:#}\n",
            json!({
                "name": method.name, "title": method.title, "question": method.question,
                "assumptions": method.assumptions, "reference": method.reference, "input": method.input, "params": params,
            })
        );
    }
    let mut out = format!(
        "{}: {}\n  question:    {}\n  assumptions: {}\n  reference:   {}\n  input:       {}\n",
        method.name, method.title, method.question, method.assumptions, method.reference, method.input
    );
    for param in method.params {
        out.push_str(&format!("  param {}: {}\n", param.name, param.values));
    }
    out
}
