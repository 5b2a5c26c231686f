//! What must hold of suites and models together before the first request.

use super::{Plan, PlannedModel, is_judged};
use crate::agent::settings::AgentKind;
use crate::backend::ModelIdentity;
use crate::dataset::Item;
use crate::dataset::economic::{month_of, month_text};
use crate::probe::ProbeError;
use crate::prompt::memory::MemoryWords;
use crate::record::Role;
use crate::run::error::RunError;
use crate::run::judge::{check_question_types, check_rubrics};
use crate::run::responder::Responder;

impl Plan {
    /// Judges need the words of their rubrics, and a judge by rules can judge only data that carry them.
    pub(super) fn check_judges(&self) -> Result<(), RunError> {
        for planned in self.suites.iter().filter(|_| self.judges().next().is_some()) {
            let Some(pack) = &planned.pack else { continue };
            for task in planned.tasks.iter().filter(|task| is_judged(&task.probe)) {
                check_question_types(task).map_err(|(item, source)| RunError::QuestionType { item, source })?;
                check_rubrics(task, MemoryWords::new(pack), self.judging.prompt.as_deref())
                    .map_err(|source| ProbeError::Pack { task: task.id.clone(), source })?;
            }
        }
        for judge in self.judges().filter(|judge| matches!(judge.responder.as_ref(), Responder::Rules(_))) {
            for planned in &self.suites {
                for task in planned.tasks.iter().filter(|task| is_judged(&task.probe)) {
                    let has_rules = |item: &Item| {
                        ["rules", "accepted", "keypoint_phrases"].iter().any(|field| item.fields.contains_key(*field))
                    };
                    if !task.items.iter().all(has_rules) {
                        let (judge, task) = (judge.shown_name.clone(), task.id.clone());
                        return Err(RunError::NoRules { judge, task });
                    }
                }
            }
        }
        Ok(())
    }

    /// Agents that search by vectors need somebody who makes them.
    pub(super) fn check_embedder(&self) -> Result<(), RunError> {
        match self.models.iter().find(|model| model.agent.as_ref().is_some_and(AgentKind::embeds)) {
            Some(model) if self.embedder().is_none() => {
                Err(RunError::NoEmbedder { agent: model.agent.as_ref().map_or("", AgentKind::word) })
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_capabilities(&self) -> Result<(), RunError> {
        for planned in &self.suites {
            for task in &planned.tasks {
                for model in self.models.iter().filter(|model| self.asks(model, task)) {
                    if let Some(needed) = self.lacks(model, task) {
                        return Err(RunError::MissingCapability {
                            suite: planned.suite.name.clone(),
                            task: task.id.clone(),
                            model: model.responder.identity().name.clone(),
                            capability: needed.capability,
                            reason: needed.reason,
                        });
                    }
                }
            }
        }
        Ok(())
    }

    /// Where something is to have been forgotten, models are paired token by token, and asked in the same form.
    pub(super) fn check_alike(&self) -> Result<(), RunError> {
        if !self.suites.iter().flat_map(|planned| &planned.tasks).any(|task| task.is_of_forgetting) {
            return Ok(());
        }
        let asked = |model: &&PlannedModel| !matches!(model.role, Role::Judge | Role::Embedder);
        let identities: Vec<_> = self.models.iter().filter(asked).map(|model| model.responder.identity()).collect();
        // What is not known of a model is no difference.
        let parts: [(&'static str, Part); 3] = [
            ("tokenizers", |identity| identity.tokenizer_sha256.as_deref()),
            ("chat templates", |identity| identity.chat_sha256.as_deref()),
            // How the weights are stored may differ, how they are multiplied not.
            ("number types", |identity| identity.dtype.as_deref()?.split(" (stored").next()),
        ];
        for (what, part) in parts {
            let mut known = identities.iter().filter_map(|identity| Some((identity.name.as_str(), part(identity)?)));
            if let Some((other, expected)) = known.next()
                && let Some((model, _)) = known.find(|(_, found)| *found != expected)
            {
                return Err(RunError::NotAlike { model: model.to_owned(), other: other.to_owned(), what });
            }
        }
        Ok(())
    }

    /// A cutoff behind the last value leaves nothing to compare with.
    pub(super) fn check_cutoffs(&self) -> Result<(), RunError> {
        let months = self.suites.iter().filter_map(|planned| planned.last_month);
        let Some(last) = months.max().and_then(|month| i32::try_from(month).ok()) else { return Ok(()) };
        for model in &self.models {
            if let Some(stated) = model.cutoff.stated.as_deref().and_then(month_of)
                && stated >= last
            {
                return Err(RunError::CutoffAfterData {
                    model: model.shown_name.clone(),
                    cutoff: month_text(stated),
                    last: month_text(last),
                });
            }
        }
        Ok(())
    }
}

/// Something that models must share to be paired.
type Part = fn(&ModelIdentity) -> Option<&str>;
