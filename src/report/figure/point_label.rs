//! Labels beside points of a scatter: each as near as it can be without lying on another label or on a point.

use super::canvas::{Anchor, Canvas, Point, Rect, Stroke};
use super::label::LINE_EM;
use super::palette::Paint;
use super::part::ModelPart;
use super::text;

/// Distances from point to label that are tried, px. Beyond the first a leader joins the two.
const DISTANCES: [f64; 8] = [9.0, 20.0, 34.0, 50.0, 70.0, 95.0, 125.0, 160.0];
/// Directions that are tried, nearest to reading first: right, left, up, down and the corners.
const DIRECTIONS: [(f64, f64); 8] =
    [(1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (1.0, -1.0), (1.0, 1.0), (-1.0, -1.0), (-1.0, 1.0)];
/// Room kept free around a label, px.
const GAP: f64 = 3.0;
/// Half the width of a point with its air, px.
const POINT_HALF: f64 = 6.0;
/// What lying close to another point costs, since the label may be taken for that point's, in px of distance.
const NEIGHBOUR_COST: f64 = 25.0;
/// How close that is, px.
const CLOSE: f64 = 10.0;
/// What lying on a line costs, in px of distance.
const LINE_COST: f64 = 12.0;

/// The label of one point, before it has a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PointLabel {
    pub at: Point,
    /// Wrapped already.
    pub lines: Vec<String>,
    pub word: Paint,
    pub mark: Paint,
}

/// Names the first `most` points of a scatter beside them, in up to two lines of `width` px; may reach above and right of `plot`.
/// Gives the places of the names that have no room.
pub(super) fn draw_names<'a>(
    canvas: &mut Canvas,
    named: impl Iterator<Item = (&'a str, ModelPart, Point)>,
    most: usize,
    width: f64,
    lines: &[Rect],
    plot: Rect,
) -> Vec<usize> {
    let size = canvas.width.type_px();
    let (labels, points): (Vec<PointLabel>, Vec<Point>) = named
        .map(|(name, part, at)| {
            let style = part.style();
            let lines = text::wrap(name, size, width, 2);
            (PointLabel { at, lines, word: style.word, mark: style.mark }, at)
        })
        .unzip();
    let (top, right) = (plot.top - 0.6 * size, canvas.width.px() - 2.0);
    let area = Rect { left: plot.left + 2.0, top, right, ..plot };
    draw(canvas, labels.get(..most).unwrap_or(&labels), &points, lines, area)
}

/// Draws the labels inside `area`, away from `points`, and from `lines` where there is a choice. Gives the places of the
/// labels that have no room: those are not drawn.
pub(super) fn draw(
    canvas: &mut Canvas,
    labels: &[PointLabel],
    points: &[Point],
    lines: &[Rect],
    area: Rect,
) -> Vec<usize> {
    let size = canvas.width.type_px();
    let mut taken: Vec<Rect> = Vec::new();
    let mut left_out = Vec::new();
    for (place, label) in labels.iter().enumerate() {
        let Some((rect, is_far)) = find_place(label, points, lines, &taken, area, size) else {
            left_out.push(place);
            continue;
        };
        if is_far {
            let end = (label.at.0.clamp(rect.left, rect.right), label.at.1.clamp(rect.top, rect.bottom));
            canvas.line(label.at, end, Stroke::solid(label.mark, 0.75).faded(0.75));
        }
        let mut baseline = rect.top + 0.92 * size;
        for line in &label.lines {
            canvas.text_on_marks((rect.left, baseline), Anchor::Start, label.word, &**line);
            baseline += size * LINE_EM;
        }
        taken.push(rect);
    }
    left_out
}

/// The cheapest free place, and whether it lies beyond the first distance.
fn find_place(
    label: &PointLabel,
    points: &[Point],
    lines: &[Rect],
    taken: &[Rect],
    area: Rect,
    size: f64,
) -> Option<(Rect, bool)> {
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    let height = label.lines.len() as f64 * size * LINE_EM;
    let width = label.lines.iter().map(|line| text::width(line, size)).fold(0.0, f64::max);
    let mut best: Option<(f64, Rect, bool)> = None;
    for (ring, distance) in DISTANCES.into_iter().enumerate() {
        for (turn, (right, down)) in DIRECTIONS.into_iter().enumerate() {
            let reach = if right != 0.0 && down != 0.0 { 0.7 * distance } else { distance };
            let centre = (label.at.0 + right * (reach + width / 2.0), label.at.1 + down * (reach + height / 2.0));
            let rect = Rect::new(
                centre.0 - width / 2.0,
                centre.1 - height / 2.0,
                centre.0 + width / 2.0,
                centre.1 + height / 2.0,
            );
            let is_inside = rect.left >= area.left
                && rect.right <= area.right
                && rect.top >= area.top
                && rect.bottom <= area.bottom;
            let is_free = taken.iter().all(|other| !touches(&rect, other, GAP))
                && points.iter().all(|&(x, y)| {
                    let point = Rect::new(x - POINT_HALF, y - POINT_HALF, x + POINT_HALF, y + POINT_HALF);
                    !touches(&rect, &point, 0.0)
                });
            if !is_inside || !is_free {
                continue;
            }
            #[expect(clippy::cast_precision_loss, reason = "a handful of lines and directions")]
            let cost = {
                let crossed = lines.iter().filter(|line| touches(&rect, line, 1.0)).count() as f64;
                let is_close = |&&(x, y): &&Point| (x, y) != label.at && touches(&rect, &Rect::new(x, y, x, y), CLOSE);
                let close = points.iter().filter(is_close).count() as f64;
                distance + crossed * LINE_COST + close * NEIGHBOUR_COST + turn as f64
            };
            if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                best = Some((cost, rect, ring > 0));
            }
        }
    }
    best.map(|(_, rect, is_far)| (rect, is_far))
}

fn touches(a: &Rect, b: &Rect, gap: f64) -> bool {
    a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom + gap && b.top < a.bottom + gap
}

#[cfg(test)]
mod tests {
    use super::super::Width;
    use super::super::tests::text_boxes;
    use super::*;

    fn labels(points: &[Point]) -> Vec<PointLabel> {
        let label = |&at: &Point| PointLabel {
            at,
            lines: vec!["a model".to_owned(), "of two lines".to_owned()],
            word: Paint::Ink,
            mark: Paint::Axis,
        };
        points.iter().map(label).collect()
    }

    #[test]
    fn seven_labels_of_one_place_find_room_beside_it() {
        let points = [(200.0, 150.0); 7];
        let mut canvas = Canvas::new(Width::Full);
        let area = Rect::new(0.0, 0.0, 600.0, 300.0);
        assert!(draw(&mut canvas, &labels(&points), &points, &[], area).is_empty());
        let boxes = text_boxes(&canvas);
        assert_eq!(boxes.len(), 14);
        for (place, one) in boxes.iter().enumerate() {
            assert!(boxes[place + 1..].iter().all(|other| !touches(one, other, -1.0)), "{one:?}");
        }
    }

    #[test]
    fn a_label_without_room_is_named_and_not_drawn() {
        let mut canvas = Canvas::new(Width::Full);
        let area = Rect::new(0.0, 0.0, 20.0, 20.0);
        let points = [(10.0, 10.0)];
        assert_eq!(draw(&mut canvas, &labels(&points), &points, &[], area), [0]);
        assert!(canvas.shapes.is_empty());
    }

    #[test]
    fn a_label_keeps_off_lines_where_it_can() {
        let mut canvas = Canvas::new(Width::Full);
        let whisker = Rect::new(100.0, 99.0, 300.0, 101.0);
        let points = [(100.0, 100.0)];
        draw(&mut canvas, &labels(&points), &points, &[whisker], Rect::new(0.0, 0.0, 600.0, 300.0));
        assert!(text_boxes(&canvas).iter().all(|text| !touches(text, &whisker, 0.0)));
    }
}
