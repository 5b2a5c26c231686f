//! Tokens that an agent takes, beside what they buy.

use super::super::model::{Cell, Row, Table, interval_words, numbers};
use super::{Shown, cells, note, sheet};
use crate::record::AgentCost;
use crate::report::agent_words;
use crate::report::anchor::Anchors;

/// A row for each column and agent.
pub(super) fn costs(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = &shown.record.costs;
    let rows = own.iter().map(|row| {
        // Overall passes of changed states stand in their own table, beside false alarms.
        let is_told = shown.record.stale.is_none() || row.column != agent_words::ALL;
        let (head, first) = shown.place(agent_words::column(&row.column), "", &row.model);
        let mut cells = vec![first];
        cells.extend(row_cells(row, is_told));
        (head, Row::new(cells))
    });
    sheet(
        anchors.claim(&["memory-costs"]),
        "Tokens, and what they buy",
        note([
            "Tokens of one encoding (o200k_base) for every model, so that agents can be compared; means. Written: of a history, given to be \
             memorised; asked: what the model was asked to write into memory, a history; read: the prompt of a question, memory included; \
             peak: the longest prompt. Of a system that answers by itself read is what it says, in its own tokens, or unknown. The share of all is the mean of the \
             columns, each with the same weight; of changed states that of the six cells, beside the tokens of their questions."
                .to_owned(),
            interval_words(own.iter().filter_map(|row| row.interval.as_ref())),
        ]),
        [shown.first("Column")]
            .into_iter()
            .chain(["Written", "Asked", "Read", "Peak", "Answered", "Value", "Questions"].map(numbers))
            .collect(),
        rows.collect(),
    )
}

fn row_cells(row: &AgentCost, is_told: bool) -> Vec<Cell> {
    let mut out =
        [Some(row.written_per_history), row.asked_per_history, row.read_per_question].map(cells::tokens).to_vec();
    out.extend([
        row.peak_read.map_or_else(Cell::undefined, cells::count),
        cells::tokens(Some(row.answer_per_question)),
        Cell::percent(row.value.filter(|_| is_told), row.interval.as_ref()),
        cells::count(row.n_questions),
    ]);
    out
}
