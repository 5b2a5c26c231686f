//! The suite file as its author wrote it: everything optional, nothing resolved.
//!
//! The doc comments here are the descriptions of `mnemoscope schema suite`, so they speak to whoever writes a suite.
//! `schemars(required)` marks the keys that must be there; the check reads that mark from the schema, so the two
//! cannot differ.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::checked::{Axis, ChoiceBy, ChoiceNormalisation, Multiplicity, NewlineStop, SizeKind, SummaryPart};
use super::data_schema::DataSchema;
use super::memory::MemoryFamily;
use super::placed::Placed;
use super::recall::RecallAsk;

type Words = Vec<Placed<String>>;

/// A suite: what is asked, of which data, and how the answers are tested.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteFile {
    /// Layout of this file. The only one so far is 1.
    #[schemars(required)]
    pub schema_version: Option<Placed<u32>>,
    /// Name of the suite, also its folder: lower-case letters, digits and hyphens.
    #[schemars(required)]
    pub name: Option<Placed<String>>,
    /// The suite's own version, three numbers: change it whenever a score could change.
    #[schemars(required)]
    pub version: Option<Placed<String>>,
    /// Title of the card.
    #[schemars(required)]
    pub title: Option<Placed<String>>,
    /// One paragraph for the card: which construct is measured, and how.
    #[schemars(required)]
    pub summary: Option<Placed<String>>,
    /// Licence of the builtin data.
    #[schemars(required)]
    pub licence: Option<Placed<String>>,
    /// The paper, upstream's code and data: where a reader can look things up.
    #[schemars(required)]
    pub sources: Option<Placed<Words>>,
    /// What a reader must not conclude from the card.
    #[schemars(required)]
    pub limits: Option<Placed<Words>>,
    /// CSV file beside the suite with the printed numbers: task,metric,model,copies,value,printed_in.
    pub published: Option<Placed<String>>,
    /// JSON file beside the suite with the words of its chat prompts; `run --prompt-file` takes another one.
    pub prompt_file: Option<Placed<String>>,
    /// Data sets by name.
    #[schemars(required)]
    pub data: Option<Placed<BTreeMap<String, Placed<DataSetFile>>>>,
    /// The questions, in the order of the card.
    #[schemars(required)]
    pub task: Option<Vec<Placed<TaskFile>>>,
    /// Models that were published with the suite's data.
    pub model: Option<Vec<Placed<PublishedModelFile>>>,
    /// Which numbers are claims, and how they are tested.
    #[schemars(required)]
    pub statistics: Option<Placed<StatisticsFile>>,
    /// The figures of the card, in order.
    pub figure: Option<Vec<Placed<FigureFile>>>,
    /// Faults of upstream's own scorer: both numbers are printed, never one in place of the other.
    pub erratum: Option<Vec<Placed<ErratumFile>>>,
}

/// A data set and the places where it can come from; at least one of builtin, hub and path.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DataSetFile {
    /// How rows become items.
    #[schemars(required)]
    pub schema: Option<Placed<DataSchema>>,
    /// Row field that names the cluster (document, person); left out: every row is its own cluster.
    pub cluster_by: Option<Placed<String>>,
    /// Another data set of this suite, whose rows stand in every item's `examples`. Left out: none.
    pub examples: Option<Placed<String>>,
    /// A small file that comes with the suite.
    pub builtin: Option<Placed<BuiltinFile>>,
    /// A file of a data set on the hub.
    pub hub: Option<Placed<HubFile>>,
    /// A file in the folder that the user names with --size.
    pub path: Option<Placed<PathFile>>,
    /// Which values of economic series are asked. Left out: all of all.
    pub select: Option<Placed<SelectionFile>>,
    /// memory-agent-bench: which rows, by their `metadata.source`; a * stands for anything. Left out: all.
    pub sources: Option<Placed<Words>>,
    /// memory-agent-bench: another data set of this suite, with the titles that recommendations are read by. Left out: none.
    pub titles: Option<Placed<String>>,
}

/// Which values of economic series are asked, and what is shown with them.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SelectionFile {
    /// Ids of series of the builtin file. Left out: all. Files of users are asked whole.
    pub series: Option<Placed<Words>>,
    /// First month of the builtin file that is asked, e.g. 2000-01; earlier values still count as history. Left out: the seventh value.
    pub from: Option<Placed<String>>,
    /// Every how many periods one is asked. Left out: each.
    pub every: Option<Placed<u32>>,
    /// Values before the asked one that a question shows. Left out: none.
    pub context: Option<Placed<u32>>,
    /// The month after which the model is told to know nothing, e.g. 2010-12.
    pub fake_cutoff: Option<Placed<String>>,
    /// The day in the future that a forecast is told to stand on, e.g. 2035-06-15.
    pub future_date: Option<Placed<String>>,
    /// How often each forecast is asked. Left out: once.
    pub repeats: Option<Placed<u32>>,
}

/// A file beside the suite, else one of the shipped files under datasets/builtin.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BuiltinFile {
    /// Relative path with forward slashes. A * stands for the name of one folder: that file of every such folder.
    #[schemars(required)]
    pub file: Option<Placed<String>>,
    /// SHA-256 of the file, 64 hex digits; of several files over a line NAME, zero byte, SHA-256 for each.
    #[schemars(required)]
    pub sha256: Option<Placed<String>>,
    /// Only the first so many rows of each number of copies, for questions that take long. Left out: all.
    pub rows_per_level: Option<Placed<u32>>,
}

/// A file of a data set on the hub.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HubFile {
    /// owner/name of the data set.
    #[schemars(required)]
    pub id: Option<Placed<String>>,
    /// A commit (40 hex digits) or a step... revision, never a branch. Left out: the size hub is refused until it is pinned.
    pub revision: Option<Placed<String>>,
    /// File in the data set; FOLDER/* for all data files of a folder.
    #[schemars(required)]
    pub file: Option<Placed<String>>,
    /// SHA-256 of the file, 64 hex digits.
    pub sha256: Option<Placed<String>>,
}

/// A file in the folder that the user names with --size; found with and without .gz.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PathFile {
    /// Relative path in the folder. A * stands for the name of one folder: that file of every such folder.
    #[schemars(required)]
    pub file: Option<Placed<String>>,
    /// Other places, tried in order where `file` is not there. Left out: none.
    pub or: Option<Placed<Words>>,
}

/// The kinds of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeKind {
    /// Log-probabilities of a text, and membership attacks on them.
    Membership,
    /// Greedy continuation of the first tokens of a text, compared with the rest.
    Extract,
    /// Greedy continuation of the first tokens of a text as upstream's Hubble tasks ask for it: the prompt is text again,
    /// the reply is cut in the model's tokens afterwards.
    Verbatim,
    /// The likeliest of several given answers.
    Choose,
    /// Log-probability of a text, alone or behind a context.
    Likelihood,
    /// A short answer to a prompt, compared with a reference.
    Generate,
    /// An answer to a message of the prompt file, through the model's chat template.
    Chat,
    /// Log-probabilities of given answers to such a message.
    ChatChoose,
    /// Log-probabilities of a text's tokens, alone or as the answer to such a message, averaged.
    Tokens,
    /// A written answer to a message of the prompt file about an economic value, a date or a firm, read strictly.
    Recall,
    /// Embeddings of a series' name and a date, by the model of --embedder.
    Embed,
    /// A question about a long context that an agent has memorised, piece by piece.
    Memory,
    /// A question about a state that may have changed in the course of a history.
    State,
}

/// One question asked of every item of one data set.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TaskFile {
    /// Unique name: letters, digits, hyphens, underscores and full stops.
    #[schemars(required)]
    pub id: Option<Placed<String>>,
    /// Title on the card.
    #[schemars(required)]
    pub title: Option<Placed<String>>,
    /// Name of a data set of this suite.
    #[schemars(required)]
    pub data: Option<Placed<String>>,
    /// The kind of question.
    #[schemars(required)]
    pub kind: Option<Placed<ProbeKind>>,
    /// Sizes in which the task runs; left out: all sizes of its data set.
    pub sizes: Option<Placed<Vec<Placed<SizeKind>>>>,
    /// The task's name in upstream's code, under which `published` lists its numbers.
    pub upstream: Option<Placed<String>>,
    /// Upstream's names of metrics where they differ from ours: upstream's name = our name.
    pub upstream_metrics: Option<Placed<BTreeMap<String, Placed<String>>>>,
    /// What the task is for in a suite about forgetting. Left out: nothing of the kind.
    pub axis: Option<Placed<Axis>>,
    /// The number of a whole model that the task counts for, with the tasks whose id begins with the same word. Left out: none.
    pub summary: Option<Placed<SummaryPart>>,
    /// Leave the task out, and tell so, where a folder lacks its data or a model cannot serve it. Left out: that is refused.
    pub optional: Option<Placed<bool>>,
    /// Settings of the question, as published.
    #[schemars(required)]
    pub settings: Option<Placed<SettingsFile>>,
    /// Settings that differ when the size is builtin.
    pub builtin: Option<Placed<SettingsFile>>,
    /// Settings that differ when the size is hub.
    pub hub: Option<Placed<SettingsFile>>,
    /// Settings that differ when the size is a folder.
    pub path: Option<Placed<SettingsFile>>,
}

/// Settings of a question. Which ones apply depends on the kind of the task.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
    /// membership: attack ids as in `mnemoscope list attacks`.
    pub attacks: Option<Placed<Words>>,
    /// membership: share of lowest tokens that Min-K % and Min-K %++ keep, in (0, 1]. Left out: 0.2.
    pub min_k: Option<Placed<f64>>,
    /// extract, verbatim: tokens of the text given as prompt.
    pub prefix_tokens: Option<Placed<u32>>,
    /// extract, verbatim: tokens of the rest that are compared.
    pub suffix_tokens: Option<Placed<u32>>,
    /// choose, likelihood: template of what comes before the scored text; may render to the empty string, and then the text is
    /// scored behind the end-of-text token (likelihood, and choose with a delimiter). In choose it may name `choice` when a
    /// delimiter is given: then each answer has a context of its own.
    pub context: Option<Placed<String>>,
    /// choose: template of the scored continuation; `choice` is the answer, `letter` and `number` its place (A, 1).
    pub choice: Option<Placed<String>>,
    /// choose, likelihood: what stands between context and choice or text, as in lm-evaluation-harness; scored, but not counted
    /// to its characters or bytes. Left out: none; then a choice has its own leading space, which is not counted.
    pub delimiter: Option<Placed<String>>,
    /// choose: how the likeliest answer is found. Left out: sum.
    pub normalisation: Option<Placed<Vec<Placed<ChoiceNormalisation>>>>,
    /// recall: what is asked for, which decides how the answer is read.
    pub ask: Option<Placed<RecallAsk>>,
    /// memory: which prompts and scores.
    pub family: Option<Placed<MemoryFamily>>,
    /// memory: column of the published table. Left out: none.
    pub column: Option<Placed<String>>,
    /// memory: whether the column enters the mean of its competency. Left out: true.
    pub in_mean: Option<Placed<bool>>,
    /// memory: most tokens of a memorised piece.
    pub chunk_tokens: Option<Placed<u32>>,
    /// memory: most tokens that an agent which reads everything is shown.
    pub context_tokens: Option<Placed<u32>>,
    /// memory, state: pieces that a searching agent shows. Left out: 10.
    pub top_k: Option<Placed<u32>>,
    /// state: the questions of histories in which nothing has changed. Left out: false.
    pub control: Option<Placed<bool>>,
    /// recall: draw answers at this temperature, above 0. Left out: the likeliest token each time.
    pub temperature: Option<Placed<f64>>,
    /// chat, chat-choose, tokens, recall: name of a prompt of the prompt file.
    pub wording: Option<Placed<String>>,
    /// chat: what a line break does to the answer. Left out: off.
    pub newline_stop: Option<Placed<NewlineStop>>,
    /// chat-choose: whether letters or texts are scored.
    pub by: Option<Placed<ChoiceBy>>,
    /// chat-choose, tokens: score the end-of-text token, too. Left out: false.
    pub ends: Option<Placed<bool>>,
    /// likelihood, tokens: template of the scored text.
    pub text: Option<Placed<String>>,
    /// generate: template of what the model continues.
    pub prompt: Option<Placed<String>>,
    /// generate, chat: template of the right answer.
    pub reference: Option<Placed<String>>,
    /// generate, chat: field with a list of all right answers.
    pub any_of: Option<Placed<String>>,
    /// generate: count the parts of an e-mail address one by one. Left out: false.
    pub splits_addresses: Option<Placed<bool>>,
    /// generate, verbatim, chat, recall, memory, state: most tokens that are written.
    pub max_tokens: Option<Placed<u32>>,
    /// generate: the answer ends before any of these texts. Left out: none.
    pub stop: Option<Placed<Words>>,
    /// likelihood, generate, verbatim, chat, chat-choose, tokens: what is computed, as in `mnemoscope list metrics`.
    pub metrics: Option<Placed<Words>>,
}

/// A model that was published with the suite's data.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedModelFile {
    /// owner/name on the hub.
    #[schemars(required)]
    pub id: Option<Placed<String>>,
    /// The revision that holds the final weights: a commit (40 hex digits) or a step... revision, never a branch.
    #[schemars(required)]
    pub revision: Option<Placed<String>>,
    /// What the model is for, e.g. core or timing.
    #[schemars(required)]
    pub group: Option<Placed<String>>,
    /// Names of the model in `published`. Left out: none.
    pub labels: Option<Placed<Words>>,
}

/// Which numbers are claims, and how they are tested.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StatisticsFile {
    /// Task whose number is the verdict line.
    #[schemars(required)]
    pub headline_task: Option<Placed<String>>,
    /// Metric of the verdict line, e.g. auc.loss.
    #[schemars(required)]
    pub headline_metric: Option<Placed<String>>,
    /// Number of copies at which the headline is read. Left out: the data have none.
    pub headline_copies: Option<Placed<u32>>,
    /// Two-sided confidence level in (0, 1). Left out: 0.95.
    pub level: Option<Placed<f64>>,
    /// False-positive rates in (0, 1) at which the true-positive rate is read. Left out: 0.01.
    pub tpr_at_fpr: Option<Placed<Vec<Placed<f64>>>>,
    /// Correction over all comparisons (task x metric x copies) of the suite. Left out: holm.
    pub multiplicity: Option<Placed<Multiplicity>>,
    /// Bootstrap resamples, at least 1. Left out: 2000.
    pub resamples: Option<Placed<u32>>,
    /// Loss of a share of neighbours or utility that still counts as kept, above 0. Left out: 0.02.
    pub preservation_margin: Option<Placed<f64>>,
    /// Difference of a share to the reference that still counts as like it, above 0. Left out: 0.05.
    pub likeness_margin: Option<Placed<f64>>,
    /// The same for log-likelihoods, nats a token, above 0. Left out: 0.1.
    pub likeness_margin_nats: Option<Placed<f64>>,
}

/// The kinds of figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FigureKind {
    /// Metrics of one task over the number of copies.
    DoseResponse,
    /// ROC curves on logarithmic axes.
    Roc,
    /// Empirical distribution of one item metric, members against non-members.
    Ecdf,
    /// Paired differences against the baseline.
    Forest,
}

/// A figure of the card. Which keys apply depends on its kind.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FigureFile {
    /// The kind of figure.
    #[schemars(required)]
    pub kind: Option<Placed<FigureKind>>,
    /// What the figure is about; the card adds the finding.
    #[schemars(required)]
    pub title: Option<Placed<String>>,
    /// dose-response, roc, ecdf: id of a task.
    pub task: Option<Placed<String>>,
    /// dose-response, roc: one line for each of these metrics.
    pub metrics: Option<Placed<Words>>,
    /// ecdf: the item metric.
    pub metric: Option<Placed<String>>,
    /// dose-response: lower and upper end of the value axis. Left out: [0, 1].
    pub range: Option<Placed<Vec<Placed<f64>>>>,
    /// dose-response: value of the chance line, if there is one.
    pub chance: Option<Placed<f64>>,
    /// roc, ecdf: members are the items with at least this many copies. Left out: 1.
    pub min_copies: Option<Placed<u32>>,
}

/// A fault of upstream's own scorer.
#[derive(Debug, Default, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ErratumFile {
    /// Unique name.
    #[schemars(required)]
    pub id: Option<Placed<String>>,
    /// What upstream does.
    #[schemars(required)]
    pub upstream: Option<Placed<String>>,
    /// What is right, and why it changes numbers.
    #[schemars(required)]
    pub corrected: Option<Placed<String>>,
    /// Metrics that carry both numbers.
    #[schemars(required)]
    pub metrics: Option<Placed<Words>>,
}
