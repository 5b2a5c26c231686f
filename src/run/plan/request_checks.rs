//! What a request names must be there, or it would be silently of no use.

use std::collections::BTreeSet;

use super::planned::PlannedSuite;
use super::request::RunRequest;
use crate::backend::ModelName;
use crate::dataset::DataError;
use crate::run::error::RunError;
use crate::run::evaluate::find_model;
use crate::suite::{Probe, Suite, is_pinned_revision};

/// A model of the published collection is asked at a pinned revision only: its weights of every training step stand beside each
/// other, and `main` need not be the last one.
pub(super) fn check_published(request: &RunRequest, suites: &[Suite]) -> Result<(), RunError> {
    for suite in suites {
        for wanted in &request.models {
            let ModelName::Hub { id, revision } = &wanted.name else { continue };
            let is_pinned = revision.as_deref().is_some_and(is_pinned_revision);
            if let Some(published) = suite.models.iter().find(|model| model.id == *id)
                && !is_pinned
            {
                let (id, revision) = (id.clone(), published.revision.clone());
                return Err(RunError::UnpinnedModel { id, revision });
            }
        }
    }
    let Some(wanted) = &request.published_as else { return Ok(()) };
    let all = || suites.iter().flat_map(|suite| &suite.models);
    let is_label = |suite: &Suite| suite.published.iter().any(|value| value.model == *wanted);
    if suites.iter().any(|suite| find_model(suite, wanted).is_some() || is_label(suite)) {
        return Ok(());
    }
    let mut known: Vec<&str> = all().filter(|model| !model.labels.is_empty()).map(|model| model.id.as_str()).collect();
    if known.is_empty() {
        known = suites.iter().flat_map(|suite| &suite.published).map(|value| value.model.as_str()).collect();
        known.sort_unstable();
        known.dedup();
    }
    Err(RunError::UnknownPublished { wanted: wanted.clone(), known: known.join(", ") })
}

/// A pin that no data set has would be silently of no use.
pub(super) fn check_data_revisions(request: &RunRequest, suites: &[Suite]) -> Result<(), RunError> {
    let mut known = BTreeSet::new();
    for set in suites.iter().flat_map(|suite| suite.data.values()).filter(|set| set.hub.is_some()) {
        known.insert(set.name.clone());
        known.extend(set.hub.as_ref().map(|hub| hub.id.clone()));
    }
    match request.data_revisions.keys().find(|name| !known.contains(*name)) {
        Some(name) => {
            let (name, known) = (name.clone(), known.into_iter().collect());
            Err(DataError::UnknownDataRevision { name, known }.into())
        }
        None => Ok(()),
    }
}

/// A cutoff of a model that is not in the run would be silently of no use.
pub(super) fn check_cutoff_names(request: &RunRequest) -> Result<(), RunError> {
    let known = || request.models.iter().map(|model| model.text.as_str());
    match request.cutoffs.iter().find(|(name, _)| !name.is_empty() && !known().any(|text| text == name.as_str())) {
        Some((name, claim)) => Err(RunError::UnknownCutoffModel {
            option: if claim.stated.is_some() { "stated-cutoff" } else { "released" },
            name: name.clone(),
            known: known().collect::<Vec<_>>().join(", "),
        }),
        None => Ok(()),
    }
}

/// Scenarios are counted, and a scenario that was asked twice is still one.
pub(super) fn check_epochs(request: &RunRequest, suites: &[PlannedSuite]) -> Result<(), RunError> {
    let counts_scenarios =
        |planned: &&PlannedSuite| planned.tasks.iter().any(|task| matches!(task.probe, Probe::State(_)));
    match suites.iter().find(counts_scenarios).filter(|_| request.n_epochs > 1) {
        Some(planned) => Err(RunError::RepeatedScenarios { suite: planned.suite.name.clone() }),
        None => Ok(()),
    }
}
