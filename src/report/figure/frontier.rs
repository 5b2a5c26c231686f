//! Frontier: a share against what it costs, one point a model, and the step line of those that nothing cheaper beats.
//!
//! The cost is on a logarithmic axis; a cost of zero has no place there and is said. The line joins point values: whether two of them
//! differ is for their intervals to say.

use super::axis::{self, Tick};
use super::canvas::{Canvas, Dash, Point, Rect, Stroke};
use super::finished::finish;
use super::palette::Paint;
use super::part::ModelPart;
use super::point_label;
use super::scale::Scale;
use super::series_style::MAX_LABELLED;
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// Room at either end of the cost axis, as a factor.
const MARGIN: f64 = 1.7;
/// The same where one point has the axis to itself.
const MARGIN_OF_ONE: f64 = 5.0;

/// Shares and costs by model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Frontier {
    /// Id, title (the finding), subtitle (the measures), caption (intervals).
    pub words: FigureWords,
    /// Name on the horizontal axis; says that it is logarithmic.
    pub cost_name: String,
    /// Name on the vertical axis, which runs from 0 to 100 per cent.
    pub value_name: String,
    pub points: Vec<FrontierPoint>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FrontierPoint {
    /// Shown beside the point; wrapped and cut there when long, whole in the table.
    pub name: String,
    pub part: ModelPart,
    pub cost: f64,
    /// From 0 to 1.
    pub share: Estimate,
}

/// Draws it. O(n log n).
///
/// # Errors
/// A bad id, or no model with a finite share and a cost above zero.
pub fn draw(input: &Frontier) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let mut points = Vec::new();
    for point in &input.points {
        let name = text::clean(&point.name);
        let Some(share) = point.share.drawable(&name, &mut notes) else { continue };
        if point.cost.is_finite() && point.cost > 0.0 {
            points.push(FrontierPoint { name, part: point.part, cost: point.cost, share });
        } else {
            notes.say(format!("{name}: its cost has no place on a logarithmic axis, not drawn."));
        }
    }
    if points.is_empty() {
        return Err(FigureError::NothingToDraw { id: words.id, what: "model with a share and a cost above zero" });
    }
    if points.len() > MAX_LABELLED {
        notes.say(format!("{} models: {MAX_LABELLED} are labelled, all are in the table.", points.len()));
    }
    let front = front(&points);
    if points.len() > 1 {
        notes.say("Dashed: the best share so far as the cost rises, by point values.");
    }
    let plan =
        Plan { cost_name: text::clean(&input.cost_name), value_name: text::clean(&input.value_name), points, front };
    let (full, narrow) = (plan.paint(Width::Full), plan.paint(Width::Narrow));
    for &place in full.unlabelled.iter().chain(&narrow.unlabelled) {
        if let Some(point) = plan.points.get(place) {
            notes.say(format!("Where the label of {} has no room, the table names it.", point.name));
        }
    }
    finish(&words, &notes, plan.description(), plan.table(&words), [full.canvas, narrow.canvas])
}

/// Places of the points that nothing cheaper reaches, by rising cost.
fn front(points: &[FrontierPoint]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| {
        points[a].cost.total_cmp(&points[b].cost).then(points[b].share.value.total_cmp(&points[a].share.value))
    });
    let mut best = f64::NEG_INFINITY;
    order.retain(|&place| {
        let is_better = points[place].share.value > best;
        best = best.max(points[place].share.value);
        is_better
    });
    order
}

struct Painted {
    canvas: Canvas,
    /// Places of points whose label had no room.
    unlabelled: Vec<usize>,
}

/// Checked input.
struct Plan {
    cost_name: String,
    value_name: String,
    points: Vec<FrontierPoint>,
    /// Places among the points.
    front: Vec<usize>,
}

impl Plan {
    fn costs(&self) -> (f64, f64) {
        let all = self.points.iter().map(|point| point.cost);
        let (low, high) = all.fold((f64::INFINITY, 0.0_f64), |all, one| (all.0.min(one), all.1.max(one)));
        let margin = if self.points.len() > 1 { MARGIN } else { MARGIN_OF_ONE };
        (low / margin, (high * margin).min(f64::MAX))
    }

    /// 1, 2 and 5 times powers of ten; the powers alone where they are many.
    fn cost_ticks(&self) -> Vec<Tick> {
        let (low, high) = self.costs();
        let (first, last) = (decade_of(low), decade_of(high));
        let leads: &[f64] = if last - first > 3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        (first..=last)
            .flat_map(|exponent| leads.iter().map(move |lead| lead * 10f64.powi(exponent)))
            .filter(|value| (low..=high).contains(value))
            .map(|value| Tick { value, label: number::short_count(value) })
            .collect()
    }

    fn range(&self) -> (f64, f64) {
        let spans = self.points.iter().map(|point| point.share.span());
        let data = spans.fold((f64::INFINITY, f64::NEG_INFINITY), |all, one| (all.0.min(one.0), all.1.max(one.1)));
        axis::widened((0.0, 1.0), data, 5.0).0
    }

    fn paint(&self, width: Width) -> Painted {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let top = axis::draw_value_name(&mut canvas, 0.0, &self.value_name) + 0.9 * size;
        let range = self.range();
        let y_ticks: Vec<Tick> = axis::linear_ticks(100.0 * range.0, 100.0 * range.1, 5.0)
            .into_iter()
            .map(|tick| Tick { value: tick.value / 100.0, ..tick })
            .collect();
        let left = (axis::widest(&y_ticks, size) + 12.0).max(26.0);
        // One point needs no more room than its interval.
        let height = if self.points.len() > 1 { width.pick(300.0, 270.0) } else { 150.0 };
        let plot = Rect::new(left, top, page - 14.0, top + height);
        let x = Scale::log(self.costs(), (plot.left + 8.0, plot.right - 8.0));
        let y = Scale::linear(range, (plot.bottom - 4.0, plot.top + 4.0));
        let x_ticks = self.cost_ticks();
        axis::draw_value_axis(&mut canvas, &[plot], &y, &y_ticks);
        for tick in &x_ticks {
            let at = x.at(tick.value);
            canvas.line((at, plot.top), (at, plot.bottom), Stroke::solid(Paint::Grid, 1.0));
        }
        axis::draw_base_axis(&mut canvas, plot, &x, &x_ticks);
        let bottom = axis::draw_base_name(&mut canvas, plot, &self.cost_name, 2);
        let place = |point: &FrontierPoint| (x.at(point.cost), y.at(point.share.value));
        let mut lines = self.draw_front(&mut canvas, &place, plot);
        for point in &self.points {
            if let Some((low, high)) = point.share.interval {
                let at = place(point).0;
                let (top, bottom) = (y.at(high), y.at(low));
                canvas.whisker(at, (top, bottom), Stroke::solid(point.part.style().mark, 1.25).faded(0.7));
                lines.push(Rect::new(at - 3.0, top, at + 3.0, bottom));
            }
        }
        for point in &self.points {
            let style = point.part.style();
            canvas.marker(place(point), style.marker, 5.0, style.mark);
        }
        let unlabelled = self.draw_labels(&mut canvas, &place, &lines, plot);
        canvas.height = bottom + 0.4 * size;
        Painted { canvas, unlabelled }
    }

    /// The step line to the right edge, beyond which nothing is known; gives the boxes that labels should keep off.
    fn draw_front(&self, canvas: &mut Canvas, place: &dyn Fn(&FrontierPoint) -> Point, plot: Rect) -> Vec<Rect> {
        if self.points.len() < 2 {
            return Vec::new();
        }
        let mut corners: Vec<Point> = Vec::new();
        for (x, y) in self.front.iter().filter_map(|&at| self.points.get(at)).map(place) {
            if let Some(&(_, before)) = corners.last() {
                corners.push((x, before));
            }
            corners.push((x, y));
        }
        if let Some(&(_, last)) = corners.last() {
            corners.push((plot.right, last));
        }
        let boxes = corners.windows(2).map(|pair| {
            let (a, b) = (pair[0], pair[1]);
            Rect::new(a.0.min(b.0) - 1.0, a.1.min(b.1) - 1.0, a.0.max(b.0) + 1.0, a.1.max(b.1) + 1.0)
        });
        let boxes = boxes.collect();
        canvas.path(corners, Stroke::solid(Paint::Axis, 1.25).dashed(Dash::Short));
        boxes
    }

    fn draw_labels(
        &self,
        canvas: &mut Canvas,
        place: &dyn Fn(&FrontierPoint) -> Point,
        lines: &[Rect],
        plot: Rect,
    ) -> Vec<usize> {
        let named = self.points.iter().map(|point| (point.name.as_str(), point.part, place(point)));
        point_label::draw_names(canvas, named, MAX_LABELLED, canvas.width.pick(200.0, 190.0), lines, plot)
    }

    fn description(&self) -> String {
        let mut out =
            format!("Scatter of {} against {} for {} models.", self.value_name, self.cost_name, self.points.len());
        out.extend(self.points.iter().take(MAX_LABELLED).map(|point| {
            let interval = point.share.interval.map_or_else(String::new, |(low, high)| {
                format!(" ({} to {})", number::hundredths(low), number::hundredths(high))
            });
            let share = number::hundredths(point.share.value);
            format!(" {}: {share} %{interval} at {}.", point.name, number::short_count(rounded(point.cost)))
        }));
        if self.points.len() > 1 {
            let names: Vec<&str> = self
                .front
                .iter()
                .filter_map(|&at| self.points.get(at))
                .map(|point| point.name.as_str())
                .take(MAX_LABELLED)
                .collect();
            out.push_str(&format!(" Nothing cheaper has a higher share than: {}.", names.join(", ")));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut table =
            FigureTable::new(words.title.clone(), &["model", "on the frontier"], &["cost", "per cent", "low", "high"]);
        for (place, point) in self.points.iter().enumerate() {
            let (low, high) = point.share.interval.map_or_else(
                || (number::missing(), number::missing()),
                |(low, high)| (number::hundredths(low), number::hundredths(high)),
            );
            let is_front = if self.front.contains(&place) { "yes" } else { "no" };
            let share = number::hundredths(point.share.value);
            table.push([point.name.clone(), is_front.to_owned(), number::exact(point.cost), share, low, high]);
        }
        table
    }
}

/// Three significant digits, for sentences.
fn rounded(cost: f64) -> f64 {
    let unit = 10f64.powi(decade_of(cost) - 2);
    let rounded = (cost / unit).round() * unit;
    if rounded.is_finite() { rounded } else { cost }
}

#[expect(clippy::cast_possible_truncation, reason = "floats have exponents of three digits")]
fn decade_of(positive: f64) -> i32 {
    positive.max(f64::MIN_POSITIVE).log10().floor() as i32
}
