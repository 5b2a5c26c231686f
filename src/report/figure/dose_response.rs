//! Dose-response: a measure against the number of copies in training.
//!
//! Copies are on a log2 axis; zero copies don't exist there and get a panel of their own left of a
//! gap (never log(x + 1)). Points of one dose are set side by side so that none hides another.

use super::axis::{self, Tick};
use super::canvas::{Anchor, Canvas, Dash, Rect, Stroke};
use super::finished::finish;
use super::label::{self, Label};
use super::palette::Paint;
use super::scale::Scale;
use super::series_style::{MAX_LABELLED, SeriesStyle, note_on_quiet_series};
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;
use std::collections::BTreeMap;

/// A measure by dose for several attacks or models.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoseResponse {
    /// Id, title (the finding), subtitle (the measure), caption (interval, test).
    pub words: FigureWords,
    /// Name on the value axis, such as "ROC AUC".
    pub measure: String,
    /// Name on the dose axis, such as "copies in training".
    pub dose_name: String,
    /// Wanted value axis, such as `(0.4, 1.0)`; widened, and said so, when data fall outside.
    pub value_range: (f64, f64),
    /// Where guessing lands; a dashed line labelled "chance".
    pub chance: Option<f64>,
    /// One for each attack or model. More than seven: the rest are thin grey lines.
    pub series: Vec<DoseSeries>,
    /// A control, such as a model that never saw the data: grey and thin.
    pub reference: Option<DoseSeries>,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DoseSeries {
    /// Shown beside the line; cut there when long, whole in the table.
    pub name: String,
    /// In any order; one for each dose at most.
    pub points: Vec<DosePoint>,
}

/// One estimate at one dose.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DosePoint {
    /// Number of copies; 0 goes to the panel left of the gap.
    pub dose: u64,
    /// Value and interval.
    pub estimate: Estimate,
    /// Items behind it.
    pub n: u64,
}

/// Draws it.
///
/// # Errors
/// A bad id, an empty value range, two points of a series at one dose, or not one finite point.
pub fn draw(input: &DoseResponse) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let id = words.id.clone();
    let (low, high) = input.value_range;
    if !(low.is_finite() && high.is_finite() && low < high) {
        return Err(FigureError::BadRange { id, low: low.to_string(), high: high.to_string() });
    }
    let mut notes = Notes::default();
    let series = input.series.iter().map(|series| drawable(series, &id, &mut notes)).collect::<Result<Vec<_>, _>>()?;
    let reference = match &input.reference {
        Some(series) => Some(drawable(series, &id, &mut notes)?),
        None => None,
    };
    if series.iter().all(|series| series.points.is_empty()) {
        return Err(FigureError::NothingToDraw { id, what: "series with a finite point" });
    }
    let mut plan = Plan {
        measure: text::clean(&input.measure),
        dose_name: text::clean(&input.dose_name),
        value_range: input.value_range,
        chance: input.chance.filter(|chance| chance.is_finite()),
        series,
        reference,
    };
    let (range, is_wider) = axis::widened(input.value_range, plan.data_span(), 6.0);
    plan.value_range = range;
    plan.write_notes(&mut notes, is_wider);
    let (full, narrow) = (plan.paint(Width::Full), plan.paint(Width::Narrow));
    if full.leaves_out_n || narrow.leaves_out_n {
        notes.say("Where n has no room under the axis it is in the table.");
    }
    finish(&words, &notes, plan.description(), plan.table(&words), [full.canvas, narrow.canvas])
}

/// The series with clean name, finite points in order of dose.
fn drawable(series: &DoseSeries, id: &str, notes: &mut Notes) -> Result<DoseSeries, FigureError> {
    let name = text::clean(&series.name);
    let mut points: Vec<DosePoint> = Vec::new();
    for point in &series.points {
        let whose = format!("{name} at dose {}", number::count(point.dose));
        if let Some(estimate) = point.estimate.drawable(&whose, notes) {
            points.push(DosePoint { estimate, ..*point });
        }
    }
    points.sort_by_key(|point| point.dose);
    if let Some(pair) = points.windows(2).find(|pair| pair[0].dose == pair[1].dose) {
        return Err(FigureError::RepeatedDose { id: id.to_owned(), series: name, dose: pair[0].dose });
    }
    Ok(DoseSeries { name, points })
}

/// Checked input.
struct Plan {
    measure: String,
    dose_name: String,
    value_range: (f64, f64),
    chance: Option<f64>,
    series: Vec<DoseSeries>,
    reference: Option<DoseSeries>,
}

struct Painted {
    canvas: Canvas,
    leaves_out_n: bool,
}

/// Where things are in one layout.
struct Layout {
    zero: Option<Rect>,
    doses: Rect,
    dose_scale: Scale,
    value_scale: Scale,
    /// Distance between neighbours at one dose, px.
    dodge: f64,
}

impl Layout {
    /// Position of a dose, before points are set side by side.
    fn x(&self, dose: u64) -> f64 {
        match self.zero {
            Some(zero) if dose == 0 => f64::midpoint(zero.left, zero.right),
            _ => self.dose_scale.at(as_f64(dose)),
        }
    }
}

impl Plan {
    fn all_series(&self) -> impl Iterator<Item = &DoseSeries> {
        self.series.iter().chain(&self.reference)
    }

    fn all_points(&self) -> impl Iterator<Item = &DosePoint> {
        self.all_series().flat_map(|series| &series.points)
    }

    fn data_span(&self) -> (f64, f64) {
        self.all_points()
            .map(|point| point.estimate.span())
            .chain(self.chance.map(|chance| (chance, chance)))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |span, (low, high)| (span.0.min(low), span.1.max(high)))
    }

    fn write_notes(&self, notes: &mut Notes, is_wider: bool) {
        let (low, high) = self.value_range;
        let ends = format!("{} to {}", number::exact(low), number::exact(high));
        if is_wider {
            notes.say(format!("The vertical axis was widened to {ends} to hold all data."));
        } else if low != 0.0 {
            notes.say(format!("The vertical axis runs from {ends}."));
        }
        if self.series.len() > 1 {
            notes.say("Points of one dose are set side by side.");
        }
        if let Some(note) = note_on_quiet_series(self.series.len()) {
            notes.say(note);
        }
        for series in self.all_series().filter(|series| series.points.is_empty()) {
            notes.say(format!("{}: no point to draw.", series.name));
        }
    }

    /// For each dose the smallest and largest n over the series (the reference aside).
    fn n_by_dose(&self) -> BTreeMap<u64, Option<(u64, u64)>> {
        let mut by_dose: BTreeMap<u64, Option<(u64, u64)>> =
            self.all_points().map(|point| (point.dose, None)).collect();
        for point in self.series.iter().flat_map(|series| &series.points) {
            let entry = by_dose.entry(point.dose).or_default();
            let (low, high) = entry.unwrap_or((point.n, point.n));
            *entry = Some((low.min(point.n), high.max(point.n)));
        }
        by_dose
    }

    fn paint(&self, width: Width) -> Painted {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let ticks = axis::linear_ticks(self.value_range.0, self.value_range.1, 6.0);
        let mut labels = self.labels(width);
        let room_right = label::widest(&labels, size) + width.pick(24.0, 20.0);
        let height = width.pick(290.0, 270.0_f64).max(label::needed_height(&labels, size) + 10.0);
        let top = 2.2 * size;
        let left = (axis::widest(&ticks, size) + 12.0).max(26.0);
        let right = width.px() - room_right;
        let layout = self.layout(width, Rect::new(left, top, right, top + height));
        canvas.text((1.0, size), Anchor::Start, Paint::Ink, text::cut(&self.measure, size, width.px() - 2.0));
        let panels: Vec<Rect> = layout.zero.into_iter().chain([layout.doses]).collect();
        axis::draw_value_axis(&mut canvas, &panels, &layout.value_scale, &ticks);
        self.draw_chance(&mut canvas, &layout);
        let leaves_out_n = self.draw_dose_axis(&mut canvas, &layout);
        self.draw_series(&mut canvas, &layout);
        self.anchor_labels(&mut labels, &layout);
        label::draw(&mut canvas, &labels, right + width.pick(20.0, 16.0), (top - 6.0, top + height + 6.0));
        Painted { canvas, leaves_out_n }
    }

    fn layout(&self, width: Width, plot: Rect) -> Layout {
        let has_zero = self.all_points().any(|point| point.dose == 0);
        let positive: Vec<f64> =
            self.all_points().filter(|point| point.dose > 0).map(|point| as_f64(point.dose)).collect();
        let dodge = width.pick(7.0, 4.5);
        let dodged = dodge * (as_f64(self.n_coloured() as u64) - 1.0).max(0.0) / 2.0;
        let pad = dodged + width.pick(14.0, 9.0);
        let zero_width = 2.0 * pad + width.pick(12.0, 2.0);
        let (zero, doses) = if !has_zero {
            (None, plot)
        } else if positive.is_empty() {
            (Some(plot), Rect { left: plot.right, ..plot })
        } else {
            let gap = width.pick(16.0, 10.0);
            let zero_right = plot.left + zero_width;
            (Some(Rect { right: zero_right, ..plot }), Rect { left: zero_right + gap, ..plot })
        };
        let low = positive.iter().copied().fold(f64::INFINITY, f64::min);
        let high = positive.iter().copied().fold(0.0, f64::max);
        Layout {
            zero,
            doses,
            dose_scale: Scale::log((low, high), (doses.left + pad, doses.right - pad)),
            value_scale: Scale::linear(self.value_range, (plot.bottom, plot.top)),
            dodge,
        }
    }

    fn n_coloured(&self) -> usize {
        self.series.len().min(MAX_LABELLED)
    }

    /// Offset of the series at `position` from its dose, px.
    fn offset(&self, position: usize, layout: &Layout) -> f64 {
        let middle = (as_f64(self.n_coloured() as u64) - 1.0) / 2.0;
        if position < MAX_LABELLED { (as_f64(position as u64) - middle) * layout.dodge } else { 0.0 }
    }

    fn draw_chance(&self, canvas: &mut Canvas, layout: &Layout) {
        let Some(chance) = self.chance else { return };
        let y = layout.value_scale.at(chance);
        let stroke = Stroke::solid(Paint::Axis, 1.25).dashed(Dash::Short);
        for panel in layout.zero.iter().chain([&layout.doses]) {
            if panel.width() > 0.0 {
                canvas.line((panel.left, y), (panel.right, y), stroke);
            }
        }
    }

    /// Axis lines, dose labels, n below them, the name of the axis. True when an n had no room.
    fn draw_dose_axis(&self, canvas: &mut Canvas, layout: &Layout) -> bool {
        let size = canvas.width.type_px();
        let by_dose = self.n_by_dose();
        if let Some(zero) = layout.zero {
            let scale = Scale::linear((0.0, 0.0), (zero.left, zero.right));
            let tick = Tick { value: 0.0, label: "0".to_owned() };
            axis::draw_base_axis(canvas, zero, &scale, &[tick]);
        }
        let ticks: Vec<Tick> = by_dose
            .keys()
            .filter(|&&dose| dose > 0)
            .map(|&dose| Tick { value: as_f64(dose), label: number::count(dose) })
            .collect();
        if !ticks.is_empty() {
            axis::draw_base_axis(canvas, layout.doses, &layout.dose_scale, &ticks);
        }
        let plot_left = layout.zero.unwrap_or(layout.doses).left;
        let name = match layout.zero {
            Some(_) if !ticks.is_empty() => format!("{} (log scale, 0 apart)", self.dose_name),
            _ => format!("{} (log scale)", self.dose_name),
        };
        let top = axis::draw_base_name(canvas, Rect { left: plot_left, ..layout.doses }, &name, 2);
        let (bottom, leaves_out) = self.draw_n_row(canvas, layout, &by_dose, top);
        canvas.height = bottom + 0.4 * size;
        leaves_out
    }

    /// One sentence when n is the same everywhere, else a row (two when crowded) of numbers below
    /// the doses. Gives its lower edge, and true when an n had no room.
    fn draw_n_row(
        &self,
        canvas: &mut Canvas,
        layout: &Layout,
        by_dose: &BTreeMap<u64, Option<(u64, u64)>>,
        top: f64,
    ) -> (f64, bool) {
        let size = canvas.width.type_px();
        let row_height = 1.3 * size;
        let mut distinct: Vec<(u64, u64)> = by_dose.values().copied().flatten().collect();
        distinct.dedup();
        if let [(low, high)] = distinct[..]
            && low == high
        {
            let plot_left = layout.zero.unwrap_or(layout.doses).left;
            let x = f64::midpoint(plot_left, layout.doses.right);
            let each = if by_dose.len() > 1 { " at each dose" } else { "" };
            let content = format!("n = {}{each}", number::count(low));
            canvas.text((x, top + 0.95 * size), Anchor::Middle, Paint::Quiet, content);
            return (top + row_height, false);
        }
        let written: Vec<(f64, String)> = by_dose
            .iter()
            .filter_map(|(&dose, range)| {
                let (low, high) = (*range)?;
                let label = if low == high {
                    number::count(low)
                } else {
                    format!("{}\u{2013}{}", number::count(low), number::count(high))
                };
                Some((layout.x(dose), label))
            })
            .collect();
        let labels: Vec<(f64, &str)> = written.iter().map(|(x, label)| (*x, label.as_str())).collect();
        canvas.text((1.0, top + 0.95 * size), Anchor::Start, Paint::Quiet, "n");
        let is_crowded = axis::row_of_labels(&mut Canvas::new(canvas.width), top, &labels) > 0;
        if !is_crowded {
            axis::row_of_labels(canvas, top, &labels);
            return (top + row_height, false);
        }
        let every_other =
            |start: usize| -> Vec<(f64, &str)> { labels.iter().copied().skip(start).step_by(2).collect() };
        let left_out = axis::row_of_labels(canvas, top, &every_other(0))
            + axis::row_of_labels(canvas, top + row_height, &every_other(1));
        (top + 2.0 * row_height, left_out > 0)
    }

    /// Quiet series first, then bands, then lines, then whiskers and markers on top.
    fn draw_series(&self, canvas: &mut Canvas, layout: &Layout) {
        let quiet = SeriesStyle::quiet();
        // Grey lines carry no bands: two hundred of them would be a fog.
        for series in self.series.iter().skip(MAX_LABELLED) {
            draw_line(canvas, series, layout, 0.0, &quiet);
        }
        if let Some(series) = &self.reference {
            draw_band(canvas, series, layout, 0.0, &quiet);
            draw_line(canvas, series, layout, 0.0, &quiet);
        }
        if let Some(series) = &self.reference {
            draw_points(canvas, series, layout, 0.0, &quiet);
        }
        let coloured: Vec<(&DoseSeries, SeriesStyle, f64)> = self
            .series
            .iter()
            .enumerate()
            .filter_map(|(position, series)| {
                let offset = self.offset(position, layout);
                Some((series, SeriesStyle::of(position)?, offset))
            })
            .collect();
        for (series, style, offset) in &coloured {
            draw_band(canvas, series, layout, *offset, style);
        }
        for (series, style, offset) in &coloured {
            draw_line(canvas, series, layout, *offset, style);
        }
        for (series, style, offset) in &coloured {
            draw_points(canvas, series, layout, *offset, style);
        }
    }

    /// Labels without places: coloured series, reference, chance.
    fn labels(&self, width: Width) -> Vec<Label> {
        let size = width.type_px();
        let max_width = width.pick(150.0, 84.0);
        let lines = |name: &str| text::wrap(name, size, max_width, width.pick(2, 3));
        let mut labels: Vec<Label> = Vec::new();
        for (position, series) in self.series.iter().enumerate() {
            if let Some(style) = SeriesStyle::of(position)
                && !series.points.is_empty()
            {
                labels.push(Label {
                    lines: lines(&series.name),
                    from: (0.0, 0.0),
                    word: style.word,
                    mark: style.mark,
                    marker: Some(style.marker),
                });
            }
        }
        let quiet = SeriesStyle::quiet();
        if let Some(series) = self.reference.as_ref().filter(|it| !it.points.is_empty()) {
            labels.push(Label {
                lines: lines(&series.name),
                from: (0.0, 0.0),
                word: quiet.word,
                mark: quiet.mark,
                marker: Some(quiet.marker),
            });
        }
        if self.chance.is_some() {
            labels.push(Label {
                lines: vec!["chance".to_owned()],
                from: (0.0, 0.0),
                word: quiet.word,
                mark: quiet.mark,
                marker: None,
            });
        }
        labels
    }

    /// Tells each label where its line ends, in the order of [`Plan::labels`].
    fn anchor_labels(&self, labels: &mut [Label], layout: &Layout) {
        let ends = self
            .series
            .iter()
            .take(MAX_LABELLED)
            .enumerate()
            .map(|(position, series)| (series, self.offset(position, layout)))
            .chain(self.reference.iter().map(|series| (series, 0.0)))
            .filter_map(|(series, offset)| {
                let last = series.points.last()?;
                let y = layout.value_scale.at(last.estimate.value);
                Some((layout.x(last.dose) + offset, y))
            })
            .chain(self.chance.map(|chance| (layout.doses.right, layout.value_scale.at(chance))));
        for (label, end) in labels.iter_mut().zip(ends) {
            label.from = end;
        }
    }

    fn description(&self) -> String {
        let mut out = format!("Line chart of {} against {}.", self.measure, self.dose_name);
        if let Some(chance) = self.chance {
            out.push_str(&format!(" Chance is {}.", number::exact(chance)));
        }
        for series in self.series.iter().take(MAX_LABELLED).chain(&self.reference) {
            let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else {
                continue;
            };
            out.push_str(&format!(" {}: {} at {}", series.name, first.estimate.written(2), number::count(first.dose)));
            if first.dose != last.dose {
                out.push_str(&format!(", {} at {}", last.estimate.written(2), number::count(last.dose)));
            }
            out.push('.');
        }
        if self.series.len() > MAX_LABELLED {
            out.push_str(&format!(" {} more series are in the table.", self.series.len() - MAX_LABELLED));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let mut table = FigureTable::new(
            format!("{}: {} by {}", words.title, self.measure, self.dose_name),
            &["series"],
            &[&self.dose_name, &self.measure, "low", "high", "n"],
        );
        for series in self.all_series() {
            for point in &series.points {
                let [value, low, high] = point.estimate.cells();
                table.push([series.name.clone(), number::count(point.dose), value, low, high, number::count(point.n)]);
            }
        }
        table
    }
}

/// The doses of a series that are joined by a line: all but zero, which lies across the gap.
fn joined(series: &DoseSeries) -> impl DoubleEndedIterator<Item = &DosePoint> {
    series.points.iter().filter(|point| point.dose > 0)
}

/// Interval band between neighbouring doses that both have an interval.
fn draw_band(canvas: &mut Canvas, series: &DoseSeries, layout: &Layout, offset: f64, style: &SeriesStyle) {
    let corners: Vec<(f64, Option<(f64, f64)>)> =
        joined(series).map(|point| (layout.x(point.dose) + offset, point.estimate.interval)).collect();
    for run in corners.split(|(_, interval)| interval.is_none()) {
        let y = |value| layout.value_scale.at(value);
        let upper = run.iter().filter_map(|(x, i)| Some((*x, y((*i)?.1))));
        let lower = run.iter().rev().filter_map(|(x, i)| Some((*x, y((*i)?.0))));
        canvas.polygon(upper.chain(lower).collect(), style.mark, 0.13);
    }
}

fn draw_line(canvas: &mut Canvas, series: &DoseSeries, layout: &Layout, offset: f64, style: &SeriesStyle) {
    let line = joined(series)
        .map(|point| {
            let y = layout.value_scale.at(point.estimate.value);
            (layout.x(point.dose) + offset, y)
        })
        .collect();
    canvas.path(line, style.stroke());
}

fn draw_points(canvas: &mut Canvas, series: &DoseSeries, layout: &Layout, offset: f64, style: &SeriesStyle) {
    for point in &series.points {
        let x = layout.x(point.dose) + offset;
        if let Some((low, high)) = point.estimate.interval {
            let ends = (layout.value_scale.at(high), layout.value_scale.at(low));
            canvas.whisker(x, ends, Stroke::solid(style.mark, 1.25));
        }
        let y = layout.value_scale.at(point.estimate.value);
        canvas.marker((x, y), style.marker, 3.75, style.mark);
    }
}

#[expect(clippy::cast_precision_loss, reason = "positions on a drawing; 2^53 copies don't occur")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
