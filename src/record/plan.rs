//! What a run set out to ask, and whether a resumed run still asks the same.
//!
//! Everything in a [`RunPlan`] must be equal for the answers of two sessions to belong together; what may differ
//! (times, hardware, command line) stands beside it in the manifest.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::cutoff::CutoffClaim;
use super::role::Role;
use crate::backend::{Capabilities, EndpointReport, ModelIdentity};

/// The part of `run.json` that must not change between sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    pub seed: u64,
    /// Repeats of every item, at least 1.
    pub n_epochs: u32,
    /// `--task`, as given; `None`: all tasks.
    pub task_filter: Option<String>,
    /// `--attacks`, as given; `None`: all that the suite names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacks: Option<Vec<String>>,
    /// `--published-as`, as given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_as: Option<String>,
    /// `--quick`: items of each number of copies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_level: Option<u64>,
    /// `--data-revision`: revisions of hub data sets by their names.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub data_revisions: std::collections::BTreeMap<String, String>,
    /// Agents and judges, where a suite asks agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<MemoryPlan>,
    /// `None`: the whole run.
    pub shard: Option<Shard>,
    pub suites: Vec<SuiteRecord>,
    pub models: Vec<ModelRecord>,
}

/// How histories are remembered and answers judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemoryPlan {
    /// `--agent`, in order; empty: the model reads everything.
    pub agents: Vec<String>,
    /// `--top-k`, `--chunk-tokens`, `--chunking`, `--memory-tokens`, `--truncate`.
    pub wishes: serde_json::Value,
    pub judge_repeats: u32,
    /// `--judge-prompt`, as given, and the hash of what it holds.
    pub judge_prompt: Option<String>,
    pub judge_prompt_sha256: Option<String>,
}

/// One of several runs that share the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// From 1.
    pub index: u32,
    pub count: u32,
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

/// A suite of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteRecord {
    pub name: String,
    pub version: String,
    /// Hex SHA-256 over the suite file and every file that it names.
    pub hash: String,
    /// `embedded`, or the path that the suite was read from.
    pub origin: String,
    /// `builtin`, `hub` or `path`.
    pub size: String,
    /// The folder of `path`, for a resumed call that does not name it; equal data in another place are equal data.
    #[serde(default)]
    pub folder: Option<String>,
    /// `--limit`: items per task.
    pub limit: Option<u64>,
    pub data: Vec<DataRecord>,
    /// The words of its chat prompts, where it asks in chats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompts: Option<PromptRecord>,
}

/// How chats were worded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromptRecord {
    /// As the prompt file calls itself.
    pub name: String,
    /// Hex SHA-256 of the file.
    pub sha256: String,
    /// `--prompt-file`, as given; `None`: the suite's own.
    pub file: Option<String>,
    /// `--plain-prompts`: without the models' chat templates.
    pub is_plain: bool,
    /// `--in-context-unlearning`: every message begins with the instruction to have forgotten.
    pub is_in_context: bool,
}

/// A data file of a suite as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    /// Name of the data set in the suite.
    pub name: String,
    pub file: String,
    /// Hex SHA-256 of the bytes that were read.
    pub sha256: String,
    /// Rows in the file, before any limit.
    pub rows: u64,
}

/// A model of the run and its part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelRecord {
    /// Unique in the run; also the folder name of its cells.
    pub slug: String,
    pub role: Role,
    pub identity: ModelIdentity,
    pub capabilities: Capabilities,
    /// What an endpoint can really do, as it was found out or declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<EndpointReport>,
    /// What is said of its training data's end.
    #[serde(default, skip_serializing_if = "CutoffClaim::is_empty")]
    pub cutoff: CutoffClaim,
    /// What it remembers with, where a suite asks agents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
}

/// One thing that a resumed run would do differently; `Display` gives the sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanDifference {
    /// E.g. `weights hash of model standard`.
    pub what: String,
    pub recorded: String,
    pub resumed: String,
}

impl fmt::Display for PlanDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} was {} and is now {}", self.what, self.recorded, self.resumed)
    }
}

impl RunPlan {
    /// Everything in which `resumed` differs from this recorded plan; empty: the run may go on.
    ///
    /// The order of suites, data files and models does not count, nor does where an equal suite was read from. A
    /// model's name counts only where no weights hash says more than it.
    #[must_use]
    pub fn differences(&self, resumed: &Self) -> Vec<PlanDifference> {
        let mut found = Differences(Vec::new());
        found.compare("seed", &self.seed.to_string(), &resumed.seed.to_string());
        found.compare("number of epochs", &self.n_epochs.to_string(), &resumed.n_epochs.to_string());
        found.compare("task filter", &or_none(self.task_filter.as_ref()), &or_none(resumed.task_filter.as_ref()));
        let attacks = |plan: &Self| or_none(plan.attacks.as_ref().map(|attacks| attacks.join(", ")));
        found.compare("list of attacks", &attacks(self), &attacks(resumed));
        found.compare("published model", &or_none(self.published_as.as_ref()), &or_none(resumed.published_as.as_ref()));
        found.compare("number of items a level", &or_none(self.per_level), &or_none(resumed.per_level));
        let revisions = |plan: &Self| format!("{:?}", plan.data_revisions);
        found.compare("list of data revisions", &revisions(self), &revisions(resumed));
        let memory = |plan: &Self| {
            let words = plan.memory.as_ref().and_then(|memory| serde_json::to_value(memory).ok());
            // Where equal words of a judge stand is no difference.
            or_none(words.map(|mut words| {
                words.as_object_mut().map(|words| words.remove("judge_prompt"));
                words.to_string()
            }))
        };
        found.compare("choice of agents and judging", &memory(self), &memory(resumed));
        found.compare("shard", &or_none(self.shard), &or_none(resumed.shard));
        found.match_up("suite", &self.suites, &resumed.suites, |s| s.name.clone(), compare_suites);
        found.match_up("model", &self.models, &resumed.models, |m| m.slug.clone(), compare_models);
        found.0
    }
}

struct Differences(Vec<PlanDifference>);

impl Differences {
    fn compare(&mut self, what: impl Into<String>, recorded: &str, resumed: &str) {
        if recorded != resumed {
            self.0.push(PlanDifference {
                what: what.into(),
                recorded: recorded.to_owned(),
                resumed: resumed.to_owned(),
            });
        }
    }

    /// Pairs two lists by name; what has no partner is a difference, pairs go to `compare_pair`.
    fn match_up<T>(
        &mut self,
        kind: &str,
        recorded: &[T],
        resumed: &[T],
        name: impl Fn(&T) -> String,
        compare_pair: impl Fn(&mut Self, &T, &T),
    ) {
        for old in recorded {
            match resumed.iter().find(|new| name(new) == name(old)) {
                Some(new) => compare_pair(self, old, new),
                None => self.compare(format!("{kind} {}", name(old)), "there", "missing"),
            }
        }
        for new in resumed.iter().filter(|new| !recorded.iter().any(|old| name(old) == name(new))) {
            self.compare(format!("{kind} {}", name(new)), "not there", "added");
        }
    }
}

fn compare_suites(found: &mut Differences, recorded: &SuiteRecord, resumed: &SuiteRecord) {
    let of = format!("suite {}", recorded.name);
    found.compare(format!("version of {of}"), &recorded.version, &resumed.version);
    found.compare(format!("hash of {of}"), &recorded.hash, &resumed.hash);
    found.compare(format!("size of {of}"), &recorded.size, &resumed.size);
    found.compare(format!("limit of {of}"), &or_none(recorded.limit), &or_none(resumed.limit));
    let prompts = |suite: &SuiteRecord| {
        or_none(suite.prompts.as_ref().map(|prompts| {
            let PromptRecord { sha256, is_plain, is_in_context, .. } = prompts;
            format!("{sha256}, plain {is_plain}, in-context unlearning {is_in_context}")
        }))
    };
    found.compare(format!("prompt file of {of}"), &prompts(recorded), &prompts(resumed));
    found.match_up(
        &format!("data set of {of}:"),
        &recorded.data,
        &resumed.data,
        |d| d.name.clone(),
        |found, a, b| {
            let of = format!("data set {} of {of}", a.name);
            found.compare(format!("file of {of}"), &a.file, &b.file);
            found.compare(format!("hash of {of}"), &a.sha256, &b.sha256);
            found.compare(format!("number of rows of {of}"), &a.rows.to_string(), &b.rows.to_string());
        },
    );
}

fn compare_models(found: &mut Differences, recorded: &ModelRecord, resumed: &ModelRecord) {
    let of = format!("model {}", recorded.slug);
    let (a, b) = (&recorded.identity, &resumed.identity);
    found.compare(format!("role of {of}"), recorded.role.word(), resumed.role.word());
    if a.weights_sha256.is_none() && b.weights_sha256.is_none() {
        found.compare(format!("name of {of}"), &a.name, &b.name);
    }
    found.compare(format!("backend of {of}"), &a.backend, &b.backend);
    let optional = [
        ("architecture", &a.architecture, &b.architecture),
        ("revision", &a.revision, &b.revision),
        ("weights hash", &a.weights_sha256, &b.weights_sha256),
        ("tokenizer hash", &a.tokenizer_sha256, &b.tokenizer_sha256),
        ("number type", &a.dtype, &b.dtype),
    ];
    for (what, a, b) in optional {
        found.compare(format!("{what} of {of}"), &or_none(a.as_ref()), &or_none(b.as_ref()));
    }
    found.compare(format!("device of {of}"), &a.device, &b.device);
    found.compare(format!("number of parameters of {of}"), &or_none(a.n_parameters), &or_none(b.n_parameters));
    found.compare(format!("context length of {of}"), &or_none(a.context_length), &or_none(b.context_length));
    found.compare(format!("BOS handling of {of}"), &a.bos, &b.bos);
    for (what, part) in [
        ("stated cutoff", (|claim| claim.stated.as_ref()) as fn(&CutoffClaim) -> Option<&String>),
        ("day of publication", |claim| claim.released.as_ref()),
    ] {
        found.compare(format!("{what} of {of}"), &or_none(part(&recorded.cutoff)), &or_none(part(&resumed.cutoff)));
    }
    let scoring = |model: &ModelRecord| {
        or_none(model.endpoint.as_ref().and_then(|endpoint| endpoint.scoring).map(crate::backend::Scoring::word))
    };
    found.compare(format!("way of scoring of {of}"), &scoring(recorded), &scoring(resumed));
    let capabilities = |c: &Capabilities| {
        let names = [
            (c.generate, "generate"),
            (c.chat, "chat"),
            (c.score, "score"),
            (c.vocab_stats, "vocab_stats"),
            (c.embed, "embed"),
            (c.choose, "choose"),
        ];
        let declared: Vec<_> = names.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
        if declared.is_empty() { "none".to_owned() } else { declared.join(" + ") }
    };
    found.compare(
        format!("list of capabilities of {of}"),
        &capabilities(&recorded.capabilities),
        &capabilities(&resumed.capabilities),
    );
}

fn or_none<T: fmt::Display>(value: Option<T>) -> String {
    value.map_or_else(|| "none".to_owned(), |v| v.to_string())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn plan() -> RunPlan {
        let model = ModelRecord {
            slug: "standard".into(),
            role: Role::Model,
            identity: ModelIdentity {
                name: "builtin:standard".into(),
                backend: "local-burn".into(),
                architecture: Some("llama".into()),
                revision: None,
                weights_sha256: Some("aa".into()),
                tokenizer_sha256: Some("bb".into()),
                chat_sha256: None,
                dtype: Some("f32".into()),
                device: "cpu".into(),
                n_parameters: Some(1),
                context_length: Some(1024),
                bos: "auto (adds none)".into(),
            },
            capabilities: Capabilities { score: true, ..Capabilities::default() },
            endpoint: None,
            cutoff: CutoffClaim::default(),
            agent: None,
        };
        let data = DataRecord { name: "passages".into(), file: "p.jsonl".into(), sha256: "cc".into(), rows: 10 };
        let suite = SuiteRecord {
            name: "hubble".into(),
            version: "1.0.0".into(),
            hash: "dd".into(),
            origin: "embedded".into(),
            size: "builtin".into(),
            folder: None,
            limit: None,
            data: vec![data],
            prompts: None,
        };
        RunPlan {
            seed: 7,
            n_epochs: 1,
            task_filter: None,
            attacks: None,
            published_as: None,
            per_level: None,
            memory: None,
            data_revisions: std::collections::BTreeMap::new(),
            shard: None,
            suites: vec![suite],
            models: vec![model],
        }
    }

    fn sentences(change: impl FnOnce(&mut RunPlan)) -> Vec<String> {
        let mut resumed = plan();
        change(&mut resumed);
        plan().differences(&resumed).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_plan_may_go_on() {
        assert!(sentences(|_| ()).is_empty());
    }

    #[test]
    fn where_an_equal_suite_or_model_was_found_does_not_count() {
        assert!(sentences(|p| p.suites[0].origin = "suites/hubble/suite.toml".into()).is_empty());
        assert!(sentences(|p| p.models[0].identity.name = "./models/standard".into()).is_empty());
    }

    #[test]
    fn each_change_is_told_in_one_sentence_that_names_it() {
        type Change = fn(&mut RunPlan);
        let changes: [(Change, &str); 13] = [
            (|p| p.seed = 8, "the seed was 7 and is now 8"),
            (|p| p.n_epochs = 2, "the number of epochs was 1 and is now 2"),
            (|p| p.task_filter = Some("p*".into()), "the task filter was none and is now p*"),
            (|p| p.shard = Some(Shard { index: 1, count: 4 }), "the shard was none and is now 1/4"),
            (|p| p.suites[0].hash = "ee".into(), "the hash of suite hubble was dd and is now ee"),
            (|p| p.suites[0].limit = Some(5), "the limit of suite hubble was none and is now 5"),
            (
                |p| p.suites[0].data[0].sha256 = "ee".into(),
                "the hash of data set passages of suite hubble was cc and is now ee",
            ),
            (|p| p.suites.clear(), "the suite hubble was there and is now missing"),
            (|p| p.models[0].slug = "other".into(), "the model standard was there and is now missing"),
            (
                |p| p.models[0].identity.weights_sha256 = Some("ee".into()),
                "the weights hash of model standard was aa and is now ee",
            ),
            (
                |p| p.models[0].identity.tokenizer_sha256 = None,
                "the tokenizer hash of model standard was bb and is now none",
            ),
            (
                |p| p.models[0].identity.dtype = Some("f16".into()),
                "the number type of model standard was f32 and is now f16",
            ),
            (
                |p| p.models[0].capabilities.score = false,
                "the list of capabilities of model standard was score and is now none",
            ),
        ];
        for (change, sentence) in changes {
            assert_eq!(sentences(change)[0], sentence);
        }
    }

    #[test]
    fn several_changes_are_all_told() {
        let sentences = sentences(|p| {
            p.seed = 8;
            p.suites[0].version = "2.0.0".into();
            p.models[0].identity.device = "cuda".into();
        });
        assert_eq!(sentences.len(), 3, "{sentences:?}");
    }

    #[test]
    fn without_weights_hashes_the_name_counts() {
        let mut recorded = plan();
        recorded.models[0].identity.weights_sha256 = None;
        let mut resumed = recorded.clone();
        resumed.models[0].identity.name = "https://other/v1#m".into();
        assert_eq!(recorded.differences(&resumed).len(), 1);
    }
}
