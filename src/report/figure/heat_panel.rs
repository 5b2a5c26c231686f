//! One panel of a heat map: its name, heads of columns and rows, and cells.

use super::canvas::{Anchor, Canvas, Point, Rect, Stroke};
use super::heat_map::{FEW, HeatCell, HeatPanel};
use super::palette::Paint;
use super::{number, ramp, text};

/// Height of a cell, px.
const CELL_HEIGHT: f64 = 46.0;
/// Paper between cells, px.
const GAP: f64 = 2.0;
/// Distance of the lines of a hatched cell, px.
pub(super) const HATCH_SPACING: f64 = 6.0;

/// What all panels of a figure share.
pub(super) struct Grid<'g> {
    /// As many as are drawn.
    pub rows: &'g [String],
    pub columns: &'g [String],
    /// Room for the heads of rows, px.
    pub label_width: f64,
    /// Of the whole panel, px.
    pub width: f64,
}

impl Grid<'_> {
    fn cell_width(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a handful of columns")]
        let n = self.columns.len().max(1) as f64;
        (self.width - self.label_width) / n
    }
}

/// Draws a panel with its left upper corner at `at`; gives its lower edge.
pub(super) fn draw(canvas: &mut Canvas, grid: &Grid<'_>, panel: &HeatPanel, (left, top): Point) -> f64 {
    let size = canvas.width.type_px();
    let style = panel.part.style();
    canvas.marker((left + 5.0, top + 0.62 * size), style.marker, 4.5, style.mark);
    let name = text::cut(&panel.name, size * 1.06, grid.width - 16.0);
    canvas.bold((left + 14.0, top + size), Anchor::Start, Paint::Ink, name);
    let cells_left = left + grid.label_width;
    let cell_width = grid.cell_width();
    let heads: Vec<Vec<String>> =
        grid.columns.iter().map(|column| text::wrap(column, size, cell_width - 6.0, 2)).collect();
    #[expect(clippy::cast_precision_loss, reason = "one or two lines")]
    let head_height = heads.iter().map(Vec::len).max().unwrap_or(1) as f64 * 1.2 * size;
    let mut y = top + 1.7 * size;
    let mut middle = cells_left + cell_width / 2.0;
    for lines in &heads {
        let mut baseline = y + 0.95 * size;
        for line in lines {
            canvas.text((middle, baseline), Anchor::Middle, Paint::Quiet, &**line);
            baseline += 1.2 * size;
        }
        middle += cell_width;
    }
    y += head_height + 0.35 * size;
    for (row, cells) in grid.rows.iter().zip(&panel.cells) {
        let lines = text::wrap(row, size, grid.label_width - 8.0, 3);
        #[expect(clippy::cast_precision_loss, reason = "at most three lines")]
        let mut baseline = y + CELL_HEIGHT / 2.0 - (lines.len() as f64 - 1.0) * 0.6 * size + 0.36 * size;
        for line in lines {
            canvas.text((left, baseline), Anchor::Start, Paint::Ink, line);
            baseline += 1.2 * size;
        }
        let mut x = cells_left;
        for cell in cells.iter().take(grid.columns.len()) {
            let area = Rect::new(x + GAP / 2.0, y + GAP / 2.0, x + cell_width - GAP / 2.0, y + CELL_HEIGHT - GAP / 2.0);
            match cell {
                Some(cell) => draw_cell(canvas, area, *cell),
                None => draw_missing(canvas, area),
            }
            x += cell_width;
        }
        y += CELL_HEIGHT;
    }
    y
}

/// The share and its n, on the colour of the share.
fn draw_cell(canvas: &mut Canvas, area: Rect, cell: HeatCell) {
    let size = canvas.width.type_px();
    let step = ramp::step_of(cell.share.value);
    canvas.fill(area, Paint::Heat(step), 1.0);
    let middle = f64::midpoint(area.left, area.right);
    let centre = f64::midpoint(area.top, area.bottom);
    let share = number::hundredths(cell.share.value);
    let count = number::count(cell.n);
    let long = format!("n\u{a0}{count}");
    let room = area.width() - 6.0;
    let count = text::cut(if text::width(&long, size) <= room { &long } else { &count }, size, room);
    if cell.n < FEW {
        canvas.hatch(area, HATCH_SPACING, true, hatch_stroke(step));
        // A plate in the colour of the cell: no line crosses a number.
        let half = text::width(&share, size).max(text::width(&count, size)) / 2.0 + 3.0;
        let plate = Rect::new(
            (middle - half).max(area.left),
            centre - 1.25 * size,
            (middle + half).min(area.right),
            centre + 1.3 * size,
        );
        canvas.fill(plate, Paint::Heat(step), 1.0);
    }
    canvas.text((middle, centre - 0.24 * size), Anchor::Middle, Paint::OnHeat(step), share);
    canvas.text((middle, centre + 1.0 * size), Anchor::Middle, Paint::OnHeat(step), count);
}

/// An outline with words, or with a dash where these have no room.
fn draw_missing(canvas: &mut Canvas, area: Rect) {
    let size = canvas.width.type_px();
    draw_outline(canvas, area, Stroke::solid(Paint::Axis, 0.75));
    let (middle, centre) = (f64::midpoint(area.left, area.right), f64::midpoint(area.top, area.bottom));
    if text::width("measured", size) <= area.width() - 4.0 {
        canvas.text((middle, centre - 0.24 * size), Anchor::Middle, Paint::Quiet, "not");
        canvas.text((middle, centre + 1.0 * size), Anchor::Middle, Paint::Quiet, "measured");
    } else {
        canvas.text((middle, centre + 0.36 * size), Anchor::Middle, Paint::Quiet, number::missing());
    }
}

/// The edges of a cell and nothing inside.
pub(super) fn draw_outline(canvas: &mut Canvas, area: Rect, stroke: Stroke) {
    let inner = Rect::new(area.left + 0.5, area.top + 0.5, area.right - 0.5, area.bottom - 0.5);
    let corners = vec![
        (inner.left, inner.top),
        (inner.right, inner.top),
        (inner.right, inner.bottom),
        (inner.left, inner.bottom),
        (inner.left, inner.top),
    ];
    canvas.path(corners, stroke);
}

/// Lines of a hatched cell of this step.
pub(super) const fn hatch_stroke(step: usize) -> Stroke {
    Stroke::solid(Paint::OnHeat(step), 1.0).faded(0.45)
}
