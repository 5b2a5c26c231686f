//! Memory agents in tables: how each remembered, what it answered, whether it found and used the evidence, what it cost, who judged; and of
//! changed states what was noticed, false alarms, and knowing without acting.
//!
//! One file for each question. Where a card shows several agents they stand below one another under what they are measured at; of one
//! agent alone what is measured heads the rows. Tables without a row are left out.

mod agents;
mod alarms;
mod cells;
mod columns;
mod competencies;
mod costs;
mod judges;
mod positions;
mod retrieval;
mod slices;
mod stale;

use super::model::{Cell, Column, Table, note, sheet, words};
use crate::record::{Memory, SuiteResults};
use crate::report::agent_words;
use crate::report::anchor::Anchors;

/// All of them in the order of reading; none where the suite says nothing of memory agents.
#[must_use]
pub fn memory(results: &SuiteResults, anchors: &mut Anchors) -> Vec<Table> {
    let Some(record) = &results.memory else { return Vec::new() };
    let shown = Shown { results, record, is_one: agent_words::in_order(results).len() < 2 };
    let mut tables = vec![agents::agents(&shown, anchors)];
    if let Some(record) = &record.stale {
        tables.push(stale::overall(&shown, record, anchors));
        tables.push(stale::cells(&shown, record, anchors));
        tables.push(alarms::false_alarms(&shown, record, anchors));
        tables.push(alarms::knowing(&shown, record, anchors));
    }
    tables.push(competencies::competencies(&shown, anchors));
    tables.push(columns::columns(&shown, anchors));
    tables.push(retrieval::retrieval(&shown, anchors));
    tables.push(positions::positions(&shown, anchors));
    tables.push(costs::costs(&shown, anchors));
    tables.push(judges::judges(&shown, anchors));
    if let Some(record) = &record.stale {
        tables.push(slices::slices(&shown, record, anchors));
    }
    tables.retain(|table| !table.is_empty());
    tables
}

/// What a table is made from.
struct Shown<'r> {
    results: &'r SuiteResults,
    record: &'r Memory,
    /// The card shows one agent.
    is_one: bool,
}

impl Shown<'_> {
    fn name(&self, slug: &str) -> String {
        agent_words::name(self.results, slug)
    }

    /// Head of a group of rows, and the first cell of a row: what is measured and whose it is, or the other way round.
    fn place(&self, what: &str, of: &str, model: &str) -> (String, Cell) {
        if self.is_one {
            return (of.to_owned(), Cell::text(what));
        }
        let head = [what, of].into_iter().filter(|part| !part.is_empty()).collect::<Vec<&str>>().join(" · ");
        (head, Cell::text(self.name(model)))
    }

    /// The column of the first cells.
    fn first(&self, what: &str) -> Column {
        words(if self.is_one { what } else { "Agent" })
    }
}
