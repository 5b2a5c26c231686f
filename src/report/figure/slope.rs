//! Slope: one line for each target from its value before to its value after, and to that of a model that never knew it.
//!
//! A line that falls is solid, one that does not is dashed and of another colour. Of many lines only the outermost are named.

use super::axis;
use super::canvas::{Anchor, Canvas, Dash, Point, Rect, Stroke};
use super::finished::finish;
use super::label::{self, Label};
use super::palette::Paint;
use super::part::ModelPart;
use super::scale::Scale;
use super::words::Notes;
use super::{Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// More lines than these are faint, and only the outermost are named.
const MAX_NAMED: usize = 40;
/// Outermost lines named on each side then.
const N_OUTERMOST: usize = 4;
/// Lines drawn at most; all are in the table.
const MAX_LINES: usize = 400;

/// Values by target and model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slope {
    /// Id, title (the finding), subtitle (the measure), caption.
    pub words: FigureWords,
    /// Name on the value axis.
    pub value_name: String,
    /// From left to right; lines fall or rise from the first to the second.
    pub columns: Vec<SlopeColumn>,
    /// One for each target.
    pub lines: Vec<SlopeLine>,
    /// Drawn last and bold: the mean over targets.
    pub mean: Option<SlopeLine>,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlopeColumn {
    /// Such as "before".
    pub name: String,
    pub part: ModelPart,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SlopeLine {
    /// Shown at its end; cut there when long, whole in the table.
    pub name: String,
    /// One for each column; `None` or not finite: no point there.
    pub values: Vec<Option<f64>>,
}

/// Draws it.
///
/// # Errors
/// A bad id, no line with a finite value, or a line whose values don't match the columns.
pub fn draw(input: &Slope) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let columns: Vec<SlopeColumn> =
        input.columns.iter().map(|column| SlopeColumn { name: text::clean(&column.name), part: column.part }).collect();
    let checked = |line: &SlopeLine| checked(line, columns.len(), &words.id);
    let lines = input.lines.iter().map(checked).collect::<Result<Vec<_>, _>>()?;
    let mean = input.mean.as_ref().map(checked).transpose()?;
    if lines.iter().flat_map(|line| &line.values).all(Option::is_none) {
        return Err(FigureError::NothingToDraw { id: words.id, what: "target with a finite value" });
    }
    for line in lines.iter().filter(|line| line.values.iter().any(Option::is_none)) {
        notes.say(format!("{}: not every model has a value, the line is broken there.", line.name));
    }
    if lines.len() > MAX_NAMED {
        let n = number::count(lines.len() as u64);
        notes.say(format!("{n} targets: only the outermost are named, all are in the table."));
    }
    if lines.len() > MAX_LINES {
        notes.say(format!("The first {MAX_LINES} are drawn."));
    }
    if lines.iter().any(|line| direction(line) == Some(Direction::NotLower)) {
        notes.say("Dashed: not lower after than before.");
    }
    let plan = Plan { value_name: text::clean(&input.value_name), columns, lines, mean };
    let (low, high) = plan.range().0;
    if (low, high) != (0.0, 1.0) {
        notes.say(format!("The vertical axis runs from {} to {}.", number::exact(low), number::exact(high)));
    }
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

fn checked(line: &SlopeLine, n_columns: usize, id: &str) -> Result<SlopeLine, FigureError> {
    let name = text::clean(&line.name);
    if line.values.len() != n_columns {
        let got = line.values.len();
        return Err(FigureError::CellCount { id: id.to_owned(), row: name, expected: n_columns, got });
    }
    let finite = |value: &Option<f64>| value.filter(|value| value.is_finite());
    Ok(SlopeLine { values: line.values.iter().map(finite).collect(), name })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Lower,
    NotLower,
}

/// From the first column to the second; `None` where one of the two has no value.
fn direction(line: &SlopeLine) -> Option<Direction> {
    let (before, after) = (*line.values.first()?, *line.values.get(1)?);
    Some(if after? < before? { Direction::Lower } else { Direction::NotLower })
}

/// Checked input.
struct Plan {
    value_name: String,
    columns: Vec<SlopeColumn>,
    lines: Vec<SlopeLine>,
    mean: Option<SlopeLine>,
}

impl Plan {
    fn drawn_lines(&self) -> &[SlopeLine] {
        &self.lines[..self.lines.len().min(MAX_LINES)]
    }

    fn is_crowded(&self) -> bool {
        self.lines.len() > MAX_NAMED
    }

    /// From 0 to 1 where that holds all, else round numbers around the data.
    fn range(&self) -> ((f64, f64), Vec<axis::Tick>) {
        let values = self.lines.iter().chain(&self.mean).flat_map(|line| line.values.iter().flatten());
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |all, &value| (all.0.min(value), all.1.max(value)));
        if low >= 0.0 && high <= 1.0 {
            return ((0.0, 1.0), axis::linear_ticks(0.0, 1.0, 6.0));
        }
        axis::round_axis(low, high, 6.0)
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let (range, ticks) = self.range();
        let mut labels = self.labels(width);
        let room_right = label::widest(&labels.iter().map(|(_, label)| label.clone()).collect::<Vec<_>>(), size);
        let only: Vec<Label> = labels.iter().map(|(_, label)| label.clone()).collect();
        let height = width.pick(300.0, 270.0_f64).max(label::needed_height(&only, size) + 10.0);
        let top = axis::draw_value_name(&mut canvas, 0.0, &self.value_name) + 2.4 * size;
        let left = (axis::widest(&ticks, size) + 12.0).max(26.0);
        let right = width.px() - room_right - width.pick(24.0, 18.0);
        let plot = Rect::new(left, top, right, top + height);
        let y = Scale::linear(range, (plot.bottom, plot.top));
        axis::draw_value_axis(&mut canvas, &[plot], &y, &ticks);
        let xs = self.column_places(plot, width);
        self.draw_columns(&mut canvas, &xs, plot);
        for line in self.drawn_lines() {
            self.draw_line(&mut canvas, line, &xs, &y);
        }
        if let Some(mean) = &self.mean {
            draw_path(&mut canvas, mean, &xs, &y, Stroke::solid(Paint::Ink, 3.0));
        }
        self.draw_points(&mut canvas, &xs, &y);
        for (line, label) in &mut labels {
            label.from = last_point(line, &xs, &y).unwrap_or((plot.right, plot.bottom));
        }
        let labels: Vec<Label> = labels.into_iter().map(|(_, label)| label).collect();
        label::draw(&mut canvas, &labels, right + width.pick(20.0, 14.0), (top - 6.0, plot.bottom + 6.0));
        canvas.height = plot.bottom + 1.2 * size;
        canvas
    }

    fn column_places(&self, plot: Rect, width: Width) -> Vec<f64> {
        let pad = width.pick(34.0, 20.0);
        let (from, to) = (plot.left + pad, plot.right - width.pick(10.0, 6.0));
        #[expect(clippy::cast_precision_loss, reason = "two or three columns")]
        let step = (to - from) / (self.columns.len().max(2) - 1) as f64;
        #[expect(clippy::cast_precision_loss, reason = "two or three columns")]
        let place = |column: usize| from + step * column as f64;
        (0..self.columns.len()).map(place).collect()
    }

    /// Names above the columns, and a line down each.
    fn draw_columns(&self, canvas: &mut Canvas, xs: &[f64], plot: Rect) {
        let size = canvas.width.type_px();
        let page = canvas.width.px();
        let mut from = 1.0_f64;
        for (place, (column, &x)) in self.columns.iter().zip(xs).enumerate() {
            canvas.line((x, plot.top), (x, plot.bottom), Stroke::solid(Paint::Axis, 1.0));
            let style = column.part.style();
            // A name ends before the middle of the next one's line, the last at the edge of the page.
            let until = xs.get(place + 1).map_or(page - 2.0, |next| f64::midpoint(x, *next) + 6.0);
            let name = text::cut(&column.name, size, (until - from - 12.0).max(24.0));
            let width = text::width(&name, size) + 12.0;
            let left = (x - width / 2.0).min(until - width).max(from);
            let baseline = plot.top - 0.85 * size;
            canvas.marker((left + 5.0, baseline - 0.34 * size), style.marker, 4.0, style.mark);
            canvas.text((left + 12.0, baseline), Anchor::Start, style.word, name);
            from = left + width + 6.0;
        }
    }

    fn draw_line(&self, canvas: &mut Canvas, line: &SlopeLine, xs: &[f64], y: &Scale) {
        let stroke = match direction(line) {
            Some(Direction::NotLower) => Stroke::solid(Paint::Mark(1), 1.5).dashed(Dash::Short),
            Some(Direction::Lower) | None => Stroke::solid(Paint::Mark(0), 1.5),
        };
        let opacity = match self.lines.len() {
            0..=12 => 0.85,
            13..=MAX_NAMED => 0.6,
            _ => 0.3,
        };
        draw_path(canvas, line, xs, y, stroke.faded(opacity));
    }

    fn draw_points(&self, canvas: &mut Canvas, xs: &[f64], y: &Scale) {
        let radius = if self.lines.len() > 12 { 2.0 } else { 3.0 };
        for (place, (column, &x)) in self.columns.iter().zip(xs).enumerate() {
            let style = column.part.style();
            let values = |lines: &[SlopeLine]| -> Vec<f64> {
                lines.iter().filter_map(|line| *line.values.get(place)?).collect()
            };
            for value in values(self.drawn_lines()) {
                canvas.marker((x, y.at(value)), style.marker, radius, style.mark);
            }
            for value in values(self.mean.as_slice()) {
                canvas.marker((x, y.at(value)), style.marker, 5.5, style.mark);
            }
        }
    }

    /// Named lines with their labels, which have no place yet.
    fn labels(&self, width: Width) -> Vec<(&SlopeLine, Label)> {
        let size = width.type_px();
        let named = self.named();
        let most = width.pick(170.0, 88.0);
        // Two lines a name make a tall drawing of many names.
        let n_lines = if named.len() > 12 { 1 } else { 2 };
        let label = |line: &SlopeLine, word: Paint| Label {
            lines: text::wrap(&line.name, size, most, n_lines),
            from: (0.0, 0.0),
            word,
            mark: Paint::Axis,
            marker: None,
        };
        let mut out: Vec<(&SlopeLine, Label)> = named
            .into_iter()
            .map(|line| {
                let slot = usize::from(direction(line) == Some(Direction::NotLower));
                (line, label(line, Paint::Word(slot)))
            })
            .collect();
        out.extend(self.mean.as_ref().map(|mean| (mean, label(mean, Paint::Ink))));
        out
    }

    /// All lines, or of many those with the largest falls and rises.
    fn named(&self) -> Vec<&SlopeLine> {
        let drawn: Vec<&SlopeLine> =
            self.drawn_lines().iter().filter(|line| line.values.iter().any(Option::is_some)).collect();
        if !self.is_crowded() {
            return drawn;
        }
        let change = |line: &SlopeLine| Some((*line.values.get(1)?)? - (*line.values.first()?)?);
        let mut changed: Vec<(f64, &SlopeLine)> =
            drawn.into_iter().filter_map(|line| Some((change(line)?, line))).collect();
        changed.sort_by(|a, b| a.0.total_cmp(&b.0));
        let last = changed.len().saturating_sub(N_OUTERMOST).max(N_OUTERMOST);
        let ends = changed.iter().take(N_OUTERMOST).chain(changed.iter().skip(last));
        ends.map(|&(_, line)| line).collect()
    }

    fn description(&self) -> String {
        let lower = self.lines.iter().filter(|line| direction(line) == Some(Direction::Lower)).count();
        let both = self.lines.iter().filter(|line| direction(line).is_some()).count();
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let mut out = format!(
            "Slope chart of {} for {} targets over the columns {}. Lower in the second column than in the first: {lower} of {both}.",
            self.value_name,
            self.lines.len(),
            names.join(", ")
        );
        if let Some(mean) = &self.mean {
            let values: Vec<String> = mean
                .values
                .iter()
                .map(|value| value.map_or_else(number::missing, |value| number::fixed(value, 2)))
                .collect();
            out.push_str(&format!(" {}: {}.", mean.name, values.join(", ")));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let heads: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let mut table = FigureTable::new(format!("{}: {}", words.title, self.value_name), &["target"], &heads);
        for line in self.lines.iter().chain(&self.mean) {
            let cells = line.values.iter().map(|value| value.map_or_else(number::missing, number::exact));
            table.push(std::iter::once(line.name.clone()).chain(cells));
        }
        table
    }
}

/// Through neighbouring columns that both have a value.
fn draw_path(canvas: &mut Canvas, line: &SlopeLine, xs: &[f64], y: &Scale, stroke: Stroke) {
    let mut run: Vec<Point> = Vec::new();
    for (value, &x) in line.values.iter().zip(xs) {
        match value {
            Some(value) => run.push((x, y.at(*value))),
            None => canvas.path(std::mem::take(&mut run), stroke),
        }
    }
    canvas.path(run, stroke);
}

fn last_point(line: &SlopeLine, xs: &[f64], y: &Scale) -> Option<Point> {
    line.values.iter().zip(xs).rev().find_map(|(value, &x)| Some((x, y.at((*value)?))))
}
