//! Economic memory in tables: where knowledge ends, what is recalled beyond guessing, before against after, and whether it can be
//! switched off.
//!
//! One file for each question; every model has its own groups of rows. Tables without a row are left out.

mod beyond;
mod calibration;
mod cells;
mod contrasts;
mod cutoffs;
mod date_alone;
mod days;
mod embeddings;
mod errors;
mod jumps;
mod obedience;
mod statuses;
mod untested;

use super::model::{Table, note, sheet};
use crate::record::{ModelRecall, Role, SuiteResults};
use crate::report::anchor::Anchors;

/// All of them in the order of reading. Of a suite that says nothing of economic memory at most the tasks that were left out.
#[must_use]
pub fn recall(results: &SuiteResults, anchors: &mut Anchors) -> Vec<Table> {
    let shown = Shown { models: results.recall.as_ref().map_or(&[], |record| &record.models) };
    let mut tables = vec![cutoffs::sides(&shown, anchors), cutoffs::cutoffs(&shown, anchors)];
    tables.extend(beyond::leading(&shown, anchors));
    tables.push(contrasts::contrasts(&shown, anchors));
    tables.push(jumps::jumps(&shown, anchors));
    tables.extend(obedience::all(&shown, anchors));
    tables.push(calibration::calibrations(&shown, anchors));
    tables.push(days::days(&shown, anchors));
    tables.push(days::reports(&shown, anchors));
    tables.push(date_alone::date_alone(&shown, anchors));
    let fits = results.recall.as_ref().map_or(&[][..], |record| &record.embeddings);
    tables.push(embeddings::embeddings(fits, anchors));
    tables.extend(beyond::others(&shown, anchors));
    tables.extend(errors::by_task(&shown, anchors));
    tables.push(statuses::statuses(&shown, anchors));
    tables.push(untested::untested(results, &shown, anchors));
    tables.retain(|table| !table.is_empty());
    tables
}

/// The models of a card.
struct Shown<'r> {
    models: &'r [ModelRecall],
}

impl<'r> Shown<'r> {
    /// The slug, and the part where it is not the model under test.
    fn name(model: &ModelRecall) -> String {
        match model.role {
            Role::Baseline => format!("{} (baseline)", model.model),
            _ => model.model.clone(),
        }
    }

    /// Head of a group of rows: the model where the card shows several, then what the rows share.
    fn head(&self, model: &ModelRecall, parts: &[&str]) -> String {
        let name = (self.models.len() > 1).then(|| Self::name(model));
        let parts = parts.iter().filter(|part| !part.is_empty()).map(|&part| part.to_owned());
        name.into_iter().chain(parts).collect::<Vec<String>>().join(" · ")
    }

    /// Whether a row of all periods says what those of its sides, which are there, say better.
    fn is_repeated(side: &str, mut sides: impl Iterator<Item = &'r str>) -> bool {
        side == "all" && sides.any(|side| side == "before" || side == "after")
    }

    /// What the models have of one kind, each with its model.
    fn rows<T>(
        &self,
        of: fn(&'r ModelRecall) -> &'r [T],
    ) -> impl Iterator<Item = (&'r ModelRecall, &'r T)> + use<'r, T> {
        self.models.iter().flat_map(move |model| of(model).iter().map(move |row| (model, row)))
    }
}
