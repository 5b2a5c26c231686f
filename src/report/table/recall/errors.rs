//! Errors of numbers by task, side and series; never averaged over series, whose units differ.

use super::super::metrics::distinct;
use super::super::model::{Cell, Column, Row, Table, numbers, words};
use super::{Shown, cells, sheet};
use crate::record::{ErrorRow, ModelRecall};
use crate::report::anchor::Anchors;
use crate::report::number;

/// A table for each task; all but the first start closed.
pub(super) fn by_task<'r>(shown: &Shown<'r>, anchors: &mut Anchors) -> Vec<Table> {
    let mut tasks = distinct(shown.rows(|model| &model.errors).map(|(_, row)| row.task.as_str()));
    tasks.sort_by_key(|task| *task != "level");
    let tables = tasks.into_iter().enumerate().map(|(place, task)| {
        let is_repeated = |model: &'r ModelRecall, row: &ErrorRow| {
            let sides = model.errors.iter().filter(|other| other.task == row.task).map(|other| other.side.as_str());
            Shown::is_repeated(&row.side, sides)
        };
        let own = shown.rows(|model| &model.errors).filter(|(_, row)| row.task == task);
        let own = own.filter(|(model, row)| !is_repeated(model, row));
        let rows: Vec<(String, Row)> = own
            .map(|(model, row)| (shown.head(model, &[cells::side_words(&row.side)]), Row::new(row_cells(row))))
            .collect();
        let caption = format!("Errors: {task}");
        let mut table = sheet(anchors.claim(&["recall-errors", task]), &caption, note(), columns(), rows);
        table.is_long |= place > 0;
        table
    });
    tables.collect()
}

fn note() -> String {
    "In the unit of each series, over answered values. Bias: mean of answer minus truth. MAPE: mean error in per cent of the truth, values \
     of 0 left out; beside it the median. Exact: equal after rounding to the published decimals; within: inside the series' tolerance; \
     each over answered, and beside it over asked values. Direction: right side of the value before. Errors before and after are of \
     different times and are not compared."
        .to_owned()
}

fn columns() -> Vec<Column> {
    let heads = ["MAE", "Median", "RMSE", "Bias", "MAPE, %", "Exact", "Within", "Direction", "Answered"];
    [words("Series")].into_iter().chain(heads.map(numbers)).collect()
}

fn row_cells(row: &ErrorRow) -> Vec<Cell> {
    let mut percent = cells::size(row.mape_pct);
    let median = row.median_ape_pct.filter(|it| it.is_finite()).map(|it| format!("median {}", number::compact(it)));
    let zeros = (row.n_zero_truth > 0).then(|| format!("{} zeros left out", number::count(row.n_zero_truth)));
    percent.aside = median.into_iter().chain(zeros).collect::<Vec<String>>().join("; ");
    let both = |answered: Option<f64>, asked: Option<f64>| {
        let mut cell = cells::share(answered);
        if let Some(asked) = asked {
            cell.aside = format!("{} over asked", number::fixed(asked, 3));
        }
        cell
    };
    vec![
        Cell::text(cells::series_words(&row.series)),
        cells::size(row.mae),
        cells::size(row.median_ae),
        cells::size(row.rmse),
        cells::size(row.bias),
        percent,
        both(row.exact_answered, row.exact_all),
        both(row.within_answered, row.within_all),
        cells::share(row.directional_accuracy),
        cells::answered_of(row.n_answered, row.n),
    ]
}
