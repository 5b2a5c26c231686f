//! `mnemoscope compare`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::record::{RunComparison, write_atomically};
use crate::report::compared;
use crate::run::compare::{CompareRequest, compare_runs};
use crate::statistics::{Adjustment, Better, DEFAULT_SEED, Level};

/// Compare the models of two runs on the items that both answered: paired differences with interval, test and effect.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// A: a run folder (its model under test), or a cell of a run.
    #[arg(value_name = "RUN_A")]
    run_a: PathBuf,
    /// B: the same.
    #[arg(value_name = "RUN_B")]
    run_b: PathBuf,
    /// Only metrics whose name, or TASK/METRIC, matches this glob; what is left out is not in the family either.
    #[arg(long, value_name = "GLOB")]
    metric: Option<String>,
    /// A difference that does not matter, in the unit of the metric: asks for superior, non-inferior, equivalent, inconclusive
    /// or worse.
    #[arg(long, value_name = "X", value_parser = margin)]
    margin: Option<f64>,
    /// Hold the margin the other way: less of the metric is better, as for leakage.
    #[arg(long, requires = "margin")]
    lower_is_better: bool,
    /// Two-sided level of the intervals.
    #[arg(long, default_value = "0.95", value_parser = level)]
    level: Level,
    /// How p values are adjusted over all comparisons shown.
    #[arg(long, default_value = "holm")]
    adjust: AdjustmentName,
    /// Resamples of bootstrap intervals.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(2..=10_000_000))]
    resamples: u32,
    /// Seed of every random draw.
    #[arg(long, default_value_t = DEFAULT_SEED)]
    seed: u64,
    /// Most changed items that are kept for each task and metric.
    #[arg(long, default_value_t = 20, value_name = "N")]
    top: usize,
    /// Compare although less than 95 % of the items were answered in both runs.
    #[arg(long)]
    allow_partial: bool,
    /// How it is written: text, md, latex or json.
    #[arg(long, default_value = "text")]
    format: FormatName,
    /// Write to this file, or - for stdout.
    #[arg(long, value_name = "FILE|-")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    Text,
    #[value(alias = "markdown")]
    Md,
    #[value(alias = "tex")]
    Latex,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AdjustmentName {
    Bonferroni,
    Sidak,
    Holm,
    Hochberg,
    Hommel,
    #[value(alias = "bh")]
    BenjaminiHochberg,
    #[value(alias = "by")]
    BenjaminiYekutieli,
}

impl From<AdjustmentName> for Adjustment {
    fn from(name: AdjustmentName) -> Self {
        match name {
            AdjustmentName::Bonferroni => Self::Bonferroni,
            AdjustmentName::Sidak => Self::Sidak,
            AdjustmentName::Holm => Self::Holm,
            AdjustmentName::Hochberg => Self::Hochberg,
            AdjustmentName::Hommel => Self::Hommel,
            AdjustmentName::BenjaminiHochberg => Self::BenjaminiHochberg,
            AdjustmentName::BenjaminiYekutieli => Self::BenjaminiYekutieli,
        }
    }
}

fn level(text: &str) -> Result<Level, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is no number; give a level like 0.95"))?;
    // A margin is read at level 1 - 2 (1 - level), which must be a level, too.
    if value <= 0.5 {
        return Err(format!("{value} is too low; give a level above 0.5 and below 1"));
    }
    Level::new(value).map_err(|error| error.to_string())
}

fn margin(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("`{text}` is no number; give a margin like 0.02"))?;
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(format!("{value} is no margin; give a number above 0, in the unit of the metric"))
    }
}

pub(super) fn run(args: &CompareArgs, session: &Session) -> Result<Exit, CliError> {
    let request = CompareRequest {
        run_a: args.run_a.clone(),
        run_b: args.run_b.clone(),
        metric: args.metric.clone(),
        task: None,
        slice: None,
        margin: args.margin,
        better: if args.lower_is_better { Better::Lower } else { Better::Higher },
        level: args.level,
        adjustment: args.adjust.into(),
        resamples: args.resamples as usize,
        seed: args.seed,
        allow_partial: args.allow_partial,
        n_changed: args.top,
    };
    let found = compare_runs(&request)?;
    let text = match args.format {
        _ if session.is_json => json(&found)?,
        FormatName::Json => json(&found)?,
        FormatName::Text => plain(&found),
        FormatName::Md => compared::markdown_page(&found),
        FormatName::Latex => compared::latex_tables(&found),
    };
    write(&text, args.out.as_deref(), session)?;
    Ok(Exit::Done)
}

fn plain(found: &RunComparison) -> String {
    let (before, after) = compared::text_around(found);
    let (header, rows) = compared::rows(found);
    format!("{before}\n{}{after}", super::session::table(&header, &rows))
}

fn json(found: &RunComparison) -> Result<String, CliError> {
    let mut text = serde_json::to_string_pretty(found)
        .map_err(|error| CliError::Usage { message: format!("the output cannot be written as JSON: {error}") })?;
    text.push('\n');
    Ok(text)
}

/// Writes text to a file, or prints it; `-` is stdout.
pub(super) fn write(text: &str, out: Option<&Path>, session: &Session) -> Result<(), CliError> {
    match out {
        Some(path) if path.as_os_str() != "-" => {
            write_atomically(path, text.as_bytes())?;
            session.note(&format!("written to {}", path.display()));
            Ok(())
        }
        _ => session.print(text),
    }
}
