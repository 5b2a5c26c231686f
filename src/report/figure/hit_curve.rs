//! Hits over time: the model's share of hits beside a naive forecaster's, the months that count as neither before nor after, the stated
//! cutoff, and where hits end.
//!
//! Values lie on months counted from the year 0. Lines join what was counted; nothing is smoothed.

use super::axis::{self, Tick};
use super::canvas::{Anchor, Canvas, Dash, Point, Rect, Stroke};
use super::finished::finish;
use super::label::{self, Label};
use super::palette::Paint;
use super::scale::Scale;
use super::series_style::SeriesStyle;
use super::words::Notes;
use super::{Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// Longer curves get no marker at each value.
const MAX_DOTS: usize = 130;

/// Shares of hits by month or quarter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HitCurve {
    /// Id, title (the finding), subtitle (the measure), caption (test of the change point).
    pub words: FigureWords,
    /// Name on the value axis.
    pub value_name: String,
    /// Labels of the two lines: the model, the forecaster.
    pub names: (String, String),
    /// In order of time.
    pub points: Vec<HitPoint>,
    /// First and last grey month.
    pub grey: Option<(f64, f64)>,
    /// The last month that is said to be known.
    pub stated: Option<HitMark>,
    /// The first month not known any more.
    pub end: Option<HitMark>,
    /// First and last month at which hits may end.
    pub end_span: Option<(f64, f64)>,
}

/// One month or quarter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HitPoint {
    /// As in the table: `2015-12`, `2015 Q4`.
    pub label: String,
    /// Middle of the period, in months.
    pub at: f64,
    pub n: u64,
    pub hits: u64,
    pub baseline_hits: u64,
    /// `before`, `grey`, `after`, ...
    pub side: String,
}

/// A month with a name, drawn as a vertical line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HitMark {
    pub at: f64,
    pub name: String,
}

/// Draws it. O(n).
///
/// # Errors
/// A bad id, or no period with a value.
pub fn draw(input: &HitCurve) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let is_drawable = |point: &&HitPoint| point.n > 0 && point.at.is_finite();
    let points: Vec<HitPoint> = input
        .points
        .iter()
        .filter(is_drawable)
        .map(|point| HitPoint { label: text::clean(&point.label), side: text::clean(&point.side), ..*point })
        .collect();
    if points.is_empty() {
        return Err(FigureError::NothingToDraw { id: words.id, what: "period with a value" });
    }
    let mark = |mark: &HitMark| HitMark { at: mark.at, name: text::clean(&mark.name) };
    let finite = |mark: &&HitMark| mark.at.is_finite();
    let plan = Plan {
        value_name: text::clean(&input.value_name),
        names: [text::clean(&input.names.0), text::clean(&input.names.1)],
        grey: input.grey.filter(|(from, to)| from <= to),
        stated: input.stated.as_ref().filter(finite).map(mark),
        end: input.end.as_ref().filter(finite).map(mark),
        end_span: input.end_span.filter(|(from, to)| from <= to),
        points,
    };
    if plan.grey.is_some() {
        notes.say("Shaded: grey months, in no test.");
    }
    if plan.end_span.is_some() {
        notes.say("Coloured band: months in which hits may end.");
    }
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

/// Checked input.
struct Plan {
    value_name: String,
    names: [String; 2],
    /// Each with a value.
    points: Vec<HitPoint>,
    grey: Option<(f64, f64)>,
    stated: Option<HitMark>,
    end: Option<HitMark>,
    end_span: Option<(f64, f64)>,
}

impl Plan {
    /// All months drawn, with half a month of room at either end.
    fn span(&self) -> (f64, f64) {
        let marks = self.stated.iter().chain(&self.end).map(|mark| mark.at);
        let all = self.points.iter().map(|point| point.at).chain(marks);
        let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |all, at| (all.0.min(at), all.1.max(at)));
        (low - 0.5, high + 0.5)
    }

    /// Januaries, written as years.
    fn year_ticks(&self, target: f64) -> Vec<Tick> {
        let (low, high) = self.span();
        let years = axis::linear_ticks(low / 12.0, high / 12.0, target.min(((high - low) / 12.0).max(1.0)));
        years
            .into_iter()
            .filter(|tick| tick.value.fract().abs() < 1e-6)
            .map(|tick| Tick { value: tick.value * 12.0, label: format!("{:.0}", tick.value) })
            .collect()
    }

    fn style(series: usize) -> SeriesStyle {
        let base = SeriesStyle::of(0).unwrap_or(SeriesStyle::quiet());
        if series == 0 { base } else { SeriesStyle { dash: Dash::Medium, ..SeriesStyle::quiet() } }
    }

    fn share(point: &HitPoint, series: usize) -> f64 {
        let hits = if series == 0 { point.hits } else { point.baseline_hits };
        as_f64(hits.min(point.n)) / as_f64(point.n)
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let mut top = axis::draw_value_name(&mut canvas, 0.0, &self.value_name);
        let mark_rows = top + 0.4 * size;
        top += 3.4 * size;
        let ticks = axis::linear_ticks(0.0, 1.0, 5.0);
        let mut labels = self.labels(width);
        let left = (axis::widest(&ticks, size) + 12.0).max(26.0);
        let right = page - label::widest(&labels, size) - width.pick(24.0, 20.0);
        let plot = Rect::new(left, top, right, top + width.pick(230.0, 210.0));
        let x = Scale::linear(self.span(), (plot.left + 4.0, plot.right - 6.0));
        let y = Scale::linear((0.0, 1.0), (plot.bottom, plot.top));
        for (span, paint, opacity) in [(self.grey, Paint::Shade, 1.0), (self.end_span, Paint::Mark(1), 0.2)] {
            if let Some((from, to)) = span {
                let (from, to) = (x.at(from - 0.5).max(plot.left), x.at(to + 0.5).min(plot.right));
                canvas.fill(Rect::new(from, plot.top, to, plot.bottom), paint, opacity);
            }
        }
        axis::draw_value_axis(&mut canvas, &[plot], &y, &ticks);
        axis::draw_base_axis(&mut canvas, plot, &x, &self.year_ticks(width.pick(12.0, 6.0)));
        self.draw_marks(&mut canvas, &x, plot, mark_rows);
        for series in [1, 0] {
            let style = Self::style(series);
            let places: Vec<Point> =
                self.points.iter().map(|point| (x.at(point.at), y.at(Self::share(point, series)))).collect();
            if series == 0 && places.len() <= MAX_DOTS {
                for &at in &places {
                    canvas.marker(at, style.marker, 2.2, style.mark);
                }
            }
            if let (Some(&end), Some(label)) = (places.last(), labels.get_mut(series)) {
                label.from = end;
            }
            canvas.path(places, Stroke { width: if series == 0 { 1.4 } else { 1.2 }, ..style.stroke() });
        }
        label::draw(&mut canvas, &labels, right + width.pick(18.0, 14.0), (top - 6.0, plot.bottom + 6.0));
        canvas.height = plot.bottom + 6.0 + 1.7 * size;
        canvas
    }

    fn labels(&self, width: Width) -> Vec<Label> {
        let size = width.type_px();
        let label = |series: usize| {
            let style = Self::style(series);
            Label {
                lines: text::wrap(&self.names[series], size, width.pick(130.0, 84.0), 3),
                from: (0.0, 0.0),
                word: style.word,
                mark: style.mark,
                marker: (series == 0).then_some(style.marker),
            }
        };
        vec![label(0), label(1)]
    }

    /// Vertical lines with their names above the plot, each in a row of its own.
    fn draw_marks(&self, canvas: &mut Canvas, x: &Scale, plot: Rect, first_row: f64) {
        let size = canvas.width.type_px();
        let mut marks: Vec<(&HitMark, Paint, Paint, Dash)> = Vec::new();
        marks.extend(self.stated.iter().map(|mark| (mark, Paint::Quiet, Paint::Ink, Dash::Short)));
        marks.extend(self.end.iter().map(|mark| (mark, Paint::Mark(1), Paint::Word(1), Dash::Solid)));
        marks.sort_by(|a, b| a.0.at.total_cmp(&b.0.at));
        let marks_are_two = marks.len() > 1;
        for (place, (mark, line, word, dash)) in marks.into_iter().enumerate() {
            let at = x.at(mark.at);
            let baseline = first_row + if place == 0 { size } else { 2.3 * size };
            let name = text::cut(&mark.name, size, canvas.width.px() - 4.0);
            let needed = text::width(&name, size);
            canvas.line((at, baseline - 0.8 * size), (at, plot.bottom), Stroke::solid(line, 1.5).dashed(dash));
            // To the outer side of its line where there is room, so that the other line does not cross it; wholly on the page.
            let wanted = if place == 0 && marks_are_two { at - needed - 4.0 } else { at + 4.0 };
            let from = wanted.min(canvas.width.px() - needed - 2.0).max(1.0);
            canvas.text_on_marks((from, baseline), Anchor::Start, word, name);
        }
    }

    fn description(&self) -> String {
        let mut out = format!("Line chart of {} in {} periods", self.value_name, self.points.len());
        if let (Some(first), Some(last)) = (self.points.first(), self.points.last()) {
            out.push_str(&format!(" from {} to {}", first.label, last.label));
        }
        out.push('.');
        for side in ["before", "after"] {
            let own = || self.points.iter().filter(|point| point.side == side);
            if own().next().is_some() {
                let total = |of: fn(&HitPoint) -> u64| number::count(own().map(of).sum());
                out.push_str(&format!(
                    " {side}: {} hits {}, {} {}, of {} values.",
                    self.names[0],
                    total(|point| point.hits),
                    self.names[1],
                    total(|point| point.baseline_hits),
                    total(|point| point.n)
                ));
            }
        }
        for mark in self.stated.iter().chain(&self.end) {
            out.push_str(&format!(" Marked: {}.", mark.name));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut table = FigureTable::new(
            format!("{}: {}", words.title, self.value_name),
            &["period", "side"],
            &["values", "hits of the model", "hits of the forecaster"],
        );
        for point in &self.points {
            let counts = [point.n, point.hits, point.baseline_hits].map(number::count);
            table.push([point.label.clone(), point.side.clone()].into_iter().chain(counts));
        }
        table
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of values, for drawing")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
