//! What a model hits beyond the strongest naive forecaster, by task, side and series.

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::{BeyondGuessing, ModelRecall};
use crate::report::anchor::Anchors;

/// The task that the headline is about.
const LEADING: &str = "level";

/// The table of the leading task.
pub(super) fn leading(shown: &Shown<'_>, anchors: &mut Anchors) -> Option<Table> {
    let task = tasks(shown).into_iter().find(|task| *task == LEADING)?;
    let mut table = of_task(shown, task, anchors);
    table.is_long = false;
    Some(table)
}

/// A table for each of the other tasks.
pub(super) fn others(shown: &Shown<'_>, anchors: &mut Anchors) -> Vec<Table> {
    let tasks = tasks(shown).into_iter().filter(|task| *task != LEADING);
    tasks.map(|task| Table { is_long: true, ..of_task(shown, task, anchors) }).collect()
}

fn tasks<'r>(shown: &Shown<'r>) -> Vec<&'r str> {
    distinct(shown.rows(|model| &model.beyond).map(|(_, row)| row.task.as_str()))
}

fn of_task(shown: &Shown<'_>, task: &str, anchors: &mut Anchors) -> Table {
    let own: Vec<(&ModelRecall, &BeyondGuessing)> =
        shown.rows(|model| &model.beyond).filter(|(_, row)| row.task == task).collect();
    let has_flags = own.iter().any(|(_, row)| !row.flags.is_empty());
    let intervals = own.iter().flat_map(|(_, row)| row.interval.iter().chain(&row.hit_interval));
    let note = note([
        "A: share of the values that guessing misses and the model hits, (h \u{2212} g) / (1 \u{2212} g), with h the model's share of hits \
         and g that of the strongest naive forecaster, which sees the values before and is chosen before the cutoff. A is a lower bound: \
         other words may bring out more."
            .to_owned(),
        interval_words(intervals),
        "Shares are over asked values: refusals and unreadable answers are misses. Only: values that only the model hit, and only the \
         forecaster; p: exact McNemar test on them, with mid-p, and Holm's adjustment over the series of a side. Closer: nearer than the \
         forecaster, of the answered. Skill: 1 \u{2212} MAE / MAE of the forecaster."
            .to_owned(),
    ]);
    let columns = [words("Series")]
        .into_iter()
        .chain(["A", "Model hits", "Forecaster hits"].map(numbers))
        .chain(["Only model / forecaster", "p", "Closer", "Skill", "n"].map(numbers))
        .chain(has_flags.then(|| words("Read with care")))
        .collect();
    let rows = own
        .iter()
        .map(|(model, row)| (shown.head(model, &[cells::side_words(&row.side)]), Row::new(row_cells(row, has_flags))));
    sheet(anchors.claim(&["recall-beyond", task]), &format!("Beyond guessing: {task}"), note, columns, rows.collect())
}

fn row_cells(row: &BeyondGuessing, has_flags: bool) -> Vec<Cell> {
    let mut forecaster = cells::share(Some(row.baseline_share));
    forecaster.aside.clone_from(&row.baseline);
    let mut n = cells::count(row.n);
    let months = format!("{} months", crate::report::number::count(row.n_months));
    n.aside = if row.n_answered == row.n {
        months
    } else {
        format!("{} answered; {months}", crate::report::number::count(row.n_answered))
    };
    let mut out = vec![
        Cell::text(cells::series_words(&row.series)),
        Cell::estimate(row.adjusted, row.interval.as_ref()),
        Cell::estimate(Some(row.hit_share), row.hit_interval.as_ref()),
        forecaster,
        cells::pair(row.only_model, row.only_baseline),
        cells::p(row.p_exact, &[("mid", row.p_mid), ("Holm", row.p_adjusted)]),
        cells::share(row.share_closer),
        cells::size(row.skill),
        n,
    ];
    if has_flags {
        let told: Vec<&str> = row.flags.iter().map(|flag| cells::flag_words(flag)).collect();
        out.push(Cell::text(told.join("; ")));
    }
    out
}
