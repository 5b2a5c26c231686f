//! Stated confidence against hits: a model that knows what it knows is less sure after its cutoff.

use super::super::model::{Cell, Row, Table, numbers, words};
use super::{Shown, cells, sheet};
use crate::record::{Calibration, ModelRecall};
use crate::report::anchor::Anchors;
use crate::report::number;

/// A group for each model and task, a row for each side, and the gap of confidence where both sides are there.
pub(super) fn calibrations(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let mut rows = Vec::new();
    for (model, row) in shown.rows(|model| &model.calibrations) {
        let head = shown.head(model, &[&row.task]);
        rows.push((head.clone(), Row::new(row_cells(row))));
        if is_last_of_task(model, row) {
            rows.extend(gap(model, &row.task).map(|row| (head, row)));
        }
    }
    sheet(
        anchors.claim(&["recall-calibration"]),
        "Stated confidence against hits",
        "Over answers with a confidence; those without are counted beside n. ECE and MCE: mean and largest distance of confidence and share \
         of hits, ten bins. AUROC: whether hits are the surer answers. Overconfidence: mean confidence less share of hits. Spearman: of \
         confidence with closeness. Metacognitive gap: mean confidence before less after; a model that knows what it knows has a gap above 0."
            .to_owned(),
        [words("Side")]
            .into_iter()
            .chain(
                ["Mean confidence", "Overconfidence", "ECE", "MCE", "Brier", "AUROC", "Spearman", "n"].map(numbers),
            )
            .collect(),
        rows,
    )
}

fn is_last_of_task(model: &ModelRecall, row: &Calibration) -> bool {
    model.calibrations.iter().rfind(|other| other.task == row.task).is_some_and(|last| last.side == row.side)
}

fn row_cells(row: &Calibration) -> Vec<Cell> {
    let mut spearman = row.spearman.map_or_else(Cell::undefined, |it| Cell::text(number::signed(it, 3)));
    if row.spearman_p.is_some() {
        spearman.aside = format!("p {}", number::p_value(row.spearman_p));
    }
    let mut n = cells::count(row.n);
    if row.n_without > 0 {
        n.aside = format!("{} without", number::count(row.n_without));
    }
    vec![
        Cell::text(cells::side_words(&row.side)),
        cells::share(row.mean_confidence),
        row.overconfidence.map_or_else(Cell::undefined, |it| Cell::text(number::signed(it, 3))),
        cells::share(row.ece),
        cells::share(row.mce),
        cells::share(row.brier),
        cells::share(row.auroc),
        spearman,
        n,
    ]
}

/// The distance of two means that stand above it.
fn gap(model: &ModelRecall, task: &str) -> Option<Row> {
    let mean = |side: &str| {
        model.calibrations.iter().find(|row| row.task == task && row.side == side).and_then(|row| row.mean_confidence)
    };
    let gap = mean("before")? - mean("after")?;
    let mut row = vec![Cell::text("metacognitive gap"), Cell::text(number::signed(gap, 3))];
    row.extend(std::iter::repeat_with(Cell::default).take(7));
    Some(Row { cells: row, is_control: true })
}
