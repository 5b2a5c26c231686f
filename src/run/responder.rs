//! Who answers in a run: a model, or the record of an earlier run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::RunError;
use super::judge::ImportedJudge;
use crate::agent::settings::AgentKind;
use crate::backend::{
    BUILTIN_RULES, BackendError, Capabilities, Capability, EndpointReport, LocalModel, ModelIdentity, ModelName,
    OpenOptions, Opened, open,
};
use crate::record::{AnswerKey, Failure, Outcome, Role, RunFolder, visit_cell};

/// Something that answers questions of a suite.
pub enum Responder {
    Model(Opened),
    Replay(Box<Replay>),
    /// The built-in judge.
    Rules(Box<RulesJudge>),
    /// A judge that ran elsewhere.
    Imported(Box<ImportedJudge>),
}

/// What a responder is opened for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub suites: &'a [&'a str],
    pub needs: &'a [Capability],
    pub agent: Option<&'a AgentKind>,
    pub role: Role,
}

/// `builtin:rules`: judges builtin data by the phrases that they carry.
#[derive(Debug)]
pub struct RulesJudge {
    identity: ModelIdentity,
}

/// Raise it when verdicts change.
const RULES_VERSION: &str = "mnemoscope rules judge 1";

impl Default for RulesJudge {
    fn default() -> Self {
        let identity = ModelIdentity::without_a_model(
            format!("builtin:{BUILTIN_RULES}"),
            "rules of the data (no reader)",
            crate::digest::sha256_hex(RULES_VERSION.as_bytes()),
        );
        Self { identity: ModelIdentity { architecture: Some("rules".to_owned()), ..identity } }
    }
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
        asked: Asked<'_>,
        known: Option<EndpointReport>,
    ) -> Result<Self, RunError> {
        match name {
            ModelName::Replay(path) => {
                Replay::open(path, asked.suites, asked.agent).map(|replay| Self::Replay(Box::new(replay)))
            }
            ModelName::Builtin(builtin) if builtin == BUILTIN_RULES && asked.role == Role::Judge => {
                Ok(Self::Rules(Box::default()))
            }
            ModelName::Folder(path) if asked.role == Role::Judge && ImportedJudge::is_file(path) => {
                Ok(Self::Imported(Box::new(ImportedJudge::read(path)?)))
            }
            _ => Ok(Self::Model(open(name, options, asked.needs, known)?)),
        }
    }

    /// Who answers.
    #[must_use]
    pub fn identity(&self) -> &ModelIdentity {
        match self {
            Self::Model(model) => model.backend().identity(),
            Self::Replay(replay) => &replay.identity,
            Self::Rules(judge) => &judge.identity,
            Self::Imported(judge) => &judge.identity,
        }
    }

    /// What it can do.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Model(model) => model.backend().capabilities(),
            Self::Replay(replay) => replay.capabilities,
            Self::Rules(_) | Self::Imported(_) => {
                Capabilities { generate: true, chat: true, tokenize: false, ..Capabilities::default() }
            }
        }
    }

    /// The checkpoint on this machine, if it is one.
    #[must_use]
    pub fn local(&self) -> Option<&LocalModel> {
        match self {
            Self::Model(model) => model.local(),
            Self::Replay(_) | Self::Rules(_) | Self::Imported(_) => None,
        }
    }

    /// What is known of the endpoint, if it is one.
    #[must_use]
    pub fn endpoint(&self) -> Option<&EndpointReport> {
        match self {
            Self::Model(model) => model.backend().endpoint(),
            Self::Replay(_) | Self::Rules(_) | Self::Imported(_) => None,
        }
    }
}

impl Replay {
    fn open(path: &Path, suites: &[&str], agent: Option<&AgentKind>) -> Result<Self, RunError> {
        let (folder, cell) = RunFolder::open_run_or_cell(path)?;
        let manifest = folder.read_manifest()?;
        let tested: Vec<_> = match &cell {
            Some(cell) => manifest.plan.models.iter().filter(|model| model.slug == cell.model).collect(),
            // Of several agents the one that is wanted.
            None => manifest
                .plan
                .models
                .iter()
                .filter(|model| model.role == Role::Model)
                .filter(|model| agent.is_none() || model.agent == agent.map(ToString::to_string))
                .collect(),
        };
        if let (Some(wanted), true) = (agent, tested.is_empty()) {
            let mut known: Vec<String> = manifest.plan.models.iter().filter_map(|model| model.agent.clone()).collect();
            known.dedup();
            if !known.is_empty() {
                return Err(RunError::NotReplayedWith { run: path.to_owned(), wanted: wanted.to_string(), known });
            }
        }
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
