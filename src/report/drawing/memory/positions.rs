//! Right answers by where in the history the evidence stands, with what is lost in the middle.

use super::{Agent, Shown, estimate};
use crate::record::PositionCurve;
use crate::report::agent_words::{self, ALL};
use crate::report::anchor::Anchors;
use crate::report::figure::position_curve::{self, PositionLine, PositionPoint};
use crate::report::figure::{Figure, FigureError, FigureWords};
use crate::report::number;
use crate::report::table::interval_words;

/// Bins of the record.
const BINS: u32 = 10;
/// The bins whose mean is held against the first and the last.
const MIDDLE: (u32, u32) = (4, 7);

/// Draws the curve over all columns, else that of the first column; `None` without one.
pub(super) fn draw(shown: &Shown<'_>, anchors: &mut Anchors) -> Result<Option<Figure>, FigureError> {
    let all = &shown.record.positions;
    let Some(column) = all.iter().find(|row| row.column == ALL).or(all.first()).map(|row| row.column.as_str()) else {
        return Ok(None);
    };
    let curve = |agent: &Agent<'_>| all.iter().find(|row| row.model == agent.slug && row.column == column);
    let own: Vec<(&Agent<'_>, &PositionCurve)> =
        shown.agents.iter().filter_map(|agent| Some((agent, curve(agent)?))).collect();
    if own.is_empty() {
        return Ok(None);
    }
    let intervals = own.iter().flat_map(|(_, curve)| {
        curve.bins.iter().filter_map(|bin| bin.interval.as_ref()).chain(&curve.middle_drop_interval)
    });
    let mut caption = vec![
        "Questions with one place of evidence. Drop: mean of the first and last tenth less mean of the fourth to seventh, in percentage points, \
         each column against itself, where all three have questions."
            .to_owned(),
        interval_words(intervals),
    ];
    caption
        .extend(own.iter().map(|(agent, curve)| {
            format!("{}: drop {}, n {}.", agent.name, drop_words(curve), number::count(curve.n))
        }));
    caption.retain(|sentence| !sentence.is_empty());
    let lines = own.iter().map(|(agent, curve)| PositionLine {
        name: agent.name.clone(),
        part: agent.part,
        points: curve
            .bins
            .iter()
            .filter_map(|bin| {
                let share = estimate(Some(bin.value), bin.interval.as_ref())?;
                Some(PositionPoint { bin: bin.bin, n: bin.n, share })
            })
            .collect(),
    });
    let input = position_curve::PositionCurve {
        words: FigureWords {
            id: anchors.claim(&["memory-positions-figure", &shown.results.suite]),
            title: title(&own),
            subtitle: format!("Right answers by place of the evidence · {}", agent_words::column(column)),
            caption: caption.join(" "),
        },
        value_name: "right answers, per cent".to_owned(),
        n_bins: BINS,
        middle: Some(MIDDLE),
        lines: lines.collect(),
    };
    position_curve::draw(&input).map(Some)
}

/// `8.1 (2.0 to 14.3)`.
fn drop_words(curve: &PositionCurve) -> String {
    match (curve.middle_drop, &curve.middle_drop_interval) {
        (Some(drop), Some(interval)) => format!("{} ({})", number::hundredths(drop), number::percent_range(interval)),
        (Some(drop), None) => number::hundredths(drop),
        (None, _) => "not measured".to_owned(),
    }
}

/// A drop is one where its interval lies above zero.
fn title(own: &[(&Agent<'_>, &PositionCurve)]) -> String {
    let (mut lost, mut unclear) = (Vec::new(), Vec::new());
    for (agent, curve) in own {
        let Some(drop) = curve.middle_drop else { continue };
        let words = format!("{} {}", agent.name, drop_words(curve));
        let is_lost = curve.middle_drop_interval.as_ref().is_some_and(|interval| interval.low > 0.0);
        if is_lost && drop > 0.0 { lost.push(words) } else { unclear.push(words) }
    }
    let mut told = Vec::new();
    if !lost.is_empty() {
        told.push(format!("points lost in the middle of the history: {}", lost.join(", ")));
    }
    if !unclear.is_empty() {
        told.push(format!("no loss in the middle shown for {}", unclear.join(", ")));
    }
    if told.is_empty() {
        return "Right answers by place of the evidence".to_owned();
    }
    crate::report::capital::capitalised(&told.join("; "))
}
