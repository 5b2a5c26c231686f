//! The part that a model plays where something was to be forgotten, and what it looks like in every figure.

use super::canvas::Marker;
use super::palette::Paint;
use super::series_style::SeriesStyle;
use serde::Serialize;

/// Before, after, or never in contact with what was to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ModelPart {
    /// The model before it was changed.
    Before,
    /// A model under test by its place on the card; it keeps colour and shape through all figures.
    After(usize),
    /// A model that never saw what was to be forgotten.
    NeverKnew,
    /// No model but a group of values, such as those after a cutoff, by its place.
    Group(usize),
}

/// Shapes of models under test; the square and the ring are taken.
const SHAPES: [Marker; 5] = [Marker::Circle, Marker::Triangle, Marker::Diamond, Marker::TriangleDown, Marker::Cross];

impl ModelPart {
    /// Colour and shape; quiet for models under test beyond the last shape.
    pub(super) fn style(self) -> SeriesStyle {
        let styled = |slot, marker| SeriesStyle {
            mark: Paint::Mark(slot),
            word: Paint::Word(slot),
            marker,
            line_width: 1.5,
            ..SeriesStyle::quiet()
        };
        match self {
            Self::Before => styled(6, Marker::Square),
            Self::After(place) | Self::Group(place) => {
                SHAPES.get(place).map_or_else(SeriesStyle::quiet, |&marker| styled(place, marker))
            }
            Self::NeverKnew => styled(5, Marker::Ring),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_parts_look_alike() {
        let parts: Vec<ModelPart> =
            (0..SHAPES.len()).map(ModelPart::After).chain([ModelPart::Before, ModelPart::NeverKnew]).collect();
        for (place, one) in parts.iter().enumerate() {
            for other in &parts[place + 1..] {
                let (a, b) = (one.style(), other.style());
                assert!(a.mark != b.mark && a.marker != b.marker, "{one:?} {other:?}");
            }
        }
        assert_eq!(ModelPart::After(SHAPES.len()).style(), SeriesStyle::quiet());
    }
}
