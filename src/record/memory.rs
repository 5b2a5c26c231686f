//! What a run says about memory agents: how well they answer from a history, whether they find the evidence, what it costs, and whether
//! they notice that a state has changed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::interval::IntervalRecord;
use super::unlearning::PromptWords;

/// The part of a suite's results that is about memory agents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Memory {
    /// Words of memorising and of questions: name and hash of the prompt file.
    pub prompts: Option<PromptWords>,
    /// How each model of the run remembered, in the order of the run's models.
    pub agents: Vec<AgentEntry>,
    /// Columns of the paper's table; empty in other suites.
    pub columns: Vec<ColumnRow>,
    /// Means of columns, the overall mean last.
    pub competencies: Vec<CompetencyRow>,
    /// Whether the evidence was found, and used.
    pub retrieval: Vec<RetrievalRow>,
    /// Answers by where in the history the evidence stands.
    pub positions: Vec<PositionCurve>,
    pub costs: Vec<AgentCost>,
    pub judges: Vec<JudgeRow>,
    /// Changed states; `None` in other suites.
    pub stale: Option<Stale>,
}

/// How a model of the run remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AgentEntry {
    /// Slug of the model, agent included.
    pub model: String,
    /// `long-context`, `bm25`, `embedding`, `hybrid`, `state-store`, `http` or `none`.
    pub agent: String,
    /// Settings by name, e.g. `top_k` `10`.
    pub settings: Vec<(String, String)>,
    /// Histories that were memorised.
    pub n_histories: u64,
    /// Pieces of all histories.
    pub n_pieces: u64,
    /// Pieces that the agent had dropped when it was asked, summed over histories.
    pub n_evicted: u64,
    /// Questions whose history was cut to fit.
    pub n_cut: u64,
    /// Replies of the model, when it memorised, that could not be read; of a state store.
    #[serde(default)]
    pub n_unread: u64,
    /// Name and version of an agent behind HTTP, as it calls itself.
    #[serde(default)]
    pub system: Option<String>,
    /// Answers that an agent behind HTTP gave by itself, without the model.
    #[serde(default)]
    pub n_own_answers: u64,
    /// Of an agent behind HTTP: `snapshot`, `read_only` or `none`.
    pub query_isolation: Option<String>,
}

/// One column of the table of MemoryAgentBench.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnRow {
    pub model: String,
    /// E.g. `SH-QA`.
    pub column: String,
    /// `accurate-retrieval`, `test-time-learning`, `long-range-understanding` or `conflict-resolution`.
    pub competency: String,
    /// Tasks whose means make up the column, each with the same weight.
    pub tasks: Vec<String>,
    /// Headline metric.
    pub metric: String,
    /// Whether the column enters the mean of its competency.
    pub is_in_mean: bool,
    /// Questions with a value.
    pub n: u64,
    /// Histories behind them.
    pub n_clusters: u64,
    /// Questions without an answer: in no denominator of `value`.
    pub n_failed: u64,
    /// Answers that a judge should have read and gave no verdict on, or that no judge read.
    pub n_unjudged: u64,
    /// From 0 to 1.
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// The same with every missing answer counted as wrong.
    pub pessimistic: Option<f64>,
    /// With the lenient reading, where there is one.
    pub lenient: Option<f64>,
    pub lenient_interval: Option<IntervalRecord>,
}

/// Mean of columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CompetencyRow {
    pub model: String,
    /// As in [`ColumnRow::competency`]; `overall` for the mean of the four.
    pub competency: String,
    /// Columns (of `overall`: competencies) that are in the mean.
    pub parts: Vec<String>,
    /// Those that have no value in this run.
    pub missing: Vec<String>,
    pub n: u64,
    pub n_clusters: u64,
    /// Unweighted mean, from 0 to 1; `None` where a part is missing.
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
}

/// Whether the evidence was found, and used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RetrievalRow {
    pub model: String,
    /// Column, or dimension of a changed state.
    pub column: String,
    /// Pieces that an agent may show.
    pub k: u64,
    /// Questions whose evidence is known and that were answered.
    pub n: u64,
    pub n_clusters: u64,
    /// Mean share of the evidence among the pieces shown.
    pub recall: Option<f64>,
    pub recall_interval: Option<IntervalRecord>,
    pub ndcg: Option<f64>,
    pub ndcg_interval: Option<IntervalRecord>,
    /// Mean reciprocal rank of the first piece with evidence.
    pub mrr: Option<f64>,
    pub mrr_interval: Option<IntervalRecord>,
    /// All evidence shown, answer right; only where the headline metric is 0 or 1.
    pub found_right: u64,
    /// All evidence shown, answer wrong: found but not used.
    pub found_wrong: u64,
    /// Evidence missing, answer wrong: not found.
    pub missed_wrong: u64,
    /// Evidence missing, answer right all the same.
    pub missed_right: u64,
}

/// Answers by where the evidence stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PositionCurve {
    pub model: String,
    /// Column or `all`.
    pub column: String,
    /// Ten bins of equal width from the beginning to the end of the history; those without a question are left out.
    pub bins: Vec<PositionBin>,
    pub n: u64,
    /// Mean of the outer two bins less the mean of bins 4 to 7; `None` where either side has no question.
    pub middle_drop: Option<f64>,
    pub middle_drop_interval: Option<IntervalRecord>,
}

/// One bin of a position curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PositionBin {
    /// From 1 to 10.
    pub bin: u32,
    pub n: u64,
    pub value: f64,
    pub interval: Option<IntervalRecord>,
}

/// Tokens that an agent takes: o200k_base, or of a system that answers by itself what it says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgentCost {
    pub model: String,
    /// Column, dimension, or `all`.
    pub column: String,
    pub n_questions: u64,
    /// Mean tokens of a history that were given to be memorised.
    pub written_per_history: f64,
    /// Mean tokens that the model was asked to write into memory (state store), a history; `None`: unknown of one of them.
    pub asked_per_history: Option<f64>,
    /// Mean tokens of the prompt of a question; `None`: unknown of one of them.
    pub read_per_question: Option<f64>,
    /// Most tokens of a prompt.
    pub peak_read: Option<u64>,
    /// Mean tokens of an answer.
    pub answer_per_question: f64,
    /// Mean value of the column's headline, beside which the cost is drawn.
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
}

/// What a judge did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeRow {
    /// Slug of the judge.
    pub judge: String,
    /// `stale`, `stale-control`, `chat` or `summary`.
    pub rubric: String,
    /// Hex SHA-256 of the rubric's words.
    pub rubric_sha256: String,
    /// Verdicts asked for, repeats not counted.
    pub n_asked: u64,
    pub n_judged: u64,
    /// Replies that were read at the second or third try.
    pub n_retried: u64,
    /// What remains without a verdict, by kind.
    pub errors: Vec<(String, u64)>,
    /// Verdicts a question (repeats and judges).
    pub n_repeats: u64,
    /// Krippendorff's alpha over repeats and judges, nominal; `None`: fewer than two, or one value throughout.
    pub alpha: Option<f64>,
    pub alpha_interval: Option<IntervalRecord>,
    /// Share of questions on which all verdicts agree.
    pub raw_agreement: Option<f64>,
    /// Answers that contain a line like one of the judge's own form; `None`: not looked for.
    pub n_forged: Option<u64>,
    /// The judge is a model under test.
    pub is_self: bool,
}

/// How often a changed state was noticed, and acted on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Stale {
    /// Type by dimension, a row a model.
    pub cells: Vec<StaleCell>,
    pub overall: Vec<StaleOverall>,
    pub false_alarms: Vec<FalseAlarmRow>,
    pub knowing: Vec<KnowingRow>,
    pub slices: Vec<StaleSlice>,
}

/// One type and dimension.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaleCell {
    pub model: String,
    /// `T1` (co-referential) or `T2` (propagated).
    pub conflict: String,
    /// `SR`, `PR` or `IPA`.
    pub dimension: String,
    pub n_scenarios: u64,
    pub n_judged: u64,
    pub n_passed: u64,
    /// Scenarios that the judge gave no verdict on.
    pub n_judge_errors: u64,
    /// Answers on which judges are tied.
    #[serde(default)]
    pub n_tied: u64,
    /// Scenarios that were answered, and that nobody judged.
    #[serde(default)]
    pub n_unjudged: u64,
    /// Scenarios of which an answer is missing.
    pub n_unanswered: u64,
    /// Passes by verdicts, from 0 to 1.
    pub value: Option<f64>,
    /// Wilson.
    pub interval: Option<IntervalRecord>,
    /// Upstream's number: its reading of replies, judge errors as fails; `None`: its evaluation would have died.
    pub compatible: Option<f64>,
}

/// The whole of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaleOverall {
    pub model: String,
    pub n_scenarios: u64,
    /// Unweighted mean of the six cells; `None` where a cell is missing, or too many verdicts are.
    pub macro_mean: Option<f64>,
    /// Bootstrap of scenarios within types.
    pub interval: Option<IntervalRecord>,
    /// Passes over all answers.
    pub micro_mean: Option<f64>,
    /// Mean of six as upstream counts.
    pub compatible: Option<f64>,
    /// The same with scenarios of which an answer is missing as three fails; those without a verdict are left out.
    #[serde(default)]
    pub pessimistic: Option<f64>,
    /// Scenarios of which an answer is missing.
    #[serde(default)]
    pub n_unanswered: u64,
    /// Scenarios that were answered, and of which an answer has no verdict: unreadable, tied, or not judged.
    #[serde(default)]
    pub n_without_verdict: u64,
    /// At most 2 % of the scenarios lack an answer, and where there is a judge at most 2 % a verdict.
    pub is_valid: bool,
    /// Histories were trimmed by where the evidence is.
    pub is_trimmed: bool,
}

/// Alarms where nothing has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FalseAlarmRow {
    pub model: String,
    /// `SR` or `PR`.
    pub dimension: String,
    /// `removed`, `replaced` or `all`.
    pub control: String,
    pub n: u64,
    pub n_alarms: u64,
    /// Answers of which no reply of a judge could be read.
    pub n_judge_errors: u64,
    /// Answers on which judges are tied.
    #[serde(default)]
    pub n_tied: u64,
    /// Answers that nobody judged.
    #[serde(default)]
    pub n_unjudged: u64,
    /// Questions of histories of which an answer is missing.
    pub n_unanswered: u64,
    pub rate: Option<f64>,
    /// Wilson; of `all` by scenario bootstrap.
    pub interval: Option<IntervalRecord>,
}

/// Knowing of the change without acting on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KnowingRow {
    pub model: String,
    /// `T1`, `T2` or `all`.
    pub conflict: String,
    pub n_judged: u64,
    pub n_knowing: u64,
    pub n_not_acting: u64,
    /// Of all judged scenarios.
    pub rate: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// Of those in which the model knows.
    pub rate_of_knowing: Option<f64>,
    pub interval_of_knowing: Option<IntervalRecord>,
}

/// Passes by a property of the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StaleSlice {
    pub model: String,
    pub dimension: String,
    /// `old evidence`, `sessions between`, `days between`, `sessions after`, `prompt tokens` or `trimmed`.
    pub slice: String,
    /// Values of the slice, e.g. `0 to 5`.
    pub bin: String,
    /// Order of the bins of a slice, from 0.
    pub order: u32,
    pub n: u64,
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
}
