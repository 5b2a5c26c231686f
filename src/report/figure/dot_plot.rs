//! Dot plot: one row for each form or task, on it one dot with its interval for each model.
//!
//! Rows keep the order given. Dots of one row are set one below the other, so that none hides another.

use super::axis::{self, Tick};
use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::finished::finish;
use super::palette::Paint;
use super::part::ModelPart;
use super::scale::Scale;
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, legend, number, text};
use serde::Serialize;

/// Rows drawn at most; all are in the table.
const MAX_ROWS: usize = 100;
/// Models drawn at most; all are in the table.
const MAX_MODELS: usize = 7;

/// Values by row and model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DotPlot {
    /// Id, title (the finding), subtitle (the measure), caption (interval, test).
    pub words: FigureWords,
    /// Name on the value axis.
    pub value_name: String,
    /// Wanted value axis, such as `(0.0, 1.0)`; widened, and said so, when data fall outside.
    pub value_range: (f64, f64),
    /// A value that all others are read against, such as zero; drawn as a line.
    pub reference: Option<f64>,
    /// What lies below is not drawn to scale but as an arrow at the edge, and said so.
    pub cut_below: Option<f64>,
    /// What a row counts, such as "n"; written at the row's side.
    pub count_name: String,
    /// In the order of the dots of a row, from the top.
    pub models: Vec<DotModel>,
    pub rows: Vec<DotRow>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DotModel {
    pub name: String,
    pub part: ModelPart,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DotRow {
    /// Wrapped or cut in the drawing, whole in the table.
    pub label: String,
    /// Items behind it, as words; may be empty.
    pub count: String,
    /// One for each model; `None`: not measured.
    pub estimates: Vec<Option<Estimate>>,
}

/// Draws it.
///
/// # Errors
/// A bad id, an empty value range, no finite value, or a row whose estimates don't match the models.
pub fn draw(input: &DotPlot) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let (low, high) = input.value_range;
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(FigureError::BadRange { id: words.id, low: low.to_string(), high: high.to_string() });
    }
    let mut notes = Notes::default();
    let models: Vec<DotModel> =
        input.models.iter().map(|model| DotModel { name: text::clean(&model.name), part: model.part }).collect();
    let mut rows = Vec::new();
    for row in &input.rows {
        let label = text::clean(&row.label);
        if row.estimates.len() != models.len() {
            let (expected, got) = (models.len(), row.estimates.len());
            return Err(FigureError::CellCount { id: words.id, row: label, expected, got });
        }
        let drawable = |(estimate, model): (&Option<Estimate>, &DotModel)| {
            estimate.and_then(|it| it.drawable(&format!("{label}, {}", model.name), &mut notes))
        };
        let estimates = row.estimates.iter().zip(&models).map(drawable).collect();
        rows.push(DotRow { count: text::clean(&row.count), estimates, label });
    }
    if rows.iter().flat_map(|row| &row.estimates).all(Option::is_none) {
        return Err(FigureError::NothingToDraw { id: words.id, what: "row with a finite value" });
    }
    let data = rows
        .iter()
        .flat_map(|row| row.estimates.iter().take(MAX_MODELS).flatten())
        .map(|estimate| estimate.span())
        .chain(input.reference.filter(|it| it.is_finite()).map(|it| (it, it)))
        .fold((f64::INFINITY, f64::NEG_INFINITY), |all, one| (all.0.min(one.0), all.1.max(one.1)));
    let data = match input.cut_below.filter(|cut| cut.is_finite() && data.0 < *cut && *cut < high) {
        Some(cut) => {
            let cut_words = number::exact(cut);
            notes.say(format!("Arrows: below {cut_words}; the table has the numbers."));
            (cut, data.1.max(cut))
        }
        None => data,
    };
    let (range, is_wider) = axis::widened(input.value_range, data, 20.0);
    if is_wider {
        let ends = format!("{} to {}", number::exact(range.0), number::exact(range.1));
        notes.say(format!("The axis was widened to {ends} to hold all data."));
    }
    if models.len() > MAX_MODELS {
        notes.say(format!("{} models: the first {MAX_MODELS} are drawn, all are in the table.", models.len()));
    }
    if rows.len() > MAX_ROWS {
        let n = number::count(rows.len() as u64);
        notes.say(format!("{n} rows: the first {MAX_ROWS} are drawn, all are in the table."));
    }
    let plan = Plan {
        value_name: text::clean(&input.value_name),
        count_name: text::clean(&input.count_name),
        range,
        reference: input.reference.filter(|it| it.is_finite()),
        models,
        rows,
    };
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

/// Checked input.
struct Plan {
    value_name: String,
    count_name: String,
    range: (f64, f64),
    reference: Option<f64>,
    models: Vec<DotModel>,
    rows: Vec<DotRow>,
}

/// A row with its place on the page.
struct Placed<'p> {
    row: &'p DotRow,
    lines: Vec<String>,
    top: f64,
    height: f64,
}

impl Plan {
    fn drawn_models(&self) -> &[DotModel] {
        &self.models[..self.models.len().min(MAX_MODELS)]
    }

    fn drawn_rows(&self) -> &[DotRow] {
        &self.rows[..self.rows.len().min(MAX_ROWS)]
    }

    fn ticks(&self) -> Vec<Tick> {
        axis::linear_ticks(self.range.0, self.range.1, 5.0)
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let count_width = self
            .drawn_rows()
            .iter()
            .map(|row| row.count.as_str())
            .chain([self.count_name.as_str()])
            .map(|words| text::width(words, size))
            .fold(0.0, f64::max)
            .min(70.0);
        let widest = self.drawn_rows().iter().map(|row| text::width(&row.label, size)).fold(60.0, f64::max);
        let (label_width, count_end, plot) = match width {
            Width::Full => {
                let label_width = widest.min(190.0);
                let count_end = label_width + 14.0 + count_width;
                (label_width, count_end, (count_end + 22.0, page - 18.0))
            }
            // Label and count share a line above the dots, which then have the whole width.
            Width::Narrow => (page - count_width - 14.0, page - 2.0, (14.0, page - 16.0)),
        };
        let models = self.drawn_models().iter().map(|model| (model.name.as_str(), model.part));
        let legend_bottom = legend::draw(&mut canvas, models, 0.0);
        let head = legend_bottom + 1.5 * size;
        canvas.text(
            (count_end, head - 0.45 * size),
            Anchor::End,
            Paint::Quiet,
            text::cut(&self.count_name, size, 70.0),
        );
        let placed = self.place_rows(width, label_width, head);
        let bottom = placed.last().map_or(head, |row| row.top + row.height);
        let x = Scale::linear(self.range, plot);
        let frame = Rect::new(plot.0, head, plot.1, bottom + 4.0);
        for tick in self.ticks() {
            let at = x.at(tick.value);
            canvas.line((at, frame.top), (at, frame.bottom), Stroke::solid(Paint::Grid, 1.0));
        }
        if let Some(reference) = self.reference {
            let at = x.at(reference);
            canvas.line((at, frame.top), (at, frame.bottom), Stroke::solid(Paint::Axis, 1.5));
        }
        axis::draw_base_axis(&mut canvas, frame, &x, &self.ticks());
        let name_end = axis::draw_base_name(&mut canvas, frame, &self.value_name, 1);
        for (place, row) in placed.iter().enumerate() {
            if place > 0 {
                canvas.line((0.0, row.top), (page, row.top), Stroke::solid(Paint::Grid, 0.75));
            }
            self.draw_row(&mut canvas, row, count_end, &x);
        }
        canvas.height = name_end + 0.4 * size;
        canvas
    }

    fn place_rows(&self, width: Width, label_width: f64, from: f64) -> Vec<Placed<'_>> {
        let size = width.type_px();
        let mut top = from;
        let mut out = Vec::new();
        for row in self.drawn_rows() {
            let lines = text::wrap(&row.label, size, label_width, 2);
            #[expect(clippy::cast_precision_loss, reason = "one or two lines, at most seven models")]
            let (n_lines, n_models) = (lines.len() as f64, self.drawn_models().len() as f64);
            let (words, dots) = (n_lines * 1.2 * size, n_models * self.pitch());
            let height = width.pick(words.max(dots) + 0.7 * size, words + dots + 0.9 * size);
            out.push(Placed { row, lines, top, height });
            top += height;
        }
        out
    }

    /// Distance of the dots of a row, px.
    fn pitch(&self) -> f64 {
        if self.drawn_models().len() > 4 { 9.0 } else { 11.0 }
    }

    fn draw_row(&self, canvas: &mut Canvas, placed: &Placed<'_>, count_end: f64, x: &Scale) {
        let size = canvas.width.type_px();
        #[expect(clippy::cast_precision_loss, reason = "one or two lines, at most seven models")]
        let (n_lines, n_models) = (placed.lines.len() as f64, self.drawn_models().len() as f64);
        let middle = placed.top + placed.height / 2.0;
        let first = canvas.width.pick(middle - (n_lines - 1.0) * 0.6 * size + 0.36 * size, placed.top + 1.15 * size);
        let mut baseline = first;
        for line in &placed.lines {
            canvas.text_on_marks((1.0, baseline), Anchor::Start, Paint::Ink, &**line);
            baseline += 1.2 * size;
        }
        let count_y = canvas.width.pick(middle + 0.36 * size, first);
        let count = text::cut(&placed.row.count, size, 70.0);
        canvas.text_on_marks((count_end, count_y), Anchor::End, Paint::Quiet, count);
        let dots_middle =
            canvas.width.pick(middle, placed.top + placed.height - 0.35 * size - n_models * self.pitch() / 2.0);
        let mut y = dots_middle - (n_models - 1.0) * self.pitch() / 2.0;
        for (model, estimate) in self.drawn_models().iter().zip(&placed.row.estimates) {
            if let Some(estimate) = estimate {
                draw_estimate(canvas, *estimate, model.part, (x, self.range.0), y);
            }
            y += self.pitch();
        }
    }

    fn description(&self) -> String {
        let mut out =
            format!("Dot plot of {} in {} rows for {} models.", self.value_name, self.rows.len(), self.models.len());
        for (place, model) in self.models.iter().enumerate().take(MAX_MODELS) {
            let mut own: Vec<(&str, Estimate)> =
                self.rows.iter().filter_map(|row| Some((row.label.as_str(), (*row.estimates.get(place)?)?))).collect();
            own.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
            if let (Some(high), Some(low)) = (own.first(), own.last()) {
                // Per cent need fewer decimals than shares.
                let decimals = if self.range.1 - self.range.0 > 20.0 { 1 } else { 2 };
                let written = |(label, estimate): &(&str, Estimate)| {
                    format!("{} at {label}", number::fixed(estimate.value, decimals))
                };
                out.push_str(&format!(" {}: from {} to {}.", model.name, written(low), written(high)));
            }
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let heads: Vec<String> =
            self.models.iter().flat_map(|model| [model.name.clone(), "low".to_owned(), "high".to_owned()]).collect();
        let numbers: Vec<&str> =
            std::iter::once(self.count_name.as_str()).chain(heads.iter().map(String::as_str)).collect();
        let mut table = FigureTable::new(format!("{}: {}", words.title, self.value_name), &["row"], &numbers);
        for row in &self.rows {
            let cells = row.estimates.iter().flat_map(|estimate| {
                estimate.map_or_else(|| [number::missing(), number::missing(), number::missing()], Estimate::cells)
            });
            table.push([row.label.clone(), row.count.clone()].into_iter().chain(cells));
        }
        table
    }
}

/// A dot with its whisker; an arrow at the edge for what lies below `least`.
fn draw_estimate(canvas: &mut Canvas, estimate: Estimate, part: ModelPart, (x, least): (&Scale, f64), y: f64) {
    let style = part.style();
    let edge = x.at(least);
    let (low, high) = estimate.span();
    let stroke = Stroke::solid(style.mark, style.line_width);
    if estimate.interval.is_some() {
        let (left, right) = (x.at(low).max(edge), x.at(high).max(edge));
        canvas.line((left, y), (right, y), stroke);
        for (end, value) in [(left, low), (right, high)] {
            if value >= least {
                canvas.line((end, y - 2.5), (end, y + 2.5), stroke);
            }
        }
    }
    if low < least {
        canvas.polygon(vec![(edge - 5.0, y), (edge + 1.0, y - 3.5), (edge + 1.0, y + 3.5)], style.mark, 1.0);
    }
    if estimate.value >= least {
        canvas.marker((x.at(estimate.value), y), style.marker, 4.0, style.mark);
    }
}
