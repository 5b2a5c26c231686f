//! `results.json`: every aggregate of a run.
//!
//! The file is a pure function of the records, the suite and the seed: no time, cost, path, host or command line
//! is in it. Keys are sorted and numbers keep full precision, so equal inputs give equal bytes.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::canonical::pretty_sorted;
use super::contrast::AttackContrast;
use super::document::read_document;
use super::error::RecordError;
use super::interval::IntervalRecord;
use super::memory::Memory;
use super::recall::{LeftOut, Recall};
use super::role::Role;
use super::unlearning::Unlearning;

/// Version of the layout of `results.json`. A field with meaning bumps it.
pub const RESULTS_SCHEMA: u32 = 6;

/// All aggregates of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Results {
    pub schema: u32,
    /// Seed of every random stream (bootstrap, permutation, folds).
    pub seed: u64,
    pub suites: Vec<SuiteResults>,
}

impl Results {
    /// The bytes of `results.json`: keys sorted at every level, indented, a newline at the end.
    ///
    /// Equal results give equal bytes, and [`Results::read`] gives them back bit for bit.
    ///
    /// # Errors
    /// [`RecordError::NonFinite`] names the field that holds NaN or an infinity: undefined is `None` and a flag.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        pretty_sorted("results.json", self)
    }

    /// Reads a `results.json`.
    ///
    /// # Errors
    /// [`RecordError::Disk`], [`RecordError::BadDocument`], [`RecordError::NewerSchema`].
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        read_document(path, RESULTS_SCHEMA)
    }
}

/// The aggregates of one suite, over all models of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SuiteResults {
    pub suite: String,
    pub suite_version: String,
    pub title: String,
    pub summary: String,
    pub licence: String,
    pub sources: Vec<String>,
    pub limits: Vec<String>,
    pub suite_hash: String,
    /// `builtin`, `hub` or `path`.
    pub size: String,
    /// `Some("partial: N of M")` when `--limit` or a shard cut the items.
    pub partial: Option<String>,
    pub models: Vec<ModelEntry>,
    /// The sentence at the top of the card, in plain words, with interval and n.
    pub verdict: String,
    pub metrics: Vec<MetricRow>,
    pub comparisons: Vec<Comparison>,
    pub trends: Vec<Trend>,
    pub curves: Vec<RocCurve>,
    pub distributions: Vec<Distribution>,
    /// Attacks beside the loss. Schema 2 has none.
    #[serde(default)]
    pub attack_contrasts: Vec<AttackContrast>,
    pub blind: Vec<BlindBaseline>,
    pub health: Vec<HealthRow>,
    pub published: Vec<PublishedRow>,
    /// What this run has in the places of the published numbers.
    #[serde(default)]
    pub measured: Vec<MeasuredRow>,
    pub errata: Vec<ErratumRow>,
    /// What the suite says about forgetting, where it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlearning: Option<Unlearning>,
    /// What the suite says about economic memory, where it asks. Schema 4 has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<Recall>,
    /// What the suite says about memory agents, where it asks. Schema 5 has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Optional tasks that were not asked, and why. Schema 4 has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// Disagreements and other items worth a look.
    pub notable_items: Vec<NotableItem>,
    /// Sentences of the method box, in order.
    pub methods: Vec<String>,
}

/// A model of the run and the part that it plays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelEntry {
    /// Unique in the run; also the folder name of its cell.
    pub slug: String,
    /// As the user named it, secrets removed.
    pub name: String,
    pub role: Role,
    pub backend: String,
    pub architecture: Option<String>,
    pub revision: Option<String>,
    pub weights_sha256: Option<String>,
    pub tokenizer_sha256: Option<String>,
    pub dtype: Option<String>,
    pub n_parameters: Option<u64>,
    pub context_length: Option<u64>,
    /// What the tokenizer's own post-processor does, e.g. `auto (adds none)`.
    pub bos: String,
}

/// One aggregate of one metric for one model and slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricRow {
    pub task: String,
    /// Slug of the model.
    pub model: String,
    /// Registry name, e.g. `auc.loss`, `tpr_at_fpr_0.01.loss`, `exact_match`, `acc`.
    pub metric: String,
    /// Slice values, e.g. `copies = 64`; empty for the whole task.
    pub slice: Slice,
    /// Items behind the number (for an AUC: members plus non-members).
    pub n: u64,
    /// Members and non-members, where the metric has both.
    pub n_members: Option<u64>,
    pub n_non_members: Option<u64>,
    pub n_clusters: Option<u64>,
    /// Items without a usable answer; never part of `n`, never a zero.
    pub n_missing: u64,
    /// `None`: undefined; the flags say why.
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// E.g. `not_resolvable`, `zero_variance`, `few_clusters`.
    pub flags: Vec<String>,
}

/// The slice of a row: the dose, or everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema, Default)]
pub struct Slice {
    /// Number of copies in the training data; `None`: all items.
    pub copies: Option<u32>,
}

/// A paired comparison of the model under test (A) with another model (B).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    pub task: String,
    pub metric: String,
    pub slice: Slice,
    pub model_a: String,
    pub model_b: String,
    pub value_a: Option<f64>,
    pub value_b: Option<f64>,
    /// Items that both models answered.
    pub n_pairs: u64,
    pub n_only_a: u64,
    pub n_only_b: u64,
    /// Items that neither answered: in no number of this row.
    #[serde(default)]
    pub n_neither: u64,
    /// A minus B.
    pub difference: Option<f64>,
    /// Standard error of the paired difference.
    #[serde(default)]
    pub standard_error: Option<f64>,
    /// McNemar's exact p beside the mid-p, for scores of 0 and 1.
    #[serde(default)]
    pub p_exact: Option<f64>,
    pub interval: Option<IntervalRecord>,
    pub test: String,
    pub p_value: Option<f64>,
    /// Over the family named in the method box.
    pub p_adjusted: Option<f64>,
    /// Smallest difference that this comparison would find with 80 % power.
    pub minimal_detectable_effect: Option<f64>,
    /// Items where only A is right / only B is right, for 0/1 metrics.
    pub only_a_right: Option<u64>,
    pub only_b_right: Option<u64>,
    /// Clusters, where items share sources and the error counts them.
    #[serde(default)]
    pub n_clusters: Option<u64>,
    /// How large the difference is, free of units.
    #[serde(default)]
    pub effect: Option<EffectRecord>,
    /// Items on which A is above, equal to and below B; for an AUC members, by the share of non-members that they lie above.
    #[serde(default)]
    pub wins: Option<u64>,
    #[serde(default)]
    pub ties: Option<u64>,
    #[serde(default)]
    pub losses: Option<u64>,
    /// The difference held against a margin, where one was set.
    #[serde(default)]
    pub margin: Option<MarginRecord>,
    pub flags: Vec<String>,
    /// All of it in one sentence. Schema 1 has none.
    #[serde(default)]
    pub sentence: String,
}

/// An effect size with its name, e.g. `cohen_h`, `hedges_g_z`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EffectRecord {
    pub name: String,
    pub value: f64,
}

/// What an interval says about a margin that was set beforehand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MarginRecord {
    /// Above 0, in the unit of the metric.
    pub margin: f64,
    /// Less of the metric is better.
    pub is_lower_better: bool,
    /// Of A: `superior`, `non_inferior`, `equivalent`, `inconclusive`, `worse` or `worse_beyond_margin`.
    pub outcome: String,
    /// At level 1 - 2 alpha.
    pub interval: IntervalRecord,
}

/// Does the metric rise with the dose?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Trend {
    pub task: String,
    pub model: String,
    pub metric: String,
    /// `spearman` or `cochran_armitage`.
    pub test: String,
    pub n: u64,
    pub statistic: Option<f64>,
    pub p_value: Option<f64>,
    pub interval: Option<IntervalRecord>,
    pub flags: Vec<String>,
}

impl Trend {
    /// Whether the row is the test of a lottery: `statistic` is the share of beaten controls, and nothing is said of a rise.
    #[must_use]
    pub fn is_lottery(&self) -> bool {
        self.test.starts_with("lottery")
    }
}

/// Points of a ROC curve, first (0, 0), last (1, 1); tied scores move together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RocCurve {
    pub task: String,
    pub model: String,
    pub metric: String,
    /// Members are the items with at least this many copies.
    pub min_copies: u32,
    pub n_members: u64,
    pub n_non_members: u64,
    pub fpr: Vec<f64>,
    pub tpr: Vec<f64>,
    pub auc: f64,
    pub auc_interval: Option<IntervalRecord>,
}

/// Sorted item scores of members and non-members, for an ECDF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Distribution {
    pub task: String,
    pub model: String,
    pub metric: String,
    pub min_copies: u32,
    pub members: Vec<f64>,
    pub non_members: Vec<f64>,
    /// Largest vertical distance of the two curves.
    pub ks_distance: Option<f64>,
}

/// What the text alone, without any model, says about membership.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlindBaseline {
    pub task: String,
    /// `bag_of_words`, `zlib_length`, `length`, `date`.
    pub predictor: String,
    pub n_members: u64,
    pub n_non_members: u64,
    pub auc: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// The interval excludes 0.5: the split itself is separable.
    pub is_separable: bool,
}

/// How the requests of one model and task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HealthRow {
    pub task: String,
    pub model: String,
    pub answered: u64,
    pub refused: u64,
    pub unparsable: u64,
    pub truncated: u64,
    pub error: u64,
    /// Items that no method can score, by reason (`too_short`, ...).
    pub excluded: Vec<(String, u64)>,
}

/// A published number beside ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PublishedRow {
    pub task: String,
    pub metric: String,
    pub model: String,
    pub copies: Option<u32>,
    pub published: f64,
    pub printed_in: String,
    /// `None`: not measured in this run.
    pub ours: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// Ours minus the published number: only where the model that was measured is the published one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
}

/// A number of this run under the name by which upstream publishes it, whatever model it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredRow {
    /// Upstream's task; a field may stand behind it.
    pub task: String,
    /// Upstream's metric.
    pub metric: String,
    pub copies: Option<u32>,
    /// Slug of the model under test.
    pub model: String,
    /// Our task and metric.
    pub measured_as: String,
    pub n: u64,
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
}

/// A fault of upstream's scorer with both numbers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErratumRow {
    pub id: String,
    pub upstream: String,
    pub corrected: String,
    /// `(metric, model, upstream-compatible value, corrected value)`.
    pub pairs: Vec<ErratumPair>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErratumPair {
    pub metric: String,
    pub model: String,
    pub compatible: Option<f64>,
    pub corrected: Option<f64>,
}

/// One item worth reading: text, answers, scores. Model text is hostile and is escaped by every renderer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotableItem {
    pub task: String,
    pub item_id: String,
    pub copies: Option<u32>,
    /// Why it is shown.
    pub reason: String,
    pub prompt: String,
    pub expected: String,
    /// `(model slug, answer)`.
    pub answers: Vec<(String, String)>,
    /// `(model slug, metric, value)`.
    pub scores: Vec<(String, String, f64)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Results {
        let metric = MetricRow {
            task: "passages".into(),
            model: "standard".into(),
            metric: "auc.loss".into(),
            slice: Slice { copies: Some(64) },
            n: 10,
            n_members: Some(5),
            n_non_members: Some(5),
            n_clusters: None,
            n_missing: 0,
            value: Some(0.1 + 0.2),
            interval: Some(IntervalRecord { low: 1.0 / 3.0, high: 0.7, level: 0.95, method: "delong".into() }),
            flags: vec![],
        };
        let suite = SuiteResults {
            suite: "hubble".into(),
            suite_version: "1.0.0".into(),
            title: "Hubble".into(),
            summary: String::new(),
            licence: "CC0".into(),
            sources: vec![],
            limits: vec![],
            suite_hash: "aa".into(),
            size: "builtin".into(),
            partial: None,
            models: vec![],
            verdict: "v".into(),
            metrics: vec![metric],
            comparisons: vec![],
            trends: vec![],
            curves: vec![],
            distributions: vec![],
            attack_contrasts: Vec::new(),
            blind: vec![],
            health: vec![],
            published: vec![],
            measured: vec![],
            errata: vec![],
            unlearning: None,
            recall: None,
            memory: None,
            left_out: vec![],
            notable_items: vec![],
            methods: vec![],
        };
        Results { schema: RESULTS_SCHEMA, seed: u64::MAX, suites: vec![suite] }
    }

    #[test]
    fn results_come_back_bit_for_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("results.json");
        let bytes = results().to_bytes().unwrap();
        std::fs::write(&path, &bytes).unwrap();
        let back = Results::read(&path).unwrap();
        assert_eq!(back, results());
        assert_eq!(back.to_bytes().unwrap(), bytes);
    }

    #[test]
    fn keys_are_sorted_at_every_level_and_the_file_ends_in_a_newline() {
        let text = String::from_utf8(results().to_bytes().unwrap()).unwrap();
        assert!(text.ends_with("}\n") && text.starts_with("{\n  \"schema\""), "{text}");
        for keys in [["\"blind\"", "\"comparisons\"", "\"verdict\""], ["\"high\"", "\"level\"", "\"low\""]] {
            let order = keys.map(|key| text.find(key).unwrap());
            assert!(order.is_sorted(), "{keys:?}");
        }
    }

    #[test]
    fn a_number_that_is_not_one_is_refused_with_its_place() {
        let mut results = results();
        results.suites[0].metrics[0].value = Some(f64::NAN);
        let message = results.to_bytes().unwrap_err().to_string();
        assert!(message.contains("`suites[0].metrics[0].value` is not finite"), "{message}");
    }

    #[test]
    fn the_words_of_the_roles_are_those_of_the_json() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.word());
            assert_eq!(Role::from_word(role.word()), Some(role));
        }
        assert_eq!(Role::from_word("king"), None);
    }
}
