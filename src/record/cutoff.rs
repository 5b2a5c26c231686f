//! What is said of the time up to which a model knows the world.

use serde::{Deserialize, Serialize};

/// A model's cutoff as somebody states it, and the day on which its weights were published.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutoffClaim {
    /// Last month of its training data, `2023-10`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<String>,
    /// The day from which nothing can have entered its weights, `2024-08-06`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<String>,
}

impl CutoffClaim {
    /// Whether nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stated.is_none() && self.released.is_none()
    }
}
