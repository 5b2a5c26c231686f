//! What will be asked of whom. Everything that can be refused is refused here, before the first request.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use wildmatch::WildMatch;

use super::error::RunError;
use super::evaluate::find_model;
use super::idle_options::refuse_idle;
use super::judge::{JudgeWishes, check_question_types, check_rubrics};
use super::remember::{AgentSet, agent_questions};
use super::responder::{Asked, Responder};
use super::task_metrics::first_metric;
use super::vocabulary::vocabulary;
use crate::agent::http::{HttpAgent, HttpAgentOptions};
use crate::agent::settings::AgentKind;
use crate::backend::{
    BUILTIN_MODELS, Capability, EndpointReport, ModelIdentity, ModelName, OpenOptions, Opened, RemoteModel,
};
use crate::dataset::economic::{month_of, month_text};
use crate::dataset::{DataError, HubAccess, Item, LoadedData, Sample, Size, load_data};
use crate::digest::sha256_hex;
use crate::probe::{NeededCapability, ProbeError, Question, Wording, capabilities, question};
use crate::prompt::PromptPack;
use crate::prompt::memory::MemoryWords;
use crate::record::{
    AnswerKey, CutoffClaim, DataRecord, LeftOut, MemoryPlan, ModelRecord, PromptRecord, Role, RunPlan, SuiteRecord,
    model_slugs, request_hash,
};
use crate::scoring::membership;
use crate::scoring::memory::films::Films;
use crate::scoring::metrics::{self, Direction};
use crate::suite::{FigureSpec, Probe, RecallAsk, Suite, SuiteOrigin, SuiteRegistry, Task, is_pinned_revision};

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

/// A suite with its data in memory.
pub struct PlannedSuite {
    pub suite: Suite,
    pub size: Size,
    pub tasks: Vec<PlannedTask>,
    data: Vec<DataRecord>,
    /// The words of its chats, where it asks in chats.
    pub prompts: Option<PromptRecord>,
    /// The same as they are filled.
    pub pack: Option<PromptPack>,
    /// `partial: N of M`, when a limit or a shard cut the items.
    pub partial: Option<String>,
    /// Optional tasks that the data cannot serve.
    pub left_out: Vec<LeftOut>,
    /// Last month of which the questions for levels know a value, before any limit.
    last_month: Option<i64>,
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
    instructed: Option<Vec<(Question, String)>>,
    /// The task asks what is left of something: then a model that never knew it answers, too.
    pub is_of_forgetting: bool,
    /// A model that cannot serve it is not asked, and told so.
    pub is_optional: bool,
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
        let wanted = with_agents(request, &suites)?;
        let names: Vec<String> =
            wanted.iter().map(|(model, agent)| slug_with_agent(model, agent.as_ref(), request)).collect();
        let slugs = model_slugs(&names);
        check_cutoff_names(request)?;
        let suite_names: Vec<&str> = suites.iter().map(|planned| planned.suite.name.as_str()).collect();
        let mut models = Vec::new();
        let mut opened: Vec<(String, Option<AgentKind>, Arc<Responder>)> = Vec::new();
        let mut http_agents: Vec<(AgentKind, Arc<HttpAgent>)> = Vec::new();
        for ((wanted, agent), slug) in wanted.into_iter().zip(slugs) {
            let needs = needs_of(wanted.role, &suites);
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
                shown_name: shown_name(&wanted, &slug, agent.as_ref()),
                slug,
                role: wanted.role,
                hub,
                responder,
                cutoff: cutoff_of(&wanted, &request.cutoffs),
                agent,
                http_agent,
            });
        }
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

    /// Judges need the words of their rubrics, and a judge by rules can judge only data that carry them.
    fn check_judges(&self) -> Result<(), RunError> {
        for planned in self.suites.iter().filter(|_| self.judges().next().is_some()) {
            let Some(pack) = &planned.pack else { continue };
            for task in planned.tasks.iter().filter(|task| is_judged(&task.probe)) {
                check_question_types(task).map_err(|(item, source)| RunError::QuestionType { item, source })?;
                check_rubrics(task, MemoryWords::new(pack), self.judging.prompt.as_deref())
                    .map_err(|source| ProbeError::Pack { task: task.id.clone(), source })?;
            }
        }
        for judge in self.judges().filter(|judge| matches!(judge.responder.as_ref(), Responder::Rules(_))) {
            for planned in &self.suites {
                for task in planned.tasks.iter().filter(|task| is_judged(&task.probe)) {
                    let has_rules = |item: &Item| {
                        ["rules", "accepted", "keypoint_phrases"].iter().any(|field| item.fields.contains_key(*field))
                    };
                    if !task.items.iter().all(has_rules) {
                        let (judge, task) = (judge.shown_name.clone(), task.id.clone());
                        return Err(RunError::NoRules { judge, task });
                    }
                }
            }
        }
        Ok(())
    }

    /// Agents that search by vectors need somebody who makes them.
    fn check_embedder(&self) -> Result<(), RunError> {
        match self.models.iter().find(|model| model.agent.as_ref().is_some_and(AgentKind::embeds)) {
            Some(model) if self.embedder().is_none() => {
                Err(RunError::NoEmbedder { agent: model.agent.as_ref().map_or("", AgentKind::word) })
            }
            _ => Ok(()),
        }
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

    /// What `run.json` says of this plan.
    #[must_use]
    pub fn record(&self) -> RunPlan {
        RunPlan {
            seed: self.seed,
            n_epochs: self.n_epochs,
            task_filter: self.task_filter.clone(),
            attacks: self.attacks.clone(),
            published_as: self.published_as.clone(),
            per_level: self.sample.per_level.map(|count| count.get() as u64),
            data_revisions: self.data_revisions.clone(),
            memory: self.memory_record(),
            shard: self.sample.shard.map(|shard| crate::record::Shard { index: shard.index(), count: shard.count() }),
            suites: self
                .suites
                .iter()
                .map(|planned| SuiteRecord {
                    name: planned.suite.name.clone(),
                    version: planned.suite.version.clone(),
                    hash: planned.suite.hash.clone(),
                    origin: match &planned.suite.origin {
                        SuiteOrigin::Embedded => "embedded".to_owned(),
                        SuiteOrigin::File(path) => path.display().to_string(),
                    },
                    size: planned.size.kind().to_string(),
                    folder: match &planned.size {
                        Size::Folder(folder) => Some(folder.display().to_string()),
                        Size::Builtin | Size::Hub => None,
                    },
                    limit: self.sample.limit.map(|limit| limit.get() as u64),
                    data: planned.data.clone(),
                    prompts: planned.prompts.clone(),
                })
                .collect(),
            models: self
                .models
                .iter()
                .map(|model| ModelRecord {
                    slug: model.slug.clone(),
                    role: model.role,
                    identity: model.responder.identity().clone(),
                    capabilities: model.responder.capabilities(),
                    endpoint: model.responder.endpoint().cloned(),
                    cutoff: model.cutoff.clone(),
                    agent: model.agent.as_ref().map(ToString::to_string),
                })
                .collect(),
        }
    }

    /// What `run.json` says of agents and judges; nothing where no suite asks agents.
    fn memory_record(&self) -> Option<MemoryPlan> {
        let asks = self.suites.iter().flat_map(|planned| &planned.tasks).any(|task| !task.by_agent.is_empty());
        asks.then(|| MemoryPlan {
            agents: self.agents.kinds.iter().map(ToString::to_string).collect(),
            wishes: serde_json::to_value(&self.agents.wishes).unwrap_or_default(),
            judge_repeats: self.judging.repeats,
            judge_prompt: self.judging.prompt_file.as_ref().map(|path| path.display().to_string()),
            judge_prompt_sha256: self.judging.prompt.as_ref().map(|text| sha256_hex(text.as_bytes())),
        })
    }

    /// Where something is to have been forgotten, models are paired token by token, and asked in the same form.
    fn check_alike(&self) -> Result<(), RunError> {
        if !self.suites.iter().flat_map(|planned| &planned.tasks).any(|task| task.is_of_forgetting) {
            return Ok(());
        }
        let asked = |model: &&PlannedModel| !matches!(model.role, Role::Judge | Role::Embedder);
        let identities: Vec<_> = self.models.iter().filter(asked).map(|model| model.responder.identity()).collect();
        // What is not known of a model is no difference.
        let parts: [(&'static str, Part); 3] = [
            ("tokenizers", |identity| identity.tokenizer_sha256.as_deref()),
            ("chat templates", |identity| identity.chat_sha256.as_deref()),
            // How the weights are stored may differ, how they are multiplied not.
            ("number types", |identity| identity.dtype.as_deref()?.split(" (stored").next()),
        ];
        for (what, part) in parts {
            let mut known = identities.iter().filter_map(|identity| Some((identity.name.as_str(), part(identity)?)));
            if let Some((other, expected)) = known.next()
                && let Some((model, _)) = known.find(|(_, found)| *found != expected)
            {
                return Err(RunError::NotAlike { model: model.to_owned(), other: other.to_owned(), what });
            }
        }
        Ok(())
    }

    /// A cutoff behind the last value leaves nothing to compare with.
    fn check_cutoffs(&self) -> Result<(), RunError> {
        let months = self.suites.iter().filter_map(|planned| planned.last_month);
        let Some(last) = months.max().and_then(|month| i32::try_from(month).ok()) else { return Ok(()) };
        for model in &self.models {
            if let Some(stated) = model.cutoff.stated.as_deref().and_then(month_of)
                && stated >= last
            {
                return Err(RunError::CutoffAfterData {
                    model: model.shown_name.clone(),
                    cutoff: month_text(stated),
                    last: month_text(last),
                });
            }
        }
        Ok(())
    }

    fn check_capabilities(&self) -> Result<(), RunError> {
        for planned in &self.suites {
            for task in &planned.tasks {
                for model in self.models.iter().filter(|model| self.asks(model, task)) {
                    if let Some(needed) = self.lacks(model, task) {
                        return Err(RunError::MissingCapability {
                            suite: planned.suite.name.clone(),
                            task: task.id.clone(),
                            model: model.responder.identity().name.clone(),
                            capability: needed.capability,
                            reason: needed.reason,
                        });
                    }
                }
            }
        }
        Ok(())
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

/// A cutoff of a model that is not in the run would be silently of no use.
fn check_cutoff_names(request: &RunRequest) -> Result<(), RunError> {
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

/// Something that models must share to be paired.
type Part = fn(&ModelIdentity) -> Option<&str>;

/// A model of the published collection is asked at a pinned revision only: its weights of every training step stand beside each
/// other, and `main` need not be the last one.
fn check_published(request: &RunRequest, suites: &[Suite]) -> Result<(), RunError> {
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
fn check_data_revisions(request: &RunRequest, suites: &[Suite]) -> Result<(), RunError> {
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

fn plan_suite(suite: Suite, request: &RunRequest) -> Result<PlannedSuite, RunError> {
    let (pack, prompts) = wording_of(&suite, &request.chat)?.unzip();
    let wording = Wording { pack: pack.as_ref(), is_plain: request.chat.is_plain, is_in_context: false };
    let kinds = agents_of(request);
    let size = request.size.kind();
    let pattern = request.task_filter.as_deref().unwrap_or("*");
    let matcher = WildMatch::new(pattern);
    let chosen: Vec<usize> = (0..suite.tasks.len())
        .filter(|&index| suite.tasks[index].sizes.contains(&size) && matcher.matches(&suite.tasks[index].id))
        .collect();
    if chosen.is_empty() {
        let known: Vec<&str> = suite.tasks.iter().map(|task| task.id.as_str()).collect();
        return Err(RunError::NoTask {
            suite: suite.name.clone(),
            pattern: pattern.into(),
            size,
            known: known.join(", "),
        });
    }
    let mut loaded: BTreeMap<String, LoadedData> = BTreeMap::new();
    let mut tasks = Vec::new();
    let mut partial = None;
    let mut left_out = Vec::new();
    let mut last_month = None;
    let hub = HubAccess { options: request.open.hub, revisions: &request.data_revisions };
    for &index in &chosen {
        let task = &suite.tasks[index];
        if !loaded.contains_key(&task.data) {
            let data = match load_data(&suite, &suite.data[&task.data], &request.size, &hub) {
                Ok(data) => data,
                Err(
                    error @ (DataError::NotInFolder { .. }
                    | DataError::NothingToAsk { .. }
                    | DataError::NoSource { .. }),
                ) if task.is_optional => {
                    let reason = match error {
                        DataError::NotInFolder { file, .. } => format!("the folder has no {file}"),
                        DataError::NothingToAsk { what, .. } => format!("no series has {what}"),
                        DataError::NoSource { what, .. } => format!("no row has {what}"),
                        error => error.to_string(),
                    };
                    left_out.push(LeftOut { task: task.id.clone(), model: None, reason });
                    continue;
                }
                Err(DataError::NotInFolder { folder, file, .. }) => {
                    let asks = |index: &&usize| suite.tasks[**index].data == task.data;
                    let tasks = chosen.iter().filter(asks).map(|&index| suite.tasks[index].id.clone()).collect();
                    return Err(DataError::NotInFolder { folder, file, tasks }.into());
                }
                Err(error) => return Err(error.into()),
            };
            loaded.insert(task.data.clone(), data);
        }
        if matches!(&task.probe, Probe::Recall(probe) if probe.ask == RecallAsk::Level) {
            let months = loaded[&task.data].items.iter().filter_map(|item| item.fields.get("month")?.as_i64());
            last_month = last_month.max(months.max());
        }
        let sampled = match task.probe {
            Probe::Memory(_) | Probe::State(_) => {
                request.sample.apply_by_history(loaded[&task.data].items.clone(), matches!(task.probe, Probe::State(_)))
            }
            _ => request.sample.apply(loaded[&task.data].items.clone()),
        };
        // Items of one context stay together, and some tasks have few contexts.
        if sampled.items.is_empty() && task.is_optional && request.sample.shard.is_some() {
            let reason = "none of its items is in this shard".to_owned();
            left_out.push(LeftOut { task: task.id.clone(), model: None, reason });
            continue;
        }
        if sampled.items.is_empty() {
            return Err(RunError::NoItem { why: format!("task `{}` has no item in this sample", task.id) });
        }
        partial = partial.or_else(|| sampled.partial());
        let mut probe = task.probe_for(size).clone();
        check_axis(task, &probe)?;
        narrow(&task.id, &mut probe, request.attacks.as_deref())?;
        let worded = |wording| {
            let one = |item| {
                let question = question(&task.id, &probe, item, wording)?;
                let hash = request_hash(&question)?;
                Ok((question, hash))
            };
            sampled.items.iter().map(one).collect::<Result<Vec<_>, RunError>>()
        };
        let by_agent = if matches!(probe, Probe::Memory(_) | Probe::State(_)) {
            let of_kind = |kind: &AgentKind| {
                let wishes = &request.memory.agents.wishes;
                let questions = agent_questions(&task.id, &probe, &sampled.items, pack.as_ref(), kind, wishes)?;
                Ok((kind.clone(), questions))
            };
            kinds.iter().map(of_kind).collect::<Result<Vec<_>, RunError>>()?
        } else {
            Vec::new()
        };
        let questions = match by_agent.first() {
            Some((_, questions)) => questions.clone(),
            None => worded(wording)?,
        };
        let films = match &loaded[&task.data].titles {
            Some(titles) => Some(Arc::new(
                Films::read(&titles.text)
                    .map_err(|error| RunError::Films { file: titles.file.clone(), reason: error.to_string() })?,
            )),
            None => None,
        };
        let instructed = if request.chat.is_in_context {
            if !matches!(probe, Probe::Chat(_) | Probe::ChatChoose(_) | Probe::Tokens(_)) {
                return Err(RunError::NoInstruction { task: task.id.clone() });
            }
            Some(worded(Wording { is_in_context: true, ..wording })?)
        } else {
            None
        };
        let is_of_forgetting = task.axis.is_some() || task.summary.is_some();
        let id = task.id.clone();
        let is_optional = task.is_optional;
        let items = sampled.items;
        tasks.push(PlannedTask {
            index,
            id,
            probe,
            items,
            questions,
            by_agent,
            films,
            instructed,
            is_of_forgetting,
            is_optional,
        });
    }
    if tasks.is_empty() {
        let why =
            left_out.iter().map(|out: &LeftOut| format!("{}: {}", out.task, out.reason)).collect::<Vec<_>>().join("; ");
        return Err(RunError::NoItem { why });
    }
    let mut data: Vec<DataRecord> = Vec::new();
    for (name, loaded) in loaded {
        data.push(DataRecord { name, file: loaded.file, sha256: loaded.sha256, rows: loaded.rows as u64 });
        if let Some(titles) = loaded.titles
            && !data.iter().any(|known| known.name == titles.data)
        {
            data.push(DataRecord { name: titles.data, file: titles.file, sha256: titles.sha256, rows: 1 });
        }
    }
    let size = request.size.clone();
    Ok(PlannedSuite { suite, size, tasks, data, prompts, pack, partial, left_out, last_month })
}

/// The words of a suite's chats, and what the record says of them; `None`: it does not ask in chats.
fn wording_of(suite: &Suite, wishes: &ChatWishes) -> Result<Option<(PromptPack, PromptRecord)>, RunError> {
    let own = suite.prompt_file.as_ref();
    let asks = |task: &Task| {
        matches!(
            task.probe,
            Probe::Chat(_)
                | Probe::ChatChoose(_)
                | Probe::Tokens(_)
                | Probe::Recall(_)
                | Probe::Memory(_)
                | Probe::State(_)
        )
    };
    if own.is_none() && !suite.tasks.iter().any(asks) {
        return Ok(None);
    }
    let (file, bytes) = match (&wishes.prompt_file, own) {
        (Some(path), _) => {
            let fault =
                |source| RunError::PromptFile { path: path.clone(), reason: std::io::Error::to_string(&source) };
            (path.clone(), std::fs::read(path).map_err(fault)?)
        }
        (None, Some(own)) => (PathBuf::from(&own.file), own.text.clone().into_bytes()),
        (None, None) => return Ok(None),
    };
    let fault = |reason| RunError::PromptFile { path: file.clone(), reason };
    let pack = PromptPack::read(&bytes).map_err(|error| fault(error.to_string()))?;
    if wishes.is_in_context && !pack.has_in_context() {
        return Err(fault("it has no `icu`, the instruction of in-context unlearning; add it".to_owned()));
    }
    let record = PromptRecord {
        name: pack.name.clone(),
        sha256: pack.sha256.clone(),
        file: wishes.prompt_file.as_ref().map(|path| path.display().to_string()),
        is_plain: wishes.is_plain,
        is_in_context: wishes.is_in_context,
    };
    Ok(Some((pack, record)))
}

/// What a task is judged by must rise with what the model knows or can do, or less of it would be called forgotten.
fn check_axis(task: &Task, probe: &Probe) -> Result<(), RunError> {
    let metric = first_metric(probe);
    let rises = metrics::find(&metric).is_some_and(|found| found.metric.direction != Direction::LowerRemembersMore);
    if task.axis.is_none() || rises {
        return Ok(());
    }
    Err(RunError::AxisMetric { task: task.id.clone(), metric })
}

/// Models under test and baselines answer all, a reference only what an attack reads from it.
fn is_asked(role: Role, task: &PlannedTask) -> bool {
    match role {
        Role::Model | Role::Baseline => task.probe != Probe::Embed,
        Role::Reference => task.is_of_forgetting || needs_reference(&task.probe),
        Role::Embedder => task.probe == Probe::Embed,
        // A judge is asked about answers, not about items.
        Role::Judge => false,
    }
}

/// Whether a judge reads the answers.
#[must_use]
pub fn is_judged(probe: &Probe) -> bool {
    match probe {
        Probe::State(_) => true,
        Probe::Memory(probe) => probe.family.is_judged(),
        _ => false,
    }
}

/// Whether agents of the run search by vectors of this model.
fn embeds(wanted: &WantedModel, request: &RunRequest) -> bool {
    wanted.role == Role::Embedder && request.memory.agents.kinds.iter().any(AgentKind::embeds)
}

/// The agents of a run; where none is named, the model reads everything.
fn agents_of(request: &RunRequest) -> Vec<AgentKind> {
    let named = &request.memory.agents.kinds;
    if named.is_empty() { vec![AgentKind::LongContext] } else { named.clone() }
}

/// Each model under test and each baseline with each of the agents, where the suites ask agents.
fn with_agents(
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

/// A model's name with its agent, where agents were named.
fn slug_with_agent(model: &WantedModel, agent: Option<&AgentKind>, request: &RunRequest) -> String {
    let name = slug_source(&model.text);
    match agent.filter(|_| !request.memory.agents.kinds.is_empty()) {
        Some(kind) => format!("{name}-{}", kind.word()),
        None => name,
    }
}

/// What a model of this role must be able to do, what will do instead included.
fn needs_of(role: Role, suites: &[PlannedSuite]) -> Vec<Capability> {
    let mut needs = BTreeSet::new();
    for planned in suites {
        if role == Role::Judge && planned.tasks.iter().any(|task| is_judged(&task.probe)) {
            needs.extend([Capability::Chat, Capability::Generate]);
        }
        for task in planned.tasks.iter().filter(|task| is_asked(role, task)) {
            for needed in capabilities(&task.probe, planned.is_plain()) {
                needs.insert(needed.capability);
                needs.extend(needed.instead);
            }
        }
    }
    needs.into_iter().collect()
}

/// Leaves only the attacks that the user wants.
fn narrow(task: &str, probe: &mut Probe, wanted: Option<&[String]>) -> Result<(), RunError> {
    let (Probe::Membership(probe), Some(wanted)) = (probe, wanted) else { return Ok(()) };
    if let Some(unknown) = wanted.iter().find(|id| membership::find(id).is_none()) {
        return Err(RunError::UnknownAttack { attack: unknown.clone() });
    }
    let known = probe.attacks.join(", ");
    probe.attacks.retain(|id| wanted.contains(id));
    if probe.attacks.is_empty() {
        return Err(RunError::NoAttackLeft { task: task.to_owned(), known });
    }
    Ok(())
}

fn needs_reference(probe: &Probe) -> bool {
    match probe {
        Probe::Membership(probe) => {
            probe.attacks.iter().filter_map(|id| membership::find(id)).any(|attack| attack.needs.reference_model)
        }
        _ => false,
    }
}

/// Names of folders are told by their last part: no path belongs in a record that others read.
fn slug_source(text: &str) -> String {
    let model = text.split_once("://").and_then(|(_, rest)| rest.split_once('#')).map_or(text, |(_, model)| model);
    model.trim_end_matches('/').rsplit('/').next().unwrap_or(model).to_owned()
}

fn shown_name(wanted: &WantedModel, slug: &str, agent: Option<&AgentKind>) -> String {
    match &wanted.name {
        // No path and no host belongs in results.
        ModelName::Folder(_) | ModelName::Replay(_) | ModelName::Endpoint { .. } => slug.to_owned(),
        _ => {
            let name = crate::redact::redact(&wanted.text);
            agent.map_or_else(|| name.clone(), |agent| format!("{name} with {}", agent.word()))
        }
    }
}
