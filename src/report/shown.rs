//! Which models a card shows: a card is for a few models, a leaderboard is for many.

use std::borrow::Cow;

use crate::record::{ModelEntry, Role, SuiteResults};
use crate::report::number;

/// Models under test on one card; each brings its own figures and tables.
pub const MOST_MODELS: usize = 4;
/// The same where models are one model with several memories: the control without one is always among them.
pub const MOST_AGENTS: usize = 7;

/// The results of the first [`MOST_MODELS`] models under test and of all models with another role, and a sentence
/// that says how many are not shown. Up to that number of models the results come back as they are.
#[must_use]
pub fn shown(results: &SuiteResults) -> (Cow<'_, SuiteResults>, Option<String>) {
    let n_tested = results.models.iter().filter(|model| model.role == Role::Model).count();
    let most = if results.memory.is_some() { MOST_AGENTS } else { MOST_MODELS };
    if n_tested <= most {
        return (Cow::Borrowed(results), None);
    }
    let mut n_kept = 0;
    let models: Vec<ModelEntry> = results
        .models
        .iter()
        .filter(|model| {
            if model.role == Role::Model {
                n_kept += 1;
            }
            model.role != Role::Model || n_kept <= most
        })
        .cloned()
        .collect();
    let is_shown = |slug: &str| models.iter().any(|model| model.slug == slug);
    let mut out = results.clone();
    out.metrics.retain(|row| is_shown(&row.model));
    out.comparisons.retain(|row| is_shown(&row.model_a) && is_shown(&row.model_b));
    out.trends.retain(|row| is_shown(&row.model));
    out.curves.retain(|row| is_shown(&row.model));
    out.distributions.retain(|row| is_shown(&row.model));
    out.attack_contrasts.retain(|row| is_shown(&row.model));
    out.health.retain(|row| is_shown(&row.model));
    if let Some(record) = &mut out.unlearning {
        record.targets.retain(|row| is_shown(&row.model));
        record.measures.retain(|row| is_shown(&row.model));
        record.attacks.retain(|row| is_shown(&row.model));
        record.answers.retain(|row| is_shown(&row.model));
        record.facts.retain(|row| is_shown(&row.model));
        record.summaries.retain(|row| is_shown(&row.model));
        record.claims.retain(|claim| is_shown(&claim.model) && is_shown(&claim.against));
    }
    if let Some(record) = &mut out.recall {
        record.models.retain(|row| is_shown(&row.model));
    }
    if let Some(record) = &mut out.memory {
        record.agents.retain(|row| is_shown(&row.model));
        record.columns.retain(|row| is_shown(&row.model));
        record.competencies.retain(|row| is_shown(&row.model));
        record.retrieval.retain(|row| is_shown(&row.model));
        record.positions.retain(|row| is_shown(&row.model));
        record.costs.retain(|row| is_shown(&row.model));
        if let Some(stale) = &mut record.stale {
            stale.cells.retain(|row| is_shown(&row.model));
            stale.overall.retain(|row| is_shown(&row.model));
            stale.false_alarms.retain(|row| is_shown(&row.model));
            stale.knowing.retain(|row| is_shown(&row.model));
            stale.slices.retain(|row| is_shown(&row.model));
        }
    }
    out.models = models;
    let sentence = format!(
        "This card shows the first {most} of {} models under test; results.json and the CSV hold all, and \
         `mnemoscope leaderboard` sets them side by side.",
        number::count(u64::try_from(n_tested).unwrap_or(u64::MAX))
    );
    (Cow::Owned(out), Some(sentence))
}
