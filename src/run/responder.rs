//! Who answers in a run: a model, or the record of an earlier run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::RunError;
use super::plan::PlannedSuite;
use crate::backend::{Backend, BackendError, Capabilities, LocalOptions, ModelIdentity, ModelName, open};
use crate::probe::{Question, ask};
use crate::record::{AnswerKey, Failure, Outcome, Role, RunFolder, visit_cell};

/// Something that answers questions of a suite.
pub enum Responder {
    Model(Box<dyn Backend>),
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
    /// Opens a model for a run over the given suites.
    ///
    /// # Errors
    /// When the model cannot be opened, or the replayed run lacks a suite.
    pub fn open(name: &ModelName, options: &LocalOptions, suites: &[PlannedSuite]) -> Result<Self, RunError> {
        match name {
            ModelName::Replay(path) => Replay::open(path, suites).map(|replay| Self::Replay(Box::new(replay))),
            _ => Ok(Self::Model(Box::new(open(name, options)?))),
        }
    }

    /// Who answers.
    #[must_use]
    pub fn identity(&self) -> &ModelIdentity {
        match self {
            Self::Model(model) => model.identity(),
            Self::Replay(replay) => &replay.identity,
        }
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Model(model) => model.capabilities(),
            Self::Replay(replay) => replay.capabilities,
        }
    }

    /// Answers questions of one suite, in order.
    #[must_use]
    pub fn answer(&self, suite: &str, questions: &[(AnswerKey, &Question, &str)]) -> Vec<Outcome> {
        match self {
            Self::Model(model) => {
                let asked: Vec<Question> = questions.iter().map(|(_, question, _)| (*question).clone()).collect();
                ask(model.as_ref(), &asked)
                    .into_iter()
                    .map(|answer| answer.map_err(|error| Failure::from(&error)))
                    .collect()
            }
            Self::Replay(replay) => questions.iter().map(|(key, _, hash)| replay.answer(suite, key, hash)).collect(),
        }
    }
}

impl Replay {
    fn open(path: &Path, suites: &[PlannedSuite]) -> Result<Self, RunError> {
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
        for planned in suites {
            let suite = &planned.suite.name;
            let place = folder.cell(suite, &model.slug);
            if !place.path.is_dir() {
                return Err(RunError::NotReplayable { run: path.to_owned(), suite: suite.clone() });
            }
            let mut of_suite = BTreeMap::new();
            visit_cell(&place.path, &mut |recorded| {
                of_suite.insert(recorded.key, (recorded.request_hash, recorded.outcome));
            })?;
            answers.insert(suite.clone(), of_suite);
        }
        let mut identity = model.identity.clone();
        // Named as the user names it, so that a resumed run can replay it again.
        identity.name = format!("replay:{}", path.display());
        identity.backend = format!("replay of {}", identity.backend);
        Ok(Self { run: path.to_owned(), identity, capabilities: model.capabilities, answers })
    }

    /// The recorded outcome of exactly this request.
    fn answer(&self, suite: &str, key: &AnswerKey, hash: &str) -> Outcome {
        match self.answers.get(suite).and_then(|answers| answers.get(key)) {
            Some((recorded, outcome)) if recorded == hash => outcome.clone(),
            _ => Err(Failure::from(&BackendError::NotRecorded { run: self.run.display().to_string() })),
        }
    }
}
