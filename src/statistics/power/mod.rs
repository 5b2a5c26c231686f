//! How many items a comparison needs, and the smallest difference it could have shown.
//!
//! Print the minimum detectable effect (MDE) beside every comparison: "no difference
//! found" means little when only a large one could be found. Never compute power from
//! the observed effect.
//!
//! - `mean`: differences of item means (Miller 2024)
//! - `paired_t`: the same by the non-central t
//! - `mcnemar`: 0/1 items

mod mcnemar;
mod mean;
mod paired_t;

use serde::{Deserialize, Serialize};

use super::distribution::normal_quantile;
use super::error::StatError;

pub use mcnemar::{items_for_mcnemar, mcnemar_power, mde_mcnemar};
pub use mean::{PairedVariance, detectable_difference, items_for_paired_mean, mde_paired_mean};
pub use paired_t::{items_for_paired_t, paired_t_power};

/// What is asked of a test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PowerTarget {
    /// Two-sided type I error, in (0, 1); default 0.05.
    pub alpha: f64,
    /// Chance to find the effect, in (0, 1); default 0.8.
    pub power: f64,
}

impl Default for PowerTarget {
    fn default() -> Self {
        Self { alpha: 0.05, power: 0.8 }
    }
}

impl PowerTarget {
    /// z at 1 - alpha/2 and z at the power.
    pub(super) fn quantiles(self) -> Result<(f64, f64), StatError> {
        for (name, value) in [("alpha", self.alpha), ("power", self.power)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(StatError::invalid(name, format!("must lie strictly between 0 and 1, got {value}")));
            }
        }
        Ok((-normal_quantile(0.5 * self.alpha), normal_quantile(self.power)))
    }
}
