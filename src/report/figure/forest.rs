//! Forest plot: paired differences with intervals, one row for each task, slice or model.
//!
//! A zero line, an optional margin band, "favours A | favours B", an optional pooled diamond. The
//! axis always holds every interval whole.

use super::axis;
use super::canvas::{Anchor, Canvas, Dash, Marker, Rect, Stroke};
use super::finished::finish;
use super::palette::Paint;
use super::scale::Scale;
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// Rows drawn at most; of more, the highest and lowest halves are drawn and all are in the table.
const MAX_ROWS: usize = 200;
/// Left columns written in the wide layout at most; all are in the table.
const MAX_COLUMNS: usize = 3;

/// Differences by row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forest {
    /// Id, title (the finding), subtitle (the measure), caption (interval, test).
    pub words: FigureWords,
    /// What the estimates are, with unit: "difference in accuracy (points)".
    pub effect_name: String,
    /// Heads of the text columns between label and plot, such as "n" and "only A / only B".
    pub columns: Vec<String>,
    /// One for each task or slice.
    pub rows: Vec<ForestRow>,
    /// Drawn last, as a diamond as wide as its interval.
    pub pooled: Option<ForestRow>,
    /// Half-width of the band around zero in which a difference doesn't matter.
    pub margin: Option<f64>,
    /// Words for the negative and the positive side, such as "favours A" and "favours B".
    pub sides: Option<(String, String)>,
    /// How rows are ordered.
    pub order: RowOrder,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForestRow {
    /// Wrapped or cut in the drawing, whole in the table.
    pub label: String,
    /// One text for each of [`Forest::columns`].
    pub cells: Vec<String>,
    /// Difference and interval; a value that isn't finite leaves the row empty and says so.
    pub estimate: Estimate,
}

/// How rows are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub enum RowOrder {
    /// Largest difference first; rows without a number last.
    #[default]
    ByValue,
    /// As they come, for slices with an order of their own (length, date).
    AsGiven,
}

/// Draws it.
///
/// # Errors
/// A bad id, no row with a finite value, or a row whose cells don't match the columns.
pub fn draw(input: &Forest) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let columns: Vec<String> = input.columns.iter().map(|it| text::clean(it)).collect();
    let checked = |row: &ForestRow, notes: &mut Notes| checked(row, &columns, &words.id, notes);
    let mut rows = input.rows.iter().map(|row| checked(row, &mut notes)).collect::<Result<Vec<_>, _>>()?;
    let pooled = match &input.pooled {
        Some(row) => Some(checked(row, &mut notes)?).filter(|row| row.estimate.is_some()),
        None => None,
    };
    if rows.iter().all(|row| row.estimate.is_none()) {
        return Err(FigureError::NothingToDraw { id: words.id, what: "row with a finite value" });
    }
    if input.order == RowOrder::ByValue {
        rows.sort_by(|a, b| {
            let value = |row: &Row| row.estimate.map_or(f64::NEG_INFINITY, |it| it.value);
            value(b).total_cmp(&value(a))
        });
    }
    let margin = input.margin.filter(|it| it.is_finite() && *it > 0.0);
    if let Some(margin) = margin {
        notes.say(format!("Shaded: margin of ±{}.", number::exact(margin)));
    }
    let shown = shown_rows(&rows, &mut notes);
    let half_width = middle_half_width(rows.iter().chain(&pooled));
    let plan = Plan {
        effect_name: text::clean(&input.effect_name),
        sides: input.sides.as_ref().map(|(a, b)| (text::clean(a), text::clean(b))),
        decimals: number::decimals_for_half_width(half_width),
        columns,
        rows,
        shown,
        pooled,
        margin,
    };
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

/// A row after checking.
#[derive(Debug, Clone)]
struct Row {
    label: String,
    cells: Vec<String>,
    /// `None` when the value isn't finite.
    estimate: Option<Estimate>,
}

fn checked(row: &ForestRow, columns: &[String], id: &str, notes: &mut Notes) -> Result<Row, FigureError> {
    let label = text::clean(&row.label);
    if row.cells.len() != columns.len() {
        return Err(FigureError::CellCount {
            id: id.to_owned(),
            row: label,
            expected: columns.len(),
            got: row.cells.len(),
        });
    }
    Ok(Row {
        estimate: row.estimate.drawable(&label, notes),
        cells: row.cells.iter().map(|cell| text::clean(cell)).collect(),
        label,
    })
}

/// Indices of the rows that are drawn.
fn shown_rows(rows: &[Row], notes: &mut Notes) -> Vec<usize> {
    if rows.len() <= MAX_ROWS {
        return (0..rows.len()).collect();
    }
    let half = MAX_ROWS / 2;
    notes.say(format!(
        "{} rows: the first {half} and the last {half} are drawn, all are in the table.",
        number::count(rows.len() as u64)
    ));
    (0..half).chain(rows.len() - half..rows.len()).collect()
}

/// The middle one of the half-widths: decides how many decimals the whole column gets.
fn middle_half_width<'a>(rows: impl Iterator<Item = &'a Row>) -> f64 {
    let mut half_widths: Vec<f64> = rows
        .filter_map(|row| row.estimate?.interval)
        .map(|(low, high)| (high - low) / 2.0)
        .filter(|half| *half > 0.0)
        .collect();
    half_widths.sort_by(f64::total_cmp);
    half_widths.get(half_widths.len() / 2).copied().unwrap_or(0.0)
}

struct Plan {
    effect_name: String,
    columns: Vec<String>,
    rows: Vec<Row>,
    /// Indices into `rows`.
    shown: Vec<usize>,
    pooled: Option<Row>,
    margin: Option<f64>,
    sides: Option<(String, String)>,
    decimals: usize,
}

/// Columns of the drawing: label from 1, cells right-aligned at `cell_ends`, plot, numbers.
struct Layout {
    label_width: f64,
    cell_ends: Vec<f64>,
    plot: (f64, f64),
    number_end: f64,
    x: Scale,
}

impl Plan {
    fn drawn_rows(&self) -> impl Iterator<Item = &Row> {
        self.shown.iter().filter_map(|&index| self.rows.get(index))
    }

    fn axis(&self) -> ((f64, f64), Vec<axis::Tick>) {
        let spans = self.rows.iter().chain(&self.pooled).filter_map(|row| Some(row.estimate?.span()));
        let margins = self.margin.map(|margin| (-margin, margin));
        let (low, high) =
            spans.chain(margins).fold((0.0_f64, 0.0_f64), |span, (low, high)| (span.0.min(low), span.1.max(high)));
        axis::round_axis(low, high, 8.0)
    }

    fn written(&self, row: &Row) -> String {
        row.estimate.map_or_else(|| "not a number".to_owned(), |it| it.written(self.decimals))
    }

    fn layout(&self, width: Width) -> Layout {
        let size = width.type_px();
        let page = width.px();
        let everything = || self.drawn_rows().chain(&self.pooled);
        let numbers = everything().map(|row| text::width(&self.written(row), size)).fold(0.0, f64::max);
        let (label_width, cell_ends, plot) = match width {
            Width::Full => {
                let widest = everything().map(|row| text::width(&row.label, size * 1.04)).fold(60.0, f64::max);
                let label_width = widest.min(176.0);
                let mut at = label_width + 4.0;
                let mut ends = Vec::new();
                for column in 0..self.columns.len().min(MAX_COLUMNS) {
                    let head = self.columns.get(column);
                    let cells = everything().filter_map(|row| row.cells.get(column));
                    let widest = head.into_iter().chain(cells).map(|cell| text::width(cell, size)).fold(0.0, f64::max);
                    at += 14.0 + widest.min(100.0);
                    ends.push(at);
                }
                (label_width, ends, (at + 26.0, page - numbers.min(190.0) - 20.0))
            }
            // Label and numbers share a line above the marks, which then have the whole width.
            Width::Narrow => (page - numbers - 12.0, Vec::new(), (14.0, page - 14.0)),
        };
        Layout {
            label_width: label_width.max(60.0),
            cell_ends,
            plot,
            number_end: page - 2.0,
            x: Scale::linear(self.axis().0, plot),
        }
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let layout = self.layout(width);
        let head_height = self.head_height(width);
        let mut y = head_height;
        let bodies: Vec<(&Row, Vec<String>, f64)> = self
            .drawn_rows()
            .chain(&self.pooled)
            .map(|row| {
                let lines = text::wrap(&row.label, size * 1.04, layout.label_width, 2);
                let n_lines = if lines.len() > 1 { 1.2 * size } else { 0.0 };
                let height = width.pick(1.95 * size, 3.1 * size) + n_lines;
                (row, lines, height)
            })
            .collect();
        let total: f64 = bodies.iter().map(|(_, _, height)| height).sum();
        let plot = Rect::new(layout.plot.0, head_height, layout.plot.1, head_height + total + 6.0);
        self.draw_ground(&mut canvas, &layout, plot);
        self.draw_heads(&mut canvas, &layout, head_height);
        for (place, (row, lines, height)) in bodies.iter().enumerate() {
            let is_pooled = self.pooled.is_some() && place + 1 == bodies.len();
            if is_pooled {
                let rule = Stroke::solid(Paint::Grid, 1.0);
                canvas.line((0.0, y + 1.0), (width.px(), y + 1.0), rule);
            }
            self.draw_row(&mut canvas, &layout, row, lines, (y, y + height), is_pooled);
            y += height;
        }
        canvas
    }

    fn head_height(&self, width: Width) -> f64 {
        let size = width.type_px();
        let n_lines = match (width, self.sides.is_some()) {
            (Width::Full, false) => 1.0,
            (Width::Full, true) | (Width::Narrow, false) => 2.0,
            (Width::Narrow, true) => 3.0,
        };
        n_lines * 1.4 * size + 4.0
    }

    /// Margin band, grid, zero line, axis below.
    fn draw_ground(&self, canvas: &mut Canvas, layout: &Layout, plot: Rect) {
        let size = canvas.width.type_px();
        if let Some(margin) = self.margin {
            let band = Rect { left: layout.x.at(-margin), right: layout.x.at(margin), ..plot };
            canvas.fill(band, Paint::Shade, 1.0);
            for x in [band.left, band.right] {
                let edge = Stroke::solid(Paint::Axis, 0.75).dashed(Dash::Dotted);
                canvas.line((x, plot.top), (x, plot.bottom), edge);
            }
        }
        let (_, ticks) = self.axis();
        for tick in &ticks {
            let x = layout.x.at(tick.value);
            let stroke = Stroke::solid(Paint::Grid, 1.0);
            canvas.line((x, plot.top), (x, plot.bottom), stroke);
        }
        let zero = layout.x.at(0.0);
        canvas.line((zero, plot.top), (zero, plot.bottom), Stroke::solid(Paint::Axis, 1.5));
        axis::draw_base_axis(canvas, plot, &layout.x, &ticks);
        canvas.height = axis::draw_base_name(canvas, plot, &self.effect_name, 1) + 0.4 * size;
    }

    /// Heads of the columns, and the two sides above the zero line.
    fn draw_heads(&self, canvas: &mut Canvas, layout: &Layout, bottom: f64) {
        let size = canvas.width.type_px();
        let baseline = bottom - 0.6 * size;
        for (name, end) in self.columns.iter().zip(&layout.cell_ends) {
            let name = text::cut(name, size, 100.0);
            canvas.text((*end, baseline), Anchor::End, Paint::Quiet, name);
        }
        let columns = match canvas.width {
            Width::Full => "",
            Width::Narrow => &*self.columns.join(" · "),
        };
        let room = canvas.width.px() - 4.0;
        let first = 0.95 * size;
        canvas.text((1.0, first), Anchor::Start, Paint::Quiet, text::cut(columns, size, room * 0.6));
        let (number_y, head) = match canvas.width {
            Width::Full => (baseline, "difference (interval)"),
            Width::Narrow => (first, "difference"),
        };
        let free = layout.number_end - layout.plot.1;
        if canvas.width == Width::Narrow || text::width(head, size) < free {
            canvas.text((layout.number_end, number_y), Anchor::End, Paint::Quiet, head);
        }
        let Some((left, right)) = &self.sides else {
            return;
        };
        let zero = layout.x.at(0.0);
        let (sides_y, from, to) = match canvas.width {
            Width::Full => (first, 1.0, room),
            Width::Narrow => (baseline, 1.0, room),
        };
        let left = text::cut(&format!("\u{2190} {left}"), size, zero - 8.0 - from);
        let right = text::cut(&format!("{right} \u{2192}"), size, to - zero - 8.0);
        canvas.text((zero - 8.0, sides_y), Anchor::End, Paint::Ink, left);
        canvas.text((zero + 8.0, sides_y), Anchor::Start, Paint::Ink, right);
    }

    fn draw_row(
        &self,
        canvas: &mut Canvas,
        layout: &Layout,
        row: &Row,
        lines: &[String],
        (top, bottom): (f64, f64),
        is_pooled: bool,
    ) {
        let size = canvas.width.type_px();
        let (text_y, marks_y) = match canvas.width {
            Width::Full => {
                let middle = f64::midpoint(top, bottom);
                (middle + 0.36 * size, middle)
            }
            Width::Narrow => (top + 1.3 * size, bottom - 0.75 * size),
        };
        #[expect(clippy::cast_precision_loss, reason = "one or two lines")]
        let spare = (lines.len() as f64 - 1.0) * 1.2 * size;
        let mut label_y = canvas.width.pick(text_y - spare / 2.0, text_y);
        for line in lines {
            let at = (1.0, label_y);
            if is_pooled {
                canvas.bold(at, Anchor::Start, Paint::Ink, &**line);
            } else {
                canvas.text_on_marks(at, Anchor::Start, Paint::Ink, &**line);
            }
            label_y += 1.2 * size;
        }
        for (cell, end) in row.cells.iter().zip(&layout.cell_ends) {
            let cell = text::cut(cell, size, 100.0);
            canvas.text((*end, text_y), Anchor::End, Paint::Quiet, cell);
        }
        canvas.text((layout.number_end, text_y), Anchor::End, Paint::Ink, self.written(row));
        if canvas.width == Width::Narrow {
            // Cells in the line of the marks, at the side away from them.
            let cells = text::cut(&row.cells.join(" · "), size, 150.0);
            let span = row.estimate.map_or((0.0, 0.0), Estimate::span);
            let room_left = layout.x.at(span.0) - 8.0;
            let room_right = layout.number_end - layout.x.at(span.1) - 8.0;
            let needed = text::width(&cells, size);
            let y = marks_y + 0.36 * size;
            if room_left >= needed {
                canvas.text_on_marks((1.0, y), Anchor::Start, Paint::Quiet, cells);
            } else if room_right >= needed {
                canvas.text_on_marks((layout.number_end, y), Anchor::End, Paint::Quiet, cells);
            }
        }
        if let Some(estimate) = row.estimate {
            draw_estimate(canvas, layout, estimate, marks_y, is_pooled);
        }
    }

    fn description(&self) -> String {
        let with_value: Vec<(&Row, Estimate)> = self.rows.iter().filter_map(|row| Some((row, row.estimate?))).collect();
        let mut out = format!("Forest plot of {} in {} rows.", self.effect_name, self.rows.len());
        let highest = with_value.iter().max_by(|a, b| a.1.value.total_cmp(&b.1.value));
        let lowest = with_value.iter().min_by(|a, b| a.1.value.total_cmp(&b.1.value));
        if let (Some((high, at_high)), Some((low, at_low))) = (highest, lowest) {
            out.push_str(&format!(" Highest: {}, {}.", high.label, at_high.written(self.decimals)));
            if self.rows.len() > 1 {
                out.push_str(&format!(" Lowest: {}, {}.", low.label, at_low.written(self.decimals)));
            }
        }
        let off_zero = with_value
            .iter()
            .filter_map(|(_, estimate)| estimate.interval)
            .filter(|(low, high)| *low > 0.0 || *high < 0.0)
            .count();
        out.push_str(&format!(" {off_zero} of {} intervals leave out zero.", with_value.len()));
        if let Some(row) = &self.pooled {
            out.push_str(&format!(" {}: {}.", row.label, self.written(row)));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut heads = vec!["row"];
        heads.extend(self.columns.iter().map(String::as_str));
        let mut table = FigureTable::new(
            format!("{}: {}", words.title, self.effect_name),
            &heads[..1],
            &[&heads[1..], &["difference", "low", "high"]].concat(),
        );
        for row in self.rows.iter().chain(&self.pooled) {
            let numbers = row
                .estimate
                .map_or_else(|| ["not a number".to_owned(), number::missing(), number::missing()], Estimate::cells);
            let mut cells = vec![row.label.clone()];
            cells.extend(row.cells.iter().cloned());
            cells.extend(numbers);
            table.push(cells);
        }
        table
    }
}

/// Dot with whisker, or for the pooled row a diamond as wide as its interval.
fn draw_estimate(canvas: &mut Canvas, layout: &Layout, estimate: Estimate, y: f64, is_pooled: bool) {
    let mark = Paint::Mark(if is_pooled { 6 } else { 0 });
    let x = layout.x.at(estimate.value);
    let Some((low, high)) = estimate.interval else {
        let shape = if is_pooled { Marker::Diamond } else { Marker::Circle };
        canvas.marker((x, y), shape, 4.0, mark);
        return;
    };
    let (left, right) = (layout.x.at(low), layout.x.at(high));
    if is_pooled {
        let corners = vec![(left, y), (x, y - 6.0), (right, y), (x, y + 6.0)];
        canvas.polygon(corners, mark, 1.0);
    } else {
        let stroke = Stroke::solid(mark, 1.75);
        canvas.line((left, y), (right, y), stroke);
        for end in [left, right] {
            canvas.line((end, y - 3.5), (end, y + 3.5), stroke);
        }
        canvas.marker((x, y), Marker::Circle, 4.0, mark);
    }
}
