//! What the passes of changed states must be read against: alarms where nothing has changed, and knowing that is not acted on.

use super::super::model::{Cell, Row, Table, interval_words, numbers};
use super::{Shown, cells, note, sheet};
use crate::record::Stale;
use crate::report::agent_words;
use crate::report::anchor::Anchors;

/// A row for each dimension, control and agent.
pub(super) fn false_alarms(shown: &Shown<'_>, stale: &Stale, anchors: &mut Anchors) -> Table {
    let rows = stale.false_alarms.iter().map(|row| {
        let control = match row.control.as_str() {
            "removed" => "remark removed",
            "replaced" => "remark replaced",
            agent_words::ALL => "both controls",
            other => other,
        };
        let (head, first) = shown.place(control, agent_words::dimension(&row.dimension), &row.model);
        let cells = vec![
            first,
            Cell::percent(row.rate, row.interval.as_ref()),
            cells::count(row.n_alarms),
            cells::count(row.n),
            cells::count(row.n_judge_errors.saturating_add(row.n_unjudged)),
            cells::count(row.n_tied),
            cells::count(row.n_unanswered),
        ];
        (head, Row::new(cells))
    });
    sheet(
        anchors.claim(&["stale-false-alarms"]),
        "False alarms where nothing has changed",
        note([
            "The same scenarios with the later remark taken out, or replaced by a harmless one: the old state still holds, and an answer that \
             calls it out of date is a false alarm. The higher, the less a pass of SR or PR says."
                .to_owned(),
            interval_words(stale.false_alarms.iter().filter_map(|row| row.interval.as_ref())),
        ]),
        [shown.first("Control")]
            .into_iter()
            .chain(["False alarms", "Alarms", "Judged", "No verdict", "Tied", "No answer"].map(numbers))
            .collect(),
        rows.collect(),
    )
}

/// A row for each type and agent.
pub(super) fn knowing(shown: &Shown<'_>, stale: &Stale, anchors: &mut Anchors) -> Table {
    let rows = stale.knowing.iter().map(|row| {
        let (head, first) = shown.place(agent_words::conflict(&row.conflict), "", &row.model);
        let cells = vec![
            first,
            Cell::percent(row.rate, row.interval.as_ref()),
            Cell::percent(row.rate_of_knowing, row.interval_of_knowing.as_ref()),
            cells::count(row.n_not_acting),
            cells::count(row.n_knowing),
            cells::count(row.n_judged),
        ];
        (head, Row::new(cells))
    });
    let intervals = stale.knowing.iter().flat_map(|row| row.interval.iter().chain(&row.interval_of_knowing));
    sheet(
        anchors.claim(&["stale-knowing"]),
        "Knowing of the change without acting on it",
        note([
            "Knows: SR passed. Does not act: PR or IPA of the same scenario failed.".to_owned(),
            interval_words(intervals),
        ]),
        [shown.first("Type")]
            .into_iter()
            .chain(["Of all judged", "Of those that know", "Not acting", "Knowing", "Judged"].map(numbers))
            .collect(),
        rows.collect(),
    )
}
