//! Whether a series' name and a date alone bring a direction out (LAP).

use super::super::model::{Cell, Row, Table, numbers, words};
use super::{Shown, cells, sheet};
use crate::report::anchor::Anchors;
use crate::report::number;

/// A row for each model.
pub(super) fn date_alone(shown: &Shown<'_>, anchors: &mut Anchors) -> Table {
    let mut reasons = Vec::new();
    let rows: Vec<(String, Row)> = shown
        .models
        .iter()
        .filter_map(|model| {
            let found = model.date_alone.as_ref()?;
            if let Some(why) = &found.why_no_interaction {
                reasons.push(format!("{}: no coefficient, {}.", Shown::name(model), why.trim_end_matches('.')));
            }
            let row = vec![
                Cell::text(Shown::name(model)),
                Cell::text(found.measured_by.as_str()),
                cells::share(found.mean_before),
                cells::share(found.mean_after),
                cells::words(found.last_month.as_deref()),
                cells::share(found.accuracy),
                cells::size(found.variance),
                found.interaction.map_or_else(Cell::undefined, |it| Cell::text(number::signed(it, 3))),
                cells::p(found.interaction_p, &[]),
                cells::count(found.n),
            ];
            Some((String::new(), Row::new(row)))
        })
        .collect();
    let note = "LAP: probability of the words for up and down where a model may also say unknown, else the share of answers that name a \
                direction. Last month: the last with a mean above 0.1. Right: of the directions that were named. Coefficient: of forecast \
                times LAP on the direction that came true; above 0: what is remembered helps the forecast.";
    sheet(
        anchors.claim(&["recall-date-alone"]),
        "What a date alone brings out",
        std::iter::once(note.to_owned()).chain(reasons).collect::<Vec<String>>().join(" "),
        [words("Model"), words("Measured by")]
            .into_iter()
            .chain(["LAP before", "LAP after", "Last month", "Right", "Variance", "Coefficient", "p", "n"].map(numbers))
            .collect(),
        rows,
    )
}
