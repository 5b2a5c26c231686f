//! `mnemoscope list`: the registries, as they are.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::error::CliError;
use super::exit::Exit;
use super::run::registry;
use super::session::Session;
use crate::agent::settings::AgentKind;
use crate::backend::{BUILTIN_MODELS, BUILTIN_READERS, BUILTIN_RULES};
use crate::run::vocabulary;
use crate::scoring::reading::READERS;
use crate::scoring::{membership, metrics};
use crate::statistics::registry::methods;
use crate::suite::SuiteOrigin;

/// List suites, tasks, models, metrics, attacks, tests, agents or probes.
#[derive(Debug, Args)]
pub struct ListArgs {
    what: What,
    /// Of models: those that were published with this suite, with the revisions that hold their final weights.
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    Suites,
    Tasks,
    Models,
    Metrics,
    Attacks,
    Tests,
    Agents,
    Probes,
}

/// Kinds of question.
const PROBES: &[[&str; 3]] = &[
    ["membership", "token log-probabilities of a text, and attacks on them", "score, vocab_stats for Min-K %++"],
    ["extract", "greedy continuation of the first tokens of a text", "generate"],
    ["verbatim", "the same, the prompt as text again and the reply cut in tokens afterwards", "generate, tokenize"],
    ["choose", "the likeliest of several given answers", "score"],
    ["likelihood", "log-probability of a text, alone or behind a context", "score"],
    ["generate", "a short answer to a prompt, compared with a reference", "generate"],
    ["chat", "an answer to a message of the prompt file, through the chat template", "generate, chat"],
    ["chat-choose", "log-probabilities of given answers to such a message", "score, chat"],
    ["tokens", "log-probabilities of a text's tokens, averaged", "score; vocab_stats for Min-K++"],
    ["recall", "a written answer about an economic value, a date or a firm, read strictly", "generate or chat"],
    ["embed", "embeddings of a series' name and a date, by the model of --embedder", "embed"],
    ["memory", "a question about a context that an agent has memorised piece by piece", "generate or chat"],
    ["state", "a question about a state that may have changed in the course of a history", "generate or chat; a judge"],
];

pub(super) fn run(args: &ListArgs, session: &Session) -> Result<Exit, CliError> {
    let (header, rows): (Vec<&str>, Vec<Vec<String>>) = match args.what {
        What::Suites => (vec!["suite", "version", "from", "title"], suites()?),
        What::Tasks => (vec!["suite", "task", "probe", "sizes", "title"], tasks()?),
        What::Models if args.suite.is_some() => {
            (vec!["model", "group", "in the published tables"], published(args.suite.as_deref().unwrap_or_default())?)
        }
        What::Models => (
            vec!["model", "truth"],
            BUILTIN_MODELS
                .iter()
                .map(|model| vec![format!("builtin:{}", model.name), model.truth.to_owned()])
                .chain(BUILTIN_READERS.iter().map(|(name, truth)| vec![format!("builtin:{name}"), (*truth).to_owned()]))
                .chain([vec![
                    format!("builtin:{BUILTIN_RULES}"),
                    "no model: as --judge, looks for the phrases that builtin data carry".to_owned(),
                ]])
                .collect(),
        ),
        What::Metrics => (
            vec!["metric", "unit", "range", "meaning", "reference"],
            metrics::all()
                .map(|metric| {
                    [metric.name, metric.unit, metric.range, metric.meaning, metric.reference]
                        .map(str::to_owned)
                        .to_vec()
                })
                .chain(READERS.iter().map(|reader| {
                    [reader.name, "see --describe", reader.gives, reader.meaning, reader.reference]
                        .map(str::to_owned)
                        .to_vec()
                }))
                .collect(),
        ),
        What::Attacks => (
            vec!["attack", "score (higher = member)", "needs", "reference"],
            membership::ATTACKS.iter().map(attack).collect(),
        ),
        What::Tests => (
            vec!["test", "question", "assumptions", "reference"],
            methods()
                .map(|method| {
                    [method.name, method.question, method.assumptions, method.reference].map(str::to_owned).to_vec()
                })
                .collect(),
        ),
        What::Probes => (vec!["probe", "asks for", "needs"], owned(PROBES)),
        What::Agents => (
            vec!["agent", "memory"],
            AgentKind::LISTED.iter().map(|(word, what)| vec![(*word).to_owned(), (*what).to_owned()]).collect(),
        ),
    };
    if session.is_json {
        let rows: Vec<_> = rows
            .iter()
            .map(|row| {
                header
                    .iter()
                    .zip(row)
                    .map(|(name, cell)| ((*name).to_owned(), json!(cell)))
                    .collect::<serde_json::Map<_, _>>()
            })
            .collect();
        session.print_json(&rows)?;
    } else if rows.is_empty() {
        session.note("none in this build");
    } else {
        session.print_table(&header, &rows)?;
    }
    Ok(Exit::Done)
}

fn owned(rows: &[[&str; 3]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.map(str::to_owned).to_vec()).collect()
}

fn attack(attack: &membership::Attack) -> Vec<String> {
    let mut needs: Vec<String> = attack.needs.capabilities.iter().map(ToString::to_string).collect();
    if attack.needs.reference_model {
        needs.push("a reference model".to_owned());
    }
    if let Some(pass) = attack.needs.pass {
        needs.extend(pass.input().map(str::to_owned));
        needs.push(format!("costs {}", pass.cost()));
    }
    vec![attack.id.to_owned(), attack.formula.to_owned(), needs.join(", "), attack.reference.to_owned()]
}

fn origin(origin: &SuiteOrigin) -> String {
    match origin {
        SuiteOrigin::Embedded => "binary".to_owned(),
        SuiteOrigin::File(path) => path.display().to_string(),
    }
}

fn suites() -> Result<Vec<Vec<String>>, CliError> {
    let registry = registry()?;
    registry
        .list()
        .into_iter()
        .map(|listed| {
            // A file with faults is still there: it is listed with the word, and `validate` tells them.
            Ok(match registry.load(&listed.name, &vocabulary()) {
                Ok(suite) => vec![suite.name, suite.version, origin(&listed.origin), suite.title],
                Err(_) => vec![
                    listed.name,
                    "-".into(),
                    origin(&listed.origin),
                    "has faults; see `mnemoscope validate`".into(),
                ],
            })
        })
        .collect()
}

/// Names as `--model` takes them.
fn published(suite: &str) -> Result<Vec<Vec<String>>, CliError> {
    let suite = registry()?.load(suite, &vocabulary())?;
    let row = |model: &crate::suite::PublishedModel| {
        vec![format!("hf:{}@{}", model.id, model.revision), model.group.clone(), model.labels.join(", ")]
    };
    Ok(suite.models.iter().map(row).collect())
}

fn tasks() -> Result<Vec<Vec<String>>, CliError> {
    let registry = registry()?;
    let mut rows = Vec::new();
    for listed in registry.list() {
        let Ok(suite) = registry.load(&listed.name, &vocabulary()) else { continue };
        for task in &suite.tasks {
            let sizes: Vec<String> = task.sizes.iter().map(ToString::to_string).collect();
            rows.push(vec![
                suite.name.clone(),
                task.id.clone(),
                task.probe.kind().to_owned(),
                sizes.join(","),
                task.title.clone(),
            ]);
        }
    }
    Ok(rows)
}
