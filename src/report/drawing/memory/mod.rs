//! Memory agents in figures, all agents of the card together: competencies, cost, evidence found and used, the place of the evidence; and of
//! changed states what was noticed, false alarms, and knowing without acting.
//!
//! Titles tell values with their intervals; that one agent is better than another is for paired tests to say, not for a figure.

mod alarms;
mod competencies;
mod costs;
mod evidence;
mod noticed;
mod positions;

use super::Drawings;
use crate::record::{IntervalRecord, Memory, Role, SuiteResults};
use crate::report::ReportError;
use crate::report::agent_words;
use crate::report::anchor::Anchors;
use crate::report::figure::{Estimate, ModelPart};
use crate::report::number;

/// Draws all of them where the suite says something of memory agents.
///
/// # Errors
/// [`ReportError::Figure`] when a chart refuses its input: a bug.
pub(super) fn draw_all(results: &SuiteResults, anchors: &mut Anchors, out: &mut Drawings) -> Result<(), ReportError> {
    let Some(record) = &results.memory else { return Ok(()) };
    let shown = Shown { results, record, agents: agents(results) };
    if let Some(stale) = &record.stale {
        let drawn = noticed::draw(&shown, stale, anchors);
        out.take(results, "Changed states noticed, and acted on", "no answer was judged", drawn)?;
        let drawn = alarms::draw(&shown, stale, anchors);
        out.take(results, "False alarms, and knowing without acting", "neither was judged", drawn)?;
    }
    // A suite of changed states has no columns of the paper's table.
    if record.stale.is_none() || !record.columns.is_empty() {
        let drawn = competencies::draw(&shown, anchors);
        out.take(results, "Competencies", "no column has a value", drawn)?;
    }
    let drawn = costs::draw(&shown, anchors);
    out.take(results, "What an answer costs", "no value over all questions stands beside tokens", drawn)?;
    let drawn = evidence::draw(&shown, anchors);
    out.take(results, "Evidence found, and used", "no question whose evidence is known is right or wrong", drawn)?;
    if record.stale.is_none() || !record.positions.is_empty() {
        let drawn = positions::draw(&shown, anchors);
        out.take(results, "By the place of the evidence", "no question tells where its evidence stands", drawn)?;
    }
    Ok(())
}

/// What a figure draws from.
struct Shown<'r> {
    results: &'r SuiteResults,
    record: &'r Memory,
    /// In the order of every figure.
    agents: Vec<Agent<'r>>,
}

impl Shown<'_> {
    /// Which agents are held against each other: those with a memory where there are two, else all.
    fn held(&self) -> Vec<bool> {
        let has_memory = |agent: &Agent<'_>| {
            let is_none = self.record.agents.iter().any(|entry| entry.model == agent.slug && entry.agent == "none");
            !is_none && matches!(agent.part, ModelPart::After(_))
        };
        let held: Vec<bool> = self.agents.iter().map(has_memory).collect();
        if held.iter().filter(|is_held| **is_held).count() > 1 { held } else { vec![true; self.agents.len()] }
    }
}

/// An agent of the card; keeps colour and shape through all figures.
struct Agent<'r> {
    slug: &'r str,
    name: String,
    part: ModelPart,
}

fn agents(results: &SuiteResults) -> Vec<Agent<'_>> {
    let mut n_tested = 0;
    let in_order = agent_words::in_order(results).into_iter();
    in_order
        .map(|model| {
            let part = if model.role == Role::Model {
                n_tested += 1;
                ModelPart::After(n_tested - 1)
            } else {
                ModelPart::Before
            };
            Agent { slug: &model.slug, name: agent_words::name(results, &model.slug), part }
        })
        .collect()
}

/// Share and interval as charts take them; `None` without a share.
fn estimate(share: Option<f64>, interval: Option<&IntervalRecord>) -> Option<Estimate> {
    Some(Estimate { value: share?, interval: interval.map(|interval| (interval.low, interval.high)) })
}

/// The same in per cent.
fn in_percent(share: Option<f64>, interval: Option<&IntervalRecord>) -> Option<Estimate> {
    let Estimate { value, interval } = estimate(share, interval)?;
    Some(Estimate { value: 100.0 * value, interval: interval.map(|(low, high)| (100.0 * low, 100.0 * high)) })
}

/// `100`, or `96 to 100` where agents differ.
fn count_range(counts: &[u64]) -> String {
    match (counts.iter().min(), counts.iter().max()) {
        (Some(low), Some(high)) if low == high => number::count(*low),
        (Some(low), Some(high)) => format!("{} to {}", number::count(*low), number::count(*high)),
        _ => number::UNDEFINED.to_owned(),
    }
}
