//! The checked suite: every default filled in, every reference resolved.
//!
//! A [`Suite`] can only be made by `Suite::load` (file or embedded), which collects *all* errors of the file
//! before it gives up. Past this line nothing is optional because "the author may not have said".

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::data_schema::DataSchema;
use super::memory::{MemoryProbe, StateProbe};
use super::recall::{RecallProbe, SeriesSelection};

/// What is asked, of which data, and how the answers are tested.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suite {
    /// File-system-safe name, e.g. `hubble`.
    pub name: String,
    /// The suite's own version, e.g. `1.0.0`.
    pub version: String,
    pub title: String,
    /// One paragraph for the evaluation card: what construct is measured.
    pub summary: String,
    /// Licence of the builtin data.
    pub licence: String,
    /// Where the paper and upstream's code are.
    pub sources: Vec<String>,
    /// What a reader must not conclude from the card.
    pub limits: Vec<String>,
    /// The words of its chat prompts, where it asks in chats.
    pub prompt_file: Option<PromptFile>,
    /// Data sets by name.
    pub data: BTreeMap<String, DataSet>,
    pub tasks: Vec<Task>,
    /// Models that were published with the suite's data; empty when there are none.
    pub models: Vec<PublishedModel>,
    pub statistics: StatisticalPlan,
    pub figures: Vec<FigureSpec>,
    /// The paper's printed numbers (`published.csv`); empty when the suite has none.
    pub published: Vec<PublishedValue>,
    pub errata: Vec<Erratum>,
    /// Where this suite was read from.
    pub origin: SuiteOrigin,
    /// Hex SHA-256 over the suite file and every file that it names.
    pub hash: String,
}

/// A file with the words of chat prompts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PromptFile {
    pub file: String,
    pub text: String,
}

/// Where a suite came from; written into the run record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SuiteOrigin {
    /// Compiled into the binary.
    Embedded,
    /// A `suites/NAME/suite.toml` in the working directory, or a path given by the user.
    File(PathBuf),
}

impl Suite {
    /// The task with this id.
    #[must_use]
    pub fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }
}

/// A data set and the places where it can come from, one per size.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DataSet {
    pub name: String,
    pub schema: DataSchema,
    /// `None`: the data set does not exist in this size.
    pub builtin: Option<BuiltinSource>,
    pub hub: Option<HubSource>,
    pub path: Option<PathSource>,
    /// Row field that names the cluster (document, person); `None`: every row is its own cluster.
    pub cluster_by: Option<String>,
    /// Another data set of the suite, whose rows stand in every item's `examples`.
    pub examples: Option<String>,
    /// Which values of series are asked; of other data without meaning.
    pub selection: SeriesSelection,
    /// Patterns of `metadata.source`, of rows with long contexts; empty: all rows.
    pub sources: Vec<String>,
    /// Another data set of the suite, with the titles that recommendations are read by.
    pub titles: Option<String>,
}

impl DataSet {
    /// Whether the data set exists in this size.
    #[must_use]
    pub fn has(&self, size: SizeKind) -> bool {
        match size {
            SizeKind::Builtin => self.builtin.is_some(),
            SizeKind::Hub => self.hub.is_some(),
            SizeKind::Path => self.path.is_some(),
        }
    }

    /// The sizes in which the data set exists, smallest first.
    #[must_use]
    pub fn sizes(&self) -> Vec<SizeKind> {
        SizeKind::ALL.into_iter().filter(|&size| self.has(size)).collect()
    }
}

/// A small file that comes with the suite, or with a `*` for a folder's name one file in each such folder: beside the suite file, else embedded under `datasets/builtin/`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BuiltinSource {
    pub file: String,
    /// Of several files: over their names and hashes, in order.
    pub sha256: String,
    /// Only the first so many rows of each number of copies; `None`: all.
    pub rows_per_level: Option<u32>,
}

/// A file of a hub data set at a pinned revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubSource {
    /// `owner/name`.
    pub id: String,
    /// A commit (40 hex digits) or a `step...` revision, never a branch. `None`: nobody has pinned it yet, and
    /// the size `hub` is refused with a sentence that says what to pin.
    pub revision: Option<String>,
    /// One file, or with a `*` at its end all data files of a folder.
    pub file: String,
    /// `None` until somebody with access to the hub has pinned it; the run then records what it saw.
    pub sha256: Option<String>,
}

/// A file below the folder that the user gives as `--size PATH`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PathSource {
    /// With a `*` for a folder's name: that file of every such folder.
    pub file: String,
    /// Other places, tried in order where `file` is not there.
    pub or: Vec<String>,
}

/// The sizes in which a suite can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SizeKind {
    /// Small data in the repository: offline, minutes on two cores.
    Builtin,
    /// The real data, downloaded at a pinned revision.
    Hub,
    /// A folder that the user has.
    Path,
}

impl SizeKind {
    /// All sizes, smallest first.
    pub const ALL: [Self; 3] = [Self::Builtin, Self::Hub, Self::Path];
}

impl fmt::Display for SizeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Builtin => "builtin",
            Self::Hub => "hub",
            Self::Path => "path",
        })
    }
}

/// One question asked of every item of one data set.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Unique in the suite, e.g. `passages-membership`.
    pub id: String,
    pub title: String,
    /// Name of a data set of the suite.
    pub data: String,
    /// The question as published; [`Task::probe_for`] gives the one for a size.
    pub probe: Probe,
    /// Sizes that ask with other settings than `probe`, e.g. shorter prompts for short builtin passages. Shown in
    /// the method box.
    pub probe_by_size: BTreeMap<SizeKind, Probe>,
    /// Sizes in which the task runs.
    pub sizes: Vec<SizeKind>,
    /// The task's name in upstream's code; published numbers are listed under it.
    pub upstream: Option<String>,
    /// Upstream's name of a metric to ours, where the two differ.
    pub upstream_metrics: BTreeMap<String, String>,
    /// What the task is for where a model is to have forgotten something.
    pub axis: Option<Axis>,
    /// The number of a whole model that the task counts for.
    pub summary: Option<SummaryPart>,
    /// Left out, and told so, where a folder lacks its data or a model cannot serve it; else that is refused.
    pub is_optional: bool,
}

/// What a task is a part of, with the other tasks whose id begins with the same word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SummaryPart {
    /// Truth ratios of what is to be forgotten: forget quality.
    ForgetQuality,
    /// One of the means behind model utility.
    ModelUtility,
    /// Texts to be forgotten, by an attack: privacy leakage.
    LeakForget,
    /// Texts that no model was trained on, by the same attack.
    LeakHoldout,
}

/// The sides of unlearning: what must go, what must stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Axis {
    /// Knowledge that is to be gone: lower is better.
    Forget,
    /// Knowledge close to it that must stay: higher is better.
    Neighbour,
    /// What the model can do besides: higher is better.
    Utility,
    /// Texts that are to be gone, by their likelihood.
    ForgetTexts,
    /// Texts that the model was trained on and must keep, by their likelihood.
    RetainTexts,
    /// Texts that no model was trained on, by their likelihood.
    HoldoutTexts,
}

/// A model that was published with the suite's data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublishedModel {
    /// `owner/name` on the hub.
    pub id: String,
    /// The pinned revision that holds the final weights.
    pub revision: String,
    /// What the model is for, e.g. `core`.
    pub group: String,
    /// Names of the model in the published tables.
    pub labels: Vec<String>,
}

impl Task {
    /// The question with the settings of `size`.
    #[must_use]
    pub fn probe_for(&self, size: SizeKind) -> &Probe {
        self.probe_by_size.get(&size).unwrap_or(&self.probe)
    }
}

/// The kind of question, with its settings.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Probe {
    /// Log-probabilities of a given text, and membership attacks on them.
    Membership(MembershipProbe),
    /// Greedy continuation of the first tokens of a text, compared with the rest.
    Extract(ExtractProbe),
    /// The same as upstream's Hubble tasks ask for it.
    Verbatim(VerbatimProbe),
    /// The likeliest of several given answers.
    Choose(ChooseProbe),
    /// Log-probability of a text, alone or behind a context.
    Likelihood(LikelihoodProbe),
    /// A short answer to a prompt, compared with a reference.
    Generate(GenerateProbe),
    /// A greedy answer to a message.
    Chat(ChatProbe),
    /// Log-probabilities of given answers to a message.
    ChatChoose(ChatChooseProbe),
    /// Log-probabilities of the tokens of a text, alone or as an answer to a message, averaged.
    Tokens(TokensProbe),
    /// A written answer about an economic value, a date or a firm, read strictly.
    Recall(RecallProbe),
    /// Embeddings of a series' name and a date, by the model of `--embedder`.
    Embed,
    /// A question about a context that was memorised before.
    Memory(MemoryProbe),
    /// A question about a state that may have changed.
    State(StateProbe),
}

impl Probe {
    /// The word for the kind in suites and listings.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Membership(_) => "membership",
            Self::Extract(_) => "extract",
            Self::Verbatim(_) => "verbatim",
            Self::Choose(_) => "choose",
            Self::Likelihood(_) => "likelihood",
            Self::Generate(_) => "generate",
            Self::Chat(_) => "chat",
            Self::ChatChoose(_) => "chat-choose",
            Self::Tokens(_) => "tokens",
            Self::Recall(_) => "recall",
            Self::Embed => "embed",
            Self::Memory(_) => "memory",
            Self::State(_) => "state",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MembershipProbe {
    /// Attack ids as in `mnemoscope list attacks`.
    pub attacks: Vec<String>,
    /// Share of lowest tokens that Min-K % and Min-K %++ keep, in (0, 1].
    pub min_k: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExtractProbe {
    /// Tokens of the text given as prompt.
    pub prefix_tokens: usize,
    /// Tokens of the rest that are compared; generation stops there.
    pub suffix_tokens: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChooseProbe {
    /// minijinja template over the item's fields; may render to the empty string.
    pub context: String,
    /// minijinja template over the item's fields plus `choice`, `letter` and `number`: the scored continuation.
    pub choice: String,
    /// What stands between context and choice, not counted by [`ChoiceNormalisation::PerCharacter`]. `None`: the choice has
    /// its own leading space, which is not counted, and an empty context is no token at all.
    pub delimiter: Option<String>,
    /// How the choice with the highest score is found.
    pub normalisation: Vec<ChoiceNormalisation>,
}

/// The rule that picks an answer from summed log-likelihoods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChoiceNormalisation {
    /// Highest summed log-likelihood (`acc`).
    Sum,
    /// Highest summed log-likelihood divided by the characters of the choice (`acc_norm`).
    PerCharacter,
    /// Highest summed log-likelihood minus that of the choice behind the end-of-text token alone (`acc_mutual_info`).
    MutualInformation,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerbatimProbe {
    /// Tokens of the text whose decoded, stripped words are the prompt.
    pub prefix_tokens: usize,
    /// Tokens of the rest that metrics ending in `_s<suffix_tokens>` compare.
    pub suffix_tokens: usize,
    /// Most tokens that are written.
    pub max_tokens: usize,
    pub metrics: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LikelihoodProbe {
    /// minijinja template; where it renders to nothing, the text is scored behind the end-of-text token.
    pub context: String,
    /// Stands between context and text; scored, but not counted to the text's bytes.
    pub delimiter: String,
    /// minijinja template of the scored text.
    pub text: String,
    /// Item and corpus metrics of this kind.
    pub metrics: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GenerateProbe {
    /// minijinja template of what the model continues.
    pub prompt: String,
    /// minijinja template of the right answer.
    pub reference: String,
    /// Field with a list of all right answers, for metrics that end in `_any`.
    pub any_of: Option<String>,
    /// Whether the parts of an e-mail address count one by one.
    pub splits_addresses: bool,
    pub max_tokens: usize,
    /// The answer ends before any of these.
    pub stop: Vec<String>,
    pub metrics: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatProbe {
    /// Name of a prompt of the prompt file.
    pub wording: String,
    /// minijinja template of the right answer; empty where none is right.
    pub reference: String,
    /// Field with a list of all right answers.
    pub any_of: Option<String>,
    pub max_tokens: usize,
    pub newline_stop: NewlineStop,
    pub metrics: Vec<String>,
}

/// Whether a line break ends an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum NewlineStop {
    /// As RWKU's code means it: the vocabulary entries that are spelt as a line break, with and without a space before it. A
    /// byte-level vocabulary has none, so nothing stops there.
    Upstream,
    /// The token of a line break, where it is one token.
    Token,
    /// The first line break of the text.
    Text,
    /// Nothing.
    Off,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChatChooseProbe {
    /// Name of a prompt of the prompt file.
    pub wording: String,
    pub by: ChoiceBy,
    /// The end-of-text token is scored behind each answer.
    pub ends: bool,
    pub metrics: Vec<String>,
}

/// What of an answer is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ChoiceBy {
    /// Its letter, by the last token of a space and the letter.
    Letters,
    /// Its text behind a space.
    Texts,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TokensProbe {
    /// minijinja template of the scored text.
    pub text: String,
    /// Name of the prompt that the text answers; `None`: the text stands alone.
    pub wording: Option<String>,
    /// The end-of-text token is scored behind the text.
    pub ends: bool,
    pub metrics: Vec<String>,
}

/// Which numbers are claims, and how they are tested.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatisticalPlan {
    /// Metric named in the verdict line, e.g. `auc.loss`.
    pub headline_metric: String,
    /// Task whose headline metric is printed.
    pub headline_task: String,
    /// Dose (copies) at which the headline is read; `None`: the data have no copies.
    pub headline_copies: Option<u32>,
    /// Two-sided confidence level in (0, 1).
    pub level: f64,
    /// False-positive rates at which the true-positive rate is read.
    pub tpr_at_fpr: Vec<f64>,
    /// Correction over the family of comparisons: all (task x metric x dose) comparisons of the suite.
    pub multiplicity: Multiplicity,
    /// Bootstrap resamples.
    pub resamples: usize,
    /// Differences that do not matter, where a model is to have forgotten something.
    pub margins: Margins,
}

/// Differences that do not matter, all above 0.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Margins {
    /// Loss of a neighbour's or a utility share that still counts as kept.
    pub preservation: f64,
    /// Difference of a share to the model that never knew that still counts as like it.
    pub likeness: f64,
    /// The same for log-likelihoods, nats a token.
    pub likeness_nats: f64,
}

impl Default for Margins {
    fn default() -> Self {
        Self { preservation: 0.02, likeness: 0.05, likeness_nats: 0.1 }
    }
}

/// The correction for many comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Multiplicity {
    /// Holm: keeps the chance of any false alarm below 1 - level.
    Holm,
    /// Benjamini-Hochberg: keeps the expected share of false alarms below 1 - level.
    BenjaminiHochberg,
}

/// A figure that the card draws for this suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FigureSpec {
    /// Metrics of one task over copies; one line a metric.
    DoseResponse {
        task: String,
        metrics: Vec<String>,
        title: String,
        /// Lower and upper end of the value axis.
        range: (f64, f64),
        /// Value of the chance line, if there is one.
        chance: Option<f64>,
    },
    /// ROC curves on log-log axes: one line a metric, members = all items with at least `min_copies`.
    Roc { task: String, metrics: Vec<String>, title: String, min_copies: u32 },
    /// Empirical distribution of one item metric, members against non-members.
    Ecdf { task: String, metric: String, title: String, min_copies: u32 },
    /// Paired differences against the baseline.
    Forest { title: String },
}

/// One number that the paper or upstream's notebook prints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PublishedValue {
    /// Upstream's task name.
    pub task: String,
    pub metric: String,
    /// Upstream's label of the model.
    pub model: String,
    pub copies: Option<u32>,
    pub value: f64,
    /// Where it is printed.
    pub printed_in: String,
}

/// A fault of upstream's own scorer; both numbers are printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erratum {
    pub id: String,
    /// What upstream does.
    pub upstream: String,
    /// What is right, and why it changes numbers.
    pub corrected: String,
    /// Metrics that carry the upstream-compatible and the corrected number.
    pub metrics: Vec<String>,
}
