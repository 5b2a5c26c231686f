//! Empirical distribution of a score, members against non-members.
//!
//! Every score is drawn as a step; nothing is binned or smoothed. The distance between the two
//! curves comes in computed and is drawn where the caller says it lies.

use super::axis;
use super::canvas::{Anchor, Canvas, Point, Rect, Stroke};
use super::finished::finish;
use super::palette::Paint;
use super::scale::Scale;
use super::series_style::SeriesStyle;
use super::words::Notes;
use super::{Figure, FigureError, FigureTable, FigureWords, Width, number, text};
use serde::Serialize;

/// Shares of the distribution listed in the table.
const LISTED_SHARES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// Scores of two groups.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ecdf {
    /// Id, title (the finding), subtitle (the measure), caption (test).
    pub words: FigureWords,
    /// Name on the score axis, with unit.
    pub score_name: String,
    /// Drawn first, blue and solid.
    pub members: EcdfGroup,
    /// Drawn second, vermilion and dashed.
    pub non_members: EcdfGroup,
    /// Kolmogorov-Smirnov distance and where it lies.
    pub distance: Option<EcdfDistance>,
}

/// One curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EcdfGroup {
    /// Shown beside the curve.
    pub name: String,
    /// In any order; those that aren't finite are dropped, and said so.
    pub scores: Vec<f64>,
}

/// Largest vertical distance between the curves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EcdfDistance {
    /// D, 0 to 1.
    pub distance: f64,
    /// Score at which it is reached.
    pub at_score: f64,
}

/// Draws it. One empty group is drawn as nothing and said so; O(n log n).
///
/// # Errors
/// A bad id, or not one finite score.
pub fn draw(input: &Ecdf) -> Result<Figure, FigureError> {
    let words = input.words.cleaned()?;
    let mut notes = Notes::default();
    let groups = [&input.members, &input.non_members].map(|group| sorted(group, &mut notes));
    if groups.iter().all(|group| group.scores.is_empty()) {
        return Err(FigureError::NothingToDraw { id: words.id, what: "finite score" });
    }
    let plan = Plan {
        score_name: text::clean(&input.score_name),
        groups,
        distance: input.distance.filter(|it| it.distance.is_finite() && it.at_score.is_finite()),
    };
    finish(&words, &notes, plan.description(), plan.table(&words), [plan.paint(Width::Full), plan.paint(Width::Narrow)])
}

fn sorted(group: &EcdfGroup, notes: &mut Notes) -> EcdfGroup {
    let name = text::clean(&group.name);
    let mut scores: Vec<f64> = group.scores.iter().copied().filter(|score| score.is_finite()).collect();
    let n_dropped = group.scores.len() - scores.len();
    if n_dropped > 0 {
        let n_dropped = number::count(n_dropped as u64);
        notes.say(format!("{name}: scores that are not numbers, not drawn: {n_dropped}."));
    }
    if scores.is_empty() {
        notes.say(format!("{name}: no scores."));
    }
    scores.sort_by(f64::total_cmp);
    EcdfGroup { name, scores }
}

struct Plan {
    score_name: String,
    /// Members, then non-members; scores ascending.
    groups: [EcdfGroup; 2],
    distance: Option<EcdfDistance>,
}

impl Plan {
    fn axis(&self, target: f64) -> ((f64, f64), Vec<axis::Tick>) {
        let ends = self
            .groups
            .iter()
            .flat_map(|group| group.scores.first().into_iter().chain(group.scores.last()))
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &score| (low.min(score), high.max(score)));
        axis::round_axis(ends.0, ends.1, target)
    }

    fn paint(&self, width: Width) -> Canvas {
        let mut canvas = Canvas::new(width);
        let size = width.type_px();
        let page = width.px();
        let top = 2.2 * size;
        let plot = Rect::new(30.0, top, page - 14.0, top + width.pick(250.0, 220.0));
        let ((low, high), ticks) = self.axis(8.0);
        let x = Scale::linear((low, high), (plot.left + 4.0, plot.right));
        let y = Scale::linear((0.0, 1.0), (plot.bottom, plot.top));
        canvas.text(
            (1.0, size),
            Anchor::Start,
            Paint::Ink,
            text::cut("Share of items with this score or less", size, page - 2.0),
        );
        axis::draw_value_axis(&mut canvas, &[plot], &y, &axis::linear_ticks(0.0, 1.0, 5.0));
        axis::draw_base_axis(&mut canvas, plot, &x, &ticks);
        canvas.height = axis::draw_base_name(&mut canvas, plot, &self.score_name, 1) + 0.4 * size;
        for (position, group) in self.groups.iter().enumerate() {
            if let Some(style) = SeriesStyle::of(position) {
                canvas.path(staircase(&group.scores, plot, &x, &y), style.stroke());
            }
        }
        self.draw_distance(&mut canvas, plot, &x, &y);
        self.draw_labels(&mut canvas, plot, &x, &y);
        canvas
    }

    /// A black bar between the two curves; its value stands at the lower end of the plot.
    fn draw_distance(&self, canvas: &mut Canvas, plot: Rect, x: &Scale, y: &Scale) {
        let Some(it) = self.distance else { return };
        let at = x.at(it.at_score);
        if !(plot.left..=plot.right).contains(&at) {
            return;
        }
        let ends = self.groups.each_ref().map(|group| y.at(share_at(&group.scores, it.at_score)));
        canvas.whisker(at, (ends[0].min(ends[1]), ends[0].max(ends[1])), Stroke::solid(Paint::Mark(6), 1.5));
        let size = canvas.width.type_px();
        let content = format!("D = {}", number::fixed(it.distance, 2));
        let half = text::width(&content, size) / 2.0;
        let at = at.max(plot.left + half + 2.0).min(plot.right - half - 2.0);
        canvas.text_on_marks((at, plot.bottom - 6.0), Anchor::Middle, Paint::Ink, content);
    }

    /// The curve further left is labelled at its left, high up; the other at its right, low down.
    fn draw_labels(&self, canvas: &mut Canvas, plot: Rect, x: &Scale, y: &Scale) {
        let size = canvas.width.type_px();
        let [members, non_members] = &self.groups;
        let middle = |group: &EcdfGroup| group.scores.get(group.scores.len() / 2).copied();
        let members_are_left = match (middle(members), middle(non_members)) {
            (Some(a), Some(b)) => a <= b,
            _ => true,
        };
        for (position, group) in self.groups.iter().enumerate() {
            let Some(style) = SeriesStyle::of(position).filter(|_| !group.scores.is_empty()) else {
                continue;
            };
            let is_left = (position == 0) == members_are_left;
            let share = if is_left { 0.78 } else { 0.3 };
            let at = x.at(quantile_seen(&group.scores, share));
            let lines = [
                text::cut(&group.name, size, plot.width() * 0.45),
                format!("n = {}", number::count(group.scores.len() as u64)),
            ];
            let widest = lines.iter().map(|line| text::width(line, size)).fold(0.0, f64::max);
            let (anchor, at) = if is_left {
                (Anchor::End, (at - 10.0).max(plot.left + widest + 4.0))
            } else {
                (Anchor::Start, (at + 10.0).min(plot.right - widest))
            };
            // Left: the last line level with the curve, right: the first one; the curve leans away.
            let mut baseline = y.at(share) + if is_left { -1.25 * size } else { 0.9 * size };
            for line in lines {
                canvas.text_on_marks((at, baseline), anchor, style.word, line);
                baseline += 1.25 * size;
            }
        }
    }

    fn description(&self) -> String {
        let mut out = format!("Empirical distribution of {}.", self.score_name);
        for group in &self.groups {
            if group.scores.is_empty() {
                out.push_str(&format!(" {}: no scores.", group.name));
            } else {
                out.push_str(&format!(
                    " {}: {} items, half of them at or below {}.",
                    group.name,
                    number::count(group.scores.len() as u64),
                    number::exact(quantile_seen(&group.scores, 0.5))
                ));
            }
        }
        if let Some(it) = self.distance {
            out.push_str(&format!(
                " Largest distance D = {} at {}.",
                number::fixed(it.distance, 2),
                number::exact(it.at_score)
            ));
        }
        out
    }

    fn table(&self, words: &FigureWords) -> FigureTable {
        let [members, non_members] = &self.groups;
        let mut table = FigureTable::new(
            format!("{}: smallest {} reached by a share of items", words.title, self.score_name),
            &["share of items"],
            &[
                &format!("{} (n = {})", members.name, number::count(members.scores.len() as u64)),
                &format!("{} (n = {})", non_members.name, number::count(non_members.scores.len() as u64)),
            ],
        );
        for share in LISTED_SHARES {
            let cell = |group: &EcdfGroup| {
                if group.scores.is_empty() {
                    number::missing()
                } else {
                    number::exact(quantile_seen(&group.scores, share))
                }
            };
            table.push([number::percent(share), cell(members), cell(non_members)]);
        }
        table
    }
}

/// Steps of `1 / n` at every score, from 0 at the left edge to 1 at the right edge; corners on one
/// drawn pixel are merged.
fn staircase(scores: &[f64], plot: Rect, x: &Scale, y: &Scale) -> Vec<Point> {
    if scores.is_empty() {
        return Vec::new();
    }
    let mut line = vec![(plot.left, y.at(0.0))];
    let mut push = |point: Point| {
        let last = line.last().copied().unwrap_or_default();
        if (point.0 - last.0).abs() >= 0.25 || (point.1 - last.1).abs() >= 0.25 {
            line.push(point);
        }
    };
    let mut height = y.at(0.0);
    for (rank, &score) in scores.iter().enumerate() {
        let at = x.at(score);
        push((at, height));
        height = y.at(as_f64(rank + 1) / as_f64(scores.len()));
        push((at, height));
    }
    push((plot.right, y.at(1.0)));
    line
}

/// Share of the ascending scores at or below `score`.
fn share_at(scores: &[f64], score: f64) -> f64 {
    if scores.is_empty() {
        return 0.0;
    }
    as_f64(scores.partition_point(|it| *it <= score)) / as_f64(scores.len())
}

/// The smallest score at which the drawn curve has reached `share`: read off, not interpolated.
/// 0 when there are no scores.
fn quantile_seen(scores: &[f64], share: f64) -> f64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length, not negative")]
    let rank = (share * as_f64(scores.len())).ceil() as usize;
    scores.get(rank.saturating_sub(1)).or_else(|| scores.last()).copied().unwrap_or(0.0)
}

#[expect(clippy::cast_precision_loss, reason = "ranks, for drawing")]
fn as_f64(count: usize) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_off_the_steps() {
        let scores = [1.0, 2.0, 3.0, 4.0];
        assert!((quantile_seen(&scores, 0.5) - 2.0).abs() < 1e-12);
        assert!((quantile_seen(&scores, 0.51) - 3.0).abs() < 1e-12);
        assert!((share_at(&scores, 2.5) - 0.5).abs() < 1e-12);
        assert!((share_at(&[], 2.5)).abs() < 1e-12);
    }
}
