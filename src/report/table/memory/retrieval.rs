//! Whether the evidence was among what an agent showed, and whether it was used.

use super::super::model::{Cell, Row, Table, interval_words, numbers};
use super::{Shown, cells, note, sheet};
use crate::record::RetrievalRow;
use crate::report::agent_words;
use crate::report::anchor::Anchors;

/// A row for each column and agent.
pub(super) fn retrieval(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let own = &shown.record.retrieval;
    let rows = own.iter().map(|row| {
        let (head, first) = shown.place(agent_words::column(&row.column), "", &row.model);
        let mut cells = vec![first];
        cells.extend(row_cells(row));
        (head, Row::new(cells))
    });
    let intervals =
        own.iter().flat_map(|row| row.recall_interval.iter().chain(&row.ndcg_interval).chain(&row.mrr_interval));
    sheet(
        anchors.claim(&["memory-retrieval"]),
        "Evidence found, and used",
        note([
            "Over questions whose evidence is known. k: pieces that the agent may show. Recall: share of the evidence among them; nDCG and \
             MRR: how high it stands. Found: all evidence shown; missed: some of it not. Right and wrong only where a question is one or \
             the other. Missed and right: known before, guessed, or told by the part that was shown."
                .to_owned(),
            interval_words(intervals),
        ]),
        [shown.first("Column")]
            .into_iter()
            .chain(
                [
                    "k",
                    "Recall at k",
                    "nDCG",
                    "MRR",
                    "Found, right",
                    "Found, wrong",
                    "Missed, wrong",
                    "Missed, right",
                    "n",
                    "Histories",
                ]
                .map(numbers),
            )
            .collect(),
        rows.collect(),
    )
}

fn row_cells(row: &RetrievalRow) -> Vec<Cell> {
    let counts = [row.found_right, row.found_wrong, row.missed_wrong, row.missed_right];
    let all = counts.iter().fold(0, |sum: u64, n| sum.saturating_add(*n));
    let mut out = vec![
        cells::count(row.k),
        Cell::percent(row.recall, row.recall_interval.as_ref()),
        Cell::estimate(row.ndcg, row.ndcg_interval.as_ref()),
        Cell::estimate(row.mrr, row.mrr_interval.as_ref()),
    ];
    out.extend(counts.map(|n| if all == 0 { Cell::undefined() } else { cells::count_of(n, all) }));
    out.extend([cells::count(row.n), cells::count(row.n_clusters)]);
    out
}
