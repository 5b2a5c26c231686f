//! `run --dry-run`: what would be asked, what it would use and cost, and what the cache spares. Nothing is sent.

use serde::Serialize;

use super::error::CliError;
use super::exit::Exit;
use super::session::Session;
use crate::backend::{BackendError, Opened, RemoteModel, Usage};
use crate::probe::requests;
use crate::run::Plan;
use crate::run::plan::{PlannedModel, PlannedTask};
use crate::run::responder::Responder;

/// Seconds that one request is taken to last, where nothing better is known.
const SECONDS_A_REQUEST: f64 = 1.0;

/// One task and model.
#[derive(Debug, Clone, Serialize)]
struct DryTask {
    suite: String,
    task: String,
    model: String,
    items: u64,
    answers: u64,
    /// Only of endpoints.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<DryEndpoint>,
}

/// What a task would send to an endpoint.
#[derive(Debug, Clone, Default, Serialize)]
struct DryEndpoint {
    requests: u64,
    /// Of them, answered from the cache.
    cached: u64,
    /// Items whose requests cannot be put together here; each says why in the run.
    not_countable: u64,
    /// At most, of the requests that would be sent.
    usage: Usage,
    /// At most; null: no price is known, which is not zero.
    cost: Option<f64>,
    currency: Option<String>,
    /// With all slots busy and a second for each request.
    seconds: f64,
}

pub(super) fn tell(plan: &Plan, session: &Session) -> Result<Exit, CliError> {
    let mut tasks = Vec::new();
    for planned in &plan.suites {
        for task in &planned.tasks {
            for model in plan.models.iter().filter(|model| plan.asks(model, task)) {
                tasks.push(DryTask {
                    suite: planned.suite.name.clone(),
                    task: task.id.clone(),
                    model: model.slug.clone(),
                    items: task.items.len() as u64,
                    answers: task.items.len() as u64 * u64::from(plan.n_epochs),
                    endpoint: endpoint(plan, task, model),
                });
            }
        }
    }
    if session.is_json {
        session.print_json(&serde_json::json!({"planned": plan.n_planned(), "tasks": tasks}))?;
        return Ok(Exit::Done);
    }
    let has_endpoint = tasks.iter().any(|task| task.endpoint.is_some());
    let mut header = vec!["suite", "task", "model", "items", "answers"];
    if has_endpoint {
        header.extend(["requests", "cached", "tokens in", "tokens out", "cost", "time"]);
    }
    let rows: Vec<Vec<String>> = tasks.iter().map(|task| row(task, has_endpoint)).collect();
    session.print_table(&header, &rows)?;
    session.note(&format!("{} answers in all; nothing was asked", plan.n_planned()));
    if has_endpoint {
        session.note(
            "tokens and cost are the most that can be used: prompts counted with the tokenizer that models.toml names, else by \
             4 characters a token (~); answers up to their limit. Time: every slot busy, one second a request",
        );
    }
    Ok(Exit::Done)
}

fn row(task: &DryTask, has_endpoint: bool) -> Vec<String> {
    let mut row = vec![
        task.suite.clone(),
        task.task.clone(),
        task.model.clone(),
        task.items.to_string(),
        task.answers.to_string(),
    ];
    let Some(endpoint) = &task.endpoint else {
        row.extend(std::iter::repeat_n("-".to_owned(), if has_endpoint { 6 } else { 0 }));
        return row;
    };
    let about = if endpoint.usage.is_estimated { "~" } else { "" };
    let cost = match (endpoint.cost, &endpoint.currency) {
        (Some(cost), Some(currency)) => format!("{about}{cost:.4} {currency}"),
        _ => "unknown".to_owned(),
    };
    row.extend([
        endpoint.requests.to_string(),
        endpoint.cached.to_string(),
        format!("{about}{}", endpoint.usage.prompt_tokens),
        endpoint.usage.completion_tokens.to_string(),
        cost,
        format!("{:.0} s", endpoint.seconds),
    ]);
    row
}

fn endpoint(plan: &Plan, task: &PlannedTask, model: &PlannedModel) -> Option<DryEndpoint> {
    let Responder::Model(opened) = model.responder.as_ref() else { return None };
    let remote = opened.remote()?;
    let mut counted = DryEndpoint {
        cost: remote.prices().map(|_| 0.0),
        currency: remote.prices().map(|prices| prices.currency.clone()),
        ..DryEndpoint::default()
    };
    for (key, index) in task.keys(plan.n_epochs) {
        if count(opened, remote, &task.questions_of(model)[index].0, key.epoch, &mut counted).is_err() {
            counted.not_countable += 1;
        }
    }
    counted.cost = remote.prices().map(|prices| prices.cost(&counted.usage));
    let to_send = counted.requests - counted.cached;
    #[expect(clippy::cast_precision_loss, reason = "counts for people")]
    let rounds = to_send as f64 / remote.concurrency() as f64;
    counted.seconds = rounds.ceil() * SECONDS_A_REQUEST;
    Some(counted)
}

fn count(
    opened: &Opened,
    remote: &RemoteModel,
    question: &crate::probe::Question,
    repeat: u32,
    counted: &mut DryEndpoint,
) -> Result<(), BackendError> {
    for request in requests(opened.backend(), question)? {
        let usage = remote.expected_usage(&request)?;
        counted.requests += 1;
        if remote.is_cached(&request, repeat) {
            counted.cached += 1;
        } else {
            counted.usage.add(usage);
        }
    }
    Ok(())
}
