//! Position curve: a share by where in the history the evidence stands, one line a model, with intervals.
//!
//! Bins have equal width; a line joins neighbouring bins only, and nothing is smoothed.

use super::axis;
use super::canvas::{Canvas, Point, Rect, Stroke};
use super::finished::finish;
use super::label::{self, Label};
use super::palette::Paint;
use super::part::ModelPart;
use super::scale::Scale;
use super::series_style::MAX_LABELLED;
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, legend, number, text};
use serde::Serialize;

/// Distance of the whiskers of two models in one bin, px.
const DODGE: f64 = 5.0;

/// Shares by bin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PositionCurve {
    /// Id, title (the finding), subtitle (the measure), caption (interval).
    pub words: FigureWords,
    /// Name on the value axis, which runs from 0 to 100 per cent.
    pub value_name: String,
    /// Bins from the beginning to the end of the history.
    pub n_bins: u32,
    /// First and last bin of the middle, shaded.
    pub middle: Option<(u32, u32)>,
    pub lines: Vec<PositionLine>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PositionLine {
    pub name: String,
    pub part: ModelPart,
    pub points: Vec<PositionPoint>,
}

/// One bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PositionPoint {
    /// From 1.
    pub bin: u32,
    pub n: u64,
    /// From 0 to 1.
    pub share: Estimate,
}

/// Draws it.
///
/// # Errors
/// A bad id, or no bin with a finite share.
pub fn draw(input: &PositionCurve) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let mut lines = Vec::new();
    for line in &input.lines {
        let name = text::clean(&line.name);
        let drawable = |point: &PositionPoint| {
            let share = point.share.drawable(&format!("{name}, bin {}", point.bin), &mut notes)?;
            Some(PositionPoint { share, ..*point })
        };
        let mut points: Vec<PositionPoint> =
            line.points.iter().filter(|point| (1..=input.n_bins).contains(&point.bin)).filter_map(drawable).collect();
        points.sort_by_key(|point| point.bin);
        if !points.is_empty() {
            lines.push(PositionLine { name, part: line.part, points });
        }
    }
    if lines.is_empty() {
        return Err(FigureError::NothingToDraw { id: words.id, what: "bin with a finite share" });
    }
    if lines.len() > MAX_LABELLED {
        notes.say(format!("{} models: the first {MAX_LABELLED} are drawn, all are in the table.", lines.len()));
    }
    let middle = input.middle.filter(|(first, last)| (1..=*last).contains(first) && *last <= input.n_bins);
    if middle.is_some() {
        notes.say("Shaded: the middle of the history.");
    }
    let plan = Plan { value_name: text::clean(&input.value_name), n_bins: input.n_bins, middle, lines };
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

/// Checked input.
struct Plan {
    value_name: String,
    n_bins: u32,
    middle: Option<(u32, u32)>,
    /// Each with a point, points by bin.
    lines: Vec<PositionLine>,
}

impl Plan {
    fn drawn(&self) -> &[PositionLine] {
        &self.lines[..self.lines.len().min(MAX_LABELLED)]
    }

    /// From 0 to 1; further where an interval reaches out.
    fn range(&self) -> (f64, f64) {
        let spans = self.drawn().iter().flat_map(|line| &line.points).map(|point| point.share.span());
        let data = spans.fold((f64::INFINITY, f64::NEG_INFINITY), |all, one| (all.0.min(one.0), all.1.max(one.1)));
        axis::widened((0.0, 1.0), data, 5.0).0
    }

    /// A bin's range of the history in per cent.
    fn edges(&self, bin: u32) -> (f64, f64) {
        let width = 100.0 / f64::from(self.n_bins);
        (f64::from(bin - 1) * width, f64::from(bin) * width)
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let mut labels = self.labels(width);
        // A name that is cut tells no agent from another: then all stand above the drawing.
        let is_cut = labels.iter().flat_map(|label| &label.lines).any(|line| line.ends_with('…'));
        let mut top = 0.0;
        if is_cut {
            labels.clear();
            let names = self.drawn().iter().map(|line| (line.name.as_str(), line.part));
            top = legend::draw(&mut canvas, names, 0.0) + 0.3 * size;
        }
        top = axis::draw_value_name(&mut canvas, top, &self.value_name) + 0.9 * size;
        let range = self.range();
        let ticks: Vec<axis::Tick> = axis::linear_ticks(100.0 * range.0, 100.0 * range.1, 5.0)
            .into_iter()
            .map(|tick| axis::Tick { value: tick.value / 100.0, ..tick })
            .collect();
        let left = (axis::widest(&ticks, size) + 12.0).max(26.0);
        let room = label::widest(&labels, size) + width.pick(28.0, 22.0);
        let right = page - if is_cut { 14.0 } else { room };
        let height = width.pick(240.0, 220.0_f64).max(label::needed_height(&labels, size));
        let plot = Rect::new(left, top, right, top + height);
        let x = Scale::linear((0.0, 100.0), (plot.left, plot.right));
        let y = Scale::linear(range, (plot.bottom, plot.top));
        if let Some((first, last)) = self.middle {
            let area = Rect::new(x.at(self.edges(first).0), plot.top, x.at(self.edges(last).1), plot.bottom);
            canvas.fill(area, Paint::Shade, 1.0);
        }
        axis::draw_value_axis(&mut canvas, &[plot], &y, &ticks);
        axis::draw_base_axis(&mut canvas, plot, &x, &axis::linear_ticks(0.0, 100.0, width.pick(10.0, 5.0)));
        let name = "place of the evidence in the history, per cent";
        let bottom = axis::draw_base_name(&mut canvas, plot, name, 1);
        for (place, line) in self.drawn().iter().enumerate() {
            let end = self.draw_line(&mut canvas, line, place, (&x, &y));
            if let (Some(end), Some(label)) = (end, labels.get_mut(place)) {
                label.from = end;
            }
        }
        label::draw(&mut canvas, &labels, right + width.pick(18.0, 14.0), (top - 6.0, plot.bottom + 6.0));
        canvas.height = bottom + 0.4 * size;
        canvas
    }

    /// Whiskers, then the line, then markers; gives the last point.
    fn draw_line(
        &self,
        canvas: &mut Canvas,
        line: &PositionLine,
        place: usize,
        (x, y): (&Scale, &Scale),
    ) -> Option<Point> {
        let style = line.part.style();
        #[expect(clippy::cast_precision_loss, reason = "at most seven lines")]
        let shift = (place as f64 - (self.drawn().len() as f64 - 1.0) / 2.0) * DODGE;
        let at = |point: &PositionPoint| {
            let (from, to) = self.edges(point.bin);
            (x.at(f64::midpoint(from, to)) + shift, y.at(point.share.value))
        };
        for point in &line.points {
            if let Some((low, high)) = point.share.interval {
                canvas.whisker(at(point).0, (y.at(high), y.at(low)), Stroke::solid(style.mark, 1.0).faded(0.6));
            }
        }
        for run in line.points.chunk_by(|one, next| one.bin + 1 == next.bin) {
            canvas.path(run.iter().map(at).collect(), Stroke { width: 1.5, ..style.stroke() });
        }
        for point in &line.points {
            canvas.marker(at(point), style.marker, 3.4, style.mark);
        }
        line.points.last().map(at)
    }

    fn labels(&self, width: Width) -> Vec<Label> {
        let size = width.type_px();
        let label = |line: &PositionLine| {
            let style = line.part.style();
            Label {
                lines: text::wrap(&line.name, size, width.pick(170.0, 96.0), 3),
                from: (0.0, 0.0),
                word: style.word,
                mark: style.mark,
                marker: Some(style.marker),
            }
        };
        self.drawn().iter().map(label).collect()
    }

    fn description(&self) -> String {
        let mut out = format!(
            "Line chart of {} by place of the evidence in the history, {} bins, {} models.",
            self.value_name,
            self.n_bins,
            self.lines.len()
        );
        for line in self.drawn() {
            let told = line.points.iter().map(|point| {
                let (from, to) = self.edges(point.bin);
                let place = format!("{} to {}", number::fixed(from, 0), number::fixed(to, 0));
                format!("{place}: {} % (n {})", number::hundredths(point.share.value), number::count(point.n))
            });
            out.push_str(&format!(" {}: {}.", line.name, told.collect::<Vec<String>>().join(", ")));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut table = FigureTable::new(
            format!("{}: {}", words.title, self.value_name),
            &["model", "place in the history"],
            &["per cent", "low", "high", "n"],
        );
        for line in &self.lines {
            for point in &line.points {
                let (from, to) = self.edges(point.bin);
                let place = format!("{} to {} %", number::fixed(from, 0), number::fixed(to, 0));
                let (low, high) = point.share.interval.map_or_else(
                    || (number::missing(), number::missing()),
                    |(low, high)| (number::hundredths(low), number::hundredths(high)),
                );
                let value = number::hundredths(point.share.value);
                table.push([line.name.clone(), place, value, low, high, number::count(point.n)]);
            }
        }
        table
    }
}
