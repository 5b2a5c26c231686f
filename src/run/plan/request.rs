//! What the user asked for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::agent::http::HttpAgentOptions;
use crate::backend::{EndpointReport, ModelName, OpenOptions};
use crate::dataset::{Sample, Size};
use crate::record::{CutoffClaim, Role};
use crate::run::judge::JudgeWishes;
use crate::run::remember::AgentSet;

/// What the user asked for, as typed.
#[derive(Debug, Clone)]
pub struct RunRequest {
    pub suites: Vec<String>,
    pub models: Vec<WantedModel>,
    pub size: Size,
    /// Glob over task ids; `None`: all.
    pub task_filter: Option<String>,
    pub sample: Sample,
    /// Repeats of every item, at least 1.
    pub n_epochs: u32,
    pub seed: u64,
    /// Only these attacks of the membership tasks; `None`: all that the suite names.
    pub attacks: Option<Vec<String>>,
    /// The published model that the first model under test is, where its name does not tell.
    pub published_as: Option<String>,
    /// Revisions of hub data sets, by their name in the suite or their hub id.
    pub data_revisions: BTreeMap<String, String>,
    /// How chats are worded.
    pub chat: ChatWishes,
    pub open: OpenOptions,
    /// What is said of the models' cutoffs, by the name as typed; an empty name stands for all models.
    pub cutoffs: BTreeMap<String, CutoffClaim>,
    /// Who remembers, and how answers are judged.
    pub memory: MemoryWishes,
    /// What an earlier session found out of an endpoint, by the model's name.
    pub known: BTreeMap<String, EndpointReport>,
}

/// How the user wants chats to be worded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChatWishes {
    /// Words in place of the suite's own.
    pub prompt_file: Option<PathBuf>,
    /// Without chat templates.
    pub is_plain: bool,
    /// With the instruction of in-context unlearning.
    pub is_in_context: bool,
}

/// How histories are remembered and answers judged.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MemoryWishes {
    pub agents: AgentSet,
    pub http: HttpAgentOptions,
    pub judging: JudgeWishes,
}

/// A model and its part in the run.
#[derive(Debug, Clone)]
pub struct WantedModel {
    pub name: ModelName,
    /// As typed.
    pub text: String,
    pub role: Role,
}
