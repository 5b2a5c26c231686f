//! Reliability diagram: stated confidence against the share of hits, bin by bin, with a strip that counts the answers.
//!
//! On the diagonal a model hits as often as it says. Empty bins are not drawn.

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

/// Confidence and hits by group, such as before and after a cutoff.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reliability {
    /// Id, title (the finding), subtitle (the measure), caption.
    pub words: FigureWords,
    pub series: Vec<ReliabilitySeries>,
    /// Bins between 0 and 1.
    pub n_bins: u64,
}

/// One group of answers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReliabilitySeries {
    pub name: String,
    /// Filled bins by rising confidence.
    pub bins: Vec<ReliabilityBin>,
}

/// One filled bin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReliabilityBin {
    /// Place of the bin, from 0.
    pub place: u64,
    pub n: u64,
    /// Mean stated confidence, 0 to 1.
    pub confidence: f64,
    /// Share of hits, 0 to 1.
    pub share: f64,
}

/// Draws it.
///
/// # Errors
/// A bad id, or no filled bin.
pub fn draw(input: &Reliability) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let mut series = Vec::new();
    for one in &input.series {
        let name = text::clean(&one.name);
        let is_drawable =
            |bin: &&ReliabilityBin| bin.n > 0 && [bin.confidence, bin.share].iter().all(|it| (0.0..=1.0).contains(it));
        let bins: Vec<ReliabilityBin> = one.bins.iter().filter(is_drawable).copied().collect();
        if bins.len() < one.bins.len() {
            notes.say(format!("{name}: bins without a share between 0 and 1 are not drawn."));
        }
        series.push(ReliabilitySeries { name, bins });
    }
    if series.iter().all(|one| one.bins.is_empty()) {
        return Err(FigureError::NothingToDraw { id: words.id, what: "filled bin" });
    }
    if let Some(note) = note_on_quiet_series(series.len()) {
        notes.say(note);
    }
    series.retain(|one| !one.bins.is_empty());
    let plan = Plan { series, n_bins: input.n_bins.clamp(1, 100) };
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

/// Checked input; each series has a bin.
struct Plan {
    series: Vec<ReliabilitySeries>,
    n_bins: u64,
}

impl Plan {
    fn drawn(&self) -> &[ReliabilitySeries] {
        &self.series[..self.series.len().min(MAX_LABELLED)]
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let ticks = axis::linear_ticks(0.0, 1.0, 5.0);
        let mut labels = self.labels(width);
        let left = (axis::widest(&ticks, size) + 12.0).max(26.0);
        let edge = width.pick(300.0, 360.0 - left - label::widest(&labels, size) - 22.0).max(150.0);
        let top = 2.2 * size;
        let height = edge.max(label::needed_height(&labels, size));
        let plot = Rect::new(left, top, left + edge, top + height);
        let x = Scale::linear((0.0, 1.0), (plot.left, plot.right));
        let y = Scale::linear((0.0, 1.0), (plot.bottom, plot.top));
        canvas.text((1.0, size), Anchor::Start, Paint::Ink, "share of hits");
        axis::draw_value_axis(&mut canvas, &[plot], &y, &ticks);
        let diagonal = Stroke::solid(Paint::Axis, 1.0).dashed(Dash::Short);
        canvas.line((plot.left, plot.bottom), (plot.right, plot.top), diagonal);
        for (place, one) in self.drawn().iter().enumerate().rev() {
            let style = SeriesStyle::of(place).unwrap_or(SeriesStyle::quiet());
            let at: Vec<Point> = one.bins.iter().map(|bin| (x.at(bin.confidence), y.at(bin.share))).collect();
            for &point in &at {
                canvas.marker(point, style.marker, 3.8, style.mark);
            }
            if let (Some(&end), Some(label)) = (at.last(), labels.get_mut(place)) {
                label.from = end;
            }
            canvas.path(at, Stroke { width: 1.4, ..style.stroke() });
        }
        label::draw_without_leaders(&mut canvas, &labels, plot.right + 16.0, (plot.top - 4.0, plot.bottom + 4.0));
        let mut strip = plot.bottom + 0.8 * size;
        for (place, one) in self.drawn().iter().enumerate() {
            strip = self.draw_strip(&mut canvas, one, place, &x, (plot, strip));
        }
        let base = Rect { bottom: strip, ..plot };
        axis::draw_base_axis(&mut canvas, base, &x, &ticks);
        canvas.height = axis::draw_base_name(&mut canvas, base, "stated confidence", 1) + 0.4 * size;
        canvas
    }

    /// Bars that count the answers of one series by bin; gives their lower edge.
    fn draw_strip(
        &self,
        canvas: &mut Canvas,
        one: &ReliabilitySeries,
        place: usize,
        x: &Scale,
        (plot, top): (Rect, f64),
    ) -> f64 {
        let size = canvas.width.type_px();
        let height = 26.0;
        let bottom = top + height;
        let most = one.bins.iter().map(|bin| bin.n).max().unwrap_or(1).max(1);
        let total: u64 = one.bins.iter().map(|bin| bin.n).sum();
        let style = SeriesStyle::of(place).unwrap_or(SeriesStyle::quiet());
        canvas.line((plot.left, bottom), (plot.right, bottom), Stroke::solid(Paint::Grid, 1.0));
        for bin in &one.bins {
            let step = 1.0 / as_f64(self.n_bins);
            let from = as_f64(bin.place.min(self.n_bins - 1)) * step;
            let area = Rect::new(
                x.at(from) + 1.0,
                bottom - height * as_f64(bin.n) / as_f64(most),
                x.at(from + step) - 1.0,
                bottom,
            );
            canvas.fill(area, style.mark, 0.75);
        }
        let words = format!("n {}, at most {} in a bin", number::count(total), number::count(most));
        let words = text::cut(&words, size, canvas.width.px() - plot.right - 18.0);
        canvas.text((plot.right + 16.0, bottom - 0.55 * size), Anchor::Start, style.word, words);
        bottom + 0.5 * size
    }

    fn labels(&self, width: Width) -> Vec<Label> {
        let size = width.type_px();
        let label = |(place, one): (usize, &ReliabilitySeries)| {
            let style = SeriesStyle::of(place).unwrap_or(SeriesStyle::quiet());
            Label {
                lines: text::wrap(&one.name, size, width.pick(220.0, 84.0), 3),
                from: (0.0, 0.0),
                word: style.word,
                mark: style.mark,
                marker: Some(style.marker),
            }
        };
        self.drawn().iter().enumerate().map(label).collect()
    }

    fn description(&self) -> String {
        let mut out = "Reliability diagram: share of hits against stated confidence.".to_owned();
        for one in self.drawn() {
            let told: Vec<String> = one
                .bins
                .iter()
                .map(|bin| format!("{} said, {} hit", number::percent(bin.confidence), number::percent(bin.share)))
                .collect();
            out.push_str(&format!(" {}: {}.", one.name, told.join("; ")));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let heads = ["bin", "answers", "mean confidence", "share of hits"];
        let mut table = FigureTable::new(words.title.clone(), &["group"], &heads);
        for one in &self.series {
            for bin in &one.bins {
                table.push([
                    one.name.clone(),
                    number::count(bin.place.saturating_add(1)),
                    number::count(bin.n),
                    number::exact(bin.confidence),
                    number::exact(bin.share),
                ]);
            }
        }
        table
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of answers, for drawing")]
fn as_f64(count: u64) -> f64 {
    count as f64
}
