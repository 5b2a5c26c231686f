//! Changed states: whether they were noticed, cell by cell, and the overall number with what must stand beside it.

use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::{Stale, StaleCell, StaleOverall};
use crate::report::agent_words;
use crate::report::anchor::Anchors;
use crate::report::number;

/// A row for each agent.
pub(super) fn overall(shown: &Shown<'_>, stale: &Stale, anchors: &mut Anchors) -> Table {
    let rows = stale.overall.iter().map(|row| (String::new(), Row::new(overall_cells(shown, stale, row))));
    let alarms = stale.overall.iter().flat_map(|row| agent_words::alarms(stale, &row.model));
    let intervals = stale.overall.iter().filter_map(|row| row.interval.as_ref());
    let intervals = intervals.chain(alarms.filter_map(|row| row.interval.as_ref())).chain(
        stale
            .overall
            .iter()
            .filter_map(|row| agent_words::knowing(stale, &row.model))
            .filter_map(|row| row.interval.as_ref()),
    );
    sheet(
        anchors.claim(&["stale-overall"]),
        "Changed states as a whole",
        note([
            "Overall: unweighted mean of the six cells. It says little alone: a model that always answers that things have changed passes SR \
             and PR, so false alarms (where nothing has changed) and knowing without acting (SR passed, PR or IPA not) stand beside it. \
             Micro: passes over all answers. Missing as fails: the mean of the six where scenarios with a missing answer count as three \
             fails. Upstream's count: as its own evaluation reads replies, judge errors as fails. Invalid: more \
             than 2\u{a0}% of the scenarios lack an answer, or a verdict on one (unreadable, tied, not judged). Trimmed: sessions were left out, but none with evidence, which no memory \
             system can know."
                .to_owned(),
            interval_words(intervals),
        ]),
        [words("Agent")]
            .into_iter()
            .chain(["Overall", "False alarms", "Knows, does not act", "Micro", "Missing as fails", "Upstream's count", "Unanswered", "Scenarios"].map(numbers))
            .chain([words("Histories")])
            .collect(),
        rows.collect(),
    )
}

fn overall_cells(shown: &Shown<'_>, stale: &Stale, row: &StaleOverall) -> Vec<Cell> {
    let mean = |mean: Option<f64>, interval| {
        if row.is_valid {
            Cell::percent(mean, interval)
        } else {
            Cell { text: "invalid".to_owned(), ..Cell::undefined() }
        }
    };
    let knowing = agent_words::knowing(stale, &row.model);
    vec![
        Cell::text(shown.name(&row.model)),
        mean(row.macro_mean, row.interval.as_ref()),
        alarm_cell(stale, &row.model),
        knowing.map_or_else(Cell::undefined, |row| {
            let known = format!("{} of {} know", row.n_knowing, row.n_judged);
            Cell::percent(row.rate, row.interval.as_ref()).with_aside(&known)
        }),
        mean(row.micro_mean, None),
        Cell::percent(row.pessimistic, None),
        mean(row.compatible, None),
        cells::count(row.n_unanswered),
        cells::count(row.n_scenarios),
        Cell::text(if row.is_trimmed { "trimmed" } else { "whole" }),
    ]
}

/// The rates of all dimensions in one cell.
fn alarm_cell(stale: &Stale, model: &str) -> Cell {
    let rows = || agent_words::alarms(stale, model).into_iter().filter(|row| row.rate.is_some());
    let rates: Vec<String> = rows()
        .map(|row| format!("{}\u{a0}{}", row.dimension, row.rate.map_or_else(String::new, number::percent_half_up)))
        .collect();
    let ranges: Vec<String> = rows()
        .filter_map(|row| Some(format!("{} {}", row.dimension, number::percent_range(row.interval.as_ref()?))))
        .collect();
    if rates.is_empty() { Cell::undefined() } else { Cell::text(rates.join(", ")).with_aside(&ranges.join(", ")) }
}

/// A row for each type, dimension and agent.
pub(super) fn cells(shown: &Shown<'_>, stale: &Stale, anchors: &mut Anchors) -> Table {
    let rows = stale.cells.iter().map(|cell| {
        let dimension = agent_words::dimension(&cell.dimension);
        let (head, first) = shown.place(dimension, agent_words::conflict(&cell.conflict), &cell.model);
        let mut row = vec![first];
        row.extend(row_cells(cell));
        (head, Row::new(row))
    });
    let mut table = sheet(
        anchors.claim(&["stale-cells"]),
        "Changed states noticed, and acted on",
        note([
            agent_words::STALE_WORDS.to_owned(),
            interval_words(stale.cells.iter().filter_map(|cell| cell.interval.as_ref())),
            "Shares are over judged scenarios; those without a verdict or an answer are counted and in no share."
                .to_owned(),
        ]),
        [shown.first("Dimension")]
            .into_iter()
            .chain(
                ["Passed", "Upstream's count", "Passes", "Judged", "No verdict", "Tied", "No answer", "Scenarios"]
                    .map(numbers),
            )
            .collect(),
        rows.collect(),
    );
    table.is_long = false;
    table
}

fn row_cells(cell: &StaleCell) -> Vec<Cell> {
    let mut out = vec![Cell::percent(cell.value, cell.interval.as_ref()), Cell::percent(cell.compatible, None)];
    let n_without = cell.n_judge_errors.saturating_add(cell.n_unjudged);
    out.extend(
        [cell.n_passed, cell.n_judged, n_without, cell.n_tied, cell.n_unanswered, cell.n_scenarios].map(cells::count),
    );
    out
}
