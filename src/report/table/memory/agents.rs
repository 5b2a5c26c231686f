//! How each agent remembered: what it was given, what it dropped, what was cut.

use super::super::model::{Cell, Row, Table, numbers, words};
use super::{Shown, cells, sheet};
use crate::record::AgentEntry;
use crate::report::anchor::Anchors;

/// A row for each agent.
pub(super) fn agents(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown.record.agents.iter().map(|agent| (String::new(), Row::new(row_cells(shown, agent))));
    sheet(
        anchors.claim(&["memory-agents"]),
        "How each agent remembered",
        "Pieces: what a history was cut into to be memorised, over all histories. Evicted: pieces that the agent no longer held when it was \
         asked, for want of room. Cut: questions whose history was shortened to fit. Own answers: those that an agent behind HTTP gave by itself; \
         the model that its row is named after was not asked. Isolation: what keeps one question from changing the \
         memory that the next one sees, told of agents behind HTTP."
            .to_owned(),
        ["Agent", "Kind", "Settings"]
            .map(words)
            .into_iter()
            .chain(["Histories", "Pieces", "Evicted", "Cut", "Own answers"].map(numbers))
            .chain([words("Isolation")])
            .collect(),
        rows.collect(),
    )
}

fn row_cells(shown: &Shown<'_>, agent: &AgentEntry) -> Vec<Cell> {
    let settings: Vec<String> = agent.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
    let isolation = agent.query_isolation.as_deref().map(|isolation| isolation.replace('_', " "));
    vec![
        Cell::text(shown.name(&agent.model)),
        match &agent.system {
            Some(system) => Cell::text(agent.agent.as_str()).with_aside(system),
            None => Cell::text(agent.agent.as_str()),
        },
        if settings.is_empty() { Cell::undefined() } else { Cell::text(settings.join(", ")) },
        cells::count(agent.n_histories),
        cells::count(agent.n_pieces),
        cells::count_of(agent.n_evicted, agent.n_pieces),
        cells::count(agent.n_cut),
        cells::count(agent.n_own_answers),
        isolation.map_or_else(Cell::undefined, Cell::text),
    ]
}
