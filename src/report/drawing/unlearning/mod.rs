//! Forgetting in figures: the trade-off of all models, then for each model under test its attacks, its targets and what it kept.
//!
//! Titles say what the outcomes of the claims say and no more: what was found over targets, what was found on these targets alone,
//! and what was not shown.

mod attacks;
mod kept;
mod outcome;
mod targets;
mod trade_off;

use super::Drawings;
use super::named;
use crate::record::{IntervalRecord, ModelEntry, Role, SuiteResults};
use crate::report::ReportError;
use crate::report::anchor::Anchors;
use crate::report::figure::{Estimate, ModelPart};

/// Draws all of them where the suite says something of forgetting.
///
/// # Errors
/// [`ReportError::Figure`] when a chart refuses its input: a bug.
pub(super) fn draw_all(
    results: &SuiteResults,
    tested: &[&ModelEntry],
    anchors: &mut Anchors,
    out: &mut Drawings,
) -> Result<(), ReportError> {
    let Some(record) = &results.unlearning else { return Ok(()) };
    let drawn = trade_off::draw(results, record, anchors);
    out.take(results, "Forgotten against kept", "no measure of both", drawn)?;
    for (place, model) in tested.iter().enumerate() {
        let of = |title: &str| named(title, model, tested.len());
        let shown = Shown { results, record, model, place };
        let drawn = attacks::draw(&shown, anchors);
        out.take(results, &of("Adversarial questions by form"), "no adversarial question", drawn)?;
        let drawn = targets::draw(&shown, anchors);
        out.take(results, &of("Every target before and after"), "no values of two models by target", drawn)?;
        let figures = kept::draw(&shown, anchors);
        let figures = figures.map_err(|source| ReportError::Figure { suite: results.suite.clone(), source })?;
        if figures.is_empty() {
            out.take(results, &of("What was kept"), "no comparison with a model before", Ok(None))?;
        }
        out.figures.extend(figures);
    }
    Ok(())
}

/// What a figure of one model under test draws from.
struct Shown<'r> {
    results: &'r SuiteResults,
    record: &'r crate::record::Unlearning,
    model: &'r ModelEntry,
    /// Place among the models under test, which decides colour and shape.
    place: usize,
}

impl Shown<'_> {
    /// Before, this one, never knew; those of them that the run has.
    fn models(&self) -> Vec<(&ModelEntry, ModelPart)> {
        let of = |role| self.results.models.iter().find(move |entry| entry.role == role);
        let before = of(Role::Baseline).map(|entry| (entry, ModelPart::Before));
        let never = of(Role::Reference).map(|entry| (entry, ModelPart::NeverKnew));
        before.into_iter().chain([(self.model, ModelPart::After(self.place))]).chain(never).collect()
    }
}

/// Value and interval as charts take them; `None` without a value.
fn estimate(value: Option<f64>, interval: Option<&IntervalRecord>) -> Option<Estimate> {
    Some(Estimate { value: value?, interval: interval.map(|interval| (interval.low, interval.high)) })
}
