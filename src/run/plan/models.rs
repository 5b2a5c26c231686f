//! Models and the systems that remember for them, opened once each.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::agents::{embeds, shown_name, slug_with_agent, with_agents};
use super::planned::{PlannedModel, PlannedSuite};
use super::request::{RunRequest, WantedModel};
use super::roles::needs_of;
use crate::agent::http::HttpAgent;
use crate::agent::settings::AgentKind;
use crate::backend::{BUILTIN_MODELS, ModelName};
use crate::record::{CutoffClaim, Role, model_slugs};
use crate::run::error::RunError;
use crate::run::responder::{Asked, Responder};

/// Opens every model of the request with each of its agents.
///
/// # Errors
/// A model that cannot be opened, an agent that does not answer, a role that nothing asks.
pub(super) fn open_models(request: &RunRequest, suites: &[PlannedSuite]) -> Result<Vec<PlannedModel>, RunError> {
    let wanted = with_agents(request, suites)?;
    let names: Vec<String> =
        wanted.iter().map(|(model, agent)| slug_with_agent(model, agent.as_ref(), request)).collect();
    let slugs = model_slugs(&names);
    let suite_names: Vec<&str> = suites.iter().map(|planned| planned.suite.name.as_str()).collect();
    let mut models = Vec::new();
    let mut opened: Vec<(String, Option<AgentKind>, Arc<Responder>)> = Vec::new();
    let mut http_agents: Vec<(AgentKind, Arc<HttpAgent>)> = Vec::new();
    for ((wanted, agent), slug) in wanted.into_iter().zip(slugs) {
        let needs = needs_of(wanted.role, suites);
        if needs.is_empty() && matches!(wanted.role, Role::Judge | Role::Embedder) && !embeds(&wanted, request) {
            return Err(RunError::RoleNotAsked { role: wanted.role.word() });
        }
        // One model with several agents is opened once; a replay has other answers for each.
        let is_replay = matches!(wanted.name, ModelName::Replay(_));
        let shared = opened.iter().find(|(text, of, _)| *text == wanted.text && (!is_replay || *of == agent));
        let responder = match shared {
            Some((_, _, responder)) => Arc::clone(responder),
            None => {
                let known = request.known.get(&wanted.text).cloned();
                let asked = Asked { suites: &suite_names, needs: &needs, agent: agent.as_ref(), role: wanted.role };
                Arc::new(Responder::open(&wanted.name, &request.open, asked, known)?)
            }
        };
        opened.push((wanted.text.clone(), agent.clone(), Arc::clone(&responder)));
        let http_agent = match &agent {
            // Nothing is asked of it: it need not be there.
            Some(AgentKind::Http(_)) if is_replay || request.open.remote.is_silent => None,
            Some(kind @ AgentKind::Http(url)) => match http_agents.iter().find(|(known, _)| known == kind) {
                Some((_, agent)) => Some(Arc::clone(agent)),
                None => {
                    let agent = Arc::new(HttpAgent::connect(url, request.memory.http)?);
                    http_agents.push((kind.clone(), Arc::clone(&agent)));
                    Some(agent)
                }
            },
            _ => None,
        };
        let hub = match &wanted.name {
            ModelName::Hub { id, revision } => Some((id.clone(), revision.clone())),
            _ => None,
        };
        models.push(PlannedModel {
            shown_name: shown_name(&wanted, &slug, agent.as_ref(), http_agent.as_deref()),
            slug,
            role: wanted.role,
            hub,
            responder,
            cutoff: cutoff_of(&wanted, &request.cutoffs),
            agent,
            http_agent,
        });
    }
    tell_apart(&mut models);
    Ok(models)
}

/// Models that would be shown by one name are shown by their slugs, too.
fn tell_apart(models: &mut [PlannedModel]) {
    let names: Vec<String> = models.iter().map(|model| model.shown_name.clone()).collect();
    let is_twice = |name: &String| names.iter().filter(|other| *other == name).count() > 1;
    for model in models.iter_mut().filter(|model| model.agent.is_some() && is_twice(&model.shown_name)) {
        model.shown_name = format!("{}, {}", model.shown_name, model.slug);
    }
}

/// What the user says of a model's cutoff, else what is known of a builtin one.
fn cutoff_of(wanted: &WantedModel, cutoffs: &BTreeMap<String, CutoffClaim>) -> CutoffClaim {
    let of_user = |part: fn(&CutoffClaim) -> &Option<String>| {
        let named = cutoffs.get(&wanted.text).and_then(|claim| part(claim).clone());
        named.or_else(|| cutoffs.get("").and_then(|claim| part(claim).clone()))
    };
    let known = match &wanted.name {
        ModelName::Builtin(name) => {
            BUILTIN_MODELS.iter().find(|model| model.name == *name).and_then(|model| model.cutoff.map(str::to_owned))
        }
        _ => None,
    };
    CutoffClaim { stated: of_user(|claim| &claim.stated).or(known), released: of_user(|claim| &claim.released) }
}
