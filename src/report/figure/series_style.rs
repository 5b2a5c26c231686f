//! What a series looks like: colour, dash and marker by position, the same in every figure.

use super::canvas::{Dash, Marker, Stroke};
use super::palette::{Paint, SLOTS};

/// Series drawn in colour with a label; the rest are thin grey lines, all are in the table.
pub(super) const MAX_LABELLED: usize = SLOTS;

const DASHES: [Dash; SLOTS] =
    [Dash::Solid, Dash::Medium, Dash::Mixed, Dash::Long, Dash::Dotted, Dash::Short, Dash::MixedDouble];

const MARKERS: [Marker; SLOTS] = [
    Marker::Circle,
    Marker::Square,
    Marker::Triangle,
    Marker::Diamond,
    Marker::TriangleDown,
    Marker::Cross,
    Marker::Ring,
];

/// Colour, dash and marker of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct SeriesStyle {
    pub mark: Paint,
    pub word: Paint,
    pub dash: Dash,
    pub marker: Marker,
    pub line_width: f64,
}

impl SeriesStyle {
    /// Style of the series at `position`; `None` beyond the last colour.
    pub(super) fn of(position: usize) -> Option<Self> {
        Some(Self {
            mark: Paint::Mark(position),
            word: Paint::Word(position),
            dash: *DASHES.get(position)?,
            marker: *MARKERS.get(position)?,
            line_width: 2.0,
        })
    }

    /// Style of a reference series and of series beyond the last colour.
    pub(super) const fn quiet() -> Self {
        Self { mark: Paint::Axis, word: Paint::Quiet, dash: Dash::Solid, marker: Marker::Ring, line_width: 1.0 }
    }

    pub(super) const fn stroke(&self) -> Stroke {
        Stroke::solid(self.mark, self.line_width).dashed(self.dash)
    }
}

/// Sentence for the caption when there are more series than colours.
pub(super) fn note_on_quiet_series(n_series: usize) -> Option<String> {
    (n_series > MAX_LABELLED).then(|| {
        format!(
            "{n_series} series: the first {MAX_LABELLED} are coloured and labelled, the other {} are thin grey lines; all are in the table.",
            n_series - MAX_LABELLED
        )
    })
}
