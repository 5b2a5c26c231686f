//! The values behind the means: each target alone.

use super::super::metrics::distinct;
use super::super::model::{Cell, Row, RowGroup, Table, numbers, words};
use super::count_range;
use crate::record::{Side, SuiteResults, TargetValue, Unlearning};
use crate::report::anchor::Anchors;
use crate::report::{number, part};

/// More rows than these make a page that nobody scrolls: then only the measures that lead their side are shown.
const MOST_ROWS: usize = 400;

/// A group for each measure, a row for each target, models across; long, so closed on the page.
#[must_use]
pub fn targets(results: &SuiteResults, anchors: &mut Anchors) -> Option<Table> {
    let record = results.unlearning.as_ref().filter(|record| !record.targets.is_empty())?;
    let models = part::in_order(results);
    let all = distinct(record.targets.iter().map(|row| row.measure.as_str()));
    let n_rows: usize = all.iter().map(|measure| targets_of(record, measure).len()).sum();
    let mut note =
        "n: items with an answer, over the models. The unit of every test by target is a row here.".to_owned();
    let mut shown = all;
    if n_rows > MOST_ROWS {
        let leading: Vec<&str> = [Side::Forget, Side::Neighbour]
            .into_iter()
            .filter_map(|side| part::leading_measure(record, side))
            .map(|row| row.measure.as_str())
            .collect();
        shown.retain(|measure| leading.contains(measure));
        note.push_str(&format!(
            " Of {} rows only those of {} are shown; results.json holds all.",
            number::count(u64::try_from(n_rows).unwrap_or(u64::MAX)),
            shown.join(" and ")
        ));
    }
    let groups = shown.into_iter().map(|measure| {
        let title = record.measures.iter().find(|row| row.measure == measure).map_or(measure, |row| &row.title);
        let rows = targets_of(record, measure).into_iter().map(|target| {
            let own: Vec<&TargetValue> =
                record.targets.iter().filter(|row| row.measure == measure && row.target == target).collect();
            let mut cells = vec![Cell::text(target)];
            cells.extend(models.iter().map(|model| {
                let found = own.iter().find(|row| row.model == model.slug);
                found.map_or_else(Cell::undefined, |row| Cell::estimate(row.value, None))
            }));
            cells.push(Cell::text(count_range(own.iter().map(|row| row.n))));
            cells.push(Cell::text(count_range(own.iter().map(|row| row.n_missing))));
            Row::new(cells)
        });
        RowGroup { label: title.to_owned(), rows: rows.collect() }
    });
    Some(Table {
        id: anchors.claim(&["unlearning-targets"]),
        caption: "Every target by itself".to_owned(),
        note,
        columns: [words("Target")]
            .into_iter()
            .chain(models.iter().map(|model| numbers(&part::words(model))))
            .chain(["n", "Missing"].map(numbers))
            .collect(),
        groups: groups.collect(),
        is_long: true,
    })
}

fn targets_of<'r>(record: &'r Unlearning, measure: &str) -> Vec<&'r str> {
    distinct(record.targets.iter().filter(|row| row.measure == measure).map(|row| row.target.as_str()))
}
