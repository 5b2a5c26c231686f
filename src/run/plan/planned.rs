//! A suite, a task and a model of a checked plan.

use std::sync::Arc;

use crate::agent::http::HttpAgent;
use crate::agent::settings::AgentKind;
use crate::dataset::{Item, Size};
use crate::probe::Question;
use crate::prompt::PromptPack;
use crate::record::{AnswerKey, CutoffClaim, DataRecord, LeftOut, PromptRecord, Role};
use crate::run::responder::Responder;
use crate::scoring::memory::films::Films;
use crate::suite::{Probe, Suite};

/// A suite with its data in memory.
pub struct PlannedSuite {
    pub suite: Suite,
    pub size: Size,
    pub tasks: Vec<PlannedTask>,
    pub(super) data: Vec<DataRecord>,
    /// The words of its chats, where it asks in chats.
    pub prompts: Option<PromptRecord>,
    /// The same as they are filled.
    pub pack: Option<PromptPack>,
    /// `partial: N of M`, when a limit or a shard cut the items.
    pub partial: Option<String>,
    /// Optional tasks that the data cannot serve.
    pub left_out: Vec<LeftOut>,
    /// Last month of which the questions for levels know a value, before any limit.
    pub(super) last_month: Option<i64>,
}

impl PlannedSuite {
    /// Whether chats are asked without the models' templates.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.prompts.as_ref().is_some_and(|prompts| prompts.is_plain)
    }
}

/// A task with its items and the question that each of them asks.
pub struct PlannedTask {
    /// Index in the suite's own list.
    pub index: usize,
    pub id: String,
    pub probe: Probe,
    pub items: Vec<Item>,
    /// One an item, with its hash; of questions to agents those of the first agent.
    pub questions: Vec<(Question, String)>,
    /// What each agent is asked.
    pub by_agent: Vec<(AgentKind, Vec<(Question, String)>)>,
    /// Titles by which recommendations are read.
    pub films: Option<Arc<Films>>,
    /// The same with the instruction to have forgotten, which models under test are given where the user wants it.
    pub(super) instructed: Option<Vec<(Question, String)>>,
    /// The task asks what is left of something: then a model that never knew it answers, too.
    pub is_of_forgetting: bool,
    /// A model that cannot serve it is not asked, and told so.
    pub is_optional: bool,
}

impl PlannedTask {
    /// What a model of this role is asked.
    #[must_use]
    pub fn questions_of(&self, model: &PlannedModel) -> &[(Question, String)] {
        if let Some(kind) = &model.agent
            && let Some((_, questions)) = self.by_agent.iter().find(|(own, _)| own == kind)
        {
            return questions;
        }
        self.questions_in_role(model.role)
    }

    /// The same of a model without an agent.
    #[must_use]
    pub fn questions_in_role(&self, role: Role) -> &[(Question, String)] {
        match (&self.instructed, role) {
            (Some(instructed), Role::Model) => instructed,
            _ => &self.questions,
        }
    }

    /// Keys of all answers, in the order of items and epochs.
    pub fn keys(&self, n_epochs: u32) -> impl Iterator<Item = (AnswerKey, usize)> + '_ {
        (0..n_epochs).flat_map(move |epoch| {
            self.items
                .iter()
                .enumerate()
                .map(move |(index, item)| (AnswerKey { task: self.id.clone(), item: item.id.clone(), epoch }, index))
        })
    }
}

/// A model that will be asked.
pub struct PlannedModel {
    pub slug: String,
    /// How it is named in results: never a path.
    pub shown_name: String,
    pub role: Role,
    /// Id and revision, of a model of a hub.
    pub hub: Option<(String, Option<String>)>,
    pub responder: Arc<Responder>,
    /// What it remembers with, where the suites ask agents.
    pub agent: Option<AgentKind>,
    /// The system behind HTTP, where that is its memory.
    pub http_agent: Option<Arc<HttpAgent>>,
    /// What is said of the end of its training data.
    pub cutoff: CutoffClaim,
}
