//! What a model hits beyond the strongest naive forecaster, by task, side and series.

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, Table, interval_words, numbers, words};
use super::{Shown, cells, note, sheet};
use crate::record::{BeyondGuessing, ModelRecall};
use crate::report::anchor::Anchors;
use crate::report::number;

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

fn of_task<'r>(shown: &Shown<'r>, task: &str, anchors: &mut Anchors) -> Table {
    let is_repeated = |model: &'r ModelRecall, row: &BeyondGuessing| {
        let sides = model.beyond.iter().filter(|other| other.task == row.task).map(|other| other.side.as_str());
        Shown::is_repeated(&row.side, sides)
    };
    let rows = shown.rows(|model| &model.beyond).filter(|(_, row)| row.task == task);
    let own: Vec<(&ModelRecall, &BeyondGuessing)> = rows.filter(|(model, row)| !is_repeated(model, row)).collect();
    let intervals = own.iter().flat_map(|(_, row)| row.interval.iter().chain(&row.hit_interval));
    let note = note([
        "A: share of the values that guessing misses and the model hits, (h \u{2212} g) / (1 \u{2212} g), with h the model's share of hits \
         and g that of the strongest naive forecaster, which sees the values before and is chosen before the cutoff. A is a lower bound: \
         other words may bring out more."
            .to_owned(),
        interval_words(intervals),
        "Shares are over asked values: refusals and unreadable answers are misses. Only one: values that only the model hit, and only the \
         forecaster; p: exact two-sided McNemar test on them, with mid-p; Holm: adjusted over the series of a side. Closer: nearer than the forecaster, \
         of the answered; skill: 1 \u{2212} MAE / MAE of the forecaster."
            .to_owned(),
        flags(shown, &own),
    ]);
    let heads = ["A", "Model", "Forecaster", "Only one", "p", "Holm", "Closer", "n", "Answered"];
    let rows = own
        .iter()
        .map(|(model, row)| (shown.head(model, &[cells::side_words(&row.side)]), Row::new(row_cells(row))))
        .collect();
    sheet(
        anchors.claim(&["recall-beyond", task]),
        &format!("Beyond guessing: {task}"),
        note,
        [words("Series")].into_iter().chain(heads.map(numbers)).collect(),
        rows,
    )
}

/// What each flag means, and the rows that carry it.
fn flags(shown: &Shown<'_>, own: &[(&ModelRecall, &BeyondGuessing)]) -> String {
    let flags = distinct(own.iter().flat_map(|(_, row)| &row.flags).map(String::as_str));
    let told = flags.into_iter().map(|flag| {
        let has = |row: &BeyondGuessing| row.flags.iter().any(|own| own == flag);
        let mut groups: Vec<(String, Vec<&str>, usize)> = Vec::new();
        for (model, row) in own {
            let head = shown.head(model, &[cells::side_words(&row.side)]);
            let place = groups.iter().position(|(known, ..)| *known == head).unwrap_or_else(|| {
                groups.push((head, Vec::new(), 0));
                groups.len() - 1
            });
            groups[place].2 += 1;
            if has(row) {
                groups[place].1.push(cells::series_words(&row.series));
            }
        }
        let whose = groups.iter().filter(|(_, series, _)| !series.is_empty()).map(|(head, series, n)| {
            let series = if series.len() == *n { "every row".to_owned() } else { series.join(", ") };
            format!("{series} ({head})")
        });
        let whose = whose.collect::<Vec<String>>().join("; ");
        format!("{}: {whose}.", crate::report::capital::capitalised(cells::flag_words(flag)))
    });
    told.collect::<Vec<String>>().join(" ")
}

fn row_cells(row: &BeyondGuessing) -> Vec<Cell> {
    let mut forecaster = cells::share(Some(row.baseline_share));
    cells::forecaster_words(&row.baseline).clone_into(&mut forecaster.aside);
    let mut closer = cells::share(row.share_closer);
    if let Some(skill) = row.skill.filter(|skill| skill.is_finite()) {
        closer.aside = format!("skill {}", number::compact(skill));
    }
    let mut n = cells::count(row.n);
    n.aside = format!("{} months", number::count(row.n_months));
    vec![
        Cell::text(cells::series_words(&row.series)),
        Cell::estimate(row.adjusted, row.interval.as_ref()),
        Cell::estimate(Some(row.hit_share), row.hit_interval.as_ref()),
        forecaster,
        cells::pair(row.only_model, row.only_baseline),
        cells::p(row.p_exact, &[("mid", row.p_mid)]),
        cells::p(row.p_adjusted, &[]),
        closer,
        n,
        cells::count_of(row.n_answered, row.n),
    ]
}
