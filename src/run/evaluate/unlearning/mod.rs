//! What a run says about forgetting: is it gone, did the neighbours suffer, is it like a model that never knew, or beyond that?
//!
//! The target is the unit: questions about one target share the model, the passage and the weights (RWKU; section 8 of Maini et al. 2024
//! for authors). Tests by item stand beside those by target and speak of these targets and this model alone.

mod answers;
mod attacks;
mod claims;
mod facts;
mod measure;
mod sentence;
mod summaries;

use super::subject::Subject;
use crate::record::{PromptWords, Role, Unlearning};
use crate::run::error::RunError;
use crate::run::plan::{Plan, PlannedSuite};

use measure::Measures;

/// The part of the results that is about forgetting; `None` for a suite whose tasks have no axis.
pub(super) fn unlearning(
    plan: &Plan,
    planned: &PlannedSuite,
    subjects: &[Subject<'_>],
) -> Result<Option<Unlearning>, RunError> {
    let Some(measures) = Measures::of(planned, subjects) else { return Ok(None) };
    let slug = |role| plan.models.iter().find(|model| model.role == role).map(|model| model.slug.as_str());
    let (before, never) = (slug(Role::Baseline), slug(Role::Reference));
    let name = |slug: &str| {
        let model = plan.models.iter().find(|model| model.slug == slug);
        model.map_or_else(|| slug.to_owned(), |model| model.shown_name.clone())
    };
    let (attacks, unknown_attacks) = attacks::attacks(subjects, before)?;
    Ok(Some(Unlearning {
        prompts: planned.prompts.as_ref().map(|prompts| PromptWords {
            name: prompts.name.clone(),
            sha256: prompts.sha256.clone(),
            is_plain: prompts.is_plain,
            is_in_context: prompts.is_in_context,
        }),
        targets: measures.target_rows(),
        measures: measures.mean_rows()?,
        attacks,
        answers: answers::answers(&measures),
        facts: facts::facts(&measures, before)?,
        summaries: summaries::summaries(planned, subjects, never)?,
        claims: claims::claims(&measures, before, never, &name)?,
        unknown_attacks,
    }))
}
