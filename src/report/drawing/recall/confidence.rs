//! Stated confidence against hits, before and after the cutoff.

use super::{LEADING, Shown};
use crate::record::Calibration;
use crate::report::anchor::Anchors;
use crate::report::figure::reliability::{self, Reliability, ReliabilityBin, ReliabilitySeries};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;

/// Bins of the record.
const BINS: u64 = 10;

/// Draws the leading task, else the first that has confidences; `None` without any.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let all = &shown.model.calibrations;
    let Some(task) = all.iter().find(|row| row.task == LEADING).or(all.first()).map(|row| row.task.as_str()) else {
        return Ok(None);
    };
    let of = |side: &str| all.iter().find(|row| row.task == task && row.side == side);
    let parted: Vec<(&Calibration, &str)> = [("before", "before the cutoff"), ("after", "after the cutoff")]
        .into_iter()
        .filter_map(|(side, words)| Some((of(side)?, words)))
        .collect();
    let drawn =
        if parted.is_empty() { of("all").map(|row| (row, "over all periods")).into_iter().collect() } else { parted };
    let series = drawn.iter().map(|(row, words)| ReliabilitySeries {
        name: (*words).to_owned(),
        bins: row
            .bins
            .iter()
            .map(|&(place, n, confidence, share)| ReliabilityBin { place, n, confidence, share })
            .collect(),
    });
    let told = drawn.iter().map(|(row, words)| {
        let value = |it: Option<f64>| it.map_or_else(|| number::UNDEFINED.to_owned(), |it| number::fixed(it, 2));
        format!(
            "{}: ECE {}, Brier {}, n {}, {} without a confidence.",
            crate::report::capital::capitalised(words),
            value(row.ece),
            value(row.brier),
            number::count(row.n),
            number::count(row.n_without)
        )
    });
    let caption: Vec<String> =
        std::iter::once("On the diagonal a model hits as often as it says.".to_owned()).chain(told).collect();
    let input = Reliability {
        words: FigureWords {
            id: anchors.claim(&["recall-confidence", &shown.results.suite, &shown.model.model]),
            title: title(&drawn),
            subtitle: format!("Stated confidence against hits, task {task} · model {}", shown.model.model),
            caption: caption.join(" "),
        },
        series: series.collect(),
        n_bins: BINS,
    };
    reliability::draw(&input).map(Some)
}

/// Means side by side: no test stands behind them, so none is claimed.
fn title(drawn: &[(&Calibration, &str)]) -> String {
    let told: Vec<String> = drawn
        .iter()
        .filter_map(|(row, words)| Some(format!("{} {words}", number::fixed(row.mean_confidence?, 2))))
        .collect();
    if told.is_empty() {
        "Stated confidence against hits".to_owned()
    } else {
        format!("Mean stated confidence: {}", told.join(", "))
    }
}
