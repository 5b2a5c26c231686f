//! A judge's verdicts beside labels.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::endpoint_options::EndpointArgs;
use super::super::error::CliError;
use super::super::exit::Exit;
use super::super::memory_options::judging;
use super::super::run::registry;
use super::super::session::Session;
use crate::backend::Capability;
use crate::dataset::{HubAccess, Item, Size, load_data, read_jsonl};
use crate::prompt::PromptPack;
use crate::prompt::memory::MemoryWords;
use crate::record::{IntervalRecord, Role, RunFolder};
use crate::report::number;
use crate::run::judge::calibration::{
    CorrectedCell, JudgeCalibration, Labelled, Share, calibration, corrected, labelled, names,
};
use crate::run::judge::{JudgedUnit, Rubric, histories, state_unit, votes_on};
use crate::run::responder::{Asked, Responder};
use crate::run::{RunError, vocabulary};
use crate::statistics::{DEFAULT_SEED, Level};
use crate::suite::DataSchema;

#[derive(Debug, Args)]
pub(super) struct CalibrateArgs {
    /// The judge; builtin:rules, or any model.
    #[arg(long, value_name = "MODEL")]
    judge: String,
    /// Labelled answers to scenarios, JSON lines: `uid`, `target_model_responses` with `dim1_response` to `dim3_response`, and
    /// `reference_verdicts`, three booleans. `builtin`: the eighty of the builtin scenarios.
    #[arg(long = "in", value_name = "FILE|builtin", default_value = "builtin")]
    input: String,
    /// Where the scenarios are: builtin, hub, or a folder [default: builtin]
    #[arg(long, value_name = "builtin|hub|PATH")]
    size: Option<Size>,
    /// A run whose rates are corrected by what the judge gets wrong.
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,
    /// Verdicts on each answer; the majority counts [default: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99))]
    judge_repeats: Option<u32>,
    /// The judge's instructions in place of our own.
    #[arg(long, value_name = "FILE")]
    judge_prompt: Option<PathBuf>,
    #[command(flatten)]
    endpoint: EndpointArgs,
}

/// A labelled row, as `golden/stale/answers.jsonl` has it.
#[derive(Debug, Deserialize)]
struct LabelledRow {
    uid: String,
    target_model_responses: Responses,
    reference_verdicts: [bool; 3],
}

#[derive(Debug, Deserialize)]
struct Responses {
    dim1_response: String,
    dim2_response: String,
    dim3_response: String,
}

/// What is printed with `--json`.
#[derive(Debug, Serialize)]
struct Report {
    judge: String,
    rubric_sha256: String,
    n_rows: usize,
    calibrations: Vec<JudgeCalibration>,
    corrected: Vec<CorrectedCell>,
    /// Judge and instructions of the run are those that were calibrated.
    is_same_judge: Option<bool>,
}

/// The labelled answers that come with the builtin scenarios.
const BUILTIN_LABELS: &[u8] = include_bytes!("../../../datasets/builtin/stale/labelled.jsonl");

pub(super) fn run(args: &CalibrateArgs, session: &Session) -> Result<Exit, CliError> {
    let (file, bytes) = match args.input.as_str() {
        "builtin" => ("labelled.jsonl".to_owned(), BUILTIN_LABELS.to_vec()),
        path => {
            let fault = |source| CliError::Io { path: PathBuf::from(path), source };
            (path.to_owned(), std::fs::read(path).map_err(fault)?)
        }
    };
    let rows = labelled_rows(&file, &bytes)?;
    let size = args.size.clone().unwrap_or(Size::Builtin);
    let items = scenario_items(&size, args)?;
    let wishes = judging(args.judge_repeats, args.judge_prompt.clone())?;
    let suite = registry()?.load("stale", &vocabulary())?;
    let words = suite.prompt_file.as_ref().map_or("{}", |file| file.text.as_str());
    let pack = PromptPack::read(words.as_bytes())
        .map_err(|error| RunError::PromptFile { path: PathBuf::from("prompts.json"), reason: error.to_string() })?;
    let words = MemoryWords::new(&pack);
    let by_uid: BTreeMap<String, Vec<usize>> = histories(&items).into_iter().collect();
    let mut units: Vec<(JudgedUnit, Vec<Item>)> = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let Some(places) = by_uid.get(&row.uid) else {
            return Err(CliError::Usage {
                message: format!(
                    "{file}, row {}: no scenario has the uid `{}`; give --size the data that it is of",
                    number + 1,
                    row.uid
                ),
            });
        };
        let own: Vec<Item> = places.iter().map(|&place| items[place].clone()).collect();
        let all: Vec<usize> = (0..own.len()).collect();
        let said = &row.target_model_responses;
        let answers = vec![said.dim1_response.clone(), said.dim2_response.clone(), said.dim3_response.clone()];
        let name = format!("{}/{number}", row.uid);
        let unit = state_unit("scenarios", &own, words, wishes.prompt.as_deref(), &name, &all, 0, answers).map_err(
            |source| RunError::Probe(crate::probe::ProbeError::Pack { task: "scenarios".to_owned(), source }),
        )?;
        units.push((unit, own));
    }
    let options = args.endpoint.open_options(DEFAULT_SEED, false);
    let asked = Asked { suites: &[], needs: &[Capability::Chat, Capability::Generate], agent: None, role: Role::Judge };
    let responder = Responder::open(&args.judge.parse()?, &options, asked, None)?;
    if let Responder::Rules(_) = &responder
        && !items.iter().all(|item| item.fields.contains_key("rules"))
    {
        return Err(RunError::NoRules { judge: args.judge.clone(), task: "scenarios".to_owned() }.into());
    }
    let votes = votes_on(&responder, &units, wishes.repeats, &session.interrupted)
        .map_err(|halt| CliError::Usage { message: format!("the judge gave no verdicts: {halt}") })?;
    let mut all: Vec<Labelled> = Vec::new();
    for (((unit, _), votes), row) in units.iter().zip(&votes).zip(&rows) {
        all.extend(labelled(unit, votes, &row.reference_verdicts));
    }
    let level = Level::DEFAULT;
    let fault = |error: crate::statistics::StatError| RunError::Statistics {
        task: "judge calibrate".to_owned(),
        metric: "labels".to_owned(),
        reason: error.to_string(),
    };
    let mut calibrations = Vec::new();
    for (place, name) in names(Rubric::Stale).iter().enumerate() {
        let own: Vec<Labelled> = all.iter().filter(|row| row.place == place).copied().collect();
        calibrations.push(calibration(name, &own, level).map_err(fault)?);
    }
    calibrations.push(calibration("all", &all, level).map_err(fault)?);
    let rubric_sha256 = units.first().map(|(unit, _)| unit.rubric_sha256.clone()).unwrap_or_default();
    let (mut cells, mut is_same_judge) = (Vec::new(), None);
    if let Some(run) = &args.run {
        let results = RunFolder::open(run)?.read_results()?;
        let memory =
            results.suites.iter().find_map(|suite| suite.memory.as_ref().filter(|memory| memory.stale.is_some()));
        let Some(memory) = memory else {
            return Err(CliError::Usage { message: format!("{} holds no cells of STALE", run.display()) });
        };
        let stale = memory.stale.as_ref().map_or(&[][..], |stale| &stale.cells);
        cells = corrected(stale, &calibrations, level).map_err(fault)?;
        let known = RunFolder::open(run)?.read_manifest()?.plan.models;
        let judge = &responder.identity().name;
        let is_judge = known.iter().any(|model| model.role == Role::Judge && model.identity.name == *judge);
        let is_rubric =
            memory.judges.iter().filter(|row| row.rubric == "stale").all(|row| row.rubric_sha256 == rubric_sha256);
        is_same_judge = Some(is_judge && is_rubric);
    }
    let report = Report {
        judge: crate::redact::redact(&args.judge),
        rubric_sha256,
        n_rows: rows.len(),
        calibrations,
        corrected: cells,
        is_same_judge,
    };
    if report.is_same_judge == Some(false) {
        session.note("the run was judged by another judge or by other instructions: its rates are corrected by what this judge gets wrong");
    }
    if session.is_json {
        session.print_json(&report)?;
    } else {
        session.print(&text(&report))?;
    }
    Ok(Exit::Done)
}

fn labelled_rows(file: &str, bytes: &[u8]) -> Result<Vec<LabelledRow>, CliError> {
    let mut rows = Vec::new();
    for row in read_jsonl(file, bytes) {
        let row = row?;
        let line = row.line;
        rows.push(serde_json::from_value(Value::Object(row.fields)).map_err(|error| CliError::Usage {
            message: format!(
                "read {file}, line {line}: {error}; a row has `uid`, `target_model_responses` with dim1_response to dim3_response, and `reference_verdicts`, three booleans"
            ),
        })?);
    }
    if rows.is_empty() {
        return Err(CliError::Usage { message: format!("read {file}: there is no labelled row in it") });
    }
    Ok(rows)
}

/// The questions of the scenarios in a size.
fn scenario_items(size: &Size, args: &CalibrateArgs) -> Result<Vec<Item>, CliError> {
    let suite = registry()?.load("stale", &vocabulary())?;
    let set = suite.data.values().find(|set| set.schema == DataSchema::Stale);
    let Some(set) = set else {
        return Err(CliError::Usage { message: "the suite `stale` names no scenarios".to_owned() });
    };
    let revisions = BTreeMap::new();
    let hub = HubAccess { options: args.endpoint.open_options(DEFAULT_SEED, false).hub, revisions: &revisions };
    Ok(load_data(&suite, set, size, &hub)?.items)
}

fn text(report: &Report) -> String {
    let interval = |interval: Option<&IntervalRecord>, unit: f64| {
        interval.map_or_else(String::new, |interval| {
            format!(" ({} to {})", number::fixed(unit * interval.low, 1), number::fixed(unit * interval.high, 1))
        })
    };
    let share = |share: &Share| match share.value {
        Some(value) => {
            format!("{} %{} of {}", number::fixed(100.0 * value, 1), interval(share.interval.as_ref(), 100.0), share.of)
        }
        None => "no such label".to_owned(),
    };
    let rows: Vec<Vec<String>> = report
        .calibrations
        .iter()
        .map(|row| {
            let percent = |value: Option<f64>| {
                value.map_or_else(String::new, |value| format!("{} %", number::fixed(100.0 * value, 1)))
            };
            let kappa = row.kappa.map_or_else(|| "undefined".to_owned(), |kappa| number::fixed(kappa, 3));
            let bounds = row.kappa_interval.as_ref().map_or_else(String::new, |interval| {
                format!(" ({} to {})", number::fixed(interval.low, 3), number::fixed(interval.high, 3))
            });
            vec![
                row.what.clone(),
                row.n.to_string(),
                row.n_errors.to_string(),
                share(&row.sensitivity),
                share(&row.specificity),
                percent(row.raw_agreement),
                percent(row.prevalence),
                format!("{kappa}{bounds}"),
            ]
        })
        .collect();
    let header =
        ["", "n", "errors", "called right of right", "called wrong of wrong", "agreement", "labelled right", "kappa"];
    let mut out = super::super::session::table(&header, &rows);
    if !report.corrected.is_empty() {
        let rows: Vec<Vec<String>> = report
            .corrected
            .iter()
            .map(|row| {
                let percent = |value: Option<f64>| {
                    value.map_or_else(|| "-".to_owned(), |value| format!("{} %", number::fixed(100.0 * value, 1)))
                };
                vec![
                    row.model.clone(),
                    format!("{} {}", row.conflict, row.dimension),
                    row.n.to_string(),
                    percent(row.judged),
                    format!("{}{}", percent(row.corrected), interval(row.interval.as_ref(), 100.0)),
                    row.flags.join(", "),
                ]
            })
            .collect();
        out.push('\n');
        out.push_str(&super::super::session::table(
            &["model", "cell", "n", "judged", "corrected (Rogan and Gladen)", ""],
            &rows,
        ));
    }
    out
}
