//! Heat map: shares by row and column, one panel a model on one scale from 0 to 1.
//!
//! The share stands in its cell in per cent, halves up, and under it how many are behind it; colour repeats what the number says. Cells of
//! few are hatched, cells that were not measured are empty and say so.

use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::finished::finish;
use super::heat_panel::{self, Grid};
use super::palette::Paint;
use super::part::ModelPart;
use super::ramp::STEPS;
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// A cell of fewer is hatched.
pub const FEW: u64 = 20;
/// Panels drawn at most; all are in the table.
const MAX_PANELS: usize = 8;
/// Rows and columns drawn at most; all are in the table.
const MAX_ROWS: usize = 20;
const MAX_COLUMNS: usize = 6;
/// Room between two panels, px.
const GAP: f64 = 40.0;
/// A single panel does not get wider cells than this, px.
const WIDEST_CELL: f64 = 120.0;

/// Shares by model, row and column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeatMap {
    /// Id, title (the finding), subtitle (the measure), caption (interval, what rows and columns are).
    pub words: FigureWords,
    /// What the shares are, such as "scenarios that pass, per cent".
    pub value_name: String,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// One for each model.
    pub panels: Vec<HeatPanel>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeatPanel {
    pub name: String,
    pub part: ModelPart,
    /// Row by row, a cell for each column; `None`: not measured.
    pub cells: Vec<Vec<Option<HeatCell>>>,
}

/// One share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HeatCell {
    /// From 0 to 1.
    pub share: Estimate,
    /// Items behind it.
    pub n: u64,
}

/// Draws it.
///
/// # Errors
/// A bad id, no finite share, or cells that don't match rows and columns.
pub fn draw(input: &HeatMap) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let rows: Vec<String> = input.rows.iter().map(|row| text::clean(row)).collect();
    let columns: Vec<String> = input.columns.iter().map(|column| text::clean(column)).collect();
    let mut panels = Vec::new();
    for panel in &input.panels {
        let name = text::clean(&panel.name);
        let mut lengths = std::iter::once((panel.cells.len(), rows.len()))
            .chain(panel.cells.iter().map(|row| (row.len(), columns.len())));
        if let Some((got, expected)) = lengths.find(|(got, expected)| got != expected) {
            return Err(FigureError::CellCount { id: words.id, row: name, expected, got });
        }
        let cells = panel.cells.iter().zip(&rows).map(|(cells, row)| {
            let drawable = |(cell, column): (&Option<HeatCell>, &String)| {
                let HeatCell { share, n } = (*cell)?;
                let share = share.drawable(&format!("{name}, {row}, {column}"), &mut notes)?;
                Some(HeatCell { share, n })
            };
            cells.iter().zip(&columns).map(drawable).collect()
        });
        panels.push(HeatPanel { cells: cells.collect(), name, part: panel.part });
    }
    let plan = Plan { value_name: text::clean(&input.value_name), rows, columns, panels };
    if plan.all().all(|(.., cell)| cell.is_none()) {
        return Err(FigureError::NothingToDraw { id: words.id, what: "cell with a finite share" });
    }
    plan.note(&mut notes);
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

/// Checked input.
struct Plan {
    value_name: String,
    rows: Vec<String>,
    columns: Vec<String>,
    panels: Vec<HeatPanel>,
}

impl Plan {
    /// Every cell with its panel, row and column.
    fn all(&self) -> impl Iterator<Item = (&HeatPanel, &str, &str, Option<HeatCell>)> {
        self.panels.iter().flat_map(move |panel| {
            panel.cells.iter().zip(&self.rows).flat_map(move |(cells, row)| {
                cells.iter().zip(&self.columns).map(move |(cell, column)| (panel, row.as_str(), column.as_str(), *cell))
            })
        })
    }

    fn drawn_panels(&self) -> &[HeatPanel] {
        &self.panels[..self.panels.len().min(MAX_PANELS)]
    }

    fn has_few(&self) -> bool {
        self.all().any(|(.., cell)| cell.is_some_and(|cell| cell.n < FEW))
    }

    fn has_missing(&self) -> bool {
        self.all().any(|(.., cell)| cell.is_none())
    }

    fn note(&self, notes: &mut Notes) {
        let few = self.all().filter_map(|(panel, row, column, cell)| {
            let n = cell.filter(|cell| cell.n < FEW)?.n;
            Some(format!("{} {row} {column} (n {})", panel.name, number::count(n)))
        });
        let few: Vec<String> = few.collect();
        if let Some(named) = few.get(..few.len().min(12)).filter(|named| !named.is_empty()) {
            let more = few.len() - named.len();
            let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
            notes.say(format!("Hatched: fewer than {FEW} behind the cell: {}{rest}.", named.join(", ")));
        }
        let counts = [
            (self.panels.len(), MAX_PANELS, "models"),
            (self.rows.len(), MAX_ROWS, "rows"),
            (self.columns.len(), MAX_COLUMNS, "columns"),
        ];
        for (n, most, what) in counts {
            if n > most {
                notes.say(format!("{n} {what}: the first {most} are drawn, all are in the table."));
            }
        }
        if self.all().any(|(.., cell)| cell.is_some_and(|cell| !(0.0..=1.0).contains(&cell.share.value))) {
            notes.say("Shares outside 0 to 1 have the colour of the nearer end.");
        }
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let is_pair = width == Width::Full && self.panels.len() > 1;
        let n_columns = self.columns.len().min(MAX_COLUMNS);
        let label_width = self.rows.iter().map(|row| text::width(row, size)).fold(0.0, f64::max).min(92.0) + 8.0;
        #[expect(clippy::cast_precision_loss, reason = "at most six columns")]
        let widest = label_width + n_columns as f64 * WIDEST_CELL;
        let panel_width = if is_pair { (width.px() - GAP) / 2.0 } else { (width.px() - 2.0).min(widest) };
        let grid = Grid {
            rows: &self.rows[..self.rows.len().min(MAX_ROWS)],
            columns: &self.columns[..n_columns],
            label_width,
            width: panel_width,
        };
        let mut top = 0.0;
        for pair in self.drawn_panels().chunks(if is_pair { 2 } else { 1 }) {
            let mut bottom: f64 = top;
            for (panel, left) in pair.iter().zip([0.0, panel_width + GAP]) {
                bottom = bottom.max(heat_panel::draw(&mut canvas, &grid, panel, (left + 1.0, top)));
            }
            top = bottom + 1.6 * size;
        }
        let bottom = self.draw_key(&mut canvas, top);
        canvas.height = bottom + 0.4 * size;
        canvas
    }

    /// The ramp with its ends, and what hatched and empty cells are; gives the lower edge.
    fn draw_key(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let size = canvas.width.type_px();
        let page = canvas.width.px();
        let mut y = top;
        for line in text::wrap(&self.value_name, size, page - 4.0, 2) {
            canvas.text((1.0, y + 0.9 * size), Anchor::Start, Paint::Ink, line);
            y += 1.3 * size;
        }
        y += 0.3 * size;
        let (left, step_width, height) = (1.0, 10.0, 12.0);
        let mut x = left;
        for step in 0..STEPS {
            canvas.fill(Rect::new(x, y, x + step_width, y + height), Paint::Heat(step), 1.0);
            x += step_width;
        }
        let below = y + height + 1.1 * size;
        for (at, anchor, label) in
            [(left, Anchor::Start, "0"), (f64::midpoint(left, x), Anchor::Middle, "50"), (x, Anchor::End, "100\u{a0}%")]
        {
            canvas.text((at, below), anchor, Paint::Quiet, label);
        }
        let mut marks: Vec<(String, bool)> = Vec::new();
        if self.has_few() {
            marks.push((format!("n below {FEW}"), true));
        }
        if self.has_missing() {
            marks.push(("not measured".to_owned(), false));
        }
        // Beside the ramp where there is room, else in a row of their own.
        let mut bottom = below + 0.3 * size;
        let (mut x, y) = match canvas.width {
            Width::Full => (x + 32.0, y),
            Width::Narrow => (left, bottom + 0.7 * size),
        };
        if canvas.width == Width::Narrow && !marks.is_empty() {
            bottom = y + height + 0.2 * size;
        }
        for (name, is_few) in marks {
            let swatch = Rect::new(x, y, x + 20.0, y + height);
            if is_few {
                canvas.fill(swatch, Paint::Heat(4), 1.0);
                canvas.hatch(swatch, heat_panel::HATCH_SPACING, true, heat_panel::hatch_stroke(4));
            } else {
                heat_panel::draw_outline(canvas, swatch, Stroke::solid(Paint::Axis, 1.0));
            }
            canvas.text((x + 26.0, y + 0.86 * size), Anchor::Start, Paint::Quiet, &*name);
            x += 26.0 + text::width(&name, size) + 18.0;
        }
        bottom
    }

    fn description(&self) -> String {
        let mut out = format!(
            "Heat map of {}: {} rows by {} columns, {} panels on one scale from 0 to 100 per cent.",
            self.value_name,
            self.rows.len(),
            self.columns.len(),
            self.panels.len()
        );
        for panel in self.drawn_panels() {
            let own = self.all().filter(|(other, ..)| std::ptr::eq(*other, panel));
            let told = own.take(24).map(|(_, row, column, cell)| match cell {
                Some(HeatCell { share, n }) => {
                    let few = if n < FEW { ", hatched" } else { "" };
                    format!("{row} {column} {} % (n {}{few})", number::hundredths(share.value), number::count(n))
                }
                None => format!("{row} {column} not measured"),
            });
            out.push_str(&format!(" {}: {}.", panel.name, told.collect::<Vec<String>>().join(", ")));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut table = FigureTable::new(
            format!("{}: {}", words.title, self.value_name),
            &["model", "row", "column"],
            &["per cent", "low", "high", "n"],
        );
        for (panel, row, column, cell) in self.all() {
            let numbers = match cell {
                Some(HeatCell { share, n }) => {
                    let (low, high) = share.interval.map_or_else(
                        || (number::missing(), number::missing()),
                        |(low, high)| (number::hundredths(low), number::hundredths(high)),
                    );
                    [number::hundredths(share.value), low, high, number::count(n)]
                }
                None => ["not measured".to_owned(), number::missing(), number::missing(), number::missing()],
            };
            table.push([panel.name.clone(), row.to_owned(), column.to_owned()].into_iter().chain(numbers));
        }
        table
    }
}
