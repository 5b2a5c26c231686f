//! What a run says about economic memory: where knowledge ends, what is recalled beyond guessing, and whether it can be switched off.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::interval::IntervalRecord;
use super::role::Role;
use super::unlearning::PromptWords;

/// An optional task that was not asked, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    pub task: String,
    /// `None`: of all models.
    pub model: Option<String>,
    pub reason: String,
}

/// The part of a suite's results that is about economic memory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recall {
    /// Words of the questions: name and hash of the prompt file.
    pub prompts: Option<PromptWords>,
    /// In the order of the run's models.
    pub models: Vec<ModelRecall>,
    /// Ridge on embeddings of a date and a name, by the model of `--embedder`.
    #[serde(default)]
    pub embeddings: Vec<EmbeddingFit>,
}

/// Everything about one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelRecall {
    pub model: String,
    pub role: Role,
    /// It has no chat template: it went on with lines and did not answer questions.
    pub is_continued: bool,
    /// Last month of its training data, as stated.
    pub stated_cutoff: Option<String>,
    /// The day on which its weights were published.
    pub released: Option<String>,
    /// Where its hits end: over all series, then by group.
    pub cutoffs: Vec<CutoffEstimate>,
    /// Which values count as before and after; `None`: no cutoff is stated and none was found.
    pub sides: Option<Sides>,
    /// Hits of the question for levels, month by month.
    pub months: Vec<MonthHits>,
    /// How the answers of each task ended.
    pub statuses: Vec<StatusCounts>,
    /// Errors of numbers, by task, series and side.
    pub errors: Vec<ErrorRow>,
    /// Hits beyond the strongest naive forecaster, by task, series and side.
    pub beyond: Vec<BeyondGuessing>,
    /// Before against after.
    pub contrasts: Vec<SideContrast>,
    /// The jump at the cutoff.
    pub jumps: Vec<Jump>,
    pub fake_cutoff: Option<FakeCutoffLeak>,
    pub fake_date: Option<FakeDateShift>,
    pub calibrations: Vec<Calibration>,
    /// Answers to questions that have none, by reason.
    pub fabrication: Vec<ShareRow>,
    /// A question against its control on the same values.
    pub controls: Vec<Control>,
    /// Days of texts and of publications.
    pub days: Vec<DayRow>,
    /// Firms, quarters and years of anonymous reports.
    pub reports: Vec<ShareRow>,
    pub vintage: Option<VintageChoice>,
    pub date_alone: Option<DateAlone>,
    /// Tests that were not run, and why.
    pub untested: Vec<String>,
    /// The sentence of the model.
    pub sentence: String,
}

/// The months that part before, grey and after.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sides {
    /// Last month of a period that counts as before.
    pub before_until: String,
    /// Values first published after this month count as after.
    pub after_since: String,
    /// Where `x = 0` lies in the test of the jump: the first month that the model is not supposed to know.
    pub cutoff: String,
    /// What it rests on: `stated`, `effective` or `stated and effective`.
    pub rests_on: String,
    /// `all`, a group or a series whose hits end there; `None`: the stated cutoff alone counts.
    pub effective_of: Option<String>,
    pub grey_months: u32,
}

/// Where hits end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CutoffEstimate {
    /// `all` or a group of series.
    pub group: String,
    /// Values that were asked.
    pub n: u64,
    /// First month that is not known any more; `None`: hits do not end.
    pub month: Option<String>,
    /// First and last month with a likelihood ratio within 3.84 of the best.
    pub low: Option<String>,
    pub high: Option<String>,
    pub likelihood_ratio: Option<f64>,
    /// Of 999 permutations of the order within series.
    pub p_value: Option<f64>,
    /// Over the rows of the model (Holm).
    pub p_adjusted: Option<f64>,
    pub rate_before: Option<f64>,
    pub rate_after: Option<f64>,
    /// The change is unlikely to be chance (adjusted p below 0.05).
    pub is_found: bool,
    /// Hits before it were more than the strongest forecaster's (exact McNemar below 0.05): then it parts the sides.
    pub is_beyond_guessing: bool,
}

/// One month of the hit curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MonthHits {
    pub month: String,
    pub n: u64,
    pub hits: u64,
    /// Of the strongest naive forecaster on the same values.
    pub baseline_hits: u64,
    /// `before`, `grey`, `after` or `unknown`.
    pub side: String,
}

/// How answers ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StatusCounts {
    pub task: String,
    /// `before`, `after`, `grey`, `unknown`, or `all`.
    pub side: String,
    pub asked: u64,
    pub values: u64,
    pub ranges: u64,
    pub refusals: u64,
    pub unparseable: u64,
    /// No answer came; in no share.
    pub errors: u64,
    /// A usable number beside a phrase of refusal.
    pub hedged: u64,
    /// Numbers that would be right times a hundred.
    pub suspect_fractions: u64,
}

/// Errors of numbers over answered values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorRow {
    pub task: String,
    pub series: String,
    pub side: String,
    pub n: u64,
    pub n_answered: u64,
    pub mae: Option<f64>,
    pub rmse: Option<f64>,
    pub bias: Option<f64>,
    pub median_ae: Option<f64>,
    /// Percent; of true values other than 0.
    pub mape_pct: Option<f64>,
    pub median_ape_pct: Option<f64>,
    pub n_zero_truth: u64,
    pub exact_answered: Option<f64>,
    pub exact_all: Option<f64>,
    pub within_answered: Option<f64>,
    pub within_all: Option<f64>,
    pub directional_accuracy: Option<f64>,
}

/// What a model hits beyond guessing: A = (h - g) / (1 - g).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BeyondGuessing {
    pub task: String,
    /// Id of a series, or `all`.
    pub series: String,
    pub side: String,
    /// Asked values; refusals and unreadable answers are misses.
    pub n: u64,
    pub n_answered: u64,
    pub n_months: u64,
    /// Share that the model hit, with Wilson's interval.
    pub hit_share: f64,
    pub hit_interval: Option<IntervalRecord>,
    /// The naive forecaster, chosen on the values before the cutoff.
    pub baseline: String,
    pub baseline_share: f64,
    pub adjusted: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// Values that only the model hit, and only the forecaster.
    pub only_model: u64,
    pub only_baseline: u64,
    pub p_exact: Option<f64>,
    pub p_mid: Option<f64>,
    /// Over the series of a task and side (Holm).
    pub p_adjusted: Option<f64>,
    /// Values on which the model came closer, of the answered ones.
    pub share_closer: Option<f64>,
    /// 1 - MAE / MAE of the forecaster, of the answered ones.
    pub skill: Option<f64>,
    /// E.g. `few_answered`: below 95 % answered.
    pub flags: Vec<String>,
}

/// Before against after, of hits beyond the naive forecaster's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SideContrast {
    pub task: String,
    /// Id of a series, or `all`.
    pub series: String,
    pub n_before: u64,
    pub n_after: u64,
    pub excess_before: f64,
    pub excess_after: f64,
    /// Excess before minus excess after.
    pub difference: f64,
    /// Cluster bootstrap by month.
    pub interval: Option<IntervalRecord>,
    /// Labels permuted within series.
    pub p_value: Option<f64>,
    pub is_exact: bool,
    /// Sign flips of the excess before, one side: more than the forecaster.
    pub p_before: Option<f64>,
    pub p_after: Option<f64>,
    pub p_wilcoxon_before: Option<f64>,
    pub p_wilcoxon_after: Option<f64>,
}

/// A local linear jump of hits beyond the forecaster's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Jump {
    pub task: String,
    /// Id of a series, or `all`.
    pub series: String,
    pub bandwidth_months: f64,
    /// Months from the cutoff; 0 is the cutoff itself, all else are placebos.
    pub at: f64,
    pub n: u64,
    pub tau: Option<f64>,
    pub standard_error: Option<f64>,
    pub interval: Option<IntervalRecord>,
    pub p_value: Option<f64>,
}

/// Told to forget, does it?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FakeCutoffLeak {
    /// The month after which it was told to know nothing.
    pub told: String,
    /// Values asked both ways.
    pub n: u64,
    pub hit_unconstrained: f64,
    pub hit_told: f64,
    /// Values truly after the cutoff.
    pub n_after: u64,
    pub hit_after: Option<f64>,
    /// (told - after) / (unconstrained - after).
    pub leak: Option<f64>,
    pub leak_clamped: Option<f64>,
    pub interval: Option<IntervalRecord>,
    pub refusal_share: f64,
    /// With and without the instruction on the same values.
    pub p_exact: Option<f64>,
    pub only_unconstrained: u64,
    pub only_told: u64,
    /// Told values whose answer is the same number as without the instruction.
    pub same_answer: f64,
}

/// Forecasts under a past and a future date of today.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FakeDateShift {
    pub n_past: u64,
    pub n_future: u64,
    pub n_origins: u64,
    /// Mean of forecasts under the past date minus that under the future date, in units of each origin's spread of values.
    pub mean_shift: f64,
    pub ks_statistic: Option<f64>,
    pub ks_p: Option<f64>,
    pub u: Option<f64>,
    pub mann_whitney_p: Option<f64>,
}

/// Stated confidence against hits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Calibration {
    pub task: String,
    pub side: String,
    pub n: u64,
    /// Answers without a confidence.
    pub n_without: u64,
    pub ece: Option<f64>,
    pub mce: Option<f64>,
    pub brier: Option<f64>,
    pub auroc: Option<f64>,
    pub overconfidence: Option<f64>,
    pub mean_confidence: Option<f64>,
    pub spearman: Option<f64>,
    pub spearman_p: Option<f64>,
    /// Bin, answers, mean confidence, share of hits.
    pub bins: Vec<(u64, u64, f64, f64)>,
}

/// A share with Wilson's interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShareRow {
    pub what: String,
    pub side: String,
    pub n: u64,
    pub hits: u64,
    pub share: Option<f64>,
    pub interval: Option<IntervalRecord>,
}

/// A question against its control on the same values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// E.g. `level-context against other-name`.
    pub what: String,
    pub n: u64,
    pub share: f64,
    pub control_share: f64,
    pub only_question: u64,
    pub only_control: u64,
    /// Sign flips of whole months, two-sided.
    pub p_value: Option<f64>,
}

/// How well days are told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DayRow {
    pub task: String,
    pub side: String,
    pub n: u64,
    pub n_answered: u64,
    pub mean_days: Option<f64>,
    pub median_days: Option<f64>,
    /// Positive: told too late.
    pub mean_signed_days: Option<f64>,
    pub year: ShareRow,
    pub month: ShareRow,
    pub day: ShareRow,
    /// What somebody hits who always tells the commonest year.
    pub modal_year: Option<f64>,
}

/// Which of two vintages an answer gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VintageChoice {
    pub n: u64,
    pub n_answered: u64,
    /// Within tolerance of the asked vintage, of the other, of neither.
    pub asked_vintage: u64,
    pub other_vintage: u64,
    pub neither: u64,
    /// Nearer to the asked than to the other, of the answered.
    pub nearer_asked: u64,
}

/// Whether a date alone brings a direction out (LAP).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DateAlone {
    /// `log-probabilities` or `answers`.
    pub measured_by: String,
    pub n: u64,
    pub mean_before: Option<f64>,
    pub mean_after: Option<f64>,
    /// Last month with a mean above 0.1.
    pub last_month: Option<String>,
    /// Of the directions that were named, those that are right.
    pub accuracy: Option<f64>,
    pub variance: Option<f64>,
    /// Coefficient of forecast times LAP on the direction, with its p; reported where the variance is above 1e-4 and n above 30.
    pub interaction: Option<f64>,
    pub interaction_p: Option<f64>,
    pub why_no_interaction: Option<String>,
}

/// A ridge regression of a series on embeddings of dates and its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmbeddingFit {
    pub series: String,
    /// `name and date`, or the placebo: `another name`, `permuted years`, `days in words`.
    pub form: String,
    pub n_train: u64,
    pub n_test: u64,
    pub alpha: Option<f64>,
    /// Pearson's r on held-out periods.
    pub correlation: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// The same of the mean of the five values before.
    pub baseline_correlation: Option<f64>,
}
