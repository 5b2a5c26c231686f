//! What `run.json` says of a plan.

use super::Plan;
use crate::dataset::Size;
use crate::digest::sha256_hex;
use crate::record::{MemoryPlan, ModelRecord, RunPlan, SuiteRecord};
use crate::suite::SuiteOrigin;

impl Plan {
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
}
