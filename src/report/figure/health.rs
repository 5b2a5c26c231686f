//! Run health: what became of the answers, as bars from 0 to 100 %.
//!
//! Always shown, small: a drop in a score is often a parse failure. Shares are counts over the
//! row's total; colour, hatching and the numbers under each bar tell the categories apart.

use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::finished::finish;
use super::palette::Paint;
use super::words::Notes;
use super::{Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// Categories with a colour of their own; later ones share the last.
const MAX_CATEGORIES: usize = 7;

/// Counts by row and category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    /// Id, title (the finding), subtitle (the measure), caption.
    pub words: FigureWords,
    /// Names in the order of the bars; [`Health::ANSWER_CATEGORIES`] for answers.
    pub categories: Vec<String>,
    /// One bar each, in the order given.
    pub rows: Vec<HealthRow>,
}

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HealthRow {
    /// Model or suite.
    pub label: String,
    /// One for each category.
    pub counts: Vec<u64>,
}

impl Health {
    /// What can become of an answer, best first.
    pub const ANSWER_CATEGORIES: [&'static str; 5] = ["answered", "refused", "unparsable", "truncated", "error"];
}

/// Draws it.
///
/// # Errors
/// A bad id, no rows or no categories, or a row whose counts don't match the categories.
pub fn draw(input: &Health) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let nothing = |what| FigureError::NothingToDraw { id: words.id.clone(), what };
    if input.categories.is_empty() {
        return Err(nothing("categories"));
    }
    if input.rows.is_empty() {
        return Err(nothing("rows"));
    }
    let mut rows = Vec::new();
    for row in &input.rows {
        let label = text::clean(&row.label);
        if row.counts.len() != input.categories.len() {
            return Err(FigureError::CellCount {
                id: words.id,
                row: label,
                expected: input.categories.len(),
                got: row.counts.len(),
            });
        }
        rows.push(Row {
            label,
            total: row.counts.iter().map(|&count| as_f64(count)).sum(),
            counts: row.counts.clone(),
        });
    }
    let mut notes = Notes::default();
    if input.categories.len() > MAX_CATEGORIES {
        notes.say(format!("Categories from the {MAX_CATEGORIES}th on share one colour; the numbers tell them apart."));
    }
    let plan = Plan { categories: input.categories.iter().map(|it| text::clean(it)).collect(), rows };
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

struct Row {
    label: String,
    counts: Vec<u64>,
    /// Sum of the counts.
    total: f64,
}

impl Row {
    fn share(&self, category: usize) -> f64 {
        let count = self.counts.get(category).copied().unwrap_or(0);
        if self.total > 0.0 { as_f64(count) / self.total } else { 0.0 }
    }
}

struct Plan {
    categories: Vec<String>,
    rows: Vec<Row>,
}

/// Fill and hatching of a category: the order puts strong colours where trouble is.
fn look(category: usize) -> (Paint, Option<bool>) {
    const LOOKS: [(usize, Option<bool>); MAX_CATEGORIES] =
        [(0, None), (4, Some(true)), (3, Some(false)), (5, None), (1, Some(true)), (2, None), (6, None)];
    let (slot, hatch) = LOOKS.get(category).copied().unwrap_or((6, None));
    (Paint::Mark(slot), hatch)
}

impl Plan {
    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let mut y = self.draw_key(&mut canvas) + 0.4 * size;
        let label_width = match width {
            Width::Full => {
                self.rows.iter().map(|row| text::width(&row.label, size) + 12.0).fold(0.0, f64::max).min(180.0)
            }
            Width::Narrow => 0.0,
        };
        let (bar_left, bar_right) = (label_width + 1.0, page - 1.0);
        let bar_height = 16.0;
        for row in &self.rows {
            let total = format!("n = {}", total_count(&row.counts));
            match width {
                Width::Full => {
                    let mut baseline = y + bar_height / 2.0 + 0.36 * size;
                    for line in text::wrap(&row.label, size, label_width - 10.0, 2) {
                        canvas.text((1.0, baseline), Anchor::Start, Paint::Ink, line);
                        baseline += 1.25 * size;
                    }
                }
                Width::Narrow => {
                    let room = page - text::width(&total, size) - 12.0;
                    let label = text::cut(&row.label, size, room);
                    canvas.text((1.0, y + size), Anchor::Start, Paint::Ink, label);
                    canvas.text((page - 1.0, y + size), Anchor::End, Paint::Quiet, &*total);
                    y += 1.45 * size;
                }
            }
            let bar = Rect::new(bar_left, y, bar_right, y + bar_height);
            self.draw_bar(&mut canvas, bar, row);
            y += bar_height;
            let mut note = self.written(row);
            if width == Width::Full {
                note = format!("{note}; {total}");
            }
            for line in text::wrap(&note, size, bar_right - bar_left, 4) {
                canvas.text((bar_left, y + 1.2 * size), Anchor::Start, Paint::Quiet, line);
                y += 1.25 * size;
            }
            y += 0.95 * size;
        }
        self.draw_axis(&mut canvas, bar_left, bar_right, y);
        canvas
    }

    /// Swatches with names, in as many lines as needed. Returns where they end.
    fn draw_key(&self, canvas: &mut Canvas) -> f64 {
        let size = canvas.width.type_px();
        let page = canvas.width.px();
        let (mut x, mut top) = (1.0, 2.0);
        for (category, name) in self.categories.iter().enumerate() {
            let name = text::cut(name, size, page - 24.0);
            let needed = 17.0 + text::width(&name, size) + 14.0;
            if x > 1.0 && x + needed - 14.0 > page {
                x = 1.0;
                top += 1.5 * size;
            }
            let swatch = Rect::new(x, top, x + 12.0, top + 12.0);
            draw_segment(canvas, swatch, category);
            canvas.text((x + 17.0, top + 0.86 * size), Anchor::Start, Paint::Ink, name);
            x += needed;
        }
        top + 1.5 * size
    }

    fn draw_bar(&self, canvas: &mut Canvas, bar: Rect, row: &Row) {
        if row.total <= 0.0 {
            let outline = vec![
                (bar.left, bar.top),
                (bar.right, bar.top),
                (bar.right, bar.bottom),
                (bar.left, bar.bottom),
                (bar.left, bar.top),
            ];
            canvas.path(outline, Stroke::solid(Paint::Axis, 1.0));
            return;
        }
        let mut left = bar.left;
        for category in 0..self.categories.len() {
            let share = row.share(category);
            if share <= 0.0 {
                continue;
            }
            let right = left + share * bar.width();
            draw_segment(canvas, Rect { left, right, ..bar }, category);
            if left > bar.left && right - left > 2.0 {
                let gap = Stroke::solid(Paint::Paper, 1.0);
                canvas.line((left, bar.top), (left, bar.bottom), gap);
            }
            left = right;
        }
    }

    fn draw_axis(&self, canvas: &mut Canvas, left: f64, right: f64, top: f64) {
        let size = canvas.width.type_px();
        let axis = Stroke::solid(Paint::Axis, 1.0);
        canvas.line((left, top), (right, top), axis);
        for (share, name) in [(0.0, "0"), (0.25, "25"), (0.5, "50"), (0.75, "75"), (1.0, "100\u{a0}%")] {
            let x = left + share * (right - left);
            canvas.line((x, top), (x, top + 4.0), axis);
            let anchor = match share {
                0.0 => Anchor::Start,
                1.0 => Anchor::End,
                _ => Anchor::Middle,
            };
            canvas.text((x, top + 6.0 + 0.95 * size), anchor, Paint::Quiet, name);
        }
        canvas.height = top + 6.0 + 1.5 * size;
    }

    /// "answered 961 (96.1 %), refused 12 (1.2 %)": everything that isn't zero.
    fn written(&self, row: &Row) -> String {
        if row.total <= 0.0 {
            return "no items".to_owned();
        }
        let parts: Vec<String> = self
            .categories
            .iter()
            .zip(&row.counts)
            .enumerate()
            .filter(|(_, (_, count))| **count > 0)
            .map(|(category, (name, count))| {
                let share = number::percent(row.share(category));
                format!("{name}\u{a0}{}\u{a0}({share})", number::count(*count))
            })
            .collect();
        parts.join(", ")
    }

    fn description(&self) -> String {
        let mut out = String::from("Stacked bars from 0 to 100 %.");
        for row in self.rows.iter().take(20) {
            out.push_str(&format!(" {}: {}.", row.label, self.written(row)));
        }
        if self.rows.len() > 20 {
            out.push_str(&format!(" {} more rows are in the table.", self.rows.len() - 20));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut heads: Vec<String> = vec!["n".to_owned()];
        for name in &self.categories {
            heads.push(name.clone());
            heads.push(format!("{name}, share"));
        }
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let mut table = FigureTable::new(words.title.clone(), &["row"], &heads);
        for row in &self.rows {
            let mut cells = vec![row.label.clone(), total_count(&row.counts)];
            for (category, count) in row.counts.iter().enumerate() {
                cells.push(number::count(*count));
                cells.push(if row.total > 0.0 { number::percent(row.share(category)) } else { number::missing() });
            }
            table.push(cells);
        }
        table
    }
}

/// Sum without overflow: beyond `u64` it stays at the largest.
fn total_count(counts: &[u64]) -> String {
    number::count(counts.iter().fold(0, |sum: u64, count| sum.saturating_add(*count)))
}

fn draw_segment(canvas: &mut Canvas, area: Rect, category: usize) {
    let (paint, hatch) = look(category);
    canvas.fill(area, paint, 1.0);
    if let Some(rising) = hatch {
        canvas.hatch(area, 5.0, rising, Stroke::solid(Paint::Paper, 1.25).faded(0.8));
    }
}

#[expect(clippy::cast_precision_loss, reason = "shares of counts, for drawing")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
