//! What will be asked of whom. Everything that can be refused is refused here, before the first request.
//!
//! - `request`: what the user asked for; `request_checks`, `idle_options`: what of it would be of no use
//! - `suite`: a suite with its data and questions; `agents`: models joined with what they remember with
//! - `models`: models and agents opened; `planned`: what comes of it all; `roles`: who is asked what
//! - `checks`: what must hold of all together; `record`: what `run.json` says of it

mod agents;
mod checks;
mod idle_options;
mod models;
mod planned;
mod record;
mod request;
mod request_checks;
mod roles;
mod suite;

pub use planned::{PlannedModel, PlannedSuite, PlannedTask};
pub use request::{ChatWishes, MemoryWishes, RunRequest, WantedModel};
pub use roles::is_judged;

use std::collections::{BTreeMap, BTreeSet};

use self::agents::agents_of;
use self::idle_options::refuse_idle;
use self::models::open_models;
use self::request_checks::{check_cutoff_names, check_data_revisions, check_epochs, check_published};
use self::roles::is_asked;
use self::suite::plan_suite;
use super::error::RunError;
use super::judge::JudgeWishes;
use super::remember::AgentSet;
use super::responder::Responder;
use super::vocabulary::vocabulary;
use crate::backend::{Opened, RemoteModel};
use crate::dataset::Sample;
use crate::probe::{NeededCapability, capabilities};
use crate::record::{LeftOut, Role};
use crate::suite::{FigureSpec, Probe, SuiteRegistry};

/// A checked plan.
pub struct Plan {
    pub suites: Vec<PlannedSuite>,
    pub models: Vec<PlannedModel>,
    pub seed: u64,
    pub n_epochs: u32,
    pub published_as: Option<String>,
    data_revisions: BTreeMap<String, String>,
    task_filter: Option<String>,
    attacks: Option<Vec<String>>,
    sample: Sample,
    pub agents: AgentSet,
    pub judging: JudgeWishes,
}

impl Plan {
    /// Finds suites, loads data, opens models, checks every need.
    ///
    /// # Errors
    /// Whatever the user has to change first.
    pub fn build(request: &RunRequest, registry: &SuiteRegistry) -> Result<Self, RunError> {
        let mut loaded = Vec::new();
        let mut seen = BTreeSet::new();
        for name in &request.suites {
            let suite = registry.load(name, &vocabulary())?;
            if !seen.insert(suite.name.clone()) {
                return Err(RunError::RepeatedSuite { suite: suite.name });
            }
            loaded.push(suite);
        }
        check_published(request, &loaded)?;
        check_data_revisions(request, &loaded)?;
        let suites: Vec<PlannedSuite> =
            loaded.into_iter().map(|suite| plan_suite(suite, request)).collect::<Result<_, _>>()?;
        if !request.models.iter().any(|model| model.role == Role::Model) {
            return Err(RunError::NoModel);
        }
        let has_judge = request.models.iter().any(|model| model.role == Role::Judge);
        refuse_idle(&request.memory, has_judge, &agents_of(request), &suites)?;
        check_cutoff_names(request)?;
        check_epochs(request, &suites)?;
        let models = open_models(request, &suites)?;
        let plan = Self {
            suites,
            models,
            seed: request.seed,
            n_epochs: request.n_epochs.max(1),
            published_as: request.published_as.clone(),
            data_revisions: request.data_revisions.clone(),
            task_filter: request.task_filter.clone(),
            attacks: request.attacks.clone(),
            sample: request.sample,
            agents: request.memory.agents.clone(),
            judging: request.memory.judging.clone(),
        };
        plan.check_judges()?;
        plan.check_embedder()?;
        plan.check_capabilities()?;
        plan.check_alike()?;
        plan.check_cutoffs()?;
        Ok(plan)
    }

    /// Whether a model answers a task in this run: models under test and baselines answer all, a reference only what an
    /// attack reads from it.
    #[must_use]
    pub fn asks(&self, model: &PlannedModel, task: &PlannedTask) -> bool {
        is_asked(model.role, task) && (!task.is_optional || self.lacks(model, task).is_none())
    }

    /// What a model lacks for a task, and why the task needs it.
    fn lacks(&self, model: &PlannedModel, task: &PlannedTask) -> Option<NeededCapability> {
        let is_plain = self.suites.iter().any(PlannedSuite::is_plain);
        let can = model.responder.capabilities();
        let lacks = |needed: &NeededCapability| {
            !can.has(needed.capability) && !needed.instead.is_some_and(|instead| can.has(instead))
        };
        capabilities(&task.probe, is_plain).into_iter().find(lacks)
    }

    /// Optional tasks of a suite that were left out, for want of data or by a model that cannot serve them.
    #[must_use]
    pub fn left_out(&self, planned: &PlannedSuite) -> Vec<LeftOut> {
        let mut left_out = planned.left_out.clone();
        let has_embedder = self.models.iter().any(|model| model.role == Role::Embedder);
        for task in planned.tasks.iter().filter(|task| task.probe == Probe::Embed && !has_embedder) {
            let reason = "no model embeds texts; give --embedder".to_owned();
            left_out.push(LeftOut { task: task.id.clone(), model: None, reason });
        }
        for task in planned.tasks.iter().filter(|task| task.is_optional) {
            for model in self.models.iter().filter(|model| is_asked(model.role, task)) {
                if let Some(needed) = self.lacks(model, task) {
                    left_out.push(LeftOut {
                        task: task.id.clone(),
                        model: Some(model.slug.clone()),
                        reason: format!("it needs `{}`: {}", needed.capability, needed.reason),
                    });
                }
            }
        }
        left_out
    }

    /// Whether anything of this plan goes over the network.
    #[must_use]
    pub fn has_endpoint(&self) -> bool {
        self.models.iter().any(|model| model.responder.endpoint().is_some())
    }

    /// The currency of the endpoints' prices, where it is one.
    #[must_use]
    pub fn currency(&self) -> Option<String> {
        let mut found: Vec<&str> =
            self.remotes().filter_map(|remote| remote.prices()).map(|prices| prices.currency.as_str()).collect();
        found.dedup();
        match found.as_slice() {
            [one] => Some((*one).to_owned()),
            _ => None,
        }
    }

    /// The endpoints of the plan.
    pub fn remotes(&self) -> impl Iterator<Item = &RemoteModel> {
        self.models.iter().filter_map(|model| match model.responder.as_ref() {
            Responder::Model(opened) => opened.remote(),
            Responder::Replay(_) | Responder::Rules(_) | Responder::Imported(_) => None,
        })
    }

    /// The model that reference attacks read: the reference if there is one, else the baseline.
    #[must_use]
    pub fn reference(&self) -> Option<&PlannedModel> {
        let of_role = |role| self.models.iter().find(move |model| model.role == role);
        of_role(Role::Reference).or_else(|| of_role(Role::Baseline))
    }

    /// The model that embeds texts.
    #[must_use]
    pub fn embedder(&self) -> Option<&Opened> {
        let model = self.models.iter().find(|model| model.role == Role::Embedder)?;
        match model.responder.as_ref() {
            Responder::Model(opened) => Some(opened),
            Responder::Replay(_) | Responder::Rules(_) | Responder::Imported(_) => None,
        }
    }

    /// The judges, in the order in which they were named.
    pub fn judges(&self) -> impl Iterator<Item = &PlannedModel> {
        self.models.iter().filter(|model| model.role == Role::Judge)
    }

    /// The first baseline.
    #[must_use]
    pub fn baseline(&self) -> Option<&PlannedModel> {
        self.models.iter().find(|model| model.role == Role::Baseline)
    }

    /// The baseline that a model is held against: that with the same agent where there is one, or else the memory would differ, too.
    #[must_use]
    pub fn baseline_of(&self, model: &str) -> Option<&PlannedModel> {
        let agent = self.models.iter().find(|known| known.slug == model).and_then(|known| known.agent.as_ref());
        let alike = |known: &&PlannedModel| known.role == Role::Baseline && known.agent.as_ref() == agent;
        self.models.iter().find(alike).or_else(|| self.baseline())
    }

    /// Answers that the whole plan asks for.
    #[must_use]
    pub fn n_planned(&self) -> u64 {
        let mut n = 0;
        for suite in &self.suites {
            for task in &suite.tasks {
                for _ in self.models.iter().filter(|model| self.asks(model, task)) {
                    n += task.items.len() as u64 * u64::from(self.n_epochs);
                }
            }
        }
        n
    }

    /// Figures of each suite, by name.
    #[must_use]
    pub fn figures(&self) -> BTreeMap<String, Vec<FigureSpec>> {
        self.suites.iter().map(|planned| (planned.suite.name.clone(), planned.suite.figures.clone())).collect()
    }
}
