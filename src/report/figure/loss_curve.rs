//! Training loss over tokens, as logged: every logged value, and a smoothed line only on top of it.
//!
//! Long logs are drawn by pixel column: first, lowest, highest and last value of each column. That
//! looks exactly like drawing all of them and keeps spikes.

use super::axis;
use super::canvas::{Anchor, Canvas, Dash, Point, Rect, Stroke};
use super::finished::finish;
use super::label::{self, Label};
use super::palette::Paint;
use super::scale::Scale;
use super::series_style::{MAX_LABELLED, SeriesStyle, note_on_quiet_series};
use super::words::Notes;
use super::{Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// Logs up to this long get a dot for each value.
const MAX_DOTS: usize = 60;
/// Rows of the table for each run at most, evenly spaced in the log, first and last included.
const ROWS_PER_RUN: usize = 12;

/// Losses of several runs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossCurve {
    /// Id, title (the finding), subtitle (the measure), caption (how often logged, how smoothed).
    pub words: FigureWords,
    /// Name on the value axis, such as "training loss (nats per token)".
    pub loss_name: String,
    /// Name on the other axis, such as "tokens seen".
    pub tokens_name: String,
    /// More than seven: the rest are thin grey lines.
    pub runs: Vec<LossRun>,
}

/// One run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LossRun {
    /// Shown beside the curve.
    pub name: String,
    /// As logged, in any order; losses that aren't finite are dropped, and said so.
    pub points: Vec<LossPoint>,
    /// Somebody else's smoothing, drawn over the raw values.
    pub smoothed: Option<Vec<LossPoint>>,
}

/// One logged value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LossPoint {
    /// Tokens seen so far.
    pub tokens: u64,
    /// Loss; any finite number.
    pub loss: f64,
}

/// Draws it. O(n log n).
///
/// # Errors
/// A bad id, or no run with a finite loss.
pub fn draw(input: &LossCurve) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let runs: Vec<LossRun> = input.runs.iter().map(|run| drawable(run, &mut notes)).collect();
    if runs.iter().all(|run| run.points.is_empty()) {
        return Err(FigureError::NothingToDraw { id: words.id, what: "run with a finite loss" });
    }
    if let Some(note) = note_on_quiet_series(runs.len()) {
        notes.say(note);
    }
    let plan = Plan { loss_name: text::clean(&input.loss_name), tokens_name: text::clean(&input.tokens_name), runs };
    let ((low, high), _) = plan.loss_axis();
    if low > 0.0 {
        notes.say(format!("The vertical axis runs from {} to {}.", number::exact(low), number::exact(high)));
    }
    if plan.runs.iter().any(|run| run.smoothed.is_some()) {
        notes.say("Pale: every logged value; strong: smoothed.");
    }
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

fn drawable(run: &LossRun, notes: &mut Notes) -> LossRun {
    let name = text::clean(&run.name);
    let finite = |points: &[LossPoint]| -> Vec<LossPoint> {
        let mut kept: Vec<LossPoint> = points.iter().copied().filter(|it| it.loss.is_finite()).collect();
        kept.sort_by_key(|point| point.tokens);
        kept
    };
    let points = finite(&run.points);
    let n_dropped = run.points.len() - points.len();
    if n_dropped > 0 {
        let n_dropped = number::count(n_dropped as u64);
        notes.say(format!("{name}: losses that are not numbers, not drawn: {n_dropped}."));
    }
    if points.is_empty() {
        notes.say(format!("{name}: no loss to draw."));
    }
    LossRun { name, smoothed: run.smoothed.as_deref().map(finite).filter(|it| !it.is_empty()), points }
}

struct Plan {
    loss_name: String,
    tokens_name: String,
    /// Points finite, in order of tokens.
    runs: Vec<LossRun>,
}

impl Plan {
    fn all_points(&self) -> impl Iterator<Item = &LossPoint> {
        self.runs.iter().flat_map(|run| run.points.iter().chain(run.smoothed.iter().flatten()))
    }

    fn loss_axis(&self) -> ((f64, f64), Vec<axis::Tick>) {
        let (low, high) = self
            .all_points()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), point| (low.min(point.loss), high.max(point.loss)));
        axis::round_axis(low, high, 6.0)
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let ((low, high), ticks) = self.loss_axis();
        let mut labels = self.labels(width);
        let top = 2.2 * size;
        let height = width.pick(260.0, 230.0_f64).max(label::needed_height(&labels, size) + 10.0);
        let left = (axis::widest(&ticks, size) + 12.0).max(26.0);
        let right = page - label::widest(&labels, size) - width.pick(24.0, 20.0);
        let plot = Rect::new(left, top, right, top + height);
        let last = self.all_points().map(|point| point.tokens).max().unwrap_or(0);
        let x = Scale::linear((0.0, as_f64(last).max(1.0)), (plot.left, plot.right - 6.0));
        let y = Scale::linear((low, high), (plot.bottom, plot.top));
        canvas.text((1.0, size), Anchor::Start, Paint::Ink, text::cut(&self.loss_name, size, page - 2.0));
        axis::draw_value_axis(&mut canvas, &[plot], &y, &ticks);
        let base = axis::count_ticks(0.0, as_f64(last).max(1.0), width.pick(6.0, 3.0));
        axis::draw_base_axis(&mut canvas, plot, &x, &base);
        canvas.height = axis::draw_base_name(&mut canvas, plot, &self.tokens_name, 1) + 0.4 * size;
        // Last run first, so that the first lies on top; smoothed lines above all raw values.
        for draw in [draw_raw, draw_smoothed] {
            for (position, run) in self.runs.iter().enumerate().rev() {
                let style = SeriesStyle::of(position).unwrap_or(SeriesStyle::quiet());
                draw(&mut canvas, run, (&x, &y), &style);
            }
        }
        let ends = self.runs.iter().take(MAX_LABELLED).filter_map(|run| {
            let last = run.smoothed.as_ref().unwrap_or(&run.points).last()?;
            Some((x.at(as_f64(last.tokens)), y.at(last.loss)))
        });
        for (label, end) in labels.iter_mut().zip(ends) {
            label.from = end;
        }
        label::draw(&mut canvas, &labels, right + width.pick(20.0, 16.0), (top - 6.0, plot.bottom + 6.0));
        canvas
    }

    fn labels(&self, width: Width) -> Vec<Label> {
        let size = width.type_px();
        self.runs
            .iter()
            .enumerate()
            .filter(|(_, run)| !run.points.is_empty())
            .filter_map(|(position, run)| {
                let style = SeriesStyle::of(position)?;
                Some(Label {
                    lines: text::wrap(&run.name, size, width.pick(150.0, 84.0), width.pick(2, 3)),
                    from: (0.0, 0.0),
                    word: style.word,
                    mark: style.mark,
                    marker: Some(style.marker),
                })
            })
            .collect()
    }

    fn description(&self) -> String {
        let mut out = format!("Line chart of {} against {}.", self.loss_name, self.tokens_name);
        for run in self.runs.iter().take(MAX_LABELLED) {
            let (Some(first), Some(last)) = (run.points.first(), run.points.last()) else {
                continue;
            };
            let lowest = run.points.iter().map(|point| point.loss).fold(f64::INFINITY, f64::min);
            out.push_str(&format!(
                " {}: from {} to {} after {}, lowest {}.",
                run.name,
                number::fixed(first.loss, 3),
                number::fixed(last.loss, 3),
                number::short_count(as_f64(last.tokens)),
                number::fixed(lowest, 3)
            ));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let is_thinned = self.runs.iter().any(|run| run.points.len() > ROWS_PER_RUN);
        let thinned = if is_thinned {
            format!(" (at most {ROWS_PER_RUN} logged values of each run, evenly spaced)")
        } else {
            String::new()
        };
        let mut table = FigureTable::new(
            format!("{}: {}{thinned}", words.title, self.loss_name),
            &["run"],
            &[&self.tokens_name, &self.loss_name],
        );
        for run in &self.runs {
            let n = run.points.len();
            let n_rows = n.min(ROWS_PER_RUN);
            for row in 0..n_rows {
                let index = row * n.saturating_sub(1) / n_rows.saturating_sub(1).max(1);
                if let Some(point) = run.points.get(index) {
                    table.push([run.name.clone(), number::count(point.tokens), number::exact(point.loss)]);
                }
            }
        }
        table
    }
}

/// Raw values as a line, with dots when few; pale when a smoothed line goes on top.
fn draw_raw(canvas: &mut Canvas, run: &LossRun, scales: (&Scale, &Scale), style: &SeriesStyle) {
    let raw = placed(&run.points, scales);
    if raw.len() <= MAX_DOTS {
        for &at in &raw {
            canvas.marker(at, style.marker, 2.5, style.mark);
        }
    } else if let Some(&end) = raw.last().filter(|_| run.smoothed.is_none()) {
        canvas.marker(end, style.marker, 3.5, style.mark);
    }
    // Dashes would tear a noisy line: only short or smoothed lines carry them.
    let dash = if raw.len() > MAX_DOTS { Dash::Solid } else { style.dash };
    let strength = if run.smoothed.is_some() { 0.3 } else { 1.0 };
    let stroke = Stroke::solid(style.mark, 1.0).faded(strength).dashed(dash);
    canvas.path(by_column(&raw), stroke);
}

fn draw_smoothed(canvas: &mut Canvas, run: &LossRun, scales: (&Scale, &Scale), style: &SeriesStyle) {
    let smoothed = placed(run.smoothed.as_deref().unwrap_or_default(), scales);
    if let Some(&end) = smoothed.last() {
        canvas.marker(end, style.marker, 3.5, style.mark);
    }
    canvas.path(by_column(&smoothed), style.stroke());
}

fn placed(points: &[LossPoint], (x, y): (&Scale, &Scale)) -> Vec<Point> {
    points.iter().map(|point| (x.at(as_f64(point.tokens)), y.at(point.loss))).collect()
}

/// First, lowest, highest and last point of each quarter-pixel column, in that order.
fn by_column(points: &[Point]) -> Vec<Point> {
    let column = |point: &Point| (point.0 * 4.0).round();
    let mut out: Vec<Point> = Vec::new();
    for run in points.chunk_by(|a, b| (column(a) - column(b)).abs() < 0.5) {
        if run.len() <= 4 {
            out.extend(run);
            continue;
        }
        let by_height = |a: &&Point, b: &&Point| a.1.total_cmp(&b.1);
        let kept = [run.first(), run.iter().max_by(by_height), run.iter().min_by(by_height), run.last()];
        out.extend(kept.into_iter().flatten());
    }
    out
}

#[expect(clippy::cast_precision_loss, reason = "tokens, for drawing")]
fn as_f64(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_log_is_thinned_by_column_and_keeps_its_spikes() {
        let mut points: Vec<Point> = (0..100_000).map(|i| (f64::from(i) / 1000.0, 50.0)).collect();
        points[54_321].1 = 3.0;
        let thinned = by_column(&points);
        assert!(thinned.len() < 2_000);
        assert!(thinned.iter().any(|point| point.1 < 4.0));
    }
}
