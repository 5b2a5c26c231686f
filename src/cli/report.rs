//! `mnemoscope report`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::error::CliError;
use super::exit::Exit;
use super::run::registry;
use super::session::Session;
use crate::report::{Card, Format, files};
use crate::run::publish::provenance;
use crate::run::{reopen, vocabulary};
use crate::suite::FigureSpec;

/// Write the report of finished runs again, from their results.json.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Run folders, or cells of runs.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Formats, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "html,md,latex,csv")]
    format: Vec<FormatName>,
    /// Folder to write to; report/ of each run where none is given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatName {
    Html,
    #[value(alias = "markdown")]
    Md,
    #[value(alias = "tex")]
    Latex,
    Csv,
    /// results.json, copied beside the other formats
    Json,
    Junit,
    ModelIndex,
}

pub(super) fn run(args: &ReportArgs, session: &Session) -> Result<Exit, CliError> {
    let mut formats = Vec::new();
    let mut has_json = false;
    for format in &args.format {
        match format {
            FormatName::Html => formats.push(Format::Html),
            FormatName::Md => formats.push(Format::Markdown),
            FormatName::Latex => formats.push(Format::Latex),
            FormatName::Csv => formats.push(Format::Csv),
            FormatName::Json => has_json = true,
            FormatName::Junit => return Err(CliError::NotInThisBuild { what: "the format junit" }),
            FormatName::ModelIndex => return Err(CliError::NotInThisBuild { what: "the format model-index" }),
        }
    }
    let mut written: Vec<PathBuf> = Vec::new();
    for run in &args.runs {
        let (folder, manifest, results) = reopen(run)?;
        let figures = figures(&manifest.plan.suites, session)?;
        let provenance = provenance(&manifest);
        let base = args.out.clone().unwrap_or_else(|| folder.report_path());
        for suite in &results.suites {
            let mut place = base.clone();
            if args.out.is_some() && args.runs.len() > 1 {
                place.push(
                    folder.root().file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned()),
                );
            }
            if results.suites.len() > 1 {
                place.push(&suite.suite);
            }
            let specs = figures.get(&suite.suite).map_or(&[][..], Vec::as_slice);
            let card = Card::build(suite, specs, &provenance)?;
            written.extend(files::write(&place, &files::render(&card, suite, &formats)?)?);
        }
        if has_json {
            let place = base.join("results.json");
            crate::record::write_atomically(&place, &results.to_bytes()?)?;
            written.push(place);
        }
    }
    if session.is_json {
        session.print_json(&written)?;
    } else {
        for path in &written {
            session.print(&format!("{}\n", path.display()))?;
        }
    }
    Ok(Exit::Done)
}

/// Figures by the suites as they are now; a suite that has changed since the run is told.
fn figures(
    suites: &[crate::record::SuiteRecord],
    session: &Session,
) -> Result<BTreeMap<String, Vec<FigureSpec>>, CliError> {
    let registry = registry()?;
    let mut figures = BTreeMap::new();
    for record in suites {
        let name = if record.origin == "embedded" { &record.name } else { &record.origin };
        let suite = registry.load(name, &vocabulary())?;
        if suite.hash != record.hash {
            session.note(&format!(
                "suite {}: the file has changed since the run; its figures are drawn as the file asks now, its numbers are the run's",
                record.name
            ));
        }
        figures.insert(record.name.clone(), suite.figures);
    }
    Ok(figures)
}
