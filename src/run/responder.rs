//! Who answers in a run: a model, or the record of an earlier run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::RunError;
use crate::backend::{
    BackendError, Capabilities, Capability, EndpointReport, LocalModel, ModelIdentity, ModelName, OpenOptions, Opened,
    open,
};
use crate::record::{AnswerKey, Failure, Outcome, Role, RunFolder, visit_cell};

/// Something that answers questions of a suite.
pub enum Responder {
    Model(Opened),
    Replay(Box<Replay>),
}

/// Answers from an earlier run; asks nobody.
pub struct Replay {
    run: PathBuf,
    identity: ModelIdentity,
    capabilities: Capabilities,
    /// By suite, then key: the request's hash and what came of it.
    answers: BTreeMap<String, BTreeMap<AnswerKey, (String, Outcome)>>,
}

impl Responder {
    /// Opens a model for a run over the given suites; an endpoint is asked what `needs` names and `known` does not tell.
    ///
    /// # Errors
    /// When the model cannot be opened, or the replayed run lacks a suite.
    pub fn open(
        name: &ModelName,
        options: &OpenOptions,
        suites: &[&str],
        needs: &[Capability],
        known: Option<EndpointReport>,
    ) -> Result<Self, RunError> {
        match name {
            ModelName::Replay(path) => Replay::open(path, suites).map(|replay| Self::Replay(Box::new(replay))),
            _ => Ok(Self::Model(open(name, options, needs, known)?)),
        }
    }

    /// Who answers.
    #[must_use]
    pub fn identity(&self) -> &ModelIdentity {
        match self {
            Self::Model(model) => model.backend().identity(),
            Self::Replay(replay) => &replay.identity,
        }
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Model(model) => model.backend().capabilities(),
            Self::Replay(replay) => replay.capabilities,
        }
    }

    /// The checkpoint on this machine, if it is one.
    #[must_use]
    pub fn local(&self) -> Option<&LocalModel> {
        match self {
            Self::Model(model) => model.local(),
            Self::Replay(_) => None,
        }
    }

    /// What is known of the endpoint, if it is one.
    #[must_use]
    pub fn endpoint(&self) -> Option<&EndpointReport> {
        match self {
            Self::Model(model) => model.backend().endpoint(),
            Self::Replay(_) => None,
        }
    }
}

impl Replay {
    fn open(path: &Path, suites: &[&str]) -> Result<Self, RunError> {
        let (folder, cell) = RunFolder::open_run_or_cell(path)?;
        let manifest = folder.read_manifest()?;
        let tested: Vec<_> = match &cell {
            Some(cell) => manifest.plan.models.iter().filter(|model| model.slug == cell.model).collect(),
            None => manifest.plan.models.iter().filter(|model| model.role == Role::Model).collect(),
        };
        let [model] = tested.as_slice() else {
            return Err(RunError::AmbiguousReplay { run: path.to_owned(), found: tested.len() });
        };
        let mut answers = BTreeMap::new();
        for &suite in suites {
            let place = folder.cell(suite, &model.slug);
            if !place.path.is_dir() {
                return Err(RunError::NotReplayable { run: path.to_owned(), suite: suite.to_owned() });
            }
            let mut of_suite = BTreeMap::new();
            visit_cell(&place.path, &mut |recorded| {
                of_suite.insert(recorded.key, (recorded.request_hash, recorded.outcome));
            })?;
            answers.insert(suite.to_owned(), of_suite);
        }
        let mut identity = model.identity.clone();
        // Named as the user names it, so that a resumed run can replay it again.
        identity.name = format!("replay:{}", path.display());
        identity.backend = format!("replay of {}", identity.backend);
        Ok(Self { run: path.to_owned(), identity, capabilities: model.capabilities, answers })
    }

    /// The recorded outcome of exactly this request.
    pub(super) fn answer(&self, suite: &str, key: &AnswerKey, hash: &str) -> Outcome {
        match self.answers.get(suite).and_then(|answers| answers.get(key)) {
            Some((recorded, outcome)) if recorded == hash => outcome.clone(),
            _ => Err(Failure::from(&BackendError::NotRecorded { run: self.run.display().to_string() })),
        }
    }
}
