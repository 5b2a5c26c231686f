//! Trade-off: what is left of what was to be forgotten against what is left of the rest, one point a model.
//!
//! Intervals on both axes, and an arrow from the model before to each that was made to forget.

use super::axis::{self, Tick};
use super::canvas::{Canvas, Point, Rect, Stroke};
use super::finished::finish;
use super::palette::Paint;
use super::part::ModelPart;
use super::point_label;
use super::scale::Scale;
use super::series_style::MAX_LABELLED;
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// Shortest way for which an arrow is drawn, px.
const SHORTEST_ARROW: f64 = 18.0;
/// Room between an arrow and the points that it joins, px.
const ARROW_GAP: f64 = 7.0;

/// Two measures by model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradeOff {
    /// Id, title (the finding), subtitle (the measures), caption (intervals).
    pub words: FigureWords,
    /// Name on the horizontal axis; says that lower is better.
    pub x_name: String,
    /// Name on the vertical axis; says that higher is better.
    pub y_name: String,
    /// One for each model; of several models before, the first begins the arrows.
    pub points: Vec<TradePoint>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TradePoint {
    /// Shown beside the point; wrapped and cut there when long, whole in the table.
    pub name: String,
    pub part: ModelPart,
    pub x: Estimate,
    pub y: Estimate,
}

/// Draws it.
///
/// # Errors
/// A bad id, or no point with two finite values.
pub fn draw(input: &TradeOff) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let (x_name, y_name) = (text::clean(&input.x_name), text::clean(&input.y_name));
    let mut rows = Vec::new();
    let mut points = Vec::new();
    for point in &input.points {
        let name = text::clean(&point.name);
        let x = point.x.drawable(&format!("{name}, horizontal"), &mut notes);
        let y = point.y.drawable(&format!("{name}, vertical"), &mut notes);
        rows.push((name.clone(), x, y));
        if let (Some(x), Some(y)) = (x, y) {
            points.push(TradePoint { name, part: point.part, x, y });
        }
    }
    if points.is_empty() {
        return Err(FigureError::NothingToDraw { id: words.id, what: "model with two finite values" });
    }
    let plan = Plan { x_name, y_name, points, rows };
    for (name, of) in [("horizontal", x_of as fn(&TradePoint) -> Estimate), ("vertical", y_of)] {
        let ((low, high), _) = axis_of(&plan.points, of, 6.0);
        if (low, high) != (0.0, 1.0) {
            notes.say(format!("The {name} axis runs from {} to {}.", number::exact(low), number::exact(high)));
        }
    }
    if plan.points.len() > MAX_LABELLED {
        notes.say(format!("{} models: {MAX_LABELLED} are labelled, all are in the table.", plan.points.len()));
    }
    let (full, narrow) = (plan.paint(Width::Full), plan.paint(Width::Narrow));
    for &place in full.unlabelled.iter().chain(&narrow.unlabelled) {
        if let Some(point) = plan.points.get(place) {
            notes.say(format!("Where the label of {} has no room, the table names it.", point.name));
        }
    }
    finish(&words, &notes, plan.description(), plan.table(&words), [full.canvas, narrow.canvas])
}

/// From 0 to 1 where that holds all values, widened where an interval reaches out; else round numbers around the data.
fn axis_of(points: &[TradePoint], of: fn(&TradePoint) -> Estimate, target: f64) -> ((f64, f64), Vec<Tick>) {
    let all = points.iter().map(|point| of(point).span());
    let (low, high) = all.fold((f64::INFINITY, f64::NEG_INFINITY), |all, one| (all.0.min(one.0), all.1.max(one.1)));
    let is_share = points.iter().all(|point| (0.0..=1.0).contains(&of(point).value)) && low > -0.5 && high < 1.5;
    if !is_share {
        return axis::round_axis(low, high, target);
    }
    let (range, _) = axis::widened((0.0, 1.0), (low, high), 20.0);
    (range, axis::linear_ticks(range.0, range.1, target))
}

struct Painted {
    canvas: Canvas,
    /// Places of points whose label had no room.
    unlabelled: Vec<usize>,
}

/// Checked input.
struct Plan {
    x_name: String,
    y_name: String,
    /// Both values finite.
    points: Vec<TradePoint>,
    /// All models, for the table.
    rows: Vec<(String, Option<Estimate>, Option<Estimate>)>,
}

impl Plan {
    fn paint(&self, width: Width) -> Painted {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let (x_range, x_ticks) = axis_of(&self.points, x_of, width.pick(6.0, 4.0));
        let (y_range, y_ticks) = axis_of(&self.points, y_of, 6.0);
        let top = axis::draw_value_name(&mut canvas, 0.0, &self.y_name) + 0.9 * size;
        let left = (axis::widest(&y_ticks, size) + 12.0).max(26.0);
        let plot = Rect::new(left, top, page - 14.0, top + width.pick(330.0, 280.0));
        // Points at the edge keep their shape, and their labels some room.
        let x = Scale::linear(x_range, (plot.left + 8.0, plot.right - 8.0));
        let y = Scale::linear(y_range, (plot.bottom - 8.0, plot.top + 8.0));
        axis::draw_value_axis(&mut canvas, &[plot], &y, &y_ticks);
        for tick in &x_ticks {
            let at = x.at(tick.value);
            canvas.line((at, plot.top), (at, plot.bottom), Stroke::solid(Paint::Grid, 1.0));
        }
        axis::draw_base_axis(&mut canvas, plot, &x, &x_ticks);
        let bottom = axis::draw_base_name(&mut canvas, plot, &self.x_name, 2);
        let place = |point: &TradePoint| (x.at(point.x.value), y.at(point.y.value));
        let mut lines = self.draw_arrows(&mut canvas, &place);
        for point in &self.points {
            lines.extend(draw_whiskers(&mut canvas, point, (&x, &y)));
        }
        for point in &self.points {
            let style = point.part.style();
            canvas.marker(place(point), style.marker, 5.0, style.mark);
        }
        let unlabelled = self.draw_labels(&mut canvas, &place, &lines, plot);
        canvas.height = bottom + 0.4 * size;
        Painted { canvas, unlabelled }
    }

    /// From the first model before to each under test; gives the boxes that labels should keep off.
    fn draw_arrows(&self, canvas: &mut Canvas, place: &dyn Fn(&TradePoint) -> Point) -> Vec<Rect> {
        let mut boxes = Vec::new();
        let Some(before) = self.points.iter().find(|point| point.part == ModelPart::Before).map(place) else {
            return boxes;
        };
        for point in self.points.iter().filter(|point| matches!(point.part, ModelPart::After(_))) {
            let end = place(point);
            let (across, down) = (end.0 - before.0, end.1 - before.1);
            let length = across.hypot(down);
            // Not so for lengths that are not numbers, either.
            if !(SHORTEST_ARROW..f64::MAX).contains(&length) {
                continue;
            }
            let unit = (across / length, down / length);
            let along = |way: f64| (before.0 + unit.0 * way, before.1 + unit.1 * way);
            let (start, tip) = (along(ARROW_GAP), along(length - ARROW_GAP));
            let base = along((length - ARROW_GAP - 8.0).max(ARROW_GAP));
            let mark = point.part.style().mark;
            canvas.line(start, base, Stroke::solid(mark, 1.25).faded(0.8));
            let side = (-unit.1 * 3.5, unit.0 * 3.5);
            let corners = vec![tip, (base.0 + side.0, base.1 + side.1), (base.0 - side.0, base.1 - side.1)];
            canvas.polygon(corners, mark, 1.0);
            // A slanted line as a row of small boxes.
            for step in 0..12 {
                let at = along(length * (f64::from(step) + 0.5) / 12.0);
                boxes.push(Rect::new(at.0 - 3.0, at.1 - 3.0, at.0 + 3.0, at.1 + 3.0));
            }
        }
        boxes
    }

    fn draw_labels(
        &self,
        canvas: &mut Canvas,
        place: &dyn Fn(&TradePoint) -> Point,
        lines: &[Rect],
        plot: Rect,
    ) -> Vec<usize> {
        let named = self.points.iter().map(|point| (point.name.as_str(), point.part, place(point)));
        point_label::draw_names(canvas, named, MAX_LABELLED, canvas.width.pick(170.0, 130.0), lines, plot)
    }

    fn description(&self) -> String {
        let mut out = format!("Scatter of {} against {} for {} models.", self.y_name, self.x_name, self.points.len());
        let written = |point: &TradePoint| {
            format!(
                " {}: horizontal {}, vertical {}.",
                point.name,
                point.x.written(decimals(point.x)),
                point.y.written(decimals(point.y))
            )
        };
        out.extend(self.points.iter().take(MAX_LABELLED).map(written));
        if self.points.len() > MAX_LABELLED {
            out.push_str(" The others are in the table.");
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut table = FigureTable::new(
            words.title.clone(),
            &["model"],
            &["horizontal", "low", "high", "vertical", "low", "high"],
        );
        let cells = |estimate: &Option<Estimate>| {
            estimate.map_or_else(|| ["not a number".to_owned(), number::missing(), number::missing()], Estimate::cells)
        };
        for (name, x, y) in &self.rows {
            table.push(std::iter::once(name.clone()).chain(cells(x)).chain(cells(y)));
        }
        table
    }
}

/// Two crossed whiskers; gives their boxes.
fn draw_whiskers(canvas: &mut Canvas, point: &TradePoint, (x, y): (&Scale, &Scale)) -> Vec<Rect> {
    let at = (x.at(point.x.value), y.at(point.y.value));
    let stroke = Stroke::solid(point.part.style().mark, 1.25).faded(0.7);
    let cap = 3.0;
    let mut boxes = Vec::new();
    if let Some((low, high)) = point.x.interval {
        let (left, right) = (x.at(low), x.at(high));
        canvas.line((left, at.1), (right, at.1), stroke);
        for end in [left, right] {
            canvas.line((end, at.1 - cap), (end, at.1 + cap), stroke);
        }
        boxes.push(Rect::new(left, at.1 - cap, right, at.1 + cap));
    }
    if let Some((low, high)) = point.y.interval {
        let (top, bottom) = (y.at(high), y.at(low));
        canvas.whisker(at.0, (top, bottom), stroke);
        boxes.push(Rect::new(at.0 - cap, top, at.0 + cap, bottom));
    }
    boxes
}

fn decimals(estimate: Estimate) -> usize {
    let (low, high) = estimate.span();
    number::decimals_for_half_width((high - low) / 2.0)
}

fn x_of(point: &TradePoint) -> Estimate {
    point.x
}

fn y_of(point: &TradePoint) -> Estimate {
    point.y
}
