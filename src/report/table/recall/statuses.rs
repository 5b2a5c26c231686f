//! How answers ended: a share of hits means little where most questions were declined.

use super::super::model::{Cell, Row, Table, numbers, words};
use super::{Shown, cells, sheet};
use crate::record::StatusCounts;
use crate::report::anchor::Anchors;

/// A group for each model and task, a row for each side.
pub(super) fn statuses(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let rows = shown
        .rows(|model| &model.statuses)
        .map(|(model, row)| (shown.head(model, &[&row.task]), Row::new(row_cells(row))));
    sheet(
        anchors.claim(&["recall-statuses"]),
        "How the answers ended",
        "In per cent of asked values that got an answer; no answer (a failed request) in per cent of all asked, and in no other share. \
         Hedged: a usable number beside a phrase of refusal. Suspect fractions: right if times a hundred; counted, never repaired."
            .to_owned(),
        [words("Side")]
            .into_iter()
            .chain(
                ["Asked", "Value", "Range", "Refusal", "Unreadable", "No answer", "Hedged", "Suspect fractions"].map(numbers),
            )
            .collect(),
        rows.collect(),
    )
}

fn row_cells(row: &StatusCounts) -> Vec<Cell> {
    let answers = row.asked.saturating_sub(row.errors);
    let mut out = vec![Cell::text(cells::side_words(&row.side)), cells::count(row.asked)];
    out.extend([row.values, row.ranges, row.refusals, row.unparseable].map(|n| cells::count_of(n, answers)));
    out.push(cells::count_of(row.errors, row.asked));
    out.extend([row.hedged, row.suspect_fractions].map(|n| cells::count_of(n, answers)));
    out
}
