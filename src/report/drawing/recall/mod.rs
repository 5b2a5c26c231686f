//! Economic memory in figures, for each model under test: hits over time, what is beyond guessing, the jump, and confidence; and for all
//! models together what is left when they are told to forget.
//!
//! Titles claim what tests say and no more, and a share of recall is "at least".

mod beyond;
mod confidence;
mod curve;
mod forgetting;
mod jump;

use super::Drawings;
use super::named;
use crate::record::{IntervalRecord, ModelEntry, ModelRecall, SuiteResults};
use crate::report::ReportError;
use crate::report::anchor::Anchors;
use crate::report::figure::Estimate;

/// The task that the headline is about.
const LEADING: &str = "level";
/// Level below which a test speaks.
const ALPHA: f64 = 0.05;

/// Draws all of them where the suite says something of economic memory.
///
/// # Errors
/// [`ReportError::Figure`] when a chart refuses its input: a bug.
pub(super) fn draw_all(
    results: &SuiteResults,
    tested: &[&ModelEntry],
    anchors: &mut Anchors,
    out: &mut Drawings,
) -> Result<(), ReportError> {
    let Some(record) = &results.recall else { return Ok(()) };
    let models: Vec<(usize, &ModelEntry, &ModelRecall)> = tested
        .iter()
        .enumerate()
        .filter_map(|(place, entry)| {
            let model = record.models.iter().find(|model| model.model == entry.slug)?;
            Some((place, *entry, model))
        })
        .collect();
    for (_, entry, model) in &models {
        let of = |title: &str| named(title, entry, tested.len());
        let shown = Shown { results, model };
        let drawn = curve::draw(&shown, anchors);
        out.take(results, &of("Hits over time"), "no level was asked", drawn)?;
        let drawn = beyond::draw(&shown, anchors);
        out.take(results, &of("Beyond guessing, before and after"), "no share by series and side", drawn)?;
        let drawn = jump::draw(&shown, anchors);
        out.take(
            results,
            &of("The jump at the cutoff"),
            "no cutoff to test it at, or too few values around it",
            drawn,
        )?;
        let drawn = confidence::draw(&shown, anchors);
        out.take(results, &of("Stated confidence against hits"), "too few stated confidences", drawn)?;
    }
    let own: Vec<(usize, &ModelRecall)> = models.iter().map(|(place, _, model)| (*place, *model)).collect();
    let drawn = forgetting::draw(results, &own, anchors);
    out.take(results, "Told to forget", "the question was not asked", drawn)
}

/// What a figure of one model draws from.
struct Shown<'r> {
    results: &'r SuiteResults,
    model: &'r ModelRecall,
}

/// Value and interval as charts take them; `None` without a value.
fn estimate(value: Option<f64>, interval: Option<&IntervalRecord>) -> Option<Estimate> {
    Some(Estimate { value: value?, interval: interval.map(|interval| (interval.low, interval.high)) })
}
