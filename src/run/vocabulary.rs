//! The names that a suite may use, from the registries of the rooms to the right of it.

use crate::scoring::{membership, metrics};
use crate::suite::Vocabulary;

/// Attacks, metrics and template variables of this build.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    Vocabulary {
        attacks: membership::suite_ids().into_iter().map(str::to_owned).collect(),
        metrics: metrics::known_names(),
        is_metric: |name| metrics::find(name).is_some(),
        template_variables: crate::prompt::template_variables,
        prompt_names: |bytes| {
            crate::prompt::PromptPack::read(bytes).map(|pack| pack.names()).map_err(|error| error.to_string())
        },
    }
}
