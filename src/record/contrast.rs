//! One attack beside another on the same items.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::interval::IntervalRecord;

/// An attack beside the plainest one, over seen (1 copy or more) against unseen items that both can score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttackContrast {
    pub task: String,
    /// Slug of the model.
    pub model: String,
    pub attack: String,
    /// The attack that it is held against.
    pub against: String,
    pub n_members: u64,
    pub n_non_members: u64,
    pub auc: f64,
    pub auc_against: f64,
    /// `auc` minus `auc_against`.
    pub difference: f64,
    /// Paired DeLong; none where the two order the items alike.
    pub interval: Option<IntervalRecord>,
    pub p_value: Option<f64>,
    /// Holm over the attacks of one task and model.
    pub p_adjusted: Option<f64>,
    /// At which members are called found.
    pub false_positive_rate: f64,
    /// Members that the attack calls; none where so few non-members cannot resolve the rate.
    pub found: Option<u64>,
    pub found_by_against: Option<u64>,
    pub found_by_both: Option<u64>,
}
