//! Direct labels: each as near as possible to its line, none on top of another.

use super::canvas::{Anchor, Canvas, Marker, Point, Stroke};
use super::palette::Paint;
use super::text;

/// Height of a line of text, in em.
pub(super) const LINE_EM: f64 = 1.2;

/// A label of one series, before it has a place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    /// Wrapped already.
    pub lines: Vec<String>,
    /// Where its line ends: the leader starts here.
    pub from: Point,
    pub word: Paint,
    pub mark: Paint,
    /// Drawn before the words, so that shape as well as colour says which line is meant.
    pub marker: Option<Marker>,
}

/// Centres for boxes with wanted centres and heights, at least `gap` apart, between `top` and
/// `bottom` where they all fit (they run past `bottom` otherwise). Order by wanted centre is kept;
/// equal wishes keep the order given. O(n log n).
pub(super) fn spread(wanted: &[(f64, f64)], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    /// Boxes that touch and move together.
    struct Block {
        members: Vec<usize>,
        height: f64,
        /// Sum over members of (wanted top of the block according to the member).
        wishes: f64,
    }
    let start = |block: &Block| {
        #[expect(clippy::cast_precision_loss, reason = "a handful of labels")]
        let mean = block.wishes / block.members.len() as f64;
        mean.min(bottom - block.height).max(top)
    };
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].0.total_cmp(&wanted[b].0));
    let mut blocks: Vec<Block> = Vec::new();
    for index in order {
        let (centre, height) = wanted[index];
        let mut block = Block { members: vec![index], height, wishes: centre - height / 2.0 };
        while let Some(before) = blocks.pop() {
            if start(&before) + before.height + gap <= start(&block) {
                blocks.push(before);
                break;
            }
            let shift = before.height + gap;
            #[expect(clippy::cast_precision_loss, reason = "a handful of labels")]
            let moved = shift * block.members.len() as f64;
            block = Block {
                height: before.height + gap + block.height,
                wishes: before.wishes + block.wishes - moved,
                members: [before.members, block.members].concat(),
            };
        }
        blocks.push(block);
    }
    let mut centres = vec![0.0; wanted.len()];
    for block in &blocks {
        let mut at = start(block);
        for &member in &block.members {
            let height = wanted[member].1;
            centres[member] = at + height / 2.0;
            at += height + gap;
        }
    }
    centres
}

/// Height all labels need at least, gaps included.
pub(super) fn needed_height(labels: &[Label], size: f64) -> f64 {
    labels.iter().map(|label| height(label, size) + gap(size)).sum()
}

fn height(label: &Label, size: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    let lines = label.lines.len() as f64;
    lines * size * LINE_EM
}

fn gap(size: f64) -> f64 {
    size * 0.3
}

/// Draws labels in a column starting at `x`, between `top` and `bottom`; a leader line joins a label
/// to the end of its line when it had to move or the line ends far from the column.
pub(super) fn draw(canvas: &mut Canvas, labels: &[Label], x: f64, column: (f64, f64)) {
    for (label, centre) in labels.iter().zip(centres(canvas, labels, column)) {
        let is_moved = (centre - label.from.1).abs() > 3.0;
        let is_far = x - label.from.0 > 40.0;
        if is_moved || is_far {
            canvas.path(
                vec![(label.from.0 + 5.0, label.from.1), (x - 9.0, centre), (x - 4.0, centre)],
                Stroke::solid(label.mark, 0.75).faded(0.75),
            );
        }
        draw_one(canvas, label, x, centre);
    }
}

/// As [`draw`] without leader lines, for labels joined to their marks by colour and shape.
pub(super) fn draw_without_leaders(canvas: &mut Canvas, labels: &[Label], x: f64, column: (f64, f64)) {
    for (label, centre) in labels.iter().zip(centres(canvas, labels, column)) {
        draw_one(canvas, label, x, centre);
    }
}

fn centres(canvas: &Canvas, labels: &[Label], (top, bottom): (f64, f64)) -> Vec<f64> {
    let size = canvas.width.type_px();
    let wanted: Vec<(f64, f64)> = labels.iter().map(|label| (label.from.1, height(label, size))).collect();
    spread(&wanted, gap(size), top, bottom)
}

fn draw_one(canvas: &mut Canvas, label: &Label, x: f64, centre: f64) {
    let size = canvas.width.type_px();
    let text_x = if let Some(marker) = label.marker {
        canvas.marker((x + 4.0, centre), marker, 3.5, label.mark);
        x + 13.0
    } else {
        x
    };
    let first = centre - height(label, size) / 2.0 + 0.92 * size;
    let mut baseline = first;
    for line in &label.lines {
        canvas.text((text_x, baseline), Anchor::Start, label.word, &**line);
        baseline += size * LINE_EM;
    }
}

/// Width of the widest label, marker included.
pub(super) fn widest(labels: &[Label], size: f64) -> f64 {
    labels.iter().flat_map(|label| &label.lines).map(|line| text::width(line, size) + 13.0).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps_hold(wanted: &[(f64, f64)], centres: &[f64], gap: f64) -> bool {
        let mut edges: Vec<(f64, f64)> = wanted
            .iter()
            .zip(centres)
            .map(|(&(_, height), &centre)| (centre - height / 2.0, centre + height / 2.0))
            .collect();
        edges.sort_by(|a, b| a.0.total_cmp(&b.0));
        edges.windows(2).all(|pair| pair[1].0 - pair[0].1 > gap - 1e-9)
    }

    #[test]
    fn labels_with_room_stay_where_they_want_to_be() {
        let wanted = [(20.0, 14.0), (80.0, 14.0)];
        assert_eq!(spread(&wanted, 4.0, 0.0, 100.0), vec![20.0, 80.0]);
    }

    #[test]
    fn four_labels_at_one_place_are_pushed_apart_inside_the_column() {
        let wanted = [(10.0, 14.0); 4];
        let centres = spread(&wanted, 4.0, 0.0, 300.0);
        assert!(gaps_hold(&wanted, &centres, 4.0));
        assert!(centres.iter().all(|&centre| centre >= 7.0));
        assert!(centres.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn two_clusters_that_grow_into_each_other_merge() {
        let wanted = [(40.0, 14.0), (41.0, 14.0), (60.0, 14.0), (61.0, 28.0), (62.0, 14.0)];
        let centres = spread(&wanted, 3.0, 0.0, 200.0);
        assert!(gaps_hold(&wanted, &centres, 3.0));
    }

    #[test]
    fn more_labels_than_room_still_do_not_overlap() {
        let wanted = [(50.0, 14.0); 20];
        let centres = spread(&wanted, 3.0, 0.0, 100.0);
        assert!(gaps_hold(&wanted, &centres, 3.0));
        assert!(spread(&[], 3.0, 0.0, 100.0).is_empty());
    }
}
