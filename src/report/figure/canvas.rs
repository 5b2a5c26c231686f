//! A display list in screen pixels: what a chart draws on, before plotters sees any of it.
//!
//! Charts think in pixels at 720 or 360 px width with fractions; [`super::post`] draws the list
//! with plotters at four times the size, because plotters rounds to whole pixels. Keeping a list
//! makes drawing infallible for charts and lets tests ask whether two texts overlap.

use super::palette::Paint;
#[cfg(test)]
use super::text;

/// A position in pixels, x to the right and y down.
pub(super) type Point = (f64, f64);

/// The layout a figure is drawn for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// 720 px: desktop, paper.
    Full,
    /// 360 px: telephones, narrow columns.
    Narrow,
}

impl Width {
    /// Width in pixels.
    #[must_use]
    pub const fn px(self) -> f64 {
        match self {
            Self::Full => 720.0,
            Self::Narrow => 360.0,
        }
    }

    /// Type size in px of ticks and labels. A little larger when narrow, because a telephone of
    /// 360 px shows the drawing at 328 px; never under 11 px on screen.
    #[must_use]
    pub const fn type_px(self) -> f64 {
        match self {
            Self::Full => 12.0,
            Self::Narrow => 12.5,
        }
    }

    /// One of two values, for layouts.
    pub(super) fn pick<T>(self, full: T, narrow: T) -> T {
        match self {
            Self::Full => full,
            Self::Narrow => narrow,
        }
    }
}

/// A rectangle by its edges.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Rect {
    pub(super) const fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { left, top, right, bottom }
    }

    pub(super) fn width(&self) -> f64 {
        self.right - self.left
    }

    pub(super) fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// Pattern of a line: the channel beside colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Dash {
    Solid,
    Medium,
    Dotted,
    Mixed,
    Long,
    Short,
    MixedDouble,
}

impl Dash {
    /// Lengths of dash and gap in pixels; empty for solid.
    pub(super) fn pattern(self) -> &'static [u32] {
        match self {
            Self::Solid => &[],
            Self::Medium => &[7, 4],
            Self::Dotted => &[2, 3],
            Self::Mixed => &[8, 3, 2, 3],
            Self::Long => &[13, 4],
            Self::Short => &[4, 3],
            Self::MixedDouble => &[9, 3, 2, 3, 2, 3],
        }
    }
}

/// Shape of a point: the other channel beside colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
    TriangleDown,
    Cross,
    Ring,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stroke {
    pub paint: Paint,
    pub width: f64,
    pub dash: Dash,
    pub opacity: f64,
}

impl Stroke {
    pub(super) const fn solid(paint: Paint, width: f64) -> Self {
        Self { paint, width, dash: Dash::Solid, opacity: 1.0 }
    }

    pub(super) const fn dashed(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }

    pub(super) const fn faded(self, opacity: f64) -> Self {
        Self { opacity, ..self }
    }
}

/// Which end of a line of text sits at its x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text; `at` is on the baseline.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub at: Point,
    pub content: String,
    pub size: f64,
    pub anchor: Anchor,
    pub paint: Paint,
    pub is_bold: bool,
    /// Outlined in the paper colour, to stay readable on top of lines.
    pub has_halo: bool,
}

impl Text {
    /// Estimated box: ascent 0.76 em, descent 0.22 em.
    #[cfg(test)]
    pub(super) fn bounds(&self) -> Rect {
        let width = text::width(&self.content, self.size);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        Rect::new(left, self.at.1 - 0.76 * self.size, left + width, self.at.1 + 0.22 * self.size)
    }
}

/// What can be on a canvas.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Path(Vec<Point>, Stroke),
    Polygon(Vec<Point>, Paint, f64),
    Disc(Point, f64, Paint),
    Text(Text),
}

/// The display list, painted in order.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Canvas {
    pub width: Width,
    /// In pixels; set when the layout is known.
    pub height: f64,
    pub shapes: Vec<Shape>,
}

impl Canvas {
    pub(super) fn new(width: Width) -> Self {
        Self { width, height: 0.0, shapes: Vec::new() }
    }

    pub(super) fn line(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.shapes.push(Shape::Path(vec![from, to], stroke));
    }

    /// A line through all points; nothing for fewer than two.
    pub(super) fn path(&mut self, points: Vec<Point>, stroke: Stroke) {
        if points.len() > 1 {
            self.shapes.push(Shape::Path(points, stroke));
        }
    }

    /// A filled area; nothing for fewer than three corners.
    pub(super) fn polygon(&mut self, corners: Vec<Point>, paint: Paint, opacity: f64) {
        if corners.len() > 2 {
            self.shapes.push(Shape::Polygon(corners, paint, opacity));
        }
    }

    pub(super) fn fill(&mut self, area: Rect, paint: Paint, opacity: f64) {
        if area.width() > 0.0 && area.height() > 0.0 {
            let corners = vec![
                (area.left, area.top),
                (area.right, area.top),
                (area.right, area.bottom),
                (area.left, area.bottom),
            ];
            self.polygon(corners, paint, opacity);
        }
    }

    /// Diagonal lines inside `area`, `spacing` px apart; rising to the right when `rising`.
    pub(super) fn hatch(&mut self, area: Rect, spacing: f64, rising: bool, stroke: Stroke) {
        if area.width() <= 0.0 || area.height() <= 0.0 || spacing <= 0.0 {
            return;
        }
        let height = area.height();
        // Lines start on a grid fixed to the canvas, so that neighbouring areas line up.
        let mut start = ((area.left - height) / spacing).floor() * spacing;
        while start < area.right {
            // From (start, bottom) up to (start + height, top), cut at left and right.
            let from = (area.left - start).clamp(0.0, height);
            let to = (area.right - start).clamp(0.0, height);
            if to - from > 0.5 {
                let y = |along: f64| {
                    if rising { area.bottom - along } else { area.top + along }
                };
                self.line((start + from, y(from)), (start + to, y(to)), stroke);
            }
            start += spacing;
        }
    }

    /// A marker about `2 * radius` px wide.
    pub(super) fn marker(&mut self, (x, y): Point, shape: Marker, radius: f64, paint: Paint) {
        let r = radius;
        match shape {
            Marker::Circle => self.shapes.push(Shape::Disc((x, y), r, paint)),
            Marker::Ring => {
                self.shapes.push(Shape::Disc((x, y), r, paint));
                self.shapes.push(Shape::Disc((x, y), r * 0.5, Paint::Paper));
            }
            Marker::Square => {
                let s = r * 0.9;
                self.fill(Rect::new(x - s, y - s, x + s, y + s), paint, 1.0);
            }
            Marker::Triangle => {
                let corners = vec![(x, y - r * 1.25), (x + r * 1.1, y + r * 0.75), (x - r * 1.1, y + r * 0.75)];
                self.polygon(corners, paint, 1.0);
            }
            Marker::TriangleDown => {
                let corners = vec![(x, y + r * 1.25), (x + r * 1.1, y - r * 0.75), (x - r * 1.1, y - r * 0.75)];
                self.polygon(corners, paint, 1.0);
            }
            Marker::Diamond => {
                let d = r * 1.25;
                self.polygon(vec![(x, y - d), (x + d, y), (x, y + d), (x - d, y)], paint, 1.0);
            }
            Marker::Cross => {
                let s = r * 0.9;
                let stroke = Stroke::solid(paint, r * 0.6);
                self.line((x - s, y - s), (x + s, y + s), stroke);
                self.line((x - s, y + s), (x + s, y - s), stroke);
            }
        }
    }

    /// A vertical interval with caps.
    pub(super) fn whisker(&mut self, x: f64, (top, bottom): (f64, f64), stroke: Stroke) {
        let cap = 3.0;
        self.line((x, top), (x, bottom), stroke);
        self.line((x - cap, top), (x + cap, top), stroke);
        self.line((x - cap, bottom), (x + cap, bottom), stroke);
    }

    /// One line of text in the layout's size, baseline at `at`. Empty text is nothing.
    pub(super) fn text(&mut self, at: Point, anchor: Anchor, paint: Paint, content: impl Into<String>) {
        let content = content.into();
        if !content.is_empty() {
            self.shapes.push(Shape::Text(Text {
                at,
                content,
                size: self.width.type_px(),
                anchor,
                paint,
                is_bold: false,
                has_halo: false,
            }));
        }
    }

    /// As [`Canvas::text`], outlined in the paper colour.
    pub(super) fn text_on_marks(&mut self, at: Point, anchor: Anchor, paint: Paint, content: impl Into<String>) {
        self.text(at, anchor, paint, content);
        if let Some(Shape::Text(text)) = self.shapes.last_mut() {
            text.has_halo = true;
        }
    }

    /// As [`Canvas::text`], bold.
    pub(super) fn bold(&mut self, at: Point, anchor: Anchor, paint: Paint, content: impl Into<String>) {
        self.text(at, anchor, paint, content);
        if let Some(Shape::Text(text)) = self.shapes.last_mut() {
            text.is_bold = true;
        }
    }
}
