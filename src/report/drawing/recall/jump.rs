//! The jump of hits at the cutoff beside placebos.

use super::{ALPHA, LEADING, Shown, estimate};
use crate::record::Jump;
use crate::report::anchor::Anchors;
use crate::report::capital::capitalised;
use crate::report::figure::forest::{self, Forest, ForestRow, RowOrder};
use crate::report::figure::{Estimate, Figure, FigureError, FigureWords};
use crate::report::table::interval_words;
use crate::report::{jump, number};

/// The bandwidth that the title speaks of.
const USUAL_MONTHS: f64 = 24.0;

/// Draws the leading task at every bandwidth; `None` without a jump.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let series = jump::series_of_interest(shown.model, LEADING);
    let is_shown = |row: &&Jump| row.task == LEADING && row.series == series;
    let own: Vec<&Jump> = shown.model.jumps.iter().filter(is_shown).collect();
    if own.is_empty() {
        return Ok(None);
    }
    let rows = own.iter().map(|row| ForestRow {
        label: capitalised(&jump::place(row)),
        cells: vec![
            format!("\u{b1}{}", jump::months(row.bandwidth_months)),
            number::count(row.n),
            number::p_value(row.p_value),
        ],
        estimate: estimate(row.tau, row.interval.as_ref()).unwrap_or(Estimate::without_interval(f64::NAN)),
    });
    let caption = [
        "\u{3c4}: local linear jump of hits beyond the forecaster's, triangular weights. Memory gives a jump below \
         0 at the cutoff; at placebos nothing should happen."
            .to_owned(),
        interval_words(own.iter().filter_map(|row| row.interval.as_ref())),
    ];
    let input = Forest {
        words: FigureWords {
            id: anchors.claim(&["recall-jump", &shown.results.suite, &shown.model.model]),
            title: title(shown, &own),
            subtitle: format!(
                "Jump of hits beyond the forecaster's on {} · model {}",
                if series == jump::ALL { "all series" } else { series },
                shown.model.model
            ),
            caption: caption.join(" ").trim_end().to_owned(),
        },
        effect_name: "jump (\u{3c4}) of the excess share of hits".to_owned(),
        columns: ["months", "n", "p"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        pooled: None,
        margin: None,
        sides: Some(("fewer hits after".to_owned(), "more".to_owned())),
        order: RowOrder::AsGiven,
    };
    forest::draw(&input).map(Some)
}

fn title(shown: &Shown<'_>, own: &[&Jump]) -> String {
    let at_cutoff = || own.iter().filter(|row| jump::is_at_cutoff(row));
    let usual =
        at_cutoff().find(|row| (row.bandwidth_months - USUAL_MONTHS).abs() < 1e-9).or_else(|| at_cutoff().next());
    let Some((row, tau)) = usual.and_then(|row| Some((row, row.tau.filter(|tau| tau.is_finite())?))) else {
        return "The jump of hits at the cutoff and at placebos".to_owned();
    };
    let p = row.p_value.map_or_else(String::new, |p| format!(", {}", number::p_clause(p)));
    let found = match row.p_value {
        Some(p) if p < ALPHA && tau < 0.0 => "Hits beyond the forecaster's drop at the cutoff",
        Some(p) if p < ALPHA => "Hits beyond the forecaster's rise at the cutoff",
        _ => "No jump of hits is shown at the cutoff",
    };
    let decimals = number::decimals(row.interval.as_ref()).min(3);
    let size = format!("\u{3c4} {}{p}", number::signed(tau, decimals));
    let placebos = match jump::is_largest_at_cutoff(&shown.model.jumps, row) {
        Some(true) => "; larger than at the placebos",
        Some(false) => "; not larger than at the placebos",
        None => "",
    };
    format!("{found} ({size}){placebos}")
}
