//! Models joined with what they remember with, and how both are named.

use super::planned::PlannedSuite;
use super::request::{RunRequest, WantedModel};
use crate::agent::http::HttpAgent;
use crate::agent::settings::AgentKind;
use crate::backend::ModelName;
use crate::record::Role;
use crate::run::error::RunError;

/// The agents of a run; where none is named, the model reads everything.
pub(super) fn agents_of(request: &RunRequest) -> Vec<AgentKind> {
    let named = &request.memory.agents.kinds;
    if named.is_empty() { vec![AgentKind::LongContext] } else { named.clone() }
}

/// Each model under test and each baseline with each of the agents, where the suites ask agents.
pub(super) fn with_agents(
    request: &RunRequest,
    suites: &[PlannedSuite],
) -> Result<Vec<(WantedModel, Option<AgentKind>)>, RunError> {
    let remembers = |planned: &&PlannedSuite| planned.tasks.iter().any(|task| !task.by_agent.is_empty());
    let others: Vec<&str> =
        suites.iter().filter(|planned| !remembers(planned)).map(|planned| planned.suite.name.as_str()).collect();
    let is_asked = suites.iter().any(|planned| remembers(&planned));
    let kinds = agents_of(request);
    if !is_asked && !request.memory.agents.kinds.is_empty() {
        return Err(RunError::NoAgentAsked);
    }
    if is_asked && kinds.len() > 1 && !others.is_empty() {
        return Err(RunError::AgentsApart { suites: others.join(", ") });
    }
    let mut wanted = Vec::new();
    for model in &request.models {
        match model.role {
            Role::Model | Role::Baseline if is_asked => {
                wanted.extend(kinds.iter().map(|kind| (model.clone(), Some(kind.clone()))));
            }
            _ => wanted.push((model.clone(), None)),
        }
    }
    Ok(wanted)
}

/// Whether agents of the run search by vectors of this model.
pub(super) fn embeds(wanted: &WantedModel, request: &RunRequest) -> bool {
    wanted.role == Role::Embedder && request.memory.agents.kinds.iter().any(AgentKind::embeds)
}

/// A model's name with its agent, where agents were named.
pub(super) fn slug_with_agent(model: &WantedModel, agent: Option<&AgentKind>, request: &RunRequest) -> String {
    let name = slug_source(&model.text);
    match agent.filter(|_| !request.memory.agents.kinds.is_empty()) {
        Some(kind) => format!("{name}-{}", kind.word()),
        None => name,
    }
}

/// Names of folders are told by their last part: no path belongs in a record that others read.
fn slug_source(text: &str) -> String {
    let model = text.split_once("://").and_then(|(_, rest)| rest.split_once('#')).map_or(text, |(_, model)| model);
    model.trim_end_matches('/').rsplit('/').next().unwrap_or(model).to_owned()
}

/// How a model is named in results: with its agent, and a system behind HTTP by its own name.
pub(super) fn shown_name(
    wanted: &WantedModel,
    slug: &str,
    agent: Option<&AgentKind>,
    http: Option<&HttpAgent>,
) -> String {
    let system = http.and_then(HttpAgent::system);
    match &wanted.name {
        // No path and no host belongs in results.
        ModelName::Folder(_) | ModelName::Replay(_) | ModelName::Endpoint { .. } => {
            system.map_or_else(|| slug.to_owned(), |system| format!("{slug} ({system})"))
        }
        _ => {
            let name = crate::redact::redact(&wanted.text);
            match (agent, system) {
                (Some(agent), Some(system)) => format!("{name} with {} ({system})", agent.word()),
                // Two systems without a name are told apart by their slugs.
                (Some(AgentKind::Http(_)), None) => slug.to_owned(),
                (Some(agent), None) => format!("{name} with {}", agent.word()),
                (None, _) => name,
            }
        }
    }
}
