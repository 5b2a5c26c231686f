//! Ticks and axis drawing: grid only on the value axis, no box, labels that never collide.

use super::canvas::{Anchor, Canvas, Rect, Stroke};
use super::number;
use super::palette::Paint;
use super::scale::Scale;
use super::text;

/// Height of a line of an axis's name, in sizes of the type.
const NAME_LINE_EM: f64 = 1.3;

/// A place on an axis and what is written there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub value: f64,
    pub label: String,
}

/// Step of 1, 2, 2.5 or 5 times a power of ten that gives about `target` steps.
fn nice_step(low: f64, high: f64, target: f64) -> f64 {
    let rough = (high - low) / target;
    if !rough.is_finite() || rough <= 0.0 {
        return 1.0;
    }
    let power = 10f64.powf(rough.log10().floor());
    let lead = rough / power;
    let nice = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().find(|&nice| lead <= nice * 1.0001).unwrap_or(10.0);
    nice * power
}

/// Ticks inside `low..=high`, on multiples of a round step, about `target` of them.
pub(super) fn linear_ticks(low: f64, high: f64, target: f64) -> Vec<Tick> {
    let step = nice_step(low, high, target);
    let decimals = number::decimals_for_step(step);
    multiples(low, high, step).into_iter().map(|value| Tick { value, label: number::fixed(value, decimals) }).collect()
}

/// As [`linear_ticks`], written "10 M".
pub(super) fn count_ticks(low: f64, high: f64, target: f64) -> Vec<Tick> {
    multiples(low, high, nice_step(low, high, target))
        .into_iter()
        .map(|value| Tick { value, label: number::short_count(value) })
        .collect()
}

fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-6).ceil();
    let mut out = Vec::new();
    while out.len() < 100 {
        #[expect(clippy::cast_precision_loss, reason = "at most 100")]
        let value = (first + out.len() as f64) * step;
        if value > high + step * 1e-6 {
            break;
        }
        out.push(value);
    }
    out
}

/// The smallest range of whole steps that holds `low..=high`, and a tick at every step.
pub(super) fn round_axis(low: f64, high: f64, target: f64) -> ((f64, f64), Vec<Tick>) {
    let (range, step) = round_range(low, high, target);
    let decimals = number::decimals_for_step(step);
    let ticks = multiples(range.0, range.1, step)
        .into_iter()
        .map(|value| Tick { value, label: number::fixed(value, decimals) })
        .collect();
    (range, ticks)
}

/// The range of [`round_axis`] and its step; a single value gets room around it.
fn round_range(low: f64, high: f64, target: f64) -> ((f64, f64), f64) {
    let (low, high) = if high > low {
        (low, high)
    } else {
        let room = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
        (low - room, high + room)
    };
    let step = nice_step(low, high, target);
    let first = (low / step + 1e-9).floor() * step;
    let last = (high / step - 1e-9).ceil() * step;
    ((first, last), step)
}

/// A given range, widened to whole steps where `data` falls outside. Second: was it widened?
pub(super) fn widened(given: (f64, f64), data: (f64, f64), target: f64) -> ((f64, f64), bool) {
    let slack = (given.1 - given.0) * 1e-9;
    let is_outside = data.0 < given.0 - slack || data.1 > given.1 + slack;
    if !is_outside {
        return (given, false);
    }
    let low = given.0.min(data.0);
    let high = given.1.max(data.1);
    let (round, _) = round_range(low, high, target);
    let widened = (
        if data.0 < given.0 - slack { round.0 } else { given.0 },
        if data.1 > given.1 + slack { round.1 } else { given.1 },
    );
    (widened, true)
}

/// Powers of ten from `10^first` to 1.
pub(super) fn decade_ticks(first: i32) -> Vec<Tick> {
    (first..=0).map(|exponent| Tick { value: 10f64.powi(exponent), label: number::decade(exponent) }).collect()
}

/// Grid lines over each of `panels` and tick labels left of the first one.
pub(super) fn draw_value_axis(canvas: &mut Canvas, panels: &[Rect], scale: &Scale, ticks: &[Tick]) {
    let size = canvas.width.type_px();
    for tick in ticks {
        let y = scale.at(tick.value);
        for panel in panels {
            canvas.line((panel.left, y), (panel.right, y), Stroke::solid(Paint::Grid, 1.0));
        }
        if let Some(first) = panels.first() {
            canvas.text((first.left - 7.0, y + 0.36 * size), Anchor::End, Paint::Quiet, &*tick.label);
        }
    }
}

/// Axis line below `panel` with tick marks and as many evenly chosen labels as have room.
pub(super) fn draw_base_axis(canvas: &mut Canvas, panel: Rect, scale: &Scale, ticks: &[Tick]) {
    let axis = Stroke::solid(Paint::Axis, 1.0);
    canvas.line((panel.left, panel.bottom), (panel.right, panel.bottom), axis);
    for tick in ticks {
        let x = scale.at(tick.value);
        canvas.line((x, panel.bottom), (x, panel.bottom + 4.0), axis);
    }
    let labels: Vec<(f64, &str)> = ticks.iter().map(|tick| (scale.at(tick.value), tick.label.as_str())).collect();
    // Too many: every second, third, ... label, zero among them if there is one.
    let zero = ticks.iter().position(|tick| tick.value == 0.0).unwrap_or(0);
    let top = panel.bottom + 6.0;
    for stride in 1..=labels.len() {
        let kept: Vec<(f64, &str)> = labels.iter().copied().skip(zero % stride).step_by(stride).collect();
        if row_of_labels(&mut Canvas::new(canvas.width), top, &kept) == 0 {
            row_of_labels(canvas, top, &kept);
            break;
        }
    }
}

/// What the values are, above the plot from `top` on, in up to two lines; gives the lower edge.
pub(super) fn draw_value_name(canvas: &mut Canvas, top: f64, name: &str) -> f64 {
    let size = canvas.width.type_px();
    let mut top = top;
    for line in text::wrap(name, size, canvas.width.px() - 4.0, 2) {
        canvas.text((1.0, top + size), Anchor::Start, Paint::Ink, line);
        top += NAME_LINE_EM * size;
    }
    top
}

/// What the base axis shows, centred below the tick labels of `panel` in up to `max_lines` lines; gives the lower edge.
pub(super) fn draw_base_name(canvas: &mut Canvas, panel: Rect, name: &str, max_lines: usize) -> f64 {
    let (size, page) = (canvas.width.type_px(), canvas.width.px());
    let mut top = panel.bottom + 6.0 + 1.35 * size;
    for line in text::wrap(name, size, page - 4.0, max_lines) {
        let half = text::width(&line, size) / 2.0;
        let middle = f64::midpoint(panel.left, panel.right).min(page - half - 2.0).max(half + 2.0);
        canvas.text((middle, top + 0.95 * size), Anchor::Middle, Paint::Ink, line);
        top += NAME_LINE_EM * size;
    }
    top
}

/// Centred labels in one row with its top at `top`; a label without room is left out.
/// Returns how many were left out.
pub(super) fn row_of_labels(canvas: &mut Canvas, top: f64, labels: &[(f64, &str)]) -> usize {
    let size = canvas.width.type_px();
    let page = canvas.width.px();
    let baseline = top + 0.95 * size;
    let mut taken: Vec<(f64, f64)> = Vec::new();
    let ends = [0, labels.len().saturating_sub(1)];
    let inner = 1..labels.len().saturating_sub(1);
    let mut left_out = 0;
    let mut done = Vec::new();
    for index in ends.into_iter().chain(inner) {
        if done.contains(&index) {
            continue;
        }
        done.push(index);
        let Some(&(x, label)) = labels.get(index) else {
            continue;
        };
        let half = text::width(label, size) / 2.0;
        // A centred label at the edge of the page moves inwards rather than out of sight.
        let x = x.min(page - half - 1.0).max(half + 1.0);
        let span = (x - half, x + half);
        if taken.iter().any(|other| span.0 < other.1 + 5.0 && other.0 < span.1 + 5.0) {
            left_out += 1;
            continue;
        }
        taken.push(span);
        canvas.text((x, baseline), Anchor::Middle, Paint::Quiet, label);
    }
    left_out
}

/// Width of the widest tick label.
pub(super) fn widest(ticks: &[Tick], size: f64) -> f64 {
    ticks.iter().map(|tick| text::width(&tick.label, size)).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[Tick]) -> Vec<&str> {
        ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_inside() {
        let ticks = linear_ticks(0.4, 1.0, 6.0);
        assert_eq!(labels(&ticks), ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1.0"]);
        assert_eq!(labels(&linear_ticks(0.0, 1.0, 5.0)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    }

    #[test]
    fn the_lowest_decade_has_a_label() {
        assert_eq!(labels(&decade_ticks(-4)), ["0.0001", "0.001", "0.01", "0.1", "1"]);
    }

    #[test]
    fn a_range_is_widened_only_when_data_fall_outside() {
        assert_eq!(widened((0.4, 1.0), (0.5, 1.0), 6.0), ((0.4, 1.0), false));
        let ((low, high), is_wider) = widened((0.4, 1.0), (0.33, 0.9), 6.0);
        assert!(is_wider && low <= 0.33 && (high - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_single_value_still_gets_a_range() {
        let ((low, high), _) = round_range(2.0, 2.0, 5.0);
        assert!(low < 2.0 && high > 2.0);
        let ((low, high), _) = round_range(0.0, 0.0, 5.0);
        assert!(low < 0.0 && high > 0.0);
    }

    #[test]
    fn labels_of_a_crowded_row_are_left_out_rather_than_overlapped() {
        let mut canvas = Canvas::new(super::super::Width::Narrow);
        let labels: Vec<(f64, &str)> = (0..40).map(|i| (f64::from(i) * 8.0, "1,000")).collect();
        assert!(row_of_labels(&mut canvas, 0.0, &labels) > 20);
        let boxes: Vec<Rect> = super::super::tests::text_boxes(&canvas);
        assert!(boxes.len() > 3);
    }
}
