//! ROC curve with both axes logarithmic, for attacks judged at very low false positive rates.
//!
//! The lower end of the axes is 1/n of the largest negative group, rounded down to a power of ten.
//! Rates of exactly zero have no place on a log axis: they get a strip of their own left of (FPR)
//! and below (TPR) the plot. Left of 1/n the drawing is hatched "not resolvable".

use super::axis::{self, Tick};
use super::canvas::{Anchor, Canvas, Dash, Point, Rect, Stroke};
use super::finished::finish;
use super::label::{self, Label};
use super::palette::Paint;
use super::scale::Scale;
use super::series_style::{MAX_LABELLED, SeriesStyle, note_on_quiet_series};
use super::words::Notes;
use super::{Estimate, Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// ROC curves of several attacks or models.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RocCurve {
    /// Id, title (the finding), subtitle (the measure), caption (interval, resampling).
    pub words: FigureWords,
    /// One for each attack or model. More than seven: the rest are thin grey lines.
    pub series: Vec<RocSeries>,
}

/// One curve with the numbers quoted beside it; none of them is computed here.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RocSeries {
    /// Shown beside the curve.
    pub name: String,
    /// Corners of the curve in any order; those outside `[0, 1]` are dropped, and said so.
    pub points: Vec<RocPoint>,
    /// Positives.
    pub n_members: u64,
    /// Negatives; a curve without any is not drawn.
    pub n_non_members: u64,
    /// Area under the curve.
    pub auc: Option<Estimate>,
    /// True positive rate at a false positive rate of 1 %.
    pub tpr_at_1_percent: Option<Estimate>,
}

/// One threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RocPoint {
    /// Share of non-members called members.
    pub false_positive_rate: f64,
    /// Share of members called members.
    pub true_positive_rate: f64,
}

/// Draws it.
///
/// # Errors
/// A bad id, or no curve with negatives and at least one usable point.
pub fn draw(input: &RocCurve) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let series: Vec<RocSeries> = input.series.iter().filter_map(|series| drawable(series, &mut notes)).collect();
    let Some(largest) = series.iter().map(|series| series.n_non_members).max() else {
        return Err(FigureError::NothingToDraw { id: words.id, what: "curve with non-members and a usable point" });
    };
    if let Some(note) = note_on_quiet_series(series.len()) {
        notes.say(note);
    }
    notes.say(format!(
        "Both axes are logarithmic; rates of exactly zero are set apart. Hatched: below 1 in {} false positives nothing can be resolved.",
        number::count(largest)
    ));
    let plan = Plan { resolution: 1.0 / as_f64(largest), first_decade: first_decade(largest), series };
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

/// Exponent of 1/n rounded down to a power of ten, at least one decade and at most twelve.
fn first_decade(n: u64) -> i32 {
    let digits = n.saturating_sub(1).checked_ilog10().map_or(0, |log| log + 1);
    -i32::try_from(digits.clamp(1, 12)).unwrap_or(12)
}

fn drawable(series: &RocSeries, notes: &mut Notes) -> Option<RocSeries> {
    let name = text::clean(&series.name);
    if series.n_non_members == 0 {
        notes.say(format!("{name}: no non-members, so no false positive rate; not drawn."));
        return None;
    }
    let in_range = |rate: f64| (0.0..=1.0).contains(&rate);
    let mut points: Vec<RocPoint> = series
        .points
        .iter()
        .copied()
        .filter(|p| in_range(p.false_positive_rate) && in_range(p.true_positive_rate))
        .collect();
    let n_dropped = series.points.len() - points.len();
    if n_dropped > 0 {
        notes.say(format!("{name}: points outside 0 to 1, not drawn: {}.", number::count(n_dropped as u64)));
    }
    if points.is_empty() {
        notes.say(format!("{name}: no point to draw."));
        return None;
    }
    points.sort_by(|a, b| {
        let by_fpr = a.false_positive_rate.total_cmp(&b.false_positive_rate);
        by_fpr.then(a.true_positive_rate.total_cmp(&b.true_positive_rate))
    });
    let quoted = |estimate: Option<Estimate>, what: &str, notes: &mut Notes| {
        estimate.and_then(|it| it.drawable(&format!("{name}, {what}"), notes))
    };
    Some(RocSeries {
        auc: quoted(series.auc, "AUC", notes),
        tpr_at_1_percent: quoted(series.tpr_at_1_percent, "TPR at 1 % FPR", notes),
        name,
        points,
        n_members: series.n_members,
        n_non_members: series.n_non_members,
    })
}

struct Plan {
    /// Smallest false positive rate above zero that the data can show.
    resolution: f64,
    first_decade: i32,
    series: Vec<RocSeries>,
}

struct Layout {
    plot: Rect,
    /// Left strip: false positive rate of exactly zero.
    zero_fpr: Rect,
    /// Bottom strip: true positive rate of exactly zero.
    zero_tpr: Rect,
    x: Scale,
    y: Scale,
}

impl Layout {
    fn x(&self, rate: f64) -> f64 {
        if rate > 0.0 {
            self.x.at(rate).max(self.plot.left)
        } else {
            f64::midpoint(self.zero_fpr.left, self.zero_fpr.right)
        }
    }

    fn y(&self, rate: f64) -> f64 {
        if rate > 0.0 {
            self.y.at(rate).min(self.plot.bottom)
        } else {
            f64::midpoint(self.zero_tpr.top, self.zero_tpr.bottom)
        }
    }
}

impl Plan {
    fn layout(&self, width: Width) -> Layout {
        let size = width.type_px();
        let ticks = axis::decade_ticks(self.first_decade);
        let strip = 34.0;
        let gap = width.pick(20.0, 18.0);
        let left = axis::widest(&ticks, size) + 12.0;
        let plot_left = left + strip + gap;
        let side = width.pick(360.0, width.px() - plot_left - 14.0);
        // Two lines above: the name of the value axis, then the names of the guides.
        let top = 3.6 * size;
        let plot = Rect::new(plot_left, top, plot_left + side, top + width.pick(340.0, side));
        let floor = 10f64.powi(self.first_decade);
        Layout {
            zero_fpr: Rect::new(left, plot.top, left + strip, plot.bottom + gap + strip),
            zero_tpr: Rect::new(left, plot.bottom + gap, plot.right, plot.bottom + gap + strip),
            x: Scale::log((floor, 1.0), (plot.left, plot.right)),
            y: Scale::log((floor, 1.0), (plot.bottom, plot.top)),
            plot,
        }
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let layout = self.layout(width);
        self.draw_ground(&mut canvas, &layout);
        self.draw_axes(&mut canvas, &layout);
        let quiet = SeriesStyle::quiet();
        for series in self.series.iter().skip(MAX_LABELLED) {
            draw_curve(&mut canvas, series, &layout, &quiet);
        }
        let coloured = || {
            let styled = self.series.iter().enumerate();
            styled.filter_map(|(position, series)| Some((series, SeriesStyle::of(position)?)))
        };
        for (series, style) in coloured() {
            draw_curve(&mut canvas, series, &layout, &style);
        }
        for (place, (series, style)) in coloured().enumerate() {
            // A hair apart: equal curves don't hide each other's marks, and all stay at the guide.
            let dodge = as_f64(place as u64) - (as_f64(coloured().count() as u64) - 1.0) / 2.0;
            draw_marks(&mut canvas, series, &layout, &style, dodge * 2.0);
        }
        self.draw_labels(&mut canvas, &layout);
        canvas
    }

    /// Hatched zone, diagonal and guides.
    fn draw_ground(&self, canvas: &mut Canvas, layout: &Layout) {
        let size = canvas.width.type_px();
        let plot = layout.plot;
        let zone_right = layout.x(self.resolution);
        let zone = Rect { right: zone_right, bottom: layout.zero_tpr.bottom, ..plot };
        canvas.fill(zone, Paint::Shade, 1.0);
        canvas.hatch(zone, 7.0, true, Stroke::solid(Paint::Axis, 0.75).faded(0.45));
        // Named where there is room; the caption says it in any case.
        let name = ["not", "resolvable"];
        if zone.width() > text::width(name[1], size) + 8.0 {
            for (line, at) in name.into_iter().zip([1.6, 2.8]) {
                let at = (f64::midpoint(zone.left, zone.right), zone.top + at * size);
                canvas.text_on_marks(at, Anchor::Middle, Paint::Quiet, line);
            }
        }
        let diagonal = Stroke::solid(Paint::Axis, 1.0).dashed(Dash::Short);
        canvas.line((plot.left, plot.bottom), (plot.right, plot.top), diagonal);
        let mut last_end = f64::NEG_INFINITY;
        for (rate, name) in [(0.001, "0.1\u{a0}%"), (0.01, "1\u{a0}%")] {
            if rate <= 10f64.powi(self.first_decade) {
                continue;
            }
            let x = layout.x(rate);
            let guide = Stroke::solid(Paint::Quiet, 1.0).dashed(Dash::Dotted);
            canvas.line((x, plot.top - 4.0), (x, layout.zero_tpr.bottom), guide);
            let name = canvas.width.pick(format!("{name}\u{a0}FPR"), name.to_owned());
            let half = text::width(&name, size) / 2.0;
            if x - half > last_end + 6.0 {
                canvas.text((x, plot.top - 7.0), Anchor::Middle, Paint::Quiet, name);
                last_end = x + half;
            }
        }
    }

    fn draw_axes(&self, canvas: &mut Canvas, layout: &Layout) {
        let size = canvas.width.type_px();
        let Layout { plot, zero_fpr, zero_tpr, .. } = *layout;
        let ticks = axis::decade_ticks(self.first_decade);
        // The grid runs through the plot alone; tick labels stand left of the zero strip.
        for tick in &ticks {
            let y = layout.y(tick.value);
            let grid = Stroke::solid(Paint::Grid, 1.0);
            canvas.line((plot.left, y), (plot.right, y), grid);
        }
        let mut labels: Vec<(f64, &str)> =
            ticks.iter().map(|tick| (layout.y(tick.value), tick.label.as_str())).collect();
        labels.push((layout.y(0.0), "0"));
        for (y, label) in labels {
            canvas.text((zero_fpr.left - 6.0, y + 0.36 * size), Anchor::End, Paint::Quiet, label);
        }
        canvas.text((1.0, size), Anchor::Start, Paint::Ink, "True positive rate");
        let axis = Stroke::solid(Paint::Axis, 1.0);
        let bottom = zero_tpr.bottom;
        canvas.line((zero_fpr.left, plot.top), (zero_fpr.left, plot.bottom), axis);
        canvas.line((zero_fpr.left, zero_tpr.top), (zero_fpr.left, bottom), axis);
        let strip = Rect { bottom, ..zero_fpr };
        let zero = Tick { value: 0.0, label: "0".to_owned() };
        let in_strip = Scale::linear((0.0, 0.0), (zero_fpr.left, zero_fpr.right));
        canvas.line((strip.left, bottom), (strip.right, bottom), axis);
        canvas.line((plot.left, bottom), (plot.right, bottom), axis);
        let mut row = vec![(in_strip.at(zero.value), zero.label.as_str())];
        row.extend(ticks.iter().map(|tick| (layout.x(tick.value), tick.label.as_str())));
        for &(x, _) in &row {
            canvas.line((x, bottom), (x, bottom + 4.0), axis);
        }
        axis::row_of_labels(canvas, bottom + 6.0, &row);
        let both = Rect { left: zero_fpr.left, bottom, ..plot };
        canvas.height = axis::draw_base_name(canvas, both, "False positive rate", 1) + 0.4 * size;
    }

    /// Beside the plot when full, below it when narrow; highest TPR at 1 % first.
    fn draw_labels(&self, canvas: &mut Canvas, layout: &Layout) {
        let width = canvas.width;
        let size = width.type_px();
        let x = width.pick(layout.plot.right + 26.0, 6.0);
        let max_width = width.px() - x - 15.0;
        let mut labels: Vec<(f64, Label)> = self
            .series
            .iter()
            .enumerate()
            .filter_map(|(position, series)| {
                let style = SeriesStyle::of(position)?;
                let tpr = series.tpr_at_1_percent.map_or(-1.0, |it| it.value);
                let mut lines = text::wrap(&series.name, size, max_width, 2);
                lines.extend(quoted(series).into_iter().map(|it| text::cut(&it, size, max_width)));
                let y = layout.y(tpr);
                Some((
                    tpr,
                    Label {
                        lines,
                        // Level with its mark, no leader: shape and colour join them.
                        from: (x, y),
                        word: style.word,
                        mark: style.mark,
                        marker: Some(style.marker),
                    },
                ))
            })
            .collect();
        labels.sort_by(|a, b| b.0.total_cmp(&a.0));
        let labels: Vec<Label> = labels.into_iter().map(|(_, label)| label).collect();
        let (top, bottom) = match width {
            Width::Full => (layout.plot.top - 8.0, layout.zero_tpr.bottom),
            Width::Narrow => (canvas.height + 4.0, canvas.height + 4.0),
        };
        let needed = label::needed_height(&labels, size);
        label::draw_without_leaders(canvas, &labels, x, (top, bottom));
        canvas.height = canvas.height.max(top + needed + 4.0);
    }

    fn description(&self) -> String {
        let mut out = String::from("ROC curves, true against false positive rate, both on logarithmic axes.");
        for series in self.series.iter().take(MAX_LABELLED) {
            let parts = quoted(series);
            if parts.is_empty() {
                out.push_str(&format!(" {}: no summary given.", series.name));
            } else {
                out.push_str(&format!(" {}: {}.", series.name, parts.join(", ")));
            }
        }
        out.push_str(&format!(" False positive rates below {} can't be resolved.", number::exact(self.resolution)));
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let read_at = [0.0001, 0.001, 0.01, 0.1];
        let mut table = FigureTable::new(
            format!("{}: summary, and true positive rate read off the curve at four false positive rates", words.title),
            &["series"],
            &[
                "members",
                "non-members",
                "AUC",
                "low",
                "high",
                "TPR at 1 % FPR",
                "low",
                "high",
                "curve at 0.01 %",
                "at 0.1 %",
                "at 1 %",
                "at 10 %",
            ],
        );
        for series in &self.series {
            let cells = |estimate: Option<Estimate>| {
                estimate.map_or_else(|| [number::missing(), number::missing(), number::missing()], Estimate::cells)
            };
            let mut row =
                vec![series.name.clone(), number::count(series.n_members), number::count(series.n_non_members)];
            row.extend(cells(series.auc));
            row.extend(cells(series.tpr_at_1_percent));
            row.extend(read_at.map(|rate| {
                if rate * as_f64(series.n_non_members) < 1.0 {
                    "not resolvable".to_owned()
                } else {
                    number::exact(curve_at(series, rate))
                }
            }));
            table.push(row);
        }
        table
    }
}

/// Height of the staircase at a false positive rate.
fn curve_at(series: &RocSeries, rate: f64) -> f64 {
    series
        .points
        .iter()
        .take_while(|point| point.false_positive_rate <= rate * (1.0 + 1e-12))
        .map(|point| point.true_positive_rate)
        .fold(0.0, f64::max)
}

/// "TPR at 1 % FPR 0.31 (0.27 to 0.35)" and "AUC 0.78 (0.74 to 0.81)".
fn quoted(series: &RocSeries) -> Vec<String> {
    let tpr = series.tpr_at_1_percent.map(|it| format!("TPR@1\u{a0}% {}", it.written(2)));
    let auc = series.auc.map(|it| format!("AUC {}", it.written(2)));
    tpr.into_iter().chain(auc).collect()
}

/// The staircase from 1/n on; what lies at zero false positives is a marker in the strip. Corners that fall on one drawn pixel are merged.
fn draw_curve(canvas: &mut Canvas, series: &RocSeries, layout: &Layout, style: &SeriesStyle) {
    let at_zero = curve_at(series, 0.0);
    let mut y = layout.y(at_zero);
    let resolution = 1.0 / as_f64(series.n_non_members);
    let mut line: Vec<Point> = vec![(layout.x(resolution), y)];
    for point in series.points.iter().filter(|point| point.false_positive_rate > 0.0) {
        let x = layout.x(point.false_positive_rate);
        let next = layout.y(point.true_positive_rate);
        push_distinct(&mut line, (x, y));
        push_distinct(&mut line, (x, next));
        y = next;
    }
    canvas.path(line, style.stroke());
}

fn push_distinct(line: &mut Vec<Point>, point: Point) {
    let is_new = line.last().is_none_or(|last| (last.0 - point.0).abs() >= 0.25 || (last.1 - point.1).abs() >= 0.25);
    if is_new {
        line.push(point);
    }
}

/// The rate at zero false positives in its strip, and the interval at 1 %.
fn draw_marks(canvas: &mut Canvas, series: &RocSeries, layout: &Layout, style: &SeriesStyle, dodge: f64) {
    let has_zero = series.points.iter().any(|point| point.false_positive_rate <= 0.0);
    if has_zero {
        let at = (layout.x(0.0), layout.y(curve_at(series, 0.0)));
        canvas.marker(at, style.marker, 3.0, style.mark);
    }
    if let Some(tpr) = series.tpr_at_1_percent {
        let x = layout.x(0.01) + dodge;
        if let Some((low, high)) = tpr.interval {
            let ends = (layout.y(high), layout.y(low));
            canvas.whisker(x, ends, Stroke::solid(style.mark, 1.25));
        }
        canvas.marker((x, layout.y(tpr.value)), style.marker, 4.0, style.mark);
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of items, for drawing")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
