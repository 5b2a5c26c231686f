//! What a run says about forgetting: values by target, claims with their tests, and what the answers were.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::interval::IntervalRecord;
use super::role::Role;

/// The part of a suite's results that is about forgetting; only of suites whose tasks have an axis.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unlearning {
    /// Words of the chats: name and hash of the prompt file.
    pub prompts: Option<PromptWords>,
    /// One row a measure, model and target.
    pub targets: Vec<TargetValue>,
    /// Unweighted means over targets.
    pub measures: Vec<MeasureValue>,
    /// Adversarial questions by their form.
    pub attacks: Vec<AttackValue>,
    /// What the answers to questions about the targets and their neighbours were.
    pub answers: Vec<AnswerKinds>,
    /// Facts by whether anything still brings them out.
    pub facts: Vec<FactsKept>,
    /// Measures of a whole model: forget quality, model utility, privacy leakage.
    #[serde(default)]
    pub summaries: Vec<ModelSummary>,
    /// Comparisons with the model before, and with the model that never knew.
    pub claims: Vec<Claim>,
    /// Labels of attacks that no list knows, with their items.
    pub unknown_attacks: Vec<(String, u64)>,
}

/// The words of a run's chats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptWords {
    pub name: String,
    pub sha256: String,
    /// Without the models' chat templates.
    pub is_plain: bool,
    /// With the instruction of in-context unlearning.
    pub is_in_context: bool,
}

/// What a measure is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Forget,
    Neighbour,
    Utility,
    ForgetTexts,
    RetainTexts,
    HoldoutTexts,
}

impl Side {
    /// The word of tables.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Forget => "to be forgotten",
            Self::Neighbour => "neighbours",
            Self::Utility => "utility",
            Self::ForgetTexts => "texts to be forgotten",
            Self::RetainTexts => "texts to be kept",
            Self::HoldoutTexts => "texts never seen",
        }
    }
}

/// Mean of a measure over the items of one target.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TargetValue {
    /// A task, or `forget-all`, `neighbour-all`: all items of that side.
    pub measure: String,
    pub model: String,
    pub target: String,
    pub n: u64,
    pub n_missing: u64,
    pub value: Option<f64>,
}

/// Unweighted mean of a measure over targets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasureValue {
    pub measure: String,
    pub title: String,
    pub side: Side,
    /// Item metric that is averaged.
    pub metric: String,
    pub model: String,
    pub role: Role,
    pub n_targets: u64,
    pub n_items: u64,
    pub n_missing: u64,
    pub value: Option<f64>,
    /// Of the targets' values, with n - 1.
    pub standard_deviation: Option<f64>,
    /// t over targets.
    pub interval: Option<IntervalRecord>,
}

/// Mean over the adversarial questions of one form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttackValue {
    /// Canonical name, or `other: LABEL`.
    pub attack: String,
    /// Labels of the files that mean it.
    pub labels: Vec<String>,
    pub model: String,
    pub role: Role,
    pub metric: String,
    pub n: u64,
    pub n_targets: u64,
    pub n_missing: u64,
    pub value: Option<f64>,
    pub interval: Option<IntervalRecord>,
    /// Against the model before, paired by item.
    pub difference: Option<f64>,
    pub difference_interval: Option<IntervalRecord>,
    pub p_value: Option<f64>,
    /// Benjamini-Hochberg over the forms: exploratory.
    pub p_adjusted: Option<f64>,
}

/// Answers by what they are; each item is in one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AnswerKinds {
    pub side: Side,
    pub model: String,
    pub n: u64,
    /// The whole reference is in the answer, case and punctuation aside.
    pub right: u64,
    /// Some of its words are.
    pub partly: u64,
    /// The answer declines or denies knowledge.
    pub refused: u64,
    /// Nothing, or broken text.
    pub degenerate: u64,
    /// An answer in words, and not the right one.
    pub other: u64,
    /// No answer at all: an error, and no forgetting.
    pub errors: u64,
}

/// Facts (a target and a right answer) by what brings them out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FactsKept {
    pub model: String,
    pub role: Role,
    /// Facts that a plain question asks for, and of which every question was answered.
    pub n: u64,
    /// Of those, known to the model before, in whatever form; `None` without one.
    pub n_known_before: Option<u64>,
    /// Of the known, or of all where no model before says which are: a plain question brings the very answer (strict scoring).
    pub n_direct: u64,
    /// Of the same: a plain question brings it only by a scoring without case and punctuation.
    pub n_lenient: u64,
    /// Of the same: no plain question does, another form of the question does. Superficial forgetting.
    pub n_superficial: u64,
    /// Of the same: nothing that was asked brings it out. Essential forgetting, where it was known.
    pub n_essential: u64,
    /// Facts that only attacks ask for, in no group.
    pub n_only_attacked: u64,
    /// Facts with a question that was not answered, in no group: a failed request is no forgetting.
    pub n_unanswered: u64,
    /// Facts that are asked by an attack, too.
    pub n_attacked: u64,
    /// Mean over attacked facts of the plain questions' best score.
    pub plain_strength: Option<f64>,
    /// Mean over attacked facts of the best attack's score.
    pub attack_strength: Option<f64>,
    pub attack_interval: Option<IntervalRecord>,
}

/// A number of a whole model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelSummary {
    /// E.g. `forget_quality`, `model_utility`, `privleak`.
    pub name: String,
    pub title: String,
    pub model: String,
    pub role: Role,
    pub value: Option<f64>,
    /// The natural logarithm, where the number itself may be below every float.
    pub ln_value: Option<f64>,
    pub interval: Option<IntervalRecord>,
    pub n: u64,
    /// What it is made of, and what it does not say.
    pub note: String,
}

/// What a claim is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// Less of it is left than before.
    Forgetting,
    /// Not less is left than before, within the margin.
    Preservation,
    /// The texts to be forgotten have lost more likelihood than those to be kept.
    Selectivity,
    /// As in the model that never knew, within the margin.
    Likeness,
    /// Further from the data than the model that never knew.
    OverForgetting,
}

impl ClaimKind {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Forgetting => "forgotten",
            Self::Preservation => "preserved",
            Self::Selectivity => "selective",
            Self::Likeness => "like never seen",
            Self::OverForgetting => "over-forgotten",
        }
    }
}

/// What the tests say of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimOutcome {
    /// Over targets: it would hold for other targets of the kind.
    Found,
    /// On the questions of these targets and this model alone: the targets are too few, or differ too much, for more.
    FoundHere,
    /// Not shown, which is not the opposite.
    NotFound,
    /// Nothing to compare.
    Untested,
}

impl ClaimOutcome {
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Found => "yes",
            Self::FoundHere => "yes, on these targets",
            Self::NotFound => "not shown",
            Self::Untested => "not tested",
        }
    }
}

/// A claim about a model under test, with the tests by target and by item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    pub kind: ClaimKind,
    pub measure: String,
    pub title: String,
    pub metric: String,
    /// Model under test.
    pub model: String,
    /// The model that it is compared with.
    pub against: String,
    pub value: Option<f64>,
    pub value_against: Option<f64>,
    /// Mean over targets of model minus the other.
    pub difference: Option<f64>,
    /// t over targets, or over items without targets.
    pub interval: Option<IntervalRecord>,
    /// 0 where items have no targets: then the difference is over items, and nothing is said of others.
    pub n_targets: u64,
    pub n_items: u64,
    /// Both models have the same value on every item.
    #[serde(default)]
    pub is_identical: bool,
    /// Above 0, in the unit of the metric; of claims that need one.
    pub margin: Option<f64>,
    pub by_target: TargetTest,
    pub by_item: ItemTest,
    pub outcome: ClaimOutcome,
    /// All of it in one sentence.
    pub sentence: String,
}

/// Tests with the target as the unit.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct TargetTest {
    /// `sign_flip` or `tost`, `non_inferiority_t`.
    pub test: String,
    /// One-sided for forgetting, of the margin's test otherwise.
    pub p_value: Option<f64>,
    /// Smallest adjusted p that so few targets allow.
    pub smallest_p: Option<f64>,
    pub wilcoxon_p: Option<f64>,
    /// Holm over the claim's family.
    pub p_adjusted: Option<f64>,
    /// Cohen's d_z of the targets' differences.
    pub effect: Option<f64>,
}

/// The same with the item as the unit: about these targets and this model alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ItemTest {
    pub test: String,
    pub p_value: Option<f64>,
    pub p_adjusted: Option<f64>,
    /// Of the mean difference over items.
    pub interval: Option<IntervalRecord>,
    pub difference: Option<f64>,
    /// Kolmogorov-Smirnov distance of the two models' item values, and its exact p; of likeness.
    pub ks_distance: Option<f64>,
    pub ks_p: Option<f64>,
}
